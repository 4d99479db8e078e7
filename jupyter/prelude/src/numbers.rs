use std::{fmt, ops::Deref, slice, vec};

/// Numbers that are shown of a long list.
const SHOWN: usize = 5;

/// A list of numbers, one a row. A cell that ends with one shows how many they are, their range and the first; it is a
/// slice in all else: `numbers.iter()`, `numbers[0]`, `numbers.len()`, `numbers.to_vec()`.
#[derive(Clone, PartialEq)]
pub struct Numbers(Vec<f64>);

/// A prediction a row, 1 for an inlier and -1 for an outlier. A cell that ends with them shows how many there are of each;
/// they are a slice in all else: `predictions.iter()`, `predictions[0]`, `predictions.to_vec()`.
#[derive(Clone, PartialEq, Eq)]
pub struct Predictions(Vec<i8>);

impl Predictions {
    /// How many of them are -1.
    pub fn n_outliers(&self) -> usize {
        self.0.iter().filter(|&&prediction| prediction == -1).count()
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = || self.0.iter().copied().filter(|number| !number.is_nan());
        let n_missing = self.0.len() - known().count();
        f.write_str(&counted(self.0.len(), "number"))?;
        if n_missing < self.0.len() {
            let (low, high) =
                known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), n| (low.min(n), high.max(n)));
            write!(f, " from {low} to {high}")?;
        }
        if n_missing > 0 {
            write!(f, ", {n_missing} of them missing (NaN)")?;
        }
        first(f, &self.0)
    }
}

impl fmt::Debug for Predictions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, n_outliers) = (self.0.len(), self.n_outliers());
        let inliers = counted(n - n_outliers, "inlier");
        write!(f, "{}: {inliers} (1) and {} (-1)", counted(n, "prediction"), counted(n_outliers, "outlier"))?;
        first(f, &self.0)
    }
}

/// The first of a list, and whether there are more.
fn first<T: fmt::Display>(f: &mut fmt::Formatter<'_>, list: &[T]) -> fmt::Result {
    let shown: Vec<String> = list.iter().take(SHOWN).map(ToString::to_string).collect();
    match list.len() {
        0 => Ok(()),
        n if n <= SHOWN => write!(f, ": {}", shown.join(", ")),
        _ => write!(f, "; the first are {}, …", shown.join(", ")),
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(numbers: Vec<f64>) -> Self {
        Self(numbers)
    }
}

impl From<Vec<i8>> for Predictions {
    fn from(predictions: Vec<i8>) -> Self {
        Self(predictions)
    }
}

impl Deref for Numbers {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.0
    }
}

impl Deref for Predictions {
    type Target = [i8];

    fn deref(&self) -> &[i8] {
        &self.0
    }
}

impl<const N: usize> PartialEq<[f64; N]> for Numbers {
    fn eq(&self, other: &[f64; N]) -> bool {
        self.0 == other
    }
}

impl<const N: usize> PartialEq<[i8; N]> for Predictions {
    fn eq(&self, other: &[i8; N]) -> bool {
        self.0 == other
    }
}

impl IntoIterator for Numbers {
    type Item = f64;
    type IntoIter = vec::IntoIter<f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Numbers {
    type Item = &'a f64;
    type IntoIter = slice::Iter<'a, f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Predictions {
    type Item = i8;
    type IntoIter = vec::IntoIter<i8>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Predictions {
    type Item = &'a i8;
    type IntoIter = slice::Iter<'a, i8>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A number of things in words: `1 outlier`, `18 outliers`.
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

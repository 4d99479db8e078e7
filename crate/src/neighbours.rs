//! Distance to the nearest known row: a second opinion on an outlier that needs no forest.

use std::collections::HashSet;

use linfa_nn::distance::{Distance, L2Dist};
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour};
use ndarray::{Array1, ArrayView2, Axis};

/// Rows between which no distance can be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NeighbourError {
    /// Nothing to measure the distance to.
    #[error("expected at least one known row with at least one feature, found {rows} rows and {features} features")]
    NoneKnown {
        /// Known rows.
        rows: usize,
        /// Their features.
        features: usize,
    },
    /// Rows of different widths.
    #[error("expected {expected} features in each row, as in the known rows, found {found}")]
    FeatureCount {
        /// Features of the known rows.
        expected: usize,
        /// Features of the rows handed over.
        found: usize,
    },
    /// A missing or infinite value.
    #[error(
        "row {row} of the {which} rows, column {column}: {value} has no distance to anything; expected a finite number"
    )]
    NotFinite {
        /// "known" or "asked-for".
        which: &'static str,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// What was found.
        value: f64,
    },
}

/// Euclidean distance from each of `rows`, shape `(n_rows, n_features)`, to the nearest of `known`, shape `(n_known, n_features)`.
///
/// Scale the features alike before. Cost: a k-d tree of the distinct known rows, then about `log n_known` a row.
///
/// ```
/// use isoforest::neighbours::nearest_distance;
/// use ndarray::array;
///
/// let known = array![[0.0, 0.0], [1.0, 0.0]];
/// let rows = array![[1.0, 2.0], [0.0, 0.0]];
/// assert_eq!(nearest_distance(known.view(), rows.view())?.to_vec(), [2.0, 0.0]);
/// # Ok::<(), isoforest::neighbours::NeighbourError>(())
/// ```
///
/// # Errors
///
/// No known rows, another number of features, or a value that is missing or infinite.
pub fn nearest_distance(known: ArrayView2<'_, f64>, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, NeighbourError> {
    let none_known = NeighbourError::NoneKnown { rows: known.nrows(), features: known.ncols() };
    if known.is_empty() {
        return Err(none_known);
    }
    if rows.ncols() != known.ncols() {
        return Err(NeighbourError::FeatureCount { expected: known.ncols(), found: rows.ncols() });
    }
    all_finite(known, "known")?;
    all_finite(rows, "asked-for")?;
    // Rows that coincide are one point, and a k-d tree cannot split them.
    let mut seen = HashSet::with_capacity(known.nrows());
    let distinct: Vec<usize> = (0..known.nrows())
        .filter(|&row| seen.insert(known.row(row).iter().map(|value| (value + 0.0).to_bits()).collect::<Vec<u64>>()))
        .collect();
    let distinct = known.select(Axis(0), &distinct);
    let index = CommonNearestNeighbour::KdTree.from_batch(&distinct, L2Dist).map_err(|_| none_known.clone())?;
    rows.rows()
        .into_iter()
        .map(|row| {
            let nearest = index.k_nearest(row, 1).map_err(|_| none_known.clone())?;
            let (point, _) = nearest.first().ok_or_else(|| none_known.clone())?;
            Ok(L2Dist.distance(row, point.view()))
        })
        .collect()
}

fn all_finite(rows: ArrayView2<'_, f64>, which: &'static str) -> Result<(), NeighbourError> {
    match rows.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), &value)) => Err(NeighbourError::NotFinite { which, row, column, value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn distances_are_those_of_looking_at_every_known_row() {
        let known = Array2::from_shape_fn((300, 3), |(i, j)| f64::from((i * 7919 + j * 104_729) as u32 % 97));
        let rows = Array2::from_shape_fn((50, 3), |(i, j)| f64::from((i * 31 + j * 17) as u32 % 101) + 0.25);
        let nearest = nearest_distance(known.view(), rows.view()).unwrap();
        for (row, &distance) in rows.rows().into_iter().zip(&nearest) {
            let by_hand = known
                .rows()
                .into_iter()
                .map(|k| (&k - &row).mapv(|d| d * d).sum().sqrt())
                .fold(f64::INFINITY, f64::min);
            assert!((distance - by_hand).abs() < 1e-12);
        }
    }

    #[test]
    fn thousands_of_coinciding_rows_are_one_point() {
        let known = Array2::from_elem((5000, 2), -0.0);
        assert_eq!(nearest_distance(known.view(), array![[3.0, 4.0]].view()).unwrap().to_vec(), [5.0]);
    }

    #[test]
    fn what_has_no_distance_is_an_error_with_its_place() {
        let known = array![[0.0, 0.0]];
        let error = nearest_distance(known.view(), array![[0.0, f64::NAN]].view()).unwrap_err();
        assert!(error.to_string().starts_with("row 0 of the asked-for rows, column 1: NaN"), "{error}");
        let error = nearest_distance(Array2::zeros((0, 2)).view(), known.view()).unwrap_err();
        assert_eq!(error, NeighbourError::NoneKnown { rows: 0, features: 2 });
        let error = nearest_distance(known.view(), array![[1.0]].view()).unwrap_err();
        assert_eq!(error, NeighbourError::FeatureCount { expected: 2, found: 1 });
    }
}

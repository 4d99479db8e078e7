//! Drift on demand: columns moved by a multiple of their own spread.
//!
//! Adding is the operation that always works: normalised columns lie around zero, so that multiplying would hardly move
//! the many values near it, and would turn the signs of the rest.

use std::str::FromStr;

use anyhow::{Context, bail};
use isoforest::data::Table;

/// `FEATURE=FACTOR`: adds FACTOR population standard deviations of the column to each of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    feature: String,
    factor: f64,
}

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // From the right: a column's name may hold the sign.
        let (feature, factor) =
            text.rsplit_once('=').ok_or("expected FEATURE=FACTOR, for example mean=3, found no equals sign")?;
        if feature.is_empty() {
            return Err("expected the name of a column before the equals sign, found nothing".into());
        }
        match factor.parse::<f64>() {
            Ok(factor) if factor.is_finite() => Ok(Self { feature: feature.into(), factor }),
            _ => {
                Err(format!("expected a finite number of standard deviations after the equals sign, found {factor:?}"))
            }
        }
    }
}

impl Shift {
    /// Moves the column; missing values stay missing.
    pub fn apply(&self, table: &mut Table) -> anyhow::Result<()> {
        let column = table.feature_names.iter().position(|name| *name == self.feature).with_context(|| {
            format!("--shift {}: no such column; the file has {}", self.feature, table.feature_names.join(", "))
        })?;
        let mut values = table.values.column_mut(column);
        let present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let deviation = standard_deviation(&present);
        if !deviation.is_finite() || deviation == 0.0 {
            bail!(
                "--shift {}: the column's values do not differ, so that there is nothing to measure by",
                self.feature
            );
        }
        values += self.factor * deviation;
        if let Some(value) = values.iter().find(|value| value.is_infinite()) {
            bail!("--shift {}: the factor {} makes a value {value}; choose a smaller one", self.feature, self.factor);
        }
        Ok(())
    }
}

/// The population standard deviation; NaN without values.
fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use isoforest::{
        Distribution, IsolationForest, TrainingProfile,
        data::{Table, generate},
        ndarray::{ArrayView1, array},
    };

    use super::Shift;

    fn shift(text: &str) -> Shift {
        text.parse().unwrap()
    }

    fn table() -> Table {
        // The population standard deviation of `a` is 2.
        Table { feature_names: vec!["a".into(), "b=c".into()], values: array![[1.0, 5.0], [5.0, 7.0], [f64::NAN, 9.0]] }
    }

    #[test]
    fn every_value_moves_by_the_factor_times_the_standard_deviation() {
        let mut table = table();
        shift("a=-1.5").apply(&mut table).unwrap();
        assert_eq!(table.values.column(0).to_vec()[..2], [-2.0, 2.0]);
        assert!(table.values[[2, 0]].is_nan());
        assert_eq!(table.values.column(1).to_vec(), [5.0, 7.0, 9.0]);
    }

    #[test]
    fn a_name_may_hold_an_equals_sign() {
        assert_eq!(shift("b=c=2"), Shift { feature: "b=c".into(), factor: 2.0 });
    }

    #[test]
    fn an_unknown_column_is_named_with_those_that_exist() {
        let error = shift("z=1").apply(&mut table()).unwrap_err();
        assert_eq!(error.to_string(), "--shift z: no such column; the file has a, b=c");
    }

    #[test]
    fn a_constant_column_and_an_overflow_are_refused() {
        let mut constant = Table { feature_names: vec!["a".into()], values: array![[2.0], [2.0]] };
        assert!(shift("a=1").apply(&mut constant).unwrap_err().to_string().contains("do not differ"));
        let mut large = Table { feature_names: vec!["a".into()], values: array![[1e150], [-1e150]] };
        assert!(shift("a=1e200").apply(&mut large).unwrap_err().to_string().contains("choose a smaller one"));
    }

    /// The population stability index, as the dashboard computes it.
    fn psi(expected: &Distribution, values: ArrayView1<'_, f64>) -> f64 {
        let mut counts = vec![0.0; expected.shares.len()];
        values.iter().filter_map(|&value| expected.bin(value)).for_each(|bin| counts[bin] += 1.0);
        let total: f64 = counts.iter().sum();
        expected
            .shares
            .iter()
            .zip(&counts)
            .map(|(&q, count)| {
                let (p, q) = ((count / total).max(1e-4), q.max(1e-4));
                (p - q) * (p / q).ln()
            })
            .sum()
    }

    #[test]
    fn a_shifted_feature_drifts_and_the_others_do_not() {
        let data = generate(16, 20_000, 16_057);
        let forest = IsolationForest::builder().n_estimators(1).random_state(16).fit(data.train.values.view()).unwrap();
        let profile = TrainingProfile::new(&forest, data.train.values.view()).unwrap();
        let [mean, sd] = [0, 1].map(|column| &profile.features[column].distribution);
        let mut test = data.test;
        assert!(psi(mean, test.values.column(0)) < 0.1);

        shift("mean=3").apply(&mut test).unwrap();
        let drift = psi(mean, test.values.column(0));
        assert!(drift > 0.25, "{drift}");
        let other = psi(sd, test.values.column(1));
        assert!(other < 0.1, "{other}");
    }
}

//! How much of a column's spread is the work of few rows.

/// Kurtosis of the values that are not NaN: the mean fourth power of the deviation over the square of the variance, at least 1 and at
/// most the number of values; 3 for a normal distribution, greater where few values lie far out. 0 if there are no two different values.
pub(super) fn kurtosis(values: &[f32]) -> f64 {
    let present = || values.iter().filter(|value| !value.is_nan()).map(|&value| f64::from(value));
    let low = present().fold(f64::INFINITY, f64::min);
    let high = present().fold(f64::NEG_INFINITY, f64::max);
    if low >= high {
        return 0.0;
    }
    // It does not depend on the unit; in units of the range no power is too small or too large.
    let scaled = || present().map(|value| (value - low) / (high - low));
    let n = present().count() as f64;
    let mean = scaled().sum::<f64>() / n;
    let (mut squares, mut fourths) = (0.0, 0.0);
    for value in scaled() {
        let square = (value - mean) * (value - mean);
        squares += square;
        fourths += square * square;
    }
    n * fourths / (squares * squares)
}

#[cfg(test)]
mod tests {
    use super::kurtosis;

    #[test]
    fn it_is_that_of_scipy() {
        // scipy.stats.kurtosis(x, fisher=False)
        assert!((kurtosis(&[1.0, 2.0, 3.0, 4.0, 100.0]) - 3.246_716_489_300_164).abs() < 1e-12);
        assert!((kurtosis(&[0.0, 0.0, 1.0]) - 1.5).abs() < 1e-12);
    }

    #[test]
    fn it_knows_no_unit_no_missing_value_and_no_constant() {
        let values = [1.0_f32, 2.0, 4.0, 8.0];
        let plain = kurtosis(&values);
        assert_eq!(kurtosis(&values.map(|value| value * 2.0_f32.powi(-140))), plain);
        assert_eq!(kurtosis(&values.map(|value| value * 2.0_f32.powi(120))), plain);
        assert_eq!(kurtosis(&[1.0, f32::NAN, 2.0, 4.0, 8.0]), plain);
        assert_eq!(kurtosis(&[3.0; 5]), 0.0);
        assert_eq!(kurtosis(&[f32::NAN, 3.0]), 0.0);
        assert_eq!(kurtosis(&[]), 0.0);
    }
}

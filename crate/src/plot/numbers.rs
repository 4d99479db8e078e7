//! Numbers on their way into a figure's JSON: which can be drawn, and with how many digits.

/// Farther out than this, ranges and fences would overflow; such a value is as good as infinite.
const FARTHEST: f64 = 1e300;

/// Significant digits of a coordinate within the drawn range: far finer than a pixel, even when zoomed in a thousand times.
const DIGITS: i32 = 7;

/// Whether a value has a place on an axis.
pub(super) fn is_drawable(value: f64) -> bool {
    value.abs() <= FARTHEST
}

/// The drawable ones of `values`.
pub(super) fn drawable(values: impl IntoIterator<Item = f64>) -> (Vec<f64>, usize) {
    let mut n_rows = 0;
    let drawable = values.into_iter().inspect(|_| n_rows += 1).filter(|&value| is_drawable(value)).collect();
    (drawable, n_rows)
}

/// Lowest and highest value; (0, 0) of none.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values
        .into_iter()
        .map(|value| (value, value))
        .reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
        .unwrap_or((0.0, 0.0))
}

/// Rounds coordinates to what can be told apart in their range, which makes the file several times smaller.
pub(super) fn round_for_drawing(values: &[f64]) -> Vec<f64> {
    let (low, high) = range(values.iter().copied());
    let decimals = decimals(high - low, DIGITS);
    values.iter().map(|&value| round(value, decimals)).collect()
}

/// Decimal places that keep `digits` significant digits of `size`; `None` if there is nothing to go by.
pub(super) fn decimals(size: f64, digits: i32) -> Option<i32> {
    (size > 0.0).then(|| digits - 1 - size.log10().floor() as i32)
}

/// Rounds to a number of decimal places (negative: to tens, hundreds, …), or not at all.
pub(super) fn round(value: f64, decimals: Option<i32>) -> f64 {
    let Some(decimals) = decimals else { return value };
    let factor = 10_f64.powi(decimals.abs());
    let rounded = if decimals >= 0 { (value * factor).round() / factor } else { (value / factor).round() * factor };
    // At the far ends of f64 the factor overflows; a value that cannot be rounded stays as it is. Zero loses its sign.
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_keep_seven_digits_of_their_range() {
        let rounded = round_for_drawing(&[-0.284_888_734_2, 66.324_763_001_9, -0.000_000_001]);
        assert_eq!(rounded, [-0.284_89, 66.324_76, 0.0]);
        assert!(rounded.iter().all(|value| value.to_bits() != (-0.0_f64).to_bits()));
        assert_eq!(round_for_drawing(&[1_234_567_890.0, 0.0]), [1_234_568_000.0, 0.0]);
    }

    #[test]
    fn equal_or_tiny_values_stay_as_they_are() {
        assert_eq!(round_for_drawing(&[0.123_456_789_012; 2]), [0.123_456_789_012; 2]);
        assert_eq!(round_for_drawing(&[1e-310, 3e-310]), [1e-310, 3e-310]);
    }

    #[test]
    fn missing_and_infinite_values_have_no_place() {
        assert_eq!(drawable([1.0, f64::NAN, f64::INFINITY, f64::MAX, 2.0]), (vec![1.0, 2.0], 5));
    }
}

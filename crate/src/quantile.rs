//! Quantiles by numpy's default rule: linear between the two nearest values.

/// Quantile `q`, in [0, 1], of ascending values; nothing of none. Cost: none that grows.
#[cfg(feature = "plot")]
pub(crate) fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let position = q * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(position.floor() as usize)?;
    let above = *sorted.get(position.ceil() as usize)?;
    Some(interpolate(below, above, position.fract()))
}

/// The value that lies the share `t`, in [0, 1), of the way from `low` to `high`.
pub(crate) fn interpolate(low: f64, high: f64, t: f64) -> f64 {
    // numpy counts from the nearer end, so that the result is exact at both.
    if t >= 0.5 { high - (high - low) * (1.0 - t) } else { low + (high - low) * t }
}

#[cfg(all(test, feature = "plot"))]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_as_numpy_does() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        // numpy.quantile(sorted, [0, 0.25, 0.5, 0.75, 1])
        assert_eq!(quantile(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile(&sorted, 0.25), Some(2.5));
        assert_eq!(quantile(&sorted, 0.5), Some(6.0));
        assert_eq!(quantile(&sorted, 0.75), Some(14.0));
        assert_eq!(quantile(&sorted, 1.0), Some(32.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}

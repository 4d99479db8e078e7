//! Distance between numbers in units in the last place.

/// How many `f64` lie between two numbers, one end included; 0 for the same bits, and for 0 and -0.
pub fn ulps_apart(a: f64, b: f64) -> u64 {
    if a.is_nan() || b.is_nan() {
        return if a.to_bits() == b.to_bits() { 0 } else { u64::MAX };
    }
    // Numbers in their order as integers: negative ones count backwards.
    let place = |x: f64| {
        let magnitude = i128::from(x.abs().to_bits());
        if x.is_sign_negative() { -magnitude } else { magnitude }
    };
    u64::try_from(place(a).abs_diff(place(b))).unwrap_or(u64::MAX)
}

/// Fails at the first place where two sequences of numbers differ by a bit.
#[track_caller]
pub fn assert_same_bits<'a>(
    found: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    what: &str,
) {
    let (found, expected): (Vec<f64>, Vec<f64>) =
        (found.into_iter().copied().collect(), expected.into_iter().copied().collect());
    assert_eq!(found.len(), expected.len(), "{what}: another number of values");
    for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!(a.to_bits() == b.to_bits(), "{what}: value {i} is {a:?}, expected {b:?}");
    }
}

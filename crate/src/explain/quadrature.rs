//! Gauss and Legendre's rule on [0, 1]: with `N` points it integrates every polynomial of degree below `2 N` exactly.

use std::f64::consts::PI;

/// Steps of Newton's method: it converges in five from the starting points below, whatever the number of points.
const NEWTON_STEPS: usize = 10;

/// Points in (0, 1) and their weights, which sum to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<const N: usize> {
    pub points: [f64; N],
    /// 1 minus each point.
    pub rests: [f64; N],
    /// 1 over that.
    pub inverses: [f64; N],
    pub weights: [f64; N],
}

impl<const N: usize> Rule<N> {
    pub(super) fn new() -> Self {
        let (mut points, mut weights) = ([0.5; N], [1.0; N]);
        for (i, (point, weight)) in points.iter_mut().zip(&mut weights).enumerate() {
            // A root of the Legendre polynomial on (-1, 1), from a guess that is near enough to no other root.
            let mut x = (PI * (i as f64 + 0.75) / (N as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..NEWTON_STEPS {
                let value;
                (value, slope) = legendre(N, x);
                x -= value / slope;
            }
            *point = f64::midpoint(1.0, x);
            *weight = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        let rests = points.map(|point| 1.0 - point);
        Self { points, rests, inverses: rests.map(|rest| 1.0 / rest), weights }
    }
}

/// The Legendre polynomial of degree `degree`, at least 1, and its slope, at `x` in (-1, 1).
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (before - x * value) / (1.0 - x * x))
}

#[cfg(test)]
mod tests {
    use super::Rule;

    fn assert_exact<const N: usize>() {
        let rule = Rule::<N>::new();
        assert!(rule.points.iter().all(|point| (0.0..1.0).contains(point) && *point > 0.0), "{rule:?}");
        for degree in (0..2 * N).map(|degree| i32::try_from(degree).unwrap()) {
            let integral: f64 = rule.points.iter().zip(&rule.weights).map(|(t, w)| w * t.powi(degree)).sum();
            assert!((integral - 1.0 / f64::from(degree + 1)).abs() < 1e-14, "{N} points, degree {degree}: {integral}");
        }
    }

    #[test]
    fn powers_below_twice_the_number_of_points_are_integrated_exactly() {
        assert_exact::<1>();
        assert_exact::<2>();
        assert_exact::<4>();
        assert_exact::<8>();
        assert_exact::<16>();
    }
}

//! Where to cut a list of values in two, so that the two parts spread less than the whole.

/// What is gained by a cut: the standard deviation of the whole less that of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gain {
    /// The parts' deviations, weighted by their rows (Cortes 2021): cuts between groups.
    Pooled,
    /// The mean of both parts' deviations, whatever their sizes (Liu, Ting and Zhou 2010): cuts off few rows that lie apart.
    Average,
}

/// The two neighbouring values between which a cut gains most, the first of them if several do. `values` has at least two
/// different ones, all finite, and is sorted. Cost: the sorting.
pub(super) fn best_cut(values: &mut [f32], gain: Gain) -> (f32, f32) {
    values.sort_unstable_by(f32::total_cmp);
    let n = values.len() as f64;
    // Sums of squares about the mean and in units of the range: neither large numbers nor small differences lose their digits.
    let (low, high) = (f64::from(values[0]), f64::from(values[values.len() - 1]));
    let scaled = |value: f32| (f64::from(value) - low) / (high - low);
    let mean = values.iter().map(|&value| scaled(value)).sum::<f64>() / n;
    let centred = |value: f32| scaled(value) - mean;
    let squares: f64 = values.iter().map(|&value| centred(value).powi(2)).sum();

    let (mut sum_left, mut squares_left) = (0.0, 0.0);
    let mut best = (f64::INFINITY, (values[0], values[values.len() - 1]));
    for (place, pair) in values.windows(2).enumerate() {
        let value = centred(pair[0]);
        sum_left += value;
        squares_left += value * value;
        if pair[0] == pair[1] {
            continue;
        }
        let n_left = (place + 1) as f64;
        let n_right = n - n_left;
        let left = deviation(n_left, sum_left, squares_left);
        // The sum of all values about their mean is 0.
        let right = deviation(n_right, -sum_left, squares - squares_left);
        let spread = match gain {
            Gain::Pooled => n_left * left + n_right * right,
            Gain::Average => left + right,
        };
        if spread < best.0 {
            best = (spread, (pair[0], pair[1]));
        }
    }
    best.1
}

/// Standard deviation of `n` numbers by their sum and the sum of their squares.
fn deviation(n: f64, sum: f64, squares: f64) -> f64 {
    ((squares - sum * sum / n) / n).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cut of the greatest gain by the definition, one cut after the other.
    fn by_definition(values: &[f32], gain: Gain) -> (f32, f32) {
        let deviation = |part: &[f32]| {
            let n = part.len() as f64;
            let mean = part.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
            (part.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / n).sqrt()
        };
        let gained = |place: usize| {
            let (left, right) = values.split_at(place);
            let n = values.len() as f64;
            let parts = match gain {
                Gain::Pooled => (left.len() as f64 * deviation(left) + right.len() as f64 * deviation(right)) / n,
                Gain::Average => f64::midpoint(deviation(left), deviation(right)),
            };
            deviation(values) - parts
        };
        let places = (1..values.len()).filter(|&place| values[place - 1] < values[place]);
        let best = places.max_by(|&a, &b| gained(a).total_cmp(&gained(b)).then(b.cmp(&a))).unwrap();
        (values[best - 1], values[best])
    }

    #[test]
    fn the_pooled_gain_cuts_between_groups_and_the_average_gain_cuts_off_what_lies_apart() {
        // Two wide groups, and a value not far from the second.
        let mut values: Vec<f32> = (0..20).map(|i| i as f32).chain((0..20).map(|i| 60.0 + i as f32)).collect();
        values.push(95.0);
        assert_eq!(best_cut(&mut values, Gain::Pooled), (19.0, 60.0));
        let mut values: Vec<f32> = (0..40).map(|i| i as f32).chain([60.0]).collect();
        assert_eq!(best_cut(&mut values, Gain::Average), (39.0, 60.0));
    }

    #[test]
    fn the_best_cut_is_the_one_of_the_definition() {
        for seed in 0_u64..50 {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 58) as f32
            };
            let mut values: Vec<f32> = (0..2 + seed as usize).map(|_| next() * next() * next()).collect();
            values[0] = -1.0;
            values.sort_unstable_by(f32::total_cmp);
            if values[0] < values[values.len() - 1] {
                for gain in [Gain::Pooled, Gain::Average] {
                    assert_eq!(
                        best_cut(&mut values.clone(), gain),
                        by_definition(&values, gain),
                        "{gain:?} of {values:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn neither_huge_nor_neighbouring_values_lose_the_cut() {
        for gain in [Gain::Pooled, Gain::Average] {
            assert_eq!(best_cut(&mut [f32::MAX, f32::MIN, f32::MIN], gain), (f32::MIN, f32::MAX));
            let (one, next) = (1.0_f32, 1.0_f32.next_up());
            assert_eq!(best_cut(&mut [next, one, one, next], gain), (one, next));
        }
    }
}

//! How far two detectors find the same rows.

/// The share that two sets of outliers have in common, in [0, 1]: rows in both over rows in either (Jaccard 1901). NaN if there is no
/// outlier in either.
///
/// Two sets of one share of the rows each that have half of their rows in common have 1/3.
///
/// ```
/// use isoforest::compare::agreement::overlap;
///
/// assert_eq!(overlap(&[true, true, false, false], &[true, false, true, false]), 1.0 / 3.0);
/// ```
pub fn overlap(one: &[bool], other: &[bool]) -> f64 {
    let (both, either) = one.iter().zip(other).fold((0_usize, 0_usize), |(both, either), (&a, &b)| {
        (both + usize::from(a && b), either + usize::from(a || b))
    });
    both as f64 / either as f64
}

/// Spearman's rank correlation of two lists of scores, in [-1, 1]: 1 where both put the rows in one order. Equal scores share the
/// mean of their ranks, as in `scipy.stats.spearmanr`. NaN if all scores of a list are equal, or one of them is NaN.
///
/// ```
/// use isoforest::compare::agreement::rank_correlation;
///
/// assert_eq!(rank_correlation(&[0.1, 0.2, 0.9], &[1.0, 10.0, 100.0]), 1.0);
/// ```
pub fn rank_correlation(one: &[f64], other: &[f64]) -> f64 {
    if one.iter().chain(other).any(|score| score.is_nan()) {
        return f64::NAN;
    }
    let (one, other) = (ranks(one), ranks(other));
    let n = one.len().min(other.len()) as f64;
    // The mean of the ranks 0 … n - 1, ties or not.
    let middle = (n - 1.0) / 2.0;
    let (mut products, mut squares, mut other_squares) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(&other) {
        let (a, b) = (a - middle, b - middle);
        products += a * b;
        squares += a * a;
        other_squares += b * b;
    }
    products / (squares * other_squares).sqrt()
}

/// The rank of each score, from 0; equal ones share the mean of theirs.
fn ranks(scores: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut ranks = vec![0.0; scores.len()];
    let mut first = 0;
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let mean = first as f64 + (tied.len() as f64 - 1.0) / 2.0;
        for &row in tied {
            ranks[row] = mean;
        }
        first += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_correlations_are_those_of_scipy() {
        // scipy.stats.spearmanr([1, 2, 2, 5, 0], [3, 3, 1, 9, 2]).statistic
        let found = rank_correlation(&[1.0, 2.0, 2.0, 5.0, 0.0], &[3.0, 3.0, 1.0, 9.0, 2.0]);
        assert!((found - 0.5).abs() < 1e-15, "{found}");
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        assert!(rank_correlation(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
        assert!(rank_correlation(&[1.0, f64::NAN], &[1.0, 2.0]).is_nan());
    }

    #[test]
    fn no_outliers_have_nothing_in_common() {
        assert!(overlap(&[false; 3], &[false; 3]).is_nan());
        assert_eq!(overlap(&[true, false], &[false, true]), 0.0);
        assert_eq!(overlap(&[true, false], &[true, false]), 1.0);
    }
}

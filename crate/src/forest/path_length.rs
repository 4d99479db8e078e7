//! Average path length of an unsuccessful search in a binary search tree: the yardstick of every score.

/// Euler–Mascheroni constant, as numpy writes it.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// `c(n)`: the mean path length of an unsuccessful search in a binary search tree of `n` rows
/// (Liu, Ting and Zhou 2008, equation 1; scikit-learn's `_average_path_length`).
///
/// 0 for `n <= 1`, 1 for `n = 2`, else `2 (ln(n - 1) + γ) - 2 (n - 1) / n`; it grows with `n`.
///
/// ```
/// assert_eq!(isoforest::average_path_length(1), 0.0);
/// assert_eq!(isoforest::average_path_length(2), 1.0);
/// assert_eq!(isoforest::average_path_length(256), 10.244770920119917);
/// ```
pub fn average_path_length(n: usize) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = n as f64;
            2.0 * ((n - 1.0).ln() + EULER_GAMMA) - 2.0 * (n - 1.0) / n
        }
    }
}

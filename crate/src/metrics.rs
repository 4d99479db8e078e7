//! How well scores put the outliers first, where labels say which rows are outliers: scikit-learn's measures, ties included.
//!
//! Scores are anomaly scores here, the higher the more anomalous; `score_samples` counts the other way, so negate it.
//!
//! ```
//! use isoforest::IsolationForest;
//! use isoforest::metrics::{average_precision, precision_at_n, roc_auc};
//! use ndarray::array;
//!
//! let x = array![[0.0], [0.1], [0.2], [9.0]];
//! let is_outlier = [false, false, false, true];
//! let forest = IsolationForest::builder().random_state(16).fit(x.view())?;
//! let anomaly_scores = (-forest.score_samples(x.view())?).to_vec();
//! assert_eq!(roc_auc(&is_outlier, &anomaly_scores)?, 1.0);
//! assert_eq!(average_precision(&is_outlier, &anomaly_scores)?, 1.0);
//! assert_eq!(precision_at_n(&is_outlier, &anomaly_scores, 2)?, 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// Labels and scores that nothing can be measured from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// Another number of labels than scores.
    #[error("expected one label a score, found {labels} labels and {scores} scores")]
    Lengths {
        /// Labels handed over.
        labels: usize,
        /// Scores handed over.
        scores: usize,
    },
    /// Outliers only, inliers only, or no rows.
    #[error("expected outliers and inliers among the labels, found {outliers} outliers and {inliers} inliers")]
    OneClass {
        /// Rows labelled as outliers.
        outliers: usize,
        /// Rows labelled as inliers.
        inliers: usize,
    },
    /// A score that has no place in an order.
    #[error("the score of row {row} is NaN; expected a number for each row")]
    NotANumber {
        /// Row, from 0.
        row: usize,
    },
    /// A precision at no rows, or at more than there are.
    #[error("n must be from 1 to the number of rows, {rows}, got {n}")]
    N {
        /// The number asked for.
        n: usize,
        /// Rows handed over.
        rows: usize,
    },
}

/// Rows of one score.
#[derive(Debug, Clone, Copy, Default)]
struct Tie {
    outliers: usize,
    inliers: usize,
}

/// Area under the ROC curve, in [0, 1]: the probability that an outlier scores above an inlier, a tie counting one half
/// (Hanley and McNeil 1982; scikit-learn's `roc_auc_score`). 0.5 is what guessing gives.
///
/// `is_outlier` and `anomaly_scores` hold one entry a row. The pairs are counted as integers, so nothing but the last
/// division rounds. Cost: a sort.
///
/// # Errors
///
/// [`MetricError`]: lengths that differ, one class only, or a NaN.
///
/// # Example
///
/// ```
/// use isoforest::metrics::roc_auc;
///
/// // Of four pairs, the outlier is above in two, tied in one and below in one.
/// assert_eq!(roc_auc(&[true, false, true, false], &[0.9, 0.5, 0.5, 0.7])?, 0.625);
/// # Ok::<(), isoforest::metrics::MetricError>(())
/// ```
pub fn roc_auc(is_outlier: &[bool], anomaly_scores: &[f64]) -> Result<f64, MetricError> {
    let (ties, all) = ties_of(is_outlier, anomaly_scores)?;
    let mut half_pairs = 0_u128;
    let mut inliers_below = all.inliers;
    for tie in ties {
        inliers_below -= tie.inliers;
        half_pairs += tie.outliers as u128 * (2 * inliers_below + tie.inliers) as u128;
    }
    Ok(half_pairs as f64 / (2 * all.outliers as u128 * all.inliers as u128) as f64)
}

/// Average precision, in (0, 1]: the precision at each distinct score, weighted by the share of the outliers found there
/// (scikit-learn's `average_precision_score`, which does not interpolate). Guessing gives the share of outliers.
///
/// Rows of one score are found together, so their order does not matter. Cost: a sort.
///
/// # Errors
///
/// As [`roc_auc`].
///
/// # Example
///
/// ```
/// use isoforest::metrics::average_precision;
///
/// // Half of the outliers at precision 1, half at precision 2/3.
/// let found = average_precision(&[true, false, true, false], &[0.9, 0.7, 0.7, 0.5])?;
/// assert_eq!(found, 0.5 * 1.0 + 0.5 * 2.0 / 3.0);
/// # Ok::<(), isoforest::metrics::MetricError>(())
/// ```
pub fn average_precision(is_outlier: &[bool], anomaly_scores: &[f64]) -> Result<f64, MetricError> {
    let (ties, all) = ties_of(is_outlier, anomaly_scores)?;
    let mut found = Tie::default();
    let mut sum = 0.0;
    for tie in ties {
        found.outliers += tie.outliers;
        found.inliers += tie.inliers;
        let precision = found.outliers as f64 / (found.outliers + found.inliers) as f64;
        sum += tie.outliers as f64 / all.outliers as f64 * precision;
    }
    Ok(sum)
}

/// Precision at n, in [0, 1]: the share of outliers among the `n` rows of the highest scores. With `n` the number of
/// outliers this is the R-precision, and equals the recall.
///
/// If rows of one score would fill the last places and are too many, the places go to all of them in equal parts: the
/// result is its mean over all orders of the tied rows. So it depends on the scores alone, and not on the order of
/// the rows or the whims of a sort (McSherry and Najork 2008, "Computing information retrieval performance measures
/// efficiently in the presence of tied scores"). Forests tie often. Cost: a sort.
///
/// # Errors
///
/// As [`roc_auc`], or an `n` that is 0 or above the number of rows.
///
/// # Example
///
/// ```
/// use isoforest::metrics::precision_at_n;
///
/// // One outlier for sure, and one place for two rows of which one is an outlier.
/// assert_eq!(precision_at_n(&[true, false, true, false], &[0.9, 0.7, 0.7, 0.5], 2)?, 0.75);
/// # Ok::<(), isoforest::metrics::MetricError>(())
/// ```
pub fn precision_at_n(is_outlier: &[bool], anomaly_scores: &[f64], n: usize) -> Result<f64, MetricError> {
    let (ties, _) = ties_of(is_outlier, anomaly_scores)?;
    if !(1..=is_outlier.len()).contains(&n) {
        return Err(MetricError::N { n, rows: is_outlier.len() });
    }
    let mut places = n;
    let mut expected_outliers = 0.0;
    for tie in ties {
        let rows = tie.outliers + tie.inliers;
        let taken = rows.min(places);
        // The product first: it is exact, and so is the quotient if every tied row has a place.
        expected_outliers += (taken * tie.outliers) as f64 / rows as f64;
        places -= taken;
        if places == 0 {
            break;
        }
    }
    Ok(expected_outliers / n as f64)
}

/// The rows of each distinct score, the highest first, and all of them together.
fn ties_of(is_outlier: &[bool], anomaly_scores: &[f64]) -> Result<(Vec<Tie>, Tie), MetricError> {
    if is_outlier.len() != anomaly_scores.len() {
        return Err(MetricError::Lengths { labels: is_outlier.len(), scores: anomaly_scores.len() });
    }
    if let Some(row) = anomaly_scores.iter().position(|score| score.is_nan()) {
        return Err(MetricError::NotANumber { row });
    }
    let outliers = is_outlier.iter().filter(|&&label| label).count();
    let all = Tie { outliers, inliers: is_outlier.len() - outliers };
    if all.outliers == 0 || all.inliers == 0 {
        return Err(MetricError::OneClass { outliers: all.outliers, inliers: all.inliers });
    }
    let mut rows: Vec<(f64, bool)> = anomaly_scores.iter().copied().zip(is_outlier.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    // 0 and -0 stand side by side and are equal.
    let ties = rows.chunk_by(|a, b| a.0 == b.0).map(|tie| {
        let outliers = tie.iter().filter(|row| row.1).count();
        Tie { outliers, inliers: tie.len() - outliers }
    });
    Ok((ties.collect(), all))
}

use ndarray::{Array1, ArrayView2};

use super::error::NeighbourError;
use super::local_outlier_factor::Densities;
use super::params::{NeighbourMethod, NeighbourParams};
use super::places::Places;
use super::scaling::{Scaler, Scaling};
use super::search::{Found, Search};
use crate::forest::Contamination;
use crate::model::percentile;

/// Offset of the local outlier factor without a contamination, as in scikit-learn: an inlier's factor is about 1.
const AUTO_OFFSET: f64 = -1.5;

/// Training rows that say how unusual another row is, by their distance to it or by their density around it.
///
/// It lives in memory only: it has no model file and is not served (see the [module](crate::neighbours)).
///
/// ```
/// use isoforest::neighbours::NeighbourDetector;
/// use ndarray::array;
///
/// let x = array![[0.0, 0.0], [0.1, 0.0], [0.0, 0.1], [0.1, 0.1], [5.0, 5.0]];
/// let detector = NeighbourDetector::local_outlier_factor(3).fit(x.view())?;
/// assert_eq!(detector.predict(x.view())?.to_vec(), [1, 1, 1, 1, -1]);
/// assert_eq!(detector.predict(array![[0.05, 0.05], [4.0, 4.0]].view())?.to_vec(), [1, -1]);
/// # Ok::<(), isoforest::neighbours::NeighbourError>(())
/// ```
#[derive(Debug, Clone)]
pub struct NeighbourDetector {
    params: NeighbourParams,
    scaler: Scaler,
    places: Places,
    n_neighbors: usize,
    /// Of the local outlier factor only.
    densities: Option<Densities>,
    training_scores: Array1<f64>,
    offset: f64,
}

impl NeighbourDetector {
    /// The distance to the `n_neighbors`-th nearest training row, with 0.1 as contamination: the larger, the more anomalous.
    ///
    /// Equal to the last column of scikit-learn's `NearestNeighbors(n_neighbors).kneighbors(x)`. A training row is not its own
    /// neighbour, but another one at the same place is.
    pub fn kth_distance(n_neighbors: usize) -> NeighbourParams {
        NeighbourParams {
            method: NeighbourMethod::KthDistance,
            n_neighbors,
            scaling: Scaling::Standard,
            contamination: Contamination::Fraction(0.1),
        }
    }

    /// The local outlier factor among `n_neighbors` neighbours: about 1 within a crowd, be it dense or sparse, and larger
    /// where the training rows next to it are closer together than they are to it.
    ///
    /// Equal to scikit-learn's `LocalOutlierFactor(n_neighbors, novelty=True)` where no rows coincide and no distances tie. Where
    /// they do, this counts distinct places and takes all that tie, as the paper has it, while scikit-learn warns that its
    /// results are wrong: it takes the density of such a crowd for 1e10, and the rows next to it for the worst outliers.
    pub fn local_outlier_factor(n_neighbors: usize) -> NeighbourParams {
        NeighbourParams {
            method: NeighbourMethod::LocalOutlierFactor,
            n_neighbors,
            scaling: Scaling::Standard,
            contamination: Contamination::Auto,
        }
    }

    pub(super) fn new(params: NeighbourParams, x: ArrayView2<'_, f64>) -> Result<Self, NeighbourError> {
        let scaler = Scaler::fit(params.scaling, x)?;
        let places = Places::of(scaler.scaled(x, "known")?.view());
        let (what, n) = match params.method {
            NeighbourMethod::KthDistance => ("rows", x.nrows()),
            NeighbourMethod::LocalOutlierFactor => ("distinct rows", places.len()),
        };
        if n < 2 {
            return Err(NeighbourError::TooFew { what, found: n });
        }
        let n_neighbors = params.n_neighbors.min(n - 1);
        let search = Search::new(&places.points)?;
        let (densities, of_places) = match params.method {
            NeighbourMethod::KthDistance => (None, among_others(&places, &search, n_neighbors)?),
            NeighbourMethod::LocalOutlierFactor => {
                let (densities, factors) = Densities::fit(&places, &search, n_neighbors)?;
                (Some(densities), factors)
            }
        };
        drop(search);
        let training_scores = -places.to_rows(&of_places);
        let offset = match params.contamination {
            Contamination::Auto => AUTO_OFFSET,
            Contamination::Fraction(share) => percentile(training_scores.to_vec(), share),
        };
        Ok(Self { params, scaler, places, n_neighbors, densities, training_scores, offset })
    }

    /// How normal each row of `x`, shape `(n_rows, n_features)`, is: the lower, the more anomalous. It is minus the distance, at
    /// most 0, or minus the local outlier factor, below 0.
    ///
    /// Each row counts as new: a training row finds itself among its neighbours (see [`training_scores`](Self::training_scores)).
    /// Cost: the k-d tree of the distinct training rows, then a search for each distinct row.
    ///
    /// # Errors
    ///
    /// Another number of features than fitted on, or a value that is missing, infinite or beyond ±1e150.
    pub fn score_samples(&self, x: ArrayView2<'_, f64>) -> Result<Array1<f64>, NeighbourError> {
        let asked = Places::of(self.scaler.transform(x)?.view());
        let search = Search::new(&self.places.points)?;
        let mut scores = Vec::with_capacity(asked.len());
        for point in asked.points.rows() {
            let found = search.nearest(point, self.n_neighbors)?;
            let anomaly = match &self.densities {
                Some(densities) => densities.factor(&self.places, &found),
                None => kth(&self.places, &found, self.n_neighbors),
            };
            scores.push(-anomaly);
        }
        Ok(asked.to_rows(&scores))
    }

    /// [`score_samples`](Self::score_samples) minus the offset: below 0 for an outlier.
    ///
    /// # Errors
    ///
    /// As [`score_samples`](Self::score_samples).
    pub fn decision_function(&self, x: ArrayView2<'_, f64>) -> Result<Array1<f64>, NeighbourError> {
        Ok(self.score_samples(x)? - self.offset)
    }

    /// -1 for each outlier, 1 for each inlier; a tie with the offset is an inlier.
    ///
    /// # Errors
    ///
    /// As [`score_samples`](Self::score_samples).
    pub fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Array1<i8>, NeighbourError> {
        Ok(self.decision_function(x)?.mapv(|decision| if decision < 0.0 { -1 } else { 1 }))
    }

    /// The score of each training row among the others, in their order: a row is not its own neighbour.
    pub fn training_scores(&self) -> &Array1<f64> {
        &self.training_scores
    }

    /// The score below which a row is an outlier.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// The k that is used: that of the parameters, or less if there are not so many others.
    pub fn n_neighbors(&self) -> usize {
        self.n_neighbors
    }

    /// Distinct training rows.
    pub fn n_places(&self) -> usize {
        self.places.len()
    }

    /// The parameters.
    pub fn params(&self) -> NeighbourParams {
        self.params
    }
}

/// Distance of the rows at each place to the k-th other row.
fn among_others(places: &Places, search: &Search<'_>, k: usize) -> Result<Vec<f64>, NeighbourError> {
    let of_place = |place: usize| match k.checked_sub(places.counts[place] - 1) {
        None | Some(0) => Ok(0.0),
        Some(missing) => Ok(kth(places, &search.nearest_others(place, missing)?, missing)),
    };
    (0..places.len()).map(of_place).collect()
}

/// Distance of the k-th row at the places found, the nearest of which come first.
fn kth(places: &Places, found: &[Found], k: usize) -> f64 {
    let mut n_rows = 0;
    let reaches_k = |found: &&Found| {
        n_rows += places.counts[found.place];
        n_rows >= k
    };
    found.iter().find(reaches_k).or(found.last()).map_or(f64::NAN, |found| found.distance)
}

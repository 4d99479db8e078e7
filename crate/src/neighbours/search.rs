use linfa_nn::distance::{Distance, L2Dist};
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour, NearestNeighbourIndex};
use ndarray::{Array2, ArrayView1, ArrayView2};

use super::error::NeighbourError;

/// Farther out, the square of a difference overflows; the search tree would halve an infinite range for ever.
const FARTHEST: f64 = 1e150;

/// With more columns than this, a tree would look at nearly all points, one by one and in a roundabout way.
const MOST_COLUMNS_OF_A_TREE: usize = 10;

/// A place that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub place: usize,
    pub distance: f64,
}

/// Distinct points in a k-d tree, or in a list if they have many columns.
pub(super) struct Search<'a> {
    index: Box<dyn NearestNeighbourIndex<f64> + Send + Sync + 'a>,
    points: &'a Array2<f64>,
}

impl<'a> Search<'a> {
    /// Cost: `n_points · log n_points`. The points are distinct, as [`Places`](super::places::Places) has them.
    pub fn new(points: &'a Array2<f64>) -> Result<Self, NeighbourError> {
        let none = |_| NeighbourError::NoneKnown { rows: points.nrows(), features: points.ncols() };
        let kind = if points.ncols() > MOST_COLUMNS_OF_A_TREE {
            CommonNearestNeighbour::LinearSearch
        } else {
            CommonNearestNeighbour::KdTree
        };
        Ok(Self { index: kind.from_batch(points, L2Dist).map_err(none)?, points })
    }

    /// The `k` nearest points, the nearest first, and after them any that are exactly as far as the last.
    pub fn nearest(&self, point: ArrayView1<'_, f64>, k: usize) -> Result<Vec<Found>, NeighbourError> {
        let features = |_| NeighbourError::FeatureCount { expected: self.points.ncols(), found: point.len() };
        let mut asked = k.saturating_add(1);
        loop {
            let found = self.index.k_nearest(point, asked).map_err(features)?;
            let n_found = found.len();
            let distance = |near: ArrayView1<'_, f64>| L2Dist.distance(point, near);
            let mut found: Vec<Found> =
                found.into_iter().map(|(near, place)| Found { place, distance: distance(near.view()) }).collect();
            found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.place.cmp(&b.place)));
            let Some(last) = k.min(n_found).checked_sub(1) else { return Ok(Vec::new()) };
            let limit = found[last].distance;
            // All that are as far as the k-th are there if one that is farther is, or if there are no more points.
            if found[n_found - 1].distance > limit || n_found < asked {
                found.retain(|found| found.distance <= limit);
                return Ok(found);
            }
            asked = asked.saturating_mul(2);
        }
    }

    /// As [`nearest`](Self::nearest) from the point at `place`, which does not find itself.
    pub fn nearest_others(&self, place: usize, k: usize) -> Result<Vec<Found>, NeighbourError> {
        let mut found = self.nearest(self.points.row(place), k.saturating_add(1))?;
        found.retain(|found| found.place != place);
        Ok(found)
    }
}

/// Sees that each value has a distance to others.
pub(super) fn check_rows(rows: ArrayView2<'_, f64>, which: &'static str) -> Result<(), NeighbourError> {
    match rows.indexed_iter().find(|(_, value)| value.is_nan() || value.abs() > FARTHEST) {
        Some(((row, column), &value)) => Err(NeighbourError::NoDistance { which, row, column, value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    fn places(found: &[Found]) -> Vec<usize> {
        found.iter().map(|found| found.place).collect()
    }

    #[test]
    fn all_that_tie_for_the_last_place_are_found() {
        // The corners of a square around its middle, and one point farther out.
        let points = array![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [5.0, 0.0]];
        let search = Search::new(&points).unwrap();
        assert_eq!(places(&search.nearest(array![0.0, 0.0].view(), 1).unwrap()), [0]);
        assert_eq!(places(&search.nearest(array![0.0, 0.0].view(), 2).unwrap()), [0, 1, 2, 3, 4]);
        assert_eq!(places(&search.nearest_others(0, 1).unwrap()), [1, 2, 3, 4]);
        assert_eq!(places(&search.nearest_others(0, 5).unwrap()), [1, 2, 3, 4, 5]);
        assert_eq!(places(&search.nearest_others(0, 99).unwrap()), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_nearest_are_those_of_looking_at_every_point() {
        for n_columns in [3, MOST_COLUMNS_OF_A_TREE + 1] {
            let points = Array2::from_shape_fn((500, n_columns), |(i, j)| {
                f64::from((i * 7919 + j * 104_729 + i * j * 31) as u32 % 997) / 97.0
            });
            let points = super::super::places::Places::of(points.view()).points;
            let search = Search::new(&points).unwrap();
            for k in [1, 7, 40] {
                let from = Array1::from_elem(n_columns, 4.4);
                let mut by_hand: Vec<f64> =
                    points.rows().into_iter().map(|row| L2Dist.distance(row, from.view())).collect();
                by_hand.sort_by(f64::total_cmp);
                let found = search.nearest(from.view(), k).unwrap();
                assert!(found.len() >= k);
                for (found, expected) in found.iter().zip(by_hand) {
                    assert_eq!(found.distance, expected);
                }
            }
        }
    }

    #[test]
    fn the_farthest_rows_that_are_let_in_can_be_searched() {
        let points = array![[-FARTHEST], [FARTHEST], [0.0]];
        let search = Search::new(&points).unwrap();
        let found = search.nearest(array![FARTHEST].view(), 3).unwrap();
        assert_eq!(places(&found), [1, 2, 0]);
        assert!(found.iter().all(|found| found.distance.is_finite()));
        assert!(check_rows(array![[1e151]].view(), "known").is_err());
    }
}

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};

use super::error::NeighbourError;
use super::places::Places;
use super::scaling::{Scaler, Scaling};
use super::search::Search;

/// A place where known rows are, as seen from another row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearPlace {
    /// The first known row that is there, from 0.
    pub row: usize,
    /// How many known rows are there.
    pub n_rows: usize,
    /// How far it is, in the scaler's units.
    pub distance: f64,
}

/// The `k` places with known rows that are nearest to `row`, the nearest first: what is most like it.
///
/// `known` has shape `(n_known, n_features)`. Rows that coincide are one place, so that `k` places tell more than `k` rows, which
/// might all be the same. All known places come if there are fewer; of several at the same distance, those known first.
/// Cost: a k-d tree of the distinct known rows.
///
/// # Errors
///
/// No known rows, another number of features than the scaler's, or a value that is missing, infinite or beyond ±1e150.
///
/// # Example
///
/// ```
/// use isoforest::neighbours::{Scaler, Scaling, nearest_places};
/// use ndarray::array;
///
/// let known = array![[0.0, 0.0], [4.0, 0.0], [4.0, 0.0], [9.0, 9.0]];
/// let scaler = Scaler::fit(Scaling::None, known.view())?;
/// let near = nearest_places(known.view(), array![4.0, 3.0].view(), 2, &scaler)?;
/// assert_eq!((near[0].row, near[0].n_rows, near[0].distance), (1, 2, 3.0));
/// assert_eq!((near[1].row, near[1].n_rows, near[1].distance), (0, 1, 5.0));
/// # Ok::<(), isoforest::neighbours::NeighbourError>(())
/// ```
pub fn nearest_places(
    known: ArrayView2<'_, f64>,
    row: ArrayView1<'_, f64>,
    k: usize,
    scaler: &Scaler,
) -> Result<Vec<NearPlace>, NeighbourError> {
    if known.is_empty() {
        return Err(NeighbourError::NoneKnown { rows: known.nrows(), features: known.ncols() });
    }
    let places = Places::of(scaler.scaled(known, "known")?.view());
    let row = scaler.transform(row.insert_axis(Axis(0)))?;
    let found = Search::new(&places.points)?.nearest(row.row(0), k)?;
    let near = found.into_iter().take(k).map(|found| NearPlace {
        row: places.first_rows[found.place],
        n_rows: places.counts[found.place],
        distance: found.distance,
    });
    Ok(near.collect())
}

/// Euclidean distance from each of `rows`, shape `(n_rows, n_features)`, to the nearest of `known`, shape `(n_known, n_features)`.
///
/// Scale the features alike before, by a [`Scaler`]. Cost: a k-d tree of the distinct known rows, then about `log n_known` a row.
///
/// # Errors
///
/// No known rows, another number of features, or a value that is missing, infinite or beyond ±1e150.
///
/// # Example
///
/// ```
/// use isoforest::neighbours::nearest_distance;
/// use ndarray::array;
///
/// let known = array![[0.0, 0.0], [1.0, 0.0]];
/// let rows = array![[1.0, 2.0], [0.0, 0.0]];
/// assert_eq!(nearest_distance(known.view(), rows.view())?.to_vec(), [2.0, 0.0]);
/// # Ok::<(), isoforest::neighbours::NeighbourError>(())
/// ```
pub fn nearest_distance(known: ArrayView2<'_, f64>, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, NeighbourError> {
    let scaler = Scaler::fit(Scaling::None, known)?;
    let places = Places::of(known);
    let search = Search::new(&places.points)?;
    let asked = Places::of(scaler.transform(rows)?.view());
    let mut distances = Vec::with_capacity(asked.len());
    for point in asked.points.rows() {
        distances.push(search.nearest(point, 1)?.first().map_or(f64::NAN, |found| found.distance));
    }
    Ok(asked.to_rows(&distances))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, ShapeBuilder, array};

    #[test]
    fn distances_are_those_of_looking_at_every_known_row() {
        // In column-major order, as data frames have it.
        let known = Array2::from_shape_fn((300, 3).f(), |(i, j)| f64::from((i * 7919 + j * 104_729) as u32 % 97));
        let rows = Array2::from_shape_fn((50, 3).f(), |(i, j)| f64::from((i * 31 + j * 17) as u32 % 101) + 0.25);
        let nearest = nearest_distance(known.view(), rows.view()).unwrap();
        for (row, &distance) in rows.rows().into_iter().zip(&nearest) {
            let by_hand = known
                .rows()
                .into_iter()
                .map(|k| (&k - &row).mapv(|d| d * d).sum().sqrt())
                .fold(f64::INFINITY, f64::min);
            assert!((distance - by_hand).abs() < 1e-12);
        }
    }

    #[test]
    fn thousands_of_coinciding_rows_are_one_point() {
        let known = Array2::from_elem((5000, 2), -0.0);
        assert_eq!(nearest_distance(known.view(), array![[3.0, 4.0]].view()).unwrap().to_vec(), [5.0]);
    }

    #[test]
    fn what_has_no_distance_is_an_error_with_its_place() {
        let known = array![[0.0, 0.0]];
        let error = nearest_distance(known.view(), array![[0.0, f64::NAN]].view()).unwrap_err();
        assert!(error.to_string().starts_with("row 0 of the asked-for rows, column 1: NaN"), "{error}");
        let error = nearest_distance(Array2::zeros((0, 2)).view(), known.view()).unwrap_err();
        assert_eq!(error, NeighbourError::NoneKnown { rows: 0, features: 2 });
        let error = nearest_distance(known.view(), array![[1.0]].view()).unwrap_err();
        assert_eq!(error, NeighbourError::FeatureCount { expected: 2, found: 1 });
    }

    #[test]
    fn fewer_known_places_than_asked_for_all_come() {
        let known = array![[0.0], [1.0]];
        let scaler = Scaler::fit(Scaling::None, known.view()).unwrap();
        assert_eq!(nearest_places(known.view(), array![0.9].view(), 10, &scaler).unwrap().len(), 2);
        assert_eq!(nearest_places(known.view(), array![0.9].view(), 0, &scaler).unwrap(), []);
    }
}

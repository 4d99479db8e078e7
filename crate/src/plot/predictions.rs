//! The decision plane with each row in the colour of its prediction.

use std::error::Error;

use ndarray::{Array1, ArrayView1, ArrayView2};
use plotly::Plot;
use plotly::common::MarkerSymbol;

use super::boundary::{RowGroup, plane};
use super::error::PlotError;
use super::grid::Grid;
use super::labels::Labels;
use super::style::{self, MarkerStyle};

/// Draws the plane of [`decision_boundary`](super::decision_boundary) with inliers as blue circles and outliers as red
/// diamonds; the legend counts both.
///
/// `points` has shape `(n_rows, 2)`, and `predicted` gives 1 (inlier) or -1 (outlier) for each of its rows, as
/// `IsolationForest::predict` does.
///
/// # Errors
///
/// [`PlotError::PredictionLength`] and [`PlotError::PredictionValue`] for predictions that do not fit the rows, and those of
/// [`decision_boundary`](super::decision_boundary).
///
/// # Example
///
/// ```
/// use isoforest::plot::{Grid, Labels, predictions};
/// use ndarray::{Array1, ArrayView2, array};
///
/// let decision = |x: ArrayView2<'_, f64>| -> Result<Array1<f64>, std::io::Error> {
///     Ok(x.column(0).mapv(|mean| 30.0 - mean))
/// };
/// let rows = array![[10.0, 10.0], [60.0, 60.0]];
/// let labels = Labels::new("Left and right of 30").x("mean").y("sd");
/// let figure = predictions(rows.view(), array![1, -1].view(), Grid::default(), &labels, decision)?;
/// assert!(figure.to_json().contains("outliers (1)"));
/// # Ok::<(), isoforest::plot::PlotError>(())
/// ```
pub fn predictions<E>(
    points: ArrayView2<'_, f64>,
    predicted: ArrayView1<'_, i8>,
    grid: Grid,
    labels: &Labels,
    decision: impl FnOnce(ArrayView2<'_, f64>) -> Result<Array1<f64>, E>,
) -> Result<Plot, PlotError>
where
    E: Error + Send + Sync + 'static,
{
    if predicted.len() != points.nrows() {
        return Err(PlotError::PredictionLength { expected: points.nrows(), found: predicted.len() });
    }
    if let Some((row, &found)) = predicted.iter().enumerate().find(|(_, value)| ![1, -1].contains(*value)) {
        return Err(PlotError::PredictionValue { row, found });
    }
    let is_predicted = |value: i8| move |row: usize| predicted.get(row) == Some(&value);
    let groups = [
        RowGroup {
            name: "inliers",
            style: MarkerStyle { color: style::INLIER, size: 5, symbol: MarkerSymbol::Circle },
            members: Box::new(is_predicted(1)),
        },
        RowGroup {
            name: "outliers",
            style: MarkerStyle { color: style::OUTLIER, size: 9, symbol: MarkerSymbol::Diamond },
            members: Box::new(is_predicted(-1)),
        },
    ];
    plane(points, grid, labels, decision, &groups)
}

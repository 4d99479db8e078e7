//! The part of the plane where a decision function is drawn.

use std::error::Error;

use ndarray::{Array1, Array2, ArrayView2};

use super::error::PlotError;
use super::numbers::{is_drawable, range};

/// More points along an axis than this would be finer than a screen and a file of tens of megabytes.
const MAX_POINTS: usize = 1_000;

/// A rectangle of `n × n` points; by default 100×100 over [-2, 70]², the square of the course this product follows.
///
/// ```
/// use isoforest::plot::Grid;
///
/// let close_up = Grid { x: (-1.0, 5.0), y: (-1.0, 5.0), ..Grid::default() };
/// assert_eq!(close_up.n, 100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// First and last value of the first feature.
    pub x: (f64, f64),
    /// First and last value of the second feature.
    pub y: (f64, f64),
    /// Number of grid points along each axis, 2 to 1,000; the figure's size grows with its square.
    pub n: usize,
}

impl Default for Grid {
    fn default() -> Self {
        Self { x: (-2.0, 70.0), y: (-2.0, 70.0), n: 100 }
    }
}

impl Grid {
    /// A grid of 100×100 points around all rows of `points`, with a margin of 5 % on each side.
    ///
    /// # Errors
    ///
    /// [`PlotError::NotTwoFeatures`] unless `points` has two columns.
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::plot::Grid;
    ///
    /// let grid = Grid::around(ndarray::array![[0.0, 10.0], [100.0, 20.0]].view())?;
    /// assert_eq!((grid.x, grid.y), ((-5.0, 105.0), (9.5, 20.5)));
    /// # Ok::<(), isoforest::plot::PlotError>(())
    /// ```
    pub fn around(points: ArrayView2<'_, f64>) -> Result<Self, PlotError> {
        check_two_features(points)?;
        let span = |column: usize| {
            let values = points.column(column);
            let (low, high) = range(values.iter().copied().filter(|&value| is_drawable(value)));
            let margin = if high > low { 0.05 * (high - low) } else { 1.0 };
            (low - margin, high + margin)
        };
        Ok(Self { x: span(0), y: span(1), ..Self::default() })
    }

    /// The default square if the points fill a good part of it, else the rectangle [`around`](Self::around) them.
    ///
    /// # Errors
    ///
    /// As [`around`](Self::around).
    ///
    /// # Example
    ///
    /// ```
    /// use isoforest::plot::Grid;
    /// use ndarray::array;
    ///
    /// assert_eq!(Grid::fitting(array![[-0.3, -0.1], [66.0, 57.0]].view())?, Grid::default());
    /// assert_eq!(Grid::fitting(array![[0.0, 0.0], [1.0, 1.0]].view())?.x, (-0.05, 1.05));
    /// assert_eq!(Grid::fitting(array![[0.0, 0.0], [100.0, 50.0]].view())?.x, (-5.0, 105.0));
    /// # Ok::<(), isoforest::plot::PlotError>(())
    /// ```
    pub fn fitting(points: ArrayView2<'_, f64>) -> Result<Self, PlotError> {
        let (around, default) = (Self::around(points)?, Self::default());
        let fits = |(column, (from, to)): (usize, (f64, f64))| {
            let values = points.column(column);
            let (low, high) = range(values.iter().copied().filter(|&value| is_drawable(value)));
            from <= low && high <= to && high - low >= (to - from) / 4.0
        };
        Ok(if [(0, default.x), (1, default.y)].into_iter().all(fits) { default } else { around })
    }

    pub(super) fn check(&self) -> Result<(), PlotError> {
        for (axis, (from, to)) in [("x", self.x), ("y", self.y)] {
            if !(is_drawable(from) && is_drawable(to) && from < to) {
                return Err(PlotError::GridRange { axis, from, to });
            }
        }
        if !(2..=MAX_POINTS).contains(&self.n) {
            return Err(PlotError::GridSize { max: MAX_POINTS, found: self.n });
        }
        Ok(())
    }

    /// Whether a row lies in the rectangle.
    pub(super) fn contains(&self, x: f64, y: f64) -> bool {
        (self.x.0..=self.x.1).contains(&x) && (self.y.0..=self.y.1).contains(&y)
    }

    /// Distance between grid points along both axes.
    pub(super) fn step(&self) -> (f64, f64) {
        let gaps = self.n as f64 - 1.0;
        ((self.x.1 - self.x.0) / gaps, (self.y.1 - self.y.0) / gaps)
    }

    /// Decision values, shape `(n, n)`: a row of the result for each `y`, a column for each `x`.
    pub(super) fn decide<E>(
        &self,
        decision: impl FnOnce(ArrayView2<'_, f64>) -> Result<Array1<f64>, E>,
    ) -> Result<Array2<f64>, PlotError>
    where
        E: Error + Send + Sync + 'static,
    {
        let (n, (dx, dy)) = (self.n, self.step());
        let points = Array2::from_shape_fn((n * n, 2), |(i, feature)| {
            if feature == 0 { self.x.0 + dx * (i % n) as f64 } else { self.y.0 + dy * (i / n) as f64 }
        });
        let values = decision(points.view()).map_err(|error| PlotError::Decision(Box::new(error)))?;
        if let Some((point, &value)) = points.rows().into_iter().zip(&values).find(|(_, value)| !value.is_finite()) {
            let at = |feature| point.get(feature).copied().unwrap_or(f64::NAN);
            return Err(PlotError::DecisionNotFinite { x: at(0), y: at(1), value });
        }
        let found = values.len();
        Array2::from_shape_vec((n, n), values.to_vec())
            .map_err(|_| PlotError::DecisionLength { expected: n * n, found })
    }
}

/// A decision boundary is drawn in the plane of exactly two features.
pub(super) fn check_two_features(points: ArrayView2<'_, f64>) -> Result<(), PlotError> {
    match points.ncols() {
        2 => Ok(()),
        n_features => Err(PlotError::NotTwoFeatures { n_features }),
    }
}

//! Figures: one builder a file, all in one style, each returning a [`plotly::Plot`].
//!
//! | builder | shows |
//! |---|---|
//! | [`scatter`](crate::plot::scatter()) | one feature over another, rows that coincide as one larger marker |
//! | [`histogram`](crate::plot::histogram()) | how many rows lie in each of `n` equal bins |
//! | [`box_plot`](crate::plot::box_plot()) | quartiles, fences and the rows beyond them |
//! | [`histograms`](crate::plot::histograms()), [`box_plots`](crate::plot::box_plots()) | the same for several columns, a panel each |
//! | [`decision_boundary`](crate::plot::decision_boundary()) | what a forest calls normal, in a plane of two features |
//! | [`predictions`](crate::plot::predictions()) | the same plane, with each row in the colour of its prediction |
//! | [`boundaries`](crate::plot::boundaries()), [`score_histograms`](crate::plot::score_histograms()) | what several detectors call normal, and how they score, a panel each |
//! | [`explanation`](crate::plot::explanation()) | what makes one row unusual, a bar a feature |
//! | [`threshold_curve`](crate::plot::threshold_curve()) | what share of the rows each threshold flags, and a suggestion |
//!
//! [`static_svg`](crate::plot::static_svg()) draws any of them as a still picture.
//!
//! A figure stays small whatever the number of rows: counts, quartiles and the decision values are computed here, and no
//! figure draws more than [`MAX_MARKERS`](crate::plot::MAX_MARKERS) markers. When rows had to be drawn together for that, the line under the title
//! says so. Titles and feature names are taken literally, never as markup.
//!
//! ```
//! use isoforest::plot::{Labels, scatter};
//!
//! let labels = Labels::new("Spending of each user").x("mean").y("sd");
//! let figure = scatter([0.0, 0.0, 1.5], [0.5, 0.5, 2.0], &labels)?;
//! assert!(figure.to_json().contains("Spending of each user"));
//! # Ok::<(), isoforest::plot::PlotError>(())
//! ```

/// What a forest calls normal.
mod boundary;
/// Quartiles, fences and outliers.
mod box_plot;
/// What can stand in the way of a figure.
mod error;
/// Why a row is unusual.
mod explanation;
/// The part of the plane where a decision function is drawn.
mod grid;
/// Counts in equal bins.
mod histogram;
/// The words on a figure.
mod labels;
/// Words where there is nothing to draw.
mod note;
/// Numbers on their way into a figure.
mod numbers;
/// Several columns in one figure.
mod panels;
/// Fewer markers for the same picture.
mod points;
/// Rows in the colour of their prediction.
mod predictions;
/// One feature over another.
mod scatter;
/// A figure as a still picture.
mod static_svg;
/// The numbers behind a histogram and a box.
mod statistics;
/// Colours, sizes and fonts.
mod style;
/// Escaping, line breaks, readable numbers.
mod text;
/// What each threshold would flag.
mod threshold_curve;

#[cfg(feature = "notebook")]
pub(crate) use self::text::thousands;
pub use self::{
    boundary::decision_boundary,
    box_plot::box_plot,
    error::PlotError,
    explanation::explanation,
    grid::Grid,
    histogram::{CountAxis, histogram, histogram_with_axis},
    labels::Labels,
    note::note,
    panels::{BoundaryPanel, MAX_PANELS, boundaries, box_plots, histograms, score_histograms},
    points::MAX_MARKERS,
    predictions::predictions,
    scatter::scatter,
    static_svg::static_svg,
    threshold_curve::threshold_curve,
};

//! Figures and tables in a Jupyter cell.
//!
//! The kernel takes a cell's outputs from its standard output: a line that names a MIME type, the content, and a closing
//! line. Contents of several types make one output, of which a viewer shows the richest it knows. A cell keeps one content
//! of each type, so a second figure in a cell would take the place of the first: show one figure a cell.

/// Contents of several MIME types as one output.
mod bundle;
/// All columns of a data frame at once.
pub mod columns;
/// Detectors side by side.
pub mod comparison;
/// Why one row is unusual.
mod explanation;
/// Data frames in and figures out, without generics.
pub mod frames;
/// Values as JSON text.
mod json;
/// The normal rows most like one.
mod nearest_normal;
/// Outliers as a table.
mod outliers;
/// Grids in few bytes.
mod packed;
/// Figures.
mod show;
/// Data frames.
mod table;
/// Where to draw the line.
mod threshold;

pub use self::{
    explanation::{RowExplanation, explain, most_unusual_row},
    json::json,
    nearest_normal::nearest_normal,
    outliers::outliers,
    show::{show, write_plot},
    table::{show_table, write_table},
    threshold::{ThresholdHelp, threshold},
};

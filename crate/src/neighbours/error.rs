use crate::forest::ParamError;

/// Rows between which no distance can be measured, or from which no detector can be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NeighbourError {
    /// A parameter out of its range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// Nothing to measure the distance to.
    #[error("expected at least one known row with at least one feature, found {rows} rows and {features} features")]
    NoneKnown {
        /// Known rows.
        rows: usize,
        /// Their features.
        features: usize,
    },
    /// Too little to compare with.
    #[error("expected at least two {what} to fit on, found {found}")]
    TooFew {
        /// "rows" or "distinct rows".
        what: &'static str,
        /// How many there are.
        found: usize,
    },
    /// Rows of different widths.
    #[error("expected {expected} features in each row, as in the known rows, found {found}")]
    FeatureCount {
        /// Features of the known rows.
        expected: usize,
        /// Features of the rows handed over.
        found: usize,
    },
    /// A value that is missing, infinite, or too large for its square to be a number.
    #[error(
        "row {row} of the {which} rows, column {column}: {value} has no distance to anything; expected a number between \
         -1e150 and 1e150"
    )]
    NoDistance {
        /// "known" or "asked-for".
        which: &'static str,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// What was found.
        value: f64,
    },
}

//! Detectors side by side: what `compare.ipynb` is made of.
//!
//! A [`Contender`](crate::compare::Contender) is a detector with its parameters, [`Fitted`](crate::compare::Fitted) one that has seen training rows, timed. [`agreement`](crate::compare::agreement) says how far two
//! of them find the same rows. How good they are can be measured where labels say which rows are outliers: on [`planted`](crate::compare::planted) sets,
//! whose anomalies are of one kind each, and on files with a column of labels ([`read_labelled_folder`](crate::compare::read_labelled_folder)); [`measure`](crate::compare::measure) does it.
//!
//! ```
//! use isoforest::compare::{Contender, Kind, measure, planted};
//!
//! let set = planted(Kind::Cross, 1);
//! let contenders = Contender::all(0.05);
//! let standard = measure(&contenders[0], &set, 16)?;
//! let extended = measure(&contenders[1], &set, 16)?;
//! assert!(standard.roc_auc < extended.roc_auc); // the blind cross of the standard forest
//! # Ok::<(), isoforest::compare::CompareError>(())
//! ```

/// How far two detectors find the same rows.
pub mod agreement;
/// A detector with its parameters, and fitted.
mod contender;
/// What can stand in the way.
mod error;
/// Labelled rows out of files.
mod labelled;
/// How well outliers come first.
mod measure;
/// Labelled rows out of a recipe.
mod planted;

pub use self::{
    contender::{Contender, Fitted},
    error::CompareError,
    labelled::{Labelled, MAX_ROWS, read_labelled_folder},
    measure::{Measures, measure},
    planted::{Kind, planted},
};

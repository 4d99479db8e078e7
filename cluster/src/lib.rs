//! Isolation forests over more rows than one machine holds: DataFusion on one machine, Ballista on many.
//!
//! Read in this order: [`model`] is the forest, known by its file's hash; [`input`] finds the files and looks into them;
//! [`functions`] are what plans call; [`plan`] makes plans; [`parts`] is what they write; [`engine`] runs a plan in this process,
//! [`cluster`] on many; [`sample`] and [`threshold`] are the two passes of training; [`commands`] is the command line.

/// Ballista: many machines.
pub mod cluster;
/// The command line.
pub mod commands;
/// DataFusion in this process.
pub mod engine;
/// The functions that plans call.
pub mod functions;
/// The files of a job.
pub mod input;
/// The model that all programs of a job share.
pub mod model;
/// The files that a scoring job leaves behind.
pub mod parts;
/// What an engine is asked to do.
pub mod plan;
/// The progress line.
pub mod progress;
/// A uniform sample in one pass.
pub mod sample;
/// The files of a query as its table.
pub mod table;
/// Counts for Prometheus.
pub mod telemetry;
/// The exact threshold in a second pass.
pub mod threshold;

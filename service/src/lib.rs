//! The web service: loads a model file and answers predictions.

/// The model being served, and its replacement.
pub mod model_store;
/// Metrics, the request log, and names of requests.
pub mod telemetry;

//! The web service: loads a model file and answers predictions.
//!
//! Read in this order: [`configuration`] says what can be set; [`startup`] builds the service from it and runs it;
//! [`state`] is what every request sees. [`model_store`] holds the model, [`reload`] replaces it. [`routes`] has a module an
//! endpoint; what they share is around it: [`call`] takes a request apart, [`features`] reads its numbers, [`limits`] says
//! how much is taken at once, [`error`] is every refusal with its status code. [`telemetry`] counts and logs.

/// The parts of a request that endpoints look at, and its body.
pub mod call;
/// Settings, from the command line and the environment.
pub mod configuration;
/// Every refusal, with its status code.
pub mod error;
/// Numbers of a request, row after row.
pub mod features;
/// Asking a running service whether it is ready.
pub mod healthcheck;
/// How much is taken at once.
pub mod limits;
/// The model being served, and its replacement.
pub mod model_store;
/// Loading the model's file, at the start and again.
pub mod reload;
/// The endpoints.
pub mod routes;
/// Building the service and running it to its end.
pub mod startup;
/// What every request sees.
pub mod state;
/// Metrics, the request log, and names of requests.
pub mod telemetry;

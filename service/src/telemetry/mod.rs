//! Telemetry: what the service says of itself.
//!
//! `Metrics` counts, `Log` writes; `stage` puts both around every request and answers `GET /metrics`.

use std::sync::Arc;

use rocket::fairing::AdHoc;

/// The text of a scrape.
mod exposition;
/// Around every request.
mod fairing;
/// Families of series as text.
mod families;
/// Counts by method and route.
mod http;
/// Counters and histograms.
mod instruments;
/// Lines of JSON.
mod log;
/// What is counted.
mod metrics;
/// Drift: the bins of one model.
mod model_series;
/// A name for each request.
mod request_id;
/// GET /metrics.
mod routes;

pub use exposition::Format;
pub use log::{Level, Log};
pub use metrics::{Metrics, Reason, ReloadOutcome};

/// Counts, names and logs every request, manages `metrics` and `log` as state, and mounts `/metrics`.
///
/// Attach it first, so that a request's time includes the work of everything else. Keep the `log` and [flush](Log::flush) it after
/// `launch` has returned: requests are answered until then.
pub fn stage(metrics: Arc<Metrics>, log: Arc<Log>) -> AdHoc {
    AdHoc::on_ignite("telemetry stage", |rocket| async move {
        let telemetry = fairing::Telemetry { metrics: Arc::clone(&metrics), log: Arc::clone(&log) };
        rocket.attach(telemetry).manage(metrics).manage(log).mount("/", routes::routes())
    })
}

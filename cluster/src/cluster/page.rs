//! Health and metrics of an executor, over HTTP; the scheduler has its own.

use std::{fmt, io, net::SocketAddr};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use ballista_executor::health::ExecutorHealth;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text},
    metrics::{counter::ConstCounter, gauge::ConstGauge, info::Info},
    registry::Registry,
};
use tokio::net::TcpListener;

use crate::telemetry;

/// The type of the metrics' text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the page shows.
#[derive(Clone)]
pub(super) struct Page {
    health: ExecutorHealth,
    model_sha256: String,
}

impl Page {
    pub(super) fn new(health: ExecutorHealth, model_sha256: String) -> Self {
        Self { health, model_sha256 }
    }

    /// Answers until the process ends.
    pub(super) async fn serve(self, address: SocketAddr) -> io::Result<()> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen on {address} (health and metrics): {error}"))
        })?;
        let router = Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self);
        axum::serve(listener, router).await
    }
}

/// Whether the last message to the scheduler was answered.
async fn ready(State(page): State<Page>) -> (StatusCode, &'static str) {
    if page.health.is_ready() { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "no scheduler") }
}

async fn metrics(State(page): State<Page>) -> Response {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(page));
    let mut body = String::new();
    match text::encode(&mut body, &registry) {
        Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("model_sha256", &self.model_sha256).finish_non_exhaustive()
    }
}

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = telemetry::counts();
        let mut one = |name: &str, help: &str, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        one(
            "isoforest_executor_rows",
            "Rows scored, those of attempts that were given up included.",
            &ConstCounter::new(counts.rows),
        )?;
        one("isoforest_executor_outliers", "Rows scored that are outliers.", &ConstCounter::new(counts.outliers))?;
        one("isoforest_executor_parts", "Parts of outputs completed.", &ConstCounter::new(counts.parts))?;
        one(
            "isoforest_executor_connected",
            "1 if the scheduler answered the last message, else 0.",
            &ConstGauge::new(i64::from(self.health.is_ready())),
        )?;
        one(
            "isoforest_executor_model",
            "The model that this executor scores with.",
            &Info::new([("sha256", self.model_sha256.clone())]),
        )
    }
}

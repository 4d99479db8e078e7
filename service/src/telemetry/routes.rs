//! GET /metrics.

use std::io::Cursor;
use std::sync::Arc;

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder};
use rocket::{Request, Response, Route, State, get, routes};

use super::exposition::Format;
use super::metrics::Metrics;

/// Bytes that are handed to the network at once; by default the text would be cut into pieces of 4 KiB.
const CHUNK_BYTES: usize = 64 << 10;

/// The route; Rocket takes `/metrics/` for the same path.
pub(super) fn routes() -> Vec<Route> {
    routes![metrics]
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Format {
    type Error = std::convert::Infallible;

    /// Plain text for who names it and not OpenMetrics; OpenMetrics for everyone else, also for who accepts anything.
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let accept = request.headers().get_one("Accept").unwrap_or_default();
        let plain = accept.contains("text/plain") && !accept.contains("application/openmetrics-text");
        Outcome::Success(if plain { Self::PrometheusText } else { Self::OpenMetrics })
    }
}

/// A scrape.
struct Scrape {
    format: Format,
    text: String,
}

impl<'r> Responder<'r, 'static> for Scrape {
    fn respond_to(self, _request: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .raw_header("Content-Type", self.format.content_type())
            .sized_body(self.text.len(), Cursor::new(self.text))
            .max_chunk_size(CHUNK_BYTES)
            .ok()
    }
}

#[get("/metrics")]
fn metrics(metrics: &State<Arc<Metrics>>, format: Format) -> Result<Scrape, Status> {
    let text = metrics.text(format).map_err(|_| Status::InternalServerError)?;
    Ok(Scrape { format, text })
}

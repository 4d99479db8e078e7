//! What happens around every request: its name, its counts, its line in the log.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method};
use rocket::{Data, Orbit, Request, Response, Rocket};

use super::log::Log;
use super::metrics::Metrics;
use super::request_id::RequestId;

/// The header that carries a request's name, in both directions.
const HEADER: &str = "X-Request-Id";

/// Counts, names and logs every request.
pub(super) struct Telemetry {
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Arc<Log>,
}

/// What is known of a request from its beginning.
struct Begun {
    at: Instant,
    /// As it came: Rocket turns HEAD into GET when it looks for a route.
    method: Method,
    id: RequestId,
}

impl Telemetry {
    /// What is known of `request`, which begins when this is first asked.
    fn begun<'r>(&self, request: &'r Request<'_>) -> &'r Begun {
        request.local_cache(|| {
            self.metrics.http.begin();
            let id = RequestId::new(request.headers().get_one(HEADER));
            Begun { at: Instant::now(), method: request.method(), id }
        })
    }
}

#[rocket::async_trait]
impl Fairing for Telemetry {
    fn info(&self) -> Info {
        Info { name: "telemetry", kind: Kind::Liftoff | Kind::Request | Kind::Response | Kind::Singleton }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        self.metrics.http.lift_off(rocket);
    }

    async fn on_request(&self, request: &mut Request<'_>, _data: &mut Data<'_>) {
        self.begun(request);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let begun = self.begun(request);
        let duration = begun.at.elapsed();
        let (id, method, status) = (begun.id.as_str(), begun.method, response.status().code);
        let route = self.metrics.http.answered(request.route(), method, status, duration);
        let time = humantime::format_rfc3339_micros(SystemTime::now());
        let mut line = String::with_capacity(256);
        // No value needs escaping: the name is checked, and a route's template is a path. Writing to a string cannot fail.
        let _ = writeln!(
            line,
            "{{\"time\":\"{time}\",\"request_id\":\"{id}\",\"method\":\"{method}\",\"route\":\"{route}\",\
             \"status\":{status},\"microseconds\":{}}}",
            duration.as_micros()
        );
        self.log.line(&line);
        response.set_header(Header::new(HEADER, id.to_owned()));
        self.metrics.http.end();
    }
}

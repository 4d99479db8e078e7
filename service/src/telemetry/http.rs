//! What is counted of every request: by method and route template, so that no client can make a series.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rocket::http::Method;
use rocket::http::Method::{Connect, Delete, Get, Head, Options, Patch, Post, Put, Trace};
use rocket::{Orbit, Rocket, Route};

use super::instruments::{Counter, Histogram};

/// Template of a request that no route takes.
const UNMATCHED: &str = "unmatched";

/// Every method that Rocket knows.
const METHODS: [Method; 9] = [Get, Put, Post, Delete, Options, Head, Trace, Connect, Patch];

/// Status codes with a counter of their own; any other counts as "other".
const CODES: [u16; 23] =
    [200, 201, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503];

/// Seconds; 0.05 is the bound of the latency objective.
const DURATION_BOUNDS: [f64; 10] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Counts of all requests.
#[derive(Debug, Default)]
pub(super) struct Http {
    in_flight: AtomicI64,
    /// Known from lift-off on, sorted by template; the last is for unmatched requests.
    routes: OnceLock<Vec<RouteSeries>>,
}

/// One template: its series a method.
#[derive(Debug)]
pub(super) struct RouteSeries {
    pub(super) template: String,
    /// Made at the first request, so that only what has been asked for is a series; POST is there from the start.
    methods: [OnceLock<Box<MethodSeries>>; METHODS.len()],
}

/// One template and method.
#[derive(Debug)]
pub(super) struct MethodSeries {
    codes: [Counter; CODES.len() + 1],
    pub(super) duration: Histogram,
}

impl Http {
    /// Learns the routes of the service.
    pub(super) fn lift_off(&self, rocket: &Rocket<Orbit>) {
        self.learn(rocket.routes().map(|route| (route.method, template(route))));
    }

    fn learn<'a>(&self, routes: impl Iterator<Item = (Method, &'a str)>) {
        let mut routes: Vec<_> = routes.filter(|&(_, template)| template != UNMATCHED).collect();
        routes.sort_unstable_by_key(|&(_, template)| template);
        routes.push((Get, UNMATCHED));
        let mut all: Vec<RouteSeries> = Vec::new();
        for (method, template) in routes {
            if all.last().is_none_or(|last| last.template != template) {
                all.push(RouteSeries { template: template.to_owned(), methods: Default::default() });
            }
            // The routes that rows are sent to stand at 0 from the start: what a series counts before Prometheus first sees it
            // is no increase.
            if let (Post, Some(route)) = (method, all.last())
                && let Some(series) = METHODS.iter().position(|&it| it == Post).and_then(|at| route.methods.get(at))
            {
                series.get_or_init(Box::default);
            }
        }
        // A second lift-off would be of the same service.
        let _ = self.routes.set(all);
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// A request has its answer.
    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Requests that have begun and have no answer yet.
    pub(super) fn in_flight(&self) -> i64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts an answered request and gives the template of its route.
    pub(super) fn answered(&self, route: Option<&Route>, method: Method, code: u16, duration: Duration) -> &str {
        self.count(route.map_or(UNMATCHED, template), method, code, duration)
    }

    fn count(&self, template: &str, method: Method, code: u16, duration: Duration) -> &str {
        let Some((unmatched, routes)) = self.routes.get().and_then(|routes| routes.split_last()) else {
            return UNMATCHED; // before lift-off there are no requests
        };
        let found = routes.binary_search_by(|route| route.template.as_str().cmp(template));
        let route = found.ok().and_then(|index| routes.get(index)).unwrap_or(unmatched);
        let place = METHODS.iter().position(|&known| known == method);
        if let Some(series) = place.and_then(|place| route.methods.get(place)) {
            let series = series.get_or_init(Box::default);
            let code = CODES.binary_search(&code).unwrap_or(CODES.len());
            if let Some(counter) = series.codes.get(code) {
                counter.inc();
            }
            series.duration.observe(duration.as_secs_f64());
        }
        &route.template
    }

    /// Every template and method that has been asked for.
    pub(super) fn series(&self) -> impl Iterator<Item = (&RouteSeries, &'static str, &MethodSeries)> {
        self.routes.get().into_iter().flatten().flat_map(|route| {
            let methods = METHODS.iter().zip(&route.methods);
            methods.filter_map(move |(method, series)| Some((route, method.as_str(), &**series.get()?)))
        })
    }
}

impl MethodSeries {
    /// Status codes that have been answered, and how often; those that alerts are made of also before.
    pub(super) fn codes(&self) -> impl Iterator<Item = (String, u64)> {
        let codes = CODES.into_iter().map(Some).chain([None]).zip(self.codes.iter().map(Counter::get));
        codes
            .filter(|(code, count)| *count > 0 || matches!(code, Some(200 | 500 | 503)))
            .map(|(code, count)| (code.map_or("other".to_owned(), |code| code.to_string()), count))
    }
}

impl Default for MethodSeries {
    fn default() -> Self {
        Self { codes: Default::default(), duration: Histogram::new(&DURATION_BOUNDS) }
    }
}

/// The path of a route as it was written. A route at the root that takes every path is there to refuse: its requests are unmatched.
fn template(route: &Route) -> &str {
    let path = route.uri.path();
    if path.starts_with("/<") && path.ends_with("..>") { UNMATCHED } else { path }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rocket::http::Method;

    use super::Http;

    #[test]
    fn unknown_templates_and_codes_make_no_series() {
        let http = Http::default();
        http.learn(["/b", "/a", "/a", "unmatched"].map(|template| (Method::Get, template)).into_iter());
        for code in 0..1_000 {
            http.count(&format!("/made/up/{code}"), Method::Get, code, Duration::ZERO);
        }
        assert_eq!(http.count("/a", Method::Post, 200, Duration::from_millis(2)), "/a");
        let series: Vec<_> = http
            .series()
            .map(|(route, method, series)| (route.template.as_str(), method, series.codes().count()))
            .collect();
        assert_eq!(series, [("/a", "POST", 3), ("unmatched", "GET", super::CODES.len() + 1)]);
    }

    #[test]
    fn routes_that_rows_are_sent_to_stand_at_0_from_the_start() {
        let http = Http::default();
        http.learn([(Method::Post, "/b"), (Method::Get, "/a"), (Method::Get, "/b")].into_iter());
        let series: Vec<_> = http.series().map(|(route, method, series)| (&*route.template, method, series)).collect();
        let [("/b", "POST", series)] = series[..] else { panic!("other series") };
        assert_eq!(series.codes().collect::<Vec<_>>(), ["200", "500", "503"].map(|code| (code.to_owned(), 0)));
    }

    #[test]
    fn codes_are_sorted_for_the_search() {
        assert!(super::CODES.is_sorted());
    }
}

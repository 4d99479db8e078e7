//! What is counted and logged of every request.

use rocket::http::Header;

use crate::bench::Bench;

#[test]
fn requests_are_counted_by_method_template_and_code() {
    let bench = Bench::new();
    (0..3).for_each(|_| drop(bench.client.get("/items/7").dispatch()));
    bench.client.head("/items/8").dispatch();
    bench.client.get("/items/seven").dispatch(); // the route refuses it
    bench.client.post("/nothing?x=1").dispatch();
    bench.client.get("/panics").dispatch();
    let scrape = bench.scrape();
    let requests = |method: &str, route: &str, code: u16| {
        scrape.value(&format!("http_requests_total{{code=\"{code}\",method={method:?},route={route:?}}}"))
    };
    assert_eq!(requests("GET", "/items/<item>", 200), 3.0);
    assert_eq!(requests("HEAD", "/items/<item>", 200), 1.0);
    assert_eq!(requests("GET", "/items/<item>", 422), 1.0);
    assert_eq!(requests("POST", "unmatched", 404), 1.0);
    assert_eq!(requests("GET", "/panics", 500), 1.0);
    assert_eq!(scrape.sum("http_requests_total", ""), 7.0);
    assert_eq!(scrape.value("http_request_duration_seconds_count{method=\"GET\",route=\"/items/<item>\"}"), 4.0);
    assert_eq!(scrape.value("http_requests_in_flight"), 1.0, "the scrape itself");
}

#[test]
fn one_line_of_json_a_request() {
    let bench = Bench::new();
    let named = bench.client.get("/items/7").header(Header::new("X-Request-Id", "proxy-42")).dispatch();
    assert_eq!(named.headers().get_one("X-Request-Id"), Some("proxy-42"));
    let forged = bench.client.post("/a?b").header(Header::new("X-Request-Id", "x\",\"y\":\"")).dispatch();
    let made = forged.headers().get_one("X-Request-Id").unwrap().to_owned();
    assert!(made.len() == 16 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");

    let lines = bench.log_lines();
    assert_eq!(lines.len(), 2);
    let begin = lines[0]["time"].as_str().unwrap();
    assert!(begin.len() == "2026-01-02T03:04:05.678901Z".len() && begin.ends_with('Z'), "{begin}");
    assert!(lines[0]["microseconds"].is_u64());
    for (line, id, method, route, status) in
        [(&lines[0], "proxy-42", "GET", "/items/<item>", 200), (&lines[1], made.as_str(), "POST", "unmatched", 404)]
    {
        let fields: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["method", "microseconds", "request_id", "route", "status", "time"]);
        assert_eq!(
            (&line["request_id"], &line["method"], &line["route"], &line["status"]),
            (&id.into(), &method.into(), &route.into(), &status.into())
        );
    }
}

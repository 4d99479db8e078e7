//! Paths and methods that no endpoint takes, and what every answer has.

use rocket::http::Method;

use crate::bench::Bench;

#[test]
fn unknown_paths_are_404_in_json() {
    let bench = Bench::new();
    for path in ["/nothing", "/predictions/x", "/health", "/v2/models", "/v2/x", "/%ff", "/%00", "/a%2fb"] {
        assert_eq!(
            bench.get(path).error(404),
            "there is nothing at this path; GET /docs lists what there is",
            "{path}"
        );
        bench.method(Method::Delete, path).error(404);
        bench.method(Method::Options, path).error(404);
    }
}

#[test]
fn other_methods_are_405_with_allow() {
    let bench = Bench::new();
    for (path, allow) in [
        ("/prediction", "OPTIONS, POST"),
        ("/prediction/", "OPTIONS, POST"),
        ("/predictions", "OPTIONS, POST"),
        ("/model_information", "GET, HEAD, OPTIONS"),
        ("/metrics", "GET, HEAD, OPTIONS"),
        ("/docs/", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        ("/health/ready", "GET, HEAD, OPTIONS"),
        ("/v2", "GET, HEAD, OPTIONS"),
        ("/v2/models/isoforest", "GET, HEAD, OPTIONS"),
        ("/v2/models/isoforest/infer", "OPTIONS, POST"),
        ("/v2/models/isoforest/versions/1/infer", "OPTIONS, POST"),
        ("/v2/repository/models/isoforest/load", "OPTIONS, POST"),
    ] {
        for method in [Method::Put, Method::Delete, Method::Patch, Method::Trace] {
            let answer = bench.method(method, path);
            assert_eq!(answer.error(405), format!("this path does not take {method}; it takes {allow}"));
            assert_eq!(answer.header("Allow"), Some(allow));
        }
        let options = bench.method(Method::Options, path);
        assert_eq!((options.status, options.header("Allow"), options.text.as_str()), (204, Some(allow), ""));
        let other = if allow.contains("POST") { Method::Get } else { Method::Post };
        bench.method(other, path).error(405);
    }
}

#[test]
fn head_is_get_without_a_body() {
    let bench = Bench::new();
    for path in ["/health/ready", "/model_information", "/v2", "/openapi.json", "/docs/", "/metrics"] {
        let (get, head) = (bench.get(path), bench.method(Method::Head, path));
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("Content-Type"), get.header("Content-Type"));
    }
    let refused = bench.method(Method::Head, "/prediction");
    assert_eq!((refused.status, refused.text.as_str()), (405, ""));
}

#[test]
fn every_answer_has_a_name_and_says_nothing_of_the_server() {
    let bench = Bench::new();
    for path in ["/", "/docs", "/docs/", "/nothing", "/health/ready", "/prediction", "/v2", "/metrics"] {
        let answer = bench.get(path);
        assert!(answer.header("X-Request-Id").is_some(), "{path}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("Server"), None, "{path}");
    }
}

#[test]
fn a_form_that_asks_for_another_method_does_not_get_it() {
    let bench = Bench::new();
    let request = bench.client.post("/v2").header(rocket::http::ContentType::Form).body("_method=delete");
    let answer: crate::bench::Answer = request.dispatch().into();
    answer.error(405);
}

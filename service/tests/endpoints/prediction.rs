//! POST /prediction.

use ndarray::array;
use rocket::http::{ContentType, Header};
use serde_json::json;

use crate::bench::{Answer, Bench};

const PATH: &str = "/prediction";

#[test]
fn an_answer_has_what_was_asked_for_and_nothing_else() {
    let bench = Bench::new();
    assert_eq!(bench.post(PATH, r#"{"feature_vector":[0.5,0.5]}"#).value(), json!({"is_inlier": 1}));
    assert_eq!(bench.post(PATH, r#"{"feature_vector":[60,60],"score":false}"#).value(), json!({"is_inlier": -1}));
    let scores = bench.forest().score_samples(array![[60.0, 60.0]].view()).unwrap();
    assert_eq!(
        bench.post(PATH, r#"{"feature_vector":[60,60],"score":true}"#).value(),
        json!({"is_inlier": -1, "anomaly_score": scores[0]})
    );
    assert!((-1.0..0.0).contains(&scores[0]));
}

#[test]
fn null_is_a_missing_value() {
    let bench = Bench::new();
    let score = bench.forest().score_samples(array![[f64::NAN, 0.25]].view()).unwrap()[0];
    let answer = bench.post(PATH, r#"{"feature_vector":[null,0.25],"score":true}"#).value();
    assert_eq!(answer["anomaly_score"], json!(score));
}

#[test]
fn syntax_errors_are_400() {
    let bench = Bench::new();
    let bad: &[&[u8]] = &[
        b"",
        b" ",
        b"{",
        b"{}}",
        b"mean=1",
        b"{'feature_vector':[1,2]}",
        b"{\"feature_vector\":[1,2],}",
        b"{\"feature_vector\":[1,2]",
        b"{\"feature_vector\":[NaN,2]}",
        b"{\"feature_vector\":[01,2]}",
        b"{\"feature_vector\":[1,2]}\0",
        b"\xff\xfe",
        b"{\"\xff\":1}",
        b"{\"extra\":\"\xff\",\"feature_vector\":[1,2]}",
        b"{\"feature_vector\":[1,2],\"\\ud800\":1}",
        b"{\"feature_vector\":[1,2],\"\\ud800\\u0041\":1}",
    ];
    for body in bad {
        let error = bench.post(PATH, body).error(400);
        assert!(error.starts_with("the body is not JSON: ") && error.contains("line 1 column"), "{error}");
    }
}

#[test]
fn wrong_fields_and_types_are_422_and_say_where() {
    let bench = Bench::new();
    for (body, message) in [
        ("{}", "missing field `feature_vector`"),
        ("[]", "invalid type: sequence, expected an object"),
        ("null", "invalid type: null, expected an object"),
        ("[[0.1,0.2]]", "invalid type: sequence, expected an object"),
        (
            r#"{"feature_vector":[1,2],"extra":1}"#,
            "unknown field `extra`, expected one of `feature_vector`, `score`, `explain`",
        ),
        (r#"{"feature_vector":[1,2],"feature_vector":[1,2]}"#, "duplicate field `feature_vector`"),
        (r#"{"feature_vector":[1,2],"score":1}"#, "invalid type: integer `1`, expected a boolean"),
        (r#"{"feature_vector":[1,2],"score":null}"#, "invalid type: null, expected a boolean"),
        (r#"{"feature_vector":null}"#, "invalid type: null, expected an array of numbers"),
        (
            r#"{"feature_vector":[1,"2"]}"#,
            r#"invalid type: string "2", expected a number, or null for a missing value"#,
        ),
        (r#"{"feature_vector":[1,true]}"#, "invalid type: boolean `true`, expected a number"),
        (r#"{"feature_vector":[[1,2]]}"#, "invalid type: sequence, expected a number"),
    ] {
        let error = bench.post(PATH, body).error(422);
        assert!(error.starts_with(message) && error.contains(" at line 1 column "), "{body}: {error}");
    }
}

#[test]
fn wrong_numbers_of_features_say_expected_and_found() {
    let bench = Bench::new();
    for (row, found) in [("[]", 0), ("[1]", 1), ("[1,2,3]", 3)] {
        let error = bench.post(PATH, format!(r#"{{"feature_vector":{row}}}"#)).error(422);
        assert_eq!(error, format!("expected 2 features (mean, sd), found {found}"));
    }
}

#[test]
fn infinite_and_overlarge_numbers_are_422() {
    let bench = Bench::new();
    for number in ["1e999", "-1e999", "1e39", "-3.5e38", "1e308"] {
        let error = bench.post(PATH, format!(r#"{{"feature_vector":[0,{number}]}}"#)).error(422);
        assert!(error.contains("too large") && !error.contains("NaN") && error.len() < 150, "{number}: {error}");
    }
    for number in ["3.4e38", "-3.4e38", "1e-999", "-0", "123456789012345678901234567890"] {
        assert_eq!(bench.post(PATH, format!(r#"{{"feature_vector":[0,{number}]}}"#)).status, 200, "{number}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let bench = Bench::new();
    let nested = "[".repeat(10_000) + &"]".repeat(10_000);
    bench.post(PATH, format!(r#"{{"feature_vector":{nested}}}"#)).error(422);
    bench.post(PATH, nested).error(422);
    bench.post(PATH, r#"{"a":"#.repeat(10_000)).error(400);
}

#[test]
fn long_parts_of_a_request_are_not_repeated_in_full() {
    let bench = Bench::new();
    let error = bench.post(PATH, format!(r#"{{"{}":1}}"#, "ü".repeat(10_000))).error(422);
    assert_eq!(error.chars().count(), 500);
}

#[test]
fn other_content_types_are_415() {
    let bench = Bench::new();
    let body = r#"{"feature_vector":[1,2]}"#;
    let post = |content_type: Option<&str>| -> Answer {
        let mut request = bench.client.post(PATH).body(body);
        if let Some(content_type) = content_type {
            request.add_header(Header::new("Content-Type", content_type.to_owned()));
        }
        request.dispatch().into()
    };
    assert_eq!(post(None).error(415), "the content type is missing; expected application/json");
    for content_type in ["text/csv", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"]
    {
        assert!(post(Some(content_type)).error(415).ends_with("; expected application/json"));
    }
    assert_eq!(post(Some("json")).error(415), "the content type is json; expected application/json");
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/json;",
        "application/json ; x",
    ] {
        assert_eq!(post(Some(content_type)).status, 200, "{content_type}");
    }
}

#[test]
fn compressed_bodies_are_415() {
    let bench = Bench::new();
    let post = |encoding: &'static str| -> Answer {
        let request = bench.json(PATH, r#"{"feature_vector":[1,2]}"#);
        request.header(Header::new("Content-Encoding", encoding)).dispatch().into()
    };
    assert_eq!(post("gzip").error(415), "the content encoding is gzip; expected a body that is not compressed");
    assert_eq!(post("identity").status, 200);
}

#[test]
fn bodies_over_the_limit_are_413() {
    let bench = Bench::new();
    let body = |bytes: usize| format!(r#"{{"feature_vector":[1,2]{}}}"#, " ".repeat(bytes - 24));
    assert_eq!(bench.post(PATH, body(1 << 20)).status, 200);
    let error = bench.post(PATH, body((1 << 20) + 1)).error(413);
    assert_eq!(error, "the body is over the limit of 1048576 bytes; send fewer rows in one request");
    // Refused by what it announces, without reading it.
    let announced =
        bench.client.post(PATH).header(ContentType::JSON).header(Header::new("Content-Length", "100000000"));
    Answer::from(announced.body("{}").dispatch()).error(413);
}

#[test]
fn requests_over_the_limit_are_503_with_retry_after() {
    let bench = Bench::with(|settings| isoforest_service::configuration::Settings { max_requests: 1, ..settings });
    let body = r#"{"feature_vector":[1,2]}"#;
    let place = bench.app.limits.enter().unwrap();
    let refused = bench.post(PATH, body);
    assert_eq!(refused.error(503), "too many requests at once; try again in a second");
    assert_eq!(refused.header("Retry-After"), Some("1"));
    drop(place);
    assert_eq!(bench.post(PATH, body).status, 200);
}

#[test]
fn answered_and_refused_requests_are_counted_apart() {
    let bench = Bench::new();
    bench.post(PATH, r#"{"feature_vector":[0.5,0.5],"score":true}"#);
    bench.post(PATH, r#"{"feature_vector":[60,60]}"#);
    bench.post(PATH, r#"{"feature_vector":[60]}"#).error(422);
    bench.post(PATH, "{").error(400);
    bench.post(PATH, r#"{"feature_vector":[60,1e39]}"#).error(422);
    assert_eq!(bench.metric("predictions_total"), 2.0);
    assert_eq!(bench.metric("predictions_scores_count"), 1.0);
    for reason in ["feature_count", "syntax", "number"] {
        assert_eq!(bench.metric(&format!("prediction_errors_total{{reason=\"{reason}\"}}")), 1.0, "{reason}");
    }
}

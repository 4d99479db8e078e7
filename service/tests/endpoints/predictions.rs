//! POST /predictions.

use isoforest_service::configuration::Settings;
use ndarray::array;
use serde_json::json;

use crate::bench::{Answer, Bench, write_model};

const PATH: &str = "/predictions";

#[test]
fn answers_come_in_the_order_of_the_rows() {
    let bench = Bench::new();
    let rows = array![[0.5, 0.5], [60.0, 60.0], [0.25, f64::NAN]];
    let scores = bench.forest().score_samples(rows.view()).unwrap();
    let body = r#"{"feature_vectors":[[0.5,0.5],[60,60],[0.25,null]],"score":true}"#;
    assert_eq!(
        bench.post(PATH, body).value(),
        json!({"predictions": [
            {"is_inlier": 1, "anomaly_score": scores[0]},
            {"is_inlier": -1, "anomaly_score": scores[1]},
            {"is_inlier": 1, "anomaly_score": scores[2]},
        ]})
    );
    let without = bench.post(PATH, r#"{"feature_vectors":[[60,60],[0.5,0.5]]}"#).value();
    assert_eq!(without, json!({"predictions": [{"is_inlier": -1}, {"is_inlier": 1}]}));
}

#[test]
fn csv_gives_what_json_gives_whatever_the_order_of_its_columns() {
    let bench = Bench::new();
    let expected = bench.post(PATH, r#"{"feature_vectors":[[0.25,null],[60,1e-7]],"score":true}"#).value();
    assert_eq!(bench.post_csv("/predictions?score=true", "mean,sd\n0.25,\n60,1e-7\n").value(), expected);
    assert_eq!(bench.post_csv("/predictions?score=true", "sd,mean\r\n,0.25\r\n1e-7,60").value(), expected);
    assert_eq!(bench.post_csv(PATH, "mean,sd\n60,60\n").value(), json!({"predictions": [{"is_inlier": -1}]}));
}

#[test]
fn the_query_counts_beside_the_body() {
    let bench = Bench::new();
    let body = r#"{"feature_vectors":[[1,2]]}"#;
    let has = |query: &str, field: &str| {
        let answer = bench.post(&format!("{PATH}{query}"), body).value();
        answer["predictions"][0].get(field).is_some()
    };
    assert!(has("?score=true", "anomaly_score") && !has("?score=false", "anomaly_score") && !has("?", "anomaly_score"));
    assert!(has("?explain=true&score=false", "explanation") && !has("?score=true", "explanation"));
    for (query, message) in [
        ("?scores=true", "unknown query parameter `scores`, expected `score` or `explain`"),
        ("?score=yes", r#"query parameter `score`: expected true or false, found "yes""#),
        ("?score", r#"query parameter `score`: expected true or false, found """#),
        ("?score=true&score=true", "query parameter `score` is there twice; expected it once"),
    ] {
        assert_eq!(bench.post(&format!("{PATH}{query}"), body).error(422), message);
    }
}

#[test]
fn errors_in_csv_name_line_and_column() {
    let bench = Bench::new();
    for (status, body, message) in [
        (400, "", "the body is not CSV with a header: body, line 1: the file is empty"),
        (400, "mean,sd\n1,2\n3\n", "the body is not CSV with a header: body, line 3: expected 2 cells"),
        (400, "mean,sd\n1,\"2\n", "the body is not CSV with a header: body, line 2: a quotation mark is not closed"),
        (422, "mean,sd\n", "body, line 1: there are no rows after the header"),
        (422, "1,2\n", "body, line 1: the header is missing"),
        (422, "mean\n1\n", "body, line 1: the column \"sd\" is missing"),
        (
            422,
            "mean,sd,age\n1,2,3\n",
            "body, line 1, column 3 (\"age\"): the column is not one of the expected columns",
        ),
        (422, "mean,mean,sd\n1,2,3\n", "body, line 1, column 2 (\"mean\"): the column name is already used"),
        (422, "mean,sd\n1,2\n3,lots\n", "body, line 3, column 2 (\"sd\"): expected a number"),
        (422, "mean,sd\n1,inf\n", "body, line 2, column 2 (\"sd\"): expected a finite number"),
        (422, "sd,mean\n1,2\n1,1e39\n", "body, line 3, column 2 (\"mean\"): 1e39 is too large for a 32-bit float"),
    ] {
        let error = bench.post_csv(PATH, body).error(status);
        assert!(error.starts_with(message), "{body:?}: {error}");
    }
    let error = bench.post_csv(PATH, b"mean,sd\n1,\xff\n").error(400);
    assert!(error.contains("expected UTF-8 text, found the byte 0xFF"), "{error}");
}

#[test]
fn rows_of_another_width_are_named() {
    let bench = Bench::new();
    for (rows, row, found) in [("[[1]]", 0, 1), ("[[1,2],[1,2],[]]", 2, 0), ("[[1,2],[1],[1,2,3]]", 1, 1)] {
        let error = bench.post(PATH, format!(r#"{{"feature_vectors":{rows}}}"#)).error(422);
        assert_eq!(error, format!("row {row}: expected 2 features (mean, sd), found {found}"));
    }
    assert_eq!(bench.metric("prediction_errors_total{reason=\"feature_count\"}"), 3.0);
}

#[test]
fn wrong_types_and_numbers_are_422() {
    let bench = Bench::new();
    for (rows, message) in [
        ("[]", "there are no rows; expected at least one"),
        ("[1,2]", "invalid type: integer `1`, expected a row: an array of numbers"),
        ("[[1,2],null]", "invalid type: null, expected a row: an array of numbers"),
        ("[[1,[2]]]", "invalid type: sequence, expected a number, or null for a missing value"),
        ("{}", "invalid type: map, expected an array of rows, each an array of numbers"),
        ("[[1,2],[1,1e999]]", "a number is too large for a 64-bit float at line 1 column"),
        ("[[1,2],[1,1e39]]", "row 1, feature sd (column 1): 1e39 is too large for a 32-bit float; expected"),
    ] {
        let error = bench.post(PATH, format!(r#"{{"feature_vectors":{rows}}}"#)).error(422);
        assert!(
            error.starts_with(message) || error.contains("1000000000000000000000000000000000000000 is infinite"),
            "{error}"
        );
    }
}

#[test]
fn ten_thousand_rows_are_taken_and_one_more_is_413() {
    let bench = Bench::new();
    for (rows, status) in [(10_000, 200), (10_001, 413)] {
        let json = bench.post(PATH, format!(r#"{{"feature_vectors":[{}[1,2]]}}"#, "[1,2],".repeat(rows - 1)));
        let csv = bench.post_csv(PATH, format!("mean,sd\n{}", "1,2\n".repeat(rows)));
        for answer in [json, csv] {
            if status == 200 {
                assert_eq!(answer.value()["predictions"].as_array().unwrap().len(), rows);
            } else {
                assert_eq!(answer.error(413), "the batch has more than 10000 rows; send them in several requests");
            }
        }
    }
}

#[test]
fn long_batches_give_what_single_rows_give() {
    let bench = Bench::new();
    let row = |i: usize| format!("[{},{}]", (i * 7 % 100) as f64 / 50.0, (i * 13 % 100) as f64 / 50.0);
    let rows: Vec<String> = (0..1_500).map(row).collect();
    let batch = bench.post(PATH, format!(r#"{{"feature_vectors":[{}],"score":true}}"#, rows.join(","))).value();
    for i in [0, 999, 1_000, 1_499] {
        let single = bench.post("/prediction", format!(r#"{{"feature_vector":{},"score":true}}"#, rows[i])).value();
        assert_eq!(batch["predictions"][i], single);
    }
}

#[test]
fn bodies_over_the_limit_are_413() {
    let bench = Bench::new();
    let body = format!(r#"{{"feature_vectors":[[1,2]]{}}}"#, " ".repeat(16 << 20));
    let error = bench.post(PATH, body).error(413);
    assert_eq!(error, "the body is over the limit of 16777216 bytes; send fewer rows in one request");
}

#[test]
fn only_so_much_is_explained_at_once() {
    let bench = Bench::new();
    let names: Vec<String> = (0..500).map(|feature| format!("f{feature}")).collect();
    write_model(bench.app.store.path(), &names.iter().map(String::as_str).collect::<Vec<_>>(), 16);
    let runtime = rocket::tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(isoforest_service::reload::reload(&bench.app)).unwrap();
    let row = format!("[{}]", vec!["0"; 500].join(","));
    let post = |rows: usize, explain: bool| {
        let rows = vec![row.as_str(); rows].join(",");
        bench.post(PATH, format!(r#"{{"feature_vectors":[{rows}],"explain":{explain}}}"#))
    };
    assert_eq!(post(200, true).status, 200);
    assert_eq!(
        post(201, true).error(413),
        "the model has so many features that at most 200 rows can be explained at once; send them in several requests"
    );
    assert_eq!(post(201, false).status, 200);
}

#[test]
fn other_content_types_are_415() {
    let bench = Bench::new();
    let answer: Answer = bench.client.post(PATH).body("mean,sd\n1,2\n").dispatch().into();
    assert_eq!(answer.error(415), "the content type is missing; expected application/json or text/csv");
}

#[test]
fn batches_wait_for_a_second_and_are_then_503() {
    let bench = Bench::with(|settings| Settings { max_batches: 1, ..settings });
    let runtime = rocket::tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let turn = runtime.block_on(bench.app.limits.turn()).unwrap();
    let refused = bench.post(PATH, r#"{"feature_vectors":[[1,2]]}"#);
    refused.error(503);
    assert_eq!(refused.header("Retry-After"), Some("1"));
    assert_eq!(bench.post("/prediction", r#"{"feature_vector":[1,2]}"#).status, 200, "single rows do not wait");
    drop(turn);
    assert_eq!(bench.post(PATH, r#"{"feature_vectors":[[1,2]]}"#).status, 200);
}

#[test]
fn explanations_have_an_entry_a_feature_that_add_up() {
    let bench = Bench::new();
    let rows = array![[60.0, 0.25], [0.5, f64::NAN]];
    let answer = bench.post(PATH, r#"{"feature_vectors":[[60,0.25],[0.5,null]],"explain":true}"#).value();
    let expected = bench.app.store.current().unwrap().explainer().explain(rows.view()).unwrap();
    for (row, prediction) in answer["predictions"].as_array().unwrap().iter().enumerate() {
        let explanation = prediction["explanation"].as_array().unwrap();
        let names: Vec<_> = explanation.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["mean", "sd"]);
        for (column, entry) in explanation.iter().enumerate() {
            assert_eq!(entry["contribution"], json!(expected[[row, column]]));
            assert_eq!(entry.as_object().unwrap().len(), 4);
        }
    }
    let of = |row: usize, column: usize| &answer["predictions"][row]["explanation"][column];
    assert_eq!((&of(0, 0)["value"], &of(0, 0)["direction"]), (&json!(60.0), &json!("high")));
    assert!(of(0, 0)["contribution"].as_f64().unwrap() > 1.0, "an outlier in its first feature");
    assert_eq!((&of(0, 1)["value"], &of(0, 1)["direction"]), (&json!(0.25), &json!("low")));
    assert_eq!((&of(1, 1)["value"], &of(1, 1)["direction"]), (&json!(null), &json!(null)));
    let single = bench.post("/prediction", r#"{"feature_vector":[60,0.25],"explain":true}"#).value();
    assert_eq!(single, answer["predictions"][0]);
}

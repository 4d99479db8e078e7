//! The Open Inference Protocol.

use ndarray::array;
use serde_json::{Value, json};

use crate::bench::Bench;

const INFER: &str = "/v2/models/isoforest/infer";

fn input(shape: &str, datatype: &str, data: &str) -> String {
    format!(r#"{{"inputs":[{{"name":"input","shape":{shape},"datatype":"{datatype}","data":{data}}}]}}"#)
}

fn version(bench: &Bench) -> String {
    bench.app.store.current().unwrap().version().to_owned()
}

#[test]
fn metadata_say_what_can_be_asked() {
    let bench = Bench::new();
    let version = version(&bench);
    let server = bench.get("/v2").value();
    assert_eq!((&server["name"], &server["extensions"]), (&json!("isoforest-service"), &json!([])));
    assert!(server["version"].is_string());
    let model = json!({
        "name": "isoforest",
        "versions": [version],
        "platform": "isoforest",
        "inputs": [{"name": "input", "datatype": "FP64", "shape": [-1, 2]}],
        "outputs": [
            {"name": "predict", "datatype": "INT64", "shape": [-1]},
            {"name": "anomaly_score", "datatype": "FP64", "shape": [-1]},
        ],
    });
    assert_eq!(bench.get("/v2/models/isoforest").value(), model);
    assert_eq!(bench.get(&format!("/v2/models/isoforest/versions/{version}")).value(), model);
    let ready = json!({"name": "isoforest", "ready": true});
    assert_eq!(bench.get("/v2/models/isoforest/ready").value(), ready);
    assert_eq!(bench.get(&format!("/v2/models/isoforest/versions/{version}/ready")).value(), ready);
}

#[test]
fn flat_and_nested_data_of_both_types_give_predictions_and_scores() {
    let bench = Bench::new();
    let version = version(&bench);
    let scores = bench.forest().score_samples(array![[0.5, f64::NAN], [60.0, 60.0]].view()).unwrap().to_vec();
    for (datatype, data) in [
        ("FP64", "[0.5,null,60,60]"),
        ("FP64", "[[0.5,null],[60,60]]"),
        ("FP32", "[0.5,null,60,60]"),
        ("FP32", "[[0.5,null],[60,60]]"),
    ] {
        let expected = json!({
            "model_name": "isoforest",
            "model_version": version,
            "outputs": [
                {"name": "predict", "datatype": "INT64", "shape": [2], "data": [1, -1]},
                {"name": "anomaly_score", "datatype": "FP64", "shape": [2], "data": scores},
            ],
        });
        assert_eq!(bench.post(INFER, input("[2,2]", datatype, data)).value(), expected, "{datatype} {data}");
    }
    assert_eq!(bench.metric("predictions_total"), 4.0);
    assert_eq!(bench.metric("predictions_scores_count"), 8.0);
}

#[test]
fn id_parameters_and_chosen_outputs() {
    let bench = Bench::new();
    let body = |rest: &str| {
        format!(
            r#"{{"inputs":[{{"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2],"parameters":{{"a":[1]}}}}],{rest}}}"#
        )
    };
    let infer = |rest: &str| bench.post(INFER, body(rest));
    let answer =
        infer(r#""id":"q-1","parameters":{"deep":{"er":[]}},"outputs":[{"name":"anomaly_score","parameters":{}}]"#)
            .value();
    assert_eq!(answer["id"], json!("q-1"));
    let names = |answer: &Value| -> Vec<String> {
        let outputs = answer["outputs"].as_array().unwrap();
        outputs.iter().map(|output| output["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&answer), ["anomaly_score"]);
    let both = infer(r#""outputs":[{"name":"anomaly_score"},{"name":"predict"}]"#).value();
    assert_eq!(names(&both), ["anomaly_score", "predict"]);
    assert_eq!(both.get("id"), None);
    assert_eq!(names(&infer(r#""outputs":[]"#).value()), ["predict", "anomaly_score"]);
    for (rest, message) in [
        (r#""outputs":[{"name":"label"}]"#, r#"there is no output "label"; expected "predict" or "anomaly_score""#),
        (r#""outputs":[{"name":"predict"},{"name":"predict"}]"#, r#"the output "predict" is asked for twice"#),
        (r#""outputs":[["predict"]]"#, "invalid type: sequence, expected an object"),
        (r#""id":7"#, "invalid type: integer `7`, expected a string"),
        (r#""parameters":[]"#, "invalid type: sequence, expected an object"),
        (r#""more":1"#, "unknown field `more`, expected one of `id`, `parameters`, `inputs`, `outputs`"),
    ] {
        let error = infer(rest).error(422);
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn data_that_do_not_fit_their_shape_are_422() {
    let bench = Bench::new();
    let shape = "the shape of the input is ";
    for (body, message) in [
        (input("[2,2]", "FP64", "[1,2,3]"), format!("{shape}[2, 2], but its data has 3 numbers")),
        (input("[2,2]", "FP64", "[[1,2]]"), format!("{shape}[2, 2], but its data has 1 rows")),
        (input("[2,2]", "FP64", "[[1,2],[3]]"), format!("{shape}[2, 2], but its data has 1 numbers in row 1")),
        (input("[1,2]", "FP64", "[[1,2,3]]"), format!("{shape}[1, 2], but its data has 3 numbers in row 0")),
        (input("[1,3]", "FP64", "[1,2,3]"), "row 0: expected 2 features (mean, sd), found 3".to_owned()),
        (input("[0,2]", "FP64", "[]"), "there are no rows; expected at least one".to_owned()),
        (
            input("[2]", "FP64", "[1,2]"),
            "the shape of the input has 1 dimensions; expected 2: rows and features".to_owned(),
        ),
        (input("[1,2]", "INT64", "[1,2]"), "unknown variant `INT64`, expected `FP64` or `FP32`".to_owned()),
        (
            r#"{"inputs":[{"name":"x","shape":[1,2],"datatype":null,"data":[1,2]}]}"#.to_owned(),
            "invalid type: null, expected a string".to_owned(),
        ),
        (
            r#"{"inputs":[{"name":"x","shape":[1,2],"datatype":{"FP64":null},"data":[1,2]}]}"#.to_owned(),
            "invalid type: map, expected a string".to_owned(),
        ),
        (input("[-1,2]", "FP64", "[1,2]"), "invalid value: integer `-1`, expected usize".to_owned()),
        (input("[18446744073709551615,2]", "FP64", "[1,2]"), format!("{shape}[18446744073709551615, 2]")),
        (input("[1,2]", "FP64", "[1,[2]]"), "invalid type: sequence, expected a number".to_owned()),
        (input("[1,2]", "FP64", "[[1,2],3]"), "invalid type: integer `3`, expected a row".to_owned()),
        (input("[1,2]", "FP64", "[\"1\",2]"), "invalid type: string \"1\", expected a number".to_owned()),
        (input("[1,2]", "FP64", "[[[1]],2]"), "invalid type: sequence, expected a number".to_owned()),
        (input("[1,2]", "FP32", "[1e39,2]"), "row 0, feature mean (column 0): ".to_owned()),
        (input("[1,2]", "FP64", "[1e999,2]"), "a number is too large for a 64-bit float".to_owned()),
        (r#"{"inputs":[]}"#.to_owned(), "there are 0 inputs; expected 1".to_owned()),
        ("{}".to_owned(), "missing field `inputs`".to_owned()),
    ] {
        let error = bench.post(INFER, &body).error(422);
        assert!(error.starts_with(&message), "{body}: {error}");
    }
    let rows = input("[10001,2]", "FP64", &format!("[{}[1,2]]", "[1,2],".repeat(10_000)));
    bench.post(INFER, rows).error(413);
    bench.post(INFER, "{").error(400);
    bench.post_csv(INFER, "mean,sd\n1,2\n").error(415);
    bench.post(INFER, " ".repeat((16 << 20) + 1)).error(413);
}

#[test]
fn other_models_and_versions_are_404() {
    let bench = Bench::new();
    let version = version(&bench);
    let body = input("[1,2]", "FP64", "[1,2]");
    for rest in ["", "/ready"] {
        let error = bench.get(&format!("/v2/models/other{rest}")).error(404);
        assert_eq!(error, r#"there is no model "other"; this service has the model "isoforest""#);
        let error = bench.get(&format!("/v2/models/isoforest/versions/1{rest}")).error(404);
        assert_eq!(error, format!(r#"the model "isoforest" has no version "1"; it has version "{version}""#));
    }
    bench.post("/v2/models/other/infer", &body).error(404);
    bench.post("/v2/models/isoforest/versions/1/infer", &body).error(404);
    assert_eq!(bench.metric("prediction_errors_total{reason=\"unknown_model\"}"), 2.0);
    assert_eq!(bench.post(&format!("/v2/models/isoforest/versions/{version}/infer"), &body).status, 200);
}

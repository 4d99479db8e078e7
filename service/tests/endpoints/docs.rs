//! GET /docs and /openapi.json.

use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn the_root_and_the_folder_lead_to_the_page() {
    let bench = Bench::new();
    for path in ["/", "/docs"] {
        let answer = bench.get(path);
        assert_eq!((answer.status, answer.header("Location")), (303, Some("/docs/")), "{path}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let bench = Bench::new();
    let page = bench.get("/docs/");
    assert_eq!((page.status, page.header("Content-Type")), (200, Some("text/html")));
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("http"), "{policy}");
    let references: Vec<&str> = page
        .text
        .split(['"', '\''])
        .filter(|part| matches!(part.rsplit_once('.'), Some((_, "js" | "css" | "png"))))
        .collect();
    assert!(references.len() >= 6, "{references:?}");
    for reference in references {
        assert!(!reference.contains("//"), "{reference}");
        let reference = reference.trim_start_matches("./");
        assert_eq!(bench.get(&format!("/docs/{reference}")).status, 200, "{reference}");
    }
    let start = bench.get("/docs/swagger-initializer.js").text;
    assert!(start.contains("/openapi.json") && start.contains("\"tryItOutEnabled\": true"), "{start}");
    bench.get("/docs/nothing.js").error(404);
    bench.get("/docs/../Cargo.toml").error(404);
}

#[test]
fn every_operation_of_the_service_is_described_and_no_other() {
    let bench = Bench::new();
    let api = bench.get("/openapi.json").value();
    let mut described: Vec<String> = Vec::new();
    for (path, operations) in api["paths"].as_object().unwrap() {
        described
            .extend(operations.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut mounted: Vec<String> = bench
        .client
        .rocket()
        .routes()
        .map(|route| format!("{} {}", route.method, route.uri.path().replace('<', "{").replace('>', "}")))
        .filter(|route| !["GET /", "GET /docs/{_..}", "GET /openapi.json"].contains(&route.as_str()))
        .collect();
    described.sort();
    mounted.sort();
    mounted.dedup();
    assert_eq!(described, mounted);
}

#[test]
fn every_reference_is_there_and_every_response_is_described() {
    let bench = Bench::new();
    let api = bench.get("/openapi.json").value();
    let mut references = Vec::new();
    collect(&api, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        assert!(api.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for operations in api["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{operation}");
            for (code, response) in operation["responses"].as_object().unwrap() {
                assert!(!response["description"].as_str().unwrap().is_empty());
                assert!(response["headers"]["X-Request-Id"].is_object());
                assert_eq!(response["headers"].get("Retry-After").is_some(), code == "503");
            }
        }
    }
}

#[test]
fn contributions_are_described_for_every_detector() {
    let bench = Bench::new();
    let schemas = bench.get("/openapi.json").value()["components"]["schemas"].clone();
    let described = schemas["FeatureContribution"]["properties"]["contribution"]["description"].as_str().unwrap();
    let paragraph = |words: &str| described.split("\n\n").find(|text| text.contains(words)).unwrap_or_default();
    for detector in ["standard", "guided", "extended"] {
        assert!(described.contains(&format!("`{detector}`")), "{detector} in {described}");
    }
    // Only what is true of every detector stands before them.
    let first = described.split("\n\n").next().unwrap();
    assert!(!first.contains("Shapley") && first.contains("add up"), "{described}");
    assert!(
        paragraph("Shapley").contains("`standard`") && paragraph("hyperplane").contains("`extended`"),
        "{described}"
    );
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(reference) if name == "$ref" => references.push(reference.clone()),
                    value => collect(value, references),
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn the_examples_are_answered() {
    let bench = Bench::new();
    let api = bench.get("/openapi.json").value();
    let schemas = &api["components"]["schemas"];
    let example = |schema: &str| -> Value {
        let properties = schemas[schema]["properties"].as_object().unwrap();
        properties
            .iter()
            .filter(|(_, property)| !property["example"].is_null())
            .map(|(name, property)| (name.clone(), property["example"].clone()))
            .collect()
    };
    let prediction = bench.post("/prediction", example("PredictionRequest").to_string()).value();
    assert_eq!(prediction.as_object().unwrap().len(), 3, "with score and explanation: {prediction}");
    let predictions = bench.post("/predictions", example("PredictionsRequest").to_string()).value();
    assert_eq!(predictions["predictions"][1]["is_inlier"], json!(-1));
    let csv = api["paths"]["/predictions"]["post"]["requestBody"]["content"]["text/csv"]["example"].as_str().unwrap();
    assert_eq!(bench.post_csv("/predictions?score=true", csv).value(), predictions);
    let mut input = example("InferInput");
    input["data"] = schemas["TensorData"]["example"].clone();
    input["datatype"] = schemas["Datatype"]["example"].clone();
    let infer = bench.post("/v2/models/isoforest/infer", json!({"inputs": [input]}).to_string()).value();
    assert_eq!(infer["outputs"][0]["data"], json!([1, -1]));
}

#[test]
fn requests_are_closed_and_have_the_width_of_the_model() {
    let bench = Bench::new();
    let schemas = bench.get("/openapi.json").value()["components"]["schemas"].clone();
    for name in ["PredictionRequest", "PredictionsRequest", "InferRequest", "InferInput", "RequestedOutput"] {
        assert_eq!(schemas[name]["additionalProperties"], json!(false), "{name}");
    }
    let row = &schemas["PredictionRequest"]["properties"]["feature_vector"];
    assert_eq!((&row["minItems"], &row["maxItems"]), (&json!(2), &json!(2)));
    assert_eq!(row["items"]["type"], json!(["number", "null"]));
}

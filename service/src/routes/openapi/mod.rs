//! The API's description: made from the routes, and completed with what only the running service knows.
//!
//! The model says how many features a row has. With that in the schemas, the examples on the page work as they stand, and a
//! program that makes requests from the description makes good ones.

use serde_json::{Map, Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{health, model_information, prediction, predictions, v2};
use crate::error::ErrorBody;
use crate::model_store::ServedModel;

/// Schemas and examples for the model that is served.
mod of_model;

/// Everything that the routes say of themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "isoforest",
        description = "Tells outliers with an isolation forest. Every refusal is JSON with the field `error`. A path that takes another \
                       method answers 405 with the header `Allow`.",
        license(name = "see the project"),
    ),
    servers((url = "/", description = "This service")),
    tags(
        (name = "predictions", description = "Is a row an outlier, how much, and why?"),
        (name = "model", description = "Which model answers."),
        (name = "health", description = "For whoever starts and watches the service."),
        (name = "v2", description = "The Open Inference Protocol, version 2."),
    ),
    paths(
        prediction::prediction,
        predictions::predictions,
        model_information::model_information,
        health::live,
        health::ready,
        metrics,
        v2::metadata::server,
        v2::metadata::live,
        v2::metadata::ready,
        v2::metadata::model,
        v2::metadata::model_version,
        v2::metadata::model_ready,
        v2::metadata::model_version_ready,
        v2::infer::infer,
        v2::infer::infer_version,
        v2::repository::load,
    ),
    components(schemas(ErrorBody)),
    modifiers(&Token),
)]
struct Api;

/// Metrics as OpenMetrics text.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    responses((status = 200, description = "The metrics.", body = String, content_type = "application/openmetrics-text"))
)]
#[expect(dead_code, reason = "the route is telemetry's; this describes it")]
fn metrics() {}

/// The token that allows a reload.
struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that the service was started with."))
            .build();
        openapi.components.get_or_insert_default().add_security_scheme("reload_token", SecurityScheme::Http(token));
    }
}

/// The description, for the model that is served now.
pub(super) fn describe(model: Option<&ServedModel>) -> Value {
    let Ok(mut api) = serde_json::to_value(Api::openapi()) else {
        unreachable!("a description is JSON");
    };
    for (code, response) in responses(&mut api) {
        add_headers(code, response);
    }
    if let Some(model) = model {
        of_model::complete(&mut api, model);
    }
    api
}

/// Every response of every operation, with its code.
fn responses(api: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let paths = api.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    let operations = paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut()).flat_map(Map::iter_mut)
}

fn add_headers(code: &str, response: &mut Value) {
    let header = |description: &str, example: &str| json!({"description": description, "schema": {"type": "string"}, "example": example});
    let mut headers = json!({
        "X-Request-Id": header("Name of the request in the log: the client's own, or a new one.", "9f86d081884c7d65"),
    });
    match code {
        "503" => headers["Retry-After"] = header("Seconds to wait.", "1"),
        "401" => headers["WWW-Authenticate"] = header("How to prove who asks.", "Bearer"),
        _ => {}
    }
    if let Some(response) = response.as_object_mut() {
        response.insert("headers".to_owned(), headers);
    }
}

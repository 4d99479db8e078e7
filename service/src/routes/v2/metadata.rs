//! GET /v2, its health, and what the model takes and gives.

use rocket::fairing::AdHoc;
use rocket::{get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::{check_name, check_version};
use crate::call::Call;
use crate::error::Error;
use crate::routes::answer::Json;
use crate::routes::health::{Live, Ready};
use crate::routes::refusals::{NotReady, UnknownModel};
use crate::routes::{MODEL_NAME, health};

/// Name of the input tensor; requests may call it otherwise.
pub(super) const INPUT: &str = "input";
/// Name of the output with the predictions.
pub(super) const PREDICT: &str = "predict";
/// Name of the output with the scores.
pub(super) const ANOMALY_SCORE: &str = "anomaly_score";

/// The endpoints.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("v2 metadata", |rocket| async {
        let routes = routes![server, live, ready, model, model_version, model_ready, model_version_ready];
        rocket.mount("/", routes)
    })
}

/// The server.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerMetadata {
    /// Name of the service.
    #[schema(example = "isoforest-service")]
    pub name: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// Extensions of the protocol that it has.
    #[schema(value_type = Vec<String>, example = json!([]))]
    pub extensions: [&'static str; 0],
}

/// The model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelMetadata {
    /// Its name.
    #[schema(example = "isoforest")]
    pub name: &'static str,
    /// The version that is served.
    #[schema(value_type = Vec<String>, example = json!(["9f86d081884c"]))]
    pub versions: [String; 1],
    /// What runs it.
    #[schema(example = "isoforest")]
    pub platform: &'static str,
    /// What it takes.
    #[schema(value_type = Vec<TensorMetadata>)]
    pub inputs: [TensorMetadata; 1],
    /// What it gives.
    #[schema(value_type = Vec<TensorMetadata>)]
    pub outputs: [TensorMetadata; 2],
}

/// A tensor.
#[derive(Debug, Serialize, ToSchema)]
pub struct TensorMetadata {
    /// Its name.
    #[schema(example = "input")]
    pub name: &'static str,
    /// Type of its numbers; an input may also be FP32.
    #[schema(example = "FP64")]
    pub datatype: &'static str,
    /// Its shape; -1 is any number of rows.
    #[schema(example = json!([-1, 2]))]
    pub shape: Vec<i64>,
}

/// The model takes requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelReady {
    /// Name of the model.
    #[schema(example = "isoforest")]
    pub name: &'static str,
    /// Always true: otherwise the answer is an error.
    #[schema(example = true)]
    pub ready: bool,
}

/// Name and version of the service.
#[utoipa::path(tag = "v2", responses((status = 200, description = "Name and version.", body = ServerMetadata)))]
#[get("/v2")]
pub(crate) fn server() -> Result<Json, Error> {
    Json::new(&ServerMetadata { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), extensions: [] })
}

/// Whether the service lives.
#[utoipa::path(tag = "v2", operation_id = "v2_live", responses((status = 200, description = "It does.", body = Live)))]
#[get("/v2/health/live")]
pub(crate) fn live() -> Result<Json, Error> {
    health::live()
}

/// Whether the service takes requests.
#[utoipa::path(tag = "v2", operation_id = "v2_ready", responses((status = 200, description = "It does.", body = Ready), NotReady))]
#[get("/v2/health/ready")]
pub(crate) fn ready(call: Call<'_>) -> Result<Json, Error> {
    health::ready(call)
}

/// What the model takes and gives.
#[utoipa::path(tag = "v2", responses((status = 200, description = "The model.", body = ModelMetadata), UnknownModel, NotReady))]
#[get("/v2/models/<name>")]
pub(crate) fn model(call: Call<'_>, name: &str) -> Result<Json, Error> {
    describe(call, name, None)
}

/// What a version of the model takes and gives.
#[utoipa::path(tag = "v2", responses((status = 200, description = "The model.", body = ModelMetadata), UnknownModel, NotReady))]
#[get("/v2/models/<name>/versions/<version>")]
pub(crate) fn model_version(call: Call<'_>, name: &str, version: &str) -> Result<Json, Error> {
    describe(call, name, Some(version))
}

fn describe(call: Call<'_>, name: &str, version: Option<&str>) -> Result<Json, Error> {
    check_name(name)?;
    let model = call.app.model()?;
    check_version(&model, version)?;
    let n_features = i64::try_from(model.forest().n_features()).unwrap_or(i64::MAX);
    Json::new(&ModelMetadata {
        name: MODEL_NAME,
        versions: [model.version().to_owned()],
        platform: MODEL_NAME,
        inputs: [TensorMetadata { name: INPUT, datatype: "FP64", shape: vec![-1, n_features] }],
        outputs: [
            TensorMetadata { name: PREDICT, datatype: "INT64", shape: vec![-1] },
            TensorMetadata { name: ANOMALY_SCORE, datatype: "FP64", shape: vec![-1] },
        ],
    })
}

/// Whether the model takes requests.
#[utoipa::path(tag = "v2", responses((status = 200, description = "It does.", body = ModelReady), UnknownModel, NotReady))]
#[get("/v2/models/<name>/ready")]
pub(crate) fn model_ready(call: Call<'_>, name: &str) -> Result<Json, Error> {
    tell_ready(call, name, None)
}

/// Whether a version of the model takes requests.
#[utoipa::path(tag = "v2", responses((status = 200, description = "It does.", body = ModelReady), UnknownModel, NotReady))]
#[get("/v2/models/<name>/versions/<version>/ready")]
pub(crate) fn model_version_ready(call: Call<'_>, name: &str, version: &str) -> Result<Json, Error> {
    tell_ready(call, name, Some(version))
}

fn tell_ready(call: Call<'_>, name: &str, version: Option<&str>) -> Result<Json, Error> {
    check_name(name)?;
    let model = call.app.ready()?;
    check_version(&model, version)?;
    Json::new(&ModelReady { name: MODEL_NAME, ready: true })
}

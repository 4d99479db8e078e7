//! POST /v2/models/{m}[/versions/{v}]/infer.

use std::sync::Arc;
use std::time::Instant;

use rocket::fairing::AdHoc;
use rocket::{Data, post, routes};
use serde::de::{IgnoredAny, IntoDeserializer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::metadata::{ANOMALY_SCORE, PREDICT};
use super::{check_name, check_version};
use crate::call::Call;
use crate::error::Error;
use crate::features::{Object, Tensor};
use crate::limits::{MAX_BATCH_BYTES, SMALL_BYTES, work};
use crate::model_store::ServedModel;
use crate::routes::MODEL_NAME;
use crate::routes::answer::{Json, Question, Scored, parse};
use crate::routes::refusals::{BodyRefusals, NotReady, UnknownModel};

/// The endpoints.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("v2 infer", |rocket| async { rocket.mount("/", routes![infer, infer_version]) })
}

/// Parameters of the protocol's extensions; they are read over.
type Parameters = Object<IgnoredAny>;

/// Rows as a tensor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InferRequest {
    /// A name for the request, which the answer repeats.
    #[serde(default, deserialize_with = "present")]
    #[schema(example = "question-1", nullable = false)]
    pub id: Option<String>,
    /// Taken and not used.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Parameters,
    /// The one input.
    #[schema(value_type = Vec<InferInput>, min_items = 1, max_items = 1)]
    pub inputs: Vec<Object<InferInput>>,
    /// The outputs that the answer shall have, in this order; both if there are none.
    #[serde(default)]
    #[schema(value_type = Vec<RequestedOutput>, max_items = 2)]
    pub outputs: Vec<Object<RequestedOutput>>,
}

/// The input: rows of features.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InferInput {
    /// Any name.
    #[schema(example = "input")]
    pub name: String,
    /// Number of rows, at most 10,000, and of features.
    #[schema(min_items = 2, max_items = 2, example = json!([2, 2]))]
    pub shape: Vec<usize>,
    /// Type of the numbers.
    #[serde(deserialize_with = "named")]
    pub datatype: Datatype,
    /// Taken and not used.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Parameters,
    /// The numbers, row after row, in one array or in one array a row; null is a missing value.
    #[schema(value_type = TensorData)]
    pub data: Tensor,
}

/// Numbers in one array, or in one array a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!([-0.157, -0.106, 66.3, null]))]
#[serde(untagged)]
pub enum TensorData {
    /// In one array.
    Flat(Vec<Option<f64>>),
    /// In one array a row.
    Nested(Vec<Vec<Option<f64>>>),
}

/// Type of an input's numbers. The forest reads 32 bits, so that the two give the same.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(example = "FP64")]
pub enum Datatype {
    /// 64 bits.
    #[serde(rename = "FP64")]
    Fp64,
    /// 32 bits.
    #[serde(rename = "FP32")]
    Fp32,
}

/// An output that the answer shall have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestedOutput {
    /// Its name.
    #[schema(value_type = OutputName)]
    pub name: String,
    /// Taken and not used.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Parameters,
}

/// Name of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputName {
    /// 1 for an inlier, -1 for an outlier.
    Predict,
    /// How normal a row is, in [-1, 0).
    AnomalyScore,
}

/// The outputs.
#[derive(Debug, Serialize, ToSchema)]
pub struct InferAnswer<'a> {
    /// Name of the model.
    #[schema(example = "isoforest")]
    pub model_name: &'static str,
    /// Its version.
    #[schema(example = "9f86d081884c")]
    pub model_version: &'a str,
    /// The request's name, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "question-1", nullable = false)]
    pub id: Option<&'a str>,
    /// One or both.
    pub outputs: Vec<InferOutput<'a>>,
}

/// An output: one number a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct InferOutput<'a> {
    /// Its name.
    pub name: OutputName,
    /// `INT64` for predictions, `FP64` for scores.
    #[schema(example = "INT64")]
    pub datatype: &'static str,
    /// Number of rows.
    #[schema(value_type = Vec<usize>, example = json!([2]))]
    pub shape: [usize; 1],
    /// The numbers.
    #[schema(value_type = Vec<f64>, example = json!([1, -1]))]
    pub data: OutputData<'a>,
}

/// Numbers of an output.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum OutputData<'a> {
    /// Predictions.
    Predict(&'a [i8]),
    /// Scores.
    AnomalyScore(&'a [f64]),
}

/// Scores rows.
#[utoipa::path(
    tag = "v2",
    request_body(content = InferRequest, content_type = "application/json"),
    responses((status = 200, description = "The outputs.", body = InferAnswer), BodyRefusals, UnknownModel, NotReady)
)]
#[post("/v2/models/<name>/infer", data = "<body>")]
pub(crate) async fn infer(call: Call<'_>, name: &str, body: Data<'_>) -> Result<Json, Error> {
    answer(&call, name, None, body).await.inspect_err(|error| call.app.metrics.refused(error.reason()))
}

/// Scores rows by a version of the model.
#[utoipa::path(
    tag = "v2",
    request_body(content = InferRequest, content_type = "application/json"),
    responses((status = 200, description = "The outputs.", body = InferAnswer), BodyRefusals, UnknownModel, NotReady)
)]
#[post("/v2/models/<name>/versions/<version>/infer", data = "<body>")]
pub(crate) async fn infer_version(call: Call<'_>, name: &str, version: &str, body: Data<'_>) -> Result<Json, Error> {
    answer(&call, name, Some(version), body).await.inspect_err(|error| call.app.metrics.refused(error.reason()))
}

async fn answer(call: &Call<'_>, name: &str, version: Option<&str>, body: Data<'_>) -> Result<Json, Error> {
    let limits = &call.app.limits;
    check_name(name)?;
    call.json()?;
    let model = call.app.model()?;
    check_version(&model, version)?;
    let (body, _room) = call.read(body, MAX_BATCH_BYTES).await?;
    let begun = Instant::now();
    let _place = limits.enter()?;
    let _turn = limits.turn().await?;
    let of_parser = Arc::clone(&model);
    let Asked { question, outputs, id } =
        work(body.len() > SMALL_BYTES, move || Asked::read(&body, &of_parser)).await?;
    question
        .score(call.app, model, begun, move |_, model, scored| {
            let outputs = outputs.iter().map(|&name| InferOutput::new(name, scored)).collect();
            Json::new(&InferAnswer {
                model_name: MODEL_NAME,
                model_version: model.version(),
                id: id.as_deref(),
                outputs,
            })
        })
        .await
}

/// A request that has been read.
struct Asked {
    question: Question,
    outputs: Vec<OutputName>,
    id: Option<String>,
}

impl Asked {
    fn read(body: &[u8], model: &ServedModel) -> Result<Self, Error> {
        let request: InferRequest = parse(body)?;
        let outputs = chosen(&request.outputs)?;
        let n_inputs = request.inputs.len();
        let Ok([Object(input)]) = <[_; 1]>::try_from(request.inputs) else {
            return Err(Error::Schema(format!("there are {n_inputs} inputs; expected 1, the rows of features")));
        };
        let [n_rows, width] = input.shape.as_slice() else {
            let n = input.shape.len();
            let message = format!("the shape of the input has {n} dimensions; expected 2: rows and features");
            return Err(Error::Schema(message));
        };
        let rows = input.data.into_rows(*n_rows, *width)?.into_matrix(model)?;
        let score = outputs.contains(&OutputName::AnomalyScore);
        Ok(Self { question: Question { rows, score, explain: false }, outputs, id: request.id })
    }
}

fn chosen(requested: &[Object<RequestedOutput>]) -> Result<Vec<OutputName>, Error> {
    if requested.is_empty() {
        return Ok(vec![OutputName::Predict, OutputName::AnomalyScore]);
    }
    let mut outputs = Vec::with_capacity(2);
    for Object(RequestedOutput { name, .. }) in requested {
        let output = match name.as_str() {
            PREDICT => OutputName::Predict,
            ANOMALY_SCORE => OutputName::AnomalyScore,
            _ => {
                let message = format!("there is no output {name:?}; expected \"{PREDICT}\" or \"{ANOMALY_SCORE}\"");
                return Err(Error::Schema(message));
            }
        };
        if outputs.contains(&output) {
            return Err(Error::Schema(format!("the output {name:?} is asked for twice; expected it once")));
        }
        outputs.push(output);
    }
    Ok(outputs)
}

impl<'a> InferOutput<'a> {
    fn new(name: OutputName, scored: &'a Scored) -> Self {
        let shape = [scored.predictions.len()];
        match name {
            OutputName::Predict => {
                Self { name, datatype: "INT64", shape, data: OutputData::Predict(&scored.predictions) }
            }
            OutputName::AnomalyScore => {
                let data = OutputData::AnomalyScore(scored.scores.as_slice().unwrap_or_default());
                Self { name, datatype: "FP64", shape, data }
            }
        }
    }
}

/// A type of numbers. By itself it would also be read from an object, and any other value would pass for a syntax error.
fn named<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Datatype, D::Error> {
    let name = String::deserialize(deserializer)?;
    Datatype::deserialize(name.as_str().into_deserializer())
}

/// A field that may be missing but not null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

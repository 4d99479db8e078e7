//! POST /prediction: one row.

use std::sync::Arc;
use std::time::Instant;

use rocket::fairing::AdHoc;
use rocket::{Data, post, routes};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Json, Prediction, Question, parse};
use super::refusals::{BodyRefusals, NotReady};
use crate::call::Call;
use crate::error::Error;
use crate::features::Row;
use crate::limits::{MAX_SINGLE_BYTES, SMALL_BYTES, work};

/// The endpoint.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("prediction", |rocket| async { rocket.mount("/", routes![prediction]) })
}

/// A row, and what is asked about it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictionRequest {
    /// One number a feature, in the model's order (GET /model_information tells it); null is a missing value.
    #[schema(value_type = Vec<Option<f64>>, example = json!([-0.157, -0.106]))]
    pub feature_vector: Row,
    /// Whether the answer has `anomaly_score`.
    #[serde(default)]
    #[schema(example = true)]
    pub score: bool,
    /// Whether the answer has `explanation`.
    #[serde(default)]
    #[schema(example = true)]
    pub explain: bool,
}

/// Tells whether one row is an inlier or an outlier.
#[utoipa::path(
    tag = "predictions",
    request_body(content = PredictionRequest, content_type = "application/json"),
    responses((status = 200, description = "The prediction.", body = Prediction), BodyRefusals, NotReady)
)]
#[post("/prediction", data = "<body>")]
pub(crate) async fn prediction(call: Call<'_>, body: Data<'_>) -> Result<Json, Error> {
    answer(&call, body).await.inspect_err(|error| call.app.metrics.refused(error.reason()))
}

async fn answer(call: &Call<'_>, body: Data<'_>) -> Result<Json, Error> {
    let limits = &call.app.limits;
    call.json()?;
    let model = call.app.model()?;
    let (body, _room) = call.read(body, MAX_SINGLE_BYTES).await?;
    let begun = Instant::now();
    let _place = limits.enter()?;
    let of_parser = Arc::clone(&model);
    let question = work(body.len() > SMALL_BYTES, move || {
        let PredictionRequest { feature_vector, score, explain } = parse(&body)?;
        Ok(Question { rows: feature_vector.into_matrix(&of_parser)?, score, explain })
    })
    .await?;
    let _turn = if question.is_long() { Some(limits.turn().await?) } else { None };
    question
        .score(call.app, model, begun, |question, model, scored| {
            let predictions = question.predictions(model, scored)?;
            Json::new(predictions.first().ok_or(Error::Internal)?)
        })
        .await
}

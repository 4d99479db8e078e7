//! POST /predictions: many rows, as JSON or as CSV.

use std::sync::Arc;
use std::time::Instant;

use rocket::fairing::AdHoc;
use rocket::{Data, post, routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Json, Prediction, Question, parse};
use super::refusals::{BodyRefusals, NotReady};
use crate::call::{Call, Media};
use crate::error::Error;
use crate::features::{Rows, read_csv};
use crate::limits::{MAX_BATCH_BYTES, SMALL_BYTES, work};

/// The endpoint.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("predictions", |rocket| async { rocket.mount("/", routes![predictions]) })
}

/// Rows, and what is asked about them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictionsRequest {
    /// Rows, at most 10,000; each has one number a feature, in the model's order, and null for a missing value.
    #[schema(value_type = Vec<Vec<Option<f64>>>, min_items = 1, max_items = 10_000, example = json!([[-0.157, -0.106], [66.3, 0.1]]))]
    pub feature_vectors: Rows,
    /// Whether the answers have `anomaly_score`.
    #[serde(default)]
    #[schema(example = true)]
    pub score: bool,
    /// Whether the answers have `explanation`.
    #[serde(default)]
    #[schema(example = false)]
    pub explain: bool,
}

/// Predictions of many rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct PredictionsAnswer {
    /// One a row, in the order of the rows.
    pub predictions: Vec<Prediction>,
}

/// What the query asks for; it counts beside the fields of a JSON body, and is the only way to ask with CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wishes {
    score: Option<bool>,
    explain: Option<bool>,
}

impl Wishes {
    fn of(query: &str) -> Result<Self, Error> {
        let mut wishes = Self::default();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let wish = match name {
                "score" => &mut wishes.score,
                "explain" => &mut wishes.explain,
                _ => {
                    return Err(Error::Schema(format!(
                        "unknown query parameter `{name}`, expected `score` or `explain`"
                    )));
                }
            };
            let value = match value {
                "true" => true,
                "false" => false,
                _ => {
                    return Err(Error::Schema(format!(
                        "query parameter `{name}`: expected true or false, found {value:?}"
                    )));
                }
            };
            if wish.replace(value).is_some() {
                return Err(Error::Schema(format!("query parameter `{name}` is there twice; expected it once")));
            }
        }
        Ok(wishes)
    }
}

/// Tells for each of many rows whether it is an inlier or an outlier.
///
/// CSV has a header with the names of the model's features, in any order, then one line a row; an empty cell is a missing value.
#[utoipa::path(
    tag = "predictions",
    params(
        ("score" = Option<bool>, Query, description = "Whether the answers have `anomaly_score`."),
        ("explain" = Option<bool>, Query, description = "Whether the answers have `explanation`."),
    ),
    request_body(content((PredictionsRequest = "application/json"), (String = "text/csv", example = "mean,sd\n-0.157,-0.106\n66.3,\n"))),
    responses((status = 200, description = "The predictions.", body = PredictionsAnswer), BodyRefusals, NotReady)
)]
#[post("/predictions", data = "<body>")]
pub(crate) async fn predictions(call: Call<'_>, body: Data<'_>) -> Result<Json, Error> {
    answer(&call, body).await.inspect_err(|error| call.app.metrics.refused(error.reason()))
}

async fn answer(call: &Call<'_>, body: Data<'_>) -> Result<Json, Error> {
    let limits = &call.app.limits;
    let media = call.json_or_csv()?;
    let wishes = Wishes::of(call.query.unwrap_or_default())?;
    let model = call.app.model()?;
    let (body, _room) = call.read(body, MAX_BATCH_BYTES).await?;
    let begun = Instant::now();
    let _place = limits.enter()?;
    let _turn = limits.turn().await?;
    let of_parser = Arc::clone(&model);
    let mut question = work(body.len() > SMALL_BYTES, move || match media {
        Media::Csv => Ok(Question { rows: read_csv(&body, &of_parser)?, score: false, explain: false }),
        Media::Json => {
            let PredictionsRequest { feature_vectors, score, explain } = parse(&body)?;
            Ok(Question { rows: feature_vectors.into_matrix(&of_parser)?, score, explain })
        }
    })
    .await?;
    question.score |= wishes.score.unwrap_or(false);
    question.explain |= wishes.explain.unwrap_or(false);
    question
        .score(call.app, model, begun, |question, model, scored| {
            Json::new(&PredictionsAnswer { predictions: question.predictions(model, scored)? })
        })
        .await
}

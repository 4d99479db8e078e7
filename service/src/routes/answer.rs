//! From rows to answers: what all prediction endpoints have in common.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Instant;

use isoforest::ScoreError;
use ndarray::{Array1, Array2};
use rocket::http::ContentType;
use rocket::response::{self, Responder};
use rocket::{Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::explanation::{Explanation, explain};
use crate::error::Error;
use crate::features::Object;
use crate::limits::{MAX_CONTRIBUTIONS, SMALL_ROWS, work};
use crate::model_store::ServedModel;
use crate::state::App;

/// Bytes that are handed to the network at once; by default an answer would be cut into pieces of 4 KiB.
const CHUNK_BYTES: usize = 64 << 10;

/// An answer in JSON.
#[derive(Debug)]
pub struct Json(Vec<u8>);

impl Json {
    /// Writes `value`.
    ///
    /// # Errors
    ///
    /// None for the service's own types: they have neither maps with other keys than strings nor anything that fails by itself.
    pub fn new(value: &impl Serialize) -> Result<Self, Error> {
        serde_json::to_vec(value).map(Self).map_err(|_| Error::Internal)
    }
}

impl<'r> Responder<'r, 'static> for Json {
    fn respond_to(self, _request: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .header(ContentType::JSON)
            .sized_body(self.0.len(), Cursor::new(self.0))
            .max_chunk_size(CHUNK_BYTES)
            .ok()
    }
}

/// Reads a body that must be one object.
///
/// # Errors
///
/// It is not JSON, or has other fields or types.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // All of it: what is read over would be taken in any encoding.
    let text = std::str::from_utf8(body).map_err(|error| Error::from_utf8(body, error))?;
    serde_json::from_str(text).map(|Object(value)| value).map_err(|error| Error::from_json(text, &error))
}

/// What is asked about rows.
#[derive(Debug, Clone)]
pub struct Question {
    /// Shape `(n_rows, n_features)`.
    pub rows: Array2<f64>,
    /// Whether the answer has the score.
    pub score: bool,
    /// Whether the answer has the explanation.
    pub explain: bool,
}

/// Answer for one row.
#[derive(Debug, Serialize, ToSchema)]
pub struct Prediction {
    /// 1 for an inlier, -1 for an outlier.
    #[schema(example = 1, minimum = -1, maximum = 1)]
    pub is_inlier: i8,
    /// If asked for: how normal the row is, in [-1, 0). The lower, the more anomalous (scikit-learn's `score_samples`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = -0.4127, minimum = -1.0, exclusive_maximum = 0.0, nullable = false)]
    pub anomaly_score: Option<f64>,
    /// If asked for: what each feature adds to the anomaly, in the model's order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<super::explanation::FeatureShare>, nullable = false)]
    pub explanation: Option<Explanation>,
}

/// Scores and predictions of rows, one each.
#[derive(Debug)]
pub struct Scored {
    /// `score_samples`.
    pub scores: Array1<f64>,
    /// 1 for an inlier, -1 for an outlier.
    pub predictions: Vec<i8>,
}

impl Scored {
    fn new(model: &ServedModel, rows: &Array2<f64>) -> Result<Self, ScoreError> {
        let forest = model.forest();
        let scores = forest.score_samples(rows.view())?;
        // As `predict` does, without scoring twice.
        let predict = |&score: &f64| if score - forest.offset() < 0.0 { -1 } else { 1 };
        let predictions = scores.iter().map(predict).collect();
        Ok(Self { scores, predictions })
    }
}

impl Question {
    /// Whether the answer takes so long that other requests should not wait for it.
    pub fn is_long(&self) -> bool {
        self.explain || self.rows.nrows() > SMALL_ROWS
    }

    /// Demands that the answer is of a bounded size: an explanation is forty times as long as its row can be.
    fn check_size(&self) -> Result<(), Error> {
        let (n_rows, n_features) = self.rows.dim();
        let most_rows = (MAX_CONTRIBUTIONS / n_features.max(1)).max(1);
        if self.explain && n_rows > most_rows { Err(Error::TooManyExplanations(most_rows)) } else { Ok(()) }
    }

    /// Scores the rows and counts them. `write` makes the answer's text, on the same thread.
    ///
    /// # Errors
    ///
    /// A number that is too large for the forest, or too much to explain at once.
    pub async fn score<F>(
        self,
        app: &Arc<App>,
        model: Arc<ServedModel>,
        begun: Instant,
        write: F,
    ) -> Result<Json, Error>
    where
        F: FnOnce(&Self, &ServedModel, &Scored) -> Result<Json, Error> + Send + 'static,
    {
        self.check_size()?;
        let app = Arc::clone(app);
        work(self.is_long(), move || {
            let answer = Scored::new(&model, &self.rows).map_err(|error| Error::from_score(&error))?;
            let json = write(&self, &model, &answer)?;
            let scores = answer.scores.as_slice().unwrap_or_default();
            let (rows, latency) = (self.rows.view(), begun.elapsed());
            app.metrics.prediction(&model, rows, scores, &answer.predictions, self.score, latency);
            Ok(json)
        })
        .await
    }

    /// The answer to each row, with what was asked for.
    ///
    /// # Errors
    ///
    /// As [`score`](Self::score).
    pub fn predictions(&self, model: &ServedModel, scored: &Scored) -> Result<Vec<Prediction>, Error> {
        let mut explanations =
            if self.explain { explain(model, self.rows.view())?.into_iter() } else { Vec::new().into_iter() };
        let predictions = scored.scores.iter().zip(&scored.predictions);
        Ok(predictions
            .map(|(&score, &is_inlier)| Prediction {
                is_inlier,
                anomaly_score: self.score.then_some(score),
                explanation: explanations.next(),
            })
            .collect())
    }
}

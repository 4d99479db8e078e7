//! GET /model_information: the model's parameters and where it comes from.

use std::time::SystemTime;

use isoforest::{Detector, IsolationForestParams};
use rocket::fairing::AdHoc;
use rocket::{get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Json;
use super::refusals::NotReady;
use crate::call::Call;
use crate::error::Error;
use crate::model_store::ServedModel;

/// The endpoint.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("model information", |rocket| async { rocket.mount("/", routes![model_information]) })
}

/// The nine parameters, as scikit-learn's `get_params` gives them, and the model.
#[derive(Debug, Serialize)]
struct ModelInformation<'a> {
    #[serde(flatten)]
    params: &'a IsolationForestParams,
    model: Model<'a>,
}

/// Description of the answer for the API's readers: the library's parameters and the model.
#[derive(Debug, ToSchema)]
#[schema(as = ModelInformation)]
pub struct ModelInformationSchema<'a> {
    /// Whether trees drew their rows with replacement.
    #[schema(example = false)]
    pub bootstrap: bool,
    /// Share of outliers that was expected, or "auto".
    #[schema(value_type = AutoOr, example = "auto")]
    pub contamination: AutoOr,
    /// Columns of a tree: a count or a share.
    #[schema(example = 1.0)]
    pub max_features: f64,
    /// Rows of a tree: a count, a share or "auto".
    #[schema(value_type = AutoOr, example = "auto")]
    pub max_samples: AutoOr,
    /// Trees.
    #[schema(example = 100)]
    pub n_estimators: usize,
    /// Threads, if set.
    #[schema(required = true, example = json!(null))]
    pub n_jobs: Option<i32>,
    /// Seed.
    #[schema(required = true, example = 16)]
    pub random_state: Option<u32>,
    /// Above 0: progress was shown.
    #[schema(example = 0)]
    pub verbose: u32,
    /// Whether trees were added to others.
    #[schema(example = false)]
    pub warm_start: bool,
    /// The model and its file.
    pub model: Model<'a>,
}

/// A number or "auto".
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AutoOr {
    /// The word.
    Auto(Auto),
    /// A count or a share.
    Number(f64),
}

/// The word "auto".
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// The word.
    Auto,
}

/// The model and its file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model<'a> {
    /// Version of the file's format: 1 for a standard forest, 2 for one of another detector.
    #[schema(example = 1)]
    format_version: u32,
    /// How the trees were grown.
    #[schema(value_type = DetectorSchema)]
    detector: Detector,
    /// SHA-256 of the file.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: &'a str,
    /// The first 12 digits of it: the version in the V2 protocol.
    #[schema(example = "9f86d081884c")]
    version: &'a str,
    /// When the model was made.
    #[schema(example = "2026-01-31T12:00:00Z", format = DateTime)]
    created_at: &'a str,
    /// When the service read it.
    #[schema(value_type = String, example = "2026-01-31T12:05:00Z", format = DateTime)]
    loaded_at: String,
    /// Version of the library that made it.
    #[schema(example = "0.1.0")]
    library_version: &'a str,
    /// Number of features.
    #[schema(example = 2)]
    n_features: usize,
    /// Their names, in the order of a feature vector.
    #[schema(value_type = Vec<String>, example = json!(["mean", "sd"]))]
    feature_names: &'a [String],
    /// The score at and above which a row is an inlier.
    #[schema(example = -0.5)]
    offset: f64,
    /// Rows that each tree was grown from.
    #[schema(example = 256)]
    max_samples: usize,
    /// Rows of the training data; of a model that was imported without it, the rows of one tree.
    #[schema(example = 4961)]
    training_rows: u64,
}

/// The detector and its parameters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Detector)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum DetectorSchema {
    /// scikit-learn's isolation forest.
    Standard,
    /// Extended isolation forest: cuts with hyperplanes.
    Extended {
        /// Features of a hyperplane, less one.
        #[schema(example = 1)]
        extension_level: usize,
    },
    /// Guided isolation forest: part of the cuts where they gain most, columns by weights.
    Guided {
        /// Probability of a cut at the best pooled gain.
        #[schema(example = 0.0)]
        pooled_gain: f64,
        /// Probability of a cut at the best average gain.
        #[schema(example = 0.5)]
        average_gain: f64,
        /// How often each column is drawn: `equal`, `kurtosis` or `root_kurtosis`.
        #[schema(example = "kurtosis")]
        column_weights: String,
        /// What a leaf says of its rows: `depth`, `adjusted_depth` or `density`.
        #[schema(example = "depth")]
        score: String,
    },
}

impl<'a> From<&'a ServedModel> for ModelInformation<'a> {
    fn from(model: &'a ServedModel) -> Self {
        let file = model.file();
        let forest = file.forest();
        Self {
            params: forest.params(),
            model: Model {
                format_version: file.format_version(),
                detector: forest.params().detector,
                sha256: model.sha256(),
                version: model.version(),
                created_at: file.created_at(),
                loaded_at: rfc3339(model.loaded_at()),
                library_version: file.library_version(),
                n_features: forest.n_features(),
                feature_names: forest.feature_names(),
                offset: forest.offset(),
                max_samples: forest.max_samples(),
                training_rows: file.profile().rows,
            },
        }
    }
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// The nine parameters, as scikit-learn's `get_params` gives them, and the model.
#[utoipa::path(
    tag = "model",
    responses((status = 200, description = "Parameters and model.", body = ModelInformationSchema), NotReady)
)]
#[get("/model_information")]
pub(crate) fn model_information(call: Call<'_>) -> Result<Json, Error> {
    let model = call.app.model()?;
    let json = Json::new(&ModelInformation::from(&*model))?;
    call.app.metrics.model_information();
    Ok(json)
}

//! The endpoints: a module each, with a `stage` that mounts it.

use rocket::fairing::AdHoc;

/// From rows to answers.
pub mod answer;
/// What no endpoint answers.
mod catchers;
/// The page to read and try everything.
mod docs;
/// Explanations of rows.
pub mod explanation;
/// GET /health/live and /health/ready.
pub mod health;
/// GET /model_information.
pub mod model_information;
/// The API's description.
mod openapi;
/// POST /prediction.
pub mod prediction;
/// POST /predictions.
pub mod predictions;
/// Refusals as the API's description has them.
pub mod refusals;
/// The Open Inference Protocol.
pub mod v2;

/// The model's name in the Open Inference Protocol.
pub const MODEL_NAME: &str = "isoforest";

/// Mounts all of them.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("routes", |rocket| async {
        rocket
            .attach(catchers::stage())
            .attach(docs::stage())
            .attach(health::stage())
            .attach(model_information::stage())
            .attach(prediction::stage())
            .attach(predictions::stage())
            .attach(v2::stage())
    })
}

//! GET /health/live and /health/ready.

use rocket::fairing::AdHoc;
use rocket::{get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Json;
use super::refusals::NotReady;
use crate::call::Call;
use crate::error::Error;

/// The endpoints.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("health", |rocket| async { rocket.mount("/", routes![live, ready]) })
}

/// The service lives.
#[derive(Debug, Serialize, ToSchema)]
pub struct Live {
    /// Always true.
    #[schema(example = true)]
    pub live: bool,
}

/// The service takes requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Always true: otherwise the answer is an error.
    #[schema(example = true)]
    pub ready: bool,
}

/// Whether the service lives.
#[utoipa::path(tag = "health", responses((status = 200, description = "It does.", body = Live)))]
#[get("/health/live")]
pub(crate) fn live() -> Result<Json, Error> {
    Json::new(&Live { live: true })
}

/// Whether the service takes requests.
#[utoipa::path(tag = "health", responses((status = 200, description = "It does.", body = Ready), NotReady))]
#[get("/health/ready")]
pub(crate) fn ready(call: Call<'_>) -> Result<Json, Error> {
    call.app.ready()?;
    Json::new(&Ready { ready: true })
}

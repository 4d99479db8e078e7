//! POST /v2/repository/models/{m}/load: reads the model's file again.

use rocket::fairing::AdHoc;
use rocket::{post, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::check_name;
use crate::call::Call;
use crate::error::Error;
use crate::reload::reload;
use crate::routes::MODEL_NAME;
use crate::routes::answer::Json;
use crate::routes::refusals::{ReloadRefusals, UnknownModel};

/// The endpoint.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("v2 repository", |rocket| async { rocket.mount("/", routes![load]) })
}

/// The model that serves from now on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Loaded<'a> {
    /// Its name.
    #[schema(example = "isoforest")]
    pub name: &'static str,
    /// Its version.
    #[schema(example = "9f86d081884c")]
    pub version: &'a str,
}

/// Reads the model's file again; if it is good, it serves from the answer on, else the model before it serves on.
#[utoipa::path(
    tag = "v2",
    security(("reload_token" = [])),
    responses((status = 200, description = "The model that serves from now on.", body = Loaded), ReloadRefusals, UnknownModel)
)]
#[post("/v2/repository/models/<name>/load")]
pub(crate) async fn load(call: Call<'_>, name: &str) -> Result<Json, Error> {
    call.app.may_reload(call.authorization)?;
    check_name(name)?;
    let model = reload(call.app).await.map_err(Error::BadModel)?;
    Json::new(&Loaded { name: MODEL_NAME, version: model.version() })
}

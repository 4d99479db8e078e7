//! The Open Inference Protocol, version 2.

use rocket::fairing::AdHoc;

use super::MODEL_NAME;
use crate::error::Error;
use crate::model_store::ServedModel;

/// POST …/infer.
pub mod infer;
/// What can be asked.
pub mod metadata;
/// A reload of the model.
pub mod repository;

/// The endpoints.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("v2", |rocket| async {
        rocket.attach(infer::stage()).attach(metadata::stage()).attach(repository::stage())
    })
}

/// Demands that a path names the model.
fn check_name(name: &str) -> Result<(), Error> {
    if name == MODEL_NAME { Ok(()) } else { Err(Error::UnknownModel(name.to_owned())) }
}

/// Demands that a path with a version names the one that is served.
fn check_version(model: &ServedModel, asked: Option<&str>) -> Result<(), Error> {
    let served = model.version();
    match asked {
        Some(asked) if asked != served => {
            Err(Error::UnknownVersion { asked: asked.to_owned(), served: served.to_owned() })
        }
        _ => Ok(()),
    }
}

//! Loading the model's file: once at the start, and again when told to.
//!
//! The file is read and checked on a thread that answers no requests. Only a model that can serve replaces the one before.

use std::sync::Arc;

use rocket::fairing::AdHoc;
use rocket::tokio::{self, task::spawn_blocking};

use crate::model_store::ServedModel;
use crate::state::App;
use crate::telemetry::{Level, ReloadOutcome};

/// Loads the model once the service listens. Until then it answers that it is not ready; if the file is no model, it ends.
pub fn stage(app: Arc<App>) -> AdHoc {
    AdHoc::on_liftoff("first model", |rocket| {
        let shutdown = rocket.shutdown();
        Box::pin(async move {
            tokio::spawn(async move {
                if let Err(message) = load(&app).await {
                    // There is one first load, so nobody has set it before.
                    let _ = app.failure.set(message);
                    shutdown.notify();
                }
            });
        })
    })
}

/// Reads the file again. If it is bad, the model before it serves on; either way it is logged and counted.
///
/// # Errors
///
/// What is wrong with the file.
pub async fn reload(app: &App) -> Result<Arc<ServedModel>, String> {
    let result = load(app).await;
    match &result {
        Ok(_) => app.metrics.reload(ReloadOutcome::Success),
        Err(message) => {
            app.metrics.reload(ReloadOutcome::Failure);
            app.log.event(Level::Error, &format!("the model before it serves on: {message}"));
        }
    }
    result
}

async fn load(app: &App) -> Result<Arc<ServedModel>, String> {
    let _one_at_a_time = app.loading.lock().await;
    let path = app.store.path().to_owned();
    let name = path.display().to_string();
    let read = spawn_blocking(move || ServedModel::read(&path)).await;
    let model = match read {
        Ok(Ok(model)) => Arc::new(model),
        Ok(Err(error @ isoforest::LoadError::Io { .. })) => return Err(error.to_string()),
        Ok(Err(error)) => return Err(format!("cannot use the model file {name}: {error}")),
        Err(_) => return Err(format!("cannot use the model file {name}: reading it failed with an internal error")),
    };
    match app.store.current() {
        // The counts of drift go on if the model is the same.
        Some(current) if current.sha256() == model.sha256() => {
            app.log.event(Level::Info, &format!("{name} has not changed; version {} serves on", current.version()));
            Ok(current)
        }
        _ => {
            app.metrics.model_loaded(&model);
            app.store.replace(Arc::clone(&model));
            app.log.event(Level::Info, &format!("version {} from {name} serves from now on", model.version()));
            Ok(model)
        }
    }
}

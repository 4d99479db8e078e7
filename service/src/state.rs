//! What every request sees: the model, the limits, the counts, and whether the service is going away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rocket::tokio::sync::Mutex;
use subtle::ConstantTimeEq;

use crate::configuration::{Settings, SettingsError};
use crate::error::Error;
use crate::limits::Limits;
use crate::model_store::{ModelStore, ServedModel};
use crate::telemetry::{Log, Metrics};

/// The service's state; Rocket manages it as `Arc<App>`.
#[derive(Debug)]
pub struct App {
    /// The model.
    pub store: ModelStore,
    /// How much is taken at once.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is logged.
    pub log: Arc<Log>,
    /// Held while the model's file is read, so that two reloads cannot overtake each other.
    pub(crate) loading: Mutex<()>,
    /// Why the service cannot begin.
    pub(crate) failure: OnceLock<String>,
    reload_token: Option<String>,
    is_ending: AtomicBool,
}

impl App {
    /// The state of a service that has just been started.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used.
    pub fn new(settings: &Settings, metrics: Arc<Metrics>, log: Arc<Log>) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self {
            store: ModelStore::new(settings.model()?),
            limits: Limits::new(settings.max_requests, settings.max_batches),
            metrics,
            log,
            loading: Mutex::default(),
            failure: OnceLock::new(),
            reload_token: settings.token()?,
            is_ending: AtomicBool::new(false),
        })
    }

    /// The model that answers.
    ///
    /// # Errors
    ///
    /// None has been loaded yet.
    pub fn model(&self) -> Result<Arc<ServedModel>, Error> {
        self.store.current().ok_or(Error::NotReady("the model is being loaded"))
    }

    /// Whether new requests should come here.
    ///
    /// # Errors
    ///
    /// There is no model yet, or the service is going away.
    pub fn ready(&self) -> Result<Arc<ServedModel>, Error> {
        if self.is_ending.load(Ordering::Relaxed) {
            return Err(Error::NotReady("it is shutting down"));
        }
        self.model()
    }

    /// Why the service cannot begin, if it cannot: its first model is none.
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// From now on the service says that it is not ready; it still answers.
    pub fn end(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Whether `authorization`, the header's value, allows a reload. Takes as long for a nearly right token as for any other.
    ///
    /// # Errors
    ///
    /// It does not, or nothing does.
    pub fn may_reload(&self, authorization: Option<&str>) -> Result<(), Error> {
        let authorization = authorization.ok_or(Error::Unauthorized)?;
        let expected = self.reload_token.as_ref().ok_or(Error::ReloadOff)?;
        let (scheme, given) = authorization.split_once(' ').ok_or(Error::Unauthorized)?;
        let is_right = bool::from(given.trim().as_bytes().ct_eq(expected.as_bytes()));
        if scheme.eq_ignore_ascii_case("bearer") && is_right { Ok(()) } else { Err(Error::Unauthorized) }
    }
}

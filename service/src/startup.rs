//! Building the service and running it to its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::shield::{NoSniff, Shield};
use rocket::tokio::runtime::{Builder, Runtime};
use rocket::tokio::signal::unix::{Signal, SignalKind, signal};
use rocket::tokio::{self, time::sleep};
use rocket::{Build, Config, Rocket, Shutdown};

use crate::configuration::{self, Settings, SettingsError};
use crate::state::App;
use crate::telemetry::{self, Level, Log, Metrics};
use crate::{reload, routes};

/// How long the service still takes requests after it has said that it is not ready, so that a proxy can notice.
const NOTICE: Duration = Duration::from_millis(500);
/// How long threads may go on after the last answer.
const LAST_WORK: Duration = Duration::from_millis(500);

/// Why the service did not begin, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Threads or signals that the system refuses.
    #[error("the system refuses what the service needs: {0}")]
    System(#[from] io::Error),
    /// The address or port.
    #[error("cannot listen on {address}: {source}; set ROCKET_ADDRESS or ROCKET_PORT to another one")]
    Bind {
        /// Address and port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The model file.
    #[error("{0}")]
    Model(String),
    /// Anything else that Rocket reports.
    #[error("the service cannot run: {0}")]
    Rocket(String),
}

/// The service: every route, ready to be launched or tested.
pub fn build(figment: Figment, app: &Arc<App>) -> Rocket<Build> {
    rocket::custom(figment)
        // In place of Rocket's own set: the others are for pages in frames, and the one page there is has its own policy.
        .attach(Shield::new().enable(NoSniff::Enable))
        .attach(telemetry::stage(Arc::clone(&app.metrics), Arc::clone(&app.log)))
        .manage(Arc::clone(app))
        .attach(routes::stage())
        .attach(reload::stage(Arc::clone(app)))
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
///
/// A setting or a model file that cannot be used, or an address that is taken.
pub fn run(settings: &Settings) -> Result<(), StartError> {
    let config = configuration::rocket_config()?;
    let metrics = Arc::new(Metrics::new());
    let log = Arc::new(Log::new(io::stdout(), &metrics)?);
    let app = Arc::new(App::new(settings, metrics, Arc::clone(&log))?);
    let runtime = runtime(&config)?;
    let result = runtime.block_on(serve(&config, &app));
    runtime.shutdown_timeout(LAST_WORK);
    log.flush();
    result
}

fn runtime(config: &Config) -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .thread_name("worker")
        .worker_threads(config.workers.max(1))
        .max_blocking_threads(config.max_blocking.max(1))
        .enable_all()
        .build()
}

async fn serve(config: &Config, app: &Arc<App>) -> Result<(), StartError> {
    let log = Arc::clone(&app.log);
    let rocket = build(configuration::figment(), app)
        .attach(AdHoc::on_liftoff("address", |rocket| {
            let (address, port) = (rocket.config().address, rocket.config().port);
            Box::pin(async move {
                let address = std::net::SocketAddr::new(address, port);
                log.event(Level::Info, &format!("listening on http://{address}"));
            })
        }))
        .ignite()
        .await
        .map_err(|error| explain(&error, config))?;
    tokio::spawn(Signals::new()?.listen(Arc::clone(app), rocket.shutdown()));
    // Of every error the kind is asked for: one that nobody has looked at panics when it is dropped.
    let ended = match rocket.launch().await {
        Ok(_) => Ok((Level::Info, "every request is answered; good bye")),
        Err(error) if matches!(error.kind(), ErrorKind::Shutdown(..)) => {
            Ok((Level::Warning, "a connection outlived its time and was closed; good bye"))
        }
        Err(error) => Err(explain(&error, config)),
    };
    if let Some(message) = app.failure() {
        return Err(StartError::Model(message.to_owned()));
    }
    let (level, message) = ended?;
    app.log.event(level, message);
    Ok(())
}

fn explain(error: &rocket::Error, config: &Config) -> StartError {
    match error.kind() {
        ErrorKind::Bind(source) => StartError::Bind {
            address: std::net::SocketAddr::new(config.address, config.port).to_string(),
            source: io::Error::new(source.kind(), source.to_string()),
        },
        other => StartError::Rocket(other.to_string()),
    }
}

/// The signals that the service listens to.
struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Reloads on SIGHUP. On SIGTERM and SIGINT health turns first and the door closes a little later, at once on a second one.
    async fn listen(mut self, app: Arc<App>, shutdown: Shutdown) {
        loop {
            tokio::select! {
                _ = self.hangup.recv() => {
                    let app = Arc::clone(&app);
                    // Both outcomes are logged and counted.
                    tokio::spawn(async move { reload::reload(&app).await.map(drop) });
                }
                _ = self.interrupt.recv() => break,
                _ = self.terminate.recv() => break,
            }
        }
        app.end();
        app.log.event(Level::Info, "shutting down: requests in work are being ended");
        tokio::select! {
            () = sleep(NOTICE) => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        shutdown.notify();
    }
}

//! Settings, from the command line and the environment. Address, port and worker threads are Rocket's own settings.

use std::path::PathBuf;
use std::{fs, io};

use clap::{Args, Parser, Subcommand};
use rocket::Config;
use rocket::config::{Ident, LogLevel, Shutdown};
use rocket::figment::Figment;
use rocket::figment::providers::Env;

/// Shortest token that is taken: 16 random characters cannot be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Seconds that answers in progress get after the service has been told to end.
const GRACE_SECONDS: u32 = 5;
/// Seconds more until connections are closed whatever they carry. Rocket then waits for another one, and the log has its own
/// wait: all of it together must stay below the ten seconds after which a container is killed.
const MERCY_SECONDS: u32 = 2;

/// Serves an isolation forest over HTTP.
#[derive(Debug, Parser)]
#[command(
    name = "isoforest-service",
    version,
    subcommand_negates_reqs = true,
    after_help = "\
Address, port and threads are set in the environment: ROCKET_ADDRESS (default 127.0.0.1), ROCKET_PORT (8000) and
ROCKET_WORKERS (one per core).

Example:
  isoforest-service --model model.json
  curl -H 'Content-Type: application/json' -d '{\"feature_vector\":[0.1,0.2]}' http://127.0.0.1:8000/prediction"
)]
pub struct CommandLine {
    /// Another task than serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program does besides serving.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Command {
    /// Asks the service on the configured port whether it is ready; exits with 0 if it is, else with 1.
    Healthcheck,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Model file, as written by `isoforest train`; SIGHUP makes the service read it again.
    #[arg(long, value_name = "PATH", env = "ISOFOREST_MODEL", required = true)]
    pub model: Option<PathBuf>,
    /// Bearer token that allows a reload over HTTP, at least 16 characters; without a token, no reload over HTTP. Other
    /// users of the machine can see the command line: better use the variable or a file.
    #[arg(long, value_name = "TOKEN", env = "ISOFOREST_RELOAD_TOKEN", hide_env_values = true)]
    pub reload_token: Option<String>,
    /// File that holds the bearer token.
    #[arg(long, value_name = "PATH", env = "ISOFOREST_RELOAD_TOKEN_FILE")]
    pub reload_token_file: Option<String>,
    /// How many prediction requests are handled at once; more are refused with 503.
    #[arg(long, value_name = "N", env = "ISOFOREST_MAX_REQUESTS", default_value_t = 256)]
    pub max_requests: usize,
    /// How many batches and explanations are handled at once; more wait for a second and are then refused with 503.
    #[arg(long, value_name = "N", env = "ISOFOREST_MAX_BATCHES", default_value_t = 8)]
    pub max_batches: usize,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No model file is named.
    #[error("no model file: give --model PATH, or set ISOFOREST_MODEL")]
    NoModel,
    /// A token and a token's file.
    #[error("--reload-token and --reload-token-file are both given; expected one of them")]
    TwoTokens,
    /// The token's file cannot be read.
    #[error("cannot read the token file {path}: {source}")]
    TokenFile {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The token is too easily guessed.
    #[error("the reload token has {0} characters; expected at least {SHORTEST_TOKEN} random ones")]
    ShortToken(usize),
    /// The token cannot stand in a header.
    #[error(
        "the reload token has characters that no header can carry; expected visible ASCII characters without spaces"
    )]
    UnprintableToken,
    /// No request could ever be answered.
    #[error("{0} is 0; expected at least 1")]
    Zero(&'static str),
    /// Rocket's settings.
    #[error("a ROCKET_ variable cannot be used: {0}")]
    Rocket(Box<rocket::figment::Error>),
}

impl Settings {
    /// Settings for the model file at `model`, all else by default.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: Some(model.into()),
            reload_token: None,
            reload_token_file: None,
            max_requests: 256,
            max_batches: 8,
        }
    }

    /// The model file.
    ///
    /// # Errors
    ///
    /// None was named.
    pub fn model(&self) -> Result<PathBuf, SettingsError> {
        self.model.clone().filter(|path| !path.as_os_str().is_empty()).ok_or(SettingsError::NoModel)
    }

    /// The token that allows a reload over HTTP. An empty setting is none, so that a container's file can name the variable
    /// without giving it a value.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a token that is too short or cannot stand in a header.
    pub fn token(&self) -> Result<Option<String>, SettingsError> {
        let given = self.reload_token.as_deref().filter(|token| !token.is_empty());
        let file = self.reload_token_file.as_deref().filter(|path| !path.is_empty());
        let token = match (given, file) {
            (Some(_), Some(_)) => return Err(SettingsError::TwoTokens),
            (Some(token), None) => token.to_owned(),
            (None, Some(path)) => fs::read_to_string(path)
                .map_err(|source| SettingsError::TokenFile { path: path.to_owned(), source })?
                .trim_end()
                .to_owned(),
            (None, None) => return Ok(None),
        };
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::UnprintableToken);
        }
        if token.len() < SHORTEST_TOKEN {
            return Err(SettingsError::ShortToken(token.len()));
        }
        Ok(Some(token))
    }

    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// One of them is 0.
    pub fn check(&self) -> Result<(), SettingsError> {
        match (self.max_requests, self.max_batches) {
            (0, _) => Err(SettingsError::Zero("--max-requests")),
            (_, 0) => Err(SettingsError::Zero("--max-batches")),
            _ => Ok(()),
        }
    }
}

/// Rocket's settings: ours, and over them the `ROCKET_` variables. A file `Rocket.toml` is not read: where the service is
/// started from must not change what it does.
pub fn figment() -> Figment {
    let ours = Config {
        ident: Ident::none(),
        // A client could write any address into the header.
        ip_header: None,
        // Every request has a line in our own log.
        log_level: LogLevel::Off,
        cli_colors: false,
        shutdown: Shutdown {
            // SIGTERM and SIGINT are waited for in `startup`: health must turn before the door closes.
            ctrlc: false,
            signals: std::collections::HashSet::new(),
            grace: GRACE_SECONDS,
            mercy: MERCY_SECONDS,
            ..Shutdown::default()
        },
        ..Config::release_default()
    };
    Figment::from(ours).merge(Env::prefixed("ROCKET_").ignore(&["PROFILE", "SHUTDOWN"]).global())
}

/// Rocket's settings, checked.
///
/// # Errors
///
/// A `ROCKET_` variable with a value that cannot be.
pub fn rocket_config() -> Result<Config, SettingsError> {
    Config::try_from(figment()).map_err(|error| SettingsError::Rocket(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn with_token(token: &str) -> Settings {
        Settings { reload_token: Some(token.to_owned()), ..Settings::new("model.json") }
    }

    #[test]
    fn a_token_is_long_and_can_stand_in_a_header() {
        assert_eq!(with_token("0123456789abcdef").token().unwrap().unwrap(), "0123456789abcdef");
        assert_eq!(with_token("").token().unwrap(), None);
        let message = |token| with_token(token).token().unwrap_err().to_string();
        assert_eq!(message("0123456789abcde"), "the reload token has 15 characters; expected at least 16 random ones");
        assert!(message("0123456789 abcdef").contains("visible ASCII"));
    }

    #[test]
    fn a_token_file_may_end_in_a_line_feed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        let path = path.display().to_string();
        let settings = Settings { reload_token_file: Some(path.clone()), ..Settings::new("model.json") };
        assert_eq!(settings.token().unwrap().unwrap(), "0123456789abcdef");
        std::fs::remove_file(&path).unwrap();
        assert!(settings.token().unwrap_err().to_string().starts_with(&format!("cannot read the token file {path}")));
    }
}

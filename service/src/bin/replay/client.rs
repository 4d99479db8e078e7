//! The service's side of the conversation: three requests and what their answers must look like.

use std::{fmt, time::Duration};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use ureq::{
    Agent, Body,
    http::{Response, Uri},
};

/// Longer than any answer of a service that still works.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than the service keeps an idle connection, so that none is used while it is being closed.
const KEEP_IDLE: Duration = Duration::from_secs(3);
/// Characters of an unexpected answer that a message repeats.
const SHOWN: usize = 200;

/// The service's address from the command line, without a slash at its end.
pub fn base_url(text: &str) -> Result<String, String> {
    let expected = "expected an address such as http://127.0.0.1:8000";
    let uri: Uri = text.parse().map_err(|error| format!("{expected}: {error}"))?;
    match uri.scheme_str() {
        Some("http") => Ok(text.trim_end_matches('/').to_owned()),
        Some("https") => Err(format!("{expected}; https is not spoken here")),
        _ => Err(format!("{expected}, beginning with http://")),
    }
}

/// One connection to the service, kept open.
pub struct Client {
    agent: Agent,
    url: String,
}

/// What the service says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the row is an outlier.
    pub is_outlier: bool,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// By this failures are counted.
    pub kind: Kind,
    /// The service's words, or the system's.
    pub message: String,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The connection failed, or nothing came in time.
    NoAnswer,
    /// An answer with this status instead of 200.
    Status(u16),
    /// Status 200, but not the content that was asked for.
    Unusable,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("no answer"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Unusable => f.write_str("unusable answer"),
        }
    }
}

/// What the summary and its checks need of /model_information.
#[derive(Debug, Deserialize)]
pub struct Information {
    /// The model itself, beside its parameters.
    pub model: Model,
}

/// The served model.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// Hash of its file.
    pub sha256: String,
    /// Names of its features, in the order in which it wants them.
    pub feature_names: Vec<String>,
}

#[derive(Serialize)]
struct Question<'a> {
    /// JSON has no NaN: a missing value becomes null.
    feature_vector: &'a [f64],
    score: bool,
}

#[derive(Deserialize)]
struct Prediction {
    is_inlier: i8,
    anomaly_score: Option<f64>,
}

impl Client {
    /// A client that connects with its first request.
    pub fn new(url: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(TIMEOUT))
            .max_idle_age(KEEP_IDLE)
            .user_agent(concat!("isoforest-replay/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { agent, url: url.to_owned() }
    }

    /// Fails, with what to do, unless the service can answer.
    pub fn check_ready(&self) -> anyhow::Result<()> {
        match self.get("/health/ready") {
            Ok(_) => Ok(()),
            Err(Failure { kind: Kind::NoAnswer, message }) => bail!(
                "no service answers at {} ({message}); start it with `make serve`, or say with --url where it is",
                self.url,
            ),
            Err(Failure { kind: Kind::Status(503), message }) => {
                bail!("the service at {} is not ready: {message}; try again in a moment", self.url)
            }
            Err(Failure { kind, .. }) => bail!(
                "what answers at {} is not this service (GET /health/ready: {kind}); say with --url where the service is",
                self.url,
            ),
        }
    }

    /// POST /prediction for one row.
    pub fn predict(&self, row: &[f64], with_score: bool) -> Result<Verdict, Failure> {
        let question = serde_json::to_vec(&Question { feature_vector: row, score: with_score })
            .map_err(|error| Failure { kind: Kind::Unusable, message: error.to_string() })?;
        let sent = self
            .agent
            .post(format!("{}/prediction", self.url))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .send(&question);
        let answer = text(sent)?;
        verdict(&answer, with_score).map_err(|error| unusable(&error, &answer))
    }

    /// GET /model_information.
    pub fn model_information(&self) -> Result<Information, Failure> {
        let answer = self.get("/model_information")?;
        serde_json::from_str(&answer).map_err(|error| unusable(&error.into(), &answer))
    }

    fn get(&self, path: &str) -> Result<String, Failure> {
        text(self.agent.get(format!("{}{path}", self.url)).header("Accept", "application/json").call())
    }
}

/// The answer's text, if its status is 200.
fn text(sent: Result<Response<Body>, ureq::Error>) -> Result<String, Failure> {
    let no_answer = |error| Failure { kind: Kind::NoAnswer, message: reason(&error) };
    let mut response = sent.map_err(no_answer)?;
    let text = response.body_mut().read_to_string().map_err(no_answer)?;
    match response.status().as_u16() {
        200 => Ok(text),
        status => Err(Failure { kind: Kind::Status(status), message: shown(&text) }),
    }
}

/// Reads an answer of POST /prediction and doubts what it says.
fn verdict(answer: &str, with_score: bool) -> anyhow::Result<Verdict> {
    let prediction: Prediction = serde_json::from_str(answer)?;
    match (with_score, prediction.anomaly_score) {
        (true, None) => bail!("the score was asked for and is not there"),
        (false, Some(_)) => bail!("the score was not asked for and is there"),
        (true, Some(score)) if !(-1.0..0.0).contains(&score) => bail!("the score {score} is not in [-1, 0)"),
        _ => {}
    }
    match prediction.is_inlier {
        1 => Ok(Verdict { is_outlier: false }),
        -1 => Ok(Verdict { is_outlier: true }),
        other => Err(anyhow::anyhow!("is_inlier is {other}")).context("expected 1 or -1"),
    }
}

fn unusable(error: &anyhow::Error, answer: &str) -> Failure {
    Failure { kind: Kind::Unusable, message: format!("{error:#}, in {}", shown(answer)) }
}

/// The system's words where there are such, without the library's around them.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// An answer in a message: the beginning of a long one, and no control codes.
fn shown(text: &str) -> String {
    text.trim().chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Question, Verdict, base_url, verdict};

    #[test]
    fn a_missing_value_is_sent_as_null_and_every_digit_is_kept() {
        let question = Question { feature_vector: &[f64::NAN, 0.1 + 0.2, -5e-324], score: true };
        assert_eq!(
            serde_json::to_string(&question).unwrap(),
            r#"{"feature_vector":[null,0.30000000000000004,-5e-324],"score":true}"#,
        );
    }

    #[test]
    fn an_answer_must_be_what_was_asked_for() {
        assert_eq!(verdict(r#"{"is_inlier":1}"#, false).unwrap(), Verdict { is_outlier: false });
        let scored = r#"{"is_inlier":-1,"anomaly_score":-0.7}"#;
        assert_eq!(verdict(scored, true).unwrap(), Verdict { is_outlier: true });
        for (answer, with_score) in [
            (r#"{"is_inlier":0}"#, false),
            (r#"{"is_inlier":1}"#, true),
            (r#"{"is_inlier":1,"anomaly_score":0.0}"#, true),
            (r#"{"is_inlier":1,"anomaly_score":-1.5}"#, true),
            (scored, false),
            (r#"{"error":"no"}"#, false),
            ("<html>", false),
        ] {
            assert!(verdict(answer, with_score).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_slash_at_the_end_of_the_address_does_no_harm() {
        assert_eq!(base_url("http://localhost:8000/").unwrap(), "http://localhost:8000");
    }
}

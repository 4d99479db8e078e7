//! Every refusal, with its status code. An answer is always `{"error":"text"}`.

use std::io::Cursor;
use std::str::Utf8Error;

use isoforest::ScoreError;
use isoforest::data::CsvError;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder};
use rocket::{Request, Response};
use serde::de::IgnoredAny;

use crate::limits::MAX_ROWS;
use crate::routes::MODEL_NAME;
use crate::telemetry::Reason;

/// Seconds after which a client that was sent away may come back.
const RETRY_AFTER_SECONDS: &str = "1";

/// Longest message: parts of a request are repeated in it.
const LONGEST_MESSAGE: usize = 500;

/// Why a request is not answered as it was meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 400: the body is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// 400: the body is not CSV.
    #[error("the body is not CSV with a header: {0}")]
    NotCsv(CsvError),
    /// 400: the connection or its encoding broke in the middle of the body.
    #[error("the body ended too early or is not encoded as its headers say")]
    BrokenBody,
    /// 401: a reload with a wrong token or without one.
    #[error("a reload needs the header `Authorization: Bearer TOKEN` with the token that the service was started with")]
    Unauthorized,
    /// 403: no token is set.
    #[error("reloading over HTTP is off; start the service with a reload token to allow it, or send it SIGHUP")]
    ReloadOff,
    /// 404: another path.
    #[error("there is nothing at this path; GET /docs lists what there is")]
    UnknownPath,
    /// 404: another model.
    #[error("there is no model {0:?}; this service has the model \"{MODEL_NAME}\"")]
    UnknownModel(String),
    /// 404: another version.
    #[error("the model \"{MODEL_NAME}\" has no version {asked:?}; it has version \"{served}\"")]
    UnknownVersion {
        /// The version in the path.
        asked: String,
        /// The version that is served.
        served: String,
    },
    /// 405: a path that takes other methods.
    #[error("this path does not take {method}; it takes {allowed}")]
    Method {
        /// The request's method.
        method: String,
        /// The path's methods.
        allowed: String,
    },
    /// 408: a body that came too slowly.
    #[error("the body did not arrive within {} seconds", crate::limits::BODY_TIME.as_secs())]
    SlowBody,
    /// 409: a reload of a file that is no model.
    #[error("the model file cannot be used, and the model before it serves on: {0}")]
    BadModel(String),
    /// 413: too many bytes.
    #[error("the body is over the limit of {0} bytes; send fewer rows in one request")]
    TooManyBytes(usize),
    /// 413: too many rows.
    #[error("the batch has more than {MAX_ROWS} rows; send them in several requests")]
    TooManyRows,
    /// 413: explanations that are too long together.
    #[error(
        "the model has so many features that at most {0} rows can be explained at once; send them in several requests"
    )]
    TooManyExplanations(usize),
    /// 415: another content type.
    #[error("the content type is {found}; expected {expected}")]
    MediaType {
        /// The content type of the request.
        found: String,
        /// The content types that are taken.
        expected: &'static str,
    },
    /// 415: a compressed body.
    #[error("the content encoding is {0}; expected a body that is not compressed")]
    ContentEncoding(String),
    /// 422: JSON with other fields or types.
    #[error("{0}")]
    Schema(String),
    /// 422: a row with too few or too many features.
    #[error("{row}expected {expected} features ({names}), found {found}")]
    FeatureCount {
        /// Which row, with a colon, if there are several.
        row: String,
        /// Features of the model.
        expected: usize,
        /// Their names.
        names: String,
        /// Numbers in the row.
        found: usize,
    },
    /// 422: a number that is infinite or too large.
    #[error("{0}")]
    Number(String),
    /// 422: CSV with other columns, or cells that are no numbers.
    #[error("{0}")]
    CsvContent(CsvError),
    /// 500: a panic; none is known of.
    #[error("an internal error; it is not the request's fault")]
    Internal,
    /// 503: too much at once.
    #[error("too many requests at once; try again in a second")]
    Overloaded,
    /// 503: before the first model, or while shutting down.
    #[error("the service is not ready: {0}")]
    NotReady(&'static str),
    /// What the framework refuses by itself.
    #[error("{}", .0.reason().unwrap_or("the request cannot be answered"))]
    Other(Status),
}

impl Error {
    /// The status code.
    pub fn status(&self) -> Status {
        match self {
            Self::NotJson(_) | Self::NotCsv(_) | Self::BrokenBody => Status::BadRequest,
            Self::Unauthorized => Status::Unauthorized,
            Self::ReloadOff => Status::Forbidden,
            Self::UnknownPath | Self::UnknownModel(_) | Self::UnknownVersion { .. } => Status::NotFound,
            Self::Method { .. } => Status::MethodNotAllowed,
            Self::SlowBody => Status::RequestTimeout,
            Self::BadModel(_) => Status::Conflict,
            Self::TooManyBytes(_) | Self::TooManyRows | Self::TooManyExplanations(_) => Status::PayloadTooLarge,
            Self::MediaType { .. } | Self::ContentEncoding(_) => Status::UnsupportedMediaType,
            Self::Schema(_) | Self::FeatureCount { .. } | Self::Number(_) | Self::CsvContent(_) => {
                Status::UnprocessableEntity
            }
            Self::Internal => Status::InternalServerError,
            Self::Overloaded | Self::NotReady(_) => Status::ServiceUnavailable,
            Self::Other(status) => *status,
        }
    }

    /// What a refused prediction is counted as.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NotJson(_) | Self::NotCsv(_) => Reason::Syntax,
            Self::Schema(_) | Self::CsvContent(_) => Reason::Schema,
            Self::FeatureCount { .. } => Reason::FeatureCount,
            Self::Number(_) => Reason::Number,
            Self::TooManyBytes(_) | Self::TooManyRows | Self::TooManyExplanations(_) => Reason::TooLarge,
            Self::MediaType { .. } | Self::ContentEncoding(_) => Reason::MediaType,
            Self::UnknownModel(_) | Self::UnknownVersion { .. } => Reason::UnknownModel,
            Self::Overloaded => Reason::Overloaded,
            Self::NotReady(_) => Reason::NotReady,
            _ => Reason::Other,
        }
    }

    /// Where `body` is no text.
    pub fn from_utf8(body: &[u8], error: Utf8Error) -> Self {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let (line, column) = before.iter().fold((1, 1), |(line, column), &byte| match byte {
            b'\n' => (line + 1, 1),
            _ => (line, column + 1),
        });
        Self::NotJson(format!("expected UTF-8 text, found another byte at line {line} column {column}"))
    }

    /// Why the JSON of `body` was refused: its syntax, its types, or a number that no `f64` can hold.
    pub fn from_json(body: &str, error: &serde_json::Error) -> Self {
        let message = error.to_string();
        if message.starts_with("number out of range") {
            // A syntax error to the parser, but good JSON: the standard sets no bound.
            let place = format_args!("line {} column {}", error.line(), error.column());
            return Self::Number(format!(
                "a number is too large for a 64-bit float at {place}; expected a finite number"
            ));
        }
        if !error.is_data() {
            return Self::NotJson(message);
        }
        // Reading ended at the first field that is wrong; what follows may not even be JSON.
        match serde_json::from_str::<IgnoredAny>(body) {
            Ok(_) => Self::Schema(message),
            Err(syntax) => Self::NotJson(syntax.to_string()),
        }
    }

    /// Why a CSV body was refused: it is none, or not the model's.
    pub fn from_csv(error: CsvError) -> Self {
        match error {
            CsvError::Infinite { .. } => Self::Number(error.to_string()),
            CsvError::Empty { .. }
            | CsvError::RowLength { .. }
            | CsvError::BlankLine { .. }
            | CsvError::UnclosedQuote { .. }
            | CsvError::LineTooLong { .. }
            | CsvError::InvalidUtf8 { .. } => Self::NotCsv(error),
            _ => Self::CsvContent(error),
        }
    }

    /// Why rows were not scored. Rows of the wrong width have been refused before, so it is a number.
    pub fn from_score(error: &ScoreError) -> Self {
        Self::Number(match error {
            // In the words of JSON, which has no NaN; and a number of 300 digits says less than its exponent.
            ScoreError::Infinite { row, column, name, value } => format!(
                "row {row}, feature {name} (column {column}): {value:e} is too large for a 32-bit float; \
                 expected a finite number, or null for a missing value"
            ),
            other @ ScoreError::FeatureCount { .. } => other.to_string(),
        })
    }
}

/// The body of every refusal.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody<'a> {
    /// What was wrong, where, and what was expected.
    pub error: &'a str,
}

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, _request: &'r Request<'_>) -> response::Result<'static> {
        let message = self.to_string();
        let end = message.char_indices().nth(LONGEST_MESSAGE).map_or(message.len(), |(end, _)| end);
        let error = message.get(..end).unwrap_or_default();
        let Ok(body) = serde_json::to_vec(&ErrorBody { error }) else {
            unreachable!("a string is always JSON");
        };
        let mut response = Response::build();
        response.status(self.status()).header(ContentType::JSON).sized_body(body.len(), Cursor::new(body));
        match self {
            Self::Overloaded | Self::NotReady(_) => response.raw_header("Retry-After", RETRY_AFTER_SECONDS).ok(),
            Self::Unauthorized => response.raw_header("WWW-Authenticate", "Bearer").ok(),
            Self::Method { allowed, .. } => response.raw_header("Allow", allowed).ok(),
            _ => response.ok(),
        }
    }
}

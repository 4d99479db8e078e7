//! Refusals as the API's description has them: which codes an endpoint can answer besides 200, with an example of each.

use utoipa::IntoResponses;

use crate::error::ErrorBody;

/// Refusals of a body.
#[derive(Debug, IntoResponses)]
pub enum BodyRefusals<'a> {
    /// The body is not what its content type says.
    #[response(status = 400, example = json!({"error": "the body is not JSON: EOF while parsing an object at line 1 column 1"}))]
    Syntax(ErrorBody<'a>),
    /// The body came too slowly.
    #[response(status = 408, example = json!({"error": "the body did not arrive within 10 seconds"}))]
    SlowBody(ErrorBody<'a>),
    /// The body is too large, or has too many rows.
    #[response(status = 413, example = json!({"error": "the batch has more than 10000 rows; send them in several requests"}))]
    TooLarge(ErrorBody<'a>),
    /// The content type is not one of those described here.
    #[response(status = 415, example = json!({"error": "the content type is missing; expected application/json"}))]
    MediaType(ErrorBody<'a>),
    /// A field or value is wrong: unknown, missing, of another type, too large, or not as many features as the model has.
    #[response(status = 422, example = json!({"error": "expected 2 features (mean, sd), found 3"}))]
    Content(ErrorBody<'a>),
}

/// Refusals of a service that cannot take the request now.
#[derive(Debug, IntoResponses)]
pub enum NotReady<'a> {
    /// Not ready, or too many requests at once: try again.
    #[response(status = 503, example = json!({"error": "the service is not ready: the model is being loaded"}))]
    NotReady(ErrorBody<'a>),
}

/// Refusals of a name.
#[derive(Debug, IntoResponses)]
pub enum UnknownModel<'a> {
    /// There is no such model or version.
    #[response(status = 404, example = json!({"error": "there is no model \"other\"; this service has the model \"isoforest\""}))]
    Unknown(ErrorBody<'a>),
}

/// Refusals of a reload.
#[derive(Debug, IntoResponses)]
pub enum ReloadRefusals<'a> {
    /// The token is wrong or missing.
    #[response(status = 401, example = json!({"error": "a reload needs the header `Authorization: Bearer TOKEN` with the token that the service was started with"}))]
    Unauthorized(ErrorBody<'a>),
    /// The service was started without a token.
    #[response(status = 403, example = json!({"error": "reloading over HTTP is off; start the service with a reload token to allow it, or send it SIGHUP"}))]
    Off(ErrorBody<'a>),
    /// The file is no model; the one before it serves on.
    #[response(status = 409, example = json!({"error": "the model file cannot be used, and the model before it serves on: cannot use the model file model.json: the model file is empty"}))]
    BadModel(ErrorBody<'a>),
}

//! GET /docs: a page to read and try everything. GET /openapi.json: the same for programs.
//!
//! The page's files are inside the binary, so it works without another network. Rather than by the page's own handler they
//! are served here: a missing file must be JSON, and a policy keeps the browser from loading anything from elsewhere.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;

use rocket::fairing::AdHoc;
use rocket::http::uri::Origin;
use rocket::response::{self, Redirect, Responder};
use rocket::{Either, Request, Response, State, get, routes};
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use super::answer::Json;
use super::openapi;
use crate::call::Call;
use crate::error::Error;

/// What the page may load and ask: itself. Its library sets styles inline and draws icons from data.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page with its folder: its files are named beside it.
const PAGE: &str = "/docs/";

/// The page's settings.
type Page = Arc<Config<'static>>;

/// The endpoints.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("docs", |rocket| async {
        let page: Page = Arc::new(
            Config::from("/openapi.json")
                .try_it_out_enabled(true)
                .display_request_duration(true)
                .default_models_expand_depth(0)
                // Nothing of the description goes to a validator on the internet.
                .validator_url("none"),
        );
        rocket.manage(page).mount("/", routes![root, openapi_json, docs])
    })
}

#[get("/")]
fn root() -> Redirect {
    Redirect::to(PAGE)
}

#[get("/openapi.json")]
fn openapi_json(call: Call<'_>) -> Result<Json, Error> {
    Json::new(&openapi::describe(call.app.store.current().as_deref()))
}

#[get("/docs/<_..>")]
fn docs(uri: &Origin<'_>, page: &State<Page>) -> Result<Either<File, Redirect>, Error> {
    // Names are looked up among the files inside the binary, so no path leads out of them.
    let Some(path) = uri.path().as_str().strip_prefix(PAGE) else {
        return Ok(Either::Right(Redirect::to(PAGE)));
    };
    match serve(path, Arc::clone(page)) {
        Ok(Some(file)) => Ok(Either::Left(File(file))),
        Ok(None) => Err(Error::UnknownPath),
        Err(_) => Err(Error::Internal),
    }
}

/// A file of the page.
struct File(SwaggerFile<'static>);

impl<'r> Responder<'r, 'static> for File {
    fn respond_to(self, _request: &'r Request<'_>) -> response::Result<'static> {
        let SwaggerFile { bytes, content_type, gzpipped, .. } = self.0;
        let mut response = Response::build();
        response.raw_header("Content-Type", content_type).raw_header("Content-Security-Policy", POLICY);
        // A new version of the service may have another page under the same names.
        response.raw_header("Cache-Control", "no-cache").raw_header("Referrer-Policy", "no-referrer");
        if gzpipped {
            response.raw_header("Content-Encoding", "gzip");
        }
        match bytes {
            Cow::Borrowed(bytes) => response.sized_body(bytes.len(), Cursor::new(bytes)),
            Cow::Owned(bytes) => response.sized_body(bytes.len(), Cursor::new(bytes)),
        };
        response.ok()
    }
}

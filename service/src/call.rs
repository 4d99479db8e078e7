//! The parts of a request that endpoints look at, and its body.
//!
//! Bodies are read here rather than by Rocket's own guards: those answer a wrong content type with 404, and tell neither how
//! much was too much nor which header was wrong.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use rocket::data::ByteUnit;
use rocket::futures::future::poll_immediate;
use rocket::http::ContentType;
use rocket::request::{FromRequest, Outcome};
use rocket::tokio::io::AsyncReadExt;
use rocket::tokio::time::timeout;
use rocket::{Data, Request};

use crate::error::Error;
use crate::limits::BODY_TIME;
use crate::state::App;

/// Room for a body whose length is not announced.
const USUAL_BYTES: usize = 1 << 10;

/// What an endpoint sees of its request.
#[derive(Debug, Clone, Copy)]
pub struct Call<'r> {
    /// The service's state.
    pub app: &'r Arc<App>,
    /// The query, without its question mark.
    pub query: Option<&'r str>,
    /// The header `Authorization`.
    pub authorization: Option<&'r str>,
    content_type: Option<&'r ContentType>,
    content_encoding: Option<&'r str>,
    content_length: Option<usize>,
}

/// Content types that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`.
    Json,
    /// `text/csv`.
    Csv,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Call<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let Some(app) = request.rocket().state::<Arc<App>>() else {
            unreachable!("the builder manages the state");
        };
        let header = |name| request.headers().get_one(name);
        Outcome::Success(Self {
            app,
            query: request.uri().query().map(|query| query.as_str()),
            authorization: header("Authorization"),
            content_type: request.content_type(),
            content_encoding: header("Content-Encoding"),
            content_length: header("Content-Length").and_then(|length| length.parse().ok()),
        })
    }
}

impl Call<'_> {
    /// Demands JSON.
    ///
    /// # Errors
    ///
    /// Another content type, or a compressed body.
    pub fn json(&self) -> Result<(), Error> {
        match self.media() {
            Some(Media::Json) => self.uncompressed(),
            _ => Err(self.wrong_media("application/json")),
        }
    }

    /// Demands JSON or CSV.
    ///
    /// # Errors
    ///
    /// Another content type, or a compressed body.
    pub fn json_or_csv(&self) -> Result<Media, Error> {
        let media = self.media().ok_or_else(|| self.wrong_media("application/json or text/csv"))?;
        self.uncompressed().map(|()| media)
    }

    fn media(&self) -> Option<Media> {
        match self.content_type {
            Some(found) if found.is_json() => Some(Media::Json),
            Some(found) if found.is_csv() => Some(Media::Csv),
            _ => None,
        }
    }

    fn uncompressed(&self) -> Result<(), Error> {
        match self.content_encoding {
            None | Some("identity") => Ok(()),
            Some(other) => Err(Error::ContentEncoding(other.to_owned())),
        }
    }

    fn wrong_media(&self, expected: &'static str) -> Error {
        let found = self.content_type.map_or_else(|| "missing".to_owned(), ToString::to_string);
        Error::MediaType { found, expected }
    }

    /// Reads a body of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// It is larger, comes too slowly, or breaks off.
    pub async fn read(&self, data: Data<'_>, limit: usize) -> Result<Vec<u8>, Error> {
        if self.content_length.is_some_and(|length| length > limit) {
            return Err(Error::TooManyBytes(limit));
        }
        let mut body = Vec::with_capacity(self.content_length.unwrap_or(USUAL_BYTES));
        // One byte over the limit tells that there is more.
        let mut stream = data.open(ByteUnit::from(limit + 1));
        let read = {
            let mut reading = pin!(stream.read_to_end(&mut body));
            // Most bodies are there with their head: those need no timer.
            match poll_immediate(&mut reading).await {
                Some(read) => Ok(read),
                None => timeout(BODY_TIME, reading).await,
            }
        };
        match read {
            Err(_) => Err(Error::SlowBody),
            Ok(Err(_)) => Err(Error::BrokenBody),
            Ok(Ok(_)) if body.len() > limit => Err(Error::TooManyBytes(limit)),
            Ok(Ok(_)) => Ok(body),
        }
    }
}

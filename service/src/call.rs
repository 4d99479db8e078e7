//! The parts of a request that endpoints look at, and its body.
//!
//! Bodies are read here rather than by Rocket's own guards: those answer a wrong content type with 404, and tell neither how
//! much was too much nor which header was wrong.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use rocket::data::ByteUnit;
use rocket::futures::future::poll_immediate;
use rocket::request::{FromRequest, Outcome};
use rocket::tokio::io::AsyncReadExt;
use rocket::tokio::time::timeout;
use rocket::{Data, Request};

use crate::error::Error;
use crate::limits::{BODY_TIME, PIECE_BYTES, Room};
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
    content_type: Option<&'r str>,
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
            content_type: header("Content-Type"),
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
        // Parameters change nothing: JSON is always UTF-8, and so must CSV be.
        let essence = self.content_type?.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if is("application/json") {
            Some(Media::Json)
        } else if is("text/csv") {
            Some(Media::Csv)
        } else {
            None
        }
    }

    fn uncompressed(&self) -> Result<(), Error> {
        match self.content_encoding {
            None | Some("identity") => Ok(()),
            Some(other) => Err(Error::ContentEncoding(other.to_owned())),
        }
    }

    fn wrong_media(&self, expected: &'static str) -> Error {
        let found = self.content_type.unwrap_or("missing").to_owned();
        Error::MediaType { found, expected }
    }

    /// Reads a body of at most `limit` bytes. Keep the room for as long as the body.
    ///
    /// # Errors
    ///
    /// It is larger, comes too slowly, or breaks off; or there are too many large ones at once.
    pub async fn read(&self, data: Data<'_>, limit: usize) -> Result<(Vec<u8>, Room<'_>), Error> {
        if self.content_length.is_some_and(|length| length > limit) {
            return Err(Error::TooManyBytes(limit));
        }
        let mut receiving = pin!(self.receive(data, limit));
        // Most bodies are there with their head: those need no timer.
        match poll_immediate(&mut receiving).await {
            Some(received) => received,
            None => timeout(BODY_TIME, receiving).await.unwrap_or(Err(Error::SlowBody)),
        }
    }

    async fn receive(&self, data: Data<'_>, limit: usize) -> Result<(Vec<u8>, Room<'_>), Error> {
        let (mut body, mut room) = (Vec::with_capacity(self.content_length.unwrap_or(USUAL_BYTES)), Room::default());
        // One byte over the limit tells that there is more.
        let mut stream = data.open(ByteUnit::from(limit + 1));
        // No body is longer than it announces, so that most need no look at their pieces.
        let is_small = self.content_length.is_some_and(|length| length < PIECE_BYTES);
        loop {
            let read = if is_small {
                stream.read_to_end(&mut body).await
            } else {
                (&mut stream).take(PIECE_BYTES as u64).read_to_end(&mut body).await
            };
            match read.map_err(|_| Error::BrokenBody)? {
                _ if body.len() > limit => return Err(Error::TooManyBytes(limit)),
                PIECE_BYTES => self.app.limits.enlarge(&mut room).await?,
                _ => return Ok((body, room)),
            }
        }
    }
}

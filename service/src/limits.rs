//! How much is taken at once: bytes, rows, and requests in work.
//!
//! Rocket caps neither connections nor requests. What a request costs is its body in memory and its work on a core, so
//! these are capped: bytes by permits that a body takes as it grows, requests by a counter, batches by permits that they
//! wait for. A request has its place and its turn only once its body is there: who sends slowly holds nothing but what he
//! has sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::tokio::sync::{Semaphore, SemaphorePermit};
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::time::timeout;

use crate::error::Error;

/// Largest body of POST /prediction, in bytes.
pub const MAX_SINGLE_BYTES: usize = 1 << 20;
/// Largest body of a batch, in bytes.
pub const MAX_BATCH_BYTES: usize = 16 << 20;
/// Most rows of a batch.
pub const MAX_ROWS: usize = 10_000;
/// Most contributions of features in the explanations of a batch; each is some 80 bytes of the answer.
pub const MAX_CONTRIBUTIONS: usize = 100_000;
/// Longest time from a request's head to the end of its body.
pub const BODY_TIME: Duration = Duration::from_secs(10);
/// Longest time that a batch waits for the ones before it, and a large body for room.
const TURN_TIME: Duration = Duration::from_secs(1);

/// What a body may have without asking for room, and how much room it then asks for at a time, in bytes.
pub const PIECE_BYTES: usize = 64 << 10;

/// Bodies up to this size are parsed on the thread that received them; it takes a few microseconds.
pub const SMALL_BYTES: usize = 4 << 10;
/// Rows up to this number are scored on the thread that received them.
pub const SMALL_ROWS: usize = 1_000;

/// Requests in work, and how many there may be.
#[derive(Debug)]
pub struct Limits {
    max_requests: usize,
    requests: AtomicUsize,
    batches: Semaphore,
    /// Room for bodies: a permit is [`PIECE_BYTES`].
    pieces: Semaphore,
}

/// Room that a body takes up beyond its first piece; dropping it gives the room back.
#[derive(Debug, Default)]
#[must_use = "the room is given back when this is dropped"]
pub struct Room<'a>(Option<SemaphorePermit<'a>>);

/// A request's place among those in work; dropping it makes room.
#[derive(Debug)]
#[must_use = "the place is given back when this is dropped"]
pub struct Place<'a>(&'a AtomicUsize);

impl Limits {
    /// Room for so many requests, and so many batches among them, each as large as may be.
    pub fn new(max_requests: usize, max_batches: usize) -> Self {
        let semaphore = |permits: usize| Semaphore::new(permits.min(Semaphore::MAX_PERMITS));
        Self {
            max_requests,
            requests: AtomicUsize::new(0),
            batches: semaphore(max_batches),
            pieces: semaphore(max_batches.saturating_mul(MAX_BATCH_BYTES / PIECE_BYTES)),
        }
    }

    /// Takes a place for a request.
    ///
    /// # Errors
    ///
    /// There is none left.
    pub fn enter(&self) -> Result<Place<'_>, Error> {
        // The place exists before the number is judged, so that giving it back is one piece of code.
        let before = self.requests.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.requests);
        if before < self.max_requests { Ok(place) } else { Err(Error::Overloaded) }
    }

    /// Waits for a batch's turn, a second at most.
    ///
    /// # Errors
    ///
    /// It did not come.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        permit(&self.batches).await
    }

    /// Makes `room` a piece larger, after waiting for a second at most.
    ///
    /// # Errors
    ///
    /// Other bodies did not give any back.
    pub async fn enlarge<'a>(&'a self, room: &mut Room<'a>) -> Result<(), Error> {
        let piece = permit(&self.pieces).await?;
        match &mut room.0 {
            Some(pieces) => pieces.merge(piece),
            none => *none = Some(piece),
        }
        Ok(())
    }
}

async fn permit(semaphore: &Semaphore) -> Result<SemaphorePermit<'_>, Error> {
    match timeout(TURN_TIME, semaphore.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        // The semaphores are never closed.
        Ok(Err(_)) | Err(_) => Err(Error::Overloaded),
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does long work on a thread that may take its time, short work here.
///
/// # Errors
///
/// Those of the work; if it panics, [`Error::Internal`].
pub async fn work<T, F>(is_long: bool, work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    if is_long { spawn_blocking(work).await.unwrap_or(Err(Error::Internal)) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn a_place_that_is_dropped_is_free_again() {
        let limits = Limits::new(2, 1);
        let first = limits.enter().unwrap();
        let _second = limits.enter().unwrap();
        assert!(limits.enter().is_err());
        assert!(limits.enter().is_err());
        drop(first);
        assert!(limits.enter().is_ok());
    }
}

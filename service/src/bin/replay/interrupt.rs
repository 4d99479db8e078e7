//! Ctrl-C (and the signal by which a container is stopped) ends the run in an orderly way; a second one ends it at once.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Context;
use rocket::tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
};

/// What a shell reports for a program that Ctrl-C ended.
const STATUS_INTERRUPTED: i32 = 130;
/// How soon a sleeper sees the signal.
const GLANCE: Duration = Duration::from_millis(20);

/// Whether the run shall end.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to listen.
    pub fn on_signal() -> anyhow::Result<Self> {
        let interrupt = Self::default();
        let runtime = runtime::Builder::new_current_thread().enable_all().build().context("cannot listen to Ctrl-C")?;
        let (mut ctrl_c, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let flag = interrupt.clone();
        thread::spawn(move || {
            runtime.block_on(async {
                rocket::tokio::select! { _ = ctrl_c.recv() => {}, _ = terminate.recv() => {} }
                flag.set();
                rocket::tokio::select! { _ = ctrl_c.recv() => {}, _ = terminate.recv() => {} }
                process::exit(STATUS_INTERRUPTED);
            });
        });
        Ok(interrupt)
    }

    /// Ends the run.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the run shall end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sleeps, but not on after the signal.
    pub fn sleep(&self, duration: Duration) {
        let mut left = duration;
        while !left.is_zero() && !self.is_set() {
            let nap = left.min(GLANCE);
            thread::sleep(nap);
            left -= nap;
        }
    }
}

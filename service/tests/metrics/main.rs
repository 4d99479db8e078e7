//! The metrics as a scrape shows them: exact counts, a bounded number of series, text that Prometheus takes.

mod bench;
mod exposition;
mod openmetrics;
mod predictions;
mod promtool;
mod requests;
mod service;

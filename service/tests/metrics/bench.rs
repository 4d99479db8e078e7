//! A service of nothing but telemetry, and models for it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use isoforest::{IsolationForest, ModelFile, TrainingProfile};
use isoforest_service::model_store::ServedModel;
use isoforest_service::telemetry::{self, Log, Metrics};
use ndarray::{Array2, ArrayView2};
use rocket::http::Status;
use rocket::local::blocking::Client;
use rocket::{catch, catchers, get, routes};

use crate::openmetrics::Scrape;

/// What the log wrote.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A service with nothing but telemetry and two routes to ask for.
pub struct Bench {
    pub client: Client,
    pub metrics: Arc<Metrics>,
    log: Arc<Log>,
    written: Memory,
}

#[get("/items/<item>")]
fn item(item: usize) -> String {
    item.to_string()
}

#[get("/panics")]
fn panics() -> &'static str {
    panic!("a handler that panics")
}

#[catch(default)]
fn refuse(status: Status, _: &rocket::Request<'_>) -> String {
    status.to_string()
}

impl Bench {
    pub fn new() -> Self {
        let (metrics, written) = (Arc::new(Metrics::new()), Memory::default());
        let log = Arc::new(Log::new(written.clone(), &metrics).unwrap());
        let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::debug_default() };
        let rocket = rocket::custom(config)
            .attach(telemetry::stage(Arc::clone(&metrics), Arc::clone(&log)))
            .mount("/", routes![item, panics])
            .register("/", catchers![refuse]);
        Self { client: Client::untracked(rocket).unwrap(), metrics, log, written }
    }

    pub fn text(&self) -> String {
        self.client.get("/metrics").dispatch().into_string().unwrap()
    }

    pub fn scrape(&self) -> Scrape {
        Scrape::read(&self.text()).unwrap()
    }

    /// Answers rows as an endpoint would.
    pub fn predict(&self, model: &ServedModel, rows: ArrayView2<'_, f64>, score_asked: bool) {
        let scores = model.forest().score_samples(rows).unwrap().to_vec();
        let predictions = model.forest().predict(rows).unwrap().to_vec();
        let latency = Duration::from_micros(20);
        self.metrics.prediction(model, rows, &scores, &predictions, score_asked, latency);
    }

    pub fn log_lines(&self) -> Vec<serde_json::Value> {
        self.log.flush();
        let text = String::from_utf8(self.written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// 101 rows, rising from 0 to 100 in the first column and otherwise in the others.
pub fn training(n_features: usize) -> Array2<f64> {
    Array2::from_shape_fn((101, n_features), |(row, column)| ((row * (2 * column + 1)) % 101) as f64)
}

pub fn model_file(train: &Array2<f64>, names: &[impl AsRef<str>]) -> ModelFile {
    let builder = IsolationForest::builder().n_estimators(10).random_state(16);
    let forest = builder.fit_named(train.view(), names).unwrap();
    let profile = TrainingProfile::new(&forest, train.view()).unwrap();
    ModelFile::new(forest, profile)
}

pub fn model_named(train: &Array2<f64>, names: &[impl AsRef<str>]) -> ServedModel {
    ServedModel::from_slice(model_file(train, names).to_json().unwrap().as_bytes()).unwrap()
}

pub fn model(n_features: usize) -> ServedModel {
    let names: Vec<_> = (0..n_features).map(|feature| format!("f{feature}")).collect();
    model_named(&training(n_features), &names)
}

//! The whole service, without a network: the builder that the program uses, over a small model of two features.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use isoforest::{
    Contamination, Detector, Guided, GuidedScore, IsolationForest, IsolationForestParams, ModelFile, TrainingProfile,
};
use isoforest_service::configuration::{Settings, figment};
use isoforest_service::startup::build;
use isoforest_service::state::App;
use isoforest_service::telemetry::{Log, Metrics};
use ndarray::Array2;
use rocket::http::{ContentType, Header, Method, Status};
use rocket::local::blocking::{Client, LocalRequest, LocalResponse};
use serde_json::Value;
use tempfile::TempDir;

/// A service with a model.
pub struct Bench {
    pub client: Client,
    pub app: Arc<App>,
    /// Removed with the bench.
    _folder: TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub text: String,
    headers: Vec<(String, String)>,
}

impl Bench {
    /// A service that is ready.
    pub fn new() -> Self {
        Self::with(|settings| settings)
    }

    /// A service with other settings, once it is ready.
    pub fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        write_model(&path, &["mean", "sd"], 16);
        let bench = Self::unready(folder, &change(Settings::new(path)));
        for _ in 0..1_000 {
            if bench.get("/health/ready").status == 200 {
                return bench;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the service is not ready: {}", bench.get("/health/ready").text);
    }

    /// A service that may have no model.
    pub fn unready(folder: TempDir, settings: &Settings) -> Self {
        let metrics = Arc::new(Metrics::new());
        let log = Arc::new(Log::new(std::io::sink(), &metrics).unwrap());
        let app = Arc::new(App::new(settings, metrics, log).unwrap());
        let client = Client::untracked(build(figment(), &app)).unwrap();
        Self { client, app, _folder: folder }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.client.get(path.to_owned()).dispatch().into()
    }

    pub fn method(&self, method: Method, path: &str) -> Answer {
        self.client.req(method, path.to_owned()).dispatch().into()
    }

    pub fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.json(path, body).dispatch().into()
    }

    pub fn post_csv(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.client.post(path.to_owned()).header(ContentType::CSV).body(body).dispatch().into()
    }

    /// A POST with JSON, to which headers can be added.
    pub fn json(&self, path: &str, body: impl AsRef<[u8]>) -> LocalRequest<'_> {
        self.client.post(path.to_owned()).header(ContentType::JSON).body(body)
    }

    /// The forest that answers.
    pub fn forest(&self) -> IsolationForest {
        self.app.store.current().unwrap().forest().clone()
    }

    /// A series of the metrics.
    pub fn metric(&self, series: &str) -> f64 {
        let text = self.get("/metrics").text;
        let line = text.lines().find(|line| line.starts_with(&format!("{series} ")));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }
}

impl Answer {
    pub fn value(&self) -> Value {
        assert_eq!(self.header("Content-Type"), Some("application/json"), "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The answer's only field, `error`, after checking the status code.
    pub fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        let value = self.value();
        assert_eq!(value.as_object().unwrap().len(), 1, "{value}");
        value["error"].as_str().unwrap().to_owned()
    }
}

impl From<LocalResponse<'_>> for Answer {
    fn from(response: LocalResponse<'_>) -> Self {
        let headers =
            response.headers().iter().map(|header| (header.name.to_string(), header.value.to_string())).collect();
        let status = response.status();
        assert_ne!(status, Status::InternalServerError);
        Self { status: status.code, headers, text: response.into_string().unwrap_or_default() }
    }
}

/// Writes a model of 101 rows, all near a line but for one.
pub fn write_model(path: &Path, names: &[&str], seed: u32) {
    write(path, names, IsolationForest::builder().random_state(seed));
}

/// As [`write_model`], of an extended forest.
pub fn write_extended_model(path: &Path) {
    let detector = Detector::Extended { extension_level: None };
    write(path, &["mean", "sd"], IsolationForest::builder().detector(detector).random_state(16));
}

/// As [`write_model`], of a guided forest.
pub fn write_guided_model(path: &Path) {
    let detector = Detector::Guided(Guided { score: GuidedScore::Density, ..Guided::default() });
    write(path, &["mean", "sd"], IsolationForest::builder().detector(detector).random_state(16));
}

fn write(path: &Path, names: &[&str], params: IsolationForestParams) {
    let train = Array2::from_shape_fn((101, names.len()), |(row, column)| {
        if row == 0 { 60.0 } else { (row * (31 + column) % 97) as f64 / 97.0 }
    });
    let forest =
        params.n_estimators(20).contamination(Contamination::Fraction(0.05)).fit_named(train.view(), names).unwrap();
    let profile = TrainingProfile::new(&forest, train.view()).unwrap();
    ModelFile::new(forest, profile).write(path).unwrap();
}

/// The header `Authorization` with a token.
pub fn bearer(token: &str) -> Header<'static> {
    Header::new("Authorization", format!("Bearer {token}"))
}

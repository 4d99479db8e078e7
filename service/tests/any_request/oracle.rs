//! The whole service in one process, and what must hold for its answer to any body whatever.
//!
//! The property tests beside this file and the fuzz target in `service/fuzz` share it.

use std::{
    path::Path,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    thread,
    time::Duration,
};

use isoforest::{
    Contamination, IsolationForest, ModelFile, TrainingProfile,
    data::{CsvBlocks, read_csv_from},
    ndarray::Array2,
};
use isoforest_service::{
    configuration::{Settings, figment},
    startup::build,
    state::App,
    telemetry::{Log, Metrics},
};
use rocket::{http::ContentType, local::blocking::Client, serde::Deserialize};
use serde_json::Value;

/// The model's features.
pub const FEATURES: [&str; 2] = ["mean", "sd"];

/// Statuses of a refusal that a body can earn.
const REFUSALS: [u16; 4] = [400, 413, 415, 422];

/// More than any message has, with what it repeats of the request.
const LONGEST_ANSWER: usize = 4_096;

/// What takes a body.
#[derive(Debug, Clone, Copy)]
pub enum Endpoint {
    Prediction,
    PredictionsJson,
    PredictionsCsv,
    Infer,
}

pub const ENDPOINTS: [Endpoint; 4] =
    [Endpoint::Prediction, Endpoint::PredictionsJson, Endpoint::PredictionsCsv, Endpoint::Infer];

/// One service for all bodies; its client is no friend of several threads.
static ORACLE: LazyLock<Mutex<Oracle>> = LazyLock::new(|| Mutex::new(Oracle::new()));

/// Sends `body` and checks the answer; its status.
pub fn check(endpoint: Endpoint, body: &[u8]) -> u16 {
    // After a failure the service is as good as before it.
    ORACLE.lock().unwrap_or_else(PoisonError::into_inner).check(endpoint, body)
}

struct Oracle {
    client: Client,
    forest: IsolationForest,
}

impl Oracle {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let forest = write_model(&path);
        let metrics = Arc::new(Metrics::new());
        let log = Arc::new(Log::new(std::io::sink(), &metrics).unwrap());
        let app = Arc::new(App::new(&Settings::new(path), metrics, log).unwrap());
        let client = Client::untracked(build(figment(), &app)).unwrap();
        while app.store.current().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        Self { client, forest }
    }

    fn check(&self, endpoint: Endpoint, body: &[u8]) -> u16 {
        let path = match endpoint {
            Endpoint::Prediction => "/prediction",
            Endpoint::PredictionsJson => "/predictions",
            Endpoint::PredictionsCsv => "/predictions?score=true",
            Endpoint::Infer => "/v2/models/isoforest/infer",
        };
        let media = if matches!(endpoint, Endpoint::PredictionsCsv) { ContentType::CSV } else { ContentType::JSON };
        let response = self.client.post(path).header(media).body(body).dispatch();
        let status = response.status().code;
        let text = response.into_string().expect("an answer is UTF-8");
        let answer: Value = serde_json::from_str(&text).expect("an answer is JSON");
        if status == 200 {
            self.check_prediction(endpoint, body, &answer);
        } else {
            assert!(REFUSALS.contains(&status), "{status}: {text}");
            let error =
                answer.as_object().filter(|answer| answer.len() == 1).and_then(|answer| answer["error"].as_str());
            assert!(error.is_some_and(|error| !error.is_empty()), "{text}");
            assert!(text.len() < LONGEST_ANSWER, "{} bytes", text.len());
        }
        status
    }

    /// An answer is that of the forest to the rows, which are read here by other means.
    fn check_prediction(&self, endpoint: Endpoint, body: &[u8], answer: &Value) {
        let (rows, scores_asked) = read(endpoint, body);
        let scores = self.forest.score_samples(rows.view()).expect("what was answered can be scored");
        let predictions = self.forest.predict(rows.view()).expect("what was answered can be predicted");
        let (found_predictions, found_scores): (Vec<&Value>, Vec<&Value>) = match endpoint {
            Endpoint::Prediction => (vec![&answer["is_inlier"]], vec![&answer["anomaly_score"]]),
            Endpoint::PredictionsJson | Endpoint::PredictionsCsv => {
                let each = answer["predictions"].as_array().unwrap();
                each.iter().map(|one| (&one["is_inlier"], &one["anomaly_score"])).unzip()
            }
            Endpoint::Infer => (output(answer, "predict"), output(answer, "anomaly_score")),
        };
        if !found_predictions.is_empty() || !matches!(endpoint, Endpoint::Infer) {
            let found: Vec<i64> = found_predictions.iter().map(|value| value.as_i64().unwrap()).collect();
            assert_eq!(found, predictions.iter().map(|&prediction| i64::from(prediction)).collect::<Vec<_>>());
        }
        if scores_asked || (matches!(endpoint, Endpoint::Infer) && !found_scores.is_empty()) {
            let found: Vec<f64> = found_scores.iter().map(|value| value.as_f64().unwrap()).collect();
            assert_eq!(found, scores.to_vec());
        } else {
            assert!(found_scores.iter().all(|score| score.is_null()), "a score that was not asked for");
        }
    }
}

/// The numbers of an output; none if it was not asked for.
fn output<'a>(answer: &'a Value, name: &str) -> Vec<&'a Value> {
    let outputs = answer["outputs"].as_array().unwrap();
    assert!(!outputs.is_empty());
    let output = outputs.iter().find(|output| output["name"] == name);
    output.map_or_else(Vec::new, |output| output["data"].as_array().unwrap().iter().collect())
}

/// What is looked at in a body. Other fields may hold what no `Value` does: numbers without bound, arrays without end.
#[derive(Default, Deserialize)]
#[serde(crate = "rocket::serde", default)]
struct Question {
    feature_vector: Value,
    feature_vectors: Value,
    score: bool,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
struct Input {
    data: Value,
}

/// The rows of a body that was answered, and whether it asks for scores.
fn read(endpoint: Endpoint, body: &[u8]) -> (Array2<f64>, bool) {
    if matches!(endpoint, Endpoint::PredictionsCsv) {
        // In the model's order, whatever the file's.
        let rows = CsvBlocks::new(body, "body", usize::MAX).unwrap().expecting(&FEATURES).unwrap().next();
        let rows = rows.unwrap().unwrap();
        assert_eq!(read_csv_from(body, "body").unwrap().values.nrows(), rows.nrows());
        return (rows, true);
    }
    let question: Question = serde_json::from_slice(body).expect("what was answered is JSON");
    let numbers = match endpoint {
        Endpoint::Prediction => &question.feature_vector,
        Endpoint::PredictionsJson => &question.feature_vectors,
        _ => &question.inputs[0].data,
    };
    let mut values = Vec::new();
    flatten(numbers, &mut values);
    let rows = Array2::from_shape_vec((values.len() / FEATURES.len(), FEATURES.len()), values);
    (rows.expect("whole rows"), question.score)
}

fn flatten(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| flatten(value, into)),
        Value::Null => into.push(f64::NAN),
        other => into.push(other.as_f64().expect("what was answered has numbers")),
    }
}

/// Writes a model of 101 rows, all near a line but for one.
fn write_model(path: &Path) -> IsolationForest {
    let train = Array2::from_shape_fn((101, FEATURES.len()), |(row, column)| {
        if row == 0 { 60.0 } else { (row * (31 + column) % 97) as f64 / 97.0 }
    });
    let forest = IsolationForest::builder()
        .n_estimators(10)
        .contamination(Contamination::Fraction(0.05))
        .random_state(16)
        .fit_named(train.view(), &FEATURES)
        .unwrap();
    let profile = TrainingProfile::new(&forest, train.view()).unwrap();
    ModelFile::new(forest.clone(), profile).write(path).unwrap();
    forest
}

//! A route with the JSON of POST /prediction in and out and nothing between: what Rocket costs by itself.
//!
//! `service/bench/serve.py` measures the service against it. Address and port are Rocket's settings, as in the service.

use rocket::config::{Config, Ident, LogLevel};
use rocket::figment::{Figment, providers::Env};
use rocket::serde::json::Json;
use rocket::{launch, post, routes};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    feature_vector: Vec<Option<f64>>,
    #[serde(default)]
    score: bool,
}

#[derive(Serialize)]
struct Answer {
    is_inlier: i8,
    #[serde(skip_serializing_if = "Option::is_none")]
    anomaly_score: Option<f64>,
}

#[post("/prediction", data = "<question>")]
fn prediction(question: Json<Question>) -> Json<Answer> {
    let question = question.into_inner();
    let is_inlier = if question.feature_vector.is_empty() { -1 } else { 1 };
    Json(Answer { is_inlier, anomaly_score: question.score.then_some(-0.374_658_821_905_211_67) })
}

#[launch]
fn rocket() -> _ {
    let config =
        Config { ident: Ident::none(), ip_header: None, log_level: LogLevel::Off, ..Config::release_default() };
    rocket::custom(Figment::from(config).merge(Env::prefixed("ROCKET_").global())).mount("/", routes![prediction])
}

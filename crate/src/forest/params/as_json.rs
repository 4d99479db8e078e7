//! JSON forms: `"auto"`, an integer for a count, a number with a fraction part for a share.

use serde::{Deserialize, Serialize};

use super::{Contamination, MaxFeatures, MaxSamples};

/// The word `"auto"`.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum Auto {
    #[serde(rename = "auto")]
    Auto,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"auto\", an integer or a fraction")]
pub(super) enum MaxSamplesJson {
    Auto(Auto),
    Count(usize),
    Fraction(f64),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"auto\" or a number")]
pub(super) enum ContaminationJson {
    Auto(Auto),
    Fraction(f64),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected an integer or a fraction")]
pub(super) enum MaxFeaturesJson {
    Count(usize),
    Fraction(f64),
}

impl From<MaxSamplesJson> for MaxSamples {
    fn from(json: MaxSamplesJson) -> Self {
        match json {
            MaxSamplesJson::Auto(Auto::Auto) => Self::Auto,
            MaxSamplesJson::Count(n) => Self::Count(n),
            MaxSamplesJson::Fraction(f) => Self::Fraction(f),
        }
    }
}

impl From<MaxSamples> for MaxSamplesJson {
    fn from(value: MaxSamples) -> Self {
        match value {
            MaxSamples::Auto => Self::Auto(Auto::Auto),
            MaxSamples::Count(n) => Self::Count(n),
            MaxSamples::Fraction(f) => Self::Fraction(f),
        }
    }
}

impl From<ContaminationJson> for Contamination {
    fn from(json: ContaminationJson) -> Self {
        match json {
            ContaminationJson::Auto(Auto::Auto) => Self::Auto,
            ContaminationJson::Fraction(f) => Self::Fraction(f),
        }
    }
}

impl From<Contamination> for ContaminationJson {
    fn from(value: Contamination) -> Self {
        match value {
            Contamination::Auto => Self::Auto(Auto::Auto),
            Contamination::Fraction(f) => Self::Fraction(f),
        }
    }
}

impl From<MaxFeaturesJson> for MaxFeatures {
    fn from(json: MaxFeaturesJson) -> Self {
        match json {
            MaxFeaturesJson::Count(n) => Self::Count(n),
            MaxFeaturesJson::Fraction(f) => Self::Fraction(f),
        }
    }
}

impl From<MaxFeatures> for MaxFeaturesJson {
    fn from(value: MaxFeatures) -> Self {
        match value {
            MaxFeatures::Count(n) => Self::Count(n),
            MaxFeatures::Fraction(f) => Self::Fraction(f),
        }
    }
}

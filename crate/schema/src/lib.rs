//! The JSON Schemas of the model file.

/// Schema of format version 1, of standard forests (JSON Schema, draft 2020-12).
pub const MODEL_V1: &str = include_str!("../model.v1.schema.json");

/// Schema of format version 2, of the other detectors.
pub const MODEL_V2: &str = include_str!("../model.v2.schema.json");

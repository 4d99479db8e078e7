//! The JSON Schema of the model file.

/// Schema of format version 1 (JSON Schema, draft 2020-12).
pub const MODEL_V1: &str = include_str!("../model.v1.schema.json");

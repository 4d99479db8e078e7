//! The web service: loads a model file and answers predictions.

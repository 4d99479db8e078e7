//! Every endpoint through the builder that the program uses.

mod bench;
mod docs;
mod health;
mod model_information;
mod paths;
mod prediction;
mod predictions;
mod reload;
mod v2;

//! Nearest neighbours, on linfa-nn: a yardstick for the forest that grows no tree, and the known rows that are nearest to one.
//!
//! | item | asks |
//! |---|---|
//! | [`NeighbourDetector::kth_distance`](crate::neighbours::NeighbourDetector::kth_distance) | how far is the k-th nearest training row? (Ramaswamy, Rastogi, Shim 2000) |
//! | [`NeighbourDetector::local_outlier_factor`](crate::neighbours::NeighbourDetector::local_outlier_factor) | how much sparser is it here than around the nearest training rows? (Breunig and others 2000) |
//! | [`nearest_places`](crate::neighbours::nearest_places) | which known rows are most like this one, and how far are they? |
//! | [`nearest_distance`](crate::neighbours::nearest_distance) | how far is the nearest known row? |
//!
//! The detectors have the forest's interface (`score_samples`, `decision_function`, `predict`, an offset), so that
//! they can be measured beside it. They stay in the library and the notebooks: **there is no model file of one and the service
//! does not serve it**. A model would be the training rows themselves, all of them, and a row's score takes a search among
//! them where a forest's takes a fixed number of comparisons.
//!
//! Distances are Euclidean, so the units of the features count: see [`Scaling`](crate::neighbours::Scaling). Rows that coincide are one place that knows
//! how many rows it has; the search tree could not split them, and half of a data set may be one place.

/// k-th distance and local outlier factor, fitted.
mod detector;
/// What can stand in the way.
mod error;
/// Densities, and how they compare.
mod local_outlier_factor;
/// The known rows nearest to a row.
mod nearest;
/// What a detector is made with.
mod params;
/// Distinct rows.
mod places;
/// Features in comparable units.
mod scaling;
/// The search tree.
mod search;

pub use self::{
    detector::NeighbourDetector,
    error::NeighbourError,
    nearest::{NearPlace, nearest_distance, nearest_places},
    params::{NeighbourMethod, NeighbourParams},
    scaling::{Scaler, Scaling},
};

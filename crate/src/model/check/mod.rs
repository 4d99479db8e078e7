//! What must hold in a model file before it is used. A file is untrusted: nothing here may panic, whatever it says.

/// Trees.
mod tree;

use std::collections::HashSet;

pub use self::tree::TreeProblem;
use self::tree::{Grown, check_tree};
use super::file::{Contents, FORMAT, FORMAT_VERSION, LoadError, STANDARD_VERSION};
use super::profile::{Distribution, TrainingProfile};
use crate::forest::Detector;

/// Checks everything in a file that has been read.
pub(super) fn check(file: &Contents) -> Result<(), LoadError> {
    if file.format != FORMAT {
        return Err(LoadError::Format(file.format.chars().take(40).collect()));
    }
    if !(STANDARD_VERSION..=FORMAT_VERSION).contains(&file.format_version) {
        return Err(LoadError::Version(file.format_version));
    }
    file.params.check().map_err(LoadError::Params)?;
    let n_features = file.n_features;
    require(n_features >= 1, "n_features", || "0; expected at least 1".into())?;
    require(file.feature_names.len() == n_features, "feature_names", || {
        format!("{} names for n_features {n_features}", file.feature_names.len())
    })?;
    let distinct = file.feature_names.iter().collect::<HashSet<_>>().len();
    require(distinct == n_features, "feature_names", || "two equal names; expected distinct ones".into())?;
    require(i32::try_from(file.max_samples).is_ok_and(|n| n >= 1), "max_samples_", || {
        format!("{}; expected an integer from 1 to 2^31 - 1", file.max_samples)
    })?;
    require((-1.0..0.0).contains(&file.offset), "offset_", || {
        format!("{}; expected a number in [-1, 0)", file.offset)
    })?;
    require(file.params.random_state.is_some(), "params.random_state", || {
        "null; expected the seed that was used".into()
    })?;
    require(humantime::parse_rfc3339(&file.created_at).is_ok(), "created_at", || {
        format!("{:?}; expected an RFC 3339 time in UTC", file.created_at)
    })?;
    require(file.trees.len() == file.params.n_estimators, "trees", || {
        format!("{} trees for n_estimators {}", file.trees.len(), file.params.n_estimators)
    })?;
    let detector = check_detector(file)?;
    let grown = Grown { n_features, max_samples: file.max_samples, detector, medians: &file.medians };
    for (index, tree) in file.trees.iter().enumerate() {
        check_tree(tree, &grown).map_err(|(node, problem)| LoadError::Tree { tree: index, node, problem })?;
    }
    check_profile(&file.training_profile, &file.feature_names)
}

fn require(holds: bool, field: &str, found: impl FnOnce() -> String) -> Result<(), LoadError> {
    if holds { Ok(()) } else { Err(LoadError::Field { field: field.to_owned(), found: found() }) }
}

/// Checks what a file says of its detector, and gives it.
fn check_detector(file: &Contents) -> Result<Detector, LoadError> {
    let version = file.format_version;
    let detector = file.detector.unwrap_or_default();
    require((version == STANDARD_VERSION) == file.detector.is_none(), "detector", || {
        format!("{} in version {version} of the format", if file.detector.is_some() { "there" } else { "not there" })
    })?;
    require((version == STANDARD_VERSION) == (detector == Detector::Standard), "detector", || {
        format!("{:?}; a standard forest is written in version {STANDARD_VERSION} of the format", detector.name())
    })?;
    let resolved = detector.resolve(file.n_features).map_err(|wrong| LoadError::Field {
        field: format!("detector.{}", wrong.name),
        found: format!("{}; expected {}", wrong.value, wrong.rule),
    })?;
    // The only one that can be left open.
    require(resolved == detector, "detector.extension_level", || "null; expected the level that was used".into())?;
    let n_medians = if detector.reads_medians() { file.n_features } else { 0 };
    require(file.medians.len() == n_medians, "medians", || {
        format!("{} numbers; expected {n_medians} for the detector {:?}", file.medians.len(), detector.name())
    })?;
    require(file.medians.iter().all(|median| median.is_finite()), "medians", || {
        "not all finite; expected the median of each feature, or 0".into()
    })?;
    Ok(detector)
}

fn check_profile(profile: &TrainingProfile, feature_names: &[String]) -> Result<(), LoadError> {
    let names = profile.features.iter().map(|feature| &feature.name);
    require(names.eq(feature_names), "training_profile.features", || {
        "other features, or in another order, than feature_names".into()
    })?;
    require(profile.rows >= 1, "training_profile.rows", || "0; expected at least 1".into())?;
    require(profile.outliers <= profile.rows, "training_profile.outliers", || {
        format!("{} of {} rows", profile.outliers, profile.rows)
    })?;
    check_distribution(&profile.scores, "training_profile.scores")?;
    for (index, feature) in profile.features.iter().enumerate() {
        let place = format!("training_profile.features[{index}]");
        require(feature.missing <= profile.rows, &place, || {
            format!("{} missing of {} rows", feature.missing, profile.rows)
        })?;
        check_distribution(&feature.distribution, &format!("{place}.distribution"))?;
    }
    Ok(())
}

fn check_distribution(distribution: &Distribution, place: &str) -> Result<(), LoadError> {
    let Distribution { min, max, mean, std, edges, shares } = distribution;
    let numbers = [min, max, mean, std];
    let known = numbers.iter().filter(|number| number.is_some_and(f64::is_finite)).count();
    if numbers.iter().all(|number| number.is_none()) && edges.is_empty() && shares.is_empty() {
        return Ok(());
    }
    require(known == numbers.len(), place, || {
        "min, max, mean and std are not four finite numbers, nor all null".into()
    })?;
    require(shares.len() == edges.len() + 1, place, || {
        format!("{} shares for {} edges; expected one more", shares.len(), edges.len())
    })?;
    require(edges.iter().all(|edge| edge.is_finite()) && edges.is_sorted_by(|a, b| a < b), place, || {
        "edges that do not rise".into()
    })?;
    require(shares.iter().all(|share| (0.0..=1.0).contains(share)), place, || "a share outside [0, 1]".into())
}

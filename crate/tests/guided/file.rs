use isoforest::export::{ExportError, to_sql, tree_to_dot};
use isoforest::{Guided, GuidedScore, LoadError, ModelFile, TrainingProfile, TreeProblem, average_path_length};
use serde_json::{Value, json};

use crate::common::{Recipe, assert_same_bits};
use crate::{guided, scores, ways};

fn model(way: Guided) -> ModelFile {
    let x = Recipe { missing: 0.1, ..Recipe::new(60, 2, 7) }.cook();
    let forest = guided(way).n_estimators(3).fit_named(x.view(), &["mean", "sd"]).unwrap();
    let profile = TrainingProfile::new(&forest, x.view()).unwrap();
    ModelFile::new(forest, profile)
}

fn load_with(place: &str, value: Value) -> LoadError {
    let mut document: Value = serde_json::from_str(&model(Guided::default()).to_json().unwrap()).unwrap();
    *document.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
    ModelFile::from_slice(document.to_string().as_bytes()).expect_err(place)
}

#[test]
fn a_file_reads_back_to_the_last_bit() {
    let x = Recipe { missing: 0.1, ..Recipe::new(500, 2, 8) }.cook();
    for way in ways() {
        let model = model(way);
        let read = ModelFile::from_slice(model.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(read.format_version(), 2);
        assert_eq!(read.forest().params(), model.forest().params());
        assert_eq!(read.forest().trees(), model.forest().trees());
        assert_same_bits(&scores(read.forest(), x.view()), &scores(model.forest(), x.view()), "scores");
    }
}

#[test]
fn the_file_names_the_detector_and_all_its_parameters() {
    let document: Value = serde_json::from_str(&model(ways()[2]).to_json().unwrap()).unwrap();
    let names: Vec<&String> = document["detector"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["average_gain", "column_weights", "name", "pooled_gain", "score"]);
    assert_eq!(document["detector"]["name"], json!("guided"));
    assert_eq!(document["detector"]["score"], json!("density"));
    assert!(document.get("medians").is_none());
}

#[test]
fn a_detector_of_another_kind_is_told_without_names_of_types() {
    for (field, value) in [
        ("/detector", json!(5)),
        ("/detector/name", json!(5)),
        ("/detector/column_weights", json!(5)),
        ("/detector/column_weights", json!({})),
        ("/detector/score", json!([])),
    ] {
        let told = load_with(field, value.clone()).to_string();
        let is_plain = ["enum", "variant", "identifier", "map", "Detector"].iter().all(|word| !told.contains(word));
        assert!(told.starts_with("not a model file: expected ") && is_plain, "{field} {value}: {told}");
    }
}

#[test]
fn a_damaged_detector_or_leaf_is_an_error_that_names_it() {
    let message = |place: &str, value| load_with(place, value).to_string();
    assert_eq!(
        message("/detector/average_gain", json!(2.0)),
        "field `detector.average_gain` is 2; expected a probability in [0, 1]"
    );
    assert_eq!(
        message("/detector/pooled_gain", json!(-0.5)),
        "field `detector.pooled_gain` is -0.5; expected a probability in [0, 1]"
    );
    assert_eq!(
        message("/detector/pooled_gain", json!(0.75)),
        "field `detector.pooled_gain + average_gain` is 0.75 + 0.5; expected at most 1"
    );
    for value in [json!("other"), json!(1), json!(null)] {
        assert!(matches!(load_with("/detector/column_weights", value.clone()), LoadError::Json(_)));
        assert!(matches!(load_with("/detector/score", value), LoadError::Json(_)));
    }
    let problem = |place: &str, value| match load_with(place, value) {
        LoadError::Tree { tree: 1, problem, .. } => problem,
        other => panic!("{place}: {other}"),
    };
    assert_eq!(problem("/trees/1/leaf_value/0", json!(1.0)), TreeProblem::InnerValue(1.0));
    let last = model(Guided::default()).forest().trees()[1].n_nodes() - 1;
    let negative = problem(&format!("/trees/1/leaf_value/{last}"), json!(-0.25));
    assert!(matches!(negative, TreeProblem::LeafValue { value: -0.25, .. }), "{negative}");
    let error = load_with("/trees/1/leaf_value", json!([]));
    assert!(matches!(&error, LoadError::Json(_)) && error.to_string().contains("the field left out"), "{error}");
    let short = problem("/trees/1/leaf_value", json!([0.0]));
    assert!(matches!(short, TreeProblem::ArrayLength { array: "leaf_value", found: 1, .. }));
}

#[test]
fn a_leaf_is_not_worth_more_than_its_depth_and_rows_allow() {
    for score in crate::SCORES {
        let model = model(Guided { score, ..Guided::default() });
        let document: Value = serde_json::from_str(&model.to_json().unwrap()).unwrap();
        let tree = &model.forest().trees()[1];
        let depths = tree.depths();
        for node in (0..tree.n_nodes()).filter(|&node| tree.children(node).is_none()) {
            let (depth, n_rows) = (f64::from(depths[node]), tree.n_samples[node] as usize);
            let most = match score {
                GuidedScore::Depth => depth + average_path_length(n_rows),
                GuidedScore::AdjustedDepth => 2.0 * depth + average_path_length(n_rows),
                GuidedScore::Density => 20.0 * depth + (n_rows as f64).log2(),
            };
            for (value, is_read) in [(most, true), (most * 1.001, false), (most + 1e300, false), (0.0, true)] {
                let mut changed = document.clone();
                changed["trees"][1]["leaf_value"][node] = json!(value);
                match ModelFile::from_slice(changed.to_string().as_bytes()) {
                    Ok(_) => assert!(is_read, "{score:?}, {value} was read"),
                    Err(LoadError::Tree {
                        tree: 1,
                        node: Some(at),
                        problem: TreeProblem::LeafValue { value: found, most: bound },
                    }) => {
                        assert!(
                            !is_read && at == node && found == value && (bound - most).abs() < 1e-9,
                            "{score:?}: {bound}, not {most}"
                        );
                    }
                    Err(other) => panic!("{score:?}: {other}"),
                }
            }
        }
    }
}

#[test]
fn a_query_has_the_leaves_own_values() -> Result<(), ExportError> {
    let model = model(ways()[2]);
    let tree = &model.forest().trees()[0];
    let leaf = (0..tree.n_nodes()).find(|&node| tree.children(node).is_none()).unwrap();
    let sql = to_sql(model.forest(), "users")?;
    assert!(sql.contains(&format!("{}::float8", tree.leaf_value[leaf])), "{}", tree.leaf_value[leaf]);
    // log2 of the 60 rows that each of three trees saw.
    assert!(sql.contains(&format!("-path_lengths / {}::double precision", 3.0 * 60.0_f64.log2())), "{sql}");
    assert!(tree_to_dot(model.forest(), 0)?.contains("value "));
    Ok(())
}

use isoforest::export::{ExportError, to_sql, tree_to_dot};
use isoforest::{Guided, LoadError, ModelFile, TrainingProfile, TreeProblem};
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
fn a_damaged_detector_or_leaf_is_an_error_that_names_it() {
    for (place, value) in [("/detector/average_gain", json!(2.0)), ("/detector/pooled_gain", json!(-0.5))] {
        let error = load_with(place, value);
        assert!(matches!(&error, LoadError::Field { field, .. } if field == "detector"), "{place}: {error}");
    }
    for value in [json!("other"), json!(1), json!(null)] {
        assert!(matches!(load_with("/detector/column_weights", value.clone()), LoadError::Json(_)));
        assert!(matches!(load_with("/detector/score", value), LoadError::Json(_)));
    }
    let problem = |place: &str, value| match load_with(place, value) {
        LoadError::Tree { tree: 1, problem, .. } => problem,
        other => panic!("{place}: {other}"),
    };
    assert_eq!(problem("/trees/1/leaf_value/0", json!(1.0)), TreeProblem::LeafValue(1.0));
    let last = model(Guided::default()).forest().trees()[1].n_nodes() - 1;
    assert_eq!(problem(&format!("/trees/1/leaf_value/{last}"), json!(-0.25)), TreeProblem::LeafValue(-0.25));
    let missing = problem("/trees/1/leaf_value", json!([]));
    assert!(matches!(missing, TreeProblem::Part { part: "leaf_value", is_there: false, detector: "guided" }));
    let short = problem("/trees/1/leaf_value", json!([0.0]));
    assert!(matches!(short, TreeProblem::ArrayLength { array: "leaf_value", found: 1, .. }));
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

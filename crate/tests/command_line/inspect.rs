use isoforest::ModelFile;
use std::fs;

use crate::folder::Folder;

#[test]
fn inspect_shows_parameters_profile_and_file() {
    let folder = Folder::with_model();
    let text = folder.done(&["inspect", "model.json"]);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        line.unwrap_or_else(|| panic!("{name} in {text}")).trim_start().strip_prefix(name).unwrap().trim()
    };
    assert_eq!(value("format"), "isoforest, version 1");
    assert_eq!(value("n_estimators"), "100");
    assert_eq!(value("max_samples "), "auto");
    assert_eq!(value("max_features"), "1.0");
    assert_eq!(value("random_state"), "16");
    assert_eq!(value("offset_"), "-0.5");
    assert_eq!(value("rows"), "500");
    assert_eq!(value("features"), "2: mean, sd");
    let bytes = fs::metadata(folder.path("model.json")).unwrap().len();
    assert_eq!(value("size").replace(',', ""), format!("{bytes} bytes"));
}

#[test]
fn inspect_shows_every_node_of_a_tree() {
    let folder = Folder::new();
    folder.write("train.csv", "a,b\n1,\n2,5\n3,6\n4,\n10,7\n");
    folder.done(&["train", "train.csv", "--output", "model.json", "--random-state", "1"]);
    let model = ModelFile::read(folder.path("model.json")).unwrap();
    let tree = &model.forest().trees()[0];
    let text = folder.done(&["inspect", "model.json", "--tree", "0"]);
    assert!(text.starts_with(&format!("tree 0: {} nodes, {} of them leaves", tree.n_nodes(), tree.n_leaves())));
    // One line a leaf, and one a condition: every node but the root is reached by one.
    assert_eq!(text.lines().filter(|line| line.contains("--- leaf: ")).count(), tree.n_leaves());
    assert_eq!(text.lines().count(), 1 + tree.n_leaves() + tree.n_nodes() - 1);
    for (feature, threshold) in tree.feature.iter().zip(&tree.threshold).filter(|(feature, _)| **feature >= 0) {
        let name = ["a", "b"][usize::try_from(*feature).unwrap()];
        assert!(text.contains(&format!("--- {name} <= {threshold}")), "{text}");
        assert!(text.contains(&format!("--- {name} > {threshold}")), "{text}");
    }
    let all: String =
        (0..100).map(|tree| folder.done(&["inspect", "model.json", "--tree", &tree.to_string()])).collect();
    assert!(all.contains("b <= ") && all.contains(" or missing"), "b has missing values");
    assert!(!all.lines().any(|line| line.contains("--- a ") && line.contains("missing")), "a has none");
}

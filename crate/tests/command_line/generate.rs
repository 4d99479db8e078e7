use isoforest::data::{DEFAULT_SEED, generate, read_csv};
use std::fs;

use crate::folder::Folder;

#[test]
fn generate_writes_the_librarys_tables() {
    let folder = Folder::new();
    folder.done(&["generate", "--output", "new/data", "--seed", "3", "--train-rows", "100", "--test-rows", "10"]);
    let data = generate(3, 100, 10);
    assert_eq!(read_csv(folder.path("new/data/train.csv")).unwrap(), data.train);
    assert_eq!(read_csv(folder.path("new/data/test.csv")).unwrap(), data.test);

    folder.done(&["generate", "--output", "new/data", "--train-rows", "100", "--test-rows", "10"]);
    let data = generate(DEFAULT_SEED, 100, 10);
    assert_eq!(read_csv(folder.path("new/data/train.csv")).unwrap(), data.train);
    assert_eq!(fs::read_dir(folder.path("new/data")).unwrap().count(), 2);
}

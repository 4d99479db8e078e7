use std::fs;

use crate::folder::{Folder, failure, library_scores, written_scores};

#[test]
fn columns_are_found_by_name_and_rows_with_missing_values_are_scored() {
    let folder = Folder::with_model();
    folder.write("swapped.csv", "sd,mean\n0.5,0.25\n,3\n");
    folder.write("plain.csv", "mean,sd\n0.25,0.5\n3,\n");
    let swapped = folder.done(&["score", "model.json", "swapped.csv", "--n-jobs", "2"]);
    assert_eq!(swapped, folder.done(&["score", "model.json", "plain.csv"]));
    assert_eq!(written_scores(&swapped), library_scores(&folder.path("model.json"), &folder.path("plain.csv")));
}

#[test]
fn a_wrong_csv_fails_with_file_line_and_column() {
    let folder = Folder::with_model();
    let before = folder.names();
    let number = "expected a number, or nothing for a missing value, found";
    let cases: &[(&[u8], &str)] = &[
        (b"", "bad.csv, line 1: the file is empty; expected a header with the column names, then rows of numbers"),
        (b"mean,sd\n", "bad.csv, line 1: there are no rows after the header; expected at least one row of numbers"),
        (
            b"1,2\n3,4\n",
            "bad.csv, line 1: the header is missing: expected the column names, found the numbers \"1\", \"2\"; write names above them, such as `a,b,c`",
        ),
        (
            b"mean,mean\n3,4\n",
            "bad.csv, line 1, column 2 (\"mean\"): the column name is already used by column 1; \
                               expected a different name for every column",
        ),
        (b"mean,sd\n1,2\n3,word\n", &format!("bad.csv, line 3, column 2 (\"sd\"): {number} \"word\"")),
        (b"mean,sd\ninf,2\n", "bad.csv, line 2, column 1 (\"mean\"): expected a finite number, found \"inf\""),
        (b"mean,sd\n1,1e999\n", "bad.csv, line 2, column 2 (\"sd\"): expected a finite number, found \"1e999\""),
        (
            b"mean,sd\n1,2\n1,1e39\n",
            "bad.csv, line 3, column 2 (\"sd\"): expected a number within the range of f32 \
                                     (up to 3.4e38), found 1e39",
        ),
        (b"mean,sd\n1,2\n3\n", "bad.csv, line 3: expected 2 cells, one for each column of the header, found 1"),
        (b"mean,sd\n1,2,3\n", "bad.csv, line 2: expected 2 cells, one for each column of the header, found 3"),
        (
            b"mean,sd\n\xFF,2\n",
            "bad.csv, line 2, column 1 (\"mean\"): expected UTF-8 text, found the byte 0xFF; \
                                save the file as UTF-8",
        ),
    ];
    for (bytes, message) in cases {
        folder.write("bad.csv", bytes);
        assert_eq!(&folder.failed(&["train", "bad.csv", "--output", "new.json"]), message);
        assert_eq!(&folder.failed(&["score", "model.json", "bad.csv", "--output", "new.csv"]), message);
    }
    fs::remove_file(folder.path("bad.csv")).unwrap();
    assert_eq!(folder.names(), before, "no output was left behind");
}

#[test]
fn a_header_that_is_not_the_models_fails_with_the_columns_name() {
    let folder = Folder::with_model();
    folder.write("bad.csv", "mean,std\n1,2\n");
    assert_eq!(
        folder.failed(&["score", "model.json", "bad.csv"]),
        "bad.csv, line 1: the column \"sd\" is missing: expected the columns \"mean\", \"sd\", found \"mean\", \"std\"",
    );
    folder.write("bad.csv", "mean,sd,age\n1,2,3\n");
    assert_eq!(
        folder.failed(&["score", "model.json", "bad.csv"]),
        "bad.csv, line 1, column 3 (\"age\"): the column is not one of the expected columns \"mean\", \"sd\"; remove it",
    );
}

#[test]
fn a_value_beyond_f32_is_found_in_any_block_and_column_order() {
    let folder = Folder::with_model();
    let mut text = "sd,mean\n".to_owned();
    // More rows than a block has.
    text.push_str(&"1,2\n".repeat(300_000));
    text.push_str("1,-1e300\n");
    let output = folder.run_with(&["score", "model.json", "-", "--output", "new.csv", "--n-jobs", "2"], text);
    assert_eq!(
        failure(&output),
        "standard input, line 300002, column 2 (\"mean\"): expected a number within the range of f32 \
         (up to 3.4e38), found -1e300",
    );
    assert!(!folder.path("new.csv").exists());
}

use std::fs;

use crate::folder::{Folder, failure, library_scores, stderr, written_scores};

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
}

#[test]
fn only_the_columns_of_features_are_trained_on_and_scored_whatever_is_in_the_others() {
    let folder = Folder::with_model();
    let named = |name: &str| {
        let rows = fs::read_to_string(folder.path(name)).unwrap();
        let rows = rows.lines().enumerate().map(|(i, row)| {
            let (mean, sd) = row.split_once(',').unwrap();
            if i == 0 { format!("user,{sd},label,{mean}\n") } else { format!("user {i},{sd},inf,{mean}\n") }
        });
        rows.collect::<String>()
    };
    folder.write("users.csv", named("train.csv"));
    folder.write("new users.csv", named("test.csv"));
    let scores = folder.done(&["score", "model.json", "test.csv"]);
    let threshold = folder.done(&["threshold", "model.json", "train.csv", "--json"]);
    for more in [&[][..], &["--subsample", "600"], &["--subsample", "500"]] {
        let train =
            ["train", "users.csv", "--output", "of users.json", "--random-state", "16", "--features", "mean, sd"];
        let output = folder.run(&[&train[..], more].concat());
        assert!(stderr(&output).starts_with("100 trees on 500 rows of 2 features"), "{}", stderr(&output));
        let output = folder.run(&["score", "of users.json", "new users.csv"]);
        assert_eq!(String::from_utf8(output.stdout.clone()).unwrap(), scores);
        let note = "note: the model was not trained on the columns \"user\", \"label\"; they are passed over\n";
        assert!(stderr(&output).starts_with(note), "{}", stderr(&output));
        assert_eq!(folder.done(&["threshold", "of users.json", "users.csv", "--json"]), threshold);
    }
    // The place of a bad value is that of the file.
    folder.write("bad.csv", "user,sd,label,mean\nana,1,x,2\nbo,1,x,y\n");
    let place = "bad.csv, line 3, column 4 (\"mean\"): expected a number, or nothing for a missing value, found \"y\"";
    let output = folder.run(&["score", "model.json", "bad.csv"]);
    assert!(stderr(&output).ends_with(&format!("error: {place}\n")), "{}", stderr(&output));
    folder.write("bad.csv", "user,sd,label,mean\nana,1,x,1e300\n");
    assert_eq!(
        folder.failed(&["train", "bad.csv", "--output", "m.json", "--features", "sd,mean"]),
        "bad.csv, line 2, column 4 (\"mean\"): expected a number within the range of f32 (up to 3.4e38), found 1e300",
    );
}

#[test]
fn features_that_cannot_be_are_refused() {
    let folder = Folder::with_model();
    let failed = |features| folder.failed(&["train", "train.csv", "--output", "m.json", "--features", features]);
    assert_eq!(
        failed("mean,age"),
        "train.csv, line 1: the column \"age\" is missing: expected the columns \"mean\", \"age\", found \"mean\", \"sd\"",
    );
    assert_eq!(failed("mean,sd,mean"), "--features names the column \"mean\" twice");
    assert_eq!(failed("mean,"), "--features has an empty name; expected names of columns, such as mean,sd");
    assert!(!folder.path("m.json").exists());
}

#[test]
fn a_compressed_file_is_called_one_and_the_way_to_read_it_is_told() {
    let folder = Folder::with_model();
    // gzip of nothing; the header is what counts.
    let gzip = b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    folder.write("test.csv.gz", gzip);
    let told = "the file is compressed with gzip; unpack it into standard input, which is called -: `gzip -dc … | isoforest …`";
    assert_eq!(folder.failed(&["score", "model.json", "test.csv.gz"]), format!("test.csv.gz: {told}"));
    assert_eq!(failure(&folder.run_with(&["score", "model.json", "-"], gzip)), format!("standard input: {told}"));
    folder.write("test.csv.zst", b"\x28\xB5\x2F\xFD\x24\0\x01\0\0\x99\xE9\xD8\x51");
    assert!(folder.failed(&["train", "test.csv.zst", "--output", "m.json"]).contains("zstd"));
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

//! Reading CSV: what is accepted, and that every error names file, line and column.

use std::io::{self, Read};

use isoforest::data::{CsvBlocks, CsvError, Table, read_csv, read_csv_expecting, read_csv_from};
use ndarray::{Array2, array};
use proptest::prelude::*;

fn read(text: &str) -> Result<Table, CsvError> {
    read_csv_from(text.as_bytes(), "users.csv")
}

fn message(text: impl AsRef<[u8]>) -> String {
    read_csv_from(text.as_ref(), "users.csv").expect_err("the text has an error").to_string()
}

/// Values with one bit pattern for NaN, so that they can be compared.
fn bits(values: &Array2<f64>) -> Array2<u64> {
    values.mapv(f64::to_bits)
}

#[test]
fn numbers_of_all_spellings_are_read_exactly() {
    let table = read("a,b,c\n1,-0.5,+2e3\n.5,1.,-0\n-0.15795269682074692,5e-324,1.7976931348623157e308\n").unwrap();
    assert_eq!(table.feature_names, ["a", "b", "c"]);
    let expected = array![[1.0, -0.5, 2000.0], [0.5, 1.0, -0.0], [-0.157_952_696_820_746_92, 5e-324, f64::MAX]];
    assert_eq!(bits(&table.values), bits(&expected));
}

#[test]
fn an_empty_cell_and_nan_are_missing_values() {
    let table = read("a,b\n,1\nNaN,\n  ,nan\n").unwrap();
    let expected = array![[f64::NAN, 1.0], [f64::NAN, f64::NAN], [f64::NAN, f64::NAN]];
    assert_eq!(bits(&table.values), bits(&expected));
}

#[test]
fn a_missing_value_of_a_single_column_is_a_pair_of_quotation_marks() {
    assert_eq!(bits(&read("a\n1\n\"\"\n").unwrap().values), bits(&array![[1.0], [f64::NAN]]));
}

#[test]
fn marks_line_ends_quotes_spaces_and_trailing_blank_lines_change_nothing() {
    let plain = read("mean,sd\n1,2\n3,4\n").unwrap();
    for text in [
        "\u{feff}mean,sd\n1,2\n3,4\n",
        "mean,sd\r\n1,2\r\n3,4\r\n",
        "\u{feff}\"mean\",\"sd\"\r\n\"1\",\"2\"\r\n\"3\",4",
        "mean,sd\n1,2\n3,4",
        "mean,sd\n1,2\n3,4\n\n\n",
        "mean,sd\r\n1,2\r\n3,4\r\n\r\n  \r\n",
        " mean , sd\n 1,2 \n\t3, 4\n",
    ] {
        assert_eq!(read(text).unwrap(), plain, "{text:?}");
    }
}

#[test]
fn a_quoted_name_may_hold_commas_and_quotation_marks() {
    let table = read("\"amount, mean\",\"the \"\"sd\"\"\"\n1,2\n").unwrap();
    assert_eq!(table.feature_names, ["amount, mean", "the \"sd\""]);
}

#[test]
fn a_mark_that_arrives_byte_by_byte_is_still_a_mark() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }
    let table = read_csv_from(Slow("\u{feff}a\n1\n".as_bytes()), "slow").unwrap();
    assert_eq!(table.feature_names, ["a"]);
}

#[test]
fn a_missing_file_and_a_folder_are_named_with_the_systems_reason() {
    assert_eq!(
        read_csv("no/such/users.csv").unwrap_err().to_string(),
        "no/such/users.csv: cannot open the file: No such file or directory (os error 2)",
    );
    let folder = tempfile::tempdir().unwrap();
    let error = read_csv(folder.path()).unwrap_err();
    assert!(matches!(error, CsvError::Open { .. }), "{error}");
    assert!(error.to_string().contains("directory"), "{error}");
}

#[test]
fn reading_that_stops_half_way_names_the_line() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable is out"))
        }
    }
    let error = read_csv_from("a\n1\n".as_bytes().chain(Broken), "users.csv").unwrap_err();
    assert_eq!(error.to_string(), "users.csv, line 3: cannot read on: the cable is out");
}

#[test]
fn a_file_without_header_or_rows_is_an_error() {
    let empty = "users.csv, line 1: the file is empty; expected a header with the column names, then rows of numbers";
    for text in ["", "\n", "\u{feff}", "\r\n\r\n"] {
        assert_eq!(message(text), empty, "{text:?}");
    }
    let no_rows = "users.csv, line 1: there are no rows after the header; expected at least one row of numbers";
    for text in ["a,b", "a,b\n", "a,b\r\n\r\n"] {
        assert_eq!(message(text), no_rows, "{text:?}");
    }
}

#[test]
fn a_header_of_numbers_is_called_missing() {
    assert_eq!(
        message("0.5,-1\n2,3\n"),
        r#"users.csv, line 1: the header is missing: expected the column names, found the numbers "0.5", "-1"; write names above them, such as `a,b,c`"#,
    );
    assert!(matches!(read("1,,nan\n"), Err(CsvError::MissingHeader { .. })));
}

#[test]
fn a_column_name_that_is_empty_or_used_twice_is_an_error() {
    assert_eq!(
        message("mean,,sd\n1,2,3\n"),
        "users.csv, line 1, column 2: the column name is empty; expected a name (pandas: write with `index=False`)",
    );
    assert_eq!(
        message("mean,sd,mean\n1,2,3\n"),
        "users.csv, line 1, column 3 (\"mean\"): the column name is already used by column 1; \
         expected a different name for every column",
    );
    assert!(matches!(read(",\n1,2\n"), Err(CsvError::EmptyColumnName { .. })));
}

#[test]
fn a_word_in_a_cell_is_named_with_line_and_column() {
    assert_eq!(
        message("mean,sd\n1,2\n3,many\n"),
        r#"users.csv, line 3, column 2 ("sd"): expected a number, or nothing for a missing value, found "many""#,
    );
    assert!(message("a\n1;2\n").ends_with("found \"1;2\"; cells are separated by commas, not semicolons"));
    assert!(message("a\n1\t2\n").ends_with("found \"1\\t2\"; cells are separated by commas, not tabs"));
}

#[test]
fn what_is_found_is_shown_escaped_and_cut() {
    assert!(message("a\n\u{1b}[31m\n").ends_with(r#"found "\u{1b}[31m""#));
    let long = message(format!("a\n{}\n", "é".repeat(5000)));
    assert!(long.ends_with("é\"…") && long.len() < 300, "{long}");
    let many: Vec<String> = (0..100).map(|i| format!("{i}")).collect();
    assert!(message(many.join(",")).contains("\"11\" and 88 more; write"));
}

#[test]
fn an_infinity_in_words_or_digits_is_an_error() {
    for word in ["inf", "-Infinity", "1e999", "-1e309"] {
        assert_eq!(
            message(format!("mean,sd\n{word},2\n")),
            format!("users.csv, line 2, column 1 (\"mean\"): expected a finite number, found \"{word}\""),
        );
    }
    assert_eq!(read("a\n1e300\n").unwrap().values, array![[1e300]], "beyond f32 is the forest's affair");
}

#[test]
fn a_short_and_a_long_row_are_errors_with_both_counts() {
    assert_eq!(
        message("a,b,c\n1,2,3\n1,2\n"),
        "users.csv, line 3: expected 3 cells, one for each column of the header, found 2",
    );
    assert_eq!(message("a\n1,2\n"), "users.csv, line 2: expected 1 cell, one for each column of the header, found 2",);
    assert!(matches!(read("a,b\nword\n"), Err(CsvError::RowLength { .. })), "the length is judged first");
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_line_and_column() {
    assert_eq!(
        message(b"mean,sd\n1,2\n3,4\xE9\n"),
        "users.csv, line 3, column 2 (\"sd\"): expected UTF-8 text, found the byte 0xE9; save the file as UTF-8",
    );
    assert!(message(b"\xFF\xFEm\0e\0").starts_with("users.csv, line 1, column 1: expected UTF-8"));
}

#[test]
fn line_numbers_are_those_of_an_editor_for_either_line_end() {
    for end in ["\n", "\r\n"] {
        let text = ["a,b", "1,2", "\"3\",4", "5,6", "7,oops"].join(end);
        assert!(message(&text).starts_with("users.csv, line 5, column 2 (\"b\")"), "{text:?}");
    }
}

#[test]
fn a_blank_line_between_rows_is_an_error_and_not_skipped() {
    for text in ["a,b\n1,2\n\n3,4\n", "a,b\r\n1,2\r\n \r\n\r\n3,4"] {
        assert!(message(text).starts_with("users.csv, line 3: the line is blank, but rows follow"), "{text:?}");
    }
}

#[test]
fn an_open_quotation_mark_does_not_swallow_the_file() {
    assert!(message("a,b\n\"1,2\n3,4\"\n").starts_with("users.csv, line 2: a quotation mark is not closed"));
}

#[test]
fn a_line_without_end_is_an_error_and_not_a_full_memory() {
    let endless = "a\n".as_bytes().chain(io::repeat(b'1'));
    let error = read_csv_from(endless, "users.csv").unwrap_err();
    assert!(error.to_string().starts_with("users.csv, line 2: the line is longer than"), "{error}");
}

#[test]
fn expected_columns_are_matched_by_name_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    std::fs::write(&path, "c,a,b\n3,1,2\n30,,20\n").unwrap();
    let table = read_csv_expecting(&path, &["a", "b", "c"]).unwrap();
    assert_eq!(table.feature_names, ["a", "b", "c"]);
    assert_eq!(bits(&table.values), bits(&array![[1.0, 2.0, 3.0], [f64::NAN, 20.0, 30.0]]));

    std::fs::write(&path, "c,a,b\n3,x,2\n").unwrap();
    let error = read_csv_expecting(&path, &["a", "b", "c"]).unwrap_err().to_string();
    assert!(error.contains("line 2, column 2 (\"a\")"), "the column is the file's: {error}");
}

#[test]
fn a_missing_and_an_additional_column_are_errors_that_name_it() {
    let open = |text: &'static str| CsvBlocks::new(text.as_bytes(), "users.csv", 10).unwrap();
    assert_eq!(
        open("mean,std\n1,2\n").expecting(&["mean", "sd"]).err().unwrap().to_string(),
        "users.csv, line 1: the column \"sd\" is missing: expected the columns \"mean\", \"sd\", found \"mean\", \"std\"",
    );
    assert_eq!(
        open("mean,age,sd\n1,2,3\n").expecting(&["mean", "sd"]).err().unwrap().to_string(),
        "users.csv, line 1, column 2 (\"age\"): the column is not one of the expected columns \"mean\", \"sd\"; remove it",
    );
}

#[test]
fn blocks_hold_the_same_rows_whatever_their_size() {
    let text: String = std::iter::once("a,b\n".to_owned()).chain((0..103).map(|i| format!("{i},{}\n", -i))).collect();
    let whole = read(&text).unwrap().values;
    for rows_per_block in [0, 1, 7, 103, 1000] {
        let blocks: Vec<Array2<f64>> =
            CsvBlocks::new(text.as_bytes(), "users.csv", rows_per_block).unwrap().map(Result::unwrap).collect();
        assert!(blocks.iter().all(|block| block.nrows() <= rows_per_block.max(1)));
        let views: Vec<_> = blocks.iter().map(Array2::view).collect();
        assert_eq!(ndarray::concatenate(ndarray::Axis(0), &views).unwrap(), whole);
    }
}

#[test]
fn blocks_end_after_an_error() {
    let mut blocks = CsvBlocks::new("a\n1\nx\n3\n".as_bytes(), "users.csv", 1).unwrap();
    assert!(blocks.next().unwrap().is_ok());
    assert!(blocks.next().unwrap().is_err());
    assert!(blocks.next().is_none());
    let mut header_only = CsvBlocks::new("a\n".as_bytes(), "users.csv", 1).unwrap();
    assert!(matches!(header_only.next(), Some(Err(CsvError::NoRows { .. }))));
    assert!(header_only.next().is_none());
}

/// Text made of the pieces that matter to a CSV reader, more often wrong in an interesting way than plain noise.
fn csv_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b",".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"1e999".to_vec()),
        Just(b"nan".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just(b"\xFF".to_vec()),
        "[a-z0-9.+-]{1,4}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_table_or_an_error(bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), csv_like()]) {
        match read_csv_from(bytes.as_slice(), "bytes") {
            Ok(table) => {
                prop_assert_eq!(table.values.ncols(), table.feature_names.len());
                prop_assert!(table.values.nrows() > 0);
                prop_assert!(!table.values.iter().any(|value| value.is_infinite()));
            }
            Err(error) => prop_assert!(error.to_string().starts_with("bytes, line "), "{}", error),
        }
    }

    #[test]
    fn a_written_table_reads_back_to_the_same_bits(
        rows in (1..6_usize).prop_flat_map(|n| prop::collection::vec(
            prop::collection::vec(prop_oneof![any::<f64>(), Just(f64::NAN)], n), 1..20,
        )),
    ) {
        let n_features = rows[0].len();
        let values: Vec<f64> = rows.concat().into_iter()
            .map(|value| if value.is_finite() { value } else { f64::NAN }).collect();
        let table = Table {
            feature_names: (0..n_features).map(|i| format!("feature \"{i}\", raw")).collect(),
            values: Array2::from_shape_vec((rows.len(), n_features), values).unwrap(),
        };
        let mut bytes = Vec::new();
        table.write_csv(&mut bytes).unwrap();
        let read = read_csv_from(bytes.as_slice(), "written").unwrap();
        prop_assert_eq!(&read.feature_names, &table.feature_names);
        prop_assert_eq!(bits(&read.values), bits(&table.values));
    }
}

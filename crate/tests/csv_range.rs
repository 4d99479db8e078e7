//! A CSV file that is cut anywhere: the ranges together say what the whole file says.

use std::{fs, io::Cursor};

use isoforest::data::{CsvError, CsvRange, read_csv_from};
use proptest::prelude::*;

/// The numbers of the rows of a range.
fn read(text: &[u8], range: std::ops::Range<u64>) -> Result<Vec<Vec<u64>>, CsvError> {
    let mut rows = CsvRange::new(Cursor::new(text), "users.csv", range)?;
    let mut all = Vec::new();
    loop {
        let mut row = Vec::new();
        let there_is_one = rows.next_row(|cell| {
            assert_eq!(cell.column, row.len());
            row.push(cell.number()?.to_bits());
            Ok(())
        })?;
        if !there_is_one {
            assert!(!rows.next_row(|_| panic!("nothing comes after the end")).unwrap());
            return Ok(all);
        }
        all.push(row);
    }
}

/// The rows of all ranges between the cuts, or what is said about the first that has an error.
fn read_in_parts(text: &[u8], cuts: &[u64]) -> Result<Vec<Vec<u64>>, String> {
    let begins = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([text.len() as u64]);
    let parts = begins.zip(ends).map(|(begin, end)| read(text, begin..end).map_err(|error| error.to_string()));
    parts.collect::<Result<Vec<_>, _>>().map(|parts| parts.concat())
}

/// The rows of the whole file as another reader has them.
fn read_whole(text: &[u8]) -> Result<Vec<Vec<u64>>, String> {
    match read_csv_from(text, "users.csv") {
        Ok(table) => Ok(table.values.rows().into_iter().map(|row| row.iter().map(|v| v.to_bits()).collect()).collect()),
        // A part without rows is none.
        Err(CsvError::NoRows { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_row_belongs_to_the_range_in_which_its_line_begins() {
    let text = b"a,b\n1,2\n3,4\n5,6";
    let rows = |range| read(text, range).unwrap().len();
    assert_eq!(rows(0..16), 3);
    assert_eq!((rows(0..4), rows(0..5), rows(0..8), rows(0..9)), (0, 1, 1, 2));
    assert_eq!((rows(3..16), rows(4..16), rows(5..16), rows(8..16)), (3, 3, 2, 2));
    assert_eq!((rows(12..16), rows(13..16), rows(16..16), rows(99..120)), (1, 0, 0, 0));
}

#[test]
fn an_error_has_the_line_of_the_whole_file_and_the_name_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    fs::write(&path, format!("user,mean\n{}ana,lots\n", "bo,1\n".repeat(100_000))).unwrap();
    let mut rows = CsvRange::open(&path, 400_000..u64::MAX).unwrap();
    let error = loop {
        if let Err(error) = rows.next_row(|cell| if cell.column == 1 { cell.number().map(drop) } else { Ok(()) }) {
            break error.to_string();
        }
    };
    let expected = "users.csv, line 100002, column 2 (\"mean\"): expected a number, or nothing for a missing value, found \"lots\"";
    assert!(error.starts_with(folder.path().to_str().unwrap()) && error.ends_with(expected), "{error}");
    assert!(!rows.next_row(|_| panic!("nothing comes after an error")).unwrap());
    let error = CsvRange::open(folder.path().join("none.csv"), 0..1).err().unwrap().to_string();
    assert!(error.contains("none.csv: cannot open the file"), "{error}");
}

#[test]
fn a_blank_line_is_an_error_of_the_range_in_which_it_begins_whichever_range_has_the_next_row() {
    let text = b"a\n1\n\n \n\n2\n";
    let said = "users.csv, line 3: the line is blank, but rows follow";
    for cut in [0, 2, 3, 4, 5, 6, 7, 8, 9, 11] {
        let error = read_in_parts(text, &[cut]).unwrap_err();
        assert!(error.starts_with(said), "{cut}: {error}");
    }
    assert!(read(text, 2..4).is_ok());
    assert_eq!(read(b"a\n1\n\n \n\n", 0..20).unwrap().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn ranges_together_have_the_rows_of_the_file_or_its_first_error(
        lines in prop::collection::vec(
            prop_oneof![
                12 => "[0-9]{1,3},[0-9]{0,2}",
                3 => "\"[0-9]\", [0-9]{1,9}\r",
                1 => prop_oneof![
                    Just(String::new()), Just(" \t".into()), Just("1".into()), Just("1,2,3".into()), Just("\"1,2".into()),
                    Just("x,1".into()), Just("1,inf".into()), Just("\r".into()), Just("é,1".into()),
                ],
            ],
            0..20,
        ),
        ends_with_a_line_feed in any::<bool>(),
        cuts in prop::collection::vec(0.0..1.0, 0..6),
    ) {
        let mut text = format!("\u{feff}a,b\n{}", lines.join("\n"));
        if ends_with_a_line_feed {
            text.push('\n');
        }
        let mut cuts: Vec<u64> = cuts.iter().map(|share| (share * text.len() as f64) as u64).collect();
        cuts.sort_unstable();
        prop_assert_eq!(read_in_parts(text.as_bytes(), &cuts), read_whole(text.as_bytes()));
    }
}

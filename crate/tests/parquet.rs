//! Parquet files: the numbers of CSV to the last bit, and clear errors.
#![cfg(feature = "parquet")]

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use isoforest::data::{ParquetBlocks, Table, read_csv_from};
use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use proptest::prelude::*;
use tempfile::TempDir;

type Writer = SerializedFileWriter<File>;

/// A Parquet file in a folder of its own.
struct Written {
    folder: TempDir,
}

impl Written {
    /// A file of one row group for each round that `write` makes.
    fn new(schema: &str, compression: Compression, n_groups: usize, write: impl Fn(&mut Writer, usize)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let schema = Arc::new(parse_message_type(&format!("message rows {{ {schema} }}")).unwrap());
        let properties = WriterProperties::builder().set_compression(compression).set_data_page_row_count_limit(100);
        let file = File::create(folder.path().join("rows.parquet")).unwrap();
        let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).unwrap();
        (0..n_groups).for_each(|group| write(&mut writer, group));
        writer.close().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("rows.parquet")
    }

    fn read(&self, rows_per_block: usize) -> Table {
        ParquetBlocks::open(self.path(), rows_per_block).unwrap().read_all().unwrap()
    }

    /// The message of the error, without the folder.
    fn error(&self) -> String {
        let error = ParquetBlocks::open(self.path(), 10).and_then(ParquetBlocks::read_all).unwrap_err();
        error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// Writes a row group: for each column its values and, if there are missing ones, its definition levels.
macro_rules! write_group {
    ($writer:expr, $(($kind:ty, $values:expr, $levels:expr)),+ $(,)?) => {{
        let mut group = $writer.next_row_group().unwrap();
        $(write_column::<$kind>(&mut group, $values, $levels);)+
        group.close().unwrap();
    }};
}

fn write_column<T: DataType>(
    group: &mut parquet::file::writer::SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, levels, None).unwrap();
    column.close().unwrap();
}

/// Two row groups of two columns, with missing values and values that no short text has.
fn two_groups(compression: Compression) -> (Written, Table) {
    let numbers = |group: usize| -> Vec<f64> { (0..250).map(|i| ((i * 37 + group) as f64).sqrt() - 7.0).collect() };
    let written = Written::new("required double mean; optional double sd;", compression, 2, |writer, group| {
        let levels: Vec<i16> = (0..250).map(|i| i16::from(i % 3 != 0)).collect();
        let present: Vec<f64> =
            numbers(group + 5).into_iter().zip(&levels).filter(|(_, l)| **l == 1).map(|(v, _)| v).collect();
        write_group!(writer, (DoubleType, &numbers(group), None), (DoubleType, &present, Some(&levels)));
    });
    let mut text = "mean,sd\n".to_owned();
    for group in 0..2 {
        for (i, (mean, sd)) in numbers(group).iter().zip(numbers(group + 5)).enumerate() {
            let sd = if i % 3 == 0 { String::new() } else { sd.to_string() };
            writeln!(text, "{mean},{sd}").unwrap();
        }
    }
    (written, read_csv_from(text.as_bytes(), "rows.csv").unwrap())
}

fn assert_same(found: &Table, expected: &Table) {
    assert_eq!(found.feature_names, expected.feature_names);
    assert_eq!(found.values.dim(), expected.values.dim());
    for (place, value) in found.values.indexed_iter() {
        assert_eq!(value.to_bits(), expected.values[place].to_bits(), "{place:?}");
    }
}

#[test]
fn every_codec_and_block_size_gives_the_bits_of_csv() {
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())] {
        let (written, csv) = two_groups(compression);
        for rows_per_block in [0, 1, 7, 100, 250, 251, usize::MAX] {
            assert_same(&written.read(rows_per_block), &csv);
        }
    }
}

#[test]
fn integers_and_floats_of_every_width_are_numbers() {
    let schema = "required int32 a; required int64 b; required float c; required int32 d (UINT_32);
                  required int64 e (INTEGER(64,false)); required int32 f (INT_8); required int64 g (INTEGER(64,true));";
    let written = Written::new(schema, Compression::SNAPPY, 1, |writer, _| {
        write_group!(
            writer,
            (Int32Type, &[i32::MIN, 7], None),
            (Int64Type, &[i64::MAX, -7], None),
            (FloatType, &[0.1, f32::NAN], None),
            (Int32Type, &[-1, 1], None),
            (Int64Type, &[-1, 1], None),
            (Int32Type, &[-128, 127], None),
            (Int64Type, &[(1 << 53) + 1, 0], None),
        );
    });
    let text = format!(
        "a,b,c,d,e,f,g\n{},{},{},{},{},-128,{}\n7,-7,,1,1,127,0\n",
        i32::MIN,
        i64::MAX,
        f64::from(0.1_f32),
        u32::MAX,
        u64::MAX,
        (1_i64 << 53) + 1,
    );
    assert_same(&written.read(10), &read_csv_from(text.as_bytes(), "rows.csv").unwrap());
}

#[test]
fn columns_come_in_the_expected_order() {
    let (written, csv) = two_groups(Compression::SNAPPY);
    let open = || ParquetBlocks::open(written.path(), 100).unwrap();
    let swapped = open().expecting(&["sd", "mean"]).unwrap();
    assert_eq!(swapped.place_of(0, 0), format!("{}, row 1, column \"sd\"", written.path().display()));
    let swapped = swapped.read_all().unwrap();
    assert_eq!(swapped.feature_names, ["sd", "mean"]);
    assert_eq!(swapped.values.column(1), csv.values.column(0));
    let missing = open().expecting(&["mean", "age"]).err().unwrap().to_string();
    assert!(
        missing.ends_with(r#": the column "age" is missing: expected the columns "mean", "age", found "mean", "sd""#)
    );
    let extra = open().expecting(&["mean"]).err().unwrap().to_string();
    assert!(extra.contains(r#": the column "sd" is not one of the expected columns "mean"; remove it"#), "{extra}");
}

#[test]
fn columns_that_are_not_selected_may_hold_anything() {
    let schema = "required binary user (STRING); required double sd; required boolean label; required double mean;";
    let written = Written::new(schema, Compression::SNAPPY, 2, |writer, group| {
        let group = group as f64;
        write_group!(
            writer,
            (ByteArrayType, &["ana".into(), "bo".into()], None),
            (DoubleType, &[1.0, 2.0 + group], None),
            (BoolType, &[true, false], None),
            (DoubleType, &[3.0, 4.0 + group], None),
        );
    });
    let open = || ParquetBlocks::open(written.path(), 100).unwrap();
    let selected = open().selecting(&["mean", "sd"]).unwrap();
    assert_eq!(selected.passed_over(), ["user", "label"]);
    assert_eq!(selected.place_of(1, 0), format!("{}, row 2, column \"mean\"", written.path().display()));
    let csv = read_csv_from("mean,sd\n3,1\n4,2\n3,1\n5,3\n".as_bytes(), "rows.csv").unwrap();
    assert_same(&selected.read_all().unwrap(), &csv);
    let text = open().selecting(&["mean", "user"]).unwrap().read_all().unwrap_err().to_string();
    assert!(text.ends_with(r#"column "user": expected integers or floating-point numbers, found String (BYTE_ARRAY)"#));
    let missing = open().selecting(&["age"]).err().unwrap().to_string();
    assert!(missing.contains(r#"the column "age" is missing"#), "{missing}");
}

#[test]
fn what_is_not_a_plain_number_is_named() {
    let of_type = |schema: &str| Written::new(schema, Compression::SNAPPY, 0, |_, _| {}).error();
    let cases = [
        ("required boolean a;", "BOOLEAN"),
        ("required binary a (STRING);", "String (BYTE_ARRAY)"),
        ("required binary a;", "BYTE_ARRAY"),
        ("required int96 a;", "INT96"),
        ("required int32 a (DATE);", "Date (INT32)"),
        ("required int64 a (DECIMAL(9,2));", "Decimal"),
        ("required int64 a (TIMESTAMP(NANOS,true));", "Timestamp"),
        ("repeated double a;", "nested values"),
        ("required group a { required double b; }", "nested values"),
    ];
    for (schema, found) in cases {
        let message = of_type(schema);
        assert!(message.starts_with("rows.parquet, column \"a"), "{message}");
        assert!(message.contains(&format!("expected integers or floating-point numbers, found {found}")), "{message}");
    }
    assert_eq!(of_type("required double a;"), "rows.parquet: there are no rows; expected at least one row of numbers");
    let strings =
        Written::new("required double x; required binary name (STRING);", Compression::SNAPPY, 1, |writer, _| {
            write_group!(writer, (DoubleType, &[1.0], None), (ByteArrayType, &["x".into()], None));
        });
    assert!(strings.error().starts_with("rows.parquet, column \"name\": expected integers"));
}

#[test]
fn an_infinity_is_told_with_row_and_column() {
    let written = Written::new("required double a; required double b;", Compression::SNAPPY, 2, |writer, group| {
        let b = if group == 0 { [1.0; 20] } else { [f64::NEG_INFINITY; 20] };
        write_group!(writer, (DoubleType, &[0.5; 20], None), (DoubleType, &b, None));
    });
    assert_eq!(written.error(), "rows.parquet, row 21, column \"b\": expected a finite number, found -inf");
}

#[test]
fn half_a_file_is_an_error() {
    let (written, _) = two_groups(Compression::SNAPPY);
    let bytes = std::fs::read(written.path()).unwrap();
    for length in [0, 1, 4, 8, 12, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(written.path(), &bytes[..length]).unwrap();
        let message = written.error();
        assert!(message.starts_with("rows.parquet, after 0 rows: cannot read on: "), "{length}: {message}");
    }
}

/// The bytes of a file, compressed with snappy and with zstd.
static WHOLE: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())]
        .map(|codec| std::fs::read(two_groups(codec).0.path()).unwrap())
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes changed anywhere, and often in the footer, give an error or numbers; the whole test fails on a panic.
    #[test]
    fn a_corrupted_file_is_never_a_panic(
        zstd in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..6),
    ) {
        let mut bytes = WHOLE[usize::from(zstd)].clone();
        let footer = bytes.len().saturating_sub(600);
        for (index, byte, at_end) in changes {
            let from = if at_end { footer } else { 0 };
            let place = from + index.index(bytes.len() - from);
            bytes[place] = byte;
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        if let Ok(blocks) = ParquetBlocks::new(file, "corrupted", 64) {
            for block in blocks.take(100) {
                prop_assert!(block.is_err() || block.is_ok_and(|block| block.nrows() <= 64));
            }
        }
    }
}

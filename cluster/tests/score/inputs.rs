//! Which files an input means.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use isoforest_cluster::engine;
use isoforest_cluster::input::{Input, InputFile, Keep, Wanted};

use crate::common::{expected, fail, model, rows, run, scores, scratch, succeed, write_parquet};
use crate::score;

const ROW: &str = "mean,sd\n1,2\n";

/// A file with a row for each name, and the folders around it.
fn write(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, ROW).unwrap();
    }
}

/// The files that an input in a folder means, by their names there, or the error.
async fn files(folder: &Path, input: &str) -> Result<Vec<String>, String> {
    let context = engine::session(1, None);
    let wanted = Wanted { features: Some(&[]), keep: &Keep::Nothing };
    let input = format!("{}/{input}", folder.display());
    let input = Input::open(&context, &[input], &wanted).await.map_err(|error| error.to_string())?;
    let name = |file: &InputFile| file.path().strip_prefix(&format!("{}/", folder.display())).unwrap().to_owned();
    Ok(input.files.iter().map(name).collect())
}

#[tokio::test]
async fn a_pattern_means_what_it_means_to_a_shell() {
    let folder = scratch();
    let all = ["a.csv", "b.csv", "c.txt", "2024-01/x.csv", "2024-01/deep/x.csv", "2024-02/x.csv", "2024-02/y.csv"];
    let hidden = [".h.csv", "_h.csv", ".part/x.csv", "_old/x.csv", "2024-01/.out.partial-1/x.csv"];
    write(folder.path(), &all);
    write(folder.path(), &hidden);
    for (pattern, expected) in [
        ("*.csv", &["a.csv", "b.csv"][..]),
        ("[ac].*", &["a.csv", "c.txt"]),
        ("2024-*/*.csv", &["2024-01/x.csv", "2024-02/x.csv", "2024-02/y.csv"]),
        ("*/x.csv", &["2024-01/x.csv", "2024-02/x.csv"]),
        ("2024-0?/y.csv", &["2024-02/y.csv"]),
        ("**/*.csv", &["2024-01/deep/x.csv", "2024-01/x.csv", "2024-02/x.csv", "2024-02/y.csv", "a.csv", "b.csv"]),
        ("_*/*.csv", &["_old/x.csv"]),
        ("_*.csv", &["_h.csv"]),
        (".h*", &[".h.csv"]),
    ] {
        assert_eq!(
            files(folder.path(), pattern).await,
            Ok(expected.iter().map(|&name| name.to_owned()).collect()),
            "{pattern}"
        );
    }
    // However the path is written.
    for (pattern, expected) in [
        ("./*.csv", vec!["a.csv", "b.csv"]),
        (".//./*.csv", vec!["a.csv", "b.csv"]),
        ("2024-01/../*.csv", vec!["a.csv", "b.csv"]),
        ("2024-02/./**/", vec!["2024-02/x.csv", "2024-02/y.csv"]),
        ("./**/**/y.csv", vec!["2024-02/y.csv"]),
    ] {
        assert_eq!(
            files(folder.path(), pattern).await,
            Ok(expected.into_iter().map(str::to_owned).collect()),
            "{pattern}"
        );
    }
    let none = files(folder.path(), "2024-*").await.unwrap_err();
    assert!(none.contains("found no CSV or Parquet file there, but") && none.contains("/2024-01; give"), "{none}");
    assert!(files(folder.path(), "x*").await.unwrap_err().contains("found no CSV or Parquet file; give"));
    for wrong in ["[a", "a**.csv"] {
        assert!(files(folder.path(), wrong).await.unwrap_err().contains("it is no pattern either"), "{wrong}");
    }
}

#[tokio::test]
async fn links_neither_lead_in_circles_nor_count_twice_nor_lose_data() {
    let folder = scratch();
    write(folder.path(), &["d/a.csv", "d/year=2024/b.csv", "elsewhere/c.csv"]);
    for (to, name) in
        [(".", "me"), (".", "again"), ("../d", "year=2023"), ("../elsewhere", "year=2025"), ("../elsewhere", "more")]
    {
        symlink(to, folder.path().join("d").join(name)).unwrap();
    }
    symlink("a.csv", folder.path().join("d/z.csv")).unwrap();
    let folders = ["d/a.csv", "d/year=2024/b.csv", "d/year=2025/c.csv"].map(str::to_owned).to_vec();
    assert_eq!(files(folder.path(), "d/").await, Ok(folders));
    assert_eq!(
        files(folder.path(), "d/**/*.csv").await,
        Ok(vec!["d/a.csv".to_owned(), "d/year=2024/b.csv".to_owned()])
    );
    assert_eq!(files(folder.path(), "d/year=*/*.csv").await.unwrap().len(), 3);
    let context = engine::session(1, None);
    let wanted = Wanted { features: Some(&[]), keep: &Keep::Nothing };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let input = Input::open(&context, &[at("d/**/*.csv")], &wanted).await.unwrap();
    assert_eq!(input.warnings.len(), 2, "{:?}", input.warnings);
    assert!(input.warnings[0].contains("5 links to folders are passed over; the first is"), "{:?}", input.warnings);
    assert!(
        input.warnings[1].contains("1 file that is read under another name is passed over"),
        "{:?}",
        input.warnings
    );
    let twice = [at("d/a.csv"), at("d/../d/a.csv"), at("d/me/a.csv")];
    assert_eq!(Input::open(&context, &twice, &wanted).await.unwrap().files.len(), 1);
    // Data behind a link that is no part of the folder's.
    fs::remove_file(folder.path().join("d/year=2025")).unwrap();
    let warnings = Input::open(&context, &[at("d")], &wanted).await.unwrap().warnings;
    assert!(warnings[0].contains("1 file in a folder within it is passed over"), "{warnings:?}");
}

#[test]
fn a_file_is_read_whatever_its_name_is_and_a_query_sees_it_too() {
    let folder = scratch();
    let (model, _) = model(folder.path(), 16);
    let data = folder.path().join("data 1%");
    let names = ["a[1].csv", "a1.csv", "b\\c.csv", "%41.csv", "ü #?.csv", "q'\".csv", "back\\slash/x.csv", "z.csv "];
    write(&data, &names);
    let sql = |input: &str| {
        let query = "SELECT count(*) AS n FROM rows";
        let said = succeed(["sql", "--input", input, "--format", "csv", query]);
        said.strip_prefix("n\n").unwrap().trim().parse::<usize>().unwrap()
    };
    for (number, name) in names.iter().enumerate() {
        let output = folder.path().join(format!("out-{number}"));
        let input = data.join(name).display().to_string();
        succeed(score(&model, &input, &output, &[]));
        assert_eq!(scores(&output).len(), 1, "{name}");
        assert_eq!(sql(&input), 1, "{name}");
    }
    let input = format!("{}/", data.display());
    assert_eq!(sql(&input), names.len() - 2);
    let output = folder.path().join("out");
    succeed(score(&model, &input, &output, &[]));
    assert_eq!(scores(&output).len(), names.len() - 2);
}

#[tokio::test]
async fn what_was_not_asked_for_stops_nothing() {
    let folder = scratch();
    write(folder.path(), &["a.csv", "t\tab.txt", "within/t\tab.csv"]);
    symlink(folder.path(), folder.path().join("within/around")).unwrap();
    symlink("nowhere", folder.path().join("broken.lnk")).unwrap();
    for input in ["", "*.csv", "a*"] {
        assert_eq!(files(folder.path(), input).await, Ok(vec!["a.csv".to_owned()]), "{input:?}");
    }
    // But what was asked for.
    symlink("nowhere", folder.path().join("broken.csv")).unwrap();
    for input in ["", "*.csv"] {
        assert!(files(folder.path(), input).await.unwrap_err().contains("cannot read the file"), "{input:?}");
    }
    assert!(files(folder.path(), "within/*.csv").await.unwrap_err().contains("cannot read the file"));
}

#[tokio::test]
async fn what_is_no_file_of_rows_is_said() {
    let folder = scratch();
    write(folder.path(), &["pipe"]);
    for (name, bytes, expected) in [
        ("e.csv", &b""[..], "there is nothing in the file"),
        ("g.csv.gz", b"\x1F\x8B\x08\0\0\0", "the file is compressed with gzip; unpack it first"),
        ("z.csv.zst", b"\x28\xB5\x2F\xFD\0\0", "the file is compressed with zstd"),
        ("short.parquet", b"PAR1PAR1", "it is not a whole Parquet file"),
        ("shorter.parquet", b"PAR1", "it is not a whole Parquet file"),
        ("footer.parquet", b"PAR1\x01\0\0\0PAR1", "it is not a whole Parquet file"),
        ("longer.parquet", b"PAR1....\xFF\xFF\xFF\xFFPAR1", "it is not a whole Parquet file"),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let said = files(folder.path(), name).await.unwrap_err();
        assert!(said.contains(expected) && said.contains(name), "{said}");
    }
    fs::remove_file(folder.path().join("pipe")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    assert!(files(folder.path(), "pipe").await.unwrap_err().contains("it is a pipe or a device"));
    assert!(fail(["sql", "--input", "", "SELECT 1"]).contains("found no CSV or Parquet file"));
}

#[test]
fn folders_that_a_pattern_meets_are_passed_over_with_a_warning() {
    let folder = scratch();
    let (model, forest) = model(folder.path(), 16);
    let x = rows(50, 3);
    fs::create_dir_all(folder.path().join("data/more.parquet")).unwrap();
    write_parquet(&folder.path().join("data/a.parquet"), x.view(), 100);
    write_parquet(&folder.path().join("data/more.parquet/part.parquet"), x.view(), 100);
    let output = folder.path().join("out");
    let ended = run(score(&model, folder.path().join("data/*.parquet").to_str().unwrap(), &output, &[]));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("*.parquet: 1 folder is passed over: "), "{said}");
    assert_eq!(scores(&output), expected(&forest, x.view()));
}

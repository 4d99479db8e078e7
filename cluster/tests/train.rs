//! `isoforest-cluster train`.

mod common;

use std::{fmt::Write as _, fs, path::Path, sync::Arc};

use common::{NAMES, damage, fail, left_beside, rows, scratch, succeed, write_batch, write_parquet};
use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use isoforest::{
    ModelFile,
    ndarray::{Array2, Axis},
};

fn train(input: &str, output: &Path, more: &[&str]) {
    let mut arguments = vec!["train", "--input", input, "--output", output.to_str().unwrap(), "--random-state", "16"];
    arguments.extend(more);
    succeed(arguments);
}

/// The document without the time at which it was made.
fn document(path: &Path) -> serde_json::Value {
    let mut document: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    document.as_object_mut().unwrap().remove("created_at").unwrap();
    document
}

/// The parts of `all`, each as a file under the name given for it.
fn write_parts(folder: &Path, all: &Array2<f64>, names: &[&str]) {
    fs::create_dir(folder).unwrap();
    let rows_each = all.nrows().div_ceil(names.len());
    for (part, name) in all.axis_chunks_iter(Axis(0), rows_each).zip(names) {
        write_parquet(&folder.join(name), part, 3000);
    }
}

#[test]
fn the_model_is_the_same_whatever_the_partitions_and_the_order_of_the_files() {
    let folder = scratch();
    // Half of the rows are one point, as in real data; two files are alike.
    let mut all = rows(60_000, 1);
    all.rows_mut().into_iter().step_by(2).for_each(|mut row| row.fill(-0.125));
    let (first, mut second) = all.view_mut().split_at(Axis(0), 15_000);
    second.slice_axis_mut(Axis(0), (0..15_000).into()).assign(&first);
    write_parts(&folder.path().join("a"), &all, &["1.parquet", "2.parquet", "3.parquet", "4.parquet"]);
    write_parts(&folder.path().join("b"), &all, &["9.parquet", "8.parquet", "x.parquet", "0.parquet"]);
    let options = ["--subsample", "5000", "--contamination", "0.01"];
    let mut models = Vec::new();
    for order in ["a", "b"] {
        for partitions in ["1", "2", "16"] {
            let output = folder.path().join(format!("{order}-{partitions}.json"));
            let more = [&options[..], &["--partitions", partitions, "--threads", "2"]].concat();
            train(folder.path().join(order).join("*.parquet").to_str().unwrap(), &output, &more);
            models.push(document(&output));
        }
    }
    assert!(models.iter().all(|model| *model == models[0]));
    let output = folder.path().join("other.json");
    let other = [&options[..], &["--random-state", "17"]].concat();
    let pattern = folder.path().join("a/*.parquet");
    let arguments = ["train", "--input", pattern.to_str().unwrap(), "--output", output.to_str().unwrap()];
    succeed([&arguments[..], &other].concat());
    assert_ne!(document(&output)["trees"], models[0]["trees"]);
}

#[test]
fn files_that_differ_only_in_their_middle_are_told_apart_by_it_and_not_by_their_names() {
    let folder = scratch();
    // Twenty bytes a row, 400 kB a file.
    let text = |seed: u32| {
        let mut text = String::from("mean,sd\n");
        for i in 0..20_000u32 {
            let seed = if (8_000..12_000).contains(&i) { seed } else { 0 };
            let x = i.wrapping_mul(2_654_435_761).wrapping_add(seed) % 10_000_000;
            writeln!(text, "0.{x:07},0.{:07}", x / 3).unwrap();
        }
        text
    };
    let mut models = Vec::new();
    for (name, seeds) in [("a", [1, 2, 2]), ("b", [2, 1, 2]), ("c", [2, 2, 1])] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for (i, seed) in seeds.into_iter().enumerate() {
            fs::write(folder.path().join(format!("{name}/{i}.csv")), text(seed)).unwrap();
        }
        let output = folder.path().join(format!("{name}.json"));
        train(folder.path().join(name).join("*.csv").to_str().unwrap(), &output, &["--subsample", "3000"]);
        models.push(document(&output));
    }
    assert!(models.iter().all(|model| *model == models[0]));
}

#[test]
fn without_features_the_files_must_agree_about_them() {
    let folder = scratch();
    let column = |i: usize| -> ArrayRef { Arc::new(Float64Array::from(rows(100, 1).column(i).to_vec())) };
    let write = |name: &str, columns: &[(&str, usize)]| {
        let columns = columns.iter().map(|&(name, i)| (name, column(i)));
        write_batch(&folder.path().join(name), &RecordBatch::try_from_iter(columns).unwrap(), 100);
    };
    let input = folder.path().join("*.parquet");
    let (input, output) = (input.to_str().unwrap(), folder.path().join("model.json"));
    let refused = ["train", "--input", input, "--output", output.to_str().unwrap(), "--random-state", "16"];
    write("1.parquet", &[("mean", 0), ("sd", 1)]);
    for (columns, found) in
        [(&[("sd", 1), ("mean", 0)][..], "sd, mean"), (&[("mean", 0), ("sd", 1), ("n", 0)][..], "mean, sd, n")]
    {
        write("2.parquet", columns);
        let said = fail(refused);
        assert!(said.contains(&format!("2.parquet: its columns are {found}, but those of")), "{said}");
        assert!(said.contains("1.parquet are mean, sd; expected") && said.contains("--features"), "{said}");
        train(input, &output, &["--features", "mean,sd"]);
        let model = document(&output);
        fs::rename(folder.path().join("1.parquet"), folder.path().join("3.parquet")).unwrap();
        train(input, &output, &["--features", "mean,sd"]);
        assert_eq!(document(&output), model);
        fs::rename(folder.path().join("3.parquet"), folder.path().join("1.parquet")).unwrap();
    }
}

#[test]
fn a_model_does_not_replace_what_it_is_trained_on() {
    let folder = scratch();
    let path = folder.path().join("rows.csv");
    let text = "mean,sd\n1,2\n3,4\n";
    std::fs::write(&path, text).unwrap();
    let (input, output) = (folder.path().join("*.csv"), path.to_str().unwrap());
    let said = fail(["train", "--input", input.to_str().unwrap(), "--output", output]);
    assert!(said.contains("would replace a file of the input; choose another name"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_damaged_file_is_named_among_several() {
    let folder = scratch();
    write_parts(&folder.path().join("in"), &rows(60_000, 1), &["1.parquet", "2.parquet", "3.parquet"]);
    damage(&folder.path().join("in/2.parquet"));
    let (input, output) = (folder.path().join("in/*.parquet"), folder.path().join("model.json"));
    let train = ["train", "--input", input.to_str().unwrap(), "--output", output.to_str().unwrap()];
    let said = fail([&train[..], &["--partitions", "3"]].concat());
    assert!(
        said.starts_with(&folder.path().join("in/2.parquet: cannot read the rows").display().to_string()),
        "{said}"
    );
    let said = fail([&train[..], &["--partitions", "1"]].concat());
    assert!(said.contains("in/1.parquet or one of the 2 files after it: cannot read the rows"), "{said}");
}

#[test]
fn a_large_csv_file_is_read_in_pieces_and_the_model_is_the_same_for_any_number_of_partitions() {
    let folder = scratch();
    let all = rows(400_000, 3);
    let mut text = String::from("mean,sd\n");
    for row in all.rows() {
        writeln!(text, "{},{}", row[0], row[1]).unwrap();
    }
    assert!(text.len() > 3 * (4 << 20));
    let path = folder.path().join("rows.csv");
    fs::write(&path, text).unwrap();
    let mut models = Vec::new();
    for partitions in ["1", "2", "16"] {
        let output = folder.path().join(format!("{partitions}.json"));
        let more = ["--subsample", "4000", "--contamination", "0.01", "--partitions", partitions];
        train(path.to_str().unwrap(), &output, &more);
        models.push(document(&output));
    }
    assert!(models.iter().all(|model| *model == models[0]));
}

#[test]
fn the_threshold_of_a_contamination_is_exact_for_all_rows() {
    let folder = scratch();
    let all = rows(80_000, 4);
    write_parts(&folder.path().join("in"), &all, &["1.parquet", "2.parquet", "3.parquet"]);
    for (share, threads) in [("0.001", "1"), ("0.05", "2"), ("0.5", "2")] {
        let output = folder.path().join("model.json");
        let pattern = folder.path().join("in/*.parquet");
        let more = ["--subsample", "4000", "--contamination", share, "--threads", threads];
        train(pattern.to_str().unwrap(), &output, &more);
        let forest = ModelFile::read(&output).unwrap().into_forest();
        // numpy's percentile of all scores, by a sort.
        let mut scores = forest.score_samples(all.view()).unwrap().to_vec();
        scores.sort_by(f64::total_cmp);
        let place = (scores.len() - 1) as f64 * (100.0 * share.parse::<f64>().unwrap() / 100.0);
        let (low, high, t) = (scores[place as usize], scores[place as usize + 1], place.fract());
        let percentile = if t >= 0.5 { high - (high - low) * (1.0 - t) } else { low + (high - low) * t };
        assert_eq!(forest.offset().to_bits(), percentile.to_bits(), "{share}");
    }
}

#[test]
fn every_row_is_as_likely_to_be_in_the_sample_as_any_other() {
    let folder = scratch();
    // The first column is the row's number, by which it is known again; a forest that splits on every row tells which rows it has.
    let n = 100_000;
    let numbered = Array2::from_shape_fn((n, 2), |(i, column)| if column == 0 { i as f64 } else { 0.0 });
    write_parts(&folder.path().join("in"), &numbered, &["1.parquet", "2.parquet"]);
    let output = folder.path().join("model.json");
    let pattern = folder.path().join("in/*.parquet");
    train(pattern.to_str().unwrap(), &output, &["--subsample", "10000"]);
    // The profile in the model file describes the sample.
    let document = document(&output);
    assert_eq!(document["training_profile"]["rows"], 10_000);
    let feature = &document["training_profile"]["features"][0];
    let distribution = &feature["distribution"];
    let mean = distribution["mean"].as_f64().unwrap();
    // Of a uniform sample: 49,999.5, give or take 274 (the standard deviation of a row, 28,868, by the root of 10,000, less 5 % for
    // drawing without replacement); a sample of one file alone is 25,000 off.
    assert!((mean - 49_999.5).abs() < 5.0 * 274.0, "{mean}");
    let (minimum, maximum) = (distribution["min"].as_f64().unwrap(), distribution["max"].as_f64().unwrap());
    assert!(minimum < 100.0 && maximum > 99_900.0, "{minimum} {maximum}");
}

#[test]
fn csv_and_a_choice_of_columns() {
    let folder = scratch();
    let all = rows(3000, 2);
    let mut text = String::from("user,sd,mean\n");
    for (i, row) in all.rows().into_iter().enumerate() {
        writeln!(text, "u{i},{},{}", row[1], row[0]).unwrap();
    }
    let path = folder.path().join("users.csv");
    fs::write(&path, text).unwrap();
    let output = folder.path().join("model.json");
    train(path.to_str().unwrap(), &output, &["--features", "mean,sd"]);
    let forest = ModelFile::read(&output).unwrap().into_forest();
    assert_eq!(forest.feature_names(), NAMES);
    let said = fail(["train", "--input", path.to_str().unwrap(), "--output", output.to_str().unwrap()]);
    assert!(said.contains("line 2, column 1 (\"user\")") && said.contains("found \"u0\""), "{said}");
    assert_eq!(left_beside(folder.path(), &["users.csv", "model.json"]), [""; 0]);
}

//! Detectors side by side on planted anomalies and on labelled files.
#![cfg(feature = "compare")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::{Compression, write::GzEncoder};
use isoforest::compare::{Contender, Kind, MAX_ROWS, measure, planted, read_labelled_folder};

/// The mean area under the ROC curve of the contender of a name, over three draws.
fn area(name: &str, kind: Kind) -> f64 {
    let contender = Contender::all(0.05).into_iter().find(|contender| contender.name == name).unwrap();
    let of = |seed: u32| measure(&contender, &planted(kind, u64::from(seed)), seed).unwrap().roc_auc;
    (1..=3).map(of).sum::<f64>() / 3.0
}

#[test]
fn each_kind_of_anomaly_is_found_by_those_that_should_and_missed_by_those_that_cannot() {
    let names: Vec<&str> = Contender::all(0.05).iter().map(|contender| contender.name).collect();
    for name in &names {
        assert!(area(name, Kind::Global) > 0.99, "{name}");
    }
    // Cuts along the axes see neither the cross nor the curve as well as others do.
    assert!(area("extended", Kind::Cross) > area("standard", Kind::Cross));
    assert!(area("5th neighbour", Kind::Dependency) > area("standard", Kind::Dependency) + 0.02);
    // The factor is made for densities that differ.
    assert!(names.iter().all(|name| area("LOF", Kind::Local) >= area(name, Kind::Local)));
    // Fifty anomalies side by side are neighbours enough.
    assert!(area("5th neighbour", Kind::Clustered) < 0.6 && area("standard", Kind::Clustered) > 0.95);
}

#[test]
fn planted_rows_are_the_same_every_time_and_others_with_another_seed() {
    for kind in Kind::ALL {
        let set = planted(kind, 1);
        assert_eq!(set, planted(kind, 1));
        assert_ne!(set.x, planted(kind, 2).x);
        assert_eq!((set.is_outlier.len(), set.x.nrows()), (1_050, 1_050));
        assert!(set.is_outlier[..1_000].iter().all(|outlier| !outlier) && set.is_outlier[1_000..].iter().all(|&o| o));
    }
}

#[test]
fn the_share_of_training_rows_outside_is_the_one_asked_for() {
    let set = planted(Kind::Dependency, 1);
    for contender in Contender::all(0.1) {
        let fitted = contender.fit(set.x.view(), 16).unwrap();
        let outside = fitted.training_outliers().iter().filter(|&&outlier| outlier).count();
        assert_eq!(outside, 105, "{}", fitted.name);
        let decisions = fitted.decision_function(set.x.view()).unwrap();
        assert_eq!(decisions, fitted.score_samples(set.x.view()).unwrap() - fitted.offset);
    }
}

#[test]
fn a_share_out_of_its_range_is_an_error_of_every_contender() {
    let set = planted(Kind::Global, 1);
    for contender in Contender::all(0.7) {
        let error = contender.fit(set.x.view(), 1).unwrap_err().to_string();
        assert_eq!(error, "contamination must be \"auto\" or a number in (0, 0.5], got 0.7", "{}", contender.name);
    }
}

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("isoforest-labelled-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn labelled_files_are_read_by_name_gzipped_or_not() {
    let folder = Folder::new("read");
    folder.file("b.csv", "f,g,label\n1,2,0\n3,,1\n");
    folder.file("notes.txt", "not a set");
    let mut zipped = GzEncoder::new(fs::File::create(folder.0.join("a.csv.gz")).unwrap(), Compression::fast());
    writeln!(zipped, "f,label").unwrap();
    for row in 0..=MAX_ROWS {
        writeln!(zipped, "{row},{}", row % 2).unwrap();
    }
    zipped.finish().unwrap();
    let sets = read_labelled_folder(&folder.0).unwrap();
    assert_eq!(sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(sets[0].x.dim(), (MAX_ROWS, 1));
    assert!(
        sets[0].x.column(0).iter().zip(&sets[0].is_outlier).all(|(value, &outlier)| (value % 2.0 == 1.0) == outlier)
    );
    assert_eq!((sets[1].x.dim(), sets[1].is_outlier.clone()), ((2, 2), vec![false, true]));
    assert!(sets[1].x[(1, 1)].is_nan());
    // A forest takes a missing value, neighbours do not, and say so.
    let said: Vec<String> = Contender::all(0.1)
        .iter()
        .filter_map(|c| measure(c, &sets[1], 1).err())
        .map(|error| error.to_string())
        .collect();
    assert!(said.len() == 2 && said[0].contains("row 1 of the known rows, column 1: NaN"), "{said:?}");
}

#[test]
fn what_is_no_labelled_file_is_an_error_with_its_path() {
    let folder = Folder::new("errors");
    let said = |folder: &Folder| read_labelled_folder(&folder.0).unwrap_err().to_string();
    assert!(said(&folder).contains("expected files named *.csv or *.csv.gz, found none"));
    folder.file("a.csv", "f,g\n1,0\n");
    assert!(said(&folder).contains("a.csv") && said(&folder).contains("found the columns f, g"));
    folder.file("a.csv", "f,label\n1,2\n");
    assert!(said(&folder).contains("found the label 2"));
    folder.file("a.csv", "label\n1\n");
    assert!(said(&folder).contains("found the columns label"));
    folder.file("a.csv", "f,label\n1,x\n");
    assert!(said(&folder).contains("line 2, column 2"));
    folder.file("a.csv.gz", "not gzip");
    assert!(read_labelled_folder(&folder.0.join("missing")).unwrap_err().to_string().contains("missing"));
}

//! What a notebook does, as a program: every function a cell can call, on a small file.

use std::{env, fs, path::PathBuf};

use isoforest_prelude::{
    Contamination, DataFrame, Error, IsolationForest, Labels, MaxFeatures, MaxSamples, Plot, box_plot, box_plots,
    compare, counted, decision_boundary, df, histogram, histograms, labelled_sets, planted_sets, predictions, read_csv,
    scatter,
};

/// A file of its own for each test, gone at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("isoforest-prelude-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// 99 rows on a line, twice the same first one, and one far away.
fn rows() -> Result<DataFrame, Error> {
    let mut lines = vec!["mean,sd".to_owned(), "0,0".to_owned()];
    lines.extend((0..98).map(|i| format!("{},{}", f64::from(i) / 50.0, f64::from(i) / 100.0)));
    lines.push("60,50\n".to_owned());
    let text = lines.join("\n");
    // Tests run side by side in one process.
    let name = format!("rows-{:?}.csv", std::thread::current().id());
    read_csv(&Scratch::new(&name, &text).0)
}

#[test]
fn a_frame_tells_its_shape_names_and_numbers() -> Result<(), Error> {
    let rows = rows()?;
    assert_eq!((rows.shape(), rows.height(), rows.width()), ((100, 2), 100, 2));
    assert_eq!(rows.names(), ["mean", "sd"]);
    assert_eq!(rows.head(5).height(), 5);
    assert_eq!(rows.head(None).height(), 10);
    assert_eq!(rows.tail(1).values("mean")?, [60.0]);
    assert_eq!(rows.most_common_row()?, (vec![0.0, 0.0], 2));
    // Methods of polars, too.
    assert_eq!(rows.get_column_names().len(), 2);
    Ok(())
}

#[test]
fn describe_gives_the_numbers_of_pandas() -> Result<(), Error> {
    let file = Scratch::new("describe.csv", "a\n1\n2\n\"\"\n4\n10\n");
    let summary = read_csv(&file.0)?.describe()?;
    let numbers = summary.values("a")?;
    for (number, expected) in numbers.iter().zip([4.0, 4.25, 4.031_128_874_149_275, 1.0, 1.75, 3.0, 5.5, 10.0]) {
        assert!((number - expected).abs() < 1e-12, "{numbers:?}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_said_in_words() -> Result<(), Error> {
    let file = Scratch::new("word.csv", "a,b\n1,2\n3,four\n");
    let error = read_csv(&file.0).unwrap_err().to_string();
    assert!(error.contains("word.csv") && error.contains('3') && error.contains("four"), "{error}");
    let rows = rows()?;
    assert!(rows.values("men").unwrap_err().to_string().contains("men"));
    assert!(rows.quantile("mean", 1.5).unwrap_err().to_string().contains("1.5"));
    assert!(histogram(&rows, "mean", 0, ()).is_err());
    let error = IsolationForest::builder().contamination(Contamination::Fraction(0.7)).fit(&rows).unwrap_err();
    assert!(error.to_string().contains("0.7"), "{error}");
    Ok(())
}

#[test]
fn each_figure_is_drawn_with_its_words() -> Result<(), Error> {
    let rows = rows()?;
    let forest = IsolationForest::builder().random_state(16).fit(&rows)?;
    let labels = Labels::new("A title").x("across");
    for figure in [
        scatter(&rows, "mean", "sd", &labels)?,
        histogram(&rows, "mean", 20, &labels)?,
        box_plot(&rows, "mean", &labels)?,
        decision_boundary(&forest, &rows, &labels)?,
        predictions(&forest, &rows, &labels)?,
    ] {
        let json = figure.json();
        assert!(json.contains("A title") && json.contains("across"), "{json}");
    }
    Ok(())
}

#[test]
fn the_most_unusual_row_is_explained_in_a_sentence_and_a_figure() -> Result<(), Error> {
    let rows = rows()?;
    let forest = IsolationForest::builder().random_state(16).fit(&rows)?;
    let row = forest.most_unusual_row(&rows)?;
    assert_eq!(row, 99);
    let why = forest.explain(&rows, row, &rows)?;
    assert!(why.is_outlier() && why.contributions().iter().all(|contribution| *contribution > 0.0));
    let sentence = why.to_string();
    assert!(sentence.starts_with("Row 99 is unusual") && sentence.contains("mean = 60 is high"), "{sentence}");
    assert_eq!(format!("{why:?}"), sentence);
    let figure = why.figure()?.json();
    assert!(figure.contains("Why is row 99 unusual?") && figure.contains("sd = 50"), "{figure}");
    let near = forest.nearest_normal(&rows, row, &rows)?;
    assert_eq!((near.names().join(" "), near.height()), ("mean sd distance training_rows".to_owned(), 5));
    assert!(near.values("mean")?.iter().all(|mean| *mean < 2.0) && near.values("distance")?.is_sorted());
    let error = forest.explain(&rows, 100, &rows).unwrap_err();
    assert_eq!(error.to_string(), "there is no row 100: the data frame has 100 rows, counted from 0");
    assert!(forest.most_unusual_row(&rows.head(0)).is_err());
    Ok(())
}

#[test]
fn a_title_alone_or_no_words_at_all_will_do() -> Result<(), Error> {
    let rows = rows()?;
    // The texts of a figure's titles: its own, then those of its axes.
    let words = |plot: Plot| -> Vec<String> {
        let json = plot.json();
        let layout = json.split("\"layout\":").nth(1).unwrap().to_owned();
        let texts = ["title", "xaxis", "yaxis"].map(|part| {
            let after = layout.split(&format!("\"{part}\":{{")).nth(1).unwrap_or_default();
            let text = after.split("\"text\":\"").nth(1).unwrap_or_default();
            text.split('"').next().unwrap_or_default().to_owned()
        });
        texts.to_vec()
    };
    assert_eq!(words(scatter(&rows, "mean", "sd", ())?), ["sd over mean", "mean", "sd"]);
    assert_eq!(words(scatter(&rows, "mean", "sd", "A")?), ["A", "mean", "sd"]);
    assert_eq!(words(scatter(&rows, "mean", "sd", format!("A{}", 1))?)[0], "A1");
    let labels = Labels::new("A").y("across").unit("EUR");
    assert_eq!(words(scatter(&rows, "mean", "sd", &labels)?), ["A", "mean (EUR)", "across"]);
    assert_eq!(words(histogram(&rows, "sd", 5, Labels::new("A").unit("EUR"))?)[..2], ["A", "sd (EUR)"]);
    assert_eq!(words(histograms(&rows, 5, ())?)[..2], ["Distribution of each column", "mean"]);
    assert!(words(box_plots(&rows, "B")?)[0].starts_with('B'));
    let forest = IsolationForest::builder().random_state(16).fit(&rows)?;
    assert_eq!(words(decision_boundary(&forest, &rows, ())?), ["Decision boundary", "mean", "sd"]);
    assert_eq!(words(predictions(&forest, &rows, ())?)[1..], ["mean", "sd"]);
    Ok(())
}

#[test]
fn rows_may_come_from_polars_and_from_a_result_that_was_not_looked_at() -> Result<(), Error> {
    let read: Result<DataFrame, Error> = rows();
    assert_eq!(histogram(&read, "mean", 5, ())?.json(), histogram(&rows()?, "mean", 5, ())?.json());
    let own = rows()?;
    let polars: &isoforest::polars::prelude::DataFrame = &own;
    let builder = IsolationForest::builder().random_state(16);
    assert_eq!(builder.fit(polars)?.score_samples(&read)?, builder.fit(&own)?.score_samples(polars)?);
    let missing = read_csv("nothing.csv");
    assert!(scatter(&missing, "a", "b", ()).unwrap_err().to_string().contains("nothing.csv"));
    Ok(())
}

#[test]
fn long_lists_are_shown_in_a_line_and_are_lists_in_all_else() -> Result<(), Error> {
    let rows = rows()?;
    let forest = IsolationForest::builder().contamination(Contamination::Fraction(0.01)).random_state(16).fit(&rows)?;
    let predictions = forest.predict(&rows)?;
    assert_eq!(
        format!("{predictions:?}"),
        "100 predictions: 99 inliers (1) and 1 outlier (-1); the first are 1, 1, 1, 1, 1, …"
    );
    assert_eq!((predictions.n_outliers(), predictions[99], predictions.len()), (1, -1, 100));
    assert_eq!(predictions.iter().map(|&p| i32::from(p)).sum::<i32>(), 98);
    assert_eq!((&predictions).into_iter().count() + predictions.clone().into_iter().count(), 200);
    assert_eq!(format!("{:?}", forest.predict(&rows.tail(1))?), "1 prediction: 0 inliers (1) and 1 outlier (-1): -1");
    let values = df!("a" => [Some(1.0), None, Some(-2.5)])?.values("a")?;
    assert_eq!(format!("{values:?}"), "3 numbers from -2.5 to 1, 1 of them missing (NaN): 1, NaN, -2.5");
    let values = rows.values("sd")?;
    assert_eq!(format!("{values:?}"), "100 numbers from 0 to 50; the first are 0, 0, 0.01, 0.02, 0.03, …");
    let mut sum = 0.0;
    for value in &values {
        sum += value;
    }
    assert_eq!(sum, values.into_iter().sum::<f64>());
    assert_eq!(format!("{:?}", rows.head(0).values("sd")?), "0 numbers");
    assert_eq!((counted(1, "outlier"), counted(0, "row")), ("1 outlier".to_owned(), "0 rows".to_owned()));
    Ok(())
}

#[test]
fn detectors_stand_side_by_side_in_tables_and_figures() -> Result<(), Error> {
    let rows = rows()?;
    let detectors = compare(&rows, 0.05, 16)?;
    let names = detectors.table()?.height();
    assert!(names >= 5);
    let figure = detectors.boundaries("Side by side")?.json();
    assert!(figure.contains("Side by side") && figure.contains("LOF: ") && figure.contains("mean"));
    assert!(detectors.score_histograms(())?.json().contains("guided (score)"));
    let point = detectors.cross_point()?;
    assert_eq!((point.values("mean")?[0], point.values("sd")?[0]), (60.0, 0.0));
    let verdicts = detectors.verdicts(&point)?;
    assert_eq!(verdicts.names(), ["detector", "verdict", "score", "threshold", "percent_more_unusual"]);
    assert_eq!(detectors.verdicts(&rows.head(2))?.height(), 2 * names);
    let overlaps = detectors.overlaps()?;
    assert_eq!((overlaps.height(), overlaps.width(), overlaps.values("standard")?[0]), (names, names + 1, 1.0));
    assert_eq!(detectors.rank_correlations()?.values("LOF")?[names - 1], 1.0);
    assert_eq!(detectors.votes()?.height(), names);
    assert!(compare(&rows, 0.7, 16).unwrap_err().to_string().contains("contamination"));
    // Where a value is missing, the neighbours are left out; with three columns there is no plane.
    let detectors =
        compare(&df!("a" => [Some(1.0), None, Some(3.0)], "b" => [1, 2, 3], "c" => [None::<f64>; 3])?, 0.4, 1)?;
    assert_eq!((detectors.table()?.height(), detectors.cross_point()?.values("b")?[0]), (names - 2, 1.0));
    assert!(detectors.boundaries(())?.json().contains("2 features only"));
    Ok(())
}

#[test]
fn labelled_sets_are_measured() -> Result<(), Error> {
    let sets = planted_sets(1)?;
    assert_eq!((sets.len(), sets.table()?.height(), sets.roc_auc()?.height()), (6, 6, 7));
    assert!(sets.average_precision()?.values("extended")?.iter().all(|precision| *precision > 0.05));
    assert_eq!(sets.largest_spread(), 0.0);
    let none = labelled_sets("", 3)?;
    assert!(none.is_empty() && none.roc_auc()?.height() == 0 && none.largest_spread() == 0.0);
    assert!(labelled_sets("no/such/folder", 3).unwrap_err().to_string().contains("no/such/folder"));
    Ok(())
}

#[test]
fn a_frame_can_be_written_in_a_cell() -> Result<(), Error> {
    let rows = df!("mean" => [0.5, 1.5], "n" => vec![Some(1), None])?;
    assert_eq!((rows.names(), rows.height()), (vec!["mean".to_owned(), "n".to_owned()], 2));
    assert!(rows.values("n")?[0] == 1.0 && rows.values("n")?[1].is_nan());
    assert!(df!("a" => [1, 2], "b" => [1]).is_err());
    Ok(())
}

#[test]
fn columns_are_paired_and_compared() -> Result<(), Error> {
    let rows = rows()?;
    assert_eq!(rows.pair("", ""), ("mean".to_owned(), "sd".to_owned()));
    assert_eq!(rows.correlations()?.height(), 1);
    Ok(())
}

#[test]
fn a_forest_scores_predicts_and_comes_back_from_its_file() -> Result<(), Error> {
    let rows = rows()?;
    let builder = IsolationForest::builder()
        .n_estimators(50)
        .max_samples(MaxSamples::Count(64))
        .max_features(MaxFeatures::Count(2));
    let forest = builder.bootstrap(false).n_jobs(2).verbose(0).warm_start(true).random_state(16).fit(&rows)?;
    assert_eq!((forest.n_trees(), forest.offset()), (50, -0.5));
    assert!(forest.n_nodes() > 50);
    assert!(format!("{forest:?}").starts_with("isolation forest of 50 trees, 64 rows each"));
    assert!(format!("{:?}", forest.params()).contains("random_state"));

    let decisions = forest.decision_function(&rows)?;
    let outliers = decisions.iter().filter(|&&decision| decision < 0.0).count();
    assert_eq!(forest.count_outliers(&rows)?, outliers);
    assert!(forest.threshold_curve(&rows)?.json().contains("Where to draw the line?"));
    assert_eq!(forest.predict(&rows)?.last(), Some(&-1));
    for (score, decision) in forest.score_samples(&rows)?.iter().zip(&decisions) {
        assert_eq!(score - forest.offset(), *decision);
    }

    let more = forest.params().n_estimators(60).fit_warm(&forest, &rows)?;
    assert_eq!(more.n_trees(), 60);

    let file = Scratch::new("model.json", "");
    forest.save(&file.0, &rows)?;
    assert_eq!(IsolationForest::load(&file.0)?.score_samples(&rows)?, forest.score_samples(&rows)?);
    Ok(())
}

//! Figures with a panel for each of several columns.
#![cfg(feature = "plot")]

use isoforest::ndarray::{Array1, Array2, ArrayView2, array};
use isoforest::plot::{
    BoundaryPanel, Grid, Labels, MAX_MARKERS, MAX_PANELS, PlotError, boundaries, box_plots, histogram, histograms,
    score_histograms, static_svg,
};
use isoforest::plotly::Plot;
use serde_json::{Value, json};

fn json(plot: &Plot) -> Value {
    serde_json::from_str(&plot.to_json()).unwrap()
}

fn labels() -> Labels {
    Labels::new("A title")
}

fn heading(figure: &Value) -> String {
    figure["layout"]["title"]["text"].as_str().unwrap().to_owned()
}

fn axis_title(figure: &Value, axis: &str) -> String {
    figure["layout"][axis]["title"]["text"].as_str().unwrap().to_owned()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Columns `c0`, `c1`, … with the numbers of `values`, each a little farther right.
fn many_columns(n: usize, values: &[f64]) -> Vec<(String, Vec<f64>)> {
    (0..n).map(|i| (format!("c{i}"), values.iter().map(|value| value + i as f64).collect())).collect()
}

fn borrowed(columns: &[(String, Vec<f64>)]) -> Vec<(&str, &[f64])> {
    columns.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
}

/// The place of an axis in the figure.
fn domain(figure: &Value, axis: &str) -> Vec<f64> {
    numbers(&figure["layout"][axis]["domain"])
}

#[test]
fn histograms_have_a_panel_a_column_with_the_bars_of_a_single_one() {
    let columns = many_columns(3, &[0.0, 1.0, 1.5, 4.0, f64::NAN]);
    let figure = json(&histograms(&borrowed(&columns), 4, &Labels::new("All").unit("EUR")).unwrap());
    let bars = figure["data"].as_array().unwrap();
    assert_eq!(bars.len(), 3);
    for (i, bars) in bars.iter().enumerate() {
        let alone = json(&histogram(columns[i].1.clone(), 4, &Labels::new("One").x(&columns[i].0)).unwrap());
        for part in ["x", "y", "width", "hovertext", "hovertemplate"] {
            assert_eq!(bars[part], alone["data"][0][part], "{part} of column {i}");
        }
    }
    assert_eq!((&bars[0]["xaxis"], &bars[2]["xaxis"], &bars[2]["yaxis"]), (&json!("x"), &json!("x3"), &json!("y3")));
    assert_eq!((axis_title(&figure, "xaxis"), axis_title(&figure, "xaxis3")), ("c0 (EUR)".into(), "c2 (EUR)".into()));
    assert_eq!(axis_title(&figure, "yaxis2"), "rows");
    assert!(heading(&figure).contains("c1: 1 row without a finite value not counted"));
    // Two side by side, the third below.
    assert!(domain(&figure, "xaxis")[1] < domain(&figure, "xaxis2")[0]);
    assert_eq!(domain(&figure, "yaxis"), domain(&figure, "yaxis2"));
    assert!(domain(&figure, "yaxis3")[1] < domain(&figure, "yaxis")[0]);
}

#[test]
fn box_plots_show_slivers_up_close_beside_them_while_there_is_room() {
    let tail: Vec<f64> = (0..100_u32).map(f64::from).chain([20_000.0]).collect();
    let mut columns = many_columns(1, &tail);
    columns.push(("even".to_owned(), vec![1.0, 2.0, 3.0]));
    let figure = json(&box_plots(&borrowed(&columns), &Labels::new("All").unit("EUR")).unwrap());
    let types: Vec<&str> =
        figure["data"].as_array().unwrap().iter().map(|trace| trace["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["box", "scatter", "box", "scatter", "box", "scatter"]);
    let titles = ["xaxis", "xaxis2", "xaxis3"].map(|axis| axis_title(&figure, axis));
    assert_eq!(titles, ["c0 (EUR)", "c0, the box up close", "even (EUR)"]);
    assert_eq!(figure["layout"]["shapes"].as_array().unwrap().len(), 2);
    assert_eq!(figure["layout"]["shapes"][0]["xref"], "x2");
    let words: Vec<&str> = figure["layout"]["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|words| words["text"].as_str().unwrap())
        .collect();
    assert!(words[0].starts_with("c0: Q1 25, median 50, Q3 75; fences -50 and 150; 1 of 101 rows"), "{words:?}");
    assert!(words[1].starts_with("even: Q1 1.5"), "{words:?}");
    assert_eq!(domain(&figure, "xaxis3"), [0.0, 1.0], "a box without a close-up has the whole width");
    assert!(domain(&figure, "xaxis")[1] < domain(&figure, "xaxis2")[0]);
    // More columns than half of the panels: the boxes only.
    let five = json(&box_plots(&borrowed(&many_columns(5, &tail)), &labels()).unwrap());
    assert_eq!(five["data"].as_array().unwrap().len(), 10);
}

#[test]
fn more_columns_than_panels_and_columns_without_numbers_are_mentioned() {
    let mut columns = many_columns(MAX_PANELS + 4, &[1.0, 2.0, 4.0]);
    columns[1].1 = vec![f64::NAN; 3];
    let bars = json(&histograms(&borrowed(&columns), 5, &labels()).unwrap());
    let boxes = json(&box_plots(&borrowed(&columns), &labels()).unwrap());
    for figure in [bars, boxes] {
        let heading = heading(&figure);
        assert!(heading.contains("the first 8 of 11 columns are drawn"), "{heading}");
        assert!(heading.contains("without a finite value: c1"), "{heading}");
        assert_eq!(axis_title(&figure, "xaxis2"), "c2");
        assert_eq!(domain(&figure, "yaxis8").len(), 2);
    }
    let picture = static_svg(&box_plots(&borrowed(&columns), &labels()).unwrap()).unwrap();
    assert!(picture.contains(">c8</text>") && picture.contains("c8: Q1"));
    let empty = [("a", [f64::NAN].as_slice())];
    assert!(matches!(histograms(&empty, 5, &labels()), Err(PlotError::NothingToDraw { n_rows: 1, .. })));
    assert!(matches!(box_plots(&[], &labels()), Err(PlotError::NothingToDraw { n_rows: 0, .. })));
    assert!(matches!(histograms(&[("a", &[1.0])], 0, &labels()), Err(PlotError::NoBins)));
}

#[test]
fn box_plots_of_many_columns_have_no_more_markers_than_one_figure() {
    let outliers: Vec<f64> = (0..100_000_u32).map(|i| (f64::from(i) * 0.618_034 % 1.0).powi(-3)).collect();
    let figure = json(&box_plots(&borrowed(&many_columns(8, &outliers)), &labels()).unwrap());
    let drawn: usize =
        figure["data"].as_array().unwrap().iter().filter_map(|trace| trace["x"].as_array()).map(Vec::len).sum();
    assert!(drawn <= MAX_MARKERS, "{drawn}");
    assert!(heading(&figure).contains("c7: ") && heading(&figure).contains("thinned"), "{}", heading(&figure));
}

#[test]
fn boundaries_have_a_panel_a_detector_on_one_square_with_the_same_rows() {
    let rows = array![[0.0, 0.0], [1.0, 1.0], [9.0, 9.0], [f64::NAN, 1.0]];
    let grid = Grid { x: (0.0, 10.0), y: (0.0, 10.0), n: 11 };
    let panel =
        |heading: &str, far| BoundaryPanel { heading: heading.to_owned(), is_outlier: vec![false, false, far, false] };
    let decision = |panel: usize, x: ArrayView2<'_, f64>| -> Result<Array1<f64>, std::io::Error> {
        Ok(x.column(panel).mapv(|value| 5.0 - value))
    };
    let labels = Labels::new("Two").x("a").y("b");
    let panels = [panel("left", true), panel("below", false)];
    let plot = boundaries(rows.view(), grid, &panels, &labels, decision).unwrap();
    let figure = json(&plot);
    let traces = figure["data"].as_array().unwrap();
    // Bands, inside, inliers and outliers, twice.
    assert_eq!(traces.len(), 8);
    assert_eq!(
        (&traces[0]["xaxis"], &traces[4]["xaxis"], &traces[7]["yaxis"]),
        (&json!("x"), &json!("x2"), &json!("y2"))
    );
    assert_eq!((numbers(&traces[2]["x"]), numbers(&traces[3]["x"])), (vec![0.0, 1.0], vec![9.0]));
    assert_eq!((numbers(&traces[6]["x"]).len(), numbers(&traces[7]["x"]).len()), (3, 0));
    // The decision of the second panel changes upwards.
    assert_eq!(numbers(&traces[4]["z"][10]), [-5.0; 11]);
    let headings: Vec<&str> =
        figure["layout"]["annotations"].as_array().unwrap().iter().map(|a| a["text"].as_str().unwrap()).collect();
    assert_eq!(headings, ["left", "below"]);
    assert!(heading(&figure).contains("1 row outside this square not drawn"));
    // One legend for all.
    assert_eq!(traces.iter().filter(|trace| trace["showlegend"] == true).count(), 3);
    let picture = static_svg(&plot).unwrap();
    assert!(picture.contains("left") && picture.contains("below"));
}

#[test]
fn boundaries_that_do_not_fit_their_rows_are_errors() {
    let panel = BoundaryPanel { heading: String::new(), is_outlier: vec![false] };
    let draw = |rows: Array2<f64>| {
        let decision = |_, x: ArrayView2<'_, f64>| Ok::<_, std::io::Error>(Array1::zeros(x.nrows()));
        boundaries(rows.view(), Grid::default(), std::slice::from_ref(&panel), &labels(), decision)
    };
    assert!(matches!(draw(Array2::zeros((2, 2))), Err(PlotError::PredictionLength { expected: 2, found: 1 })));
    assert!(matches!(draw(Array2::zeros((1, 3))), Err(PlotError::NotTwoFeatures { n_features: 3 })));
}

#[test]
fn score_histograms_have_their_thresholds() {
    let figure =
        score_histograms(&[("a", &[-1.0, -0.5, 0.0], -0.75), ("b", &[-9.0, 0.0, 0.0], -1.0)], 2, &labels()).unwrap();
    let picture = static_svg(&figure).unwrap();
    let figure = json(&figure);
    let traces = figure["data"].as_array().unwrap();
    assert_eq!(traces.len(), 4);
    assert_eq!((numbers(&traces[2]["x"]), numbers(&traces[3]["x"])), (vec![-0.75; 2], vec![-1.0; 2]));
    assert_eq!((&traces[3]["xaxis"], &traces[3]["yaxis"]), (&json!("x2"), &json!("y2")));
    assert_eq!(traces.iter().filter(|trace| trace["showlegend"] == true).count(), 1);
    assert!(picture.contains("stroke-dasharray=\"9 6\"") && picture.contains("threshold"));
}

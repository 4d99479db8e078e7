//! Figures, checked through the JSON that JupyterLab gets.
#![cfg(feature = "plot")]

use std::io;

use isoforest::explain::{Direction, FeatureContribution};
use isoforest::plot::{
    CountAxis, Grid, Labels, MAX_MARKERS, PlotError, box_plot, decision_boundary, explanation, histogram,
    histogram_with_axis, predictions, scatter, static_svg, threshold_curve,
};
use isoforest::plotly::Plot;
use isoforest::threshold::ThresholdCurve;
use ndarray::{Array1, Array2, ArrayView2, array};
use serde_json::{Value, json};

fn json(plot: &Plot) -> Value {
    serde_json::from_str(&plot.to_json()).unwrap()
}

fn labels() -> Labels {
    Labels::new("A title").x("mean").y("sd")
}

/// The text over the figure: title and notes.
fn heading(figure: &Value) -> String {
    figure["layout"]["title"]["text"].as_str().unwrap().to_owned()
}

fn axis_title(figure: &Value, axis: &str) -> String {
    figure["layout"][axis]["title"]["text"].as_str().unwrap().to_owned()
}

/// Positive inside a circle of radius 20 around (20, 20): 20 there, about -50.7 in the farthest corner of the default grid.
#[expect(clippy::unnecessary_wraps, reason = "a decision function may fail")]
fn circle(points: ArrayView2<'_, f64>) -> io::Result<Array1<f64>> {
    Ok(points.rows().into_iter().map(|row| 20.0 - (row[0] - 20.0).hypot(row[1] - 20.0)).collect())
}

fn boundary_figure() -> Value {
    let rows = array![[20.0, 20.0], [20.0, 20.0], [60.0, 60.0]];
    json(&decision_boundary(rows.view(), Grid::default(), &labels(), circle).unwrap())
}

fn trace<'a>(figure: &'a Value, name: &str) -> &'a Value {
    let traces = figure["data"].as_array().unwrap();
    traces.iter().find(|trace| trace["name"].as_str().is_some_and(|found| found.starts_with(name))).unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// A feature whose value 66.3 is high.
fn feature(name: &str, contribution: f64) -> FeatureContribution {
    FeatureContribution { name: name.to_owned(), value: Some(66.3), contribution, direction: Some(Direction::High) }
}

/// Many distinct rows, the same at every call.
fn distinct_rows(n: u32) -> impl Iterator<Item = (f64, f64)> + Clone {
    (0..n).map(|i| (f64::from(i) * 0.618_034 % 1.0, f64::from(i) * 0.754_878 % 1.0))
}

#[test]
fn every_figure_has_a_title_axis_titles_one_style_and_fits_its_cell() {
    let rows = array![[1.0, 2.0], [3.0, 4.0]];
    #[expect(clippy::useless_vec, reason = "figures are large for the stack")]
    let figures = vec![
        scatter([1.0, 2.0], [3.0, 4.0], &labels()).unwrap(),
        histogram([1.0, 2.0], 2, &labels()).unwrap(),
        box_plot([1.0, 2.0], &labels()).unwrap(),
        decision_boundary(rows.view(), Grid::default(), &labels(), circle).unwrap(),
        predictions(rows.view(), array![1, -1].view(), Grid::default(), &labels(), circle).unwrap(),
        explanation(&[feature("mean", 1.0)], &labels()).unwrap(),
    ];
    for figure in figures.iter().map(json) {
        assert!(heading(&figure).starts_with("A title"));
        assert_eq!(axis_title(&figure, "xaxis"), "mean");
        let layout = &figure["layout"];
        assert_eq!((&layout["paper_bgcolor"], &layout["plot_bgcolor"]), (&json!("#ffffff"), &json!("#ffffff")));
        assert_eq!(layout["font"]["color"], "#1f2933");
        assert_eq!(layout["width"], Value::Null);
        assert_eq!(figure["config"]["responsive"], true);
        // Nothing sends the data anywhere.
        assert_eq!(figure["config"]["showSendToCloud"], false);
        assert_eq!(figure["config"]["plotlyServerURL"], "");
    }
    let with_two_axes = [0, 1, 3, 4, 5].map(|i| axis_title(&json(&figures[i]), "yaxis"));
    assert_eq!(with_two_axes, ["sd"; 5]);
}

#[test]
fn markup_in_titles_and_names_is_shown_as_it_is() {
    let labels = Labels::new("<b>bold</b> & <script>").x("a<br>b").y("%{x}");
    let figure = json(&scatter([1.0], [1.0], &labels).unwrap());
    assert_eq!(heading(&figure), "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;");
    assert_eq!(axis_title(&figure, "xaxis"), "a&lt;br&gt;b");
    let hover = figure["data"][0]["hovertemplate"].as_str().unwrap();
    assert!(hover.starts_with("a&lt;br&gt;b: %{x}<br>%&#123;x}: %{y}<br>"), "{hover}");
}

#[test]
fn a_long_title_is_broken_into_lines_that_have_their_room() {
    let title = "word ".repeat(40);
    let short = json(&scatter([1.0], [1.0], &labels()).unwrap());
    let long = json(&scatter([1.0], [1.0], &Labels::new(title)).unwrap());
    let lines = heading(&long).split("<br>").map(str::len).collect::<Vec<_>>();
    assert!(lines.len() > 2 && lines.iter().all(|&length| length <= 64), "{lines:?}");
    let top = |figure: &Value| figure["layout"]["margin"]["t"].as_u64().unwrap();
    // Longer than fits beside the buttons, it begins below them.
    assert!(top(&long) >= top(&short) + 20 * (lines.len() as u64 - 1) + 26);
    let above = |figure: &Value| figure["layout"]["title"]["pad"]["t"].as_u64().unwrap();
    assert!(above(&long) >= above(&short) + 26);
}

#[test]
fn a_scatter_plot_merges_coinciding_rows_and_counts_them() {
    let figure = json(&scatter([1.0, 0.0, 1.0, 1.0, 0.5], [2.0, 0.0, 2.0, 2.0, 0.5], &labels()).unwrap());
    let points = &figure["data"][0];
    assert_eq!((numbers(&points["x"]), numbers(&points["y"])), (vec![1.0, 0.0, 0.5], vec![2.0, 0.0, 0.5]));
    assert_eq!(points["customdata"], json!([3, 1, 1]));
    let sizes = numbers(&points["marker"]["size"]);
    let crowd = json(&scatter(vec![1.0; 10_000], vec![1.0; 10_000], &labels()).unwrap());
    assert!(numbers(&crowd["data"][0]["marker"]["size"])[0] >= sizes[1] + 10.0);
    let hover = points["hovertemplate"].as_str().unwrap();
    assert_eq!(hover, "mean: %{x}<br>sd: %{y}<br>rows here: %{customdata:,}<extra></extra>");
    assert_eq!(heading(&figure), "A title");
}

#[test]
fn a_scatter_plot_of_many_distinct_rows_is_thinned_and_says_so() {
    let rows = distinct_rows(30_000).chain([(9.0, 9.0)]);
    let draw = || json(&scatter(rows.clone().map(|row| row.0), rows.clone().map(|row| row.1), &labels()).unwrap());
    let figure = draw();
    let points = &figure["data"][0];
    let drawn = numbers(&points["x"]).len();
    assert!(drawn <= MAX_MARKERS, "{drawn}");
    assert_eq!(numbers(&points["customdata"]).iter().sum::<f64>(), 30_001.0);
    assert!(numbers(&points["x"]).contains(&9.0), "the lone outlier is drawn");
    assert!(heading(&figure).contains("30,001 rows thinned to"), "{}", heading(&figure));
    assert_eq!(figure, draw());
}

#[test]
fn rows_without_two_values_are_left_out_and_mentioned() {
    let figure = json(&scatter([1.0, f64::NAN, 2.0], [1.0, 1.0, f64::INFINITY], &labels()).unwrap());
    assert_eq!(figure["data"][0]["x"], json!([1.0]));
    assert!(heading(&figure).contains("2 rows without a finite value not drawn"));
    let error = scatter([f64::NAN], [1.0], &labels()).err().unwrap();
    assert_eq!(error.to_string(), "nothing to draw: none of the 1 rows has a finite value of both mean and sd");
}

#[test]
fn columns_of_different_lengths_are_an_error_with_both_lengths() {
    let error = scatter([1.0, 2.0, 3.0], [1.0], &labels()).err().unwrap();
    assert!(matches!(error, PlotError::LengthMismatch { n_x: 3, n_y: 1, .. }), "{error}");
    let error = scatter([1.0], [1.0, 2.0], &labels()).err().unwrap();
    assert_eq!(error.to_string(), "`mean` has 1 values and `sd` has 2: a point needs one of each");
}

#[test]
fn a_histogram_has_exactly_n_bins_with_numpys_counts() {
    // numpy.histogram([0, 0.5, 1, 1, 2.5, 3, 4, 10], bins=5): edges 0, 2, 4, 6, 8, 10
    let figure = json(&histogram([0.0, 0.5, 1.0, 1.0, 2.5, 3.0, 4.0, 10.0], 5, &labels()).unwrap());
    let bars = &figure["data"][0];
    assert_eq!(bars["y"], json!([4, 2, 1, 0, 1]));
    assert_eq!(bars["x"], json!([1.0, 3.0, 5.0, 7.0, 9.0]));
    assert_eq!(bars["width"], json!(2.0));
    assert_eq!(bars["hovertext"][1], "[2, 4)");
    assert_eq!(bars["hovertext"][4], "[8, 10]");
    assert_eq!(figure["layout"]["yaxis"]["type"], Value::Null);
}

#[test]
fn a_long_tail_gets_a_log_axis_that_says_so_and_shows_single_rows() {
    let values = || std::iter::repeat_n(0.0, 50_000).chain([100.0]);
    let labels = Labels::new("Tail").x("mean");
    let axis = |figure: &Value| (figure["layout"]["yaxis"]["type"].clone(), axis_title(figure, "yaxis"));
    let readable = json(&histogram(values(), 20, &labels).unwrap());
    assert_eq!(axis(&readable), (json!("log"), "rows (log scale)".to_owned()));
    assert!(readable["layout"]["yaxis"]["range"][0].as_f64().unwrap() < 0.0, "one row is above the axis");
    let linear = json(&histogram_with_axis(values(), 20, CountAxis::Linear, &labels).unwrap());
    assert_eq!(axis(&linear), (Value::Null, "rows".to_owned()));
    let log = json(&histogram_with_axis([1.0, 2.0], 2, CountAxis::Log, &labels).unwrap());
    assert_eq!(axis(&log).0, json!("log"));
}

#[test]
fn histograms_of_nothing_are_errors() {
    assert!(matches!(histogram([1.0], 0, &labels()), Err(PlotError::NoBins)));
    let error = histogram([f64::NAN, f64::NEG_INFINITY], 5, &labels()).err().unwrap();
    assert_eq!(error.to_string(), "nothing to draw: none of the 2 rows has a finite value of mean");
    let figure = json(&histogram([1.0, f64::NAN], 1, &labels()).unwrap());
    assert!(heading(&figure).contains("1 row without a finite value not counted"));
}

#[test]
fn a_box_has_numpys_quartiles_whiskers_inside_the_fences_and_outliers_beyond() {
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 16.0, 16.0, -9.0];
    let figure = json(&box_plot(values, &labels()).unwrap());
    let drawn = &figure["data"][0];
    // numpy.quantile(values, [0.25, 0.5, 0.75]) is 2.5, 5, 7.5: fences at -5 and 15.
    assert_eq!((&drawn["q1"], &drawn["median"], &drawn["q3"]), (&json!([2.5]), &json!([5.0]), &json!([7.5])));
    assert_eq!((&drawn["lowerfence"], &drawn["upperfence"]), (&json!([1.0]), &json!([8.0])));
    let outliers = trace(&figure, "outliers");
    assert_eq!((&outliers["x"], &outliers["customdata"]), (&json!([16.0, -9.0]), &json!([2, 1])));
    let heading = heading(&figure);
    assert!(heading.contains("Q1 2.5, median 5, Q3 7.5; fences -5 and 15"), "{heading}");
    assert!(heading.contains("3 of 11 rows (27.3 %) beyond the fences"), "{heading}");
    assert_eq!(figure["layout"]["xaxis2"], Value::Null);
}

#[test]
fn a_box_of_no_width_is_described_in_few_digits() {
    let mut values = vec![-0.103_857_833_881_208_53; 20];
    values.push(7.0);
    let heading = heading(&json(&box_plot(values, &labels()).unwrap()));
    assert!(heading.contains("Q1 -0.1039, median -0.1039, Q3 -0.1039; fences -0.1039 and -0.1039"), "{heading}");
}

#[test]
fn a_box_that_would_be_a_sliver_is_shown_up_close_with_its_fences() {
    let values = (0..100_u32).map(f64::from).chain([20_000.0, 151.0]);
    let figure = json(&box_plot(values, &labels()).unwrap());
    assert_eq!(axis_title(&figure, "xaxis2"), "mean, the box up close");
    let boxes: Vec<&Value> = figure["data"].as_array().unwrap().iter().filter(|trace| trace["type"] == "box").collect();
    assert_eq!(boxes.len(), 2);
    assert_eq!(boxes[1]["xaxis"], "x2");
    assert_eq!(boxes[0]["q1"], boxes[1]["q1"]);
    let (q1, q3) = (numbers(&boxes[1]["q1"])[0], numbers(&boxes[1]["q3"])[0]);
    let fences = numbers(&json!([figure["layout"]["shapes"][0]["x0"], figure["layout"]["shapes"][1]["x0"]]));
    assert_eq!(fences, [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]);
    let range = numbers(&figure["layout"]["xaxis2"]["range"]);
    assert!(range[0] < fences[0] && fences[1] < range[1] && range[1] < 20_000.0);
}

#[test]
fn a_box_of_equal_values_is_a_line_without_outliers() {
    let figure = json(&box_plot([3.0; 10], &labels()).unwrap());
    assert_eq!((&figure["data"][0]["q1"], &figure["data"][0]["q3"]), (&json!([3.0]), &json!([3.0])));
    assert_eq!(trace(&figure, "outliers")["x"], json!([]));
    assert!(matches!(box_plot([], &labels()), Err(PlotError::NothingToDraw { n_rows: 0, .. })));
}

#[test]
fn a_long_name_of_a_column_is_broken_into_lines() {
    let name = "a_column_with_a_very_long_name_that_nobody_can_read_at_once_".repeat(2);
    let figure = json(&scatter([1.0], [1.0], &Labels::new("A").x(&name).y(&name)).unwrap());
    for axis in ["xaxis", "yaxis"] {
        assert!(axis_title(&figure, axis).split("<br>").all(|line| line.len() <= 52));
        assert_eq!(axis_title(&figure, axis).replace("<br>", ""), name);
    }
}

#[test]
fn seven_bands_of_equal_height_lead_from_the_lowest_value_up_to_zero() {
    let figure = boundary_figure();
    let bands = trace(&figure, "decision value");
    let lowest = 20.0 - 50.0_f64.hypot(50.0);
    let levels = &bands["contours"];
    let near = |found: &Value, expected: f64| assert!((found.as_f64().unwrap() - expected).abs() < 1e-9, "{found}");
    // The lines between the bands: six of them, and the last at 0.
    near(&levels["start"], lowest * 6.0 / 7.0);
    near(&levels["end"], 0.0);
    near(&levels["size"], -lowest / 7.0);
    assert_eq!((&levels["coloring"], &levels["showlines"]), (&json!("fill"), &json!(false)));
    assert_eq!((&bands["opacity"], &bands["autocontour"]), (&json!(0.5), &json!(false)));
    let colors: Vec<&str> =
        bands["colorscale"].as_array().unwrap().iter().map(|stop| stop[1].as_str().unwrap()).collect();
    assert_eq!(colors[..2], ["#08306b", "#08519c"]);
    assert_eq!((colors.len(), colors[6]), (8, "#c6dbef"));
}

#[test]
fn the_key_of_the_bands_shows_their_edges_and_their_colours_on_paper() {
    let figure = boundary_figure();
    let key = figure["data"].as_array().unwrap().iter().find(|trace| trace["marker"]["showscale"] == true).unwrap();
    let marker = &key["marker"];
    assert_eq!(numbers(&marker["colorbar"]["tickvals"]).len(), 8);
    assert_eq!(marker["colorbar"]["ticktext"][0], "-50.7");
    assert_eq!(marker["colorbar"]["ticktext"][7], "0");
    assert_eq!(marker["colorscale"][0][1], "#8498b5");
    assert_eq!(marker["colorscale"].as_array().unwrap().len(), 14);
}

#[test]
fn the_region_above_zero_is_pale_violet_red_behind_a_dark_red_line() {
    let figure = boundary_figure();
    let region = trace(&figure, "inliers: decision value above 0");
    assert_eq!((&region["type"], &region["fillcolor"]), (&json!("contour"), &json!("palevioletred")));
    assert_eq!((&region["line"]["color"], &region["line"]["width"]), (&json!("darkred"), &json!(2.0)));
    // plotly.js fills where the constraint does not hold.
    let constraint = &region["contours"];
    assert_eq!(
        (&constraint["type"], &constraint["operation"], &constraint["value"]),
        (&json!("constraint"), &json!("<"), &json!(0.0))
    );
    let order: Vec<&Value> = figure["data"].as_array().unwrap().iter().map(|trace| &trace["type"]).collect();
    assert_eq!(order, ["contour", "scatter", "contour", "scatter"]);
}

#[test]
fn both_contours_lie_on_the_default_grid_and_agree_with_the_decision_function() {
    let figure = boundary_figure();
    for name in ["decision value", "inliers"] {
        let contour = trace(&figure, name);
        let z: Vec<Vec<f64>> = contour["z"].as_array().unwrap().iter().map(numbers).collect();
        assert!(z.len() == 100 && z.iter().all(|row| row.len() == 100));
        let (x0, dx) = (contour["x0"].as_f64().unwrap(), contour["dx"].as_f64().unwrap());
        assert_eq!((x0, x0 + 99.0 * dx), (-2.0, 70.0));
        for (i, row) in z.iter().enumerate() {
            for (j, &found) in row.iter().enumerate() {
                let (x, y) = (x0 + dx * j as f64, x0 + dx * i as f64);
                let expected = 20.0 - (x - 20.0).hypot(y - 20.0);
                assert_eq!(found > 0.0, expected > 0.0, "({x}, {y})");
                // One grid step from the line, both contours must know the value: the line is drawn by interpolation.
                if name == "decision value" || expected.abs() < 0.7 {
                    assert!((found - expected).abs() < 0.01, "({x}, {y}): {found} for {expected}");
                }
            }
        }
    }
}

#[test]
fn training_rows_are_merged_on_top_of_the_boundary() {
    let figure = boundary_figure();
    let rows = trace(&figure, "training rows");
    assert_eq!(rows["name"], "training rows (3)");
    assert_eq!((&rows["x"], &rows["customdata"]), (&json!([20.0, 60.0]), &json!([2, 1])));
    assert_eq!(figure["layout"]["showlegend"], true);
    assert_eq!(figure["layout"]["xaxis"]["range"], json!([-2.0, 70.0]));
}

#[test]
fn rows_outside_the_grid_are_mentioned() {
    let rows = array![[0.5, 0.5], [5.0, 0.5], [f64::NAN, 0.5]];
    let grid = Grid { x: (0.0, 1.0), y: (0.0, 1.0), n: 10 };
    let figure = json(&decision_boundary(rows.view(), grid, &labels(), circle).unwrap());
    assert!(heading(&figure).contains("2 rows outside this square not drawn"), "{}", heading(&figure));
}

#[test]
fn a_plane_without_inliers_or_without_outliers_is_still_drawn() {
    let rows = array![[0.5, 0.5]];
    let constant = |value: f64| {
        let decision = move |x: ArrayView2<'_, f64>| -> io::Result<_> { Ok(Array1::from_elem(x.nrows(), value)) };
        json(&decision_boundary(rows.view(), Grid::default(), &labels(), decision).unwrap())
    };
    let types = |figure: &Value| {
        let traces = figure["data"].as_array().unwrap();
        traces.iter().map(|trace| trace["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(types(&constant(-0.25)), ["contour", "scatter", "contour", "scatter"]);
    assert_eq!(types(&constant(0.25)), ["contour", "scatter"]);
}

#[test]
fn a_boundary_of_other_than_two_features_is_an_error_that_says_why() {
    for n_features in [1, 3, 5] {
        let rows = Array2::zeros((4, n_features));
        let error = decision_boundary(rows.view(), Grid::default(), &labels(), circle).err().unwrap();
        let message = error.to_string();
        assert!(message.contains("2 features only") && message.contains(&format!("has {n_features}")), "{message}");
    }
}

#[test]
fn a_grid_that_cannot_be_drawn_is_an_error() {
    let rows = array![[0.5, 0.5]];
    let draw = |grid| decision_boundary(rows.view(), grid, &labels(), circle).err().unwrap().to_string();
    assert_eq!(
        draw(Grid { x: (1.0, 1.0), ..Grid::default() }),
        "cannot draw x from 1 to 1: two finite ends are needed, the lower one first"
    );
    assert!(draw(Grid { y: (0.0, f64::NAN), ..Grid::default() }).contains("cannot draw y from 0 to NaN"));
    assert!(draw(Grid { n: 1, ..Grid::default() }).contains("found 1"));
    assert!(draw(Grid { n: 5_000, ..Grid::default() }).contains("found 5000"));
}

#[test]
fn a_decision_function_that_fails_is_told_with_its_reason() {
    let rows = array![[0.5, 0.5]];
    let draw = |decision: fn(ArrayView2<'_, f64>) -> io::Result<Array1<f64>>| {
        decision_boundary(rows.view(), Grid { n: 2, ..Grid::default() }, &labels(), decision).err().unwrap().to_string()
    };
    assert_eq!(draw(|_| Err(io::Error::other("no trees"))), "cannot compute the decision values of the grid: no trees");
    assert_eq!(draw(|_| Ok(array![1.0, 2.0])), "the decision function gave 2 values for 4 grid points");
    assert_eq!(
        draw(|_| Ok(array![1.0, f64::NAN, 1.0, 1.0])),
        "the decision value at (70, -2) is NaN, a finite number is needed"
    );
}

#[test]
fn predictions_are_blue_inliers_and_red_outliers_with_their_counts() {
    let rows = array![[20.0, 20.0], [60.0, 60.0], [21.0, 20.0], [20.0, 20.0]];
    let predicted = array![1, -1, 1, 1];
    let figure = json(&predictions(rows.view(), predicted.view(), Grid::default(), &labels(), circle).unwrap());
    let (inliers, outliers) = (trace(&figure, "inliers ("), trace(&figure, "outliers ("));
    assert_eq!((&inliers["name"], &outliers["name"]), (&json!("inliers (3)"), &json!("outliers (1)")));
    assert_eq!((&inliers["marker"]["color"], &outliers["marker"]["color"]), (&json!("#1648c8"), &json!("#d60000")));
    assert_ne!(inliers["marker"]["symbol"], outliers["marker"]["symbol"]);
    assert_eq!((&inliers["x"], &inliers["customdata"]), (&json!([20.0, 21.0]), &json!([2, 1])));
    assert_eq!(outliers["x"], json!([60.0]));
    assert_eq!(trace(&figure, "decision value")["type"], "contour");
}

#[test]
fn predictions_that_do_not_fit_the_rows_are_errors() {
    let rows = array![[1.0, 1.0], [2.0, 2.0]];
    let draw = |predicted: Array1<i8>| {
        predictions(rows.view(), predicted.view(), Grid::default(), &labels(), circle).err().unwrap().to_string()
    };
    assert_eq!(draw(array![1]), "1 predictions for 2 rows");
    assert_eq!(draw(array![1, 0]), "the prediction of row 1 is 0, expected 1 (inlier) or -1 (outlier)");
}

#[test]
fn an_explanation_is_a_signed_bar_a_feature_the_largest_on_top() {
    let mut contributions = vec![feature("mean", 0.25), feature("sd", -1.5), feature("n", 3.0)];
    contributions[0].value = None;
    contributions[0].direction = None;
    contributions[2].direction = Some(Direction::Low);
    let figure = json(&explanation(&contributions, &labels()).unwrap());
    let axis = &figure["layout"]["yaxis"];
    assert_eq!(axis["ticktext"], json!(["n = 66.3", "sd = 66.3", "mean = missing"]));
    assert_eq!(axis["tickvals"], json!([2.0, 1.0, 0.0]));
    let (more, less) = (trace(&figure, "more anomalous"), trace(&figure, "less anomalous"));
    assert_eq!((&more["x"], &more["y"]), (&json!([3.0, 0.25]), &json!([2.0, 0.0])));
    assert_eq!((&less["x"], &less["y"]), (&json!([-1.5]), &json!([1.0])));
    assert_eq!((&more["marker"]["color"], &less["marker"]["color"]), (&json!("#d60000"), &json!("#1648c8")));
    assert_eq!((&more["orientation"], &more["type"]), (&json!("h"), &json!("bar")));
    assert_eq!(
        more["hovertext"],
        json!(["n = 66.3, below the training median<br>splits saved: 3", "mean = missing<br>splits saved: 0.25"])
    );
    assert!(heading(&figure).contains("Alone after 1.75 splits fewer"), "{}", heading(&figure));
    let usual = json(&explanation(&[feature("mean", -0.5)], &labels()).unwrap());
    assert!(heading(&usual).contains("Alone after 0.5 splits more"), "{}", heading(&usual));
    assert!(matches!(explanation(&[], &labels()), Err(PlotError::NoContributions)));
}

#[test]
fn an_explanation_of_many_features_draws_fourteen_and_the_others_together() {
    let contributions = |n: u32| -> Vec<FeatureContribution> {
        (1..=n).map(|i| feature(&format!("feature number {i} with a very long name"), f64::from(i))).collect()
    };
    let ticks = |n| json(&explanation(&contributions(n), &labels()).unwrap())["layout"]["yaxis"]["ticktext"].clone();
    assert_eq!(ticks(15).as_array().unwrap().len(), 15);
    let of_twenty = ticks(20);
    let of_twenty = of_twenty.as_array().unwrap();
    assert_eq!((of_twenty.len(), &of_twenty[14]), (15, &json!("6 others")));
    assert_eq!(of_twenty[0], "feature number 20 with a… = 66.3");
    let figure = json(&explanation(&contributions(20), &labels()).unwrap());
    let bars = numbers(&trace(&figure, "more anomalous")["x"]);
    assert_eq!((bars[0], bars[13], bars[14]), (20.0, 7.0, 21.0), "1 + 2 + … + 6 is 21");
}

#[test]
fn figures_of_many_rows_stay_small() {
    let (x, y): (Vec<f64>, Vec<f64>) = distinct_rows(100_000).unzip();
    let rows = Array2::from_shape_fn((x.len(), 2), |(i, j)| if j == 0 { 60.0 * x[i] } else { 60.0 * y[i] });
    let kilobytes = |plot: Plot| plot.to_json().len() / 1024;
    assert!(kilobytes(scatter(x.clone(), y, &labels()).unwrap()) < 150);
    assert!(kilobytes(histogram(x.clone(), 20, &labels()).unwrap()) < 5);
    assert!(kilobytes(box_plot(x, &labels()).unwrap()) < 150);
    assert!(kilobytes(decision_boundary(rows.view(), Grid::default(), &labels(), circle).unwrap()) < 300);
}

#[test]
fn a_grid_around_the_rows_leaves_a_margin() {
    let grid = Grid::around(array![[0.0, 5.0], [10.0, 5.0], [f64::NAN, 5.0]].view()).unwrap();
    assert_eq!((grid.x, grid.y, grid.n), ((-0.5, 10.5), (4.0, 6.0), 100));
    assert!(matches!(Grid::around(Array2::zeros((1, 3)).view()), Err(PlotError::NotTwoFeatures { n_features: 3 })));
}

#[test]
fn every_figure_has_a_still_picture_with_its_words_and_colours() {
    let rows = array![[20.0, 20.0], [60.0, 60.0]];
    let labels = Labels::new("Title & <more>").x("mean").y("sd");
    let tail = || (0..100_u32).map(f64::from).chain([20_000.0]);
    #[expect(clippy::useless_vec, reason = "figures are large for the stack")]
    let figures = vec![
        scatter([1.0, 2.0], [3.0, 4.0], &labels).unwrap(),
        histogram(tail(), 20, &labels).unwrap(),
        box_plot(tail(), &labels).unwrap(),
        decision_boundary(rows.view(), Grid::default(), &labels, circle).unwrap(),
        predictions(rows.view(), array![1, -1].view(), Grid::default(), &labels, circle).unwrap(),
        explanation(&[feature("sd", 3.0), feature("R&D <b>", -1.0)], &labels).unwrap(),
    ];
    let pictures: Vec<String> = figures.iter().map(|figure| static_svg(figure).unwrap()).collect();
    for picture in &pictures {
        assert!(picture.contains("Title &amp; &lt;more&gt;") && picture.contains(">mean</text>"));
        assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
        assert!(!picture.contains("NaN") && !picture.contains("inf") && !picture.contains("script"));
        // Pictures on one page share their names, so there are none.
        assert!(!picture.contains(" id="));
    }
    let [points, bars, boxes, boundary, predicted, explained] = &pictures[..] else {
        panic!("a figure without a picture")
    };
    assert_eq!(points.matches("h0").count(), 2, "two circles");
    assert_eq!(bars.matches("<rect").count(), 1 + 2, "the paper and two bars that are not empty");
    assert_eq!(boxes.matches("stroke-dasharray").count(), 2, "two fences");
    for part in ["palevioletred", "darkred", "#08306b", "opacity=\"0.5\"", "decision", "training rows (2)"] {
        assert!(boundary.contains(part), "{part}");
    }
    assert!(predicted.contains("#d60000") && predicted.contains("outliers (1)"));
    assert!(explained.contains(">sd = 66.3</text>") && explained.contains(">R&amp;D &lt;b&gt; = 66.3</text>"));
    assert!(explained.contains("more anomalous") && explained.contains("less anomalous"));
    assert_eq!(explained.matches("<rect").count(), 1 + 2, "the paper and two bars");
}

#[test]
fn a_figure_with_an_unknown_kind_of_trace_has_no_still_picture() {
    let mut plot = Plot::new();
    plot.add_trace(isoforest::plotly::Pie::new(vec![1, 2]));
    assert_eq!(static_svg(&plot), None);
}

/// Nine rows far out, and 991 close together.
fn scores_with_nine_outliers() -> ThresholdCurve {
    ThresholdCurve::new((0..1_000).map(|i| if i < 9 { -0.8 } else { -0.5 + f64::from(i) * 1e-4 })).unwrap()
}

#[test]
fn a_threshold_curve_shows_the_model_s_threshold_and_the_suggested_one() {
    let plot = threshold_curve(&scores_with_nine_outliers(), -0.450_05, &Labels::new("Where to draw the line?"));
    let figure = json(&plot);
    assert_eq!(axis_title(&figure, "xaxis"), "% of rows flagged (log scale)");
    assert_eq!(
        (axis_title(&figure, "yaxis").as_str(), &figure["layout"]["xaxis"]["type"]),
        ("score_samples", &json!("log"))
    );
    let line = trace(&figure, "score of the last row flagged");
    assert_eq!((numbers(&line["x"])[0], numbers(&line["y"])[0]), (0.9, -0.8));
    assert_eq!(numbers(&line["x"]).last(), Some(&100.0));
    assert_eq!(numbers(&trace(&figure, "the model's: 500 rows")["x"]), [50.0]);
    assert_eq!(numbers(&trace(&figure, "suggested: 9 rows")["x"]), [0.9]);
    let heading = heading(&figure);
    assert!(heading.contains("The model flags 500 rows (50 %)."), "{heading}");
    assert!(heading.contains("Suggested by the elbow: contamination 0.009, 9 rows (0.9 %)."), "{heading}");
    assert!(static_svg(&plot).unwrap().contains("<path d=\"M"));
}

#[test]
fn a_threshold_curve_without_an_elbow_or_a_flagged_row_is_drawn_all_the_same() {
    let curve = ThresholdCurve::new([-0.5; 10]).unwrap();
    let figure = json(&threshold_curve(&curve, -0.5, &Labels::new("All alike")));
    assert!(heading(&figure).contains("The model flags 0 rows (0 %)."), "{}", heading(&figure));
    assert!(heading(&figure).contains("no elbow"));
    assert_eq!(numbers(&trace(&figure, "the model's: 0 rows")["x"]), [10.0]);
}

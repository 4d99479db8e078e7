use isoforest::plot::{Grid, Labels, box_plot, decision_boundary, explanation, histogram, predictions, scatter};
use isoforest::plotly::Plot;
use ndarray::{Array2, array};
use serde_json::{Value, json};

use crate::{axis_title, circle, distinct_rows, feature, heading, json, labels};

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
fn figures_of_many_rows_stay_small() {
    let (x, y): (Vec<f64>, Vec<f64>) = distinct_rows(100_000).unzip();
    let rows = Array2::from_shape_fn((x.len(), 2), |(i, j)| if j == 0 { 60.0 * x[i] } else { 60.0 * y[i] });
    let kilobytes = |plot: Plot| plot.to_json().len() / 1024;
    assert!(kilobytes(scatter(x.clone(), y, &labels()).unwrap()) < 150);
    assert!(kilobytes(histogram(x.clone(), 20, &labels()).unwrap()) < 5);
    assert!(kilobytes(box_plot(x, &labels()).unwrap()) < 150);
    assert!(kilobytes(decision_boundary(rows.view(), Grid::default(), &labels(), circle).unwrap()) < 300);
}

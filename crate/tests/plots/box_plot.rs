use isoforest::plot::{Labels, PlotError, box_plot, scatter};
use serde_json::{Value, json};

use crate::{axis_title, heading, json, labels, numbers, trace};

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

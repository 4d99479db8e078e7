use isoforest::plot::{Labels, static_svg, threshold_curve};
use isoforest::threshold::ThresholdCurve;
use serde_json::json;

use crate::{axis_title, heading, json, numbers, trace};

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

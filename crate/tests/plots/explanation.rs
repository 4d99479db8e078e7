use isoforest::explain::{Direction, FeatureContribution};
use isoforest::plot::{PlotError, explanation};
use serde_json::json;

use crate::{feature, heading, json, labels, numbers, trace};

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

use isoforest::plot::{
    Grid, Labels, box_plot, decision_boundary, explanation, histogram, predictions, scatter, static_svg,
};
use isoforest::plotly::Plot;
use ndarray::array;

use crate::{circle, feature};

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

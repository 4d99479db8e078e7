use isoforest::plot::{Grid, PlotError, decision_boundary, predictions};
use ndarray::{Array1, Array2, ArrayView2, array};
use serde_json::{Value, json};
use std::io;

use crate::{boundary_figure, circle, heading, json, labels, numbers, trace};

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
fn a_grid_around_the_rows_leaves_a_margin() {
    let grid = Grid::around(array![[0.0, 5.0], [10.0, 5.0], [f64::NAN, 5.0]].view()).unwrap();
    assert_eq!((grid.x, grid.y, grid.n), ((-0.5, 10.5), (4.0, 6.0), 100));
    assert!(matches!(Grid::around(Array2::zeros((1, 3)).view()), Err(PlotError::NotTwoFeatures { n_features: 3 })));
}

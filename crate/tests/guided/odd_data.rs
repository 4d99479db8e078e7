use isoforest::Guided;
use isoforest::ndarray::{Array2, array};
use proptest::prelude::*;

use crate::common::bell;
use crate::{guided, scores, ways};

#[test]
fn rows_that_are_all_alike_and_a_row_by_itself_are_inliers() {
    for way in ways() {
        for x in [Array2::ones((100, 2)), Array2::zeros((256, 3)), Array2::ones((1, 2))] {
            let forest = guided(way).fit(x.view()).unwrap();
            assert!(forest.trees().iter().all(|tree| tree.n_nodes() == 1));
            for score in scores(&forest, x.view()) {
                assert!((score + 0.5).abs() < 1e-12, "{way:?}: {score}");
            }
        }

        assert_eq!(guided(way).fit_predict(Array2::<f64>::ones((1, 2)).view()).unwrap().to_vec(), [1]);
    }
}

#[test]
fn a_constant_column_is_never_cut() {
    let mut x = bell(300, 3, 1);
    x.column_mut(1).fill(5.0);
    for way in ways() {
        let forest = guided(way).fit(x.view()).unwrap();
        assert!(forest.trees().iter().all(|tree| !tree.feature.contains(&1)));
    }
}

#[test]
fn a_missing_value_goes_to_the_side_of_more_rows() {
    let mut x = bell(300, 2, 2);
    x.column_mut(0).iter_mut().step_by(3).for_each(|value| *value = f64::NAN);
    for way in ways() {
        let forest = guided(way).fit(x.view()).unwrap();
        let mut tested = 0;
        for tree in forest.trees() {
            for node in 0..tree.n_nodes() {
                let Some((left, right)) = tree.children(node) else { continue };
                // Without the missing rows the sides may be equal; with them the larger is the one they went to.
                if tree.n_samples[left] != tree.n_samples[right] {
                    assert_eq!(tree.missing_left[node], tree.n_samples[left] > tree.n_samples[right]);
                    tested += 1;
                }
            }
        }
        assert!(tested > 100);
    }
}

#[test]
fn a_column_without_a_value_changes_nothing_but_the_draws() {
    let mut x = bell(300, 2, 3);
    x.column_mut(1).fill(f64::NAN);
    for way in ways() {
        let forest = guided(way).fit(x.view()).unwrap();
        assert!(forest.trees().iter().all(|tree| !tree.feature.contains(&1)));
        assert!(scores(&forest, array![[0.0, f64::NAN], [f64::NAN, 3.0]].view()).iter().all(|score| score.is_finite()));
    }
}

#[test]
fn the_ends_of_f32_are_data_like_any_other() {
    let (high, low, tiny) = (f64::from(f32::MAX), f64::from(f32::MIN), 1e-45);
    let x = array![[high, tiny], [low, -tiny], [0.0, 0.0], [1.0, tiny], [high, 0.0], [low, tiny]];
    for way in ways() {
        let forest = guided(way).fit(x.view()).unwrap();
        assert!(scores(&forest, x.view()).iter().all(|score| (-1.0..0.0).contains(score)));
        assert!(forest.trees().iter().any(|tree| tree.feature[0] == 1));
    }
}

fn any_rows() -> impl Strategy<Value = Array2<f64>> {
    let value = prop_oneof![
        4 => -1e3..1e3_f64,
        2 => (-3..3_i32).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => any::<f32>().prop_filter("finite", |value| value.is_finite()).prop_map(f64::from),
    ];
    (1..40_usize, 1..5_usize).prop_flat_map(move |(rows, columns)| {
        prop::collection::vec(value.clone(), rows * columns)
            .prop_map(move |values| Array2::from_shape_vec((rows, columns), values).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_finite_rows_score_from_minus_one_to_below_zero_in_any_order(x in any_rows(), way in 0..8_usize, seed in any::<u32>()) {
        let forest = guided(ways()[way]).n_estimators(7).random_state(seed).fit(x.view()).unwrap();
        let found = scores(&forest, x.view());
        prop_assert!(found.iter().all(|score| (-1.0..0.0).contains(score)));
        let backwards = x.slice(isoforest::ndarray::s![..;-1, ..]);
        let mut turned = forest.score_samples(backwards).unwrap().to_vec();
        turned.reverse();
        prop_assert_eq!(found, turned);
    }
}

#[test]
fn a_row_far_outside_of_the_training_data_is_the_least_normal() {
    let x = bell(500, 2, 4);
    let forest = guided(Guided::default()).fit(x.view()).unwrap();
    let far = scores(&forest, array![[40.0, -40.0]].view())[0];
    assert!(scores(&forest, x.view()).iter().all(|&score| score >= far));
}

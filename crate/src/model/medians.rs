//! Medians of the training data, for detectors that read a missing value as one.

use std::num::NonZero;
use std::thread;

use ndarray::{ArrayView2, Axis};

use crate::scoring::Feature;

/// Lower median of each column as `f32`, over the values that are not missing; 0 where there is none. Cost: a copy of a column and a
/// selection, a thread and a column at a time.
pub(super) fn medians<A: Feature>(x: ArrayView2<'_, A>, n_threads: NonZero<usize>) -> Vec<f32> {
    let share = x.ncols().div_ceil(n_threads.get()).max(1);
    let of_columns = |x: ArrayView2<'_, A>| -> Vec<f32> {
        x.columns().into_iter().map(|column| median(column.iter().map(|value| value.to_f32()))).collect()
    };
    if share >= x.ncols() {
        return of_columns(x);
    }
    thread::scope(|scope| {
        let parts = x.axis_chunks_iter(Axis(1), share).map(|part| scope.spawn(move || of_columns(part)));
        let workers: Vec<_> = parts.collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.filter(|value| !value.is_nan()).collect();
    let Some(middle) = values.len().checked_sub(1).map(|last| last / 2) else { return 0.0 };
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use ndarray::array;

    use super::medians;

    #[test]
    fn a_median_is_the_lower_one_of_the_values_there_are() {
        let x = array![[3.0, f64::NAN, 1.0], [1.0, f64::NAN, f64::NAN], [2.0, f64::NAN, 4.0], [9.0, f64::NAN, 7.0]];
        for n_threads in [1, 2, 5] {
            assert_eq!(medians(x.view(), NonZero::new(n_threads).unwrap()), [2.0, 0.0, 4.0]);
        }
    }
}

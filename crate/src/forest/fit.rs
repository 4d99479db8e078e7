//! All trees of a forest: draws each tree's columns and rows and grows it, on one thread or several.

use std::num::NonZero;
use std::thread;

use super::grow::grow;
use super::random::{RandomState, tree_seeds};
use super::tree::Tree;

/// Most columns of which a tree's rows are copied before it is grown: each of its levels reads one value a row, out of the copy and
/// not from all over the data. With more columns most of the copy would never be read.
const COPIED_COLUMNS: usize = 10;

/// What to grow: sizes are checked, `max_samples <= n_rows` and `max_features <= n_columns`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) n_rows: u32,
    pub(crate) n_columns: u32,
    pub(crate) max_samples: u32,
    pub(crate) max_features: u32,
    pub(crate) bootstrap: bool,
    pub(crate) random_state: u32,
    /// Trees that exist already, for a warm start.
    pub(crate) skip: usize,
    /// Trees to grow.
    pub(crate) n_trees: usize,
    /// Whether progress goes to standard error: ten lines a thread.
    pub(crate) verbose: bool,
}

/// Depth at which a tree of `max_samples` rows stops growing: `ceil(log2(max(max_samples, 2)))`.
pub(crate) fn depth_limit(max_samples: usize) -> u32 {
    usize::BITS - (max_samples.max(2) - 1).leading_zeros()
}

/// Grows the trees `plan.skip..plan.skip + plan.n_trees`, whatever the detector; `grow(seed)` grows the one of a seed.
///
/// Trees are independent of each other, so the number of threads changes nothing but the time.
pub(crate) fn grow_trees(plan: Plan, n_threads: NonZero<usize>, grow: impl Fn(u32) -> Tree + Sync) -> Vec<Tree> {
    let seeds = tree_seeds(plan.random_state, plan.skip, plan.n_trees);
    let share = plan.n_trees.div_ceil(n_threads.get()).max(1);
    let grow = &grow;
    let grow_share = move |seeds: &[u32]| -> Vec<Tree> {
        seeds
            .iter()
            .enumerate()
            .map(|(i, &seed)| {
                let tree = grow(seed);
                if plan.verbose && (i + 1) % (seeds.len() / 10).max(1) == 0 {
                    eprintln!("isolation forest: {} of {} trees grown on this thread", i + 1, seeds.len());
                }
                tree
            })
            .collect()
    };
    if share >= plan.n_trees {
        return grow_share(&seeds);
    }
    thread::scope(|scope| {
        let grow_share = &grow_share;
        let workers: Vec<_> = seeds.chunks(share).map(|part| scope.spawn(move || grow_share(part))).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Columns and rows of the tree of a seed, in the order of the draw; no row stands twice.
pub(super) fn draw_sample(plan: Plan, seed: u32) -> (Vec<u32>, Vec<u32>) {
    let mut random = RandomState::new(seed);
    let columns = random.without_replacement(plan.n_columns, plan.max_features);
    let mut rows = if plan.bootstrap {
        random.with_replacement(plan.n_rows, plan.max_samples)
    } else {
        random.without_replacement(plan.n_rows, plan.max_samples)
    };
    if plan.bootstrap {
        rows.sort_unstable();
        rows.dedup();
    }
    (columns, rows)
}

/// Grows the standard forest's tree of a seed. `value(row, column)` reads the data as `f32`.
pub(crate) fn grow_standard(plan: Plan, seed: u32, value: impl Fn(u32, u32) -> f32) -> Tree {
    let (columns, mut rows) = draw_sample(plan, seed);
    let max_depth = depth_limit(plan.max_samples as usize);
    if columns.len() > COPIED_COLUMNS {
        // In the order of the memory; to the tree it is all the same.
        rows.sort_unstable();
        let read = |rows: &[u32], local: u32, out: &mut [f32]| {
            let column = columns[local as usize];
            out.iter_mut().zip(rows).for_each(|(out, &row)| *out = value(row, column));
        };
        return grow(read, rows, &columns, seed, max_depth);
    }
    let n_rows = rows.len();
    let mut values = vec![0.0; n_rows * columns.len()];
    for (place, &row) in rows.iter().enumerate() {
        for (local, &column) in columns.iter().enumerate() {
            values[local * n_rows + place] = value(row, column);
        }
    }
    let read = |places: &[u32], local: u32, out: &mut [f32]| {
        let column = &values[local as usize * n_rows..][..n_rows];
        out.iter_mut().zip(places).for_each(|(out, &place)| *out = column[place as usize]);
    };
    grow(read, (0..n_rows as u32).collect(), &columns, seed, max_depth)
}

#[cfg(test)]
mod tests {
    use super::depth_limit;

    #[test]
    fn the_depth_limit_is_the_ceiling_of_the_binary_logarithm() {
        let pairs = [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (150, 8), (256, 8), (257, 9), (1000, 10)];
        for (max_samples, limit) in pairs {
            assert_eq!(depth_limit(max_samples), limit, "max_samples {max_samples}");
        }
    }
}

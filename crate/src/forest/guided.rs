//! Growing one tree of a guided isolation forest (Cortes 2021, "Revisiting randomized choices in isolation forests").
//!
//! A node draws a column, by the columns' weights, among those that are not constant there. With the probabilities of [`Guided`] it then
//! cuts where the cut has the best gain, and otherwise anywhere between the ends, uniformly. A gain compares the standard deviation of
//! the node with those of both sides, σ - (σ₁ + σ₂) / 2 or, pooled, σ - (n₁ σ₁ + n₂ σ₂) / n, and is the best over all cuts
//! between two values. Where the papers leave something open:
//!
//! - The threshold lies anywhere between those two values, uniformly, so that trees differ.
//! - A column's weight is the root of its kurtosis, or 1, in the tree's rows; see [`ColumnWeights`].
//! - Gains and ends are those of the rows whose value is not missing. Rows whose value is missing go to the side of more rows.
//!
//! Rows and columns of a tree are those that the standard forest draws for the same seed; the cuts come from a stream of their own.

use super::draws::Draws;
use super::fit::{Plan, depth_limit, draw_sample};
use super::gain::{Gain, best_cut};
use super::guided_score::{Cut, Way};
use super::kurtosis::kurtosis;
use super::params::{ColumnWeights, Guided};
use super::tree::Tree;

/// Grows the tree of a seed. `value(row, column)` reads the data, with NaN for a missing value.
pub(crate) fn grow_guided(plan: Plan, guided: Guided, seed: u32, value: impl Fn(u32, u32) -> f32) -> Tree {
    let (mut columns, mut rows) = draw_sample(plan, seed);
    columns.sort_unstable();
    rows.sort_unstable();
    // A copy of the tree's own few rows, column after column: each is read at every level.
    let cells: Vec<Vec<f32>> =
        columns.iter().map(|&column| rows.iter().map(|&row| value(row, column)).collect()).collect();
    let weights = match guided.column_weights {
        ColumnWeights::Equal => vec![1.0; columns.len()],
        ColumnWeights::Kurtosis => cells.iter().map(|column| kurtosis(column)).collect(),
        ColumnWeights::RootKurtosis => cells.iter().map(|column| kurtosis(column).sqrt()).collect(),
    };
    let n_rows = rows.len();
    let mut grower = Grower {
        cells,
        columns: &columns,
        weights,
        guided,
        random: Draws::new(seed),
        tree: Tree::default(),
        rows: (0..n_rows).collect(),
        present: Vec::with_capacity(n_rows),
        undrawn: Vec::with_capacity(columns.len()),
    };
    grower.grow(depth_limit(plan.max_samples as usize));
    grower.tree
}

/// A tree under construction, and the buffers that its nodes share.
struct Grower<'a> {
    /// The tree's rows, one list a column.
    cells: Vec<Vec<f32>>,
    /// The tree's columns, rising, as columns of the whole data.
    columns: &'a [u32],
    /// How often each column is drawn, in proportion.
    weights: Vec<f64>,
    guided: Guided,
    random: Draws,
    tree: Tree,
    /// Indices of rows; every node owns a contiguous part, which its cut reorders.
    rows: Vec<usize>,
    /// Values of a column at the node that are not missing.
    present: Vec<f32>,
    /// Columns that were not drawn at the node yet.
    undrawn: Vec<usize>,
}

/// A node still to be grown.
struct Pending {
    start: usize,
    end: usize,
    way: Way,
    /// Parent, and whether this is its left child.
    parent: Option<(usize, bool)>,
}

/// How a node's rows are divided.
struct Split {
    /// A column of the tree.
    column: usize,
    threshold: f64,
    missing_left: bool,
    /// First place of the right part.
    middle: usize,
    left: Cut,
    right: Cut,
}

impl Grower<'_> {
    fn grow(&mut self, max_depth: u32) {
        let mut pending = vec![Pending { start: 0, end: self.rows.len(), way: Way::ROOT, parent: None }];
        while let Some(Pending { start, end, way, parent }) = pending.pop() {
            let split = if way.depth() >= max_depth || end - start < 2 { None } else { self.split(start, end) };
            let id = self.push(end - start, way, parent, split.as_ref());
            if let Some(Split { middle, left, right, .. }) = split {
                let child =
                    |start, end, cut, is_left| Pending { start, end, way: way.after(cut), parent: Some((id, is_left)) };
                pending.push(child(middle, end, right, false));
                pending.push(child(start, middle, left, true));
            }
        }
    }

    /// Adds a node, an inner one if it has a split, and gives its index.
    #[expect(clippy::cast_possible_wrap, reason = "a tree of at most 2^30 rows has fewer than 2^31 nodes")]
    fn push(&mut self, n_rows: usize, way: Way, parent: Option<(usize, bool)>, split: Option<&Split>) -> usize {
        let id = self.tree.push_leaf(n_rows as u32);
        if let Some(split) = split {
            self.tree.feature[id] = self.columns[split.column].cast_signed();
            self.tree.threshold[id] = split.threshold;
            self.tree.missing_left[id] = split.missing_left;
            self.tree.leaf_value.push(0.0);
        } else {
            self.tree.leaf_value.push(way.leaf_value(self.guided.score, n_rows));
        }
        match parent {
            Some((parent, true)) => self.tree.left[parent] = id as i32,
            Some((parent, false)) => self.tree.right[parent] = id as i32,
            None => {}
        }
        id
    }

    /// Draws a column and a threshold and divides a node's rows; nothing if all columns are constant there.
    fn split(&mut self, start: usize, end: usize) -> Option<Split> {
        let gain = self.draw_gain();
        self.undrawn.clear();
        self.undrawn.extend(0..self.columns.len());
        while let Some(column) = self.draw_column() {
            let values = self.rows[start..end].iter().map(|&row| self.cells[column][row]);
            self.present.clear();
            self.present.extend(values.filter(|value| !value.is_nan()));
            let low = self.present.iter().copied().fold(f32::INFINITY, f32::min);
            let high = self.present.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            if low < high {
                let (from, to) = match gain {
                    None => (low, high),
                    Some(gain) => best_cut(&mut self.present, gain),
                };
                let threshold = self.draw_threshold(from, to);
                return Some(self.divide(start, end, column, threshold, (f64::from(low), f64::from(high))));
            }
        }
        None
    }

    /// By which gain a node is cut, if by any.
    fn draw_gain(&mut self) -> Option<Gain> {
        let draw = self.random.uniform();
        if draw < self.guided.pooled_gain {
            Some(Gain::Pooled)
        } else if draw < self.guided.pooled_gain + self.guided.average_gain {
            Some(Gain::Average)
        } else {
            None
        }
    }

    /// Draws one of the columns that were not drawn at this node, by their weights; a column of no weight is never drawn.
    fn draw_column(&mut self) -> Option<usize> {
        let sum: f64 = self.undrawn.iter().map(|&column| self.weights[column]).sum();
        let mut left = self.random.uniform() * sum;
        let mut chosen = None;
        for (place, &column) in self.undrawn.iter().enumerate() {
            let weight = self.weights[column];
            if weight > 0.0 {
                // The last one, should rounding leave something over.
                chosen = Some(place);
                left -= weight;
                if left < 0.0 {
                    break;
                }
            }
        }
        chosen.map(|place| self.undrawn.swap_remove(place))
    }

    /// A threshold that has `from` on its left and `to`, which is greater, on its right.
    fn draw_threshold(&mut self, from: f32, to: f32) -> f64 {
        let (from, to) = (f64::from(from), f64::from(to));
        let threshold = from + (to - from) * self.random.uniform();
        if threshold < to { threshold } else { from }
    }

    /// Divides a node's rows at a threshold between the ends of the column's values there.
    fn divide(&mut self, start: usize, end: usize, column: usize, threshold: f64, (low, high): (f64, f64)) -> Split {
        let n_left = self.present.iter().filter(|&&value| f64::from(value) <= threshold).count();
        let n_present = self.present.len();
        let missing_left = n_left > n_present - n_left;
        let cells = &self.cells[column];
        let (mut middle, mut right) = (start, end);
        while middle < right {
            let value = cells[self.rows[middle]];
            let goes_left = if value.is_nan() { missing_left } else { f64::from(value) <= threshold };
            if goes_left {
                middle += 1;
            } else {
                right -= 1;
                self.rows.swap(middle, right);
            }
        }
        let share_of_range = (threshold - low) / (high - low);
        let share_of_rows = n_left as f64 / n_present as f64;
        Split {
            column,
            threshold,
            missing_left,
            middle,
            left: Cut::new(share_of_rows, share_of_range),
            right: Cut::new(1.0 - share_of_rows, 1.0 - share_of_range),
        }
    }
}

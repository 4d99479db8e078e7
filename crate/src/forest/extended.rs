//! Growing one tree of an extended isolation forest (Hariri, Carrasco Kind and Brunner 2019).
//!
//! A node draws a normal vector, its components independent and normally distributed, and a point, uniform in the box around
//! the node's rows; a row goes left if `(x - point) · normal <= 0`. All but `extension_level + 1` components are 0. Where the paper leaves
//! something open:
//!
//! - Columns that are constant at the node get no component, as nothing is cut along them; if all are, the node is a leaf. Half of the
//!   rows of real data may be equal, and a column constant in most.
//! - A hyperplane may leave all rows on one side, as a corner of the box may be empty. The other side then is a leaf of no rows, and
//!   what comes to it later is as isolated as it can be. (Drawing again until both sides had rows made scores a little worse on
//!   labelled data.)
//! - A missing value is read as the column's median in the training data.
//! - The normal is scaled so that its components' sizes sum to 1/2 (1, if there is one): no sum of finite values can overflow.
//!
//! Rows and columns of a tree are those that the standard forest draws for the same seed; the cuts come from a stream of their own.

use super::draws::Draws;
use super::fit::{Plan, depth_limit, draw_sample};
use super::hyperplanes::{Hyperplanes, Term, weighted_sum};
use super::tree::Tree;

/// Grows the tree of a seed. `value(row, column)` reads the data, with NaN for a missing value; `medians` has one entry a column.
pub(crate) fn grow_extended(
    plan: Plan,
    extension_level: usize,
    medians: &[f32],
    seed: u32,
    value: impl Fn(u32, u32) -> f32,
) -> Tree {
    let (mut columns, rows) = draw_sample(plan, seed);
    columns.sort_unstable();
    let read = |row: u32, column: u32| {
        let value = value(row, column);
        if value.is_nan() { medians[column as usize] } else { value }
    };
    let mut grower = Grower {
        // A copy of the tree's own few rows: each is read at every level.
        cells: rows
            .iter()
            .flat_map(|&row| columns.iter().map(move |&column| (row, column)))
            .map(|(row, column)| read(row, column))
            .collect(),
        columns: &columns,
        medians,
        extension_level,
        random: Draws::new(seed),
        tree: Tree { hyperplanes: (extension_level > 0).then(Hyperplanes::default), ..Tree::default() },
        rows: (0..rows.len()).collect(),
        low: vec![0.0; columns.len()],
        high: vec![0.0; columns.len()],
        varying: Vec::new(),
        terms: Vec::new(),
    };
    grower.grow(depth_limit(plan.max_samples as usize));
    grower.tree
}

/// A tree under construction, and the buffers that its nodes share.
struct Grower<'a> {
    /// The tree's rows, value by value of its columns.
    cells: Vec<f32>,
    /// The tree's columns, rising, as columns of the whole data.
    columns: &'a [u32],
    medians: &'a [f32],
    extension_level: usize,
    random: Draws,
    tree: Tree,
    /// Indices of rows; every node owns a contiguous part, which its cut reorders.
    rows: Vec<usize>,
    /// Ends of each column at the node.
    low: Vec<f32>,
    high: Vec<f32>,
    /// Columns of the tree that are not constant at the node.
    varying: Vec<usize>,
    /// The cut, its features being columns of the tree.
    terms: Vec<Term>,
}

/// A node still to be grown.
struct Pending {
    start: usize,
    end: usize,
    depth: u32,
    /// Parent, and whether this is its left child.
    parent: Option<(usize, bool)>,
}

impl Grower<'_> {
    fn grow(&mut self, max_depth: u32) {
        let mut pending = vec![Pending { start: 0, end: self.rows.len(), depth: 0, parent: None }];
        while let Some(Pending { start, end, depth, parent }) = pending.pop() {
            let split = if depth >= max_depth || end - start < 2 { None } else { self.cut(start, end) };
            let id = self.push(end - start, parent, split.is_some());
            if let Some(middle) = split {
                let child = |start, end, is_left| Pending { start, end, depth: depth + 1, parent: Some((id, is_left)) };
                pending.push(child(middle, end, false));
                pending.push(child(start, middle, true));
            }
        }
    }

    /// Adds a node, an inner one with the last cut if it `is_cut`, and gives its index.
    #[expect(clippy::cast_possible_wrap, reason = "a tree of at most 2^30 rows has fewer than 2^31 nodes")]
    fn push(&mut self, n_rows: usize, parent: Option<(usize, bool)>, is_cut: bool) -> usize {
        let id = self.tree.push_leaf(n_rows as u32);
        if !is_cut {
            self.terms.clear();
        }
        for term in &mut self.terms {
            term.feature = self.columns[term.feature as usize];
        }
        if let Some(first) = self.terms.first() {
            let threshold = weighted_sum(self.terms.iter().map(|term| (term.weight, term.point)));
            self.tree.feature[id] = first.feature.cast_signed();
            self.tree.threshold[id] = f64::from(threshold);
            // A tree without hyperplanes has a side for missing values in each node: the median's.
            self.tree.missing_left[id] =
                self.tree.hyperplanes.is_none() && self.medians[first.feature as usize] <= threshold;
        }
        if let Some(hyperplanes) = &mut self.tree.hyperplanes {
            hyperplanes.push(&self.terms);
        }
        match parent {
            Some((parent, true)) => self.tree.left[parent] = id as i32,
            Some((parent, false)) => self.tree.right[parent] = id as i32,
            None => {}
        }
        id
    }

    /// Cuts a node's rows in two, one part of which may be empty, and gives the first place of the right part; nothing if the rows are
    /// all equal.
    fn cut(&mut self, start: usize, end: usize) -> Option<usize> {
        self.find_box(start, end);
        if self.varying.is_empty() {
            return None;
        }
        self.draw(self.varying.len().min(self.extension_level + 1));
        Some(self.divide(start, end))
    }

    /// The box around a node's rows.
    fn find_box(&mut self, start: usize, end: usize) {
        self.low.fill(f32::INFINITY);
        self.high.fill(f32::NEG_INFINITY);
        let n_columns = self.columns.len();
        for &row in &self.rows[start..end] {
            let cells = &self.cells[row * n_columns..][..n_columns];
            for ((low, high), &value) in self.low.iter_mut().zip(&mut self.high).zip(cells) {
                *low = low.min(value);
                *high = high.max(value);
            }
        }
        self.varying.clear();
        self.varying.extend((0..n_columns).filter(|&column| self.low[column] < self.high[column]));
    }

    /// Draws a hyperplane of `n_terms` of the columns that vary.
    fn draw(&mut self, n_terms: usize) {
        for i in 0..n_terms {
            let j = i + self.random.below(self.varying.len() - i);
            self.varying.swap(i, j);
        }
        let chosen = &mut self.varying[..n_terms];
        chosen.sort_unstable();
        self.terms.clear();
        let mut size = 0.0;
        let mut normals = Vec::with_capacity(n_terms);
        for &column in &*chosen {
            let normal = self.random.normal();
            size += normal.abs();
            normals.push(normal);
            let (low, high) = (self.low[column], self.high[column]);
            let point = (f64::from(low) + (f64::from(high) - f64::from(low)) * self.random.uniform()) as f32;
            // At the upper end all rows would go left.
            let point = if point >= high { low } else { point };
            self.terms.push(Term { feature: column as u32, weight: 1.0, point });
        }
        if n_terms > 1 {
            for (term, normal) in self.terms.iter_mut().zip(normals) {
                term.weight = (0.5 * normal / size) as f32;
            }
        }
    }

    /// Moves a node's rows to their sides of the hyperplane and gives the first place of the right ones.
    fn divide(&mut self, start: usize, end: usize) -> usize {
        let threshold = weighted_sum(self.terms.iter().map(|term| (term.weight, term.point)));
        let n_columns = self.columns.len();
        let (mut left, mut right) = (start, end);
        while left < right {
            let cells = &self.cells[self.rows[left] * n_columns..][..n_columns];
            let side = weighted_sum(self.terms.iter().map(|term| (term.weight, cells[term.feature as usize])));
            if side > threshold {
                right -= 1;
                self.rows.swap(left, right);
            } else {
                left += 1;
            }
        }
        right
    }
}

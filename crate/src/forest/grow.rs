//! Growing one tree: scikit-learn's random splitter (`sklearn/tree/_splitter.pyx`, `node_split_random`) for extra-random trees.
//!
//! Values are compared as `f32`, thresholds computed as `f64`, as scikit-learn does.

use super::random::{SPLITTER_MAX, Splitter};
use super::tree::Tree;

/// Largest difference, in `f32`, between minimum and maximum of a column that still counts as constant.
const CONSTANT_WIDTH: f32 = 1e-7;

/// A tree under construction, and the buffers that its nodes share.
struct Grower<'a, F> {
    /// Reads the values of rows in a local column.
    read: F,
    /// Local column → column of the whole data.
    columns: &'a [u32],
    splitter: Splitter,
    tree: Tree,
    /// Row indices; every node owns a contiguous part, which its split reorders.
    rows: Vec<u32>,
    /// Values of the drawn column for the rows of the current node.
    values: Vec<f32>,
    /// Rows that go right, while a node is split.
    right_rows: Vec<u32>,
    /// Local columns: the ones known to be constant at the current node first. The order carries over from node to node.
    order: Vec<u32>,
    /// Copy of the known constants, to put `order` right after nodes in between have reordered it.
    constants: Vec<u32>,
}

/// A node still to be grown.
struct Pending {
    start: usize,
    end: usize,
    depth: u32,
    /// Parent, and whether this is its left child.
    parent: Option<(usize, bool)>,
    n_constants: usize,
}

struct Split {
    column: u32,
    threshold: f64,
    /// First position of the right child in `rows`.
    position: usize,
    missing_left: bool,
}

/// Grows the tree of the given rows (distinct; their order changes nothing).
///
/// `columns` are the columns the tree may use, `read(rows, column, out)` reads values of one of them, `seed` is the tree's own
/// (see [`super::random::tree_seeds`]) and nodes at depth `max_depth` stay leaves.
pub(super) fn grow(
    read: impl Fn(&[u32], u32, &mut [f32]),
    rows: Vec<u32>,
    columns: &[u32],
    seed: u32,
    max_depth: u32,
) -> Tree {
    let n_rows = rows.len();
    let mut grower = Grower {
        read,
        columns,
        splitter: Splitter::for_tree(seed),
        tree: Tree::default(),
        values: vec![0.0; n_rows],
        right_rows: vec![0; n_rows],
        order: (0..columns.len() as u32).collect(),
        constants: vec![0; columns.len()],
        rows,
    };
    let mut pending = vec![Pending { start: 0, end: n_rows, depth: 0, parent: None, n_constants: 0 }];
    while let Some(node) = pending.pop() {
        let Pending { start, end, depth, .. } = node;
        let (split, n_constants) = if depth >= max_depth || end - start < 2 { (None, 0) } else { grower.split(&node) };
        let id = grower.push(&node, split.as_ref());
        if let Some(split) = split {
            let child = |start, end, is_left| Pending {
                start,
                end,
                depth: depth + 1,
                parent: Some((id, is_left)),
                n_constants,
            };
            pending.push(child(split.position, end, false));
            pending.push(child(start, split.position, true));
        }
    }
    grower.tree
}

impl<F: Fn(&[u32], u32, &mut [f32])> Grower<'_, F> {
    /// Adds the node to the tree, an inner node if it has a split, and gives its index.
    #[expect(clippy::cast_possible_wrap, reason = "a tree of at most 2^30 rows has fewer than 2^31 nodes")]
    fn push(&mut self, node: &Pending, split: Option<&Split>) -> usize {
        let id = self.tree.push_leaf((node.end - node.start) as u32);
        if let Some(split) = split {
            self.tree.feature[id] = self.columns[split.column as usize].cast_signed();
            self.tree.threshold[id] = split.threshold;
            self.tree.missing_left[id] = split.missing_left;
        }
        match node.parent {
            Some((parent, true)) => self.tree.left[parent] = id as i32,
            Some((parent, false)) => self.tree.right[parent] = id as i32,
            None => {}
        }
        id
    }

    /// Draws columns until one can be split; gives the split, if any, and how many columns are known to be constant below.
    ///
    /// `order` holds, from the left: constants drawn again, other known constants, constants found at this node,
    /// columns not drawn yet, columns drawn and not split.
    fn split(&mut self, node: &Pending) -> (Option<Split>, usize) {
        let known = node.n_constants;
        let (mut found, mut drawn_again, mut undrawn) = (0, 0, self.order.len());
        let mut split = None;
        let mut visited = 0;
        while undrawn > known + found && (visited < 1 || visited <= found + drawn_again) {
            visited += 1;
            let mut j = self.splitter.between(drawn_again, undrawn - found);
            if j < known {
                self.order.swap(drawn_again, j);
                drawn_again += 1;
                continue;
            }
            j += found;
            let column = self.order[j];
            let Some((low, high, n_missing)) = self.read(node, column) else {
                self.order.swap(j, known + found);
                found += 1;
                continue;
            };
            undrawn -= 1;
            self.order.swap(undrawn, j);
            split = self.draw_threshold(node, column, low, high, n_missing);
            if split.is_some() {
                break;
            }
        }
        self.order[..known].copy_from_slice(&self.constants[..known]);
        self.constants[known..known + found].copy_from_slice(&self.order[known..known + found]);
        (split, known + found)
    }

    /// Reads a column's values at the node: minimum, maximum and number of missing values, or nothing if it is constant.
    fn read(&mut self, node: &Pending, column: u32) -> Option<(f32, f32, usize)> {
        let rows = &self.rows[node.start..node.end];
        let values = &mut self.values[..rows.len()];
        (self.read)(rows, column, values);
        let (low, high) = ends(values);
        let n_missing = values.iter().filter(|value| value.is_nan()).count();
        let constant = n_missing == rows.len() || (n_missing == 0 && high <= low + CONSTANT_WIDTH);
        (!constant).then_some((low, high, n_missing))
    }

    /// Draws a threshold between the ends and partitions the node's rows; nothing if all rows fall on one side.
    fn draw_threshold(&mut self, node: &Pending, column: u32, low: f32, high: f32, n_missing: usize) -> Option<Split> {
        let (low, high) = (f64::from(low), f64::from(high));
        let mut threshold = (high - low) * f64::from(self.splitter.next()) / f64::from(SPLITTER_MAX) + low;
        let missing_goes_left = n_missing > 0 && self.splitter.between(0, 2) == 1;
        if threshold == high {
            threshold = low;
        }
        let rows = &mut self.rows[node.start..node.end];
        let values = &self.values[..rows.len()];
        let n_left = if missing_goes_left {
            partition(rows, &mut self.right_rows, values, |value| value.is_nan() || f64::from(value) <= threshold)
        } else {
            partition(rows, &mut self.right_rows, values, |value| f64::from(value) <= threshold)
        };
        let n_right = rows.len() - n_left;
        if n_left == 0 || n_right == 0 {
            return None;
        }
        // Where no missing value was seen, one goes with the majority when scoring.
        let missing_left = if n_missing > 0 { missing_goes_left } else { n_left > n_right };
        Some(Split { column, threshold, position: node.start + n_left, missing_left })
    }
}

/// Moves the rows whose values go left to the front and gives their number; `right_rows` is room for as many rows.
///
/// Each row is written to both sides, and the side that it belongs to moves on: a branch would be mispredicted every other time.
fn partition(rows: &mut [u32], right_rows: &mut [u32], values: &[f32], goes_left: impl Fn(f32) -> bool) -> usize {
    let (mut n_left, mut n_right) = (0, 0);
    for (i, &value) in values.iter().enumerate() {
        let row = rows[i];
        let left = usize::from(goes_left(value));
        rows[n_left] = row;
        right_rows[n_right] = row;
        n_left += left;
        n_right += 1 - left;
    }
    rows[n_left..].copy_from_slice(&right_rows[..n_right]);
    n_left
}

/// Minimum and maximum, but for missing values; in lanes, which the compiler puts into vector registers.
fn ends(values: &[f32]) -> (f32, f32) {
    // A comparison with NaN is false, so a missing value moves neither end.
    let lower = |a: f32, b: f32| if a < b { a } else { b };
    let higher = |a: f32, b: f32| if a > b { a } else { b };
    let (mut low, mut high) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            low[lane] = lower(value, low[lane]);
            high[lane] = higher(value, high[lane]);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        low[lane] = lower(value, low[lane]);
        high[lane] = higher(value, high[lane]);
    }
    (low.into_iter().fold(f32::INFINITY, lower), high.into_iter().fold(f32::NEG_INFINITY, higher))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state from which the splitter's next output is its largest.
    const BEFORE_THE_LARGEST: u32 = 0xd66c_bce7;

    #[test]
    fn a_threshold_drawn_at_the_maximum_becomes_the_minimum() {
        assert_eq!(Splitter(BEFORE_THE_LARGEST).next(), SPLITTER_MAX);
        let mut grower = Grower {
            read: |_: &[u32], _, _: &mut [f32]| (),
            columns: &[0],
            splitter: Splitter(BEFORE_THE_LARGEST),
            tree: Tree::default(),
            rows: vec![0, 1, 2],
            values: vec![5.0, 1.0, 3.0],
            right_rows: vec![0; 3],
            order: vec![0],
            constants: vec![0],
        };
        let node = Pending { start: 0, end: 3, depth: 0, parent: None, n_constants: 0 };
        // At the maximum itself all rows would go left, and there would be no split.
        let split = grower.draw_threshold(&node, 0, 1.0, 5.0, 0).unwrap();
        assert_eq!((split.threshold, split.position, grower.rows[0]), (1.0, 1, 1));
    }
}

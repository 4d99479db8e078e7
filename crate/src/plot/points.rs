//! Fewer markers for the same picture.
//!
//! Rows with the same position become one marker that knows how many they are. Where that leaves more markers than a
//! browser draws with ease, neighbours closer than anyone can see apart are drawn as one too. No row is dropped, so a
//! lone outlier is always on the page, and the result depends on nothing but the rows and their order.

use std::collections::HashMap;

use super::numbers::{is_drawable, range, round_for_drawing};
use super::text::{rows, thousands};

/// The greatest number of markers in a figure; more distinct positions than this are drawn together with their neighbours.
pub const MAX_MARKERS: usize = 5_000;

/// Cells along each axis in which neighbours are drawn as one, finest first: about a pixel, then coarser. The last has
/// fewer cells than [`MAX_MARKERS`], so that one of them always fits.
const CELLS_PER_AXIS: [usize; 11] = [1_000, 750, 560, 420, 320, 240, 180, 135, 100, 80, 64];

/// A position and the number of rows drawn there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Marker {
    pub x: f64,
    pub y: f64,
    pub count: usize,
}

/// The markers of a figure, the most frequent first so that rare ones are drawn on top.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Markers {
    pub drawn: Vec<Marker>,
    /// Rows drawn, that is, with two finite coordinates.
    pub n_rows: usize,
    /// Rows with a missing or infinite coordinate.
    pub n_not_drawn: usize,
    /// How many parts each axis was divided into to draw neighbours as one; `None` when only equal positions were merged.
    pub cells: Option<usize>,
}

impl Markers {
    /// Merges coinciding rows, and neighbours if more than `max_markers` positions remain.
    pub fn new(rows: impl IntoIterator<Item = (f64, f64)>, max_markers: usize) -> Self {
        let mut index: HashMap<(u64, u64), usize> = HashMap::new();
        let mut distinct: Vec<Marker> = Vec::new();
        let (mut n_rows, mut n_not_drawn) = (0, 0);
        for (x, y) in rows {
            if !(is_drawable(x) && is_drawable(y)) {
                n_not_drawn += 1;
                continue;
            }
            n_rows += 1;
            // Adding zero turns -0 into 0, which is drawn at the same place.
            let (x, y) = (x + 0.0, y + 0.0);
            let at = *index.entry((x.to_bits(), y.to_bits())).or_insert_with(|| {
                distinct.push(Marker { x, y, count: 0 });
                distinct.len() - 1
            });
            if let Some(marker) = distinct.get_mut(at) {
                marker.count += 1;
            }
        }
        let (mut drawn, cells) = thin(distinct, max_markers);
        drawn.sort_by_key(|marker| std::cmp::Reverse(marker.count));
        Self { drawn, n_rows, n_not_drawn, cells }
    }

    /// The number of rows of a marker that should look ordinary: one, or the median where neighbours are drawn together.
    pub fn typical_count(&self) -> usize {
        match self.cells {
            // Sorted by count already.
            Some(_) => self.drawn.get(self.drawn.len() / 2).map_or(1, |marker| marker.count),
            None => 1,
        }
    }

    /// What the lines under the title have to say about these markers; nothing if each row is drawn where it is.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(cells) = self.cells {
            notes.push(format!(
                "{} rows thinned to {} markers: rows closer than 1/{cells} of an axis are drawn as one",
                thousands(self.n_rows),
                thousands(self.drawn.len()),
            ));
        }
        if self.n_not_drawn > 0 {
            notes.push(format!("{} without a finite value not drawn", rows(self.n_not_drawn)));
        }
        notes
    }

    /// Coordinates, rounded for the file, and counts, as three columns.
    pub fn columns(&self) -> (Vec<f64>, Vec<f64>, Vec<usize>) {
        let xs: Vec<f64> = self.drawn.iter().map(|marker| marker.x).collect();
        let ys: Vec<f64> = self.drawn.iter().map(|marker| marker.y).collect();
        let counts = self.drawn.iter().map(|marker| marker.count).collect();
        (round_for_drawing(&xs), round_for_drawing(&ys), counts)
    }
}

/// Draws neighbours as one in the finest cells that leave no more than `max_markers`.
fn thin(distinct: Vec<Marker>, max_markers: usize) -> (Vec<Marker>, Option<usize>) {
    if distinct.len() <= max_markers {
        return (distinct, None);
    }
    let mut thinned = (distinct, None);
    for cells in CELLS_PER_AXIS {
        // Coarser cells are unions of finer ones only roughly, so each try begins from what the one before left:
        // counts add up either way, and the work shrinks with every try.
        thinned = (one_per_cell(&thinned.0, cells), Some(cells));
        if thinned.0.len() <= max_markers {
            break;
        }
    }
    thinned
}

/// One marker a cell: at the cell's most frequent position (the first of equals), with the count of all.
fn one_per_cell(markers: &[Marker], cells: usize) -> Vec<Marker> {
    let x_range = range(markers.iter().map(|marker| marker.x));
    let y_range = range(markers.iter().map(|marker| marker.y));
    let mut index: HashMap<(usize, usize), usize> = HashMap::new();
    let mut merged: Vec<(Marker, usize)> = Vec::new();
    for &marker in markers {
        let cell = (cell_of(marker.x, x_range, cells), cell_of(marker.y, y_range, cells));
        let at = *index.entry(cell).or_insert_with(|| {
            merged.push((Marker { count: 0, ..marker }, 0));
            merged.len() - 1
        });
        if let Some((kept, best)) = merged.get_mut(at) {
            kept.count += marker.count;
            if marker.count > *best {
                (kept.x, kept.y, *best) = (marker.x, marker.y, marker.count);
            }
        }
    }
    merged.into_iter().map(|(marker, _)| marker).collect()
}

fn cell_of(value: f64, (low, high): (f64, f64), cells: usize) -> usize {
    if high > low {
        let share = (value - low) / (high - low);
        ((share * cells as f64) as usize).min(cells - 1)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_at_one_position_become_one_marker_with_their_count() {
        let merged = Markers::new([(1.0, 2.0), (0.0, -0.0), (1.0, 2.0), (-0.0, 0.0), (1.0, 2.0)], 10);
        assert_eq!(merged.drawn, [Marker { x: 1.0, y: 2.0, count: 3 }, Marker { x: 0.0, y: 0.0, count: 2 }]);
        assert_eq!((merged.n_rows, merged.cells), (5, None));
        assert_eq!(merged.notes(), Vec::<String>::new());
    }

    #[test]
    fn rows_without_a_finite_value_are_counted_and_said() {
        let merged = Markers::new([(f64::NAN, 1.0), (1.0, f64::INFINITY), (1.0, 1.0)], 10);
        assert_eq!((merged.n_rows, merged.n_not_drawn), (1, 2));
        assert_eq!(merged.notes(), ["2 rows without a finite value not drawn"]);
    }

    #[test]
    fn thinning_keeps_every_row_and_every_lone_outlier() {
        let cloud = (0..200_u32).flat_map(|i| (0..200_u32).map(move |j| (f64::from(i) / 200.0, f64::from(j) / 200.0)));
        let rows: Vec<(f64, f64)> = cloud.chain([(60.0, 60.0)]).collect();
        let thinned = Markers::new(rows.clone(), 1_000);
        assert!(thinned.drawn.len() <= 1_000);
        assert_eq!(thinned.drawn.iter().map(|marker| marker.count).sum::<usize>(), rows.len());
        assert!(thinned.drawn.contains(&Marker { x: 60.0, y: 60.0, count: 1 }));
        assert!(thinned.notes().iter().any(|note| note.starts_with("40,001 rows thinned to")));
        assert_eq!(thinned, Markers::new(rows, 1_000));
    }

    #[test]
    fn a_full_plane_of_distinct_rows_still_fits_the_limit() {
        let side = 300_u32;
        let rows = (0..side * side).map(|i| (f64::from(i % side), f64::from(i / side)));
        let thinned = Markers::new(rows, MAX_MARKERS);
        assert!(thinned.drawn.len() <= MAX_MARKERS);
        assert!(thinned.cells.is_some());
    }
}

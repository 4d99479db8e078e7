use std::collections::HashMap;

use ndarray::{Array1, Array2, ArrayView2};

/// The distinct ones among rows, and how many rows each stands for.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Shape `(n_places, n_features)`, in the order in which they first appear, each row contiguous.
    pub points: Array2<f64>,
    /// The first row at each place.
    pub first_rows: Vec<usize>,
    /// Rows at each place.
    pub counts: Vec<usize>,
    /// The place of each row.
    of_rows: Vec<usize>,
}

impl Places {
    /// Cost: one look-up a row.
    pub fn of(rows: ArrayView2<'_, f64>) -> Self {
        let mut index: HashMap<Vec<u64>, usize> = HashMap::with_capacity(rows.nrows());
        let (mut counts, mut of_rows, mut first_rows) = (Vec::new(), Vec::with_capacity(rows.nrows()), Vec::new());
        for (number, row) in rows.rows().into_iter().enumerate() {
            // Adding 0 turns -0, which is at the same place, into 0.
            let key = row.iter().map(|value| (value + 0.0).to_bits()).collect();
            let place = *index.entry(key).or_insert_with(|| {
                first_rows.push(number);
                counts.push(0);
                counts.len() - 1
            });
            counts[place] += 1;
            of_rows.push(place);
        }
        let points = Array2::from_shape_fn((first_rows.len(), rows.ncols()), |(place, j)| rows[(first_rows[place], j)]);
        Self { points, first_rows, counts, of_rows }
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// A value for each place as one for each row.
    pub fn to_rows(&self, of_places: &[f64]) -> Array1<f64> {
        self.of_rows.iter().map(|&place| of_places[place]).collect()
    }
}

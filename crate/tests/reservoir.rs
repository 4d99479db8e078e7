//! The sample of a stream: uniform, and the same however the stream is cut.

use isoforest::data::Reservoir;
use isoforest::ndarray::{Array2, Axis, s};

/// Rows 0, 1, 2, … of two columns, the second ten times the first.
fn numbered(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 2), |(row, column)| row as f64 * if column == 0 { 1.0 } else { 10.0 })
}

#[test]
fn every_row_and_every_pair_is_kept_equally_often() {
    const ROUNDS: u32 = 20_000;
    let rows = numbered(12);
    let (mut kept, mut pairs) = ([0.0; 12], [[0.0; 12]; 12]);
    for seed in 0..ROUNDS {
        let mut reservoir = Reservoir::new(4, seed);
        reservoir.add(rows.view());
        let sample: Vec<usize> = reservoir.into_rows().column(0).iter().map(|&row| row as usize).collect();
        for &a in &sample {
            kept[a] += 1.0;
            sample.iter().filter(|&&b| a < b).for_each(|&b| pairs[a][b] += 1.0);
        }
    }
    // Chi-squared against equal counts: 12 rows with 11 degrees of freedom, 66 pairs with 65. A sample of 4 has no row
    // twice, so the statistic is (12 - 4) / 11 of a chi-squared one. The limits are passed once in a million.
    let chi_squared = |counts: &[f64]| {
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        counts.iter().map(|count| (count - mean).powi(2) / mean).sum::<f64>()
    };
    assert!(chi_squared(&kept) < 48.0 * 8.0 / 11.0, "{kept:?}");
    let pairs: Vec<f64> = (0..12).flat_map(|a| (a + 1..12).map(move |b| pairs[a][b])).collect();
    assert!(chi_squared(&pairs) < 132.0, "{pairs:?}");
}

#[test]
fn blocks_change_nothing() {
    let rows = numbered(5_000);
    let sample = |cut: usize| {
        let mut reservoir = Reservoir::new(100, 16);
        rows.axis_chunks_iter(Axis(0), cut).for_each(|part| reservoir.add(part));
        reservoir.into_rows()
    };
    let whole = sample(5_000);
    assert_eq!(whole.dim(), (100, 2));
    assert!(whole.rows().into_iter().all(|row| row[1] == 10.0 * row[0]), "rows stay whole");
    assert!(whole.column(0).iter().any(|&row| row >= 4_900.0), "the end of the stream takes part");
    for cut in [1, 7, 99, 100, 101, 4_999] {
        assert_eq!(sample(cut), whole, "blocks of {cut}");
    }
}

#[test]
fn a_short_stream_is_kept_whole_and_in_order() {
    for n in [1, 99, 100] {
        let mut reservoir = Reservoir::new(100, 16);
        reservoir.add(numbered(n).view());
        assert_eq!(reservoir.rows_seen(), n as u64);
        assert_eq!(reservoir.into_rows(), numbered(100).slice(s![..n, ..]));
    }
}

//! Path lengths by codes of 8 bits: a forest has few distinct ones, depth + c(n) for small n, which stay in the first cache.

/// Adds the path lengths of the codes, a tree after the other, eight rows together. Not compiled for AVX-512: its gathers are slower
/// than single loads.
pub(super) fn add_up<const ROWS: usize>(codes: &[[u8; ROWS]], path_lengths: &[f64; 256], sums: &mut [f64]) {
    let (groups, rest) = sums.as_chunks_mut::<8>();
    for (group, sums) in groups.iter_mut().enumerate() {
        let mut lanes = *sums;
        for codes in codes {
            let codes = &codes.as_chunks::<8>().0[group];
            for (lane, &code) in lanes.iter_mut().zip(codes) {
                *lane += path_lengths[usize::from(code)];
            }
        }
        *sums = lanes;
    }
    for (sum, row) in rest.iter_mut().zip(groups.len() * 8..) {
        for codes in codes {
            *sum += path_lengths[usize::from(codes[row])];
        }
    }
}

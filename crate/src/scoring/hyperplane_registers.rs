//! Trees that cut with hyperplanes, in vector registers (AVX-512): no memory is read at an address that depends on a node.
//!
//! One instruction (`vpermps`, `vpermi2ps`) looks 16 numbers up in a table of 16 or 32 that lies in one or two registers. So:
//!
//! - **16 rows a register, [`GROUPS`] registers together**, which hide the latency of each other's sums, and four times as many one
//!   after the other while a tree's tables are in the first cache: those of a forest are larger than the second.
//! - **Every feature that a level tests has a table of weights**, one entry a node of the level, 0 where the node does not test it. The
//!   value then is the same register for all rows, and nothing has to be chosen by feature: a term is a lookup, a multiplication and
//!   an addition. With ten features this is as quick for hyperplanes of ten as for those of two.
//! - **Nodes are counted within their level**, the children of node i at 2i and 2i + 1, so that the upper five levels need one
//!   register a table. A branch that ends early goes on downwards on the left, past a NaN as threshold.
//! - **Leaves give a code of 8 bits**, an index into the forest's distinct path lengths, as in [`super::registers`].
//! - **Terms of weight 0 are added, too**: they are 0 and change no sum, so that the bits are those of the walk.

use std::arch::x86_64::{
    __m512, __m512i, __mmask16, _CMP_GT_OQ, _mm512_add_epi32, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_mask_add_epi32,
    _mm512_mask_mov_ps, _mm512_mul_ps, _mm512_permutex2var_ps, _mm512_permutexvar_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_si512, _mm512_test_epi32_mask,
};
use std::collections::BTreeMap;

use super::block::{Block, MAX_BLOCK_ROWS};
use super::codes::add_up;
use crate::forest::Tree;

/// Deepest leaf: the last level's table then takes all registers there are.
const MAX_DEPTH: u32 = 10;
/// Most features: a block of rows is small enough for the first caches.
const MAX_FEATURES: usize = 1_024;
/// Most registers of tables, 32 MB: a file must not fill the memory with the weights of many features that few nodes test.
const MAX_TABLES: usize = 1 << 19;
/// Rows in a register; entries of a table in one register.
const LANES: usize = 16;
/// Registers of rows that walk together.
const GROUPS: usize = 4;
/// Rows that walk together.
const ROWS: usize = GROUPS * LANES;
/// Trees whose leaves are found before their path lengths are added.
const TREES: usize = 16;

/// Sixteen numbers, on one line of the cache: a load across two takes twice the time.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Numbers([f32; LANES]);

/// The values of a feature in [`ROWS`] rows.
pub(super) type Columns = [Numbers; GROUPS];

/// One tree's part of the arrays.
#[derive(Debug, Clone, Copy)]
struct Part {
    depth: u32,
    first_level: usize,
    /// Where its codes begin, `2^depth` of them.
    first_code: usize,
}

/// One level of a tree.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Features that it tests: from here on, up to the next level's.
    first_feature: usize,
    /// Tables of weights, in the order of the features, and the one of thresholds.
    first_table: usize,
}

/// All trees of a forest.
#[derive(Debug, Clone)]
pub(super) struct HyperplaneRegisters {
    parts: Vec<Part>,
    /// One more than there are.
    levels: Vec<Level>,
    features: Vec<u32>,
    tables: Vec<Numbers>,
    /// Of each leaf slot, from left to right, its code.
    codes: Vec<u8>,
    /// Path length of each code.
    path_lengths: Box<[f64; 256]>,
    n_features: usize,
}

impl HyperplaneRegisters {
    /// The tables, or nothing if this machine has no AVX-512, a tree is too deep, features or path lengths are too many or
    /// the tables too large.
    pub(super) fn new(trees: &[Tree], n_features: usize) -> Option<Self> {
        if !is_x86_feature_detected!("avx512f")
            || n_features > MAX_FEATURES
            || trees.iter().any(|tree| tree.max_depth() > MAX_DEPTH)
        {
            return None;
        }
        let mut registers = Self {
            parts: Vec::new(),
            levels: Vec::new(),
            features: Vec::new(),
            tables: Vec::new(),
            codes: Vec::new(),
            path_lengths: Box::new([0.0; 256]),
            n_features,
        };
        let mut path_lengths = Vec::new();
        for tree in trees {
            registers.place(tree, &mut path_lengths)?;
        }
        registers.begin_level();
        registers.path_lengths[..path_lengths.len()].copy_from_slice(&path_lengths);
        Some(registers)
    }

    fn begin_level(&mut self) {
        self.levels.push(Level { first_feature: self.features.len(), first_table: self.tables.len() });
    }

    /// Fills a tree's tables. `known` are the path lengths so far, by code; nothing if they become too many.
    fn place(&mut self, tree: &Tree, known: &mut Vec<f64>) -> Option<()> {
        let depth = tree.max_depth();
        let first_code = self.codes.len();
        self.parts.push(Part { depth, first_level: self.levels.len(), first_code });
        self.codes.resize(first_code + (1 << depth), 0);
        let path_lengths = tree.path_lengths();
        let mut level = vec![(0, 0)];
        for above in 0..=depth {
            let mut next = Vec::new();
            let mut weights = BTreeMap::<u32, Vec<(usize, f32)>>::new();
            let mut thresholds = vec![Numbers([f32::NAN; LANES]); n_registers(above)];
            for (node, slot) in level {
                if let Some(((left, right), plane)) = tree.children(node).zip(tree.hyperplane(node)) {
                    thresholds[slot / LANES].0[slot % LANES] = plane.threshold();
                    for (&feature, &weight) in plane.feature.iter().zip(plane.weight) {
                        weights.entry(feature).or_default().push((slot, weight));
                    }
                    next.extend([(left, 2 * slot), (right, 2 * slot + 1)]);
                } else {
                    // A branch that has ended goes left down to the last level.
                    let length = path_lengths[node];
                    let code = known.iter().position(|known| known.to_bits() == length.to_bits());
                    let code = code.unwrap_or_else(|| {
                        known.push(length);
                        known.len() - 1
                    });
                    self.codes[first_code + (slot << (depth - above))] = u8::try_from(code).ok()?;
                }
            }
            if above < depth {
                self.begin_level();
                for (feature, weights) in weights {
                    self.features.push(feature);
                    let first = self.tables.len();
                    if first > MAX_TABLES {
                        return None;
                    }
                    self.tables.resize(first + n_registers(above), Numbers([0.0; LANES]));
                    for (slot, weight) in weights {
                        self.tables[first + slot / LANES].0[slot % LANES] = weight;
                    }
                }
                self.tables.extend(thresholds);
            }
            level = next;
        }
        Some(())
    }

    /// Bytes of the tables.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.parts[..])
            + size_of_val(&self.levels[..])
            + size_of_val(&self.features[..])
            + size_of_val(&self.tables[..])
            + size_of_val(&self.codes[..])
            + size_of_val(&*self.path_lengths)
    }

    /// Writes each row's path length summed over the trees in their order; no value is missing. `columns` is room that is used again.
    pub(super) fn path_length_sums(&self, block: &Block, columns: &mut Vec<Columns>, sums: &mut [f64]) {
        columns.resize(block.n_rows().div_ceil(ROWS) * self.n_features, [Numbers([0.0; LANES]); GROUPS]);
        for (row, of_rows) in (0..block.n_rows()).map(|row| (row, row / ROWS * self.n_features)) {
            for (column, &value) in columns[of_rows..].iter_mut().zip(block.row(row)) {
                column[row % ROWS / LANES].0[row % LANES] = value;
            }
        }
        sums.fill(0.0);
        let mut codes = [[0; MAX_BLOCK_ROWS]; TREES];
        for parts in self.parts.chunks(TREES) {
            for (part, codes) in parts.iter().zip(&mut codes) {
                let codes_of = &self.codes[part.first_code..][..1 << part.depth];
                for (codes, columns) in codes.chunks_exact_mut(ROWS).zip(columns.chunks_exact(self.n_features)) {
                    // SAFETY: `new` makes none of these where AVX-512 has not been found.
                    #[expect(unsafe_code, reason = "calls code that is compiled for a CPU that has been found")]
                    let leaves = unsafe { self.find_leaves(part, columns) };
                    for (code, leaf) in codes.iter_mut().zip(leaves.as_flattened()) {
                        *code = codes_of[*leaf as usize];
                    }
                }
            }
            add_up(&codes[..parts.len()], &self.path_lengths, sums);
        }
    }

    /// Walks [`ROWS`] rows down one tree; gives each row's leaf slot.
    #[target_feature(enable = "avx512f")]
    fn find_leaves(&self, part: &Part, columns: &[Columns]) -> [[u32; LANES]; GROUPS] {
        let mut nodes = [_mm512_setzero_si512(); GROUPS];
        for above in 0..part.depth {
            let level = part.first_level + above as usize;
            match n_registers(above) {
                1 => self.descend::<1>(level, columns, &mut nodes),
                2 => self.descend::<2>(level, columns, &mut nodes),
                4 => self.descend::<4>(level, columns, &mut nodes),
                8 => self.descend::<8>(level, columns, &mut nodes),
                16 => self.descend::<16>(level, columns, &mut nodes),
                _ => self.descend::<32>(level, columns, &mut nodes),
            }
        }
        // SAFETY: both are 64 bytes a register, and any bytes are valid.
        #[expect(unsafe_code, reason = "a store of each register")]
        unsafe {
            std::mem::transmute::<[__m512i; GROUPS], [[u32; LANES]; GROUPS]>(nodes)
        }
    }

    /// Takes the rows one level down, whose tables have `N` registers each.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn descend<const N: usize>(&self, level: usize, columns: &[Columns], nodes: &mut [__m512i; GROUPS]) {
        let (this, next) = (self.levels[level], self.levels[level + 1]);
        let features = &self.features[this.first_feature..next.first_feature];
        let (tables, _) = self.tables[this.first_table..next.first_table].as_chunks::<N>();
        let Some((thresholds, weights)) = tables.split_last() else { return };
        let mut uppers = [[0; 4]; GROUPS];
        for (uppers, &nodes) in uppers.iter_mut().zip(&*nodes) {
            *uppers = halves(nodes);
        }
        let mut sums = [_mm512_set1_ps(0.0); GROUPS];
        for (&feature, weights) in features.iter().zip(weights) {
            let weights = load_all(weights);
            let column = &columns[feature as usize];
            for group in 0..GROUPS {
                let weight = look_up(&weights, nodes[group], uppers[group]);
                // Not fused: each rounded, as on a machine that cannot fuse.
                sums[group] = _mm512_add_ps(sums[group], _mm512_mul_ps(weight, load(column[group])));
            }
        }
        let thresholds = load_all(thresholds);
        for group in 0..GROUPS {
            let threshold = look_up(&thresholds, nodes[group], uppers[group]);
            let right = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(sums[group], threshold);
            let doubled = _mm512_add_epi32(nodes[group], nodes[group]);
            nodes[group] = _mm512_mask_add_epi32(doubled, right, doubled, _mm512_set1_epi32(1));
        }
    }
}

/// Registers that a table with an entry for each node takes, so many levels below the root.
fn n_registers(level: u32) -> usize {
    (1_usize << level).div_ceil(LANES)
}

/// Bits 5, 6, 7 and 8 of node numbers, which choose among pairs of registers.
#[target_feature(enable = "avx512f")]
#[inline]
fn halves(nodes: __m512i) -> [__mmask16; 4] {
    let upper = |bit| _mm512_test_epi32_mask(nodes, _mm512_set1_epi32(bit));
    [upper(32), upper(64), upper(128), upper(256)]
}

/// Entry `nodes` of a table of `N` registers.
#[target_feature(enable = "avx512f")]
#[inline]
fn look_up<const N: usize>(table: &[__m512; N], nodes: __m512i, halves: [__mmask16; 4]) -> __m512 {
    if N == 1 {
        return _mm512_permutexvar_ps(nodes, table[0]);
    }
    // Each instruction looks at the lower five bits; the others choose among its results, by halves.
    let mut found = [table[0]; 16];
    for (found, pair) in found.iter_mut().zip(table.as_chunks::<2>().0) {
        *found = _mm512_permutex2var_ps(pair[0], nodes, pair[1]);
    }
    let mut left = N / 2;
    for upper in halves {
        if left < 2 {
            break;
        }
        left /= 2;
        for i in 0..left {
            found[i] = _mm512_mask_mov_ps(found[2 * i], upper, found[2 * i + 1]);
        }
    }
    found[0]
}

// A loop: `map` is compiled for any CPU, and would be called.
#[target_feature(enable = "avx512f")]
#[inline]
fn load_all<const N: usize>(table: &[Numbers; N]) -> [__m512; N] {
    let mut registers = [_mm512_set1_ps(0.0); N];
    for (register, &numbers) in registers.iter_mut().zip(table) {
        *register = load(numbers);
    }
    registers
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(numbers: Numbers) -> __m512 {
    // SAFETY: both are 64 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a load of one register")]
    unsafe {
        std::mem::transmute(numbers)
    }
}

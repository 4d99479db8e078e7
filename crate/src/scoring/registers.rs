//! Trees of up to [`MAX_DEPTH`] levels in vector registers (AVX-512): no memory is read to go from a node to its child.
//!
//! One instruction (`vpermi2w`) looks 32 numbers of 16 bits up in a table of 64 that lies in two registers. So:
//!
//! - **Values and thresholds become ranks** of 16 bits, the index of the threshold among all of its feature: x > t if rank(x) > index(t).
//! - **Nodes stand as in a heap**, the children of node i at 2i and 2i + 1: a step is `2i + (x > t)`, and no child is stored. Nodes
//!   1 to 63 are one table, 64 to 127 another, and so on, so five levels of six need one lookup. A branch that ends early goes on
//!   downwards on the left.
//! - **32 rows a register, [`GROUPS`] registers together**, trees outer: a tree's tables are loaded once for 64 rows.
//! - **A value is chosen by comparison**: for each feature that the level tests, the rows whose node tests it take its rank. The first
//!   level has one feature, the second at most two; only the last levels of a wide forest have many.
//! - **Leaves give a code of 8 bits**, an index into the forest's distinct path lengths, which are few: depth + c(n) for small n.
//!   These 2 KB stay in the first cache, where 100 tables of 256 path lengths would not.
//! - **Missing values** are ranks above all others, which go right; where they should go left, two more instructions see to it,
//!   in blocks that have any.

use std::arch::x86_64::{
    __m256i, __m512i, _mm512_add_epi16, _mm512_and_si512, _mm512_cmpeq_epi16_mask, _mm512_cmpgt_epu16_mask,
    _mm512_cvtepi16_epi8, _mm512_cvtepu8_epi16, _mm512_mask_add_epi16, _mm512_mask_cmpneq_epi16_mask,
    _mm512_mask_mov_epi16, _mm512_permutex2var_epi16, _mm512_set1_epi16, _mm512_srli_epi16, _mm512_sub_epi16,
    _mm512_test_epi16_mask,
};

use super::block::{BLOCK_ROWS, Block};
use super::codes::add_up;
use super::ranks::{GROUP, MISSING, ranks};
use super::walk::largest_f32_not_above;
use crate::forest::Tree;

/// Deepest leaf. The last level's lookup is 2^depth / 64 instructions.
const MAX_DEPTH: u32 = 10;
/// Numbers that one instruction chooses from.
const TABLE: usize = 64;
/// Rows in a register.
const LANES: usize = 32;
/// Registers of rows.
const GROUPS: usize = BLOCK_ROWS / LANES;
/// Trees whose leaves are found before their path lengths are added.
const TREES: usize = 16;
/// Bit of a node's feature that says that a missing value goes left.
const MISSING_LEFT: u16 = 1 << 15;
/// Most features: the others' bits number them.
const MAX_FEATURES: usize = 1 << 15;

/// 64 numbers, two registers.
type Table = [u16; TABLE];

/// All trees of a forest.
#[derive(Debug, Clone)]
pub(super) struct Registers {
    /// Distinct thresholds of each feature, ascending.
    thresholds: Vec<Vec<f32>>,
    /// Levels of every tree: those of the deepest.
    depth: u32,
    n_trees: usize,
    /// Of each node the index of its threshold; `n_tables` tables a tree.
    thresholds_of: Vec<Table>,
    /// Of each node its feature and [`MISSING_LEFT`]; `n_tables` tables a tree.
    features_of: Vec<Table>,
    /// Of each leaf slot, from left to right, its code; `n_tables` tables a tree.
    codes_of: Vec<[u8; TABLE]>,
    n_tables: usize,
    /// Features that each level of each tree tests, level after level, tree after tree.
    features: Vec<u16>,
    /// Ends of these lists.
    ends: Vec<u32>,
    /// Path length of each code.
    path_lengths: Box<[f64; 256]>,
}

impl Registers {
    /// The tables, or nothing if this machine has no AVX-512, a tree is too deep, a feature has too many thresholds or path lengths
    /// are too many.
    pub(super) fn new(trees: &[Tree], n_features: usize) -> Option<Self> {
        if !is_available() {
            return None;
        }
        let depth = trees.iter().map(Tree::max_depth).max()?;
        if depth > MAX_DEPTH || n_features > MAX_FEATURES {
            return None;
        }
        let thresholds = distinct_thresholds(trees, n_features);
        if thresholds.iter().any(|all| all.len() >= usize::from(MISSING)) {
            return None;
        }
        let n_tables = (1_usize << depth).div_ceil(TABLE);
        let mut registers = Self {
            thresholds,
            depth,
            n_trees: trees.len(),
            thresholds_of: vec![[MISSING; TABLE]; n_tables * trees.len()],
            features_of: vec![[0; TABLE]; n_tables * trees.len()],
            codes_of: vec![[0; TABLE]; n_tables * trees.len()],
            n_tables,
            features: Vec::new(),
            ends: Vec::new(),
            path_lengths: Box::new([0.0; 256]),
        };
        let mut codes = Vec::new();
        for (number, tree) in trees.iter().enumerate() {
            registers.place(number, tree, &mut codes)?;
        }
        registers.path_lengths[..codes.len()].copy_from_slice(&codes);
        Some(registers)
    }

    /// Fills a tree's tables. `codes` are the path lengths so far, by code; nothing if they become too many.
    fn place(&mut self, number: usize, tree: &Tree, codes: &mut Vec<f64>) -> Option<()> {
        let first = number * self.n_tables;
        let path_lengths = tree.path_lengths();
        let mut level = vec![(0, 1)];
        for depth in 0..=self.depth {
            let mut next = Vec::new();
            let mut features = Vec::new();
            for (node, slot) in level {
                let (table, entry) = (first + slot / TABLE, slot % TABLE);
                if let Some((left, right)) = tree.children(node) {
                    let feature = tree.feature[node] as u16;
                    let threshold = largest_f32_not_above(tree.threshold[node]);
                    let index = self.thresholds[usize::from(feature)].partition_point(|&other| other < threshold);
                    self.thresholds_of[table][entry] = index as u16;
                    self.features_of[table][entry] = feature | if tree.missing_left[node] { MISSING_LEFT } else { 0 };
                    features.push(feature);
                    next.extend([(left, 2 * slot), (right, 2 * slot + 1)]);
                } else {
                    // A branch that has ended goes left down to the last level.
                    let leaf = (slot << (self.depth - depth)) - (1 << self.depth);
                    let known = codes.iter().position(|known| known.to_bits() == path_lengths[node].to_bits());
                    let code = known.unwrap_or(codes.len());
                    if known.is_none() {
                        codes.push(path_lengths[node]);
                    }
                    self.codes_of[first + leaf / TABLE][leaf % TABLE] = u8::try_from(code).ok()?;
                }
            }
            if depth < self.depth {
                features.sort_unstable();
                features.dedup();
                self.features.extend(features);
                self.ends.push(self.features.len() as u32);
            }
            level = next;
        }
        Some(())
    }

    /// Bytes of the tables.
    pub(super) fn bytes(&self) -> usize {
        self.thresholds.iter().map(|all| size_of_val(&all[..])).sum::<usize>()
            + size_of_val(&self.thresholds_of[..])
            + size_of_val(&self.features_of[..])
            + size_of_val(&self.codes_of[..])
            + size_of_val(&self.features[..])
            + size_of_val(&self.ends[..])
            + size_of_val(&*self.path_lengths)
    }

    /// Writes each row's path length summed over the trees in their order. `ranks` is room that is used again.
    pub(super) fn path_length_sums(&self, block: &Block, ranks: &mut Vec<u16>, sums: &mut [f64]) {
        self.rank(block, ranks);
        if block.any_missing() {
            self.sums_of_many::<true>(ranks, sums);
        } else {
            self.sums_of_many::<false>(ranks, sums);
        }
    }

    /// The ranks of a block: [`BLOCK_ROWS`] of the first feature, then of the second, and so on.
    fn rank(&self, block: &Block, out: &mut Vec<u16>) {
        let n_features = self.thresholds.len();
        out.resize(n_features * BLOCK_ROWS, 0);
        for first in (0..block.n_rows()).step_by(GROUP) {
            let rows = block.rows(first, GROUP);
            for (feature, thresholds) in self.thresholds.iter().enumerate() {
                let mut values = [0.0; GROUP];
                for (value, row) in values.iter_mut().zip(rows.chunks_exact(n_features)) {
                    *value = row[feature];
                }
                out[feature * BLOCK_ROWS + first..][..GROUP].copy_from_slice(&ranks(thresholds, values));
            }
        }
    }

    fn sums_of_many<const ANY_MISSING: bool>(&self, ranks: &[u16], sums: &mut [f64]) {
        sums.fill(0.0);
        let mut codes = [[0; BLOCK_ROWS]; TREES];
        for first in (0..self.n_trees).step_by(TREES) {
            let n_trees = TREES.min(self.n_trees - first);
            for (tree, codes) in codes[..n_trees].iter_mut().enumerate() {
                // SAFETY: `new` makes no `Registers` where `is_available` has not found these features.
                #[expect(unsafe_code, reason = "calls code that is compiled for a CPU that has been found")]
                unsafe {
                    self.find_codes::<ANY_MISSING>(first + tree, ranks, codes);
                }
            }
            add_up(&codes[..n_trees], &self.path_lengths, sums);
        }
    }

    /// Walks the rows of a block down one tree and writes the codes of their leaves.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn find_codes<const ANY_MISSING: bool>(&self, tree: usize, ranks: &[u16], codes: &mut [u8; BLOCK_ROWS]) {
        let one = number(1);
        let tables = tree * self.n_tables..(tree + 1) * self.n_tables;
        let (thresholds, features) = (&self.thresholds_of[tables.clone()], &self.features_of[tables.clone()]);
        let mut nodes = [one; GROUPS];
        for depth in 0..self.depth {
            let tested = self.tested(tree, depth);
            let (first, n) = ((1 << depth) / TABLE, (1_usize << depth).div_ceil(TABLE));
            for (group, node) in nodes.iter_mut().enumerate() {
                let threshold = look_up(&thresholds[first..first + n], first, *node, |numbers| load(numbers));
                let feature = look_up(&features[first..first + n], first, *node, |numbers| load(numbers));
                let value = choose(ranks, group, tested, _mm512_and_si512(feature, number(!MISSING_LEFT)));
                let mut right = _mm512_cmpgt_epu16_mask(value, threshold);
                if ANY_MISSING {
                    let left_if_missing = _mm512_test_epi16_mask(feature, number(MISSING_LEFT));
                    right &= !left_if_missing | _mm512_mask_cmpneq_epi16_mask(left_if_missing, value, number(MISSING));
                }
                let doubled = _mm512_add_epi16(*node, *node);
                *node = _mm512_mask_add_epi16(doubled, right, doubled, one);
            }
        }
        let leaf_codes = &self.codes_of[tables];
        for (node, codes) in nodes.into_iter().zip(codes.as_chunks_mut::<LANES>().0) {
            let leaf = _mm512_sub_epi16(node, number(1 << self.depth));
            *codes = store(look_up(leaf_codes, 0, leaf, |codes| load_bytes(codes)));
        }
    }

    /// The features that a level of a tree tests.
    #[inline]
    fn tested(&self, tree: usize, depth: u32) -> &[u16] {
        let level = tree * self.depth as usize + depth as usize;
        let start = level.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.features[start as usize..self.ends[level] as usize]
    }
}

/// Whether this machine can.
fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl")
}

/// Distinct thresholds of each feature over all trees, ascending.
fn distinct_thresholds(trees: &[Tree], n_features: usize) -> Vec<Vec<f32>> {
    let mut thresholds = vec![Vec::new(); n_features];
    for tree in trees {
        for (&feature, &threshold) in tree.feature.iter().zip(&tree.threshold) {
            if let Some(all) = usize::try_from(feature).ok().and_then(|feature| thresholds.get_mut(feature)) {
                all.push(largest_f32_not_above(threshold));
            }
        }
    }
    for all in &mut thresholds {
        all.sort_unstable_by(f32::total_cmp);
        // As numbers: 0 and -0 are one threshold.
        all.dedup();
    }
    thresholds
}

/// 32 times the same number.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn number(number: u16) -> __m512i {
    _mm512_set1_epi16(number.cast_signed())
}

/// The low bytes.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn store(numbers: __m512i) -> [u8; LANES] {
    // SAFETY: both are 32 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a store of one register")]
    unsafe {
        std::mem::transmute(_mm512_cvtepi16_epi8(numbers))
    }
}

/// The ranks of the features that the rows' nodes test.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn choose(ranks: &[u16], group: usize, tested: &[u16], feature: __m512i) -> __m512i {
    let (ranks, _) = ranks.as_chunks::<LANES>();
    let rank = |feature: u16| load(ranks[usize::from(feature) * GROUPS + group]);
    let Some((&first, others)) = tested.split_first() else { return number(0) };
    others.iter().fold(rank(first), |value, &other| {
        _mm512_mask_mov_epi16(value, _mm512_cmpeq_epi16_mask(feature, number(other)), rank(other))
    })
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(numbers: [u16; LANES]) -> __m512i {
    // SAFETY: both are 64 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a load of one register")]
    unsafe {
        std::mem::transmute(numbers)
    }
}

/// Bytes made to numbers of 16 bits.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load_bytes(bytes: [u8; LANES]) -> __m512i {
    // SAFETY: both are 32 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a load of one register")]
    _mm512_cvtepu8_epi16(unsafe { std::mem::transmute::<[u8; LANES], __m256i>(bytes) })
}

/// Entry `index` of the tables, the first of which holds the entries from `64 * first` on.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn look_up<T: Copy>(
    tables: &[[T; TABLE]],
    first: usize,
    index: __m512i,
    load: impl Fn([T; LANES]) -> __m512i,
) -> __m512i {
    let entry = |table: &[T; TABLE]| {
        let (halves, _) = table.as_chunks::<LANES>();
        // Only the lower six bits of the index count.
        _mm512_permutex2var_epi16(load(halves[0]), index, load(halves[1]))
    };
    let Some((table, others)) = tables.split_first() else { return number(0) };
    let table_of = _mm512_srli_epi16::<6>(index);
    others.iter().enumerate().fold(entry(table), |found, (i, table)| {
        let here = _mm512_cmpeq_epi16_mask(table_of, number((first + 1 + i) as u16));
        _mm512_mask_mov_epi16(found, here, entry(table))
    })
}

//! Trees of up to [`MAX_DEPTH`] levels in vector registers (AVX-512): no memory is read to go from a node to its child.
//!
//! One instruction (`vpermi2w`) looks 32 numbers of 16 bits up in a table of 64 that lies in two registers. So:
//!
//! - **Ranks in a heap**, see [`heap`](super::heap): nodes 1 to 63 are one table, 64 to 127 another, and so on, so five levels of six
//!   need one lookup.
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
use super::heap::{Entry, Heap, depth};
use super::ranks::MISSING;
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
/// Most features: with more, choosing a row's value takes longer than walking.
const MAX_FEATURES: usize = 64;

/// 64 numbers, two registers.
type Table = [u16; TABLE];

/// All trees of a forest.
#[derive(Debug, Clone)]
pub(super) struct Registers {
    heap: Heap,
    n_trees: usize,
    /// Of each node the index of its threshold; `n_tables` tables a tree.
    thresholds_of: Vec<Table>,
    /// Of each node its feature and [`MISSING_LEFT`]; `n_tables` tables a tree.
    features_of: Vec<Table>,
    /// Of each leaf slot, from left to right, its code; `n_tables` tables a tree.
    codes_of: Vec<[u8; TABLE]>,
    n_tables: usize,
}

impl Registers {
    /// The tables, or nothing if this machine has no AVX-512, a tree is too deep, or it can be no [`Heap`].
    pub(super) fn new(trees: &[Tree], n_features: usize) -> Option<Self> {
        let depth = depth(trees);
        if !is_available() || depth > MAX_DEPTH || n_features > MAX_FEATURES {
            return None;
        }
        let n_tables = (1_usize << depth).div_ceil(TABLE);
        let n_all = n_tables * trees.len();
        let mut thresholds_of = vec![[MISSING; TABLE]; n_all];
        let mut features_of = vec![[0; TABLE]; n_all];
        let mut codes_of = vec![[0; TABLE]; n_all];
        let heap = Heap::new(trees, n_features, |tree, at, entry| match entry {
            Entry::Test { index, feature, missing_left } => {
                let (table, at) = (tree * n_tables + at / TABLE, at % TABLE);
                thresholds_of[table][at] = index;
                features_of[table][at] = feature | if missing_left { MISSING_LEFT } else { 0 };
            }
            Entry::Leaf { code } => {
                let at = at - (1 << depth);
                codes_of[tree * n_tables + at / TABLE][at % TABLE] = code;
            }
        })?;
        Some(Self { heap, n_trees: trees.len(), thresholds_of, features_of, codes_of, n_tables })
    }

    /// Bytes of the tables.
    pub(super) fn bytes(&self) -> usize {
        self.heap.bytes()
            + size_of_val(&self.thresholds_of[..])
            + size_of_val(&self.features_of[..])
            + size_of_val(&self.codes_of[..])
    }

    /// Writes each row's path length summed over the trees in their order. `ranks` is room that is used again:
    /// [`BLOCK_ROWS`] ranks of the first feature, then of the second, and so on.
    pub(super) fn path_length_sums(&self, block: &Block, ranks: &mut Vec<u16>, sums: &mut [f64]) {
        ranks.resize(block.n_features() * BLOCK_ROWS, 0);
        self.heap.rank(block, |feature, first, found| {
            ranks[feature * BLOCK_ROWS + first..][..found.len()].copy_from_slice(&found);
        });
        if block.any_missing() {
            self.sums_of_many::<true>(ranks, sums);
        } else {
            self.sums_of_many::<false>(ranks, sums);
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
            self.heap.add_up(&codes[..n_trees], sums);
        }
    }

    /// Walks the rows of a block down one tree and writes the codes of their leaves.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn find_codes<const ANY_MISSING: bool>(&self, tree: usize, ranks: &[u16], codes: &mut [u8; BLOCK_ROWS]) {
        let one = number(1);
        let tables = tree * self.n_tables..(tree + 1) * self.n_tables;
        let (thresholds, features) = (&self.thresholds_of[tables.clone()], &self.features_of[tables.clone()]);
        let mut nodes = [one; GROUPS];
        for depth in 0..self.heap.depth() {
            let tested = self.heap.tested(tree, depth);
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
            let leaf = _mm512_sub_epi16(node, number(1 << self.heap.depth()));
            *codes = store(look_up(leaf_codes, 0, leaf, |codes| load_bytes(codes)));
        }
    }
}

/// Whether this machine can.
fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl")
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

//! Trees of up to [`MAX_DEPTH`] levels in vector registers, a byte a row (AVX2): no memory is read to go from a node to its child.
//!
//! One instruction (`vpshufb`) looks 32 bytes up in a table of 16. So:
//!
//! - **Ranks in a heap**, see [`heap`](super::heap): a node is a byte. Nodes 0 to 15 are one table, 16 to 31 another; a level of
//!   several looks all of them up and chooses by the node's upper bits.
//! - **The upper and the lower byte of a rank** stand in registers of their own, and their two comparisons are joined to one.
//! - **32 rows a register, [`GROUPS`] registers together**, trees outer: a tree's tables, 1 KiB, are loaded once for 64 rows.
//! - **A value is chosen by comparison**: for each feature that the level tests, the rows whose node tests it take its rank. The first
//!   level has one feature, the second at most two; only the last levels of a wide forest have many.
//! - **Missing values** rank above all; where the node says that they go left, they do: one more comparison a level, and only in blocks
//!   that have any.

use std::arch::x86_64::{
    __m128i, __m256i, _mm256_add_epi8, _mm256_and_si256, _mm256_andnot_si256, _mm256_blendv_epi8,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_max_epu8, _mm256_set1_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_sub_epi8,
};

use super::block::{BLOCK_ROWS, Block};
use super::heap::{Entry, Heap, depth};
use super::ranks::MISSING;
use crate::forest::Tree;

/// Deepest leaf: a node is a byte.
const MAX_DEPTH: u32 = 8;
/// Bytes that one instruction chooses from.
const TABLE: usize = 16;
/// Tables of a tree.
const TABLES: usize = (1 << MAX_DEPTH) / TABLE;
/// Rows in a register.
const LANES: usize = 32;
/// Registers of rows.
const GROUPS: usize = BLOCK_ROWS / LANES;
/// Trees whose leaves are found before their path lengths are added.
const TREES: usize = 16;
/// Bit of a node's feature that says that a missing value goes left.
const MISSING_LEFT: u8 = 1 << 7;
/// Most features: with more, choosing a row's value takes longer than walking.
const MAX_FEATURES: usize = 48;

/// 16 numbers.
type Table = [u8; TABLE];

/// A tree: of each node, by its place in the heap, what it tests, and of each leaf its code.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Tables {
    /// Upper and lower bytes of the index of its threshold.
    upper: [Table; TABLES],
    lower: [Table; TABLES],
    /// Its feature and [`MISSING_LEFT`].
    feature: [Table; TABLES],
    /// Of a leaf slot, that of the heap below the last level, the code of its path length.
    code: [Table; TABLES],
}

/// The ranks of a feature in a block: upper and lower bytes.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Ranks {
    upper: [u8; BLOCK_ROWS],
    lower: [u8; BLOCK_ROWS],
}

/// All trees of a forest.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    heap: Heap,
    trees: Vec<Tables>,
}

impl Bytes {
    /// The tables, or nothing if this machine has no AVX2, a tree is too deep, features are too many, or it can be no [`Heap`].
    pub(super) fn new(trees: &[Tree], n_features: usize) -> Option<Self> {
        if !is_x86_feature_detected!("avx2") || depth(trees) > MAX_DEPTH || n_features > MAX_FEATURES {
            return None;
        }
        let [upper, lower] = MISSING.to_be_bytes();
        let empty = Tables {
            upper: [[upper; TABLE]; TABLES],
            lower: [[lower; TABLE]; TABLES],
            feature: [[0; TABLE]; TABLES],
            code: [[0; TABLE]; TABLES],
        };
        let mut tables = vec![empty; trees.len()];
        let heap = Heap::new(trees, n_features, |tree, at, entry| {
            // The level below the eighth begins at 0 again: a place is a byte there, too.
            let (tree, table, at) = (&mut tables[tree], at / TABLE % TABLES, at % TABLE);
            match entry {
                Entry::Test { index, feature, missing_left } => {
                    [tree.upper[table][at], tree.lower[table][at]] = index.to_be_bytes();
                    tree.feature[table][at] = feature as u8 | if missing_left { MISSING_LEFT } else { 0 };
                }
                Entry::Leaf { code } => tree.code[table][at] = code,
            }
        })?;
        Some(Self { heap, trees: tables })
    }

    /// Bytes of the tables.
    pub(super) fn bytes(&self) -> usize {
        self.heap.bytes() + size_of_val(&self.trees[..])
    }

    /// Writes each row's path length summed over the trees in their order. `ranks` is room that is used again.
    pub(super) fn path_length_sums(&self, block: &Block, ranks: &mut Vec<Ranks>, sums: &mut [f64]) {
        ranks.resize(block.n_features(), Ranks { upper: [0; BLOCK_ROWS], lower: [0; BLOCK_ROWS] });
        self.heap.rank(block, |feature, first, found| {
            let Ranks { upper, lower } = &mut ranks[feature];
            for ((upper, lower), rank) in upper[first..].iter_mut().zip(&mut lower[first..]).zip(found) {
                [*upper, *lower] = rank.to_be_bytes();
            }
        });
        if block.any_missing() {
            self.sums_of_many::<true>(ranks, sums);
        } else {
            self.sums_of_many::<false>(ranks, sums);
        }
    }

    fn sums_of_many<const ANY_MISSING: bool>(&self, ranks: &[Ranks], sums: &mut [f64]) {
        sums.fill(0.0);
        let mut codes = [[0; BLOCK_ROWS]; TREES];
        for (first, trees) in self.trees.chunks(TREES).enumerate() {
            for (i, (tree, codes)) in trees.iter().zip(&mut codes).enumerate() {
                // SAFETY: `new` makes no `Bytes` where AVX2 has not been found.
                #[expect(unsafe_code, reason = "calls code that is compiled for a CPU that has been found")]
                unsafe {
                    self.find_codes::<ANY_MISSING>(first * TREES + i, tree, ranks, codes);
                }
            }
            self.heap.add_up(&codes[..trees.len()], sums);
        }
    }

    /// Walks the rows of a block down one tree and writes the codes of their leaves.
    #[target_feature(enable = "avx2")]
    fn find_codes<const ANY_MISSING: bool>(
        &self,
        number: usize,
        tree: &Tables,
        ranks: &[Ranks],
        codes: &mut [u8; BLOCK_ROWS],
    ) {
        let mut nodes = [_mm256_set1_epi8(1); GROUPS];
        for depth in 0..self.heap.depth() {
            let tested = self.heap.tested(number, depth);
            let wanted = nodes.map(|node| Wanted::new(node));
            let upper = look_up(&tree.upper, depth, &wanted);
            let lower = look_up(&tree.lower, depth, &wanted);
            let feature = look_up(&tree.feature, depth, &wanted);
            let chosen = choose(ranks, tested, feature);
            for (group, node) in nodes.iter_mut().enumerate() {
                let (value_upper, value_lower) = chosen[group];
                let mut right = is_above(value_upper, value_lower, upper[group], lower[group]);
                if ANY_MISSING {
                    let all = _mm256_set1_epi8(-1);
                    let missing = _mm256_cmpeq_epi8(_mm256_and_si256(value_upper, value_lower), all);
                    let left_if_missing = _mm256_blendv_epi8(_mm256_setzero_si256(), all, feature[group]);
                    right = _mm256_andnot_si256(_mm256_and_si256(missing, left_if_missing), right);
                }
                // A comparison that holds is -1.
                *node = _mm256_sub_epi8(_mm256_add_epi8(*node, *node), right);
            }
        }
        let wanted = nodes.map(|node| Wanted::new(node));
        let found = look_up(&tree.code, self.heap.depth(), &wanted);
        for (codes, found) in codes.as_chunks_mut::<LANES>().0.iter_mut().zip(found) {
            *codes = store(found);
        }
    }
}

/// Nodes, ready to be looked up.
#[derive(Clone, Copy)]
struct Wanted {
    /// The place in a table.
    entry: __m256i,
    /// The bits that choose the table, from the lowest on, each as the sign of its byte.
    bits: [__m256i; 4],
}

impl Wanted {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(node: __m256i) -> Self {
        Self {
            entry: _mm256_and_si256(node, _mm256_set1_epi8(TABLE as i8 - 1)),
            bits: [_mm256_slli_epi16::<3>(node), _mm256_slli_epi16::<2>(node), _mm256_slli_epi16::<1>(node), node],
        }
    }
}

/// The entries of nodes of one level.
#[target_feature(enable = "avx2")]
#[inline]
fn look_up(tables: &[Table; TABLES], depth: u32, wanted: &[Wanted; GROUPS]) -> [__m256i; GROUPS] {
    match depth {
        0..=3 => look_up_among::<1>(&tables[0..], wanted),
        4 => look_up_among::<1>(&tables[1..], wanted),
        5 => look_up_among::<2>(&tables[2..], wanted),
        6 => look_up_among::<4>(&tables[4..], wanted),
        7 => look_up_among::<8>(&tables[8..], wanted),
        _ => look_up_among::<16>(&tables[0..], wanted),
    }
}

/// The entries in the first `N` tables, a power of two.
#[target_feature(enable = "avx2")]
#[inline]
fn look_up_among<const N: usize>(tables: &[Table], wanted: &[Wanted; GROUPS]) -> [__m256i; GROUPS] {
    let Some(tables) = tables.first_chunk::<N>() else { return [_mm256_setzero_si256(); GROUPS] };
    let mut all = [[_mm256_setzero_si256(); N]; GROUPS];
    for (i, table) in tables.iter().enumerate() {
        let table = load_table(*table);
        for (group, wanted) in wanted.iter().enumerate() {
            all[group][i] = _mm256_shuffle_epi8(table, wanted.entry);
        }
    }
    let mut result = [_mm256_setzero_si256(); GROUPS];
    for ((result, found), wanted) in result.iter_mut().zip(&mut all).zip(wanted) {
        let mut n = N;
        for bit in wanted.bits {
            if n == 1 {
                break;
            }
            n /= 2;
            for i in 0..n {
                found[i] = _mm256_blendv_epi8(found[2 * i], found[2 * i + 1], bit);
            }
        }
        *result = found[0];
    }
    result
}

/// The ranks, upper and lower bytes, of the features that the rows' nodes test.
#[target_feature(enable = "avx2")]
#[inline]
fn choose(ranks: &[Ranks], tested: &[u16], feature: [__m256i; GROUPS]) -> [(__m256i, __m256i); GROUPS] {
    let none = _mm256_setzero_si256();
    let Some((&first, others)) = tested.split_first() else { return [(none, none); GROUPS] };
    let mut chosen = [(none, none); GROUPS];
    let first = &ranks[usize::from(first)];
    for (group, chosen) in chosen.iter_mut().enumerate() {
        *chosen = (load(&first.upper, group), load(&first.lower, group));
    }
    if others.is_empty() {
        return chosen;
    }
    let feature = feature.map(|feature| _mm256_and_si256(feature, _mm256_set1_epi8((!MISSING_LEFT).cast_signed())));
    for &other in others {
        let ranks = &ranks[usize::from(other)];
        let other = _mm256_set1_epi8(other as i8);
        for (group, (upper, lower)) in chosen.iter_mut().enumerate() {
            let here = _mm256_cmpeq_epi8(feature[group], other);
            *upper = _mm256_blendv_epi8(*upper, load(&ranks.upper, group), here);
            *lower = _mm256_blendv_epi8(*lower, load(&ranks.lower, group), here);
        }
    }
    chosen
}

/// Whether numbers of 16 bits, given by their bytes, are above others.
#[target_feature(enable = "avx2")]
#[inline]
fn is_above(upper: __m256i, lower: __m256i, than_upper: __m256i, than_lower: __m256i) -> __m256i {
    // a >= b where max(a, b) = a.
    let upper_not_below = _mm256_cmpeq_epi8(_mm256_max_epu8(upper, than_upper), upper);
    let upper_equal = _mm256_cmpeq_epi8(upper, than_upper);
    let lower_not_above = _mm256_cmpeq_epi8(_mm256_max_epu8(lower, than_lower), than_lower);
    _mm256_andnot_si256(_mm256_and_si256(upper_equal, lower_not_above), upper_not_below)
}

/// A table, twice: an instruction looks each half of a register up in a half.
#[target_feature(enable = "avx2")]
#[inline]
fn load_table(table: Table) -> __m256i {
    // SAFETY: both are 16 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a load of half a register")]
    _mm256_broadcastsi128_si256(unsafe { std::mem::transmute::<Table, __m128i>(table) })
}

/// The bytes of a group of rows.
#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; BLOCK_ROWS], group: usize) -> __m256i {
    // SAFETY: both are 32 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a load of one register")]
    unsafe {
        std::mem::transmute(bytes.as_chunks::<LANES>().0[group])
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(bytes: __m256i) -> [u8; LANES] {
    // SAFETY: both are 32 bytes, and any bytes are valid.
    #[expect(unsafe_code, reason = "a store of one register")]
    unsafe {
        std::mem::transmute(bytes)
    }
}

//! Which way for which model.
//!
//! The rule was found with `make bench-loops LOOPS='--bench scoring'` (AMD EPYC 9004, one thread, 100 trees, medians in µs a row,
//! no row occurs twice). A row of many and, where there are two figures, one row by itself:
//!
//! | model | masks | registers (AVX-512) | bytes (AVX2) | walk |
//! |---|---|---|---|---|
//! | 2 features, 40 leaves at most | 0.11, 0.32 | 0.15 | 0.21 | 0.58, 0.81 |
//! | 2 features, 121 leaves | | 0.16 | 0.22 | 0.60, 0.91 |
//! | 4 features, 37 leaves | 0.18, 0.44 | 0.15 | 0.17 | 0.48, 0.77 |
//! | 10 features, 40 leaves | 0.38, 0.73 | 0.19 | 0.23 | 0.58, 0.71 |
//! | 10 features, 110 leaves | | 0.26 | 0.31 | 0.61, 0.94 |
//! | 10 features, 337 leaves | | 0.48 | | 0.74, 1.24 |
//! | 30 features, 102 leaves | | 0.40 | 0.56 | 0.63, 0.96 |
//! | 60 features, 112 leaves | | 0.64 | 0.75 | 0.73, 1.02 |
//! | 100 features, 118 leaves | | 0.81 | 0.83 | 0.71, 1.13 |
//!
//! Trees that cut with hyperplanes take 0.54 in registers for cuts of two of ten features and 0.65 for cuts of all ten, and three to
//! eight times as long on the walk.
//!
//! So: masks for up to [`MASK_FEATURES`] features where every tree has at most 64 leaves and the tables are small; else registers, where
//! the CPU has AVX-512, or bytes, where it has AVX2, for trees and rows that are not too large for them; else masks again if they can;
//! else the walk. A few rows walk, but for masks, which are quickest there too.

use super::block::{BLOCK_ROWS, Block, MAX_BLOCK_ROWS};
#[cfg(target_arch = "x86_64")]
use super::bytes::{Bytes, Ranks};
use super::equal_rows::MAX_FEATURES;
#[cfg(target_arch = "x86_64")]
use super::hyperplane_registers::{Columns, HyperplaneRegisters};
use super::hyperplanes::{AsGrown, HyperplaneWalk};
use super::masks::Masks;
#[cfg(target_arch = "x86_64")]
use super::registers::Registers;
use super::walk::Walk;
use crate::forest::Tree;

/// Bytes of mask tables that stay in the second cache, and beyond which walking is quicker.
const MASK_BYTES: usize = 4 << 20;

/// Features up to which masks are worth it for one row by itself, and not much slower than registers for many.
const MASK_FEATURES: usize = 4;

/// Rows of a block up to which walking them is quicker than 64 lanes of registers.
const FEW_ROWS: usize = 16;

/// The ways of scoring; all give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// [`Masks`].
    Masks,
    /// `Bytes`.
    Bytes,
    /// `Registers`.
    Registers,
    /// [`Walk`] with indices of 16 bits.
    Narrow,
    /// [`Walk`] with indices of 32 bits.
    Wide,
    /// `HyperplaneRegisters`.
    HyperplaneRegisters,
    /// [`HyperplaneWalk`].
    Hyperplanes,
    /// [`AsGrown`].
    AsGrown,
}

impl Kind {
    /// All, for few features the quickest first.
    pub(super) const ALL: [Self; 8] = [
        Self::Masks,
        Self::Registers,
        Self::Bytes,
        Self::Narrow,
        Self::Wide,
        Self::HyperplaneRegisters,
        Self::Hyperplanes,
        Self::AsGrown,
    ];
}

/// Trees made ready for one way.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Masks(Masks),
    #[cfg(target_arch = "x86_64")]
    Bytes(Bytes, Walk<u16>),
    #[cfg(target_arch = "x86_64")]
    Registers(Registers, Walk<u16>),
    Narrow(Walk<u16>),
    Wide(Walk<u32>),
    #[cfg(target_arch = "x86_64")]
    HyperplaneRegisters(HyperplaneRegisters, HyperplaneWalk),
    Hyperplanes(HyperplaneWalk),
    AsGrown(AsGrown),
}

/// Room that is used again from block to block.
#[derive(Debug, Default)]
pub(super) struct Room {
    ranks: Vec<u16>,
    keys: Vec<u32>,
    #[cfg(target_arch = "x86_64")]
    bytes: Vec<Ranks>,
    /// The rows' values, feature after feature.
    #[cfg(target_arch = "x86_64")]
    columns: Vec<Columns>,
}

impl Way {
    /// The quickest for a model on this machine.
    pub(super) fn quickest(trees: &[Tree], n_features: usize) -> Self {
        let mut kinds = Kind::ALL;
        if n_features > MASK_FEATURES {
            // Masks after registers and bytes.
            kinds[..3].rotate_left(1);
        }
        let way = kinds.into_iter().find_map(|kind| Self::new(kind, trees, n_features));
        way.unwrap_or_else(|| Self::AsGrown(AsGrown::new(trees)))
    }

    /// The trees made ready for one way, or nothing if it cannot, for this model or on this machine.
    pub(super) fn new(kind: Kind, trees: &[Tree], n_features: usize) -> Option<Self> {
        let narrow = || {
            let largest = trees.iter().map(Tree::n_nodes).max().unwrap_or(0).max(n_features);
            u16::try_from(largest).is_ok().then(|| Walk::new(trees))
        };
        let has_hyperplanes = trees.iter().any(|tree| tree.hyperplanes.is_some());
        match kind {
            Kind::HyperplaneRegisters | Kind::Hyperplanes | Kind::AsGrown if !has_hyperplanes => None,
            #[cfg(target_arch = "x86_64")]
            Kind::HyperplaneRegisters => {
                let registers = HyperplaneRegisters::new(trees, n_features);
                registers.zip(HyperplaneWalk::new(trees)).map(|(it, walk)| Self::HyperplaneRegisters(it, walk))
            }
            #[cfg(not(target_arch = "x86_64"))]
            Kind::HyperplaneRegisters => None,
            Kind::Hyperplanes => HyperplaneWalk::new(trees).map(Self::Hyperplanes),
            Kind::AsGrown => Some(Self::AsGrown(AsGrown::new(trees))),
            _ if has_hyperplanes => None,
            Kind::Masks => Masks::new(trees).filter(|masks| masks.bytes() <= MASK_BYTES).map(Self::Masks),
            #[cfg(target_arch = "x86_64")]
            Kind::Bytes => Bytes::new(trees, n_features).zip(narrow()).map(|(it, walk)| Self::Bytes(it, walk)),
            #[cfg(target_arch = "x86_64")]
            Kind::Registers => {
                Registers::new(trees, n_features).zip(narrow()).map(|(it, walk)| Self::Registers(it, walk))
            }
            #[cfg(not(target_arch = "x86_64"))]
            Kind::Bytes | Kind::Registers => None,
            Kind::Narrow => narrow().map(Self::Narrow),
            Kind::Wide => Some(Self::Wide(Walk::new(trees))),
        }
    }

    /// Bytes of all that was made ready.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Masks(masks) => masks.bytes(),
            #[cfg(target_arch = "x86_64")]
            Self::Bytes(bytes, walk) => bytes.bytes() + walk.bytes(),
            #[cfg(target_arch = "x86_64")]
            Self::Registers(registers, walk) => registers.bytes() + walk.bytes(),
            Self::Narrow(walk) => walk.bytes(),
            Self::Wide(walk) => walk.bytes(),
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(registers, walk) => registers.bytes() + walk.bytes(),
            Self::Hyperplanes(walk) => walk.bytes(),
            Self::AsGrown(trees) => trees.bytes(),
        }
    }

    /// Whether missing values are walked as such; where not, there must be none.
    pub(super) fn reads_missing(&self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(..) => false,
            Self::Hyperplanes(_) | Self::AsGrown(_) => false,
            _ => true,
        }
    }

    /// Rows in a block.
    pub(super) fn block_rows(&self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(..) => MAX_BLOCK_ROWS,
            _ => BLOCK_ROWS,
        }
    }

    /// Whether a block of fewer rows costs less, so that rows that were seen before are worth leaving out.
    pub(super) fn can_skip_rows(&self, n_features: usize) -> bool {
        matches!(self, Self::Masks(_)) && n_features <= MAX_FEATURES
    }

    /// Writes into `sums` the path length of each row of the block, summed over the trees in their order. `room` is used
    /// again.
    pub(super) fn path_length_sums(&self, block: &Block, room: &mut Room, sums: &mut [f64]) {
        match self {
            Self::Masks(masks) => {
                sums.fill(0.0);
                masks.add_path_lengths(block.rows(0, block.n_rows()), block.n_features(), &mut room.ranks, sums);
            }
            #[cfg(target_arch = "x86_64")]
            Self::Bytes(_, walk) | Self::Registers(_, walk) if block.n_rows() <= FEW_ROWS => {
                walk.path_length_sums(block, &mut room.keys, sums);
            }
            #[cfg(target_arch = "x86_64")]
            Self::Bytes(bytes, _) => bytes.path_length_sums(block, &mut room.bytes, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Registers(registers, _) => registers.path_length_sums(block, &mut room.ranks, sums),
            Self::Narrow(walk) => walk.path_length_sums(block, &mut room.keys, sums),
            Self::Wide(walk) => walk.path_length_sums(block, &mut room.keys, sums),
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(_, walk) if block.n_rows() == 1 => walk.path_length_sums(block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(registers, _) => registers.path_length_sums(block, &mut room.columns, sums),
            Self::Hyperplanes(walk) => walk.path_length_sums(block, sums),
            Self::AsGrown(trees) => trees.path_length_sums(block, sums),
        }
    }
}

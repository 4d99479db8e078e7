//! Which way for which model.
//!
//! The rule was found with `cargo bench -p isoforest --bench scoring` and one way after the other taken out of [`Kind::ALL`] (AMD
//! EPYC 9004, one thread, 100 trees of 256 rows, µs a row):
//!
//! | model | masks | registers | walk |
//! |---|---|---|---|
//! | 2 features, 38 leaves at most (the real data, no row left out) | 0.09 | | 0.65 |
//! | 2 features, 124 leaves | | 0.16 | 0.65 |
//! | 10 features, 108 leaves | | 0.25 | 0.65 |
//! | 100 features, 109 leaves | | 0.73 | 0.73 |
//!
//! Trees that cut with hyperplanes take 0.54 in registers for cuts of two of ten features and 0.65 for cuts of all ten, and three to
//! eight times as long on the walk.
//!
//! So: masks where every tree has at most 64 leaves and the tables are small; else registers, where the CPU has AVX-512 and the
//! trees are at most ten levels deep; else the walk. A row by itself walks, but for masks, which are quickest there too.

use super::block::{BLOCK_ROWS, Block, MAX_BLOCK_ROWS};
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

/// The ways of scoring; all give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// [`Masks`].
    Masks,
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
    /// All, the quickest first.
    pub(super) const ALL: [Self; 7] = [
        Self::Masks,
        Self::Registers,
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
    /// The rows' values, feature after feature.
    #[cfg(target_arch = "x86_64")]
    columns: Vec<Columns>,
}

impl Way {
    /// The quickest for a model on this machine.
    pub(super) fn quickest(trees: &[Tree], n_features: usize) -> Self {
        let way = Kind::ALL.into_iter().find_map(|kind| Self::new(kind, trees, n_features));
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
            Kind::Registers => {
                Registers::new(trees, n_features).zip(narrow()).map(|(it, walk)| Self::Registers(it, walk))
            }
            #[cfg(not(target_arch = "x86_64"))]
            Kind::Registers => None,
            Kind::Narrow => narrow().map(Self::Narrow),
            Kind::Wide => Some(Self::Wide(Walk::new(trees))),
        }
    }

    /// Bytes of all that was made ready.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Masks(masks) => masks.bytes(),
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

    /// Writes into `sums` the path length of each row of the block, summed over the trees in their order. `room` is
    /// used again.
    pub(super) fn path_length_sums(&self, block: &Block, room: &mut Room, sums: &mut [f64]) {
        match self {
            Self::Masks(masks) => {
                sums.fill(0.0);
                masks.add_path_lengths(block.rows(0, block.n_rows()), block.n_features(), &mut room.ranks, sums);
            }
            #[cfg(target_arch = "x86_64")]
            Self::Registers(_, walk) if block.n_rows() == 1 => walk.path_length_sums(block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Registers(registers, _) => registers.path_length_sums(block, &mut room.ranks, sums),
            Self::Narrow(walk) => walk.path_length_sums(block, sums),
            Self::Wide(walk) => walk.path_length_sums(block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(_, walk) if block.n_rows() == 1 => walk.path_length_sums(block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::HyperplaneRegisters(registers, _) => registers.path_length_sums(block, &mut room.columns, sums),
            Self::Hyperplanes(walk) => walk.path_length_sums(block, sums),
            Self::AsGrown(trees) => trees.path_length_sums(block, sums),
        }
    }
}

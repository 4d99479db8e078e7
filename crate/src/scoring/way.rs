//! Which way for which model, and the code for each CPU.

use super::block::Block;
use super::equal_rows::MAX_FEATURES;
use super::masks::Masks;
#[cfg(target_arch = "x86_64")]
use super::registers::Registers;
use super::walk::Walk;
use crate::forest::Tree;

/// The ways of scoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// [`Masks`].
    Masks,
    /// [`Registers`].
    Registers,
    /// [`Walk`] with indices of 16 bits.
    Narrow,
    /// [`Walk`] with indices of 32 bits.
    Wide,
}

impl Kind {
    /// The quickest for a model.
    pub(super) fn of(trees: &[Tree], _n_features: usize) -> Self {
        if let Ok(forced) = std::env::var("WAY") {
            return match &forced[..] { "masks" => Self::Masks, "registers" => Self::Registers, _ => Self::Narrow };
        }
        if trees.iter().all(|tree| tree.n_leaves() <= 64) { Self::Masks } else { Self::Registers }
    }
}

/// Trees made ready for one way.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Masks(Masks),
    #[cfg(target_arch = "x86_64")]
    Registers(Registers),
    Narrow(Walk<u16>),
    Wide(Walk<u32>),
}

impl Way {
    pub(super) fn new(kind: Kind, trees: &[Tree], n_features: usize) -> Self {
        if kind == Kind::Masks && let Some(masks) = Masks::new(trees) {
            return Self::Masks(masks);
        }
        #[cfg(target_arch = "x86_64")]
        if kind == Kind::Registers && Registers::is_available() && let Some(registers) = Registers::new(trees, n_features) {
            return Self::Registers(registers);
        }
        let largest = trees.iter().map(Tree::n_nodes).max().unwrap_or(0);
        if kind != Kind::Wide && u16::try_from(largest.max(n_features)).is_ok() {
            Self::Narrow(Walk::new(trees))
        } else {
            Self::Wide(Walk::new(trees))
        }
    }

    /// Whether a block of fewer rows costs less, so that rows that were seen before may be left out.
    pub(super) fn can_skip_rows(&self, n_features: usize) -> bool {
        matches!(self, Self::Masks(_)) && n_features <= MAX_FEATURES
    }

    /// Writes into `sums` the path length of each row of the block, summed over the trees. `ranks` is room that is used again.
    pub(super) fn path_length_sums(&self, block: &Block, ranks: &mut Vec<u16>, sums: &mut [f64]) {
        match self {
            Self::Masks(masks) => {
                sums.fill(0.0);
                let rows = block.rows(0, block.n_rows());
                masks.add_path_lengths(rows, block.n_features(), ranks, sums);
            }
            #[cfg(target_arch = "x86_64")]
            Self::Registers(registers) => registers.path_length_sums(block, ranks, sums),
            Self::Narrow(walk) => walk.path_length_sums(block, sums),
            Self::Wide(walk) => walk.path_length_sums(block, sums),
        }
    }
}

//! For the benches in `benches/loops` alone: a way of scoring by its name.

use super::Scorer;
use super::way::{Kind, Way};
use crate::forest::Tree;

impl Scorer {
    /// The trees made ready for a way, or nothing if it cannot score them here. For rows with no missing value.
    pub(crate) fn in_way(&self, name: &str, trees: &[Tree]) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name)?;
        Some(Self { way: Way::new(kind, trees, self.n_features)?, ..self.clone() })
    }

    /// The way's name.
    pub(crate) fn way_name(&self) -> String {
        let kind = match self.way {
            Way::Masks(_) => Kind::Masks,
            #[cfg(target_arch = "x86_64")]
            Way::Bytes(..) => Kind::Bytes,
            #[cfg(target_arch = "x86_64")]
            Way::Registers(..) => Kind::Registers,
            Way::Narrow(_) => Kind::Narrow,
            Way::Wide(_) => Kind::Wide,
            #[cfg(target_arch = "x86_64")]
            Way::HyperplaneRegisters(..) => Kind::HyperplaneRegisters,
            Way::Hyperplanes(_) => Kind::Hyperplanes,
            Way::AsGrown(_) => Kind::AsGrown,
        };
        format!("{kind:?}")
    }
}

//! For the benches in `benches/loops` alone: forests that are scored in a way of one's choice.

use super::IsolationForest;

impl IsolationForest {
    /// The same forest, scored in one way, as [`scoring::way`](crate::scoring) names them; nothing where that way cannot score it.
    #[doc(hidden)]
    pub fn scored_in(&self, way: &str) -> Option<Self> {
        let scorer = self.scorer.in_way(way, &self.trees)?;
        Some(Self { scorer, ..self.clone() })
    }

    /// The name of the way in which the forest is scored.
    #[doc(hidden)]
    pub fn way(&self) -> String {
        self.scorer.way_name()
    }
}

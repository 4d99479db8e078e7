use std::fmt;

use isoforest::notebook;

use crate::{Error, Plot};

/// What makes one row unusual, or usual: `println!("{why}")` says it in a sentence, `why.figure()?` draws it.
#[derive(Clone)]
pub struct Explanation(notebook::RowExplanation);

impl Explanation {
    /// A bar a feature: to the right what makes the row more anomalous, to the left what makes it less so: see
    /// `isoforest::plot::explanation`.
    ///
    /// # Errors
    ///
    /// None that is known of: a forest has a feature.
    pub fn figure(&self) -> Result<Plot, Error> {
        Ok(Plot::from(self.0.figure()?))
    }

    /// Whether the forest calls the row an outlier.
    pub fn is_outlier(&self) -> bool {
        self.0.is_outlier()
    }

    /// How much each feature makes the row more anomalous, in the order of the forest's columns.
    pub fn contributions(&self) -> Vec<f64> {
        self.0.contributions().iter().map(|entry| entry.contribution).collect()
    }
}

impl From<notebook::RowExplanation> for Explanation {
    fn from(explanation: notebook::RowExplanation) -> Self {
        Self(explanation)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.sentence())
    }
}

/// A cell that ends with an explanation shows the sentence.
impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.sentence())
    }
}

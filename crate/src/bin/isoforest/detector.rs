//! The options that choose how trees are grown.

use clap::{Args, ValueEnum};
use isoforest::{ColumnWeights, Detector, Guided, GuidedScore, ParamError};

/// How trees are grown. Each detector has options of its own, which the others refuse.
#[derive(Args)]
pub struct DetectorOptions {
    /// How trees are grown: scikit-learn's way, with cuts in any direction (extended), or with chosen columns and thresholds (guided).
    #[arg(long, value_name = "DETECTOR", value_enum, default_value_t = Name::Standard)]
    detector: Name,
    /// Features of a cut, less one, for --detector extended [default: all of them].
    ///
    /// A tree of fewer columns (--max-features) cuts with these at most. Cuts depend on the units of the columns, as the standard
    /// forest's do not: a column of larger numbers counts for more, so bring the columns to one scale first.
    #[arg(long, value_name = "N", value_parser = extension_level, allow_negative_numbers = true)]
    extension_level: Option<usize>,
    /// For --detector guided: probability of a cut between groups, at the best pooled gain; above 0.5, give a --contamination, for "auto" can
    /// call most rows outliers [default: 0].
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pooled_gain: Option<f64>,
    /// For --detector guided: probability of a cut that leaves few rows apart, at the best average gain [default: 0.5, or what
    /// --pooled-gain leaves of 1 if that is less].
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    average_gain: Option<f64>,
    /// For --detector guided: how often each column is cut [default: kurtosis].
    #[arg(long, value_name = "WEIGHTS", value_enum)]
    column_weights: Option<Weights>,
    /// For --detector guided: what a leaf says of its rows [default: depth]; density wants a share as --contamination.
    #[arg(long, value_name = "SCORE", value_enum)]
    leaf_score: Option<Score>,
}

/// The kinds of forest.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    /// scikit-learn's forest, bit for bit.
    Standard,
    /// Extended isolation forest: cuts with random hyperplanes.
    Extended,
    /// Guided isolation forest: columns by their kurtosis, part of the cuts where they gain most.
    Guided,
}

/// How often each column is drawn.
#[derive(Clone, Copy, ValueEnum)]
enum Weights {
    /// All alike.
    Equal,
    /// By their kurtosis in the tree's rows.
    Kurtosis,
    /// By the square root of it.
    RootKurtosis,
}

/// What a leaf adds to the sum from which a row's score is made.
#[derive(Clone, Copy, ValueEnum)]
enum Score {
    /// Its depth.
    Depth,
    /// Its depth, each cut counted by how dense its side is.
    AdjustedDepth,
    /// The logarithm of its density.
    Density,
}

impl DetectorOptions {
    /// The detector, or the option that another detector has.
    pub fn detector(&self) -> Result<Detector, ParamError> {
        let only = |name, of: Name, value: Option<String>| match value {
            Some(value) if self.detector != of => {
                let of = if of == Name::Extended { "extended" } else { "guided" };
                Err(ParamError { name, rule: format!("left out unless the detector is {of}"), value })
            }
            _ => Ok(()),
        };
        let value_name = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        only("extension_level", Name::Extended, self.extension_level.map(|level| level.to_string()))?;
        only("pooled_gain", Name::Guided, self.pooled_gain.map(|gain| gain.to_string()))?;
        only("average_gain", Name::Guided, self.average_gain.map(|gain| gain.to_string()))?;
        only("column_weights", Name::Guided, value_name(self.column_weights.and_then(|it| it.to_possible_value())))?;
        only("leaf_score", Name::Guided, value_name(self.leaf_score.and_then(|it| it.to_possible_value())))?;
        Ok(match self.detector {
            Name::Standard => Detector::Standard,
            Name::Extended => Detector::Extended { extension_level: self.extension_level },
            Name::Guided => Detector::Guided(self.guided()),
        })
    }

    fn guided(&self) -> Guided {
        let default = Guided::default();
        let pooled_gain = self.pooled_gain.unwrap_or(default.pooled_gain);
        Guided {
            pooled_gain,
            average_gain: self.average_gain.unwrap_or(default.average_gain.min(1.0 - pooled_gain)),
            column_weights: match self.column_weights {
                None => default.column_weights,
                Some(Weights::Equal) => ColumnWeights::Equal,
                Some(Weights::Kurtosis) => ColumnWeights::Kurtosis,
                Some(Weights::RootKurtosis) => ColumnWeights::RootKurtosis,
            },
            score: match self.leaf_score {
                None => default.score,
                Some(Score::Depth) => GuidedScore::Depth,
                Some(Score::AdjustedDepth) => GuidedScore::AdjustedDepth,
                Some(Score::Density) => GuidedScore::Density,
            },
        }
    }
}

fn extension_level(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "expected an integer from 0 to the number of columns less one")
}

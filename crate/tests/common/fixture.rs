//! Fixtures: forests grown by scikit-learn, written by `fixtures/make_fixtures.py`.

use std::fs::{self, File};
use std::path::Path;

use flate2::read::GzDecoder;
use isoforest::ndarray::Array2;
use isoforest::{IsolationForest, IsolationForestParams, Tree};
use serde::Deserialize;

use super::recipe::Recipe;

/// Rows that are scored when a fixture has no recipe for them: the first of the training data.
const SCORED_ROWS: usize = 200;

/// One configuration and what scikit-learn made of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// Name of the configuration.
    pub name: String,
    /// Versions of scikit-learn and numpy.
    pub made_by: String,
    /// Training data.
    pub data: Recipe,
    /// Scored rows, if they are others than the first training rows.
    pub scored: Option<Recipe>,
    /// scikit-learn's `get_params()`.
    pub params: IsolationForestParams,
    /// scikit-learn's `max_samples_`.
    pub max_samples_: usize,
    /// scikit-learn's `offset_`.
    pub offset_: f64,
    /// Scores of the scored rows.
    pub score_samples: Vec<f64>,
    /// Predictions of the scored rows.
    pub predict: Vec<i8>,
    /// The trees, node by node.
    pub trees: Vec<Tree>,
}

impl Fixture {
    /// All fixtures, by name.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let mut paths: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
            .collect();
        paths.sort();
        paths
            .iter()
            .map(|path| {
                let file = GzDecoder::new(File::open(path).unwrap());
                serde_json::from_reader(file).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            })
            .collect()
    }

    /// Our forest of the same configuration. A warm start grows five trees first, as the script does.
    pub fn fit(&self) -> IsolationForest {
        let x = self.data.cook();
        let fitted = if self.params.warm_start {
            let first = self.params.n_estimators(5).fit(x.view());
            first.and_then(|forest| self.params.fit_warm(forest, x.view()))
        } else {
            self.params.fit(x.view())
        };
        fitted.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The rows to score.
    pub fn rows(&self) -> Array2<f64> {
        match &self.scored {
            Some(recipe) => recipe.cook(),
            // The stream runs row by row, so that the first rows need no more than a shorter recipe.
            None => Recipe { rows: self.data.rows.min(SCORED_ROWS), ..self.data.clone() }.cook(),
        }
    }
}

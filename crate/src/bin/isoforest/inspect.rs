//! `isoforest inspect`: what is in a model file, as text.

use std::{
    fmt::Display,
    fs,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use isoforest::{
    Contamination, Detector, Distribution, FORMAT, Guided, Hyperplane, IsolationForest, MaxFeatures, MaxSamples,
    ModelFile, TrainingProfile, Tree, data::Shortest,
};

use crate::{printable, progress::thousands};

/// Width of the column of names.
const NAMES: usize = 18;

/// Show what is in a model file: its parameters and the profile of its training data, or one tree.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isoforest inspect model.json
  isoforest inspect model.json --tree 0 | less")]
pub struct Inspect {
    /// Model file, as written by `isoforest train`.
    model: PathBuf,
    /// Show only this tree, counted from 0.
    #[arg(long, value_name = "N")]
    tree: Option<usize>,
}

impl Inspect {
    /// Writes to standard output.
    pub fn run(self) -> anyhow::Result<()> {
        let model = ModelFile::read(&self.model)
            .with_context(|| format!("cannot use the model file {}", self.model.display()))?;
        let mut output = BufWriter::new(io::stdout().lock());
        match self.tree {
            None => self.write_facts(&model, &mut output),
            Some(number) => {
                let trees = model.forest().trees();
                let tree = trees.get(number).with_context(|| {
                    let path = self.model.display();
                    format!(
                        "{path} has {} trees: expected a tree from 0 to {}, found {number}",
                        trees.len(),
                        trees.len() - 1
                    )
                })?;
                write_tree(number, tree, &model, &mut output)
            }
        }
        .and_then(|()| output.flush())
        .context("cannot write to standard output")
    }

    fn write_facts(&self, model: &ModelFile, output: &mut impl Write) -> io::Result<()> {
        let forest = model.forest();
        writeln!(output, "{}", self.model.display())?;
        line(output, "format", format_args!("{FORMAT}, version {}", model.format_version()))?;
        line(output, "made", printable(&format!("{} by isoforest {}", model.created_at(), model.library_version())))?;
        if let Ok(metadata) = fs::metadata(&self.model) {
            line(output, "size", format_args!("{} bytes", thousands(metadata.len())))?;
        }
        write_parameters(forest, output)?;
        write_forest(forest, output)?;
        write_profile(model.profile(), output)
    }
}

fn write_parameters(forest: &IsolationForest, output: &mut impl Write) -> io::Result<()> {
    let params = forest.params();
    writeln!(output, "\nparameters")?;
    line(output, "n_estimators", params.n_estimators)?;
    match params.max_samples {
        MaxSamples::Auto => line(output, "max_samples", "auto")?,
        MaxSamples::Count(count) => line(output, "max_samples", count)?,
        MaxSamples::Fraction(share) => line(output, "max_samples", format_args!("{share:?}"))?,
    }
    match params.contamination {
        Contamination::Auto => line(output, "contamination", "auto")?,
        Contamination::Fraction(share) => line(output, "contamination", format_args!("{share:?}"))?,
    }
    match params.max_features {
        MaxFeatures::Count(count) => line(output, "max_features", count)?,
        MaxFeatures::Fraction(share) => line(output, "max_features", format_args!("{share:?}"))?,
    }
    line(output, "bootstrap", params.bootstrap)?;
    line(output, "n_jobs", or_none(params.n_jobs))?;
    line(output, "random_state", or_none(params.random_state))?;
    line(output, "verbose", params.verbose)?;
    line(output, "warm_start", params.warm_start)?;
    match params.detector {
        Detector::Standard => Ok(()),
        Detector::Extended { extension_level } => {
            line(output, "detector", params.detector.name())?;
            line(output, "extension_level", or_none(extension_level))
        }
        Detector::Guided(Guided { pooled_gain, average_gain, column_weights, score }) => {
            line(output, "detector", params.detector.name())?;
            line(output, "pooled_gain", pooled_gain)?;
            line(output, "average_gain", average_gain)?;
            line(output, "column_weights", column_weights.name())?;
            line(output, "score", score.name())
        }
    }
}

fn write_forest(forest: &IsolationForest, output: &mut impl Write) -> io::Result<()> {
    let sum = |count: fn(&Tree) -> usize| thousands(forest.trees().iter().map(count).sum::<usize>() as u64);
    let depth = forest.trees().iter().map(Tree::max_depth).max().unwrap_or(0);
    writeln!(output, "\nforest")?;
    line(output, "features", printable(&format!("{}: {}", forest.n_features(), forest.feature_names().join(", "))))?;
    line(output, "trees", thousands(forest.trees().len() as u64))?;
    line(output, "nodes", format_args!("{}, {} of them leaves", sum(Tree::n_nodes), sum(Tree::n_leaves)))?;
    line(output, "depth", depth)?;
    line(output, "max_samples_", forest.max_samples())?;
    line(output, "offset_", Shortest(forest.offset()))
}

fn write_profile(profile: &TrainingProfile, output: &mut impl Write) -> io::Result<()> {
    writeln!(output, "\ntraining profile")?;
    if profile.scores.mean.is_none() {
        return writeln!(output, "  none: imported without --train, so nothing is known of the training data");
    }
    let share = 100.0 * profile.outliers as f64 / profile.rows as f64;
    line(output, "rows", thousands(profile.rows))?;
    line(output, "outliers", format_args!("{} ({share:.2} %)", thousands(profile.outliers)))?;
    for feature in &profile.features {
        writeln!(output, "\nfeature {:?}", feature.name)?;
        line(output, "missing", thousands(feature.missing))?;
        write_distribution(&feature.distribution, output)?;
    }
    writeln!(output, "\nscore_samples of the training rows")?;
    write_distribution(&profile.scores, output)
}

fn write_distribution(distribution: &Distribution, output: &mut impl Write) -> io::Result<()> {
    let facts =
        [("min", distribution.min), ("mean", distribution.mean), ("max", distribution.max), ("std", distribution.std)];
    for (name, value) in facts {
        match value {
            Some(value) => line(output, name, Shortest(value))?,
            None => line(output, name, "none")?,
        }
    }
    let mut name = "bins";
    let edges = distribution.edges.iter().map(Some).chain([None]);
    for (edge, share) in edges.zip(&distribution.shares) {
        let percent = 100.0 * share;
        match edge {
            Some(&edge) => line(output, name, format_args!("{percent:6.2} %  up to {}", Shortest(edge)))?,
            None => line(output, name, format_args!("{percent:6.2} %  above"))?,
        }
        name = "";
    }
    Ok(())
}

/// Writes a tree in the form of scikit-learn's `export_text`.
fn write_tree(number: usize, tree: &Tree, model: &ModelFile, output: &mut impl Write) -> io::Result<()> {
    writeln!(
        output,
        "tree {number}: {} nodes, {} of them leaves, depth {}, grown from {} rows",
        tree.n_nodes(),
        tree.n_leaves(),
        tree.max_depth(),
        tree.n_samples.first().copied().unwrap_or_default(),
    )?;
    let path_lengths = tree.path_lengths();
    let what = if tree.leaf_value.is_empty() { "path length" } else { "value" };
    // A stack of our own: each entry is a node, its depth, and the condition that leads to it.
    let mut open = vec![(0, 0, String::new())];
    while let Some((node, depth, condition)) = open.pop() {
        if !condition.is_empty() {
            writeln!(output, "{}|--- {condition}", "|   ".repeat(depth - 1))?;
        }
        if let (Some((left, right)), Some((yes, no))) = (tree.children(node), conditions(tree, node, model)) {
            open.push((right, depth + 1, no));
            open.push((left, depth + 1, yes));
        } else {
            let rows = tree.n_samples.get(node).copied().unwrap_or_default();
            let length = path_lengths.get(node).copied().unwrap_or_default();
            let unit = if rows == 1 { "row" } else { "rows" };
            writeln!(output, "{}|--- leaf: {rows} {unit}, {what} {length:.4}", "|   ".repeat(depth))?;
        }
    }
    Ok(())
}

/// The conditions of a node's left and right child.
fn conditions(tree: &Tree, node: usize, model: &ModelFile) -> Option<(String, String)> {
    let feature = usize::try_from(*tree.feature.get(node)?).ok()?;
    let name = printable(model.forest().feature_names().get(feature)?);
    let threshold = Shortest(*tree.threshold.get(node)?);
    if let Some(plane) = tree.hyperplane(node) {
        return Some(sides(plane, threshold, model));
    }
    // Every node has a side for missing values; it is worth a word only where there were some.
    let was_missing = model.profile().features.get(feature).is_some_and(|feature| feature.missing > 0);
    let missing_left = *tree.missing_left.get(node)?;
    let or_missing = |here: bool| if was_missing && here { " or missing" } else { "" };
    Some((
        format!("{name} <= {threshold}{}", or_missing(missing_left)),
        format!("{name} > {threshold}{}", or_missing(!missing_left)),
    ))
}

/// The conditions of both children of a cut with a hyperplane: `0.31 * mean - 0.19 * sd <= 0.05`.
fn sides(plane: Hyperplane<'_>, threshold: Shortest, model: &ModelFile) -> (String, String) {
    let names = model.forest().feature_names();
    let sum = plane.formula(|feature| names.get(feature as usize).map_or_else(String::new, |name| printable(name)));
    (format!("{sum} <= {threshold}"), format!("{sum} > {threshold}"))
}

fn line(output: &mut impl Write, name: &str, value: impl Display) -> io::Result<()> {
    writeln!(output, "  {name:NAMES$}{value}")
}

fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

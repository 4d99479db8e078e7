//! Scoring: the three columns of `isoforest score`, and the operator that writes them.

use std::{path::Path, sync::Arc};

use datafusion::{
    common::{Column, Result},
    datasource::physical_plan::FileGroup,
    execution::SessionState,
    logical_expr::{Expr, ScalarUDF, lit, when},
    physical_plan::ExecutionPlan,
};

use super::{project, scan};
use crate::{functions::Score, input::Input, model::Model, parts::WriteScoresExec};

/// `score_samples`, in [-1, 0), the lower the more anomalous.
pub const SCORE: &str = "score_samples";
/// `decision_function`: the score less the model's offset.
pub const DECISION: &str = "decision_function";
/// `predict`: -1 for an outlier, 1 for an inlier.
pub const PREDICT: &str = "predict";

/// The kept columns and the score.
///
/// # Errors
///
/// Those of planning.
pub fn score(
    state: &SessionState,
    input: &Input,
    model: &Arc<Model>,
    groups: Vec<FileGroup>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let rows = scan(input, groups, false)?;
    let function = ScalarUDF::from(Score::new(Arc::clone(model)));
    let features = input.features.iter().map(|name| column(name)).collect();
    let mut columns: Vec<(String, Expr)> = input.keep.iter().map(|name| (name.clone(), column(name))).collect();
    columns.push((SCORE.to_owned(), function.call(features)));
    project(state, rows, columns)
}

/// Writes the kept columns and the three of `isoforest score` into a folder, a file for each partition.
///
/// # Errors
///
/// Those of planning.
pub fn write_scores(
    state: &SessionState,
    input: &Input,
    model: &Arc<Model>,
    groups: Vec<FileGroup>,
    folder: &Path,
) -> Result<Arc<dyn ExecutionPlan>> {
    let scores = score(state, input, model, groups)?;
    let decision = column(SCORE) - lit(model.forest().offset());
    let mut columns: Vec<(String, Expr)> = input.keep.iter().map(|name| (name.clone(), column(name))).collect();
    columns.push((SCORE.to_owned(), column(SCORE)));
    columns.push((DECISION.to_owned(), decision.clone()));
    columns.push((PREDICT.to_owned(), when(decision.lt(lit(0.0)), lit(-1i8)).otherwise(lit(1i8))?));
    let columns = project(state, scores, columns)?;
    Ok(Arc::new(WriteScoresExec::new(columns, folder.to_owned(), model.sha256().to_owned())))
}

fn column(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

//! Plans: what an engine is asked to do.

/// The files of a partition, for messages.
mod files;
/// Reading CSV files.
mod read_csv;
/// Reading an input.
mod scan;
/// Scoring and writing.
mod score;

use std::sync::Arc;

use datafusion::{
    common::{DFSchema, Result},
    execution::SessionState,
    logical_expr::Expr,
    physical_plan::{
        ExecutionPlan,
        projection::{ProjectionExec, ProjectionExpr},
    },
};

pub use self::{
    files::{Files, may_pass},
    read_csv::{CsvColumn, ReadCsvExec},
    scan::{BATCH_ROWS, VALUE, scan, value_of, values},
    score::{DECISION, PREDICT, SCORE, score, write_scores},
};

/// A projection to expressions under new names.
fn project(
    state: &SessionState,
    input: Arc<dyn ExecutionPlan>,
    columns: Vec<(String, Expr)>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = DFSchema::try_from(input.schema().as_ref().clone())?;
    let columns: Vec<ProjectionExpr> = columns
        .into_iter()
        .map(|(alias, expr)| Ok(ProjectionExpr { expr: state.create_physical_expr(expr, &schema)?, alias }))
        .collect::<Result<_>>()?;
    Ok(Arc::new(ProjectionExec::try_new(columns, input)?))
}

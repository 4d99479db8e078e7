//! `isoforest-cluster score` on one machine.

#[path = "../common/mod.rs"]
mod common;

/// CSV: the rules of `isoforest`, wherever the file is cut.
mod csv;
/// Which files an input means.
mod inputs;
/// The folder of the output: there when it is complete, and otherwise not.
mod output;
/// Parquet: bit for bit, of all types of numbers.
mod parquet;
/// What is refused or warned of before anything runs.
mod refusals;

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::physical_plan::ExecutionPlan;
use isoforest_cluster::input::{Input, Keep, Wanted, group, partitions};
use isoforest_cluster::model::Model;
use isoforest_cluster::{engine, plan};

fn score(model: &Path, input: &str, output: &Path, more: &[&str]) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["score", "--model", model.to_str().unwrap(), "--input", input].map(str::to_owned).to_vec();
    arguments.extend(["--output".to_owned(), output.to_str().unwrap().to_owned()]);
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

/// A plan that scores a file into a folder, so that something can happen before it runs.
async fn planned(path: &Path, model: &Path, folder: &Path) -> Arc<dyn ExecutionPlan> {
    let model = Arc::new(Model::read(model, None).unwrap());
    let context = engine::session(2, Some(&model));
    let wanted = Wanted { features: Some(model.forest().feature_names()), keep: &Keep::Nothing };
    let input = Input::open(&context, &[path.to_str().unwrap().to_owned()], &wanted).await.unwrap();
    let groups = partitions(&input.pieces, 2).into_iter().zip(0..).map(|(pieces, part)| group(pieces, part)).collect();
    plan::write_scores(&context.state(), &input, &model, groups, folder).unwrap()
}

async fn run_plan(plan: &Arc<dyn ExecutionPlan>) -> datafusion::common::Result<Vec<RecordBatch>> {
    let context = engine::session(2, None);
    datafusion::physical_plan::collect(Arc::clone(plan), context.task_ctx()).await
}

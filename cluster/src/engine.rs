//! DataFusion in this process: a session, and the running of a plan's partitions, a few at a time.

use std::{future::Future, sync::Arc};

use datafusion::{
    common::{Result, exec_datafusion_err},
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    logical_expr::ScalarUDF,
    physical_plan::ExecutionPlan,
    prelude::{SessionConfig, SessionContext},
};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{functions::Score, input::Input, model::Model, plan};

/// A session whose plans keep partitions apart, with the functions of a model if there is one.
pub fn session(threads: usize, model: Option<&Arc<Model>>) -> SessionContext {
    let context = SessionContext::new_with_config(configuration(SessionConfig::new(), threads));
    register(&context, model);
    context
}

/// The settings that plans here rely on.
pub fn configuration(config: SessionConfig, threads: usize) -> SessionConfig {
    let mut config = config.with_target_partitions(threads.max(1)).with_batch_size(plan::BATCH_ROWS);
    config.options_mut().execution.enable_file_stream_work_stealing = false;
    config
}

/// Makes the functions known.
pub fn register(context: &SessionContext, model: Option<&Arc<Model>>) {
    if let Some(model) = model {
        context.register_udf(ScalarUDF::from(Score::new(Arc::clone(model))));
    }
}

/// Runs every partition of a plan, at most `threads` at a time, and gives what `work` makes of each, in their order.
///
/// # Errors
///
/// The first error of a partition, which ends the others.
pub async fn for_each_partition<T, F>(
    context: &SessionContext,
    plan: &Arc<dyn ExecutionPlan>,
    threads: usize,
    work: impl Fn(usize, SendableRecordBatchStream) -> F,
) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let turns = Arc::new(Semaphore::new(threads.max(1)));
    let mut tasks = JoinSet::new();
    for partition in 0..plan.properties().partitioning.partition_count() {
        let turns = Arc::clone(&turns);
        let (plan, context) = (Arc::clone(plan), context.task_ctx());
        let begin = move || plan.execute(partition, context);
        // A stream that is not polled yet has opened nothing.
        let work = begin().map(|rows| work(partition, rows))?;
        tasks.spawn(async move {
            let _turn = turns.acquire_owned().await.map_err(|error| exec_datafusion_err!("{error}"))?;
            work.await.map(|result| (partition, result))
        });
    }
    let mut results = Vec::with_capacity(tasks.len());
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(result) => results.push(result?),
            Err(panic) => return Err(exec_datafusion_err!("a task ended early: {panic}")),
        }
    }
    results.sort_by_key(|(partition, _)| *partition);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// The error in one line, without the engine's wrappings; with the files that it can only have come from.
pub fn explain(error: &DataFusionError, input: &Input) -> String {
    let what = message(error);
    match input.files.as_slice() {
        [file] if !what.contains(&file.path()) => format!("{}: {what}", file.path()),
        _ => what,
    }
}

/// What an error says, without the engine's wrappings.
pub fn message(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::Execution(text) | DataFusionError::Plan(text) | DataFusionError::Configuration(text) => {
            text.clone()
        }
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => message(inner),
        DataFusionError::Shared(inner) => message(inner),
        DataFusionError::Collection(inner) => inner.first().map(message).unwrap_or_default(),
        DataFusionError::External(inner) => inner.to_string(),
        other => other.strip_backtrace(),
    }
}

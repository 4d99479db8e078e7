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
use tokio::task::JoinSet;

use crate::{functions::Score, model::Model, plan};

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

/// Runs every partition of a plan, at most `threads` at a time, and adds what `work` makes of each to `state`. They end in any order: what
/// `add` makes of them must not depend on it. Few more than `threads` of them are kept at a time, however many partitions there are.
///
/// # Errors
///
/// The first error of a partition, which ends the others.
pub async fn fold_partitions<S, T, F>(
    context: &SessionContext,
    plan: &Arc<dyn ExecutionPlan>,
    threads: usize,
    work: impl Fn(usize, SendableRecordBatchStream) -> F,
    mut state: S,
    add: impl Fn(&mut S, T),
) -> Result<S>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut partitions = 0..plan.properties().partitioning.partition_count();
    let mut tasks = JoinSet::new();
    let mut ended: Option<T> = None;
    loop {
        while tasks.len() < threads.max(1)
            && let Some(partition) = partitions.next()
        {
            tasks.spawn(work(partition, plan.execute(partition, context.task_ctx())?));
        }
        // While the next ones run.
        if let Some(result) = ended.take() {
            add(&mut state, result);
        }
        ended = match tasks.join_next().await {
            None => return Ok(state),
            Some(Ok(result)) => Some(result?),
            Some(Err(panic)) => return Err(exec_datafusion_err!("a task ended early: {panic}")),
        };
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
        DataFusionError::IoError(error) => error.to_string(),
        other => other.strip_backtrace(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use datafusion::{
        arrow::{
            array::RecordBatch,
            datatypes::{DataType, Field, Schema},
        },
        datasource::memory::MemorySourceConfig,
    };

    use super::*;

    static ALIVE: AtomicUsize = AtomicUsize::new(0);

    struct Held(usize);

    impl Held {
        fn new(partition: usize) -> Self {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            Self(partition)
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn all_partitions_count_once_and_few_results_are_kept_at_a_time() {
        let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int8, true)]));
        let partitions = vec![vec![RecordBatch::new_empty(Arc::clone(&schema))]; 200];
        let plan: Arc<dyn ExecutionPlan> = MemorySourceConfig::try_new_exec(&partitions, schema, None).unwrap();
        let context = session(3, None);
        let work = |partition: usize, _: SendableRecordBatchStream| async move { Ok(Held::new(partition)) };
        let (sum, most) = fold_partitions(&context, &plan, 3, work, (0, 0), |(sum, most), held: Held| {
            *sum += held.0;
            *most = ALIVE.load(Ordering::SeqCst).max(*most);
        })
        .await
        .unwrap();
        assert_eq!(sum, 199 * 200 / 2);
        assert!(most <= 4, "{most}");
        let failing = |partition: usize, _: SendableRecordBatchStream| async move {
            if partition == 150 { Err(exec_datafusion_err!("no")) } else { Ok(()) }
        };
        assert!(fold_partitions(&context, &plan, 3, failing, (), |(), ()| {}).await.is_err());
    }
}

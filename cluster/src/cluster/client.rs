//! The side that has the work done.

use std::sync::Arc;

use ballista_core::{
    client::BallistaClient, config::BallistaConfig, error::BallistaError, extension::SessionConfigExt,
    serde::protobuf::PartitionLocation, utils::GrpcClientConfig,
};
use datafusion::{
    common::{Result, exec_datafusion_err, exec_err},
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    physical_plan::{ExecutionPlan, stream::RecordBatchStreamAdapter},
    prelude::{SessionConfig, SessionContext},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{codec::Codec, configuration, job::Job, state};
use crate::{engine, model::Model};

/// A job that did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Nobody answers.
    #[error("no scheduler answers at {scheduler}: {reason}; is it running, and can it be reached from here?")]
    Unreachable {
        /// Its address.
        scheduler: String,
        /// Why.
        reason: String,
    },
    /// The scheduler ended, or the way to it.
    #[error(
        "lost the scheduler at {scheduler}: {reason}; the job has no result, run it again when the scheduler is back"
    )]
    Lost {
        /// Its address.
        scheduler: String,
        /// Why.
        reason: String,
    },
    /// The job failed.
    #[error("{0}")]
    Failed(String),
}

/// A scheduler and its executors.
#[derive(Debug, Clone)]
pub struct Cluster {
    host: String,
    port: u16,
    model: Option<Arc<Model>>,
}

impl Cluster {
    /// The cluster of a scheduler; its processes must have the same model.
    pub fn new(host: String, port: u16, model: Option<Arc<Model>>) -> Self {
        Self { host, port, model }
    }

    /// The scheduler's address.
    pub fn address(&self) -> String {
        format!("df://{}:{}", self.host, self.port)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// A session that plans for the cluster: here, where the files have been looked at. A scheduler that does not see them would take
    /// them for no rows.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn session(&self, partitions: usize) -> Result<SessionContext> {
        Ok(SessionContext::new_with_state(state(configuration(partitions), self.model.as_ref())?))
    }

    /// Runs a plan that leaves its result in files, to its end. Nothing of it comes back here, so that an executor may be lost
    /// once its parts are written. `glance` is called now and then and says whether all files are there: if they stay there, the job
    /// is done, also if the network swallowed the message that says so. A job that is not waited for any more is cancelled.
    ///
    /// # Errors
    ///
    /// See [`ClusterError`].
    pub async fn run(&self, plan: &Arc<dyn ExecutionPlan>, glance: impl Fn() -> bool) -> Result<(), ClusterError> {
        self.reach().await?;
        let job = Job::submit(self, plan).await.map_err(|error| self.explain(&error))?;
        self.end(job, glance).await.map(drop).map_err(|error| self.explain(&error))
    }

    /// Runs a plan to its end and gives its rows, in one stream, as they come from the executors. A job that is not waited for any
    /// more is cancelled.
    ///
    /// # Errors
    ///
    /// Those of the engine; [`explain`](Self::explain) says what they mean.
    pub async fn submit(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<SendableRecordBatchStream> {
        let job = Job::submit(self, plan).await?;
        let places = self.end(job, || false).await?;
        let settings = self.job_configuration(plan).ballista_config();
        let rows = stream::iter(places).then(move |place| rows_at(place, settings.clone())).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(plan.schema(), rows)))
    }

    async fn end(&self, job: Job, glance: impl Fn() -> bool) -> Result<Vec<PartitionLocation>> {
        let ended = job.wait(glance).await;
        let is_lost = |error| matches!(self.explain(error), ClusterError::Lost { .. });
        if !ended.as_ref().is_err_and(is_lost) {
            job.forget();
        }
        ended
    }

    /// How plans are written for the cluster's processes.
    pub(super) fn codec(&self) -> Arc<Codec> {
        Arc::new(Codec::new(self.model.clone()))
    }

    /// The settings of a job.
    pub(super) fn job_configuration(&self, plan: &Arc<dyn ExecutionPlan>) -> SessionConfig {
        let partitions = plan.properties().partitioning.partition_count();
        configuration(partitions).with_ballista_physical_extension_codec(self.codec())
    }

    /// Asks whether anybody is there, which the submission of a job would say less clearly.
    ///
    /// # Errors
    ///
    /// Nobody is.
    pub async fn reach(&self) -> Result<(), ClusterError> {
        let reason = match tokio::time::timeout(
            std::time::Duration::from_secs(10),
            tokio::net::TcpStream::connect((self.host.as_str(), self.port)),
        )
        .await
        {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer within 10 s".to_owned(),
        };
        Err(ClusterError::Unreachable { scheduler: self.address(), reason })
    }

    /// What an error of a job on the cluster means.
    pub fn explain(&self, error: &DataFusionError) -> ClusterError {
        let message = engine::message(error);
        match message.split_once(" failed: ") {
            Some((job, reason)) if job.starts_with("Job ") => ClusterError::Failed(innermost(reason)),
            // Refused before anything ran.
            _ if message.contains("Could not parse plan") => ClusterError::Failed(innermost(&message)),
            _ if message.contains("message length too large") => ClusterError::Failed(
                "the plan is too large to be sent: it names too many files or parts; score fewer files at a time, or use a smaller \
                 --partitions"
                    .to_owned(),
            ),
            // Whatever else is not the job's own failure is about the connection.
            _ => ClusterError::Lost { scheduler: self.address(), reason: innermost(&message) },
        }
    }
}

/// The rows of a part of a result, from the executor that has them.
async fn rows_at(place: PartitionLocation, settings: BallistaConfig) -> Result<SendableRecordBatchStream> {
    let layout = place.layout();
    let (Some(executor), Some(partition)) = (place.executor_meta, place.partition_id) else {
        return exec_err!("the scheduler does not say where a part of the result is");
    };
    let calls = GrpcClientConfig::from(&settings);
    let limit = settings.grpc_client_max_message_size();
    let port = u16::try_from(executor.port).unwrap_or_default();
    let fetched = async {
        BallistaClient::try_new(
            &executor.host,
            port,
            limit,
            false,
            None,
            calls.io_retries_times,
            calls.io_retry_wait_time_ms,
            0,
            0,
        )
        .await?
        .fetch_partition(&executor.id, &partition.into(), place.file_id, layout, true)
        .await
    };
    let fetched: Result<_, BallistaError> = fetched.await;
    fetched.map_err(|error| {
        let place = format!("the executor at {}:{port}", executor.host);
        exec_datafusion_err!("Job of this client failed: a part of the result cannot be fetched from {place}: {error}")
    })
}

/// A name for a session that no other has.
pub(super) fn new_session() -> String {
    format!("isoforest-{:016x}", rand::random::<u64>())
}

/// What an error says that comes as text from another process, wrapped into the names of types.
fn innermost(text: &str) -> String {
    let wrappings = ["Execution(\"", "Plan(\"", "Internal(\"", "General(\"", "message: \"", "error: \"", "reason: \""];
    let inner = wrappings
        .iter()
        .filter_map(|wrapping| text.rfind(wrapping).map(|at| &text[at + wrapping.len()..]))
        .min_by_key(|inner| inner.len());
    // Wrapped several times, it is escaped as often.
    inner.map_or_else(|| text.trim().to_owned(), |inner| innermost(&unescaped(inner)))
}

/// The text before the quotation mark that ends it, without the marks of escape.
fn unescaped(quoted: &str) -> String {
    let mut text = String::new();
    let mut rest = quoted.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => break,
            '\\' => match rest.next() {
                Some('n' | 'r' | 't') => text.push(' '),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use ballista_core::{error::BallistaError, serde::protobuf::FailedTask};
    use datafusion::error::DataFusionError;

    use super::innermost;

    #[test]
    fn an_error_of_another_process_is_said_as_it_was_said_there() {
        let said = "users.csv, line 3, column 2 (\"sd\"): expected a number, found \"a\\\"b\"";
        let once = format!("DataFusionError(Execution({said:?}))");
        assert_eq!(innermost(&format!("Task failed due to runtime execution error: {once}\n")), said);
        assert_eq!(innermost(&format!("General({once:?})")), said);
        let storage = std::io::Error::other("disk is full (\"/out\")");
        assert_eq!(innermost(&format!("Task failed due to IO error: IoError({storage:?})")), "disk is full (\"/out\")");
        assert_eq!(innermost("as it is\n"), "as it is");
    }

    #[test]
    fn the_last_error_of_a_task_that_was_tried_again_is_said() {
        let said = "cannot write /out/\"part\": No space left on device (os error 28)";
        let error = DataFusionError::IoError(io::Error::new(io::ErrorKind::StorageFull, said));
        let task = FailedTask::from(BallistaError::from(error));
        assert!(task.retryable && task.count_to_failures);
        let text =
            format!("Task 0 in Stage 1 failed 8 times, fail the stage, most recent failure reason: {:?}\n", task.error);
        assert_eq!(innermost(&text), said);
    }
}

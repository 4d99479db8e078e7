//! A job on the scheduler: submitted, asked after, and cancelled when nobody waits for it any more.

use std::{sync::Arc, thread, time::Duration};

use ballista_core::{
    error::BallistaError,
    extension::SessionConfigExt,
    serde::protobuf::{
        CancelJobParams, ExecuteQueryParams, GetJobStatusParams, KeyValuePair, PartitionLocation,
        execute_query_failure_result::Failure, execute_query_params::Query, execute_query_result,
        job_status::Status as JobStatus, scheduler_grpc_client::SchedulerGrpcClient,
    },
    utils::{GrpcClientConfig, create_grpc_client_endpoint},
    version::insert_version_header,
};
use datafusion::{
    common::{Result, exec_datafusion_err, exec_err},
    physical_plan::ExecutionPlan,
};
use datafusion_proto::{physical_plan::AsExecutionPlan, protobuf::PhysicalPlanNode};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Request, Status, transport::Channel};

use super::client::{Cluster, new_session};

/// Time between two questions after the job.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Longest wait for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long the scheduler may not answer, or not know the job, before it counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(15);
/// How long all files must have been there before the job counts as done without the scheduler's saying so.
const SETTLED: Duration = Duration::from_secs(10);
/// Longest wait for the scheduler to take note of a cancellation.
const CANCEL_WITHIN: Duration = Duration::from_secs(2);

/// A job that was handed to a scheduler.
pub(super) struct Job {
    id: String,
    scheduler: SchedulerGrpcClient<Channel>,
    url: String,
    is_over: bool,
}

impl Job {
    /// Hands a plan to the scheduler.
    pub(super) async fn submit(cluster: &Cluster, plan: &Arc<dyn ExecutionPlan>) -> Result<Self> {
        let config = cluster.job_configuration(plan);
        let mut bytes = Vec::new();
        PhysicalPlanNode::try_from_physical_plan(Arc::clone(plan), cluster.codec().as_ref())?.try_encode(&mut bytes)?;
        let entries = config.options().entries().into_iter();
        let query = ExecuteQueryParams {
            session_id: new_session(),
            settings: entries.map(|entry| KeyValuePair { key: entry.key, value: entry.value }).collect(),
            operation_id: new_session(),
            query: Some(Query::PhysicalPlan(bytes)),
        };
        let settings = config.ballista_config();
        let limit = settings.grpc_client_max_message_size();
        let mut scheduler = connect(&cluster.url(), &GrpcClientConfig::from(&settings))
            .await
            .map_err(|error| exec_datafusion_err!("{error:?}"))?
            .max_encoding_message_size(limit)
            .max_decoding_message_size(limit);
        let mut request = Request::new(query);
        insert_version_header(request.metadata_mut());
        let answer = scheduler.execute_query(request).await.map_err(|status| exec_datafusion_err!("{status:?}"))?;
        match answer.into_inner().result {
            Some(execute_query_result::Result::Success(job)) => {
                Ok(Self { id: job.job_id, scheduler, url: cluster.url(), is_over: false })
            }
            Some(execute_query_result::Result::Failure(refused)) => match refused.failure {
                Some(
                    Failure::PlanParsingFailure(why) | Failure::SqlParsingFailure(why) | Failure::SessionNotFound(why),
                ) => {
                    let why = why.rsplit("Execution error: ").next().unwrap_or_default();
                    exec_err!("Job of this client failed: {why}")
                }
                None => exec_err!("Job of this client failed: the scheduler does not take it and does not say why"),
            },
            None => exec_err!("the scheduler answers the job with nothing"),
        }
    }

    /// Waits for the end, and tells where the rows are that the job left with executors; see [`Cluster::run`].
    pub(super) async fn wait(&self, glance: impl Fn() -> bool) -> Result<Vec<PartitionLocation>> {
        let mut scheduler = self.scheduler.clone();
        let (mut answered, mut complete_since) = (Instant::now(), None);
        loop {
            let question = GetJobStatusParams { job_id: self.id.clone() };
            // One that hangs is no answer, and the next one may get one.
            let asked = timeout(ANSWER_WITHIN, scheduler.get_job_status(question)).await;
            let answer = asked.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")));
            let is_complete = glance();
            let now = Instant::now();
            let status = answer.map(|answer| answer.into_inner().status.and_then(|job| job.status));
            let trouble = match status {
                Ok(Some(JobStatus::Successful(job))) => return Ok(job.partition_location),
                // What others still had to say of it does not matter.
                Ok(Some(JobStatus::Failed(_))) if is_complete => return Ok(Vec::new()),
                Ok(Some(JobStatus::Failed(failed))) => return exec_err!("Job {} failed: {}", self.id, failed.error),
                Ok(Some(JobStatus::Queued(_) | JobStatus::Running(_))) => {
                    answered = now;
                    None
                }
                Ok(None) => Some("it does not know the job; was it started anew?".to_owned()),
                Err(status) => Some(format!("{status:?}")),
            };
            if let Some(trouble) = trouble.filter(|_| now - answered >= LOST_AFTER && !is_complete) {
                return exec_err!("{trouble}");
            }
            complete_since = is_complete.then(|| complete_since.unwrap_or(now));
            if complete_since.is_some_and(|since| now - since >= SETTLED) {
                cancel(&mut scheduler, &self.id).await;
                return Ok(Vec::new());
            }
            sleep(ASK_EVERY).await;
        }
    }

    /// Leaves the job to itself.
    pub(super) fn forget(mut self) {
        self.is_over = true;
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // Whoever waited was interrupted, and the program is about to end.
        let (url, id) = (self.url.clone(), self.id.clone());
        let cancelling = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let cancelling = async {
                if let Ok(mut scheduler) = connect(&url, &GrpcClientConfig::default()).await {
                    cancel(&mut scheduler, &id).await;
                }
            };
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(async { timeout(CANCEL_WITHIN, cancelling).await });
                // The look-up of a name may take longer.
                runtime.shutdown_background();
            }
        });
        let _ = cancelling.join();
    }
}

/// A connection to a scheduler.
///
/// # Errors
///
/// Nobody answers there.
pub(super) async fn connect(
    url: &str,
    settings: &GrpcClientConfig,
) -> Result<SchedulerGrpcClient<Channel>, BallistaError> {
    let endpoint = create_grpc_client_endpoint(url.to_owned(), Some(settings))?;
    Ok(SchedulerGrpcClient::new(endpoint.connect().await?))
}

/// A job that cannot be cancelled runs to its end, which harms nobody.
async fn cancel(scheduler: &mut SchedulerGrpcClient<Channel>, id: &str) {
    if let Err(status) = scheduler.cancel_job(CancelJobParams { job_id: id.to_owned() }).await {
        log::warn!("cannot cancel the job {id}: {status}");
    }
}

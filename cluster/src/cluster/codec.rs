//! How the operators and the functions of this program travel in a plan.
//!
//! A function travels by its name alone, unless a codec says more: here the whole hash of its model goes along, so that a process
//! with another model says so instead of not knowing the function, let alone scoring with the wrong one.

use std::{path::PathBuf, sync::Arc};

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::{
    common::{DataFusionError, Result, exec_err, internal_err},
    execution::TaskContext,
    logical_expr::ScalarUDF,
    physical_plan::ExecutionPlan,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};

use crate::{
    functions::Score,
    model::Model,
    parts::WriteScoresExec,
    plan::{CsvColumn, ReadCsvExec},
};

/// What the bytes of an operator of ours begin with; no message of Ballista's does.
const MARK: &[u8] = b"isoforest\0";

/// Ballista's codec, and ours where a node or a function is ours.
#[derive(Debug)]
pub(super) struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
    model: Option<Arc<Model>>,
}

/// Our operators in a message.
#[derive(Serialize, Deserialize)]
enum Operator {
    WriteScores { folder: PathBuf, model_sha256: String },
    ReadCsv { columns: Vec<CsvColumn>, with_value: bool },
}

impl Codec {
    /// The codec of a process with a model.
    pub(super) fn new(model: Option<Arc<Model>>) -> Self {
        Self { ballista: BallistaPhysicalExtensionCodec::default(), model }
    }

    /// This process's model, if it is the one with a hash.
    fn model(&self, sha256: &str) -> Result<&Arc<Model>> {
        match &self.model {
            Some(model) if model.sha256() == sha256 => Ok(model),
            Some(other) => exec_err!(
                "stale model: this job scores with the model {sha256}, but {} has the model {}; give all of them the same file and start them again",
                process(),
                other.sha256()
            ),
            None => exec_err!("stale model: this job scores with the model {sha256}, but {} has none", process()),
        }
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(message) = buf.strip_prefix(MARK) else {
            return self.ballista.try_decode(buf, inputs, ctx, converter);
        };
        let operator: Operator =
            serde_json::from_slice(message).map_err(|error| DataFusionError::External(error.into()))?;
        let [input] = inputs else {
            return internal_err!("operators here have one input, found {}", inputs.len());
        };
        let input = Arc::clone(input);
        Ok(match operator {
            Operator::WriteScores { folder, model_sha256 } => {
                self.model(&model_sha256)?;
                Arc::new(WriteScoresExec::new(input, folder, model_sha256))
            }
            Operator::ReadCsv { columns, with_value } => Arc::new(ReadCsvExec::new(input, columns, with_value)),
        })
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let operator = if let Some(write) = node.downcast_ref::<WriteScoresExec>() {
            Operator::WriteScores { folder: write.folder().clone(), model_sha256: write.model_sha256().to_owned() }
        } else if let Some(read) = node.downcast_ref::<ReadCsvExec>() {
            Operator::ReadCsv { columns: read.columns().to_vec(), with_value: read.with_value() }
        } else {
            return self.ballista.try_encode(node, buf, converter);
        };
        buf.extend_from_slice(MARK);
        serde_json::to_writer(buf, &operator).map_err(|error| DataFusionError::External(error.into()))
    }

    fn try_encode_udf(&self, function: &ScalarUDF, buf: &mut Vec<u8>) -> Result<()> {
        if let Some(score) = function.inner().downcast_ref::<Score>() {
            buf.extend_from_slice(score.model().sha256().as_bytes());
        }
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, buf: &[u8]) -> Result<Arc<ScalarUDF>> {
        if buf.is_empty() {
            return exec_err!("there is no function {name:?} in {}", process());
        }
        let model = self.model(&String::from_utf8_lossy(buf))?;
        Ok(Arc::new(ScalarUDF::from(Score::new(Arc::clone(model)))))
    }
}

/// How messages call this process.
fn process() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("the process {} on host {:?}", std::process::id(), host.trim())
}

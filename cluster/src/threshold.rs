//! The threshold of a contamination: the exact percentile of the scores of all rows, in a second pass.

use std::sync::Arc;

use datafusion::{
    arrow::{array::AsArray, datatypes::Float64Type},
    common::{Result, exec_err},
    execution::SendableRecordBatchStream,
    prelude::SessionContext,
};
use futures::StreamExt;
use isoforest::{IsolationForest, OffsetSearch, ndarray::ArrayView1};

use crate::{
    engine,
    input::{Input, group, partitions},
    model::Model,
    plan::{self, Files},
    progress::{Progress, thousands},
    sample::Sample,
};

/// The forest with the offset that a fit on all rows would set; the forest as it is, if its contamination is "auto".
///
/// # Errors
///
/// A file that cannot be read a second time, or is another one by now.
pub async fn exact(
    context: &SessionContext,
    input: &Input,
    forest: IsolationForest,
    sample: &Sample,
    threads: usize,
    n_partitions: usize,
    progress: &Progress,
) -> Result<IsolationForest> {
    let scores = match forest.score_samples(sample.rows.view()) {
        Ok(scores) => scores,
        Err(error) => return exec_err!("{error}"),
    };
    let Some(mut search) = OffsetSearch::new(&forest, scores.view()) else {
        return Ok(forest);
    };
    // Never written nor sent anywhere: any name will do.
    let model = Arc::new(Model::new(forest.clone(), "0".repeat(64)));
    loop {
        let groups =
            partitions(&input.pieces, n_partitions).into_iter().zip(0..).map(|(pieces, part)| group(pieces, part));
        let plan = plan::score(&context.state(), input, &model, groups.collect())?;
        let bounds = search.clone();
        let work = |partition: usize, mut rows: SendableRecordBatchStream| {
            let (mut part, progress) = (bounds.clone(), progress.clone());
            let files = Files::of(&plan, partition);
            async move {
                let files = files?;
                while let Some(batch) = rows.next().await {
                    let batch = batch.map_err(|error| files.name(&error))?;
                    let Some(scores) =
                        batch.columns().last().and_then(|scores| scores.as_primitive_opt::<Float64Type>())
                    else {
                        return exec_err!("the scores are missing");
                    };
                    part.add(ArrayView1::from(scores.values().as_ref()));
                    progress.add(scores.len() as u64);
                }
                Ok(part)
            }
        };
        search = engine::fold_partitions(context, &plan, threads, work, search, OffsetSearch::merge).await?;
        if search.n_rows() != sample.n_rows {
            return exec_err!(
                "expected the {} rows of the first reading, found {}; files must not change while they are read",
                thousands(sample.n_rows),
                thousands(search.n_rows())
            );
        }
        match search.finish() {
            Ok(offset) => return Ok(forest.with_offset(offset)),
            Err(again) => search = again,
        }
        progress.again();
    }
}

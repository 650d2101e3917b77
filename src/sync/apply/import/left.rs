//! An import that another run has left at WeCom, because it was cancelled or stopped: nothing is written before its end,
//! or its old rows would come over what is written meanwhile.

use super::job::{PATIENCE_MS, PAUSE_MAX_MS, PAUSE_MS, USELESS_MAX};
use crate::model::{Corp, RunId};
use crate::store;
use crate::sync::apply::execute::is_hopeless;
use crate::sync::apply::permit::Looking;
use crate::sync::env::Env;
use crate::sync::error::{SyncError, utc};
use crate::sync::facts::{self, ImportUnderWay};
use crate::sync::progress::{Interruption, Phase, Watch};
use crate::wecom::{CallMeter, JobId};
use std::sync::Arc;
use std::time::Duration;

/// WeCom ends imports within minutes: one that has not ended after a day is not waited for any more.
const FORGOTTEN_AFTER_MS: i64 = 24 * 3_600_000;

/// Returns when nothing of another run is under way at WeCom any more, at most after 20 minutes (and the next pull reads
/// everything then). To be called before the first look that a run's writes rest on.
///
/// # Errors
/// [`SyncError::ImportUnderWay`] when it still is; [`SyncError::Read`] when WeCom does not say; [`SyncError::Cancelled`]
/// and [`SyncError::Stopping`]. What is known of the import stays known then.
pub(crate) async fn await_left_import(
    env: &Env,
    corp: &Corp,
    run: &RunId,
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<(), SyncError> {
    let key = corp.key.clone();
    let memory = env.store.read_async(move |tx| facts::get(tx, &key)).await?;
    let Some(left) = memory.import.filter(|import| import.run != *run) else { return Ok(()) };
    watch.reading(Phase::Check, 0, 0);
    if !has_ended(env, corp, &left, meter, watch).await? {
        let since = utc(left.since_ms);
        return Err(SyncError::ImportUnderWay { corp: corp.key.clone(), run: left.run, since });
    }
    let key = corp.key.clone();
    let forget = move |tx: &store::WriteTx| {
        facts::change(tx, &key, |memory| {
            if memory.import.take_if(|import| *import == left).is_some() {
                memory.full_read_at_ms = None;
            }
        })
    };
    Ok(env.store.write(forget).await?)
}

async fn has_ended(
    env: &Env,
    corp: &Corp,
    left: &ImportUnderWay,
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<bool, SyncError> {
    let client = env.client(corp).await?.metered(meter).gated(Arc::new(Looking(watch.clone())));
    let patience_ms = PATIENCE_MS.unsigned_abs();
    let begun_ms = env.clock.now_ms();
    let (mut pause_ms, mut useless) = (PAUSE_MS, 0);
    loop {
        let age_ms = env.clock.now_ms().abs_diff(left.since_ms);
        if age_ms >= FORGOTTEN_AFTER_MS.unsigned_abs() {
            return Ok(true);
        }
        match &left.job {
            Some(job) => match client.batch_getresult(&JobId(job.clone())).await {
                Ok(state) if state.is_finished => return Ok(true),
                Ok(_) => useless = 0,
                // its result is not kept any more, so it has ended
                Err(error) if error.is_not_found() => return Ok(true),
                Err(error) if error.taken_back().is_some() => {}
                Err(error) if is_hopeless(&error) || useless == USELESS_MAX => {
                    return Err(SyncError::read("the import that an earlier run has left at WeCom", error));
                }
                Err(_) => useless += 1,
            },
            // nobody knows whether it was taken, and nobody can be asked
            None if age_ms >= patience_ms => return Ok(true),
            None => {}
        }
        match watch.interruption() {
            Some(Interruption::Cancelled) => return Err(SyncError::Cancelled),
            Some(Interruption::Stopping) => return Err(SyncError::Stopping),
            None if env.clock.now_ms().abs_diff(begun_ms) >= patience_ms => return Ok(false),
            None => {}
        }
        tokio::select! {
            () = env.clock.sleep(Duration::from_millis(pause_ms)) => {}
            () = env.next_job_end() => {}
            _ = watch.interrupted() => {}
        }
        pause_ms = (pause_ms * 3 / 2).min(PAUSE_MAX_MS);
    }
}

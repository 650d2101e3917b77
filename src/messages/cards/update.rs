//! Updates of cards on their way to WeCom. Each code is good once, so that an update is attempted is written down before the
//! call; after a crash it is attempted again, and "used up" then means that it had arrived.

use crate::model::CardTask;
use crate::store::{self, StoreError};
use crate::sync::{Env, SyncError};
use crate::wecom::message::{CardChange, CardUpdate, ToWhom};
use crate::wecom::{CallError, Credential, RefusalClass};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Updates of one round.
const AT_ONCE: usize = 100;
/// Pause after the first failure; it doubles.
const RETRY_MS: i64 = 5_000;
/// The longest pause.
const RETRY_MAX_MS: i64 = 1_800_000;
/// Attempts before an update is given up: about a day.
const TRIES: u32 = 50;
/// Without being told, it is looked so often.
const LOOK_EVERY_MS: i64 = 60_000;

/// Sends updates until the token is cancelled.
pub(crate) async fn run(env: Env, woken: &Notify, stop: &CancellationToken) {
    loop {
        let wanted = woken.notified();
        tokio::pin!(wanted);
        wanted.as_mut().enable();
        let next_ms = match round(&env, stop).await {
            Ok(next_ms) => next_ms,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "updates of cards stand still: {error}");
                env.clock.now_ms() + RETRY_MS
            }
        };
        let wait_ms = (next_ms - env.clock.now_ms()).clamp(0, LOOK_EVERY_MS);
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = &mut wanted => {}
            () = env.clock.sleep(Duration::from_millis(wait_ms.unsigned_abs())) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Sends what is due; when the next one is, Unix milliseconds.
async fn round(env: &Env, stop: &CancellationToken) -> Result<i64, StoreError> {
    let tasks = env.store.read_async(|tx| store::intents::updates(tx, AT_ONCE)).await?;
    let mut next_ms = if tasks.len() == AT_ONCE { env.clock.now_ms() + RETRY_MS } else { i64::MAX };
    for task in tasks {
        if stop.is_cancelled() {
            return Ok(i64::MAX);
        }
        if task.due_at_ms > env.clock.now_ms() {
            next_ms = next_ms.min(task.due_at_ms);
            continue;
        }
        let begun = CardTask { attempts: task.attempts + 1, ..task.clone() };
        let written = begun.clone();
        env.store.write(move |tx| store::intents::put_update(tx, &written)).await?;
        let error = match send(env, &begun).await {
            Ok(()) => None,
            // an attempt before this one arrived, and its answer was lost
            Err(UpdateError::Call(error)) if error.class() == Some(&RefusalClass::CodeSpent) && task.attempts > 0 => None,
            Err(error) => Some(error),
        };
        let is_over = error.as_ref().is_none_or(|error| begun.attempts >= TRIES || error.is_final());
        if let Some(error) = &error {
            let (message, call) = (&begun.message, &begun.call);
            tracing::warn!(%message, %call, "a card of message {message} was not updated: {error}");
        }
        if is_over {
            env.store.write(move |tx| store::intents::remove_update(tx, &begun)).await?;
            continue;
        }
        let pause_ms = RETRY_MS.saturating_mul(1 << begun.attempts.min(12)).min(RETRY_MAX_MS);
        let again = CardTask { due_at_ms: env.clock.now_ms() + pause_ms, ..begun };
        next_ms = next_ms.min(again.due_at_ms);
        env.store.write(move |tx| store::intents::put_update(tx, &again)).await?;
    }
    Ok(next_ms)
}

/// Why a card was not updated.
#[derive(Debug, thiserror::Error)]
enum UpdateError {
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error("the corp has no app {0}")]
    NoApp(crate::model::AppKey),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl UpdateError {
    /// Whether another attempt would meet the same.
    fn is_final(&self) -> bool {
        match self {
            Self::Sync(SyncError::NoCorp(_)) | Self::NoApp(_) => true,
            Self::Sync(_) => false,
            Self::Call(error) => matches!(
                error.class(),
                Some(RefusalClass::CodeSpent | RefusalClass::NotFound | RefusalClass::Invalid)
            ),
        }
    }
}

async fn send(env: &Env, task: &CardTask) -> Result<(), UpdateError> {
    let corp = env.get_corp(&task.corp).await?;
    let app = corp.find_app(&task.app).ok_or_else(|| UpdateError::NoApp(task.app.clone()))?;
    let client = env.client(&corp).await?;
    let update = CardUpdate {
        agentid: app.agentid,
        to: if task.to.is_empty() { ToWhom::Everyone } else { ToWhom::users(task.to.clone()) },
        response_code: task.code.clone(),
        change: CardChange::Words(task.text.clone()),
    };
    client.message_update_template_card(&Credential::App(task.app.clone()), &update).await?;
    Ok(())
}

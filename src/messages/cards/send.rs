//! Updates of cards on their way to WeCom. That an update is attempted is stored before the call: what is found so after a
//! crash may have arrived, and is repeated with the same code, which WeCom takes once only.

use super::judge::{Judged, judge};
use super::show;
use crate::messages::Messages;
use crate::model::{AppKey, CardUpdate, CardUpdateState, MessageId, SecretName};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::sync::{Env, SyncError};
use crate::wecom::message::{CardChange, CardUpdate as Request, ToWhom};
use crate::wecom::{CallError, Credential, Patience};
use std::collections::HashSet;
use std::time::Duration;

/// Message and number.
pub(super) type UpdateId = (MessageId, u32);

pub(super) fn id_of(update: &CardUpdate) -> UpdateId {
    (update.message.clone(), update.seq)
}

/// A later update of a card waits so long for the one before it.
const BEHIND_MS: i64 = 1_000;
/// Pause after the store failed.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// What was on its way when the process ended, or a commit failed, may have arrived; `under_way` is what still is.
pub(super) fn resume(tx: &WriteTx, under_way: &HashSet<UpdateId>) -> Result<(), StoreError> {
    let (open, _) = store::todos::due(tx, i64::MAX, usize::MAX)?;
    let is_lost = |update: &CardUpdate| update.state == CardUpdateState::Sending && !under_way.contains(&id_of(update));
    for mut update in open.into_iter().filter(is_lost) {
        update.state = CardUpdateState::Waiting;
        update.doubts = update.doubts.saturating_add(1);
        update.why = Some("interrupted".to_owned());
        update.error = Some("the process ended while it was on its way".to_owned());
        update.due_at_ms = tx.now_ms();
        store::todos::put_update(tx, &update)?;
    }
    Ok(())
}

/// Writes that these are attempted, as they are in this very commit. Of one card the oldest goes first, alone.
pub(super) fn begin(tx: &WriteTx, due: &[CardUpdate], now_ms: i64) -> Result<Vec<CardUpdate>, StoreError> {
    let mut begun = Vec::new();
    for seen in due {
        let Some(mut update) = store::todos::update(tx, &seen.message, seen.seq)? else { continue };
        if update.state != CardUpdateState::Waiting || update.due_at_ms > now_ms {
            continue;
        }
        let is_ahead = |other: &CardUpdate| {
            other.seq < update.seq && other.state.is_open() && other.is_of(&update.call, update.part)
        };
        if store::todos::updates(tx, &update.message)?.iter().any(is_ahead) {
            update.due_at_ms = now_ms + BEHIND_MS;
            store::todos::put_update(tx, &update)?;
            continue;
        }
        update.state = CardUpdateState::Sending;
        update.attempts = update.attempts.saturating_add(1);
        store::todos::put_update(tx, &update)?;
        begun.push(update);
    }
    Ok(begun)
}

/// Sends one update and writes what became of it, however long the store takes.
pub(super) async fn one(messages: &Messages, update: CardUpdate) {
    let (env, stop) = (messages.env(), &messages.0.stop);
    let began_ms = env.clock.now_ms();
    let judged = match call(env, &update).await {
        Ok(unreached) => Judged::Done(unreached),
        Err(Trouble::Ended) => return,
        Err(Trouble::Call(error)) => judge(&update, &error, env.clock.now_ms()),
        Err(Trouble::Gone(text)) => Judged::Failed { why: "no_app", text, errcode: 0 },
        Err(Trouble::Settings(text)) => {
            Judged::Again { due_ms: env.clock.now_ms() + 60_000, why: "settings", text, is_doubt: false }
        }
    };
    let now_ms = env.clock.now_ms();
    loop {
        let (attempted, judged) = (update.clone(), judged.clone());
        match env.store.write(move |tx| note(tx, &attempted, &judged, (began_ms, now_ms))).await {
            // closed for good: the next start finds it on its way and repeats it
            Ok(()) | Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "what became of the update of a card of message {} cannot be stored: {error}; tried again",
                    update.message);
                if !env.clock.pause(AFTER_FAILURE, stop).await {
                    return;
                }
            }
        }
    }
}

/// Why there was no call, or no answer.
enum Trouble {
    /// The update has ended meanwhile, because the corp left its WeCom: nothing was sent.
    Ended,
    /// The corp or the app was removed.
    Gone(String),
    /// The corp's settings cannot be used at this moment.
    Settings(String),
    Call(CallError),
}

impl From<SyncError> for Trouble {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::NoCorp(_) => Self::Gone(error.to_string()),
            other => Self::Settings(other.to_string()),
        }
    }
}

async fn call(env: &Env, update: &CardUpdate) -> Result<Vec<crate::model::UserId>, Trouble> {
    let (key, message, seq) = (update.corp.clone(), update.message.clone(), update.seq);
    // together, so that the corp is the WeCom that the card is in
    let read = move |tx: &store::ReadTx| {
        let is_meant =
            store::todos::update(tx, &message, seq)?.is_some_and(|now| now.state == CardUpdateState::Sending);
        Ok(if is_meant { Some(store::corps::find(tx, &key)?) } else { None })
    };
    let found = env.store.read_async(read).await.map_err(SyncError::from)?;
    let corp = found.ok_or(Trouble::Ended)?.ok_or_else(|| SyncError::NoCorp(update.corp.clone()))?;
    let gone = |app: &AppKey| Trouble::Gone(format!("the corp has no app {app}"));
    let app = corp.find_app(&update.app).ok_or_else(|| gone(&update.app))?;
    let client = env.client(&corp).await?.with_patience(Patience::Interactive);
    let request = Request {
        agentid: app.agentid,
        to: if update.to.is_empty() { ToWhom::Everyone } else { ToWhom::users(update.to.clone()) },
        response_code: update.code.clone(),
        change: CardChange::Words(update.text.clone()),
    };
    let answer = client.message_update_template_card(&Credential::App(update.app.clone()), &request).await;
    answer.map(|unusable| unusable.users).map_err(Trouble::Call)
}

/// Writes what an attempt means.
fn note(
    tx: &WriteTx,
    attempted: &CardUpdate,
    judged: &Judged,
    (began_ms, now_ms): (i64, i64),
) -> Result<(), StoreError> {
    // removed with its message meanwhile, or ended because the corp left its WeCom
    let found = store::todos::update(tx, &attempted.message, attempted.seq)?;
    let Some(mut update) = found.filter(|now| now.state == CardUpdateState::Sending) else { return Ok(()) };
    let (message, text) = (&attempted.message, |text: &str| Some(text.to_owned()));
    update.errcode = None;
    match judged {
        Judged::Done(unreached) => {
            update.state = CardUpdateState::Done;
            store::trials::worked(tx, &update.corp, &SecretName::App(update.app.clone()), began_ms)?;
            update.unreached.clone_from(unreached);
            (update.why, update.error) = (None, None);
        }
        Judged::Again { due_ms, why, text: said, is_doubt } => {
            update.state = CardUpdateState::Waiting;
            update.due_at_ms = *due_ms;
            update.doubts = update.doubts.saturating_add(u32::from(*is_doubt));
            (update.why, update.error) = (text(why), text(said));
            tracing::warn!(%message, why, "the update of a card of message {message} is tried again: {said}");
        }
        Judged::Spent { text: said, errcode } => {
            let mut todo = store::todos::find(tx, message)?;
            // of one member's card only the code of that member's press is used
            let other =
                todo.as_mut().filter(|_| update.to.is_empty()).and_then(|todo| show::other_code(todo, &update, now_ms));
            match (todo, other) {
                (Some(todo), Some((code, good_until_ms))) => {
                    store::todos::put(tx, &todo)?;
                    update.state = CardUpdateState::Waiting;
                    (update.code, update.good_until_ms, update.due_at_ms) = (code, good_until_ms, now_ms);
                    (update.why, update.error) = (text("other_code"), text(said));
                }
                _ => {
                    update.state = CardUpdateState::Failed;
                    (update.why, update.error, update.errcode) = (text("code_spent"), text(said), Some(*errcode));
                }
            }
        }
        Judged::Failed { why, text: said, errcode } => {
            update.state = CardUpdateState::Failed;
            (update.why, update.error) = (text(why), text(said));
            update.errcode = (*errcode != 0).then_some(*errcode);
        }
        Judged::Unknown(said) => {
            update.state = CardUpdateState::Unknown;
            (update.why, update.error) = (text("unknown_outcome"), text(said));
        }
    }
    if matches!(update.state, CardUpdateState::Failed | CardUpdateState::Unknown) {
        let said = update.error.as_deref().unwrap_or_default();
        tracing::warn!(%message, state = update.state.name(), "a card of message {message} was not updated: {said}");
    }
    if !update.state.is_open() {
        update.ended_at_ms = Some(now_ms);
        // a code that was used, or is of no use, is not kept
        update.code = String::new();
    }
    store::todos::put_update(tx, &update)
}

impl Messages {
    /// Updates of cards may be due.
    pub fn wake_cards(&self) {
        self.0.cards.notify_one();
    }

    /// Returns when no update of a card is due at this moment. For tests.
    pub async fn cards_idle(&self) -> Result<(), StoreError> {
        loop {
            self.wake_cards();
            let now_ms = self.env().clock.now_ms();
            let (due, _) = self.env().store.read_async(move |tx| store::todos::due(tx, now_ms, 1)).await?;
            if due.is_empty() {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }
}

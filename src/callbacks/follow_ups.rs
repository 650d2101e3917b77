//! The rest of an auto reply that is longer than one passive reply (CB-06 allows 1,500 characters, WeCom cuts a passive text
//! at 2,048 bytes), and pictures that WeCom did not know at the moment: sent as messages of the app, one after the other,
//! with the check that WeCom offers against doubles.

use super::Callbacks;
use super::pictures::{self, UploadError};
use crate::model::content::{Content, Media, Words};
use crate::model::{CallbackOf, FollowUp, InboxItem, ReplyContent, UserId};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::wecom::Credential;
use crate::wecom::message::{AppMessage, ToWhom};
use std::collections::HashSet;
use std::time::Duration;

/// Pieces of one round.
const AT_ONCE: usize = 100;
/// Pause after the first failure; it doubles.
const RETRY_MS: i64 = 15_000;
/// Attempts before a piece is given up.
const TRIES: u32 = 8;
/// For so long WeCom does not deliver the same request twice (doc path 90236).
const DUPLICATE_CHECK_S: u32 = 14_400;
/// Without being told, it is looked so often.
const LOOK_EVERY_MS: i64 = 60_000;

/// Notes the pieces of an item, in the transaction of its work. A replay sends nothing again.
pub(super) fn note(tx: &WriteTx, callbacks: &super::ids::Ids, item: &InboxItem) -> Result<(), StoreError> {
    let CallbackOf::App(app) = &item.receiver else { return Ok(()) };
    if item.replays > 0 {
        return Ok(());
    }
    for content in &item.pieces {
        let piece = FollowUp {
            id: callbacks.next(tx.now_ms()),
            corp: item.corp.clone(),
            app: app.clone(),
            to: UserId(item.from.clone()),
            content: content.clone(),
            due_at_ms: tx.now_ms(),
            attempts: 0,
        };
        store::follow_ups::put(tx, &piece)?;
    }
    Ok(())
}

/// Sends until the appliance stops.
pub(super) async fn run(callbacks: Callbacks) {
    loop {
        let wanted = callbacks.0.pieces_wait.notified();
        tokio::pin!(wanted);
        wanted.as_mut().enable();
        let next_ms = match round(&callbacks).await {
            Ok(next_ms) => next_ms,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "rests of auto replies stand still: {error}");
                callbacks.0.clock.now_ms() + RETRY_MS
            }
        };
        let wait_ms = (next_ms - callbacks.0.clock.now_ms()).clamp(0, LOOK_EVERY_MS);
        tokio::select! {
            () = &mut wanted => {}
            () = callbacks.0.clock.sleep(Duration::from_millis(wait_ms.unsigned_abs())) => {}
            () = callbacks.0.stop.cancelled() => return,
        }
        if callbacks.0.stop.is_cancelled() {
            return;
        }
    }
}

/// Sends what is due; a piece whose elder to the same member still waits waits too. When the next one is due.
async fn round(callbacks: &Callbacks) -> Result<i64, StoreError> {
    let pieces = callbacks.0.store.read_async(|tx| store::follow_ups::list(tx, AT_ONCE)).await?;
    let mut held: HashSet<(String, String)> = HashSet::new();
    let mut next_ms = if pieces.len() == AT_ONCE { 0 } else { i64::MAX };
    for piece in pieces {
        let to = (format!("{}/{}", piece.corp, piece.app), piece.to.to_string());
        if held.contains(&to) {
            continue;
        }
        if piece.due_at_ms > callbacks.0.clock.now_ms() {
            next_ms = next_ms.min(piece.due_at_ms);
            held.insert(to);
            continue;
        }
        let Some(why) = send(callbacks, &piece).await.err() else {
            let (corp, id) = (piece.corp.clone(), piece.id.clone());
            callbacks.0.store.write(move |tx| store::follow_ups::remove(tx, &corp, &id)).await?;
            continue;
        };
        let attempts = piece.attempts + 1;
        tracing::warn!(corp = %piece.corp, app = %piece.app, attempts, "the rest of an auto reply was not sent: {why}");
        let due_at_ms = callbacks.0.clock.now_ms() + (RETRY_MS << attempts.min(12));
        let again = FollowUp { attempts, due_at_ms, ..piece };
        callbacks
            .0
            .store
            .write(move |tx| {
                if attempts >= TRIES {
                    return store::follow_ups::remove(tx, &again.corp, &again.id).map(drop);
                }
                store::follow_ups::put(tx, &again)
            })
            .await?;
        next_ms = next_ms.min(due_at_ms);
        held.insert(to);
    }
    Ok(next_ms)
}

async fn send(callbacks: &Callbacks, piece: &FollowUp) -> Result<(), UploadError> {
    let content = match &piece.content {
        ReplyContent::Text { text } => Content::Text(Words { content: text.clone() }),
        ReplyContent::Image { picture } => {
            let Some(media_id) = pictures::media_id(callbacks, &piece.corp, &piece.app, picture).await? else {
                // removed since: there is nothing left to say
                return Ok(());
            };
            Content::Image(Media { media_id })
        }
        // articles always fit into the passive reply
        ReplyContent::News { .. } => return Ok(()),
    };
    let env = callbacks.0.jobs.env();
    let corp = env.get_corp(&piece.corp).await?;
    let app = corp.find_app(&piece.app).ok_or_else(|| UploadError::NoApp(piece.app.clone()))?;
    let client = env.client(&corp).await?;
    let to = ToWhom::users(vec![piece.to.clone()]);
    let message =
        AppMessage { duplicate_check_s: Some(DUPLICATE_CHECK_S), ..AppMessage::new(app.agentid, to, content) };
    client.message_send(&Credential::App(piece.app.clone()), &message).await?;
    Ok(())
}

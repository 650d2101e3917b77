//! The rest of an auto reply that is longer than one passive reply (CB-06 allows 1,500 characters, WeCom cuts a passive text
//! at 2,048 bytes), and pictures that WeCom did not know at the moment: sent as messages of the app, one after the other,
//! with the check that WeCom offers against doubles.

use super::Callbacks;
use super::pictures::{self, UploadError};
use crate::model::content::{Content, Media, Words};
use crate::model::{
    CallId, CallbackOf, Corp, FollowUp, InboxItem, InboxState, Piece, PieceState, ReplyContent, UserId,
};
use crate::store::outbox::{self, Print};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::wecom::message::{AppMessage, ToWhom};
use crate::wecom::{CallErrorKind, Credential, RefusalClass};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Pieces of one round.
const AT_ONCE: usize = 100;
/// Pause after the first failure; it doubles.
const RETRY_MS: i64 = 15_000;
/// Attempts before a piece is given up.
const TRIES: u32 = 8;
/// For so long WeCom does not deliver the same request twice (doc path 90236).
const DUPLICATE_CHECK_S: u32 = 14_400;
/// A repetition is not begun so shortly before the end of that time.
const SPARE_MS: i64 = 60_000;
/// Fingerprints of contents that are forgotten with each piece.
const FORGOTTEN_AT_ONCE: usize = 8;
/// Without being told, it is looked so often.
const LOOK_EVERY_MS: i64 = 60_000;

/// Notes the pieces of an item, in the transaction of its work, which writes the item. A replay sends again only what was
/// given up.
pub(super) fn note(tx: &WriteTx, callbacks: &super::ids::Ids, item: &mut InboxItem) -> Result<(), StoreError> {
    let CallbackOf::App(app) = &item.receiver else { return Ok(()) };
    let now_ms = tx.now_ms();
    let waiting =
        || Piece { state: PieceState::Waiting, attempts: 0, error: None, errcode: None, changed_at_ms: now_ms };
    let is_first = item.replays == 0;
    if is_first {
        item.rest = item.pieces.iter().map(|_| waiting()).collect();
    }
    for (place, (content, piece)) in item.pieces.iter().zip(&mut item.rest).enumerate() {
        if !is_first && piece.state != PieceState::GivenUp {
            continue;
        }
        *piece = waiting();
        let piece = FollowUp {
            id: callbacks.next(now_ms),
            corp: item.corp.clone(),
            app: app.clone(),
            to: UserId(item.from.clone()),
            callback: Some(item.id.clone()),
            place,
            content: content.clone(),
            due_at_ms: now_ms,
            attempts: 0,
            begun_at_ms: None,
            checks_repeats: false,
        };
        store::follow_ups::put(tx, &piece)?;
    }
    Ok(())
}

/// Writes into the callback what became of a piece of its answer. Where one is given up, the work on the callback counts as
/// failed, so that somebody looks and may have it done again.
fn tell(tx: &WriteTx, piece: &FollowUp, state: PieceState, why: Option<Why>) -> Result<(), StoreError> {
    let Some(callback) = &piece.callback else { return Ok(()) };
    // removed with its time, or with the WeCom that its corp was
    let Some(mut item) = store::inbox::find(tx, &piece.corp, callback)? else { return Ok(()) };
    let Some(known) = item.rest.get_mut(piece.place) else { return Ok(()) };
    let (error, errcode) = why.map_or((None, None), |Why { error, errcode }| (Some(error), errcode));
    *known = Piece { state, attempts: piece.attempts, error, errcode, changed_at_ms: tx.now_ms() };
    let said = match state {
        PieceState::Waiting | PieceState::Sent => None,
        PieceState::GivenUp => Some("the rest of the auto reply was given up"),
        PieceState::Unknown => Some("the rest of the auto reply may not have arrived"),
    };
    if let Some(said) = said {
        item.note = Some(match item.note.take() {
            Some(note) if note.split("; ").any(|part| part == said) => note,
            Some(note) => format!("{note}; {said}"),
            None => said.to_owned(),
        });
        if state == PieceState::GivenUp && item.state == InboxState::Done {
            item.state = InboxState::Failed;
        }
    }
    store::inbox::put(tx, &item)
}

/// Why an attempt failed.
#[derive(Clone)]
struct Why {
    error: String,
    errcode: Option<i64>,
}

impl Why {
    fn of(error: &UploadError) -> Self {
        let errcode = match error {
            UploadError::Call(call) => call.refusal().map(|refusal| refusal.errcode),
            _ => None,
        };
        Self { error: error.to_string(), errcode }
    }
}

/// Sends until the appliance stops.
pub(super) async fn run(callbacks: Callbacks) {
    let (clock, stop) = (&callbacks.0.clock, &callbacks.0.stop);
    loop {
        let wanted = callbacks.0.pieces_wait.notified();
        let next_ms = match round(&callbacks).await {
            Ok(next_ms) => next_ms.unwrap_or(i64::MAX),
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "rests of auto replies stand still: {error}");
                clock.now_ms() + RETRY_MS
            }
        };
        let due_ms = next_ms.min(clock.now_ms() + LOOK_EVERY_MS);
        if !clock.until_due_or_told(Some(due_ms), wanted, stop).await {
            return;
        }
    }
}

/// What waits in this round: everything of an app that cannot send, and what follows a piece that waits at its member.
#[derive(Default)]
struct Held {
    apps: HashSet<String>,
    members: HashSet<(String, String)>,
}

/// Looks at all pieces once and sends what is due; when the next one is due, Unix milliseconds.
async fn round(callbacks: &Callbacks) -> Result<Option<i64>, StoreError> {
    let (mut held, mut next_ms, mut after) = (Held::default(), None, None);
    loop {
        let from = after.clone();
        let read = move |tx: &store::ReadTx| store::follow_ups::list(tx, from.as_ref(), AT_ONCE);
        let pieces = callbacks.0.store.read_async(read).await?;
        let is_last = pieces.len() < AT_ONCE;
        after = pieces.last().map(|piece| (piece.corp.clone(), piece.id.clone()));
        for piece in pieces {
            if callbacks.0.stop.is_cancelled() {
                return Ok(next_ms);
            }
            let again_ms = one(callbacks, piece, &mut held).await?;
            next_ms = [next_ms, again_ms].into_iter().flatten().min();
        }
        if is_last {
            return Ok(next_ms);
        }
    }
}

/// Sends a piece, unless it has to wait; when it is due again, where it stays.
async fn one(callbacks: &Callbacks, piece: FollowUp, held: &mut Held) -> Result<Option<i64>, StoreError> {
    let app = outbox::app_name(&piece.corp, &piece.app);
    let member = (app.clone(), piece.to.folded().to_string());
    if held.apps.contains(&app) || held.members.contains(&member) {
        return Ok(None);
    }
    let now_ms = callbacks.0.clock.now_ms();
    if piece.due_at_ms > now_ms {
        held.members.insert(member);
        return Ok(Some(piece.due_at_ms));
    }
    if let Err(free_ms) = callbacks.0.messages.make_room(&piece.corp, &piece.app, &piece.to).await? {
        held.members.insert(member);
        return Ok(Some(free_ms));
    }
    let seen = piece.clone();
    let begun = callbacks.0.store.write(move |tx| begin(tx, &seen, now_ms)).await?;
    let Some((piece, corp)) = begun else { return Ok(None) };
    let Some(error) = send(callbacks, &piece, &corp).await.err() else {
        let sent = move |tx: &WriteTx| {
            // gone with the WeCom that its corp was meanwhile
            match store::follow_ups::remove(tx, &piece.corp, &piece.id)? {
                true => tell(tx, &piece, PieceState::Sent, None),
                false => Ok(()),
            }
        };
        callbacks.0.store.write(sent).await?;
        return Ok(None);
    };
    let attempts = piece.attempts + 1;
    let is_over = attempts >= TRIES;
    if is_over {
        tracing::error!(corp = %piece.corp, app = %piece.app, attempts, "the rest of an auto reply is given up: {error}");
    } else {
        tracing::warn!(corp = %piece.corp, app = %piece.app, attempts, "the rest of an auto reply was not sent: {error}");
    }
    let due_at_ms = callbacks.0.clock.now_ms() + (RETRY_MS << attempts.min(12));
    let begun_at_ms = piece.begun_at_ms.filter(|_| may_have_arrived(&error));
    let (again, why) = (FollowUp { attempts, due_at_ms, begun_at_ms, ..piece }, Why::of(&error));
    let write = move |tx: &WriteTx| {
        // gone with the WeCom that its corp was meanwhile: it must not come back
        if store::follow_ups::find(tx, &again.corp, &again.id)?.is_none() {
            return Ok(());
        }
        if is_over {
            store::follow_ups::remove(tx, &again.corp, &again.id)?;
            // one that may have arrived is not sent again by a replay either
            let state = if again.begun_at_ms.is_some() { PieceState::Unknown } else { PieceState::GivenUp };
            return tell(tx, &again, state, Some(why.clone()));
        }
        store::follow_ups::put(tx, &again)?;
        tell(tx, &again, PieceState::Waiting, Some(why.clone()))
    };
    callbacks.0.store.write(write).await?;
    held.members.insert(member);
    if !is_of_piece(&error) {
        held.apps.insert(app);
    }
    Ok(Some(due_at_ms))
}

/// Writes that a piece is sent, as it is in this very commit, and answers it with the corp that it is for. What was begun
/// before is only repeated where WeCom suppresses the repetition: otherwise the member might get it twice.
fn begin(tx: &WriteTx, seen: &FollowUp, now_ms: i64) -> Result<Option<(FollowUp, Corp)>, StoreError> {
    let Some(mut piece) = store::follow_ups::find(tx, &seen.corp, &seen.id)? else { return Ok(None) };
    let Some(corp) = store::corps::find(tx, &piece.corp)? else { return Ok(None) };
    if let Some(begun_at_ms) = piece.begun_at_ms {
        let suppressed_until_ms = begun_at_ms + i64::from(DUPLICATE_CHECK_S) * 1_000 - SPARE_MS;
        if piece.checks_repeats && now_ms < suppressed_until_ms {
            return Ok(Some((piece, corp)));
        }
        tracing::warn!(corp = %piece.corp, app = %piece.app, "the rest of an auto reply may have arrived; it is not repeated");
        store::follow_ups::remove(tx, &piece.corp, &piece.id)?;
        let error = "an attempt was lost, and WeCom would deliver a repetition twice: it was not repeated".to_owned();
        tell(tx, &piece, PieceState::Unknown, Some(Why { error, errcode: None }))?;
        return Ok(None);
    }
    outbox::forget_prints(tx, now_ms, FORGOTTEN_AT_ONCE)?;
    let by = Print {
        app: outbox::app_name(&piece.corp, &piece.app),
        call: CallId::from(piece.id.as_str()),
        until_ms: now_ms + i64::from(DUPLICATE_CHECK_S) * 1_000,
    };
    piece.checks_repeats = outbox::note_print(tx, &print(&piece), &by, now_ms)?;
    piece.begun_at_ms = Some(now_ms);
    store::follow_ups::put(tx, &piece)?;
    Ok(Some((piece, corp)))
}

/// What makes two pieces the same for WeCom: who asks the same again within hours is to be answered again.
fn print(piece: &FollowUp) -> String {
    let mut digest = Sha256::new();
    digest.update("rest of a reply ");
    digest.update(outbox::app_name(&piece.corp, &piece.app));
    digest.update([0]);
    digest.update(piece.to.folded().as_bytes());
    digest.update([1]);
    digest.update(serde_json::to_string(&piece.content).unwrap_or_default());
    hex::encode(digest.finalize())
}

/// Whether WeCom may have taken a piece although there was an error.
fn may_have_arrived(error: &UploadError) -> bool {
    let UploadError::Call(call) = error else { return false };
    matches!(call.kind, CallErrorKind::OutcomeUnknown { .. } | CallErrorKind::Malformed { .. })
        || matches!(call.class(), Some(RefusalClass::Busy | RefusalClass::Conflict))
}

/// Whether the error is about this piece, so that others of the app may go.
fn is_of_piece(error: &UploadError) -> bool {
    matches!(error, UploadError::Call(call) if matches!(call.kind, CallErrorKind::Refused(_) | CallErrorKind::Invalid { .. }))
}

async fn send(callbacks: &Callbacks, piece: &FollowUp, corp: &Corp) -> Result<(), UploadError> {
    let app = corp.find_app(&piece.app).ok_or_else(|| UploadError::NoApp(piece.app.clone()))?;
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
    let client = callbacks.0.jobs.env().client(corp).await?;
    let to = ToWhom::users(vec![piece.to.clone()]);
    let duplicate_check_s = piece.checks_repeats.then_some(DUPLICATE_CHECK_S);
    let message = AppMessage { duplicate_check_s, ..AppMessage::new(app.agentid, to, content) };
    client.message_send(&Credential::App(piece.app.clone()), &message).await?;
    Ok(())
}

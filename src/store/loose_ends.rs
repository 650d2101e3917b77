//! What is under way between a corp and its WeCom: messages, updates of cards, callbacks, rests of replies, tellings. They
//! name members by userid, and the same userids elsewhere are other people: when the corp becomes another WeCom or is
//! removed, all of it ends, messages, updates and tellings with a reason that people see. What the former WeCom knew by an
//! id of its own (published menus, uploaded pictures, contents that it would take for repetitions) is forgotten.

use super::settings::{self, Scope};
use super::tx::{Reads, WriteTx};
use super::{StoreError, deliveries, follow_ups, inbox, menus, outbox, pictures, todos, webhooks};
use crate::model::{CallState, CardUpdate, CardUpdateState, CorpKey, Delivery, DeliveryState, SendCall};
use serde::{Deserialize, Serialize};

/// The reason of deliveries and updates of cards that ended because their corp became another WeCom or was removed.
pub const OTHER_WECOM: &str = "other_wecom";
const ENDED: &str = "the corp is not connected to the WeCom any more that the message was for";
const IN_DOUBT: &str = "the corp was disconnected from its WeCom while the message was on its way there";
const UNSHOWN: &str = "the corp is not connected to the WeCom any more that the card is in";
const SHOWN_OR_NOT: &str = "the corp was disconnected from its WeCom while the update was on its way there";
const UNTOLD: &str = "the corp is not connected to the WeCom any more in which it happened";

/// What ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LooseEnds {
    /// Deliveries of messages.
    pub deliveries: u64,
    /// Updates of cards.
    #[serde(default)]
    pub cards: u64,
    /// Received callbacks that had not been worked on.
    pub callbacks: u64,
    /// Rests of auto replies.
    pub replies: u64,
    /// Tellings to webhooks.
    pub tellings: u64,
}

/// How much waits: calls with messages, updates of cards, callbacks, rests of replies. Tellings to webhooks go to nobody
/// in WeCom.
pub fn count(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    let calls = outbox::count_due(tx, corp)?;
    let callbacks = inbox::counts(tx, corp)?.0 as u64;
    Ok(calls + todos::open_of(tx, corp)?.len() as u64 + callbacks + follow_ups::count(tx, corp)?)
}

/// Since when the corp has been the WeCom that it is, Unix milliseconds: the last time that everything was ended here; 0 =
/// always. Members that were named before mean people of the former one.
pub fn since_ms(tx: &impl Reads, corp: &CorpKey) -> Result<i64, StoreError> {
    Ok(settings::get(tx, Scope::Appliance, &since_name(corp))?.unwrap_or(0))
}

/// Whether what was made, or named, at a time was meant for a WeCom that the corp is not connected to any more.
pub fn is_former(tx: &impl Reads, corp: &CorpKey, at_ms: i64) -> Result<bool, StoreError> {
    Ok(since_ms(tx, corp)? >= at_ms)
}

/// Outlives the corp, for its key may be given to another one.
fn since_name(corp: &CorpKey) -> String {
    format!("wecom.since_ms {corp}")
}

/// Ends everything that is under way. Calls that are on their way end as unknown: nobody waits for their answer any more.
pub(super) fn end(tx: &WriteTx, corp: &CorpKey) -> Result<LooseEnds, StoreError> {
    let mut ended = LooseEnds::default();
    for call in outbox::open_calls(tx, corp)? {
        ended.deliveries += end_call(tx, call)?;
    }
    for item in outbox::take_bursts(tx, corp)? {
        let row = deliveries::find(tx, &item.message, item.seq)?;
        let Some(row) = row.filter(|row| row.state == DeliveryState::Waiting) else { continue };
        let Some(message) = super::messages::find(tx, &item.message)? else { continue };
        let row = ended_row(row, DeliveryState::Failed, ENDED, tx.now_ms());
        deliveries::put(tx, &message.tenant, &[row])?;
        ended.deliveries += 1;
    }
    for update in todos::open_of(tx, corp)? {
        end_update(tx, update)?;
        ended.cards += 1;
    }
    ended.callbacks = inbox::counts(tx, corp)?.0 as u64;
    inbox::clear(tx, corp)?;
    ended.replies = follow_ups::count(tx, corp)?;
    follow_ups::clear(tx, corp)?;
    ended.tellings = webhooks::end_of_corp(tx, corp, UNTOLD)?;
    menus::forget_published(tx, corp)?;
    pictures::forget_uploads(tx, corp)?;
    outbox::forget_prints_of(tx, corp)?;
    // each time another one, also where the clock stood still
    let since_ms = tx.now_ms().max(since_ms(tx, corp)?.saturating_add(1));
    settings::put(tx, Scope::Appliance, &since_name(corp), &since_ms)?;
    Ok(ended)
}

fn end_call(tx: &WriteTx, mut call: SendCall) -> Result<u64, StoreError> {
    let (state, fate, text) = match call.state {
        CallState::Sending => (CallState::Unknown, DeliveryState::Unknown, IN_DOUBT),
        _ => (CallState::Dropped, DeliveryState::Failed, ENDED),
    };
    let mut ended = 0;
    for carried in &call.carries {
        let mut rows = Vec::with_capacity(carried.seqs.len());
        for seq in &carried.seqs {
            let row = deliveries::find(tx, &carried.message, *seq)?;
            let is_meant = |row: &Delivery| row.state == DeliveryState::Waiting && row.call.as_ref() == Some(&call.id);
            rows.extend(row.filter(is_meant).map(|row| ended_row(row, fate, text, tx.now_ms())));
        }
        ended += rows.len() as u64;
        deliveries::put(tx, &call.tenant, &rows)?;
    }
    (call.state, call.code, call.error) = (state, Some(OTHER_WECOM.into()), Some(text.into()));
    call.note(tx.now_ms(), if state == CallState::Unknown { "unknown" } else { "refused" }, Some(text.into()));
    outbox::put_call(tx, &call)?;
    Ok(ended)
}

fn end_update(tx: &WriteTx, mut update: CardUpdate) -> Result<(), StoreError> {
    let text;
    (update.state, text) = match update.state {
        CardUpdateState::Sending => (CardUpdateState::Unknown, SHOWN_OR_NOT),
        _ => (CardUpdateState::Failed, UNSHOWN),
    };
    (update.why, update.error) = (Some(OTHER_WECOM.into()), Some(text.into()));
    (update.code, update.ended_at_ms) = (String::new(), Some(tx.now_ms()));
    todos::put_update(tx, &update)
}

fn ended_row(row: Delivery, state: DeliveryState, text: &str, now_ms: i64) -> Delivery {
    let (code, error) = (Some(OTHER_WECOM.to_owned()), Some(text.to_owned()));
    Delivery { state, code, error, changed_at_ms: now_ms, ..row }
}

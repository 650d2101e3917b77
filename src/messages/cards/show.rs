//! What cards shall show, as updates in the queue: which card, for whom, with which code. No call is made here.

use super::press::Press;
use super::{CODE_SPARE_MS, CODE_VALID_MS, card_name, words};
use crate::messages::outcome;
use crate::model::{
    CallId, CallPart, CallState, CardUpdate, CardUpdateState, Delivery, DeliveryState, Message, PressCode, SendCall,
    Todo, UserId,
};
use crate::store::{self, StoreError, WriteTx};
use std::collections::BTreeSet;

/// Why a card cannot be updated, as a stable code and as a sentence.
type Bare = (&'static str, &'static str);
const NO_CODE: Bare = (
    "no_code",
    "no code for the card is left that is still good (72 hours, one update each); a press on it would bring one",
);
const OUT_OF_REACH: Bare =
    (store::loose_ends::OTHER_WECOM, "the corp is not connected to the WeCom any more that the card is in");

/// Whether a message can have cards with buttons.
pub(in crate::messages) fn has_buttons(message: &Message) -> bool {
    !message.buttons.is_empty()
}

/// The recipients of a message were found, and it may have ended before that: nothing of it goes out then.
pub(in crate::messages) fn drop_ended(tx: &WriteTx, message: &Message, now_ms: i64) -> Result<(), StoreError> {
    match store::todos::find(tx, &message.id)?.filter(|todo| todo.end().is_some()) {
        Some(todo) => drop_waiting(tx, &todo, now_ms),
        None => Ok(()),
    }
}

/// What has not gone out yet never will: nobody needs to be asked any more.
pub(super) fn drop_waiting(tx: &WriteTx, todo: &Todo, now_ms: i64) -> Result<(), StoreError> {
    let Some(head) = store::messages::head(tx, &todo.message)? else { return Ok(()) };
    let mut digests = BTreeSet::new();
    for id in head.calls {
        let Some(mut call) = store::outbox::call(tx, &id)? else { continue };
        if call.state != CallState::Waiting || call.first_sent_at_ms.is_some() {
            continue;
        }
        if call.carries.len() != 1 {
            // what else is in the digest is put together anew when it is sent
            digests.insert(id);
            continue;
        }
        call.state = CallState::Dropped;
        call.code = Some("todo_ended".into());
        call.note(now_ms, "expired", Some("the to-do had ended before it was sent".into()));
        outcome::each_delivery(tx, &call, |_, row, _| {
            (row.state, row.code, row.changed_at_ms) = (DeliveryState::Expired, Some("todo_ended".into()), now_ms);
            Ok(())
        })?;
        store::outbox::put_call(tx, &call)?;
    }
    expire(tx, todo, &digests, now_ms)
}

/// Deliveries that wait in these digests, or are collected for one and in no call yet, shall not go out any more. One look
/// at all deliveries, however many digests there are.
fn expire(tx: &WriteTx, todo: &Todo, digests: &BTreeSet<CallId>, now_ms: i64) -> Result<(), StoreError> {
    let Some(message) = store::messages::find(tx, &todo.message)? else { return Ok(()) };
    let is_meant = |row: &Delivery| {
        matches!(row.code.as_deref(), Some("digest" | "member_limit"))
            || row.call.as_ref().is_some_and(|call| digests.contains(call))
    };
    let mut rows = Vec::new();
    store::deliveries::scan(tx, &message.id, |mut row| {
        if row.state == DeliveryState::Waiting && is_meant(&row) {
            (row.state, row.code, row.changed_at_ms) = (DeliveryState::Expired, Some("todo_ended".into()), now_ms);
            rows.push(row);
        }
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    store::deliveries::put(tx, &message.tenant, &rows)
}

/// Every card of the message shall show how it ended. Answers how many updates are on their way.
pub(super) fn all(tx: &WriteTx, todo: &mut Todo, now_ms: i64) -> Result<usize, StoreError> {
    let Some(head) = store::messages::head(tx, &todo.message)? else { return Ok(0) };
    let mut desk = Desk::open(tx, todo, now_ms)?;
    for id in head.calls {
        let Some(call) = store::outbox::call(tx, &id)? else { continue };
        desk.call(&call)?;
    }
    Ok(desk.made)
}

/// A call has gone out: its cards show at once how the message ended, where it has.
pub(in crate::messages) fn after_sent(tx: &WriteTx, call: &SendCall, now_ms: i64) -> Result<(), StoreError> {
    let [carried] = call.carries.as_slice() else { return Ok(()) };
    if call.parts.iter().all(|part| part.intents.is_empty()) {
        return Ok(());
    }
    let Some(mut todo) = store::todos::find(tx, &carried.message)?.filter(|todo| todo.end().is_some()) else {
        return Ok(());
    };
    Desk::open(tx, &mut todo, now_ms)?.call(call)?;
    store::todos::put(tx, &todo)
}

/// The card still showed its buttons to the member who pressed: it is updated with the code of the press, unless an
/// update of it is on its way or has arrived.
pub(super) fn pressed(
    tx: &WriteTx,
    todo: &mut Todo,
    call: &SendCall,
    part: u32,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut desk = Desk::open(tx, todo, now_ms)?;
    desk.card(call, part, None)
}

/// The member who pressed is told on the own card that the press does not count; nobody else's changes.
pub(super) fn refuse(
    tx: &WriteTx,
    todo: &Todo,
    call: &SendCall,
    part: u32,
    press: &Press<'_>,
    now_ms: i64,
) -> Result<(), StoreError> {
    if press.code.is_empty() {
        return Ok(());
    }
    let mut todo = todo.clone();
    let mut desk = Desk::open(tx, &mut todo, now_ms)?;
    let code = Ok((press.code.to_owned(), press.received_at_ms + CODE_VALID_MS));
    desk.put(call, part, vec![press.userid.clone()], words::NOT_YOURS.to_owned(), code)
}

/// Writes updates of one message.
struct Desk<'d> {
    tx: &'d WriteTx,
    todo: &'d mut Todo,
    known: Vec<CardUpdate>,
    made: usize,
    now_ms: i64,
}

impl<'d> Desk<'d> {
    fn open(tx: &'d WriteTx, todo: &'d mut Todo, now_ms: i64) -> Result<Self, StoreError> {
        let known = store::todos::updates(tx, &todo.message)?;
        Ok(Self { tx, todo, known, made: 0, now_ms })
    }

    /// The cards of a call that WeCom has, or may have; one that is on its way follows when it has arrived.
    fn call(&mut self, call: &SendCall) -> Result<(), StoreError> {
        if !matches!(call.state, CallState::Sent | CallState::Unknown) {
            return Ok(());
        }
        for (at, part) in call.parts.iter().enumerate() {
            if part.intents.is_empty() || part.recalled_at_ms.is_some() {
                continue;
            }
            let Ok(number) = u32::try_from(at) else { continue };
            self.card(call, number, Some(part))?;
        }
        Ok(())
    }

    /// One card, for all its receivers: with a code that no update has used, or as a note that there is none.
    fn card(&mut self, call: &SendCall, number: u32, part: Option<&CallPart>) -> Result<(), StoreError> {
        let Some(text) = self.todo.end().map(|change| change.text.clone()) else { return Ok(()) };
        let last = self.known.iter().rev().find(|update| update.to.is_empty() && update.is_of(&call.id, number));
        let is_shown = |update: &CardUpdate| {
            update.text == text && (update.state.is_open() || update.state == CardUpdateState::Done)
        };
        if last.is_some_and(is_shown) {
            return Ok(());
        }
        let is_bare = last.is_some_and(|update| update.text == text && update.state == CardUpdateState::NoCode);
        let is_out_of_reach = store::loose_ends::is_former(self.tx, &call.corp, call.made_at_ms)?;
        let code = match self.take_over(call, number)? {
            _ if is_out_of_reach => None,
            Some(code) => Some(code),
            None => self.take_code(call, number, part),
        };
        if code.is_none() && is_bare {
            return Ok(());
        }
        let bare = if is_out_of_reach { OUT_OF_REACH } else { NO_CODE };
        self.put(call, number, Vec::new(), text, code.ok_or(bare))
    }

    /// The code of an update of this card that was not begun: this one takes its place.
    fn take_over(&mut self, call: &SendCall, number: u32) -> Result<Option<(String, i64)>, StoreError> {
        let is_waiting = |update: &&mut CardUpdate| {
            update.to.is_empty()
                && update.is_of(&call.id, number)
                && update.state == CardUpdateState::Waiting
                && update.doubts == 0
        };
        let Some(former) = self.known.iter_mut().find(is_waiting) else { return Ok(None) };
        let code = (std::mem::take(&mut former.code), former.good_until_ms);
        former.state = CardUpdateState::Superseded;
        former.ended_at_ms = Some(self.now_ms);
        store::todos::put_update(self.tx, former)?;
        Ok(Some(code))
    }

    /// A code of the card that is still good, used up by this: that of the send, which ends first, else one of a press.
    fn take_code(&mut self, call: &SendCall, number: u32, part: Option<&CallPart>) -> Option<(String, i64)> {
        let name = card_name(&call.id, number);
        let is_good = |from_ms: i64| self.now_ms < from_ms + CODE_VALID_MS - CODE_SPARE_MS;
        let sent = part.and_then(|part| part.response_code.clone().zip(part.sent_at_ms));
        if let Some((code, at_ms)) = sent.filter(|(_, at_ms)| is_good(*at_ms) && !self.todo.spent.contains(&name)) {
            self.todo.spent.push(name);
            return Some((code, at_ms + CODE_VALID_MS));
        }
        let at = self.todo.codes.iter().position(|code| code.card == name && is_good(code.at_ms))?;
        let PressCode { code, at_ms, .. } = self.todo.codes.remove(at);
        Some((code, at_ms + CODE_VALID_MS))
    }

    fn put(
        &mut self,
        call: &SendCall,
        part: u32,
        to: Vec<UserId>,
        text: String,
        code: Result<(String, i64), Bare>,
    ) -> Result<(), StoreError> {
        let seq = self.known.last().map_or(0, |update| update.seq.saturating_add(1));
        let bare = code.as_ref().err().copied();
        let is_bare = bare.is_some();
        let (code, good_until_ms) = code.unwrap_or_default();
        let update = CardUpdate {
            message: self.todo.message.clone(),
            seq,
            call: call.id.clone(),
            part,
            corp: call.corp.clone(),
            app: call.app.clone(),
            to,
            text,
            code,
            good_until_ms,
            state: if is_bare { CardUpdateState::NoCode } else { CardUpdateState::Waiting },
            attempts: 0,
            doubts: 0,
            due_at_ms: self.now_ms,
            why: bare.map(|(why, _)| why.to_owned()),
            error: bare.map(|(_, text)| text.to_owned()),
            errcode: None,
            unreached: Vec::new(),
            made_at_ms: self.now_ms,
            ended_at_ms: is_bare.then_some(self.now_ms),
        };
        self.made += usize::from(!is_bare);
        store::todos::put_update(self.tx, &update)?;
        self.known.push(update);
        Ok(())
    }
}

/// Another code for a card whose code was spent by somebody else. Changes the story; the caller writes it.
pub(super) fn other_code(todo: &mut Todo, update: &CardUpdate, now_ms: i64) -> Option<(String, i64)> {
    let name = card_name(&update.call, update.part);
    let is_good = |code: &PressCode| code.card == name && now_ms < code.at_ms + CODE_VALID_MS - CODE_SPARE_MS;
    let at = todo.codes.iter().position(is_good)?;
    let PressCode { code, at_ms, .. } = todo.codes.remove(at);
    Some((code, at_ms + CODE_VALID_MS))
}

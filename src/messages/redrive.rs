//! Dead letters once more: with the links, rules and templates as they are now.

use super::compose::Composed;
use super::plan::{self, Batch, CALL_MAX, Fate};
use super::resolve::Person;
use super::{MessageError, Messages, outcome, resolve};
use crate::model::{
    Actor, CallId, CorpKey, Delivery, DeliveryState, MemberRef, MemberStatus, Message, MessageId, TenantKey, UserId,
};
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter};
use crate::store::{self, PAGE_MAX, StoreError, outbox};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// Dead letters of a search that are looked up together at least.
const FOUND_AT_ONCE: usize = 100;
/// One request sends about so many again …
const AGAIN_MAX: usize = 1_000;
/// … of so many messages at most, each of which costs a commit …
const MESSAGES_MAX: usize = 200;
/// … and looks at about so many …
const COUNTED_MAX: usize = 10_000;
/// … on so many pages at most, each of which looks at 20,000 places, whether or not it finds something there.
const PAGES_MAX: usize = COUNTED_MAX / PAGE_MAX;

/// What is sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default)]
pub struct Redrive {
    /// Numbers of deliveries; empty = every dead letter of the message.
    pub seqs: Vec<u32>,
    /// Also those that may have arrived (`unknown`, `probably_dropped`, in part), at the risk that somebody gets them twice.
    pub accept_duplicates: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Redriven {
    /// Deliveries that wait to be sent now.
    pub again: usize,
    /// Dead letters that are as dead as before: no rule, no link, a member that is disabled, a content that cannot be sent; all
    /// of them where the message was recalled.
    pub still_dead: usize,
    /// Deliveries that may have arrived and were left alone.
    pub doubtful: usize,
}

impl Messages {
    /// Sends dead letters of a message again. What is not dead is left alone, and so is a message that was recalled.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`].
    pub async fn redrive(&self, actor: &Actor, id: &MessageId, wish: Redrive) -> Result<Redriven, MessageError> {
        let env = self.env();
        let now_ms = env.clock.now_ms();
        let (wanted, composer) = (id.clone(), Arc::clone(&self.0.composer));
        let found = env
            .store
            .read_async(move |tx| {
                let Some(message) = store::messages::find(tx, &wanted)? else { return Ok(None) };
                let targets = composer.compose(tx, &message)?;
                // nor is it sent again while its recipients are still being found
                let is_recalled = is_recalled(tx, &wanted)? || store::messages::is_queued(tx, &message)?;
                let mut dead = Vec::new();
                // each once, however often it was named
                for seq in wish.seqs.iter().copied().collect::<BTreeSet<u32>>() {
                    dead.extend(store::deliveries::find(tx, &wanted, seq)?.filter(|row| row.state.is_dead()));
                }
                if wish.seqs.is_empty() {
                    store::deliveries::scan(tx, &wanted, |row| {
                        dead.extend(Some(row).filter(|row| row.state.is_dead()));
                        Ok(std::ops::ControlFlow::Continue(()))
                    })?;
                }
                let mut done = Redriven::default();
                let mut aimed: Vec<(usize, Delivery)> = Vec::new();
                let mut other: Vec<(Delivery, Delivery)> = Vec::new();
                for row in dead {
                    let is_doubtful = matches!(row.state, DeliveryState::Unknown | DeliveryState::ProbablyDropped)
                        || row.code.as_deref() == Some(outcome::PARTLY);
                    if is_doubtful && !wish.accept_duplicates {
                        done.doubtful += 1;
                        continue;
                    }
                    match aim(tx, &message, &row, &targets)? {
                        Some((_, to)) if !is_recalled && is_out(tx, &to)? => {
                            done.still_dead += 1;
                            // that something of it may have arrived is not forgotten for that
                            if !is_doubtful {
                                let (call, sent_at_ms) = (row.call.clone(), row.sent_at_ms);
                                let disabled = Delivery {
                                    state: DeliveryState::Invalid,
                                    code: Some(outcome::DISABLED.into()),
                                    error: Some(outcome::DISABLED_TEXT.into()),
                                    call,
                                    sent_at_ms,
                                    changed_at_ms: now_ms,
                                    ..to
                                };
                                other.push((row, disabled));
                            }
                        }
                        Some(found) if !is_recalled => aimed.push(found),
                        _ => {
                            done.still_dead += 1;
                            let now = dead_otherwise(tx, &message, row.clone(), &targets, now_ms)?;
                            other.extend(now.map(|now| (row, now)));
                        }
                    }
                }
                done.again = aimed.len();
                Ok(Some((message, targets, aimed, other, done)))
            })
            .await?;
        let Some((message, targets, aimed, other, done)) = found else {
            return Err(MessageError::NoMessage(id.clone()));
        };
        if !other.is_empty() {
            let tenant = message.tenant.clone();
            let write = move |tx: &store::WriteTx| {
                for (seen, row) in &other {
                    // whatever became of it since it was read is nearer to the truth
                    if store::deliveries::find(tx, &seen.message, seen.seq)?.as_ref() == Some(seen) {
                        store::deliveries::put(tx, &tenant, std::slice::from_ref(row))?;
                    }
                }
                Ok(())
            };
            env.store.write(write).await?;
        }
        self.send_again(actor, message, targets, aimed, now_ms).await?;
        Ok(done)
    }

    /// How many dead letters a search finds, counted up to 10,000 and at 200,000 places, and up to where, if there may be
    /// more.
    pub async fn count_dead(
        &self,
        tenant: TenantKey,
        filter: DeliveryFilter,
        mut after: Option<DeliveryCursor>,
    ) -> Result<(usize, Option<DeliveryCursor>), StoreError> {
        let Some(filter) = only_dead(filter) else { return Ok((0, None)) };
        let mut count = 0;
        for _ in 0..PAGES_MAX {
            let (of, wanted, from) = (tenant.clone(), filter.clone(), after.take());
            let read = move |tx: &store::ReadTx| store::deliveries::search(tx, &of, &wanted, from.as_ref(), PAGE_MAX);
            let (rows, next) = self.env().store.read_async(read).await?;
            count += rows.len();
            after = next;
            if after.is_none() {
                break;
            }
        }
        Ok((count, after))
    }

    /// Sends dead letters that a search finds again, as [`Messages::redrive`] does: at once about 1,000, of 200 messages at
    /// most. Answers where the next request goes on, if there are more.
    pub async fn redrive_found(
        &self,
        actor: &Actor,
        tenant: TenantKey,
        filter: DeliveryFilter,
        accept_duplicates: bool,
        mut after: Option<DeliveryCursor>,
    ) -> Result<(Redriven, Option<DeliveryCursor>), MessageError> {
        let mut done = Redriven::default();
        let Some(filter) = only_dead(filter) else { return Ok((done, None)) };
        let (mut messages, mut seen, mut pages) = (BTreeSet::new(), 0, 0);
        loop {
            let (of, wanted, from) = (tenant.clone(), filter.clone(), after.take());
            // those of one message together, so that they share a call
            let limit = AGAIN_MAX.saturating_sub(done.again).max(FOUND_AT_ONCE);
            let read = move |tx: &store::ReadTx| store::deliveries::search(tx, &of, &wanted, from.as_ref(), limit);
            let (rows, next) = self.env().store.read_async(read).await?;
            (seen, pages) = (seen + rows.len(), pages + 1);
            let (by_message, cut) = gather(rows, &mut messages);
            let next = cut.or(next);
            for (id, seqs) in by_message {
                match self.redrive(actor, &id, Redrive { seqs, accept_duplicates }).await {
                    Ok(one) => {
                        done.again += one.again;
                        done.still_dead += one.still_dead;
                        done.doubtful += one.doubtful;
                    }
                    // removed meanwhile
                    Err(MessageError::NoMessage(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            let is_enough = done.again >= AGAIN_MAX || messages.len() >= MESSAGES_MAX || seen >= COUNTED_MAX;
            let is_enough = is_enough || pages >= PAGES_MAX;
            if next.is_none() || is_enough {
                return Ok((done, next));
            }
            after = next;
        }
    }

    async fn send_again(
        &self,
        actor: &Actor,
        message: Message,
        targets: Vec<Composed>,
        aimed: Vec<(usize, Delivery)>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let env = self.env();
        let mut by_target: BTreeMap<usize, Vec<Delivery>> = BTreeMap::new();
        for (at, row) in aimed {
            by_target.entry(at).or_default().push(row);
        }
        let (message, targets, actor) = (Arc::new(message), Arc::new(targets), actor.clone());
        let mut apps = BTreeSet::new();
        for (at, rows) in by_target {
            apps.insert(outbox::app_name(&targets[at].corp, &targets[at].app));
            for rows in rows.chunks(CALL_MAX) {
                let batch = Batch { target: Some(at), rows: rows.to_vec(), call: CallId::from(self.new_id()) };
                let (message, targets, actor) = (Arc::clone(&message), Arc::clone(&targets), actor.clone());
                env.store
                    .write(move |tx| {
                        let mut batch = batch.clone();
                        if is_recalled(tx, &message.id)? {
                            return Ok(());
                        }
                        // only what is still dead in this commit
                        let mut kept = Vec::new();
                        for row in batch.rows {
                            let now = store::deliveries::find(tx, &row.message, row.seq)?;
                            if now.is_some_and(|now| now.state.is_dead()) {
                                kept.push(Delivery { changed_at_ms: now_ms, ..row });
                            }
                        }
                        batch.rows = kept;
                        if batch.rows.is_empty() {
                            return Ok(());
                        }
                        let subject = format!("message {}", message.id);
                        let count = serde_json::json!({ "deliveries": batch.rows.len() });
                        store::audit::append(tx, &actor, "message.redrive", &subject, None, Some(count))?;
                        if let Some(call) = plan::lay_down(tx, &message, &targets, &batch, true, now_ms)? {
                            store::messages::add_call(tx, &message.id, &call.id)?;
                        }
                        Ok(())
                    })
                    .await?;
            }
        }
        apps.iter().for_each(|app| self.wake(app));
        Ok(())
    }
}

/// The rows by message, as far as these and those before are of [`MESSAGES_MAX`] messages at most; where some are left
/// out, the last that is not.
fn gather(
    rows: Vec<Delivery>,
    messages: &mut BTreeSet<MessageId>,
) -> (BTreeMap<MessageId, Vec<u32>>, Option<DeliveryCursor>) {
    let (mut by_message, mut last) = (BTreeMap::<MessageId, Vec<u32>>::new(), None);
    for Delivery { message, seq, .. } in rows {
        if messages.len() >= MESSAGES_MAX && !messages.contains(&message) {
            return (by_message, last);
        }
        messages.insert(message.clone());
        last = Some(DeliveryCursor { message: message.clone(), seq });
        by_message.entry(message).or_default().push(seq);
    }
    (by_message, None)
}

/// A search for dead letters only; `None` where it asks for other states.
fn only_dead(mut filter: DeliveryFilter) -> Option<DeliveryFilter> {
    if filter.states.is_empty() {
        filter.states = DeliveryState::ALL.to_vec();
    }
    filter.states.retain(|state| state.is_dead());
    Some(filter).filter(|filter| !filter.states.is_empty())
}

/// Whether sending it again cannot help for now, as far as the row tells: whoever is not in the directory cannot be reached, and
/// an unknown unit names nobody who could be.
pub fn is_hopeless(row: &Delivery, is_in_directory: bool) -> bool {
    row.state == DeliveryState::UnknownRecipient && (row.employee.is_none() || !is_in_directory)
}

/// Whether nobody is to get a message any more. A to-do that has ended may still be sent: its card says so at once.
fn is_recalled(tx: &impl store::Reads, id: &MessageId) -> Result<bool, StoreError> {
    Ok(store::messages::head(tx, id)?.is_some_and(|head| head.recall_at_ms.is_some()))
}

/// Whether a member is disabled, as far as the bridge knows.
pub(super) fn is_disabled(tx: &store::ReadTx, corp: &CorpKey, userid: &UserId) -> Result<bool, StoreError> {
    let member = store::mirror::find_member(tx, corp, userid)?;
    Ok(member.is_some_and(|member| member.status == Some(MemberStatus::Disabled)))
}

fn is_out(tx: &store::ReadTx, to: &Delivery) -> Result<bool, StoreError> {
    let (Some(corp), Some(userid)) = (&to.corp, &to.userid) else { return Ok(false) };
    is_disabled(tx, corp, userid)
}

/// Of somebody whom the directory has meanwhile and who is not reached all the same: why that is so now.
fn dead_otherwise(
    tx: &store::ReadTx,
    message: &Message,
    row: Delivery,
    targets: &[Composed],
    now_ms: i64,
) -> Result<Option<Delivery>, StoreError> {
    let Some(id) = row.employee.as_ref().filter(|_| row.state == DeliveryState::UnknownRecipient) else {
        return Ok(None);
    };
    let person = resolve::named(tx, &message.tenant, id)?;
    Ok(match plan::fate(tx, &person, targets)? {
        Fate::Not(state, code, text) if state != row.state => {
            Some(Delivery { state, code: Some(code.to_owned()), error: Some(text), changed_at_ms: now_ms, ..row })
        }
        Fate::Reached(reached) => {
            let aimed = choose(row, &reached, targets).map(|(_, row)| row);
            let unsaid = aimed.filter(|row| row.state != DeliveryState::Waiting);
            unsaid.map(|row| Delivery { changed_at_ms: now_ms, ..row })
        }
        Fate::Not(..) => None,
    })
}

/// Where a dead letter goes now: to its former app where the rules still say so, else to the first that reaches it.
fn aim(
    tx: &store::ReadTx,
    message: &Message,
    row: &Delivery,
    targets: &[Composed],
) -> Result<Option<(usize, Delivery)>, StoreError> {
    let member = match (&row.employee, &row.corp, &row.userid) {
        (None, Some(corp), Some(userid)) => Some(MemberRef { corp: corp.clone(), userid: userid.clone() }),
        _ => None,
    };
    if let Some(member) = &member
        && store::loose_ends::is_former(tx, &member.corp, message.accepted_at_ms)?
    {
        return Ok(None);
    }
    let is_gone = matches!(row.code.as_deref(), Some("departed" | "unknown_employee" | "unknown_unit"));
    if is_gone && member.is_none() && row.employee.is_none() {
        return Ok(None);
    }
    if let Some(id) = &row.employee
        && resolve::named(tx, &message.tenant, id)?.fault.is_some()
    {
        return Ok(None);
    }
    let person = Person { employee: row.employee.clone(), member, fault: None };
    let Fate::Reached(reached) = plan::fate(tx, &person, targets)? else { return Ok(None) };
    Ok(choose(row.clone(), &reached, targets).filter(|(_, aimed)| aimed.state == DeliveryState::Waiting))
}

/// A delivery at its former app where that reaches the person, else at the first that does; dead where nothing can be said
/// there.
fn choose(row: Delivery, reached: &[(usize, UserId)], targets: &[Composed]) -> Option<(usize, Delivery)> {
    let same =
        |at: &usize| row.corp.as_ref() == Some(&targets[*at].corp) && row.app.as_ref() == Some(&targets[*at].app);
    let (at, userid) = reached.iter().find(|(at, _)| same(at)).or_else(|| reached.first())?;
    let fresh = Delivery {
        state: DeliveryState::Waiting,
        code: None,
        error: None,
        errcode: None,
        call: None,
        sent_at_ms: None,
        ..row
    };
    Some((*at, plan::aimed(fresh, &targets[*at], userid.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: std::ops::Range<usize>) -> Vec<Delivery> {
        let row = |n: usize, seq: u32| {
            let row =
                serde_json::json!({ "message": format!("m{n}"), "seq": seq, "state": "failed", "changed_at_ms": 1 });
            serde_json::from_value(row).unwrap()
        };
        of.flat_map(|n| [row(n, 1), row(n, 0)]).collect()
    }

    #[test]
    fn who_is_not_there_is_not_reached() {
        for (state, employee, is_there, want) in [
            ("unknown_recipient", Some("e1"), false, true),
            ("unknown_recipient", Some("e1"), true, false),
            ("unknown_recipient", None, true, true),
            ("not_bound", Some("e1"), false, false),
            ("failed", None, false, false),
        ] {
            let row = serde_json::json!({ "message": "m", "seq": 0, "employee": employee, "state": state, "changed_at_ms": 1 });
            let row = serde_json::from_value(row).unwrap();
            assert_eq!(is_hopeless(&row, is_there), want, "{state} {employee:?} {is_there}");
        }
    }

    #[test]
    fn of_so_many_messages_at_most() {
        let mut messages = BTreeSet::new();
        let (found, cut) = gather(rows(0..3), &mut messages);
        assert_eq!((found.len(), found[&"m2".into()].as_slice(), cut), (3, [1, 0].as_slice(), None));
        // the last message of before goes on
        let (found, cut) = gather(rows(2..MESSAGES_MAX + 5), &mut messages);
        let last = format!("m{}", MESSAGES_MAX - 1);
        assert_eq!((messages.len(), found.len()), (MESSAGES_MAX, MESSAGES_MAX - 2));
        assert_eq!(cut, Some(DeliveryCursor { message: last.as_str().into(), seq: 0 }));
    }
}

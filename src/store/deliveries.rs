//! Deliveries: by message and number, by recipient, and by state.

mod search;

use super::key::{Prefix, Str};
use super::messages::change_head;
use super::page::Order;
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use super::walk::{Walk, Window};
use super::{StoreError, messages, outbox};
use crate::model::{CorpKey, Delivery, DeliveryState, EmployeeId, MessageId, TenantKey, UserId};
use std::ops::ControlFlow;

pub use search::{DeliveryCursor, DeliveryFilter, search};

/// (message, seq)
const DELIVERIES: Table<(Str, u32), Delivery> = Table::new("deliveries");
/// (tenant, recipient, message, seq); see [`Recipient::key`]
const BY_RECIPIENT: Table<(Str, Str, Str, u32), ()> = Table::new("deliveries_by_recipient");
/// (tenant, state, message, seq)
const BY_STATE: Table<(Str, Str, Str, u32), ()> = Table::new("deliveries_by_state");
pub(super) const TABLES: &[TableInfo] = &[DELIVERIES.info(), BY_RECIPIENT.info(), BY_STATE.info()];

/// Whose deliveries are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// An employee.
    Employee(EmployeeId),
    /// A member, linked or not.
    Member(CorpKey, UserId),
}

impl Recipient {
    fn key(&self) -> String {
        match self {
            Self::Employee(id) => format!("e {id}"),
            Self::Member(corp, userid) => format!("m {corp} {}", userid.folded()),
        }
    }
}

fn recipients(row: &Delivery) -> impl Iterator<Item = String> {
    let employee = row.employee.clone().map(|id| Recipient::Employee(id).key());
    let member = row.corp.clone().zip(row.userid.clone()).map(|(corp, id)| Recipient::Member(corp, id).key());
    employee.into_iter().chain(member)
}

/// The delivery with this number.
pub fn find(tx: &impl Reads, message: &MessageId, seq: u32) -> Result<Option<Delivery>, StoreError> {
    DELIVERIES.get(tx, (message.as_str(), seq))
}

/// Deliveries of a message from a number on.
pub fn list(tx: &impl Reads, message: &MessageId, from: u32, limit: usize) -> Result<Vec<Delivery>, StoreError> {
    let range = Prefix::text(message.as_str()).from::<(Str, u32)>((message.as_str(), from));
    let mut rows = Vec::new();
    if limit > 0 {
        DELIVERIES.scan(tx, &range, |_, row| {
            rows.push(row);
            Ok(if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    Ok(rows)
}

/// Calls `visit` with each delivery of a message; only one is held at a time.
pub fn scan(
    tx: &impl Reads,
    message: &MessageId,
    mut visit: impl FnMut(Delivery) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    DELIVERIES.scan(tx, &Prefix::text(message.as_str()).range(), |_, row| visit(row))
}

/// Creates or changes deliveries of one message, best in the order of their numbers. Where the message has a head, its
/// tally moves with them; so do the counters of the day.
pub fn put(tx: &WriteTx, tenant: &TenantKey, rows: &[Delivery]) -> Result<(), StoreError> {
    let Some(first) = rows.first() else { return Ok(()) };
    let mut moves = Vec::with_capacity(rows.len());
    {
        let mut table = DELIVERIES.writer(tx)?;
        let mut by_recipient = BY_RECIPIENT.writer(tx)?;
        let mut by_state = BY_STATE.writer(tx)?;
        for row in rows {
            let message = row.message.as_str();
            let former = table.replace((message, row.seq), row)?;
            let is_same = former.as_ref().is_some_and(|old| recipients(old).eq(recipients(row)));
            if !is_same {
                for key in former.iter().flat_map(recipients) {
                    by_recipient.remove((tenant.as_str(), &key, message, row.seq))?;
                }
                for key in recipients(row) {
                    by_recipient.put((tenant.as_str(), &key, message, row.seq), &())?;
                }
            }
            let before = former.as_ref().map(|old| old.state);
            if before == Some(row.state) {
                continue;
            }
            if let Some(state) = before {
                by_state.remove((tenant.as_str(), state.name(), message, row.seq))?;
            }
            by_state.put((tenant.as_str(), row.state.name(), message, row.seq), &())?;
            moves.push((before, row));
        }
    }
    if moves.is_empty() {
        return Ok(());
    }
    change_head(tx, &first.message, |head| {
        for (before, row) in &moves {
            match before {
                Some(state) => head.tally.shift(*state, row.state),
                None => head.tally.add(row.state),
            }
        }
    })?;
    outbox::count_day(tx, moves.into_iter().map(|(_, row)| row))
}

/// Messages with a delivery in a state, of one tenant or all of `tenants`. A place is of a delivery; what begins with the id of a message is of it.
pub(super) fn walk_state<'tx>(
    tx: &'tx ReadTx,
    tenants: &[TenantKey],
    state: DeliveryState,
    window: Window<'_>,
    order: Order,
) -> Result<Walk<'tx>, StoreError> {
    let prefixes = tenants.iter().map(|tenant| Prefix::text(tenant.as_str()).then_text(state.name()));
    Walk::new(tx, BY_STATE.name(), prefixes, window, order)
}

/// The rows of the first state index that are in one of the states of dead letters, in no order across states.
pub fn count_dead(tx: &impl Reads, tenant: &TenantKey, limit: usize) -> Result<usize, StoreError> {
    let mut count = 0;
    for state in DeliveryState::ALL.into_iter().filter(|state| state.is_dead()) {
        let range = Prefix::text(tenant.as_str()).then_text(state.name()).range();
        BY_STATE.scan(tx, &range, |_, ()| {
            count += 1;
            Ok(if count < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        if count >= limit {
            break;
        }
    }
    Ok(count)
}

/// Takes the deliveries of a message whose recipients are found anew out again.
pub fn clear(tx: &WriteTx, tenant: &TenantKey, message: &MessageId) -> Result<(), StoreError> {
    remove_some(tx, tenant, message, usize::MAX).map(drop)
}

pub(super) fn remove_some(
    tx: &WriteTx,
    tenant: &TenantKey,
    message: &MessageId,
    limit: usize,
) -> Result<usize, StoreError> {
    let rows = list(tx, message, 0, limit)?;
    let mut table = DELIVERIES.writer(tx)?;
    let mut by_recipient = BY_RECIPIENT.writer(tx)?;
    let mut by_state = BY_STATE.writer(tx)?;
    for row in &rows {
        table.remove((message.as_str(), row.seq))?;
        for key in recipients(row) {
            by_recipient.remove((tenant.as_str(), &key, message.as_str(), row.seq))?;
        }
        by_state.remove((tenant.as_str(), row.state.name(), message.as_str(), row.seq))?;
    }
    Ok(rows.len())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut by_recipient, mut by_state) = (Vec::new(), Vec::new());
    let mut of: Option<(MessageId, String)> = None;
    DELIVERIES.scan(tx, &everything(), |(message, seq), row| {
        let tenant = match &of {
            Some((known, tenant)) if *known == row.message => tenant.clone(),
            _ => {
                let tenant = messages::find(tx, &row.message)?.map(|message| message.tenant.to_string());
                let tenant = tenant.unwrap_or_default();
                of = Some((row.message.clone(), tenant.clone()));
                tenant
            }
        };
        by_recipient.extend(recipients(&row).map(|key| (tenant.clone(), key, message.clone(), seq)));
        by_state.push((tenant, row.state.name().to_owned(), message, seq));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_RECIPIENT.name(), BY_RECIPIENT.keys(tx, &everything())?, by_recipient);
    checks.same_keys(BY_STATE.name(), BY_STATE.keys(tx, &everything())?, by_state);
    Ok(())
}

//! Deliveries: by message and number, by recipient, and by state where a message has not simply been sent.

use super::key::{Prefix, Str};
use super::messages::{change_head, id_at};
use super::page::SCAN_MAX;
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use super::{StoreError, messages, outbox};
use crate::model::{CorpKey, Delivery, DeliveryState, EmployeeId, MessageId, TenantKey, UserId};
use std::ops::ControlFlow;

/// (message, seq)
const DELIVERIES: Table<(Str, u32), Delivery> = Table::new("deliveries");
/// (tenant, recipient, message, seq); see [`Recipient::key`]
const BY_RECIPIENT: Table<(Str, Str, Str, u32), ()> = Table::new("deliveries_by_recipient");
/// (tenant, state, message, seq), but for those that are sent or wait
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

fn is_indexed(state: DeliveryState) -> bool {
    !matches!(state, DeliveryState::Waiting | DeliveryState::Sent)
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
            if let Some(state) = before.filter(|state| is_indexed(*state)) {
                by_state.remove((tenant.as_str(), state.name(), message, row.seq))?;
            }
            if is_indexed(row.state) {
                by_state.put((tenant.as_str(), row.state.name(), message, row.seq), &())?;
            }
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

/// Which deliveries are asked for.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// To this recipient.
    pub recipient: Option<Recipient>,
    /// In one of these states; empty = in any.
    pub states: Vec<DeliveryState>,
    /// Of messages of this source.
    pub source: Option<String>,
    /// Of messages accepted not before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Of messages accepted before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
}

/// Where a page of deliveries ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryCursor {
    /// Message.
    pub message: MessageId,
    /// Number.
    pub seq: u32,
}

impl std::fmt::Display for DeliveryCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.message, self.seq)
    }
}

impl DeliveryCursor {
    /// Reads what [`DeliveryCursor`] displays.
    pub fn parse(text: &str) -> Option<Self> {
        let (message, seq) = text.rsplit_once('.')?;
        Some(Self { message: message.into(), seq: seq.parse().ok()? })
    }
}

/// One page of a tenant's deliveries, those of the newest messages first. A page looks at a bounded number of rows: it
/// may be short and still have a `next`.
pub fn search(
    tx: &impl Reads,
    tenant: &TenantKey,
    filter: &DeliveryFilter,
    after: Option<&DeliveryCursor>,
    limit: usize,
) -> Result<(Vec<Delivery>, Option<DeliveryCursor>), StoreError> {
    let bound = Bound::new(filter, after);
    let mut page = Page { tenant, filter, bound: &bound, limit, rows: Vec::new(), last: None, scanned: 0, of: None };
    if let Some(recipient) = &filter.recipient {
        let key = recipient.key();
        index(tx, &BY_RECIPIENT, tenant, &key, &mut page)?;
    } else if let [state] = filter.states.as_slice()
        && is_indexed(*state)
    {
        index(tx, &BY_STATE, tenant, state.name(), &mut page)?;
    } else {
        let range = match &bound.until {
            Some((message, seq)) => Prefix::all().before::<(Str, u32)>((message, *seq)),
            None => everything(),
        };
        DELIVERIES.scan_back(tx, &range, |_, row| page.visit(tx, row))?;
    }
    Ok((page.rows, page.last))
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

/// Where a search begins (exclusive) and how far back it goes.
struct Bound {
    until: Option<(String, u32)>,
    from: Option<String>,
}

impl Bound {
    fn new(filter: &DeliveryFilter, after: Option<&DeliveryCursor>) -> Self {
        let cursor = after.map(|cursor| (cursor.message.to_string(), cursor.seq));
        let time = filter.until_ms.map(|ms| (id_at(ms), 0));
        let until = match (cursor, time) {
            (Some(cursor), Some(time)) => Some(cursor.min(time)),
            (cursor, time) => cursor.or(time),
        };
        Self { until, from: filter.from_ms.map(id_at) }
    }
}

struct Page<'a> {
    tenant: &'a TenantKey,
    filter: &'a DeliveryFilter,
    bound: &'a Bound,
    limit: usize,
    rows: Vec<Delivery>,
    last: Option<DeliveryCursor>,
    scanned: usize,
    /// The message last looked up: whether it is of the tenant and of the source.
    of: Option<(MessageId, bool)>,
}

impl Page<'_> {
    fn visit(&mut self, tx: &impl Reads, row: Delivery) -> Result<ControlFlow<()>, StoreError> {
        self.last = None;
        if self.bound.from.as_deref().is_some_and(|from| row.message.as_str() < from) {
            return Ok(ControlFlow::Break(()));
        }
        self.scanned += 1;
        let cursor = DeliveryCursor { message: row.message.clone(), seq: row.seq };
        let is_wanted = self.filter.states.is_empty() || self.filter.states.contains(&row.state);
        if is_wanted && self.is_of(tx, &row.message)? {
            self.rows.push(row);
        }
        if self.rows.len() >= self.limit || self.scanned >= SCAN_MAX {
            self.last = Some(cursor);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn is_of(&mut self, tx: &impl Reads, id: &MessageId) -> Result<bool, StoreError> {
        if let Some((known, is_of)) = &self.of
            && known == id
        {
            return Ok(*is_of);
        }
        let message = messages::find(tx, id)?;
        let is_of = message.is_some_and(|message| {
            message.tenant == *self.tenant && self.filter.source.as_ref().is_none_or(|source| *source == message.source)
        });
        self.of = Some((id.clone(), is_of));
        Ok(is_of)
    }
}

fn index(
    tx: &impl Reads,
    table: &Table<(Str, Str, Str, u32), ()>,
    tenant: &TenantKey,
    key: &str,
    page: &mut Page<'_>,
) -> Result<(), StoreError> {
    let prefix = Prefix::text(tenant.as_str()).then_text(key);
    let range = match &page.bound.until {
        Some((message, seq)) => prefix.before::<(Str, Str, Str, u32)>((tenant.as_str(), key, message, *seq)),
        None => prefix.range(),
    };
    table.scan_back(tx, &range, |(_, _, message, seq), ()| match DELIVERIES.get(tx, (&message, seq))? {
        Some(row) => page.visit(tx, row),
        None => Ok(ControlFlow::Continue(())),
    })
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
        if is_indexed(row.state) {
            by_state.remove((tenant.as_str(), row.state.name(), message.as_str(), row.seq))?;
        }
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
        if is_indexed(row.state) {
            by_state.push((tenant, row.state.name().to_owned(), message, seq));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_RECIPIENT.name(), BY_RECIPIENT.keys(tx, &everything())?, by_recipient);
    checks.same_keys(BY_STATE.name(), BY_STATE.keys(tx, &everything())?, by_state);
    Ok(())
}

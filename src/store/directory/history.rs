//! What changed about a person, when and by whom, property by property (PEER-27).

use crate::model::{EmployeeId, TenantKey, Text};
use crate::store::key::{Prefix, Range, Str};
use crate::store::table::{Table, TableInfo, everything};
use crate::store::{Order, Reads, StoreError, WriteTx};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// (tenant, employee, 1, 2, 3 …)
const HISTORY: Table<(Str, Str, u64), HistoryRow> = Table::new("employee_history");
pub(super) const TABLES: &[TableInfo] = &[HISTORY.info()];

/// One change of one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryRow {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who: an actor's name.
    #[schema(value_type = String)]
    pub actor: Text,
    /// The property, e.g. `mobile`, `ext.badge`; `*` for the whole row (created, removed).
    #[schema(value_type = String)]
    pub field: Text,
    /// Before; `None` when there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub before: Option<Text>,
    /// After; `None` when there is nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub after: Option<Text>,
}

/// A person's history, oldest first.
pub fn history(tx: &impl Reads, tenant: &TenantKey, id: &EmployeeId) -> Result<Vec<HistoryRow>, StoreError> {
    HISTORY.list(tx, &of(tenant, id))
}

/// Rows of a person's history with their numbers, in this order, behind the one with number `past` (from its end on when `None`).
pub fn history_page(
    tx: &impl Reads,
    tenant: &TenantKey,
    id: &EmployeeId,
    order: Order,
    past: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, HistoryRow)>, StoreError> {
    let prefix = Prefix::text(tenant.as_str()).then_text(id.as_str());
    let key = |number| (tenant.as_str(), id.as_str(), number);
    let range = match (past, order) {
        (None, _) => prefix.range(),
        (Some(number), Order::Newest) => prefix.before::<(Str, Str, u64)>(key(number)),
        (Some(number), Order::Oldest) => prefix.after::<(Str, Str, u64)>(key(number)),
    };
    let mut rows = Vec::new();
    let visit = |(_, _, number): HistoryPlace, row| {
        if rows.len() == limit {
            return Ok(ControlFlow::Break(()));
        }
        rows.push((number, row));
        Ok(ControlFlow::Continue(()))
    };
    match order {
        Order::Newest => HISTORY.scan_back(tx, &range, visit)?,
        Order::Oldest => HISTORY.scan(tx, &range, visit)?,
    }
    Ok(rows)
}

/// Adds to a person's history.
pub fn append_history(
    tx: &WriteTx,
    tenant: &TenantKey,
    id: &EmployeeId,
    rows: &[HistoryRow],
) -> Result<(), StoreError> {
    append_histories(tx, tenant, [(id, rows.to_vec())])
}

/// Adds to the history of many persons at once. Sorted by id is fastest.
pub fn append_histories<'e>(
    tx: &WriteTx,
    tenant: &TenantKey,
    persons: impl IntoIterator<Item = (&'e EmployeeId, Vec<HistoryRow>)>,
) -> Result<(), StoreError> {
    let mut table = HISTORY.writer(tx)?;
    for (id, rows) in persons.into_iter().filter(|(_, rows)| !rows.is_empty()) {
        let last = table.last_key(&of(tenant, id))?.map_or(0, |(_, _, seq)| seq);
        for (seq, row) in (last + 1..).zip(&rows) {
            table.put((tenant.as_str(), id.as_str(), seq), row)?;
        }
    }
    Ok(())
}

/// A row of the history: tenant, person, number.
pub type HistoryPlace = (String, String, u64);

/// The next rows that are older than `before_ms`, from behind `from` on: at most `limit`, and among ten times as many
/// looked at. The second value is where to go on; `None` at the end.
pub fn old_history(
    tx: &impl Reads,
    before_ms: i64,
    from: Option<&HistoryPlace>,
    limit: usize,
) -> Result<(Vec<HistoryPlace>, Option<HistoryPlace>), StoreError> {
    let range = from.map_or_else(everything, |(tenant, person, number)| {
        Prefix::all().after::<(Str, Str, u64)>((tenant, person, *number))
    });
    let (mut old, mut looked_at, mut last) = (Vec::new(), 0, None);
    HISTORY.scan(tx, &range, |place, row| {
        looked_at += 1;
        if row.at_ms < before_ms {
            old.push(place.clone());
        }
        if old.len() < limit && looked_at < 10 * limit {
            return Ok(ControlFlow::Continue(()));
        }
        last = Some(place);
        Ok(ControlFlow::Break(()))
    })?;
    Ok((old, last))
}

/// Removes rows of the history; ones that are not there are no error.
pub fn remove_history(tx: &WriteTx, places: &[HistoryPlace]) -> Result<(), StoreError> {
    let mut table = HISTORY.writer(tx)?;
    places.iter().try_for_each(|(tenant, person, number)| table.remove((tenant, person, *number)).map(drop))
}

pub(super) fn clear(tx: &WriteTx, all: &Range) -> Result<(), StoreError> {
    HISTORY.remove_range(tx, all).map(|_| ())
}

fn of(tenant: &TenantKey, id: &EmployeeId) -> Range {
    Prefix::text(tenant.as_str()).then_text(id.as_str()).range()
}

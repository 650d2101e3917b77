//! Every table of the store, for creation, verification and statistics. A table that is not here does not exist.

use super::error::StoreError;
use super::table::TableInfo;
use super::tx::{ReadTx, WriteTx};
use super::{
    accounts, api_keys, attempts, audit, auto_replies, bindings, callback_days, corps, deliveries, directory, factors,
    follow_ups, idempotency, inbox, menus, messages, meta, mirror, outbox, pictures, plans, removals, resolve, rules,
    runs, secrets, sessions, settings, tenants, todos, webhooks,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// Faults of one table that are listed; further ones are only counted.
const LISTED_MAX: usize = 100;

/// All tables, in a fixed order.
pub(super) fn tables() -> Vec<TableInfo> {
    [
        meta::TABLES,
        tenants::TABLES,
        corps::TABLES,
        secrets::TABLES,
        &directory::tables(),
        mirror::TABLES,
        bindings::TABLES,
        resolve::TABLES,
        plans::TABLES,
        runs::TABLES,
        removals::TABLES,
        audit::TABLES,
        api_keys::TABLES,
        idempotency::TABLES,
        inbox::TABLES,
        auto_replies::TABLES,
        pictures::TABLES,
        callback_days::TABLES,
        follow_ups::TABLES,
        webhooks::TABLES,
        settings::TABLES,
        accounts::TABLES,
        factors::TABLES,
        sessions::TABLES,
        attempts::TABLES,
        messages::TABLES,
        deliveries::TABLES,
        outbox::TABLES,
        todos::TABLES,
        rules::TABLES,
        menus::TABLES,
    ]
    .concat()
}

/// Creates the tables that are not there yet.
pub(super) fn create_tables(tx: &WriteTx) -> Result<(), StoreError> {
    tables().iter().try_for_each(|table| tx.open_table(table.name).map(|_| ()))
}

/// Checks what must fit together across tables: indexes, counters, sealed values, the audit chain.
pub(super) fn check_all(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    type Check = fn(&ReadTx, &mut Checks) -> Result<(), StoreError>;
    let all: [(&'static str, Check); 20] = [
        ("corps", corps::check),
        ("secrets", secrets::check),
        ("pictures", pictures::check),
        ("directory", directory::check),
        ("mirror", mirror::check),
        ("bindings", bindings::check),
        ("plans", plans::check),
        ("runs", runs::check),
        ("audit", audit::check),
        ("api_keys", api_keys::check),
        ("idempotency", idempotency::check),
        ("inbox", inbox::check),
        ("webhooks", webhooks::check),
        ("accounts", accounts::check),
        ("account_factors", factors::check),
        ("sessions", sessions::check),
        ("messages", messages::check),
        ("deliveries", deliveries::check),
        ("send_calls", outbox::check),
        ("todos", todos::check),
    ];
    for (name, check) in all {
        match check(tx, checks) {
            Ok(()) => {}
            // The row itself is reported by the decoding pass; here it only ends this check.
            Err(error @ StoreError::BadRow { .. }) => checks.fault(name, format!("cannot be checked: {error}")),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Table.
    pub table: &'static str,
    /// What is wrong, one English sentence with the row's key and without its content.
    pub what: String,
}

/// Collects faults.
#[derive(Default)]
pub(super) struct Checks {
    pub(super) faults: Vec<Fault>,
    pub(super) total: u64,
}

impl Checks {
    pub(super) fn fault(&mut self, table: &'static str, what: String) {
        self.total += 1;
        if self.faults.iter().filter(|fault| fault.table == table).count() < LISTED_MAX {
            self.faults.push(Fault { table, what });
        }
    }

    pub(super) fn row(&mut self, table: &TableInfo, key: &[u8], value: &[u8]) {
        if let Err(error) = (table.check)(key, value) {
            self.fault(table.name, format!("row {}: {error}", (table.show)(key)));
        }
    }

    /// An index must have exactly the keys that its table's rows give.
    pub(super) fn same_keys<K: Ord + Debug>(
        &mut self,
        index: &'static str,
        present: Vec<K>,
        wanted: impl IntoIterator<Item = K>,
    ) {
        let wanted: BTreeSet<K> = wanted.into_iter().collect();
        let present: BTreeSet<K> = present.into_iter().collect();
        for key in wanted.difference(&present) {
            self.fault(index, format!("entry {key:?} is missing"));
        }
        for key in present.difference(&wanted) {
            self.fault(index, format!("entry {key:?} points to nothing"));
        }
    }
}

//! Imports a source: preview, then write.
//!
//! The rows are written in several commits, in an order that makes every moment in between harmless: first all added
//! and changed units at once (so the tree is whole at every moment), then added and changed people, then departures,
//! then removed units. An import that is interrupted therefore leaves a directory that has too much rather than too
//! little, and a marker ([`find_unfinished`]); running it again compares afresh and writes what is left.

use super::compare::{Stored, compare};
use super::diff::{Change, ChangeKind, Diff, ImportMode, RowCounts};
use super::error::DirectoryError;
use super::fault::{Fault, Faults};
use super::parsed::{Parsed, Source};
use super::progress::{self, Unfinished, check_free};
use crate::model::{Actor, Employee, OrgUnit, TenantKey, Text, UnitId};
use crate::store::directory::{self as rows, HistoryRow};
use crate::store::{Reads, Scope, Store, StoreError, WriteTx, audit, settings, tenants};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::progress::find_unfinished;
pub use super::read::{read_bytes, read_path};

const LAST: &str = "directory.last_import";

/// Employees per commit: each commit costs as much as some hundred rows, and nobody waits longer than a second for it.
const COMMIT_ROWS: usize = 5_000;

/// How to import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// What the source is taken for.
    pub mode: ImportMode,
    /// Leave bad rows out and import the rest; stored rows with their ids stay as they are.
    pub skip_bad_rows: bool,
    /// Import although more people or units are absent than is usual.
    pub allow_shrink: bool,
    /// Import although more people than is usual would have another name, number, mobile or e-mail.
    pub allow_other_people: bool,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// Where the rows come from.
    pub source: Source,
    /// What the source is taken for.
    pub mode: ImportMode,
    /// Everything that would change, with the faults of rows and the warnings.
    pub diff: Diff,
    /// The state of the directory that it was compared with.
    #[serde(skip)]
    revision: u64,
}

impl Preview {
    /// Of a comparison that nothing is written from.
    #[cfg(test)]
    pub(super) fn of(source: Source, diff: Diff) -> Self {
        Self { source, mode: ImportMode::Replace, diff, revision: 0 }
    }

    /// Whether an import with these options would be let through.
    ///
    /// # Errors
    /// [`DirectoryError::BadRows`] or, for a shrunken source or one of other people, [`DirectoryError::Refused`] with each of
    /// the two that is not allowed.
    pub fn check(&self, options: &ImportOptions) -> Result<(), DirectoryError> {
        if !options.skip_bad_rows
            && let Some(faults) = Faults::of(self.diff.faults.clone())
        {
            return Err(DirectoryError::BadRows(faults));
        }
        let open = self.open_questions(options).into_iter().cloned().collect();
        Faults::of(open).map_or(Ok(()), |faults| Err(faults.into()))
    }

    /// What must be allowed and is not.
    pub fn open_questions(&self, options: &ImportOptions) -> Vec<&Fault> {
        let other = self.diff.other_people.iter().filter(|_| !options.allow_other_people);
        other.chain(self.diff.shrunken.iter().filter(|_| !options.allow_shrink)).collect()
    }

    /// The part of it that fits on a page and into the audit log.
    pub fn summary(&self) -> Summary {
        Summary {
            source: self.source.clone(),
            mode: self.mode,
            units: self.diff.units.counts,
            employees: self.diff.employees.counts,
            bad_rows: self.diff.faults.len() as u64,
            warnings: self.diff.warnings.len() as u64,
            shrunken: self.diff.shrunken.clone(),
            other_people: self.diff.other_people.clone(),
        }
    }
}

/// An import in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// Where the rows came from.
    pub source: Source,
    /// What the source was taken for.
    pub mode: ImportMode,
    /// Units.
    pub units: RowCounts,
    /// Employees.
    pub employees: RowCounts,
    /// Faults of rows; these rows are left out.
    pub bad_rows: u64,
    /// Warnings.
    pub warnings: u64,
    /// Why the source looks shrunken, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shrunken: Option<Fault>,
    /// Why the source looks like that of other people, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_people: Option<Fault>,
}

/// An import that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// What it did.
    #[serde(flatten)]
    pub summary: Summary,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Who: the actor's name.
    pub by: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// Rows that are durable.
    pub done: u64,
    /// Rows to write.
    pub total: u64,
}

/// Compares a source with the stored directory; writes nothing.
///
/// # Errors
/// [`DirectoryError::Refused`] when the directory that would come of it is unsound.
pub async fn preview(
    store: &Store,
    tenant: &TenantKey,
    parsed: Parsed,
    mode: ImportMode,
) -> Result<Preview, DirectoryError> {
    let key = tenant.clone();
    let (stored, revision) = store
        .read_async(move |tx| {
            if tenants::find(tx, &key)?.is_none() {
                return Ok(None);
            }
            let stored = Stored { units: rows::units(tx, &key)?, employees: rows::employees(tx, &key)? };
            Ok(Some((stored, rows::counts(tx, &key)?.revision)))
        })
        .await?
        .ok_or_else(|| DirectoryError::UnknownTenant(tenant.clone()))?;
    let source = parsed.source.clone();
    let work = tokio::task::spawn_blocking(move || compare(&stored, parsed, mode));
    let diff = work.await.map_err(|_| StoreError::Closed)??;
    Ok(Preview { source, mode, diff, revision })
}

/// Previews and, unless something stands against it, writes. `progress` hears how many rows are durable.
///
/// # Errors
/// As [`preview`] and [`Preview::check`], [`DirectoryError::Busy`] and [`DirectoryError::Changed`]: then nothing was written. After
/// [`DirectoryError::Store`] part of it may be written; run it again.
pub async fn import(
    store: &Store,
    tenant: &TenantKey,
    parsed: Parsed,
    options: ImportOptions,
    actor: &Actor,
    progress: impl FnMut(Progress),
) -> Result<Imported, DirectoryError> {
    let preview = preview(store, tenant, parsed, options.mode).await?;
    import_previewed(store, tenant, preview, options, actor, progress).await
}

/// Writes exactly this preview, unless something stands against it.
///
/// # Errors
/// As [`import`]; [`DirectoryError::Changed`] when the directory is not as it was compared.
pub(super) async fn import_previewed(
    store: &Store,
    tenant: &TenantKey,
    preview: Preview,
    options: ImportOptions,
    actor: &Actor,
    progress: impl FnMut(Progress),
) -> Result<Imported, DirectoryError> {
    preview.check(&options)?;
    write(store, tenant, preview, actor, progress).await
}

/// The last import that ended.
pub fn last_import(tx: &impl Reads, tenant: &TenantKey) -> Result<Option<Imported>, StoreError> {
    settings::get(tx, Scope::Tenant(tenant), LAST)
}

async fn write(
    store: &Store,
    tenant: &TenantKey,
    preview: Preview,
    actor: &Actor,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, DirectoryError> {
    let summary = preview.summary();
    let (revision, Diff { units, employees, .. }) = (preview.revision, preview.diff);
    let total = units.rows.len() + employees.rows.len();
    let mine = Unfinished::new(&preview.source.name, preview.mode, actor, total);
    let mut done = 0;
    let mut tell = |rows: usize| {
        done += rows;
        progress(Progress { done: done as u64, total: total as u64 });
        done as u64
    };

    let (removed, put): (Vec<_>, Vec<_>) = units.rows.into_iter().partition(|unit| unit.kind == ChangeKind::Removed);
    let removed: Vec<UnitId> = removed.into_iter().map(|unit| unit.row.id).collect();
    let put: Vec<OrgUnit> = put.into_iter().map(|unit| unit.row).collect();
    let count = put.len();
    let (key, marker) = (tenant.clone(), mine.clone());
    let begun = store.write(move |tx| {
        if let Err(busy) = check_free(tx, &key)? {
            return Ok(Err(busy));
        }
        if rows::counts(tx, &key)?.revision != revision {
            return Ok(Err(DirectoryError::Changed));
        }
        progress::begin(tx, &key, &marker)?;
        rows::put_units(tx, &key, &put)?;
        Ok(Ok(()))
    });
    begun.await??;
    let mut written = tell(count);

    let (leaving, staying): (Vec<_>, Vec<_>) =
        employees.rows.into_iter().partition(|change| change.kind == ChangeKind::Departed);
    for mut part in [staying, leaving] {
        part.sort_by(|a, b| a.row.id.cmp(&b.row.id));
        let (key, marker, by, before) = (tenant.clone(), mine.clone(), actor.clone(), written);
        let put = move |tx: &WriteTx, first: usize, chunk: &[Change<Employee>]| {
            progress::advance(tx, &key, &marker, before + (first + chunk.len()) as u64)?;
            put_changes(tx, &key, chunk, &by)
        };
        let mut last = 0;
        store
            .write_chunks(part, COMMIT_ROWS, put, |durable| {
                written = tell(durable - last);
                last = durable;
            })
            .await?;
    }

    let gone = removed.len();
    let (key, by) = (tenant.clone(), actor.clone());
    let imported = store.write(move |tx| {
        progress::advance(tx, &key, &mine, written)?;
        for unit in &removed {
            rows::remove_unit(tx, &key, unit)?;
        }
        let imported = Imported { summary: summary.clone(), at_ms: tx.now_ms(), by: by.name.clone() };
        settings::put(tx, Scope::Tenant(&key), LAST, &imported)?;
        let after = serde_json::to_value(&summary).ok();
        audit::append(tx, &by, "directory.import", key.as_str(), None, after)?;
        progress::end(tx, &key, &mine)?;
        Ok(imported)
    });
    let imported = imported.await?;
    tell(gone);
    Ok(imported)
}

/// Writes employees with their history.
pub(super) fn put_changes(
    tx: &WriteTx,
    tenant: &TenantKey,
    changes: &[Change<Employee>],
    by: &Actor,
) -> Result<(), StoreError> {
    let employees: Vec<Employee> = changes.iter().map(|change| change.row.clone()).collect();
    rows::put_employees(tx, tenant, &employees)?;
    let now_ms = tx.now_ms();
    rows::append_histories(tx, tenant, changes.iter().map(|change| (&change.row.id, history_of(change, now_ms, by))))
}

fn history_of(change: &Change<Employee>, at_ms: i64, by: &Actor) -> Vec<HistoryRow> {
    let row = |field: &Text, before: Option<Text>, after: Option<Text>| {
        let field = field.clone();
        HistoryRow { at_ms, actor: by.name.as_str().into(), field, before, after }
    };
    if change.kind == ChangeKind::Added {
        return vec![row(&Text::const_new("*"), None, Some(change.row.name.clone()))];
    }
    let filled = |text: &Text| (!text.is_empty()).then(|| text.clone());
    change.fields.iter().map(|field| row(&field.field, filled(&field.before), filled(&field.after))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::directory::{Limits, service};
    use crate::model::Tenant;
    use crate::store::{KeyRing, StoreOptions};

    #[tokio::test]
    async fn what_others_wrote_after_the_comparison_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), Clock::manual(1))).unwrap();
        let (key, by): (TenantKey, _) = ("acme".into(), Actor::cli("tester"));
        let tenant = Tenant { key: key.clone(), name: "A".into() };
        store.write(move |tx| tenants::put(tx, &tenant)).await.unwrap();
        let root = serde_json::json!([{"id": "1", "name": "A"}]);
        let units: Vec<OrgUnit> = serde_json::from_value(root).unwrap();
        service::put_units(&store, &key, units, &by).await.unwrap();
        let person = |name: &str| vec![Employee::new("a", name, "1")];
        service::put_employees(&store, &key, person("first"), &by).await.unwrap();

        let csv = "id,name,unit_id\na,file,1\n".as_bytes();
        let parsed = || read_bytes("employees.csv", csv, Limits::UPLOAD).unwrap();
        let seen = preview(&store, &key, parsed(), ImportMode::Merge).await.unwrap();
        service::put_employees(&store, &key, person("second"), &by).await.unwrap();
        let refused = write(&store, &key, seen, &by, |_| {}).await.unwrap_err();
        assert!(matches!(refused, DirectoryError::Changed), "{refused}");
        let name = || store.read(|tx| rows::find_employee(tx, &key, &"a".into())).unwrap().unwrap().name;
        assert_eq!(name(), "second");
        let options = ImportOptions { mode: ImportMode::Merge, ..ImportOptions::default() };
        import(&store, &key, parsed(), options, &by, |_| {}).await.unwrap();
        assert_eq!(name(), "file");
    }

    /// An import that only seems to be interrupted does not write over what was let in because of that.
    #[tokio::test]
    async fn what_was_written_past_a_stale_marker_stands() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(1);
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        let (key, by): (TenantKey, _) = ("acme".into(), Actor::cli("tester"));
        let tenant = Tenant { key: key.clone(), name: "A".into() };
        store.write(move |tx| tenants::put(tx, &tenant)).await.unwrap();
        let units: Vec<OrgUnit> = serde_json::from_value(serde_json::json!([{"id": "1", "name": "A"}])).unwrap();
        service::put_units(&store, &key, units, &by).await.unwrap();
        let person = |name: &str| vec![Employee::new("a", name, "1")];
        service::put_employees(&store, &key, person("first"), &by).await.unwrap();
        let parsed = || read_bytes("employees.csv", "id,name,unit_id\na,file,1\n".as_bytes(), Limits::UPLOAD).unwrap();
        let seen = preview(&store, &key, parsed(), ImportMode::Merge).await.unwrap();

        // its first commit is there; the clock is set, and somebody else writes before the second
        let mut is_begun = false;
        let (others, tenant, other) = (store.clone(), key.clone(), by.clone());
        let told = |_| {
            if std::mem::replace(&mut is_begun, true) {
                return;
            }
            let (others, tenant, other) = (others.clone(), tenant.clone(), other.clone());
            let put = move |name: &'static str| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let rows = vec![Employee::new("a", name, "1")];
                runtime.block_on(service::put_employees(&others, &tenant, rows, &other))
            };
            let clock = clock.clone();
            let written = std::thread::spawn(move || {
                assert!(matches!(put("too early"), Err(DirectoryError::Busy { .. })));
                clock.advance(std::time::Duration::from_millis(progress::STALE_AFTER_MS.unsigned_abs()));
                put("second").unwrap();
            });
            written.join().unwrap();
        };
        let stopped = write(&store, &key, seen, &by, told).await.unwrap_err();
        assert!(matches!(stopped, DirectoryError::Store(StoreError::Conflict { .. })), "{stopped}");
        let name = || store.read(|tx| rows::find_employee(tx, &key, &"a".into())).unwrap().unwrap().name;
        assert_eq!(name(), "second");
        let unfinished = || store.read(|tx| find_unfinished(tx, &key)).unwrap();
        assert_eq!(unfinished().unwrap().source_name, "employees.csv", "it is to be run again");
        let options = ImportOptions { mode: ImportMode::Merge, ..ImportOptions::default() };
        import(&store, &key, parsed(), options, &by, |_| {}).await.unwrap();
        assert_eq!((name(), unfinished()), ("file".into(), None));
    }
}

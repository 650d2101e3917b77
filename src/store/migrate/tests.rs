//! The machinery with invented steps.

use super::super::open::{StoreOptions, open};
use super::super::{Scope, Store, StoreError, settings};
use super::{MIGRATIONS, Migration};
use crate::clock::Clock;
use crate::store::KeyRing;
use std::path::{Path, PathBuf};

const SECOND: Migration = Migration {
    to: 2,
    name: "doubles the setting",
    run: |tx| {
        let n: u64 = settings::get(tx, Scope::Appliance, "n")?.unwrap_or(0);
        settings::put(tx, Scope::Appliance, "n", &(n * 2))
    },
};
const THIRD: Migration =
    Migration { to: 3, name: "adds one", run: |tx| settings::put(tx, Scope::Appliance, "third", &true) };
const BROKEN: Migration = Migration {
    to: 3,
    name: "writes and then fails",
    run: |tx| {
        settings::put(tx, Scope::Appliance, "n", &999)?;
        Err(StoreError::Refused("on purpose".into()))
    },
};
const PANICS: Migration = Migration { to: 3, name: "panics", run: |_| panic!("on purpose") };

fn with(more: &[&'static Migration]) -> Vec<Migration> {
    MIGRATIONS.iter().chain(more.iter().copied()).map(|m| Migration { to: m.to, name: m.name, run: m.run }).collect()
}

struct Home(tempfile::TempDir, KeyRing);

impl Home {
    /// A store of schema 1 with one setting in it.
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap(), KeyRing::in_memory());
        let store = home.open(&[]).unwrap();
        store.write_blocking(|tx| settings::put(tx, Scope::Appliance, "n", &21)).unwrap();
        home
    }

    fn open(&self, more: &[&'static Migration]) -> Result<Store, StoreError> {
        self.open_file(self.0.path(), more)
    }

    fn open_file(&self, path: &Path, more: &[&'static Migration]) -> Result<Store, StoreError> {
        let options = StoreOptions::new(self.1.clone(), Clock::manual(1_800_000_000_000));
        open(path, options, &with(more))
    }

    fn backups(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut backups: Vec<_> =
            entries.filter(|path| path.to_string_lossy().contains("before-migration-from-")).collect();
        backups.sort();
        backups
    }
}

fn n(store: &Store) -> Option<u64> {
    store.read(|tx| settings::get(tx, Scope::Appliance, "n")).unwrap()
}

fn schema(store: &Store) -> u32 {
    store.stats().unwrap().schema
}

#[test]
fn steps_are_in_order_without_gaps() {
    for (at, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(migration.to as usize, at + 1, "{}", migration.name);
    }
}

#[test]
fn missing_steps_run_once_after_a_backup() {
    let home = Home::new();
    let store = home.open(&[&SECOND, &THIRD]).unwrap();
    assert_eq!((n(&store), schema(&store)), (Some(42), 3));
    drop(store);
    assert_eq!(home.backups().len(), 1);
    let store = home.open(&[&SECOND, &THIRD]).unwrap();
    assert_eq!((n(&store), home.backups().len()), (Some(42), 1), "a second start changes nothing");
    drop(store);
    let former = home.open_file(&home.backups()[0], &[]).unwrap();
    assert_eq!((n(&former), schema(&former)), (Some(21), 1), "the backup is of before");
}

#[test]
fn a_failing_step_leaves_the_schema_before_it() {
    for broken in [&BROKEN, &PANICS] {
        let home = Home::new();
        let error = home.open(&[&SECOND, broken]).unwrap_err();
        match (&error, broken.name) {
            (StoreError::Migration { to: 3, backup, .. }, _) => assert!(backup.exists()),
            other => panic!("{other:?}"),
        }
        let store = home.open(&[&SECOND]).unwrap();
        assert_eq!((n(&store), schema(&store)), (Some(42), 2), "{}", broken.name);
        drop(store);
        let store = home.open(&[&SECOND, &THIRD]).unwrap();
        assert_eq!((n(&store), schema(&store)), (Some(42), 3), "{}", broken.name);
    }
}

#[test]
fn a_newer_file_is_refused_and_keeps_its_rows() {
    let home = Home::new();
    drop(home.open(&[&SECOND]).unwrap());
    let error = home.open(&[]).unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 2, supported: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("newer version"), "{error}");
    assert_eq!(home.backups().len(), 1, "no further backup");
    assert_eq!(n(&home.open(&[&SECOND]).unwrap()), Some(42));
}

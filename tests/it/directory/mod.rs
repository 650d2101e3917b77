//! The OA directory: files in, files out, nothing dangerous written.

mod dangerous;
mod import;
mod property;
mod round_trip;
mod service;
mod slapd;

use tempfile::TempDir;
use wecom_bridge::clock::Clock;
use wecom_bridge::directory::{
    self, DirectoryError, ImportMode, ImportOptions, Imported, Limits, Parsed, Stored, sample::SampleSpec,
};
use wecom_bridge::model::{Actor, Employee, OrgUnit, Tenant, TenantKey};
use wecom_bridge::store::{KeyRing, Store, StoreOptions, directory as rows, tenants};

/// A store with one tenant in a folder of its own.
pub struct House {
    pub store: Store,
    pub tenant: TenantKey,
    pub clock: Clock,
    _folder: TempDir,
}

impl House {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(1_700_000_000_000);
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        let tenant = Tenant { key: TenantKey::parse("acme").unwrap(), name: "示例集团".into() };
        let row = tenant.clone();
        store.write(move |tx| tenants::put(tx, &row)).await.unwrap();
        Self { store, tenant: tenant.key, clock, _folder: folder }
    }

    /// A house whose directory is a sample organisation.
    pub async fn furnished(spec: SampleSpec) -> (Self, Stored) {
        let house = Self::new().await;
        let (units, employees) = directory::sample::generate(spec);
        let bytes = directory::export::to_zip(&units, &employees, Default::default()).unwrap();
        house.import("sample.zip", &bytes, Default::default()).await.unwrap();
        let stored = house.stored();
        (house, stored)
    }

    pub fn stored(&self) -> Stored {
        let read = |tx: &_| {
            Ok(Stored { units: rows::units(tx, &self.tenant)?, employees: rows::employees(tx, &self.tenant)? })
        };
        self.store.read(read).unwrap()
    }

    pub async fn import(&self, name: &str, bytes: &[u8], options: ImportOptions) -> Result<Imported, DirectoryError> {
        let parsed = directory::read_bytes(name, bytes, Limits::UPLOAD)?;
        self.import_parsed(parsed, options).await
    }

    pub async fn import_parsed(&self, parsed: Parsed, options: ImportOptions) -> Result<Imported, DirectoryError> {
        directory::import::import(&self.store, &self.tenant, parsed, options, &actor(), |_| {}).await
    }
}

pub fn actor() -> Actor {
    Actor::cli("tester")
}

pub fn merge() -> ImportOptions {
    ImportOptions { mode: ImportMode::Merge, ..ImportOptions::default() }
}

/// Both lists by id, for comparing.
pub fn sorted(mut units: Vec<OrgUnit>, mut employees: Vec<Employee>) -> (Vec<OrgUnit>, Vec<Employee>) {
    units.sort_by(|a, b| a.id.cmp(&b.id));
    employees.sort_by(|a, b| a.id.cmp(&b.id));
    (units, employees)
}

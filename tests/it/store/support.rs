//! Stores in temporary directories, and small rows to put in them.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{BindingOrigin, Corp, CorpKey, Employee, MemberBinding, Run, Tenant, TenantKey, Text};
use wecom_bridge::store::{self, KeyRing, Store, StoreError, StoreOptions, WriteTx};

/// A data directory with a key file, and the store in it.
pub struct Home {
    directory: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn key_file(&self) -> PathBuf {
        self.path().join("master.key")
    }

    pub fn database(&self) -> PathBuf {
        store::database_path(self.path())
    }

    pub fn options(&self) -> Result<StoreOptions, StoreError> {
        options(self.path())
    }

    pub fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.path(), self.options()?)
    }

    pub fn open_at(&self, clock: Clock) -> Store {
        Store::open(self.path(), StoreOptions { clock, ..self.options().unwrap() }).unwrap()
    }

    pub fn open(&self) -> Store {
        self.try_open().unwrap()
    }
}

pub fn options(directory: &Path) -> Result<StoreOptions, StoreError> {
    let keys = KeyRing::load_or_create(&directory.join("master.key"), directory)?;
    Ok(StoreOptions::new(keys, Clock::manual(1_800_000_000_000)))
}

pub fn tenant() -> Tenant {
    Tenant { key: TenantKey::from("acme"), name: "示例集团".into() }
}

pub fn corp(key: &str) -> Corp {
    serde_json::from_value(serde_json::json!({
        "key": key,
        "tenant": "acme",
        "name": "示例集团",
        "corpid": "ww0123456789abcdef",
        "edition": "public",
        "endpoints": {
            "api_base": "http://127.0.0.1:9", "authorize_base": "", "login_base": "", "console_url": "",
            "ca_file": "", "proxy": "", "timeout_ms": 5000
        },
        "access": "read-only",
        "read_app": null,
        "quota": {},
        "apps": [],
        "match_rules": [],
        "pull": {},
        "downstream": {},
        "upstream": {}
    }))
    .unwrap()
}

pub fn corp_key() -> CorpKey {
    CorpKey::from("acme-main")
}

/// Employee number `n`, with everything filled in as a real directory has it.
pub fn employee(n: usize) -> Employee {
    let mut row = Employee::new(format!("e{n:06}"), &format!("员工{n}"), format!("u{:04}", n % 1_000).as_str());
    row.account = Text::from(format!("user{n}"));
    row.employee_no = Text::from(format!("{n:08}"));
    row.mobile = Text::from(format!("139{n:08}"));
    row.email = Text::from(format!("user{n}@example.org"));
    row.position = Text::from("工程师");
    row
}

pub fn binding(employee: &str, userid: &str) -> MemberBinding {
    serde_json::from_value(serde_json::json!({
        "employee": employee, "userid": userid, "origin": BindingOrigin::Rule, "bound_at_ms": 1
    }))
    .unwrap()
}

/// A store with a tenant and a corp.
pub fn furnish(store: &Store) {
    store
        .write_blocking(|tx| {
            store::tenants::put(tx, &tenant())?;
            store::corps::put(tx, &corp("acme-main"))
        })
        .unwrap();
}

/// Runs one ignored test of this binary in a process of its own, with the variable set that tells it to play.
pub fn child(test: &str, variable: &str, value: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(variable, value)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped());
    command
}

pub fn furnished() -> (Home, Store) {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    (home, store)
}

pub fn write<T: Send + 'static>(
    store: &Store,
    work: impl Fn(&WriteTx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    store.write_blocking(work)
}

pub fn is_good(store: &Store) {
    let report = store.verify().unwrap();
    assert!(report.is_good(), "{:?}", report.faults);
}

/// A run that has not ended.
pub fn run(corp: &str, id: &str, started_at_ms: i64) -> Run {
    serde_json::from_value(serde_json::json!({
        "id": id, "corp": corp, "kind": "downstream", "state": "running", "by": "cli", "plan": "p1",
        "started_at_ms": started_at_ms, "done": 0, "total": 0, "counts": {"departments": {}, "members": {}},
        "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
    }))
    .unwrap()
}

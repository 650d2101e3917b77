//! Accounts, the door, sessions, the first start.

mod accounts;
mod first_start;
mod retention;
mod sessions;
mod settings;
mod sign_in;
mod totp;

use std::time::Duration;
use wecom_bridge::admin::Env;
use wecom_bridge::admin::accounts::{self as people, NewAccount};
use wecom_bridge::admin::sessions::{Opened, Visitor};
use wecom_bridge::admin::sign_in::{Attempt, Refused, sign_in};
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{Account, Actor, AuditRow, Role, Secret};
use wecom_bridge::store::{self, KeyRing, Store, StoreOptions};

/// 2025-11-20 00:00:00 UTC.
const START_MS: i64 = 1_763_596_800_000;
const PASSWORD: &str = "a right password";

/// A store, a clock that stands still, and the room under test.
struct House {
    folder: tempfile::TempDir,
    clock: Clock,
    env: Env,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(START_MS);
        let options = StoreOptions::new(KeyRing::in_memory(), clock.clone());
        let store = Store::open(folder.path(), options).unwrap();
        Self { env: Env::new(store, clock.clone()), folder, clock }
    }

    /// The same house after a restart: what was only in memory is gone.
    fn restarted(self) -> Self {
        Self { env: Env::new(self.env.store.clone(), self.clock.clone()), ..self }
    }

    fn advance_s(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn account(&self, name: &str, role: Role) -> Account {
        people::create(&self.env, &cli(), new_account(name, role)).await.unwrap()
    }

    async fn knock(&self, name: &str, password: &str, code: Option<&str>) -> Result<Opened, Refused> {
        self.knock_from("10.0.0.1", name, password, code).await
    }

    async fn knock_from(&self, from: &str, name: &str, password: &str, code: Option<&str>) -> Result<Opened, Refused> {
        let visitor = Visitor { from: Some(from.parse().unwrap()), user_agent: Some("a browser".into()) };
        let (name, password) = (name.to_owned(), Secret::new(password));
        sign_in(&self.env, Attempt { name, password, code: code.map(str::to_owned), visitor }).await
    }

    /// The audit log, the newest first.
    fn audit(&self) -> Vec<AuditRow> {
        self.env.store.read(|tx| store::audit::page(tx, None, 1_000)).unwrap()
    }

    fn actions(&self) -> Vec<String> {
        self.audit().into_iter().rev().map(|row| row.action).collect()
    }

    /// Every row, index and chain is in order.
    fn check_store(&self) {
        let report = self.env.store.verify().unwrap();
        assert!(report.is_good(), "{report:?}");
    }
}

fn new_account(name: &str, role: Role) -> NewAccount {
    NewAccount {
        name: name.into(),
        display_name: format!("{name} 某"),
        role,
        password: Secret::new(PASSWORD),
        must_change_password: false,
        language: None,
    }
}

fn cli() -> Actor {
    Actor::cli("root")
}

/// What a guesser sees of an answer.
fn seen(result: &Result<Opened, Refused>) -> String {
    match result {
        Ok(_) => "in".into(),
        Err(Refused::Wait { retry_after_s }) => format!("wait {retry_after_s}"),
        Err(refused) => refused.code().into(),
    }
}

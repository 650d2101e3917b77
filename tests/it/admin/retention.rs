//! What is old goes at night, and what may still be needed stays.

use super::{START_MS, cli};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wecom_bridge::admin::settings::{self, Settings};
use wecom_bridge::app::App;
use wecom_bridge::clock::Clock;
use wecom_bridge::config::Config;
use wecom_bridge::model::{Change, JournalEntry, PlanHead, Run, StoredAnswer, Tenant};
use wecom_bridge::ops::retention::{self, Cleaned, RUNS_SPARED};
use wecom_bridge::store::{self, WriteTx};

const DAY_MS: i64 = 24 * 3_600_000;

struct House {
    app: Arc<App>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(START_MS);
        let config = Config::from_toml(&format!("data_dir = {:?}\n", folder.path())).unwrap();
        let house = Self { app: App::open(config, clock.clone()).unwrap(), clock, _folder: folder };
        house.write(|tx| {
            store::tenants::put(tx, &Tenant { key: "acme".into(), name: "Acme".into() })?;
            let corp = wecom_bridge::setup::read(
                include_str!("../../../packaging/setup-example.toml"),
                &wecom_bridge::setup::ReadFrom { env: &|_| None, folder: std::path::Path::new("") },
            );
            store::corps::put(tx, &corp.unwrap().corps[0].corp)
        });
        house
    }

    fn write(&self, work: impl Fn(&WriteTx) -> Result<(), store::StoreError> + Send + 'static) {
        self.app.store.write_blocking(work).unwrap();
    }

    fn pass_days(&self, days: u64) {
        self.clock.advance(Duration::from_secs(days * 24 * 3_600));
    }

    fn ago(&self, days: i64) -> i64 {
        self.clock.now_ms() - days * DAY_MS
    }

    /// A run that began and ended so many days ago.
    fn run(&self, id: &str, kind: &str, state: &str, plan: Option<&str>, days: i64) {
        let at_ms = self.ago(days);
        let run: Run = serde_json::from_value(json!({
            "id": id, "corp": "acme-main", "kind": kind, "state": state, "by": "tester", "started_at_ms": at_ms,
            "ended_at_ms": (state != "running").then_some(at_ms), "plan": plan, "done": 1, "total": 1,
            "counts": {"departments": {}, "members": {}}, "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": [],
        }))
        .unwrap();
        let entry: JournalEntry =
            serde_json::from_value(json!({ "seq": 0, "outcome": {"state": "done"}, "at_ms": at_ms, "attempts": 1 }))
                .unwrap();
        self.write(move |tx| {
            store::runs::put(tx, &run)?;
            store::runs::put_entries(tx, &run.id, std::slice::from_ref(&entry))
        });
    }

    /// A plan of one change that expired so many days ago.
    fn plan(&self, id: &str, state: &str, undoes: Option<&str>, days: i64) {
        let head: PlanHead = serde_json::from_value(json!({
            "id": id, "corp": "acme-main", "direction": "downstream", "hash": "00", "created_at_ms": self.ago(days + 1),
            "expires_at_ms": self.ago(days), "state": state, "guards": [], "counts": {"departments": {}, "members": {}},
            "budget": {"calls": 0, "by_endpoint": {}, "reads": 0, "estimated_s": 0, "strategy": "", "strategy_reason": "",
                       "creations_30_days": 0},
            "invariants": [], "notices": [], "source_employees": 0, "mirror_read_at_ms": 0, "options_hash": "00",
            "undoes": undoes, "compute_ms": 0,
        }))
        .unwrap();
        let change: Change = serde_json::from_value(json!({
            "seq": 0, "action": "unbind_member", "employee": "e1", "userid": "u1", "reason": "undo.bound", "reversible": "yes",
        }))
        .unwrap();
        self.write(move |tx| {
            store::plans::put_changes(tx, &head.corp, &head.id, std::slice::from_ref(&change))?;
            store::plans::put_head(tx, &head)
        });
    }

    fn runs(&self) -> Vec<String> {
        let mut runs = self.app.store.read(|tx| store::runs::list(tx, &"acme-main".into(), 1_000)).unwrap();
        runs.sort_by(|a, b| a.id.cmp(&b.id));
        runs.into_iter().map(|run| run.id.to_string()).collect()
    }

    fn plans(&self) -> Vec<String> {
        let plans = self.app.store.read(|tx| store::plans::list(tx, &"acme-main".into(), 1_000)).unwrap();
        plans.into_iter().rev().map(|plan| plan.id.to_string()).collect()
    }

    async fn night(&self) -> Cleaned {
        self.pass_days(1);
        let cleaned = retention::clean_if_due(&self.app).await.unwrap().expect("a new day");
        assert!(self.app.store.verify().unwrap().is_good());
        cleaned
    }

    fn audit(&self) -> Vec<(u64, String)> {
        let rows = self.app.store.read(|tx| store::audit::page(tx, None, 1_000)).unwrap();
        rows.into_iter().rev().map(|row| (row.seq, row.action)).collect()
    }
}

#[tokio::test]
async fn what_may_still_be_needed_stays() {
    let house = House::new();
    house.pass_days(1_000);
    // thirteen old syncs: the newest ten stay, and the oldest of all, which somebody is about to undo
    for n in 0..13 {
        house.plan(&format!("p{n:02}"), "taken", None, 500 - n);
        house.run(&format!("r{n:02}"), "downstream", "done", Some(&format!("p{n:02}")), 500 - n);
    }
    house.run("r20", "pull", "done", None, 400);
    house.run("r21", "pull", "failed", None, 366);
    house.run("r23", "downstream", "running", Some("p23"), 400);
    house.run("r24", "downstream", "failed", None, 366);
    house.run("r25", "pull", "done", None, 364);
    house.plan("q1", "ready", Some("r00"), -2);
    house.plan("q2", "held", None, -2);
    house.plan("q3", "held", None, 8);
    house.plan("q4", "ready", None, 6);
    house.plan("q5", "rejected", None, 8);
    assert_eq!(RUNS_SPARED, 10);

    let cleaned = house.night().await;
    assert_eq!((cleaned.runs, cleaned.plans), (6, 2), "{cleaned:?}");
    let mut stay: Vec<String> = (4..13).map(|n| format!("r{n:02}")).collect();
    stay.insert(0, "r00".into());
    stay.extend(["r23", "r25"].map(String::from));
    // r23 has not ended, and counts among the ten
    assert_eq!(house.runs(), stay);
    let mut stay: Vec<String> = (4..13).map(|n| format!("p{n:02}")).collect();
    stay.insert(0, "p00".into());
    stay.extend(["q1", "q2", "q4"].map(String::from));
    assert_eq!(house.plans(), stay);
    let journal = house.app.store.read(|tx| store::runs::entries(tx, &"r00".into(), 0..9)).unwrap();
    assert_eq!(journal.len(), 1);

    // a day later the undo has run out
    let cleaned = house.night().await;
    assert_eq!((cleaned.runs, cleaned.plans), (2, 1), "{cleaned:?}: r00 and its plan, r25, q4");
    assert_eq!(retention::clean_if_due(&house.app).await.unwrap(), None, "once a day");
    let off = Settings { keep_runs_days: 0, ..Settings::default() };
    settings::set(&house.app.admin, &cli(), off).await.unwrap();
    house.run("r30", "pull", "done", None, 5_000);
    assert_eq!(house.night().await.runs, 0, "0 = never");
}

#[tokio::test]
async fn what_has_run_out_goes() {
    let house = House::new();
    let (old, young) = (START_MS, START_MS + 1_000 * DAY_MS);
    house.write(move |tx| {
        let person = "e1".into();
        let rows = [old, old + 1, young].map(|at_ms| {
            serde_json::from_value(json!({ "at_ms": at_ms, "actor": "a", "field": "name", "after": "x" })).unwrap()
        });
        store::directory::append_history(tx, &"acme".into(), &person, &rows)?;
        let answer = |at_ms: i64| -> StoredAnswer {
            serde_json::from_value(json!({ "fingerprint": "f", "status": 200, "body": Value::Null, "at_ms": at_ms }))
                .unwrap()
        };
        store::idempotency::put(tx, "k", "old", &answer(old))?;
        store::idempotency::put(tx, "k", "young", &answer(young + 200 * DAY_MS - 1))?;
        store::removals::append(tx, &"acme-main".into(), old, &"u".into(), store::removals::RemovalKind::Deleted)?;
        let failed = store::attempts::Attempts { failures: 3, last_ms: old, is_account: false };
        store::attempts::put(tx, "name", failed, 0)
    });
    house.pass_days(1_199);
    let cleaned = house.night().await;
    let expected = Cleaned { history: 2, answers: 1, attempts: 1, removals: 1, ..Cleaned::default() };
    assert_eq!(cleaned, expected);
    let left = house.app.store.read(|tx| store::directory::history(tx, &"acme".into(), &"e1".into())).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(house.night().await, Cleaned { answers: 1, ..Cleaned::default() });
}

/// The guards over 30 days do not forget because a clock is ahead.
#[tokio::test]
async fn removals_stay_while_the_clocks_are_known_to_differ() {
    let house = House::new();
    let skewed = |skew_s: i64| {
        house.write(move |tx| {
            let scope = store::Scope::Corp(&"acme-main".into());
            store::settings::put(tx, scope, "sync.memory", &json!({ "clock_skew_s": skew_s }))
        });
    };
    house.write(|tx| {
        let kind = store::removals::RemovalKind::Deleted;
        store::removals::append(tx, &"acme-main".into(), START_MS, &"u".into(), kind)
    });
    house.pass_days(365);
    for skew_s in [-365 * 86_400, 6 * 60] {
        skewed(skew_s);
        assert_eq!(house.night().await.removals, 0, "{skew_s}");
    }
    skewed(5 * 60);
    assert_eq!(house.night().await.removals, 1);
}

#[tokio::test]
async fn the_audit_log_stays_unless_somebody_says_so_and_can_be_verified_afterwards() {
    let house = House::new();
    for language in ["en", "zh", "en"] {
        let wanted = Settings { language: language.into(), ..Settings::default() };
        settings::set(&house.app.admin, &cli(), wanted).await.unwrap();
    }
    house.pass_days(5_000);
    house.night().await;
    assert_eq!(house.audit().len(), 3, "nothing by default");
    let wanted = Settings { keep_audit_days: 180, ..Settings::default() };
    settings::set(&house.app.admin, &cli(), wanted).await.unwrap();
    assert_eq!(house.night().await.audit, 3);
    let rows = house.audit();
    assert_eq!(rows, [(4, "settings.change".into()), (5, "retention.clean".into())]);
    assert_eq!(house.app.store.read(store::audit::verify_chain).unwrap(), None);
    house.pass_days(400);
    assert_eq!(house.night().await.audit, 1, "the last row of all stays, or the chain would have no end");
    assert_eq!(house.app.store.read(store::audit::verify_chain).unwrap(), None);
    let rows = house.audit();
    assert_eq!(rows.last().unwrap().1, "retention.clean");
}

#[tokio::test]
async fn the_night_begins_at_four_and_is_made_up_for() {
    let house = House::new();
    // START_MS is eight in the morning in China
    assert!(retention::clean_if_due(&house.app).await.unwrap().is_some());
    house.clock.advance(Duration::from_secs(17 * 3_600));
    assert!(retention::clean_if_due(&house.app).await.unwrap().is_none(), "one in the morning");
    house.clock.advance(Duration::from_secs(5 * 3_600));
    assert!(retention::clean_if_due(&house.app).await.unwrap().is_some(), "six: it was off at four");
    assert!(retention::clean_if_due(&house.app).await.unwrap().is_none());
}

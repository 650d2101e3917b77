//! The overview: what runs did day by day, what waits, what failed, what comes next.

use super::world::{NOW_MS, World, row};
use chrono_tz::Asia::Shanghai;
use serde_json::{Value, json};
use std::sync::Arc;
use wecom_bridge::browse::BrowseError;
use wecom_bridge::jobs::{Jobs, ScheduleKind};
use wecom_bridge::model::{PlanHead, RunState};
use wecom_bridge::store;
use wecom_bridge::sync::{Env, hash};
use wecom_bridge::wecom::{Clients, NoObserver};

const DAY_MS: i64 = 24 * 3_600_000;

fn run(world: &World, at: i64, kind: &str, state: &str, fields: Value) {
    let mut run = json!({
        "id": format!("01900000-0000-7000-8000-{:012}", 1_000 + at), "corp": world.corp, "kind": kind, "state": state,
        "by": "schedule", "started_at_ms": NOW_MS + at * DAY_MS, "ended_at_ms": NOW_MS, "done": 0, "total": 0,
        "counts": {"departments": {}, "members": {}}, "calls": {"reads": 1, "writes": 0, "by_endpoint": {}}, "failed": []
    });
    for (name, value) in fields.as_object().unwrap() {
        run[name] = value.clone();
    }
    let run = row(run);
    world.store.write_blocking(move |tx| store::runs::put(tx, &run)).unwrap();
}

fn held(id: &str, state: &str, expires_at_ms: i64) -> PlanHead {
    row(json!({
        "id": id, "corp": "acme-main", "direction": "downstream", "hash": "00", "created_at_ms": NOW_MS,
        "expires_at_ms": expires_at_ms, "state": state,
        "guards": [{"name": "max_removals", "tripped": true, "value": 3, "limit": 1},
                   {"name": "max_source_drop", "tripped": false, "value": 0, "limit": 1}],
        "counts": {"departments": {"create": 2}, "members": {"delete": 1, "disable": 2}}, "invariants": [], "notices": [],
        "budget": {"calls": 0, "by_endpoint": {}, "reads": 0, "estimated_s": 0, "strategy": "per_object",
                   "strategy_reason": "", "creations_30_days": 0},
        "source_employees": 0, "mirror_read_at_ms": 0, "options_hash": "", "compute_ms": 0
    }))
}

#[tokio::test]
async fn the_overview_of_a_corp() {
    let world = World::new();
    let pull = |members: u64| json!({"pull": {"strategy": "lists", "departments": 1, "members": members, "bound": 0, "ambiguous": 0, "unreadable": 0}});
    run(&world, -40, "pull", "done", pull(70));
    run(&world, -2, "pull", "done", pull(80));
    run(
        &world,
        -1,
        "downstream",
        "partly",
        json!({
            "counts": {"departments": {"move": 1}, "members": {"create": 5, "disable": 2, "enable": 1}},
            "calls": {"reads": 3, "writes": 8, "by_endpoint": {}}, "failed_total": 1,
            "failed": [{"seq": 0, "subject": "member a", "step": "user/create", "errcode": 1, "message": "m"}]
        }),
    );
    run(&world, 0, "pull", "running", json!({ "ended_at_ms": null }));
    let corp = world.corp.clone();
    world
        .store
        .write_blocking(move |tx| {
            let now = hash::of_options(&store::corps::find(tx, &corp)?.unwrap());
            for (id, state, expires, options_hash) in [
                ("p1", "held", NOW_MS + 1, now.as_str()),
                ("p2", "held", NOW_MS, &now),
                ("p3", "rejected", NOW_MS + 1, &now),
                ("p4", "held", NOW_MS + 1, "other settings"),
            ] {
                let options_hash = options_hash.to_owned();
                store::plans::put_head(tx, &PlanHead { options_hash, ..held(id, state, expires) })?;
            }
            Ok(())
        })
        .unwrap();
    let stats = world.views.stats(&world.corp, 30, Shanghai).await.unwrap();
    assert_eq!((stats.days.len(), stats.is_cut), (30, false));
    let members: Vec<_> = stats.days.iter().rev().map(|day| day.members).take(4).collect();
    assert_eq!(members, [Some(80), Some(80), Some(80), Some(70)], "the last pull before the span counts");
    let day = stats.days[28];
    assert_eq!((day.created, day.updated, day.removed, day.departments), (5, 1, 2, 1));
    assert_eq!((day.reads, day.writes, day.runs, day.failed), (3, 8, 1, 1));
    assert_eq!(stats.failures.len(), 1);
    assert_eq!((stats.failures[0].state, stats.failures[0].failed), (RunState::Partly, 1));
    assert_eq!(stats.running.unwrap().state, RunState::Running);
    assert_eq!(stats.last_pull.unwrap().pull.unwrap().members, 80);
    assert_eq!(stats.last_sync.unwrap().state, RunState::Partly);
    let waiting: Vec<_> = stats.waiting.iter().map(|plan| (plan.id.as_str(), plan.changes, plan.removals)).collect();
    assert_eq!(waiting, [("p1", 5, 3)], "neither expired nor decided nor overtaken");
    assert_eq!(stats.waiting[0].guards, ["max_removals"]);
    assert_eq!(stats.members, None, "nothing was read yet");
    let failed = world.views.stats(&"nobody".into(), 30, Shanghai).await;
    assert!(matches!(failed, Err(BrowseError::NoCorp(_))));
}

#[tokio::test]
async fn the_overview_of_all_corps_names_what_comes_next() {
    let world = World::new();
    let corp = world.corp.clone();
    world
        .store
        .write_blocking(move |tx| {
            let mut corp = store::corps::find(tx, &corp)?.unwrap();
            corp.pull.cron = "0 0 * * * *".into();
            store::corps::put(tx, &corp)
        })
        .unwrap();
    let clients = Clients::new(world.clock.clone(), Arc::new(NoObserver));
    let jobs = Jobs::new(Env::new(world.store.clone(), world.clock.clone(), clients));
    let overview = world.views.overview(&jobs, 7, Shanghai).await.unwrap();
    assert_eq!(
        overview.corps.iter().map(|corp| (corp.corp.as_str(), corp.days.len())).collect::<Vec<_>>(),
        [("acme-main", 7)]
    );
    let next = &overview.schedules[0];
    assert_eq!(next.kind, ScheduleKind::Pull);
    assert!(next.next_at_ms.is_some_and(|at| at > NOW_MS && at <= NOW_MS + 3_600_000));
}

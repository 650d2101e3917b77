//! A person's card, history, and what runs did about the person.

use super::world::{World, binding, department, employee, member, row, unit};
use serde_json::json;
use std::collections::BTreeSet;
use wecom_bridge::browse::mirror::Naming;
use wecom_bridge::model::{Change, Outcome, RunId};
use wecom_bridge::store::{self, directory::HistoryRow};

fn world() -> World {
    let world = World::new();
    let mut root = unit("r", None, "总部");
    root.head = vec!["boss".into()];
    let mut team = unit("a", Some("r"), "研发");
    team.head = vec!["e1".into()];
    world.units(vec![root, team, unit("x", Some("y"), "环一"), unit("y", Some("x"), "环二")]);
    let mut person = employee("e1", "张三", "a");
    person.part_time_unit_ids = vec!["x".into(), "gone".into()];
    person.superior_id = Some("boss".into());
    world.employees(vec![person, employee("boss", "老板", "r")]);
    let mut nameless = department(12, 11, "");
    nameless.name = None;
    world.departments(vec![department(10, 5, "总部"), department(11, 10, "研发"), nameless]);
    world.members(vec![member("Zhang", "$userName=1$", &[12])]);
    world.bindings(vec![binding("e1", "zhang")]);
    world
}

#[tokio::test]
async fn everything_about_a_person() {
    let world = world();
    let card = world.views.person(&world.tenant, &"e1".into(), 10).await.unwrap().unwrap();
    let names = |path: &[wecom_bridge::browse::directory::UnitRef]| {
        path.iter().map(|step| step.name.as_deref().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&card.unit), ["总部", "研发"]);
    assert_eq!(card.part_time.len(), 2);
    assert_eq!(names(&card.part_time[0]), ["环二", "环一"], "a cycle ends");
    assert_eq!(names(&card.part_time[1]), ["-"], "a unit that does not exist is named by its id");
    assert_eq!(card.superior.unwrap().name.as_deref(), Some("老板"));
    assert_eq!(card.heads, ["a".into()]);
    let corp = &card.corps[0];
    assert_eq!((corp.corp.as_str(), corp.naming), ("acme-main", Some(Naming::Untranslated)));
    assert_eq!(corp.member.as_ref().unwrap().userid.as_str(), "Zhang");
    let places: Vec<_> = corp.departments[0].iter().map(|step| (step.id.0, step.name.as_deref())).collect();
    assert_eq!(places, [(10, Some("总部")), (11, Some("研发")), (12, None)]);
    assert!(corp.binding.is_some() && corp.tombstone.is_none());
    assert!(world.views.person(&world.tenant, &"nobody".into(), 10).await.unwrap().is_none());
    let owner = world.views.person_of(&world.corp, &"ZHANG".into()).await.unwrap();
    assert_eq!(owner, Some("e1".into()));
}

#[tokio::test]
async fn history_is_paged_from_the_latest_on() {
    let world = world();
    let tenant = world.tenant.clone();
    world
        .store
        .write_blocking(move |tx| {
            let rows: Vec<HistoryRow> = (0..25)
                .map(|n| row(json!({"at_ms": n, "actor": "cli", "field": "mobile", "after": n.to_string()})))
                .collect();
            store::directory::append_history(tx, &tenant, &"e1".into(), &rows)
        })
        .unwrap();
    let card = world.views.person(&world.tenant, &"e1".into(), 10).await.unwrap().unwrap();
    let mut seen: Vec<i64> = card.history.rows.iter().map(|row| row.at_ms).collect();
    let mut older = card.history.older;
    while let Some(before) = older {
        let page = world.views.person_history(&world.tenant, &"e1".into(), Some(before), 10).await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.at_ms));
        older = page.older;
    }
    assert_eq!(seen, (0..25).rev().collect::<Vec<_>>());
}

/// Ids sort by time.
fn run_id(at: usize) -> String {
    format!("01900000-0000-7000-8000-{at:012}")
}

#[tokio::test]
async fn what_runs_did_about_a_person_is_found_step_by_step() {
    let world = world();
    for at in 0..130 {
        let corp = world.corp.clone();
        world
            .store
            .write_blocking(move |tx| {
                let plan = format!("plan-{at}");
                let run = json!({
                    "id": run_id(at), "corp": corp, "kind": "downstream", "plan": plan, "state": "done", "by": "cli",
                    "started_at_ms": at, "done": 2, "total": 2, "counts": {"departments": {}, "members": {}},
                    "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
                });
                store::runs::put(tx, &row(run))?;
                if at % 50 == 7 {
                    // a plan that is gone already
                    return Ok(());
                }
                let change = |seq: u32, employee: &str| -> Change {
                    row(json!({"seq": seq, "action": "bind_member", "employee": employee, "userid": "zhang",
                               "rule": "e1", "reason": "match.rule", "reversible": "yes"}))
                };
                let second = if at % 40 == 0 { "e1" } else { "e10" };
                store::plans::put_changes(tx, &corp, &plan.as_str().into(), &[change(0, "e2"), change(1, second)])?;
                let head = json!({
                    "id": plan, "corp": corp, "direction": "downstream", "hash": "00", "created_at_ms": 0, "expires_at_ms": 1,
                    "state": "taken", "guards": [], "counts": {"departments": {}, "members": {}}, "invariants": [],
                    "budget": {"calls": 0, "by_endpoint": {}, "reads": 0, "estimated_s": 0, "strategy": "per_object",
                               "strategy_reason": "", "creations_30_days": 0},
                    "notices": [], "source_employees": 0, "mirror_read_at_ms": 0, "options_hash": "", "compute_ms": 0
                });
                store::plans::put_head(tx, &row(head))?;
                let entry = json!([{"seq": 1, "outcome": {"state": "done"}, "at_ms": at, "attempts": 1}]);
                store::runs::put_entries(tx, &run_id(at).as_str().into(), &row::<Vec<_>>(entry))
            })
            .unwrap();
    }
    let mut found = Vec::new();
    let mut before: Option<RunId> = None;
    let mut looks = 0;
    loop {
        let some = world.views.person_changes(&world.corp, &"e1".into(), before.as_ref()).await.unwrap();
        looks += 1;
        found.extend(some.rows);
        let Some(older) = some.older else { break };
        before = Some(older);
    }
    assert_eq!(looks, 2, "a hundred runs at a time");
    let runs: Vec<_> = found.iter().map(|found| found.started_at_ms).collect();
    assert_eq!(runs, [120, 80, 40, 0]);
    assert!(found.iter().all(|found| found.entry.as_ref().is_some_and(|entry| entry.outcome == Outcome::Done)));
    let distinct: BTreeSet<_> = found.iter().map(|found| found.run.clone()).collect();
    assert_eq!(distinct.len(), 4);
}

//! Links: automatic ones after a pull, by hand, by file, and the cases that wait for a person.

use super::world::{CORPID, World, actor, assert_done};
use serde_json::json;
use wecom_bridge::directory::export::Captions;
use wecom_bridge::model::{BindingOrigin, DepartmentId, MatchRule, ReadStrategy, RunState, TenantKey};
use wecom_bridge::sandbox::{Effect, Fault, Member, Profile, VisibleRange, seed};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::bindings::{self, FileFormat, LinkRequest};
use wecom_bridge::sync::pull::PullRequest;

/// Ten people in the directory, and the same ten in WeCom under userids of their own.
fn both_sides() -> World {
    let world = World::sample(10, 3, 41);
    world.set(|corp| corp.match_rules = vec![MatchRule { employee: "name".into(), member: "name".into() }]);
    for (n, mut employee) in world.employees().into_iter().enumerate() {
        employee.name = format!("人 {n}").as_str().into();
        employee.status = wecom_bridge::model::EmployeeStatus::Active;
        let mut member = Member::new(&format!("u{n}"), &employee.name, 1);
        member.mobile = format!("1310000000{n}").as_str().into();
        super::world::put_directory(&world.env.store, &[], &[employee]);
        world.state().seed_member(CORPID, member);
    }
    world
}

#[tokio::test]
async fn a_pull_binds_by_rule_and_leaves_doubt_to_a_person() {
    let world = both_sides();
    let twins: Vec<_> = world.employees().into_iter().take(2).collect();
    for employee in &twins {
        world.change_employee(&employee.id, |employee| employee.name = "人 0".into());
    }
    let run = world.pull(PullRequest::default()).await;
    assert_done(&run);
    let pull = run.pull.unwrap();
    assert_eq!((pull.strategy, pull.members, pull.bound, pull.ambiguous), (ReadStrategy::IdsAndDetails, 10, 8, 1));
    let cases = bindings::resolve_list(&world.env, &world.corp).await.unwrap();
    let key = cases[0].key();
    let (a, b) = (twins[0].id.clone(), twins[1].id.clone());
    let wrong = bindings::resolve(&world.env, &world.corp, &key, &a, &"u5".into(), &actor()).await.unwrap_err();
    assert!(matches!(wrong, SyncError::Binding(_)), "{wrong}");
    bindings::resolve(&world.env, &world.corp, &key, &a, &"U0".into(), &actor()).await.unwrap();
    assert!(bindings::resolve_list(&world.env, &world.corp).await.unwrap().is_empty());

    let taken = bindings::bind(&world.env, &world.corp, &b, &"u0".into(), &actor()).await.unwrap_err().to_string();
    assert!(taken.contains(a.as_str()), "{taken}");
    let unknown = bindings::bind(&world.env, &world.corp, &b, &"nobody".into(), &actor()).await.unwrap_err();
    assert!(matches!(unknown, SyncError::Binding(_)), "{unknown}");
    bindings::bind(&world.env, &world.corp, &b, &"u1".into(), &actor()).await.unwrap();
    assert_eq!(world.bindings().len(), 10);

    bindings::unbind(&world.env, &world.corp, &b, &actor()).await.unwrap();
    assert!(bindings::unbind(&world.env, &world.corp, &b, &actor()).await.is_err());
    assert_eq!(bindings::unbind_all(&world.env, &world.corp, &actor()).await.unwrap(), 9);
    assert!(world.bindings().is_empty());
    let audit = world.env.store.read(|tx| store::audit::page(tx, None, 50)).unwrap();
    for action in ["binding.create", "binding.remove", "binding.remove_all", "run.pull"] {
        assert!(audit.iter().any(|row| row.action == action), "{action} is not in the audit log");
    }
    assert!(world.env.store.read(store::audit::verify_chain).unwrap().is_none());
}

#[tokio::test]
async fn a_link_by_hand_outlives_a_rename_of_the_root() {
    let world = World::sample(10, 3, 42);
    assert_done(&world.sync().await);
    let root = world.units().into_iter().find(|unit| unit.parent_id.is_none()).unwrap().id;
    world.change_unit(&root, |unit| unit.name = "改名集团".into());
    let refused = world.plan().await.unwrap_err().to_string();
    assert!(refused.contains("link the two by hand"), "{refused}");
    for time in 0..2 {
        let bound =
            bindings::bind_department(&world.env, &world.corp, &root, DepartmentId::ROOT, &actor()).await.unwrap();
        assert_eq!(bound.origin, BindingOrigin::Manual, "time {time}");
    }
    assert!(world.changes(&world.plan().await.unwrap()).await.is_empty());
    let audit = world.env.store.read(|tx| store::audit::page(tx, None, 50)).unwrap();
    assert_eq!(audit.iter().filter(|row| row.action == "binding.create").count(), 1, "the second time changes nothing");
}

#[tokio::test]
async fn the_binding_file_goes_out_and_comes_back() {
    // a corp of old: its contacts secret still reads mobiles
    let world = both_sides();
    world.set(|corp| corp.pull.auto_bind = false);
    let local = "127.0.0.1".to_owned();
    world.state().with_corp(CORPID, |corp| {
        corp.switches.hides_sensitive_fields = false;
        corp.contacts.known_ips.insert(local);
    });
    assert_done(&world.pull(PullRequest::default()).await);
    assert!(world.bindings().is_empty());
    let csv = bindings::export(&world.env, &world.corp, FileFormat::Csv, Captions::English).await.unwrap();
    let text = String::from_utf8(csv).unwrap();
    assert!(text.starts_with("\u{feff}id,name,account"), "{text}");
    let people = world.employees();
    let mut filled = String::from("id,link\n");
    for (n, employee) in people.iter().enumerate().take(4) {
        filled.push_str(&format!("{},+86 1310000000{n}\n", employee.id));
    }
    filled.push_str(&format!("{},19999999999\n", people[4].id));
    filled.push_str("nobody,13100000005\n");
    filled.push_str(&format!("{},\n", people[6].id));
    let by_mobile = |dry_run| LinkRequest { member_field: "mobile".into(), dry_run };
    let import = |dry_run| {
        let (env, corp, filled) = (world.env.clone(), world.corp.clone(), filled.clone());
        async move {
            bindings::import(&env, &corp, "links.csv", filled.clone().into_bytes().into(), by_mobile(dry_run), &actor())
                .await
        }
    };
    let dry = import(true).await.unwrap();
    assert_eq!((dry.bound, dry.empty, dry.faults_total, world.bindings().len()), (4, 1, 2, 0));
    let done = import(false).await.unwrap();
    assert_eq!((done.bound, done.faults.iter().map(|f| f.row).collect::<Vec<_>>()), (4, vec![6, 7]), "{done:?}");
    assert!(world.bindings().iter().all(|binding| binding.origin == BindingOrigin::Import));
    assert_eq!(import(false).await.unwrap().unchanged, 4);

    // what went out comes back, whatever the language of its captions
    for captions in [Captions::English, Captions::Chinese] {
        for format in [FileFormat::Csv, FileFormat::Xlsx] {
            let file = bindings::export(&world.env, &world.corp, format, captions).await.unwrap();
            bindings::unbind_all(&world.env, &world.corp, &actor()).await.unwrap();
            let by_userid = LinkRequest { member_field: "userid".into(), dry_run: false };
            let back = bindings::import(&world.env, &world.corp, "links", file.into(), by_userid, &actor()).await;
            let back = back.unwrap();
            assert_eq!((back.bound, back.faults_total), (4, 0), "{captions:?} {format:?} {back:?}");
        }
    }

    for (bytes, field) in [(&b"id,nothing\n1,2\n"[..], "userid"), (b"", "userid"), (b"id,link\n", "shoe_size")] {
        let request = LinkRequest { member_field: field.into(), dry_run: false };
        let refused = bindings::import(&world.env, &world.corp, "x.csv", bytes.to_vec().into(), request, &actor())
            .await
            .unwrap_err();
        assert!(matches!(refused, SyncError::BindingFile(_)), "{refused}");
    }
}

#[tokio::test]
async fn an_app_alone_reads_its_visible_range_and_proves_no_absence() {
    let world = World::sample(40, 8, 42);
    assert_done(&world.sync().await);
    super::danger::forget_secret(&world);
    let run = world.pull(PullRequest { full: true, ..PullRequest::default() }).await;
    assert_done(&run);
    let (head, _) = world.mirror();
    let head = head.unwrap();
    assert_eq!((head.strategy, head.is_complete, head.members), (ReadStrategy::Lists, false, 40));
    assert!(head.strategy_reason.contains("no contacts secret"), "{}", head.strategy_reason);

    // a range that begins below the root: the missing parent is told, nobody is dropped silently
    let child = world.state().departments(CORPID).iter().find(|d| d.parent == 1).unwrap().id;
    let range = VisibleRange { users: ["000001".to_owned()].into(), ..VisibleRange::departments([child]) };
    world.state().with_corp(CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().visible = range);
    let shrunk = world.pull(PullRequest::default()).await;
    assert_eq!(shrunk.state, RunState::Failed, "a smaller range looks like many removals");
    assert_eq!(world.mirror().1.len(), 40, "the former mirror is kept");
    let accepted = world.pull(PullRequest { accept_shrink: true, ..PullRequest::default() }).await;
    assert_done(&accepted);
    let head = world.mirror().0.unwrap();
    assert!(head.unreadable.iter().any(|u| u.what == "parent"), "{:?}", head.unreadable);
    assert_eq!(world.bindings().len(), 40, "links outlive a smaller range");
}

#[tokio::test]
async fn a_range_that_cannot_be_asked_for_ends_the_read() {
    let world = World::sample(40, 8, 44);
    assert_done(&world.sync().await);
    super::danger::forget_secret(&world);
    assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);
    // whoever is named there alone would be missing without a word
    world.state().add_fault(Fault::always("agent/get", Effect::Errcode { errcode: 60_020 }));
    let run = world.pull(PullRequest { full: true, ..PullRequest::default() }).await;
    assert_eq!(run.state, RunState::Failed, "{:?}", run.message);
    assert_eq!(world.mirror().1.len(), 40, "the former mirror is kept");
}

#[tokio::test]
async fn nobody_is_bound_out_of_half_a_directory() {
    let world = World::sample(40, 8, 45);
    assert_done(&world.sync().await);
    for binding in world.bindings() {
        bindings::unbind(&world.env, &world.corp, &binding.employee, &actor()).await.unwrap();
    }
    let marker = json!({
        "id": "1", "source_name": "people.xlsx", "mode": "merge", "by": "test", "started_at_ms": 1, "written_at_ms": 1,
        "done": 5_000, "total": 12_000,
    });
    let tenant = TenantKey::from("acme");
    let scope = tenant.clone();
    let put = move |tx: &store::WriteTx| {
        store::settings::put(tx, store::settings::Scope::Tenant(&scope), "directory.import", &marker)
    };
    world.env.store.write_blocking(put).unwrap();
    let run = world.pull(PullRequest::default()).await;
    assert_done(&run);
    assert_eq!((run.pull.unwrap().bound, world.bindings().len()), (0, 0));
    let remove = move |tx: &store::WriteTx| {
        store::settings::remove(tx, store::settings::Scope::Tenant(&tenant), "directory.import").map(drop)
    };
    world.env.store.write_blocking(remove).unwrap();
    assert_done(&world.pull(PullRequest::default()).await);
    assert_eq!(world.bindings().len(), 40, "and with the whole of it as ever");
}

#[tokio::test]
async fn details_out_of_sight_are_reported_one_by_one() {
    let world = World::sample(40, 8, 43);
    assert_done(&world.sync().await);
    let child = world.state().departments(CORPID).iter().find(|d| d.parent == 1).unwrap().id;
    let range = VisibleRange::departments([child]);
    world.state().with_corp(CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().visible = range);
    let key = world.corp.clone();
    world.env.store.write_blocking(move |tx| store::mirror::clear(tx, &key)).unwrap();
    let run = world.pull(PullRequest::default()).await;
    assert_done(&run);
    let head = world.mirror().0.unwrap();
    assert_eq!((head.strategy, head.is_complete, head.members), (ReadStrategy::IdsAndDetails, true, 40));
    let without = world.mirror().1.iter().filter(|member| !member.has_details).count();
    assert!(without > 0);
    let told = head.unreadable.iter().filter(|u| u.what == "details").count();
    assert_eq!(told, without, "{:?}", head.unreadable);
    assert!(head.unreadable.iter().any(|u| u.what == "name"), "{:?}", head.unreadable);
}

#[tokio::test]
async fn every_edition_is_read_by_what_its_credentials_may_do() {
    for (profile, strategy, want, complete) in [
        (Profile::PublicNew, "auto", ReadStrategy::IdsAndDetails, true),
        (Profile::PublicNew, "lists", ReadStrategy::Lists, false),
        (Profile::PublicNew, "export", ReadStrategy::Export, false),
        (Profile::PublicLegacy, "auto", ReadStrategy::IdsAndDetails, true),
        (Profile::Private, "auto", ReadStrategy::Lists, true),
        (Profile::Government, "auto", ReadStrategy::Lists, true),
    ] {
        let world = World::of(profile, |corp| corp.pull.strategy = serde_json::from_value(strategy.into()).unwrap());
        for n in 0..5 {
            world.state().seed_member(CORPID, Member::new(&format!("u{n}"), "Name", 1));
        }
        let run = world.pull(PullRequest::default()).await;
        assert_eq!(run.state, RunState::Done, "{profile:?} {strategy}: {:?}", run.message);
        let head = world.mirror().0.unwrap();
        assert_eq!((head.strategy, head.is_complete), (want, complete), "{profile:?} {strategy}: {head:?}");
        assert_eq!(head.members, 5, "{profile:?} {strategy}");
        assert!(!head.strategy_reason.is_empty());
    }
    let world = World::of(Profile::PublicNew, |corp| corp.read_app = None);
    super::danger::forget_secret(&world);
    let run = world.pull(PullRequest::default()).await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.message.as_deref().unwrap().contains("no secret is set"), "{:?}", run.message);
}

/// A plan that waits while a person puts the links right: whoever is a stranger by then is not written.
#[tokio::test]
async fn whoever_was_linked_otherwise_since_is_not_written() {
    let world = both_sides();
    world.set(|corp| corp.downstream.departments_follow_oa = false);
    assert_done(&world.pull(PullRequest::default()).await);
    let people: Vec<_> = world.employees().into_iter().map(|employee| employee.id).collect();
    let (one, other, third) = (&people[0], &people[1], &people[2]);
    let userids: Vec<_> = (0..3)
        .map(|n| world.bindings().into_iter().find(|binding| binding.employee == people[n]).unwrap().userid)
        .collect();
    for id in &people {
        world.change_employee(id, |employee| employee.position = format!("职位 {id}").as_str().into());
    }
    let plan = world.plan_without_pull().await.unwrap();
    assert!(plan.counts.members.update >= 3, "{:?}", plan.counts);
    bindings::swap(&world.env, &world.corp, one, other, &actor()).await.unwrap();
    bindings::unbind(&world.env, &world.corp, third, &actor()).await.unwrap();
    let before = world.members();
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    let refused: Vec<_> = run.failed.iter().map(|failed| failed.message.as_str()).collect();
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(refused.iter().all(|message| message.contains("is not linked to member")), "{refused:?}");
    let after = world.members();
    for userid in &userids {
        assert_eq!(before[&userid.folded()], after[&userid.folded()], "{userid}");
    }
    assert_ne!(before, after, "the others are written");
}

/// The same for departments: not renamed, moved or deleted once their link was taken away.
#[tokio::test]
async fn departments_that_were_unlinked_since_are_left_alone() {
    let world = World::sample(20, 6, 43);
    assert_done(&world.sync().await);
    let leaf = |world: &World| {
        let units = world.units();
        let is_leaf = |id: &wecom_bridge::model::UnitId| units.iter().all(|unit| unit.parent_id.as_ref() != Some(id));
        units.iter().rfind(|unit| unit.parent_id.is_some() && is_leaf(&unit.id)).unwrap().id.clone()
    };
    let unit = leaf(&world);
    world.change_unit(&unit, |unit| unit.name = "改了名字".into());
    let plan = world.plan().await.unwrap();
    assert_eq!(plan.counts.departments.rename, 1, "{:?}", plan.counts);
    bindings::unbind_department(&world.env, &world.corp, &unit, &actor()).await.unwrap();
    let before = world.state().departments(CORPID);
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Failed, "{:?}", run.message);
    assert!(run.failed[0].message.contains("is not linked to department"), "{:?}", run.failed);
    assert_eq!(world.state().departments(CORPID), before);
}

/// Somebody who was to be created and whom a person has linked meanwhile gets no second account, alone or in a file.
#[tokio::test]
async fn whoever_was_linked_since_is_not_created() {
    for people in [3, 200] {
        let world = World::sample(people, 3, 44);
        world.state().seed_member(CORPID, Member::new("by-hand", "早就在的人", 1));
        let plan = world.plan().await.unwrap();
        let id = world.employees().into_iter().find(|employee| employee.status.is_active()).unwrap().id;
        bindings::bind(&world.env, &world.corp, &id, &"by-hand".into(), &actor()).await.unwrap();
        let run = world.apply(&plan).await;
        assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
        assert_eq!(run.failed.len(), 1, "{:?}", run.failed);
        assert!(run.failed[0].message.contains("not created"), "{:?}", run.failed);
        let number = world.employee(id.as_str()).employee_no;
        assert!(world.state().find_member(CORPID, &number).is_none(), "{people}: {number} was created");
    }
}

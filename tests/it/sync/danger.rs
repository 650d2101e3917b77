//! Dangerous credentials and answers: whatever WeCom says or hides, nobody is removed.
//!
//! Every guard is switched off and leavers are deleted at once, so that only the caution of the reading stands between a
//! bad answer and the people.

use super::world::{CORPID, World, actor, assert_done};
use wecom_bridge::model::{Leaver, OutOfScope, RunState};
use wecom_bridge::sandbox::{Directory, Effect, Fault, Owner, VisibleRange, seed};
use wecom_bridge::sync::pull::PullRequest;

type Sabotage = Box<dyn Fn(&World)>;

fn fault(path: &'static str, effect: Effect) -> Sabotage {
    Box::new(move |world| {
        world.state().add_fault(Fault::always(path, effect));
    })
}

fn corp(change: impl Fn(&mut wecom_bridge::sandbox::Corp) + 'static) -> Sabotage {
    Box::new(move |world| {
        world.state().with_corp(CORPID, &change);
        world.state().invalidate_tokens(CORPID);
    })
}

fn range(range: VisibleRange) -> Sabotage {
    corp(move |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().visible = range.clone())
}

/// WeCom shows only a part of its directory.
fn shows_only(keep_members: usize, keep_departments: usize) -> Sabotage {
    corp(move |corp| {
        let departments: Vec<_> = corp.directory.departments().take(keep_departments).cloned().collect();
        let ids: Vec<u32> = departments.iter().map(|department| department.id).collect();
        let members = corp.directory.members().take(keep_members).cloned().map(|mut member| {
            member.memberships.retain(|membership| ids.contains(&membership.department));
            member
        });
        corp.directory = Directory::from_rows(departments, members.collect(), "示例集团");
    })
}

/// WeCom answers departments that stand above each other.
fn circle() -> Sabotage {
    corp(|corp| {
        let child = corp.directory.children(1).next().unwrap();
        let root = corp.directory.department(1).cloned().unwrap();
        corp.directory.put_department(wecom_bridge::sandbox::Department { parent: child, ..root });
    })
}

fn settings(change: impl Fn(&mut wecom_bridge::model::Corp) + 'static) -> Sabotage {
    Box::new(move |world| world.set(&change))
}

fn catalogue() -> Vec<(&'static str, Sabotage)> {
    let errcode = |errcode| Effect::Errcode { errcode };
    vec![
        ("contacts secret reset", corp(|corp| corp.contacts.secret = "another".into())),
        ("contacts sync switched off", corp(|corp| corp.contacts.is_enabled = false)),
        ("contacts secret may only read", corp(|corp| corp.contacts.can_edit = false)),
        ("app secret reset", corp(|corp| corp.apps.get_mut(&seed::AGENTID).unwrap().secret = "another".into())),
        ("app disabled", corp(|corp| corp.apps.get_mut(&seed::AGENTID).unwrap().is_enabled = false)),
        ("app removed", corp(|corp| corp.apps.clear())),
        ("corp banned", corp(|corp| corp.settings.is_banned = true)),
        (
            "address not trusted for contacts",
            Box::new(|world| {
                world.state().set_trusted_ips(CORPID, Owner::Contacts, &["203.0.113.1"]);
                world.state().move_time(120_000);
            }),
        ),
        (
            "address not trusted for the app",
            Box::new(|world| {
                world.state().set_trusted_ips(CORPID, Owner::App(seed::AGENTID), &["203.0.113.1"]);
                world.state().move_time(120_000);
            }),
        ),
        ("60020 on every call", fault("", errcode(60020))),
        ("48009 on details", fault("user/list", errcode(48009))),
        ("48009 on names", fault("department/list", errcode(48009))),
        ("48009 on ids", fault("user/list_id", errcode(48009))),
        ("48009 on ids of departments", fault("department/simplelist", errcode(48009))),
        ("an unknown errcode on ids", fault("user/list_id", errcode(999_999))),
        ("an unknown errcode on ids of departments", fault("department/simplelist", errcode(999_999))),
        ("an unknown errcode on names", fault("department/list", errcode(999_999))),
        ("60011 on details", fault("user/list", errcode(60011))),
        ("60111 on details", fault("user/", errcode(60111))),
        ("token taken back before every call", fault("", Effect::InvalidateToken)),
        ("busy for ever", fault("", errcode(-1))),
        ("locked out", fault("user/list_id", errcode(45009))),
        ("garbage ids of departments", fault("department/simplelist", Effect::Garbage)),
        ("garbage ids of members", fault("user/list_id", Effect::Garbage)),
        ("garbage names", fault("department/list", Effect::Garbage)),
        ("garbage details", fault("user/list", Effect::Garbage)),
        ("half an answer of ids", fault("user/list_id", Effect::Half)),
        ("half an answer of departments", fault("department/simplelist", Effect::Half)),
        ("half an answer of details", fault("user/list", Effect::Half)),
        ("HTTP 502", fault("", Effect::Status { status: 502 })),
        ("connection dropped", fault("", Effect::DropBefore)),
        ("visible range of one department", range(VisibleRange::departments([3]))),
        ("visible range empty", range(VisibleRange::default())),
        (
            "visible range of one person",
            range(VisibleRange { users: ["000001".to_owned()].into(), ..VisibleRange::default() }),
        ),
        ("half a page of members", shows_only(30, usize::MAX)),
        ("an empty page of members", shows_only(0, usize::MAX)),
        ("half the departments", shows_only(usize::MAX, 4)),
        ("only the root is left", shows_only(usize::MAX, 1)),
        ("nothing is left", shows_only(0, 1)),
        ("the root below its own child", circle()),
        ("contacts secret forgotten", Box::new(forget_secret)),
        ("read app forgotten", settings(|corp| corp.read_app = None)),
        (
            "another way of reading",
            settings(|corp| {
                corp.pull.strategy = wecom_bridge::model::StrategyChoice::Lists;
            }),
        ),
    ]
}

pub fn forget_secret(world: &World) {
    let corp = world.corp.clone();
    world
        .env
        .store
        .write_blocking(move |tx| {
            let name = wecom_bridge::model::SecretName::Contacts;
            wecom_bridge::store::secrets::remove(tx, &corp, &name)
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_removed_whatever_wecom_answers() {
    let catalogue = catalogue();
    assert!(catalogue.len() >= 30);
    for (name, sabotage) in catalogue {
        for full in [false, true] {
            let world = World::sample(60, 8, 7);
            world.set(|corp| {
                let downstream = &mut corp.downstream;
                (downstream.leaver, downstream.out_of_scope) = (Leaver::Delete, OutOfScope::Delete);
                let guard = &mut downstream.guard;
                for limit in [
                    &mut guard.max_removals,
                    &mut guard.max_removal_percent,
                    &mut guard.max_department_removals,
                    &mut guard.max_source_drop,
                    &mut guard.max_removals_30_days,
                    &mut guard.max_moves_percent,
                    &mut guard.max_cleared_fields_percent,
                    &mut guard.max_department_removal_percent,
                ] {
                    *limit = 1_000_000;
                }
            });
            assert_done(&world.sync().await);
            let bindings = world.bindings().len();
            let mirror = world.mirror();
            sabotage(&world);
            world.state().clear_calls();
            let request = PullRequest { full, accept_shrink: false };
            let run = world.jobs.start_sync(&world.corp, request, &actor()).await.unwrap();
            let run = world.ended(&run).await;
            for call in world.state().calls() {
                let removes =
                    matches!(call.endpoint.as_str(), "user/delete" | "user/batchdelete" | "department/delete");
                assert!(!removes, "{name} (full: {full}): {call:?}");
            }
            let counts = (run.counts.members.delete, run.counts.members.disable, run.counts.departments.delete);
            assert_eq!(counts, (0, 0, 0), "{name} (full: {full}): {run:?}");
            assert!(world.members().values().all(|member| member.is_enabled), "{name} (full: {full})");
            assert_eq!(world.bindings().len(), bindings, "{name} (full: {full}): links are gone");
            if run.state == RunState::Failed {
                assert_eq!(world.mirror(), mirror, "{name} (full: {full}): the former data is not kept");
            }
            if run.state != RunState::Done {
                let message = run.message.clone().unwrap_or_default();
                assert!(!message.is_empty(), "{name} (full: {full}): no reason is given");
            }
            println!("{name} (full: {full}): {:?}, {} writes, {:?}", run.state, run.calls.writes, run.message);
        }
    }
}

//! Pulls: what is refused as not believable or not understood, what a full read asks again, and a person's word that
//! many were really removed.

use super::world::{CORPID, World, actor, assert_done};
use serde_json::json;
use wecom_bridge::model::{MemberField, ReadStrategy, Run, RunState, StrategyChoice};
use wecom_bridge::sandbox::{Effect, Fault, Profile};
use wecom_bridge::store;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service::{self, PlanRequest, PullPolicy};

const FULL: PullRequest = PullRequest { full: true, accept_shrink: false };
const SHRUNK: PullRequest = PullRequest { full: false, accept_shrink: true };

/// Changes a member in WeCom's console.
fn rename(world: &World, userid: &str, name: &str) {
    world.state().console(CORPID, "user/update", &json!({ "userid": userid, "name": name })).unwrap();
}

/// Removes so many members in WeCom's console.
fn remove(world: &World, count: usize) {
    for member in world.state().members(CORPID).into_iter().take(count) {
        world.state().console(CORPID, "user/delete", &json!({ "userid": member.userid })).unwrap();
    }
}

fn mirrored_name(world: &World, userid: &str) -> String {
    let (_, members) = world.mirror();
    let member = members.into_iter().find(|member| member.userid.as_str() == userid).unwrap();
    member.fields.get(&MemberField::Name).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_errcode_that_nobody_knows_ends_the_read_and_changes_no_strategy() {
    for path in ["department/simplelist", "user/list_id", "department/get"] {
        for full in [false, true] {
            let world = World::sample(20, 4, 61);
            if path != "department/get" {
                // what is remembered of the credential is kept too
                assert_done(&world.sync().await);
            }
            let before = world.mirror();
            world.state().add_fault(Fault::always(path, Effect::Errcode { errcode: 999_999 }));
            let run = world.pull(PullRequest { full, ..PullRequest::default() }).await;
            assert_eq!(run.state, RunState::Failed, "{path}, full {full}: {run:?}");
            let message = run.message.unwrap();
            assert!(message.contains("999999") && message.contains("the former data is kept"), "{path}: {message}");
            assert_eq!(world.mirror(), before, "{path}, full {full}");
            world.state().clear_faults();
            assert_done(&world.pull(PullRequest::default()).await);
            assert_eq!(world.mirror().0.unwrap().strategy, ReadStrategy::IdsAndDetails, "{path}, full {full}");
        }
    }
}

#[tokio::test]
async fn a_private_edition_that_answers_oddly_is_told_how_to_be_read() {
    let world = World::of(Profile::Private, |_| {});
    world.fill(10, 3, 62);
    world.state().with_corp(CORPID, |corp| corp.switches.has_modern_reads = true);
    world.state().add_fault(Fault::always("department/simplelist", Effect::Errcode { errcode: 999_999 }));
    let run = world.pull(PullRequest::default()).await;
    let message = run.message.unwrap();
    assert!(message.contains("set pull.strategy to lists"), "{message}");
    world.set(|corp| corp.pull.strategy = StrategyChoice::Lists);
    assert_done(&world.pull(PullRequest::default()).await);
}

#[tokio::test]
async fn a_full_pull_notices_what_was_changed_in_the_console() {
    let world = World::sample(20, 4, 63);
    assert_done(&world.sync().await);
    let userid = world.bindings()[3].userid.to_string();
    let before = mirrored_name(&world, &userid);
    rename(&world, &userid, "改名");
    let quick = world.pull(PullRequest::default()).await;
    assert_done(&quick);
    assert_eq!(mirrored_name(&world, &userid), before, "an ordinary pull reads only what is new");
    let full = world.pull(FULL).await;
    assert_done(&full);
    assert_eq!(mirrored_name(&world, &userid), "改名");
    assert!(full.calls.reads > quick.calls.reads, "{:?} {:?}", full.calls, quick.calls);
    // and the plan gives the name back
    let plan = world.plan().await.unwrap();
    assert_eq!(plan.counts.members.update, 1);
}

#[tokio::test]
async fn a_full_pull_asks_again_what_the_credential_may_do() {
    let world = World::sample(20, 4, 64);
    assert_done(&world.sync().await);
    let reads_with = |run: &Run| (run.calls.by_endpoint.get("user/list").copied(), run.state);
    assert!(world.mirror().0.unwrap().strategy_reason.contains("may not read details"));
    // the administrator of WeCom lets the contacts secret read from this address
    world.state().with_corp(CORPID, |corp| corp.switches.blocks_contacts_reads = false);
    assert_done(&world.pull(PullRequest::default()).await);
    assert!(world.mirror().0.unwrap().strategy_reason.contains("may not read details"), "what was found out is kept");
    let full = world.pull(FULL).await;
    assert_eq!(reads_with(&full).1, RunState::Done, "{:?}", full.message);
    let reason = world.mirror().0.unwrap().strategy_reason;
    assert_eq!(reason, "the contacts secret may read ids and details");
}

#[tokio::test]
async fn many_missing_members_are_believed_on_a_person_s_word_only() {
    let world = World::sample(40, 5, 65);
    assert_done(&world.sync().await);
    let before = world.mirror();
    remove(&world, 12);
    for request in [PullRequest::default(), FULL] {
        let refused = world.pull(request).await;
        assert_eq!(refused.state, RunState::Failed, "{request:?}");
        let message = refused.message.unwrap();
        assert!(message.contains("12 of 40 members are missing") && message.contains("accept"), "{message}");
        assert_eq!(world.mirror(), before, "{request:?}: the former data is kept");
    }
    let refused = world.plan().await.unwrap_err().to_string();
    assert!(refused.contains("not believed"), "{refused}");
    assert_done(&world.pull(SHRUNK).await);
    assert_eq!(world.mirror().1.len(), 28);
    // the word was given once: a further loss needs another one
    remove(&world, 10);
    assert_eq!(world.pull(PullRequest::default()).await.state, RunState::Failed);
}

#[tokio::test]
async fn a_plan_and_a_sync_take_the_word_too() {
    let world = World::sample(40, 5, 66);
    assert_done(&world.sync().await);
    remove(&world, 12);
    let request = PlanRequest { policy: PullPolicy::Always, pull: SHRUNK };
    let plan = service::make_plan(&world.env, &world.corp, &actor(), request).await.unwrap();
    assert_eq!(plan.counts.members.create, 12, "who vanished is created again: {:?}", plan.counts);
    assert_eq!((plan.counts.members.delete, plan.counts.members.disable), (0, 0));
    remove(&world, 10);
    let run = world.jobs.start_sync(&world.corp, SHRUNK, &actor()).await.unwrap();
    assert_done(&world.ended(&run).await);
    assert_eq!(world.state().member_count(CORPID), 40);
    let runs = world.env.store.read(|tx| store::runs::list(tx, &world.corp, 10)).unwrap();
    assert!(runs.iter().all(|run| run.state != RunState::Failed), "{runs:?}");
}

//! Faults on purpose, and the calls log.

use super::caller::{CORP, World, person};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::sandbox::{Effect, Fault};

#[tokio::test]
async fn a_cut_connection_leaves_the_write_done_or_not_done_as_asked() {
    let world = World::public();
    let contacts = world.contacts().await;
    for (userid, effect, done) in
        [("before", Effect::DropBefore, false), ("after", Effect::DropAfter, true), ("half", Effect::Half, true)]
    {
        world.state().add_fault(Fault::once("user/create", effect));
        let got = contacts.try_post("user/create", person(userid)).await;
        assert!(got.is_err(), "{userid}: the caller must see a broken connection");
        assert_eq!(world.state().find_member(CORP, userid).is_some(), done, "{userid}");
    }
    let calls = world.state().calls();
    let applied: Vec<_> = calls.iter().map(|call| (call.fault.as_str(), call.is_applied)).collect();
    assert_eq!(applied[1..], [("drop_before", false), ("drop_after", true), ("half", true)]);
    contacts.post_ok("user/create", person("later")).await;
}

#[tokio::test]
async fn other_faults_answer_as_asked() {
    let world = World::public();
    let contacts = world.contacts().await;
    let state = world.state();
    state.add_fault(Fault::once("department/", Effect::Errcode { errcode: -1 }));
    contacts.get_refused(-1, "department/simplelist").await;
    state.add_fault(Fault::once("department/", Effect::Status { status: 502 }));
    assert_eq!(contacts.try_get("department/simplelist").await.unwrap().status, 502);
    state.add_fault(Fault::once("department/", Effect::Garbage));
    let got = contacts.get("department/simplelist").await;
    assert!(got["text"].is_string(), "no JSON: {got}");
    state.add_fault(Fault::once("department/", Effect::InvalidateToken));
    contacts.get_refused(40014, "department/simplelist").await;
    let contacts = world.contacts().await;
    contacts.get_ok("department/simplelist").await;
}

#[tokio::test]
async fn a_delay_passes_on_the_sandbox_clock() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().add_fault(Fault::once("department/", Effect::Delay { ms: 5000 }));
    let call = contacts.get_ok("department/simplelist");
    let move_clock = async {
        while world.state().faults()[0].hits == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(5));
    };
    let (got, ()) = tokio::join!(call, move_clock);
    assert_eq!(got["department_id"], json!([{"id": 1, "parentid": 0, "order": 100_000_000}]));
}

#[tokio::test]
async fn calls_are_counted_by_endpoint_and_errcode() {
    let world = World::public();
    let contacts = world.contacts().await;
    contacts.post_ok("user/create", person("a")).await;
    contacts.refused(60102, "user/create", person("A")).await;
    let counts = world.state().call_counts();
    assert_eq!(counts["user/create"].calls, 2);
    assert_eq!(counts["user/create"].by_errcode.iter().collect::<Vec<_>>(), [(&0, &1), (&60102, &1)]);
    let last = world.state().calls().pop().unwrap();
    assert_eq!((last.subject.as_str(), last.credential.as_str(), last.corpid.as_str()), ("A", "contacts", CORP));
}

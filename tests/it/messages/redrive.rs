//! Dead letters, and what is sent again.

use super::world::{World, actor, message};
use wecom_bridge::messages::Redrive;
use wecom_bridge::model::DeliveryState::{Failed, Invalid, Sent, Unknown};
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::store;
use wecom_bridge::store::deliveries::DeliveryFilter;

#[tokio::test]
async fn dead_letters_of_a_search_are_sent_again_and_others_are_not() {
    let world = World::new();
    world.people(0, 0..3, "lab");
    world.state().add_fault(Fault::always("message/send", Effect::Errcode { errcode: 85002 }));
    let mut all = Vec::new();
    for n in 0..3 {
        all.push(world.say(&format!("第{n}条"), &["e0", "e1", "e2"]).await);
    }
    let mut other = message("别的", &["e0"]);
    other["source"] = "other".into();
    let other = world.post(other).await;
    for id in all.iter().chain([&other]) {
        world.ended(id).await;
    }
    world.state().clear_faults();
    let filter = DeliveryFilter { source: Some("workflow".into()), ..DeliveryFilter::default() };
    let count = |filter: &DeliveryFilter| world.messages.count_dead("acme".into(), filter.clone(), None);
    assert_eq!(count(&filter).await.unwrap(), (9, None));
    let one = DeliveryFilter { message: Some(all[0].clone()), ..filter.clone() };
    assert_eq!(count(&one).await.unwrap(), (3, None));
    let sent = DeliveryFilter { states: vec![Sent], ..filter.clone() };
    assert_eq!(count(&sent).await.unwrap(), (0, None));
    let (done, next) =
        world.messages.redrive_found(&actor(), "acme".into(), filter.clone(), false, None).await.unwrap();
    assert_eq!((done.again, done.still_dead, next), (9, 0, None));
    for id in &all {
        assert_eq!(world.ended(id).await.get(&Sent), Some(&3));
    }
    assert_eq!(world.states(&other), [(Failed, "refused".to_owned())]);
    let audited = world.store.read(|tx| store::audit::page(tx, None, 10)).unwrap();
    assert_eq!(audited.iter().filter(|row| row.action == "message.redrive").count(), 3);
    // those that did not get it are shown first
    world.state().add_fault(Fault::once("message/send", Effect::Errcode { errcode: 85002 }));
    let half = world.say("一半", &["e0"]).await;
    world.ended(&half).await;
    let (rows, _) = world.messages.recipients(&"acme".into(), &all[0], None, None, 2).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [0, 1]);
    let mut mixed = message("混合", &["e0", "e1", "nobody"]);
    mixed["source"] = "other".into();
    let mixed = world.post(mixed).await;
    world.ended(&mixed).await;
    // page by page, and of one state
    for (state, limit, expected) in
        [(None, 1, &[2, 0, 1][..]), (None, 2, &[2, 0, 1]), (None, 3, &[2, 0, 1]), (Some(Sent), 1, &[0, 1])]
    {
        let (mut seen, mut place) = (Vec::new(), None);
        loop {
            let (rows, next) = world.messages.recipients(&"acme".into(), &mixed, state, place, limit).await.unwrap();
            assert!(!rows.is_empty() && rows.len() <= limit, "{rows:?}");
            seen.extend(rows.iter().map(|row| row.seq));
            place = next;
            if place.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "{state:?}, {limit} on a page");
    }
    world.is_good();
}

#[tokio::test]
async fn dead_letters_of_a_message_go_again_in_one_call_and_each_once() {
    let world = World::new();
    world.people(0, 0..150, "lab");
    world.state().add_fault(Fault::always("message/send", Effect::Errcode { errcode: 85002 }));
    let everybody: Vec<String> = (0..150).map(|n| format!("e{n}")).collect();
    let id = world.say("全体", &everybody.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(world.ended(&id).await.get(&Failed), Some(&150));
    let twice = Redrive { seqs: vec![7, 7], accept_duplicates: false };
    assert_eq!(world.messages.redrive(&actor(), &id, twice).await.unwrap().again, 1);
    world.ended(&id).await;
    world.state().clear_faults();
    let before = world.state().count("message/send");
    let filter = DeliveryFilter { message: Some(id.clone()), ..DeliveryFilter::default() };
    let (done, next) = world.messages.redrive_found(&actor(), "acme".into(), filter, false, None).await.unwrap();
    assert_eq!((done.again, next), (150, None));
    assert_eq!(world.ended(&id).await.get(&Sent), Some(&150));
    assert_eq!(world.state().count("message/send"), before + 1);
    world.is_good();
}

#[tokio::test]
async fn what_is_refused_for_good_is_a_dead_letter_with_the_number() {
    let world = World::new();
    world.people(0, 0..1, "lab");
    world.state().add_fault(Fault::once("message/send", Effect::Errcode { errcode: 85002 }));
    let id = world.say("t", &["e0"]).await;
    world.ended(&id).await;
    let row = &world.deliveries(&id)[0];
    assert_eq!((row.state, row.code.as_deref(), row.errcode), (Failed, Some("refused"), Some(85002)));
    let done = world.messages.redrive(&actor(), &id, Redrive::default()).await.unwrap();
    assert_eq!(done.again, 1);
    assert_eq!(world.ended(&id).await.get(&Sent), Some(&1));
    let trace = world.messages.trace(&id).await.unwrap();
    let steps: Vec<Vec<&str>> =
        trace.calls.iter().map(|call| call.steps.iter().map(|step| step.step.as_str()).collect()).collect();
    assert_eq!(steps, [vec!["made", "sending", "refused"], vec!["made", "sending", "sent"]]);
}

#[tokio::test]
async fn lost_answers_to_the_end_are_unknown_and_go_again_only_on_request() {
    let world = World::new();
    world.people(0, 0..1, "lab");
    world.state().add_fault(Fault::always("message/send", Effect::DropAfter));
    let id = world.say("t", &["e0"]).await;
    assert_eq!(world.ended(&id).await.get(&Unknown), Some(&1));
    assert_eq!(world.inbox(0, "u0"), ["t"], "repeated many times, delivered once");
    world.state().clear_faults();
    let left = world.messages.redrive(&actor(), &id, Redrive::default()).await.unwrap();
    assert_eq!((left.again, left.doubtful), (0, 1));
    let wish = Redrive { accept_duplicates: true, ..Redrive::default() };
    assert_eq!(world.messages.redrive(&actor(), &id, wish).await.unwrap().again, 1);
    assert_eq!(world.ended(&id).await.get(&Sent), Some(&1));
}

/// Somebody whose member the bridge knows to be disabled gets nothing, is told as that, and is not tried again until it is
/// enabled.
#[tokio::test]
async fn a_disabled_member_is_told_as_that_and_is_sent_to_once_enabled() {
    let world = World::new();
    world.people(0, 0..1, "lab");
    let mirrored = |status: u8| {
        let member = serde_json::json!({
            "userid": "u0", "memberships": [{ "department": 1 }], "has_details": true,
            "status": if status == 2 { "disabled" } else { "activated" }
        });
        let member: Vec<wecom_bridge::model::Member> = serde_json::from_value(serde_json::json!([member])).unwrap();
        world.store.write_blocking(move |tx| store::mirror::put_members(tx, &"acme-main".into(), &member)).unwrap();
    };
    let looked_at = async || {
        let new = serde_json::from_value(message("t", &["e0"])).unwrap();
        let seen = world.messages.preview(&actor(), new).await.unwrap();
        (
            seen.targets[0].1,
            seen.unreached.iter().map(|group| (group.code, group.count)).collect::<Vec<_>>(),
            seen.calls,
        )
    };
    mirrored(1);
    assert_eq!(looked_at().await, (1, vec![], 1));
    mirrored(2);
    assert_eq!(looked_at().await, (0, vec![("member_disabled", 1)], 0), "the preview tells it before it is sent");
    world.state().add_fault(Fault::once("message/send", Effect::Errcode { errcode: 81013 }));
    let id = world.say("t", &["e0"]).await;
    world.ended(&id).await;
    assert_eq!(world.states(&id), [(Invalid, "member_disabled".to_owned())]);
    let redrive = async || world.messages.redrive(&actor(), &id, Redrive::default()).await.unwrap();
    let (before, done) = (world.state().count("message/send"), redrive().await);
    assert_eq!((done.again, done.still_dead), (0, 1));
    assert_eq!(world.state().count("message/send"), before, "nobody is asked what is known");
    // what may have arrived stays what it is, also for whoever would take it twice
    mirrored(1);
    world.state().add_fault(Fault::always("message/send", Effect::DropAfter));
    let lost = world.say("lost", &["e0"]).await;
    world.ended(&lost).await;
    world.state().clear_faults();
    mirrored(2);
    let doubtful = Redrive { accept_duplicates: true, ..Redrive::default() };
    let done = world.messages.redrive(&actor(), &lost, doubtful).await.unwrap();
    assert_eq!((done.again, done.still_dead), (0, 1));
    assert_eq!(world.deliveries(&lost)[0].state, Unknown);
    mirrored(1);
    assert_eq!(redrive().await.again, 1);
    assert_eq!(world.ended(&id).await.get(&Sent), Some(&1));
}

#[tokio::test]
async fn a_message_that_was_recalled_is_not_sent_again() {
    let world = World::new();
    world.people(0, 0..1, "lab");
    world.employees(1..2, "lab");
    let id = world.say("t", &["e0", "e1"]).await;
    world.ended(&id).await;
    world.messages.recall(&actor(), &id).await.unwrap();
    world.people(0, 1..2, "lab");
    let done = world.messages.redrive(&actor(), &id, Redrive::default()).await.unwrap();
    assert_eq!((done.again, done.still_dead), (0, 1));
    assert_eq!(world.inbox(0, "u1"), Vec::<String>::new());
}

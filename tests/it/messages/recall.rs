//! Taken back, before and after it was sent.

use super::world::{START_MS, World, actor, corpid, message, to};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::MessageError;
use wecom_bridge::model::DeliveryState::{Recalled, Sent, Waiting};
use wecom_bridge::model::MessageId;
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{Effect, Fault};

fn truths(world: &World) -> Vec<Truth> {
    let all = world.state().messages(corpid(0));
    all.iter().flat_map(|message| message.receipts.iter().map(|receipt| message.truth(receipt))).collect()
}

#[tokio::test]
async fn what_was_sent_is_recalled_within_a_day() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    let id = world.say("t", &["e0", "e1"]).await;
    world.ended(&id).await;
    let alone = world.messages.recall_delivery(&actor(), &id, 0).await;
    assert!(matches!(alone, Err(MessageError::NotAlone { others: 1 })), "{alone:?}");
    let reach = async |id: &MessageId| {
        let reach = world.messages.recall_reach(id).await.unwrap();
        (reach.reached, reach.stays, reach.dropped)
    };
    assert_eq!(reach(&id).await, (2, 0, 0));
    let done = world.messages.recall(&actor(), &id).await.unwrap();
    assert_eq!((done.recalled, done.cancelled, done.kept.len()), (2, 0, 0), "{done:?}");
    assert_eq!(reach(&id).await, (0, 0, 0));
    assert_eq!(truths(&world), [Truth::Recalled, Truth::Recalled]);
    assert_eq!(world.tally(&id).unwrap().get(&Recalled), Some(&2));
    let twice = world.messages.recall(&actor(), &id).await.unwrap();
    assert_eq!((twice.recalled, world.state().count("message/recall")), (0, 1));

    let late = world.say("u", &["e0"]).await;
    world.ended(&late).await;
    world.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(reach(&late).await, (0, 1, 0));
    let done = world.messages.recall(&actor(), &late).await.unwrap();
    assert_eq!((done.recalled, done.kept[0].code), (0, "too_late"));
    assert_eq!(world.tally(&late).unwrap().get(&Sent), Some(&1));
    let none = world.messages.recall(&actor(), &MessageId::from("none")).await;
    assert!(matches!(none, Err(MessageError::NoMessage(_))));
    world.is_good();
}

#[tokio::test]
async fn what_waits_is_cancelled_and_never_sent() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    world.set(0, |corp| corp.access = wecom_bridge::model::Access::ReadOnly);
    let held = world.say("held", &["e0"]).await;
    world.until(|| !world.messages.paused().is_empty()).await;
    let waiting = world.say("waiting", &["e0", "e1"]).await;
    world.until(|| world.tally(&waiting).is_some()).await;
    assert_eq!(world.messages.recall_delivery(&actor(), &waiting, 1).await.unwrap().cancelled, 1);
    let first = world.messages.recall(&actor(), &held).await.unwrap();
    assert_eq!(first.cancelled + first.later, 1, "{first:?}");
    world.set(0, |corp| corp.access = wecom_bridge::model::Access::ReadWrite);
    world.messages.resume_paused();
    world.ended(&waiting).await;
    world.ended(&held).await;
    assert_eq!((world.inbox(0, "u0"), world.inbox(0, "u1").len()), (vec!["waiting".to_owned()], 0));
    assert_eq!(world.tally(&held).unwrap().get(&Recalled), Some(&1));
    world.is_good();
}

#[tokio::test]
async fn a_message_whose_recipients_are_not_found_yet_is_dropped() {
    let world = World::new();
    world.messages.shutdown().await;
    let id = world.post(message("t", &["e0"])).await;
    assert_eq!(world.messages.recall(&actor(), &id).await.unwrap().cancelled, 1);
    let again = super::world::build(&world.store, &world.clock, &world.routes);
    again.start();
    world.people(0, 0..1, "lab");
    world.set_routes(vec![to("acme-main")]);
    let next =
        again.accept(&actor(), vec![serde_json::from_value(message("u", &["e0"])).unwrap()], None).await.unwrap();
    world.ended(&next.ids[0]).await;
    assert_eq!(world.inbox(0, "u0"), ["u"]);
    world.is_good();
}

#[tokio::test]
async fn one_that_is_collected_is_taken_back_alone_and_nobody_else_s_is() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    for n in 0..30 {
        let id = world.say(&format!("第{n}条"), &["e0"]).await;
        world.ended(&id).await;
    }
    let id = world.say("又一条", &["e0", "e1"]).await;
    let held = (Waiting, "member_limit".to_owned());
    world.until(|| world.states(&id) == [held.clone(), (Sent, String::new())]).await;
    let done = world.messages.recall_delivery(&actor(), &id, 0).await.unwrap();
    assert_eq!((done.cancelled, done.later), (1, 0), "{done:?}");
    world.clock.advance(Duration::from_secs(63));
    let next = world.say("最后", &["e0"]).await;
    world.ended(&next).await;
    assert_eq!(world.states(&id)[1].0, Sent, "the other one has it and keeps it");
    assert_eq!((world.states(&id)[0].0, world.state().count("message/recall")), (Recalled, 0));
    assert!(!world.inbox(0, "u0").iter().any(|text| text.contains("又一条")));
    world.is_good();
}

#[tokio::test]
async fn what_is_asked_back_on_its_way_is_taken_back_although_wecom_is_busy_and_after_a_restart() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    // on its way for two seconds
    world.state().add_fault(Fault::once("message/send", Effect::Delay { ms: 2_000 }));
    world.state().add_fault(Fault { skip: 0, ..Fault::always("message/recall", Effect::Errcode { errcode: 45009 }) });
    let id = world.say("t", &["e0"]).await;
    let is_out = || {
        let call = world.deliveries(&id).first().and_then(|row| row.call.clone());
        let find = |id| world.store.read(|tx| wecom_bridge::store::outbox::call(tx, &id)).unwrap();
        call.and_then(find).is_some_and(|call| call.state == wecom_bridge::model::CallState::Sending)
    };
    world.until(is_out).await;
    assert_eq!(world.messages.recall(&actor(), &id).await.unwrap().later, 1);
    while world.state().count("message/recall") == 0 {
        world.clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    assert_eq!(world.states(&id)[0].0, Sent);
    world.messages.shutdown().await;
    world.state().clear_faults();
    world.clock.advance(Duration::from_secs(120));
    let again = super::world::build(&world.store, &world.clock, &world.routes);
    again.start();
    world.until(|| world.states(&id)[0].0 == Recalled).await;
    assert_eq!(truths(&world), [Truth::Recalled]);
    again.shutdown().await;
    world.is_good();
}

//! What may go wrong on the way, and that nobody gets a message twice because of it.

use super::world::{Route, START_MS, World, actor, corpid, message, to};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::Redrive;
use wecom_bridge::model::CallState;
use wecom_bridge::model::DeliveryState::{Failed, Recalled, Sent, Unknown, Waiting};
use wecom_bridge::model::content::Content;
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::store;

#[tokio::test]
async fn each_fault_is_overcome_and_every_message_arrives_once() {
    for (name, effect, count) in [
        ("busy, not done", Effect::Errcode { errcode: -1 }, 6),
        ("busy, done all the same", Effect::ErrcodeAfter { errcode: -1 }, 6),
        ("too often", Effect::Errcode { errcode: 45009 }, 2),
        ("too many at once", Effect::Errcode { errcode: 45033 }, 3),
        ("bad gateway", Effect::Status { status: 502 }, 3),
        ("cut before", Effect::DropBefore, 3),
        ("cut after", Effect::DropAfter, 3),
        ("garbage", Effect::Garbage, 3),
        ("half an answer", Effect::Half, 3),
        ("a token taken back", Effect::InvalidateToken, 1),
        ("a wrong secret for a while", Effect::Errcode { errcode: 40001 }, 1),
        ("an address that is not trusted", Effect::Errcode { errcode: 60020 }, 2),
    ] {
        let world = World::new();
        world.people(0, 0..3, "lab");
        world.state().add_fault(Fault { count: Some(count), ..Fault::always("message/send", effect) });
        let id = world.say(name, &["e0", "e1", "e2"]).await;
        let tally = world.ended(&id).await;
        assert_eq!(tally.get(&Sent), Some(&3), "{name}: {:?}", world.deliveries(&id));
        for n in 0..3 {
            assert_eq!(world.inbox(0, &format!("u{n}")), [name], "{name}");
        }
        assert!(world.messages.paused().is_empty(), "{name}");
        world.is_good();
    }
}

#[tokio::test]
async fn a_limit_of_wecom_is_told_with_its_end() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    world.state().add_fault(Fault::always("message/send", Effect::Errcode { errcode: 45009 }));
    let first = world.say("a", &["e0"]).await;
    let told = async {
        loop {
            let queues = world.messages.queues().await.unwrap();
            match queues[0].throttled_until_ms {
                Some(until_ms) => return (until_ms, queues[0].paused.clone()),
                None => tokio::task::yield_now().await,
            }
        }
    };
    let (until_ms, paused) = tokio::time::timeout(Duration::from_secs(60), told).await.expect("it is told");
    assert!(
        until_ms > START_MS && paused.is_none(),
        "until {until_ms}, paused {paused:?}: nobody needs to do anything"
    );
    // what was not tried waits for the same, and says so
    let second = world.say("b", &["e1"]).await;
    world.until(|| !world.deliveries(&second).is_empty()).await;
    let rows = world.messages.deliveries(&second, 0, 9).await.unwrap();
    assert_eq!((rows[0].state, rows[0].code.as_deref()), (Waiting, Some("quota")));
    world.state().clear_faults();
    let is_sent = |id| world.deliveries(id).iter().all(|row| row.state == Sent);
    world
        .until(|| {
            world.clock.advance(Duration::from_secs(1));
            is_sent(&first) && is_sent(&second)
        })
        .await;
    assert_eq!(world.messages.queues().await.unwrap()[0].throttled_until_ms, None);
}

#[tokio::test]
async fn a_call_that_the_fault_may_be_of_does_not_hold_up_the_others() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..4, "lab");
    world.state().add_fault(Fault::always("message/send", Effect::Errcode { errcode: 60020 }));
    let mut high = message("紧急", &["e0"]);
    high["priority"] = "high".into();
    let mut all = vec![world.post(high).await];
    world.until(|| !world.messages.paused().is_empty()).await;
    for n in 1..4 {
        all.push(world.say(&format!("第{n}条"), &[&format!("e{n}")]).await);
    }
    world.until(|| all.iter().all(|id| world.tally(id).is_some())).await;
    let call = |id| {
        let call = world.deliveries(id)[0].call.clone().unwrap();
        world.store.read(|tx| store::outbox::call(tx, &call)).unwrap().unwrap()
    };
    let attempts = || all.iter().map(|id| call(id).attempts).collect::<Vec<u32>>();
    let rest = || all.iter().all(|id| call(id).state == CallState::Waiting);
    for n in 1..=4 {
        world.until(|| attempts().iter().sum::<u32>() == n && rest()).await;
        if n < 4 {
            world.clock.advance(Duration::from_secs(400));
        }
    }
    assert_eq!(attempts(), [1, 1, 1, 1], "each is tried once before one is tried again");
    let queue = world.messages.queues().await.unwrap().remove(0);
    assert_eq!((queue.fullest_hour, queue.day_used), (0, 0), "nothing reached WeCom: the members have all their room");
    world.state().clear_faults();
    world.messages.resume_paused();
    for id in &all {
        assert_eq!(world.ended(id).await.get(&Sent), Some(&1));
    }
    world.is_good();
}

#[tokio::test]
async fn what_may_have_arrived_is_not_repeated_when_it_has_waited_for_too_long() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.state().add_fault(Fault::once("message/send", Effect::DropAfter));
    world.state().add_fault(Fault { skip: 1, ..Fault::always("message/send", Effect::Errcode { errcode: 60020 }) });
    let id = world.say("t", &["e0"]).await;
    // the answer is lost, and the repetition finds that the app may not speak from here any more
    let is_lost = || {
        let call = world.deliveries(&id).first().and_then(|row| row.call.clone());
        let call = call.and_then(|call| world.store.read(|tx| store::outbox::call(tx, &call)).unwrap());
        call.is_some_and(|call| call.state == CallState::Waiting && call.doubts == 1)
    };
    world.until(is_lost).await;
    world.clock.advance(Duration::from_secs(5));
    world.until(|| !world.messages.paused().is_empty()).await;
    assert_eq!(world.messages.paused()[0].code, "refused_app");
    assert_eq!(world.states(&id)[0].0, Waiting);
    // five hours later that is mended, and WeCom has forgotten the first attempt
    world.clock.advance(Duration::from_secs(5 * 3_600));
    world.state().clear_faults();
    world.messages.resume_paused();
    assert_eq!(world.ended(&id).await.get(&Unknown), Some(&1), "{:?}", world.deliveries(&id));
    assert_eq!(world.inbox(0, "u0"), ["t"], "once");
    let row = &world.deliveries(&id)[0];
    assert!(row.error.as_deref().unwrap().contains("no longer suppresses"), "{row:?}");
    world.is_good();
}

/// What WeCom suppresses hides whether it is stored that a request goes out before it does; hours later nothing is suppressed.
#[tokio::test]
async fn what_was_on_its_way_when_the_process_died_is_not_sent_again_when_wecom_has_forgotten_it() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.state().add_fault(Fault::once("message/send", Effect::Delay { ms: 2_000 }));
    let id = world.say("t", &["e0"]).await;
    let call = |store: &store::Store| {
        let call = store.read(|tx| store::deliveries::find(tx, &id, 0)).unwrap().and_then(|row| row.call);
        call.and_then(|call| store.read(|tx| store::outbox::call(tx, &call)).unwrap())
    };
    world.until(|| call(&world.store).is_some_and(|call| call.state == CallState::Sending)).await;
    // what a crash at this moment leaves behind
    let image = tempfile::tempdir().unwrap();
    for file in ["wecom-bridge.redb", "master.key"] {
        std::fs::copy(world.folder.path().join(file), image.path().join(file)).unwrap();
    }
    world
        .until(|| {
            world.clock.advance(Duration::from_millis(500));
            !world.inbox(0, "u0").is_empty()
        })
        .await;
    world.messages.shutdown().await;

    world.clock.advance(Duration::from_secs(5 * 3_600));
    let store = super::world::open_store(image.path(), &world.clock);
    assert_eq!(call(&store).unwrap().state, CallState::Sending);
    let again = super::world::build(&store, &world.clock, &world.routes);
    again.start();
    let row = || store.read(|tx| store::deliveries::find(tx, &id, 0)).unwrap().unwrap();
    world.until(|| row().state != Waiting).await;
    assert_eq!(row().state, Unknown, "{:?}", row());
    assert_eq!(world.inbox(0, "u0"), ["t"], "once");
    again.shutdown().await;
}

#[tokio::test]
async fn the_same_text_again_is_another_message_and_not_a_repetition() {
    let world = World::new();
    world.people(0, 0..2, "lab");
    let (first, second) = (world.say("同一句话", &["e0"]).await, world.say("同一句话", &["e0"]).await);
    for id in [&first, &second] {
        assert_eq!(world.ended(id).await.get(&Sent), Some(&1));
    }
    assert_eq!(world.inbox(0, "u0").len(), 2);
    // and where it cannot be told apart, a lost answer is told as such
    world.state().add_fault(Fault::always("message/send", Effect::DropAfter));
    let third = world.say("同一句话", &["e0"]).await;
    assert_eq!(world.ended(&third).await.get(&Unknown), Some(&1));
    assert_eq!(world.inbox(0, "u0").len(), 3, "it is not repeated");
    let row = &world.deliveries(&third)[0];
    assert!(row.error.as_deref().unwrap().contains("could not tell them apart"), "{row:?}");
}

#[tokio::test]
async fn an_app_that_is_gone_and_a_member_that_is_shared_stop_nobody_else() {
    let world = World::new();
    world.people(0, 0..2, "lab");
    world.set_routes(vec![Route { app: "none", ..to("acme-main") }]);
    let id = world.say("t", &["e0"]).await;
    world.ended(&id).await;
    assert_eq!(world.states(&id), [(Failed, "no_app".to_owned())]);
    world.set_routes(vec![to("acme-main")]);
    let ok = world.say("u", &["e1"]).await;
    assert_eq!(world.ended(&ok).await.get(&Sent), Some(&1));
    assert_eq!(world.state().messages(corpid(0)).len(), 1);
    let days = world.store.read(|tx| store::outbox::days(tx, 0)).unwrap();
    let sent: u32 = days.iter().map(|(_, _, day)| day.tally.of(Sent)).sum();
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn of_a_long_text_nobody_gets_a_part_twice() {
    fn two(message: &wecom_bridge::model::Message) -> Result<Vec<Content>, String> {
        Ok((1..=2).map(|n| Content::text(format!("{} {n}/2", message.title))).collect())
    }
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    // the second part finds the quota used up, and until then the minute of one member is
    world.state().add_fault(Fault { skip: 1, ..Fault::once("message/send", Effect::Errcode { errcode: 45009 }) });
    world.set_routes(vec![Route { say: two, ..to("acme-main") }]);
    let long = world.say("长文", &["e0", "e1"]).await;
    world.until(|| !world.inbox(0, "u1").is_empty() && world.state().count("message/send") == 2).await;
    world.set_routes(vec![to("acme-main")]);
    let mut urgent = Vec::new();
    for n in 0..29 {
        let mut high = message(&format!("急{n}"), &["e1"]);
        high["priority"] = "high".into();
        urgent.push(world.post(high).await);
    }
    for id in &urgent {
        world.until(|| world.tally(id).is_some()).await;
    }
    for _ in 0..40 {
        world.clock.advance(Duration::from_secs(30));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(world.ended(&long).await.get(&Sent), Some(&2));
    for userid in ["u0", "u1"] {
        let parts: Vec<String> = world.inbox(0, userid).into_iter().filter(|text| text.contains("长文")).collect();
        assert_eq!(parts, ["长文 1/2", "长文 2/2"], "{userid}");
    }
    world.is_good();
}

#[tokio::test]
async fn a_long_text_that_is_refused_half_way_says_so_and_is_not_sent_again_unasked() {
    fn two(message: &wecom_bridge::model::Message) -> Result<Vec<Content>, String> {
        Ok((1..=2).map(|n| Content::text(format!("{} {n}/2", message.title))).collect())
    }
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { say: two, ..to("acme-main") }]);
    world.state().add_fault(Fault { skip: 1, ..Fault::once("message/send", Effect::Errcode { errcode: 40058 }) });
    let id = world.say("长文", &["e0"]).await;
    assert_eq!(world.ended(&id).await.get(&Failed), Some(&1));
    let row = world.deliveries(&id).remove(0);
    assert_eq!((row.code.as_deref(), row.errcode), (Some("partly"), Some(40058)));
    let redriven = world.messages.redrive(&actor(), &id, Redrive::default()).await.unwrap();
    assert_eq!((redriven.again, redriven.doubtful), (0, 1));
    // what arrived is taken back
    let reach = world.messages.recall_reach(&id).await.unwrap();
    assert_eq!((reach.reached, reach.stays, reach.dropped), (1, 0, 0));
    let recalled = world.messages.recall(&actor(), &id).await.unwrap();
    assert_eq!((recalled.recalled, recalled.kept.len()), (1, 0), "{recalled:?}");
    assert_eq!((world.inbox(0, "u0"), world.states(&id)[0].0), (vec![], Recalled));
    world.is_good();
}

/// Who keeps the store's writer busy keeps messages from being durable, and from being answered.
#[tokio::test]
async fn nobody_is_answered_before_the_message_is_durable() {
    let world = World::new();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (begun, is_held) = tokio::sync::oneshot::channel();
    let (store, begun) = (world.store.clone(), std::sync::Mutex::new(Some(begun)));
    let busy = tokio::spawn(async move {
        let wait = move |_: &store::WriteTx| {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            // `Err` when the other end is dropped
            let _ = held.recv();
            Ok(())
        };
        store.write(wait).await.unwrap();
    });
    is_held.await.unwrap();
    let messages = world.messages.clone();
    let new = serde_json::from_value(message("一", &["e0"])).unwrap();
    let accepted = tokio::spawn(async move { messages.accept(&actor(), vec![new], None).await.unwrap().ids.remove(0) });
    for _ in 0..1_000 {
        assert!(!accepted.is_finished(), "answered, and nothing is written");
        tokio::task::yield_now().await;
    }
    drop(hold);
    let id = accepted.await.unwrap();
    assert!(world.store.read(|tx| store::messages::find(tx, &id)).unwrap().is_some());
    busy.await.unwrap();
}

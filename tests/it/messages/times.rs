//! What depends on the time: quiet hours, WeCom's limits per member, expiry, retention.

use super::world::{Route, START_MS, World, actor, card, message, to};
use serde_json::Value;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::settings::MessageSettings;
use wecom_bridge::model::DeliveryState::{Expired, Sent, Waiting};
use wecom_bridge::model::{MessageId, QuietWindow};
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::store;

pub const HOUR: Duration = Duration::from_secs(3_600);

pub fn night() -> QuietWindow {
    // START_MS is 16:53 in Shanghai
    QuietWindow { from_min: 16 * 60, until_min: 8 * 60, zone: "Asia/Shanghai".into() }
}

fn urgent() -> Value {
    let mut high = message("now", &["e0"]);
    high["priority"] = "high".into();
    high
}

/// A message that waits for the morning, and an urgent one that has gone out.
async fn at_night() -> (World, MessageId) {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { quiet: Some(night()), ..to("acme-main") }]);
    let id = world.say("later", &["e0"]).await;
    let urgent = world.post(urgent()).await;
    world.ended(&urgent).await;
    world.until(|| world.tally(&id).is_some()).await;
    (world, id)
}

#[tokio::test]
async fn in_quiet_hours_only_what_is_urgent_goes_out_and_the_rest_in_the_morning() {
    let (world, id) = at_night().await;
    assert_eq!(world.inbox(0, "u0"), ["now"]);
    let shown = world.messages.deliveries(&id, 0, 10).await.unwrap();
    assert_eq!((shown[0].state, shown[0].code.as_deref()), (Waiting, Some("quiet_hours")));
    let due_ms = shown[0].due_at_ms.unwrap() - START_MS;
    assert!((15 * 3_600_000..=15 * 3_600_000 + 900_000).contains(&due_ms), "it says when: {due_ms} ms from now");
    world.clock.advance(HOUR * 15);
    assert_eq!(world.inbox(0, "u0"), ["now"], "7:53 is still night");
    world.clock.advance(HOUR / 4);
    world.ended(&id).await;
    assert_eq!(world.inbox(0, "u0"), ["now", "later"]);
    let sent_at = world.deliveries(&id)[0].sent_at_ms.unwrap();
    assert_eq!(sent_at, world.clock.now_ms());
    world.is_good();
}

/// What waits for the morning says when, until then: where the app is paused in the morning, no time that has passed is told.
#[tokio::test]
async fn a_time_that_has_passed_is_not_told() {
    let (world, id) = at_night().await;
    let shown = async || world.messages.deliveries(&id, 0, 10).await.unwrap().remove(0);
    assert!(shown().await.due_at_ms.is_some_and(|at_ms| at_ms > world.clock.now_ms()));
    world.set(0, |corp| corp.access = wecom_bridge::model::Access::ReadOnly);
    world.post(urgent()).await;
    world.until(|| !world.messages.paused().is_empty()).await;
    world.clock.advance(HOUR * 16);
    let row = shown().await;
    assert_eq!((row.state, row.due_at_ms), (Waiting, None), "{row:?}");
    world.is_good();
}

#[tokio::test]
async fn the_31st_message_in_a_minute_waits_and_is_put_together_instead_of_being_dropped() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    let mut all = Vec::new();
    for n in 0..40 {
        all.push(world.say(&format!("第{n}条"), &["e0", "e1"]).await);
    }
    for id in &all[..30] {
        world.ended(id).await;
    }
    let is_held = || {
        all[30..]
            .iter()
            .all(|id| world.states(id) == [(Waiting, "member_limit".to_owned()), (Waiting, "member_limit".to_owned())])
    };
    world.until(is_held).await;
    world.clock.advance(Duration::from_secs(63));
    for id in &all {
        assert_eq!(world.ended(id).await.get(&Sent), Some(&2));
    }
    for userid in ["u0", "u1"] {
        let inbox = world.inbox(0, userid);
        assert_eq!(inbox.len(), 31, "{inbox:?}");
        let texts = inbox.join("\n");
        assert!((0..40).all(|n| texts.contains(&format!("第{n}条"))), "{texts}");
    }
    let dropped = world
        .state()
        .messages(super::world::corpid(0))
        .iter()
        .any(|message| message.receipts.iter().any(|receipt| message.truth(receipt) == Truth::Dropped));
    assert!(!dropped);
    let queue = world.messages.queues().await.unwrap().remove(0);
    assert!(queue.fullest_hour >= 31 && queue.day_used == 62, "{queue:?}");
    world.is_good();
}

/// What WeCom threw away without saying so.
fn dropped(world: &World) -> usize {
    let messages = world.state().messages(super::world::corpid(0));
    let dropped = |message: &wecom_bridge::sandbox::messages::message::Message| {
        message.receipts.iter().filter(|receipt| message.truth(receipt) == Truth::Dropped).count()
    };
    messages.iter().map(dropped).sum()
}

#[tokio::test]
async fn what_wecom_answers_slowly_counts_when_it_is_through() {
    let world = World::new();
    world.people(0, 0..1, "lab");
    world.let_cards_through();
    world.set_routes(vec![Route { say: card, ..to("acme-main") }]);
    world.state().add_fault(Fault { count: Some(30), ..Fault::always("message/send", Effect::Delay { ms: 40_000 }) });
    let mut all = Vec::new();
    for n in 0..60 {
        all.push(world.say(&format!("第{n}条"), &["e0"]).await);
    }
    for id in &all {
        assert_eq!(world.ended(id).await.get(&Sent), Some(&1), "{:?}", world.deliveries(id));
    }
    assert_eq!(dropped(&world), 0, "what is logged as sent has arrived");
    world.is_good();
}

#[tokio::test]
async fn a_storm_goes_out_in_portions_that_wecom_takes() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { digest_ms: Some(10_000), ..to("acme-main") }]);
    let storm = (0..700)
        .map(|n| serde_json::from_value(message(&format!("第{n}条：{}", "告警".repeat(20)), &["e0"])).unwrap())
        .collect();
    let ids = world.messages.accept(&actor(), storm, None).await.unwrap().ids;
    // all of them are there before the first is over
    world.until(|| ids.iter().rev().all(|id| world.tally(id).is_some())).await;
    let waits = |id: &wecom_bridge::model::MessageId| world.tally(id).is_none_or(|tally| tally.contains_key(&Waiting));
    world
        .until(|| {
            world.clock.advance(Duration::from_secs(1));
            !ids.iter().rev().any(waits)
        })
        .await;
    for id in &ids {
        assert_eq!(world.tally(id).unwrap().get(&Sent), Some(&1));
    }
    assert_eq!(dropped(&world), 0);
    let texts = world.inbox(0, "u0").join("\n");
    assert!((0..700).all(|n| texts.contains(&format!("第{n}条："))), "each is in one of the texts");
    let calls = world.store.read(|tx| store::messages::head(tx, &ids[1])).unwrap().unwrap().calls;
    let call = world.store.read(|tx| store::outbox::call(tx, calls.last().unwrap())).unwrap().unwrap();
    assert!(call.parts.len() == 10 && call.carries.len() > 50, "{} in {} texts", call.carries.len(), call.parts.len());
    world.is_good();
}

#[tokio::test]
async fn what_is_urgent_and_over_the_limit_waits_for_the_limit_only() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    for n in 0..30 {
        let id = world.say(&format!("第{n}条"), &["e0"]).await;
        world.ended(&id).await;
    }
    let held = |id: &wecom_bridge::model::MessageId| world.states(id) == [(Waiting, "member_limit".to_owned())];
    let normal = world.say("普通", &["e0"]).await;
    world.until(|| held(&normal)).await;
    let mut high = message("紧急", &["e0"]);
    high["priority"] = "high".into();
    let urgent = world.post(high).await;
    world.until(|| held(&urgent)).await;
    world.clock.advance(Duration::from_secs(63));
    assert_eq!(world.ended(&urgent).await.get(&Sent), Some(&1));
    let call = world.deliveries(&urgent)[0].call.clone().unwrap();
    let call = world.store.read(|tx| store::outbox::call(tx, &call)).unwrap().unwrap();
    assert_eq!((call.priority, call.carries.len()), (wecom_bridge::model::Priority::High, 2));
    world.is_good();
}

#[tokio::test]
async fn the_limit_holds_after_a_restart() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    for n in 0..30 {
        let id = world.say(&format!("第{n}条"), &["e0"]).await;
        world.ended(&id).await;
    }
    world.messages.shutdown().await;
    let again = super::world::build(&world.store, &world.clock, &world.routes);
    again.start();
    let new = vec![serde_json::from_value(message("多一条", &["e0"])).unwrap()];
    let id = again.accept(&actor(), new, None).await.unwrap().ids.remove(0);
    world.until(|| world.states(&id) == [(Waiting, "member_limit".to_owned())]).await;
    world.clock.advance(Duration::from_secs(63));
    world.ended(&id).await;
    assert_eq!(world.inbox(0, "u0").len(), 31);
}

#[tokio::test]
async fn a_card_over_the_limit_waits_by_itself_and_says_why() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    world.let_cards_through();
    world.set_routes(vec![Route { say: card, ..to("acme-main") }]);
    for n in 0..30 {
        let id = world.say(&format!("待办{n}"), &["e0"]).await;
        world.ended(&id).await;
    }
    let id = world.say("又一个", &["e0", "e1"]).await;
    world.until(|| world.tally(&id).is_some_and(|tally| tally.get(&Sent) == Some(&1))).await;
    let shown = world.messages.deliveries(&id, 0, 10).await.unwrap();
    let waits: Vec<_> = shown.iter().map(|row| (row.state, row.code.as_deref())).collect();
    assert_eq!(waits, [(Waiting, Some("member_limit")), (Sent, None)], "the other member does not wait");
    world.clock.advance(Duration::from_secs(63));
    assert_eq!(world.ended(&id).await.get(&Sent), Some(&2));
    assert_eq!((world.inbox(0, "u0").len(), world.inbox(0, "u1").len()), (31, 1));
    world.is_good();
}

#[tokio::test]
async fn the_quota_of_the_day_is_kept() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..250, "lab");
    world.set(0, |corp| corp.quota.seats = 1);
    let mut first = message("a", &[]);
    first["recipients"] = serde_json::json!({ "employees": (0..150).map(|n| format!("e{n}")).collect::<Vec<_>>() });
    let mut second = first.clone();
    second["title"] = "b".into();
    let (first, second) = (world.post(first).await, world.post(second).await);
    world.ended(&first).await;
    let is_held = || {
        let call = world.deliveries(&second).first().and_then(|row| row.call.clone());
        call.is_some_and(|call| {
            world.store.read(|tx| store::outbox::call(tx, &call)).unwrap().unwrap().code.as_deref()
                == Some("daily_quota")
        })
    };
    world.until(is_held).await;
    assert_eq!(world.state().count("message/send"), 1);
    world.clock.advance(HOUR * 8);
    assert_eq!(world.ended(&second).await.get(&Sent), Some(&150), "after midnight in China");
}

#[tokio::test]
async fn what_is_out_of_time_is_not_sent_any_more_and_what_is_old_is_removed() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { quiet: Some(night()), ..to("acme-main") }]);
    let mut short = message("kurz", &["e0"]);
    short["expires_at_ms"] = (START_MS + 3_600_000).into();
    let id = world.post(short).await;
    world.until(|| world.tally(&id).is_some()).await;
    world.clock.advance(HOUR * 16);
    assert_eq!(world.ended(&id).await.get(&Expired), Some(&1));
    assert_eq!(world.state().count("message/send"), 0);

    let settings = MessageSettings { keep_days: 7 };
    world.messages.set_settings(&actor(), settings).await.unwrap();
    world.clock.advance(HOUR * 24 * 5);
    world.set_routes(vec![to("acme-main")]);
    let young = world.say("jung", &["e0"]).await;
    world.ended(&young).await;
    world.clock.advance(HOUR * 24 * 3);
    assert!(world.messages.remove_old().await.unwrap() > 0);
    let left = |id| world.store.read(|tx| store::messages::find(tx, id)).unwrap().is_some();
    assert_eq!((left(&id), left(&young)), (false, true));
    assert!(world.deliveries(&id).is_empty());
    assert_eq!(world.messages.remove_old().await.unwrap(), 0);
    world.is_good();
}

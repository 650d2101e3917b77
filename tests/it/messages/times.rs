//! What depends on the time: quiet hours, digests, WeCom's limits per member, expiry, retention.

use super::world::{Route, START_MS, World, actor, card, message, to};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::settings::MessageSettings;
use wecom_bridge::messages::{NewTodoState, TodoWish};
use wecom_bridge::model::DeliveryState::{Expired, Recalled, Sent, Waiting};
use wecom_bridge::model::content::Content;
use wecom_bridge::model::{Message, MessageId, QuietWindow};
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::store;
use wecom_bridge::store::outbox::{Burst, BurstItem};

const HOUR: Duration = Duration::from_secs(3_600);

fn night() -> QuietWindow {
    // START_MS is 16:53 in Shanghai
    QuietWindow { from_min: 16 * 60, until_min: 8 * 60, zone: "Asia/Shanghai".into() }
}

#[tokio::test]
async fn in_quiet_hours_only_what_is_urgent_goes_out_and_the_rest_in_the_morning() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { quiet: Some(night()), ..to("acme-main") }]);
    let id = world.say("later", &["e0"]).await;
    let mut high = message("now", &["e0"]);
    high["priority"] = "high".into();
    let urgent = world.post(high).await;
    world.ended(&urgent).await;
    world.until(|| world.tally(&id).is_some()).await;
    assert_eq!(world.inbox(0, "u0"), ["now"]);
    let shown = world.messages.deliveries(&id, 0, 10).await.unwrap();
    assert_eq!((shown[0].state, shown[0].code.as_deref()), (Waiting, Some("quiet_hours")));
    world.clock.advance(HOUR * 15);
    assert_eq!(world.inbox(0, "u0"), ["now"], "7:53 is still night");
    world.clock.advance(HOUR / 4);
    world.ended(&id).await;
    assert_eq!(world.inbox(0, "u0"), ["now", "later"]);
    let sent_at = world.deliveries(&id)[0].sent_at_ms.unwrap();
    assert_eq!(sent_at, world.clock.now_ms());
    world.is_good();
}

#[tokio::test]
async fn a_burst_becomes_one_digest_for_all_who_had_the_same() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..3, "lab");
    world.set_routes(vec![Route { digest_ms: Some(600_000), ..to("acme-main") }]);
    let everyone = ["e0", "e1", "e2"];
    let first = world.say("第一条", &everyone).await;
    world.ended(&first).await;
    let mut rest = Vec::new();
    for n in 2..=5 {
        rest.push(world.say(&format!("第{n}条"), &everyone).await);
    }
    let only = world.say("只给一人", &["e2"]).await;
    world.until(|| world.tally(&only).is_some()).await;
    assert_eq!(world.states(&only), [(Waiting, "digest".to_owned())]);
    assert_eq!(world.state().count("message/send"), 1);
    world.clock.advance(Duration::from_secs(600));
    for id in rest.iter().chain([&only]) {
        world.ended(id).await;
    }
    assert_eq!(world.state().count("message/send"), 3, "u0 and u1 share a digest, u2 has its own");
    let digest = &world.inbox(0, "u0")[1];
    assert!(digest.contains("4 条新消息") && (2..=5).all(|n| digest.contains(&format!("第{n}条"))), "{digest}");
    assert!(world.inbox(0, "u2")[1].contains("只给一人"));
    assert_eq!(world.states(&only), [(Sent, "in_digest".to_owned())], "the log tells that it was not sent as it is");
    // the burst goes on; what comes alone in the next window is sent as it is
    let last = world.say("又一条", &["e0"]).await;
    world.until(|| world.tally(&last).is_some()).await;
    assert_eq!(world.states(&last), [(Waiting, "digest".to_owned())]);
    world.clock.advance(Duration::from_secs(600));
    world.ended(&last).await;
    assert_eq!(world.inbox(0, "u0")[2], "又一条");
    assert_eq!(world.states(&last), [(Sent, String::new())]);
    world.clock.advance(Duration::from_secs(1_300));
    let quiet = world.say("过后", &["e1"]).await;
    assert_eq!(world.ended(&quiet).await.get(&Sent), Some(&1));
    world.is_good();
}

/// What a rule says: title and body.
fn both(message: &Message) -> Result<Vec<Content>, String> {
    Ok(vec![Content::markdown(format!("**【{}】**\n{}", message.title, message.body))])
}

#[tokio::test]
async fn a_digest_says_what_the_rule_says_and_shortens_no_title() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { digest_ms: Some(600_000), say: both, ..to("acme-main") }]);
    let title = |n: usize| format!("{}{n}", "机房温度告警".repeat(12));
    let mut all = Vec::new();
    for n in 0..3 {
        let mut new = message(&title(n), &["e0"]);
        (new["body"], new["url"]) = (format!("超过 {n}0 度").into(), format!("https://oa/{n}").into());
        all.push(world.post(new).await);
        world.until(|| world.tally(&all[n]).is_some()).await;
    }
    world.clock.advance(Duration::from_secs(600));
    for id in &all {
        world.ended(id).await;
    }
    let inbox = world.inbox(0, "u0");
    assert_eq!(inbox.len(), 2, "{inbox:?}");
    let line = |n: usize| format!("<a href=\"https://oa/{n}\">【{}】</a>\n超过 {n}0 度", title(n));
    assert!(inbox[1].contains(&line(1)) && inbox[1].contains(&line(2)), "{}", inbox[1]);
    world.is_good();
}

#[tokio::test]
async fn what_is_over_before_its_digest_goes_out_is_not_in_it() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    world.set_routes(vec![Route { quiet: Some(night()), digest_ms: Some(10_000), ..to("acme-main") }]);
    let first = world.say("第一", &["e0", "e1"]).await;
    world.until(|| world.tally(&first).is_some()).await;
    let mut short = message("过期", &["e0", "e1"]);
    short["expires_at_ms"] = (START_MS + 60_000).into();
    let mut todo = message("待办", &["e0", "e1"]);
    todo["todo"] = "pending".into();
    let short = world.post(short).await;
    let taken_back = world.say("撤回", &["e0", "e1"]).await;
    let todo = world.post(todo).await;
    let half = world.say("一半", &["e0", "e1"]).await;
    let stays = world.say("留下", &["e0", "e1"]).await;
    world.until(|| world.tally(&stays).is_some()).await;
    world.clock.advance(Duration::from_secs(10));
    let call = |id: &MessageId| {
        let call = world.deliveries(id)[0].call.clone().unwrap();
        world.store.read(|tx| store::outbox::call(tx, &call)).unwrap().unwrap()
    };
    world.until(|| call(&stays).carries.len() == 5 && call(&stays).code.as_deref() == Some("quiet_hours")).await;
    let done = world.messages.recall(&actor(), &taken_back).await.unwrap();
    assert_eq!((done.cancelled, done.kept.len()), (2, 0), "{done:?}");
    assert_eq!(world.tally(&taken_back).unwrap().get(&Recalled), Some(&2));
    let state = NewTodoState { state: TodoWish::Withdrawn, text: None };
    world.messages.set_todo(&actor(), &todo, state).await.unwrap();
    assert_eq!(world.states(&todo), [(Expired, "todo_ended".to_owned()), (Expired, "todo_ended".to_owned())]);
    assert_eq!(world.messages.recall_delivery(&actor(), &half, 1).await.unwrap().cancelled, 1);
    world.clock.advance(HOUR * 16);
    for id in [&first, &short, &half, &stays] {
        world.ended(id).await;
    }
    assert_eq!(world.states(&short), [(Expired, "expired".to_owned()), (Expired, "expired".to_owned())]);
    assert_eq!(world.states(&half), [(Sent, "in_digest".to_owned()), (Recalled, "recalled".to_owned())]);
    assert_eq!(world.states(&stays), [(Sent, "in_digest".to_owned()), (Sent, String::new())]);
    assert_eq!(world.inbox(0, "u0"), ["第一", "您有 2 条新消息：\n1. 一半\n2. 留下"]);
    assert_eq!(world.inbox(0, "u1"), ["第一", "留下"], "one that is left goes out as it is");
    world.is_good();
}

#[tokio::test]
async fn a_digest_that_is_on_its_way_is_not_asked_back_for_one_of_its_messages() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { quiet: Some(night()), digest_ms: Some(10_000), ..to("acme-main") }]);
    let mut all = Vec::new();
    for title in ["第一", "撤回", "留下"] {
        all.push(world.say(title, &["e0"]).await);
        world.until(|| world.tally(all.last().unwrap()).is_some()).await;
    }
    world.clock.advance(Duration::from_secs(10));
    let call = || {
        let call = world.deliveries(&all[1])[0].call.clone().unwrap();
        world.store.read(|tx| store::outbox::call(tx, &call)).unwrap().unwrap()
    };
    world.until(|| call().carries.len() == 2 && call().code.as_deref() == Some("quiet_hours")).await;
    // as it is when WeCom has refused it for now
    let tried = wecom_bridge::model::SendCall { first_sent_at_ms: Some(START_MS), attempts: 1, ..call() };
    world.store.write_blocking(move |tx| store::outbox::put_call(tx, &tried)).unwrap();
    let done = world.messages.recall_delivery(&actor(), &all[1], 0).await.unwrap();
    assert_eq!((done.later, done.cancelled, done.kept[0].code), (0, 0, "in_digest"), "{done:?}");
    assert!(!call().recall_wanted);
    world.clock.advance(HOUR * 16);
    for id in &all[1..] {
        world.ended(id).await;
        assert_eq!(world.states(id), [(Sent, "in_digest".to_owned())]);
    }
    world.is_good();
}

#[tokio::test]
async fn what_is_collected_for_somebody_else_is_left_to_them() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    world.set_routes(vec![Route { digest_ms: Some(600_000), ..to("acme-main") }]);
    let first = world.say("第一", &["e0", "e1"]).await;
    world.ended(&first).await;
    let theirs = world.say("他的", &["e0"]).await;
    world.until(|| world.tally(&theirs).is_some()).await;
    // what is left where the recipients of a message are found anew after the directory has changed
    let id = theirs.clone();
    let stale = move |tx: &store::WriteTx| {
        let mut burst = Burst {
            app: "acme-main/oa".into(),
            rule: String::new(),
            userid: "u1".into(),
            until_ms: START_MS + 60_000,
            window_ms: 0,
            collected: 0,
        };
        store::outbox::collect(tx, &mut burst, &BurstItem { message: id.clone(), seq: 0 })?;
        store::outbox::put_burst(tx, &burst)
    };
    world.store.write(stale).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    let other = world.say("另一条", &["e1"]).await;
    world.until(|| world.tally(&other).is_some()).await;
    world.until(|| world.store.read(|tx| store::outbox::burst(tx, "acme-main/oa", "", "u1")).unwrap().is_none()).await;
    assert_eq!(world.states(&theirs), [(Waiting, "digest".to_owned())]);
    world.clock.advance(Duration::from_secs(540));
    world.ended(&theirs).await;
    assert_eq!(world.inbox(0, "u0"), ["第一", "他的"]);
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

//! What goes out together: collected, put together, taken out again.

use super::times::{HOUR, night};
use super::world::{Route, START_MS, World, actor, message, to};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::{NewTodoState, TodoWish};
use wecom_bridge::model::DeliveryState::{Expired, Recalled, Sent, Waiting};
use wecom_bridge::model::content::Content;
use wecom_bridge::model::{Message, MessageId, Priority, Recipients};
use wecom_bridge::store;
use wecom_bridge::store::outbox::{Burst, BurstItem};

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
    let told = world.messages.deliveries(&only, 0, 1).await.unwrap();
    assert_eq!(told[0].due_at_ms, Some(START_MS + 600_000), "it says when it goes out");
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
    let reach = async || {
        let reach = world.messages.recall_reach(&all[1]).await.unwrap();
        (reach.reached, reach.stays)
    };
    assert_eq!(reach().await, (0, 1));
    let done = world.messages.recall_delivery(&actor(), &all[1], 0).await.unwrap();
    assert_eq!((done.later, done.cancelled, done.kept[0].code), (0, 0, "in_digest"), "{done:?}");
    assert!(!call().recall_wanted);
    world.clock.advance(HOUR * 16);
    for id in &all[1..] {
        world.ended(id).await;
        assert_eq!(world.states(id), [(Sent, "in_digest".to_owned())]);
    }
    assert_eq!(reach().await, (0, 1), "it went out with others");
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

/// What an attempt has left that was interrupted while it wrote a message: rows and calls, and the message in the queue. Before
/// it so many urgent ones that its turn comes after the end of the burst.
fn interrupt(world: &World, id: &MessageId) {
    let id = id.clone();
    let again = move |tx: &store::WriteTx| {
        let message = store::messages::find(tx, &id)?.unwrap();
        store::messages::accept(tx, &message)?;
        for n in 0..64 {
            let urgent =
                Message { id: format!("{id}-{n:02}").as_str().into(), priority: Priority::High, ..message.clone() };
            let employees = vec!["nobody".into()];
            let nobody = Recipients::Named { employees, units: Vec::new(), bindings: Vec::new() };
            store::messages::accept(tx, &Message { recipients: nobody, ..urgent })?;
        }
        Ok(())
    };
    world.store.write_blocking(again).unwrap();
}

#[tokio::test]
async fn a_message_that_is_half_written_is_in_no_digest_and_takes_none_along() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { digest_ms: Some(600_000), ..to("acme-main") }]);
    let first = world.say("第一条", &["e0"]).await;
    world.ended(&first).await;
    let mut collected = Vec::new();
    for title in ["半条", "甲", "乙"] {
        collected.push(world.say(title, &["e0"]).await);
        world.until(|| world.tally(collected.last().unwrap()).is_some()).await;
    }
    interrupt(&world, &collected[0]);
    world.clock.advance(Duration::from_secs(600));
    world.ended(&collected[1]).await;
    world.ended(&collected[2]).await;
    world.until(|| world.store.read(|tx| store::messages::queued(tx, 1)).unwrap().is_empty()).await;
    world.clock.advance(Duration::from_secs(600));
    world.ended(&collected[0]).await;
    assert_eq!(world.inbox(0, "u0"), ["第一条", "您有 2 条新消息：\n1. 甲\n2. 乙", "半条"]);
    world.is_good();
}

#[tokio::test]
async fn a_digest_stays_while_one_of_its_messages_is_there() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..1, "lab");
    world.set_routes(vec![Route { quiet: Some(night()), digest_ms: Some(10_000), ..to("acme-main") }]);
    let first = world.say("第一", &["e0"]).await;
    world.until(|| world.tally(&first).is_some()).await;
    let old = world.say("旧", &["e0"]).await;
    world.until(|| world.tally(&old).is_some()).await;
    let young = world.say("新", &["e0"]).await;
    world.until(|| world.tally(&young).is_some()).await;
    world.clock.advance(Duration::from_secs(10));
    let call = || world.deliveries(&young)[0].call.clone().unwrap();
    let digest = || world.store.read(|tx| store::outbox::call(tx, &call())).unwrap();
    world.until(|| digest().is_some_and(|call| call.carries.len() == 2)).await;
    world.messages.recall_delivery(&actor(), &old, 0).await.unwrap();
    let kept = young.clone();
    let remove = move |tx: &store::WriteTx| {
        store::messages::remove_before(tx, START_MS + 86_400_000, 1_000, |message| Ok(message.id == kept))
    };
    assert!(world.store.write_blocking(remove).unwrap() > 0);
    assert!(world.store.read(|tx| store::messages::find(tx, &old)).unwrap().is_none());
    assert!(digest().is_some(), "what waits in it would never go out");
    world.clock.advance(HOUR * 16);
    world.ended(&young).await;
    assert_eq!(world.inbox(0, "u0"), ["第一", "新"]);
    world.is_good();
}

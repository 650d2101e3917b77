//! A corp that becomes another WeCom: nothing that was meant for members of the former one reaches their namesakes, and
//! everything that waited ends with a reason.

use super::world::{Route, START_MS, World, actor, corp_key, message, to};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::Redrive;
use wecom_bridge::model::DeliveryState::{Failed, Sent, Waiting};
use wecom_bridge::model::{Corp, QuietWindow};
use wecom_bridge::sandbox::{Member, VisibleRange, seed};
use wecom_bridge::setup::{Links, SetupError, service};
use wecom_bridge::store::{self, loose_ends};

const NEXT: &str = "ww9999999999999999";

fn night() -> QuietWindow {
    // START_MS is 16:53 in Shanghai
    QuietWindow { from_min: 16 * 60, until_min: 8 * 60, zone: "Asia/Shanghai".into() }
}

async fn move_on(world: &World, links: Option<Links>) -> Result<(), SetupError> {
    let corp = world.store.read(|tx| store::corps::find(tx, &corp_key(0))).unwrap().unwrap();
    let corp = Corp { corpid: NEXT.into(), ..corp };
    service::put_settings(&world.store, &actor(), corp, links.into()).await.map(drop)
}

fn codes(rows: &[(wecom_bridge::model::DeliveryState, String)]) -> Vec<(wecom_bridge::model::DeliveryState, &str)> {
    rows.iter().map(|(state, code)| (*state, code.as_str())).collect()
}

/// A callback that waits, the rest of a reply, a telling of each corp, a published menu.
fn put_loose_ends(world: &World) {
    let write = |tx: &store::WriteTx| {
        let corp = corp_key(0);
        let item = json!({
            "id": "0199-1", "corp": corp, "receiver": "oa", "kind": "message.text", "from": "u0", "created_at_s": 1,
            "received_at_ms": 1, "digest": "d", "text": "<xml/>", "state": "waiting",
        });
        store::inbox::receive(tx, &serde_json::from_value(item).unwrap())?;
        let piece = json!({
            "id": "0199-2", "corp": corp, "app": "oa", "to": "u0", "content": { "kind": "text", "text": "rest" }, "due_at_ms": i64::MAX, "attempts": 0,
        });
        store::follow_ups::put(tx, &serde_json::from_value(piece).unwrap())?;
        for (id, corp) in [("p1", "acme-main"), ("p2", "somebody-else")] {
            let body = json!({ "data": { "corp": corp, "from": "u0" } }).to_string();
            let post = json!({
                "id": id, "webhook": "oa", "kind": "message.text", "body": body, "made_at_ms": 1, "due_at_ms": 1,
                "state": "waiting",
            });
            store::webhooks::put_post(tx, &serde_json::from_value(post).unwrap())?;
        }
        let picture = json!({
            "id": "p", "corp": corp, "app": "oa", "name": "p.png", "kind": "png", "size": 1, "added_at_ms": 1,
            "at_wecom": { "media_id": "known there", "uploaded_at_ms": 1 },
        });
        store::pictures::add(tx, &serde_json::from_value(picture).unwrap(), b"x")?;
        for (print, app) in [("00", "acme-main/oa"), ("11", "somebody-else/oa")] {
            let by = store::outbox::Print { app: app.into(), call: "c".into(), until_ms: i64::MAX };
            store::outbox::note_print(tx, print, &by, 1)?;
        }
        let menu = json!({ "button": [{ "type": "click", "name": "A", "key": "a" }] });
        let draft = json!({
            "menu": menu, "saved_at_ms": 1, "saved_by": "test", "published": menu, "published_at_ms": 1,
        });
        store::menus::put(tx, &corp, &"oa".into(), &serde_json::from_value(draft).unwrap())
    };
    world.store.write_blocking(write).unwrap();
}

#[tokio::test]
async fn nothing_that_waits_reaches_the_namesakes_and_everything_ends_with_a_reason() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.people(0, 0..2, "lab");
    // the next WeCom has other people with the same userids
    world.state().add_corp(NEXT, seed::CONTACTS_SECRET);
    world.state().add_app(NEXT, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    for userid in ["u0", "u1", "u2"] {
        world.state().seed_member(NEXT, Member::new(userid, "somebody else", 1));
    }
    world.set_routes(vec![Route { quiet: Some(night()), ..to("acme-main") }]);
    let mut new = message("for the night", &["e0", "e1"]);
    new["recipients"]["bindings"] = json!([{ "corp": "acme-main", "userid": "u2" }]);
    let held = world.post(new.clone()).await;
    world.until(|| world.tally(&held).is_some()).await;
    world.set_routes(vec![Route { digest_ms: Some(600_000), ..to("acme-main") }]);
    let first = world.say("one", &["e0"]).await;
    world.ended(&first).await;
    let collected = world.say("two", &["e0"]).await;
    world.until(|| world.tally(&collected).is_some()).await;
    assert_eq!(codes(&world.states(&collected)), [(Waiting, "digest")]);
    put_loose_ends(&world);

    let refused = move_on(&world, None).await.unwrap_err();
    assert!(refused.to_string().contains("3 messages and callbacks under way"), "{refused}");
    assert_eq!(world.states(&held)[0].0, Waiting, "and nothing was done");
    world.clock.advance(Duration::from_secs(1));
    move_on(&world, Some(Links::Reset)).await.unwrap();

    let ended = (Failed, loose_ends::OTHER_WECOM);
    assert_eq!(codes(&world.states(&held)), [ended; 3]);
    assert_eq!(codes(&world.states(&collected)), [ended]);
    assert_eq!(codes(&world.states(&first)), [(Sent, "")], "what was sent was sent");
    let corp = corp_key(0);
    let left = world.store.read(|tx| {
        let (told, others) =
            (store::webhooks::find_post(tx, "oa", &"p1".into())?, store::webhooks::find_post(tx, "oa", &"p2".into())?);
        let menu = store::menus::find(tx, &corp, &"oa".into())?;
        Ok((store::inbox::counts(tx, &corp)?, store::follow_ups::list(tx, None, 9)?, told, others, menu))
    });
    let (inbox, pieces, told, others, menu) = left.unwrap();
    assert_eq!((inbox, pieces), ((0, 0), vec![]));
    let (told, others, menu) = (told.unwrap(), others.unwrap(), menu.unwrap());
    assert_eq!(serde_json::to_value(told.state).unwrap(), "dead");
    assert!(told.error.unwrap().contains("not connected to the WeCom any more"));
    assert_eq!(serde_json::to_value(others.state).unwrap(), "waiting", "of another corp");
    assert_eq!((menu.published, menu.menu.button.len()), (None, 1), "the draft stays");
    let audit = world.store.read(|tx| store::audit::page(tx, None, 100)).unwrap();
    let row = audit.iter().find(|row| row.action == "corp.reset_links").unwrap();
    assert_eq!(row.after.as_ref().unwrap()["ended"]["deliveries"], 4, "{row:?}");

    let left = world.store.write_blocking(|tx| {
        let by = store::outbox::Print { app: "acme-main/oa".into(), call: "other".into(), until_ms: i64::MAX };
        let is_new = ["00", "11"].map(|print| store::outbox::note_print(tx, print, &by, 1));
        let picture = store::pictures::find(tx, &corp_key(0), &"oa".into(), &"p".into())?;
        Ok((is_new.map(Result::unwrap), picture.unwrap().at_wecom))
    });
    let (is_new, at_wecom) = left.unwrap();
    assert_eq!(is_new, [true, false], "the next WeCom takes nothing for a repetition of what the former one got");
    assert_eq!(at_wecom, None, "an id of the former WeCom means nothing to the next one");
    // nor does it count what the former one got
    assert_eq!(world.messages.queues().await.unwrap()[0].day_used, 0);

    // neither in the morning nor by hand
    world.clock.advance(Duration::from_secs(16 * 3_600));
    let redriven = world.messages.redrive(&actor(), &held, Redrive::default()).await.unwrap();
    assert_eq!((redriven.again, redriven.still_dead), (0, 3));
    // who is named after that is meant there
    world.set_routes(vec![to("acme-main")]);
    let fresh = world.post(new).await;
    world.ended(&fresh).await;
    let texts = |userid: &str| super::world::inbox(world.state(), NEXT, userid);
    assert_eq!((texts("u0"), texts("u1"), texts("u2")), (vec![], vec![], vec!["for the night".to_owned()]));
    world.is_good();
}

#[tokio::test]
async fn who_was_named_before_and_is_looked_up_after_is_told_apart() {
    let world = World::of(Clock::manual(START_MS), 1);
    world.state().add_corp(NEXT, seed::CONTACTS_SECRET);
    world.state().add_app(NEXT, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    world.state().seed_member(NEXT, Member::new("u2", "somebody else", 1));
    // nothing ties the corp: no question is asked, and still nobody is mistaken for somebody else
    world.messages.shutdown().await;
    let mut new = message("a stranger", &[]);
    new["recipients"] = json!({ "bindings": [{ "corp": "acme-main", "userid": "u2" }] });
    let id = world.post(new).await;
    move_on(&world, None).await.unwrap();
    let again = super::world::build(&world.store, &world.clock, &world.routes);
    again.start();
    world.ended(&id).await;
    assert_eq!(codes(&world.states(&id)), [(Failed, loose_ends::OTHER_WECOM)]);
    assert!(world.deliveries(&id)[0].error.as_ref().unwrap().contains("u2"));
    assert_eq!(super::world::inbox(world.state(), NEXT, "u2"), Vec::<String>::new());
    again.shutdown().await;
    world.is_good();
}

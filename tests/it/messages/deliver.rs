//! Who gets what, with how many calls.

use super::world::{Route, World, actor, card, corp_key, corpid, message, to};
use serde_json::json;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::Redrive;
use wecom_bridge::model::DeliveryState::{self, Failed, Invalid, NotBound, OutsideRange, Sent};
use wecom_bridge::model::content::Content;
use wecom_bridge::model::{CallState, Employee, EmployeeStatus, SecretName};
use wecom_bridge::sandbox::VisibleRange;
use wecom_bridge::store::{self, ReadTx};

fn counts(tally: &std::collections::BTreeMap<DeliveryState, u32>) -> Vec<(DeliveryState, u32)> {
    tally.iter().map(|(state, count)| (*state, *count)).collect()
}

#[tokio::test]
async fn twenty_thousand_people_cost_twenty_calls() {
    let world = World::new();
    world.people(0, 0..20_000, "lab");
    let to_unit = json!({
        "tenant": "acme", "source": "news", "title": "全员通知", "recipients": { "units": ["root"] }
    });
    let id = world.post(to_unit).await;
    assert_eq!(counts(&world.ended(&id).await), [(Sent, 20_000)]);
    assert_eq!(world.state().count("message/send"), 20);
    let mut reached: Vec<String> = Vec::new();
    for message in world.state().messages(corpid(0)) {
        reached.extend(message.receipts.iter().map(|receipt| receipt.userid.to_string()));
    }
    reached.sort();
    reached.dedup();
    assert_eq!(reached.len(), 20_000, "each of them once");
    world.is_good();
}

#[tokio::test]
async fn people_of_three_corps_get_it_in_theirs_and_the_unbound_are_listed() {
    let world = World::of(Clock::jumping(super::world::START_MS), 3);
    world.set_routes(vec![to("acme-main"), to("acme-2"), to("acme-3")]);
    world.people(0, 0..3, "lab");
    world.people(1, 3..5, "lab");
    world.people(2, 5..6, "lab");
    world.employees(6..8, "lab");
    let id = world.post(json!({
        "tenant": "acme", "source": "news", "title": "通知", "recipients": { "everyone": true }
    }));
    let id = id.await;
    assert_eq!(counts(&world.ended(&id).await), [(Sent, 6), (NotBound, 2)]);
    for (corp, numbers) in [(0, 0..3), (1, 3..5), (2, 5..6)] {
        for n in 0..8 {
            let want = usize::from(numbers.contains(&n));
            assert_eq!(world.inbox(corp, &format!("u{n}")).len(), want, "u{n} in corp {corp}");
        }
    }
    assert_eq!(world.state().count("message/send"), 3);
    let unbound: Vec<_> = world.deliveries(&id).into_iter().filter(|row| row.state == NotBound).collect();
    assert_eq!(unbound.iter().map(|row| row.employee.clone().unwrap().to_string()).collect::<Vec<_>>(), ["e6", "e7"]);

    // linked afterwards, the dead letters arrive
    world.people(0, 6..8, "lab");
    let again = world.messages.redrive(&super::world::actor(), &id, Default::default()).await.unwrap();
    assert_eq!((again.again, again.still_dead), (2, 0));
    assert_eq!(counts(&world.ended(&id).await), [(Sent, 8)]);
    assert_eq!(world.inbox(0, "u7"), ["通知"]);
    world.is_good();
}

#[tokio::test]
async fn who_is_named_twice_gets_it_once_and_who_is_not_there_is_listed() {
    let world = World::new();
    world.people(0, 0..3, "lab");
    world
        .store
        .write_blocking(|tx| {
            let mut gone = store::directory::find_employee(tx, &"acme".into(), &"e2".into())?.unwrap();
            gone.status = wecom_bridge::model::EmployeeStatus::Departed;
            store::directory::put_employees(tx, &"acme".into(), &[gone])
        })
        .unwrap();
    let id = world
        .post(json!({
            "tenant": "acme", "source": "workflow", "title": "t",
            "recipients": {
                "employees": ["e0", "e0", "e2", "nobody"], "units": ["lab", "root", "none"],
                "bindings": [
                    { "corp": "acme-main", "userid": "U0" }, { "corp": "acme-main", "userid": "stranger" },
                    { "corp": "acme-9", "userid": "x" }
                ]
            }
        }))
        .await;
    world.ended(&id).await;
    let mut states = world.states(&id);
    states.sort();
    let want = [
        (Sent, ""),
        (Sent, ""),
        (DeliveryState::UnknownRecipient, "unknown_employee"),
        (DeliveryState::UnknownRecipient, "unknown_unit"),
        (Invalid, "departed"),
        (Invalid, "unknown_member"),
        (Failed, "no_rule"),
    ];
    assert_eq!(states, want.map(|(state, code)| (state, code.to_owned())));
    assert_eq!((world.inbox(0, "u0").len(), world.inbox(0, "u1").len(), world.inbox(0, "u2").len()), (1, 1, 0));
    world.is_good();
}

#[tokio::test]
async fn the_answer_tells_the_truth_about_each_member() {
    let world = World::new();
    world.people(0, 0..4, "lab");
    world.state().with_corp(corpid(0), |corp| {
        corp.apps.get_mut(&wecom_bridge::sandbox::seed::AGENTID).unwrap().visible =
            VisibleRange { users: ["u0".into(), "u1".into()].into(), ..VisibleRange::default() };
        corp.settings.checks_licences = true;
        corp.settings.unlicensed.insert("u1".into());
        corp.directory.remove_member("u3");
    });
    world
        .store
        .write_blocking(|tx| {
            let member = json!([{
                "userid": "U2", "memberships": [{ "department": 1 }], "main_department": 1, "status": "activated",
                "direct_leader": [], "fields": {}, "has_details": true
            }]);
            store::mirror::put_members(
                tx,
                &"acme-main".into(),
                &serde_json::from_value::<Vec<wecom_bridge::model::Member>>(member).unwrap(),
            )
        })
        .unwrap();
    let id = world.say("t", &["e0", "e1", "e2", "e3"]).await;
    world.ended(&id).await;
    let want = [(Sent, ""), (OutsideRange, "unlicensed"), (OutsideRange, "outside_range"), (Invalid, "unknown_member")];
    assert_eq!(world.states(&id), want.map(|(state, code)| (state, code.to_owned())));
    let nobody = world.say("n", &["e3"]).await;
    world.ended(&nobody).await;
    let row = &world.deliveries(&nobody)[0];
    assert_eq!((row.state, row.errcode), (Invalid, Some(81013)));
    world.is_good();
}

#[tokio::test]
async fn no_rule_no_content_and_no_app_are_dead_letters_that_can_be_sent_again() {
    let world = World::new();
    world.people(0, 0..1, "lab");
    world.set_routes(Vec::new());
    let orphan = world.say("t", &["e0"]).await;
    assert_eq!(counts(&world.ended(&orphan).await), [(Failed, 1)]);
    assert_eq!(world.states(&orphan), [(Failed, "no_rule".to_owned())]);
    world.set_routes(vec![Route { say: |_| Err("the title is too long".into()), ..to("acme-main") }]);
    let bad = world.say("t2", &["e0"]).await;
    world.ended(&bad).await;
    let row = &world.deliveries(&bad)[0];
    assert_eq!((row.state, row.error.as_deref()), (Failed, Some("the title is too long")));
    let again = world.messages.redrive(&super::world::actor(), &orphan, Default::default()).await.unwrap();
    assert_eq!((again.again, again.still_dead), (0, 1), "the rule says nothing that can be sent");
    world.set_routes(vec![to("acme-main")]);
    for id in [&orphan, &bad] {
        assert_eq!(world.messages.redrive(&super::world::actor(), id, Default::default()).await.unwrap().again, 1);
        assert_eq!(counts(&world.ended(id).await), [(Sent, 1)]);
    }
    assert_eq!(world.inbox(0, "u0").len(), 2);
    world.is_good();
}

#[tokio::test]
async fn who_has_left_gets_no_dead_letter_again() {
    let world = World::new();
    world.employees(0..1, "lab");
    let id = world.say("t", &["e0"]).await;
    assert_eq!(counts(&world.ended(&id).await), [(NotBound, 1)]);
    world.people(0, 0..1, "lab");
    let left = Employee { status: EmployeeStatus::Departed, ..Employee::new("e0", "员工0", "lab") };
    let here = Employee::new("e0", "员工0", "lab");
    for (employee, again, still_dead) in [(left, 0, 1), (here, 1, 0)] {
        let write = move |tx: &store::WriteTx| {
            store::directory::put_employees(tx, &"acme".into(), std::slice::from_ref(&employee)).map(drop)
        };
        world.store.write_blocking(write).unwrap();
        let done = world.messages.redrive(&actor(), &id, Redrive::default()).await.unwrap();
        assert_eq!((done.again, done.still_dead), (again, still_dead));
    }
    assert_eq!(counts(&world.ended(&id).await), [(Sent, 1)]);
}

#[tokio::test]
async fn long_texts_arrive_in_their_order_and_cards_have_task_ids_of_their_own() {
    fn three(message: &wecom_bridge::model::Message) -> Result<Vec<Content>, String> {
        Ok((1..=3).map(|n| Content::text(format!("{} {n}/3", message.title))).collect())
    }
    let world = World::new();
    world.people(0, 0..1_500, "lab");
    world.set_routes(vec![Route { say: three, ..to("acme-main") }]);
    let id = world.say("长文", &["e0"]).await;
    world.ended(&id).await;
    assert_eq!(world.inbox(0, "u0"), ["长文 1/3", "长文 2/3", "长文 3/3"]);
    world.let_cards_through();
    world.set_routes(vec![Route { say: card, ..to("acme-main") }]);
    let mut everyone = message("请审批", &[]);
    everyone["recipients"] = json!({ "everyone": true });
    let id = world.post(everyone).await;
    assert_eq!(counts(&world.ended(&id).await), [(Sent, 1_500)], "two calls with one task_id would be refused");
    let head = world.store.read(|tx| store::messages::head(tx, &id)).unwrap().unwrap();
    let call = world.store.read(|tx| store::outbox::call(tx, &head.calls[0])).unwrap().unwrap();
    assert!(call.parts[0].msgid.is_some() && call.parts[0].response_code.is_some());
    assert_eq!(call.parts[0].content.card().unwrap().task_id, format!("{}@0", call.id));
}

#[tokio::test]
async fn what_is_urgent_overtakes() {
    let world = World::of(Clock::manual(super::world::START_MS), 1);
    world.people(0, 0..1, "lab");
    world.state().invalidate_tokens(corpid(0));
    // nothing goes out while the corp may not be written to
    world.set(0, |corp| corp.access = wecom_bridge::model::Access::ReadOnly);
    let mut low = Vec::new();
    for n in 0..40 {
        let mut new = message(&format!("low {n}"), &["e0"]);
        new["priority"] = "low".into();
        low.push(world.post(new).await);
    }
    // nor is anything still on its way that was begun before
    let app = store::outbox::app_name(&corp_key(0), &"oa".into());
    let is_at_rest = || {
        let look = |tx: &ReadTx| store::outbox::due(tx, &app, i64::MAX, 100, false, |_| true);
        world.store.read(look).unwrap().calls.iter().all(|call| call.state != CallState::Sending)
    };
    world.until(|| !world.messages.paused().is_empty() && is_at_rest()).await;
    assert_eq!((world.messages.paused()[0].code, world.state().count("message/send")), ("read_only", 0));
    for id in &low {
        let waits = world.messages.deliveries(id, 0, 1).await.unwrap();
        assert!(waits.iter().all(|row| row.due_at_ms.is_none()), "nobody knows when: {waits:?}");
    }
    let mut high = message("high", &["e0"]);
    high["priority"] = "high".into();
    world.post(high).await;
    let queued = || world.store.read(store::messages::oldest_queued).unwrap().is_empty();
    world.until(queued).await;
    world.set(0, |corp| corp.access = wecom_bridge::model::Access::ReadWrite);
    let arrived = || {
        // whatever closes the way once more, a person opens it
        world.messages.resume_paused();
        world.inbox(0, "u0").len() >= 17
    };
    world.until(arrived).await;
    let place = world.inbox(0, "u0").iter().position(|text| text == "high");
    assert!(place.is_some_and(|at| at == 0), "{place:?}");
}

/// What was under way with the former secret says nothing about the new one, and a failed test stays until something that
/// began later has gone through.
#[tokio::test]
async fn what_is_known_of_a_credential_is_of_the_one_that_was_entered() {
    let world = World::of(Clock::manual(super::world::START_MS), 1);
    let (corp, oa) = (super::world::corp_key(0), SecretName::App("oa".into()));
    let write = async |what: fn(&store::WriteTx, &SecretName, i64) -> Result<(), store::StoreError>, began_ms: i64| {
        let oa = oa.clone();
        world.store.write(move |tx| what(tx, &oa, began_ms)).await.unwrap();
        let trials = world.store.read(|tx| store::trials::list(tx, &corp)).unwrap();
        let failed = store::trials::failure(&trials, &SecretName::App("oa".into())).is_some();
        (store::trials::is_untested(&trials, &"oa".into()), failed)
    };
    fn entered(tx: &store::WriteTx, oa: &SecretName, _: i64) -> Result<(), store::StoreError> {
        let oa = std::slice::from_ref(oa);
        store::trials::entered(tx, &super::world::corp_key(0), oa, oa)
    }
    fn worked(tx: &store::WriteTx, oa: &SecretName, began_ms: i64) -> Result<(), store::StoreError> {
        store::trials::worked(tx, &super::world::corp_key(0), oa, began_ms)
    }
    fn failed(tx: &store::WriteTx, oa: &SecretName, began_ms: i64) -> Result<(), store::StoreError> {
        let failure = store::trials::TestFailure {
            at_ms: began_ms + 10,
            errcode: Some(40_001),
            en: "no".into(),
            zh: "不".into(),
        };
        store::trials::failed(tx, &super::world::corp_key(0), oa, began_ms, &failure, true)
    }
    fn mistyped(tx: &store::WriteTx, oa: &SecretName, began_ms: i64) -> Result<(), store::StoreError> {
        let failure =
            store::trials::TestFailure { at_ms: began_ms, errcode: Some(40_056), en: "no".into(), zh: "不".into() };
        store::trials::failed(tx, &super::world::corp_key(0), oa, began_ms, &failure, false)
    }
    fn under_way(tx: &store::WriteTx, oa: &SecretName, began_ms: i64) -> Result<(), store::StoreError> {
        store::trials::passed(tx, &super::world::corp_key(0), &[(oa.clone(), 1, began_ms)])
    }
    fn passed(tx: &store::WriteTx, oa: &SecretName, began_ms: i64) -> Result<(), store::StoreError> {
        store::trials::passed(tx, &super::world::corp_key(0), &[(oa.clone(), began_ms, began_ms)])
    }
    let entered_ms = world.clock.now_ms();
    for (step, (what, began_ms, want)) in [
        (failed as fn(&_, &_, i64) -> _, entered_ms - 9, (false, true)),
        (entered, 0, (true, false)),
        (failed, entered_ms - 1, (true, false)),
        (worked, entered_ms - 1, (true, false)),
        (worked, entered_ms, (false, false)),
        (failed, entered_ms + 20, (false, true)),
        (worked, entered_ms + 25, (false, true)),
        (worked, entered_ms + 30, (false, false)),
        (failed, entered_ms + 40, (false, true)),
        (entered, 0, (true, false)),
        (failed, entered_ms + 50, (true, true)),
        // what goes through without the AgentID says nothing about that
        (passed, entered_ms + 55, (true, true)),
        // nor, in a run that began with another secret, about this one
        (under_way, entered_ms + 60, (true, true)),
        (passed, entered_ms + 60, (true, false)),
        // only what uses the AgentID shows that to be right
        (mistyped, entered_ms + 70, (true, true)),
        (passed, entered_ms + 80, (true, true)),
        (worked, entered_ms + 80, (false, false)),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(write(what, began_ms).await, want, "step {step}: (untested, failed)");
    }
}

/// Whoever the directory does not have is told as that; once it has them, the dead letter can be sent.
#[tokio::test]
async fn an_unknown_recipient_is_reached_once_the_directory_has_them() {
    let world = World::new();
    let corp = super::world::corp_key(0);
    let of = corp.clone();
    let oa = [SecretName::App("oa".into())];
    world.store.write(move |tx| store::trials::entered(tx, &of, &oa, &oa)).await.unwrap();
    let id = world.say("入职", &["e7"]).await;
    world.ended(&id).await;
    assert_eq!(world.states(&id), [(DeliveryState::UnknownRecipient, "unknown_employee".to_owned())]);
    let redrive = async || world.messages.redrive(&super::world::actor(), &id, Default::default()).await.unwrap();
    assert_eq!(redrive().await.still_dead, 1);
    let unit = json!({ "tenant": "acme", "source": "workflow", "title": "部门", "recipients": { "units": ["none"] } });
    let unit = world.post(unit).await;
    world.ended(&unit).await;
    assert_eq!(world.states(&unit), [(DeliveryState::UnknownRecipient, "unknown_unit".to_owned())]);
    let untested = || {
        let trials = world.store.read(|tx| store::trials::list(tx, &corp)).unwrap();
        usize::from(store::trials::is_untested(&trials, &"oa".into()))
    };
    assert_eq!(untested(), 1);
    // there, and linked to nobody: that is what is wrong now
    world.employees(7..8, "lab");
    assert_eq!(redrive().await.still_dead, 1);
    assert_eq!(world.states(&id), [(DeliveryState::NotBound, "not_bound".to_owned())]);
    world.people(0, 7..8, "lab");
    assert_eq!(redrive().await.again, 1);
    world.ended(&id).await;
    assert_eq!(world.states(&id), [(DeliveryState::Sent, String::new())]);
    assert_eq!(
        (world.inbox(0, "u7"), untested()),
        (vec!["入职".to_owned()], 0),
        "what was sent went through with the app"
    );
    // there, linked, and the rule has no words for it: that is what is wrong then
    let mute = world.say("无话", &["e8"]).await;
    world.ended(&mute).await;
    world.people(0, 8..9, "lab");
    world.set_routes(vec![Route {
        say: |_| Err("part_empty: url is empty for this message".into()),
        ..to("acme-main")
    }]);
    assert_eq!(world.messages.redrive(&actor(), &mute, Redrive::default()).await.unwrap().still_dead, 1);
    assert_eq!(world.states(&mute), [(Failed, "content".to_owned())]);
    world.is_good();
}

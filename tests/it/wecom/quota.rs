//! Pacing before the call, lock-outs, concurrency: against a sandbox that really locks out.

use super::world::{CORPID, World, app, change, code, contacts, member};
use std::time::Duration;
use wecom_bridge::model::Quota;
use wecom_bridge::sandbox::{Effect, Fault, QuotaLimits};
use wecom_bridge::wecom::{CallErrorKind, NotSentCause, Patience, RefusalClass};

fn limits(world: &World, change: impl FnOnce(&mut QuotaLimits)) {
    world.state().with_corp(CORPID, |corp| change(&mut corp.quota));
}

#[tokio::test]
async fn a_paced_client_is_never_locked_out() {
    let mut world = World::public();
    world.corp.quota = Quota { calls_per_minute: 50, calls_per_hour: 200, concurrency: 10, seats: 0 };
    limits(&world, |quota| (quota.corp_minute, quota.corp_hour) = (50, 200));
    let client = world.client();
    for n in 0..450 {
        client.user_create(&member(&format!("u{n}"), &[1])).await.unwrap();
        world.clock.advance(Duration::from_millis(n % 700));
    }
    assert_eq!(world.state().member_count(CORPID), 450);
    assert_eq!(world.state().count("user/create"), 450, "no call was refused");
    assert!(world.state().quotas().iter().all(|row| row.lock_outs == 0));
}

#[tokio::test]
async fn quota_left_is_shown_and_survives_a_change_of_settings() {
    let mut world = World::public();
    world.corp.quota = Quota { calls_per_minute: 50, calls_per_hour: 200, concurrency: 10, seats: 0 };
    for _ in 0..3 {
        world.client().user_list_id(None, 1).await.unwrap();
    }
    world.corp.endpoints.timeout_ms += 1;
    let client = world.client();
    client.user_list_id(None, 1).await.unwrap();
    let quota = client.quota();
    let uses = quota.apis.iter().find(|api| api.endpoint == "user/list_id").unwrap();
    assert_eq!((uses.minute_used, uses.minute_left, uses.hour_left), (4, 46, 196));
    assert_eq!((quota.concurrency_now, quota.concurrency_max), (10, 10));
}

#[tokio::test]
async fn a_lock_out_of_a_minute_is_waited_for() {
    let world = World::public();
    limits(&world, |quota| quota.corp_minute = 3);
    let client = world.client();
    let before = world.clock.now_ms();
    for _ in 0..4 {
        client.user_list_id(None, 1).await.unwrap();
    }
    let waited = world.clock.now_ms() - before;
    assert!((60_000..62_000).contains(&waited), "{waited} ms");
    assert_eq!(world.state().count("user/list_id"), 5, "one refusal, no tight loop");
    client.department_simplelist(&contacts(), None).await.unwrap();
}

#[tokio::test]
async fn a_lock_out_of_an_hour_is_recognised_after_the_minute() {
    let world = World::public();
    limits(&world, |quota| quota.corp_hour = 3);
    let client = world.client();
    let before = world.clock.now_ms();
    for _ in 0..4 {
        client.user_list_id(None, 1).await.unwrap();
    }
    let waited = world.clock.now_ms() - before;
    assert!((3_660_000..3_680_000).contains(&waited), "{waited} ms");
    assert_eq!(world.state().count("user/list_id"), 6);
}

#[tokio::test]
async fn a_lock_out_that_does_not_end_is_told() {
    let world = World::public();
    world.state().add_fault(Fault::always("user/getuserid", Effect::Errcode { errcode: 45009 }));
    world.state().add_fault(Fault::always("user/list_id", Effect::Errcode { errcode: 45009 }));
    let client = world.client();
    let error = client.user_list_id(None, 1).await.unwrap_err();
    assert_eq!((error.errcode(), error.class()), (45009, Some(&RefusalClass::RateLimited)));
    assert_eq!(world.state().count("user/list_id"), 3, "at once, after a minute, after an hour");
    let blocked = client.quota().apis.into_iter().find(|api| api.endpoint == "user/list_id").unwrap();
    assert!(blocked.blocked_until_ms.is_some_and(|until| until > world.clock.now_ms()));
}

#[tokio::test]
async fn somebody_who_watches_does_not_wait_a_minute() {
    let world = World::public();
    limits(&world, |quota| quota.corp_minute = 1);
    let client = world.client().with_patience(Patience::Interactive);
    client.user_list_id(None, 1).await.unwrap();
    let before = world.clock.now_ms();
    let error = client.user_list_id(None, 1).await.unwrap_err();
    let CallErrorKind::NotSent { cause: NotSentCause::Throttled { until_ms } } = error.kind else { panic!("{error}") };
    assert!(until_ms - before >= 60_000);
    assert_eq!(world.clock.now_ms(), before, "it did not wait at all");
    let calls = world.state().count("user/list_id");
    client.user_list_id(None, 1).await.unwrap_err();
    assert_eq!(world.state().count("user/list_id"), calls, "nothing was sent into the lock-out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fewer_calls_at_once_after_45033_and_more_again_later() {
    let mut world = World::public();
    world.corp.quota = Quota { concurrency: 16, ..Quota::default() };
    limits(&world, |quota| quota.concurrency = 2);
    let client = world.client();
    // holds each call open until the clock passes, so that many are under way together
    world.state().add_fault(Fault { count: Some(16), ..Fault::always("user/list_id", Effect::Delay { ms: 50 }) });
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.user_list_id(None, 1).await.map(|_| ()) })
        })
        .collect();
    let mut failed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => {}
            Err(error) if error.class() == Some(&RefusalClass::RateLimited) => failed += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(failed <= 4, "{failed} of 16 gave up");
    let refused = world.state().call_counts()["user/list_id"].by_errcode.get(&45033).copied().unwrap_or(0);
    let (now, most) = (client.quota().concurrency_now, client.quota().concurrency_max);
    assert_eq!(most, 16);
    assert!(refused == 0 || now < 16, "{refused} refusals and still {now} lanes");
    limits(&world, |quota| quota.concurrency = 0);
    world.state().clear_faults();
    for _ in 0..2000 {
        client.user_list_id(None, 1).await.unwrap();
    }
    assert_eq!(client.quota().concurrency_now, 16);
}

#[tokio::test]
async fn one_refusal_for_concurrency_halves_the_lanes_and_the_call_still_succeeds() {
    let world = World::public();
    world.state().add_fault(Fault::once("user/list_id", Effect::Errcode { errcode: 45033 }));
    let client = world.client();
    client.user_list_id(None, 1).await.unwrap();
    assert_eq!(client.quota().concurrency_now, 5);
}

#[tokio::test]
async fn busy_and_conflict_are_retried_three_times() {
    for errcode in [-1, 6000] {
        for (times, succeeds) in [(1, true), (3, true), (4, false)] {
            let world = World::public();
            let client = world.client();
            let effect = Effect::Errcode { errcode };
            world.state().add_fault(Fault { count: Some(times), ..Fault::always("user/create", effect) });
            let before = world.clock.now_ms();
            let got = client.user_create(&member("a", &[1])).await;
            assert_eq!(got.is_ok(), succeeds, "{errcode} {times} times: {got:?}");
            assert_eq!(world.state().count("user/create"), times.min(3) + 1, "{errcode} {times} times");
            assert!(world.clock.now_ms() > before, "there is a pause between the attempts");
            assert_eq!(code(&got), if succeeds { 0 } else { errcode });
        }
    }
}

#[tokio::test]
async fn what_is_not_worth_a_retry_is_not_retried() {
    let world = World::public();
    let client = world.client();
    assert_eq!(code(&client.user_update(&change("ghost", &[("name", "x")])).await), 60111);
    assert_eq!(code(&client.user_get(&app(), &"ghost".into()).await), 60111);
    assert_eq!(world.state().count("user/update") + world.state().count("user/get"), 2);
}

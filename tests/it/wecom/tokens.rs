//! Tokens: one fetch for everybody, one renewal per call, no hurry with a wrong secret.

use super::world::{CORPID, World, app, contacts, secrets};
use std::time::Duration;
use wecom_bridge::model::{Quota, Secret};
use wecom_bridge::sandbox::{Effect, Fault, QuotaLimits};
use wecom_bridge::wecom::{CallErrorKind, Credential, NotSentCause, RefusalClass};

/// Calls at once with one client.
async fn at_once(world: &World, credential: &Credential, calls: usize) -> Vec<i64> {
    let client = world.client();
    let tasks: Vec<_> = (0..calls)
        .map(|_| {
            let (client, credential) = (client.clone(), credential.clone());
            tokio::spawn(async move { super::world::code(&client.department_simplelist(&credential, None).await) })
        })
        .collect();
    let mut codes = Vec::new();
    for task in tasks {
        codes.push(task.await.unwrap());
    }
    codes
}

fn wide(world: &mut World) {
    world.corp.quota = Quota { concurrency: 200, ..Quota::default() };
    world.state().with_corp(CORPID, |corp| corp.quota = QuotaLimits { concurrency: 0, ..corp.quota.clone() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_cause_one_gettoken() {
    let mut world = World::public();
    wide(&mut world);
    assert_eq!(at_once(&world, &contacts(), 200).await, vec![0; 200]);
    assert_eq!(world.state().count("gettoken"), 1);
    assert_eq!(world.state().count("department/simplelist"), 200);
    world.client().department_simplelist(&app(), None).await.unwrap();
    assert_eq!(world.state().count("gettoken"), 2, "each secret has a token of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_with_a_wrong_secret_cause_one_gettoken() {
    let mut world = World::public();
    wide(&mut world);
    world.state().with_corp(CORPID, |corp| corp.contacts.secret = "another".into());
    let codes = at_once(&world, &contacts(), 200).await;
    assert_eq!(codes, vec![40001; 200]);
    assert_eq!(world.state().count("gettoken"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_without_a_connection_do_not_try_one_after_the_other() {
    let mut world = World::public();
    wide(&mut world);
    world.state().add_fault(Fault::always("gettoken", Effect::DropBefore));
    let codes = at_once(&world, &contacts(), 200).await;
    assert_eq!(codes, vec![0; 200], "no errcode came");
    assert_eq!(world.state().count("department/simplelist"), 0);
    let asked = world.state().count("gettoken");
    assert!(asked <= 8, "{asked} times");
}

#[tokio::test]
async fn a_token_that_was_taken_back_or_has_expired_is_renewed_once() {
    let world = World::public();
    let client = world.client();
    client.department_simplelist(&contacts(), None).await.unwrap();
    world.state().invalidate_tokens(CORPID);
    client.department_simplelist(&contacts(), None).await.unwrap();
    assert_eq!(world.state().count("gettoken"), 2, "40014");
    // WeCom's clock runs ahead of ours: the token expires there first
    world.state().move_time(7_200_000);
    client.department_simplelist(&contacts(), None).await.unwrap();
    assert_eq!(world.state().count("gettoken"), 3, "42001");
    world.clock.advance(Duration::from_secs(7201));
    let before = world.state().count("department/simplelist");
    client.department_simplelist(&contacts(), None).await.unwrap();
    assert_eq!(world.state().count("gettoken"), 4, "expired by our own clock");
    assert_eq!(world.state().count("department/simplelist"), before + 1, "no call was wasted on it");
}

#[tokio::test]
async fn a_write_with_a_refused_token_is_repeated_too() {
    let world = World::public();
    let client = world.client();
    client.department_create(&super::world::department(2, 1, "A")).await.unwrap();
    world.state().add_fault(Fault::once("department/create", Effect::InvalidateToken));
    client.department_create(&super::world::department(3, 1, "B")).await.unwrap();
    assert_eq!(world.state().departments(CORPID).len(), 3);
}

#[tokio::test]
async fn fresh_tokens_that_are_refused_again_and_again_suspend_the_secret() {
    let world = World::public();
    let client = world.client();
    world.state().add_fault(Fault::always("department/", Effect::InvalidateToken));
    for _ in 0..50 {
        let error = client.department_simplelist(&contacts(), None).await.unwrap_err();
        assert_eq!(error.class(), Some(&RefusalClass::Credential));
    }
    let asked = world.state().count("gettoken");
    assert!(asked <= 7, "50 calls asked {asked} times for a token");
    world.state().clear_faults();
    world.clock.advance(Duration::from_secs(61));
    client.department_simplelist(&contacts(), None).await.unwrap();
}

#[tokio::test]
async fn a_wrong_secret_is_tried_rarely_and_ends_with_the_right_one() {
    let mut world = World::public();
    world.state().with_corp(CORPID, |corp| corp.contacts.secret = "another".into());
    let client = world.client();
    let mut suspended = 0;
    // a day of a program that asks every second
    for _ in 0..86_400 / 10 {
        let error = client.user_list_id(None, 1).await.unwrap_err();
        assert_eq!(error.errcode(), 40001);
        assert!(error.is_systemic());
        suspended +=
            usize::from(matches!(&error.kind, CallErrorKind::NotSent { cause: NotSentCause::Suspended { .. } }));
        world.clock.advance(Duration::from_secs(10));
    }
    let asked = world.state().count("gettoken");
    assert!((5..40).contains(&asked), "{asked} attempts in a day");
    assert_eq!(usize::try_from(asked).unwrap() + suspended, 8640);

    client.resume(&contacts()).await;
    client.user_list_id(None, 1).await.unwrap_err();
    assert_eq!(world.state().count("gettoken"), asked + 1, "a person may try again at once");

    let mut right = secrets();
    right.contacts = Some(Secret::new("another"));
    world.corp.name = "renamed".into();
    let client = world.clients.for_corp(&world.corp, right).unwrap();
    client.user_list_id(None, 1).await.unwrap();
}

#[tokio::test]
async fn what_gettoken_answers_for_each_mistake() {
    let world = World::public();
    world.state().add_corp("ww9999999999999999", "foreign-secret");
    for (corpid, secret, code) in [
        (CORPID, "mistyped", 40001),
        ("1000002", "contacts-secret", 40013),
        ("ww0000000000000000", "contacts-secret", 2_000_002),
        (CORPID, "foreign-secret", 40091),
    ] {
        let mut corp = world.corp.clone();
        corp.corpid = corpid.into();
        let mut given = secrets();
        given.contacts = Some(Secret::new(secret));
        let client = world.clients.for_corp(&corp, given).unwrap();
        let error = client.user_list_id(None, 1).await.unwrap_err();
        assert_eq!(error.errcode(), code, "{corpid} {secret}: {error}");
        assert_eq!(error.class(), Some(&RefusalClass::Credential), "{code}");
        assert_eq!(error.endpoint, "gettoken");
        let text = format!("{error} {error:?}");
        assert!(!text.contains(secret), "the secret is in {text}");
    }
}

#[tokio::test]
async fn switched_off_apps_and_banned_corps() {
    let world = World::public();
    let client = world.client();
    world.state().with_corp(CORPID, |corp| corp.apps.values_mut().for_each(|app| app.is_enabled = false));
    let error = client.department_simplelist(&app(), None).await.unwrap_err();
    assert_eq!((error.errcode(), error.class()), (50003, Some(&RefusalClass::Credential)));
    world.state().with_corp(CORPID, |corp| corp.settings.is_banned = true);
    let error = client.department_simplelist(&contacts(), None).await.unwrap_err();
    assert_eq!(error.errcode(), 301_007);
}

#[tokio::test]
async fn a_credential_without_a_secret_sends_nothing() {
    let world = World::public();
    let client = world.clients.for_corp(&world.corp, wecom_bridge::wecom::CorpSecrets::default()).unwrap();
    let error = client.department_simplelist(&app(), None).await.unwrap_err();
    assert!(matches!(error.kind, CallErrorKind::NotSent { cause: NotSentCause::NoSecret(_) }), "{error}");
    assert!(world.state().calls().is_empty());
    assert!(client.credentials().is_empty());
}

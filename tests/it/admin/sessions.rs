//! Sessions end when they should, and their tokens are known to the browser alone.

use super::{House, PASSWORD, cli};
use wecom_bridge::admin::accounts;
use wecom_bridge::admin::sessions::{self, PER_ACCOUNT_MAX};
use wecom_bridge::admin::settings::{self, Settings};
use wecom_bridge::model::{Role, Secret};

async fn is_open(house: &House, token: &Secret) -> bool {
    sessions::find(&house.env, token.expose()).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_ends_without_requests_and_in_any_case_after_hours() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let idle = house.knock("admin", PASSWORD, None).await.unwrap();
    house.advance_s(30 * 60 - 1);
    assert!(is_open(&house, &idle.token).await);
    house.advance_s(30 * 60 - 1);
    assert!(is_open(&house, &idle.token).await, "each request gives it half an hour more");
    house.advance_s(30 * 60);
    assert!(!is_open(&house, &idle.token).await);

    let busy = house.knock("admin", PASSWORD, None).await.unwrap();
    assert_eq!(busy.session.expires_at_ms, house.clock.now_ms() + 12 * 3_600_000);
    for _ in 0..47 {
        house.advance_s(15 * 60);
        assert!(is_open(&house, &busy.token).await);
    }
    house.advance_s(15 * 60);
    assert!(!is_open(&house, &busy.token).await, "twelve hours");
    assert!(sessions::list(&house.env, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_settings_say_how_long() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let before = house.knock("admin", PASSWORD, None).await.unwrap();
    let shorter = Settings { session_idle_min: 5, session_max_h: 1, ..Settings::default() };
    settings::set(&house.env, &cli(), shorter).await.unwrap();
    let after = house.knock("admin", PASSWORD, None).await.unwrap();
    assert_eq!(after.session.expires_at_ms, house.clock.now_ms() + 3_600_000);
    house.advance_s(5 * 60 - 1);
    assert!(is_open(&house, &after.token).await);
    house.advance_s(1);
    assert!(!is_open(&house, &before.token).await, "the wait without requests holds for open sessions too");
    assert!(is_open(&house, &after.token).await);
}

#[tokio::test]
async fn the_last_request_is_noted_at_most_once_a_minute() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let opened = house.knock("admin", PASSWORD, None).await.unwrap();
    let stored = || async { sessions::list(&house.env, None).await.unwrap()[0].last_seen_ms };
    house.advance_s(59);
    assert!(is_open(&house, &opened.token).await);
    assert_eq!(stored().await, opened.session.last_seen_ms);
    house.advance_s(1);
    let (session, _) = sessions::find(&house.env, opened.token.expose()).await.unwrap().unwrap();
    assert_eq!((session.last_seen_ms, stored().await), (house.clock.now_ms(), house.clock.now_ms()));
}

#[tokio::test]
async fn only_the_token_opens_it_and_the_store_does_not_hold_it() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let opened = house.knock("admin", PASSWORD, None).await.unwrap();
    let token = opened.token.expose();
    let other = format!("{}{}", if token.starts_with('0') { '1' } else { '0' }, &token[1..]);
    for wrong in ["", "x", &token[1..], &token.to_uppercase(), &other, opened.session.id.as_str()] {
        assert!(sessions::find(&house.env, wrong).await.unwrap().is_none(), "{wrong:?}");
    }
    let bytes = std::fs::read(house.env.store.path()).unwrap();
    assert!(memchr::memmem::find(&bytes, opened.session.id.as_str().as_bytes()).is_some());
    assert!(memchr::memmem::find(&bytes, token.as_bytes()).is_none());
    house.check_store();
}

#[tokio::test]
async fn sessions_are_listed_revoked_and_closed() {
    let house = House::new();
    let (one, two) = (house.account("one", Role::Administrator).await, house.account("two", Role::Operator).await);
    let env = &house.env;
    let mut opened = Vec::new();
    for name in ["one", "one", "one", "two"] {
        opened.push(house.knock(name, PASSWORD, None).await.unwrap());
        house.advance_s(1);
    }
    let ids = |sessions: &[wecom_bridge::model::Session]| sessions.iter().map(|s| s.id.clone()).collect::<Vec<_>>();
    let own = sessions::list(env, Some(&one.id)).await.unwrap();
    assert_eq!(ids(&own), [&opened[2], &opened[1], &opened[0]].map(|o| o.session.id.clone()), "the newest first");
    assert_eq!(sessions::list(env, None).await.unwrap().len(), 4);

    let other = &opened[3].session.id;
    assert!(!sessions::revoke(env, &cli(), &one.id, other).await.unwrap(), "not one of this account's");
    assert!(is_open(&house, &opened[3].token).await);
    assert!(sessions::revoke(env, &cli(), &two.id, other).await.unwrap());
    assert!(!sessions::revoke(env, &cli(), &two.id, other).await.unwrap(), "it was there once");
    assert!(!is_open(&house, &opened[3].token).await);

    let kept = &opened[0].session.id;
    assert_eq!(sessions::revoke_all(env, &cli(), &one.id, Some(kept)).await.unwrap(), 2);
    assert_eq!(ids(&sessions::list(env, None).await.unwrap()), std::slice::from_ref(kept));
    sessions::close(env, opened[0].token.expose()).await.unwrap();
    sessions::close(env, opened[0].token.expose()).await.unwrap();
    assert!(!is_open(&house, &opened[0].token).await);
    let actions = house.actions();
    let count = |wanted: &str| actions.iter().filter(|action| *action == wanted).count();
    assert_eq!((count("session.open"), count("session.revoke"), count("session.close")), (4, 3, 1));
    house.check_store();
}

#[tokio::test]
async fn an_account_has_a_bounded_number_of_sessions_and_ended_ones_are_cleared_away() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let first = house.knock("admin", PASSWORD, None).await.unwrap();
    house.advance_s(1);
    let second = house.knock("admin", PASSWORD, None).await.unwrap();
    house.advance_s(60);
    assert!(is_open(&house, &first.token).await, "the first one is the one used last");
    for _ in 0..PER_ACCOUNT_MAX - 1 {
        house.advance_s(1);
        house.knock("admin", PASSWORD, None).await.unwrap();
    }
    assert_eq!(sessions::list(&house.env, None).await.unwrap().len(), PER_ACCOUNT_MAX);
    assert!(!is_open(&house, &second.token).await && is_open(&house, &first.token).await);
    house.advance_s(13 * 3600);
    house.knock("admin", PASSWORD, None).await.unwrap();
    let kept = house.env.store.read(|tx| wecom_bridge::store::sessions::list(tx, None)).unwrap();
    assert_eq!(kept.len(), 1, "what has ended does not stay in the store");
    house.check_store();
}

#[tokio::test]
async fn a_revoked_session_does_not_come_back_with_a_late_request() {
    let house = House::new();
    let account = house.account("boss", Role::Administrator).await;
    let opened = house.knock("boss", PASSWORD, None).await.unwrap();
    house.advance_s(120);
    let actor = cli();
    let (found, revoked) = tokio::join!(
        sessions::find(&house.env, opened.token.expose()),
        sessions::revoke(&house.env, &actor, &account.id, &opened.session.id)
    );
    found.unwrap();
    assert!(revoked.unwrap());
    assert!(!is_open(&house, &opened.token).await);
    assert!(accounts::get(&house.env, &account.id).await.is_ok());
    house.check_store();
}

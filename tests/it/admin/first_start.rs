//! The first administrator: one link, one winner.

use super::{House, PASSWORD, cli, new_account, seen};
use wecom_bridge::admin::accounts;
use wecom_bridge::admin::first_start::{self, FirstStartError, NewAdministrator};
use wecom_bridge::admin::sessions::{self, Visitor};
use wecom_bridge::admin::settings;
use wecom_bridge::model::{Role, Secret};

fn somebody(name: &str) -> NewAdministrator {
    NewAdministrator {
        name: name.into(),
        display_name: "张三".into(),
        password: Secret::new(PASSWORD),
        language: Some("en".into()),
    }
}

async fn finish(house: &House, token: &Secret, name: &str) -> Result<sessions::Opened, FirstStartError> {
    let url = "http://10.0.0.7:8620";
    first_start::finish(&house.env, token.expose(), somebody(name), url, &Visitor::default()).await
}

#[tokio::test]
async fn the_link_makes_the_first_administrator_and_works_once() {
    let house = House::new();
    let env = &house.env;
    assert!(first_start::is_open(env).await.unwrap());
    let token = first_start::open_link(env).await.unwrap().unwrap();
    assert_eq!(
        first_start::url("https://bridge.example.com/wecom", &token),
        format!("https://bridge.example.com/wecom/setup?token={}", token.expose())
    );
    first_start::check(env, token.expose()).await.unwrap();
    let opened = finish(&house, &token, "zhang.san").await.unwrap();
    assert_eq!((opened.account.role, opened.account.name.as_str()), (Role::Administrator, "zhang.san"));
    assert!(sessions::find(env, opened.token.expose()).await.unwrap().is_some(), "the person is signed in");
    let settings = settings::get(env).await.unwrap();
    assert_eq!((settings.public_url.as_deref(), settings.language.as_str()), (Some("http://10.0.0.7:8620"), "en"));
    assert_eq!(seen(&house.knock("zhang.san", PASSWORD, None).await), "in");
    assert_eq!(house.actions(), ["account.create", "settings.change", "session.open", "session.open"]);

    assert!(!first_start::is_open(env).await.unwrap());
    assert!(first_start::open_link(env).await.unwrap().is_none());
    assert!(matches!(first_start::check(env, token.expose()).await, Err(FirstStartError::Done)));
    assert!(matches!(finish(&house, &token, "li.si").await, Err(FirstStartError::Done)));
    assert_eq!(accounts::list(env).await.unwrap().len(), 1);
    house.check_store();
}

#[tokio::test]
async fn a_link_is_good_for_half_an_hour_and_voided_by_the_next() {
    let house = House::new();
    let env = &house.env;
    let refused = |token: &str| {
        let token = token.to_owned();
        async move { matches!(first_start::check(env, &token).await, Err(FirstStartError::Link)) }
    };
    assert!(refused("").await && refused(&"0".repeat(64)).await, "there is no link yet");
    let first = first_start::open_link(env).await.unwrap().unwrap();
    house.advance_s(30 * 60 - 1);
    first_start::check(env, first.expose()).await.unwrap();
    house.advance_s(1);
    assert!(refused(first.expose()).await, "half an hour");
    assert!(matches!(finish(&house, &first, "zhang.san").await, Err(FirstStartError::Link)));
    let second = first_start::open_link(env).await.unwrap().unwrap();
    let third = first_start::open_link(env).await.unwrap().unwrap();
    assert!(refused(second.expose()).await && refused(first.expose()).await, "a new one voids it");
    assert!(matches!(finish(&house, &second, "zhang.san").await, Err(FirstStartError::Link)));
    finish(&house, &third, "zhang.san").await.unwrap();
}

#[tokio::test]
async fn what_is_not_acceptable_leaves_the_link_as_it_was() {
    let house = House::new();
    let token = first_start::open_link(&house.env).await.unwrap().unwrap();
    let good = || somebody("zhang.san");
    let try_with = |new: NewAdministrator, url: &'static str| {
        let (env, token) = (&house.env, token.expose().to_owned());
        async move { first_start::finish(env, &token, new, url, &Visitor::default()).await.unwrap_err() }
    };
    let url = "http://10.0.0.7:8620";
    let name = try_with(NewAdministrator { name: "a b".into(), ..good() }, url).await;
    let password = try_with(NewAdministrator { password: Secret::new("short"), ..good() }, url).await;
    assert!(matches!(&name, FirstStartError::Account(_)) && matches!(&password, FirstStartError::Account(_)));
    let address = try_with(good(), "10.0.0.7").await;
    assert!(matches!(address, FirstStartError::Settings(_)), "{address}");
    assert!(first_start::is_open(&house.env).await.unwrap() && house.audit().is_empty());
    finish(&house, &token, "zhang.san").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_finish_at_once_one_wins() {
    for _ in 0..5 {
        let house = House::new();
        let token = first_start::open_link(&house.env).await.unwrap().unwrap();
        let (a, b) = tokio::join!(finish(&house, &token, "zhang.san"), finish(&house, &token, "li.si"));
        let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
        let lost = lost.unwrap_err();
        assert!(matches!(lost, FirstStartError::Done), "{lost}");
        let all = accounts::list(&house.env).await.unwrap();
        assert_eq!(all.iter().map(|account| &account.id).collect::<Vec<_>>(), [&won.unwrap().account.id]);
        assert_eq!(sessions::list(&house.env, None).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_account_made_at_the_command_line_closes_the_door() {
    let house = House::new();
    let token = first_start::open_link(&house.env).await.unwrap().unwrap();
    accounts::create(&house.env, &cli(), new_account("boss", Role::Operator)).await.unwrap();
    assert!(matches!(finish(&house, &token, "zhang.san").await, Err(FirstStartError::Done)));
}

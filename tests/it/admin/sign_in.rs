//! The door lets the right people in and slows down everybody else, telling them nothing.

use super::{House, PASSWORD, cli, seen};
use futures_util::future::join_all;
use wecom_bridge::admin::accounts::{self, Proof};
use wecom_bridge::admin::sessions::Visitor;
use wecom_bridge::admin::sign_in::{Attempt, Refused, sign_in};
use wecom_bridge::model::{Role, Secret};

const WRONG: &str = "a wrong password";

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let house = House::new();
    let account = house.account("Zhang.San", Role::Operator).await;
    house.advance_s(60);
    let opened = house.knock("zhang.SAN", PASSWORD, None).await.unwrap();
    assert_eq!((&opened.session.account, &opened.account.id), (&account.id, &account.id));
    assert_eq!(opened.account.last_sign_in_ms, Some(house.clock.now_ms()));
    assert_eq!(
        (opened.session.from.as_deref(), opened.session.user_agent.as_deref()),
        (Some("10.0.0.1"), Some("a browser"))
    );
    assert_eq!(opened.token.expose().len(), 64);
    let row = &house.audit()[0];
    assert_eq!((row.action.as_str(), row.actor.name.as_str()), ("session.open", "account:Zhang.San"));
    house.check_store();
}

/// Guesses until the rule's longest wait is reached; answers what a guesser sees.
async fn guess(house: &House, name: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for round in 0..16 {
        // from ever other places, so that only the name counts
        let from = format!("10.0.1.{round}");
        let answer = seen(&house.knock_from(&from, name, WRONG, None).await);
        if let Some(wait_s) = answer.strip_prefix("wait ") {
            let again = seen(&house.knock_from(&from, name, PASSWORD, None).await);
            assert_eq!(again, answer, "the right password is not looked at either, and asking costs nothing");
            house.advance_s(wait_s.parse::<u64>().unwrap() - 1);
            assert_eq!(seen(&house.knock_from(&from, name, WRONG, None).await), "wait 1");
            house.advance_s(1);
        }
        answers.push(answer);
    }
    answers
}

#[tokio::test]
async fn guessing_is_slowed_down_more_and_more_whether_somebody_has_the_name_or_not() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let known = guess(&house, "admin").await;
    let wrong = "sign_in.wrong";
    assert_eq!(
        known,
        [
            wrong, wrong, wrong, wrong, wrong, "wait 5", wrong, "wait 10", wrong, "wait 20", wrong, "wait 40", wrong,
            "wait 80", wrong, "wait 160"
        ]
    );
    assert_eq!(guess(&house, "nobody.here").await, known, "an unknown name");
    assert_eq!(guess(&house, "no name at all: \0").await, known, "what cannot be a name");
    assert_eq!(seen(&house.knock("admin", PASSWORD, None).await), "in", "the wait has an end");
    for _ in 0..5 {
        assert_eq!(seen(&house.knock("admin", WRONG, None).await), wrong, "a success begins anew");
    }
}

#[tokio::test]
async fn the_wait_outlives_a_restart_and_ends_by_itself() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    for _ in 0..6 {
        let _ = house.knock("admin", WRONG, None).await;
    }
    let house = house.restarted();
    assert_eq!(seen(&house.knock("admin", PASSWORD, None).await), "wait 5");
    for _ in 0..60 {
        house.advance_s(15 * 60);
        assert_eq!(
            seen(&house.knock("admin", WRONG, None).await),
            "sign_in.wrong",
            "after the longest wait one is looked at"
        );
    }
    assert_eq!(seen(&house.knock("admin", PASSWORD, None).await), "wait 900", "a quarter of an hour is the longest");
    house.advance_s(15 * 60);
    assert_eq!(seen(&house.knock("admin", PASSWORD, None).await), "in");
    for _ in 0..6 {
        let _ = house.knock("admin", WRONG, None).await;
    }
    house.advance_s(24 * 3600);
    for _ in 0..5 {
        assert_eq!(seen(&house.knock("admin", WRONG, None).await), "sign_in.wrong", "a day later all is forgotten");
    }
}

#[tokio::test]
async fn an_administrators_word_lifts_the_wait() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    for _ in 0..6 {
        let _ = house.knock("admin", WRONG, None).await;
    }
    let new = Secret::new("another right one");
    accounts::set_password(&house.env, &cli(), &account.id, Proof::Authority, new.clone(), false).await.unwrap();
    assert_eq!(seen(&house.knock("admin", new.expose(), None).await), "in");
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_guess_at_once_no_more_are_looked_at() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let guesses = (0..60).map(|n| {
        let (env, password) = (house.env.clone(), Secret::new(if n == 59 { PASSWORD } else { WRONG }));
        let visitor = Visitor { from: Some(std::net::IpAddr::V4(n.into())), user_agent: None };
        tokio::spawn(
            async move { sign_in(&env, Attempt { name: "admin".into(), password, code: None, visitor }).await },
        )
    });
    let answers: Vec<_> = join_all(guesses).await.into_iter().map(Result::unwrap).collect();
    let looked_at = answers.iter().filter(|answer| !matches!(answer, Err(Refused::Wait { .. }))).count();
    assert!((1..=5).contains(&looked_at), "{looked_at} were looked at");
}

#[tokio::test]
async fn one_address_that_tries_many_names_is_slowed_down_and_others_are_not() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    for n in 0..20 {
        assert_eq!(seen(&house.knock_from("10.0.0.66", &format!("name{n}"), WRONG, None).await), "sign_in.wrong");
        // those who know their password cost their house nothing
        let expected = if n < 19 { "in" } else { "wait 1" };
        assert_eq!(seen(&house.knock_from("10.0.0.66", "admin", PASSWORD, None).await), expected, "after {n}");
    }
    assert_eq!(seen(&house.knock_from("10.0.0.66", "name20", WRONG, None).await), "wait 1");
    assert_eq!(seen(&house.knock_from("10.0.0.67", "admin", PASSWORD, None).await), "in");
    house.advance_s(1);
    assert_eq!(seen(&house.knock_from("10.0.0.66", "admin", PASSWORD, None).await), "in");
}

#[tokio::test]
async fn a_disabled_account_is_refused_like_a_wrong_password() {
    let house = House::new();
    house.account("boss", Role::Administrator).await;
    let account = house.account("gone", Role::Operator).await;
    accounts::disable(&house.env, &cli(), &account.id).await.unwrap();
    let refused = house.knock("gone", PASSWORD, None).await.unwrap_err();
    let wrong = house.knock("gone", WRONG, None).await.unwrap_err();
    assert!(matches!(refused, Refused::Disabled) && matches!(wrong, Refused::Wrong));
    assert_eq!((refused.code(), refused.to_string()), (wrong.code(), wrong.to_string()), "told apart only by us");
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_and_does_not_fill_the_log() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    for n in 0..300 {
        // ever other names and places: nobody has to wait
        let from = format!("10.0.{}.{}", n / 200, n % 200);
        assert_eq!(seen(&house.knock_from(&from, &format!("name{n}"), WRONG, None).await), "sign_in.wrong");
    }
    let refusals = house.audit().into_iter().filter(|row| row.action == "session.refused").count();
    assert_eq!(refusals, 20);
    house.knock("admin", PASSWORD, None).await.unwrap();
    let row = &house.audit()[0];
    assert_eq!(
        (row.action.as_str(), &row.after.as_ref().unwrap()["refusals_without_row"]),
        ("session.open", &280.into())
    );
}

#[tokio::test]
async fn a_refusal_is_audited_without_what_may_be_a_password() {
    let house = House::new();
    house.account("admin", Role::Administrator).await;
    let _ = house.knock("admin", WRONG, None).await;
    let _ = house.knock("MySecretPassw0rd", "admin", None).await;
    let rows = house.audit();
    let subjects: Vec<&str> = rows.iter().take(2).map(|row| row.subject.as_str()).collect();
    assert_eq!(subjects, ["account (unknown)", "account admin"]);
    assert_eq!((rows[1].actor.name.as_str(), rows[1].actor.from.as_deref()), ("visitor", Some("10.0.0.1")));
    let text = serde_json::to_string(&rows).unwrap();
    assert!(!text.contains("MySecret") && !text.contains(WRONG), "{text}");
}

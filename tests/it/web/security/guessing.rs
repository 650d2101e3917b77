//! Guessing at the door: slowed down, locked out for a while, and told nothing.

use super::super::browser::{Browser, PASSWORD, Shown};
use crate::api::bridge::Bridge;
use wecom_bridge::admin::accounts::{self, NewAccount};
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::model::{Actor, Role, Secret};

async fn account(bridge: &Bridge, name: &str) {
    let new = NewAccount {
        name: name.into(),
        display_name: name.into(),
        role: Role::Administrator,
        password: Secret::new(PASSWORD.to_owned()),
        must_change_password: false,
        language: None,
    };
    accounts::create(&bridge.app.admin, &Actor::cli("tester"), new).await.unwrap();
}

async fn knock(bridge: &Bridge, name: &str, password: &str) -> Shown {
    let browser = Browser::new(bridge);
    browser.get("/sign-in").await.expect(200);
    browser.post("/sign-in", &[("name", name), ("password", password)]).await
}

/// The page without what the visitor typed and without what is new in each.
fn plain(shown: &Shown, name: &str) -> String {
    let text = shown.text.replace(&format!("value=\"{name}\""), "");
    let parts = text.split("name=\"_csrf\" value=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
    parts.collect()
}

#[tokio::test]
async fn guesses_are_refused_alike_and_slowed_down_whether_the_name_exists_or_not() {
    let clock = Clock::manual(1_790_000_000_000);
    let bridge = Bridge::start_with("", clock.clone()).await;
    account(&bridge, "zhang").await;
    account(&bridge, "gone").await;
    accounts::disable(&bridge.app.admin, &Actor::cli("tester"), &find(&bridge, "gone").await).await.unwrap();
    let mut answers = Vec::new();
    for name in ["zhang", "nobody", "gone"] {
        let mut told = Vec::new();
        for round in 0..7 {
            let shown = knock(&bridge, name, "a wrong guess 1").await;
            let wait = shown.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(shown.status, if round < 5 { 401 } else { 429 }, "{name}, guess {round}");
            assert_eq!(wait.as_deref(), if round < 5 { None } else { Some("5") }, "{name}, guess {round}");
            told.push((shown.status, wait, plain(&shown, name)));
        }
        answers.push(told);
        // the failures of one name are not those of the address
        clock.advance(std::time::Duration::from_secs(3600));
    }
    assert_eq!(answers[0], answers[1], "an unknown name");
    assert_eq!(answers[0], answers[2], "a disabled account");
    let shown = knock(&bridge, "gone", PASSWORD).await;
    assert_eq!(shown.status, 401, "the right password of a disabled account");
    // who is locked out is not let in by the right password either, and is let in after the wait
    for _ in 0..6 {
        knock(&bridge, "zhang", "a wrong guess 1").await;
    }
    knock(&bridge, "zhang", PASSWORD).await.expect(429);
    clock.advance(std::time::Duration::from_secs(900));
    knock(&bridge, "zhang", PASSWORD).await.expect(303);
    bridge.stop().await;
}

async fn find(bridge: &Bridge, name: &str) -> wecom_bridge::model::AccountId {
    let all = accounts::list(&bridge.app.admin).await.unwrap();
    all.into_iter().find(|account| account.name == name).unwrap().id
}

#[tokio::test]
async fn a_name_that_nobody_has_costs_as_much_work_as_a_real_one() {
    let bridge = Bridge::start().await;
    account(&bridge, "zhang").await;
    knock(&bridge, "somebody", "a wrong guess 1").await.expect(401);
    let mut took = [Vec::new(), Vec::new()];
    // in turn, so that a busy machine is as hard on the one as on the other; the more often, the less does it tell
    let ratio = |took: &[Vec<f64>; 2]| {
        let [known, unknown] = took.each_ref().map(|times| times.iter().copied().fold(f64::INFINITY, f64::min));
        known / unknown
    };
    // the hash is nearly all of the work: an answer without it would always come many times sooner
    let is_alike = |took: &[Vec<f64>; 2]| took[0].len() >= 4 && (0.4..2.5).contains(&ratio(took));
    while !is_alike(&took) && took[0].len() < 24 {
        for (name, times) in ["zhang", "nobody"].iter().zip(&mut took) {
            let watch = Stopwatch::start();
            knock(&bridge, name, "a wrong guess 1").await.expect(401);
            times.push(watch.elapsed().as_secs_f64());
        }
    }
    assert!(is_alike(&took), "{took:?}");
    bridge.stop().await;
}

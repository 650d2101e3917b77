//! The second factor at the door.

use super::{House, PASSWORD, cli, seen};
use wecom_bridge::admin::AccountError;
use wecom_bridge::admin::accounts::{self, Proof};
use wecom_bridge::admin::{second_factor, sessions, totp};
use wecom_bridge::model::{Account, Actor, Role, Secret, TotpState};

/// Sets it up with the code of this moment; answers the secret and the recovery codes.
async fn set_up(house: &House, account: &Account) -> (Secret, Vec<Secret>) {
    let begun = second_factor::begin_totp(&house.env, &account.id, &Secret::new(PASSWORD)).await.unwrap();
    let code = code(house, &begun.secret, 0);
    let codes = second_factor::confirm_totp(&house.env, &cli(), &account.id, &code, None).await.unwrap();
    (begun.secret, codes)
}

/// The code so many steps from now.
fn code(house: &House, seed: &Secret, steps: i64) -> String {
    let step = totp::step_at(house.clock.now_ms()).checked_add_signed(steps).unwrap();
    totp::code_at(seed, step).unwrap()
}

#[tokio::test]
async fn a_code_is_asked_for_and_each_opens_one_session() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let (seed, codes) = set_up(&house, &account).await;
    assert_eq!(codes.len(), 10);
    let enter = |code: Option<String>| {
        let house = &house;
        async move { seen(&house.knock("admin", PASSWORD, code.as_deref()).await) }
    };
    assert_eq!(enter(None).await, "sign_in.needs_code");
    assert_eq!(enter(Some("  ".into())).await, "sign_in.needs_code");
    let first = code(&house, &seed, 0);
    assert_eq!(enter(Some(first.clone())).await, "sign_in.wrong_code", "it was used for setting it up");
    house.advance_s(30);
    let next = code(&house, &seed, 0);
    assert_eq!(enter(Some(next.clone())).await, "in");
    assert_eq!(enter(Some(next)).await, "sign_in.wrong_code", "a second time");
    assert_eq!(enter(Some(first)).await, "sign_in.wrong_code", "an older one");
    assert_eq!(enter(Some(code(&house, &seed, 1))).await, "in", "a clock that is a little fast");
    house.advance_s(120);
    assert_eq!(enter(Some(code(&house, &seed, -1))).await, "in", "a clock that is a little slow");
    assert_eq!(enter(Some(code(&house, &seed, 2))).await, "sign_in.wrong_code");
    assert_eq!(seen(&house.knock("admin", "a wrong password", Some(&code(&house, &seed, 0))).await), "sign_in.wrong");
    assert_eq!(enter(Some(code(&house, &seed, 0))).await, "in", "a code with a wrong password is not used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_use_one_code_at_once_one_gets_in() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let (seed, _) = set_up(&house, &account).await;
    house.advance_s(30);
    let code = code(&house, &seed, 0);
    let (a, b) = tokio::join!(house.knock("admin", PASSWORD, Some(&code)), house.knock("admin", PASSWORD, Some(&code)));
    let mut answers = [seen(&a), seen(&b)];
    answers.sort();
    assert_eq!(answers, ["in", "sign_in.wrong_code"]);
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let (seed, _) = set_up(&house, &account).await;
    house.advance_s(30);
    let right = code(&house, &seed, 0);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(seen(&house.knock("admin", PASSWORD, Some(wrong)).await), "sign_in.wrong_code");
    }
    assert_eq!(seen(&house.knock("admin", PASSWORD, Some(&right)).await), "wait 5");
}

/// What was opened without the second factor does not outlive its coming into force.
#[tokio::test]
async fn other_sessions_end_when_it_comes_into_force_and_guesses_at_it_are_slowed() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let own = house.knock("admin", PASSWORD, None).await.unwrap().session.id;
    house.knock("admin", PASSWORD, None).await.unwrap();
    let begun = second_factor::begin_totp(&house.env, &account.id, &Secret::new(PASSWORD)).await.unwrap();
    let right = code(&house, &begun.secret, 0);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let confirm = async |code: &str| {
        let actor = Actor::account("admin", None);
        second_factor::confirm_totp(&house.env, &actor, &account.id, code, Some(&own)).await
    };
    for _ in 0..5 {
        assert!(matches!(confirm(wrong).await, Err(AccountError::WrongCode)));
    }
    let slowed = confirm(&right).await.unwrap_err();
    assert!(matches!(slowed, AccountError::Wait { retry_after_s: 5 }), "{slowed}");
    house.advance_s(5);
    confirm(&code(&house, &begun.secret, 0)).await.unwrap();
    let left = sessions::list(&house.env, Some(&account.id)).await.unwrap();
    assert_eq!(left.into_iter().map(|session| session.id).collect::<Vec<_>>(), std::slice::from_ref(&own));
}

/// A session that was left open does not become the account: its password and second factor ask for the password.
#[tokio::test]
async fn authority_is_no_proof_over_ones_own_account() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let (seed, _) = set_up(&house, &account).await;
    let own = Actor::account("admin", None);
    let (env, id) = (&house.env, &account.id);
    let new = || Secret::new("another long password 9");
    let refused = accounts::set_password(env, &own, id, Proof::Authority, new(), true).await.unwrap_err();
    assert!(matches!(refused, AccountError::NotProved), "{refused}");
    let refused = second_factor::reset_totp(env, &own, id, Proof::Authority).await.unwrap_err();
    assert!(matches!(refused, AccountError::NotProved), "{refused}");
    house.advance_s(30);
    assert_eq!(seen(&house.knock("admin", PASSWORD, Some(&code(&house, &seed, 0))).await), "in", "all is as it was");
    let other = Actor::account("other", None);
    second_factor::reset_totp(env, &other, id, Proof::Authority).await.unwrap();
    accounts::set_password(env, &other, id, Proof::Authority, new(), true).await.unwrap();
}

#[tokio::test]
async fn each_recovery_code_opens_one_session() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let (_, codes) = set_up(&house, &account).await;
    for (used, code) in codes.iter().enumerate() {
        let typed = code.expose().to_uppercase().replace('-', " ");
        let opened = house.knock("admin", PASSWORD, Some(&typed)).await.unwrap();
        let TotpState::On { recovery_codes_left, .. } = opened.account.totp else { panic!("it is off") };
        assert_eq!(usize::from(recovery_codes_left), 9 - used);
        assert_eq!(seen(&house.knock("admin", PASSWORD, Some(code.expose())).await), "sign_in.wrong_code");
    }
    let row = house.audit().into_iter().find(|row| row.action == "session.open").unwrap();
    assert_eq!(row.after.unwrap()["second_factor"], "recovery code");
}

#[tokio::test]
async fn nothing_is_in_force_before_it_is_confirmed_and_a_new_one_replaces_the_old() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let env = &house.env;
    let not_begun = second_factor::confirm_totp(env, &cli(), &account.id, "123456", None).await.unwrap_err();
    assert!(matches!(not_begun, AccountError::NotBegun), "{not_begun}");
    let wrong = second_factor::begin_totp(env, &account.id, &Secret::new("a wrong password")).await.unwrap_err();
    assert!(matches!(wrong, AccountError::WrongPassword), "{wrong}");
    let begun = second_factor::begin_totp(env, &account.id, &Secret::new(PASSWORD)).await.unwrap();
    assert!(begun.uri.expose().starts_with("otpauth://totp/wecom-bridge:admin?secret="));
    assert!(begun.uri.expose().contains(begun.secret.expose()));
    let shown_again = second_factor::pending_totp(env, &account.id).await.unwrap().unwrap();
    assert_eq!(shown_again.secret, begun.secret);
    let late = code(&house, &begun.secret, 2);
    let wrong = second_factor::confirm_totp(env, &cli(), &account.id, &late, None).await.unwrap_err();
    assert!(matches!(wrong, AccountError::WrongCode), "{wrong}");
    assert_eq!(seen(&house.knock("admin", PASSWORD, None).await), "in", "not confirmed, not asked for");

    let (old, old_codes) = set_up(&house, &account).await;
    assert!(second_factor::pending_totp(env, &account.id).await.unwrap().is_none());
    house.advance_s(90);
    let (new, _) = set_up(&house, &account).await;
    house.advance_s(90);
    assert_eq!(seen(&house.knock("admin", PASSWORD, Some(&code(&house, &old, 0))).await), "sign_in.wrong_code");
    assert_eq!(seen(&house.knock("admin", PASSWORD, Some(old_codes[0].expose())).await), "sign_in.wrong_code");
    assert_eq!(seen(&house.knock("admin", PASSWORD, Some(&code(&house, &new, 0))).await), "in");
}

#[tokio::test]
async fn taking_it_away_needs_the_password_or_authority_and_ends_other_sessions() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    set_up(&house, &account).await;
    let (_, codes) = set_up(&house, &account).await;
    let env = &house.env;
    let kept = house.knock("admin", PASSWORD, Some(codes[0].expose())).await.unwrap().session;
    house.knock("admin", PASSWORD, Some(codes[1].expose())).await.unwrap();
    let own = |password: &str| Proof::Own { password: Secret::new(password), session: Some(kept.id.clone()) };
    let wrong = second_factor::reset_totp(env, &cli(), &account.id, own("a wrong password")).await.unwrap_err();
    assert!(matches!(wrong, AccountError::WrongPassword), "{wrong}");
    let reset = second_factor::reset_totp(env, &cli(), &account.id, own(PASSWORD)).await.unwrap();
    assert_eq!(reset.totp, TotpState::Off);
    assert_eq!(sessions::list(env, None).await.unwrap().len(), 1);
    assert_eq!(seen(&house.knock("admin", PASSWORD, None).await), "in");
    set_up(&house, &account).await;
    second_factor::reset_totp(env, &cli(), &account.id, Proof::Authority).await.unwrap();
    assert!(sessions::list(env, None).await.unwrap().is_empty());
    assert_eq!(accounts::get(env, &account.id).await.unwrap().totp, TotpState::Off);
    house.check_store();
}

#[tokio::test]
async fn the_secret_is_sealed_and_survives_a_new_master_key() {
    let house = House::new();
    let account = house.account("admin", Role::Administrator).await;
    let (seed, codes) = set_up(&house, &account).await;
    let rekeyed = house.env.store.rekey().unwrap();
    assert_eq!(rekeyed.secrets, 1);
    house.advance_s(30);
    assert_eq!(seen(&house.knock("admin", PASSWORD, Some(&code(&house, &seed, 0))).await), "in");
    house.check_store();
    let bytes = std::fs::read(house.env.store.path()).unwrap();
    let holds = |text: &str| memchr::memmem::find(&bytes, text.as_bytes()).is_some();
    assert!(holds("admin"), "the file is readable as such");
    assert!(!holds(seed.expose()) && !holds(codes[0].expose()) && !holds(PASSWORD));
}

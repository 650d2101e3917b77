//! Accounts are made and changed by rules, and every change is in the audit log.

use super::{House, PASSWORD, cli, new_account, seen};
use wecom_bridge::admin::AccountError;
use wecom_bridge::admin::accounts::{self, NewAccount, Profile, Proof};
use wecom_bridge::admin::keys::{self, NewKey};
use wecom_bridge::admin::passwords::PasswordFault;
use wecom_bridge::admin::{second_factor, sessions, totp};
use wecom_bridge::model::{Actor, ApiScope, Role, Secret};

#[tokio::test]
async fn an_account_is_made_once_and_found_in_any_case() {
    let house = House::new();
    let made = house.account("Zhang.San", Role::Operator).await;
    let found = accounts::find_by_name(&house.env, "zhang.san").await.unwrap().unwrap();
    assert_eq!(found, made);
    assert_eq!(accounts::find(&house.env, &made.id).await.unwrap().as_ref(), Some(&made));
    assert!(made.password_hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let again = accounts::create(&house.env, &cli(), new_account("ZHANG.SAN", Role::Auditor)).await.unwrap_err();
    assert!(matches!(again, AccountError::NameTaken(_)), "{again}");
    assert_eq!(accounts::list(&house.env).await.unwrap().len(), 1);
    assert_eq!(house.actions(), ["account.create"]);
    house.check_store();
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_nothing_is_stored() {
    let house = House::new();
    let good = || new_account("admin", Role::Administrator);
    let long = "x".repeat(61);
    for (new, code) in [
        (NewAccount { name: "a".into(), ..good() }, "account.name"),
        (NewAccount { name: "a b".into(), ..good() }, "account.name"),
        (NewAccount { name: "key:a".into(), ..good() }, "account.name"),
        (NewAccount { display_name: String::new(), ..good() }, "account.display_name"),
        (NewAccount { display_name: " a".into(), ..good() }, "account.display_name"),
        (NewAccount { display_name: "a\nb".into(), ..good() }, "account.display_name"),
        (NewAccount { display_name: long, ..good() }, "account.display_name"),
        (NewAccount { language: Some("de".into()), ..good() }, "account.language"),
        (NewAccount { password: Secret::new("too short"), ..good() }, "password.too_short"),
        (NewAccount { password: Secret::new("Password123"), ..good() }, "password.common"),
        (NewAccount { password: Secret::new("Admin123456"), ..good() }, "password.is_name"),
    ] {
        let told = format!("{new:?}");
        assert_eq!(accounts::create(&house.env, &cli(), new).await.unwrap_err().code(), code, "{told}");
    }
    assert!(accounts::list(&house.env).await.unwrap().is_empty() && house.audit().is_empty());
}

#[tokio::test]
async fn the_last_administrator_who_can_sign_in_stays() {
    let house = House::new();
    let first = house.account("first", Role::Administrator).await;
    let second = house.account("second", Role::Administrator).await;
    house.account("other", Role::Operator).await;
    let env = &house.env;
    accounts::disable(env, &cli(), &second.id).await.unwrap();
    let profile = Profile { display_name: "A".into(), role: Role::Auditor, language: None };
    for refused in [
        accounts::disable(env, &cli(), &first.id).await.unwrap_err(),
        accounts::set_role(env, &cli(), &first.id, Role::Operator).await.unwrap_err(),
        accounts::set_profile(env, &cli(), &first.id, profile).await.unwrap_err(),
    ] {
        assert!(matches!(refused, AccountError::LastAdministrator(_)), "{refused}");
    }
    assert_eq!(accounts::get(env, &first.id).await.unwrap(), first, "a refusal changes nothing");
    accounts::enable(env, &cli(), &second.id).await.unwrap();
    accounts::set_role(env, &cli(), &first.id, Role::Operator).await.unwrap();
    let refused = accounts::disable(env, &cli(), &second.id).await.unwrap_err();
    assert!(matches!(refused, AccountError::LastAdministrator(_)), "{refused}");
}

/// A key must not do what its maker may not do any more.
#[tokio::test]
async fn who_is_disabled_or_demoted_loses_their_keys() {
    let house = House::new();
    let env = &house.env;
    house.account("first", Role::Administrator).await;
    let leaver = house.account("leaver", Role::Administrator).await;
    let make = async |by: &str, name: &str, scopes: &[ApiScope], maker: Option<&str>| {
        let (scopes, networks) = (scopes.to_vec(), Vec::new());
        let new = NewKey { name: name.into(), scopes, networks, expires_at_ms: None };
        let actor = Actor::account(by, None);
        let made = match maker {
            Some(maker) => keys::create_with(&env.store, &env.clock, &actor, maker, new).await,
            None => keys::create(&env.store, &env.clock, &actor, new).await,
        };
        made.unwrap().0.id
    };
    let valid = async || {
        let mut names: Vec<String> = keys::list(&env.store)
            .await
            .unwrap()
            .into_iter()
            .filter(|key| key.revoked_at_ms.is_none())
            .map(|key| key.name)
            .collect();
        names.sort();
        names
    };
    make("first", "kept", &[ApiScope::AccountsAdmin], None).await;
    let chief = make("leaver", "chief", &[ApiScope::KeysAdmin, ApiScope::OpsRead], None).await;
    make("key:chief", "child", &[ApiScope::OpsRead], Some(&chief)).await;
    make("leaver", "reader", &[ApiScope::OpsRead], None).await;
    let listed = keys::list_of(&env.store, &env.clock, "leaver").await.unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");

    accounts::set_role(env, &cli(), &leaver.id, Role::Auditor).await.unwrap();
    assert_eq!(valid().await, ["kept", "reader"], "what is beyond the lesser role, and what was made with it");
    accounts::disable(env, &cli(), &leaver.id).await.unwrap();
    assert_eq!(valid().await, ["kept"]);
    accounts::enable(env, &cli(), &leaver.id).await.unwrap();
    assert_eq!(valid().await, ["kept"], "they stay revoked");
    assert_eq!(house.actions().iter().filter(|action| *action == "key.revoke").count(), 3);
    house.check_store();
}

#[tokio::test]
async fn two_administrators_cannot_disable_each_other_at_once() {
    let house = House::new();
    let (one, two) = (house.account("one", Role::Administrator).await, house.account("two", Role::Administrator).await);
    let env = &house.env;
    let actor = cli();
    let (a, b) =
        tokio::join!(accounts::disable(env, &actor, &one.id), accounts::set_role(env, &actor, &two.id, Role::Auditor));
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    let left = accounts::list(env).await.unwrap();
    assert_eq!(left.iter().filter(|account| account.is_enabled_administrator()).count(), 1);
}

#[tokio::test]
async fn what_makes_an_account_other_ends_its_sessions() {
    let house = House::new();
    house.account("boss", Role::Administrator).await;
    let account = house.account("worker", Role::Operator).await;
    let env = &house.env;
    let open = || async { sessions::list(env, Some(&account.id)).await.unwrap().len() };
    let enter = || async { house.knock("worker", PASSWORD, None).await.unwrap() };

    enter().await;
    accounts::set_display_name(env, &cli(), &account.id, "王五").await.unwrap();
    accounts::set_language(env, &cli(), &account.id, Some("en")).await.unwrap();
    accounts::set_role(env, &cli(), &account.id, Role::Operator).await.unwrap();
    assert_eq!(open().await, 1, "neither of these makes it other");

    accounts::set_role(env, &cli(), &account.id, Role::Auditor).await.unwrap();
    assert_eq!(open().await, 0, "role");
    enter().await;
    accounts::disable(env, &cli(), &account.id).await.unwrap();
    assert_eq!(open().await, 0, "disabled");
    accounts::enable(env, &cli(), &account.id).await.unwrap();
    let kept = enter().await.session;
    let gone = enter().await;
    let proof = Proof::Own { password: Secret::new(PASSWORD), session: Some(kept.id.clone()) };
    let new = Secret::new("another right one");
    accounts::set_password(env, &cli(), &account.id, proof, new.clone(), false).await.unwrap();
    let left = sessions::list(env, Some(&account.id)).await.unwrap();
    assert_eq!(left.iter().map(|session| &session.id).collect::<Vec<_>>(), [&kept.id], "the own session stays");
    assert!(sessions::find(env, gone.token.expose()).await.unwrap().is_none());
    assert_eq!(seen(&house.knock("worker", PASSWORD, None).await), "sign_in.wrong");
    assert_eq!(seen(&house.knock("worker", new.expose(), None).await), "in");
    accounts::set_password(env, &cli(), &account.id, Proof::Authority, Secret::new(PASSWORD), true).await.unwrap();
    assert_eq!(open().await, 0, "an administrator's word ends all");
    assert!(enter().await.account.must_change_password);
    house.check_store();
}

#[tokio::test]
async fn the_own_password_needs_the_present_one_and_guessing_it_is_slowed() {
    let house = House::new();
    let account = house.account("worker", Role::Operator).await;
    let env = &house.env;
    let change = |present: &str, new: &str| {
        let proof = Proof::Own { password: Secret::new(present), session: None };
        let (new, id) = (Secret::new(new), account.id.clone());
        async move { accounts::set_password(env, &cli(), &id, proof, new, false).await }
    };
    let same = change(PASSWORD, PASSWORD).await.unwrap_err();
    assert!(matches!(same, AccountError::Password(PasswordFault::Same)), "{same}");
    for n in 0..5 {
        let wrong = change("a wrong password", "another right one").await.unwrap_err();
        assert!(matches!(wrong, AccountError::WrongPassword), "attempt {n}: {wrong}");
    }
    let wait = change(PASSWORD, "another right one").await.unwrap_err();
    assert!(matches!(wait, AccountError::Wait { retry_after_s: 5 }), "{wait}");
    let begin = second_factor::begin_totp(env, &account.id, &Secret::new(PASSWORD)).await.unwrap_err();
    assert!(matches!(begin, AccountError::Wait { .. }), "one brake for all: {begin}");
    house.advance_s(5);
    change(PASSWORD, "another right one").await.unwrap();
    change("another right one", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_and_no_secret_is() {
    let house = House::new();
    house.account("boss", Role::Administrator).await;
    let account = house.account("worker", Role::Operator).await;
    let (env, actor) = (&house.env, Actor::account("boss", Some("10.0.0.9".parse().unwrap())));
    let opened = house.knock("worker", PASSWORD, None).await.unwrap();
    accounts::set_display_name(env, &actor, &account.id, "王五").await.unwrap();
    accounts::set_role(env, &actor, &account.id, Role::Auditor).await.unwrap();
    let begun = second_factor::begin_totp(env, &account.id, &Secret::new(PASSWORD)).await.unwrap();
    let code = totp::code_at(&begun.secret, totp::step_at(house.clock.now_ms())).unwrap();
    let codes = second_factor::confirm_totp(env, &actor, &account.id, &code, None).await.unwrap();
    second_factor::reset_totp(env, &actor, &account.id, Proof::Authority).await.unwrap();
    let new = Secret::new("another right one");
    accounts::set_password(env, &actor, &account.id, Proof::Authority, new.clone(), true).await.unwrap();
    accounts::disable(env, &actor, &account.id).await.unwrap();
    accounts::enable(env, &actor, &account.id).await.unwrap();
    accounts::enable(env, &actor, &account.id).await.unwrap();
    assert_eq!(
        house.actions(),
        [
            "account.create",
            "account.create",
            "session.open",
            "account.change",
            "account.role",
            "session.revoke",
            "account.totp_on",
            "account.totp_off",
            "account.password",
            "account.disable",
            "account.enable",
        ],
        "each change once, and nothing where nothing changed"
    );
    let rows = house.audit();
    let role = rows.iter().find(|row| row.action == "account.role").unwrap();
    assert_eq!((role.actor.name.as_str(), role.actor.from.as_deref()), ("account:boss", Some("10.0.0.9")));
    assert_eq!(role.subject, "account worker");
    assert_eq!(role.before.as_ref().unwrap()["role"], "operator");
    assert_eq!(role.after.as_ref().unwrap()["role"], "auditor");
    let text = serde_json::to_string(&rows).unwrap();
    let mut secrets = vec![PASSWORD, new.expose(), begun.secret.expose(), opened.token.expose(), "argon2"];
    secrets.extend(codes.iter().map(Secret::expose));
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in the audit log");
    }
}

#[tokio::test]
async fn nothing_is_done_to_an_account_that_is_not_there() {
    let house = House::new();
    let (env, nobody) = (&house.env, "none".into());
    let authority = || Proof::Authority;
    let password = Secret::new(PASSWORD);
    for refused in [
        accounts::get(env, &nobody).await.map(drop),
        accounts::disable(env, &cli(), &nobody).await.map(drop),
        accounts::set_role(env, &cli(), &nobody, Role::Auditor).await.map(drop),
        accounts::set_password(env, &cli(), &nobody, authority(), password.clone(), true).await.map(drop),
        second_factor::begin_totp(env, &nobody, &password).await.map(drop),
        second_factor::confirm_totp(env, &cli(), &nobody, "123456", None).await.map(drop),
        second_factor::reset_totp(env, &cli(), &nobody, authority()).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AccountError::Unknown(_))), "{refused:?}");
    }
    assert!(house.audit().is_empty());
}

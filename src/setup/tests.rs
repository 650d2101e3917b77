//! The set-up file: what is read, what is refused, and that writing and reading are inverse.

use super::*;
use crate::model::{Secret, SecretName};
use std::path::Path;

const EXAMPLE: &str = include_str!("../../packaging/setup-example.toml");

fn read_text(text: &str) -> Result<SetupFile, SetupFaults> {
    let env = |name: &str| (name == "GIVEN").then(|| "from-env".to_owned());
    read(text, &ReadFrom { env: &env, folder: Path::new("/nonexistent") })
}

fn corp_text(lines: &str) -> String {
    format!(
        "version = 1\n[[tenant]]\nkey = \"t\"\nname = \"T\"\n[[corp]]\nkey = \"c\"\ntenant = \"t\"\nname = \"C\"\ncorpid = \"ww1\"\n{lines}"
    )
}

fn refuse(lines: &str) -> Vec<SetupFault> {
    read_text(&corp_text(lines)).map(|_| Vec::new()).unwrap_or_else(|faults| faults.0)
}

/// Files from before these keys were there stay valid and mean the same.
#[test]
fn the_further_keys_are_optional_and_shown_with_their_defaults() {
    let further = [
        "seats ",
        "max_department_removals ",
        "max_department_removal_percent",
        "max_moves_percent",
        "max_cleared_fields_percent",
    ];
    let is_further = |line: &&str| further.iter().any(|key| line.starts_with(key));
    assert_eq!(EXAMPLE.lines().filter(is_further).count(), further.len());
    let former: String = EXAMPLE.lines().filter(|line| !is_further(line)).map(|line| format!("{line}\n")).collect();
    assert_eq!(read_text(&former).unwrap(), read_text(EXAMPLE).unwrap());
}

#[test]
fn one_fault_per_row() {
    assert_eq!(refuse(""), []);
    for (lines, path, message) in [
        ("colour = 1", "corp[c].colour", "unknown key"),
        ("edition = \"cloud\"", "corp[c].edition", "`public`, `private`, `government`"),
        ("edition = \"private\"", "corp[c].api_base", "must be given for the private edition"),
        ("edition = \"government\"", "corp[c].api_base", "must be given for the government edition"),
        ("api_base = \"qyapi\"", "corp[c].api_base", "http:// or https://"),
        ("proxy = \"ftp://x\"", "corp[c].proxy", "socks5"),
        ("proxy = \"http://user:word@x\"", "corp[c].proxy", "password"),
        ("api_base = \"https://user:word@x\"", "corp[c].api_base", "password"),
        ("authorize_base = \"https://user@x\"", "corp[c].authorize_base", "user name"),
        ("ca_file = \"ca.pem\"", "corp[c].ca_file", "from / on"),
        ("timeout_ms = 1", "corp[c].timeout_ms", "100 to 600000"),
        ("access = \"all\"", "corp[c].access", "read-only"),
        ("read_app = \"oa\"", "corp[c].read_app", "does not have"),
        ("contacts_secret = \"\"", "corp[c].contacts_secret", "empty"),
        ("contacts_secret = \"a b\"", "corp[c].contacts_secret", "without blanks"),
        ("contacts_secret = { env = \"MISSING\" }", "corp[c].contacts_secret", "MISSING is not set"),
        ("contacts_secret = { file = \"none\" }", "corp[c].contacts_secret", "cannot be read"),
        ("contacts_secret = { env = \"A\", file = \"b\" }", "corp[c].contacts_secret", "must be a text"),
        ("contacts_callback = { aes_key = \"short\" }", "corp[c].contacts_callback.aes_key", "43 letters"),
        ("contacts_callback = { token = \"-\" }", "corp[c].contacts_callback.token", "letters and digits"),
        ("quota = { concurrency = 0 }", "corp[c].quota.concurrency", "1 to 200"),
        ("quota = { calls_per_day = 1 }", "corp[c].quota.calls_per_day", "unknown key"),
        ("app = 1", "corp[c].app", "[[app]]"),
        ("pull = []", "corp[c].pull", "must be a table"),
        ("pull = { cron = \"* * * * *\" }", "corp[c].pull.cron", "six fields"),
        ("pull = { time_zone = \"Beijing\" }", "corp[c].pull.time_zone", "IANA"),
        ("downstream = { leaver = \"keep\" }", "corp[c].downstream.leaver", "`disable` or `delete`"),
        ("downstream = { userid_from = \"shoe_size\" }", "corp[c].downstream.userid_from", "employee_no"),
        (
            "downstream = { guard = { max_removal_percent = 101 } }",
            "corp[c].downstream.guard.max_removal_percent",
            "100",
        ),
        (
            "downstream = { guard = { max_moves_percent = 101 } }",
            "corp[c].downstream.guard.max_moves_percent",
            "0 to 100",
        ),
        (
            "downstream = { guard = { max_cleared_fields_percent = 200 } }",
            "corp[c].downstream.guard.max_cleared_fields_percent",
            "0 to 100",
        ),
        (
            "downstream = { guard = { max_department_removal_percent = 101 } }",
            "corp[c].downstream.guard.max_department_removal_percent",
            "0 to 100",
        ),
        ("quota = { seats = -1 }", "corp[c].quota.seats", "invalid value"),
        ("downstream = { guard = { max_removals = -1 } }", "corp[c].downstream.guard.max_removals", "invalid value"),
        ("downstream = { fields = { shoe_size = \"x\" } }", "corp[c].downstream.fields.shoe_size", "no member field"),
        ("downstream = { scope = { unit = [] } }", "corp[c].downstream.scope.unit", "unknown key"),
        ("downstream = { fields = { name = \"{{ nome }}\" } }", "corp[c].downstream.fields.name", "character"),
        ("downstream = { external_fields = { x = \"{{\" } }", "corp[c].downstream.external_fields.x", "character"),
        ("downstream = { scope = { filter = \"name ==\" } }", "corp[c].downstream.scope.filter", "character"),
        ("downstream = { cron = \"0 0 2 * * 1\" }", "corp[c].downstream.cron", "MON"),
        ("upstream = { enabled = true }", "corp[c].upstream.enabled", "not part of this release"),
        ("match = [{ employee = \"shoe_size\", member = \"userid\" }]", "corp[c].match[1].employee", "employee_no"),
        ("match = [{ employee = \"mobile\", member = \"shoe_size\" }]", "corp[c].match[1].member", "userid"),
        ("[[corp.app]]\nkey = \"oa\"\nname = \"OA\"", "corp[c].app[oa].agentid", "is missing"),
        ("[[corp.app]]\nkey = \"O A\"\nname = \"OA\"\nagentid = 1", "corp[c].app[O A].key", "a-z"),
        ("[[tenant]]\nkey = \"t\"\nname = \"again\"", "tenant[t]", "twice"),
        ("[colours]", "colours", "known are version"),
    ] {
        let faults = refuse(lines);
        assert_eq!(faults.len(), 1, "{lines}: {faults:?}");
        assert_eq!(faults[0].path, path, "{lines}");
        assert!(faults[0].message.contains(message), "{lines}: {}", faults[0].message);
    }
}

#[test]
fn an_empty_secret_is_none() {
    for name in [SecretName::Contacts, SecretName::App("oa".into()), SecretName::ContactsToken] {
        assert!(super::check::check_secret(&name, &Secret::new(""), "x").is_some(), "{}", name.path());
    }
    assert!(super::check::check_secret(&SecretName::Contacts, &Secret::new("s"), "x").is_none());
}

#[test]
fn all_faults_come_at_once() {
    let shown = read_text("[[tenant]]\nkey = \"T\"\ncolour = 1\n[[corp]]\nname = 1\n").unwrap_err().to_string();
    for part in [
        "version: is missing",
        "tenant[T].colour: unknown key",
        "tenant[T].key: tenant key \"T\" is not valid",
        "corp[#1].name: invalid type",
        "corp[#1].key: is missing",
        "corp[#1].tenant: is missing",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
}

#[test]
fn secrets_are_not_in_faults_nor_in_a_redacted_export() {
    let secret = "s3cr3t with blanks";
    let shown = read_text(&corp_text(&format!("contacts_secret = \"{secret}\""))).unwrap_err().to_string();
    assert!(!shown.contains("s3cr3t"), "{shown}");
    let file = read_text(EXAMPLE).unwrap();
    let redacted = write(&file, true).unwrap();
    for secret in file.corps[0].secrets.values() {
        assert!(!redacted.contains(secret.expose()), "{redacted}");
    }
    assert!(redacted.contains("env = \"WECOM_BRIDGE_SECRET_ACME_MAIN_APP_OA_SECRET\""), "{redacted}");
}

#[test]
fn references_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.txt"), "from-file\n").unwrap();
    let env = |name: &str| (name == "GIVEN").then(|| "from-env".to_owned());
    let text = corp_text(
        "contacts_secret = { file = \"s.txt\" }\n[[corp.app]]\nkey = \"oa\"\nname = \"OA\"\nagentid = 1\nsecret = { env = \"GIVEN\" }",
    );
    let file = read(&text, &ReadFrom { env: &env, folder: folder.path() }).unwrap();
    let secrets: Vec<&str> = file.corps[0].secrets.values().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["from-file", "from-env"]);
}

#[test]
fn the_public_edition_has_addresses_of_its_own() {
    let endpoints = read_text(&corp_text("")).unwrap().corps[0].corp.endpoints.clone();
    assert_eq!(endpoints.api_base, "https://qyapi.weixin.qq.com");
    assert_eq!(endpoints.authorize_base, "https://open.weixin.qq.com");
    assert_eq!(endpoints.login_base, "https://login.work.weixin.qq.com");
    assert_eq!(endpoints.console_url, "https://work.weixin.qq.com");
    let private = corp_text("edition = \"private\"\napi_base = \"https://wecom.example.com/\"");
    let endpoints = read_text(&private).unwrap().corps[0].corp.endpoints.clone();
    assert_eq!(endpoints.api_base, "https://wecom.example.com");
    assert_eq!(endpoints.login_base, "https://wecom.example.com");
}

#[test]
fn the_example_is_read_whole() {
    let file = read_text(EXAMPLE).unwrap();
    let corp = &file.corps[0];
    assert_eq!(corp.corp.apps[0].agentid, 1_000_002);
    assert_eq!(corp.corp.downstream.fields["extattr.工号"], "{{ employee_no }}");
    assert_eq!(corp.secrets.len(), 6);
}

#[test]
fn writing_and_reading_are_inverse_for_the_example() {
    let file = read_text(EXAMPLE).unwrap();
    assert_eq!(read_text(&write(&file, false).unwrap()).unwrap(), file);
}

#[test]
fn laying_a_file_over_nothing_adds_and_over_itself_changes_nothing() {
    let file = read_text(EXAMPLE).unwrap();
    let first = merge(&SetupFile::default(), &file, false);
    let actions: Vec<_> = first.changes.iter().map(|change| (change.subject.as_str(), change.action)).collect();
    let add = SetupAction::Add;
    assert_eq!(actions, [("tenant acme", add), ("corp acme-main", add), ("app acme-main/oa", add)]);
    assert_eq!(first.target, file);
    assert!(merge(&first.target, &file, false).is_empty());
}

#[test]
fn callback_keys_are_generated_once() {
    let file = read_text(&corp_text("")).unwrap();
    let first = merge(&SetupFile::default(), &file, false);
    let secrets = &first.target.corps[0].secrets;
    assert_eq!(secrets.len(), 2, "{secrets:?}");
    for (name, secret) in secrets {
        assert_eq!(check_secret(name, secret, ""), None);
    }
    let second = merge(&first.target, &file, false);
    assert!(second.is_empty(), "{:?}", second.changes);
    assert_eq!(second.target, first.target);
}

#[test]
fn what_differs_is_named_and_what_is_not_in_the_file_stays_unless_pruned() {
    let present = read_text(EXAMPLE).unwrap();
    let mut wanted = present.clone();
    wanted.corps[0].corp.downstream.guard.max_removals = 7;
    wanted.corps[0].secrets = [(SecretName::Contacts, Secret::new("another"))].into();
    wanted.corps[0].corp.apps.clear();
    wanted.corps[0].corp.read_app = None;
    wanted.tenants.clear();
    let kept = merge(&present, &wanted, false);
    let shown = serde_json::to_value(&kept.changes).unwrap();
    assert_eq!(
        shown,
        serde_json::json!([
            { "action": "extra", "subject": "tenant acme" },
            { "action": "change", "subject": "corp acme-main", "differences": [
                { "option": "downstream.guard.max_removals", "before": 50, "after": 7 },
                { "option": "read_app", "before": "oa", "after": null },
                { "option": "secret contacts/secret", "before": "set", "after": "set" },
            ] },
            { "action": "extra", "subject": "app acme-main/oa" },
        ])
    );
    assert_eq!(kept.target.corps[0].corp.apps.len(), 1);
    assert_eq!(kept.target.corps[0].secrets.len(), 6);
    let pruned = merge(&present, &wanted, true);
    let removed: Vec<_> = pruned
        .changes
        .iter()
        .filter(|change| change.action == SetupAction::Remove)
        .map(|c| c.subject.as_str())
        .collect();
    assert_eq!(removed, ["tenant acme", "app acme-main/oa"]);
    assert_eq!(pruned.target.corps[0].secrets.len(), 3);
}

mod property {
    //! Writing and reading are inverse for whatever can be set.

    use super::*;
    use crate::model::{Access, AppKey, Edition, Leaver, MatchRule, OutOfScope, StrategyChoice};
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = String> {
        "[a-zA-Z0-9 \"'\\\\#=\\[\\]{}.,\u{4e00}-\u{4eff}\n\t]{0,20}".prop_map(|text| format!("x{text}x"))
    }

    fn secret() -> impl Strategy<Value = Secret> {
        "[!-~]{1,40}".prop_map(Secret::new)
    }

    prop_compose! {
        fn corp()(
            names in prop::collection::vec(name(), 3),
            edition in prop_oneof![Just(Edition::Public), Just(Edition::Private), Just(Edition::Government)],
            access in prop_oneof![Just(Access::ReadOnly), Just(Access::ReadWrite)],
            strategy in prop_oneof![Just(StrategyChoice::Auto), Just(StrategyChoice::Export)],
            numbers in prop::collection::vec(1_u32..100, 6),
            flags in prop::collection::vec(any::<bool>(), 8),
            ids in prop::collection::vec(name(), 0..4),
            secrets in prop::collection::vec(secret(), 2),
            has_app in any::<bool>(),
        ) -> SetupCorp {
            let text = super::corp_text("edition = \"private\"\napi_base = \"https://wecom.example.com\"");
            let mut corp = read_text(&text).unwrap().corps.remove(0);
            let one = &mut corp.corp;
            (one.edition, one.access) = (edition, access);
            one.name.clone_from(&names[0]);
            one.quota.concurrency = numbers[0];
            one.pull.strategy = strategy;
            one.pull.auto_bind = flags[0];
            one.match_rules = vec![MatchRule { employee: format!("ext.{}", names[1]), member: "userid".into() }];
            let options = &mut one.downstream;
            (options.enabled, options.create_members, options.invite) = (flags[1], flags[2], flags[3]);
            (options.update, options.remove, options.superiors_to_wecom) = (flags[4], flags[5], flags[6]);
            options.leaver = if flags[7] { Leaver::Delete } else { Leaver::Disable };
            options.out_of_scope = if flags[0] { OutOfScope::Keep } else { OutOfScope::Delete };
            (options.top_department, options.delete_after_days) = (numbers[1], numbers[2]);
            options.guard.max_removals = numbers[3];
            options.guard.max_removal_percent = numbers[4];
            options.guard.max_moves_percent = numbers[0];
            options.guard.max_cleared_fields_percent = numbers[1];
            options.guard.max_department_removal_percent = numbers[2];
            one.quota.seats = numbers[5] - 1;
            options.scope.units = ids.iter().map(|id| id.as_str().into()).collect();
            options.scope.exclude = ids.iter().map(|id| id.as_str().into()).collect();
            options.fields = [(format!("extattr.{}", names[2]), "{{ name }}".to_owned())].into();
            corp.secrets.insert(SecretName::Contacts, secrets[0].clone());
            if has_app {
                let key = AppKey::from("oa");
                let callback_enabled = flags[1];
                let (name, agentid) = (names[1].clone(), u64::from(numbers[5]));
                corp.corp.apps.push(crate::model::App { key: key.clone(), name, agentid, callback_enabled });
                corp.corp.read_app = Some(key.clone());
                corp.secrets.insert(SecretName::App(key), secrets[1].clone());
            }
            corp
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn writing_and_reading_are_inverse(corp in corp()) {
            let tenants = read_text(&super::corp_text("")).unwrap().tenants;
            let file = SetupFile { tenants, corps: vec![corp] };
            let text = write(&file, false).unwrap();
            let read = read_text(&text).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
            prop_assert_eq!(read, file);
        }
    }
}

mod stored {
    //! Against a real store.

    use super::*;
    use crate::clock::Clock;
    use crate::model::{Actor, AppKey, CorpKey, Tenant};
    use crate::store::{self, KeyRing, Store, StoreOptions};
    use crate::wecom::{Clients, NoObserver};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn open() -> (tempfile::TempDir, Store, Clients, Actor) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(1_700_000_000_000);
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        (folder, store, Clients::new(clock, Arc::new(NoObserver)), Actor::cli("tester"))
    }

    fn audit_rows(store: &Store) -> Vec<(String, String)> {
        let rows = store.read(|tx| store::audit::page(tx, None, 100)).unwrap();
        rows.into_iter().rev().map(|row| (row.action, row.subject)).collect()
    }

    #[tokio::test]
    async fn applying_twice_writes_once_and_export_gives_the_file_back() {
        let (_folder, store, clients, actor) = open();
        let file = read_text(EXAMPLE).unwrap();
        let changes = apply(&store, &clients, &actor, &file, false).await.unwrap();
        assert!(changes.iter().all(|change| change.action == SetupAction::Add));
        let changes = apply(&store, &clients, &actor, &file, false).await.unwrap();
        assert!(changes.iter().all(|change| change.action == SetupAction::Same), "{changes:?}");
        let expected = [("tenant.create", "acme"), ("corp.create", "acme-main"), ("app.create", "acme-main/oa")];
        assert_eq!(audit_rows(&store), expected.map(|(action, subject)| (action.to_owned(), subject.to_owned())));
        assert_eq!(read_text(&export(&store, false).await.unwrap()).unwrap(), file);
    }

    #[tokio::test]
    async fn pruning_removes_what_is_not_in_the_file() {
        let (_folder, store, clients, actor) = open();
        apply(&store, &clients, &actor, &read_text(EXAMPLE).unwrap(), false).await.unwrap();
        let empty = read_text("version = 1").unwrap();
        apply(&store, &clients, &actor, &empty, false).await.unwrap();
        assert_eq!(store.read(load).unwrap().corps.len(), 1, "nothing goes without prune");
        apply(&store, &clients, &actor, &empty, true).await.unwrap();
        assert_eq!(store.read(load).unwrap(), SetupFile::default());
    }

    #[tokio::test]
    async fn a_corp_of_an_unknown_tenant_is_refused_and_nothing_is_written() {
        let (_folder, store, clients, actor) = open();
        let mut file = read_text(EXAMPLE).unwrap();
        file.tenants[0].key = "other".into();
        let error = apply(&store, &clients, &actor, &file, false).await.unwrap_err();
        assert!(error.to_string().contains("corp[acme-main].tenant: names the tenant acme"), "{error}");
        assert_eq!(store.read(load).unwrap(), SetupFile::default());
    }

    #[tokio::test]
    async fn one_by_one() {
        let (_folder, store, clients, actor) = open();
        let example = read_text(EXAMPLE).unwrap();
        let (tenant, corp) = (example.tenants[0].clone(), example.corps[0].corp.clone());
        let nobody = service::put_corp(&store, &actor, corp.clone(), BTreeMap::new()).await.unwrap_err();
        assert!(matches!(nobody, SetupError::NotFound(_)), "{nobody}");
        let nameless = Tenant { name: String::new(), ..tenant.clone() };
        assert!(matches!(service::put_tenant(&store, &actor, nameless).await, Err(SetupError::Faults(_))));
        assert_eq!(service::put_tenant(&store, &actor, tenant.clone()).await.unwrap(), service::Saved::Created);
        assert_eq!(service::put_tenant(&store, &actor, tenant.clone()).await.unwrap(), service::Saved::Same);
        let secrets = BTreeMap::from([(SecretName::Contacts, Secret::new("s"))]);
        let saved = service::put_corp(&store, &actor, corp.clone(), secrets).await.unwrap();
        assert_eq!(saved, service::Saved::Created);

        let key = CorpKey::from("acme-main");
        let set: Vec<_> = service::list_secrets(&store, &key).await.unwrap();
        let names: Vec<_> = set.iter().filter(|(_, set)| *set).map(|(name, _)| name.path()).collect();
        assert_eq!(names, ["contacts/secret", "contacts/token", "contacts/aes_key", "app/oa/token", "app/oa/aes_key"]);
        let app = AppKey::from("oa");
        let saved = service::put_secret(&store, &actor, &key, SecretName::App(app.clone()), Secret::new("x")).await;
        assert_eq!(saved.unwrap(), service::Saved::Changed);
        let stray = SecretName::App("hr".into());
        assert!(service::put_secret(&store, &actor, &key, stray, Secret::new("x")).await.is_err());
        let used = service::remove_app(&store, &actor, &key, &app).await.unwrap_err();
        assert!(used.to_string().contains("read_app"), "{used}");
        service::put_corp(&store, &actor, crate::model::Corp { read_app: None, ..corp }, BTreeMap::new())
            .await
            .unwrap();
        service::remove_app(&store, &actor, &key, &app).await.unwrap();
        let left = store.read(|tx| store::secrets::names(tx, &CorpKey::from("acme-main"))).unwrap();
        assert!(left.iter().all(|name| !name.starts_with("app/")), "{left:?}");

        let busy = service::remove_tenant(&store, &actor, &tenant.key).await.unwrap_err();
        assert!(matches!(busy, SetupError::Conflict { .. }), "{busy}");
        service::remove_corp(&store, &clients, &actor, &key).await.unwrap();
        assert!(matches!(service::remove_corp(&store, &clients, &actor, &key).await, Err(SetupError::NotFound(_))));
        service::remove_tenant(&store, &actor, &tenant.key).await.unwrap();
        let rows = serde_json::to_string(&store.read(|tx| store::audit::page(tx, None, 100)).unwrap()).unwrap();
        assert!(!rows.contains("\"x\""), "secrets are not in the audit log: {rows}");
    }

    #[tokio::test]
    async fn secrets_do_not_follow_an_address_that_moves() {
        let (_folder, store, clients, actor) = open();
        let file = read_text(EXAMPLE).unwrap();
        apply(&store, &clients, &actor, &file, false).await.unwrap();
        let mut corp = file.corps[0].corp.clone();
        corp.endpoints.api_base = "https://thief.example".into();
        for error in [
            service::put_corp(&store, &actor, corp.clone(), BTreeMap::new()).await.unwrap_err(),
            service::put_settings(&store, &actor, corp.clone()).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("api_base: names another server"), "{error}");
        }
        let mut moved = file.clone();
        moved.corps[0].corp = corp.clone();
        apply(&store, &clients, &actor, &moved, false).await.expect("with every secret in the file");
        moved.corps[0].corp.endpoints.proxy = "http://thief.example".into();
        moved.corps[0].secrets.remove(&SecretName::Contacts);
        let error = apply(&store, &clients, &actor, &moved, false).await.unwrap_err();
        assert!(error.to_string().contains("proxy: names another way"), "{error}");
        for name in moved.corps[0].secrets.keys().cloned().chain([SecretName::Contacts]) {
            service::remove_secret(&store, &actor, &corp.key, name).await.unwrap();
        }
        let (_, saved) = service::put_settings(&store, &actor, moved.corps[0].corp.clone()).await.unwrap();
        assert_eq!(saved.apps, corp.apps, "the apps stay");
    }

    #[tokio::test]
    async fn a_corp_under_a_run_is_not_pruned() {
        let (_folder, store, clients, actor) = open();
        apply(&store, &clients, &actor, &read_text(EXAMPLE).unwrap(), false).await.unwrap();
        let run: crate::model::Run = serde_json::from_value(serde_json::json!({
            "id": "r1", "corp": "acme-main", "kind": "pull", "state": "running", "by": "tester", "started_at_ms": 1,
            "done": 0, "total": 1, "counts": {"departments": {}, "members": {}},
            "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
        }))
        .unwrap();
        let row = run.clone();
        store.write(move |tx| store::runs::put(tx, &row)).await.unwrap();
        let error = apply(&store, &clients, &actor, &read_text("version = 1").unwrap(), true).await.unwrap_err();
        assert!(error.to_string().contains("r1"), "{error}");
        assert_eq!(store.read(load).unwrap().corps.len(), 1);
        let nowhere = crate::model::Run { corp: "none".into(), ..run };
        let error = store.write(move |tx| store::runs::put(tx, &nowhere)).await.unwrap_err();
        assert!(matches!(error, store::StoreError::NotFound { .. }), "{error}");
    }

    #[tokio::test]
    async fn two_changes_of_one_corp_at_once_are_both_kept() {
        let (_folder, store, clients, actor) = open();
        let file = read_text(EXAMPLE).unwrap();
        apply(&store, &clients, &actor, &file, false).await.unwrap();
        let corp = &file.corps[0].corp;
        let apps = (0..8_u64).map(|n| {
            let app =
                crate::model::App { key: format!("a{n}").as_str().into(), agentid: 900 + n, ..corp.apps[0].clone() };
            let (store, actor, key) = (store.clone(), actor.clone(), corp.key.clone());
            tokio::spawn(async move { service::put_app(&store, &actor, &key, app, BTreeMap::new()).await.unwrap() })
        });
        for task in apps.collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap(), service::Saved::Created);
        }
        assert_eq!(service::get_corp(&store, &corp.key).await.unwrap().apps.len(), corp.apps.len() + 8);
    }
}

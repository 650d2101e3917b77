//! Against a real store.

use super::{EXAMPLE, read_text};
use crate::clock::Clock;
use crate::model::{Actor, AppKey, CorpKey, Secret, SecretName, Tenant};
use crate::setup::{SetupAction, SetupError, SetupFile, Terms, apply, export, load, service};
use crate::store::{self, KeyRing, Store, StoreOptions};
use crate::wecom::{Clients, NoObserver};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn open() -> (tempfile::TempDir, Store, Clients, Actor) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(1_700_000_000_000);
    let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
    (folder, store, Clients::new(clock, Arc::new(NoObserver)), Actor::cli("tester"))
}

fn pruning() -> Terms {
    Terms { prune: true, ..Terms::default() }
}

pub(super) fn audit_rows(store: &Store) -> Vec<(String, String)> {
    let rows = store.read(|tx| store::audit::page(tx, None, 100)).unwrap();
    rows.into_iter().rev().map(|row| (row.action, row.subject)).collect()
}

#[tokio::test]
async fn applying_twice_writes_once_and_export_gives_the_file_back() {
    let (_folder, store, clients, actor) = open();
    let file = read_text(EXAMPLE).unwrap();
    let changes = apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    assert!(changes.iter().all(|change| change.action == SetupAction::Add));
    let changes = apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    assert!(changes.iter().all(|change| change.action == SetupAction::Same), "{changes:?}");
    let expected = [("tenant.create", "acme"), ("corp.create", "acme-main"), ("app.create", "acme-main/oa")];
    assert_eq!(audit_rows(&store), expected.map(|(action, subject)| (action.to_owned(), subject.to_owned())));
    assert_eq!(read_text(&export(&store, false).await.unwrap()).unwrap(), file);
}

#[tokio::test]
async fn pruning_removes_what_is_not_in_the_file() {
    let (_folder, store, clients, actor) = open();
    apply(&store, &clients, &actor, &read_text(EXAMPLE).unwrap(), &Terms::default()).await.unwrap();
    let empty = read_text("version = 1").unwrap();
    apply(&store, &clients, &actor, &empty, &Terms::default()).await.unwrap();
    assert_eq!(store.read(load).unwrap().corps.len(), 1, "nothing goes without prune");
    apply(&store, &clients, &actor, &empty, &pruning()).await.unwrap();
    assert_eq!(store.read(load).unwrap(), SetupFile::default());
}

#[tokio::test]
async fn a_corp_of_an_unknown_tenant_is_refused_and_nothing_is_written() {
    let (_folder, store, clients, actor) = open();
    let mut file = read_text(EXAMPLE).unwrap();
    file.tenants[0].key = "other".into();
    let error = apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap_err();
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
    assert_eq!(names, ["contacts/secret", "app/oa/token", "app/oa/aes_key"]);
    let app = AppKey::from("oa");
    let saved = service::put_secret(&store, &actor, &key, SecretName::App(app.clone()), Secret::new("x")).await;
    assert_eq!(saved.unwrap(), service::Saved::Changed);
    let stray = SecretName::App("hr".into());
    assert!(service::put_secret(&store, &actor, &key, stray, Secret::new("x")).await.is_err());
    let used = service::remove_app(&store, &actor, &key, &app).await.unwrap_err();
    assert!(used.to_string().contains("read_app"), "{used}");
    service::put_corp(&store, &actor, crate::model::Corp { read_app: None, ..corp }, BTreeMap::new()).await.unwrap();
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
    apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    let mut corp = file.corps[0].corp.clone();
    corp.endpoints.api_base = "https://thief.example".into();
    for error in [
        service::put_corp(&store, &actor, corp.clone(), BTreeMap::new()).await.unwrap_err(),
        service::put_settings(&store, &actor, corp.clone(), None.into()).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("api_base: names another server"), "{error}");
    }
    let mut moved = file.clone();
    moved.corps[0].corp = corp.clone();
    apply(&store, &clients, &actor, &moved, &Terms::default()).await.expect("with every secret in the file");
    moved.corps[0].corp.endpoints.proxy = "http://thief.example".into();
    moved.corps[0].secrets.remove(&SecretName::Contacts);
    let error = apply(&store, &clients, &actor, &moved, &Terms::default()).await.unwrap_err();
    assert!(error.to_string().contains("proxy: names another way"), "{error}");
    for name in moved.corps[0].secrets.keys().cloned().chain([SecretName::Contacts]) {
        service::remove_secret(&store, &actor, &corp.key, name).await.unwrap();
    }
    let (_, saved) = service::put_settings(&store, &actor, moved.corps[0].corp.clone(), None.into()).await.unwrap();
    assert_eq!(saved.apps, corp.apps, "the apps stay");
}

pub(super) fn running(corp: &str) -> crate::model::Run {
    serde_json::from_value(serde_json::json!({
        "id": "r1", "corp": corp, "kind": "pull", "state": "running", "by": "tester", "started_at_ms": 1,
        "done": 0, "total": 1, "counts": {"departments": {}, "members": {}},
        "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
    }))
    .unwrap()
}

#[tokio::test]
async fn a_corp_under_a_run_is_not_pruned() {
    let (_folder, store, clients, actor) = open();
    apply(&store, &clients, &actor, &read_text(EXAMPLE).unwrap(), &Terms::default()).await.unwrap();
    let run = running("acme-main");
    let row = run.clone();
    store.write(move |tx| store::runs::put(tx, &row)).await.unwrap();
    let empty = read_text("version = 1").unwrap();
    let unconfirmed = apply(&store, &clients, &actor, &empty, &pruning()).await.unwrap_err();
    assert!(matches!(unconfirmed, SetupError::Unconfirmed(_)), "{unconfirmed}");
    let confirmed = Terms { confirm: ["acme-main".to_owned()].into(), ..pruning() };
    let error = apply(&store, &clients, &actor, &empty, &confirmed).await.unwrap_err();
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
    apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    let corp = &file.corps[0].corp;
    let apps = (0..8_u64).map(|n| {
        let app = crate::model::App { key: format!("a{n}").as_str().into(), agentid: 900 + n, ..corp.apps[0].clone() };
        let (store, actor, key) = (store.clone(), actor.clone(), corp.key.clone());
        tokio::spawn(async move { service::put_app(&store, &actor, &key, app, None, BTreeMap::new()).await.unwrap() })
    });
    for task in apps.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), service::Saved::Created);
    }
    assert_eq!(service::get_corp(&store, &corp.key).await.unwrap().apps.len(), corp.apps.len() + 8);
}

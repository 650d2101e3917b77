//! Corps that become another WeCom, or move, while something ties them to the present one.

use super::stored::{audit_rows, open, running};
use super::{EXAMPLE, read_text};
use crate::model::{Actor, Corp, CorpKey, Tenant};
use crate::setup::{LinkChoices, Links, SetupChange, SetupError, Terms, apply, diff, service};
use crate::store::links::LinkCounts;
use crate::store::{self, Store};
use crate::sync::facts;

/// A corp with one link, one member in the mirror, one tombstone and one note of a removal.
async fn link(store: &Store, corp: &CorpKey) {
    let binding: crate::model::MemberBinding = serde_json::from_value(serde_json::json!({
        "employee": "e1", "userid": "zhang", "origin": "rule", "bound_at_ms": 1, "pushed": { "mobile": { "value": "1" } },
    }))
    .unwrap();
    let member: crate::model::Member = serde_json::from_value(serde_json::json!({
        "userid": "zhang", "memberships": [{ "department": 1 }], "has_details": true,
    }))
    .unwrap();
    let tombstone: crate::model::Tombstone = serde_json::from_value(serde_json::json!({
        "employee": "e2", "userid": "li", "deleted_at_ms": 1,
    }))
    .unwrap();
    let key = corp.clone();
    let written = store.write(move |tx| {
        store::bindings::put_member(tx, &key, &binding)?;
        store::mirror::put_members(tx, &key, std::slice::from_ref(&member))?;
        store::bindings::put_tombstone(tx, &key, &tombstone)?;
        store::removals::append(tx, &key, 1, &"li".into(), store::removals::RemovalKind::Deleted)?;
        facts::change(tx, &key, |memory| (memory.source_employees, memory.full_read_at_ms) = (Some(7), Some(1)))
    });
    written.await.unwrap();
}

fn counts(store: &Store, corp: &CorpKey) -> LinkCounts {
    store.read(|tx| store::links::count(tx, corp)).unwrap()
}

const TIED: LinkCounts = LinkCounts { members: 1, departments: 0, tombstones: 1, mirrored: 1, plans: 0, waiting: 0 };

/// Every setting that makes a corp another WeCom is refused while something ties it, whichever way it comes; what may be
/// kept is kept, what is dropped is dropped whole.
#[tokio::test]
async fn a_corp_with_links_becomes_another_wecom_only_when_told_so() {
    type Change = fn(&mut Corp);
    let cases: [(&str, Change, bool); 4] = [
        ("tenant", |corp| corp.tenant = "other".into(), false),
        ("corpid", |corp| corp.corpid = "ww-another".into(), false),
        ("api_base", |corp| corp.endpoints.api_base = "http://127.0.0.1:9001".into(), true),
        ("api_base", |corp| corp.endpoints.api_base = "http://127.0.0.1:9000/behind".into(), true),
    ];
    for (setting, change, may_keep) in cases {
        let (_folder, store, clients, actor) = open();
        let mut file = read_text(EXAMPLE).unwrap();
        file.tenants.push(Tenant { key: "other".into(), name: "Other".into() });
        apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
        let key = file.corps[0].corp.key.clone();
        change(&mut file.corps[0].corp);
        let same = Terms { links: LinkChoices::from([(key.clone(), Links::Reset)]), ..Terms::default() };
        link(&store, &key).await;
        let corp = without_secrets(&store, &file.corps[0].corp).await;
        let rows = audit_rows(&store).len();

        let refusals = [
            diff(&store, &file, &Terms::default()).await.unwrap_err(),
            apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap_err(),
            service::put_settings(&store, &actor, corp.clone(), None.into()).await.unwrap_err(),
        ];
        for error in refusals {
            assert!(error.to_string().contains(setting), "{error}");
            let SetupError::Linked(linked) = error else { panic!("{setting}: {error}") };
            assert_eq!((linked[0].settings.as_slice(), linked[0].may_keep), (&[setting][..], may_keep));
            assert_eq!(linked[0].counts, TIED);
        }
        let keep = Terms { links: LinkChoices::from([(key.clone(), Links::Keep)]), ..Terms::default() };
        if may_keep {
            let told = diff(&store, &file, &keep).await.unwrap();
            assert_eq!(links_line(&told), Some("keep".into()));
            apply(&store, &clients, &actor, &file, &keep).await.unwrap();
            assert_eq!(counts(&store, &key), TIED);
            let memory = store.read(|tx| facts::get(tx, &key)).unwrap();
            assert_eq!((memory.source_employees, memory.full_read_at_ms), (Some(7), None), "the next pull reads all");
            assert!(audit_rows(&store).contains(&("corp.keep_links".into(), key.to_string())));
            file.corps[0].corp.endpoints.api_base = "http://127.0.0.1:9002".into();
        } else {
            for error in [
                apply(&store, &clients, &actor, &file, &keep).await.unwrap_err(),
                service::put_settings(&store, &actor, corp.clone(), Some(Links::Keep).into()).await.unwrap_err(),
            ] {
                assert!(matches!(error, SetupError::Linked(_)), "{setting}: {error}");
            }
            assert_eq!((audit_rows(&store).len(), counts(&store, &key)), (rows, TIED), "nothing was written");
        }

        let told = diff(&store, &file, &same).await.unwrap();
        assert_eq!(links_line(&told), Some("reset".into()), "a dry run says it");
        assert_eq!(counts(&store, &key), TIED, "and does not do it");
        apply(&store, &clients, &actor, &file, &same).await.unwrap();
        assert!(counts(&store, &key).is_empty());
        let left = store.read(|tx| Ok((facts::get(tx, &key)?, store::removals::count_since(tx, &key, 0)?))).unwrap();
        assert_eq!(left, (facts::Memory::default(), 0));
        assert!(audit_rows(&store).contains(&("corp.reset_links".into(), key.to_string())));
        assert_eq!(service::get_corp(&store, &key).await.unwrap().corpid, file.corps[0].corp.corpid);

        // repeating the request drops nothing that was linked since
        link(&store, &key).await;
        apply(&store, &clients, &actor, &file, &same).await.unwrap();
        service::put_settings(&store, &actor, file.corps[0].corp.clone(), Some(Links::Reset).into()).await.unwrap();
        assert_eq!(counts(&store, &key), TIED);
        assert!(store.verify().unwrap().faults.is_empty());
    }
}

/// The corp, after the secrets that a change of the address would take along were removed.
async fn without_secrets(store: &Store, corp: &Corp) -> Corp {
    for (name, _) in service::list_secrets(store, &corp.key).await.unwrap().into_iter().filter(|(_, set)| *set) {
        service::remove_secret(store, &Actor::cli("tester"), &corp.key, name).await.unwrap();
    }
    corp.clone()
}

fn links_line(changes: &[SetupChange]) -> Option<serde_json::Value> {
    let mut all = changes.iter().flat_map(|change| &change.differences);
    all.find(|difference| difference.option == "links").and_then(|difference| difference.after.clone())
}

#[tokio::test]
async fn what_nothing_ties_may_become_another_wecom_at_once() {
    let (_folder, store, clients, actor) = open();
    let mut file = read_text(EXAMPLE).unwrap();
    apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    file.corps[0].corp.corpid = "ww-another".into();
    apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    // the same address in other letters is the same place
    link(&store, &file.corps[0].corp.key).await;
    file.corps[0].corp.endpoints.api_base = "HTTP://127.0.0.1:9000/".into();
    apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    let stray = Terms { links: LinkChoices::from([("nobody".into(), Links::Reset)]), ..Terms::default() };
    let error = apply(&store, &clients, &actor, &file, &stray).await.unwrap_err();
    assert!(error.to_string().contains("corp[nobody]: is not in the file"), "{error}");
}

#[tokio::test]
async fn a_corp_under_a_run_does_not_become_another_wecom() {
    let (_folder, store, clients, actor) = open();
    let mut file = read_text(EXAMPLE).unwrap();
    apply(&store, &clients, &actor, &file, &Terms::default()).await.unwrap();
    let run = running("acme-main");
    store.write(move |tx| store::runs::put(tx, &run)).await.unwrap();
    file.corps[0].corp.corpid = "ww-another".into();
    let reset = Terms { links: LinkChoices::from([("acme-main".into(), Links::Reset)]), ..Terms::default() };
    let error = apply(&store, &clients, &actor, &file, &reset).await.unwrap_err();
    assert!(matches!(error, SetupError::Conflict { .. }) && error.to_string().contains("r1"), "{error}");
    let error = service::put_settings(&store, &actor, file.corps[0].corp.clone(), Some(Links::Reset).into()).await;
    assert!(matches!(error, Err(SetupError::Conflict { .. })), "{error:?}");
}

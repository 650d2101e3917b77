//! Every change of a corp's mirror and links moves its revision on, in the transaction of the change.

use super::support::{binding, corp_key, employee, furnished, is_good, tenant};
use serde_json::json;
use wecom_bridge::model::{Department, DepartmentBinding, Member, MirrorHead, Tombstone};
use wecom_bridge::store::{self, StoreError, WriteTx, bindings, corps, directory, mirror, revisions};

type Change = fn(&WriteTx) -> Result<(), StoreError>;

fn row<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn head() -> MirrorHead {
    row(json!({"read_at_ms": 1, "strategy": "lists", "strategy_reason": "", "is_complete": true, "departments": 1,
               "members": 1, "unreadable": [], "unreadable_total": 0}))
}

fn department() -> Department {
    row(json!({"id": 1, "parent": 0, "name": "a"}))
}

fn member() -> Member {
    row(json!({"userid": "a", "fields": {}}))
}

fn unit_binding() -> DepartmentBinding {
    row(json!({"unit": "u", "department": 1, "origin": "rule", "bound_at_ms": 1}))
}

fn tombstone() -> Tombstone {
    row(json!({"employee": "e", "userid": "gone", "deleted_at_ms": 1}))
}

#[test]
fn every_change_of_a_corp_moves_its_revision_on() {
    let (_home, store) = furnished();
    let changes: [(&str, Change); 13] = [
        ("put_head", |tx| mirror::put_head(tx, &corp_key(), &head())),
        ("put_departments", |tx| mirror::put_departments(tx, &corp_key(), &[department()])),
        ("put_members", |tx| mirror::put_members(tx, &corp_key(), &[member()])),
        ("put_member", |tx| bindings::put_member(tx, &corp_key(), &binding("e", "a"))),
        ("put_department", |tx| bindings::put_department(tx, &corp_key(), &unit_binding())),
        ("put_tombstone", |tx| bindings::put_tombstone(tx, &corp_key(), &tombstone())),
        ("remove_tombstone", |tx| bindings::remove_tombstone(tx, &corp_key(), &"e".into()).map(drop)),
        ("remove_member", |tx| bindings::remove_member(tx, &corp_key(), &"e".into()).map(drop)),
        ("remove_department", |tx| bindings::remove_department(tx, &corp_key(), &"u".into()).map(drop)),
        ("remove_members", |tx| mirror::remove_members(tx, &corp_key(), &["A".into()])),
        ("remove_departments", |tx| mirror::remove_departments(tx, &corp_key(), &[department().id])),
        ("clear", |tx| mirror::clear(tx, &corp_key())),
        ("remove the corp", |tx| corps::remove(tx, &corp_key()).map(drop)),
    ];
    let revision = || store.read(|tx| revisions::of_corp(tx, &corp_key())).unwrap();
    assert_eq!(revision(), 0, "before the first change");
    for (what, change) in changes {
        let before = revision();
        store.write_blocking(change).unwrap();
        assert!(revision() > before, "{what}");
    }
    is_good(&store);
}

#[test]
fn what_changes_nothing_or_fails_leaves_it() {
    let (_home, store) = furnished();
    let changes: [(&str, Change); 5] = [
        ("no department", |tx| mirror::put_departments(tx, &corp_key(), &[])),
        ("no member", |tx| mirror::put_members(tx, &corp_key(), &[])),
        ("no link", |tx| bindings::put_members(tx, &corp_key(), &[])),
        ("nobody to unbind", |tx| bindings::remove_member(tx, &corp_key(), &"e".into()).map(drop)),
        ("another corp", |tx| mirror::put_members(tx, &"other".into(), &[member()])),
    ];
    for (what, change) in changes {
        store.write_blocking(change).unwrap();
        assert_eq!(store.read(|tx| revisions::of_corp(tx, &corp_key())).unwrap(), 0, "{what}");
    }
    let refused = store.write_blocking(|tx| {
        mirror::put_members(tx, &corp_key(), &[member()])?;
        Err::<(), _>(StoreError::Refused("no".into()))
    });
    assert!(refused.is_err());
    assert_eq!(store.read(|tx| revisions::of_corp(tx, &corp_key())).unwrap(), 0, "taken back with its change");
}

#[test]
fn a_directory_that_is_made_anew_goes_on_counting() {
    let (_home, store) = furnished();
    let revision = || store.read(|tx| directory::counts(tx, &tenant().key)).unwrap();
    store.write_blocking(|tx| directory::put_employees(tx, &tenant().key, &[employee(1)])).unwrap();
    let before = revision();
    store
        .write_blocking(|tx| {
            corps::remove(tx, &corp_key())?;
            store::tenants::remove(tx, &tenant().key)?;
            store::tenants::put(tx, &tenant())
        })
        .unwrap();
    let after = revision();
    assert!(after.revision > before.revision);
    assert_eq!((after.units, after.employees), (0, 0));
    is_good(&store);
}

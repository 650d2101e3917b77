//! Reading and writing rows as programs do.

use super::{House, actor};
use serde_json::json;
use wecom_bridge::directory::sample::SampleSpec;
use wecom_bridge::directory::service::*;
use wecom_bridge::directory::{DirectoryError, FaultCode};
use wecom_bridge::model::{Employee, EmployeeStatus, OrgUnit};
use wecom_bridge::store::{audit, directory as rows};

fn unit(id: &str, parent: Option<&str>) -> OrgUnit {
    let (name, parent_id) = (id.into(), parent.map(Into::into));
    OrgUnit { id: id.into(), parent_id, name, order: None, head: Vec::new(), ext: Default::default() }
}

async fn house() -> House {
    let house = House::new().await;
    let units = vec![unit("1", None), unit("2", Some("1")), unit("3", Some("2"))];
    put_units(&house.store, &house.tenant, units, &actor()).await.unwrap();
    let people = vec![Employee::new("a", "A", "2"), Employee::new("b", "B", "3")];
    put_employees(&house.store, &house.tenant, people, &actor()).await.unwrap();
    house
}

fn code<T: std::fmt::Debug>(result: Result<T, DirectoryError>) -> String {
    result.unwrap_err().code()
}

#[tokio::test]
async fn units_stay_one_tree() {
    let house = house().await;
    let before = house.stored();
    for (units, expected) in [
        (vec![unit("9", None)], "directory.several_roots"),
        (vec![unit("2", Some("3"))], "directory.cycle"),
        (vec![unit("4", Some("9"))], "directory.missing_parent"),
        (vec![unit("1", Some("3"))], "directory.no_root"),
        (vec![unit("4", Some("1")), unit("4", Some("2"))], "directory.duplicate_unit"),
        (vec![unit("", Some("1"))], "directory.bad_rows"),
        (vec![OrgUnit { name: " ".into(), ..unit("4", Some("1")) }], "directory.bad_rows"),
        (vec![OrgUnit { head: vec!["a;b".into()], ..unit("4", Some("1")) }], "directory.bad_rows"),
    ] {
        let told = format!("{units:?}");
        assert_eq!(code(put_units(&house.store, &house.tenant, units, &actor()).await), expected, "{told}");
        assert_eq!(house.stored().units, before.units, "{told}");
    }
    let moved = vec![unit("3", Some("1")), unit("4", Some("3")), unit("2", Some("1"))];
    let counts = put_units(&house.store, &house.tenant, moved, &actor()).await.unwrap();
    assert_eq!((counts.added, counts.changed, counts.unchanged), (1, 1, 1));
}

#[tokio::test]
async fn employees_are_held_to_the_rules_of_files() {
    let house = house().await;
    let before = house.stored();
    let with = |change: fn(&mut Employee)| {
        let mut row = Employee::new("c", "C", "1");
        change(&mut row);
        vec![row]
    };
    for (rows, expected) in [
        (with(|row| row.unit_id = "9".into()), FaultCode::UnknownUnit),
        (with(|row| row.part_time_unit_ids = vec!["9".into()]), FaultCode::UnknownUnit),
        (with(|row| row.name = "".into()), FaultCode::MissingValue),
        (with(|row| row.id = "a\nb".into()), FaultCode::BadValue),
        (with(|row| row.address = "x".repeat(4_097).into()), FaultCode::TooLong),
        (with(|row| drop(row.ext.insert("".into(), "x".into()))), FaultCode::BadValue),
        (vec![Employee::new("c", "C", "1"), Employee::new("c", "C", "1")], FaultCode::DuplicateEmployee),
        (vec![Employee::new("c", "C", "1"); BATCH_MAX + 1], FaultCode::TooManyRows),
    ] {
        let error = put_employees(&house.store, &house.tenant, rows, &actor()).await.unwrap_err();
        assert_eq!(error.fault_code(), Some(expected), "{error}");
        assert_eq!(house.stored().employees, before.employees, "{error}");
    }
    let row = with(|row| row.mobile = " 138 \u{202c}".into());
    let counts = put_employees(&house.store, &house.tenant, row, &actor()).await.unwrap();
    assert_eq!(counts.added, 1);
    let read = house.store.read(|tx| Ok(get_employee(tx, &house.tenant, &"c".into()))).unwrap().unwrap();
    assert_eq!(read.mobile, "138");
}

#[tokio::test]
async fn people_leave_and_are_removed() {
    let house = house().await;
    let (store, tenant) = (&house.store, &house.tenant);
    assert_eq!(
        code(depart_employees(store, tenant, vec!["a".into(), "x".into()], &actor()).await),
        "directory.not_found"
    );
    let counts = depart_employees(store, tenant, vec!["a".into()], &actor()).await.unwrap();
    assert_eq!((counts.departed, counts.unchanged), (1, 0));
    let counts = depart_employees(store, tenant, vec!["a".into()], &actor()).await.unwrap();
    assert_eq!((counts.departed, counts.unchanged), (0, 1));
    let back = vec![Employee::new("a", "A", "2")];
    assert_eq!(put_employees(store, tenant, back, &actor()).await.unwrap().returned, 1);
    assert_eq!(remove_employees(store, tenant, vec!["a".into(), "a".into()], &actor()).await.unwrap(), 1);
    assert_eq!(code(remove_employees(store, tenant, vec!["a".into()], &actor()).await), "directory.not_found");
    let history = store.read(|tx| rows::history(tx, tenant, &"a".into())).unwrap();
    let fields: Vec<_> = history.iter().map(|row| row.field.as_str()).collect();
    assert_eq!(fields, ["*", "status", "status", "*"]);
    let actions: Vec<_> =
        store.read(|tx| audit::page(tx, None, 3)).unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["directory.remove_employees", "directory.put_employees", "directory.put_employees"]);
}

/// Who was changed, from what to what; a large call has one row with its numbers.
#[tokio::test]
async fn the_audit_log_tells_what_was_changed_by_hand() {
    let house = house().await;
    let (store, tenant) = (&house.store, &house.tenant);
    let a = Employee { mobile: "13800000001".into(), ..Employee::new("a", "A", "2") };
    put_employees(store, tenant, vec![a, Employee::new("c", "C", "1")], &actor()).await.unwrap();
    put_units(store, tenant, vec![OrgUnit { name: "new".into(), ..unit("3", Some("1")) }], &actor()).await.unwrap();
    remove_employees(store, tenant, vec!["c".into()], &actor()).await.unwrap();
    let mut rows = store.read(|tx| audit::page(tx, None, 4)).unwrap();
    rows.reverse();
    let told: Vec<_> = rows.iter().map(|row| (row.subject.as_str(), row.before.clone(), row.after.clone())).collect();
    let c = json!({ "id": "c", "name": "C", "unit_id": "1", "status": "active" });
    assert_eq!(
        told,
        [
            ("employee a acme", Some(json!({ "mobile": "" })), Some(json!({ "mobile": "13800000001" }))),
            ("employee c acme", None, Some(c.clone())),
            (
                "unit 3 acme",
                Some(json!({ "parent_id": "2", "name": "3" })),
                Some(json!({ "parent_id": "1", "name": "new" }))
            ),
            ("employee c acme", Some(c), None),
        ]
    );
    let many = (0..101).map(|at| Employee::new(format!("m{at}").as_str(), "M", "1")).collect();
    put_employees(store, tenant, many, &actor()).await.unwrap();
    let last = store.read(|tx| audit::page(tx, None, 1)).unwrap().remove(0);
    assert_eq!((last.subject.as_str(), last.after.unwrap()["added"].as_u64()), ("acme", Some(101)));
    assert!(store.read(audit::verify_chain).unwrap().is_none());
}

#[tokio::test]
async fn a_unit_in_use_is_not_removed() {
    let house = house().await;
    let (store, tenant) = (&house.store, &house.tenant);
    let remove = async |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).into()).collect();
        remove_units(store, tenant, ids, &actor()).await.map_err(|error| error.code())
    };
    assert_eq!(remove(&["2"]).await, Err("directory.unit_in_use".into()), "A is in it and 3 hangs below");
    assert_eq!(remove(&["7"]).await, Err("directory.not_found".into()));
    depart_employees(store, tenant, vec!["a".into(), "b".into()], &actor()).await.unwrap();
    assert_eq!(remove(&["2"]).await, Err("directory.unit_in_use".into()), "3 hangs below");
    assert_eq!(remove(&["2", "3"]).await, Ok(2));
    assert_eq!(house.stored().units.len(), 1);
    let back = Employee { status: EmployeeStatus::Active, ..Employee::new("a", "A", "2") };
    assert_eq!(code(put_employees(store, tenant, vec![back], &actor()).await), "directory.bad_rows");
}

#[tokio::test]
async fn a_tenant_that_does_not_exist() {
    let (house, _) = House::furnished(SampleSpec { employees: 2, units: 1, seed: 1 }).await;
    let nobody = "nobody".into();
    assert_eq!(
        code(put_units(&house.store, &nobody, vec![unit("1", None)], &actor()).await),
        "directory.unknown_tenant"
    );
}

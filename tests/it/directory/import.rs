//! Preview, import, history, and imports that are interrupted.

use super::{House, actor, merge};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use wecom_bridge::directory::export::to_zip;
use wecom_bridge::directory::import::{import, last_import, preview};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::directory::{
    ChangeKind, DirectoryError, FaultCode, ImportMode, ImportOptions, Limits, Parsed, find_unfinished, read_bytes,
};
use wecom_bridge::model::{Employee, EmployeeStatus, OrgUnit};
use wecom_bridge::store::{audit, directory as rows};

const SPEC: SampleSpec = SampleSpec { employees: 1_200, units: 60, seed: 21 };

fn parse(units: &[OrgUnit], employees: &[Employee]) -> Parsed {
    read_bytes("next.zip", &to_zip(units, employees, Default::default()).unwrap(), Limits::UPLOAD).unwrap()
}

/// The organisation a year later: people hired, moved, promoted, gone, one back; units new, renamed, moved, gone.
fn a_year_later() -> (Vec<OrgUnit>, Vec<Employee>) {
    let (mut units, mut people) = generate(SPEC);
    let last = units.pop().unwrap();
    for person in &mut people {
        if person.unit_id == last.id {
            person.unit_id = units[0].id.clone();
        }
        person.part_time_unit_ids.retain(|id| *id != last.id);
    }
    let mut new = OrgUnit { id: "D90000".into(), name: "新事业部".into(), ..units[3].clone() };
    new.head.clear();
    units.push(new);
    units[5].name = "改名部".into();
    units[6].parent_id = Some(units[1].id.clone());
    people.drain(100..180);
    for person in people.iter_mut().skip(200).take(600) {
        person.position = "高级".into();
    }
    for n in 0..40 {
        people.push(Employee::new(format!("N{n:04}"), "新人", "D90000"));
    }
    (units, people)
}

#[tokio::test]
async fn the_preview_counts_what_the_import_does() {
    let (house, before) = House::furnished(SPEC).await;
    let (units, people) = a_year_later();
    let seen = preview(&house.store, &house.tenant, parse(&units, &people), ImportMode::Replace).await.unwrap();
    assert!(house.stored().employees == before.employees, "a preview writes nothing");
    let done = house.import_parsed(parse(&units, &people), Default::default()).await.unwrap();
    assert_eq!(seen.summary(), done.summary);
    let after = house.stored();
    let count = |is: &dyn Fn(&Employee, Option<&Employee>) -> bool| {
        let old = |row: &Employee| before.employees.iter().find(|old| old.id == row.id).cloned();
        after.employees.iter().filter(|row| is(row, old(row).as_ref())).count() as u64
    };
    let counts = done.summary.employees;
    assert_eq!(counts.added, count(&|_, old| old.is_none()));
    assert_eq!(counts.departed, count(&|row, old| old.is_some_and(|old| old.status != row.status)));
    assert_eq!(counts.changed, count(&|row, old| old.is_some_and(|old| old != row && old.status == row.status)));
    assert_eq!(counts.unchanged, count(&|row, old| old == Some(row)));
    assert_eq!((counts.added, counts.departed), (40, 80));
    assert_eq!((done.summary.units.added, done.summary.units.removed), (1, 1));
    assert_eq!(after.units.len(), 60);
    let again = preview(&house.store, &house.tenant, parse(&units, &people), ImportMode::Replace).await.unwrap();
    assert!(again.diff.is_empty(), "{:?}", again.summary());
    let last = house.store.read(|tx| last_import(tx, &house.tenant)).unwrap().unwrap();
    assert_eq!(last, done);
    let rows = house.store.read(|tx| audit::page(tx, None, 10)).unwrap();
    assert_eq!((rows[0].action.as_str(), rows[0].actor.name.as_str()), ("directory.import", "cli:tester"));
}

#[tokio::test]
async fn each_property_has_its_history() {
    let house = House::new().await;
    let units = [OrgUnit { parent_id: None, ..generate(SPEC).0.remove(0) }];
    let mut person = Employee::new("1", "张三", units[0].id.as_str());
    let mut later = Vec::new();
    house.import_parsed(parse(&units, &[person.clone()]), Default::default()).await.unwrap();
    person.mobile = "13800000001".into();
    person.ext.insert("职级".into(), "P5".into());
    later.push(person.clone());
    person.mobile = "13800000002".into();
    person.ext.clear();
    later.push(person.clone());
    later.push(Employee { status: EmployeeStatus::Departed, ..person.clone() });
    later.push(person.clone());
    for row in later {
        house.clock.advance(Duration::from_secs(1));
        // an absent column would leave the value alone, so the other person keeps the column there
        let mut other = Employee::new("2", "李四", units[0].id.as_str());
        other.ext.insert("职级".into(), "P1".into());
        house.import_parsed(parse(&units, &[row, other]), Default::default()).await.unwrap();
    }
    let history = house.store.read(|tx| rows::history(tx, &house.tenant, &"1".into())).unwrap();
    let start = history[0].at_ms;
    let told: Vec<_> = history
        .iter()
        .map(|row| {
            (
                row.at_ms - start,
                row.field.as_str(),
                row.before.as_deref().unwrap_or(""),
                row.after.as_deref().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, "*", "", "张三"),
            (1_000, "mobile", "", "13800000001"),
            (1_000, "ext.职级", "", "P5"),
            (2_000, "mobile", "13800000001", "13800000002"),
            (2_000, "ext.职级", "P5", ""),
            (3_000, "status", "active", "departed"),
            (4_000, "status", "departed", "active"),
        ]
    );
    assert!(history.iter().all(|row| row.actor == "cli:tester"));
}

#[tokio::test]
async fn bad_rows_are_listed_and_may_be_left_out() {
    let (house, before) = House::furnished(SPEC).await;
    let (units, mut people) = generate(SPEC);
    people[10].name = "".into();
    people[11].unit_id = "nowhere".into();
    people[12].position = "x".repeat(5_000).into();
    people[13].mobile = "13900000000".into();
    let error = house.import_parsed(parse(&units, &people), Default::default()).await.unwrap_err();
    assert_eq!(error.code(), "directory.bad_rows");
    let faults = &error.faults().unwrap().list;
    let places: Vec<_> = faults.iter().map(|fault| (fault.code, fault.place.to_string())).collect();
    assert_eq!(
        places,
        [
            (FaultCode::MissingValue, "employees.csv, row 12, column name".into()),
            (FaultCode::UnknownUnit, "employees.csv, row 13, column unit_id".into()),
            (FaultCode::TooLong, "employees.csv, row 14, column position".into()),
        ]
    );
    assert_eq!(house.stored().employees, before.employees);
    let skip = ImportOptions { skip_bad_rows: true, ..ImportOptions::default() };
    let done = house.import_parsed(parse(&units, &people), skip).await.unwrap();
    assert_eq!((done.summary.employees.changed, done.summary.employees.departed, done.summary.bad_rows), (1, 0, 3));
    let after = house.stored().employees;
    assert!(after.iter().zip(&before.employees).all(|(a, b)| a == b || a.id.as_str() == "E000014"));
}

#[tokio::test]
async fn bad_rows_without_an_id_withhold_departures() {
    let (house, _) = House::furnished(SPEC).await;
    let (units, mut people) = generate(SPEC);
    people.pop();
    people[3].id = "".into();
    let skip = ImportOptions { skip_bad_rows: true, ..ImportOptions::default() };
    let parsed = parse(&units, &people);
    let seen = preview(&house.store, &house.tenant, parsed.clone(), ImportMode::Replace).await.unwrap();
    assert!(seen.diff.warnings.iter().any(|warning| warning.code == FaultCode::RemovalsWithheld));
    assert_eq!(house.import_parsed(parsed, skip).await.unwrap().summary.employees.departed, 0);
}

#[tokio::test]
async fn a_merge_touches_only_what_is_in_the_file() {
    let (house, before) = House::furnished(SPEC).await;
    let text = "人员编号,姓名,主部门,手机号\r\nE000005,改名,D00001,\r\nX1,新人,D00002,13700000000\r\n";
    let done = house.import("employees.csv", text.as_bytes(), merge()).await.unwrap();
    assert_eq!((done.summary.employees.added, done.summary.employees.changed), (1, 1));
    let after = house.stored();
    assert_eq!(after.employees.len(), before.employees.len() + 1);
    let changed = after.employees.iter().find(|row| row.id.as_str() == "E000005").unwrap();
    let old = before.employees.iter().find(|row| row.id.as_str() == "E000005").unwrap();
    assert_eq!((changed.name.as_str(), changed.mobile.as_str()), ("改名", ""));
    assert_eq!((&changed.email, &changed.account, changed.gender), (&old.email, &old.account, old.gender));
}

/// Runs an import until the given number of progress reports and drops it there. Whether it ended before.
async fn interrupt(house: &House, parsed: Parsed, after: usize) -> bool {
    let (stop, seen) = (Arc::new(Notify::new()), AtomicUsize::new(0));
    let told = stop.clone();
    let actor = actor();
    let work = import(&house.store, &house.tenant, parsed, ImportOptions::default(), &actor, move |_| {
        if seen.fetch_add(1, Ordering::Relaxed) + 1 == after {
            told.notify_one();
        }
    });
    tokio::select! {
        biased;
        () = stop.notified() => false,
        done = work => { done.unwrap(); true }
    }
}

#[tokio::test]
async fn an_interrupted_import_never_lacks_people_and_goes_on() {
    let (units, people) = a_year_later();
    let expected = {
        let (house, _) = House::furnished(SPEC).await;
        house.import_parsed(parse(&units, &people), Default::default()).await.unwrap();
        house.stored()
    };
    let active = |rows: &[Employee]| rows.iter().filter(|row| row.status.is_active()).count();
    let least = active(&expected.employees);
    let mut interruptions = 0;
    for after in 1.. {
        let (house, before) = House::furnished(SPEC).await;
        let ended = interrupt(&house, parse(&units, &people), after).await;
        // a write that was handed over is finished all the same: wait for it
        house.store.write(|_| Ok(())).await.unwrap();
        let between = house.stored();
        assert!(active(&between.employees) >= least, "report {after}: the directory looks shrunken");
        assert!(between.employees.len() >= before.employees.len() && between.units.len() >= expected.units.len());
        for row in between.employees.iter().filter(|row| row.status.is_active()) {
            assert!(between.units.iter().any(|unit| unit.id == row.unit_id), "report {after}: {} is nowhere", row.id);
        }
        let marker = house.store.read(|tx| find_unfinished(tx, &house.tenant)).unwrap();
        if ended {
            assert_eq!(marker, None);
            break;
        }
        if let Some(marker) = marker {
            interruptions += 1;
            assert_eq!(marker.source_name, "next.zip");
            let busy = house.import_parsed(parse(&units, &people), Default::default()).await.unwrap_err();
            assert!(matches!(busy, DirectoryError::Busy { .. }), "{busy}");
            house.clock.advance(Duration::from_secs(31));
            house.import_parsed(parse(&units, &people), Default::default()).await.unwrap();
        }
        let after_all = house.stored();
        assert!(after_all.units == expected.units && after_all.employees == expected.employees, "report {after}");
        assert_eq!(house.store.read(|tx| find_unfinished(tx, &house.tenant)).unwrap(), None);
    }
    assert!(interruptions >= 2, "only {interruptions} imports were interrupted");
}

#[tokio::test]
async fn a_merge_does_not_end_the_interrupted_import_of_another_source() {
    let (house, _) = House::furnished(SPEC).await;
    let (units, people) = a_year_later();
    assert!(!interrupt(&house, parse(&units, &people), 1).await);
    house.store.write(|_| Ok(())).await.unwrap();
    let marker = || house.store.read(|tx| find_unfinished(tx, &house.tenant)).unwrap();
    let interrupted = marker().expect("it had begun");
    house.clock.advance(Duration::from_secs(31));
    house.import("employees.csv", "id,name,unit_id\nX1,新人,D90000\n".as_bytes(), merge()).await.unwrap();
    assert_eq!(marker(), Some(interrupted), "what it left undone is still undone");
    house.import_parsed(parse(&units, &people), Default::default()).await.unwrap();
    assert_eq!(marker(), None);
}

#[tokio::test]
async fn an_unknown_tenant_is_said_so() {
    let house = House::new().await;
    let (units, people) = generate(SampleSpec { employees: 3, units: 2, seed: 1 });
    let nobody = "nobody".into();
    let error = preview(&house.store, &nobody, parse(&units, &people), ImportMode::Merge).await.unwrap_err();
    assert_eq!(error.code(), "directory.unknown_tenant");
}

#[tokio::test]
async fn who_comes_back_is_told_apart() {
    let (house, _) = House::furnished(SPEC).await;
    let (units, people) = generate(SPEC);
    house.import_parsed(parse(&units, &people[..1_100]), Default::default()).await.unwrap();
    let seen = preview(&house.store, &house.tenant, parse(&units, &people), ImportMode::Replace).await.unwrap();
    assert_eq!(seen.diff.employees.counts.returned, 100);
    assert!(seen.diff.employees.rows.iter().all(|change| change.kind == ChangeKind::Returned));
}

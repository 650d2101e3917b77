//! Real input: what Debian's slapd writes out is read as what it holds.

use super::House;
use crate::support::ldif::{Organisation, Person, organisation};
use crate::support::slapd::{SUFFIX, Slapd};
use std::collections::HashMap;
use wecom_bridge::directory::sample::{SampleSpec, generate, to_ldif};
use wecom_bridge::directory::{FaultCode, Stored};
use wecom_bridge::model::{EmployeeId, OrgUnit, UnitId};

const SPEC: SampleSpec = SampleSpec { employees: 2_000, units: 150, seed: 8 };

/// The stored directory in the words of the dump.
fn told(stored: &Stored) -> Organisation {
    let units: HashMap<&UnitId, &OrgUnit> = stored.units.iter().map(|unit| (&unit.id, unit)).collect();
    let accounts: HashMap<&EmployeeId, &str> =
        stored.employees.iter().map(|row| (&row.id, row.account.as_str())).collect();
    let account = |id: Option<&EmployeeId>| id.and_then(|id| accounts.get(id)).copied().unwrap_or_default().to_owned();
    let path = |id: &UnitId| {
        let mut names = Vec::new();
        let mut at = Some(id);
        while let Some(unit) = at.map(|id| units[id]) {
            names.push(unit.name.to_string());
            at = unit.parent_id.as_ref();
        }
        names.reverse();
        names
    };
    let people = stored.employees.iter().map(|row| {
        let person = Person {
            name: row.name.to_string(),
            employee_no: row.employee_no.to_string(),
            mobile: row.mobile.to_string(),
            email: row.email.to_string(),
            position: row.position.to_string(),
            telephone: row.telephone.to_string(),
            address: row.address.to_string(),
            units: path(&row.unit_id),
            superior: account(row.superior_id.as_ref()),
        };
        (row.account.to_string(), person)
    });
    Organisation {
        units: stored.units.iter().map(|unit| (path(&unit.id), account(unit.head.first()))).collect(),
        people: people.collect(),
        uuids: stored
            .units
            .iter()
            .map(|unit| unit.id.to_string())
            .chain(accounts.keys().map(|id| id.to_string()))
            .collect(),
    }
}

#[tokio::test]
async fn what_ldapsearch_and_slapcat_write_is_imported() {
    let (units, employees) = generate(SPEC);
    let Some(server) = Slapd::start(&to_ldif(&units, &employees, SUFFIX)).await else { return };
    let searched = server.search_all();
    let expected = organisation(&searched);
    assert_eq!((expected.people.len(), expected.units.len(), expected.uuids.len()), (2_000, 150, 2_150));

    let house = House::new().await;
    let imported = house.import("search.ldif", searched.as_bytes(), Default::default()).await.unwrap();
    assert_eq!((imported.summary.units.added, imported.summary.employees.added), (150, 2_000));
    assert_eq!((imported.summary.bad_rows, imported.summary.warnings), (0, 0));
    assert!(told(&house.stored()) == expected, "the stored directory is not the one that was searched");

    let dumped = server.slapcat();
    assert!(organisation(&dumped) == expected, "slapcat and ldapsearch tell different things");
    let again = house.import("slapcat.ldif", dumped.as_bytes(), Default::default()).await.unwrap();
    assert!(again.summary.employees.is_quiet() && again.summary.units.is_quiet(), "{:?}", again.summary);

    let cut = house.import("cut.ldif", server.search_cut().as_bytes(), Default::default()).await.unwrap_err();
    assert_eq!(cut.fault_code(), Some(FaultCode::Truncated), "{cut}");
    assert!(told(&house.stored()) == expected, "a search that was cut has changed the store");
}

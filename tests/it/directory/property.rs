//! Rules over random directories.

use super::{House, sorted};
use proptest::prelude::*;
use wecom_bridge::directory::export::{Captions, to_xlsx, to_zip};
use wecom_bridge::directory::import::preview;
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::directory::{ImportMode, ImportOptions, Limits, compare, read_bytes};
use wecom_bridge::model::{Employee, EmployeeStatus, OrgUnit};

/// Text that a directory may hold: trimmed, one line.
fn text() -> impl Strategy<Value = String> {
    "[ -~一-龥,;\"'=+@é😀-]{1,12}"
        .prop_map(|text| text.trim().to_owned())
        .prop_filter("not empty", |text| !text.is_empty())
}

prop_compose! {
    fn directory()(
        spec in (1_usize..40, 1_usize..15, any::<u64>()),
        values in prop::collection::vec((text(), text(), text(), 0_usize..40, any::<bool>()), 0..12),
    ) -> (Vec<OrgUnit>, Vec<Employee>) {
        let (mut units, mut people) = generate(SampleSpec { employees: spec.0, units: spec.1, seed: spec.2 });
        for (name, value, key, at, departs) in values {
            let (count, unit_count) = (people.len(), units.len());
            let person = &mut people[at % count];
            person.name = name.as_str().into();
            person.alias = value.as_str().into();
            person.ext.insert(key.as_str().into(), value.as_str().into());
            if departs {
                person.status = EmployeeStatus::Departed;
            }
            units[at % unit_count].name = key.as_str().into();
        }
        sorted(units, people)
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_is_what_is_stored((units, people) in directory(), chinese in any::<bool>(), workbook in any::<bool>()) {
        let captions = if chinese { Captions::Chinese } else { Captions::English };
        let write = if workbook { to_xlsx } else { to_zip };
        let parsed = read_bytes("x.zip", &write(&units, &people, captions).unwrap(), Limits::UPLOAD).unwrap();
        prop_assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
        let stored = wecom_bridge::directory::Stored { units, employees: people };
        let diff = compare(&stored, parsed, ImportMode::Replace).unwrap();
        prop_assert!(diff.is_empty(), "{:?}", diff);
    }

    #[test]
    fn an_import_does_what_the_preview_says_and_a_second_one_nothing(first in directory(), second in directory()) {
        block_on(async {
            let house = House::new().await;
            let options = ImportOptions { allow_shrink: true, allow_other_people: true, ..ImportOptions::default() };
            for (units, people) in [first, second] {
                let bytes = to_zip(&units, &people, Captions::English).unwrap();
                let parsed = read_bytes("x.zip", &bytes, Limits::UPLOAD).unwrap();
                let before = house.stored();
                let seen = preview(&house.store, &house.tenant, parsed.clone(), ImportMode::Replace).await.unwrap();
                let done = house.import_parsed(parsed.clone(), options).await.unwrap();
                prop_assert_eq!(seen.summary(), done.summary.clone());
                let after = house.stored();
                let counts = done.summary.employees;
                prop_assert_eq!(after.employees.len() as u64, before.employees.len() as u64 + counts.added);
                prop_assert_eq!(counts.added + counts.changed + counts.departed + counts.returned + counts.unchanged, after.employees.len() as u64);
                prop_assert_eq!(&after.units, &units);
                for row in &people {
                    // a column that this file lacks leaves the further values of the one before
                    let stored = after.employees.iter().find(|stored| stored.id == row.id).unwrap();
                    let ext = row.ext.clone();
                    prop_assert_eq!(&Employee { ext: ext.clone(), ..stored.clone() }, row);
                    prop_assert!(ext.iter().all(|(key, value)| stored.ext.get(key) == Some(value)));
                }
                let again = preview(&house.store, &house.tenant, parsed, ImportMode::Replace).await.unwrap();
                prop_assert!(again.diff.is_empty());
            }
            Ok(())
        })?;
    }
}

proptest! {
    #[test]
    fn no_bytes_stop_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300), name in prop::sample::select(vec!["a.xlsx", "a.zip", "a.ldif", "units.csv"])) {
        let _ = read_bytes(name, &bytes, Limits::UPLOAD);
    }

    #[test]
    fn no_damage_stops_the_reader(at in any::<prop::sample::Index>(), byte in any::<u8>(), workbook in any::<bool>()) {
        let (units, people) = generate(SampleSpec { employees: 5, units: 3, seed: 1 });
        let write = if workbook { to_xlsx } else { to_zip };
        let mut bytes = write(&units, &people, Captions::English).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read_bytes("a.xlsx", &bytes, Limits::UPLOAD);
    }
}

//! Rules that hold over a whole directory: ids are unique, units form one tree. Pure.

use super::fault::{Fault, FaultCode, Faults, Place};
use super::fields::Record;
use super::parsed::{Parsed, Table};
use crate::model::{Employee, OrgUnit, UnitId};
use std::collections::HashMap;

/// Checks what a source can be held to without knowing what is stored.
///
/// # Errors
/// Nothing in it, or an id twice.
pub fn check_source(parsed: &Parsed) -> Result<(), Faults> {
    if parsed.units.is_empty() && parsed.employees.is_empty() {
        let reason = "there is not one row below the captions";
        return Err(Fault::new(FaultCode::EmptySource, Place::default(), reason).into());
    }
    let mut faults = twice::<OrgUnit>(&parsed.units, FaultCode::DuplicateUnit);
    faults.extend(twice::<Employee>(&parsed.employees, FaultCode::DuplicateEmployee));
    Faults::of(faults).map_or(Ok(()), Err)
}

fn twice<T: Record>(table: &Table<T>, code: FaultCode) -> Vec<Fault> {
    let mut first: HashMap<&str, u32> = HashMap::with_capacity(table.rows.len());
    let mut faults = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        let line = table.line(at);
        let place = || Place::cell(&table.sheet, line, table.columns.caption("id"));
        if let Some(before) = first.insert(row.id(), line) {
            let fault = Fault::new(code, place(), format!("this id was there before, in row {before}"));
            faults.push(fault.with_value(row.id()).with_name(row.name()));
        } else if table.doubtful.contains(row.id()) {
            let fault = Fault::new(code, place(), "this id is also that of a bad row");
            faults.push(fault.with_value(row.id()).with_name(row.name()));
        }
    }
    faults
}

/// Checks that units form one tree. `place` tells where a unit was stated.
///
/// # Errors
/// No root or several, a missing parent, units that stand above themselves. An empty list is a tree.
pub fn check_tree<'u>(units: &[&'u OrgUnit], place: impl Fn(&'u OrgUnit) -> Place) -> Result<(), Faults> {
    let index: HashMap<&UnitId, usize> = units.iter().enumerate().map(|(at, unit)| (&unit.id, at)).collect();
    let parents: Vec<Option<usize>> =
        units.iter().map(|unit| unit.parent_id.as_ref().and_then(|id| index.get(id).copied())).collect();
    let mut faults = Vec::new();
    let roots: Vec<&OrgUnit> = units.iter().copied().filter(|unit| unit.parent_id.is_none()).collect();
    if roots.is_empty() && !units.is_empty() {
        let reason = "no unit is without a parent, so there is no root";
        faults.push(Fault::new(FaultCode::NoRoot, Place::sheet(&place(units[0]).sheet), reason));
    }
    for root in roots.iter().skip(1) {
        let reason = format!("a second unit without a parent; the root is {} ({})", roots[0].id, roots[0].name);
        faults.push(
            Fault::new(FaultCode::SeveralRoots, place(root), reason).with_value(root.id.as_str()).with_name(&root.name),
        );
    }
    for (unit, parent) in units.iter().zip(&parents) {
        if let (Some(id), None) = (&unit.parent_id, parent) {
            let reason = format!("the parent of unit {} ({}) does not exist; the root has none", unit.id, unit.name);
            faults.push(
                Fault::new(FaultCode::MissingParent, place(unit), reason).with_value(id.as_str()).with_name(&unit.name),
            );
        }
    }
    for ring in find_cycles(&parents) {
        let names: Vec<&str> = ring.iter().take(10).map(|at| units[*at].id.as_str()).collect();
        let reason = format!("these units stand above each other: {}", names.join(" → "));
        let unit = units[ring[0]];
        faults
            .push(Fault::new(FaultCode::Cycle, place(unit), reason).with_value(unit.id.as_str()).with_name(&unit.name));
    }
    Faults::of(faults).map_or(Ok(()), Err)
}

/// Each ring once, beginning with its first member in the order of the list.
fn find_cycles(parents: &[Option<usize>]) -> Vec<Vec<usize>> {
    // 0 = not seen; otherwise the number of the walk that came through
    let mut seen = vec![0_usize; parents.len()];
    let mut rings = Vec::new();
    for start in 0..parents.len() {
        let (mut at, walk) = (start, start + 1);
        while seen[at] == 0 {
            seen[at] = walk;
            match parents[at] {
                Some(above) => at = above,
                None => break,
            }
        }
        if seen[at] != walk || parents[at].is_none() {
            continue;
        }
        let mut ring = vec![at];
        let mut next = parents[at];
        while let Some(above) = next.filter(|above| *above != at) {
            ring.push(above);
            next = parents[above];
        }
        let lowest = ring.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(place, _)| place);
        ring.rotate_left(lowest);
        rings.push(ring);
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(id: &str, parent: &str) -> OrgUnit {
        let mut unit = OrgUnit::blank();
        (unit.id, unit.name) = (id.into(), id.into());
        unit.parent_id = (!parent.is_empty()).then(|| parent.into());
        unit
    }

    #[test]
    fn trees() {
        use FaultCode::*;
        for (pairs, expected) in [
            (vec![], vec![]),
            (vec![("1", ""), ("2", "1"), ("3", "2")], vec![]),
            (vec![("3", "2"), ("2", "1"), ("1", "")], vec![]),
            (vec![("1", ""), ("2", "")], vec![SeveralRoots]),
            (vec![("1", "2"), ("2", "1")], vec![NoRoot, Cycle]),
            (vec![("1", ""), ("2", "2")], vec![Cycle]),
            (vec![("1", ""), ("2", "3"), ("3", "4"), ("4", "2"), ("5", "4")], vec![Cycle]),
            (vec![("1", ""), ("2", "3"), ("3", "2"), ("4", "5"), ("5", "4")], vec![Cycle, Cycle]),
            (vec![("1", ""), ("2", "9"), ("3", "2")], vec![MissingParent]),
            (vec![("2", "9")], vec![NoRoot, MissingParent]),
        ] {
            let units: Vec<OrgUnit> = pairs.iter().map(|(id, parent)| unit(id, parent)).collect();
            let units: Vec<&OrgUnit> = units.iter().collect();
            let found = check_tree(&units, |_| Place::default()).err().map(|faults| faults.list).unwrap_or_default();
            let codes: Vec<_> = found.iter().map(|fault| fault.code).collect();
            assert_eq!(codes, expected, "{pairs:?}");
        }
    }

    proptest! {
        #[test]
        fn every_unit_of_an_accepted_tree_reaches_the_root(parents in prop::collection::vec(0_usize..12, 1..12)) {
            // unit i hangs under parents[i]; a number of its own or beyond the end makes it a root
            let units: Vec<OrgUnit> = parents.iter().enumerate().map(|(at, above)| {
                let above = if *above >= parents.len() { String::new() } else { above.to_string() };
                unit(&at.to_string(), &above)
            }).collect();
            let reaches = (0..units.len()).all(|start| {
                let mut at = start;
                (0..units.len()).any(|_| match parents[at] {
                    above if above >= parents.len() => true,
                    above => { at = above; false }
                })
            });
            let roots = parents.iter().filter(|above| **above >= parents.len()).count();
            let list: Vec<&OrgUnit> = units.iter().collect();
            prop_assert_eq!(check_tree(&list, |_| Place::default()).is_ok(), reaches && roots == 1);
        }
    }
}

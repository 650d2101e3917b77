//! Units and people as somebody types them into a field: an id, or a name that only one of them has.

use super::fields::Values;
use crate::browse::directory::DirectoryView;
use crate::browse::{Branch, OutlineQuery};
use crate::locale::T;
use crate::model::{EmployeeId, UnitId};
use crate::web::form::Faults;

/// Candidates that are looked at; of more, none is named.
const LOOKED_AT: usize = 50;
/// Faults of one field that are told.
const TOLD_MAX: usize = 20;
/// Units that a form offers as a list.
const OFFERED_MAX: usize = 300;

/// A unit to choose.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Id.
    pub id: String,
    /// The way to it.
    pub name: String,
}

/// Replaces what was typed into a field by the id of the unit that is meant.
pub fn unit(t: T, view: &DirectoryView, values: &mut Values, field: &str, faults: &mut Faults) {
    let typed = values.get(field).to_owned();
    if !typed.is_empty() {
        match find_unit(t, view, &typed) {
            Ok(id) => values.set(field, id.to_string()),
            Err(several) => faults.add(field, not_one(t, &typed, &several, true)),
        }
    }
}

/// [`unit()`] for a field with several, separated by semicolons.
pub fn units(t: T, view: &DirectoryView, values: &mut Values, field: &str, faults: &mut Faults) {
    several(t, values, field, faults, true, |typed| find_unit(t, view, typed).map(|id| id.to_string()));
}

/// Replaces what was typed into a field by the id of the person who is meant.
pub fn person(t: T, view: &DirectoryView, values: &mut Values, field: &str, faults: &mut Faults) {
    let typed = values.get(field).to_owned();
    if !typed.is_empty() {
        match find_person(t, view, &typed) {
            Ok(id) => values.set(field, id.to_string()),
            Err(several) => faults.add(field, not_one(t, &typed, &several, false)),
        }
    }
}

/// [`person`] for a field with several, separated by semicolons.
pub fn people(t: T, view: &DirectoryView, values: &mut Values, field: &str, faults: &mut Faults) {
    several(t, values, field, faults, false, |typed| find_person(t, view, typed).map(|id| id.to_string()));
}

fn several(
    t: T,
    values: &mut Values,
    field: &str,
    faults: &mut Faults,
    is_unit: bool,
    find: impl Fn(&str) -> Result<String, Vec<String>>,
) {
    let typed = values.get(field).to_owned();
    let mut ids = Vec::new();
    for part in typed.split([';', '；']).map(str::trim).filter(|part| !part.is_empty()) {
        match find(part) {
            Ok(id) => ids.push(id),
            Err(several) => faults.add(field, not_one(t, part, &several, is_unit)),
        }
    }
    if faults.of(field).is_empty() {
        values.set(field, ids.join(";"));
    }
}

/// What was typed into a field for many, one id a line: names that only one has become ids, what nobody has stays as it was
/// typed, and what several have is a fault of the field. Ids may be separated by blanks too.
pub fn each<I: std::fmt::Display>(
    t: T,
    typed: &str,
    faults: &mut Faults,
    field: &str,
    find: impl Fn(&str) -> Result<I, Vec<String>>,
) -> String {
    let is_unit = field == "units";
    let (mut ids, mut told) = (Vec::new(), Vec::new());
    let parts = typed.split([',', '，', '、', ';', '；', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
    for part in parts {
        // `Ann Lee` is a name before it is two ids
        let whole = find(part);
        let words: Vec<&str> = match &whole {
            Err(several) if several.is_empty() => part.split_whitespace().collect(),
            _ => vec![part],
        };
        for word in words {
            match find(word) {
                Ok(id) => ids.push(id.to_string()),
                Err(several) => {
                    told.push((!several.is_empty(), not_one(t, word, &several, is_unit)));
                    ids.push(word.to_owned());
                }
            }
        }
    }
    // whom nobody has is no fault by itself, and is told together with one
    if told.iter().any(|(is_fault, _)| *is_fault) {
        let told: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).take(TOLD_MAX).collect();
        faults.add(field, told.join(t.lang.pick("；", "; ")));
    }
    ids.join("\n")
}

/// The unit of this id, or the only one of this name; otherwise all that have it: ids, each with the units above.
pub fn find_unit(t: T, view: &DirectoryView, typed: &str) -> Result<UnitId, Vec<String>> {
    let exact = Branch::Node(UnitId::from(typed));
    if view.unit(&exact).is_some() {
        return Ok(UnitId::from(typed));
    }
    let hits = view.find_units(typed, LOOKED_AT);
    let named: Vec<&UnitId> =
        hits.iter().filter(|unit| unit.name == typed).filter_map(|unit| unit.branch.node()).collect();
    match named[..] {
        [id] => Ok(id.clone()),
        _ => Err(named.into_iter().map(|id| with_way(t, view, id)).collect()),
    }
}

/// `D00011 (Head office / Finance)`
fn with_way(t: T, view: &DirectoryView, id: &UnitId) -> String {
    let mut way = view.path(&Branch::Node(id.clone()));
    way.pop();
    let names: Vec<String> = way.into_iter().map(|step| step.name.to_string()).collect();
    if names.is_empty() { id.to_string() } else { t.pick_unit_below(id, names.join(" / ")) }
}

/// The person of this id, or the only one of this name, account or number; otherwise all that have it: ids, each with unit
/// and position.
pub fn find_person(t: T, view: &DirectoryView, typed: &str) -> Result<EmployeeId, Vec<String>> {
    let exact = EmployeeId::from(typed);
    if view.employee(&exact).is_some() {
        return Ok(exact);
    }
    let called = view.people_called(typed, LOOKED_AT);
    match called.as_slice() {
        [id] => Ok(id.clone()),
        _ => Err(called.iter().map(|id| with_place(t, view, id)).collect()),
    }
}

/// `E000327 (Head office / Finance, accountant)`
fn with_place(t: T, view: &DirectoryView, id: &EmployeeId) -> String {
    let Some(person) = view.employee(id) else { return id.to_string() };
    let way = view.path(&Branch::Node(person.unit.id)).into_iter().map(|step| step.name.to_string());
    let way = way.collect::<Vec<_>>().join(" / ");
    let place = [way, person.position.to_string()];
    let place = place.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>();
    if place.is_empty() { id.to_string() } else { t.pick_person_at(id, place.join(t.lang.pick("，", ", "))) }
}

fn not_one(t: T, typed: &str, several: &[String], is_unit: bool) -> String {
    let ids = several.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("、");
    match (several.is_empty(), is_unit) {
        (true, true) => t.pick_no_unit(typed),
        (true, false) => t.pick_no_person(typed),
        (false, true) => t.pick_several_units(typed, ids),
        (false, false) => t.pick_several_people(typed, ids),
    }
}

/// All units, where there are not too many for a list.
pub fn offers(view: &DirectoryView) -> Vec<Offer> {
    if view.totals().units > OFFERED_MAX {
        return Vec::new();
    }
    let lines = view.outline(&OutlineQuery { levels: usize::MAX, open: Vec::new() });
    let mut way: Vec<String> = Vec::new();
    let mut offers = Vec::with_capacity(lines.len());
    for line in lines {
        way.truncate(line.level);
        way.push(line.node.name.to_string());
        if let Some(id) = line.node.branch.node() {
            offers.push(Offer { id: id.to_string(), name: way.join(" / ") });
        }
    }
    offers
}

//! The adapter for LDIF as `ldapsearch` and `slapcat` write it.
//!
//! | here | from |
//! |---|---|
//! | **unit** | entry of class `organization`, `organizationalUnit`, `domain` or `dcObject` |
//! | `id` | `entryUUID`, or the name (DN) in lower case where the dump has none |
//! | `parent_id` | the nearest unit above in the DN; an `ou=` above that is not in the dump is a missing parent |
//! | `name` | `o` of the root, else the part of the DN: `ou`, `o`, `dc` |
//! | `head` | `manager` of the unit |
//! | **employee** | entry of class `inetOrgPerson` |
//! | `id` | `entryUUID`, or the name (DN) in lower case |
//! | `account` | `uid` |
//! | `employee_no` | `employeeNumber` |
//! | `name` | `displayName`, else `cn` |
//! | `mobile`, `email` | `mobile`, `mail` |
//! | `position` | `title` |
//! | `unit_id` | the nearest unit above in the DN |
//! | `superior_id` | `manager`, where it names an employee of the dump |
//! | `telephone` | `telephoneNumber` |
//! | `address` | `postalAddress` (its lines joined by a space), else `street` |
//! | `ext.<name>` | `businessCategory`, `departmentNumber`, `description`, `employeeType`, `physicalDeliveryOfficeName`, `preferredLanguage`, `roomNumber` |
//!
//! Of several values the first one counts. Everybody in the dump is active: how an account is locked is not the same
//! from directory to directory. Passwords, photographs and all other attributes are not read. Names are compared
//! without case. Always dump with or always without `entryUUID` (`ldapsearch … '*' entryUUID`; `slapcat` writes it by
//! itself): the ids would change otherwise, which is then refused as a directory that has lost everybody.

mod dn;
mod entry;

pub use dn::escape;

use super::fault::{Fault, FaultCode, Faults, Place};
use super::fields::{Columns, Field, Record};
use super::limits::Limits;
use super::parsed::Table;
use super::text;
use super::values::trim;
use crate::model::{Employee, EmployeeId, OrgUnit, Text, UnitId};
use dn::Dn;
use entry::{Entries, Entry};
use std::collections::HashMap;

const EXT: &[&str] = &[
    "businessCategory",
    "departmentNumber",
    "description",
    "employeeType",
    "physicalDeliveryOfficeName",
    "preferredLanguage",
    "roomNumber",
];

/// What an LDIF gives: both tables, the faults of their entries, and warnings.
pub type Read = (Table<OrgUnit>, Table<Employee>, Vec<Fault>, Vec<Fault>);

/// Reads a dump.
///
/// # Errors
/// The file is not LDIF, is cut short, is not a dump, or holds too many entries.
pub fn read(name: &str, bytes: &[u8], limits: Limits) -> Result<Read, Faults> {
    let text = text::decode(name, bytes)?;
    let mut entries = Entries::new(name, &text);
    let mut dump = Dump::new(name, limits);
    while let Some(entry) = entries.next()? {
        dump.take(&entry)?;
    }
    Ok(dump.finish())
}

/// An entry of interest, until all names are known.
struct Pending<T> {
    row: T,
    line: u32,
    dn: Dn,
    managers: Vec<String>,
    is_bad: bool,
}

struct Dump<'a> {
    sheet: &'a str,
    limits: Limits,
    units: Vec<Pending<OrgUnit>>,
    people: Vec<Pending<Employee>>,
    unit_names: HashMap<Text, UnitId>,
    people_names: HashMap<Text, EmployeeId>,
    ignored: u32,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl<'a> Dump<'a> {
    fn new(sheet: &'a str, limits: Limits) -> Self {
        Self {
            sheet,
            limits,
            units: Vec::new(),
            people: Vec::new(),
            unit_names: HashMap::new(),
            people_names: HashMap::new(),
            ignored: 0,
            faults: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn take(&mut self, entry: &Entry) -> Result<(), Fault> {
        let is_unit =
            ["organization", "organizationalUnit", "domain", "dcObject"].iter().any(|class| entry.is_a(class));
        if !is_unit && !entry.is_a("inetOrgPerson") {
            self.ignored += 1;
            return Ok(());
        }
        if self.units.len() + self.people.len() >= self.limits.rows_max as usize {
            let reason = format!("more than {} entries", self.limits.rows_max);
            return Err(Fault::new(FaultCode::TooManyRows, Place::row(self.sheet, entry.line), reason));
        }
        let Some(dn) = Dn::parse(&entry.dn) else {
            let place = Place::cell(self.sheet, entry.line, "dn");
            return Err(Fault::new(FaultCode::BadLdif, place, "not a distinguished name").with_value(&entry.dn));
        };
        let folded = dn.folded();
        let id = entry.first("entryuuid").map_or_else(|| folded.clone(), |uuid| uuid.trim().to_lowercase().into());
        let managers = entry.all("manager").map(str::to_owned).collect();
        if is_unit {
            let mut unit = Pending { row: OrgUnit::blank(), line: entry.line, dn, managers, is_bad: false };
            let name = unit_name(entry, &unit.dn);
            self.fill(&mut unit, &[("id", "dn", Some(id.as_str())), ("name", "ou", name.as_deref())]);
            if self.unit_names.insert(folded, unit.row.id.clone()).is_some() {
                return Err(self.twice(FaultCode::DuplicateUnit, entry));
            }
            self.units.push(unit);
        } else {
            let mut person = Pending { row: Employee::blank(), line: entry.line, dn, managers, is_bad: false };
            let address = entry.first("postaladdress").map(join_lines);
            self.fill(
                &mut person,
                &[
                    ("id", "dn", Some(id.as_str())),
                    ("account", "uid", entry.first("uid")),
                    ("employee_no", "employeeNumber", entry.first("employeenumber")),
                    ("name", "cn", entry.first("displayname").or_else(|| entry.first("cn"))),
                    ("mobile", "mobile", entry.first("mobile")),
                    ("email", "mail", entry.first("mail")),
                    ("position", "title", entry.first("title")),
                    ("telephone", "telephoneNumber", entry.first("telephonenumber")),
                    ("address", "postalAddress", address.as_deref().or_else(|| entry.first("street"))),
                ],
            );
            for key in EXT {
                if let Some(value) = entry.first(&key.to_ascii_lowercase()) {
                    let value: Text = trim(value).chars().take(self.limits.cell_max_chars).collect();
                    person.row.ext.insert(Text::from(*key), value);
                }
            }
            if self.people_names.insert(folded, person.row.id.clone()).is_some() {
                return Err(self.twice(FaultCode::DuplicateEmployee, entry));
            }
            self.people.push(person);
        }
        Ok(())
    }

    /// Puts values into fields; a refused or missing one makes the entry bad.
    fn fill<T: Record>(&mut self, pending: &mut Pending<T>, values: &[(&str, &str, Option<&str>)]) {
        for (name, attribute, value) in values {
            let Some(field) = T::fields().iter().find(|field| field.name == *name) else { continue };
            let value = trim(value.unwrap_or_default());
            if let Some(fault) = check(field, value, &mut pending.row, self.limits) {
                let place = Place::cell(self.sheet, pending.line, attribute);
                self.faults.push(Fault::new(fault.0, place, fault.1).with_value(value));
                pending.is_bad = true;
            }
        }
    }

    fn twice(&self, code: FaultCode, entry: &Entry) -> Fault {
        let place = Place::cell(self.sheet, entry.line, "dn");
        Fault::new(code, place, "an entry with this name was there before").with_value(&entry.dn)
    }

    fn finish(mut self) -> Read {
        let mut units = table::<OrgUnit>(self.sheet, &["id", "parent_id", "name", "head"], &[]);
        for mut unit in std::mem::take(&mut self.units) {
            unit.row.parent_id = self.parent_of(&unit.dn);
            for manager in &unit.managers {
                match self.person(manager) {
                    Some(id) => unit.row.head.push(id),
                    None => {
                        self.warn(FaultCode::UnknownHead, unit.line, manager, "the head is not an employee of the dump")
                    }
                }
            }
            store(&mut units, unit);
        }
        let columns = [
            "id",
            "account",
            "employee_no",
            "name",
            "mobile",
            "email",
            "position",
            "unit_id",
            "superior_id",
            "telephone",
            "address",
        ];
        let mut people = table::<Employee>(self.sheet, &columns, EXT);
        for mut person in std::mem::take(&mut self.people) {
            match person.dn.above().find_map(|dn| self.unit_names.get(&dn.folded()).cloned()) {
                Some(unit) => person.row.unit_id = unit,
                None => {
                    let place = Place::cell(self.sheet, person.line, "dn");
                    let reason = "no organization or organizationalUnit of the dump stands above this person";
                    let value = person.dn.folded();
                    self.faults.push(Fault::new(FaultCode::UnknownUnit, place, reason).with_value(&value));
                    person.is_bad = true;
                }
            }
            if let Some(manager) = person.managers.first() {
                person.row.superior_id = self.person(manager);
                if person.row.superior_id.is_none() {
                    let reason = "the superior is not an employee of the dump";
                    self.warn(FaultCode::UnknownSuperior, person.line, manager, reason);
                }
            }
            store(&mut people, person);
        }
        if self.ignored > 0 {
            let reason = format!("{} entries are neither units nor inetOrgPerson and were not read", self.ignored);
            self.warnings.push(Fault::new(FaultCode::Ignored, Place::sheet(self.sheet), reason));
        }
        (units, people, self.faults, self.warnings)
    }

    /// The nearest unit above; an `ou` above that the dump lacks is named, so that the check finds it missing.
    fn parent_of(&self, dn: &Dn) -> Option<UnitId> {
        let has_unit_above = |dn: &Dn| dn.above().any(|above| self.unit_names.contains_key(&above.folded()));
        for above in dn.above() {
            let folded = above.folded();
            if let Some(id) = self.unit_names.get(&folded) {
                return Some(id.clone());
            }
            if above.first().iter().any(|ava| ava.kind == "ou") && has_unit_above(&above) {
                return Some(UnitId(folded));
            }
        }
        None
    }

    fn person(&self, manager: &str) -> Option<EmployeeId> {
        Dn::parse(manager).and_then(|dn| self.people_names.get(&dn.folded()).cloned())
    }

    fn warn(&mut self, code: FaultCode, line: u32, value: &str, reason: &str) {
        let place = Place::cell(self.sheet, line, "manager");
        self.warnings.push(Fault::new(code, place, reason).with_value(value));
    }
}

fn table<T: Record>(sheet: &str, known: &[&'static str], ext: &[&str]) -> Table<T> {
    let known = known.iter().map(|name| (*name, Text::from(caption_of(name)))).collect();
    let columns = Columns { known, ext: ext.iter().copied().map(Text::from).collect(), all_ext: false };
    Table { sheet: sheet.into(), columns, ..Table::default() }
}

/// The attribute that messages about a column name.
fn caption_of(name: &str) -> &str {
    match name {
        "head" | "superior_id" => "manager",
        "name" => "cn",
        "account" => "uid",
        "employee_no" => "employeeNumber",
        "email" => "mail",
        "position" => "title",
        "telephone" => "telephoneNumber",
        "address" => "postalAddress",
        "mobile" => "mobile",
        _ => "dn",
    }
}

fn store<T: Record>(table: &mut Table<T>, pending: Pending<T>) {
    if pending.is_bad {
        if pending.row.id().is_empty() {
            table.nameless += 1;
        } else {
            table.doubtful.insert(pending.row.id().into());
        }
    } else {
        table.rows.push(pending.row);
        table.lines.push(pending.line);
    }
}

fn check<T>(field: &Field<T>, value: &str, row: &mut T, limits: Limits) -> Option<(FaultCode, String)> {
    if value.is_empty() {
        let reason = format!("{} ({}) is required", field.name, field.caption);
        return field.required.then_some((FaultCode::MissingValue, reason));
    }
    let most = field.max_chars.min(limits.cell_max_chars);
    if value.chars().count() > most {
        return Some((FaultCode::TooLong, format!("longer than {most} characters")));
    }
    (field.set)(row, value).err().map(|(code, reason)| (code, reason.to_owned()))
}

/// `o` of an organization, else what stands first in its name.
fn unit_name(entry: &Entry, dn: &Dn) -> Option<String> {
    let from_dn = |kind: &str| dn.first().iter().find(|ava| ava.kind == kind).map(|ava| ava.value.clone());
    from_dn("ou")
        .or_else(|| from_dn("o"))
        .or_else(|| entry.first("o").map(str::to_owned))
        .or_else(|| entry.first("ou").map(str::to_owned))
        .or_else(|| from_dn("dc"))
}

/// Postal addresses separate their lines by `$` (RFC 4517, 3.3.28).
fn join_lines(address: &str) -> String {
    let lines: Vec<_> = address.split('$').map(|line| line.trim().replace("\\24", "$").replace("\\5C", "\\")).collect();
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

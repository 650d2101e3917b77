//! The organisation as LDIF that a directory server loads (`slapadd`, `ldapadd`): schemas core, cosine, inetorgperson.

use crate::directory::ldif::escape;
use crate::model::{Employee, EmployeeId, OrgUnit, Text, UnitId};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;

/// Writes an organisation below `suffix` (e.g. `dc=example,dc=org`). People are named by their account, units by their
/// name; gender, alias, part-time units, order and further columns have no place in these schemas and are left out.
pub fn to_ldif(units: &[OrgUnit], employees: &[Employee], suffix: &str) -> String {
    let by_id: HashMap<&UnitId, &OrgUnit> = units.iter().map(|unit| (&unit.id, unit)).collect();
    let unit_dn: HashMap<&UnitId, String> =
        units.iter().map(|unit| (&unit.id, dn_of_unit(unit, &by_id, suffix))).collect();
    let person_dn: HashMap<&EmployeeId, String> = employees
        .iter()
        .map(|row| {
            let above = unit_dn.get(&row.unit_id).map_or(suffix, String::as_str);
            (&row.id, format!("uid={},{above}", escaped(&row.account)))
        })
        .collect();
    let mut out = Writer(String::new());
    for unit in units {
        let head = unit.head.first().and_then(|id| person_dn.get(id));
        out.put("dn", &unit_dn[&unit.id]);
        if unit.parent_id.is_none() {
            let domain = suffix.split(',').next().and_then(|part| part.split_once('=')).map_or("", |(_, value)| value);
            out.classes(&["dcObject", "organization"], head.is_some());
            out.put("dc", domain);
            out.put("o", &unit.name);
        } else {
            out.classes(&["organizationalUnit"], head.is_some());
            out.put("ou", &unit.name);
        }
        out.put("manager", head.map_or("", String::as_str));
        out.end();
    }
    for row in employees {
        out.put("dn", &person_dn[&row.id]);
        out.classes(&["inetOrgPerson"], false);
        for (kind, value) in [
            ("uid", row.account.as_str()),
            ("cn", &row.name),
            ("sn", row.name.get(..3).unwrap_or(&row.name)),
            ("employeeNumber", &row.employee_no),
            ("mail", &row.email),
            ("mobile", &row.mobile),
            ("title", &row.position),
            ("telephoneNumber", &row.telephone),
            ("street", &row.address),
            ("manager", row.superior_id.as_ref().and_then(|id| person_dn.get(id)).map_or("", String::as_str)),
        ] {
            out.put(kind, value);
        }
        out.end();
    }
    out.0
}

fn dn_of_unit(unit: &OrgUnit, by_id: &HashMap<&UnitId, &OrgUnit>, suffix: &str) -> String {
    let mut parts = String::new();
    let mut at = unit;
    while let Some(above) = at.parent_id.as_ref().and_then(|id| by_id.get(id)) {
        parts.push_str("ou=");
        parts.push_str(&escaped(&at.name));
        parts.push(',');
        at = above;
    }
    parts + suffix
}

fn escaped(value: &str) -> Text {
    let mut text = Text::default();
    escape(value, &mut text);
    text
}

struct Writer(String);

impl Writer {
    fn classes(&mut self, classes: &[&str], has_manager: bool) {
        for class in classes {
            self.put("objectClass", class);
        }
        // these classes know no manager
        if has_manager {
            self.put("objectClass", "extensibleObject");
        }
    }

    /// Writes a value in base64 where it needs to be, folded at 76 columns; an empty one not at all.
    fn put(&mut self, kind: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let is_safe = value.bytes().all(|b| (0x20..0x7f).contains(&b))
            && !value.starts_with([' ', ':', '<'])
            && !value.ends_with(' ');
        let line = if is_safe { format!("{kind}: {value}") } else { format!("{kind}:: {}", STANDARD.encode(value)) };
        let mut rest = line.as_str();
        let mut width = 76;
        while rest.len() > width {
            let (head, tail) = rest.split_at(width);
            self.0.push_str(head);
            self.0.push_str("\n ");
            (rest, width) = (tail, 75);
        }
        self.0.push_str(rest);
        self.0.push('\n');
    }

    fn end(&mut self) {
        self.0.push('\n');
    }
}

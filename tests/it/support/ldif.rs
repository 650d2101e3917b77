//! What an LDIF says, found out by simple code of its own: no line of the product's reader is used, so a mistake there
//! cannot hide here.

use base64::Engine;
use std::collections::{BTreeMap, BTreeSet};

/// A person as the dump has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub employee_no: String,
    pub mobile: String,
    pub email: String,
    pub position: String,
    pub telephone: String,
    pub address: String,
    /// Names of the units from the root down to the person's own.
    pub units: Vec<String>,
    /// Account of the superior; empty = none.
    pub superior: String,
}

/// The organisation that a dump describes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    /// Each unit by the names from the root down, with the account of its head (empty = none).
    pub units: BTreeMap<Vec<String>, String>,
    /// People by account.
    pub people: BTreeMap<String, Person>,
    /// The `entryUUID`s there are.
    pub uuids: BTreeSet<String>,
}

type Entry = BTreeMap<String, Vec<String>>;

/// Reads a dump whose DNs are those that `sample::to_ldif` makes (no `+`, escapes as `\,` or `\2C`).
pub fn organisation(text: &str) -> Organisation {
    let entries = entries(text);
    let by_dn: BTreeMap<String, &Entry> =
        entries.iter().map(|entry| (one(entry, "dn").to_lowercase(), entry)).collect();
    let account = |dn: &str| by_dn.get(&dn.to_lowercase()).map_or_else(String::new, |entry| one(entry, "uid"));
    let path = |dn: &str| {
        let mut names = Vec::new();
        let mut rest = dn.to_lowercase();
        loop {
            if let Some(entry) = by_dn.get(&rest)
                && !is(entry, "inetOrgPerson")
            {
                names.push(if is(entry, "organization") { one(entry, "o") } else { one(entry, "ou") });
            }
            match above(&rest) {
                Some(above) => rest = above,
                None => break,
            }
        }
        names.reverse();
        names
    };
    let mut found = Organisation::default();
    for entry in &entries {
        let dn = one(entry, "dn");
        found.uuids.extend(entry.get("entryuuid").into_iter().flatten().cloned());
        if is(entry, "inetOrgPerson") {
            let person = Person {
                name: one(entry, "cn"),
                employee_no: one(entry, "employeenumber"),
                mobile: one(entry, "mobile"),
                email: one(entry, "mail"),
                position: one(entry, "title"),
                telephone: one(entry, "telephonenumber"),
                address: one(entry, "street"),
                units: path(&dn),
                superior: account(&one(entry, "manager")),
            };
            assert!(found.people.insert(one(entry, "uid"), person).is_none(), "two people with one uid");
        } else if is(entry, "organizationalUnit") || is(entry, "organization") {
            found.units.insert(path(&dn), account(&one(entry, "manager")));
        }
    }
    found
}

fn is(entry: &Entry, class: &str) -> bool {
    entry.get("objectclass").is_some_and(|classes| classes.iter().any(|one| one == class))
}

fn one(entry: &Entry, kind: &str) -> String {
    entry.get(kind).and_then(|values| values.first()).cloned().unwrap_or_default()
}

/// The DN without its first part.
fn above(dn: &str) -> Option<String> {
    let mut before = ' ';
    for (at, c) in dn.char_indices() {
        if c == ',' && before != '\\' {
            return Some(dn[at + 1..].to_owned());
        }
        before = c;
    }
    None
}

fn entries(text: &str) -> Vec<Entry> {
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "");
    let mut all = Vec::new();
    for block in unfolded.split("\n\n") {
        let mut entry = Entry::new();
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            if let Some((kind, packed)) = line.split_once(":: ") {
                let bytes = base64::engine::general_purpose::STANDARD.decode(packed).unwrap();
                entry.entry(kind.to_lowercase()).or_default().push(String::from_utf8(bytes).unwrap());
            } else if let Some((kind, value)) = line.split_once(": ") {
                entry.entry(kind.to_lowercase()).or_default().push(value.to_owned());
            }
        }
        if entry.contains_key("dn") {
            all.push(entry);
        }
    }
    all
}

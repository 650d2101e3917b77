//! Who may belong together among those without a link: equal names, mobiles, e-mail addresses, accounts. Suggestions
//! for a person who decides; nobody is linked by them.

use super::members::{MemberQuery, MemberRow};
use super::{MirrorView, NONE};
use crate::browse::cells::fold_into;
use crate::browse::directory::EmployeeRow;
use crate::model::{EmployeeId, EmployeeStatus, Text, UserId};
use std::collections::HashMap;

/// Suggestions for one row.
const PER_ROW: usize = 3;

/// What two rows agree in, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The userid is the person's id, account or employee number.
    Account,
    /// The mobile number.
    Mobile,
    /// The e-mail address.
    Email,
    /// The name.
    Name,
}

/// Values by which rows are compared: what agrees, and the value in lower case.
type Keys = Vec<(Likeness, Text)>;

/// The rows that were asked for, by what they agree in.
struct Wanted {
    rows: HashMap<(Likeness, Text), Vec<usize>>,
    found: Vec<Vec<(Likeness, usize)>>,
}

impl Wanted {
    fn of(keys: impl Iterator<Item = Keys>) -> Self {
        let mut wanted = Self { rows: HashMap::new(), found: Vec::new() };
        for (at, keys) in keys.enumerate() {
            for key in keys {
                wanted.rows.entry(key).or_default().push(at);
            }
            wanted.found.push(Vec::new());
        }
        wanted
    }

    /// Notes that a row of the other side has these values.
    fn meet(&mut self, row: usize, keys: Keys) {
        for key in keys {
            for at in self.rows.get(&key).into_iter().flatten() {
                let found = &mut self.found[*at];
                if found.iter().all(|(_, other)| *other != row) {
                    found.push((key.0, row));
                }
            }
        }
    }

    /// The best ones of each row.
    fn best(mut self) -> Vec<Vec<(Likeness, usize)>> {
        for found in &mut self.found {
            found.sort_unstable();
            found.truncate(PER_ROW);
        }
        self.found
    }
}

impl MirrorView {
    /// Members without a link that these people may be, at most three for each, the likeliest first.
    pub fn suggest_members(&self, people: &[EmployeeRow]) -> Vec<Vec<(Likeness, MemberRow)>> {
        let mut wanted = Wanted::of(people.iter().map(keys_of_employee));
        for row in (0..self.base.members.len()).filter(|row| self.base.members.links[*row] == NONE) {
            let cells = |column| self.base.members.cells.folded(row, column);
            let userid = cells(super::base::cell::USERID);
            let values = [
                (Likeness::Account, userid),
                (Likeness::Mobile, cells(super::base::cell::MOBILE)),
                (Likeness::Email, cells(super::base::cell::EMAIL)),
                (Likeness::Name, cells(super::base::cell::NAME)),
            ];
            wanted.meet(row, values.into_iter().filter_map(key).collect());
        }
        let rows = |found: Vec<(Likeness, usize)>| {
            found.into_iter().map(|(likeness, row)| (likeness, self.member_row(row))).collect()
        };
        wanted.best().into_iter().map(rows).collect()
    }

    /// Active people without a link that these members may be, at most three for each, the likeliest first.
    pub fn suggest_employees(&self, members: &[MemberRow]) -> Vec<Vec<(Likeness, EmployeeRow)>> {
        let mut wanted = Wanted::of(members.iter().map(keys_of_member));
        for row in (0..self.links.len()).filter(|row| self.links[*row] == NONE) {
            if self.directory.employee_status(row) == EmployeeStatus::Active {
                wanted.meet(row, self.directory.likeness_of(row));
            }
        }
        let rows = |found: Vec<(Likeness, usize)>| {
            found.into_iter().map(|(likeness, row)| (likeness, self.directory.employee_row(row))).collect()
        };
        wanted.best().into_iter().map(rows).collect()
    }

    /// Whether a person has a link.
    pub fn is_bound(&self, employee: &EmployeeId) -> bool {
        self.directory.find_row(employee).is_some_and(|row| self.links[row] != NONE)
    }

    /// Whether a member has a link.
    pub fn is_member_bound(&self, userid: &UserId) -> bool {
        self.base.members.find(userid).is_some_and(|row| self.base.members.links[row] != NONE)
    }
}

/// A member as somebody types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserLookup {
    /// The member that is meant.
    One(UserId),
    /// Members that have this name, at most fifty; none, where nobody has it.
    Several(Vec<UserId>),
}

impl MirrorView {
    /// The member of this userid, or the only one of this name.
    pub fn lookup_member(&self, typed: &str) -> UserLookup {
        if let Some(row) = self.base.members.find(&UserId::from(typed)) {
            return UserLookup::One(self.member_row(row).userid);
        }
        let query = MemberQuery { search: typed.to_owned(), ..MemberQuery::default() };
        let named = self.rows(&query).filter(|row| row.name.as_deref() == Some(typed));
        let mut named: Vec<UserId> = named.map(|row| row.userid).take(50).collect();
        match (named.len(), named.pop()) {
            (1, Some(userid)) => UserLookup::One(userid),
            (_, last) => {
                named.extend(last);
                UserLookup::Several(named)
            }
        }
    }
}

fn keys_of_employee(row: &EmployeeRow) -> Keys {
    let mut keys: Keys = [
        (Likeness::Account, row.id.as_str()),
        (Likeness::Account, &row.account),
        (Likeness::Account, &row.employee_no),
        (Likeness::Mobile, &row.mobile),
        (Likeness::Email, &row.email),
        (Likeness::Name, &row.name),
    ]
    .into_iter()
    .filter_map(fold)
    .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn keys_of_member(row: &MemberRow) -> Keys {
    let name = row.name.as_deref().unwrap_or_default();
    let values = [
        (Likeness::Account, row.userid.as_str()),
        (Likeness::Mobile, &row.mobile),
        (Likeness::Email, &row.email),
        (Likeness::Name, name),
    ];
    values.into_iter().filter_map(fold).collect()
}

fn fold((likeness, value): (Likeness, &str)) -> Option<(Likeness, Text)> {
    let mut folded = String::new();
    fold_into(value.trim(), &mut folded);
    key((likeness, &folded))
}

/// A value in lower case as a key; empty ones are alike to nothing.
pub(in crate::browse) fn key((likeness, folded): (Likeness, &str)) -> Option<(Likeness, Text)> {
    (!folded.is_empty()).then(|| (likeness, Text::from(folded)))
}

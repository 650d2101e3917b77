//! Who may belong together among those without a link: equal names, mobiles, e-mail addresses, accounts. Suggestions
//! for a person who decides; nobody is linked by them.

use super::members::{MemberQuery, MemberRow};
use super::{MirrorView, NONE};
use crate::browse::cells::fold_into;
use crate::browse::directory::EmployeeRow;
use crate::model::{EmployeeId, EmployeeStatus, Text, UserId};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

/// Suggestions for one row.
const PER_ROW: usize = 3;
/// Rows that are looked at for one value.
const PER_KEY: usize = 12;

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

/// Rows of one side without a link by what they may agree in: hashes of their values in order, each with its row. Made
/// when somebody first asks; then a page of people costs a few looks into it, however many members there are.
#[derive(Debug, Default)]
pub(super) struct Alike(OnceLock<Box<[(u64, u32)]>>);

impl Alike {
    /// `values` tells the values of a row; `None` for one that is not offered.
    fn get<'v, V>(&self, rows: usize, values: impl Fn(usize) -> Option<V>) -> &[(u64, u32)]
    where
        V: IntoIterator<Item = (Likeness, &'v str)>,
    {
        self.0.get_or_init(|| {
            let mut all = Vec::new();
            for row in 0..rows {
                let values = values(row).into_iter().flatten().filter(|(_, value)| !value.is_empty());
                all.extend(values.map(|value| (hash(value), row as u32)));
            }
            all.sort_unstable();
            all.dedup();
            all.into()
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.get().map_or(0, |all| size_of_val::<[_]>(all))
    }
}

fn hash((likeness, value): (Likeness, &str)) -> u64 {
    let mut hasher = DefaultHasher::new();
    (likeness as u8, value).hash(&mut hasher);
    hasher.finish()
}

/// The best rows for these values: what agrees, the strongest first, and the row. `agrees` compares a row's values, for
/// equal hashes are no proof.
fn best(
    index: &[(u64, u32)],
    keys: &[(Likeness, Text)],
    agrees: impl Fn(usize, (Likeness, &str)) -> bool,
) -> Vec<(Likeness, usize)> {
    let mut found: Vec<(Likeness, usize)> = Vec::new();
    for (likeness, value) in keys {
        let wanted = hash((*likeness, value));
        let from = index.partition_point(|(hash, _)| *hash < wanted);
        let equal = index[from..].iter().take_while(|(hash, _)| *hash == wanted).map(|(_, row)| *row as usize);
        // a row that agrees in several is met again, so more are looked at than are kept
        found.extend(equal.filter(|row| agrees(*row, (*likeness, value))).take(PER_KEY).map(|row| (*likeness, row)));
    }
    found.sort_unstable();
    let mut kept: Vec<(Likeness, usize)> = Vec::with_capacity(PER_ROW);
    for one in found {
        if kept.len() < PER_ROW && kept.iter().all(|(_, row)| *row != one.1) {
            kept.push(one);
        }
    }
    kept
}

impl MirrorView {
    fn member_values(&self, row: usize) -> [(Likeness, &str); 4] {
        let cells = |column| self.base.members.cells.folded(row, column);
        [
            (Likeness::Account, cells(super::base::cell::USERID)),
            (Likeness::Mobile, cells(super::base::cell::MOBILE)),
            (Likeness::Email, cells(super::base::cell::EMAIL)),
            (Likeness::Name, cells(super::base::cell::NAME)),
        ]
    }

    /// Members without a link that these people may be, at most three for each, the likeliest first.
    pub fn suggest_members(&self, people: &[EmployeeRow]) -> Vec<Vec<(Likeness, MemberRow)>> {
        let is_open = |row: usize| self.base.members.links[row] == NONE;
        let index =
            self.alike_members.get(self.base.members.len(), |row| is_open(row).then(|| self.member_values(row)));
        let of = |person: &EmployeeRow| {
            let found = best(index, &keys_of_employee(person), |row, key| self.member_values(row).contains(&key));
            found.into_iter().map(|(likeness, row)| (likeness, self.member_row(row))).collect()
        };
        people.iter().map(of).collect()
    }

    /// Active people without a link that these members may be, at most three for each, the likeliest first.
    pub fn suggest_employees(&self, members: &[MemberRow]) -> Vec<Vec<(Likeness, EmployeeRow)>> {
        let is_open =
            |row: usize| self.links[row] == NONE && self.directory.employee_status(row) == EmployeeStatus::Active;
        let index =
            self.alike_people.get(self.links.len(), |row| is_open(row).then(|| self.directory.likeness_of(row)));
        let of = |member: &MemberRow| {
            let found = best(index, &keys_of_member(member), |row, key| self.directory.likeness_of(row).contains(&key));
            found.into_iter().map(|(likeness, row)| (likeness, self.directory.employee_row(row))).collect()
        };
        members.iter().map(of).collect()
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

/// Values by which rows are compared, in lower case; empty ones are alike to nothing.
fn keys_of_employee(row: &EmployeeRow) -> Vec<(Likeness, Text)> {
    let mut keys: Vec<(Likeness, Text)> = [
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

fn keys_of_member(row: &MemberRow) -> Vec<(Likeness, Text)> {
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
    (!folded.is_empty()).then(|| (likeness, Text::from(folded.as_str())))
}

//! The list of members.

use super::base::cell;
use super::naming::Naming;
use super::{MirrorView, NONE};
use crate::browse::bits::Bits;
use crate::browse::cells::Needle;
use crate::browse::collate;
use crate::browse::error::BrowseError;
use crate::browse::list::{self, Orders, Page, Paging, Sorted};
use crate::browse::outline::Branch;
use crate::model::{BindingOrigin, DepartmentId, EmployeeId, EmployeeStatus, MemberStatus, RemovalCause, Text, UserId};
use serde::{Deserialize, Serialize};

/// A column that sorts the members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after what they hold")]
pub enum MemberColumn {
    #[default]
    Userid,
    Name,
    Mobile,
    Email,
    Position,
    /// The main department's name.
    Department,
    Status,
    /// The linked person's name.
    Employee,
    /// When the link was made.
    BoundAt,
    /// When the member was disabled by us.
    DisabledAt,
}

pub(super) const COLUMNS: usize = MemberColumn::ALL.len();

impl MemberColumn {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Userid,
        Self::Name,
        Self::Mobile,
        Self::Email,
        Self::Position,
        Self::Department,
        Self::Status,
        Self::Employee,
        Self::BoundAt,
        Self::DisabledAt,
    ];
}

impl From<MemberColumn> for usize {
    fn from(column: MemberColumn) -> Self {
        column as Self
    }
}

/// A status to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusFilter {
    /// 已激活
    Activated,
    /// 已禁用
    Disabled,
    /// 未激活
    NotActivated,
    /// 退出企业
    Left,
    /// Another number, or not known.
    Other,
}

impl StatusFilter {
    /// Which filter finds this status.
    pub fn of(status: Option<MemberStatus>) -> Self {
        match status {
            Some(MemberStatus::Activated) => Self::Activated,
            Some(MemberStatus::Disabled) => Self::Disabled,
            Some(MemberStatus::NotActivated) => Self::NotActivated,
            Some(MemberStatus::Left) => Self::Left,
            Some(MemberStatus::Other(_)) | None => Self::Other,
        }
    }
}

/// Which members are listed. The default is everybody, by userid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberQuery {
    /// Part of a userid, name, alias, mobile or e-mail, case ignored; empty = everybody.
    pub search: String,
    /// Only members of this branch.
    pub department: Option<Branch<DepartmentId>>,
    /// Of the branch only its topmost department, nothing below it.
    pub department_only: bool,
    /// Only members with this status.
    pub status: Option<StatusFilter>,
    /// Only linked members, or only others.
    pub bound: Option<bool>,
    /// Only members whose name was answered so: unreadable, a placeholder …
    pub naming: Option<Naming>,
    /// Only members on their way out, or only others.
    pub removing: Option<bool>,
    /// Only members whose details were read, or only others.
    pub has_details: Option<bool>,
    /// Order and page.
    pub paging: Paging<MemberColumn>,
}

/// A member of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberRow {
    /// As WeCom writes it.
    pub userid: UserId,
    /// Name as WeCom answered it; `None` when it could not be read.
    pub name: Option<Text>,
    /// Whether the name is a name.
    pub naming: Naming,
    /// Alias.
    pub alias: Text,
    /// Mobile number; empty also where it could not be read.
    pub mobile: Text,
    /// E-mail address, the personal one before the corp's; empty also where it could not be read.
    pub email: Text,
    /// Job title; empty also where it could not be read.
    pub position: Text,
    /// Status; `None` when it is not known.
    pub status: Option<MemberStatus>,
    /// Departments, in WeCom's order. Some may be outside what could be read and are not here.
    pub departments: Vec<DepartmentRef>,
    /// Whether details were read (`false`: only userid and departments are known).
    pub has_details: bool,
    /// The linked person.
    pub employee: Option<EmployeeRef>,
    /// Where the link came from.
    pub origin: Option<BindingOrigin>,
    /// When it was made, Unix milliseconds.
    pub bound_at_ms: Option<i64>,
    /// Why the member is on its way out, where it is.
    pub removal: Option<RemovalCause>,
    /// When we disabled it, Unix milliseconds.
    pub disabled_at_ms: Option<i64>,
}

/// A department of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DepartmentRef {
    /// Id.
    pub id: DepartmentId,
    /// Name; `None` when it could not be read.
    pub name: Option<Text>,
    /// Whether the member heads it.
    pub is_leader: bool,
    /// Whether it is the main one.
    pub is_main: bool,
}

/// A person that something is linked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmployeeRef {
    /// Id.
    pub id: EmployeeId,
    /// Name; `None` when the directory does not have the person any more.
    pub name: Option<Text>,
    /// Status; `None` when the directory does not have the person any more.
    pub status: Option<EmployeeStatus>,
}

impl MirrorView {
    /// One page of the members.
    ///
    /// # Errors
    /// [`BrowseError::BadCursor`].
    pub fn page(&self, query: &MemberQuery) -> Result<Page<MemberRow>, BrowseError> {
        let page = list::page(&MemberList(self), &query.paging, &self.wanted(query))?;
        Ok(page.map(|row| self.member_row(row)))
    }

    /// All members of the list, from the first one on; for exports.
    pub fn rows(&self, query: &MemberQuery) -> impl Iterator<Item = MemberRow> + '_ {
        let rows = list::rows(&MemberList(self), &self.member_orders, &query.paging, self.wanted(query));
        rows.map(|row| self.member_row(row))
    }

    /// The members whom somebody may mean by a text: those of this very name, and those linked with people of this id, name,
    /// account or employee number; at most `limit`.
    pub fn members_called(&self, typed: &str, limit: usize) -> Vec<UserId> {
        let Some(needle) = Needle::new(typed) else { return Vec::new() };
        let itself = EmployeeId::from(typed);
        let people = std::iter::once(itself).chain(self.directory.people_called(typed, limit));
        let links = people.filter_map(|id| self.directory.find_row(&id)).map(|row| self.links[row]);
        let linked = links.filter(|link| *link != NONE).map(|link| self.base.bindings.cells.get(link as usize, 1));
        let cells = &self.base.members.cells;
        let hits = cells.search(&needle);
        let named = hits.iter().filter(|row| cells.get(*row, cell::NAME) == typed);
        let named = named.map(|row| cells.get(row, cell::USERID));
        let mut found: Vec<UserId> = Vec::new();
        for userid in linked.chain(named).map(UserId::from) {
            if found.len() < limit && !found.contains(&userid) {
                found.push(userid);
            }
        }
        found
    }

    /// A member; `None` when it is not in the mirror. Case is ignored.
    pub fn member(&self, userid: &UserId) -> Option<MemberRow> {
        self.base.members.find(userid).map(|row| self.member_row(row))
    }

    fn wanted(&self, query: &MemberQuery) -> Bits {
        let (members, bindings) = (&self.base.members, &self.base.bindings);
        let mut wanted = match Needle::new(&query.search) {
            Some(needle) => members.cells.search(&needle),
            None => Bits::all(members.len()),
        };
        if let Some(branch) = &query.department {
            let Some(top) = self.node_of(branch) else { return Bits::none(members.len()) };
            let tree = &self.base.departments.tree;
            let mut places = tree.branch(top);
            if query.department_only {
                places.end = places.start + 1;
            }
            let takes_lost = tree.stray() == Some(top);
            let within = |node: u32| if node == NONE { takes_lost } else { places.contains(&tree.place(node)) };
            wanted.retain(|row| {
                let nodes = members.places(row);
                nodes.iter().any(|(node, _)| within(*node)) || takes_lost && nodes.is_empty()
            });
        }
        if let Some(status) = query.status {
            wanted.retain(|row| StatusFilter::of(members.statuses[row]) == status);
        }
        if let Some(bound) = query.bound {
            wanted.retain(|row| (members.links[row] != NONE) == bound);
        }
        if let Some(naming) = query.naming {
            wanted.retain(|row| members.naming[row] == naming);
        }
        if let Some(removing) = query.removing {
            let is_removing = |link: u32| link != NONE && bindings.removal(link as usize).is_some();
            wanted.retain(|row| is_removing(members.links[row]) == removing);
        }
        if let Some(has_details) = query.has_details {
            wanted.retain(|row| members.has_details[row] == has_details);
        }
        wanted
    }

    pub(in crate::browse) fn members_len(&self) -> usize {
        self.base.members.len()
    }

    pub(in crate::browse) fn find_member(&self, userid: &UserId) -> Option<usize> {
        self.base.members.find(userid)
    }

    /// `None` when the name could not be read.
    pub(in crate::browse) fn member_name(&self, row: usize) -> Option<&str> {
        self.base.members.name(row)
    }

    /// The main department, or the first one.
    pub(in crate::browse) fn member_home(&self, row: usize) -> Option<DepartmentId> {
        let home = Some(self.base.members.homes[row]).filter(|home| *home != NONE)?;
        Some(DepartmentId(self.department_id(home)))
    }

    pub(in crate::browse) fn is_row_bound(&self, row: usize) -> bool {
        self.base.members.links[row] != NONE
    }

    /// The person that a member is linked with, where the directory has it.
    pub(in crate::browse) fn member_employee(&self, row: usize) -> Option<usize> {
        let link = Some(self.base.members.links[row]).filter(|link| *link != NONE)?;
        Some(self.employees[link as usize]).filter(|row| *row != NONE).map(|row| row as usize)
    }

    pub(super) fn employee_ref(&self, binding: usize) -> EmployeeRef {
        let id = EmployeeId::from(self.base.bindings.employee(binding));
        let row = Some(self.employees[binding]).filter(|row| *row != NONE).map(|row| row as usize);
        EmployeeRef {
            id,
            name: row.map(|row| Text::from(self.directory.employee_name(row))),
            status: row.map(|row| self.directory.employee_status(row)),
        }
    }

    pub(super) fn member_row(&self, row: usize) -> MemberRow {
        let members = &self.base.members;
        let text = |column: usize| Text::from(members.cells.get(row, column));
        let link = Some(members.links[row]).filter(|link| *link != NONE).map(|link| link as usize);
        let bindings = &self.base.bindings;
        let removal = link.and_then(|link| bindings.removal(link));
        let home = members.homes[row];
        let places = members.places(row).iter().filter(|(node, _)| *node != NONE);
        let department = |(node, is_leader): &(u32, bool)| DepartmentRef {
            id: DepartmentId(self.base.departments.ids[*node as usize]),
            name: self.department_name(*node),
            is_leader: *is_leader,
            is_main: *node == home,
        };
        MemberRow {
            userid: UserId(text(cell::USERID)),
            name: members.name(row).map(Text::from),
            naming: members.naming[row],
            alias: text(cell::ALIAS),
            mobile: text(cell::MOBILE),
            email: text(cell::EMAIL),
            position: Text::from(members.positions.get(row)),
            status: members.statuses[row],
            departments: places.map(department).collect(),
            has_details: members.has_details[row],
            employee: link.map(|link| self.employee_ref(link)),
            origin: link.map(|link| bindings.origins[link]),
            bound_at_ms: link.map(|link| bindings.bound_at_ms[link]),
            removal: removal.map(|(cause, _)| cause),
            disabled_at_ms: removal.and_then(|(_, at_ms)| at_ms),
        }
    }
}

/// Appends a moment, so that what has none comes first.
pub(super) fn push_moment(at_ms: Option<i64>, out: &mut Vec<u8>) {
    let Some(at_ms) = at_ms else { return };
    out.extend_from_slice(&(at_ms as u64 ^ 1 << 63).to_be_bytes());
}

struct MemberList<'v>(&'v MirrorView);

impl Sorted for MemberList<'_> {
    fn len(&self) -> usize {
        self.0.base.members.len()
    }

    fn push_key(&self, column: usize, row: usize, out: &mut Vec<u8>) {
        let (view, members, bindings) = (self.0, &self.0.base.members, &self.0.base.bindings);
        let link = Some(members.links[row]).filter(|link| *link != NONE).map(|link| link as usize);
        let cell = match MemberColumn::ALL.get(column).copied().unwrap_or_default() {
            // rows are in the order of their userids
            MemberColumn::Userid => return,
            MemberColumn::Name => cell::NAME,
            MemberColumn::Mobile => cell::MOBILE,
            MemberColumn::Email => cell::EMAIL,
            MemberColumn::Position => return collate::push_folded_key(members.positions.folded(row), out),
            MemberColumn::Department => {
                let home = members.homes[row];
                if home != NONE {
                    collate::push_folded_key(view.base.departments.names.folded(home as usize, 0), out);
                    collate::push_end(out);
                    out.extend_from_slice(&view.base.departments.ids[home as usize].to_be_bytes());
                }
                return;
            }
            MemberColumn::Status => return out.push(StatusFilter::of(members.statuses[row]) as u8),
            MemberColumn::Employee => {
                let employee = link.map(|link| view.employees[link]).filter(|employee| *employee != NONE);
                if let Some(employee) = employee {
                    collate::push_key(view.directory.employee_name(employee as usize), out);
                }
                return;
            }
            MemberColumn::BoundAt => return push_moment(link.map(|link| bindings.bound_at_ms[link]), out),
            MemberColumn::DisabledAt => {
                return push_moment(link.and_then(|link| bindings.removal(link)).and_then(|(_, at_ms)| at_ms), out);
            }
        };
        collate::push_folded_key(members.cells.folded(row, cell), out);
    }

    fn push_id(&self, row: usize, out: &mut Vec<u8>) {
        let userid = self.0.base.members.cells.get(row, cell::USERID);
        out.extend(userid.bytes().map(|byte| byte.to_ascii_lowercase()));
    }

    fn orders(&self) -> &Orders {
        &self.0.member_orders
    }
}

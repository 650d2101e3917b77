//! The links of people with both sides' names, the people without one, and the cases that wait for a person.

use super::members::push_moment;
use super::{EmployeeRef, MirrorView, NONE};
use crate::browse::bits::Bits;
use crate::browse::cells::Needle;
use crate::browse::collate;
use crate::browse::directory::{EmployeeQuery, EmployeeRow, UnitRef};
use crate::browse::error::BrowseError;
use crate::browse::list::{self, Orders, Page, Paging, Sorted};
use crate::model::{BindingOrigin, EmployeeId, EmployeeStatus, RemovalCause, ResolveCase, Text, UserId};
use serde::{Deserialize, Serialize};

/// A column that sorts the links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after what they hold")]
pub enum BindingColumn {
    /// The person's id.
    #[default]
    Employee,
    /// The person's name.
    EmployeeName,
    Userid,
    /// The member's name.
    MemberName,
    Origin,
    BoundAt,
    DisabledAt,
}

pub(super) const COLUMNS: usize = BindingColumn::ALL.len();

impl BindingColumn {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Employee,
        Self::EmployeeName,
        Self::Userid,
        Self::MemberName,
        Self::Origin,
        Self::BoundAt,
        Self::DisabledAt,
    ];
}

impl From<BindingColumn> for usize {
    fn from(column: BindingColumn) -> Self {
        column as Self
    }
}

/// What is remarkable about a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Nothing: the person is active and the member is there.
    Whole,
    /// The person has departed.
    Departed,
    /// The directory does not have the person any more.
    EmployeeGone,
    /// The mirror does not have the member.
    MemberGone,
}

/// Which links are listed. The default is all, by employee id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BindingQuery {
    /// Part of an id or name of either side (and of what the lists of people and members look into), case ignored.
    pub search: String,
    /// Only links of this state.
    pub state: Option<LinkState>,
    /// Only links that came from here.
    pub origin: Option<BindingOrigin>,
    /// Only links whose member is on its way out, or only others.
    pub removing: Option<bool>,
    /// Order and page.
    pub paging: Paging<BindingColumn>,
}

/// A link of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BindingRow {
    /// OA side.
    pub employee: EmployeeRef,
    /// The person's main unit.
    pub unit: Option<UnitRef>,
    /// WeCom side.
    pub userid: UserId,
    /// The member's name; `None` when it could not be read or the member is not there.
    pub member_name: Option<Text>,
    /// What is remarkable.
    pub state: LinkState,
    /// Where it came from.
    pub origin: BindingOrigin,
    /// When it was made, Unix milliseconds.
    pub bound_at_ms: i64,
    /// Why the member is on its way out, where it is.
    pub removal: Option<RemovalCause>,
    /// When we disabled it, Unix milliseconds.
    pub disabled_at_ms: Option<i64>,
}

/// A person and the member that the person is linked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonRow {
    /// What the list of people shows.
    pub employee: EmployeeRow,
    /// The member.
    pub userid: Option<UserId>,
}

/// A case that the match rules could not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseRow {
    /// Names the case in addresses.
    pub key: String,
    /// The rule, e.g. `mobile = mobile`.
    pub rule: Text,
    /// The value that is not unique.
    pub value: Text,
    /// All unlinked people that have it.
    pub employees: Vec<CaseEmployee>,
    /// All unlinked members that have it.
    pub members: Vec<CaseMember>,
}

/// A person of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseEmployee {
    /// Id.
    pub id: EmployeeId,
    /// What the list of people shows; `None` when the directory does not have the person any more.
    pub row: Option<EmployeeRow>,
}

/// A member of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseMember {
    /// As WeCom writes it.
    pub userid: UserId,
    /// What the list of members shows; `None` when the mirror does not have it.
    pub row: Option<super::MemberRow>,
}

impl MirrorView {
    /// One page of the links.
    ///
    /// # Errors
    /// [`BrowseError::BadCursor`].
    pub fn bindings(&self, query: &BindingQuery) -> Result<Page<BindingRow>, BrowseError> {
        let page = list::page(&BindingList(self), &query.paging, &self.wanted_bindings(query))?;
        Ok(page.map(|row| self.binding_row(row)))
    }

    /// All links of the list, from the first one on; for exports.
    pub fn binding_rows(&self, query: &BindingQuery) -> impl Iterator<Item = BindingRow> + '_ {
        let rows = list::rows(&BindingList(self), &self.binding_orders, &query.paging, self.wanted_bindings(query));
        rows.map(|row| self.binding_row(row))
    }

    /// The link of a person.
    pub fn binding(&self, employee: &EmployeeId) -> Option<BindingRow> {
        self.base.bindings.cells.find(0, employee.as_str()).map(|row| self.binding_row(row))
    }

    /// One page of the people, of those with a link, or of those without one. Unless the query says otherwise, departed
    /// people are among them.
    ///
    /// # Errors
    /// [`BrowseError::BadCursor`].
    pub fn people(&self, query: &EmployeeQuery, bound: Option<bool>) -> Result<Page<PersonRow>, BrowseError> {
        let page = list::page(&*self.directory, &query.paging, &self.wanted_people(query, bound))?;
        Ok(page.map(|row| self.person_row(row)))
    }

    /// All people of such a list, from the first one on; for exports.
    pub fn people_rows(&self, query: &EmployeeQuery, bound: Option<bool>) -> impl Iterator<Item = PersonRow> + '_ {
        let wanted = self.wanted_people(query, bound);
        let rows = list::rows(&*self.directory, self.directory.orders(), &query.paging, wanted);
        rows.map(|row| self.person_row(row))
    }

    /// One page of the people without a link. Unless the query says otherwise, departed people are among them.
    ///
    /// # Errors
    /// [`BrowseError::BadCursor`].
    pub fn unbound_employees(&self, query: &EmployeeQuery) -> Result<Page<EmployeeRow>, BrowseError> {
        Ok(self.people(query, Some(false))?.map(|person| person.employee))
    }

    /// All people of the list without a link, from the first one on; for exports.
    pub fn unbound_employee_rows(&self, query: &EmployeeQuery) -> impl Iterator<Item = EmployeeRow> + '_ {
        self.people_rows(query, Some(false)).map(|person| person.employee)
    }

    /// A case with what is known about its people and members.
    pub fn case(&self, case: &ResolveCase) -> CaseRow {
        CaseRow {
            key: case.key(),
            rule: case.rule.clone(),
            value: case.value.clone(),
            employees: case
                .employees
                .iter()
                .map(|id| CaseEmployee { id: id.clone(), row: self.directory.employee(id) })
                .collect(),
            members: case
                .members
                .iter()
                .map(|userid| CaseMember { userid: userid.clone(), row: self.member(userid) })
                .collect(),
        }
    }

    fn wanted_people(&self, query: &EmployeeQuery, bound: Option<bool>) -> Bits {
        let mut wanted = self.directory.wanted(query);
        if let Some(bound) = bound {
            wanted.retain(|row| (self.links[row] != NONE) == bound);
        }
        wanted
    }

    fn person_row(&self, row: usize) -> PersonRow {
        let link = Some(self.links[row]).filter(|link| *link != NONE);
        let userid = link.map(|link| UserId::from(self.base.bindings.cells.get(link as usize, 1)));
        PersonRow { employee: self.directory.employee_row(row), userid }
    }

    fn wanted_bindings(&self, query: &BindingQuery) -> Bits {
        let bindings = &self.base.bindings;
        let mut wanted = match Needle::new(&query.search) {
            None => Bits::all(bindings.len()),
            Some(needle) => {
                let mut hits = bindings.cells.search(&needle);
                let people = self.directory.search(&needle).iter().map(|row| self.links[row]).collect::<Vec<_>>();
                let members = self.base.members.cells.search(&needle);
                let members = members.iter().map(|row| self.base.members.links[row]);
                people
                    .into_iter()
                    .chain(members)
                    .filter(|link| *link != NONE)
                    .for_each(|link| hits.insert(link as usize));
                hits
            }
        };
        if let Some(state) = query.state {
            wanted.retain(|row| self.link_state(row) == state);
        }
        if let Some(origin) = query.origin {
            wanted.retain(|row| bindings.origins[row] == origin);
        }
        if let Some(removing) = query.removing {
            wanted.retain(|row| bindings.removal(row).is_some() == removing);
        }
        wanted
    }

    fn link_state(&self, row: usize) -> LinkState {
        match self.employees[row] {
            NONE => LinkState::EmployeeGone,
            _ if self.base.bindings.members[row] == NONE => LinkState::MemberGone,
            employee => match self.directory.employee_status(employee as usize) {
                EmployeeStatus::Active => LinkState::Whole,
                EmployeeStatus::Departed => LinkState::Departed,
            },
        }
    }

    fn binding_row(&self, row: usize) -> BindingRow {
        let bindings = &self.base.bindings;
        let removal = bindings.removal(row);
        let member = Some(bindings.members[row]).filter(|member| *member != NONE);
        let employee = Some(self.employees[row]).filter(|employee| *employee != NONE);
        BindingRow {
            employee: self.employee_ref(row),
            unit: employee.map(|employee| self.directory.main_unit(employee as usize)),
            userid: UserId::from(bindings.cells.get(row, 1)),
            member_name: member.and_then(|member| self.base.members.name(member as usize)).map(Text::from),
            state: self.link_state(row),
            origin: bindings.origins[row],
            bound_at_ms: bindings.bound_at_ms[row],
            removal: removal.map(|(cause, _)| cause),
            disabled_at_ms: removal.and_then(|(_, at_ms)| at_ms),
        }
    }
}

struct BindingList<'v>(&'v MirrorView);

impl Sorted for BindingList<'_> {
    fn len(&self) -> usize {
        self.0.base.bindings.len()
    }

    fn push_key(&self, column: usize, row: usize, out: &mut Vec<u8>) {
        let (view, bindings) = (self.0, &self.0.base.bindings);
        match BindingColumn::ALL.get(column).copied().unwrap_or_default() {
            // rows are in the order of their people's ids
            BindingColumn::Employee => {}
            BindingColumn::EmployeeName => {
                if view.employees[row] != NONE {
                    collate::push_key(view.directory.employee_name(view.employees[row] as usize), out);
                }
            }
            BindingColumn::Userid => collate::push_folded_key(bindings.cells.folded(row, 1), out),
            BindingColumn::MemberName => {
                if bindings.members[row] != NONE {
                    let name = view.base.members.name(bindings.members[row] as usize);
                    collate::push_key(name.unwrap_or_default(), out);
                }
            }
            BindingColumn::Origin => out.push(bindings.origins[row] as u8),
            BindingColumn::BoundAt => push_moment(Some(bindings.bound_at_ms[row]), out),
            BindingColumn::DisabledAt => push_moment(bindings.removal(row).and_then(|(_, at_ms)| at_ms), out),
        }
    }

    fn push_id(&self, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.base.bindings.employee(row).as_bytes());
    }

    fn orders(&self) -> &Orders {
        &self.0.binding_orders
    }
}

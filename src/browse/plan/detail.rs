//! What differs, change by change: pairs of texts with the names of what they refer to.

use super::{ChangeKind, Colour, PlanPlace, PlanView};
use crate::browse::error::BrowseError;
use crate::browse::outline::Branch;
use crate::model::{
    Action, BindingOrigin, Change, DepartmentId, DepartmentImage, EmployeeId, MemberField, MemberImage, Membership,
    RemovalCause, Reversible, Text, UnitId, UserId,
};
use crate::store::{self, ReadTx, StoreError};
use serde::Serialize;
use std::collections::BTreeSet;

/// Stands between the names of a path.
const STEP: &str = " / ";
/// Stands between several values.
const AND: &str = "; ";
/// Marks the departments that a member heads.
const HEADS: &str = " ★";

/// A change as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeRow {
    /// Its place in the order of application.
    pub seq: u32,
    /// What it does.
    pub kind: ChangeKind,
    /// In which colour it is shown.
    pub colour: Colour,
    /// The name of whom or what it is about.
    pub name: Text,
    /// The person.
    pub employee: Option<EmployeeId>,
    /// The unit.
    pub unit: Option<UnitId>,
    /// The member.
    pub userid: Option<UserId>,
    /// The department.
    pub department: Option<DepartmentId>,
    /// Where it stands in the tree.
    pub branch: Branch<PlanPlace>,
    /// Names from the top down to there.
    pub path: Vec<Text>,
    /// Why, as a stable code.
    pub reason: Text,
    /// Why somebody is removed.
    pub cause: Option<RemovalCause>,
    /// The match rule of a new link.
    pub rule: Option<Text>,
    /// Where a new link of departments comes from.
    pub origin: Option<BindingOrigin>,
    /// Whether a new member is invited.
    pub invite: Option<bool>,
    /// How far an undo reaches.
    pub reversible: Reversible,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `name`, `parent`, `order`, `memberships`, `main_department`, `direct_leader`, `enable`, or the name of a member
    /// field.
    pub field: String,
    /// Before; `None` when there was nothing or it could not be read.
    pub before: Option<String>,
    /// After; `None` when there is nothing any more.
    pub after: Option<String>,
}

impl PlanView {
    /// Reads the changes of these rows.
    pub(super) fn change_rows(&self, rows: &[usize]) -> Result<Vec<ChangeRow>, BrowseError> {
        let read = self.store.read(|tx| {
            let mut list = Vec::with_capacity(rows.len());
            for row in rows {
                let change = store::plans::change(tx, &self.id, *row as u32)?;
                let change =
                    change.ok_or_else(|| StoreError::not_found(format!("change {row} of plan {}", self.id)))?;
                list.push(self.change_row(tx, change)?);
            }
            Ok(list)
        });
        read.map_err(|error| match error {
            StoreError::NotFound { .. } => BrowseError::NoPlan(self.id.clone()),
            other => other.into(),
        })
    }

    fn change_row(&self, tx: &ReadTx, change: Change) -> Result<ChangeRow, StoreError> {
        let kind = ChangeKind::of(&change.action);
        let node = self.changes.nodes[change.seq as usize];
        let mut row = ChangeRow {
            seq: change.seq,
            kind,
            colour: kind.colour(),
            name: Text::from(self.changes.cells.get(change.seq as usize, super::cell::NAME)),
            employee: None,
            unit: None,
            userid: None,
            department: None,
            branch: self.branch_of(node),
            path: self.names_to(node),
            reason: change.reason,
            cause: None,
            rule: None,
            origin: None,
            invite: None,
            reversible: change.reversible,
            differences: Vec::new(),
        };
        match change.action {
            Action::CreateDepartment { unit, department, after } => {
                (row.unit, row.department) = (Some(unit), Some(department));
                row.differences = self.of_departments(None, Some(&after));
            }
            Action::CreateDisabledDepartment { department, after } => {
                row.department = Some(department);
                row.differences = self.of_departments(None, Some(&after));
            }
            Action::UpdateDepartment { unit, department, before, after } => {
                (row.unit, row.department) = (unit, Some(department));
                row.differences = self.of_departments(Some(&before), Some(&after));
            }
            Action::DeleteDepartment { unit, department, before } => {
                (row.unit, row.department) = (unit, Some(department));
                row.differences = self.of_departments(Some(&before), None);
            }
            Action::BindDepartment { unit, department, origin } => {
                (row.unit, row.department, row.origin) = (Some(unit), Some(department), Some(origin));
            }
            Action::UnbindDepartment { unit, department } => {
                (row.unit, row.department) = (Some(unit), Some(department));
            }
            Action::CreateMember { employee, userid, after, invite } => {
                row.differences = self.of_members(tx, None, Some(&after))?;
                (row.employee, row.userid, row.invite) = (Some(employee), Some(userid), Some(invite));
            }
            Action::UpdateMember { employee, userid, before, after }
            | Action::EnableMember { employee, userid, before, after } => {
                row.differences = self.of_members(tx, Some(&before), Some(&after))?;
                (row.employee, row.userid) = (Some(employee), Some(userid));
            }
            Action::DisableMember { employee, userid, cause, before, after } => {
                row.differences = self.of_members(tx, Some(&before), Some(&after))?;
                (row.employee, row.userid, row.cause) = (employee, Some(userid), Some(cause));
            }
            Action::DeleteMember { employee, userid, cause, before } => {
                row.differences = self.of_members(tx, Some(&before), None)?;
                (row.employee, row.userid, row.cause) = (employee, Some(userid), Some(cause));
            }
            Action::BindMember { employee, userid, rule } => {
                (row.employee, row.userid, row.rule) = (Some(employee), Some(userid), Some(rule));
            }
            Action::UnbindMember { employee, userid } => {
                (row.employee, row.userid) = (Some(employee), Some(userid));
            }
            Action::RecordRemoval { employee, userid, cause } => {
                (row.employee, row.userid, row.cause) = (Some(employee), Some(userid), cause);
            }
        }
        Ok(row)
    }

    fn of_departments(&self, before: Option<&DepartmentImage>, after: Option<&DepartmentImage>) -> Vec<Difference> {
        let mut differences = Differences::new(after.is_none());
        let text = |image: Option<&DepartmentImage>| image.and_then(|image| image.name.as_ref()).map(Text::to_string);
        differences.add("name", text(before), text(after));
        let parent =
            |image: Option<&DepartmentImage>| image.and_then(|image| image.parent).map(|id| self.path_text(id));
        differences.add("parent", parent(before), parent(after));
        let order =
            |image: Option<&DepartmentImage>| image.and_then(|image| image.order).map(|order| order.to_string());
        differences.add("order", order(before), order(after));
        differences.list
    }

    fn of_members(
        &self,
        tx: &ReadTx,
        before: Option<&MemberImage>,
        after: Option<&MemberImage>,
    ) -> Result<Vec<Difference>, StoreError> {
        let mut differences = Differences::new(after.is_none());
        let images = [before, after];
        let fields: BTreeSet<&MemberField> = images
            .iter()
            .flatten()
            .flat_map(|image| image.fields.iter())
            .map(|(field, _)| field)
            .filter(|field| !field.is_marker())
            .collect();
        for field in fields {
            let [before, after] = images.map(|image| image?.fields.get(field).map(Text::to_string));
            differences.add(&field.path(), before, after);
        }
        let [was, is] = images.map(|image| image?.memberships.as_ref().map(|places| self.places_text(places)));
        differences.add("memberships", was, is);
        let [was, is] = images.map(|image| image?.main_department.map(|id| self.path_text(id)));
        differences.add("main_department", was, is);
        let leaders = |image: Option<&MemberImage>| match image.and_then(|image| image.direct_leader.as_ref()) {
            Some(leaders) => self.leaders_text(tx, leaders).map(Some),
            None => Ok(None),
        };
        differences.add("direct_leader", leaders(before)?, leaders(after)?);
        let [was, is] = images.map(|image| image?.enable.map(|enable| enable.to_string()));
        differences.add("enable", was, is);
        Ok(differences.list)
    }

    /// Names from the top down to a department; its number when nothing is known of it.
    fn path_text(&self, id: DepartmentId) -> String {
        match self.node_of_department(id) {
            Some(node) => self.names_to(node).join(STEP),
            None => format!("#{id}"),
        }
    }

    fn places_text(&self, places: &[Membership]) -> String {
        let place = |place: &Membership| {
            let mark = if place.is_leader { HEADS } else { "" };
            format!("{}{mark}", self.path_text(place.department))
        };
        places.iter().map(place).collect::<Vec<_>>().join(AND)
    }

    fn leaders_text(&self, tx: &ReadTx, leaders: &[UserId]) -> Result<String, StoreError> {
        let mut texts = Vec::with_capacity(leaders.len());
        for userid in leaders {
            let member = store::mirror::find_member(tx, &self.corp, userid)?;
            let name = member.as_ref().and_then(|member| member.fields.get(&MemberField::Name));
            texts.push(name.map_or_else(|| userid.to_string(), |name| format!("{name} ({userid})")));
        }
        Ok(texts.join(AND))
    }
}

/// The fields that differ. Of an update only what is written counts; of a removal everything that was.
struct Differences {
    list: Vec<Difference>,
    is_removal: bool,
}

impl Differences {
    fn new(is_removal: bool) -> Self {
        Self { list: Vec::new(), is_removal }
    }

    fn add(&mut self, field: &str, before: Option<String>, after: Option<String>) {
        let counts = if self.is_removal { before.is_some() } else { after.is_some() && before != after };
        if counts {
            self.list.push(Difference { field: field.to_owned(), before, after });
        }
    }
}

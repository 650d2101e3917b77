//! The inverse of member changes.

use super::State;
use crate::model::{
    Action, DepartmentId, EmployeeId, Fields, Leaver, Member, MemberBinding, MemberField, MemberImage, MemberStatus,
    Membership, RemovalCause, Text, UserId,
};
use crate::sync::members::removals::{enabled, known};
use crate::sync::members::{limits, lists};
use crate::sync::plan::Step;
use hashbrown::HashSet;

fn places(memberships: &[Membership]) -> HashSet<DepartmentId> {
    memberships.iter().map(|membership| membership.department).collect()
}

/// Whether somebody has changed what the member is in its departments, as far as details are read: a plan that
/// takes it for unchanged would be refused as drift.
fn is_seated_otherwise(member: &Member, written: &[Membership], main: Option<DepartmentId>) -> bool {
    let same = |seat: &Membership| member.memberships.iter().any(|shown| shown == seat);
    member.has_details
        && (!written.iter().all(same)
            || main.is_some() && member.main_department.is_some_and(|shown| Some(shown) != main))
}

fn same_people(one: &[UserId], other: &[UserId]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_same(other))
}

impl<'a> State<'_, 'a> {
    /// The member, while it is still linked with the employee.
    fn linked(&self, employee: &EmployeeId, userid: &UserId) -> Option<(&'a Member, &'a MemberBinding)> {
        let member = self.target.find_member(userid.as_str()).map(|at| self.target.members[at])?;
        let binding = self.target.binding_of_userid(userid.as_str())?;
        (binding.employee == *employee).then_some((member, binding))
    }

    /// Takes back a creation. Who has activated WeCom since has a history there that a deletion would destroy: such a
    /// member is disabled where leavers are, and a guard holds the plan in any case.
    pub(super) fn take_back_member(&mut self, employee: &EmployeeId, userid: &UserId) {
        let Some((member, binding)) = self.linked(employee, userid) else {
            return self.skip(userid, "it does not exist any more or is linked with somebody else");
        };
        let is_untouched = self.sees_status && member.status == Some(MemberStatus::NotActivated);
        if !is_untouched {
            self.undone_activated += 1;
            let disables = self.options.leaver == Leaver::Disable;
            self.notices.add("undo.activated", &userid.0, || {
                let activated = match member.status {
                    Some(MemberStatus::Activated) if self.sees_status => "has activated WeCom",
                    _ => "may have activated WeCom",
                };
                let then = if disables {
                    "it is disabled instead of deleted, so that it can be enabled again"
                } else {
                    "it is deleted with its history there, for good"
                };
                format!("member {userid} {activated} since the run created it: {then}")
            });
            if disables {
                return self.disable_created(employee, member);
            }
        }
        let reason = if is_untouched { "undo.created" } else { "undo.created_activated" };
        for membership in &member.memberships {
            self.count_below(membership.department, -1);
        }
        self.steps.push(Step {
            action: Action::DeleteMember {
                employee: Some(employee.clone()),
                userid: member.userid.clone(),
                cause: RemovalCause::Undo,
                before: known(member, Some(binding)),
            },
            reason,
        });
    }

    fn disable_created(&mut self, employee: &EmployeeId, member: &Member) {
        if enabled(member) == Some(false) {
            return self.skip(&member.userid, "it is disabled already");
        }
        self.steps.push(Step {
            action: Action::DisableMember {
                employee: Some(employee.clone()),
                userid: member.userid.clone(),
                cause: RemovalCause::Undo,
                before: MemberImage { enable: enabled(member), ..MemberImage::default() },
                after: MemberImage { enable: Some(false), ..MemberImage::default() },
            },
            reason: "undo.created_activated",
        });
    }

    /// What of `after` still stands and can be given back, as (now, then).
    fn back(
        &mut self,
        member: &Member,
        binding: &MemberBinding,
        before: &MemberImage,
        after: &MemberImage,
    ) -> (MemberImage, MemberImage) {
        let mut now = MemberImage::default();
        let mut then = MemberImage::default();
        for (field, written) in after.fields.iter() {
            // what only went along with its list was not changed
            if field.is_marker() || field.list().is_some() && before.fields.get(field) == Some(written) {
                continue;
            }
            let shown = member.fields.get(field).or_else(|| binding.pushed.get(field).map(|pushed| &pushed.value));
            if shown.is_some_and(|shown| !limits::is_same(field, shown, written)) {
                self.skip(&member.userid, &format!("{} was changed since", field.path()));
                continue;
            }
            match before.fields.get(field) {
                Some(old) => {
                    now.fields.insert(field.clone(), written.clone());
                    then.fields.insert(field.clone(), old.clone());
                }
                None if lists::is_told(before, field) => {
                    then.fields.insert(field.clone(), Text::default());
                }
                None => self.skip(&member.userid, &format!("the former {} was not readable", field.path())),
            }
        }
        for field in lists::complete(self.sight, member, &mut now, &mut then) {
            self.skip(&member.userid, &lists::left_out(&field));
        }
        if let (Some(old), Some(written)) = (&before.memberships, &after.memberships) {
            let old: Vec<Membership> = old.iter().filter(|place| self.exists(place.department)).cloned().collect();
            if places(&member.memberships) != places(written) {
                self.skip(&member.userid, "its departments were changed since");
            } else if is_seated_otherwise(member, written, after.main_department) {
                self.skip(&member.userid, "its order, headship or main department was changed since");
            } else if old.is_empty() {
                self.skip(&member.userid, "its former departments do not exist any more");
            } else {
                for membership in written {
                    self.count_below(membership.department, -1);
                }
                for membership in &old {
                    self.count_below(membership.department, 1);
                }
                now.memberships = Some(written.clone());
                now.main_department = after.main_department;
                let main = before.main_department.filter(|main| old.iter().any(|place| place.department == *main));
                then.main_department = main.or_else(|| old.first().map(|place| place.department));
                then.memberships = Some(old);
            }
        }
        if let (Some(old), Some(written)) = (&before.direct_leader, &after.direct_leader) {
            if member.direct_leader.as_ref().is_some_and(|shown| !same_people(shown, written)) {
                self.skip(&member.userid, "its superior was changed since");
                return (now, then);
            }
            let is_there = |leader: &&UserId| {
                self.target.find_member(leader.as_str()).is_some() || self.reborn.contains(&leader.folded())
            };
            let old: Vec<UserId> = old.iter().filter(is_there).cloned().collect();
            now.direct_leader = Some(written.clone());
            then.direct_leader = Some(old);
        }
        (now, then)
    }

    pub(super) fn restore_member(
        &mut self,
        employee: &EmployeeId,
        userid: &UserId,
        before: &MemberImage,
        after: &MemberImage,
    ) {
        if self.doomed.contains(&userid.folded()) {
            return;
        }
        let Some((member, binding)) = self.linked(employee, userid) else {
            return self.skip(userid, "it does not exist any more or is linked with somebody else");
        };
        let (now, then) = self.back(member, binding, before, after);
        if then == MemberImage::default() {
            return;
        }
        let at = self.steps.len();
        match self.updates.get(&userid.folded()).copied() {
            // the second pass of superiors was undone before: one update does both
            Some(earlier) => {
                if let Some(Step { action: Action::UpdateMember { before, after, .. }, .. }) =
                    self.steps.get_mut(earlier)
                {
                    merge(before, now);
                    merge(after, then);
                }
            }
            None => {
                self.updates.insert(userid.folded(), at);
                let userid = member.userid.clone();
                let action = Action::UpdateMember { employee: employee.clone(), userid, before: now, after: then };
                self.steps.push(Step { action, reason: "undo.changed" });
            }
        }
    }

    pub(super) fn enable_member(
        &mut self,
        employee: &EmployeeId,
        userid: &UserId,
        before: &MemberImage,
        after: &MemberImage,
    ) {
        let Some((member, binding)) = self.linked(employee, userid) else {
            return self.skip(userid, "it does not exist any more or is linked with somebody else");
        };
        let is_ours = binding.removal.as_ref().is_some_and(|removal| removal.disabled_at_ms.is_some());
        if enabled(member) == Some(true) || !is_ours && enabled(member).is_none() {
            return self.skip(userid, "it is enabled again");
        }
        let Some(was_enabled) = before.enable else {
            return self
                .skip(userid, "nobody could read whether it was enabled before: enable it in the WeCom console");
        };
        let (mut now, mut then) = self.back(member, binding, before, after);
        now.enable = Some(false);
        then.enable = Some(was_enabled);
        let userid = member.userid.clone();
        let employee = employee.clone();
        let action = Action::EnableMember { employee, userid, before: now, after: then };
        self.steps.push(Step { action, reason: "undo.disabled" });
    }

    pub(super) fn disable_member(
        &mut self,
        employee: &EmployeeId,
        userid: &UserId,
        before: &MemberImage,
        after: &MemberImage,
    ) {
        let Some((member, binding)) = self.linked(employee, userid) else {
            return self.skip(userid, "it does not exist any more or is linked with somebody else");
        };
        if enabled(member) == Some(false) {
            return self.skip(userid, "it is disabled again");
        }
        let (mut now, mut then) = self.back(member, binding, before, after);
        // a second pass of superiors on the same member goes along
        if let Some(earlier) = self.updates.remove(&userid.folded())
            && let Some(Step { action: Action::UpdateMember { before, after, .. }, .. }) = self.steps.get(earlier)
        {
            let (earlier_now, earlier_then) = (before.clone(), after.clone());
            merge(&mut now, earlier_now);
            merge(&mut then, earlier_then);
            self.steps.remove(earlier);
            self.updates.values_mut().filter(|at| **at > earlier).for_each(|at| *at -= 1);
        }
        now.enable = Some(true);
        then.enable = Some(false);
        self.steps.push(Step {
            action: Action::DisableMember {
                employee: Some(employee.clone()),
                userid: member.userid.clone(),
                cause: RemovalCause::Undo,
                before: now,
                after: then,
            },
            reason: "undo.enabled",
        });
    }

    pub(super) fn recreate_member(&mut self, employee: &EmployeeId, userid: &UserId, before: &MemberImage) {
        if self.target.find_member(userid.as_str()).is_some() {
            return self.skip(userid, "it exists again");
        }
        if self.target.binding_of_employee(employee.as_str()).is_some() {
            return self.skip(userid, "its employee is linked with another member now");
        }
        let mut image = MemberImage { enable: before.enable.filter(|enable| !enable), ..MemberImage::default() };
        image.fields = before
            .fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect::<Fields<_>>();
        let places: Vec<Membership> =
            before.memberships.iter().flatten().filter(|place| self.exists(place.department)).cloned().collect();
        let has = |field| image.fields.get(&field).is_some();
        if !has(MemberField::Name) || !(has(MemberField::Mobile) || has(MemberField::Email)) {
            return self.skip(userid, "neither mobile nor e-mail of the deleted member were readable");
        }
        let Some(first) = places.first().map(|place| place.department) else {
            return self.skip(userid, "its former departments do not exist any more");
        };
        for place in &places {
            self.count_below(place.department, 1);
        }
        image.main_department =
            Some(before.main_department.filter(|main| places.iter().any(|p| p.department == *main)).unwrap_or(first));
        image.memberships = Some(places);
        self.reborn.insert(userid.folded());
        let action =
            Action::CreateMember { employee: employee.clone(), userid: userid.clone(), after: image, invite: false };
        self.steps.push(Step { action, reason: "undo.deleted" });
    }

    pub(super) fn unbind_member(&mut self, employee: &EmployeeId, userid: &UserId) {
        match self.linked(employee, userid) {
            Some((member, _)) => {
                let userid = member.userid.clone();
                let action = Action::UnbindMember { employee: employee.clone(), userid };
                self.steps.push(Step { action, reason: "undo.bound" });
            }
            None => self.skip(userid, "it is linked with somebody else now"),
        }
    }

    pub(super) fn bind_member(&mut self, employee: &EmployeeId, userid: &UserId) {
        let is_free = self.target.binding_of_employee(employee.as_str()).is_none()
            && self.target.binding_of_userid(userid.as_str()).is_none()
            && self.target.find_member(userid.as_str()).is_some();
        if is_free {
            let rule = crate::model::Text::const_new("undo");
            let action = Action::BindMember { employee: employee.clone(), userid: userid.clone(), rule };
            self.steps.push(Step { action, reason: "undo.unbound" });
        } else {
            self.skip(userid, "one of the two sides is linked with somebody else now");
        }
    }

    pub(super) fn forget_removal(&mut self, employee: &EmployeeId, userid: &UserId, has_begun: bool) {
        if has_begun && self.linked(employee, userid).is_some_and(|(_, binding)| binding.removal.is_some()) {
            let action = Action::RecordRemoval { employee: employee.clone(), userid: userid.clone(), cause: None };
            self.steps.push(Step { action, reason: "undo.recorded" });
        }
    }
}

fn merge(image: &mut MemberImage, more: MemberImage) {
    for (field, value) in more.fields {
        image.fields.insert(field, value);
    }
    image.memberships = more.memberships.or(image.memberships.take());
    image.main_department = more.main_department.or(image.main_department.take());
    image.direct_leader = more.direct_leader.or(image.direct_leader.take());
    image.enable = more.enable.or(image.enable);
}

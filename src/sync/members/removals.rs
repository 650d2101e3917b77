//! Who leaves: disable, later delete; or delete at once (DIR-46, DIR-47, DIR-48, DIR-53, BEY-05).
//!
//! Only linked members that the mirror shows are ever touched. The last administrator of the OA stays (DIR-21). Who is out
//! of scope and was linked by a rule but never written by the bridge is let go of, not removed: the link was a guess of
//! ours, and the person was in WeCom before and without us.

use crate::model::{
    Action, BindingOrigin, DownstreamOptions, Leaver, Member, MemberBinding, MemberImage, MemberStatus, Membership,
    OutOfScope, Removal, RemovalCause,
};
use crate::model::{DepartmentId, Fields};
use crate::sync::error::utc;
use crate::sync::notices::Notices;
use crate::sync::scope::Verdict;
use crate::sync::source::Source;
use crate::sync::target::Target;

const DAY_MS: i64 = 86_400_000;
/// A member that WeCom shows as enabled although we disabled it is disabled once more after this time, then never again.
const REPEAT_AFTER_MS: i64 = DAY_MS;

/// One removal before the department for disabled members is known.
pub struct Leaving<'a> {
    /// The binding.
    pub binding: &'a MemberBinding,
    /// The member as the mirror shows it.
    pub member: &'a Member,
    /// Why.
    pub cause: RemovalCause,
    /// Whether it is deleted rather than disabled.
    pub is_deleted: bool,
    /// The stable code of the reason.
    pub reason: &'static str,
}

/// Finds everybody who is to be disabled or deleted now, by employee id.
pub fn find<'a>(
    options: &DownstreamOptions,
    source: &Source<'a>,
    target: &Target<'a>,
    verdicts: &[Verdict],
    now_ms: i64,
    notices: &mut Notices,
) -> Vec<Leaving<'a>> {
    let mut leaving = Vec::new();
    for binding in &target.bindings {
        let at = source.find_employee(binding.employee.as_str());
        let cause = match at.map(|at| verdicts[at]) {
            None | Some(Verdict::Departed) => RemovalCause::Departed,
            Some(verdict) if verdict.is_out_of_scope() => RemovalCause::OutOfScope,
            Some(_) => continue,
        };
        if cause == RemovalCause::OutOfScope && is_never_written(binding) {
            continue;
        }
        let disables = match (cause, options.leaver, options.out_of_scope) {
            (RemovalCause::OutOfScope, _, OutOfScope::Keep) => continue,
            (RemovalCause::OutOfScope, _, policy) => policy == OutOfScope::Disable,
            (_, policy, _) => policy == Leaver::Disable,
        };
        let Some(member) = target.find_member(binding.userid.as_str()).map(|at| target.members[at]) else {
            if !target.is_complete {
                notices.add("member.not_visible", &binding.userid.0, || {
                    "to be removed, but not in the visible range: nothing is done".into()
                });
            }
            continue;
        };
        if member.status == Some(MemberStatus::Left) {
            continue;
        }
        let stage = if disables {
            stage(options.delete_after_days, binding.removal.as_ref(), member, now_ms)
        } else {
            Stage::Delete { waited: false }
        };
        let is_deleted = match stage {
            Stage::Wait => continue,
            Stage::NotApplied { disabled_at_ms, repeats } => {
                notices.add("removal.not_applied", &binding.userid.0, || {
                    not_applied(&binding.userid, disabled_at_ms, repeats)
                });
                continue;
            }
            Stage::Disable => false,
            Stage::Delete { .. } => true,
        };
        let waited = matches!(stage, Stage::Delete { waited: true });
        let reason = match (cause, waited) {
            (RemovalCause::OutOfScope, false) => "employee.out_of_scope",
            (RemovalCause::OutOfScope, true) => "employee.out_of_scope_long",
            (_, false) => "employee.departed",
            (_, true) => "employee.departed_long",
        };
        if !options.remove {
            notices.add("removal.switched_off", &binding.userid.0, || {
                "would be disabled or deleted, but removing is switched off".into()
            });
            continue;
        }
        leaving.push(Leaving { binding, member, cause, is_deleted, reason });
    }
    keep_last_admin(&mut leaving, source, target, verdicts, notices);
    leaving
}

/// The links that a rule made and nothing was ever written over, of people who are out of scope now, by employee id. With
/// [`OutOfScope::Keep`] they stay.
pub fn find_unlinked<'a>(
    options: &DownstreamOptions,
    source: &Source<'_>,
    target: &Target<'a>,
    verdicts: &[Verdict],
) -> Vec<&'a MemberBinding> {
    if options.out_of_scope == OutOfScope::Keep {
        return Vec::new();
    }
    let is_out = |binding: &MemberBinding| {
        source.find_employee(binding.employee.as_str()).is_some_and(|at| verdicts[at].is_out_of_scope())
    };
    target.bindings.iter().filter(|binding| is_never_written(binding) && is_out(binding)).copied().collect()
}

/// Whether the bridge has only found this pair by a rule and left no trace in WeCom.
fn is_never_written(binding: &MemberBinding) -> bool {
    binding.origin == BindingOrigin::Rule
        && binding.pushed.is_empty()
        && binding.placed.is_none()
        && binding.removal.is_none()
}

/// What the life cycle says now.
enum Stage {
    /// Nothing to do yet.
    Wait,
    /// We disabled the member, and WeCom shows that it is not.
    NotApplied { disabled_at_ms: i64, repeats: u32 },
    /// Its turn to be disabled.
    Disable,
    /// Its turn to be deleted, at once or after its time as a disabled member.
    Delete { waited: bool },
}

/// Where a member stands on its way from disabled to deleted.
fn stage(delete_after_days: u32, removal: Option<&Removal>, member: &Member, now_ms: i64) -> Stage {
    let Some((removal, at)) = removal.and_then(|removal| Some((removal, removal.disabled_at_ms?))) else {
        return Stage::Disable;
    };
    match member.status {
        // only a member that is seen to be disabled is deleted: an unknown status proves nothing
        Some(MemberStatus::Disabled) => {
            let due_ms = at.saturating_add(i64::from(delete_after_days).saturating_mul(DAY_MS));
            if delete_after_days > 0 && now_ms >= due_ms { Stage::Delete { waited: true } } else { Stage::Wait }
        }
        None => Stage::Wait,
        // writing the same again at every run would never end: once more, then it is a person's turn
        Some(_) if removal.repeats == 0 && now_ms >= at.saturating_add(REPEAT_AFTER_MS) => Stage::Disable,
        Some(_) => Stage::NotApplied { disabled_at_ms: at, repeats: removal.repeats },
    }
}

fn not_applied(userid: &crate::model::UserId, disabled_at_ms: i64, repeats: u32) -> String {
    let then = if repeats == 0 {
        "it is disabled once more a day after that, if it still is not by then"
    } else {
        "it is not disabled a third time: disable it in the WeCom console, or find out who enables it"
    };
    format!(
        "member {userid} was disabled at {}, but WeCom still shows it as enabled: the change was not applied there, or \
         somebody took it back; {then}",
        utc(disabled_at_ms)
    )
}

/// Keeps one administrator when the plan would remove all that are left.
fn keep_last_admin(
    leaving: &mut Vec<Leaving<'_>>,
    source: &Source<'_>,
    target: &Target<'_>,
    verdicts: &[Verdict],
    notices: &mut Notices,
) {
    let is_admin = |leaving: &Leaving<'_>| {
        source.find_employee(leaving.binding.employee.as_str()).is_some_and(|at| source.employees[at].admin)
    };
    let Some(first) = leaving.iter().position(is_admin) else { return };
    // somebody who is only about to be linked or created does not count: that may fail
    let stays = source.employees.iter().enumerate().filter(|(_, employee)| employee.admin).any(|(at, employee)| {
        let is_leaving = leaving.iter().any(|leaving| leaving.binding.employee == employee.id);
        let binding = target.binding_of_employee(employee.id.as_str()).filter(|_| !is_leaving);
        let member = binding.and_then(|binding| target.find_member(binding.userid.as_str()));
        verdicts[at] != Verdict::Departed && member.is_some_and(|member| !target.members[member].is_disabled())
    });
    if !stays {
        let kept = leaving.remove(first);
        notices.add("admin.last_kept", &kept.binding.employee, || {
            format!("the last administrator stays: member {} is not removed", kept.binding.userid)
        });
    }
}

/// The change for one removal; `disabled` is the department for disabled members.
pub fn change(leaving: &Leaving<'_>, disabled: Option<DepartmentId>) -> Action {
    let Leaving { binding, member, cause, is_deleted, .. } = leaving;
    let employee = Some(binding.employee.clone());
    let userid = member.userid.clone();
    if *is_deleted {
        return Action::DeleteMember { employee, userid, cause: *cause, before: known(member, Some(binding)) };
    }
    let mut before = MemberImage { enable: enabled(member), ..MemberImage::default() };
    let mut after = MemberImage { enable: Some(false), ..MemberImage::default() };
    if let Some(department) = disabled
        && member.memberships.iter().any(|membership| membership.department != department)
    {
        before.memberships = Some(member.memberships.clone());
        before.main_department = member.main_department;
        after.memberships = Some(vec![Membership { department, order: 0, is_leader: false }]);
        after.main_department = Some(department);
    }
    Action::DisableMember { employee, userid, cause: *cause, before, after }
}

/// Whether a member is enabled, as far as known.
pub fn enabled(member: &Member) -> Option<bool> {
    member.status.map(|status| status != MemberStatus::Disabled)
}

/// Everything that is known of a member: what the mirror shows, else what we last wrote.
pub fn known(member: &Member, binding: Option<&MemberBinding>) -> MemberImage {
    let mut fields: Fields<_> = member.fields.clone();
    for (field, pushed) in binding.iter().flat_map(|binding| binding.pushed.iter()) {
        if fields.get(field).is_none() {
            fields.insert(field.clone(), pushed.value.clone());
        }
    }
    let placed = binding.and_then(|binding| binding.placed.as_deref());
    MemberImage {
        fields,
        memberships: Some(member.memberships.clone()),
        main_department: member.main_department.or_else(|| placed.and_then(|placed| placed.main_department)),
        direct_leader: member.direct_leader.clone().or_else(|| placed.and_then(|placed| placed.direct_leader.clone())),
        enable: enabled(member),
    }
}

//! The plan of one downstream run.
//!
//! Order of application: links of departments, departments top-down, links of members, creations, updates,
//! re-activations, superiors, disabling, deleting, and last the departments that end up empty, bottom-up.

mod counts;
mod disabled;
mod empty_departments;
pub(in crate::sync) mod exchange;
mod people;

pub use counts::count;

use super::departments::{self, Layout};
use super::impact::Impact;
use super::input::{Draft, PlanInput, PlanRefusal};
use super::members::lists;
use super::members::people::{self as links, Links};
use super::members::removals;
use super::notices::Notices;
use super::scope::{self, ScopeRules, Scoped};
use super::source::Source;
use super::target::Target;
use super::{blast, blind, budget, columns, guard, hash, invariants};
use crate::model::{Action, BindingOrigin, Budget, Change, Member, Reversible, Text};

/// One change without its place in the order.
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) reason: &'static str,
}

/// Everything that the parts of a plan look at.
pub(super) struct World<'p, 'a> {
    pub(super) input: &'p PlanInput<'a>,
    pub(super) source: &'p Source<'a>,
    pub(super) target: &'p Target<'a>,
    pub(super) scoped: &'p Scoped,
    pub(super) links: &'p Links,
    pub(super) layout: &'p Layout,
}

/// Computes everything that one downstream run would do.
///
/// Deterministic: the order of the input's slices has no influence. An `Err` means that nothing may be done; a draft
/// that is held ([`Draft::is_held`]) or not sound ([`Draft::is_sound`]) must not be applied as it stands.
pub fn plan(input: &PlanInput<'_>) -> Result<Draft, PlanRefusal> {
    plan_noting(input, Notices::default())
}

/// As [`plan`], with a collection of notices that may list every one.
pub(super) fn plan_noting(input: &PlanInput<'_>, mut notices: Notices) -> Result<Draft, PlanRefusal> {
    let options = &input.corp.downstream;
    let source = Source::build(input)?;
    let target = Target::build(input)?;
    let rules = ScopeRules::compile(options, &source)?;
    columns::check(input.corp, &source, &rules)?;
    let scoped = scope::apply(&rules, options, &source, &mut notices);
    scope::refuse_nobody(&scoped.verdicts, &source, input.member_bindings.len())?;
    let links = links::link(input.corp, &source, &target, &scoped.verdicts)?;
    for case in &links.cases {
        notices.add("match.ambiguous", case.key(), || {
            let (employees, members) = (case.employees.len(), case.members.len());
            if case.is_single() {
                return "one employee and one member have this value, but members who cannot be read, or not in detail, may \
                        have it too; nobody is linked until a person decides"
                    .into();
            }
            format!(
                "{employees} employees and {members} members have this value; nobody is linked until a person decides"
            )
        });
    }
    let layout = departments::lay_out(
        input,
        &source,
        &target,
        &scoped.needed,
        &|| links::evidence(&source, &target, &links),
        &mut notices,
    )?;
    let world = World { input, source: &source, target: &target, scoped: &scoped, links: &links, layout: &layout };

    let mut steps: Vec<Step> = Vec::new();
    for (unit, department) in &layout.unbind {
        let action = Action::UnbindDepartment { unit: unit.clone(), department: *department };
        steps.push(Step { action, reason: "department.taken_over" });
    }
    for (at, department) in &layout.bind {
        let unit = source.units[*at].unit.id.clone();
        let action = Action::BindDepartment { unit, department: *department, origin: BindingOrigin::Position };
        steps.push(Step { action, reason: "unit.same_name" });
    }
    let scheduled = departments::schedule(&layout, &source, &target);
    steps.extend(scheduled.into_iter().map(|step| Step { action: step.action, reason: step.reason }));

    let now_ms = input.facts.now_ms;
    let leaving = removals::find(options, &source, &target, &scoped.verdicts, now_ms, &mut notices);
    let disables = leaving.iter().any(|leaving| !leaving.is_deleted);
    let disabled = disabled::find(&world, disables, &mut notices)?;
    steps.extend(disabled.step);
    people::plan_people(&world, disabled.department, &leaving, &mut steps, &mut notices)?;
    for binding in removals::find_unlinked(options, &source, &target, &scoped.verdicts) {
        let action = Action::UnbindMember { employee: binding.employee.clone(), userid: binding.userid.clone() };
        steps.push(Step { action, reason: "employee.out_of_scope_unlinked" });
    }
    for deleted in [false, true] {
        for leaving in leaving.iter().filter(|leaving| leaving.is_deleted == deleted) {
            let action = removals::change(leaving, disabled.department);
            steps.push(Step { action, reason: leaving.reason });
        }
    }
    empty_departments::delete(&world, disabled.department, &mut steps, &mut notices);
    let steps = exchange::arrange(steps, exchange::Deletions::Last, &target, &links.spoken_for, &mut notices);
    Ok(finish(&world, steps, notices, disabled.next_id))
}

fn finish(world: &World<'_, '_>, steps: Vec<Step>, mut notices: Notices, next_id: u64) -> Draft {
    let input = world.input;
    let changes = number(steps);
    let looks = blind::reads(&changes, input, world.target);
    let budget = budget::estimate(input, &changes, looks);
    let impact = Impact::of(&changes, world.target);
    let known = guard::Known {
        source: world.source.active as u64,
        previous_source: input.facts.previous_source_employees,
        unread_creations: unread_creations(input, world, &changes),
        is_after_undo: input.facts.is_after_undo,
        ..known(input, world.target, &impact, &budget)
    };
    let options_hash = hash::of_options(input.corp);
    let blast = blast::radius(Some(world.source), world.target, &impact);
    drop(impact);
    blast::tell(&blast, input.corp.key.as_str(), &mut notices);
    blind::tell(&changes, input, world.target, &mut notices);
    tell_seats(input, &changes, &mut notices);
    Draft {
        counts: count(&changes),
        guards: guard::check(&input.corp.downstream.guard, &changes, known),
        invariants: invariants::check(input, &changes),
        budget,
        blast,
        offers: world.layout.offers.clone(),
        resolve: world.links.cases.clone(),
        source_employees: world.source.active as u64,
        hash: hash::of_plan(&changes, &options_hash),
        options_hash,
        largest_department_id: u32::try_from(next_id - 1).unwrap_or(u32::MAX),
        notices: notices.finish(),
        changes,
    }
}

/// How many of the created people may be there already: unlinked members that cannot be read in detail, of whom a rule that
/// compares more than userids cannot tell whose they are.
fn unread_creations(input: &PlanInput<'_>, world: &World<'_, '_>, changes: &[Change]) -> u64 {
    let is_told_by_userid = input.corp.match_rules.iter().all(|rule| rule.member == "userid");
    if is_told_by_userid || !input.corp.pull.auto_bind {
        return 0;
    }
    let creations = changes.iter().filter(|change| matches!(change.action, Action::CreateMember { .. })).count();
    if creations == 0 {
        return 0;
    }
    let is_unread = |(at, member): &(usize, &&Member)| {
        !member.has_details && world.target.binding_of_member(*at).is_none() && !world.links.spoken_for.contains(at)
    };
    creations.min(world.target.members.iter().enumerate().filter(is_unread).count()) as u64
}

/// What the guards of a plan and of an undo know alike.
pub(super) fn known(input: &PlanInput<'_>, target: &Target<'_>, impact: &Impact<'_>, budget: &Budget) -> guard::Known {
    let creates = budget.creations_30_days > input.facts.creations_30_days;
    guard::Known {
        bound_members: input.member_bindings.iter().filter(|binding| !binding.is_disabled()).count() as u64,
        removals_30_days: input.facts.removals_30_days,
        clock_skew_s: input.facts.clock_skew_s,
        unseen: impact.unseen,
        renamed_departments_percent: impact.renamed_departments_percent(target),
        changed_heads_percent: impact.changed_heads_percent(target),
        moves_percent: impact.moves_percent(target),
        cleared_percent: impact.cleared_percent(target),
        changed_percent: impact.changed_percent(target),
        deleted_departments_percent: impact.deleted_departments_percent(target),
        creations: budget.creation_cap.map(|cap| (if creates { budget.creations_30_days } else { 0 }, cap)),
        ..guard::Known::default()
    }
}

/// Tells when the plan creates more members than there are seats left; WeCom would refuse the last of them.
fn tell_seats(input: &PlanInput<'_>, changes: &[Change], notices: &mut Notices) {
    let seats = u64::from(input.corp.quota.seats);
    let (created, deleted) = changes.iter().fold((0_u64, 0_u64), |(created, deleted), change| match change.action {
        Action::CreateMember { .. } => (created + 1, deleted),
        Action::DeleteMember { .. } => (created, deleted + 1),
        _ => (created, deleted),
    });
    let then = (input.members.len() as u64 + created).saturating_sub(deleted);
    if seats > 0 && created > 0 && then > seats {
        notices.add("creation.seats", input.corp.key.as_str(), || {
            format!(
                "the corp would have {then} members, but its account limit is {seats}: WeCom refuses what is over it"
            )
        });
    }
}

/// Numbers the steps and labels how far each can be undone.
pub(super) fn number(steps: Vec<Step>) -> Vec<Change> {
    let mut changes: Vec<Change> = steps
        .into_iter()
        .enumerate()
        .map(|(seq, step)| Change {
            seq: u32::try_from(seq).unwrap_or(u32::MAX),
            reversible: reversible(&step.action),
            action: step.action,
            reason: Text::const_new(step.reason),
        })
        .collect();
    exchange::label(&mut changes);
    changes
}

/// How far an undo of this change reaches.
pub fn reversible(action: &Action) -> Reversible {
    match action {
        Action::DeleteMember { .. } => Reversible::No,
        Action::DeleteDepartment { .. } => Reversible::Partly,
        Action::UpdateMember { before, after, .. } | Action::EnableMember { before, after, .. } => {
            let texts = after
                .fields
                .iter()
                .all(|(field, _)| before.fields.get(field).is_some() || lists::is_told(before, field));
            let leaders = after.direct_leader.is_none() || before.direct_leader.is_some();
            if texts && leaders { Reversible::Yes } else { Reversible::Partly }
        }
        Action::UpdateDepartment { before, after, .. } if after.name.is_some() && before.name.is_none() => {
            Reversible::Partly
        }
        _ => Reversible::Yes,
    }
}

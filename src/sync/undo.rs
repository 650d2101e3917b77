//! Undo as a new plan (BEY-01): the inverse of what a run has done, last change first, as far as the present state
//! still is what the run left behind. What somebody changed since is left alone and named.

mod departments;
mod members;

use super::impact::Impact;
use super::input::{Draft, PlanInput, PlanRefusal};
use super::members::lists::Sight;
use super::notices::Notices;
use super::plan::exchange::{self, FREED};
use super::plan::{Step, count, known, number};
use super::source::Source;
use super::target::Target;
use super::{blast, blind, budget, guard, hash, invariants};
use crate::model::{Change, DepartmentId, DownstreamOptions, ReadStrategy, UnitId, UserId};
use hashbrown::{HashMap, HashSet};

/// The state while the inverse is put together: the mirror and the bindings with the steps so far applied.
struct State<'p, 'a> {
    target: &'p Target<'a>,
    options: &'p DownstreamOptions,
    /// Whether statuses are read at all; otherwise they are what we remember of our own writes.
    sees_status: bool,
    /// Which lists of attributes are read.
    sight: Sight,
    /// Members that go although they have, or may have, activated WeCom since the run created them.
    undone_activated: u64,
    notices: Notices,
    steps: Vec<Step>,
    /// Departments that this undo creates again or deletes.
    exists: HashMap<DepartmentId, bool>,
    parents: HashMap<DepartmentId, DepartmentId>,
    /// Departments that have a name by this undo.
    renamed: HashSet<DepartmentId>,
    /// Units linked or unlinked by this undo.
    units: HashMap<UnitId, Option<DepartmentId>>,
    /// How many members and departments are directly below a department.
    below: HashMap<DepartmentId, i64>,
    /// Members (folded) that this undo deletes in the end.
    doomed: HashSet<crate::model::Text>,
    /// Members (folded) that this undo creates again.
    reborn: HashSet<crate::model::Text>,
    /// Where in `steps` the update of a member stands.
    updates: HashMap<crate::model::Text, usize>,
}

/// Plans the undo of the changes of a run for which `is_done` says that WeCom has them.
///
/// The input is the present state: pull before. The draft passes the guards like any other; its steps may create
/// departments with their old ids, so that memberships can be restored.
pub fn undo(input: &PlanInput<'_>, changes: &[Change], is_done: impl Fn(u32) -> bool) -> Result<Draft, PlanRefusal> {
    let target = Target::build(input)?;
    let done: Vec<&Change> = changes.iter().filter(|change| is_done(change.seq)).collect();
    let mut state = State::new(&target, &done, input);
    // what was freed for somebody else and written again since is given back with the later writing
    let written_again: HashSet<crate::model::Text> = done
        .iter()
        .filter(|change| change.reason != FREED)
        .filter_map(|change| match &change.action {
            crate::model::Action::UpdateMember { userid, after, .. }
            | crate::model::Action::EnableMember { userid, after, .. }
                if !after.fields.is_empty() =>
            {
                Some(userid.folded())
            }
            _ => None,
        })
        .collect();
    for change in done.iter().rev() {
        let is_passing = change.reason == FREED
            && matches!(&change.action, crate::model::Action::UpdateMember { userid, .. }
                if written_again.contains(&userid.folded()));
        if !is_passing {
            state.invert(change);
        }
    }
    let State { steps, mut notices, undone_activated, .. } = state;
    let steps = exchange::arrange(steps, exchange::Deletions::GiveAway, &target, &HashSet::new(), &mut notices);
    let changes = number(steps);
    let source = Source::build(input).ok();
    let active = source.as_ref().map_or(0, |source| source.active as u64);
    let looks = blind::reads(&changes, input, &target);
    let budget = budget::estimate(input, &changes, looks);
    let impact = Impact::of(&changes, &target);
    let known = guard::Known {
        source: active,
        undone_activated: Some(undone_activated),
        ..known(input, &target, &impact, &budget)
    };
    let blast = blast::radius(source.as_ref(), &target, &impact);
    drop(impact);
    blast::tell(&blast, input.corp.key.as_str(), &mut notices);
    blind::tell(&changes, input, &target, &mut notices);
    let options_hash = hash::of_options(input.corp);
    let largest = target.departments().map(|department| department.id.0).max().unwrap_or(1);
    Ok(Draft {
        counts: count(&changes),
        guards: guard::check(&input.corp.downstream.guard, &changes, known),
        invariants: invariants::check_undo(input, &changes),
        budget,
        blast,
        offers: Vec::new(),
        resolve: Vec::new(),
        source_employees: active,
        hash: hash::of_plan(&changes, &options_hash),
        options_hash,
        largest_department_id: largest.max(input.facts.largest_department_id),
        notices: notices.finish(),
        changes,
    })
}

impl<'p, 'a> State<'p, 'a> {
    fn new(target: &'p Target<'a>, done: &[&Change], input: &'p PlanInput<'a>) -> Self {
        let mut below: HashMap<DepartmentId, i64> = HashMap::new();
        for department in target.departments() {
            *below.entry(department.parent).or_default() += 1;
        }
        for member in &target.members {
            for membership in &member.memberships {
                *below.entry(membership.department).or_default() += 1;
            }
        }
        let doomed = done
            .iter()
            .filter_map(|change| match &change.action {
                crate::model::Action::CreateMember { userid, .. } => Some(userid.folded()),
                _ => None,
            })
            .collect();
        Self {
            target,
            options: &input.corp.downstream,
            sees_status: input.mirror.strategy != ReadStrategy::IdsOnly,
            sight: Sight::of(input),
            undone_activated: 0,
            notices: Notices::default(),
            steps: Vec::new(),
            exists: HashMap::new(),
            parents: HashMap::new(),
            renamed: HashSet::new(),
            units: HashMap::new(),
            below,
            doomed,
            reborn: HashSet::new(),
            updates: HashMap::new(),
        }
    }

    fn invert(&mut self, change: &Change) {
        use crate::model::Action::{
            BindDepartment, BindMember, CreateDepartment, CreateDisabledDepartment, CreateMember, DeleteDepartment,
            DeleteMember, DisableMember, EnableMember, RecordRemoval, UnbindDepartment, UnbindMember, UpdateDepartment,
            UpdateMember,
        };
        match &change.action {
            CreateDepartment { unit, department, after } => self.delete_department(Some(unit), *department, after),
            CreateDisabledDepartment { department, after } => self.delete_department(None, *department, after),
            UpdateDepartment { unit, department, before, after } => {
                self.restore_department(unit.as_ref(), *department, before, after);
            }
            DeleteDepartment { unit, department, before } => {
                self.recreate_department(unit.as_ref(), *department, before);
            }
            BindDepartment { unit, department, .. } => self.unbind_department(unit, *department),
            UnbindDepartment { unit, department } => self.bind_department(unit, *department),
            CreateMember { employee, userid, .. } => self.take_back_member(employee, userid),
            UpdateMember { employee, userid, before, after } => self.restore_member(employee, userid, before, after),
            DisableMember { employee: Some(employee), userid, before, after, .. } => {
                self.enable_member(employee, userid, before, after);
            }
            EnableMember { employee, userid, before, after } => self.disable_member(employee, userid, before, after),
            DeleteMember { employee: Some(employee), userid, before, .. } => {
                self.recreate_member(employee, userid, before);
            }
            DisableMember { employee: None, userid, .. } | DeleteMember { employee: None, userid, .. } => {
                self.skip(userid, "the member was linked with nobody");
            }
            BindMember { employee, userid, .. } => self.unbind_member(employee, userid),
            UnbindMember { employee, userid } => self.bind_member(employee, userid),
            RecordRemoval { employee, userid, cause } => self.forget_removal(employee, userid, cause.is_some()),
        }
    }

    fn exists(&self, id: DepartmentId) -> bool {
        self.exists.get(&id).copied().unwrap_or_else(|| self.target.department(id).is_some())
    }

    fn count_below(&mut self, id: DepartmentId, by: i64) {
        *self.below.entry(id).or_default() += by;
    }

    fn skip(&mut self, userid: &UserId, why: &str) {
        self.notices.add("undo.skipped", &userid.0, || format!("member {userid} is left alone: {why}"));
    }

    fn skip_department(&mut self, id: DepartmentId, why: &str) {
        self.notices.add("undo.skipped", id.to_string(), || format!("department {id} is left alone: {why}"));
    }
}

//! Whether the directory still says what a plan was made from. A plan may be a day old when it is applied, a run may take
//! hours, and one that was stopped goes on later: meanwhile people leave, come back and move. Every write must rest on the
//! directory as it is now, so a plan is made anew in memory when the directory has moved on, and each change that is still
//! to be written must follow from that one too. What only comes on top of it waits for the next plan.

use super::queue;
use crate::model::{
    Action, Change, CorpKey, DepartmentId, EmployeeId, MemberImage, Membership, PlanHead, PlanId, Text, UnitId,
};
use crate::store::{self, Reads, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::load::Loaded;
use crate::sync::{plan, service};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Differences that are named; all are counted.
const NAMED_MAX: usize = 20;

/// What the changes of a run rest on, as it was when that was last looked at.
#[derive(Debug, Default)]
pub struct Basis {
    /// The directory's revision then.
    pub revision: u64,
    /// The units, hashed.
    pub units: u64,
    /// Up to which revision they are known to be the same.
    pub units_revision: u64,
    /// Of each change, by its place: the row of its employee, hashed; 0 for none.
    pub rows: Vec<u64>,
    /// Changes, by number, that do not follow from the directory any more, and why.
    pub stale: HashMap<u32, String>,
}

/// The error that refuses a plan, or the rest of it.
pub fn refusal(plan: &PlanId, stale: &HashMap<u32, String>, has_written: bool) -> SyncError {
    let mut found: Vec<(&u32, &String)> = stale.iter().collect();
    found.sort();
    let differences: Vec<String> = found.iter().take(NAMED_MAX).map(|(_, why)| (*why).clone()).collect();
    let first = differences.first().cloned().unwrap_or_default();
    SyncError::DirectoryChanged { plan: plan.clone(), differences, first, total: stale.len(), has_written }
}

/// What the changes rest on now. Those among them for which `is_open` says that they are still to be written and that do
/// not follow from the present directory stand in [`Basis::stale`]. `None` for an undo, which takes back what a run did
/// whatever the directory says. Nothing is written.
///
/// # Errors
/// [`SyncError::Plan`] when nothing at all can be planned from the present directory.
pub async fn judge(
    env: &Env,
    plan: &PlanHead,
    changes: &Arc<Vec<Change>>,
    is_open: impl Fn(&Change) -> bool,
) -> Result<Option<Basis>, SyncError> {
    if plan.undoes.is_some() {
        return Ok(None);
    }
    let (key, known_revision, list) = (plan.corp.clone(), plan.directory_revision, Arc::clone(changes));
    let unmoved = env.store.read_async(move |tx| {
        let Some(corp) = store::corps::find(tx, &key)? else { return Ok(None) };
        let revision = store::directory::counts(tx, &corp.tenant)?.revision;
        if revision != known_revision {
            return Ok(None);
        }
        let mut rows = Vec::with_capacity(list.len());
        for change in list.iter() {
            rows.push(match employee(&change.action) {
                Some(id) => store::directory::find_employee(tx, &corp.tenant, id)?.map_or(0, |row| hash_of(&row)),
                None => 0,
            });
        }
        let units = hash_of(&store::directory::units(tx, &corp.tenant)?);
        Ok(Some(Basis { revision, units, units_revision: revision, rows, stale: HashMap::new() }))
    });
    if let Some(basis) = unmoved.await? {
        return Ok(Some(basis));
    }
    let loaded = service::load_whole(env, &plan.corp).await?;
    let open: Vec<Change> = changes.iter().filter(|change| is_open(change)).cloned().collect();
    let list = Arc::clone(changes);
    let judged = tokio::task::spawn_blocking(move || anew(&loaded, &list, &open));
    judged.await.map_err(|error| SyncError::Bug(error.to_string()))?.map(Some)
}

fn anew(loaded: &Loaded, changes: &[Change], open: &[Change]) -> Result<Basis, SyncError> {
    let corp = &loaded.corp;
    let Some(input) = loaded.input(corp) else {
        return Err(SyncError::NotConfigured { corp: corp.key.clone(), why: "it was never pulled".into() });
    };
    let fresh = plan::plan(&input)?;
    let there: HashSet<DepartmentId> = loaded.departments.iter().map(|department| department.id).collect();
    let rows_by_id: HashMap<&str, u64> =
        loaded.employees.iter().map(|employee| (employee.id.as_str(), hash_of(employee))).collect();
    let row = |change: &Change| employee(&change.action).and_then(|id| rows_by_id.get(id.as_str()).copied());
    Ok(Basis {
        revision: loaded.directory_revision,
        units: hash_of(&loaded.units),
        units_revision: loaded.directory_revision,
        rows: changes.iter().map(|change| row(change).unwrap_or(0)).collect(),
        stale: stale(changes, open, &fresh.changes, &there),
    })
}

/// What has moved under one change since its basis was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// Nothing that concerns it; the units are known to be the same up to this revision.
    Not(u64),
    /// The row of its employee.
    Row,
    /// The units: everything must be looked at again.
    Units,
}

/// Looks at the row of one change and at the units, where the directory has moved on since the basis was looked at.
pub fn moved(tx: &impl Reads, corp: &CorpKey, seen: Seen, action: &Action) -> Result<Moved, StoreError> {
    let Some(corp) = store::corps::find(tx, corp)? else { return Ok(Moved::Not(seen.units_revision)) };
    let revision = store::directory::counts(tx, &corp.tenant)?.revision;
    if revision == seen.revision {
        return Ok(Moved::Not(revision));
    }
    if revision != seen.units_revision && hash_of(&store::directory::units(tx, &corp.tenant)?) != seen.units {
        return Ok(Moved::Units);
    }
    let Some(id) = employee(action) else { return Ok(Moved::Not(revision)) };
    let row = store::directory::find_employee(tx, &corp.tenant, id)?.map_or(0, |row| hash_of(&row));
    Ok(if row == seen.row { Moved::Not(revision) } else { Moved::Row })
}

/// The part of a [`Basis`] that one change is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    revision: u64,
    units_revision: u64,
    units: u64,
    row: u64,
}

impl Basis {
    /// What the change at this place is compared with.
    pub fn seen(&self, index: usize) -> Seen {
        let row = self.rows.get(index).copied().unwrap_or(0);
        Seen { revision: self.revision, units_revision: self.units_revision, units: self.units, row }
    }
}

/// The employee that a change is made for.
pub fn employee(action: &Action) -> Option<&EmployeeId> {
    match action {
        Action::CreateMember { employee, .. }
        | Action::UpdateMember { employee, .. }
        | Action::EnableMember { employee, .. }
        | Action::BindMember { employee, .. }
        | Action::UnbindMember { employee, .. }
        | Action::RecordRemoval { employee, .. } => Some(employee),
        Action::DisableMember { employee, .. } | Action::DeleteMember { employee, .. } => employee.as_ref(),
        _ => None,
    }
}

fn hash_of<T: serde::Serialize + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(value).unwrap_or_default().hash(&mut hasher);
    // 0 says that there is no row
    hasher.finish().max(1)
}

/// A department as a plan means it: one that is there, or the one that it makes for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'c> {
    There(DepartmentId),
    Of(&'c UnitId),
    ForDisabled,
}

/// Who gets which new department; ids of departments that do not exist yet differ between two plans.
struct Places<'c> {
    new: HashMap<DepartmentId, Place<'c>>,
}

impl<'c> Places<'c> {
    fn of(changes: &'c [Change], there: &HashSet<DepartmentId>) -> Self {
        let new = changes.iter().filter_map(|change| match &change.action {
            Action::CreateDepartment { unit, department, .. } => Some((*department, Place::Of(unit))),
            Action::CreateDisabledDepartment { department, .. } => Some((*department, Place::ForDisabled)),
            _ => None,
        });
        Self { new: new.filter(|(id, _)| !there.contains(id)).collect() }
    }

    fn find(&self, id: DepartmentId) -> Place<'c> {
        self.new.get(&id).copied().unwrap_or(Place::There(id))
    }

    fn seats(&self, memberships: &[Membership]) -> Vec<(Place<'c>, bool)> {
        let mut seats: Vec<_> = memberships.iter().map(|seat| (self.find(seat.department), seat.is_leader)).collect();
        seats.sort();
        seats
    }
}

/// What a plan wants, by what it is about.
struct Wants<'c> {
    places: Places<'c>,
    by_subject: HashMap<queue::Subject, Vec<&'c Action>>,
    units: HashMap<&'c UnitId, Vec<&'c Action>>,
    for_disabled: Vec<&'c Action>,
}

impl<'c> Wants<'c> {
    fn of(changes: &'c [Change], there: &HashSet<DepartmentId>) -> Self {
        let mut wants = Self {
            places: Places::of(changes, there),
            by_subject: HashMap::with_capacity(changes.len()),
            units: HashMap::new(),
            for_disabled: Vec::new(),
        };
        for action in changes.iter().map(|change| &change.action) {
            match action {
                Action::CreateDepartment { unit, .. } => wants.units.entry(unit).or_default().push(action),
                Action::CreateDisabledDepartment { .. } => wants.for_disabled.push(action),
                _ => wants.by_subject.entry(queue::touches(action)).or_default().push(action),
            }
        }
        wants
    }

    fn about(&self, action: &Action) -> &[&'c Action] {
        let found = match action {
            Action::CreateDepartment { unit, .. } => self.units.get(unit),
            Action::CreateDisabledDepartment { .. } => Some(&self.for_disabled),
            _ => self.by_subject.get(&queue::touches(action)),
        };
        found.map_or(&[], Vec::as_slice)
    }
}

/// Which of the open changes do not follow from the fresh plan, and one sentence each. `there` are the departments that
/// are known to exist.
fn stale(changes: &[Change], open: &[Change], fresh: &[Change], there: &HashSet<DepartmentId>) -> HashMap<u32, String> {
    let (places, wants) = (Places::of(changes, there), Wants::of(fresh, there));
    let says = |change: &Change| {
        let what = queue::subject_text(&change.action);
        let whose = employee(&change.action).map(|id| format!(" (employee {id})")).unwrap_or_default();
        format!("{what}{whose}: {} does not follow from the directory as it is now", verb(&change.action))
    };
    open.iter()
        .filter(|change| !follows(&change.action, wants.about(&change.action), &places, &wants.places))
        .map(|change| (change.seq, says(change)))
        .collect()
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } | Action::CreateMember { .. } => {
            "creating it"
        }
        Action::UpdateDepartment { .. } | Action::UpdateMember { .. } => "this change",
        Action::DeleteDepartment { .. } | Action::DeleteMember { .. } => "deleting it",
        Action::DisableMember { .. } => "disabling it",
        Action::EnableMember { .. } => "enabling it",
        Action::BindDepartment { .. } | Action::BindMember { .. } => "this link",
        Action::UnbindDepartment { .. } | Action::UnbindMember { .. } => "taking this link away",
        Action::RecordRemoval { .. } => "this record",
    }
}

fn follows(action: &Action, wanted: &[&Action], old: &Places<'_>, new: &Places<'_>) -> bool {
    let same_parent =
        |a: Option<DepartmentId>, b: Option<DepartmentId>| a.map(|id| old.find(id)) == b.map(|id| new.find(id));
    let any = |test: &dyn Fn(&Action) -> bool| wanted.iter().any(|wanted| test(wanted));
    match action {
        Action::CreateDepartment { after, .. } => any(&|wanted| {
            matches!(wanted, Action::CreateDepartment { after: w, .. }
                if w.name == after.name && same_parent(after.parent, w.parent))
        }),
        Action::CreateDisabledDepartment { after, .. } => {
            any(&|wanted| matches!(wanted, Action::CreateDisabledDepartment { after: w, .. } if w.name == after.name))
        }
        Action::UpdateDepartment { after, .. } => any(&|wanted| {
            let Action::UpdateDepartment { after: w, .. } = wanted else { return false };
            let reorders_only = after.name.is_none() && after.parent.is_none();
            (after.name.is_none() || after.name == w.name)
                && (after.parent.is_none() || same_parent(after.parent, w.parent))
                && (!reorders_only || after.order == w.order)
        }),
        Action::DeleteDepartment { .. } => any(&|wanted| matches!(wanted, Action::DeleteDepartment { .. })),
        Action::BindDepartment { unit, .. } => {
            any(&|wanted| matches!(wanted, Action::BindDepartment { unit: w, .. } if w == unit))
        }
        Action::UnbindDepartment { unit, .. } => {
            any(&|wanted| matches!(wanted, Action::UnbindDepartment { unit: w, .. } if w == unit))
        }
        Action::CreateMember { employee, after, .. } => {
            any(&|wanted| matches!(wanted, Action::CreateMember { employee: w, .. } if w == employee))
                && covers(after, wanted, old, new)
        }
        Action::UpdateMember { employee, after, .. } => {
            any(&|wanted| self::employee(wanted) == Some(employee)) && covers(after, wanted, old, new)
        }
        Action::EnableMember { employee, after, .. } => {
            any(&|wanted| matches!(wanted, Action::EnableMember { employee: w, .. } if w == employee))
                && covers(after, wanted, old, new)
        }
        Action::DisableMember { employee, cause, .. } => any(
            &|wanted| matches!(wanted, Action::DisableMember { employee: w, cause: c, .. } if w == employee && c == cause),
        ),
        Action::DeleteMember { employee, cause, .. } => any(
            &|wanted| matches!(wanted, Action::DeleteMember { employee: w, cause: c, .. } if w == employee && c == cause),
        ),
        Action::BindMember { employee, .. } => {
            any(&|wanted| matches!(wanted, Action::BindMember { employee: w, .. } if w == employee))
        }
        Action::UnbindMember { employee, .. } => {
            any(&|wanted| matches!(wanted, Action::UnbindMember { employee: w, .. } if w == employee))
        }
        Action::RecordRemoval { employee, cause, .. } => any(
            &|wanted| matches!(wanted, Action::RecordRemoval { employee: w, cause: c, .. } if w == employee && c == cause),
        ),
    }
}

/// Whether everything that an image writes is written by the wanted changes of the same member too.
fn covers(after: &MemberImage, wanted: &[&Action], old: &Places<'_>, new: &Places<'_>) -> bool {
    let images: Vec<&MemberImage> = wanted.iter().filter_map(|action| image(action)).collect();
    let text = |field, value: &Text| images.iter().any(|image| image.fields.get(field) == Some(value));
    let seats = after.memberships.as_ref().map(|seats| old.seats(seats));
    let main = after.main_department.map(|id| old.find(id));
    after.fields.iter().all(|(field, value)| text(field, value))
        && (seats.is_none()
            || images.iter().any(|image| image.memberships.as_ref().map(|seats| new.seats(seats)) == seats))
        && (main.is_none() || images.iter().any(|image| image.main_department.map(|id| new.find(id)) == main))
        && (after.direct_leader.is_none() || images.iter().any(|image| image.direct_leader == after.direct_leader))
        && (after.enable.is_none() || images.iter().any(|image| image.enable == after.enable))
}

fn image(action: &Action) -> Option<&MemberImage> {
    match action {
        Action::CreateMember { after, .. }
        | Action::UpdateMember { after, .. }
        | Action::EnableMember { after, .. }
        | Action::DisableMember { after, .. } => Some(after),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EmployeeStatus, OutOfScope};
    use crate::sync::tests::world::{World, text};

    /// A company in WeCom, and what of yesterday's plan does not hold any more after a change of the directory.
    fn left_over(prepare: fn(&mut World), planned: fn(&mut World), then: fn(&mut World)) -> Vec<String> {
        let mut world = World::new();
        for (id, name) in [("a", "甲"), ("b", "乙")] {
            world.unit(id, Some("r"), name);
        }
        for n in 1..=4 {
            world.employee(n, "a");
        }
        world.options().disabled_department = String::new();
        prepare(&mut world);
        world.sync();
        planned(&mut world);
        let old = world.plan();
        then(&mut world);
        let fresh = world.plan();
        let there = world.departments.iter().map(|department| department.id).collect();
        let stale = stale(&old.changes, &old.changes, &fresh.changes, &there);
        old.changes.iter().filter(|change| stale.contains_key(&change.seq)).map(|change| text(&change.action)).collect()
    }

    #[test]
    fn what_of_a_plan_does_not_follow_from_the_directory_any_more() {
        type Do = fn(&mut World);
        let nothing: Do = |_| {};
        let scoped: Do = |w| w.options().scope.units = vec!["a".into()];
        let cases: [(&str, Do, Do, Do, &[&str]); 12] = [
            (
                "nothing has changed",
                nothing,
                |w| {
                    w.employee(9, "b");
                },
                nothing,
                &[],
            ),
            (
                "somebody else came",
                nothing,
                |w| {
                    w.employee(9, "b");
                },
                |w| {
                    w.employee(8, "b");
                },
                &[],
            ),
            (
                "a new unit before the one that is made",
                nothing,
                |w| {
                    w.unit("y", Some("r"), "新");
                },
                |w| w.unit("c", Some("a"), "丙").order = Some(1),
                &[],
            ),
            (
                "back in the scope",
                scoped,
                |w| w.employee_mut(2).unit_id = "b".into(),
                |w| w.employee_mut(2).unit_id = "a".into(),
                &["disable no2"],
            ),
            (
                "back, and would be deleted",
                |w| {
                    w.options().scope.units = vec!["a".into()];
                    w.options().out_of_scope = OutOfScope::Delete;
                },
                |w| w.employee_mut(2).unit_id = "b".into(),
                |w| w.employee_mut(2).unit_id = "a".into(),
                &["delete no2"],
            ),
            (
                "out of scope, and now departed: the cause is another",
                scoped,
                |w| w.employee_mut(2).unit_id = "b".into(),
                |w| w.employee_mut(2).status = EmployeeStatus::Departed,
                &["disable no2"],
            ),
            (
                "hired and gone again",
                nothing,
                |w| {
                    w.employee(9, "b");
                },
                |w| w.employee_mut(9).status = EmployeeStatus::Departed,
                &["create no9"],
            ),
            (
                "hired, and now somewhere else",
                nothing,
                |w| {
                    w.employee(9, "b");
                },
                |w| w.employee_mut(9).unit_id = "a".into(),
                &["create no9"],
            ),
            (
                "another mobile by now",
                nothing,
                |w| w.employee_mut(3).mobile = "13911110000".into(),
                |w| w.employee_mut(3).mobile = "13922220000".into(),
                &["update no3"],
            ),
            (
                "more by now: the rest waits",
                nothing,
                |w| w.employee_mut(3).mobile = "13911110000".into(),
                |w| w.employee_mut(3).position = "主管".into(),
                &[],
            ),
            (
                "back at work and gone again",
                |w| w.employee_mut(4).status = EmployeeStatus::Departed,
                |w| w.employee_mut(4).status = EmployeeStatus::Active,
                |w| w.employee_mut(4).status = EmployeeStatus::Departed,
                &["create no4"],
            ),
            (
                "the unit has its old name again",
                nothing,
                |w| w.unit_mut("b").name = "新名".into(),
                |w| w.unit_mut("b").name = "乙".into(),
                &["rename b"],
            ),
        ];
        for (what, prepare, planned, then, expected) in cases {
            assert_eq!(left_over(prepare, planned, then), expected, "{what}");
        }
    }
}

//! What a plan does to the people who are there: who leaves which department, alone or with a department that moves, and
//! what is emptied. The guards count it, and the blast radius names who stands out.

use super::normal;
use super::plan::exchange::FREED;
use super::target::Target;
use crate::model::{Action, Change, DepartmentId, Member, MemberField, MemberImage, Membership, Text};
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

/// Fewer people than this are an ordinary working day: below it no percentage of moves counts, and none of cleared or
/// changed values, unless they are half of all that are known, and not just [`HANDFUL`].
const FEW_PEOPLE: u64 = 20;
/// In a small organisation a slipped column never reaches [`FEW_PEOPLE`]: from so many on half of the values counts.
const HANDFUL: u64 = 5;
/// The same for deleted departments.
const FEW_DEPARTMENTS: u64 = 10;

/// The fields that say who somebody is.
const IDENTITY: [MemberField; 3] = [MemberField::Name, MemberField::Mobile, MemberField::Email];

/// What becomes of one member's memberships.
#[derive(Debug, Clone, Copy)]
enum Then<'c> {
    /// Disabled or deleted.
    Removed,
    /// Written anew.
    Placed(&'c [Membership]),
    /// Enabled again and placed: not a move.
    Returned(&'c [Membership]),
}

/// The effects of a plan's changes.
pub struct Impact<'c> {
    /// By folded userid.
    then: HashMap<Cow<'c, str>, Then<'c>>,
    /// Departments below one that moves, with that one; empty when none moves.
    carried: HashSet<DepartmentId>,
    /// Members that are created, by their memberships.
    created: Vec<&'c [Membership]>,
    /// Deleted departments.
    pub deleted_departments: u64,
    /// How often each field is cleared that had a value.
    cleared: HashMap<&'c MemberField, u64>,
    /// How often a name, a mobile and an e-mail address become another one.
    changed: [u64; 3],
    /// Members whose name, mobile or e-mail address is overwritten although nobody knows what it is now.
    pub unseen: u64,
    /// The name of each department that gets one, the last where there are several.
    names: HashMap<DepartmentId, &'c Text>,
    /// Departments that are deleted.
    deleted: HashSet<DepartmentId>,
    /// Members that this plan links, by folded userid.
    newly_linked: HashSet<Cow<'c, str>>,
}

impl<'c> Impact<'c> {
    /// Looks over the changes.
    pub fn of(changes: &'c [Change], target: &Target<'_>) -> Self {
        let mut impact = Self {
            then: HashMap::new(),
            carried: HashSet::new(),
            created: Vec::new(),
            deleted_departments: 0,
            cleared: HashMap::new(),
            changed: [0; 3],
            unseen: 0,
            names: HashMap::new(),
            deleted: HashSet::new(),
            newly_linked: HashSet::new(),
        };
        let mut moved: HashSet<DepartmentId> = HashSet::new();
        // what is only freed for somebody else gets its right value in the same plan
        for change in changes.iter().filter(|change| change.reason != FREED) {
            match &change.action {
                Action::DisableMember { userid, .. } | Action::DeleteMember { userid, .. } => {
                    impact.then.insert(normal::folded(userid.as_str()), Then::Removed);
                }
                Action::UpdateMember { userid, before, after, .. }
                | Action::EnableMember { userid, before, after, .. } => {
                    if let Some(memberships) = &after.memberships {
                        let is_return = matches!(change.action, Action::EnableMember { .. });
                        let then = if is_return { Then::Returned(memberships) } else { Then::Placed(memberships) };
                        impact.then.insert(normal::folded(userid.as_str()), then);
                    }
                    for (field, _) in after.fields.iter().filter(|(_, value)| value.is_empty()) {
                        if before.fields.get(field).is_some_and(|value| !value.is_empty()) {
                            *impact.cleared.entry(field).or_default() += 1;
                        }
                    }
                    for (count, field) in impact.changed.iter_mut().zip(&IDENTITY) {
                        *count += u64::from(becomes_another(field, before, after));
                    }
                    impact.unseen += u64::from(IDENTITY.iter().any(|field| is_unseen(field, before, after)));
                }
                Action::CreateMember { after, .. } => impact.created.extend(after.memberships.as_deref()),
                Action::BindMember { userid, .. } => {
                    impact.newly_linked.insert(normal::folded(userid.as_str()));
                }
                Action::UpdateDepartment { department, before, after, .. } => {
                    if after.parent.is_some() && after.parent != before.parent {
                        moved.insert(*department);
                    }
                    if let Some(name) = &after.name {
                        impact.names.insert(*department, name);
                    }
                }
                Action::DeleteDepartment { department, .. } => {
                    impact.deleted_departments += 1;
                    impact.deleted.insert(*department);
                }
                _ => {}
            }
        }
        impact.carried = below(target, moved);
        impact
    }

    /// Whether the member is disabled or deleted.
    pub fn removes(&self, member: &Member) -> bool {
        matches!(self.then.get(&normal::folded(member.userid.as_str())), Some(Then::Removed))
    }

    /// Whether the member leaves a department, or goes along with one that moves. Who is in the root department only has
    /// not been placed yet, and whom the plan removes does not move.
    pub fn moves(&self, member: &Member) -> bool {
        let is_placed = member.memberships.iter().any(|place| place.department != DepartmentId::ROOT);
        let then = self.then.get(&normal::folded(member.userid.as_str()));
        match then {
            Some(Then::Removed | Then::Returned(_)) => false,
            _ if !is_placed => false,
            Some(Then::Placed(after)) if leaves_one(&member.memberships, after) => true,
            _ => member.memberships.iter().any(|place| self.carried.contains(&place.department)),
        }
    }

    /// Whether anybody moves at all.
    pub fn moves_anybody(&self) -> bool {
        !self.carried.is_empty() || self.then.values().any(|then| matches!(then, Then::Placed(_)))
    }

    /// Whether anybody leaves a department, however.
    pub fn is_quiet(&self) -> bool {
        self.then.is_empty() && self.carried.is_empty()
    }

    /// Departments that have members now and none afterwards, by id.
    pub fn emptied(&self, target: &Target<'_>) -> Vec<DepartmentId> {
        if self.then.is_empty() {
            return Vec::new();
        }
        let mut people: HashMap<DepartmentId, (usize, usize)> = HashMap::new();
        for member in &target.members {
            let then = self.then.get(&normal::folded(member.userid.as_str()));
            for place in &member.memberships {
                people.entry(place.department).or_default().0 += 1;
            }
            let after: &[Membership] = match then {
                Some(Then::Removed) => &[],
                Some(Then::Placed(after) | Then::Returned(after)) => after,
                None => &member.memberships,
            };
            for place in after {
                people.entry(place.department).or_default().1 += 1;
            }
        }
        for place in self.created.iter().copied().flatten() {
            people.entry(place.department).or_default().1 += 1;
        }
        let emptied = people.into_iter().filter(|(_, (before, after))| *before > 0 && *after == 0);
        let mut emptied: Vec<DepartmentId> = emptied.map(|(id, _)| id).collect();
        emptied.sort();
        emptied
    }

    /// Linked members that move, in percent of the linked ones; 0 for few.
    pub fn moves_percent(&self, target: &Target<'_>) -> u64 {
        if !self.moves_anybody() {
            return 0;
        }
        let is_linked = |at: usize| target.binding_of_member(at).is_some();
        let linked = (target.bindings.len() + self.newly_linked.len()) as u64;
        let moved = target.members.iter().enumerate().filter(|(at, member)| {
            // a link that this very plan makes is not in the mirror's bindings yet
            self.moves(member) && (is_linked(*at) || self.is_placed_anew(member))
        });
        percent(moved.count() as u64, linked, FEW_PEOPLE)
    }

    fn is_placed_anew(&self, member: &Member) -> bool {
        matches!(self.then.get(&normal::folded(member.userid.as_str())), Some(Then::Placed(_)))
    }

    /// Values that become empty in the field that loses most, in percent of the linked members that have a value there; 0
    /// for few.
    pub fn cleared_percent(&self, target: &Target<'_>) -> u64 {
        let mut worst = 0;
        for (field, cleared) in self.cleared.iter().filter(|(_, cleared)| **cleared >= HANDFUL) {
            let has_value = |at: usize, member: &Member| {
                let pushed = || target.binding_of_member(at).and_then(|binding| binding.pushed.get(field));
                let shown = member.fields.get(field).or_else(|| pushed().map(|pushed| &pushed.value));
                shown.is_some_and(|value| !value.is_empty())
            };
            let with_value = target.members.iter().enumerate().filter(|(at, member)| has_value(*at, member)).count();
            worst = worst.max(share(*cleared, with_value as u64));
        }
        worst
    }

    /// Names, mobiles and e-mail addresses that become other ones, each in percent of those that are known of linked
    /// members; 0 for few. What WeCom does not show counts by what we last wrote.
    pub fn changed_percent(&self, target: &Target<'_>) -> [u64; 3] {
        let mut percents = [0; 3];
        for ((answer, changed), field) in percents.iter_mut().zip(self.changed).zip(&IDENTITY) {
            if changed < HANDFUL {
                continue;
            }
            let has_value = |at: usize, member: &Member| {
                let binding = target.binding_of_member(at);
                let pushed = || binding.and_then(|binding| binding.pushed.get(field)).map(|pushed| &pushed.value);
                let is_linked =
                    binding.is_some() || self.newly_linked.contains(&normal::folded(member.userid.as_str()));
                is_linked && member.fields.get(field).or_else(pushed).is_some_and(|value| !value.is_empty())
            };
            let known = target.members.iter().enumerate().filter(|(at, member)| has_value(*at, member)).count();
            *answer = share(changed, known as u64);
        }
        percents
    }

    /// Departments that stay and get another name, in percent of the linked ones; 0 for a handful.
    pub fn renamed_departments_percent(&self, target: &Target<'_>) -> u64 {
        let is_renamed = |id: &DepartmentId, name: &Text| {
            let shown = target.department(*id).and_then(|department| department.name.as_ref());
            !self.deleted.contains(id) && shown.is_some_and(|shown| shown != name)
        };
        let renamed = self.names.iter().filter(|(id, name)| is_renamed(id, name)).count();
        percent(renamed as u64, target.department_bindings.len() as u64, HANDFUL)
    }

    /// Heads who stay in their department and lead it no more, in percent of all heads; 0 for a handful.
    pub fn changed_heads_percent(&self, target: &Target<'_>) -> u64 {
        if !self.moves_anybody() {
            return 0;
        }
        let (mut lost, mut all) = (0, 0);
        for member in &target.members {
            let heads = member.memberships.iter().filter(|place| place.is_leader);
            let after = match self.then.get(&normal::folded(member.userid.as_str())) {
                Some(Then::Placed(after)) => Some(after),
                _ => None,
            };
            for place in heads {
                all += 1;
                let then = after.and_then(|after| after.iter().find(|then| then.department == place.department));
                lost += u64::from(then.is_some_and(|then| !then.is_leader));
            }
        }
        percent(lost, all, HANDFUL)
    }

    /// Deleted departments in percent of the linked ones; 0 for few.
    pub fn deleted_departments_percent(&self, target: &Target<'_>) -> u64 {
        percent(self.deleted_departments, target.department_bindings.len() as u64, FEW_DEPARTMENTS)
    }
}

/// Rounded up, so that 10.1 % is over a limit of 10 %; 0 below `few`.
fn percent(part: u64, whole: u64, few: u64) -> u64 {
    if part < few { 0 } else { (part * 100).div_ceil(whole.max(1)).min(100) }
}

/// As [`percent`], of values of people: 0 for few, unless they are half of all in a small organisation.
fn share(part: u64, whole: u64) -> u64 {
    let is_half = part >= HANDFUL && part * 2 >= whole;
    percent(part, whole, if is_half { HANDFUL } else { FEW_PEOPLE })
}

/// Whether a value that is known gives way to another one that is not empty.
fn becomes_another(field: &MemberField, before: &MemberImage, after: &MemberImage) -> bool {
    let is = |image: &'_ MemberImage| image.fields.get(field).is_some_and(|value| !value.is_empty());
    is(before) && is(after)
}

/// Whether a value is written over one that is not known: WeCom does not show it, and the bridge has not written it.
fn is_unseen(field: &MemberField, before: &MemberImage, after: &MemberImage) -> bool {
    after.fields.get(field).is_some_and(|value| !value.is_empty()) && before.fields.get(field).is_none()
}

fn leaves_one(before: &[Membership], after: &[Membership]) -> bool {
    before.iter().any(|place| !after.iter().any(|then| then.department == place.department))
}

/// The departments and everything below them.
fn below(target: &Target<'_>, mut found: HashSet<DepartmentId>) -> HashSet<DepartmentId> {
    let mut open: Vec<DepartmentId> = found.iter().copied().collect();
    while let Some(id) = open.pop() {
        open.extend(target.children(id).iter().map(|child| child.id).filter(|child| found.insert(*child)));
    }
    found
}

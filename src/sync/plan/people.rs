//! The member side of a plan: links, creations, updates, re-activations, superiors.

use super::{Step, World};
use crate::model::{
    Action, DepartmentId, Edition, Member, MemberBinding, MemberField, MemberImage, MemberStatus, UserId,
};
use crate::sync::columns;
use crate::sync::input::PlanRefusal;
use crate::sync::members::compare::{Comparison, Difference};
use crate::sync::members::create::{self, Reserved, UserIds};
use crate::sync::members::fields::FieldMap;
use crate::sync::members::lists::{self, Sight};
use crate::sync::members::placement::{self, Heads, Home};
use crate::sync::members::removals::{self, Leaving};
use crate::sync::members::superiors;
use crate::sync::notices::Notices;
use crate::sync::scope::Verdict;
use hashbrown::{HashMap, HashSet};

/// A new member before it is known whether somebody else wants the same userid.
struct Candidate {
    at: usize,
    userid: UserId,
    image: MemberImage,
    reason: &'static str,
}

/// A change of an existing member.
struct Touched<'a> {
    at: usize,
    member: &'a Member,
    binding: Option<&'a MemberBinding>,
    difference: Difference,
    enables: bool,
    ends_removal: bool,
}

/// Adds everything that concerns people in scope.
pub(super) fn plan_people(
    world: &World<'_, '_>,
    disabled: Option<DepartmentId>,
    leaving: &[Leaving<'_>],
    steps: &mut Vec<Step>,
    notices: &mut Notices,
) -> Result<(), PlanRefusal> {
    let options = &world.input.corp.downstream;
    let fields = FieldMap::compile(options)?;
    columns::tell(&fields, world.source, notices);
    let userids = UserIds::build(options, world.input.tombstones)?;
    let heads = Heads::build(world.source);
    let reserved = Reserved::build(&fields, world.source, world.target, &world.scoped.verdicts, world.links, notices);
    let is_visible = |id: DepartmentId| world.target.department(id).is_some() || world.target.is_complete;
    let comparison = Comparison {
        fields: &fields,
        reserved: &reserved,
        heads: &heads,
        keeps_others: !options.departments_follow_oa,
        sees_all_departments: world.target.is_complete,
        disabled,
        is_visible: &is_visible,
    };
    let mut used = vec![false; fields.iter().len()];
    let mut touched: Vec<Touched<'_>> = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for at in 0..world.source.employees.len() {
        if world.scoped.verdicts[at] != Verdict::In {
            continue;
        }
        let employee = world.source.employees[at];
        let Some(home) = placement::home(at, world.source, world.layout, &heads, options.include_part_time) else {
            notices.add("employee.unit_without_department", &employee.id, || {
                format!("left alone: the main unit {} has no department yet", employee.unit_id)
            });
            continue;
        };
        let binding = world.target.binding_of_employee(employee.id.as_str());
        let member = match binding {
            Some(binding) => world.target.find_member(binding.userid.as_str()),
            None => world.links.new.get(&at).map(|(member, _)| *member),
        };
        match (member.map(|member| world.target.members[member]), binding) {
            (Some(member), binding) => {
                touch(world, &comparison, at, member, binding, &home, &mut used, &mut touched, notices);
            }
            (None, Some(binding)) if world.target.is_complete => {
                notices.add("member.vanished", &employee.id, || {
                    let then = if options.create_members { "it is created again" } else { "creating is switched off" };
                    format!("member {} was deleted in WeCom; {then}", binding.userid)
                });
                if options.create_members {
                    let image =
                        create::image(&fields, &world.source.person(at), at, &home, &reserved, &mut used, notices);
                    take(at, Ok(binding.userid.clone()), image, "member.vanished", &mut candidates, world, notices);
                }
            }
            (None, Some(binding)) => notices.add("member.not_visible", &binding.userid.0, || {
                "linked, but not in the visible range: nothing is done".into()
            }),
            (None, None) if world.links.waiting.contains(&at) => {
                notices.add("employee.waits", &employee.id, || {
                    "not created: a match rule found several candidates, or one that may not be the only one; a person must decide".into()
                });
            }
            (None, None) if options.create_members => {
                let person = world.source.person(at);
                let userid = userids.wanted(&person, world.target);
                let image = create::image(&fields, &person, at, &home, &reserved, &mut used, notices);
                take(at, userid, image, "employee.new", &mut candidates, world, notices);
            }
            (None, None) => notices.add("member.create_switched_off", &employee.id, || {
                "has no member, and creating members is switched off".into()
            }),
        }
    }
    drop_unused_clears(&mut touched, &fields, &used);
    complete_lists(world, &mut touched, notices);
    let created = settle_userids(world, candidates, notices);
    let mut created = leave_room(world, created, notices);
    let later = superior_changes(world, leaving, &mut touched, &mut created);
    emit(world, touched, created, later, steps);
    Ok(())
}

fn take(
    at: usize,
    userid: Result<UserId, create::NoUserId>,
    image: Result<MemberImage, create::NoUserId>,
    reason: &'static str,
    candidates: &mut Vec<Candidate>,
    world: &World<'_, '_>,
    notices: &mut Notices,
) {
    match (userid, image) {
        (Ok(userid), Ok(image)) => candidates.push(Candidate { at, userid, image, reason }),
        (Err((code, text)), _) | (_, Err((code, text))) => {
            notices.add(code, &world.source.employees[at].id, || text);
        }
    }
}

/// Compares an existing member and notes what is to be done.
#[expect(clippy::too_many_arguments, reason = "the loop's state, passed on once")]
fn touch<'a>(
    world: &World<'_, 'a>,
    comparison: &Comparison<'_>,
    at: usize,
    member: &'a Member,
    binding: Option<&'a MemberBinding>,
    home: &Home,
    used: &mut [bool],
    touched: &mut Vec<Touched<'a>>,
    notices: &mut Notices,
) {
    let employee = world.source.employees[at];
    if member.status == Some(MemberStatus::Left) {
        notices.add("member.left", &employee.id, || {
            format!("member {} has left the corp by itself; invite it again in WeCom", member.userid)
        });
        return;
    }
    let removal = binding.and_then(|binding| binding.removal.as_ref());
    let was_disabled_by_us = removal.is_some_and(|removal| removal.disabled_at_ms.is_some() && !removal.was_disabled);
    let may_be_disabled = member.status.is_none_or(|status| status == MemberStatus::Disabled);
    let options = &world.input.corp.downstream;
    let enables = was_disabled_by_us && may_be_disabled;
    if member.is_disabled() && !was_disabled_by_us {
        notices.add("member.disabled_in_wecom", &employee.id, || {
            format!("member {} was disabled in WeCom, not by the bridge: it stays disabled", member.userid)
        });
    }
    if !options.update {
        if enables {
            notices.add("member.update_switched_off", &employee.id, || {
                "is back and would be enabled, but updating is switched off".into()
            });
        }
        if binding.is_none() {
            touched.push(Touched {
                at,
                member,
                binding,
                difference: Difference::default(),
                enables: false,
                ends_removal: false,
            });
        }
        return;
    }
    let person = world.source.person(at);
    let mut difference = comparison.compare(&person, at, home, member, binding, used, notices);
    if enables {
        difference.before.enable = removals::enabled(member).or(Some(false));
        difference.after.enable = Some(true);
    }
    let ends_removal = removal.is_some() && !enables;
    if binding.is_none() || ends_removal || !difference.is_empty() || options.superiors_to_wecom {
        touched.push(Touched { at, member, binding, difference, enables, ends_removal });
    }
}

/// A field that the OA has for nobody is not cleared for anybody: its column is missing.
fn drop_unused_clears(touched: &mut [Touched<'_>], fields: &FieldMap, used: &[bool]) {
    let unused: HashSet<&MemberField> =
        fields.iter().zip(used).filter(|(_, used)| !**used).map(|(mapping, _)| &mapping.field).collect();
    for touched in touched {
        let difference = &mut touched.difference;
        for field in difference.clears.drain(..).filter(|field| unused.contains(field)) {
            difference.after.fields.remove(&field);
            difference.before.fields.remove(&field);
        }
    }
}

/// Where an entry of a list is written, the others go along; a list that cannot be read is left alone.
fn complete_lists(world: &World<'_, '_>, touched: &mut [Touched<'_>], notices: &mut Notices) {
    let sight = Sight::of(world.input);
    for touched in touched {
        let Difference { before, after, .. } = &mut touched.difference;
        for field in lists::complete(sight, touched.member, before, after) {
            let employee = &world.source.employees[touched.at].id;
            notices.add("field.list_unread", employee, || lists::left_out(&field));
        }
    }
}

/// Two employees that want the same userid both get none.
fn settle_userids(world: &World<'_, '_>, candidates: Vec<Candidate>, notices: &mut Notices) -> Vec<Candidate> {
    let mut wanted: HashMap<crate::model::Text, usize> = HashMap::with_capacity(candidates.len());
    for candidate in &candidates {
        *wanted.entry(candidate.userid.folded()).or_default() += 1;
    }
    candidates
        .into_iter()
        .filter(|candidate| {
            let is_alone = wanted.get(&candidate.userid.folded()) == Some(&1);
            if !is_alone {
                notices.add("member.userid_shared", &world.source.employees[candidate.at].id, || {
                    format!("several employees would get the userid {}: none of them is created", candidate.userid)
                });
            }
            is_alone
        })
        .collect()
}

/// Most members and departments directly under one department in the public edition (doc path 90195, errcode 81001).
const NODES_MAX: usize = 30_000;

/// Leaves out new members for whom a department has no room.
fn leave_room(world: &World<'_, '_>, created: Vec<Candidate>, notices: &mut Notices) -> Vec<Candidate> {
    let is_public = world.input.corp.edition == Edition::Public;
    let present: usize = world.target.members.len() + world.target.department_count() + world.layout.goals.len();
    if !is_public || present + created.len() <= NODES_MAX {
        return created;
    }
    let mut nodes: HashMap<DepartmentId, usize> = HashMap::new();
    let below = world.target.departments().map(|department| department.parent);
    let new = world.layout.goals.iter().filter(|goal| goal.is_new).map(|goal| goal.parent);
    let seats = world.target.members.iter().flat_map(|member| &member.memberships).map(|seat| seat.department);
    for department in below.chain(new).chain(seats) {
        *nodes.entry(department).or_default() += 1;
    }
    created
        .into_iter()
        .filter(|candidate| {
            let places = candidate.image.memberships.iter().flatten().map(|seat| seat.department);
            let full = places.clone().find(|place| nodes.get(place).is_some_and(|nodes| *nodes >= NODES_MAX));
            match full {
                Some(department) => notices.add("department.full", &world.source.employees[candidate.at].id, || {
                    format!("no member is created: department {department} has {NODES_MAX} members and departments")
                }),
                None => places.for_each(|place| *nodes.entry(place).or_default() += 1),
            }
            full.is_none()
        })
        .collect()
}

/// Puts superiors that exist into the changes and returns those for the second pass.
fn superior_changes(
    world: &World<'_, '_>,
    leaving: &[Leaving<'_>],
    touched: &mut [Touched<'_>],
    created: &mut [Candidate],
) -> Vec<Step> {
    if !world.input.corp.downstream.superiors_to_wecom {
        return Vec::new();
    }
    let is_maintained = world.source.employees.iter().any(|employee| employee.superior_id.is_some());
    let deleted: HashSet<&str> =
        leaving.iter().filter(|leaving| leaving.is_deleted).map(|leaving| leaving.binding.employee.as_str()).collect();
    let new: HashMap<&str, UserId> = created
        .iter()
        .map(|candidate| (world.source.employees[candidate.at].id.as_str(), candidate.userid.clone()))
        .collect();
    let wanted = |at: usize| {
        let employee = world.source.employees[at];
        let superior = employee.superior_id.as_ref().map(|id| id.as_str());
        let superior = superior.filter(|id| *id != employee.id.as_str() && !deleted.contains(id));
        let existing = superior.and_then(|id| {
            let member = match world.target.binding_of_employee(id) {
                Some(binding) => world.target.find_member(binding.userid.as_str()),
                None => {
                    let at = world.source.find_employee(id)?;
                    world.links.new.get(&at).map(|(member, _)| *member)
                }
            };
            member.map(|member| &world.target.members[member].userid)
        });
        match (existing, superior.and_then(|id| new.get(id))) {
            (Some(userid), _) => superiors::Wanted { leaders: vec![userid.clone()], exists: true },
            (None, Some(userid)) => superiors::Wanted { leaders: vec![userid.clone()], exists: false },
            (None, None) => superiors::Wanted { leaders: Vec::new(), exists: true },
        }
    };
    let mut later = Vec::new();
    let mut second_pass = |at: usize, userid: &UserId, before: Option<Vec<UserId>>, leaders: Vec<UserId>| {
        let before = MemberImage { direct_leader: before, ..MemberImage::default() };
        let after = MemberImage { direct_leader: Some(leaders), ..MemberImage::default() };
        let employee = world.source.employees[at].id.clone();
        let action = Action::UpdateMember { employee, userid: userid.clone(), before, after };
        later.push((at, Step { action, reason: "superior.changed" }));
    };
    for touched in touched {
        let wanted = wanted(touched.at);
        let Some(before) = superiors::difference(&wanted, Some(touched.member), touched.binding, is_maintained) else {
            continue;
        };
        if wanted.exists {
            touched.difference.before.direct_leader = before;
            touched.difference.after.direct_leader = Some(wanted.leaders);
        } else {
            second_pass(touched.at, &touched.member.userid, before, wanted.leaders);
        }
    }
    for candidate in created {
        let wanted = wanted(candidate.at);
        if wanted.leaders.is_empty() {
            continue;
        }
        if wanted.exists {
            candidate.image.direct_leader = Some(wanted.leaders);
        } else {
            second_pass(candidate.at, &candidate.userid, Some(Vec::new()), wanted.leaders);
        }
    }
    later.sort_by_key(|(at, _)| *at);
    later.into_iter().map(|(_, step)| step).collect()
}

fn emit(
    world: &World<'_, '_>,
    touched: Vec<Touched<'_>>,
    created: Vec<Candidate>,
    later: Vec<Step>,
    steps: &mut Vec<Step>,
) {
    let options = &world.input.corp.downstream;
    let employee_id = |at: usize| world.source.employees[at].id.clone();
    for touched in touched.iter().filter(|touched| touched.binding.is_none()) {
        let Some((_, rule)) = world.links.new.get(&touched.at) else { continue };
        let userid = touched.member.userid.clone();
        let action = Action::BindMember { employee: employee_id(touched.at), userid, rule: rule.clone() };
        steps.push(Step { action, reason: "match.rule" });
    }
    for touched in touched.iter().filter(|touched| touched.ends_removal) {
        let userid = touched.member.userid.clone();
        let action = Action::RecordRemoval { employee: employee_id(touched.at), userid, cause: None };
        steps.push(Step { action, reason: "employee.back" });
    }
    for candidate in created {
        let action = Action::CreateMember {
            employee: employee_id(candidate.at),
            userid: candidate.userid,
            after: candidate.image,
            invite: options.invite,
        };
        steps.push(Step { action, reason: candidate.reason });
    }
    let (enabled, updated): (Vec<_>, Vec<_>) =
        touched.into_iter().filter(|touched| !touched.difference.is_empty()).partition(|touched| touched.enables);
    for touched in updated {
        let Difference { before, after, .. } = touched.difference;
        let reason = match (&after.memberships, after.fields.is_empty(), &after.direct_leader) {
            (Some(_), _, _) => "place.changed",
            (None, true, Some(_)) => "superior.changed",
            _ => "field.changed",
        };
        let userid = touched.member.userid.clone();
        let action = Action::UpdateMember { employee: employee_id(touched.at), userid, before, after };
        steps.push(Step { action, reason });
    }
    for touched in enabled {
        let Difference { before, after, .. } = touched.difference;
        let userid = touched.member.userid.clone();
        let action = Action::EnableMember { employee: employee_id(touched.at), userid, before, after };
        steps.push(Step { action, reason: "employee.back" });
    }
    steps.extend(later);
}

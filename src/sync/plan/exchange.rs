//! Values that only one member may have (mobile and e-mail, doc path 90195): who gives one away writes before who takes
//! it, and people who exchange theirs, two or a whole ring, reach their goal in one run with one call more.
//!
//! That call frees one value of the ring first. An e-mail address is cleared where the member has a mobile. A mobile has no
//! documented way to be cleared, so it becomes, until the same run writes the right one, a number that is nobody's: one of
//! those that the North American numbering plan keeps for fiction (555-0100 to 555-0199 of each area).
//!
//! What cannot become free is not asked for: WeCom would refuse it at every run. An activated member's mobile changes only
//! by that member's own hand (doc path 90197), and a linked member that this plan does not change keeps what it has.

use super::Step;
use crate::model::{
    Action, Change, EmployeeId, Member, MemberField, MemberImage, MemberStatus, Reversible, Text, UserId,
};
use crate::sync::normal;
use crate::sync::notices::Notices;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};

/// The reason of a call that only frees a value for another member of the same plan.
pub const FREED: &str = "value.freed";
/// The fields, by number.
const UNIQUE: [MemberField; 2] = [MemberField::Mobile, MemberField::Email];
const MOBILE: usize = 0;

/// Field number and value in the form in which it is compared.
type Key = (usize, String);

fn key(field: usize, value: &str) -> Key {
    let normal = if field == MOBILE { normal::mobile(value) } else { normal::folded(value) };
    (field, normal.into_owned())
}

/// What a step writes: whom, what was known, what is written.
fn write_of(action: &Action) -> Option<(&UserId, Option<&MemberImage>, &MemberImage)> {
    match action {
        Action::CreateMember { userid, after, .. } => Some((userid, None, after)),
        Action::UpdateMember { userid, before, after, .. }
        | Action::EnableMember { userid, before, after, .. }
        | Action::DisableMember { userid, before, after, .. } => Some((userid, Some(before), after)),
        _ => None,
    }
}

/// The value that an action takes from whoever has it.
pub(in crate::sync) fn taken(action: &Action, field: usize) -> Option<Key> {
    let (_, _, after) = write_of(action)?;
    let value = after.fields.get(&UNIQUE[field]).filter(|value| !value.is_empty())?;
    Some(key(field, value))
}

/// The value that an action gives away.
pub(in crate::sync) fn released(action: &Action, field: usize) -> Option<Key> {
    let (_, before, after) = write_of(action)?;
    let value = before?.fields.get(&UNIQUE[field]).filter(|value| !value.is_empty())?;
    let next = after.fields.get(&UNIQUE[field])?;
    let value = key(field, value);
    (key(field, next) != value).then_some(value)
}

/// All values that an action takes, and all that it gives away, for whoever carries it out.
pub fn takes_and_releases(action: &Action) -> (Vec<Key>, Vec<Key>) {
    let each =
        |of: fn(&Action, usize) -> Option<Key>| (0..UNIQUE.len()).filter_map(|field| of(action, field)).collect();
    (each(taken), each(released))
}

/// Labels as partly reversible what gave a value to a change that cannot give it back itself, and so on along a chain.
pub(in crate::sync) fn label(changes: &mut [Change]) {
    let mut givers: HashMap<Key, usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        givers.extend((0..UNIQUE.len()).filter_map(|field| Some((released(&change.action, field)?, at))));
    }
    if givers.is_empty() {
        return;
    }
    let mut open: Vec<usize> = (0..changes.len()).filter(|at| changes[*at].reversible != Reversible::Yes).collect();
    while let Some(at) = open.pop() {
        for field in 0..UNIQUE.len() {
            let giver = taken(&changes[at].action, field).and_then(|value| givers.get(&value).copied());
            if let Some(giver) = giver.filter(|giver| changes[*giver].reversible == Reversible::Yes) {
                changes[giver].reversible = Reversible::Partly;
                open.push(giver);
            }
        }
    }
}

/// Puts the steps into an order in which every value is free when it is taken, adds the calls that free one where
/// values go in a circle, and leaves out what cannot become free. The order is otherwise kept.
///
/// `newly_linked` are the members, by position, that this plan links or would link.
pub(in crate::sync) fn arrange(
    mut steps: Vec<Step>,
    target: &Target<'_>,
    newly_linked: &HashSet<usize>,
    notices: &mut Notices,
) -> Vec<Step> {
    let mut takers: HashMap<Key, Vec<usize>> = HashMap::new();
    let mut releasers: HashMap<Key, usize> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        for field in 0..UNIQUE.len() {
            if let Some(value) = released(&step.action, field) {
                releasers.insert(value, at);
            }
        }
    }
    if releasers.is_empty() && target.bindings.is_empty() && newly_linked.is_empty() {
        return steps;
    }
    for (at, step) in steps.iter().enumerate() {
        for field in 0..UNIQUE.len() {
            if let Some(value) = taken(&step.action, field) {
                takers.entry(value).or_default().push(at);
            }
        }
    }
    if takers.is_empty() {
        return steps;
    }
    leave_out_held(&mut steps, target, newly_linked, &mut takers, &mut releasers, notices);
    let waits = |at: usize| -> Vec<(usize, usize)> {
        let of = |field: usize| {
            let value = taken(&steps[at].action, field)?;
            releasers.get(&value).copied().filter(|giver| *giver != at).map(|giver| (giver, field))
        };
        (0..UNIQUE.len()).filter_map(of).collect()
    };
    if (0..steps.len()).all(|at| waits(at).is_empty()) {
        return without_empty(steps);
    }
    let order = Order::of(steps.len(), waits);
    let mut spares = Spares::new(&steps, target);
    let mut frees: HashMap<usize, Step> = order
        .freed
        .iter()
        .filter_map(|at| {
            let given = |field: &usize| {
                let value = released(&steps[*at].action, *field)?;
                takers.get(&value).filter(|takers| takers.iter().any(|taker| taker != at)).map(|_| *field)
            };
            let fields: Vec<usize> = (0..UNIQUE.len()).filter_map(|field| given(&field)).collect();
            free(&steps[*at].action, &fields, &mut spares, target).map(|step| (*at, step))
        })
        .collect();
    let mut left: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut arranged = Vec::with_capacity(left.len() + frees.len());
    for emitted in order.emitted {
        match emitted {
            Emitted::Step(at) => arranged.extend(left.get_mut(at).and_then(Option::take)),
            Emitted::Free(at) => arranged.extend(frees.remove(&at)),
        }
    }
    without_empty(arranged)
}

/// An update that lost all its fields is none, and a member that is not created needs nothing more.
fn without_empty(mut steps: Vec<Step>) -> Vec<Step> {
    let unborn: HashSet<Text> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CreateMember { userid, after, .. } if *after == MemberImage::default() => Some(userid.folded()),
            _ => None,
        })
        .collect();
    let is_unborn = |userid: &UserId| !unborn.is_empty() && unborn.contains(&userid.folded());
    steps.retain(|step| match &step.action {
        Action::CreateMember { userid, .. } => !is_unborn(userid),
        Action::UpdateMember { userid, after, .. } => {
            let leads = after.direct_leader.iter().flatten().any(is_unborn);
            *after != MemberImage::default() && !is_unborn(userid) && !leads
        }
        _ => true,
    });
    steps
}

/// Leaves out the values that a linked member has and keeps, and what in turn does not become free because of that.
fn leave_out_held(
    steps: &mut [Step],
    target: &Target<'_>,
    newly_linked: &HashSet<usize>,
    takers: &mut HashMap<Key, Vec<usize>>,
    releasers: &mut HashMap<Key, usize>,
    notices: &mut Notices,
) {
    let deleted: HashSet<Text> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::DeleteMember { userid, .. } => Some(userid.folded()),
            _ => None,
        })
        .collect();
    let mut held: Vec<(usize, usize, String)> = Vec::new();
    let wanted: HashSet<(usize, &str)> = takers.keys().map(|(field, value)| (*field, value.as_str())).collect();
    for (at, member) in target.members.iter().enumerate() {
        let binding = target.binding_of_member(at);
        if binding.is_none() && !newly_linked.contains(&at) {
            continue;
        }
        for (field, name) in UNIQUE.iter().enumerate() {
            let pushed = || binding.and_then(|binding| binding.pushed.get(name)).map(|pushed| &pushed.value);
            let Some(value) = member.fields.get(name).or_else(pushed).filter(|value| !value.is_empty()) else {
                continue;
            };
            let normal = if field == MOBILE { normal::mobile(value) } else { normal::folded(value) };
            if !wanted.contains(&(field, normal.as_ref())) {
                continue;
            }
            let value = key(field, value);
            let Some(list) = takers.get(&value) else { continue };
            let is_own =
                |step: &Step| write_of(&step.action).is_some_and(|(userid, ..)| userid.is_same(&member.userid));
            let is_shown = member.fields.get(name).is_some();
            let is_fixed = field == MOBILE && is_shown && member.status == Some(MemberStatus::Activated);
            let gives = releasers.get(&value).is_some_and(|giver| is_own(&steps[*giver]));
            if (gives && !is_fixed) || deleted.contains(&member.userid.folded()) {
                continue;
            }
            let whose = binding.map(|binding| format!(", who is linked with employee {},", binding.employee));
            let why = format!(
                "member {}{} has it{}",
                member.userid,
                whose.unwrap_or_default(),
                if is_fixed {
                    " and has activated WeCom: only that person can change it there"
                } else {
                    " and keeps it"
                }
            );
            held.extend(list.iter().filter(|taker| !is_own(&steps[**taker])).map(|taker| (*taker, field, why.clone())));
        }
    }
    drop(wanted);
    held.sort();
    while let Some((at, field, why)) = held.pop() {
        let gives = released(&steps[at].action, field);
        let is_new = matches!(steps[at].action, Action::CreateMember { .. });
        let Some((id, name)) = leave_out(&mut steps[at].action, field) else { continue };
        let path = UNIQUE[field].path();
        if is_new {
            notices.add("member.contact_taken", &id, || format!("not created with this {path}: {why}"));
        } else {
            notices.add("field.held", &id, || format!("{path} is left out: {why}"));
        }
        // what it would have given away stays its own
        if let Some(value) = gives {
            releasers.remove(&value);
            let why = format!("member {name}, who cannot take another one now, has it");
            held.extend(takers.get(&value).into_iter().flatten().map(|taker| (*taker, field, why.clone())));
        }
    }
    takers.retain(|value, list| {
        list.retain(|at| taken(&steps[*at].action, value.0).as_ref() == Some(value));
        !list.is_empty()
    });
}

/// Takes a field out of what is written. `None` where it is not in there. A new member is not created at all then, as it
/// is not when a member that nobody is linked with has its contacts: it may be the same person.
fn leave_out(action: &mut Action, field: usize) -> Option<(EmployeeId, UserId)> {
    let name = &UNIQUE[field];
    match action {
        Action::UpdateMember { employee, userid, before, after }
        | Action::EnableMember { employee, userid, before, after }
        | Action::DisableMember { employee: Some(employee), userid, before, after, .. } => {
            after.fields.get(name)?;
            after.fields.remove(name);
            before.fields.remove(name);
            Some((employee.clone(), userid.clone()))
        }
        Action::CreateMember { employee, userid, after, .. } => {
            after.fields.get(name)?;
            *after = MemberImage::default();
            Some((employee.clone(), userid.clone()))
        }
        _ => None,
    }
}

enum Emitted {
    /// The step at this place.
    Step(usize),
    /// A call before it that frees its values.
    Free(usize),
}

/// The order in which everybody waits for whoever gives away what they take.
struct Order {
    emitted: Vec<Emitted>,
    freed: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    UnderWay,
    Done,
}

impl Order {
    fn of(count: usize, waits: impl Fn(usize) -> Vec<(usize, usize)>) -> Self {
        let mut order = Self { emitted: Vec::with_capacity(count), freed: Vec::new() };
        let mut visits = vec![Visit::New; count];
        let mut freed = vec![false; count];
        for start in 0..count {
            if visits[start] != Visit::New {
                continue;
            }
            visits[start] = Visit::UnderWay;
            let mut stack = vec![(start, waits(start))];
            while let Some((at, open)) = stack.last_mut() {
                let at = *at;
                let Some((giver, _)) = open.pop() else {
                    visits[at] = Visit::Done;
                    order.emitted.push(Emitted::Step(at));
                    stack.pop();
                    continue;
                };
                match visits[giver] {
                    Visit::Done => {}
                    Visit::New => {
                        visits[giver] = Visit::UnderWay;
                        stack.push((giver, waits(giver)));
                    }
                    // it waits for us: its value is freed before
                    Visit::UnderWay if freed[giver] => {}
                    Visit::UnderWay => {
                        freed[giver] = true;
                        order.freed.push(giver);
                        order.emitted.push(Emitted::Free(giver));
                    }
                }
            }
        }
        order
    }
}

/// The call that frees these fields of the member that the action writes later.
fn free(action: &Action, fields: &[usize], spares: &mut Spares, target: &Target<'_>) -> Option<Step> {
    let (userid, known, _) = write_of(action)?;
    let employee = match action {
        Action::UpdateMember { employee, .. } | Action::EnableMember { employee, .. } => employee.clone(),
        Action::DisableMember { employee, .. } => employee.clone()?,
        _ => return None,
    };
    let (mut before, mut after) = (MemberImage::default(), MemberImage::default());
    for field in fields {
        let name = &UNIQUE[*field];
        before.fields.insert(name.clone(), known?.fields.get(name)?.clone());
        let spare = match *field {
            MOBILE => spares.mobile()?,
            _ if fields.contains(&MOBILE) || has_mobile(target, userid) => Text::default(),
            _ => spares.email(),
        };
        after.fields.insert(name.clone(), spare);
    }
    let action = Action::UpdateMember { employee, userid: userid.clone(), before, after };
    (!fields.is_empty()).then_some(Step { action, reason: FREED })
}

fn has_mobile(target: &Target<'_>, userid: &UserId) -> bool {
    let shown: Option<&Member> = target.find_member(userid.as_str()).map(|at| target.members[at]);
    let shown = shown.and_then(|member| member.fields.get(&MemberField::Mobile));
    let pushed = target.binding_of_userid(userid.as_str()).and_then(|b| b.pushed.get(&MemberField::Mobile));
    shown.or(pushed.map(|pushed| &pushed.value)).is_some_and(|mobile| !mobile.is_empty())
}

/// Values that are nobody's.
struct Spares {
    used: HashSet<String>,
    next_mobile: u32,
    next_email: u32,
}

/// What all spare mobiles begin with and what stands in their middle.
const SPARE_MOBILE: (&str, &str) = ("+1", "55501");

impl Spares {
    fn new(steps: &[Step], target: &Target<'_>) -> Self {
        let shown = target.members.iter().flat_map(|member| UNIQUE.iter().map(|name| member.fields.get(name)));
        let pushed =
            target.bindings.iter().flat_map(|b| UNIQUE.iter().map(|name| b.pushed.get(name).map(|p| &p.value)));
        let written = steps.iter().filter_map(|step| write_of(&step.action));
        let written = written.flat_map(|(_, _, after)| UNIQUE.iter().map(|name| after.fields.get(name)));
        let is_spare = |value: &str| value.starts_with(SPARE_MOBILE.0) || value.ends_with("@example.invalid");
        let values = shown.chain(pushed).chain(written).flatten().map(Text::as_str).filter(|value| is_spare(value));
        Self { used: values.map(str::to_owned).collect(), next_mobile: 0, next_email: 0 }
    }

    /// `None` when all 72,000 are used up: the ring then stays as it is, and WeCom refuses it.
    fn mobile(&mut self) -> Option<Text> {
        loop {
            let (area, line) = (self.next_mobile / 100, self.next_mobile % 100);
            // areas are 2–9, 0–8, 0–9, in this order of digits
            let area = (2 + area / 90 % 8) * 100 + area / 10 % 9 * 10 + area % 10;
            if self.next_mobile >= 72_000 {
                return None;
            }
            self.next_mobile += 1;
            let number = format!("{}{area}{}{line:02}", SPARE_MOBILE.0, SPARE_MOBILE.1);
            if self.used.insert(number.clone()) {
                return Some(Text::from(number));
            }
        }
    }

    fn email(&mut self) -> Text {
        loop {
            self.next_email += 1;
            let address = format!("exchange-{}@example.invalid", self.next_email);
            if self.used.insert(address.clone()) {
                return Text::from(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Employee;
    use crate::sync::tests::world::{World, codes, texts};
    use crate::sync::undo::undo;

    fn company(people: u32) -> World {
        let mut world = World::new();
        for n in 1..=people {
            world.employee(n, "r");
        }
        world.sync();
        world
    }

    fn exchange(world: &mut World, ring: &[u32], value: fn(&mut Employee) -> &mut Text) {
        let values: Vec<Text> = ring.iter().map(|n| value(world.employee_mut(*n)).clone()).collect();
        for (at, n) in ring.iter().enumerate() {
            *value(world.employee_mut(*n)) = values[(at + 1) % ring.len()].clone();
        }
    }

    fn mobile(employee: &mut Employee) -> &mut Text {
        &mut employee.mobile
    }

    fn email(employee: &mut Employee) -> &mut Text {
        &mut employee.email
    }

    /// Every writing is checked by the cloud, which refuses a value that somebody else has at that moment.
    #[test]
    fn rings_of_any_size_reach_their_goal_with_one_call_more() {
        type Swap = fn(&mut World);
        let cases: [(&str, Swap, usize); 9] = [
            ("two swap mobiles", |w| exchange(w, &[1, 2], mobile), 3),
            ("two swap e-mails", |w| exchange(w, &[1, 2], email), 3),
            (
                "two swap both",
                |w| {
                    exchange(w, &[1, 2], mobile);
                    exchange(w, &[1, 2], email);
                },
                3,
            ),
            ("a ring of seven", |w| exchange(w, &[4, 2, 7, 1, 3, 6, 5], mobile), 8),
            (
                "two rings",
                |w| {
                    exchange(w, &[1, 2], mobile);
                    exchange(w, &[3, 4, 5], email);
                },
                7,
            ),
            (
                "rings that share a member",
                |w| {
                    exchange(w, &[1, 2], mobile);
                    exchange(w, &[2, 3], email);
                },
                5,
            ),
            (
                "a chain: whoever gives away goes first",
                |w| {
                    exchange(w, &[1, 2, 3], mobile);
                    w.employee_mut(3).mobile = "13900000009".into();
                },
                3,
            ),
            (
                "a newcomer gets the number of somebody who gets another",
                |w| {
                    w.employee_mut(1).mobile = "13900000009".into();
                    w.employee(9, "r").mobile = "13800000001".into();
                },
                2,
            ),
            (
                "somebody without any mobile swaps addresses",
                |w| {
                    for n in [1, 2] {
                        w.employee_mut(n).mobile = "".into();
                        let fields = &mut w.cloud.members.get_mut(format!("no{n}").as_str()).unwrap().fields;
                        fields.remove(&MemberField::Mobile);
                        w.member_bindings[n as usize - 1].pushed.remove(&MemberField::Mobile);
                    }
                    exchange(w, &[1, 2], email);
                },
                3,
            ),
        ];
        for hides_contacts in [false, true] {
            for (what, swap, calls) in cases {
                let mut world = company(7);
                world.cloud.hides_contacts = hides_contacts;
                swap(&mut world);
                let draft = world.sync();
                assert_eq!(texts(&draft).len(), calls, "{what}, hidden {hides_contacts}: {:?}", texts(&draft));
                for employee in &world.employees {
                    let shown = world.at(&employee.employee_no).fields.clone();
                    if !employee.mobile.is_empty() {
                        assert_eq!(shown.get(&MemberField::Mobile), Some(&employee.mobile), "{what} {}", employee.id);
                    }
                    assert_eq!(shown.get(&MemberField::Email), Some(&employee.email), "{what} {}", employee.id);
                }
            }
        }
    }

    #[test]
    fn an_exchange_is_undone_like_everything_else() {
        for ring in [&[1, 2][..], &[3, 1, 2, 4]] {
            for (also_mail, stops_after) in [(false, None), (true, None), (false, Some(1)), (false, Some(2))] {
                let mut world = company(4);
                let before = world.cloud.clone();
                exchange(&mut world, ring, mobile);
                if also_mail {
                    exchange(&mut world, ring, email);
                }
                let draft = world.plan();
                let done = stops_after.unwrap_or(draft.changes.len());
                draft.changes.iter().take(done).for_each(|change| world.apply(change));
                world.pull();
                let inverse = undo(&world.input(), &draft.changes, |seq| (seq as usize) < done).unwrap();
                assert!(inverse.is_sound(), "{:?}", inverse.invariants);
                world.apply_all(&inverse);
                assert_eq!(world.cloud, before, "{ring:?} {stops_after:?}: {:#?}", inverse.changes);
            }
        }
    }

    /// Stopped anywhere, the next plan gets everybody there.
    #[test]
    fn a_plan_that_was_carried_out_in_part_is_finished_by_the_next() {
        for done in 0..=4 {
            let mut world = company(3);
            exchange(&mut world, &[1, 2, 3], mobile);
            let draft = world.plan();
            assert_eq!(draft.changes.len(), 4);
            draft.changes.iter().take(done).for_each(|change| world.apply(change));
            world.sync();
            for employee in &world.employees {
                let shown = world.at(&employee.employee_no).fields.clone();
                assert_eq!(shown.get(&MemberField::Mobile), Some(&employee.mobile), "after {done}");
            }
        }
    }

    #[test]
    fn what_cannot_become_free_is_told_and_not_asked_for() {
        // an activated member's number is its own affair, for whoever waits for it and for those behind
        let mut world = company(4);
        world.cloud.members.get_mut("no1").unwrap().status = Some(MemberStatus::Activated);
        exchange(&mut world, &[1, 2, 3], mobile);
        let draft = world.plan();
        let told: Vec<&str> =
            draft.notices.iter().filter(|n| n.code == "field.held").map(|n| n.subject.as_str()).collect();
        assert_eq!(told, ["e3", "e2", "e1"], "{:?}", draft.notices);
        assert!(draft.notices.iter().any(|n| n.text.contains("only that person")), "{:?}", draft.notices);
        assert_eq!(texts(&draft), Vec::<String>::new());

        // somebody outside the scope keeps what is theirs
        let mut world = company(4);
        world.options().out_of_scope = crate::model::OutOfScope::Keep;
        world.options().scope.exclude = vec!["e1".into()];
        world.employee_mut(2).mobile = "13800000001".into();
        let draft = world.sync();
        assert_eq!(texts(&draft), Vec::<String>::new());
        assert_eq!(codes(&draft), ["field.held"]);
    }

    #[test]
    fn spare_values_are_nobodys() {
        let mut spares = Spares { used: ["+12005550100".to_owned()].into(), next_mobile: 0, next_email: 0 };
        let first: Vec<Text> = (0..3).filter_map(|_| spares.mobile()).collect();
        assert_eq!(first, ["+12005550101", "+12005550102", "+12005550103"]);
        let rest: Vec<Text> = std::iter::from_fn(|| spares.mobile()).collect();
        assert_eq!(rest.len(), 72_000 - 4);
        let is_fiction = |number: &Text| number.len() == 12 && &number.as_str()[5..10] == "55501";
        assert!(rest.iter().all(is_fiction));
        assert!(rest.iter().all(|number| matches!(number.as_bytes()[3], b'0'..=b'8')), "no area has a 9 there");
        assert_eq!(rest.iter().collect::<HashSet<_>>().len(), rest.len());
    }
}

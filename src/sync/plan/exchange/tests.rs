//! People who exchange numbers and addresses, and the undo of it, over a WeCom that checks every writing.

use crate::model::{Employee, MemberField, MemberStatus, Text};
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
    let told: Vec<&str> = draft.notices.iter().filter(|n| n.code == "field.held").map(|n| n.subject.as_str()).collect();
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

//! Batches, and what rests on a failure.

use super::*;
use crate::model::{DepartmentImage, Membership, RemovalCause, Reversible};

fn change(seq: u32, action: Action) -> Change {
    Change { seq, action, reason: "test".into(), reversible: Reversible::Yes }
}

fn department(id: u32, parent: u32) -> Action {
    Action::CreateDepartment {
        unit: format!("u{id}").into(),
        department: DepartmentId(id),
        after: DepartmentImage { name: Some("x".into()), parent: Some(DepartmentId(parent)), order: None },
    }
}

fn image(departments: &[u32], leaders: &[&str]) -> MemberImage {
    let membership = |id: &u32| Membership { department: DepartmentId(*id), order: 0, is_leader: false };
    MemberImage {
        memberships: (!departments.is_empty()).then(|| departments.iter().map(membership).collect()),
        direct_leader: (!leaders.is_empty()).then(|| leaders.iter().map(|l| UserId::from(*l)).collect()),
        ..MemberImage::default()
    }
}

fn create(userid: &str, departments: &[u32]) -> Action {
    Action::CreateMember {
        employee: userid.into(),
        userid: userid.into(),
        after: image(departments, &[]),
        invite: false,
    }
}

fn update(userid: &str, before: &[u32], after: MemberImage) -> Action {
    Action::UpdateMember { employee: userid.into(), userid: userid.into(), before: image(before, &[]), after }
}

fn delete_department(id: u32, parent: u32) -> Action {
    Action::DeleteDepartment {
        unit: None,
        department: DepartmentId(id),
        before: DepartmentImage { parent: Some(DepartmentId(parent)), ..DepartmentImage::default() },
    }
}

fn numbered(actions: Vec<Action>) -> Vec<Change> {
    actions.into_iter().zip(0..).map(|(action, seq)| change(seq, action)).collect()
}

#[test]
fn members_go_together_until_one_rests_on_another() {
    let changes = numbered(vec![
        department(2, 1),
        department(3, 2),
        create("a", &[3]),
        create("B", &[3]),
        create("c", &[2]),
        update("c", &[], image(&[], &["b"])), // second pass: b was created in the same batch
        update("a", &[], image(&[], &["x"])),
        update("A", &[3], image(&[2], &[])), // the same member twice
        delete_department(3, 2),
    ]);
    let got: Vec<_> = batches(&changes).into_iter().map(|b| (b.range, b.is_concurrent)).collect();
    assert_eq!(got, [(0..2, false), (2..5, true), (5..7, true), (7..8, true), (8..9, false)]);
}

#[test]
fn what_rests_on_a_failure_is_skipped() {
    let changes = numbered(vec![
        department(2, 1),                       // 0 fails
        department(3, 2),                       // 1 below it
        create("a", &[2]),                      // 2 in it
        create("b", &[1]),                      // 3
        update("b", &[1], image(&[1, 2], &[])), // 4 moves into it
        update("c", &[5], image(&[], &["a"])),  // 5 reports to a
        delete_department(5, 1),                // 6
        Action::DeleteMember {
            employee: None,
            userid: "d".into(),
            cause: RemovalCause::Departed,
            before: image(&[6], &[]),
        }, // 7 fails
        delete_department(6, 1),                // 8 still holds d
    ]);
    let mut broken = Broken::default();
    broken.failed(&changes[0]);
    broken.failed(&changes[7]);
    let mut got = Vec::new();
    for change in [1, 2, 3, 4, 5, 6, 8].map(|index: usize| &changes[index]) {
        let because = broken.blocks(change);
        if because.is_some() {
            broken.failed(change);
        }
        got.push((change.seq, because));
    }
    let want = [(1, Some(0)), (2, Some(0)), (3, None), (4, Some(0)), (5, Some(2)), (6, None), (8, Some(7))];
    assert_eq!(got, want);
}

fn mobile(userid: &str, before: &str, after: &str) -> Action {
    let image = |text: &str| {
        let mut image = MemberImage::default();
        image.fields.insert(crate::model::MemberField::Mobile, text.into());
        image
    };
    Action::UpdateMember { employee: userid.into(), userid: userid.into(), before: image(before), after: image(after) }
}

#[test]
fn who_takes_a_number_waits_for_whoever_gives_it_away() {
    let changes = numbered(vec![
        mobile("x", "7", "8"),
        mobile("a", "1", "9"), // freed
        mobile("b", "2", "+86 13800000001"),
        mobile("c", "3", "2"), // rests on b
        mobile("d", "13800000001", "3"),
        mobile("a", "1", "13800000001"),
    ]);
    let got: Vec<_> = batches(&changes).into_iter().map(|batch| batch.range).collect();
    assert_eq!(got, [0..3, 3..4, 4..5, 5..6]);
    let mut broken = Broken::default();
    broken.failed(&changes[1]);
    assert_eq!(broken.blocks(&changes[2]), None);
    broken.failed(&changes[2]);
    assert_eq!((broken.blocks(&changes[3]), broken.blocks(&changes[0])), (Some(2), None));
}

#[test]
fn a_change_of_fields_leaves_no_department() {
    let action = update("a", &[2, 3], image(&[], &[]));
    assert!(leaves(&action).is_empty());
    let action = update("a", &[2, 3], image(&[3, 4], &[]));
    assert_eq!(leaves(&action), [DepartmentId(2)]);
}

//! Each row is one case of drift or of none.

use super::*;
use crate::model::{Department, MemberField, Membership, RemovalCause, Reversible};
use crate::sync::pull::reading;

fn image(departments: &[u32], name: &str) -> MemberImage {
    let membership = |id: &u32| Membership { department: DepartmentId(*id), order: 0, is_leader: false };
    MemberImage {
        memberships: Some(departments.iter().map(membership).collect()),
        fields: [(MemberField::Name, Text::from(name))].into_iter().collect(),
        ..MemberImage::default()
    }
}

fn department(id: u32, parent: u32, name: &str) -> Department {
    let (id, parent) = (DepartmentId(id), DepartmentId(parent));
    Department { id, parent, name: Some(name.into()), order: 0, leaders: Vec::new() }
}

fn now() -> Now {
    let member = |userid: &str, departments: &[u32]| {
        let ids = departments.iter().copied().map(DepartmentId).collect();
        (Text::from(userid), (UserId::from(userid), ids))
    };
    let detail = reading::from_ids("a".into(), &[DepartmentId(2)], None);
    let fields = [(MemberField::Name, Text::from("A"))].into_iter().collect();
    Now {
        departments: [department(1, 0, "root"), department(2, 1, "two")].map(|d| (d.id, d)).into(),
        members: [member("a", &[2]), member("b", &[1, 2])].into(),
        details: [("a".into(), Member { fields, has_details: true, ..detail })].into(),
        has_all_places: true,
    }
}

fn rename(id: u32, parent: u32, name: &str) -> Action {
    let (department, parent) = (DepartmentId(id), Some(DepartmentId(parent)));
    let before = DepartmentImage { name: Some(name.into()), parent, order: None };
    let after = DepartmentImage { name: Some("new".into()), ..DepartmentImage::default() };
    Action::UpdateDepartment { unit: None, department, before, after }
}

fn update(userid: &str, before: MemberImage) -> Action {
    let after = MemberImage::default();
    Action::UpdateMember { employee: userid.into(), userid: userid.into(), before, after }
}

fn create(userid: &str) -> Action {
    let after = image(&[2], "x");
    Action::CreateMember { employee: userid.into(), userid: userid.into(), after, invite: false }
}

fn delete(userid: &str, departments: &[u32]) -> Action {
    Action::DeleteMember {
        employee: None,
        userid: userid.into(),
        cause: RemovalCause::Departed,
        before: image(departments, "A"),
    }
}

fn numbered(actions: Vec<Action>) -> Vec<Change> {
    let change = |(seq, action)| Change { seq, action, reason: "test".into(), reversible: Reversible::Yes };
    (0..).zip(actions).map(change).collect()
}

#[test]
fn what_counts_as_drift() {
    for (name, actions, want) in [
        ("as seen", vec![rename(2, 1, "two"), update("a", image(&[2], "A")), delete("b", &[2, 1])], vec![]),
        ("renamed", vec![rename(2, 1, "zwei")], vec!["department 2 was renamed from zwei to two"]),
        ("moved", vec![rename(2, 9, "two")], vec!["department 2 was moved from 9 to 1"]),
        ("gone", vec![rename(7, 1, "x")], vec!["department 7 is gone"]),
        ("member gone", vec![delete("z", &[1])], vec!["member z is gone"]),
        ("member moved", vec![update("b", image(&[2], "B"))], vec!["member b was moved to other departments"]),
        ("field", vec![update("a", image(&[2], "Z"))], vec!["field name of member a was changed"]),
        ("created", vec![create("A")], vec!["member A exists meanwhile"]),
        ("created, then updated by the plan", vec![create("c"), update("c", image(&[9], "x"))], vec![]),
    ] {
        let got = differences(&numbered(actions), |_| Standing::Open, &now(), &HashMap::new());
        assert_eq!(got, want, "{name}");
    }
}

/// An update that writes a name.
fn renames(userid: &str, before: &str, after: &str) -> Action {
    let fields = |name: &str| MemberImage {
        fields: [(MemberField::Name, Text::from(name))].into_iter().collect(),
        ..MemberImage::default()
    };
    let (before, after) = (fields(before), fields(after));
    Action::UpdateMember { employee: userid.into(), userid: userid.into(), before, after }
}

#[test]
fn what_is_left_of_a_plan_is_compared_with_what_the_rest_has_made_of_it() {
    use Standing::{Done, Not, Open, Uncertain};
    for (name, actions, standings, want) in [
        ("done ones are not compared", vec![renames("a", "x", "y")], vec![Done], vec![]),
        ("failed ones neither", vec![renames("a", "x", "y")], vec![Not], vec![]),
        ("intended, not written", vec![renames("a", "A", "B")], vec![Uncertain], vec![]),
        ("intended and written", vec![renames("a", "x", "A")], vec![Uncertain], vec![]),
        (
            "intended, and somebody else wrote",
            vec![renames("a", "x", "y")],
            vec![Uncertain],
            vec!["field name of member a was changed"],
        ),
        (
            "an earlier change is done: its result is compared",
            vec![renames("a", "x", "A"), renames("a", "x", "C")],
            vec![Done, Open],
            vec![],
        ),
        (
            "and its result is gone",
            vec![renames("a", "x", "B"), renames("a", "x", "C")],
            vec![Done, Open],
            vec!["field name of member a was changed"],
        ),
        (
            "an earlier change failed: the state before both is compared",
            vec![renames("a", "x", "B"), renames("a", "A", "C")],
            vec![Not, Open],
            vec![],
        ),
        ("created by us, intended", vec![create("a")], vec![Uncertain], vec![]),
        (
            "created by us and gone",
            vec![create("c"), renames("c", "x", "y")],
            vec![Done, Open],
            vec!["member c is gone"],
        ),
        ("deleted by us, intended", vec![delete("c", &[1])], vec![Uncertain], vec![]),
        ("department renamed by us", vec![rename(2, 1, "zwei")], vec![Done], vec![]),
        ("department renamed, intended", vec![rename(2, 1, "two")], vec![Uncertain], vec![]),
        (
            "department renamed by somebody else",
            vec![rename(2, 1, "zwei")],
            vec![Uncertain],
            vec!["department 2 was renamed from zwei to two"],
        ),
    ] {
        let changes = numbered(actions);
        let standing = |change: &Change| standings[usize::try_from(change.seq).unwrap()];
        assert_eq!(differences(&changes, standing, &now(), &HashMap::new()), want, "{name}");
    }
}

#[test]
fn order_and_headship_count_only_where_they_were_read() {
    let moved = |is_leader| {
        let membership = Membership { department: DepartmentId(2), order: 0, is_leader };
        let before = MemberImage { memberships: Some(vec![membership]), ..MemberImage::default() };
        update("a", before)
    };
    let known = reading::from_ids("a".into(), &[DepartmentId(2)], None);
    for (is_leader, has_details, want) in [
        (false, true, vec![]),
        (true, true, vec!["head of department 2 of member a was changed"]),
        (true, false, vec![]),
    ] {
        let seen = [("a".into(), Member { has_details, ..known.clone() })].into();
        let got = differences(&numbered(vec![moved(is_leader)]), |_| Standing::Open, &now(), &seen);
        assert_eq!(got, want, "{is_leader} {has_details}");
    }
}

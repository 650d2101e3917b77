//! Whether WeCom shows a member or a department as an image has it. What it does not show can be neither the same nor
//! another. Values only.

use crate::model::{Department, DepartmentImage, Member, MemberImage, MemberStatus, Membership, UserId};
use crate::sync::members::limits::is_same;

/// How something compares with an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// All that the image holds is shown, and is the same.
    Same,
    /// What is shown is the same, but not all is shown.
    Partly,
    /// Something is another; which, e.g. `field position`.
    Other(String),
}

/// Compares a member's details with an image.
pub fn member(shown: &Member, image: &MemberImage) -> Shown {
    let mut unseen = false;
    for (field, value) in image.fields.iter() {
        match shown.fields.get(field) {
            None => unseen = true,
            Some(is) if !is_same(field, is, value) => return Shown::Other(format!("field {}", field.path())),
            Some(_) => {}
        }
    }
    if let Some(memberships) = &image.memberships {
        match placed(&shown.memberships, memberships) {
            Shown::Same => {}
            Shown::Partly => unseen = true,
            other => return other,
        }
    }
    let main = shown.main_department.map(|is| Some(is) == image.main_department);
    let leader = image.direct_leader.as_deref().unwrap_or_default();
    let leader_is = shown.direct_leader.as_ref().map(|is| same_people(is, leader));
    let enabled = shown.status.map(|is| Some(is != MemberStatus::Disabled) == image.enable);
    for (what, is_wanted, is_same) in [
        ("main department", image.main_department.is_some(), main),
        ("superior", image.direct_leader.is_some(), leader_is),
        ("status (enabled or disabled)", image.enable.is_some(), enabled),
    ] {
        match is_same.filter(|_| is_wanted) {
            Some(false) => return Shown::Other(what.into()),
            Some(true) => {}
            None => unseen |= is_wanted,
        }
    }
    if unseen { Shown::Partly } else { Shown::Same }
}

/// Compares a department with an image.
pub fn department(shown: &Department, image: &DepartmentImage) -> Shown {
    if image.parent.is_some_and(|parent| parent != shown.parent) {
        return Shown::Other("parent".into());
    }
    if image.order.is_some_and(|order| order != shown.order) {
        return Shown::Other("order".into());
    }
    match (&image.name, &shown.name) {
        (Some(_), None) => Shown::Partly,
        (Some(wanted), Some(is)) if wanted != is => Shown::Other("name".into()),
        _ => Shown::Same,
    }
}

/// A credential is shown only the departments of its range, so one that is missing is only not shown.
fn placed(shown: &[Membership], wanted: &[Membership]) -> Shown {
    for is in shown {
        let department = is.department;
        match wanted.iter().find(|wanted| wanted.department == department) {
            None => return Shown::Other(format!("department {department}, in which it is")),
            Some(wanted) if wanted.is_leader != is.is_leader => {
                return Shown::Other(format!("head of department {department}"));
            }
            Some(wanted) if wanted.order != is.order => {
                return Shown::Other(format!("order in department {department}"));
            }
            Some(_) => {}
        }
    }
    if shown.len() == wanted.len() { Shown::Same } else { Shown::Partly }
}

fn same_people(a: &[UserId], b: &[UserId]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DepartmentId, Fields, MemberField, Text};

    fn member_of(departments: &[(u32, u32, bool)]) -> Member {
        let memberships = departments.iter().map(|(id, order, is_leader)| Membership {
            department: DepartmentId(*id),
            order: *order,
            is_leader: *is_leader,
        });
        Member {
            userid: "a".into(),
            memberships: memberships.collect(),
            main_department: Some(DepartmentId(2)),
            status: Some(MemberStatus::Activated),
            direct_leader: None,
            fields: [(MemberField::Name, Text::from("A"))].into_iter().collect(),
            has_details: true,
        }
    }

    #[test]
    fn what_is_shown_decides_and_what_is_not_shown_does_not() {
        let shown = member_of(&[(2, 7, false), (3, 0, true)]);
        let fields = |pairs: &[(MemberField, &str)]| -> Fields<Text> {
            pairs.iter().map(|(field, value)| (field.clone(), Text::from(*value))).collect()
        };
        let of = |pairs| MemberImage { fields: fields(pairs), ..MemberImage::default() };
        let placed = |departments| MemberImage {
            memberships: Some(member_of(departments).memberships),
            ..MemberImage::default()
        };
        let other = |what: &str| Shown::Other(what.into());
        for (image, want) in [
            (MemberImage::default(), Shown::Same),
            (of(&[(MemberField::Name, "A")]), Shown::Same),
            (of(&[(MemberField::Name, "B")]), other("field name")),
            (of(&[(MemberField::Mobile, "1")]), Shown::Partly),
            (of(&[(MemberField::Mobile, "1"), (MemberField::Name, "B")]), other("field name")),
            (placed(&[(3, 0, true), (2, 7, false)]), Shown::Same),
            (placed(&[(3, 0, false), (2, 7, false)]), other("head of department 3")),
            (placed(&[(3, 0, true), (2, 8, false)]), other("order in department 2")),
            (placed(&[(2, 7, false)]), other("department 3, in which it is")),
            (placed(&[(2, 7, false), (3, 0, true), (4, 0, false)]), Shown::Partly),
            (MemberImage { main_department: Some(DepartmentId(2)), ..MemberImage::default() }, Shown::Same),
            (
                MemberImage { main_department: Some(DepartmentId(3)), ..MemberImage::default() },
                other("main department"),
            ),
            (MemberImage { direct_leader: Some(vec!["x".into()]), ..MemberImage::default() }, Shown::Partly),
            (MemberImage { enable: Some(true), ..MemberImage::default() }, Shown::Same),
            (MemberImage { enable: Some(false), ..MemberImage::default() }, other("status (enabled or disabled)")),
        ] {
            assert_eq!(member(&shown, &image), want, "{image:?}");
        }
    }

    #[test]
    fn departments() {
        let shown =
            Department { id: DepartmentId(5), parent: DepartmentId(1), name: None, order: 9, leaders: Vec::new() };
        let image = |name: Option<&str>, parent, order| DepartmentImage {
            name: name.map(Text::from),
            parent: Some(DepartmentId(parent)),
            order,
        };
        let named = Department { name: Some("n".into()), ..shown.clone() };
        assert_eq!(department(&shown, &image(None, 1, Some(9))), Shown::Same);
        assert_eq!(department(&shown, &image(Some("n"), 1, None)), Shown::Partly);
        assert_eq!(department(&named, &image(Some("n"), 1, None)), Shown::Same);
        assert_eq!(department(&named, &image(Some("m"), 1, None)), Shown::Other("name".into()));
        assert_eq!(department(&named, &image(None, 2, None)), Shown::Other("parent".into()));
        assert_eq!(department(&shown, &image(None, 1, Some(8))), Shown::Other("order".into()));
    }
}

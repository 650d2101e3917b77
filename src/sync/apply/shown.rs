//! Whether WeCom shows a member or a department as an image has it. What it does not show can be neither the same nor
//! another. Values only.

use crate::model::{
    AttributeList, Department, DepartmentImage, Member, MemberField, MemberImage, MemberStatus, Membership, PARTLY,
    UserId,
};
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
    for list in AttributeList::ALL.into_iter().filter(|list| image.fields.get(&list.marker()).is_some()) {
        match shown.fields.get(&list.marker()) {
            None => unseen = true,
            Some(known) if *known == PARTLY => return Shown::Other(format!("field {}", list.marker().path())),
            Some(_) => {
                if let Some(more) = entries(shown, list).find(|field| image.fields.get(field).is_none()) {
                    return Shown::Other(format!("field {}", more.path()));
                }
            }
        }
    }
    for (field, value) in image.fields.iter().filter(|(field, _)| !field.is_marker()) {
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

/// The first entry of a list that the image knew whole and that is not shown any more.
pub fn lost(shown: &Member, image: &MemberImage) -> Option<String> {
    let mut lists = AttributeList::ALL.into_iter().filter(|list| {
        let marker = list.marker();
        image.fields.get(&marker).is_some() && shown.fields.get(&marker).is_some()
    });
    lists.find_map(|list| {
        let mut entries = image.fields.iter().filter(|(field, value)| field.is_entry_of(list) && !value.is_empty());
        let lost = entries.find(|(field, _)| shown.fields.get(field).is_none());
        lost.map(|(field, _)| format!("field {}", field.path()))
    })
}

/// The entries of a list that hold something.
fn entries(shown: &Member, list: AttributeList) -> impl Iterator<Item = &MemberField> {
    let entries = shown.fields.iter().filter(move |(field, value)| field.is_entry_of(list) && !value.is_empty());
    entries.map(|(field, _)| field)
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
    use crate::model::{DepartmentId, Fields, Text};

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
    fn a_list_that_is_known_whole_is_compared_whole() {
        let fields = |pairs: &[(&str, &str)]| -> Fields<Text> {
            pairs.iter().map(|(path, value)| (MemberField::find(path).unwrap(), Text::from(*value))).collect()
        };
        let is = |pairs: &[(&str, &str)]| Member { fields: fields(pairs), ..member_of(&[]) };
        let image = MemberImage {
            fields: fields(&[("extattr.a", "1"), ("extattr.b", ""), ("extattr", "whole")]),
            ..MemberImage::default()
        };
        let other = |path: &str| Shown::Other(format!("field {path}"));
        type Pairs<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Pairs<'_>, Shown, Option<&str>); 6] = [
            (&[("extattr.a", "1"), ("extattr", "whole")], Shown::Partly, None),
            (&[("extattr.a", "1"), ("extattr.b", ""), ("extattr", "whole")], Shown::Same, None),
            (&[("extattr.a", "1"), ("extattr.c", "3"), ("extattr", "whole")], other("extattr.c"), None),
            (&[("extattr.c", "3"), ("extattr", "partly")], other("extattr"), Some("field extattr.a")),
            (&[("extattr", "whole")], Shown::Partly, Some("field extattr.a")),
            (&[], Shown::Partly, None),
        ];
        for (pairs, shown, gone) in cases {
            assert_eq!(member(&is(pairs), &image), shown, "{pairs:?}");
            assert_eq!(lost(&is(pairs), &image).as_deref(), gone, "{pairs:?}");
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

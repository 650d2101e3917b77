//! What became of one record of an import, by what WeCom says and shows. Values only.

use super::super::shown::{self, Shown};
use crate::model::{DepartmentId, Member, MemberField, MemberImage};

/// A verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// The member is there as the plan wants it, as far as it is shown.
    Done,
    /// It is there, but something that is shown differs from what the file said; what.
    Differs(String),
    /// It is there with another name or in another department, and nothing says that we have created it.
    Theirs,
    /// It is not there, or nobody can tell: it is tried by itself, with care.
    Open,
}

/// Judges a record. `is_accepted` = WeCom has said so; `details` = what is shown of the member; `listed` = the departments
/// in which the id list names it, `None` where it was not asked.
pub fn judge(
    is_accepted: bool,
    details: Option<&Member>,
    listed: Option<Option<&[DepartmentId]>>,
    wanted: &MemberImage,
) -> Judged {
    let is_wanted = |id: DepartmentId| wanted.memberships.iter().flatten().any(|m| m.department == id);
    if let Some(shown) = details {
        if !is_accepted {
            let names = (shown.fields.get(&MemberField::Name), wanted.fields.get(&MemberField::Name));
            let has_other_name = matches!(names, (Some(is), Some(wanted)) if is != wanted);
            if has_other_name || shown.memberships.iter().any(|m| !is_wanted(m.department)) {
                return Judged::Theirs;
            }
        }
        return match shown::member(shown, wanted) {
            Shown::Other(what) => Judged::Differs(what),
            Shown::Same | Shown::Partly => Judged::Done,
        };
    }
    match listed {
        Some(None) => Judged::Open,
        Some(Some(departments)) if departments.iter().all(|id| is_wanted(*id)) => Judged::Done,
        Some(Some(_)) if is_accepted => Judged::Differs("department".to_owned()),
        Some(Some(_)) => Judged::Theirs,
        None if is_accepted => Judged::Done,
        None => Judged::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fields, Membership, Text};

    fn member(name: &str, position: &str, department: u32) -> Member {
        let fields = [(MemberField::Name, Text::from(name)), (MemberField::Position, position.into())];
        Member {
            userid: "a".into(),
            memberships: vec![Membership { department: DepartmentId(department), order: 5, is_leader: false }],
            main_department: None,
            status: None,
            direct_leader: None,
            fields: fields.into_iter().collect::<Fields<Text>>(),
            has_details: true,
        }
    }

    #[test]
    fn what_is_said_and_what_is_shown() {
        let like = member("n", "p", 7);
        let wanted = MemberImage {
            fields: like.fields.clone(),
            memberships: Some(like.memberships.clone()),
            ..MemberImage::default()
        };
        let (here, elsewhere) = ([DepartmentId(7)], [DepartmentId(8)]);
        let differs = |what: &str| Judged::Differs(what.to_owned());
        for (name, accepted, details, listed, want) in [
            ("said and shown", true, Some(member("n", "p", 7)), None, Judged::Done),
            ("shown", false, Some(member("n", "p", 7)), None, Judged::Done),
            ("said, another position", true, Some(member("n", "x", 7)), None, differs("field position")),
            ("another position", false, Some(member("n", "x", 7)), None, differs("field position")),
            ("said, another name", true, Some(member("x", "p", 7)), None, differs("field name")),
            ("another name", false, Some(member("x", "p", 7)), None, Judged::Theirs),
            ("another department", false, Some(member("n", "p", 8)), None, Judged::Theirs),
            ("said and listed", true, None, Some(Some(&here[..])), Judged::Done),
            ("said, listed elsewhere", true, None, Some(Some(&elsewhere[..])), differs("department")),
            ("said, not listed", true, None, Some(None), Judged::Open),
            ("said, not asked", true, None, None, Judged::Done),
            ("listed", false, None, Some(Some(&here[..])), Judged::Done),
            ("listed elsewhere", false, None, Some(Some(&elsewhere[..])), Judged::Theirs),
            ("not listed", false, None, Some(None), Judged::Open),
            ("nothing known", false, None, None, Judged::Open),
        ] {
            assert_eq!(judge(accepted, details.as_ref(), listed, &wanted), want, "{name}");
        }
    }
}

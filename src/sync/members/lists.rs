//! What is written to a list of attributes is the whole list: its other entries go along as WeCom shows them, and a list
//! that cannot be read is left alone, because writing one entry would wipe the others out.

use crate::model::{AttributeList, Member, MemberField, MemberImage, PARTLY, ReadStrategy, ShownLists, WHOLE};
use crate::sync::input::PlanInput;

/// What can be known of the lists.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    shown: ShownLists,
    reads_details: bool,
}

impl Sight {
    /// As the last read left it.
    pub fn of(input: &PlanInput<'_>) -> Self {
        Self { shown: input.facts.shown_lists, reads_details: input.mirror.strategy != ReadStrategy::IdsOnly }
    }

    /// Whether all entries of a member's list are known.
    pub fn knows(self, member: &Member, list: AttributeList) -> bool {
        self.reads_details
            && match member.fields.get(&list.marker()) {
                Some(known) => *known != PARTLY,
                // a list that WeCom shows, and shows of others only, is empty
                None => member.has_details && self.shown.has(list),
            }
    }
}

/// Makes a change hold whole lists wherever it writes an entry of one, and its before-image what is shown of them.
/// Answers the fields that were taken out because their list cannot be read.
pub fn complete(sight: Sight, member: &Member, before: &mut MemberImage, after: &mut MemberImage) -> Vec<MemberField> {
    let mut left_out = Vec::new();
    for list in AttributeList::ALL {
        let of = |image: &MemberImage| -> Vec<MemberField> {
            image.fields.iter().map(|(field, _)| field).filter(|field| field.is_entry_of(list)).cloned().collect()
        };
        let written = of(after);
        if written.is_empty() {
            continue;
        }
        for field in of(before) {
            before.fields.remove(&field);
        }
        if !sight.knows(member, list) {
            for field in written {
                after.fields.remove(&field);
                left_out.push(field);
            }
            continue;
        }
        for (field, shown) in member.fields.iter().filter(|(field, _)| field.is_entry_of(list)) {
            before.fields.insert(field.clone(), shown.clone());
            if after.fields.get(field).is_none() {
                after.fields.insert(field.clone(), shown.clone());
            }
        }
        before.fields.insert(list.marker(), WHOLE);
        after.fields.insert(list.marker(), WHOLE);
    }
    left_out
}

/// Whether an image tells what the list that the field belongs to was: then an entry that it lacks was not there.
pub fn is_told(image: &MemberImage, field: &MemberField) -> bool {
    field.list().is_some_and(|list| image.fields.get(&list.marker()).is_some())
}

/// The sentence about a field that was left out.
pub fn left_out(field: &MemberField) -> String {
    format!(
        "{} is left out: the other entries of its list cannot be read, and a write replaces the whole list",
        field.path()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fields, Text};

    fn fields(pairs: &[(&str, &str)]) -> Fields<Text> {
        pairs.iter().map(|(path, value)| (MemberField::find(path).unwrap(), Text::from(*value))).collect()
    }

    fn shown(pairs: &[(&str, &str)]) -> Member {
        Member {
            userid: "a".into(),
            memberships: Vec::new(),
            main_department: None,
            status: None,
            direct_leader: None,
            fields: fields(pairs),
            has_details: true,
        }
    }

    #[test]
    fn a_list_is_written_whole_or_not_at_all() {
        let sight = |extattr| Sight { shown: ShownLists { extattr, external: true }, reads_details: true };
        let (open, blind) = (sight(true), sight(false));
        let web = r#"{"type":1,"web":{"title":"t","url":"u"}}"#;
        let full = [("extattr.No", "1"), ("extattr.Car", "A"), ("extattr_item.Site", web), ("extattr", "whole")];
        type Pairs<'a> = &'a [(&'a str, &'a str)];
        let cases: [(&str, Sight, Pairs<'_>, Pairs<'_>, Pairs<'_>, Pairs<'_>); 6] = [
            (
                "others go along",
                open,
                &full,
                &[("extattr.No", "2"), ("name", "N")],
                &[
                    ("extattr.No", "2"),
                    ("extattr.Car", "A"),
                    ("extattr_item.Site", web),
                    ("extattr", "whole"),
                    ("name", "N"),
                ],
                &full,
            ),
            ("nothing of a list", open, &full, &[("name", "N")], &[("name", "N")], &[]),
            ("not shown to us", blind, &[], &[("extattr.No", "2"), ("name", "N")], &[("name", "N")], &[]),
            (
                "empty, for others show it",
                open,
                &[],
                &[("extattr.No", "2")],
                &[("extattr.No", "2"), ("extattr", "whole")],
                &[("extattr", "whole")],
            ),
            ("entries that cannot be kept", open, &[("extattr", "partly")], &[("extattr.No", "2")], &[], &[]),
            ("texts of an older read", blind, &[("extattr.Car", "A")], &[("extattr.No", "2")], &[], &[]),
        ];
        for (name, sight, is, writes, wanted, was) in cases {
            let mut before = MemberImage::default();
            let mut after = MemberImage { fields: fields(writes), ..MemberImage::default() };
            let left_out = complete(sight, &shown(is), &mut before, &mut after);
            assert_eq!(after.fields, fields(wanted), "{name}");
            assert_eq!(before.fields, fields(was), "{name}");
            let is_lost =
                |(path, _): &&(&str, &str)| path.contains('.') && !wanted.iter().any(|(kept, _)| kept == path);
            assert_eq!(left_out.len(), writes.iter().filter(is_lost).count(), "{name}");
        }
    }
}

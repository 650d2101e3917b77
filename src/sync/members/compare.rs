//! What of one linked member must be written.
//!
//! A field that WeCom shows is compared with the mirror; one that it does not show is compared with what we last
//! wrote. A write that WeCom has once ignored is not repeated. An empty value clears a field only when the OA uses
//! that field for anybody, so that a missing column never empties the whole directory.

use super::fields::{FieldMap, Rendered};
use super::limits;
use super::placement::{self, Heads, Home};
use crate::model::{BindingOrigin, DepartmentId, Member, MemberBinding, MemberField, MemberImage, Pushed, Text};
use crate::sync::expr::Person;
use crate::sync::notices::Notices;
use std::borrow::Cow;

/// What all comparisons of a plan share.
pub struct Comparison<'p> {
    /// The mappings.
    pub fields: &'p FieldMap,
    /// Values that another member or employee has: left out.
    pub reserved: &'p super::create::Reserved,
    /// Who heads what.
    pub heads: &'p Heads<'p>,
    /// DIR-44.
    pub keeps_others: bool,
    /// Whether the mirror shows every department of a member.
    pub sees_all_departments: bool,
    /// Where disabled members are.
    pub disabled: Option<DepartmentId>,
    /// Which departments the mirror shows.
    pub is_visible: &'p dyn Fn(DepartmentId) -> bool,
}

/// What differs; both images are empty when nothing does.
#[derive(Debug, Default)]
pub struct Difference {
    /// What was known.
    pub before: MemberImage,
    /// What is to be written.
    pub after: MemberImage,
    /// Fields in `after` that would be cleared.
    pub clears: Vec<MemberField>,
}

impl Difference {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.after == MemberImage::default()
    }
}

/// How one field compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldState<'v> {
    /// As it should be, or nothing to say.
    Same,
    /// To be written.
    Differs {
        /// What was known.
        before: Option<Text>,
        /// What is written.
        after: Cow<'v, str>,
    },
    /// WeCom ignored this value once.
    Ignored,
    /// The OA's value cannot be written.
    Invalid(String),
    /// Somebody else has this mobile or e-mail.
    Taken,
}

/// Compares one field of an existing member. `is_implied`: WeCom shows this value by itself where the member has none
/// ([`FieldMap::is_implied`]).
pub fn compare_field<'v>(
    field: &MemberField,
    wanted: Rendered<'v>,
    is_implied: bool,
    at: usize,
    member: &Member,
    binding: Option<&MemberBinding>,
    reserved: &super::create::Reserved,
) -> FieldState<'v> {
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(reason) => return FieldState::Invalid(reason),
    };
    let shown = member.fields.get(field);
    if let Some(shown) = shown
        && limits::is_same(field, shown, &wanted)
    {
        return FieldState::Same;
    }
    let pushed = binding.and_then(|binding| binding.pushed.get(field));
    if is_implied && has_none(shown, pushed, member, binding) {
        return FieldState::Same;
    }
    if wanted.is_empty() && !can_clear(field) {
        return FieldState::Same;
    }
    if reserved.is_refused(field, at) {
        return FieldState::Taken;
    }
    let was_written = pushed.is_some_and(|pushed| limits::is_same(field, &pushed.value, &wanted));
    match (shown, pushed) {
        (None, _) if was_written => {
            // details were read and an attribute is still missing: WeCom does not know it
            if member.has_details && matches!(field, MemberField::ExtAttr(_)) && !wanted.is_empty() {
                FieldState::Ignored
            } else {
                FieldState::Same
            }
        }
        (None, None) if wanted.is_empty() => FieldState::Same,
        (None, pushed) => FieldState::Differs { before: pushed.map(|pushed| pushed.value.clone()), after: wanted },
        (Some(shown), Some(Pushed { before, .. })) if was_written && is_as_before(field, before.as_ref(), shown) => {
            FieldState::Ignored
        }
        (Some(shown), _) => FieldState::Differs { before: Some(shown.clone()), after: wanted },
    }
}

/// Whether a member has no value of a field: WeCom shows none, or shows nothing and the bridge, which has created the member,
/// has never written one.
fn has_none(shown: Option<&Text>, pushed: Option<&Pushed>, member: &Member, binding: Option<&MemberBinding>) -> bool {
    match shown {
        Some(shown) => shown.is_empty(),
        None if member.has_details => true,
        None => {
            let is_ours = binding.is_some_and(|binding| binding.origin == BindingOrigin::Created);
            is_ours && pushed.is_none_or(|pushed| pushed.value.is_empty())
        }
    }
}

/// Whether the member still shows what it showed before our write.
fn is_as_before(field: &MemberField, before: Option<&Text>, shown: &Text) -> bool {
    before.is_some_and(|before| limits::is_same(field, before, shown))
}

/// Name and mobile cannot be cleared, and there is no gender "none" to write.
fn can_clear(field: &MemberField) -> bool {
    !matches!(field, MemberField::Name | MemberField::Mobile | MemberField::Gender | MemberField::BizMail)
}

impl Comparison<'_> {
    #[expect(clippy::too_many_arguments, reason = "one person's values beside what all comparisons share")]
    /// Everything of one linked member; entries of lists are still to be completed ([`super::lists::complete`]). `used` marks the mappings that give anybody a value.
    pub fn compare(
        &self,
        person: &Person<'_>,
        at: usize,
        home: &Home,
        member: &Member,
        binding: Option<&MemberBinding>,
        used: &mut [bool],
        notices: &mut Notices,
    ) -> Difference {
        let mut difference = Difference::default();
        for (mapping, used) in self.fields.iter().zip(used) {
            let id = &person.employee.id;
            let wanted = mapping.render(person);
            *used |= wanted.as_ref().is_ok_and(|value| !value.is_empty());
            let is_implied = wanted.as_ref().is_ok_and(|value| self.fields.is_implied(&mapping.field, value, person));
            match compare_field(&mapping.field, wanted, is_implied, at, member, binding, self.reserved) {
                FieldState::Same => {}
                FieldState::Differs { before, after } => {
                    if let Some(before) = before {
                        difference.before.fields.insert(mapping.field.clone(), before);
                    }
                    if after.is_empty() {
                        difference.clears.push(mapping.field.clone());
                    }
                    difference.after.fields.insert(mapping.field.clone(), Text::from(after.as_ref()));
                }
                FieldState::Ignored => notices.add("field.ignored", id, || {
                    format!("WeCom ignored {} when it was last written; it is not written again", mapping.field.path())
                }),
                FieldState::Invalid(reason) => {
                    notices.add("field.invalid", id, || format!("{} is left out: {reason}", mapping.field.path()));
                }
                FieldState::Taken => notices.add("field.taken", id, || {
                    format!("{} is left out: somebody else has the same", mapping.field.path())
                }),
            }
        }
        self.compare_place(person, home, member, binding, &mut difference, notices);
        difference
    }

    fn compare_place(
        &self,
        person: &Person<'_>,
        home: &Home,
        member: &Member,
        binding: Option<&MemberBinding>,
        difference: &mut Difference,
        notices: &mut Notices,
    ) {
        let wanted = placement::merge(home, member, binding, self.keeps_others, self.disabled);
        if self.heads.are_maintained() {
            let mut own = home.memberships.iter().zip(&home.is_led).filter(|(_, is_led)| !**is_led);
            let kept = own.find(|(own, _)| wanted.iter().any(|w| w.department == own.department && w.is_leader));
            if let Some((kept, _)) = kept {
                notices.add("leader.not_in_oa", &person.employee.id, || {
                    format!("stays a head of department {}, for which the OA names none", kept.department)
                });
            }
        }
        if placement::is_placed(&wanted, home.main, member, binding, self.is_visible) {
            return;
        }
        if self.keeps_others && !self.sees_all_departments {
            notices.add("departments.partly_visible", &person.employee.id, || {
                "the departments are left alone: not all of them are visible, and those would be lost".into()
            });
            return;
        }
        difference.before.memberships = Some(member.memberships.clone());
        difference.before.main_department = member.main_department;
        difference.after.memberships = Some(wanted);
        difference.after.main_department = Some(home.main);
    }
}

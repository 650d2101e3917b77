//! Values that are nobody's, for the call that frees one of a ring.

use super::values::{MOBILE, UNIQUE, write_of};
use crate::model::{Action, Member, MemberField, MemberImage, Text, UserId};
use crate::sync::plan::{Step, exchange::FREED};
use crate::sync::target::Target;
use hashbrown::HashSet;

/// The call that frees these fields of the member that the action writes later.
pub(super) fn free(action: &Action, fields: &[usize], spares: &mut Spares, target: &Target<'_>) -> Option<Step> {
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
pub(super) struct Spares {
    used: HashSet<String>,
    next_mobile: u32,
    next_email: u32,
}

/// What all spare mobiles begin with and what stands in their middle.
const SPARE_MOBILE: (&str, &str) = ("+1", "55501");

impl Spares {
    /// None of those that a member has or gets.
    pub(super) fn new(steps: &[Step], target: &Target<'_>) -> Self {
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

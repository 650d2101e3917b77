//! New members: which userid they get, whether their record is complete, and who else has the same mobile or e-mail
//! (DIR-41, DIR-57, DIR-65, PEER-16).

use super::fields::FieldMap;
use super::people::Links;
use super::placement::Home;
use crate::model::{DownstreamOptions, EmployeeId, MemberField, MemberImage, Text, Tombstone, UserId};
use crate::sync::expr::{Field, Person};
use crate::sync::input::PlanRefusal;
use crate::sync::normal;
use crate::sync::notices::Notices;
use crate::sync::scope::Verdict;
use crate::sync::source::Source;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;
use std::hash::BuildHasher;

/// Mobiles and e-mail addresses that an employee must not be given because somebody else has them.
#[derive(Debug, Default)]
pub struct Reserved {
    mobile: HashSet<usize>,
    email: HashSet<usize>,
    /// Employee position → the unlinked member that has the mobile or e-mail.
    pub holder: HashMap<usize, UserId>,
    /// Employee position → the employee who has the same mobile or e-mail and keeps it.
    shared: HashMap<usize, EmployeeId>,
}

impl Reserved {
    /// Finds the values that several employees in scope share, and those that an unlinked member has.
    ///
    /// Of several employees the one whose member already has the value keeps it, else the first by id.
    pub fn build(
        fields: &FieldMap,
        source: &Source<'_>,
        target: &Target<'_>,
        verdicts: &[Verdict],
        links: &Links,
        notices: &mut Notices,
    ) -> Self {
        let mut reserved = Self::default();
        for field in [MemberField::Mobile, MemberField::Email] {
            let Some(mapping) = fields.find(&field) else { continue };
            let normal: fn(&str) -> Cow<'_, str> =
                if field == MemberField::Mobile { normal::mobile } else { normal::folded };
            let mut held: HashMap<Cow<'_, str>, usize> = HashMap::new();
            for (at, member) in target.members.iter().enumerate() {
                if !links.spoken_for.contains(&at)
                    && let Some(value) = member.fields.get(&field).filter(|value| !value.is_empty())
                    && target.binding_of_userid(member.userid.as_str()).is_none()
                {
                    held.insert(normal(value), at);
                }
            }
            // by hash, because there is one entry for everybody; a hit is compared in full
            let mut owner: HashMap<u64, u32> = HashMap::with_capacity(source.active);
            let hasher = owner.hasher().clone();
            let refused = if field == MemberField::Mobile { &mut reserved.mobile } else { &mut reserved.email };
            for (at, _) in verdicts.iter().enumerate().filter(|(_, verdict)| **verdict == Verdict::In) {
                let person = source.person(at);
                let Ok(value) = mapping.render(&person) else { continue };
                if value.is_empty() {
                    continue;
                }
                let value = normal(&value);
                if let Some(member) = held.get(&value) {
                    refused.insert(at);
                    reserved.holder.insert(at, target.members[*member].userid.clone());
                    continue;
                }
                let key = hasher.hash_one(value.as_ref());
                let Ok(own) = u32::try_from(at) else { continue };
                let Some(first) = owner.insert(key, own).map(|first| first as usize) else { continue };
                let first_person = source.person(first);
                if !mapping.render(&first_person).is_ok_and(|other| normal(&other) == value) {
                    continue;
                }
                let has_it = |at: usize| shows(source, target, links, at, &field, &value, normal);
                let (winner, loser) = if !has_it(first) && has_it(at) { (at, first) } else { (first, at) };
                owner.insert(key, u32::try_from(winner).unwrap_or(own));
                refused.insert(loser);
                reserved.shared.insert(loser, source.employees[winner].id.clone());
                notices.add("field.shared", &source.employees[loser].id, || {
                    format!("{} is left out: employee {} has the same", field.path(), source.employees[winner].id)
                });
            }
        }
        reserved
    }

    /// Whether the employee must not be given this field.
    pub fn is_refused(&self, field: &MemberField, at: usize) -> bool {
        match field {
            MemberField::Mobile => self.mobile.contains(&at),
            MemberField::Email => self.email.contains(&at),
            _ => false,
        }
    }
}

fn shows(
    source: &Source<'_>,
    target: &Target<'_>,
    links: &Links,
    at: usize,
    field: &MemberField,
    value: &str,
    normal: fn(&str) -> Cow<'_, str>,
) -> bool {
    let Some(binding) = target.binding_of_employee(source.employees[at].id.as_str()) else {
        let member = links.new.get(&at).map(|(member, _)| target.members[*member]);
        return member.and_then(|member| member.fields.get(field)).is_some_and(|shown| normal(shown) == value);
    };
    let member = target.find_member(binding.userid.as_str()).map(|member| target.members[member]);
    let shown = member.and_then(|member| member.fields.get(field));
    let pushed = binding.pushed.get(field).map(|pushed| &pushed.value);
    shown.or(pushed).is_some_and(|shown| normal(shown) == value)
}

/// Gives userids to new members.
pub struct UserIds<'a> {
    from: Field,
    tombstone_of: HashMap<&'a str, &'a Tombstone>,
    buried: HashMap<Text, &'a str>,
}

/// Why there is no userid.
pub type NoUserId = (&'static str, String);

impl<'a> UserIds<'a> {
    /// Reads the option and the tombstones.
    pub fn build(options: &DownstreamOptions, tombstones: &'a [Tombstone]) -> Result<Self, PlanRefusal> {
        let from = match Field::find(&options.userid_from) {
            Some(
                field @ (Field::Id
                | Field::Account
                | Field::EmployeeNo
                | Field::Name
                | Field::Mobile
                | Field::Email
                | Field::Alias
                | Field::Ext(_)),
            ) => field,
            _ => {
                return Err(PlanRefusal::BadOption {
                    option: "userid_from".into(),
                    value: options.userid_from.clone(),
                    reason: "it must be id, account, employee_no, name, mobile, email, alias or ext.<key>".into(),
                });
            }
        };
        let mut latest: HashMap<&str, &Tombstone> = HashMap::new();
        for tombstone in tombstones {
            let kept = latest.entry(tombstone.employee.as_str()).or_insert(tombstone);
            if (tombstone.deleted_at_ms, &tombstone.userid) > (kept.deleted_at_ms, &kept.userid) {
                *kept = tombstone;
            }
        }
        let buried =
            tombstones.iter().map(|tombstone| (tombstone.userid.folded(), tombstone.employee.as_str())).collect();
        Ok(Self { from, tombstone_of: latest, buried })
    }

    /// The userid that the employee's new member should have: the one that we deleted, else the configured field.
    pub fn wanted(&self, person: &Person<'_>, target: &Target<'_>) -> Result<UserId, NoUserId> {
        let id = person.employee.id.as_str();
        if let Some(tombstone) = self.tombstone_of.get(id) {
            return match target.find_member(tombstone.userid.as_str()) {
                None => Ok(tombstone.userid.clone()),
                Some(_) => Err((
                    "member.userid_taken",
                    format!("the former account {} exists again in WeCom; link it by hand", tombstone.userid),
                )),
            };
        }
        let value = self.from.read(person).trim();
        let userid = UserId::parse(value).map_err(|error| {
            ("member.userid_invalid", format!("the field {} gives no userid: {}", self.from.name(), error.rule))
        })?;
        if let Some(binding) = target.binding_of_userid(userid.as_str()) {
            return Err((
                "member.userid_taken",
                format!("the userid {userid} is linked with employee {}; no member is created", binding.employee),
            ));
        }
        if target.find_member(userid.as_str()).is_some() {
            return Err((
                "member.userid_taken",
                format!("a member {userid} exists in WeCom without a link; link it by hand, no member is created"),
            ));
        }
        if self.buried.get(&userid.folded()).is_some_and(|former| *former != id) {
            return Err((
                "member.userid_reserved",
                format!("the userid {userid} belonged to somebody else; it is never given to another person"),
            ));
        }
        Ok(userid)
    }
}

/// The image of a new member, or why its record is incomplete (DIR-65).
pub fn image(
    fields: &FieldMap,
    person: &Person<'_>,
    at: usize,
    home: &Home,
    reserved: &Reserved,
    used: &mut [bool],
    notices: &mut Notices,
) -> Result<MemberImage, NoUserId> {
    let id = &person.employee.id;
    let mut image = MemberImage::default();
    for (mapping, used) in fields.iter().zip(used) {
        match mapping.render(person) {
            Ok(value) if value.is_empty() => {}
            Ok(_) if reserved.is_refused(&mapping.field, at) => {}
            Ok(value) if fields.is_implied(&mapping.field, &value, person) => *used = true,
            Ok(value) => {
                *used = true;
                image.fields.insert(mapping.field.clone(), Text::from(value.as_ref()));
            }
            Err(reason) if mapping.field == MemberField::Name => {
                return Err(("member.record_incomplete", format!("the name cannot be used: {reason}")));
            }
            Err(reason) => {
                notices.add("field.invalid", id, || format!("{} is left out: {reason}", mapping.field.path()));
            }
        }
    }
    if image.fields.get(&MemberField::Name).is_none() {
        return Err(("member.record_incomplete", "the name is empty".into()));
    }
    if let Some(holder) = reserved.holder.get(&at) {
        return Err((
            "member.contact_taken",
            format!("the unlinked member {holder} has the same mobile or e-mail; link the two by hand"),
        ));
    }
    if image.fields.get(&MemberField::Mobile).is_none() && image.fields.get(&MemberField::Email).is_none() {
        return Err(match reserved.shared.get(&at) {
            Some(other) => (
                "member.contact_shared",
                format!("employee {other} has the same mobile or e-mail, and there is nothing else that can be used"),
            ),
            None => ("member.record_incomplete", "there is neither a mobile nor an e-mail that can be used".into()),
        });
    }
    image.fields.shrink();
    image.memberships = Some(home.memberships.clone());
    image.main_department = Some(home.main);
    Ok(image)
}

//! Rules of members: create, update, delete (contacts.md section 3). Texts and attributes are checked in
//! [`super::profile`].

use super::department::check_room;
use super::profile;
use crate::sandbox::events::Change;
use crate::sandbox::state::corp::{CORP_MAIL_CUT_MS, Corp};
use crate::sandbox::state::member::{Attribute, Member, Membership, Text, folded};
use crate::sandbox::wire::answer::{Refusal, refuse};
use std::collections::BTreeSet;

/// The month of the creation cap: 30 days, not a calendar month (doc path 90454).
const MONTH_MS: i64 = 30 * 24 * 3_600_000;

/// What a write gives; `None` = not given, so unchanged.
#[derive(Debug, Clone, Default)]
pub struct MemberPatch {
    pub userid: Option<String>,
    pub new_userid: Option<String>,
    pub name: Option<String>,
    pub alias: Option<String>,
    pub english_name: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
    pub biz_mail: Option<String>,
    pub biz_mail_alias: Option<Vec<String>>,
    pub department: Option<Vec<u32>>,
    pub order: Option<Vec<u32>>,
    pub is_leader_in_dept: Option<Vec<u32>>,
    pub main_department: Option<u32>,
    pub direct_leader: Option<Vec<String>>,
    pub position: Option<String>,
    pub positions: Option<Vec<String>>,
    pub gender: Option<String>,
    pub telephone: Option<String>,
    pub address: Option<String>,
    pub enable: Option<bool>,
    pub avatar_mediaid: Option<String>,
    pub extattr: Option<Vec<Attribute>>,
    /// Columns of a file: attributes that it does not name stay.
    pub adds_attributes: bool,
    pub external_corp_name: Option<String>,
    pub channel_name: Option<String>,
    pub external_attr: Option<Vec<Attribute>>,
    pub external_position: Option<String>,
    pub hide_mobile: Option<bool>,
    pub weixinid: Option<String>,
    pub to_invite: Option<bool>,
}

/// 1 to 64 bytes of `[A-Za-z0-9_.@-]`, the first one alphanumeric.
pub fn check_userid(userid: &str) -> Result<(), Refusal> {
    let bytes = userid.as_bytes();
    let form = (1..=64).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@' | b'-'));
    if form { Ok(()) } else { refuse(40003, "invalid userid") }
}

/// The refusal for a userid that nobody has.
pub fn not_found(userid: &str) -> Refusal {
    Refusal::new(60111, format!("invalid string value `{userid}`. userid not found"))
}

/// No value may contain a forbidden word.
pub fn check_words(corp: &Corp, text: &str) -> Result<(), Refusal> {
    if corp.settings.forbidden_words.iter().any(|word| !word.is_empty() && text.contains(word.as_str())) {
        return refuse(85002, "the text contains a forbidden word");
    }
    Ok(())
}

/// Creates a member.
pub fn create(corp: &mut Corp, patch: MemberPatch, now_ms: i64) -> Result<Change, Refusal> {
    let Some(userid) = patch.userid.clone() else { return refuse(40003, "invalid userid") };
    if patch.name.is_none() {
        return refuse(60112, "invalid user name");
    }
    if patch.department.as_ref().is_none_or(Vec::is_empty) {
        return refuse(60127, "department is missing");
    }
    let is_blank = |field: &Option<String>| field.as_deref().is_none_or(str::is_empty);
    if is_blank(&patch.mobile) && is_blank(&patch.email) {
        return refuse(60129, "mobile and email cannot both be empty");
    }
    check_userid(&userid)?;
    let mut member = Member::new(&userid, "", 1);
    member.memberships.clear();
    member.main_department = 0;
    member.created_at_ms = now_ms;
    profile::check(corp, &patch, &member)?;
    check_departments(corp, &patch)?;
    if corp.directory.member(&folded(&userid)).is_some() {
        return refuse(60102, "userid existed");
    }
    profile::check_unique(corp, &patch, &member)?;
    let departments = patch.department.clone().unwrap_or_default();
    for &department in &departments {
        check_room(corp, department)?;
    }
    if corp.directory.member_count() >= corp.limits.members {
        return refuse(45024, "the number of members is over the limit of the corp");
    }
    while corp.creations.front().is_some_and(|&at_ms| at_ms <= now_ms - MONTH_MS) {
        corp.creations.pop_front();
    }
    if corp.creations.len() >= corp.limits.members.saturating_mul(corp.limits.monthly_creations_factor) {
        return refuse(45009, "api freq out of limit");
    }
    let to_invite = patch.to_invite.unwrap_or(true);
    if corp.switches.has_corp_mail {
        let is_given = patch.biz_mail.as_deref().is_some_and(|mail| !mail.is_empty());
        member.biz_mail_changes_left = 1;
        if is_given {
            put_biz_mail(&mut member, patch.biz_mail.as_deref().unwrap_or_default())?;
        } else {
            let domain = match corp.settings.mail_domain.as_str() {
                "" => "corp.example",
                domain => domain,
            };
            member.biz_mail = Text::from(format!("{}@{domain}", userid.to_ascii_lowercase().replace('@', ".")));
        }
    }
    lay_memberships(&mut member, &patch);
    profile::lay(corp, &mut member, patch);
    if to_invite {
        member.invitations = 1;
    }
    corp.creations.push_back(now_ms);
    corp.directory.put_member(member.clone());
    Ok(Change::MemberCreated(Box::new(member)))
}

/// Changes what is given. What WeCom ignores in silence is ignored in silence. `None` when nothing differs.
pub fn update(corp: &mut Corp, mut patch: MemberPatch) -> Result<Option<Change>, Refusal> {
    let Some(userid) = patch.userid.clone() else { return refuse(40003, "invalid userid") };
    check_userid(&userid)?;
    if let Some(new_userid) = &patch.new_userid {
        check_userid(new_userid)?;
    }
    if patch.department.as_ref().is_some_and(Vec::is_empty) {
        return refuse(60127, "department is missing");
    }
    let found = corp.directory.member(&folded(&userid)).cloned();
    let blank = Member::new("", "", 1);
    profile::check(corp, &patch, found.as_ref().unwrap_or(&blank))?;
    let Some(before) = found else { return Err(not_found(&userid)) };
    if before.is_activated {
        patch.mobile = None;
    }
    if corp.switches.is_bound_to_exmail {
        patch.email = None;
    }
    if patch.is_leader_in_dept.is_some() && patch.department.is_none() {
        patch.department = Some(before.memberships.iter().map(|m| m.department).collect());
        patch.order = Some(before.memberships.iter().map(|m| m.order).collect());
    }
    check_departments(corp, &patch)?;
    if let Some(main) = patch.main_department.filter(|_| patch.department.is_none())
        && !before.is_in(main)
    {
        return refuse(40058, "invalid Request Parameter: main_department is not one of department");
    }
    let mobile = patch.mobile.as_deref().unwrap_or(&before.mobile);
    let email = patch.email.as_deref().unwrap_or(&before.email);
    if mobile.is_empty() && email.is_empty() && !(before.mobile.is_empty() && before.email.is_empty()) {
        return refuse(60129, "mobile and email cannot both be empty");
    }
    let mut after = before.clone();
    if let Some(new_userid) = &patch.new_userid {
        if !before.can_rename_userid {
            return refuse(301_036, "userid may not be changed");
        }
        if folded(new_userid) != before.key() && corp.directory.member(&folded(new_userid)).is_some() {
            return refuse(60102, "userid existed");
        }
        after.userid = Text::from(new_userid.as_str());
        after.can_rename_userid = false;
    }
    profile::check_unique(corp, &patch, &before)?;
    for &department in patch.department.iter().flatten().filter(|&&id| !before.is_in(id)) {
        check_room(corp, department)?;
    }
    if let Some(mail) = patch.biz_mail.as_deref().filter(|mail| corp.switches.has_corp_mail && !mail.is_empty())
        && before.created_at_ms < CORP_MAIL_CUT_MS
    {
        put_biz_mail(&mut after, mail)?;
    }
    lay_memberships(&mut after, &patch);
    profile::lay(corp, &mut after, patch);
    if after == before {
        return Ok(None);
    }
    replace(corp, &before, after.clone());
    Ok(Some(Change::MemberUpdated { before: Box::new(before), after: Box::new(after) }))
}

/// Puts `after` where `before` was, also under a new userid.
fn replace(corp: &mut Corp, before: &Member, after: Member) {
    let (old, new) = (before.key(), after.key());
    if old != new {
        corp.directory.remove_member(&old);
        for tag in corp.tags.values_mut() {
            if tag.users.remove(old.as_str()) {
                tag.users.insert(new.to_string());
            }
        }
        for app in corp.apps.values_mut() {
            if app.visible.users.remove(old.as_str()) {
                app.visible.users.insert(new.to_string());
            }
        }
    }
    corp.directory.put_member(after);
}

fn put_biz_mail(member: &mut Member, mail: &str) -> Result<(), Refusal> {
    if member.biz_mail.eq_ignore_ascii_case(mail) {
        return Ok(());
    }
    if member.biz_mail_changes_left == 0 {
        return refuse(60144, "the corp mail cannot be changed any more");
    }
    member.biz_mail = Text::from(mail);
    member.biz_mail_changes_left = 0;
    Ok(())
}

/// Deletes a member.
pub fn delete(corp: &mut Corp, userid: &str) -> Result<Change, Refusal> {
    check_userid(userid)?;
    let key = folded(userid);
    if corp.directory.member(&key).is_none() {
        return Err(not_found(userid));
    }
    if folded(&corp.settings.creator) == key {
        return refuse(301_005, "the creator of the corp cannot be deleted");
    }
    for tag in corp.tags.values_mut() {
        tag.users.remove(key.as_str());
    }
    match corp.directory.remove_member(&key) {
        Some(member) => Ok(Change::MemberDeleted(Box::new(member))),
        None => Err(not_found(userid)),
    }
}

fn check_departments(corp: &Corp, patch: &MemberPatch) -> Result<(), Refusal> {
    let Some(departments) = &patch.department else { return Ok(()) };
    if departments.len() > corp.limits.departments_per_member {
        return refuse(60110, "too many departments");
    }
    if patch.order.as_ref().is_some_and(|order| order.len() != departments.len()) {
        return refuse(40058, "invalid Request Parameter: order has not as many elements as department");
    }
    if let Some(leader) = &patch.is_leader_in_dept {
        if leader.len() != departments.len() {
            return refuse(60132, "is_leader_in_dept has not as many elements as department");
        }
        if leader.iter().any(|&flag| flag > 1) {
            return refuse(40058, "invalid Request Parameter: is_leader_in_dept is not 0 or 1");
        }
    }
    let unique: BTreeSet<u32> = departments.iter().copied().collect();
    if unique.len() != departments.len() {
        return refuse(40066, "invalid department list: a department comes twice");
    }
    if let Some(missing) = departments.iter().find(|&&id| corp.directory.department(id).is_none()) {
        return refuse(60123, format!("invalid party id: {missing}"));
    }
    if patch.main_department.is_some_and(|main| !unique.contains(&main)) {
        return refuse(40058, "invalid Request Parameter: main_department is not one of department");
    }
    Ok(())
}

/// Departments with their order and leader flags. Flags of departments that stay are kept when not given.
fn lay_memberships(member: &mut Member, patch: &MemberPatch) {
    if let Some(departments) = &patch.department {
        let old = std::mem::take(&mut member.memberships);
        member.memberships = departments
            .iter()
            .enumerate()
            .map(|(i, &department)| {
                let kept = old.iter().find(|m| m.department == department);
                Membership {
                    department,
                    order: match &patch.order {
                        Some(order) => order[i],
                        None => kept.map_or(0, |m| m.order),
                    },
                    is_leader: match &patch.is_leader_in_dept {
                        Some(flags) => flags[i] == 1,
                        None => kept.is_some_and(|m| m.is_leader),
                    },
                }
            })
            .collect();
    }
    if let Some(main) = patch.main_department {
        member.main_department = main;
    } else if !member.is_in(member.main_department) {
        member.main_department = member.memberships.first().map_or(0, |m| m.department);
    }
}

//! Who is meant by `touser`, `toparty` and `totag`, and who of them gets the message.

use super::message::Unreached;
use crate::sandbox::state::corp::{App, Corp};
use crate::sandbox::state::member::{Member, Text, folded};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

const USERS_MAX: usize = 1000;
const PARTIES_MAX: usize = 100;
const TAGS_MAX: usize = 100;

/// Receivers as they were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Everybody in the app's range.
    pub all: bool,
    /// userids.
    pub users: Vec<String>,
    /// Department ids.
    pub parties: Vec<String>,
    /// Tag ids.
    pub tags: Vec<String>,
}

/// Receivers as they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Who gets it, each once, by folded userid.
    pub members: Vec<Text>,
    /// Who does not.
    pub unreached: Unreached,
    /// Whether anybody valid was named, even if nobody is behind it.
    pub is_valid: bool,
}

/// `a|b`: blanks around the names do not count, empty names neither.
fn split(body: &mut Body, key: &str) -> Vec<String> {
    if body.value(key).is_some_and(|value| !value.is_string()) {
        body.warn();
    }
    let text = body.text_or_number(key).unwrap_or_default();
    text.split('|').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

impl Named {
    /// Reads the three texts of `message/send`: none at all is 82001, too many 40032, 82002 or 82003.
    pub fn read(body: &mut Body) -> Result<Self, Refusal> {
        let users = split(body, "touser");
        if users.len() == 1 && users[0] == "@all" {
            return Ok(Self { all: true, ..Self::default() });
        }
        let named = Self { all: false, users, parties: split(body, "toparty"), tags: split(body, "totag") };
        if named.users.is_empty() && named.parties.is_empty() && named.tags.is_empty() {
            return refuse(82001, "All touser & toparty & totag invalid");
        }
        named.check_counts()?;
        Ok(named)
    }

    /// Refuses too many of a kind.
    pub fn check_counts(&self) -> Result<(), Refusal> {
        if self.users.len() > USERS_MAX {
            return refuse(40032, "invalid user list size");
        }
        if self.parties.len() > PARTIES_MAX {
            return refuse(82002, "too many departments");
        }
        if self.tags.len() > TAGS_MAX {
            return refuse(82003, "too many tags");
        }
        Ok(())
    }

    /// The members behind the names that the app may reach.
    pub fn resolve(&self, corp: &Corp, app: &App) -> Found {
        let mut found = Found { is_valid: self.all, ..Found::default() };
        let mut members: Vec<Text> = Vec::new();
        if self.all {
            members.extend(everybody(corp, app).filter(|member| can_receive(member)).map(Member::key));
        }
        for userid in &self.users {
            let key = folded(userid);
            match corp.directory.member(&key).filter(|member| can_receive(member)) {
                Some(_) if corp.sees_member(app, &key) => {
                    found.is_valid = true;
                    members.push(key);
                }
                _ => found.unreached.users.push(userid.to_lowercase()),
            }
        }
        for party in &self.parties {
            match party.parse().ok().filter(|id| corp.directory.department(*id).is_some()) {
                Some(id) if corp.sees_department(app, id) => {
                    found.is_valid = true;
                    members.extend(members_below(corp, id));
                }
                _ => found.unreached.parties.push(party.clone()),
            }
        }
        for tag in &self.tags {
            match tag.parse().ok().and_then(|id| members_of_tag(corp, app, id)) {
                Some(list) => {
                    found.is_valid = true;
                    members.extend(list);
                }
                None => found.unreached.tags.push(tag.clone()),
            }
        }
        members.sort_unstable();
        members.dedup();
        if corp.settings.checks_licences {
            let is_licensed = |key: &Text| !corp.settings.unlicensed.contains(key.as_str());
            let (licensed, others): (Vec<Text>, Vec<Text>) = members.into_iter().partition(is_licensed);
            members = licensed;
            let userid = |key: &Text| corp.directory.member(key).map(|member| member.userid.to_string());
            found.unreached.unlicensed = others.iter().filter_map(userid).collect();
        }
        found.members = members;
        found
    }
}

/// Disabled members and those who left are out of every range.
fn can_receive(member: &Member) -> bool {
    member.is_enabled && !member.has_left
}

fn everybody<'c>(corp: &'c Corp, app: &'c App) -> Box<dyn Iterator<Item = &'c Member> + 'c> {
    let all = corp.directory.members();
    if app.visible.departments.contains(&1) {
        Box::new(all)
    } else {
        Box::new(all.filter(|member| corp.sees_member(app, &member.key())))
    }
}

fn members_below(corp: &Corp, id: u32) -> Vec<Text> {
    let ids = if corp.message_switches.party_includes_below { corp.directory.subtree(id) } else { vec![id] };
    let keys = ids.into_iter().flat_map(|id| corp.directory.members_of(id).cloned().collect::<Vec<_>>());
    keys.filter(|key| corp.directory.member(key).is_some_and(can_receive)).collect()
}

/// `None` when there is no such tag, or nobody of it is in the app's range.
fn members_of_tag(corp: &Corp, app: &App, id: u32) -> Option<Vec<Text>> {
    let tag = corp.tags.get(&id)?;
    let departments = tag.departments.iter().filter(|id| corp.sees_department(app, **id));
    let mut members: Vec<Text> = departments.flat_map(|id| members_below(corp, *id)).collect();
    let users = tag.users.iter().filter(|key| corp.sees_member(app, key));
    members.extend(
        users.filter(|key| corp.directory.member(key).is_some_and(can_receive)).map(|key| Text::from(key.as_str())),
    );
    let is_empty = tag.departments.is_empty() && tag.users.is_empty();
    let sees_department = tag.departments.iter().any(|id| corp.sees_department(app, *id));
    (is_empty || sees_department || !members.is_empty()).then_some(members)
}

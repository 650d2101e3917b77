//! `batch/invite` (doc path 90975).

use super::Exchange;
use crate::sandbox::state::member::{Text, folded};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use std::collections::BTreeSet;

/// Invites members, departments with everything below, and tags. What is not seen is listed, not refused.
pub fn invite(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let users = exchange.body.texts("user").unwrap_or_default();
    let departments = exchange.body.u32s("party", 40058)?.unwrap_or_default();
    let tags = exchange.body.u32s("tag", 40058)?.unwrap_or_default();
    if users.is_empty() && departments.is_empty() && tags.is_empty() {
        return refuse(82001, "user, party and tag are all empty");
    }
    let limits = &exchange.corp.limits;
    if users.len() > limits.invite_users {
        return refuse(81017, "too many users");
    }
    if departments.len() > limits.invite_departments {
        return refuse(82002, "too many departments");
    }
    if tags.len() > limits.invite_tags {
        return refuse(82003, "too many tags");
    }
    let reader = &*exchange;
    let directory = &reader.corp.directory;
    let mut invited: BTreeSet<Text> = BTreeSet::new();
    let mut invalid_users = Vec::new();
    for userid in users {
        let key = folded(&userid);
        if directory.member(&key).is_some() && reader.sees_member(&key) {
            invited.insert(key);
        } else {
            invalid_users.push(userid);
        }
    }
    let mut invalid_departments = Vec::new();
    for id in departments {
        if directory.department(id).is_some() && reader.sees_department(id) {
            invited.extend(directory.subtree(id).into_iter().flat_map(|id| directory.members_of(id)).cloned());
        } else {
            invalid_departments.push(id);
        }
    }
    let mut invalid_tags = Vec::new();
    for id in tags {
        match reader.corp.tags.get(&id) {
            Some(tag) => invited.extend(tag.users.iter().map(|key| Text::from(key.as_str()))),
            None => invalid_tags.push(id),
        }
    }
    for key in invited {
        if let Some(mut member) = exchange.corp.directory.member(&key).filter(|member| !member.is_activated).cloned() {
            member.invitations = member.invitations.saturating_add(1);
            exchange.corp.directory.put_member(member);
        }
    }
    Ok(Answer::new("ok")
        .with("invaliduser", &invalid_users)
        .with("invalidparty", &invalid_departments)
        .with("invalidtag", &invalid_tags))
}

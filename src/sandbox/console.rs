//! Acting as people do: an administrator in the console, a member in the client. Unlike calls with the contacts
//! secret, what they do is told to the contacts callback.

use super::api::user_write;
use super::events::{Change, Origin};
use super::rules::department::{self, DepartmentPatch};
use super::rules::member::{self as rules, MemberPatch};
use super::shared::State;
use super::state::corp::Corp;
use super::state::member::{Member, folded};
use super::wire::answer::{Refusal, refuse};
use super::wire::request::Body;
use serde_json::Value;

impl State {
    /// Does something in the console or the client; WeCom's rules apply, and events are sent.
    ///
    /// `act` is `user/create`, `user/update`, `department/create` or `department/update` with the API's body, where a
    /// `user/create` without a `userid` gets one from the system that may be changed once; `user/delete`, `user/activate`,
    /// `user/leave`, `user/bind_wechat` with `userid`; or `department/delete` with `id`.
    pub fn console(&self, corpid: &str, act: &str, arguments: &Value) -> Result<(), Refusal> {
        let now_ms = self.now_ms();
        let changes = self
            .with_corp(corpid, |corp| perform(corp, act, arguments, now_ms))
            .unwrap_or_else(|| refuse(40013, "invalid corpid"))?;
        self.announce(corpid, &changes, Origin::Console);
        Ok(())
    }

    /// The member activates WeCom: status 1.
    pub fn activate(&self, corpid: &str, userid: &str) -> Result<(), Refusal> {
        self.console(corpid, "user/activate", &serde_json::json!({ "userid": userid }))
    }

    /// The member leaves the corp in the client: status 5.
    pub fn leave(&self, corpid: &str, userid: &str) -> Result<(), Refusal> {
        self.console(corpid, "user/leave", &serde_json::json!({ "userid": userid }))
    }
}

fn perform(corp: &mut Corp, act: &str, arguments: &Value, now_ms: i64) -> Result<Vec<Change>, Refusal> {
    let mut body = Body::of(arguments);
    Ok(match act {
        "user/create" => vec![create(corp, user_write::patch(&mut body)?, now_ms)?],
        "user/update" => rules::update(corp, user_write::patch(&mut body)?)?.into_iter().collect(),
        "user/delete" => vec![rules::delete(corp, &body.text("userid").unwrap_or_default())?],
        "user/activate" => {
            change_member(corp, &mut body, |member| (member.is_activated, member.has_left) = (true, false))?
        }
        "user/leave" => change_member(corp, &mut body, |member| member.has_left = true)?,
        "user/bind_wechat" => change_member(corp, &mut body, |member| member.has_wechat = true)?,
        "department/create" => vec![department::create(corp, department_patch(&mut body)?)?.1],
        "department/update" => department::update(corp, department_patch(&mut body)?)?.into_iter().collect(),
        "department/delete" => vec![department::delete(corp, body.u32("id")?.unwrap_or_default())?],
        _ => return refuse(40058, format!("unknown act {act}")),
    })
}

/// Who is entered without an account, or joins by an invitation, gets a userid from the system: it may be changed once
/// (doc path 90197). Through the API a userid is mandatory.
fn create(corp: &mut Corp, mut patch: MemberPatch, now_ms: i64) -> Result<Change, Refusal> {
    if patch.userid.as_deref().is_some_and(|userid| !userid.is_empty()) {
        return rules::create(corp, patch, now_ms);
    }
    let mut number = corp.directory.member_count() + 1;
    let userid = loop {
        let userid = format!("WeiQiXin{number}");
        if corp.directory.member(&folded(&userid)).is_none() {
            break userid;
        }
        number += 1;
    };
    patch.userid = Some(userid.clone());
    let created = rules::create(corp, patch, now_ms)?;
    if let Some(mut member) = corp.directory.member(&folded(&userid)).cloned() {
        member.can_rename_userid = true;
        corp.directory.put_member(member);
    }
    Ok(created)
}

fn department_patch(body: &mut Body) -> Result<DepartmentPatch, Refusal> {
    Ok(DepartmentPatch {
        id: body.u32("id")?,
        name: body.text("name"),
        name_en: body.text("name_en"),
        parent: body.u32("parentid")?,
        order: body.u32("order")?,
        unit_type: None,
    })
}

fn change_member(corp: &mut Corp, body: &mut Body, change: impl FnOnce(&mut Member)) -> Result<Vec<Change>, Refusal> {
    let userid = body.text("userid").unwrap_or_default();
    let Some(before) = corp.directory.member(&folded(&userid)).cloned() else { return Err(rules::not_found(&userid)) };
    let mut after = before.clone();
    change(&mut after);
    corp.directory.put_member(after.clone());
    Ok(vec![Change::MemberUpdated { before: Box::new(before), after: Box::new(after) }])
}

//! `user/create`, `update`, `delete`, `batchdelete` (doc paths 90195, 90197–90199).

use super::Exchange;
use crate::sandbox::rules::member::{self as rules, MemberPatch};
use crate::sandbox::state::member::{Attribute, Text, folded};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;

/// Reads a member from a body.
pub fn patch(body: &mut Body) -> Result<MemberPatch, Refusal> {
    let mut patch = MemberPatch {
        userid: body.text_or_number("userid"),
        new_userid: body.text("new_userid"),
        name: body.text("name"),
        alias: body.text("alias"),
        english_name: body.text("english_name"),
        mobile: body.text_or_number("mobile"),
        email: body.text("email"),
        biz_mail: body.text("biz_mail"),
        biz_mail_alias: None,
        department: body.u32s("department", 41019)?,
        order: body.u32s("order", 40058)?,
        is_leader_in_dept: body.u32s("is_leader_in_dept", 40058)?,
        main_department: body.u32("main_department")?,
        direct_leader: body.texts("direct_leader"),
        position: body.text("position"),
        positions: body.texts("positions"),
        gender: body.text_or_number("gender"),
        telephone: body.text("telephone"),
        address: body.text("address"),
        enable: body.truth("enable"),
        avatar_mediaid: body.text("avatar_mediaid"),
        extattr: None,
        adds_attributes: false,
        external_corp_name: None,
        channel_name: body.text("nickname"),
        external_attr: None,
        external_position: body.text("external_position"),
        hide_mobile: body.truth("hide_mobile"),
        weixinid: body.text("weixinid"),
        to_invite: body.truth("to_invite"),
    };
    patch.biz_mail_alias = match body.value("biz_mail_alias").cloned() {
        Some(value) if value.is_array() => body.texts("biz_mail_alias"),
        Some(value) => Some(inner(body, &value, |object| object.texts("item")).unwrap_or_default()),
        None => None,
    };
    if let Some(value) = body.value("extattr").cloned() {
        patch.extattr = inner(body, &value, |object| attributes(object, "attrs", 40058)).transpose()?;
    }
    if let Some(value) = body.value("external_profile").cloned() {
        let mut object = Body::of(&value);
        patch.external_corp_name = object.text("external_corp_name");
        if let Some(channels) = object.value("wechat_channels").cloned() {
            patch.channel_name = inner(&mut object, &channels, |channels| channels.text("nickname"));
        }
        patch.external_attr = attributes(&mut object, "external_attr", 90100).transpose()?;
        body.warn_with(&object);
    }
    Ok(patch)
}

/// Reads an object inside a body and takes its warning over.
fn inner<T>(body: &mut Body, value: &serde_json::Value, read: impl FnOnce(&mut Body) -> Option<T>) -> Option<T> {
    let mut object = Body::of(value);
    let got = read(&mut object);
    body.warn_with(&object);
    got
}

/// Reads a list of attributes: `text.value`, or the flat `value` of the private editions.
fn attributes(body: &mut Body, key: &str, errcode: i64) -> Option<Result<Vec<Attribute>, Refusal>> {
    let values = match body.value(key)? {
        serde_json::Value::Array(values) => values.clone(),
        _ => {
            body.warn();
            return None;
        }
    };
    let mut list = Vec::with_capacity(values.len());
    for value in &values {
        let mut item = Body::of(value);
        let name = Text::from(item.text("name").unwrap_or_default());
        let kind = item.number("type").unwrap_or(0);
        let part = |item: &mut Body, object: &str, field: &str| {
            let value = item.value(object).cloned();
            Text::from(value.and_then(|value| inner(item, &value, |object| object.text(field))).unwrap_or_default())
        };
        list.push(match kind {
            0 => {
                let value = match item.value("text") {
                    Some(_) => part(&mut item, "text", "value"),
                    None => Text::from(item.text("value").unwrap_or_default()),
                };
                Attribute::Text { name, value }
            }
            1 => {
                let (url, title) = (part(&mut item, "web", "url"), part(&mut item, "web", "title"));
                Attribute::Web { name, url, title }
            }
            2 => Attribute::MiniProgram {
                name,
                appid: part(&mut item, "miniprogram", "appid"),
                pagepath: part(&mut item, "miniprogram", "pagepath"),
                title: part(&mut item, "miniprogram", "title"),
            },
            _ => return Some(refuse(errcode, "invalid attribute type")),
        });
        body.warn_with(&item);
    }
    Some(Ok(list))
}

/// `POST user/create`
pub fn create(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let patch = patch(&mut exchange.body)?;
    exchange.subject = patch.userid.clone().unwrap_or_default();
    let change = rules::create(exchange.corp, patch, exchange.now_ms)?;
    exchange.changes.push(change);
    Ok(Answer::new("created"))
}

/// `POST user/update`
pub fn update(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let patch = patch(&mut exchange.body)?;
    exchange.subject = patch.userid.clone().unwrap_or_default();
    exchange.changes.extend(rules::update(exchange.corp, patch)?);
    Ok(Answer::new("updated"))
}

/// `GET user/delete`
pub fn delete(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(userid) = exchange.query.find("userid") else { return Err(rules::not_found("")) };
    exchange.subject = userid.to_owned();
    let change = rules::delete(exchange.corp, userid)?;
    exchange.changes.push(change);
    Ok(Answer::new("deleted"))
}

/// `POST user/batchdelete`: everybody or nobody.
pub fn batchdelete(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(userids) = exchange.body.texts("useridlist") else { return refuse(40031, "invalid userid list") };
    if userids.is_empty() {
        return refuse(40031, "invalid userid list");
    }
    if userids.len() > exchange.corp.limits.batch_delete {
        return refuse(40032, "userid list is too long");
    }
    exchange.subject = format!("{} members", userids.len());
    for userid in &userids {
        rules::check_userid(userid)?;
        if exchange.corp.directory.member(&folded(userid)).is_none() {
            return Err(rules::not_found(userid));
        }
        if folded(&exchange.corp.settings.creator) == folded(userid) {
            return refuse(301_005, "the creator of the corp cannot be deleted");
        }
    }
    for userid in &userids {
        // A userid that comes twice is gone the second time.
        if let Ok(change) = rules::delete(exchange.corp, userid) {
            exchange.changes.push(change);
        }
    }
    Ok(Answer::new("deleted"))
}

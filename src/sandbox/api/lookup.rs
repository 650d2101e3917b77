//! Look-ups and conversions: by mobile, by mail, openid, open_userid, second verification, figures.

use super::Exchange;
use crate::sandbox::rules::member::not_found;
use crate::sandbox::state::member::{Member, folded};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// China's day, in which wrong numbers are counted.
const DAY_MS: i64 = 24 * 3_600_000;
const CHINA_MS: i64 = 8 * 3_600_000;
/// Ids in one conversion.
const CONVERT_MAX: usize = 1000;

/// The member of a userid, when the caller sees it.
fn find<'e>(exchange: &'e Exchange<'_>, userid: &str) -> Result<&'e Member, Refusal> {
    let key = folded(userid);
    exchange.corp.directory.member(&key).filter(|_| exchange.sees_member(&key)).ok_or_else(|| not_found(userid))
}

/// `POST user/getuserid`: wrong numbers above 20 % of the corp's size block the call for the day.
pub fn getuserid(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(mobile) = exchange.body.text_or_number("mobile") else { return refuse(40063, "mobile is empty") };
    if !(5..=32).contains(&mobile.len()) {
        return refuse(60103, "invalid mobile");
    }
    let day = (exchange.now_ms + CHINA_MS).div_euclid(DAY_MS);
    let wrong = match exchange.corp.wrong_mobiles {
        (of_day, wrong) if of_day == day => wrong,
        _ => 0,
    };
    let size = u64::try_from(exchange.corp.directory.member_count()).unwrap_or(u64::MAX);
    if wrong.saturating_mul(5) > size {
        return refuse(45009, "api freq out of limit");
    }
    let found = exchange.corp.directory.holder_of_mobile(&mobile);
    match found.map(|member| (member.userid.clone(), exchange.sees_member(&member.key()))) {
        Some((userid, true)) => {
            exchange.subject = userid.to_string();
            Ok(Answer::new("ok").with("userid", &userid))
        }
        hidden => {
            exchange.corp.wrong_mobiles = (day, wrong + 1);
            match hidden {
                Some(_) => refuse(60146, "mobile not found"),
                None => refuse(46004, "user does not exist"),
            }
        }
    }
}

/// `POST user/get_userid_by_email`
pub fn get_userid_by_email(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(mail) = exchange.body.text("email") else { return refuse(40063, "email is empty") };
    if !mail.contains('@') {
        return refuse(46004, "user does not exist");
    }
    let directory = &exchange.corp.directory;
    let (found, errcode) = match exchange.body.number("email_type").unwrap_or(1) {
        1 => (directory.holder_of_biz_mail(&mail), 60148),
        2 => (directory.holder_of_mail(&mail), 60147),
        _ => return refuse(40058, "invalid Request Parameter: email_type"),
    };
    match found.filter(|member| exchange.sees_member(&member.key())) {
        Some(member) => Ok(Answer::new("ok").with("userid", &member.userid)),
        None => refuse(errcode, "email not found"),
    }
}

/// `POST user/convert_to_openid`
pub fn convert_to_openid(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(userid) = exchange.body.text("userid") else { return refuse(41009, "userid missing") };
    let agentid = exchange.body.number("agentid");
    let member = find(exchange, &userid)?;
    if !member.has_wechat {
        return refuse(43004, "the member has not bound wechat");
    }
    let answer = Answer::new("ok").with("openid", &format!("oSB{}", URL_SAFE_NO_PAD.encode(member.key())));
    Ok(match agentid {
        Some(agentid) => answer.with("appid", &format!("wx{agentid:016x}")),
        None => answer,
    })
}

/// `POST user/convert_to_userid`
pub fn convert_to_userid(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(openid) = exchange.body.text("openid") else { return refuse(40063, "openid is empty") };
    let key = openid
        .strip_prefix("oSB")
        .and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match key.and_then(|key| exchange.corp.directory.member(&key)).filter(|member| member.has_wechat) {
        Some(member) => Ok(Answer::new("ok").with("userid", &member.userid)),
        None => refuse(40073, "invalid openid"),
    }
}

/// `GET user/authsucc`: the member has passed the second verification and is in.
pub fn authsucc(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(userid) = exchange.query.find("userid") else { return refuse(41009, "userid missing") };
    exchange.subject = userid.to_owned();
    let mut member = find(exchange, userid)?.clone();
    if exchange.corp.settings.has_second_verification {
        member.is_activated = true;
        exchange.corp.directory.put_member(member);
    }
    Ok(Answer::new("ok"))
}

/// `POST auth/get_tfa_info`: the code comes from the member's client, here from `/_sandbox/`.
pub fn get_tfa_info(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(code) = exchange.body.text("code") else { return refuse(41008, "code missing") };
    let Some(userid) = exchange.corp.tfa_codes.remove(&code) else { return refuse(40029, "invalid code") };
    let tfa_code = format!("tfa{:032x}", rand::random::<u128>());
    exchange.corp.tfa_pending.insert(tfa_code.clone(), userid.clone());
    Ok(Answer::new("ok").with("userid", &userid).with("tfa_code", &tfa_code))
}

/// `POST user/tfa_succ`
pub fn tfa_succ(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let (userid, code) = (exchange.body.text("userid"), exchange.body.text("tfa_code"));
    let Some(userid) = userid else { return refuse(41009, "userid missing") };
    let owner = code.as_ref().and_then(|code| exchange.corp.tfa_pending.get(code)).cloned();
    let Some(owner) = owner else { return refuse(40207, "invalid tfa_code") };
    if folded(&owner) != folded(&userid) {
        return refuse(40208, "the member is not in the range of the second verification");
    }
    if let Some(code) = code {
        exchange.corp.tfa_pending.remove(&code);
    }
    Ok(Answer::new("ok"))
}

/// `GET corp/get_join_qrcode`
pub fn get_join_qrcode(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let size = match exchange.query.find("size_type") {
        None | Some("1") => 171,
        Some("2") => 399,
        Some("3") => 741,
        Some("4") => 2052,
        Some(_) => return refuse(40058, "invalid Request Parameter: size_type"),
    };
    let until = exchange.now_ms / 1000 + 7 * 24 * 3600;
    let url = format!("https://work.weixin.qq.com/wework_admin/genqrcode?action=join&size={size}&until={until}");
    Ok(Answer::new("ok").with("join_qrcode", &url))
}

/// `POST user/get_active_stat`
pub fn get_active_stat(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(date) = exchange.body.text("date") else { return refuse(40063, "date is empty") };
    let Ok(date) = chrono::NaiveDate::parse_from_str(&date, "%Y-%m-%d") else {
        return refuse(40058, "invalid Request Parameter: date");
    };
    let today = chrono::DateTime::from_timestamp_millis(exchange.now_ms + CHINA_MS).unwrap_or_default().date_naive();
    if !(0..=30).contains(&(today - date).num_days()) {
        return refuse(40058, "invalid Request Parameter: date is more than 30 days back");
    }
    let count = exchange.corp.directory.members().filter(|member| member.status() == 1).count();
    Ok(Answer::new("ok").with("active_cnt", &count))
}

/// `POST batch/userid_to_openuserid`
pub fn userid_to_openuserid(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct Row {
        userid: String,
        open_userid: String,
    }
    let list = list(exchange, "userid_list")?;
    let (valid, invalid): (Vec<_>, Vec<_>) = list.into_iter().partition(|userid| find(exchange, userid).is_ok());
    let rows: Vec<Row> = valid
        .into_iter()
        .map(|userid| Row { open_userid: format!("wo{}", URL_SAFE_NO_PAD.encode(folded(&userid))), userid })
        .collect();
    Ok(Answer::new("ok").with("open_userid_list", &rows).with("invalid_userid_list", &invalid))
}

/// `POST batch/openuserid_to_userid`
pub fn openuserid_to_userid(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct Row {
        open_userid: String,
        userid: String,
    }
    let list = list(exchange, "open_userid_list")?;
    let (mut rows, mut invalid) = (Vec::new(), Vec::new());
    for open_userid in list {
        let key = open_userid.strip_prefix("wo").and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok());
        let key = key.and_then(|bytes| String::from_utf8(bytes).ok());
        match key.and_then(|key| find(exchange, &key).ok().map(|member| member.userid.to_string())) {
            Some(userid) => rows.push(Row { open_userid, userid }),
            None => invalid.push(open_userid),
        }
    }
    if rows.is_empty() {
        return refuse(40125, "invalid open_userid");
    }
    Ok(Answer::new("ok").with("userid_list", &rows).with("invalid_open_userid_list", &invalid))
}

fn list(exchange: &mut Exchange<'_>, key: &str) -> Result<Vec<String>, Refusal> {
    match exchange.body.texts(key) {
        Some(list) if list.len() > CONVERT_MAX => refuse(81017, "too many items"),
        Some(list) if !list.is_empty() => Ok(list),
        _ => refuse(40063, format!("{key} is empty")),
    }
}

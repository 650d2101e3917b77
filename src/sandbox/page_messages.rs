//! The page about messages: what was sent, to how many, and what became of it.

use super::html::{link_part, safe, time};
use super::messages::message::{Message, Origin, Truth};
use super::state::corp::Corp;
use super::state::member::folded;
use std::collections::BTreeMap;
use std::fmt::{Result, Write};

/// Messages on the page.
const ROWS: usize = 100;
const PREVIEW_CHARS: usize = 80;
/// Receivers named in a row.
const NAMES: usize = 3;

/// The newest messages of a corp, or those of one member.
pub fn write(out: &mut String, corp: &Corp, find: &str) -> Result {
    let key = folded(find.trim());
    write!(
        out,
        "<h2>消息 Messages</h2><form><input type=hidden name=corp value=\"{}\"><input type=hidden name=view value=messages>\
         <input name=find placeholder=userid aria-label=userid value=\"{}\"> <button>查找 Find</button></form>\
         <table tabindex=0><tr><th>#<th>时间 time<th>来自 from<th>发给 to<th>类型 type<th>内容 content<th>真实结果 truth<th>备注 remarks</tr>",
        safe(&corp.corpid),
        safe(find),
    )?;
    let newest_first = corp.messages.ring.iter().rev();
    let wanted = newest_first.filter(|message| key.is_empty() || message.receipt(&key).is_some());
    for message in wanted.take(ROWS) {
        row(out, corp, message)?;
    }
    write!(out, "</table>")
}

fn row(out: &mut String, corp: &Corp, message: &Message) -> Result {
    let from = match &message.origin {
        Origin::App { agentid } | Origin::Reply { agentid } => {
            let name = corp.apps.get(agentid).map(|app| app.name.as_str()).unwrap_or_default();
            let kind = if matches!(message.origin, Origin::Reply { .. }) { "被动回复 reply" } else { "" };
            format!("{} <small>{agentid} {kind}</small>", safe(name))
        }
        Origin::Chat { chatid, agentid } => format!("群聊 chat {} <small>{agentid}</small>", safe(chatid)),
        Origin::Robot { key } => {
            let name = corp.robots.get(key).map(|robot| robot.name.as_str()).unwrap_or_default();
            format!("{} <small>机器人 robot</small>", safe(name))
        }
        Origin::Member { userid, .. } => phone_link(corp, userid),
    };
    let to = match &message.origin {
        Origin::Member { agentid, .. } => safe(corp.apps.get(agentid).map(|app| app.name.as_str()).unwrap_or_default()),
        _ => receivers(corp, message),
    };
    let content = serde_json::to_string(&message.content).unwrap_or_default();
    let words = preview(message);
    let mut remarks: Vec<String> = message.cuts.iter().map(|cut| format!("截断 cut: {}", safe(cut))).collect();
    remarks.extend(message.remarks.iter().map(|remark| safe(remark)));
    let unreached = &message.unreached;
    let vain: Vec<&String> =
        unreached.users.iter().chain(&unreached.parties).chain(&unreached.tags).chain(&unreached.unlicensed).collect();
    if !vain.is_empty() {
        let names: Vec<String> = vain.iter().take(10).map(|name| safe(name)).collect();
        remarks.push(format!("未送达 unreached: {}", names.join(", ")));
    }
    write!(
        out,
        "<tr><td class=n>{}<td>{}<td>{from}<td>{to}<td>{}<td title=\"{}\">{}<td>{}<td>{}</tr>",
        message.number,
        time(message.at_ms),
        message.content.msgtype(),
        safe(&content.chars().take(2000).collect::<String>()),
        safe(&words),
        truths(message),
        remarks.join("<br>"),
    )
}

/// The member's name, as a link to the phone.
pub fn phone_link(corp: &Corp, key: &str) -> String {
    match corp.directory.member(key) {
        Some(member) => format!(
            "<a href='/_sandbox/phone/{}/{}'>{}</a>",
            link_part(&corp.corpid),
            link_part(&member.userid),
            safe(&member.name)
        ),
        None => safe(key),
    }
}

fn receivers(corp: &Corp, message: &Message) -> String {
    let names: Vec<String> =
        message.receipts.iter().take(NAMES).map(|receipt| phone_link(corp, &receipt.userid)).collect();
    match message.receipts.len() {
        0 => "—".into(),
        count if count > NAMES => format!("{} … <small>共 {count} in all</small>", names.join("、")),
        _ => names.join("、"),
    }
}

fn truths(message: &Message) -> String {
    let mut counts: BTreeMap<Truth, usize> = BTreeMap::new();
    for receipt in &message.receipts {
        *counts.entry(message.truth(receipt)).or_default() += 1;
    }
    let labels = counts.iter().map(|(truth, count)| {
        let (class, label) = match truth {
            Truth::Arrived => ("good", "到达 arrived"),
            Truth::Dropped => ("bad", "静默丢弃 dropped"),
            Truth::Recalled => ("soft", "已撤回 recalled"),
            Truth::Updated => ("good", "已更新 updated"),
        };
        format!("<span class='tag {class}'>{label} {count}</span>")
    });
    labels.collect::<Vec<_>>().join(" ")
}

fn preview(message: &Message) -> String {
    let value = serde_json::to_value(&message.content).unwrap_or_default();
    let pointers =
        ["/content", "/title", "/articles/0/title", "/main_title/title", "/sub_title_text", "/label", "/media_id"];
    let text = pointers.iter().find_map(|pointer| value.pointer(pointer)?.as_str().filter(|text| !text.is_empty()));
    text.unwrap_or_default().chars().take(PREVIEW_CHARS).collect()
}

//! The panels beside the phone: whose it is, and what the app was told and what was dropped on the way.

use super::cards::avatar;
use super::{Phone, time};
use crate::sandbox::events::outbox::Delivery;
use crate::sandbox::html::safe;
use crate::sandbox::messages::message::{Room, Truth};
use std::fmt::{Result, Write};

/// Lines of each list behind the scenes.
const LINES: usize = 8;

/// The member, another phone, language and look.
pub fn owner(out: &mut String, phone: &Phone<'_>) -> Result {
    write!(out, "<aside class='panel owner'>")?;
    about(out, phone)?;
    write!(out, "</aside>")
}

/// The same on a page of its own, for narrow screens.
pub fn about(out: &mut String, phone: &Phone<'_>) -> Result {
    let member = phone.member;
    let departments: Vec<String> = member
        .memberships
        .iter()
        .filter_map(|m| phone.corp.directory.department(m.department).map(|row| safe(&row.name)))
        .collect();
    write!(
        out,
        "<div class=person>{}<div><b>{}</b><span>{}</span></div></div><p class=where>{}<br>{}</p>",
        avatar(&member.name, &member.userid, true),
        safe(&member.name),
        safe(&member.userid),
        safe(&phone.corp.name),
        departments.join("、"),
    )?;
    if !member.is_enabled || member.has_left {
        let state = phone.t("已禁用或已退出，收不到消息", "Disabled or gone: gets no messages");
        write!(out, "<p class='flag bad'>{state}</p>")?;
    }
    write!(
        out,
        "<form class=other action=/_sandbox/phone><input type=hidden name=corp value=\"{}\">\
         <label>{}<input name=userid required placeholder=\"{}\"></label><button>{}</button></form>",
        safe(&phone.corp.corpid),
        phone.t("换一部手机", "Another phone"),
        phone.t("账号或姓名", "userid or name"),
        phone.t("打开", "Open"),
    )?;
    write!(out, "<nav class=tastes aria-label=\"{}\">", phone.t("显示", "Display"))?;
    let mark = |is_on: bool| if is_on { " aria-current=true" } else { "" };
    write!(out, "<span>")?;
    for (lang, label) in [("zh", "中文"), ("en", "English")] {
        write!(out, "<a href=\"?lang={lang}\"{}>{label}</a>", mark(phone.taste.lang_name() == lang))?;
    }
    write!(out, "</span><span>")?;
    let looks =
        [("auto", phone.t("自动", "Auto")), ("light", phone.t("浅色", "Light")), ("dark", phone.t("深色", "Dark"))];
    for (look, label) in looks {
        write!(out, "<a href=\"?look={look}\"{}>{label}</a>", mark(phone.taste.look == look))?;
    }
    write!(
        out,
        "</span></nav><p class=hint>{}</p><p><a href=\"/?corp={}\">{}</a></p>",
        phone.t(
            "这是沙箱里的手机：按钮、菜单和发送都会触发真实的加密回调。",
            "A phone of the sandbox: buttons, menus and messages fire real encrypted callbacks."
        ),
        crate::sandbox::html::link_part(&phone.corp.corpid),
        phone.t("返回沙箱总览", "Back to the sandbox"),
    )
}

fn outcome(phone: &Phone<'_>, delivery: &Delivery) -> (&'static str, &'static str) {
    match delivery.outcome {
        "delivered" => ("good", phone.t("已送达", "delivered")),
        "lost" => ("bad", phone.t("按故障设置丢弃", "lost on purpose")),
        "failed" => ("warn", phone.t("失败，将重试", "failed, tried again")),
        _ => ("bad", phone.t("失败，不再重试", "failed, given up")),
    }
}

/// Callbacks of this member to the app (of all apps in the list of talks), and what was dropped.
pub fn backstage(
    phone: &Phone<'_>,
    deliveries: &[Delivery],
    room: Option<&Room>,
) -> std::result::Result<String, std::fmt::Error> {
    let mut out = String::new();
    write!(out, "<h2>{}</h2>", phone.t("幕后：回调", "Behind the scenes: callbacks"))?;
    let is_here = |delivery: &&Delivery| {
        delivery.userid == phone.key.as_str()
            && delivery.receiver == phone.corp.corpid
            && match room {
                Some(Room::App(agentid)) => delivery.agentid == Some(*agentid),
                _ => true,
            }
    };
    let latest: Vec<&Delivery> = deliveries.iter().rev().filter(is_here).take(LINES).collect();
    if latest.is_empty() {
        write!(out, "<p class=hint>{}</p>", phone.t("还没有回调。", "No callback yet."))?;
    }
    write!(out, "<ol class=log>")?;
    for delivery in latest {
        let (class, label) = outcome(phone, delivery);
        write!(
            out,
            "<li><span class=kind>{}</span><time>{}</time><span class='flag {class}'>{label}",
            safe(&delivery.kind),
            time::clock(delivery.at_ms),
        )?;
        if delivery.status > 0 {
            write!(out, " · {}", delivery.status)?;
        }
        write!(out, "</span>")?;
        if !delivery.reply.is_empty() {
            let class = if delivery.reply.starts_with("refused") { "bad" } else { "good" };
            write!(out, "<span class='reply {class}'>{} {}</span>", phone.t("回复", "reply"), safe(&delivery.reply))?;
        }
        write!(
            out,
            "<details><summary>{}</summary><pre>{}</pre></details></li>",
            phone.t("明文", "Plaintext"),
            safe(&delivery.text)
        )?;
    }
    write!(out, "</ol>")?;
    let ring = phone.corp.messages.ring.iter().rev();
    let dropped = ring.filter(|message| {
        room.is_none_or(|room| message.origin.is_in(room))
            && message.receipt(&phone.key).is_some_and(|receipt| message.truth(receipt) == Truth::Dropped)
    });
    let dropped: Vec<_> = dropped.take(LINES).collect();
    if !dropped.is_empty() {
        write!(
            out,
            "<h2>{}</h2><p class=hint>{}</p><ol class=log>",
            phone.t("被静默丢弃的消息", "Silently dropped"),
            phone.t(
                "接口返回成功，但成员看不到：每个应用每分钟最多 30 条、每小时最多 1000 条。",
                "Answered ok, never arrived: at most 30 a minute and 1,000 an hour from one app."
            )
        )?;
        for message in dropped {
            write!(
                out,
                "<li><span class=kind>#{} {}</span><time>{}</time><span class=preview>{}</span></li>",
                message.number,
                message.content.msgtype(),
                time::clock(message.at_ms),
                safe(&super::list::preview(phone, &message.content)),
            )?;
        }
        write!(out, "</ol>")?;
    }
    Ok(out)
}

//! One talk: what was said, the box to say something, the menu of the app.

use super::{Phone, bubbles, frame, list, menu, render, side, time};
use crate::sandbox::html::safe;
use crate::sandbox::messages::message::{Message, Origin, Room};
use crate::sandbox::shared::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::fmt::{Result, Write};

/// Messages of one page.
const FEED: usize = 100;
/// A pause after which the time is shown again.
const PAUSE_MS: i64 = 5 * 60_000;

const PICTURE: &str = "<svg viewBox='0 0 24 24' width=24 height=24 aria-hidden=true fill=none stroke=currentColor \
stroke-width=1.8 stroke-linejoin=round><rect x=3 y=4 width=18 height=16 rx=3 /><circle cx=8.5 cy=9.5 r=1.8 />\
<path d='m4 18 5.5-5 3.5 3 3-2.5 4 3.5'/></svg>";

/// `GET …/app/{agentid}`
pub async fn app(state: Data<State>, request: HttpRequest, path: Path<(String, String, u64)>) -> HttpResponse {
    let (corpid, userid, agentid) = path.into_inner();
    page(&state, &request, &corpid, &userid, &Room::App(agentid))
}

/// `GET …/chat/{chatid}`
pub async fn chat(state: Data<State>, request: HttpRequest, path: Path<(String, String, String)>) -> HttpResponse {
    let (corpid, userid, chatid) = path.into_inner();
    page(&state, &request, &corpid, &userid, &Room::Chat(chatid))
}

/// `GET …/robot/{key}`
pub async fn robot(state: Data<State>, request: HttpRequest, path: Path<(String, String, String)>) -> HttpResponse {
    let (corpid, userid, key) = path.into_inner();
    page(&state, &request, &corpid, &userid, &Room::Robot(key))
}

/// Whether the room is open to the member.
fn is_open(phone: &Phone<'_>, room: &Room) -> bool {
    match room {
        Room::App(agentid) => {
            let app = phone.corp.apps.get(agentid);
            app.is_some_and(|app| app.is_enabled && phone.corp.sees_member(app, &phone.key))
        }
        Room::Chat(chatid) => phone.corp.chats.groups.contains_key(chatid),
        Room::Robot(key) => phone.corp.robots.contains_key(key),
    }
}

fn page(state: &State, request: &HttpRequest, corpid: &str, userid: &str, room: &Room) -> HttpResponse {
    let deliveries = state.deliveries();
    state.with_corp(corpid, |corp| corp.messages.mark_read(&crate::sandbox::state::member::folded(userid), room));
    render(state, request, corpid, userid, |out, phone| {
        if !is_open(phone, room) {
            return Ok(false);
        }
        let (name, _) = list::face(phone, room);
        frame::open(out, phone, &name, None)?;
        frame::bar(out, phone, &name, Some(&phone.base))?;
        write!(out, "<div class=feed tabindex=0 role=log aria-label=\"{}\"><div class=stack id=feed>", safe(&name))?;
        feed(out, phone, room)?;
        write!(out, "</div></div>")?;
        if let Room::App(agentid) = room {
            dock(out, phone, *agentid)?;
        }
        frame::close(out, phone, &side::backstage(phone, &deliveries, Some(room))?)?;
        Ok(true)
    })
}

fn feed(out: &mut String, phone: &Phone<'_>, room: &Room) -> Result {
    let messages = phone.corp.messages.ring.feed(&phone.key, room, FEED);
    if messages.is_empty() {
        write!(out, "<p class=quiet>{}</p>", phone.t("还没有消息", "No messages yet"))?;
    }
    let mut last_ms = i64::MIN / 2;
    for message in messages {
        if message.at_ms - last_ms > PAUSE_MS {
            write!(
                out,
                "<p class=quiet id=t{}>{}</p>",
                message.number,
                time::when(phone.taste, message.at_ms, phone.now_ms)
            )?;
        }
        last_ms = message.at_ms;
        entry(out, phone, room, message)?;
    }
    Ok(())
}

fn entry(out: &mut String, phone: &Phone<'_>, room: &Room, message: &Message) -> Result {
    let Some(receipt) = message.receipt(&phone.key) else { return Ok(()) };
    let (name, picture) = list::face(phone, room);
    let number = message.number;
    if message.recalled_at_ms.is_some() || receipt.is_recalled {
        return write!(
            out,
            "<p class=quiet id=m{number} data-v=recalled>{}</p>",
            phone.t("“{}”撤回了一条消息", "“{}” recalled a message").replace("{}", &safe(&name))
        );
    }
    let now = receipt.card.as_deref();
    let version = now.map(|now| format!("{}.{}", now.updates, now.pressed.len())).unwrap_or_default();
    let is_mine = matches!(message.origin, Origin::Member { .. });
    let side = if is_mine { "mine" } else { "theirs" };
    write!(out, "<article class='entry {side}' id=m{number} data-v='{version}{}'>", phone.taste.lang_name())?;
    if is_mine {
        bubbles::bubble(out, phone, message, receipt)?;
        write!(out, "{}", super::cards::avatar(&phone.member.name, &phone.member.userid, true))?;
    } else {
        write!(out, "{picture}<div class=said>")?;
        if !matches!(room, Room::App(_)) {
            let speaker = match &message.origin {
                Origin::Chat { agentid, .. } => phone.corp.apps.get(agentid).map(|app| app.name.clone()),
                _ => Some(name),
            };
            write!(out, "<span class=speaker>{}</span>", safe(&speaker.unwrap_or_default()))?;
        }
        bubbles::bubble(out, phone, message, receipt)?;
        if message.safe > 0 {
            write!(
                out,
                "<span class=secret>{}</span>",
                phone.t("保密消息 · 禁止转发", "Confidential · no forwarding")
            )?;
        }
        write!(out, "</div>")?;
    }
    write!(out, "</article>")
}

/// The box and the menu; an app without a callback address takes no messages.
fn dock(out: &mut String, phone: &Phone<'_>, agentid: u64) -> Result {
    let Some(app) = phone.corp.apps.get(&agentid) else { return Ok(()) };
    let path = safe(&phone.room_path(&Room::App(agentid)));
    write!(out, "<footer class=dock>")?;
    if app.callback.is_some() {
        write!(
            out,
            "<div class=say><form method=post action=\"{path}/say\"><input name=content autocomplete=off required \
             aria-label=\"{}\" placeholder=\"{}\"><button class=send>{}</button></form>\
             <form class=pick method=post action=\"{path}/picture\" enctype=multipart/form-data><label title=\"{}\">{PICTURE}\
             <input type=file name=picture accept='image/png,image/jpeg' required data-send aria-label=\"{}\"></label>\
             <noscript><button>{}</button></noscript></form></div>",
            phone.t("消息", "Message"),
            phone.t("发消息…", "Message…"),
            phone.t("发送", "Send"),
            phone.t("发送图片", "Send a picture"),
            phone.t("发送图片", "Send a picture"),
            phone.t("发送", "Send"),
        )?;
    } else {
        write!(
            out,
            "<p class='hint mute'>{}</p>",
            phone.t(
                "该应用未设置接收消息服务器，不能向它发消息。",
                "This app has no receive-message URL and takes no messages."
            )
        )?;
    }
    if let Some(menu) = &app.menu {
        menu::bar(out, phone, agentid, menu)?;
    }
    write!(out, "</footer>")
}

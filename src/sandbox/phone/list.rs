//! The list of talks: apps, group chats, robots; and the page about the member.

use super::cards::{app_avatar, avatar};
use super::{Phone, frame, render, side, time};
use crate::sandbox::html::{link_part, safe};
use crate::sandbox::messages::content::Content;
use crate::sandbox::messages::message::{Message, Room};
use crate::sandbox::shared::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::cmp::Reverse;
use std::fmt::{Result, Write};

const PREVIEW_CHARS: usize = 60;
const SCAN: &str = "<svg viewBox='0 0 22 22' width=22 height=22 aria-hidden=true fill=none stroke=currentColor \
stroke-width=2 stroke-linecap=round><path d='M2 7V4a2 2 0 0 1 2-2h3M15 2h3a2 2 0 0 1 2 2v3M20 15v3a2 2 0 0 1-2 2h-3M7 20H4a2 \
2 0 0 1-2-2v-3M2 11h18'/></svg>";

/// One line that stands for a message.
pub fn preview(phone: &Phone<'_>, content: &Content) -> String {
    let label = |zh, en| phone.t(zh, en).to_owned();
    let text = match content {
        Content::Text(words) | Content::Markdown(words) | Content::MarkdownV2(words) => words.content.clone(),
        Content::Image(_) => label("[图片]", "[Picture]"),
        Content::Voice(_) => label("[语音]", "[Voice]"),
        Content::Video(_) => label("[视频]", "[Video]"),
        Content::File(_) => label("[文件]", "[File]"),
        Content::Textcard(card) => card.title.clone(),
        Content::News(news) => news.articles.first().map(|article| article.title.clone()).unwrap_or_default(),
        Content::Mpnews(news) => news.articles.first().map(|article| article.title.clone()).unwrap_or_default(),
        Content::MiniprogramNotice(notice) => notice.title.clone(),
        Content::TemplateCard(card) if card.main_title.title.is_empty() => card.sub_title_text.clone(),
        Content::TemplateCard(card) => card.main_title.title.clone(),
        Content::Location(place) => format!("{} {}", label("[位置]", "[Place]"), place.label),
        Content::Link(page) => format!("{} {}", label("[链接]", "[Link]"), page.title),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(PREVIEW_CHARS).collect()
}

/// `GET …`
pub async fn page(state: Data<State>, request: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (corpid, userid) = path.into_inner();
    let deliveries = state.deliveries();
    render(&state, &request, &corpid, &userid, |out, phone| {
        let title = phone.t("消息", "Messages");
        frame::open(out, phone, title, None)?;
        frame::bar(out, phone, title, None)?;
        write!(
            out,
            "<div class=tools><a href=\"{}/scan\">{SCAN}<span>{}</span></a></div><div class=talks id=feed>",
            safe(&phone.base),
            phone.t("扫一扫", "Scan")
        )?;
        talks(out, phone)?;
        write!(out, "</div>")?;
        frame::close(out, phone, &side::backstage(phone, &deliveries, None)?)?;
        Ok(true)
    })
}

/// Everything the member can open, the newest message first.
fn talks(out: &mut String, phone: &Phone<'_>) -> Result {
    let newest = phone.corp.messages.ring.rooms(&phone.key);
    let mut rooms: Vec<(Room, Option<&Message>)> = Vec::new();
    for (&agentid, app) in &phone.corp.apps {
        let room = Room::App(agentid);
        if app.is_enabled && phone.corp.sees_member(app, &phone.key) {
            rooms.push((room.clone(), newest.get(&room).copied()));
        }
    }
    // Groups and robots are seen from their first message on.
    rooms.extend(
        newest.iter().filter(|(room, _)| !matches!(room, Room::App(_))).map(|(room, m)| (room.clone(), Some(*m))),
    );
    rooms.sort_by_key(|(room, message)| (Reverse(message.map(|message| message.number)), room.clone()));
    if rooms.is_empty() {
        return write!(
            out,
            "<div class=empty><p>{}</p></div>",
            phone.t("没有可见的应用。请检查应用的可见范围。", "No app in sight. Check the visible range of the apps.")
        );
    }
    for (room, message) in rooms {
        talk(out, phone, &room, message)?;
    }
    Ok(())
}

fn talk(out: &mut String, phone: &Phone<'_>, room: &Room, message: Option<&Message>) -> Result {
    let (name, picture) = face(phone, room);
    let line = match message {
        Some(message) if message.recalled_at_ms.is_some() => phone.t("[消息已撤回]", "[Recalled]").to_owned(),
        Some(message) => preview(phone, &message.content),
        None => phone.t("暂无消息", "No messages yet").to_owned(),
    };
    let when = message.map(|message| time::short(phone.taste, message.at_ms, phone.now_ms)).unwrap_or_default();
    let unread = phone.corp.messages.unread(&phone.key, room);
    let badge = match unread {
        0 => String::new(),
        1..=99 => format!("<span class=badge>{unread}</span>"),
        _ => "<span class=badge>99+</span>".to_owned(),
    };
    let inside = format!(
        "<span class=face>{picture}{badge}</span><span class=lines><b>{}</b><time>{when}</time><span class=preview>{}</span></span>",
        safe(&name),
        safe(&line)
    );
    let path = safe(&phone.room_path(room));
    match room {
        // Opening an app is told to it, so it is no mere link.
        Room::App(_) => {
            write!(out, "<form method=post action=\"{path}/enter\"><button class=talk>{inside}</button></form>")
        }
        _ => write!(out, "<a class=talk href=\"{path}\">{inside}</a>"),
    }
}

/// Name and picture of a room.
pub fn face(phone: &Phone<'_>, room: &Room) -> (String, String) {
    match room {
        Room::App(agentid) => {
            let app = phone.corp.apps.get(agentid);
            let name = app.map(|app| app.name.clone()).unwrap_or_default();
            let picture = app.map(|app| app_avatar(phone, *agentid, app)).unwrap_or_default();
            (name, picture)
        }
        Room::Chat(chatid) => {
            let chat = phone.corp.chats.groups.get(chatid);
            let name = match chat {
                Some(chat) if !chat.name.is_empty() => format!("{} ({})", chat.name, chat.members.len()),
                Some(chat) => format!("{} ({})", phone.t("群聊", "Group"), chat.members.len()),
                None => phone.t("群聊", "Group").to_owned(),
            };
            let picture = avatar(phone.t("群", "G"), chatid, false);
            (name, picture)
        }
        Room::Robot(key) => {
            let name = phone.corp.robots.get(key).map(|robot| robot.name.clone()).unwrap_or_default();
            let picture = avatar(&name, key, false);
            (name, picture)
        }
    }
}

/// `GET …/me`
pub async fn me(state: Data<State>, request: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (corpid, userid) = path.into_inner();
    render(&state, &request, &corpid, &userid, |out, phone| {
        let title = phone.t("我", "Me");
        frame::open(out, phone, title, None)?;
        frame::bar(out, phone, title, Some(&phone.base))?;
        write!(out, "<div class='sheet about'>")?;
        side::about(out, phone)?;
        write!(
            out,
            "<p><a href=\"/?corp={}&amp;view=messages&amp;find={}\">{}</a></p></div>",
            link_part(&phone.corp.corpid),
            link_part(&phone.member.userid),
            phone.t("发给此成员的全部消息", "All messages to this member")
        )?;
        frame::close(out, phone, "")?;
        Ok(true)
    })
}

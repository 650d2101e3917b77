//! The menu at the bottom, and the sheets of entries that bring something along.

use super::{Phone, frame, render};
use crate::sandbox::html::safe;
use crate::sandbox::menus::{Menu, MenuButton};
use crate::sandbox::messages::message::Room;
use crate::sandbox::shared::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::fmt::{Result, Write};

/// A place in the menu as it stands in a path: `1` or `1-0`.
pub fn place_of(text: &str) -> Vec<usize> {
    text.split('-').filter_map(|part| part.parse().ok()).collect()
}

/// The bar of one to three entries; those with entries below open a small list.
pub fn bar(out: &mut String, phone: &Phone<'_>, agentid: u64, menu: &Menu) -> Result {
    write!(out, "<nav class=menu aria-label=\"{}\">", phone.t("应用菜单", "Menu of the app"))?;
    for (at, button) in menu.button.iter().enumerate() {
        if button.sub_button.is_empty() {
            entry(out, phone, agentid, button, &at.to_string())?;
            continue;
        }
        write!(out, "<details name=menu><summary>{}</summary><div class=below>", safe(&button.name))?;
        for (below, button) in button.sub_button.iter().enumerate() {
            entry(out, phone, agentid, button, &format!("{at}-{below}"))?;
        }
        write!(out, "</div></details>")?;
    }
    write!(out, "</nav>")
}

fn entry(out: &mut String, phone: &Phone<'_>, agentid: u64, button: &MenuButton, place: &str) -> Result {
    let (name, path) = (safe(&button.name), safe(&phone.room_path(&Room::App(agentid))));
    match button.kind.as_str() {
        "view" => write!(out, "<a target=_blank rel=noopener href=\"{path}/view/{place}\">{name}</a>"),
        "click" | "view_miniprogram" => {
            write!(
                out,
                "<form method=post action=\"{path}/menu/{place}\" enctype=multipart/form-data><button>{name}</button></form>"
            )
        }
        _ => write!(out, "<a href=\"{path}/menu/{place}\">{name}</a>"),
    }
}

/// `GET …/menu/{place}`: what is scanned, which pictures, which place.
pub async fn sheet(
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, u64, String)>,
) -> HttpResponse {
    let (corpid, userid, agentid, place) = path.into_inner();
    render(&state, &request, &corpid, &userid, |out, phone| {
        let app = phone.corp.apps.get(&agentid);
        let menu = app.and_then(|app| app.menu.as_ref());
        let Some(button) = menu.and_then(|menu| menu.find(&place_of(&place))) else { return Ok(false) };
        let back = phone.room_path(&Room::App(agentid));
        frame::open(out, phone, &button.name, None)?;
        frame::bar(out, phone, &button.name, Some(&back))?;
        write!(
            out,
            "<div class=sheet><form class=fields method=post action=\"{}/menu/{}\" enctype=multipart/form-data>",
            safe(&back),
            safe(&place)
        )?;
        fields(out, phone, &button.kind)?;
        write!(out, "<button class=primary>{}</button></form></div>", phone.t("确定", "OK"))?;
        frame::close(out, phone, "")?;
        Ok(true)
    })
}

fn fields(out: &mut String, phone: &Phone<'_>, kind: &str) -> Result {
    match kind {
        "scancode_push" | "scancode_waitmsg" => write!(
            out,
            "<div class=viewfinder aria-hidden=true><i></i></div><label>{}<textarea name=scanned rows=3 required></textarea></label>",
            phone.t("扫到的内容", "What the code says")
        ),
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => {
            let several = if kind == "pic_sysphoto" { "" } else { " multiple" };
            write!(
                out,
                "<label>{}<input type=file name=picture accept='image/png,image/jpeg' required{several}></label>",
                phone.t("图片", "Pictures")
            )
        }
        "location_select" => write!(
            out,
            "<label>{}<input name=label value=\"{}\" required></label>\
             <label>{}<input name=latitude type=number step=any min=-90 max=90 value=23.104 required></label>\
             <label>{}<input name=longitude type=number step=any min=-180 max=180 value=113.320 required></label>",
            phone.t("地点", "Place"),
            phone.t("广州市海珠区", "Haizhu, Guangzhou"),
            phone.t("纬度", "Latitude"),
            phone.t("经度", "Longitude"),
        ),
        _ => Ok(()),
    }
}

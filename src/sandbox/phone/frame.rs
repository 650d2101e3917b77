//! The frame of every page: the phone in the middle, whose it is on the left, behind the scenes on the right.

use super::{Phone, Taste, side, time};
use crate::sandbox::html::safe;
use std::fmt::{Result, Write};

/// Signal, network and battery, drawn.
const ICONS: &str = "<svg viewBox='0 0 58 12' width=58 height=12 aria-hidden=true fill=currentColor>\
<rect x=0 y=7 width=3 height=5 rx=1 /><rect x=4.5 y=5 width=3 height=7 rx=1 /><rect x=9 y=2.5 width=3 height=9.5 rx=1 />\
<rect x=13.5 y=0 width=3 height=12 rx=1 /><path d='M27.5 2.2c2.3 0 4.4.9 6 2.3l-1.4 1.5a6.7 6.7 0 0 0-9.2 0l-1.4-1.5a8.8 \
8.8 0 0 1 6-2.3zm0 3.8c1.3 0 2.4.5 3.3 1.3l-3.3 3.5-3.3-3.5c.9-.8 2-1.3 3.3-1.3z'/>\
<rect x=37.5 y=.5 width=17 height=11 rx=3 fill=none stroke=currentColor /><rect x=39.5 y=2.5 width=11 height=7 rx=1.5 />\
<rect x=55.5 y=4 width=2 height=4 rx=1 /></svg>";

/// A chevron to the left.
pub const BACK: &str = "<svg viewBox='0 0 12 20' width=11 height=18 aria-hidden=true fill=none stroke=currentColor \
stroke-width=2.2 stroke-linecap=round stroke-linejoin=round><path d='M10 2 2 10l8 8'/></svg>";
/// Three dots.
const MORE: &str = "<svg viewBox='0 0 20 6' width=20 height=6 aria-hidden=true fill=currentColor><circle cx=3 cy=3 r=2 />\
<circle cx=10 cy=3 r=2 /><circle cx=17 cy=3 r=2 /></svg>";

fn head(out: &mut String, taste: &Taste, title: &str, goes_to: Option<&str>) -> Result {
    let refresh = match goes_to {
        Some(path) => format!("<meta http-equiv=refresh content=\"0;url={}\">", safe(path)),
        None => String::new(),
    };
    write!(
        out,
        "<!doctype html><html lang={} data-look={}><head><meta charset=utf-8>\
         <meta name=viewport content='width=device-width,initial-scale=1'><meta name=color-scheme content='light dark'>\
         {refresh}<title>{} · WeCom</title><link rel=icon href='data:,'><link rel=stylesheet href=/_sandbox/phone.css>\
         <script src=/_sandbox/phone.js defer></script></head>",
        taste.t("zh-CN", "en"),
        taste.look,
        safe(title),
    )
}

/// Everything before the bar of the screen.
pub fn open(out: &mut String, phone: &Phone<'_>, title: &str, goes_to: Option<&str>) -> Result {
    head(out, phone.taste, &format!("{} · {title}", phone.member.name), goes_to)?;
    write!(out, "<body data-version=\"{}/version\"><div class=desk>", safe(&phone.base))?;
    side::owner(out, phone)?;
    write!(
        out,
        "<main class=phone><div class=screen><div class=status><span>{}</span>{ICONS}</div>",
        time::clock(phone.now_ms)
    )
}

/// The bar: back, title, more.
pub fn bar(out: &mut String, phone: &Phone<'_>, title: &str, back: Option<&str>) -> Result {
    write!(out, "<header class=bar>")?;
    match back {
        Some(path) => {
            write!(out, "<a class=back href=\"{}\" aria-label=\"{}\">{BACK}</a>", safe(path), phone.t("返回", "Back"))?;
        }
        None => write!(out, "<span class=back></span>")?,
    }
    write!(out, "<h1>{}</h1>", safe(title))?;
    write!(
        out,
        "<a class=more href=\"{}/me\" aria-label=\"{}\">{MORE}</a></header>",
        safe(&phone.base),
        phone.t("我", "Me")
    )
}

/// Everything after the screen; `backstage` is the panel on the right.
pub fn close(out: &mut String, phone: &Phone<'_>, backstage: &str) -> Result {
    let note = match phone.taste.note.as_str() {
        "gone" => phone.t("按钮已失效", "The button is no longer there"),
        "choice" => phone.t("请完成选择", "Please complete your choices"),
        "empty" => phone.t("内容不能为空", "Nothing to send"),
        "picture" => phone.t("请选择 JPG 或 PNG 图片", "Choose a JPG or PNG picture"),
        "app" => phone.t("应用不可用", "The app is not available"),
        _ => "",
    };
    if !note.is_empty() {
        write!(out, "<p class=toast role=status>{note}</p>")?;
    }
    write!(out, "</div></main><aside class='panel backstage' id=backstage>{backstage}</aside></div></body></html>")
}

/// There is no such phone.
pub fn nothing(out: &mut String, taste: &Taste) -> Result {
    let title = taste.t("没有这部手机", "No such phone");
    head(out, taste, title, None)?;
    write!(
        out,
        "<body><div class=desk><main class=phone><div class=screen><div class=empty><h1>{title}</h1><p>{}</p>\
         <p><a href=/>{}</a></p></div></div></main></div></body></html>",
        taste.t("企业、成员、应用或会话不存在。", "The corp, the member, the app or the chat does not exist."),
        taste.t("返回沙箱", "Back to the sandbox"),
    )
}

//! The page for people: departments, members, calls, quota, faults. Plain HTML, no script, nothing from elsewhere.

use super::html::{link_part, safe, time};
use super::page_messages;
use super::shared::State;
use super::state::corp::Corp;
use super::state::member::{Member, folded};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Query, ServiceConfig};
use serde::Deserialize;
use std::fmt::Write;

/// Members on one page.
const PAGE: usize = 50;
/// Departments shown of one tree.
const TREE_MAX: usize = 500;

const STYLE: &str = "
:root{color-scheme:light dark;--line:light-dark(#dfe3e8,#2c3542);--soft:light-dark(#eef1f4,#151a21);--surface:light-dark(#fff,#1a2029);--accent:light-dark(#0a6b49,#57c99b)}
html{background:light-dark(#f5f6f8,#12161c);color:light-dark(#1b2330,#e6eaf0)}
body{font:14px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:0 auto;max-width:1280px;padding:8px 16px 48px}
h1{font-size:20px}h2{font-size:16px;margin:28px 0 8px}small,.soft{color:light-dark(#596579,#a3aebd);font-weight:400}
table{border-collapse:separate;border-spacing:0;width:100%;background:var(--surface);border:1px solid var(--line);border-radius:8px;overflow:hidden}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}tr:last-child>td{border-bottom:0}
th,tr:has(>th)>td{font-weight:600;background:var(--soft)}td.n{font-variant-numeric:tabular-nums}
a{color:var(--accent);text-underline-offset:2px}td:has(>a:only-child){white-space:nowrap}nav{margin-bottom:8px}nav a{margin-right:14px}
.columns{display:grid;grid-template-columns:320px minmax(0,1fr);gap:28px}
.tree{max-height:640px;overflow:auto;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:10px}
.tree div{white-space:nowrap}.tree .here{font-weight:700}.bad{color:light-dark(#b3261e,#ff9b94)}.good{color:var(--accent)}
.tag{border:1px solid var(--line);border-radius:9px;padding:0 7px;font-size:12px}form{margin:0 0 8px}
input,button{font:inherit;padding:5px 10px;border:1px solid light-dark(#c8ced6,#42505f);border-radius:6px;background:var(--surface);color:inherit}button{cursor:pointer}
@media(max-width:800px){.columns{grid-template-columns:minmax(0,1fr)}table{display:block;overflow-x:auto}}";

/// `/` and `/_sandbox/`
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(page))
        .route("/_sandbox/", web::get().to(page))
        .route("/_sandbox", web::get().to(page));
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wish {
    corp: String,
    department: u32,
    after: String,
    find: String,
    view: String,
}

async fn page(state: Data<State>, wish: Query<Wish>) -> HttpResponse {
    let mut html = String::with_capacity(64 * 1024);
    // Writing into a String cannot fail.
    let _ = write_page(&mut html, &state, &wish);
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "Content-Security-Policy",
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'",
        ))
        .body(html)
}

fn write_page(out: &mut String, state: &State, wish: &Wish) -> std::fmt::Result {
    write!(
        out,
        "<!doctype html><html lang=zh-CN><head><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>WeCom sandbox</title><link rel=icon href='data:,'><style>{STYLE}</style></head><body>\
         <h1>企业微信沙箱 <small>WeCom sandbox</small></h1>\
         <p class=soft>{} · {} · 沙箱时间 sandbox time {} (UTC+8)</p>",
        safe(state.base_url()),
        serde_json::to_string(&state.profile()).unwrap_or_default().trim_matches('"'),
        time(state.now_ms()),
    )?;
    state.with(|world| {
        let Some(corp) = world.corps.get(&wish.corp).or_else(|| world.corps.values().next()) else {
            return write!(out, "<p>尚无企业 no corp yet: <code>POST /_sandbox/seed</code></p>");
        };
        write!(out, "<nav>企业 Corp: ")?;
        for other in world.corps.values() {
            write!(out, "<a href='?corp={}'>{}</a>", link_part(&other.corpid), safe(&other.name))?;
        }
        write!(out, "</nav>")?;
        let link = link_part(&corp.corpid);
        write!(
            out,
            "<nav><a href='?corp={link}'>通讯录 Directory</a><a href='?corp={link}&amp;view=messages'>消息 Messages</a></nav>\
             <form action=/_sandbox/phone><input type=hidden name=corp value=\"{}\"><input name=userid required \
             aria-label='账号或姓名 userid or name' placeholder='账号或姓名 userid or name'> <button>打开手机 Open the phone</button></form>",
            safe(&corp.corpid)
        )?;
        if wish.view == "messages" { page_messages::write(out, corp, &wish.find) } else { write_corp(out, corp, wish) }
    })?;
    write_traffic(out, state)?;
    write!(out, "</body></html>")
}

fn write_corp(out: &mut String, corp: &Corp, wish: &Wish) -> std::fmt::Result {
    let id = safe(&corp.corpid);
    write!(
        out,
        "<h2>{} <small>{id}</small></h2><p>部门 departments {} · 成员 members {} · 标签 tags {} · 应用 apps {} · \
         <span class=tag>{}</span></p><div class=columns><section><h2>部门 Departments</h2><div class=tree tabindex=0>",
        safe(&corp.name),
        corp.directory.department_count(),
        corp.directory.member_count(),
        corp.tags.len(),
        corp.apps.len(),
        serde_json::to_string(&corp.profile).unwrap_or_default().trim_matches('"'),
    )?;
    let mut left = TREE_MAX;
    write_tree(out, corp, 1, 0, wish.department, &mut left)?;
    if left == 0 {
        write!(out, "<div class=soft>… 只显示前 {TREE_MAX} 个 only the first {TREE_MAX}</div>")?;
    }
    write!(out, "</div></section><section><h2>成员 Members</h2>")?;
    write!(
        out,
        "<form><input type=hidden name=corp value=\"{id}\"><input name=find placeholder=userid aria-label=userid value=\"{}\"> \
         <button>查找 Find</button> <a href='?corp={}'>全部 all</a></form>",
        safe(&wish.find),
        link_part(&corp.corpid)
    )?;
    write_members(out, corp, wish)?;
    write!(out, "</section></div>")
}

fn write_tree(out: &mut String, corp: &Corp, id: u32, depth: usize, here: u32, left: &mut usize) -> std::fmt::Result {
    let Some(department) = corp.directory.department(id) else { return Ok(()) };
    if *left == 0 {
        return Ok(());
    }
    *left -= 1;
    write!(
        out,
        "<div style='padding-left:{}px' class='{}'><a href='?corp={}&amp;department={id}'>{}</a> <small>#{id} · {}</small></div>",
        depth * 16,
        if id == here { "here" } else { "" },
        link_part(&corp.corpid),
        safe(&department.name),
        corp.directory.member_count_of(id),
    )?;
    let mut children: Vec<u32> = corp.directory.children(id).collect();
    children.sort_by_key(|&id| (std::cmp::Reverse(corp.directory.department(id).map(|row| row.order)), id));
    for child in children {
        write_tree(out, corp, child, depth + 1, here, left)?;
    }
    Ok(())
}

fn write_members(out: &mut String, corp: &Corp, wish: &Wish) -> std::fmt::Result {
    let directory = &corp.directory;
    let after = folded(&wish.after);
    let found: Vec<&Member> = if wish.department > 0 {
        let keys = directory.members_of(wish.department).filter(|key| wish.after.is_empty() || **key > after);
        keys.take(PAGE + 1).filter_map(|key| directory.member(key)).collect()
    } else {
        let from = if wish.after.is_empty() { folded(&wish.find) } else { after.clone() };
        let rows = directory.members_from(&from).filter(|(key, _)| wish.after.is_empty() || **key > after);
        rows.take_while(|(key, _)| key.starts_with(folded(&wish.find).as_str()))
            .take(PAGE + 1)
            .map(|row| row.1)
            .collect()
    };
    write!(
        out,
        "<table tabindex=0><tr><th>账号 userid<th>姓名 name<th>状态 status<th>部门 departments<th>手机 mobile<th>邮箱 email<th>职位 position<td></tr>"
    )?;
    for member in found.iter().take(PAGE) {
        let status = match member.status() {
            1 => "已激活 1",
            2 => "已禁用 2",
            5 => "已退出 5",
            _ => "未激活 4",
        };
        let departments: Vec<String> = member
            .memberships
            .iter()
            .map(|m| {
                let name = directory.department(m.department).map_or("?", |row| row.name.as_str());
                format!("{} #{}{}", safe(name), m.department, if m.is_leader { " ★" } else { "" })
            })
            .collect();
        write!(
            out,
            "<tr><td>{}<td>{}<td>{status}<td>{}<td>{}<td>{}<td>{}<td><a href='/_sandbox/phone/{}/{}'>手机 phone</a></tr>",
            safe(&member.userid),
            safe(&member.name),
            departments.join("<br>"),
            safe(&member.mobile),
            safe(&member.email),
            safe(&member.position),
            link_part(&corp.corpid),
            link_part(&member.userid),
        )?;
    }
    write!(out, "</table>")?;
    if let Some(last) = found.get(PAGE - 1).filter(|_| found.len() > PAGE) {
        write!(
            out,
            "<p><a href='?corp={}&amp;department={}&amp;find={}&amp;after={}'>下一页 next →</a></p>",
            link_part(&corp.corpid),
            wish.department,
            link_part(&wish.find),
            link_part(&last.key()),
        )?;
    }
    Ok(())
}

fn write_traffic(out: &mut String, state: &State) -> std::fmt::Result {
    let now_ms = state.now_ms();
    write!(
        out,
        "<h2>调用 Calls</h2><table tabindex=0><tr><th>接口 endpoint<th>次数 calls<th>成功 ok<th>错误 errors<th>故障 faults</tr>"
    )?;
    for (endpoint, count) in state.call_counts() {
        let errors: Vec<String> = count
            .by_errcode
            .iter()
            .filter(|(code, _)| **code != 0)
            .map(|(code, times)| format!("<span class=tag>{code} × {times}</span>"))
            .collect();
        write!(
            out,
            "<tr><td>{}<td class=n>{}<td class=n>{}<td>{}<td class=n>{}</tr>",
            safe(&endpoint),
            count.calls,
            count.by_errcode.get(&0).copied().unwrap_or(0),
            errors.join(" "),
            count.faults
        )?;
    }
    write!(
        out,
        "</table><h2>最近 Latest</h2><table tabindex=0><tr><th>时间 time<th>接口 endpoint<th>凭证 credential<th>对象 subject<th>errcode<th>故障 fault<th>IP</tr>"
    )?;
    let calls = state.with_traffic(|traffic| traffic.calls.iter().rev().take(PAGE).cloned().collect::<Vec<_>>());
    for call in calls {
        write!(
            out,
            "<tr><td>{}<td>{}<td>{}<td>{}<td class='n {}'>{}<td>{}<td>{}</tr>",
            time(call.at_ms),
            safe(&call.endpoint),
            safe(&call.credential),
            safe(&call.subject),
            if call.errcode == 0 { "good" } else { "bad" },
            call.errcode,
            safe(&call.fault),
            safe(&call.ip)
        )?;
    }
    write!(
        out,
        "</table><h2>频率 Quota</h2><table tabindex=0><tr><th>对象 subject<th>接口 endpoint<th>每分 minute<th>每时 hour<th>并发 in flight (max)<th>封禁 lock-outs<th>封禁至 until</tr>"
    )?;
    for row in state.quotas() {
        let until = if row.locked_until_ms > now_ms { time(row.locked_until_ms) } else { String::new() };
        write!(
            out,
            "<tr><td>{}<td>{}<td class=n>{}<td class=n>{}<td class=n>{} ({})<td class=n>{}<td class=bad>{until}</tr>",
            safe(&row.subject),
            safe(&row.endpoint),
            row.minute,
            row.hour,
            row.in_flight,
            row.peak_in_flight,
            row.lock_outs
        )?;
    }
    write!(
        out,
        "</table><h2>故障 Faults</h2><table tabindex=0><tr><th>#<th>路径 path<th>效果 effect<th>概率 probability<th>命中 hits</tr>"
    )?;
    for fault in state.faults() {
        write!(
            out,
            "<tr><td>{}<td>{}<td>{}<td class=n>{}<td class=n>{}</tr>",
            fault.id,
            safe(if fault.fault.path.is_empty() { "*" } else { &fault.fault.path }),
            fault.fault.effect.name(),
            fault.fault.probability,
            fault.hits
        )?;
    }
    write!(
        out,
        "</table><h2>事件 Events</h2><table tabindex=0><tr><th>时间 time<th>类型 kind<th>成员 member<th>地址 address<th>结果 outcome<th>HTTP<th>回复 reply</tr>"
    )?;
    for delivery in state.deliveries().iter().rev().take(PAGE) {
        write!(
            out,
            "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td class=n>{}<td>{}</tr>",
            time(delivery.at_ms),
            safe(&delivery.kind),
            safe(&delivery.userid),
            safe(&delivery.url),
            delivery.outcome,
            delivery.status,
            safe(&delivery.reply),
        )?;
    }
    write!(out, "</table>")
}

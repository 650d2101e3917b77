//! The reference page: rendered once from the OpenAPI document, one HTML file without script or foreign asset.

use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use utoipa::IntoParams;

mod parts;

use super::routes::Routes;
use super::state::State;
use crate::admin::{sessions, settings};
use crate::http::errors::store_problem;
use crate::http::{Problem, Query};
use crate::locale::Lang;
use crate::store::StoreError;
use parts::{escape, list, map, operations, prose, text, write_schema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Reference", "This document and its page; no key is needed.")
        .get("/api/v1/openapi.json", "The OpenAPI 3.1 document", document)
        .get("/api/docs", "This reference as a page", page);
}

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct Asked {
    /// `zh` or `en`; without it the page has the language of the administrator's pages.
    lang: Option<String>,
}

const STYLE: &str = include_str!("docs.css");

/// Cookies in which a browser keeps the language that was chosen, and its session.
const CHOSEN: &str = "wb_lang";
const SESSION: &str = "wb_session";

/// A cookie; with HTTPS its name says that it belongs to this host alone, and then no other counts.
fn cookie(request: &HttpRequest, name: &str) -> Option<String> {
    let found = request.cookie(&format!("__Host-{name}")).or_else(|| request.cookie(name));
    found.map(|cookie| cookie.value().to_owned())
}

/// The language of the pages for whoever asks: the one that was chosen, the account's, the browser's, the set one.
async fn lang_of(request: &HttpRequest, state: &State) -> Result<Lang, StoreError> {
    if let Some(chosen) = cookie(request, CHOSEN).and_then(|code| Lang::find(&code)) {
        return Ok(chosen);
    }
    if let Some(token) = cookie(request, SESSION) {
        let found = sessions::find(&state.app.admin, &token).await?;
        if let Some(own) = found.and_then(|(_, account)| Lang::find(account.language.as_deref()?)) {
            return Ok(own);
        }
    }
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    if let Some(wanted) = header.and_then(Lang::negotiate) {
        return Ok(wanted);
    }
    Ok(Lang::find(&settings::get(&state.app.admin).await?.language).unwrap_or_default())
}

/// `GET /api/docs`; in the language that the address asks for, else in that of the pages. What the document says is English.
pub(super) async fn page(
    request: HttpRequest,
    state: web::Data<State>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let lang = match asked.0.lang.as_deref().and_then(Lang::find) {
        Some(lang) => lang,
        None => lang_of(&request, &state).await.map_err(store_problem)?,
    };
    let style = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((VARY, "accept-language, cookie"))
        .body(state.pages[usize::from(lang == Lang::En)].clone()))
}

/// `GET /api/v1/openapi.json`, with an ETag so that a client need not fetch it twice.
pub async fn document(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&state.document)[..16]));
    let is_known = request
        .headers()
        .get("if-none-match")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header(("etag", etag)).insert_header(("cache-control", "no-cache"));
    if is_known {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(state.document.clone())
}

/// What the Chinese page says in place of the document's introduction.
const LEAD_ZH: &str = "<p>把 OA 组织与企业微信保持一致：先生成计划，可预览，再执行，逐条留痕。</p>\
<p>REST 接口位于 <code>/api/v1</code>，用 API 密钥调用：<code>Authorization: Bearer wbk_…</code>（在“系统 → API 密钥”中创建，只显示一次）。\
每个接口所需的权限标在地址旁边。</p>\
<p>出错时返回 <code>application/problem+json</code>，程序按其中的 <code>code</code> 判断。列表返回 <code>items</code>；还有下一页时带 \
<code>next</code>，下次作为 <code>after</code> 传入。创建类 POST 请求可带 <code>Idempotency-Key</code>，重复提交只执行一次。时间均为 Unix 毫秒。\
未知的字段和查询参数会被拒绝；响应中今后可能增加字段。</p>\
<p>接口名称和字段说明以英文给出，与 OpenAPI 文档一致。</p>";

/// Parts of the document in Chinese: name, and what is in them.
const PARTS: &[(&str, &str, &str)] = &[
    ("Reference", "接口文档", "本文档及本页面，无需密钥。"),
    ("Tenants", "租户", "各自拥有一套 OA 组织的单位。"),
    ("Corps", "企业", "租户接入的企业微信，含读取与同步的全部选项。"),
    ("Apps", "应用", "企业下的自建应用。"),
    ("Secrets", "凭证", "企业与应用的凭证，只写入，不读出。"),
    ("Set-up", "初始设置", "声明式设置文件：租户、企业、应用、选项。"),
    ("Directory: units", "OA 部门", "OA 的部门树。写入后不是一棵完整的树时，整个请求被拒绝。"),
    ("Directory: employees", "OA 人员", "OA 的人员，检查规则与导入文件相同。"),
    ("Directory: import", "导入", "组织文件：.xlsx、CSV 的 .zip、.ldif。"),
    ("Expressions", "表达式", "筛选条件和字段映射，保存前可以试算。"),
    ("Files", "文件", "可下载的文件。"),
    ("Backups", "备份", "设备上的备份，以及数据是否完好。"),
    ("Mirror", "企业微信组织", "最近一次读取到的部门与成员，以及无法读取的部分。"),
    ("Bindings", "关联", "人员与成员、OA 部门与企业微信部门的一一对应，按编号保存。"),
    ("Callbacks", "回调", "企业微信发来的内容：收件箱、状况、对方得不到告知的失败。"),
    ("Auto replies", "自动回复", "应用如何回答成员发来的消息。"),
    ("Auto replies: pictures", "自动回复的图片", "规则发送的图片；由云桥保存，并在企业微信中过期前重新上传。"),
    ("Webhooks", "Webhook", "签名的事件通知，含重试与失败记录。"),
    ("Plans", "同步计划", "一次同步将做的全部变更。计划只能原样执行，否则完全不执行。"),
    ("Runs", "运行记录", "执行过程：进度、计数、调用、逐条结果。"),
    ("Messages", "消息", "发送的消息：提交一次，按规则投递，逐人给出真实结果。"),
    ("Rules", "推送规则", "哪些消息以何种形式、何种文字发到哪个应用。"),
    ("Menus", "菜单", "应用菜单：在此编辑、发布到企业微信、读回比较。"),
    ("Receivers", "告警接收地址", "供监控系统投递的地址；地址决定发给谁，重复投递视为同一条消息。"),
    ("Diagnosis", "诊断", "为什么是这样，该怎么办。"),
    ("Error codes", "错误码", "企业微信错误码的含义与处理办法，中英文。"),
    ("API keys", "API 密钥", "本接口的密钥：权限、有效期、来源网段。"),
    ("Accounts", "管理员账号", "登录页面的人：角色、密码、两步验证、会话。"),
    ("Settings", "设置", "管理员可修改的基础参数；其余在 config.toml 中。"),
    ("Audit", "审计日志", "人员、密钥、定时任务所做的每次修改，以哈希串联。"),
    ("Operation", "运行状态", "探针、指标、状态。"),
];

/// Name of a part, the English one behind the Chinese one, for programs and the document know that; and what is in it.
fn part(lang: Lang, tag: &Value) -> (String, String) {
    let name = tag["name"].as_str().unwrap_or_default();
    match PARTS.iter().find(|(en, ..)| *en == name).filter(|_| lang == Lang::Zh) {
        Some((en, zh, about)) if en == zh => ((*zh).to_owned(), (*about).to_owned()),
        Some((en, zh, about)) => (format!("{zh} <small lang=\"en\">{}</small>", escape(en)), (*about).to_owned()),
        None => (escape(name), prose(&tag["description"])),
    }
}

/// The page for a document.
pub fn render(document: &Value, lang: Lang) -> String {
    let mut html = String::with_capacity(128 * 1024);
    let info = &document["info"];
    let title = text(&info["title"]);
    let _ = write!(
        html,
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} API</title><style>{STYLE}</style></head><body><nav><h1>{title} {}</h1><p>\
         <a href=\"v1/openapi.json\">{}</a></p><p class=\"langs\">",
        lang.tag(),
        text(&info["version"]),
        lang.pick("OpenAPI 文档", "OpenAPI document"),
    );
    for other in Lang::ALL {
        let here = if other == lang { " aria-current=\"true\"" } else { "" };
        let (code, tag, name) = (other.code(), other.tag(), other.own_name());
        let _ = write!(html, "<a href=\"?lang={code}\" lang=\"{tag}\" hreflang=\"{tag}\"{here}>{name}</a> ");
    }
    let _ = write!(html, "</p><details><summary>{}</summary>", lang.pick("目录", "Contents"));
    let operations = operations(document);
    for tag in list(&document["tags"]) {
        let (name, _) = part(lang, tag);
        let _ = write!(html, "<h2>{name}</h2><ul lang=\"en\">");
        for operation in operations.iter().filter(|operation| operation.tag == tag["name"]) {
            let _ = write!(html, "<li><a href=\"#{}\">{}</a></li>", operation.id, operation.summary);
        }
        html.push_str("</ul>");
    }
    let schemas = lang.pick("数据结构", "Schemas");
    let _ = write!(html, "<h2>{schemas}</h2><ul>");
    for (name, _) in map(&document["components"]["schemas"]) {
        let name = escape(name);
        let _ = write!(html, "<li><a href=\"#schema-{name}\">{name}</a></li>");
    }
    html.push_str("</ul></details></nav><main>");
    match lang {
        Lang::Zh => html.push_str(LEAD_ZH),
        Lang::En => {
            let _ = write!(html, "<p>{}</p>", prose(&info["description"]).replace("\n\n", "</p><p>"));
            let scheme = &document["components"]["securitySchemes"]["api_key"];
            let _ = write!(html, "<p>{}</p>", prose(&scheme["description"]));
        }
    }
    html.push_str("<div lang=\"en\">");
    let own = lang.tag();
    for tag in list(&document["tags"]) {
        let (name, about) = part(lang, tag);
        let _ = write!(html, "<h2 lang=\"{own}\">{name}</h2><p lang=\"{own}\">{about}</p>");
        for operation in operations.iter().filter(|operation| operation.tag == tag["name"]) {
            operation.write(&mut html, lang);
        }
    }
    let _ = write!(html, "<h2 lang=\"{own}\">{schemas}</h2>");
    for (name, schema) in map(&document["components"]["schemas"]) {
        let name = escape(name);
        let _ = write!(html, "<section id=\"schema-{name}\"><h3>{name}</h3>");
        write_schema(&mut html, schema);
        html.push_str("</section>");
    }
    html.push_str("</div></main></body></html>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_document_becomes_markup() {
        let document = serde_json::json!({
            "info": { "title": "<b>", "version": "1", "description": "a\n\nb" },
            "tags": [{ "name": "t", "description": "<i>" }],
            "paths": { "/<x>": { "get": { "tags": ["t"], "operationId": "o", "summary": "\"><script>",
                "description": "<u>", "parameters": [{ "name": "<p>", "in": "query" }],
                "responses": { "200": { "description": "<r>" } } } } },
            "components": { "schemas": { "S": { "type": "object", "properties": { "<q>": { "enum": ["<e>"] } } } } },
        });
        for lang in Lang::ALL {
            let page = render(&document, lang);
            for markup in ["<b>", "<i>", "<script>", "<u>", "<x>", "<r>", "<q>", "<e>"] {
                assert!(!page.contains(markup), "{markup} in {page}");
            }
        }
        assert!(render(&document, Lang::En).contains("<p>a</p><p>b</p>"));
    }
}

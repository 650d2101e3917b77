//! Auto replies of an app: the rules in the order in which they win, the box to try them out, switches, removal.

use crate::callbacks::replies::TriedReply;
use crate::http::Problem;
use crate::http::errors::{reply_problem, setup_problem};
use crate::http::permission::{CallbacksManage, CallbacksRead};
use crate::locale::T;
use crate::model::{
    ApiScope, App, AppKey, AutoReply, AutoReplyId, Corp, CorpKey, Matching, Picture, ReplyContent, Said, SaidKind,
};
use crate::setup::service;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::rules::look::{Line, text_lines};
use crate::web::sheet::Sheet;
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

const PARAMETERS: [&str; 7] = ["app", "try", "picture", "q", "sort", "dir", "page"];

pub(super) fn routes(routes: &mut Routes) {
    routes.list("/corps/{corp}/replies", show).post("/corps/{corp}/apps/{app}/replies", act);
}

/// One rule in words.
struct Row {
    rule: AutoReply,
    said: String,
    answer: Vec<Line>,
    kind: &'static str,
}

/// What the box shows.
struct Tried {
    said: String,
    result: TriedReply,
    answer: Option<(String, Vec<Line>)>,
}

#[derive(Template)]
#[template(path = "callbacks/replies.html")]
struct RepliesPage {
    f: Frame,
    corp: Corp,
    list: Listing,
    app: Option<App>,
    page: Slice<Row>,
    tried: Option<Tried>,
    can_change: bool,
}

impl RepliesPage {
    /// Rules that match beside the one that answers.
    fn others<'a>(&self, tried: &'a Tried) -> Vec<&'a AutoReply> {
        let answers = tried.result.answers.as_ref().map(|rule| &rule.id);
        tried.result.matches.iter().filter(|rule| Some(&rule.id) != answers).collect()
    }
}

/// The condition of a rule.
fn said(t: T, rule: &AutoReply) -> String {
    match (rule.said, rule.matching) {
        (SaidKind::Image, _) => t.reply_on_image().to_owned(),
        (_, Matching::All) => t.reply_on_all().to_owned(),
        (_, Matching::Contains) => t.reply_on_contains(&rule.keyword),
        (_, Matching::StartsWith) => t.reply_on_starts(&rule.keyword),
        (_, Matching::EndsWith) => t.reply_on_ends(&rule.keyword),
        (_, Matching::Equals) => t.reply_on_equals(&rule.keyword),
    }
}

/// Kind and content of an answer.
fn answer(t: T, content: &ReplyContent, pictures: &[Picture]) -> (&'static str, String) {
    match content {
        ReplyContent::Text { text } => (t.reply_text(), text.clone()),
        ReplyContent::Image { picture } => {
            let name = pictures.iter().find(|known| known.id == *picture).map(|known| known.name.clone());
            (t.reply_image(), name.unwrap_or_default())
        }
        ReplyContent::News { articles } => {
            (t.reply_news(), articles.iter().map(|article| article.title.clone()).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// One rule as a row of the file.
fn cells(t: T, app: &App, rule: &AutoReply, pictures: &[Picture]) -> Vec<String> {
    let (kind, answer) = answer(t, &rule.reply, pictures);
    let state = if rule.enabled { t.reply_on() } else { t.reply_off() };
    vec![
        rule.priority.to_string(),
        rule.name.clone(),
        said(t, rule),
        kind.to_owned(),
        answer,
        state.to_owned(),
        app.key.to_string(),
        rule.id.to_string(),
    ]
}

/// The rules of the app that the address names, or of the first one.
async fn show(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, Listing::of(&who, &PARAMETERS));
    let corp = service::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let wanted = AppKey::from(list.get("app"));
    let app = corp.find_app(&wanted).or(corp.apps.first()).cloned();
    let (mut rows, mut filed, mut tried) = (Vec::new(), Vec::new(), None);
    if let Some(app) = &app {
        let rules = web.app.callbacks.auto_replies(&key, &app.key).await.map_err(reply_problem)?;
        let pictures = web.app.callbacks.pictures(&key, &app.key).await.map_err(reply_problem)?;
        filed = rules.iter().map(|rule| cells(t, app, rule, &pictures)).collect();
        rows = rules
            .into_iter()
            .map(|rule| {
                let (kind, answer) = answer(t, &rule.reply, &pictures);
                Row { said: said(t, &rule), kind, answer: text_lines(&answer), rule }
            })
            .collect();
        let (text, is_picture) = (list.get("try").to_owned(), !list.get("picture").is_empty());
        if is_picture || !text.is_empty() {
            let said = if is_picture { Said::Image } else { Said::Text(&text) };
            let result = web.app.callbacks.try_auto_reply(&key, &app.key, said).await.map_err(reply_problem)?;
            let shown = result
                .answers
                .as_ref()
                .map(|rule| (rule.name.clone(), text_lines(&answer(t, &rule.reply, &pictures).1)));
            tried = Some(Tried {
                said: if is_picture { t.reply_on_image().to_owned() } else { text },
                answer: shown,
                result,
            });
        }
    }
    let columns = [
        ("priority", t.reply_priority()),
        ("name", t.reply_name()),
        ("when", t.reply_when()),
        ("kind", t.inbox_kind()),
        ("answer", t.reply_answer()),
        ("state", t.inbox_state()),
        ("", t.inbox_receiver()),
        ("", t.inbox_id()),
    ];
    let sheet = Sheet::new(columns, filed);
    if let Some(file) = sheet.file(&who, &web, &list, &format!("auto-replies-{key}")).await? {
        return Ok(file);
    }
    let (page, can_change) = (sheet.page(&list, rows), who.may(ApiScope::CallbacksManage));
    reply::page(&RepliesPage { f: who.frame(t.nav_replies()), corp, list, app, page, tried, can_change })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chosen {
    rules: Vec<String>,
    act: String,
}

async fn act(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    form: Form<Chosen>,
) -> Result<HttpResponse, Problem> {
    let ((corp, app), t) = (path.into_inner(), who.t);
    let ids: Vec<AutoReplyId> = form.0.rules.into_iter().map(AutoReplyId::from).collect();
    let (callbacks, actor) = (&web.app.callbacks, who.actor());
    let done = match form.0.act.as_str() {
        _ if ids.is_empty() => Ok(0),
        "enable" => callbacks.switch_auto_replies(&actor, &corp, &app, ids, true).await,
        _ => callbacks.switch_auto_replies(&actor, &corp, &app, ids, false).await,
    };
    let flash = match done.map_err(reply_problem)? {
        0 => Flash::warning(t.reply_none_chosen()),
        count => Flash::good(t.reply_changed(count)),
    };
    // the list as it was looked at
    let query = Listing::of(&who, &PARAMETERS).with_values("app", &[app.to_string()]).query();
    Ok(reply::go(&who, &format!("/corps/{corp}/replies{query}"), Some(flash)))
}

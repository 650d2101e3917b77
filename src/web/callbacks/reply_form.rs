//! The editor of one auto reply.

use crate::callbacks::replies::{AutoReplyDraft, ReplyError, ReplyRule};
use crate::http::Problem;
use crate::http::errors::{reply_problem, setup_problem};
use crate::http::permission::CallbacksManage;
use crate::locale::T;
use crate::model::{
    App, AppKey, AutoReply, AutoReplyId, Corp, CorpKey, Matching, Picture, PictureId, ReplyArticle, ReplyContent,
    SaidKind,
};
use crate::setup::service;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_on};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/apps/{app}/replies/new", show_new)
        .post("/corps/{corp}/apps/{app}/replies/new", create)
        .get("/corps/{corp}/apps/{app}/replies/{rule}", show)
        .post("/corps/{corp}/apps/{app}/replies/{rule}", save);
}

/// One article, as the form repeats its fields.
const ARTICLES: usize = 8;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Fields {
    name: String,
    /// `text:contains` … `image`
    on: String,
    keyword: String,
    kind: String,
    text: String,
    picture_id: String,
    title: Vec<String>,
    description: Vec<String>,
    url: Vec<String>,
    picture: Vec<String>,
    priority: String,
    enabled: Option<String>,
}

#[derive(Template)]
#[template(path = "callbacks/reply_form.html")]
struct ReplyPage {
    f: Frame,
    corp: Corp,
    app: App,
    fields: Fields,
    faults: Faults,
    /// The path of this page.
    action: String,
    pictures: Vec<Picture>,
}

impl ReplyPage {
    fn conditions(&self) -> Vec<(&'static str, &'static str)> {
        let t = self.f.t;
        vec![
            ("text:contains", t.reply_contains()),
            ("text:starts_with", t.reply_starts()),
            ("text:ends_with", t.reply_ends()),
            ("text:equals", t.reply_equals()),
            ("text:all", t.reply_on_all()),
            ("image", t.reply_on_image()),
        ]
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        let t = self.f.t;
        vec![("text", t.reply_text()), ("news", t.reply_news()), ("image", t.reply_image())]
    }

    /// Rows of articles: those that there are, and one more.
    fn articles(&self) -> Vec<(usize, String, String, String, String)> {
        let at = |list: &[String], n: usize| list.get(n).cloned().unwrap_or_default();
        let fields = &self.fields;
        let mut filled = (0..ARTICLES).filter(|n| !at(&fields.title, *n).is_empty() || !at(&fields.url, *n).is_empty());
        let rows = (filled.next_back().map_or(0, |last| last + 1) + 1).min(ARTICLES);
        let row = |n: usize| {
            (n, at(&fields.title, n), at(&fields.description, n), at(&fields.url, n), at(&fields.picture, n))
        };
        (0..rows).map(row).collect()
    }

    fn is_enabled(&self) -> bool {
        is_on(self.fields.enabled.as_ref())
    }

    fn article_fault(&self, n: &usize) -> String {
        let field = |name: &str| self.faults.of(&format!("reply.articles[{n}].{name}"));
        ["title", "description", "url", "picture"]
            .map(field)
            .into_iter()
            .find(|fault| !fault.is_empty())
            .unwrap_or_default()
            .to_owned()
    }
}

impl Fields {
    fn of(rule: &AutoReply) -> Self {
        let on = match (rule.said, rule.matching) {
            (SaidKind::Image, _) => "image",
            (_, Matching::Contains) => "text:contains",
            (_, Matching::StartsWith) => "text:starts_with",
            (_, Matching::EndsWith) => "text:ends_with",
            (_, Matching::Equals) => "text:equals",
            (_, Matching::All) => "text:all",
        };
        let mut fields = Self {
            name: rule.name.clone(),
            on: on.to_owned(),
            keyword: rule.keyword.clone(),
            kind: "text".to_owned(),
            priority: rule.priority.to_string(),
            enabled: rule.enabled.then(|| "1".to_owned()),
            ..Self::default()
        };
        match &rule.reply {
            ReplyContent::Text { text } => fields.text.clone_from(text),
            ReplyContent::Image { picture } => {
                fields.kind = "image".to_owned();
                fields.picture_id = picture.to_string();
            }
            ReplyContent::News { articles } => {
                fields.kind = "news".to_owned();
                for article in articles {
                    fields.title.push(article.title.clone());
                    fields.description.push(article.description.clone());
                    fields.url.push(article.url.clone());
                    fields.picture.push(article.picture.clone());
                }
            }
        }
        fields
    }

    /// The rows of the form that are an article.
    fn filled(&self) -> Vec<usize> {
        let columns = [&self.title, &self.description, &self.url, &self.picture];
        let is_filled =
            |n: &usize| columns.iter().any(|column| column.get(*n).is_some_and(|text| !text.trim().is_empty()));
        (0..ARTICLES).filter(is_filled).collect()
    }

    /// `reply.articles[0].url` speaks of the first article; its row in the form may be another one.
    fn row_of(&self, field: &str) -> String {
        let place = field.strip_prefix("reply.articles[").and_then(|rest| rest.split_once(']'));
        let row = place.and_then(|(at, rest)| Some((self.filled().get(at.parse::<usize>().ok()?).copied()?, rest)));
        row.map_or_else(|| field.to_owned(), |(row, rest)| format!("reply.articles[{row}]{rest}"))
    }

    fn draft(&self) -> AutoReplyDraft {
        let (said, matching) = match self.on.as_str() {
            "image" => (SaidKind::Image, Matching::All),
            "text:starts_with" => (SaidKind::Text, Matching::StartsWith),
            "text:ends_with" => (SaidKind::Text, Matching::EndsWith),
            "text:equals" => (SaidKind::Text, Matching::Equals),
            "text:all" => (SaidKind::Text, Matching::All),
            _ => (SaidKind::Text, Matching::Contains),
        };
        let at = |list: &[String], n: usize| list.get(n).map(|text| text.trim().to_owned()).unwrap_or_default();
        let reply = match self.kind.as_str() {
            "image" => ReplyContent::Image { picture: PictureId::from(self.picture_id.as_str()) },
            "news" => {
                let article = |n: usize| ReplyArticle {
                    title: at(&self.title, n),
                    description: at(&self.description, n),
                    url: at(&self.url, n),
                    picture: at(&self.picture, n),
                };
                ReplyContent::News { articles: self.filled().into_iter().map(article).collect() }
            }
            _ => ReplyContent::Text { text: self.text.clone() },
        };
        AutoReplyDraft {
            name: self.name.clone(),
            said,
            matching,
            keyword: self.keyword.clone(),
            reply,
            priority: self.priority.trim().parse().unwrap_or(0),
            enabled: is_on(self.enabled.as_ref()),
        }
    }
}

/// What a field must be, in the reader's language.
fn sentence(t: T, rule: ReplyRule) -> &'static str {
    match rule {
        ReplyRule::Name => t.reply_fault_name(),
        ReplyRule::Keyword => t.reply_fault_keyword(),
        ReplyRule::Text => t.reply_fault_text(),
        ReplyRule::Priority => t.reply_fault_priority(),
        ReplyRule::Picture => t.reply_fault_picture(),
        ReplyRule::Articles => t.reply_fault_articles(),
        ReplyRule::ArticleTitle => t.reply_fault_title(),
        ReplyRule::ArticleText => t.reply_fault_description(),
        ReplyRule::Address => t.reply_fault_address(),
    }
}

async fn page(
    who: &Person,
    web: &Web,
    (key, app): (&CorpKey, &AppKey),
    rule: Option<&AutoReplyId>,
    fields: Fields,
    faults: Faults,
) -> Result<ReplyPage, Problem> {
    let corp = service::get_corp(&web.app.store, key).await.map_err(setup_problem)?;
    let app = corp.find_app(app).cloned().ok_or_else(|| Problem::not_found("app", app))?;
    let title = if rule.is_some() { fields.name.clone() } else { who.t.reply_new().to_owned() };
    let last = rule.map_or("new", AutoReplyId::as_str);
    let action = who.url(&format!("/corps/{key}/apps/{}/replies/{last}", app.key));
    let pictures = web.app.callbacks.pictures(key, &app.key).await.map_err(reply_problem)?;
    Ok(ReplyPage { f: who.frame_at(key, "replies", title), corp, app, fields, faults, action, pictures })
}

async fn show_new(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
) -> Result<HttpResponse, Problem> {
    let (corp, app) = path.into_inner();
    let fields = Fields {
        on: "text:contains".into(),
        kind: "text".into(),
        priority: "10".into(),
        enabled: Some("1".into()),
        ..Fields::default()
    };
    reply::page(&page(&who, &web, (&corp, &app), None, fields, Faults::default()).await?)
}

async fn show(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey, AutoReplyId)>,
) -> Result<HttpResponse, Problem> {
    let (corp, app, id) = path.into_inner();
    let rule = web.app.callbacks.auto_reply(&corp, &app, &id).await.map_err(reply_problem)?;
    reply::page(&page(&who, &web, (&corp, &app), Some(&id), Fields::of(&rule), Faults::default()).await?)
}

async fn store(
    who: &Person,
    web: &Web,
    place: (&CorpKey, &AppKey),
    id: Option<&AutoReplyId>,
    fields: Fields,
) -> Result<HttpResponse, Problem> {
    let saved = web.app.callbacks.put_auto_reply(&who.actor(), place.0, place.1, id, fields.draft()).await;
    match saved {
        Ok(_) => {
            let back = format!("/corps/{}/replies?app={}", place.0, place.1);
            Ok(reply::go(who, &back, Some(Flash::good(who.t.reply_saved()))))
        }
        Err(ReplyError::Faults(list)) => {
            let mut faults = Faults::default();
            for fault in list {
                faults.add(fields.row_of(&fault.field), sentence(who.t, fault.rule));
            }
            reply::again(&page(who, web, place, id, fields, faults).await?)
        }
        Err(error) => Err(reply_problem(error)),
    }
}

async fn create(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let (corp, app) = path.into_inner();
    store(&who, &web, (&corp, &app), None, form.0).await
}

async fn save(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey, AutoReplyId)>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let (corp, app, id) = path.into_inner();
    store(&who, &web, (&corp, &app), Some(&id), form.0).await
}

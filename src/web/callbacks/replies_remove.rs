//! Several auto replies are removed: which ones, how many, and only when that has been typed (CB-08).

use crate::http::Problem;
use crate::http::errors::{reply_problem, setup_problem};
use crate::http::permission::CallbacksManage;
use crate::model::{App, AppKey, AutoReply, AutoReplyId, Corp, CorpKey};
use crate::setup::service;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.post("/corps/{corp}/apps/{app}/replies/remove", remove);
}

#[derive(Template)]
#[template(path = "callbacks/replies_remove.html")]
struct RemovePage {
    f: Frame,
    corp: Corp,
    app: App,
    rules: Vec<AutoReply>,
    is_mistyped: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    rules: Vec<String>,
    /// Absent on the way from the list.
    confirm: Option<String>,
}

async fn remove(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let ((corp, app), t) = (path.into_inner(), who.t);
    let Fields { rules, confirm } = form.0;
    let ids: Vec<AutoReplyId> = rules.into_iter().map(AutoReplyId::from).collect();
    let back = format!("/corps/{corp}/replies?app={app}");
    if ids.is_empty() {
        return Ok(reply::go(&who, &back, Some(Flash::warning(t.reply_none_chosen()))));
    }
    if confirm.as_deref().map(str::trim) != Some(app.as_str()) {
        let page = page(&who, &web, &corp, &app, &ids, confirm.is_some()).await?;
        return if page.is_mistyped { reply::again(&page) } else { reply::page(&page) };
    }
    let removed = web.app.callbacks.remove_auto_replies(&who.actor(), &corp, &app, ids).await.map_err(reply_problem)?;
    Ok(reply::go(&who, &back, Some(Flash::good(t.reply_changed(removed)))))
}

async fn page(
    who: &Person,
    web: &Web,
    key: &CorpKey,
    app: &AppKey,
    ids: &[AutoReplyId],
    is_mistyped: bool,
) -> Result<RemovePage, Problem> {
    let corp = service::get_corp(&web.app.store, key).await.map_err(setup_problem)?;
    let mut rules = web.app.callbacks.auto_replies(key, app).await.map_err(reply_problem)?;
    rules.retain(|rule| ids.contains(&rule.id));
    let app = corp.find_app(app).cloned().ok_or_else(|| Problem::not_found("app", app))?;
    Ok(RemovePage { f: who.frame_at(key, "replies", who.t.reply_remove()), corp, app, rules, is_mistyped })
}

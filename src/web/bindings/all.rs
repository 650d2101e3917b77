//! `/corps/{corp}/bindings/unbind-all`: all links are taken away (BIND-07), when that has been typed.

use super::{get_corp, looked};
use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::http::permission::BindingWrite;
use crate::model::CorpKey;
use crate::sync::bindings;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/bindings/unbind-all", show).post("/corps/{corp}/bindings/unbind-all", unbind);
}

#[derive(Template)]
#[template(path = "bindings/all.html")]
struct AllPage {
    f: Frame,
    corp: CorpKey,
    name: String,
    count: usize,
    is_mistyped: bool,
}

impl AllPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}/bindings{path}", self.corp))
    }
}

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    confirm: String,
}

async fn show(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    reply::page(&page(&who, &web, &corp, false).await?)
}

async fn page(who: &Admin<BindingWrite>, web: &Web, key: &CorpKey, is_mistyped: bool) -> Result<AllPage, Problem> {
    let corp = get_corp(web, key).await?;
    let found = web.app.views.mirror(&corp.key, |view| Ok(view.bindings(&Default::default())?.total));
    let count = looked(found.await)?;
    Ok(AllPage { f: who.frame(who.t.all_title()), corp: corp.key, name: corp.name, count, is_mistyped })
}

async fn unbind(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    if form.0.confirm.trim() != corp.as_str() {
        return reply::again(&page(&who, &web, &corp, true).await?);
    }
    let count = bindings::unbind_all(&web.app.env, &corp, &who.actor()).await.map_err(sync_problem)?;
    web.app.views.refresh_corp(&corp);
    Ok(reply::go(&who, &format!("/corps/{corp}/bindings"), Some(Flash::good(who.t.all_done(count)))))
}

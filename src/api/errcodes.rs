//! `/api/v1/errcodes`: our explanations of WeCom's error codes (BEY-11), offline.

use super::answer::{Ok, Page, Reply};
use super::auth::{CorpRead, Key};
use super::routes::Routes;
use crate::http::Problem;
use crate::wecom::errcode::{self, Bilingual, Explanation};
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Error codes", "What WeCom's error codes mean and what to do, in Chinese and English.")
        .get("/api/v1/errcodes", "List every explained code", list)
        .get("/api/v1/errcodes/{code}", "Explain a code", read);
}

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
struct TextView {
    /// Chinese.
    zh: &'static str,
    /// English.
    en: &'static str,
}

/// One code.
#[derive(Debug, Serialize, ToSchema)]
struct ErrcodeView {
    /// The number.
    code: i64,
    /// What it says.
    meaning: TextView,
    /// Why it usually comes.
    cause: TextView,
    /// What to do.
    fix: TextView,
}

fn text(from: &Bilingual) -> TextView {
    TextView { zh: from.zh, en: from.en }
}

fn view(row: &Explanation) -> ErrcodeView {
    ErrcodeView { code: row.code, meaning: text(&row.meaning), cause: text(&row.cause), fix: text(&row.fix) }
}

async fn list(_: Key<CorpRead>) -> Result<Ok<Page<ErrcodeView>>, Problem> {
    let mut all: Vec<ErrcodeView> = errcode::all().map(view).collect();
    all.sort_by_key(|row| row.code);
    Result::Ok(Reply::new(Page::whole(all)))
}

async fn read(_: Key<CorpRead>, code: web::Path<String>) -> Result<Ok<ErrcodeView>, Problem> {
    let found = code.parse().ok().and_then(errcode::explain);
    found.map(|row| Reply::new(view(row))).ok_or_else(|| Problem::not_found("errcode", code))
}

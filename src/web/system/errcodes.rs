//! `/system/errcodes`: what WeCom's error codes mean, why they come, what to do.

use crate::http::Problem;
use crate::http::permission::OpsRead;
use crate::locale::Lang;
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::slice::{self, Slice};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::wecom::errcode::{self, Explanation};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/system/errcodes", list).files("/system/errcodes", files);
}

const PARAMETERS: [&str; 4] = ["q", "sort", "dir", "page"];

#[derive(Clone)]
struct Row {
    code: i64,
    meaning: &'static str,
    cause: &'static str,
    fix: &'static str,
}

impl Row {
    fn new(lang: Lang, known: &'static Explanation) -> Self {
        Self {
            code: known.code,
            meaning: lang.pick(known.meaning.zh, known.meaning.en),
            cause: lang.pick(known.cause.zh, known.cause.en),
            fix: lang.pick(known.fix.zh, known.fix.en),
        }
    }
}

#[derive(Template)]
#[template(path = "system/errcodes.html")]
struct ErrcodesPage {
    f: Frame,
    list: Listing,
    page: Slice<Row>,
}

/// The codes that the address asks for, by their numbers.
fn find(who: &Person, listing: &Listing) -> Vec<Row> {
    let is_hit = |row: &Row| slice::is_hit(listing, [row.code.to_string().as_str(), row.meaning, row.cause, row.fix]);
    let mut rows: Vec<Row> = errcode::all().map(|known| Row::new(who.lang(), known)).filter(is_hit).collect();
    slice::sort(listing, &mut rows, |row| row.code);
    rows
}

async fn list(who: Admin<OpsRead>) -> Result<HttpResponse, Problem> {
    let list = Listing::of(&who, &PARAMETERS);
    let page = Slice::of(&list, &find(&who, &list), Clone::clone);
    reply::page(&ErrcodesPage { f: who.frame(who.t.errcodes_title()), list, page })
}

async fn files(who: Admin<OpsRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::of(&who)).await
}

async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let rows = find(who, &Listing::of(who, &PARAMETERS));
    let captions = vec![t.errcodes_code(), t.errcodes_meaning(), t.errcodes_cause(), t.error_do()];
    let cells =
        |row: &Row| Ok([row.code.to_string(), row.meaning.to_owned(), row.cause.to_owned(), row.fix.to_owned()]);
    let fill = move |out: Out<'_>| out.rows(rows.iter().map(cells));
    export::file(web, kind, "errcodes", captions, fill).await
}

//! `/corps/{corp}/bindings/file`: the binding file (BIND-05): taken home, filled in, looked at, carried out.

use super::{Counts, Tab, count_cases, get_corp, looked};
use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::http::permission::{BindingWrite, SyncRead};
use crate::locale::{Advice, advice};
use crate::model::{ApiScope, Corp, CorpKey, TenantKey};
use crate::sync::SyncError;
use crate::sync::bindings::{self, FileFormat, LinkFault, LinkImport, LinkPair, LinkPreview};
use crate::web::export::Kind;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::slice::{self, Slice};
use crate::web::state::Web;
use crate::web::upload::Upload;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use bytes::Bytes;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/bindings/file", show)
        .post("/corps/{corp}/bindings/file", upload)
        .get("/corps/{corp}/bindings/file.csv", csv)
        .get("/corps/{corp}/bindings/file.xlsx", xlsx)
        .get("/corps/{corp}/bindings/file/{file}", preview)
        .post("/corps/{corp}/bindings/file/{file}", confirm);
}

/// Faults that a page lists.
const LISTED: usize = 300;
/// Member fields that the form offers; further ones are typed.
const FIELDS: [&str; 5] = ["userid", "mobile", "email", "alias", "name"];

/// A binding file that waits for its confirmation.
pub(in crate::web) struct LinkUpload {
    name: String,
    content: Bytes,
    member_field: String,
    shown: LinkPreview,
}

#[derive(Template)]
#[template(path = "bindings/file.html")]
struct FilePage {
    f: Frame,
    corp: CorpKey,
    tabs: Vec<Tab>,
    can_bind: bool,
    field: String,
    extattr: String,
    no_file: bool,
    /// Why the file was refused.
    refused: Option<(Advice, String)>,
}

impl FilePage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}/bindings{path}", self.corp))
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        FIELDS.iter().map(|field| (*field, self.f.t.member_property(field))).collect()
    }
}

#[derive(Template)]
#[template(path = "bindings/file_preview.html")]
struct PreviewPage {
    f: Frame,
    tenant: TenantKey,
    corp: CorpKey,
    id: String,
    file: String,
    field: String,
    report: LinkImport,
    list: Listing,
    /// Whom it links with whom; empty afterwards.
    pairs: Slice<LinkPair>,
    failed: Option<(Advice, String)>,
    is_done: bool,
}

impl PreviewPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}/bindings{path}", self.corp))
    }

    fn person_url(&self, pair: &LinkPair) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(pair.employee.as_str())))
    }

    fn member_url(&self, pair: &LinkPair) -> String {
        self.f.url(&format!("/corps/{}/members/{}", self.corp, part(pair.userid.as_str())))
    }

    fn listed(&self) -> &[LinkFault] {
        &self.report.faults[..self.report.faults.len().min(LISTED)]
    }

    fn more(&self) -> u64 {
        self.report.faults_total.saturating_sub(LISTED as u64)
    }

    fn why(&self, fault: &LinkFault) -> &'static str {
        self.f.t.link_fault(fault.code)
    }
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let can_bind = who.may(ApiScope::BindingWrite);
    let f = who.frame(who.t.nav_bindings());
    let tabs = tabs(&web, &corp, who.t, &who.base).await?;
    reply::page(&page(f, corp, tabs, can_bind))
}

fn page(f: Frame, corp: CorpKey, tabs: Vec<Tab>, can_bind: bool) -> FilePage {
    let field = "userid".to_owned();
    FilePage { f, corp, tabs, can_bind, field, extattr: String::new(), no_file: false, refused: None }
}

async fn tabs(web: &Web, corp: &CorpKey, t: crate::locale::T, base: &str) -> Result<Vec<Tab>, Problem> {
    let cases = count_cases(web, corp).await?;
    let counts = looked(web.app.views.mirror(corp, move |view| Counts::of(view, cases)).await)?;
    Ok(counts.tabs(t, base, corp, "/file"))
}

async fn upload(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let corp = get_corp(&web, &corp).await?.key;
    let extattr = upload.field("extattr").trim().to_owned();
    let field = upload.field("member_field").trim().to_owned();
    let member_field = if extattr.is_empty() { field.clone() } else { format!("extattr.{extattr}") };
    let tabs = tabs(&web, &corp, who.t, &who.base).await?;
    let page = FilePage { field, extattr, ..page(who.frame(who.t.nav_bindings()), corp.clone(), tabs, true) };
    let Some(file) = upload.file else {
        return reply::again(&FilePage { no_file: true, ..page });
    };
    let (env, content) = (&web.app.env, file.content.clone());
    match bindings::preview(env, &corp, &file.name, content, &member_field, &who.actor()).await {
        Ok(shown) => {
            let bytes = file.content.len();
            let kept = LinkUpload { name: file.name, content: file.content, member_field, shown };
            let id = web.links.keep(corp.as_str(), web.app.clock.now_ms(), bytes, kept);
            Ok(reply::go(&who, &format!("/corps/{corp}/bindings/file/{id}"), None))
        }
        Err(SyncError::BindingFile(why)) => {
            let refused = Some((advice(who.lang(), "binding.bad_file", 422), why));
            reply::again(&FilePage { refused, ..page })
        }
        Err(other) => Err(sync_problem(other)),
    }
}

async fn preview(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, String)>,
) -> Result<HttpResponse, Problem> {
    let (corp, id) = path.into_inner();
    let kept = web.links.find(&id, corp.as_str(), web.app.clock.now_ms());
    let kept = kept.ok_or_else(|| Problem::not_found("preview", &id))?;
    let corp = get_corp(&web, &corp).await?;
    reply::page(&preview_page(&who, corp, id, &kept, None))
}

/// What the file would do, with the pairs as the address asks for them.
fn preview_page(
    who: &Admin<BindingWrite>,
    corp: Corp,
    id: String,
    kept: &LinkUpload,
    failed: Option<(Advice, String)>,
) -> PreviewPage {
    let mut list = Listing::of(who, &["q", "page"]);
    list.action = who.url(&format!("/corps/{}/bindings/file/{id}", corp.key));
    let is_hit = |pair: &&LinkPair| {
        let (person, member) = (pair.employee_name.as_str(), pair.member_name.as_str());
        let texts = [pair.employee.as_str(), person, pair.userid.as_str(), member];
        slice::is_hit(&list, texts)
    };
    let hits: Vec<&LinkPair> = kept.shown.pairs.iter().filter(is_hit).collect();
    let pairs = Slice::of(&list, &hits, |pair| (*pair).clone());
    PreviewPage {
        f: who.frame(who.t.file_preview_title()),
        tenant: corp.tenant,
        corp: corp.key,
        id,
        file: kept.name.clone(),
        field: who.t.member_property(&kept.member_field),
        report: kept.shown.report.clone(),
        list,
        pairs,
        failed,
        is_done: false,
    }
}

async fn confirm(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, String)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (corp, id) = path.into_inner();
    let kept = web.links.find(&id, corp.as_str(), web.app.clock.now_ms());
    let kept = kept.ok_or_else(|| Problem::not_found("preview", &id))?;
    let (env, content, field) = (&web.app.env, kept.content.clone(), &kept.member_field);
    let done = bindings::confirm(env, &corp, &kept.name, content, field, &kept.shown, &who.actor()).await;
    let report = match done {
        Ok(report) => report,
        Err(changed @ SyncError::LinksChanged) => {
            let failed = Some((advice(who.lang(), changed.code(), 409), changed.to_string()));
            let corp = get_corp(&web, &corp).await?;
            return reply::again(&preview_page(&who, corp, id, &kept, failed));
        }
        Err(error) => return Err(sync_problem(error)),
    };
    web.links.forget(&id);
    web.app.views.refresh_corp(&corp);
    if report.faults_total == 0 {
        let done = Flash::good(who.t.file_done(report.bound));
        return Ok(reply::go(&who, &format!("/corps/{corp}/bindings"), Some(done)));
    }
    let corp = get_corp(&web, &corp).await?;
    let shown = preview_page(&who, corp, id, &kept, None);
    let f = who.frame(who.t.file_done_title());
    reply::page(&PreviewPage { f, report, pairs: Slice::none(), is_done: true, ..shown })
}

async fn csv(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    download(&who, &web, corp.into_inner(), Kind::Csv).await
}

async fn xlsx(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    download(&who, &web, corp.into_inner(), Kind::Xlsx).await
}

async fn download(_: &Admin<SyncRead>, web: &Web, corp: CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (format, ending) = match kind {
        Kind::Csv => (FileFormat::Csv, "csv"),
        Kind::Xlsx => (FileFormat::Xlsx, "xlsx"),
    };
    let bytes = bindings::export(&web.app.env, &corp, format).await.map_err(sync_problem)?;
    Ok(reply::download(&format!("bindings-{corp}.{ending}"), kind.media_type(), bytes))
}

//! `/corps/{corp}/bindings/file`: the binding file (BIND-05): taken home, filled in, looked at, carried out.

use super::{Counts, Tab, count_cases, get_corp, looked};
use crate::browse::sort_key;
use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::http::permission::{BindingWrite, SyncRead};
use crate::locale::{Advice, T, advice};
use crate::model::{ApiScope, Corp, CorpKey, TenantKey};
use crate::store::Search;
use crate::sync::SyncError;
use crate::sync::bindings::{self, FileFormat, LinkFault, LinkImport, LinkPair, LinkPreview};
use crate::web::export::{self, Kind};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::upload::Upload;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use bytes::Bytes;
use std::sync::Arc;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/bindings/file", show)
        .post("/corps/{corp}/bindings/file", upload)
        .files("/corps/{corp}/bindings/file", files)
        .files("/corps/{corp}/bindings/file/{file}", preview_files)
        .get("/corps/{corp}/bindings/file/{file}", preview)
        .post("/corps/{corp}/bindings/file/{file}", confirm);
}

/// Faults that the page lists after the confirmation, when the upload is gone.
const LISTED: usize = 300;
/// Parameters of a preview.
const KNOWN: [&str; 5] = ["q", "sort", "dir", "page", "faults"];
/// Member fields that the form offers; further ones are typed.
const FIELDS: [&str; 5] = ["userid", "mobile", "email", "alias", "name"];

/// A binding file that waits for its confirmation.
pub(in crate::web) struct LinkUpload {
    name: String,
    content: Bytes,
    member_field: String,
    shown: LinkPreview,
    orders: Orders,
}

/// The places of the pairs by the names on both sides, found once: a file may have very many rows.
#[derive(Default)]
struct Orders {
    by_name: Vec<u32>,
    by_member: Vec<u32>,
}

impl Orders {
    fn of(pairs: &[LinkPair]) -> Self {
        let by = |name: fn(&LinkPair) -> &str| {
            let mut places: Vec<u32> = (0..).take(pairs.len()).collect();
            places.sort_by_cached_key(|at| pairs.get(*at as usize).map(|pair| (sort_key(name(pair)), pair.row)));
            places
        };
        Self { by_name: by(|pair| &pair.employee_name), by_member: by(|pair| &pair.member_name) }
    }
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
    /// Rows that are not used.
    faults: Slice<LinkFault>,
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

    /// Faults that are counted and not kept, or not shown.
    fn more(&self) -> u64 {
        self.report.faults_total.saturating_sub(self.faults.total as u64)
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
            let order = move || (Orders::of(&shown.pairs), shown);
            let (orders, shown) = tokio::task::spawn_blocking(order).await.map_err(Problem::internal)?;
            let kept = LinkUpload { name: file.name, content: file.content, member_field, shown, orders };
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

/// The preview of a file that was handed in for this corp.
fn find_kept(web: &Web, corp: &CorpKey, id: &str) -> Result<Arc<LinkUpload>, Problem> {
    let kept = web.links.find(id, corp.as_str(), web.app.clock.now_ms());
    kept.ok_or_else(|| Problem::not_found("preview", id))
}

async fn preview(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, String)>,
) -> Result<HttpResponse, Problem> {
    let (corp, id) = path.into_inner();
    let kept = find_kept(&web, &corp, &id)?;
    let corp = get_corp(&web, &corp).await?;
    reply::page(&preview_page(&who, corp, id, &kept, None).await?)
}

/// What the file would do, with the rows as the address asks for them: a file may have very many, so they are looked through aside.
async fn preview_page(
    who: &Admin<BindingWrite>,
    corp: Corp,
    id: String,
    kept: &Arc<LinkUpload>,
    failed: Option<(Advice, String)>,
) -> Result<PreviewPage, Problem> {
    let list = Listing::of(who, &KNOWN).on(who.url(&format!("/corps/{}/bindings/file/{id}", corp.key)));
    let (t, upload, asked) = (who.t, kept.clone(), list.clone());
    let look = move || {
        let pairs = Slice::of(&asked, &pairs_of(&upload, &asked), |pair| (*pair).clone());
        let faults = Slice::placed(&asked, "faults", &faults_of(t, &upload, &asked), |fault| (*fault).clone());
        (pairs, faults)
    };
    let (pairs, faults) = tokio::task::spawn_blocking(look).await.map_err(Problem::internal)?;
    Ok(PreviewPage {
        f: who.frame(who.t.file_preview_title()),
        tenant: corp.tenant,
        corp: corp.key,
        id,
        file: kept.name.clone(),
        field: who.t.member_property(&kept.member_field),
        report: kept.shown.report.clone(),
        list,
        pairs,
        faults,
        failed,
        is_done: false,
    })
}

/// The pairs that the address asks for, in its order; without one, in the order of the file.
fn pairs_of<'k>(kept: &'k LinkUpload, list: &Listing) -> Vec<&'k LinkPair> {
    let wanted = Search::new(list.get("q"));
    let is_hit = |pair: &&LinkPair| {
        let (person, member) = (pair.employee_name.as_str(), pair.member_name.as_str());
        wanted.hits([pair.employee.as_str(), person, pair.userid.as_str(), member])
    };
    let pairs = &kept.shown.pairs;
    let ordered = |places: &'k [u32]| places.iter().filter_map(|at| pairs.get(*at as usize)).filter(is_hit).collect();
    let mut found: Vec<&LinkPair> = match list.get("sort") {
        "name" => ordered(&kept.orders.by_name),
        "member" => ordered(&kept.orders.by_member),
        _ => pairs.iter().filter(is_hit).collect(),
    };
    if !list.get("sort").is_empty() && list.is("dir", "desc") {
        found.reverse();
    }
    found
}

/// The faults that the address asks for.
fn faults_of<'k>(t: T, kept: &'k LinkUpload, list: &Listing) -> Vec<&'k LinkFault> {
    let wanted = Search::new(list.get("q"));
    let is_hit = |fault: &&LinkFault| wanted.hits([fault.employee.as_str(), t.link_fault(fault.code)]);
    kept.shown.report.faults.iter().filter(is_hit).collect()
}

/// What becomes of each row of the file, as a file: whom it links with whom, then the rows that are not used, and why.
async fn preview_files(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, String)>,
) -> Result<HttpResponse, Problem> {
    let (corp, id) = path.into_inner();
    let kept = find_kept(&web, &corp, &id)?;
    let (t, list) = (who.t, Listing::of(&who, &KNOWN));
    let captions =
        vec![t.fault_place(), t.field_id(), t.field_name(), t.wx_userid(), t.wx_member_name(), t.fault_reason()];
    let fill = move |out: export::Out<'_>| {
        let pair = |pair: &LinkPair| {
            let (employee, userid) = (pair.employee.to_string(), pair.userid.to_string());
            let (name, member) = (pair.employee_name.to_string(), pair.member_name.to_string());
            Ok([pair.row.to_string(), employee, name, userid, member, t.file_stat_bound().to_owned()])
        };
        let fault = |fault: &LinkFault| {
            let [name, userid, member] = [const { String::new() }; 3];
            let why = t.link_fault(fault.code).to_owned();
            Ok([fault.row.to_string(), fault.employee.clone(), name, userid, member, why])
        };
        out.rows(pairs_of(&kept, &list).into_iter().map(pair).chain(faults_of(t, &kept, &list).into_iter().map(fault)))
    };
    export::file(&web, Kind::of(&who), &format!("binding-preview-{corp}"), captions, fill).await
}

async fn confirm(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, String)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (corp, id) = path.into_inner();
    let kept = find_kept(&web, &corp, &id)?;
    let (env, content, field) = (&web.app.env, kept.content.clone(), &kept.member_field);
    let done = bindings::confirm(env, &corp, &kept.name, content, field, &kept.shown, &who.actor()).await;
    let report = match done {
        Ok(report) => report,
        Err(changed @ SyncError::LinksChanged) => {
            let failed = Some((advice(who.lang(), changed.code(), 409), changed.to_string()));
            let corp = get_corp(&web, &corp).await?;
            return reply::again(&preview_page(&who, corp, id, &kept, failed).await?);
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
    let shown = preview_page(&who, corp, id, &kept, None).await?;
    let f = who.frame(who.t.file_done_title());
    let rows = report.faults.iter().take(LISTED).cloned().collect();
    let faults = Slice { rows, total: report.faults.len().min(LISTED), previous: None, next: None };
    reply::page(&PreviewPage { f, report, pairs: Slice::none(), faults, is_done: true, ..shown })
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    download(&who, &web, corp.into_inner(), Kind::of(&who)).await
}

async fn download(who: &Admin<SyncRead>, web: &Web, corp: CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let format = match kind {
        Kind::Csv => FileFormat::Csv,
        Kind::Xlsx => FileFormat::Xlsx,
    };
    let bytes =
        bindings::export(&web.app.env, &corp, format, export::captions(who.lang())).await.map_err(sync_problem)?;
    let name = export::file_name(web, &format!("binding-file-{corp}"), kind);
    Ok(reply::download(&name, kind.media_type(), bytes))
}

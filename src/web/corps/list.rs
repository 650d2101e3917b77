//! All corps, by tenant.

use super::fields::edition_name;
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpRead;
use crate::model::{Access, ApiScope, Corp, Tenant};
use crate::setup::service;
use crate::store;
use crate::web::export::{self, Kind};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps", list).get("/corps.csv", csv).get("/corps.xlsx", xlsx);
}

struct Row {
    corp: Corp,
    edition: &'static str,
    is_read_only: bool,
    members: u64,
    read: String,
    is_read: bool,
    read_at_ms: Option<i64>,
}

struct Group {
    tenant: Tenant,
    employees: u64,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "corps/list.html")]
struct ListPage {
    f: Frame,
    list: Listing,
    groups: Vec<Group>,
    can_change: bool,
}

async fn groups(who: &Person, web: &Web) -> Result<Vec<Group>, Problem> {
    let store = &web.app.store;
    let tenants = service::list_tenants(store).await.map_err(setup_problem)?;
    let corps = service::list_corps(store, None).await.map_err(setup_problem)?;
    let (t, now_ms) = (who.t, web.app.clock.now_ms());
    let found = store.read_async(move |tx| {
        let mut groups = Vec::new();
        for tenant in tenants {
            let employees = store::directory::counts(tx, &tenant.key)?.active();
            let mut rows = Vec::new();
            for corp in corps.iter().filter(|corp| corp.tenant == tenant.key) {
                let head = store::mirror::head(tx, &corp.key)?;
                rows.push(Row {
                    edition: t.edition(edition_name(corp.edition)),
                    is_read_only: corp.access == Access::ReadOnly,
                    members: store::mirror::counts(tx, &corp.key)?.members,
                    is_read: head.is_some(),
                    read_at_ms: head.as_ref().map(|head| head.read_at_ms),
                    read: head.map_or(t.never().to_owned(), |head| time::ago(t, head.read_at_ms, now_ms)),
                    corp: corp.clone(),
                });
            }
            groups.push(Group { tenant, employees, rows });
        }
        Ok(groups)
    });
    found.await.map_err(store_problem)
}

async fn list(who: Admin<CorpRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (groups, can_change) = (groups(&who, &web).await?, who.may(ApiScope::CorpWrite));
    let list = Listing::of(&who, &[]);
    reply::page(&ListPage { f: who.frame(who.t.nav_corps()), list, groups, can_change })
}

async fn csv(who: Admin<CorpRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::Csv).await
}

async fn xlsx(who: Admin<CorpRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::Xlsx).await
}

async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let mut rows = Vec::new();
    for Group { tenant, rows: corps, .. } in groups(who, web).await? {
        rows.extend(corps.into_iter().map(|row| {
            let access = if row.is_read_only { t.access_read_only() } else { t.access_read_write() };
            [
                tenant.name.clone(),
                tenant.key.to_string(),
                row.corp.name,
                row.corp.key.to_string(),
                row.corp.corpid.to_string(),
                row.edition.to_owned(),
                access.to_owned(),
                row.corp.apps.len().to_string(),
                if row.is_read { row.members.to_string() } else { String::new() },
                row.read_at_ms.map(time::machine).unwrap_or_default(),
            ]
        }));
    }
    let captions = [
        t.tenant_name(),
        t.tenant_key(),
        t.corp_name(),
        t.corp_key(),
        t.corp_corpid(),
        t.corp_edition(),
        t.corp_access(),
        t.corp_apps(),
        t.corp_members(),
        t.corp_read(),
    ];
    export::few(&web.app.views, kind, "corps", captions, rows).await
}

//! All corps, by tenant.

use super::fields::edition_name;
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpRead;
use crate::locale::T;
use crate::model::{Access, ApiScope, Corp, Tenant};
use crate::setup::service;
use crate::store;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::{Slice, is_hit};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.list("/corps", list);
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
    has_corps: bool,
}

#[derive(Template)]
#[template(path = "corps/list.html")]
struct ListPage {
    f: Frame,
    list: Listing,
    groups: Vec<Group>,
    page: Slice<()>,
    can_change: bool,
}

impl ListPage {
    /// Whether there is anything to look for.
    fn has_any(&self) -> bool {
        !self.groups.is_empty() || self.list.is_narrowed()
    }
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
            groups.push(Group { tenant, employees, has_corps: !rows.is_empty(), rows });
        }
        Ok(groups)
    });
    found.await.map_err(store_problem)
}

async fn list(who: Admin<CorpRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, Listing::of(&who, &PARAMETERS));
    let mut groups = groups(&who, &web).await?;
    let (mut rows, mut cells, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (at, group) in groups.iter_mut().enumerate() {
        for row in std::mem::take(&mut group.rows) {
            cells.push(self::cells(t, &group.tenant, &row));
            rows.push((at, row));
        }
        keys.resize(cells.len(), at);
    }
    let columns = [
        ("tenant", t.tenant_name()),
        ("tenant_key", t.tenant_key()),
        ("name", t.corp_name()),
        ("key", t.corp_key()),
        ("corpid", t.corp_corpid()),
        ("edition", t.corp_edition()),
        ("access", t.corp_access()),
        ("apps", t.corp_apps()),
        ("members", t.corp_members()),
        ("read", t.corp_read()),
    ];
    // corps stand below their tenants, on the page and in the file
    let sheet = Sheet::new(columns, cells).below(keys);
    if let Some(file) = sheet.file(&who, &web, &list, "corps").await? {
        return Ok(file);
    }
    let Slice { rows, total, previous, next } = sheet.page(&list, rows);
    for (at, row) in rows {
        groups[at].rows.push(row);
    }
    // whose corps stand on another page, or are not asked for, is not named; who has none stands on the first page
    let is_empty_hit = |group: &Group| {
        let tenant = &group.tenant;
        !group.has_corps && previous.is_none() && is_hit(&list, [tenant.name.as_str(), tenant.key.as_str()])
    };
    groups.retain(|group| !group.rows.is_empty() || is_empty_hit(group));
    let page = Slice { rows: Vec::new(), total, previous, next };
    let can_change = who.may(ApiScope::CorpWrite);
    reply::page(&ListPage { f: who.frame(t.nav_corps()), list, groups, page, can_change })
}

fn cells(t: T, tenant: &Tenant, row: &Row) -> Vec<String> {
    let access = if row.is_read_only { t.access_read_only() } else { t.access_read_write() };
    vec![
        tenant.name.clone(),
        tenant.key.to_string(),
        row.corp.name.clone(),
        row.corp.key.to_string(),
        row.corp.corpid.to_string(),
        row.edition.to_owned(),
        access.to_owned(),
        row.corp.apps.len().to_string(),
        if row.is_read { row.members.to_string() } else { String::new() },
        row.read_at_ms.map(time::machine).unwrap_or_default(),
    ]
}

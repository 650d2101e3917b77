//! All corps, by tenant.

use super::fields::edition_name;
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpRead;
use crate::model::{Access, ApiScope, Corp, Tenant};
use crate::setup::service;
use crate::store;
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps", list);
}

struct Row {
    corp: Corp,
    edition: &'static str,
    is_read_only: bool,
    members: u64,
    read: String,
    is_read: bool,
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
    groups: Vec<Group>,
    can_change: bool,
}

async fn list(who: Admin<CorpRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
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
                    members: head.as_ref().map_or(0, |head| head.members),
                    is_read: head.is_some(),
                    read: head.map_or(t.never().to_owned(), |head| time::ago(t, head.read_at_ms, now_ms)),
                    corp: corp.clone(),
                });
            }
            groups.push(Group { tenant, employees, rows });
        }
        Ok(groups)
    });
    let groups = found.await.map_err(store_problem)?;
    let can_change = who.may(ApiScope::CorpWrite);
    reply::page(&ListPage { f: who.frame(t.nav_corps()), groups, can_change })
}

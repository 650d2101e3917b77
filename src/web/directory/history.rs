//! `/tenants/{tenant}/employees/{id}/history`: all that ever changed about a person, page by page.

use super::card::{Moment, moments};
use super::get_tenant;
use crate::browse::BrowseError;
use crate::directory::service;
use crate::http::Problem;
use crate::http::errors::{directory_problem, store_problem};
use crate::http::permission::DirectoryRead;
use crate::model::{Employee, EmployeeId, TenantKey};
use crate::store::directory::HistoryRow;
use crate::store::{self, Store};
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/employees/{employee}/history", show)
        .get("/tenants/{tenant}/employees/{employee}/history.csv", csv)
        .get("/tenants/{tenant}/employees/{employee}/history.xlsx", xlsx);
}

/// Rows that are read at once for a page with a search; the next page goes on behind them.
const LOOKED_AT_MAX: usize = 2_000;
/// Rows that are read at once for a file.
const CHUNK: usize = 500;
const KNOWN: &[&str] = &["q", "before"];

#[derive(Template)]
#[template(path = "directory/history.html")]
struct HistoryPage {
    f: Frame,
    list: Listing,
    card: String,
    moments: Vec<Moment>,
    next: Option<String>,
}

/// Whether the row changed a field that is searched for, or its value holds the search.
fn is_hit(t: crate::locale::T, row: &HistoryRow, wanted: &str) -> bool {
    let values = [Some(t.employee_field(&row.field)), row.before.as_ref().map(ToString::to_string)];
    let more = [row.after.as_ref().map(ToString::to_string), Some(t.sync_actor(&row.actor))];
    wanted.is_empty() || values.into_iter().chain(more).flatten().any(|text| text.to_lowercase().contains(wanted))
}

async fn get(web: &Web, tenant: &TenantKey, id: &EmployeeId) -> Result<Employee, Problem> {
    get_tenant(web, tenant).await?;
    let (key, wanted) = (tenant.clone(), id.clone());
    let read = web.app.store.read_async(move |tx| Ok(service::get_employee(tx, &key, &wanted)));
    read.await.map_err(store_problem)?.map_err(directory_problem)
}

async fn show(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let person = get(&web, &tenant, &id).await?;
    let t = who.t;
    let list = Listing::of(&who, KNOWN);
    let (wanted, before) = (list.get("q").to_lowercase(), list.get("before").parse().ok());
    let (key, employee) = (tenant.clone(), id.clone());
    let read = web.app.store.read_async(move |tx| {
        let limit = if wanted.is_empty() { ROWS } else { LOOKED_AT_MAX };
        let found = store::directory::history_before(tx, &key, &employee, before, limit)?;
        let mut next = (found.len() == limit).then(|| found.last().map(|(number, _)| *number)).flatten();
        let mut rows = Vec::new();
        for (number, row) in found {
            if is_hit(t, &row, &wanted) {
                rows.push(row);
            }
            if rows.len() == ROWS {
                next = Some(number);
                break;
            }
        }
        Ok((rows, next))
    });
    let (mut rows, next) = read.await.map_err(store_problem)?;
    rows.reverse();
    let card = who.url(&format!("/tenants/{tenant}/employees/{}", part(&id)));
    reply::page(&HistoryPage {
        f: who.frame(t.history_title(&person.name)),
        card,
        moments: moments(t, rows, usize::MAX),
        next: next.map(|number| list.at("before", &number.to_string())),
        list,
    })
}

async fn csv(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, path.into_inner(), Kind::Csv).await
}

async fn xlsx(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, path.into_inner(), Kind::Xlsx).await
}

async fn whole(
    who: &Person,
    web: &Web,
    (tenant, id): (TenantKey, EmployeeId),
    kind: Kind,
) -> Result<HttpResponse, Problem> {
    get(web, &tenant, &id).await?;
    let t = who.t;
    let wanted = Listing::of(who, KNOWN).get("q").to_lowercase();
    let captions = vec![t.history_when(), t.history_by(), t.history_field(), t.history_before(), t.history_after()];
    let name = format!("history-{id}");
    let rows = Rows { store: web.app.store.clone(), tenant, id, before: None, waiting: Vec::new(), is_end: false };
    let fill = move |out: Out<'_>| {
        let hits = rows.filter(move |row| row.as_ref().map_or(true, |row| is_hit(t, row, &wanted)));
        out.rows(hits.map(|row| {
            let row = row?;
            let text = |value: Option<crate::model::Text>| value.map(|text| text.to_string()).unwrap_or_default();
            Ok([
                time::machine(row.at_ms),
                t.sync_actor(&row.actor),
                t.employee_field(&row.field),
                text(row.before),
                text(row.after),
            ])
        }))
    };
    export::file(&web.app.views, kind, &name, captions, fill).await
}

/// A person's history from the newest row on; few rows are held at once.
struct Rows {
    store: Store,
    tenant: TenantKey,
    id: EmployeeId,
    before: Option<u64>,
    /// The oldest first.
    waiting: Vec<HistoryRow>,
    is_end: bool,
}

impl Iterator for Rows {
    type Item = Result<HistoryRow, BrowseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.waiting.is_empty() && !self.is_end {
            let read =
                self.store.read(|tx| store::directory::history_before(tx, &self.tenant, &self.id, self.before, CHUNK));
            match read {
                Ok(rows) => {
                    self.is_end = rows.len() < CHUNK;
                    self.before = rows.last().map(|(number, _)| *number);
                    self.waiting = rows.into_iter().rev().map(|(_, row)| row).collect();
                }
                Err(error) => {
                    self.is_end = true;
                    return Some(Err(error.into()));
                }
            }
        }
        self.waiting.pop().map(Ok)
    }
}

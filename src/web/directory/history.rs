//! `/tenants/{tenant}/employees/{id}/history`: all that ever changed about a person, page by page.

use super::card::{Moment, moments};
use super::get_tenant;
use crate::directory::service;
use crate::http::Problem;
use crate::http::errors::{directory_problem, store_problem};
use crate::http::permission::DirectoryRead;
use crate::model::{Employee, EmployeeId, TenantKey};
use crate::store::directory::HistoryRow;
use crate::store::{self, Order};
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
        .files("/tenants/{tenant}/employees/{employee}/history", files);
}

/// Rows that are read at once for a page with a search; the next page goes on behind them.
const LOOKED_AT_MAX: usize = 2_000;
/// Rows that are read at once for a file.
const CHUNK: usize = 500;
const KNOWN: &[&str] = &["q", "sort", "dir", "before"];

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
    let (key, employee, order) = (tenant.clone(), id.clone(), list.by_time());
    let read = web.app.store.read_async(move |tx| {
        let limit = if wanted.is_empty() { ROWS } else { LOOKED_AT_MAX };
        let found = store::directory::history_page(tx, &key, &employee, order, before, limit)?;
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
    // what changed at one moment is told together, the moments in the order of the page
    if order == Order::Newest {
        rows.reverse();
    }
    let mut moments = moments(t, rows, usize::MAX);
    if order == Order::Oldest {
        moments.reverse();
    }
    let card = who.url(&format!("/tenants/{tenant}/employees/{}", part(&id)));
    reply::page(&HistoryPage {
        f: who.frame(t.history_title(&person.name)),
        card,
        moments,
        next: next.map(|number| list.at("before", &number.to_string())),
        list,
    })
}

async fn files(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, path.into_inner(), Kind::of(&who)).await
}

async fn whole(
    who: &Person,
    web: &Web,
    (tenant, id): (TenantKey, EmployeeId),
    kind: Kind,
) -> Result<HttpResponse, Problem> {
    get(web, &tenant, &id).await?;
    let t = who.t;
    let list = Listing::of(who, KNOWN);
    let (wanted, order) = (list.get("q").to_lowercase(), list.by_time());
    let captions = vec![t.history_when(), t.history_by(), t.history_field(), t.history_before(), t.history_after()];
    let name = format!("history-{tenant}-{id}");
    let store = web.app.store.clone();
    let fill = move |out: Out<'_>| {
        let read = |past: Option<u64>| {
            let rows = store.read(|tx| store::directory::history_page(tx, &tenant, &id, order, past, CHUNK))?;
            let next = rows.last().filter(|_| rows.len() == CHUNK).map(|(number, _)| *number);
            Ok((rows.into_iter().map(|(_, row)| row).collect(), next))
        };
        let hits = export::pages(read).filter(move |row| row.as_ref().map_or(true, |row| is_hit(t, row, &wanted)));
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
    export::file(web, kind, &name, captions, fill).await
}

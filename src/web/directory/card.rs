//! `/tenants/{tenant}/employees/{id}`: everything about one person: properties, units, the member in each corp, what
//! changed and when.

use super::{get_tenant, looked, tree};
use crate::browse::Branch;
use crate::browse::mirror::Naming;
use crate::directory::FaultCode;
use crate::directory::fields::Record;
use crate::directory::service;
use crate::http::Problem;
use crate::http::errors::{directory_problem, store_problem};
use crate::http::permission::{DirectoryRead, DirectoryWrite};
use crate::locale::T;
use crate::model::{
    ApiScope, Corp, Employee, EmployeeId, Member, MemberBinding, MemberField, TenantKey, Text, Tombstone, UnitId,
    normal,
};
use crate::store::directory::HistoryRow;
use crate::store::{self, Order};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/employees/{employee}", show)
        .post("/tenants/{tenant}/employees/{employee}/depart", depart)
        .post("/tenants/{tenant}/employees/{employee}/return", come_back);
}

/// Changes of the history that are shown at first.
const SHOWN: usize = 100;

/// A person in one corp.
struct InCorp {
    corp: Corp,
    binding: Option<MemberBinding>,
    member: Option<Member>,
    tombstone: Option<Tombstone>,
}

/// What changed at one moment.
pub(super) struct Moment {
    pub(super) at_ms: i64,
    pub(super) by: String,
    pub(super) rows: Vec<HistoryRow>,
}

impl Moment {
    /// `bad` for departures, `good` for what is new.
    pub(super) fn tone(&self) -> &'static str {
        let is = |row: &HistoryRow, to: &str| row.field == "status" && row.after.as_deref() == Some(to);
        if self.rows.iter().any(|row| is(row, "departed") || row.field == "*" && row.after.is_none()) {
            "bad"
        } else if self.rows.iter().any(|row| row.field == "*" || row.field == "status") {
            "good"
        } else {
            ""
        }
    }

    pub(super) fn minute(&self) -> String {
        time::minute(self.at_ms)
    }

    pub(super) fn machine(&self) -> String {
        time::machine(self.at_ms)
    }

    /// A value as people say it.
    pub(super) fn value(&self, t: &T, row: &HistoryRow, value: &str) -> String {
        match (row.field.as_str(), value) {
            ("status", "active") => t.status_active().to_owned(),
            ("status", "departed") => t.status_departed().to_owned(),
            _ => value.to_owned(),
        }
    }
}

/// A property of a person.
struct Fact {
    name: String,
    value: String,
    /// What an import says of it; mostly empty.
    remark: String,
}

#[derive(Template)]
#[template(path = "directory/card.html")]
struct CardPage {
    f: Frame,
    tenant: TenantKey,
    person: Employee,
    facts: Vec<Fact>,
    unit_path: Vec<(String, String)>,
    part_time: Vec<(UnitId, Option<String>)>,
    superior: Option<(EmployeeId, Option<Text>)>,
    heads: Vec<(UnitId, String)>,
    corps: Vec<InCorp>,
    history: Vec<Moment>,
    is_whole: bool,
    can_write: bool,
    can_bind: bool,
    sees_corps: bool,
}

impl CardPage {
    fn own_path(&self) -> String {
        format!("/tenants/{}/employees/{}", self.tenant, part(&self.person.id))
    }

    fn own(&self) -> String {
        self.f.url(&self.own_path())
    }

    fn unit_url(&self, id: &UnitId) -> String {
        self.f.url(&format!("/tenants/{}/directory?unit={}", self.tenant, part(id)))
    }

    fn employee_url(&self, id: &EmployeeId) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(id)))
    }

    fn at(&self, row: &InCorp, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", row.corp.key))
    }

    fn id_part(&self) -> String {
        part(&self.person.id)
    }

    fn member_part(&self, binding: &MemberBinding) -> String {
        part(&binding.userid)
    }

    fn is_active(&self) -> bool {
        self.person.status.is_active()
    }

    fn member_name(&self, row: &InCorp) -> Option<Text> {
        let name = row.member.as_ref()?.fields.get(&MemberField::Name)?;
        (Naming::of(Some(name)) == Naming::Read).then(|| name.clone())
    }

    fn member_status(&self, row: &InCorp) -> &'static str {
        row.member.as_ref().map(|member| self.f.t.member_status(member.status)).unwrap_or_default()
    }

    fn minute(&self, at_ms: &i64) -> String {
        time::minute(*at_ms)
    }

    fn machine(&self, at_ms: &i64) -> String {
        time::machine(*at_ms)
    }
}

async fn show(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    get_tenant(&web, &tenant).await?;
    let sees_corps = who.may(ApiScope::SyncRead);
    let (key, wanted) = (tenant.clone(), id.clone());
    let read = web.app.store.read_async(move |tx| {
        let person = match service::get_employee(tx, &key, &wanted) {
            Ok(person) => person,
            Err(missing) => return Ok(Err(missing)),
        };
        // one more tells whether there are more
        let history = store::directory::history_page(tx, &key, &wanted, Order::Newest, None, SHOWN + 1)?;
        let corps = if sees_corps { store::corps::list_of_tenant(tx, &key)? } else { Vec::new() };
        let mut rows = Vec::with_capacity(corps.len());
        for corp in corps {
            let binding = store::bindings::find_by_employee(tx, &corp.key, &wanted)?;
            let member = match &binding {
                Some(binding) => store::mirror::find_member(tx, &corp.key, &binding.userid)?,
                None => None,
            };
            let tombstone = store::bindings::find_tombstone_of(tx, &corp.key, &wanted)?;
            rows.push(InCorp { corp, binding, member, tombstone });
        }
        Ok(Ok((person, history, rows)))
    });
    let (person, history, corps) = read.await.map_err(store_problem)?.map_err(directory_problem)?;
    let (t, row) = (who.t, person.clone());
    let found = web.app.views.directory(&tenant, move |view| {
        let way = view.path(&Branch::Node(row.unit_id.clone()));
        let step = |step: &crate::browse::directory::UnitStep| {
            (tree::unit_name(t, &step.branch, &step.name), tree::query_of_unit(&step.branch))
        };
        let name = |id: &UnitId| view.unit(&Branch::Node(id.clone())).map(|unit| unit.name.to_string());
        let part_time: Vec<_> = row.part_time_unit_ids.iter().map(|id| (id.clone(), name(id))).collect();
        let superior = row.superior_id.clone().map(|id| {
            let name = view.employee(&id).map(|row| row.name);
            (id, name)
        });
        let units = std::iter::once(&row.unit_id).chain(&row.part_time_unit_ids);
        let headed = units.filter_map(|id| view.unit(&Branch::Node(id.clone())));
        let heads = headed.filter(|unit| unit.heads.iter().any(|head| head.id == row.id));
        let heads = heads.filter_map(|unit| Some((unit.branch.node()?.clone(), unit.name.to_string()))).collect();
        Ok((way.iter().map(step).collect::<Vec<_>>(), part_time, superior, heads))
    });
    let (unit_path, part_time, superior, heads) = looked(found.await)?;
    let is_whole = history.len() <= SHOWN;
    let history = history.into_iter().rev().map(|(_, row)| row).collect();
    let history = moments(t, history, SHOWN);
    let (can_write, can_bind) = (who.may(ApiScope::DirectoryWrite), who.may(ApiScope::BindingWrite));
    let (f, facts) = (who.frame(person.name.as_str()), facts_of(t, &person));
    reply::page(&CardPage {
        f,
        tenant,
        person,
        facts,
        unit_path,
        part_time,
        superior,
        heads,
        corps,
        history,
        is_whole,
        can_write,
        can_bind,
        sees_corps,
    })
}

/// Properties as caption and value; units and the superior are shown by themselves.
fn facts_of(t: T, person: &Employee) -> Vec<Fact> {
    let apart = ["name", "unit_id", "part_time_unit_ids", "superior_id", "status", "admin"];
    let own = Employee::fields().iter().filter(|field| !apart.contains(&field.name));
    let own = own.map(|field| {
        let value = match field.name {
            "gender" => t.gender(person.gender).to_owned(),
            _ => (field.get)(person).to_string(),
        };
        let doubt = if field.name == "mobile" { normal::doubt_of_mobile(&value) } else { None };
        let said = |why: String| format!("{}{}{}", t.fault_text(FaultCode::BadMobile), t.sync_colon(), t.told(&why));
        Fact { name: t.employee_field(field.name), remark: doubt.map(said).unwrap_or_default(), value }
    });
    let ext = person.ext.iter().map(|(name, value)| Fact {
        name: name.to_string(),
        value: value.to_string(),
        remark: String::new(),
    });
    own.filter(|fact| !fact.value.is_empty()).chain(ext).collect()
}

/// The latest changes first, those of one moment together.
pub(super) fn moments(t: T, history: Vec<HistoryRow>, limit: usize) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for row in history.into_iter().rev().take(limit) {
        let by = t.sync_actor(&row.actor);
        match moments.last_mut() {
            Some(last) if last.at_ms == row.at_ms && last.by == by => last.rows.insert(0, row),
            _ => moments.push(Moment { at_ms: row.at_ms, by, rows: vec![row] }),
        }
    }
    moments
}

async fn depart(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let done = service::depart_employees(&web.app.store, &tenant, vec![id.clone()], &who.actor()).await;
    done.map_err(directory_problem)?;
    web.app.views.refresh_directory(&tenant);
    let to = format!("/tenants/{tenant}/employees/{}", part(&id));
    Ok(reply::go(&who, &to, Some(Flash::good(who.t.card_departed()))))
}

async fn come_back(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let (key, wanted) = (tenant.clone(), id.clone());
    let read = web.app.store.read_async(move |tx| Ok(service::get_employee(tx, &key, &wanted)));
    let person = read.await.map_err(store_problem)?.map_err(directory_problem)?;
    let person = Employee { status: crate::model::EmployeeStatus::Active, ..person };
    let done = service::put_employees(&web.app.store, &tenant, vec![person], &who.actor()).await;
    done.map_err(directory_problem)?;
    web.app.views.refresh_directory(&tenant);
    let to = format!("/tenants/{tenant}/employees/{}", part(&id));
    Ok(reply::go(&who, &to, Some(Flash::good(who.t.card_returned()))))
}

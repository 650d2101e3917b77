//! One person, from the row of the OA to the exact call (PEER-04, OPS-09).

use super::cards::CorpView;
use super::plan::changes;
use super::run;
use crate::browse::Paging;
use crate::browse::directory::{EmployeeQuery, EmployeeRow};
use crate::browse::plan::ChangeKind;
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem, sync_problem};
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{CorpKey, EmployeeId, MemberField, TenantKey};
use crate::sync::explain::{Explanation, last_failure};
use crate::sync::service;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Visit};
use crate::web::{code, link, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

/// People that a search shows.
const FOUND: usize = 30;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/explain", search).get("/corps/{corp}/explain/{employee}", show);
}

#[derive(Template)]
#[template(path = "sync/explain_form.html")]
struct SearchPage {
    f: Frame,
    corp: CorpView,
    list: Listing,
    found: Vec<FoundView>,
    total: usize,
}

struct FoundView {
    name: String,
    id: String,
    employee_no: String,
    unit: String,
    is_active: bool,
    href: String,
}

async fn corp_of(web: &Web, corp: &CorpKey) -> Result<(CorpView, TenantKey), Problem> {
    let found = web.app.env.get_corp(corp).await.map_err(sync_problem)?;
    Ok((CorpView { key: found.key, name: found.name }, found.tenant))
}

async fn search(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let (corp, tenant) = corp_of(&web, &corp).await?;
    let list = Listing::of(&who, &["q"]);
    let wanted = list.get("q").to_owned();
    let (found, total) = if wanted.is_empty() {
        (Vec::new(), 0)
    } else {
        let paging = Paging { limit: FOUND, ..Paging::default() };
        let query = EmployeeQuery { search: wanted, paging, ..EmployeeQuery::default() };
        let page = web.app.views.directory(&tenant, move |view| view.page(&query)).await.map_err(browse_problem)?;
        (page.rows.into_iter().map(|row| found_view(&who, &corp.key, row)).collect(), page.total)
    };
    reply::page(&SearchPage { f: who.frame(who.t.explain_title()), corp, list, found, total })
}

fn found_view(visit: &Visit, corp: &CorpKey, row: EmployeeRow) -> FoundView {
    FoundView {
        name: row.name.to_string(),
        employee_no: row.employee_no.to_string(),
        unit: row.unit.name.map(|name| name.to_string()).unwrap_or_default(),
        is_active: row.status.is_active(),
        href: visit.url(&format!("/corps/{corp}/explain/{}", link::part(&row.id))),
        id: row.id.to_string(),
    }
}

#[derive(Template)]
#[template(path = "sync/explain.html")]
struct ExplainPage {
    f: Frame,
    corp: CorpView,
    tenant: String,
    id: String,
    id_part: String,
    person: Option<PersonView>,
    refused: Option<String>,
    scope: Option<ScopeView>,
    link: Option<LinkView>,
    member: Option<MemberView>,
    tombstone: Option<(String, String)>,
    matching: Vec<MatchView>,
    fields: Vec<FieldView>,
    changes: Vec<ChangeView>,
    requests: Vec<(String, String)>,
    notices: Vec<(String, String)>,
    /// What the last sync could not do for this person.
    failed: Option<FailureView>,
}

struct FailureView {
    href: String,
    step: String,
    errcode: Option<run::ErrcodeView>,
    message: String,
}

struct PersonView {
    name: String,
    path: String,
    is_active: bool,
    facts: Vec<(String, String)>,
}

struct ScopeView {
    text: String,
    detail: String,
    tone: &'static str,
}

struct LinkView {
    userid: String,
    origin: &'static str,
    at: String,
    removal: Option<&'static str>,
}

struct MemberView {
    userid: String,
    name: Option<String>,
    status: Option<&'static str>,
    departments: usize,
    has_details: bool,
}

struct MatchView {
    rule: String,
    value: String,
    outcome: String,
    tone: &'static str,
    members: Vec<String>,
    employees: Vec<String>,
}

struct FieldView {
    field: String,
    expression: String,
    value: Option<String>,
    shown: Option<String>,
    pushed: Option<String>,
    state: String,
    tone: &'static str,
    error: Option<String>,
}

struct ChangeView {
    kind: String,
    tone: &'static str,
    why: String,
    reversible: &'static str,
}

async fn show(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    let (key, employee) = path.into_inner();
    let (corp, tenant) = corp_of(&web, &key).await?;
    let explained = service::explain(&web.app.env, &key, &employee).await.map_err(sync_problem)?;
    let read = web.app.store.read_async(move |tx| {
        let failed = last_failure(tx, &key, &explained)?;
        Ok((explained, failed))
    });
    let (explained, failed) = read.await.map_err(store_problem)?;
    let failed = failed.map(|(run, record)| FailureView {
        href: who.url(&format!("/runs/{}/records?outcome=failed", link::part(&run))),
        step: record.step,
        errcode: run::explain(who.t, record.errcode),
        message: record.message,
    });
    reply::page(&ExplainPage { failed, ..view(&who, corp, &tenant, explained) })
}

fn view(who: &Admin<SyncRead>, corp: CorpView, tenant: &TenantKey, found: Explanation) -> ExplainPage {
    let t = who.t;
    let name = found.employee.as_ref().map_or_else(|| found.id.to_string(), |employee| employee.name.to_string());
    ExplainPage {
        f: who.frame(t.explain_of(&name)),
        corp,
        tenant: tenant.to_string(),
        id_part: link::part(&found.id),
        id: found.id.to_string(),
        person: person(t, &found),
        scope: found.scope.as_ref().map(|scope| {
            let code = code::of(scope.verdict);
            ScopeView {
                text: t.scope_verdict(&code),
                detail: scope.why.clone().unwrap_or_default(),
                tone: match code.as_str() {
                    "in" => "good",
                    "unknown" | "bad_record" => "bad",
                    _ => "warn",
                },
            }
        }),
        refused: found.refused,
        link: found.binding.as_ref().map(|binding| LinkView {
            userid: binding.userid.to_string(),
            origin: t.link_origin(binding.origin),
            at: time::minute(binding.bound_at_ms),
            removal: binding.removal.as_ref().map(|removal| t.removal_cause(removal.cause)),
        }),
        member: found.member.as_ref().map(|member| MemberView {
            userid: member.userid.to_string(),
            name: member.fields.get(&MemberField::Name).map(ToString::to_string),
            status: member.status.map(|status| t.wecom_status(status)),
            departments: member.memberships.len(),
            has_details: member.has_details,
        }),
        tombstone: found
            .tombstone
            .as_ref()
            .map(|tombstone| (tombstone.userid.to_string(), time::minute(tombstone.deleted_at_ms))),
        matching: found
            .matching
            .iter()
            .map(|attempt| MatchView {
                rule: attempt.rule.to_string(),
                value: attempt.value.clone(),
                outcome: t.match_outcome(attempt.outcome),
                tone: match attempt.outcome {
                    "hit" => "good",
                    "ambiguous" | "unsure" => "bad",
                    _ => "",
                },
                members: attempt.members.iter().map(ToString::to_string).collect(),
                employees: attempt.employees.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        fields: found
            .fields
            .iter()
            .map(|field| FieldView {
                field: t.synced_field(&field.field),
                expression: field.expression.clone(),
                value: field.value.clone().map(|value| changes::value_text(t, &field.field, value)),
                shown: field.shown.as_ref().map(|value| changes::value_text(t, &field.field, value.to_string())),
                pushed: field.pushed.as_ref().map(|value| changes::value_text(t, &field.field, value.to_string())),
                state: t.field_state(field.state),
                tone: match field.state {
                    "same" | "implied" => "good",
                    "differs" | "new" => "info",
                    "ignored" | "unsent" => "warn",
                    _ => "bad",
                },
                error: field.error.clone(),
            })
            .collect(),
        changes: found
            .changes
            .iter()
            .map(|change| {
                let kind = ChangeKind::of(&change.action);
                ChangeView {
                    kind: t.change_kind(&code::of(kind)),
                    tone: changes::tone(kind),
                    why: t.change_reason(&change.reason),
                    reversible: t.reversible(change.reversible),
                }
            })
            .collect(),
        requests: found
            .requests
            .iter()
            .map(|request| {
                (request.endpoint.to_owned(), serde_json::to_string_pretty(&request.body).unwrap_or_default())
            })
            .collect(),
        notices: found.notices.iter().map(|notice| (t.notice_text(&notice.code), notice.text.clone())).collect(),
        failed: None,
    }
}

fn person(t: T, found: &Explanation) -> Option<PersonView> {
    let employee = found.employee.as_ref()?;
    let fields = [
        (t.explain_id(), employee.id.to_string()),
        (t.explain_account(), employee.account.to_string()),
        (t.explain_employee_no(), employee.employee_no.to_string()),
        (t.explain_mobile(), employee.mobile.to_string()),
        (t.explain_email(), employee.email.to_string()),
        (t.explain_position(), employee.position.to_string()),
        (t.explain_unit(), employee.unit_id.to_string()),
    ];
    let facts = fields.into_iter().filter(|(_, value)| !value.is_empty());
    Some(PersonView {
        name: employee.name.to_string(),
        path: found.unit_path.clone().unwrap_or_default(),
        is_active: employee.status.is_active(),
        facts: facts.map(|(label, value)| (label.to_owned(), value)).collect(),
    })
}

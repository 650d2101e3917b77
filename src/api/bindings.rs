//! Bindings: employee ↔ member and unit ↔ department, one by one, by file, and the list of ambiguous cases.

use super::answer::{Download, NoContent, Ok, Page, Reply};
use super::auth::{BindingWrite, Key, SyncRead};
use super::lists::{self, Asked};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use super::upload::Upload;
use crate::http::errors::sync_problem;
use crate::http::{Body, Problem, Query};
use crate::model::{CorpKey, DepartmentBinding, DepartmentId, EmployeeId, MemberBinding, ResolveCase, UnitId, UserId};
use crate::store;
use crate::sync::bindings::{self, FileFormat, LinkImport, LinkRequest};
use actix_web::web;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Bindings", "Who is who: employee ↔ member, unit ↔ department, one to one, stored by id.")
        .get("/api/v1/corps/{corp}/bindings", "List the bindings by employee", list)
        .get("/api/v1/corps/{corp}/bindings/{employee}", "Read an employee's binding", read)
        .put("/api/v1/corps/{corp}/bindings/{employee}", "Bind an employee to a member", bind)
        .delete(
            "/api/v1/corps/{corp}/bindings/{employee}",
            "Take an employee's binding away\nThe member stays in WeCom as it is.",
            unbind,
        )
        .post(
            "/api/v1/corps/{corp}/swap-bindings",
            "Exchange the members of two employees\nCrossed bindings are put right in one step; where only one of the two has a \
             member, the other one gets it. Nothing is written to WeCom before the next sync.",
            swap,
        )
        .post(
            "/api/v1/corps/{corp}/unbind-all",
            "Take the bindings of all employees away\n`confirm` must be the corp's key.",
            unbind_all,
        )
        .get("/api/v1/corps/{corp}/binding-file", "All employees with their bindings, as a file to fill in", export)
        .post("/api/v1/corps/{corp}/binding-file", "Bind by a filled-in file\n.xlsx or .csv.", import)
        .get("/api/v1/corps/{corp}/department-bindings", "List the bindings of departments by unit", list_departments)
        .put("/api/v1/corps/{corp}/department-bindings/{unit}", "Bind a unit to a department", bind_department)
        .delete("/api/v1/corps/{corp}/department-bindings/{unit}", "Take a unit's binding away", unbind_department)
        .get(
            "/api/v1/corps/{corp}/ambiguous",
            "List the ambiguous matches\nA match rule hit more than one candidate, so nobody was bound.",
            ambiguous,
        )
        .post("/api/v1/corps/{corp}/ambiguous/resolve", "Decide one pair of an ambiguous match", resolve);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Part of either id, case ignored.
    search: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct DepartmentsQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Form of a file.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// Workbook.
    #[default]
    Xlsx,
    /// UTF-8 with byte order mark.
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// `xlsx` (default) or `csv`.
    #[serde(default)]
    #[param(value_type = Option<Form>, inline)]
    format: Form,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// The member field whose values are in the link column: `userid` (default), `mobile`, `email`, `alias`, `name`,
    /// `extattr.<name>`.
    member_field: Option<String>,
    /// Only say what would be done.
    dry_run: Option<bool>,
}

/// A member to bind to.
#[derive(Debug, Deserialize, ToSchema)]
struct BindBody {
    /// The member.
    userid: UserId,
}

/// A department to bind to.
#[derive(Debug, Deserialize, ToSchema)]
struct BindDepartmentBody {
    /// The department.
    department: DepartmentId,
}

/// Two employees who exchange their members.
#[derive(Debug, Deserialize, ToSchema)]
struct SwapBody {
    /// One employee.
    first: EmployeeId,
    /// The other one.
    second: EmployeeId,
}

/// The links after an exchange.
#[derive(Debug, Serialize, ToSchema)]
struct SwappedView {
    /// As they are now.
    bindings: Vec<MemberBinding>,
}

/// A typed confirmation.
#[derive(Debug, Deserialize, ToSchema)]
struct ConfirmBody {
    /// The corp's key.
    confirm: String,
}

/// How many bindings were taken away.
#[derive(Debug, Serialize, ToSchema)]
struct UnboundView {
    /// Count.
    unbound: u64,
}

/// An ambiguous match and its name.
#[derive(Debug, Serialize, ToSchema)]
struct CaseView {
    /// Name it so when it is decided.
    case: String,
    /// What is ambiguous.
    #[serde(flatten)]
    what: ResolveCase,
}

/// A decision about an ambiguous match.
#[derive(Debug, Deserialize, ToSchema)]
struct ResolveBody {
    /// `case` of the list.
    case: String,
    /// One of its employees.
    employee: EmployeeId,
    /// One of its members.
    userid: UserId,
}

async fn list(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<MemberBinding>>, Problem> {
    let asked = Asked::new(query.0.limit, query.0.after, query.0.search)?;
    lists::page(&state, corp, asked, store::bindings::page_members).await
}

async fn read(
    _: Key<SyncRead>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, EmployeeId)>,
) -> Result<Ok<MemberBinding>, Problem> {
    let (corp, employee) = path.into_inner();
    let wanted = employee.clone();
    let found = lists::of(&state, corp, move |tx, corp| store::bindings::find_by_employee(tx, corp, &wanted)).await?;
    found.map(Reply::new).ok_or_else(|| Problem::not_found("binding", employee))
}

async fn bind(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, EmployeeId)>,
    body: Body<BindBody>,
) -> Result<Ok<MemberBinding>, Problem> {
    let (corp, employee) = path.into_inner();
    let bound = bindings::bind(&state.app.env, &corp, &employee, &body.value.userid, &caller.actor).await;
    bound.map(Reply::new).map_err(sync_problem)
}

async fn unbind(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, EmployeeId)>,
) -> Result<NoContent, Problem> {
    let (corp, employee) = path.into_inner();
    let unbound = bindings::unbind(&state.app.env, &corp, &employee, &caller.actor).await;
    unbound.map(|_| NoContent).map_err(sync_problem)
}

async fn swap(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    once: Once,
    body: Body<SwapBody>,
) -> Result<Ok<SwappedView>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let SwapBody { first, second } = body.value;
        let swapped = bindings::swap(&app.env, &corp, &first, &second, &caller.actor).await.map_err(sync_problem)?;
        Result::Ok(Reply::new(SwappedView { bindings: swapped }))
    })
    .await
}

async fn unbind_all(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    once: Once,
    body: Body<ConfirmBody>,
) -> Result<Ok<UnboundView>, Problem> {
    if body.value.confirm != corp.as_str() {
        return Err(Problem::invalid(
            "request.confirm",
            "To take all bindings away, `confirm` must be the corp's key.",
        )
        .at("confirm", format!("must be {:?}", corp.as_str())));
    }
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let unbound = bindings::unbind_all(&app.env, &corp, &caller.actor).await.map_err(sync_problem)?;
        Result::Ok(Reply::new(UnboundView { unbound }))
    })
    .await
}

async fn export(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<ExportQuery>,
) -> Result<Download, Problem> {
    let (format, content_type, ending) = match query.0.format {
        Form::Xlsx => (FileFormat::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        Form::Csv => (FileFormat::Csv, "text/csv; charset=utf-8", "csv"),
    };
    let bytes = bindings::export(&state.app.env, &corp, format, crate::directory::export::Captions::English)
        .await
        .map_err(sync_problem)?;
    Result::Ok(Download::bytes(content_type, format!("bindings-{corp}.{ending}"), Bytes::from(bytes)))
}

async fn import(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<ImportQuery>,
    once: Once,
    upload: Upload,
) -> Result<Ok<LinkImport>, Problem> {
    let ImportQuery { member_field, dry_run } = query.0;
    let request = LinkRequest {
        member_field: member_field.unwrap_or_else(|| "userid".into()),
        dry_run: dry_run.unwrap_or(false),
    };
    let app = state.app.clone();
    let digest = upload.digest;
    once.run(&state, &caller.id.clone(), &digest, async move {
        let Upload { name, content, .. } = upload;
        let done = bindings::import(&app.env, &corp, &name, content, request, &caller.actor).await;
        done.map(Reply::new).map_err(sync_problem)
    })
    .await
}

async fn list_departments(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<DepartmentsQuery>,
) -> Result<Ok<Page<DepartmentBinding>>, Problem> {
    let DepartmentsQuery { limit, after } = query.0;
    let limit = lists::page_limit(limit)?;
    let all = lists::of(&state, corp.into_inner(), store::bindings::departments).await?;
    let is_left = |row: &DepartmentBinding| after.as_deref().is_none_or(|after| row.unit.as_str() > after);
    let rest = all.into_iter().filter(is_left);
    Result::Ok(Reply::new(Page::first(rest, limit, |row| row.unit.to_string())))
}

async fn bind_department(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, UnitId)>,
    body: Body<BindDepartmentBody>,
) -> Result<Ok<DepartmentBinding>, Problem> {
    let (corp, unit) = path.into_inner();
    let env = &state.app.env;
    let bound = bindings::bind_department(env, &corp, &unit, body.value.department, &caller.actor).await;
    bound.map(Reply::new).map_err(sync_problem)
}

async fn unbind_department(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, UnitId)>,
) -> Result<NoContent, Problem> {
    let (corp, unit) = path.into_inner();
    let unbound = bindings::unbind_department(&state.app.env, &corp, &unit, &caller.actor).await;
    unbound.map(|_| NoContent).map_err(sync_problem)
}

async fn ambiguous(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
) -> Result<Ok<Page<CaseView>>, Problem> {
    let cases = bindings::resolve_list(&state.app.env, &corp).await.map_err(sync_problem)?;
    let view = |what: ResolveCase| CaseView { case: what.key(), what };
    Result::Ok(Reply::new(Page::whole(cases.into_iter().map(view).collect())))
}

async fn resolve(
    caller: Key<BindingWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    once: Once,
    body: Body<ResolveBody>,
) -> Result<Ok<MemberBinding>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let ResolveBody { case, employee, userid } = body.value;
        let bound = bindings::resolve(&app.env, &corp, &case, &employee, &userid, &caller.actor).await;
        bound.map(Reply::new).map_err(sync_problem)
    })
    .await
}

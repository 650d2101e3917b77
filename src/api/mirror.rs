//! `/api/v1/corps/{corp}/mirror`: the bridge's copy of a corp's departments and members, as last read.

use super::answer::{Ok, Page, Reply};
use super::auth::{Key, SyncRead};
use super::lists::{self, Asked};
use super::routes::Routes;
use super::state::State;
use crate::http::{Problem, Query};
use crate::model::{CorpKey, Department, DepartmentId, Member, MirrorHead, UserId};
use crate::store;
use actix_web::web;
use serde::Deserialize;
use utoipa::IntoParams;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Mirror", "A corp's departments and members as the last pull read them, and what could not be read.")
        .get("/api/v1/corps/{corp}/mirror", "How and when the corp was read, and what was unreadable", head)
        .get("/api/v1/corps/{corp}/mirror/departments", "List the departments by id", departments)
        .get("/api/v1/corps/{corp}/mirror/members", "List the members by userid", members)
        .get("/api/v1/corps/{corp}/mirror/members/{userid}", "Read a member", member);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct DepartmentsQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct MembersQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Part of a userid, name, alias or mobile, case ignored.
    search: Option<String>,
}

async fn head(_: Key<SyncRead>, state: web::Data<State>, corp: web::Path<CorpKey>) -> Result<Ok<MirrorHead>, Problem> {
    let found = lists::of(&state, corp.clone(), store::mirror::head).await?;
    found.map(Reply::new).ok_or_else(|| Problem::not_found("mirror", corp))
}

async fn departments(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<DepartmentsQuery>,
) -> Result<Ok<Page<Department>>, Problem> {
    let DepartmentsQuery { limit, after } = query.0;
    let limit = lists::page_limit(limit)?;
    let all = lists::of(&state, corp.into_inner(), store::mirror::departments).await?;
    let rest = all.into_iter().filter(|row| after.is_none_or(|id| row.id > DepartmentId(id)));
    Result::Ok(Reply::new(Page::first(rest, limit, |row| row.id.to_string())))
}

async fn members(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<MembersQuery>,
) -> Result<Ok<Page<Member>>, Problem> {
    let MembersQuery { limit, after, search } = query.0;
    let asked = Asked::<String>::new(limit, after, search)?;
    lists::page(&state, corp, asked, |tx, corp, after, limit, search| {
        let after = after.map(|id| UserId::from(id.as_str()));
        store::mirror::page_members(tx, corp, after.as_ref(), limit, search)
    })
    .await
}

async fn member(
    _: Key<SyncRead>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, String)>,
) -> Result<Ok<Member>, Problem> {
    let (corp, userid) = path.into_inner();
    let wanted = UserId::from(userid.as_str());
    let found = lists::of(&state, corp, move |tx, corp| store::mirror::find_member(tx, corp, &wanted)).await?;
    found.map(Reply::new).ok_or_else(|| Problem::not_found("member", userid))
}

//! `/corps/{corp}/members/{userid}`: one member as last read, with what could not be read and who it is in the OA.

use super::{looked, tree};
use crate::browse::mirror::{EmployeeRef, MemberRow, Naming};
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::SyncRead;
use crate::model::{
    ApiScope, Corp, CorpKey, DepartmentId, EmployeeId, Member, MemberBinding, MirrorHead, Unreadable, UserId,
};
use crate::store;
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/members/{userid}", show);
}

/// A department of the member with the way to it.
struct Place {
    id: DepartmentId,
    path: String,
    is_leader: bool,
    is_main: bool,
}

#[derive(Template)]
#[template(path = "directory/member.html")]
struct MemberPage {
    f: Frame,
    corp: Corp,
    member: Member,
    row: MemberRow,
    facts: Vec<(String, String)>,
    /// What we last wrote of fields that WeCom does not show.
    written: Vec<(String, String)>,
    places: Vec<Place>,
    superiors: Vec<UserId>,
    binding: Option<MemberBinding>,
    unreadable: Vec<Unreadable>,
    head: Option<MirrorHead>,
    can_bind: bool,
}

impl MemberPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", self.corp.key))
    }

    fn own_path(&self) -> String {
        format!("/corps/{}/members/{}", self.corp.key, part(&self.member.userid))
    }

    fn employee_url(&self, id: &EmployeeId) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.corp.tenant, part(id)))
    }

    fn member_url(&self, userid: &UserId) -> String {
        self.at(&format!("/members/{}", part(userid)))
    }

    fn id_part(&self, employee: &EmployeeRef) -> String {
        part(&employee.id)
    }

    fn userid_part(&self) -> String {
        part(&self.member.userid)
    }

    fn status(&self) -> &'static str {
        self.f.t.member_status(self.member.status)
    }

    fn status_class(&self) -> &'static str {
        super::members::status_class(&self.row)
    }

    fn naming(&self) -> Option<&'static str> {
        (self.row.naming != Naming::Read).then(|| self.f.t.naming(self.row.naming))
    }

    fn minute(&self, at_ms: &i64) -> String {
        time::minute(*at_ms)
    }
}

async fn show(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, String)>,
) -> Result<HttpResponse, Problem> {
    let (key, userid) = path.into_inner();
    let userid = UserId::from(userid.as_str());
    let (of, wanted) = (key.clone(), userid.clone());
    let read = web.app.store.read_async(move |tx| {
        let Some(corp) = store::corps::find(tx, &of)? else { return Ok(None) };
        let member = store::mirror::find_member(tx, &of, &wanted)?;
        let binding = store::bindings::find_by_userid(tx, &of, &wanted)?;
        Ok(Some((corp, member, binding, store::mirror::head(tx, &of)?)))
    });
    let found = read.await.map_err(store_problem)?;
    let (corp, member, binding, head) = found.ok_or_else(|| Problem::not_found("corp", &key))?;
    let member = member.ok_or_else(|| Problem::not_found("member", &userid))?;
    let (t, of) = (who.t, member.clone());
    let seen = web.app.views.mirror(&key, move |view| {
        let place = |membership: &crate::model::Membership| {
            let steps = view.path(&crate::browse::Branch::Node(membership.department));
            let names = steps.iter().map(|step| tree::department_name(t, &step.branch, step.name.as_deref()));
            let path = names.collect::<Vec<_>>().join(" / ");
            let id = membership.department;
            let path = if path.is_empty() { t.wx_department_unreadable(id) } else { path };
            Place { id, path, is_leader: membership.is_leader, is_main: of.main_department == Some(id) }
        };
        Ok((view.member(&of.userid), of.memberships.iter().map(place).collect::<Vec<_>>()))
    });
    let (row, places) = looked(seen.await)?;
    let row = row.ok_or_else(|| Problem::not_found("member", &userid))?;
    let facts = member.fields.iter().filter(|(field, value)| !value.is_empty() && !field.is_marker());
    let facts = facts.map(|(field, value)| (t.member_property(&field.path()), t.member_value(field, value)));
    let facts: Vec<_> = facts.collect();
    let hidden = |field: &crate::model::MemberField| member.fields.get(field).is_none();
    let pushed = binding.iter().flat_map(|binding| binding.pushed.iter()).filter(|(field, _)| hidden(field));
    let written =
        pushed.map(|(field, pushed)| (t.member_property(&field.path()), t.member_value(field, &pushed.value)));
    let written = written.collect();
    let subject = format!("member {}", member.userid);
    let notes = head.iter().flat_map(|head| &head.unreadable).filter(|note| note.subject == subject);
    let unreadable = notes.cloned().collect();
    let title = row.name.as_deref().unwrap_or(member.userid.as_str()).to_owned();
    let superiors = member.direct_leader.clone().unwrap_or_default();
    let (f, can_bind) = (who.frame(title), who.may(ApiScope::BindingWrite));
    reply::page(&MemberPage {
        f,
        corp,
        member,
        row,
        facts,
        written,
        places,
        superiors,
        binding,
        unreadable,
        head,
        can_bind,
    })
}

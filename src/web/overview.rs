//! The first page.

use super::frame::Frame;
use super::reply;
use super::routes::Routes;
use super::visit::Person;
use crate::http::Problem;
use actix_web::HttpResponse;
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/", show);
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    f: Frame,
}

async fn show(person: Person) -> Result<HttpResponse, Problem> {
    reply::page(&OverviewPage { f: person.frame(person.t.nav_overview()) })
}

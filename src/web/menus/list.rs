//! The apps of a corp, to choose whose menu is edited.

use crate::http::Problem;
use crate::http::errors::{menu_problem, setup_problem};
use crate::http::permission::MessagesRead;
use crate::menus::{self, MenuView};
use crate::model::{App, Corp, CorpKey};
use crate::setup::service as setup;
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/menus", show);
}

#[derive(Template)]
#[template(path = "menus/list.html")]
struct ListPage {
    f: Frame,
    corp: Corp,
    apps: Vec<(App, MenuView)>,
}

impl ListPage {
    fn state(&self, view: &MenuView) -> String {
        let t = self.f.t;
        match view.draft.published_at_ms {
            Some(at_ms) => t.menu_is_published(time::minute(at_ms)),
            None => t.menu_never().to_owned(),
        }
    }

    fn is_changed(&self, view: &MenuView) -> bool {
        let draft = &view.draft;
        !draft.menu.button.is_empty() && draft.published.as_ref() != Some(&draft.menu.tidy())
    }
}

async fn show(who: Admin<MessagesRead>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = setup::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let mut apps = Vec::with_capacity(corp.apps.len());
    for app in corp.apps.clone() {
        let view = menus::get(&web.app.env, &corp.key, &app.key).await.map_err(menu_problem)?;
        apps.push((app, view));
    }
    let f = who.frame(who.t.nav_menus());
    reply::page(&ListPage { f, corp, apps })
}

//! The apps of a corp, to choose whose menu is edited.

use crate::http::Problem;
use crate::http::errors::{menu_problem, setup_problem};
use crate::http::permission::MessagesRead;
use crate::locale::T;
use crate::menus::{self, MenuView};
use crate::model::{App, Corp, CorpKey};
use crate::setup::service as setup;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.list("/corps/{corp}/menus", show);
}

#[derive(Template)]
#[template(path = "menus/list.html")]
struct ListPage {
    f: Frame,
    corp: Corp,
    list: Listing,
    page: Slice<(App, MenuView)>,
}

impl ListPage {
    fn state(&self, view: &MenuView) -> String {
        state(self.f.t, view)
    }

    fn is_changed(&self, view: &MenuView) -> bool {
        let draft = &view.draft;
        !draft.menu.button.is_empty() && draft.published.as_ref() != Some(&draft.menu.tidy())
    }
}

fn state(t: T, view: &MenuView) -> String {
    match view.draft.published_at_ms {
        Some(at_ms) => t.menu_is_published(time::minute(at_ms)),
        None => t.menu_never().to_owned(),
    }
}

async fn show(who: Admin<MessagesRead>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = setup::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let mut apps = Vec::with_capacity(corp.apps.len());
    for app in corp.apps.clone() {
        let view = menus::get(&web.app.env, &corp.key, &app.key).await.map_err(menu_problem)?;
        apps.push((app, view));
    }
    let (t, list) = (who.t, Listing::of(&who, &PARAMETERS));
    let cells = |(app, view): &(App, MenuView)| {
        let entries: Vec<&str> = view.draft.menu.button.iter().map(|entry| entry.name.as_str()).collect();
        vec![app.name.clone(), app.key.to_string(), entries.join("\n"), state(t, view)]
    };
    let columns =
        [("app", t.app_label()), ("key", t.app_key()), ("entries", t.menu_entries()), ("state", t.inbox_state())];
    let sheet = Sheet::new(columns, apps.iter().map(cells).collect());
    if let Some(file) = sheet.file(&who, &web, &list, &format!("menus-{key}")).await? {
        return Ok(file);
    }
    let (f, page) = (who.frame(t.nav_menus()), sheet.page(&list, apps));
    reply::page(&ListPage { f, corp, list, page })
}

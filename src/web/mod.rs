//! The administrator's pages: handlers and askama views, one folder per area. Handlers extract, check, call one service
//! function, answer; they decide nothing. Every page works without script. Refuses to know what the API looks like.

mod assets;
mod code;
mod cookies;
mod csrf;
mod error_page;
mod export;
mod flash;
mod form;
mod frame;
mod guard;
mod here;
mod link;
mod listing;
mod nav;
mod reply;
mod routes;
mod sheet;
mod slice;
mod state;
mod sure;
mod time;
mod unknown;
mod upload;
mod visit;

mod bindings;
mod callbacks;
mod corps;
mod directory;
mod menus;
mod messages;
mod overview;
mod rules;
mod settings;
mod sign_in;
mod sync;
mod system;

pub use error_page::error_page;

use crate::app::App;
use crate::http::Table;
use actix_web::Route;
use actix_web::web::{self, ServiceConfig};
use routes::Routes;
use state::Web;
use std::sync::Arc;

/// All pages; one for all workers.
#[derive(Clone)]
pub struct Pages(web::Data<Web>);

impl Pages {
    /// Built once.
    pub fn new(app: Arc<App>) -> Self {
        Self(web::Data::new(Web::new(app)))
    }

    /// Adds what handlers need, and every route.
    pub fn register(&self, services: &mut ServiceConfig, routes: &mut Table) {
        services.app_data(self.0.clone());
        table().register(routes);
    }

    /// What answers at an address that does not exist.
    pub fn otherwise() -> Route {
        web::to(unknown::nothing_here)
    }
}

/// Every page and form: method, path, and the right that it asks for (`None`: a session is enough, or none is needed).
pub fn routes() -> Vec<routes::Known> {
    table().known()
}

fn table() -> Routes {
    let mut routes = Routes::default();
    assets::routes(&mut routes);
    sign_in::routes(&mut routes);
    overview::routes(&mut routes);
    bindings::routes(&mut routes);
    callbacks::routes(&mut routes);
    corps::routes(&mut routes);
    settings::routes(&mut routes);
    directory::routes(&mut routes);
    messages::routes(&mut routes);
    system::routes(&mut routes);
    sync::routes(&mut routes);
    rules::routes(&mut routes);
    menus::routes(&mut routes);
    routes
}

//! REST for machines: one file per resource. Handlers extract, check, call one service function, answer; they decide
//! nothing. Refuses to know pages.

mod accounts;
pub(crate) mod answer;
mod api_keys;
mod apps;
mod audit;
mod auth;
mod auto_replies;
mod backups;
mod bindings;
mod cb;
mod confirm;
mod corps;
mod deliveries;
mod describe;
mod docs;
mod employees;
mod errcodes;

pub(crate) mod events;
mod explain;
mod exports;
mod expressions;
mod imports;
mod inbox;
mod lists;
mod menus;
mod messages;
mod mirror;
mod named;
mod once;
mod openapi;
mod pictures;
mod plans;
mod receivers;
mod routes;
mod rules;
mod runs;
mod secrets;
mod settings;
mod setup;
mod state;
mod system;
mod tenants;
mod throttle;
mod todos;
mod units;
mod upload;
mod webhooks;

use crate::app::App;
use crate::http::{Problem, Table};
use crate::locale::Lang;
use actix_web::web::{self, ServiceConfig};
use bytes::Bytes;
use routes::Routes;
use state::State;
use std::sync::Arc;

/// The whole of the API; one for all workers.
#[derive(Clone)]
pub struct Api(web::Data<State>);

impl Api {
    /// Built once.
    pub fn new(app: Arc<App>) -> Self {
        Self(web::Data::new(state(app)))
    }

    /// Adds what handlers need, and every route.
    pub fn register(&self, services: &mut ServiceConfig, routes: &mut Table) {
        services.app_data(self.0.clone());
        cb::register(services);
        table().register(routes);
    }
}

/// The OpenAPI document of everything that is served under a base path.
pub fn document(base_path: &str) -> serde_json::Value {
    serde_json::to_value(openapi::document(table(), base_path)).unwrap_or_default()
}

fn state(app: Arc<App>) -> State {
    let document = document(&app.config.server.base_path);
    State {
        pages: [Lang::Zh, Lang::En].map(|lang| Bytes::from(docs::render(&document, lang))),
        document: Bytes::from(document.to_string()),
        in_flight: once::InFlight::default(),
        kept: crate::http::kept::Kept::new(app.config.limits.body_max_bytes()),
        throttle: throttle::Throttle::default(),
        app,
    }
}

/// Every route.
fn table() -> Routes {
    let mut routes = Routes::default();
    docs::routes(&mut routes);
    tenants::routes(&mut routes);
    corps::routes(&mut routes);
    apps::routes(&mut routes);
    secrets::routes(&mut routes);
    setup::routes(&mut routes);
    units::routes(&mut routes);
    employees::routes(&mut routes);
    imports::routes(&mut routes);
    expressions::routes(&mut routes);
    exports::routes(&mut routes);
    backups::routes(&mut routes);
    mirror::routes(&mut routes);
    bindings::routes(&mut routes);
    inbox::routes(&mut routes);
    auto_replies::routes(&mut routes);
    pictures::routes(&mut routes);
    webhooks::routes(&mut routes);
    plans::routes(&mut routes);
    runs::routes(&mut routes);
    messages::routes(&mut routes);
    rules::routes(&mut routes);
    menus::routes(&mut routes);
    receivers::routes(&mut routes);
    explain::routes(&mut routes);
    errcodes::routes(&mut routes);
    api_keys::routes(&mut routes);
    accounts::routes(&mut routes);
    settings::routes(&mut routes);
    audit::routes(&mut routes);
    system::routes(&mut routes);
    routes
}

/// The id in a body repeats that of the path.
fn must_be_same(path: &str, body: &str) -> Result<(), Problem> {
    if path == body {
        return Ok(());
    }
    Err(Problem::invalid("request.id", "The id in the body must be that of the path.")
        .at("id", format!("must be {path:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn no_two_schemas_share_a_name() {
        let mut known = HashMap::new();
        table().into_parts(|name, schema| {
            let text = serde_json::to_string(&schema).unwrap();
            let first = known.entry(name.clone()).or_insert_with(|| text.clone());
            assert_eq!(*first, text, "two different schemas are named {name}");
        });
        assert!(known.len() > 100, "{} schemas", known.len());
    }
}

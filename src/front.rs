//! Everything that one server serves: the API for machines and the pages for people.

use crate::api::Api;
use crate::app::App;
use crate::http::{self, Running, ServeError, Table};
use crate::web::{self, Pages};
use std::net::TcpListener;
use std::sync::Arc;

/// Starts the server: on the configured address, or on a listener handed over. On `Err` nothing runs.
pub fn serve(app: Arc<App>, listener: Option<TcpListener>) -> Result<Running, ServeError> {
    let (config, clock) = (app.config.clone(), app.clock.clone());
    let (api, pages) = (Api::new(app.clone()), Pages::new(app));
    http::start(&config, &clock, listener, Some(web::error_page), move |services, _| {
        let mut table = Table::new(Pages::otherwise());
        api.register(services, &mut table);
        pages.register(services, &mut table);
        services.service(table);
    })
}

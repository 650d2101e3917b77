//! Messages out: the push log, one message with its life, sending by hand, queues.

mod act;
mod detail;
mod form;
mod log;
mod names;
mod new;
mod queues;
mod todo;

use super::routes::Routes;
use super::state::Web;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::model::{Corp, Delivery, DeliveryState, Tenant, TenantKey};
use crate::store;
use crate::web::rules;

pub(super) fn routes(routes: &mut Routes) {
    log::routes(routes);
    new::routes(routes);
    detail::routes(routes);
    act::routes(routes);
    todo::routes(routes);
    queues::routes(routes);
}

async fn get_tenant(web: &Web, key: &TenantKey) -> Result<Tenant, Problem> {
    let wanted = key.clone();
    let found = web.app.store.read_async(move |tx| store::tenants::find(tx, &wanted)).await.map_err(store_problem)?;
    found.ok_or_else(|| Problem::not_found("tenant", key))
}

/// Corp and app of a delivery as people call them; empty where nothing was sent.
fn place(corps: &[Corp], row: &Delivery) -> String {
    match (&row.corp, &row.app) {
        (Some(corp), Some(app)) => rules::place(corps, corp.as_str(), app.as_str()),
        (Some(corp), None) => {
            corps.iter().find(|known| known.key == *corp).map_or_else(|| corp.to_string(), |known| known.name.clone())
        }
        _ => String::new(),
    }
}

/// Class of the style sheet for a state.
fn class(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Sent => "good",
        DeliveryState::Waiting | DeliveryState::Recalled | DeliveryState::Expired => "",
        DeliveryState::NotBound | DeliveryState::OutsideRange | DeliveryState::ProbablyDropped => "warn",
        DeliveryState::UnknownRecipient | DeliveryState::Invalid | DeliveryState::Unknown | DeliveryState::Failed => {
            "bad"
        }
    }
}

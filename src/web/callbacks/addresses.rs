//! How the addresses of a corp fare: what came, how late, the longest silence, and why something was not taken.

use crate::callbacks::inbox::ReceiverGauge;
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CallbacksRead;
use crate::locale::T;
use crate::model::{CallbackFailure, CallbackOf, Corp, CorpKey};
use crate::setup::service;
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/callbacks", show);
}

/// One failure in words.
struct Failure {
    when: String,
    what: &'static str,
    cure: &'static str,
    failure: CallbackFailure,
}

struct Address {
    name: String,
    url: Option<String>,
    gauge: ReceiverGauge,
    state: &'static str,
    class: &'static str,
    last: String,
    checked: String,
    lag: String,
    gap: String,
    failures: Vec<Failure>,
}

#[derive(Template)]
#[template(path = "callbacks/addresses.html")]
struct AddressesPage {
    f: Frame,
    corp: Corp,
    waiting: usize,
    failed: usize,
    oldest: String,
    addresses: Vec<Address>,
}

async fn show(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    let (t, app) = (who.t, &web.app);
    let corp = service::get_corp(&app.store, &key).await.map_err(setup_problem)?;
    let gauges = app.callbacks.gauges(&key).await.map_err(store_problem)?;
    let public_url = app.public_url().await.map_err(store_problem)?;
    let now_ms = app.clock.now_ms();
    let addresses = gauges.receivers.into_iter().map(|gauge| address(t, &corp, &public_url, gauge, now_ms)).collect();
    reply::page(&AddressesPage {
        f: who.frame(t.nav_callbacks()),
        waiting: gauges.waiting,
        failed: gauges.failed,
        oldest: time::span(t, gauges.oldest_waiting_ms),
        addresses,
        corp,
    })
}

/// The name of a receiver as people read it.
pub(super) fn name_of(t: T, corp: &Corp, of: &CallbackOf) -> String {
    match of {
        CallbackOf::Contacts => t.callback_of_contacts().to_owned(),
        CallbackOf::Customers => t.callback_of_customers().to_owned(),
        CallbackOf::App(key) if key.as_str() == "*" => t.callback_of_nobody().to_owned(),
        CallbackOf::App(key) => corp.find_app(key).map_or_else(|| key.to_string(), |app| app.name.clone()),
    }
}

fn address(t: T, corp: &Corp, public_url: &str, gauge: ReceiverGauge, now_ms: i64) -> Address {
    let is_nobody = gauge.receiver.segment() == "*";
    let (state, class) = match (gauge.is_failing, gauge.is_on, gauge.last_at_ms.or(gauge.health.checked_at_ms)) {
        (true, ..) => (t.callback_state_failing(), "bad"),
        (_, false, _) => (t.callback_off(), ""),
        (_, _, None) => (t.callback_state_silent(), "warn"),
        _ => (t.callback_state_good(), "good"),
    };
    let ago = |at_ms: Option<i64>| at_ms.map_or_else(|| "–".to_owned(), |at_ms| time::ago(t, at_ms, now_ms));
    let span = |ms: Option<i64>| ms.map_or_else(|| "–".to_owned(), |ms| time::span(t, ms));
    let failures = gauge.health.last.iter().map(|failure| {
        let (what, cure) = t.callback_fault(failure.fault);
        Failure { when: time::second(failure.at_ms), what, cure, failure: failure.clone() }
    });
    Address {
        name: name_of(t, corp, &gauge.receiver),
        url: (!is_nobody).then(|| format!("{public_url}/cb/{}/{}", corp.key, gauge.receiver)),
        state: if is_nobody { "" } else { state },
        class,
        last: ago(gauge.health.taken_at_ms),
        checked: ago(gauge.health.checked_at_ms),
        lag: span(gauge.lag_p95_ms),
        gap: span(gauge.longest_gap_ms),
        failures: failures.collect(),
        gauge,
    }
}

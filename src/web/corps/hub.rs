//! One corp: what is done and what comes next, its credentials, apps, callbacks, trusted IP.

use super::failed_test;
use super::fields::edition_name;
use super::guide::{self, Guide, guide};
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpRead;
use crate::model::{Access, ApiScope, App, CallbackOf, Corp, CorpKey, SecretName};
use crate::setup::service;
use crate::store;
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}", show);
}

/// A step of the wizard (AUTH-12).
struct Step {
    title: &'static str,
    help: &'static str,
    is_done: bool,
    is_next: bool,
    /// Where it is done; a path of ours or a place on this page.
    href: String,
}

struct AppRow {
    app: App,
    has_secret: bool,
    has_callback: bool,
    is_read_app: bool,
    /// Nothing has gone through with it yet.
    is_untested: bool,
    /// What its last test found wrong.
    failed: Option<String>,
}

/// An address that WeCom calls about the whole corp.
struct Address {
    title: &'static str,
    lead: &'static str,
    /// Where the form goes that makes keys.
    renew_url: String,
    has_keys: bool,
    guide: Guide,
}

#[derive(Template)]
#[template(path = "corps/hub.html")]
struct HubPage {
    f: Frame,
    corp: Corp,
    edition: &'static str,
    is_read_only: bool,
    has_contacts: bool,
    /// What the last test of the contacts secret found wrong.
    contacts_failed: Option<String>,
    addresses: Vec<Address>,
    apps: Vec<AppRow>,
    steps: Vec<Step>,
    is_complete: bool,
    can_change: bool,
    read: Option<String>,
    /// Where the contacts secret is found in the console.
    contacts_way: Vec<guide::Step>,
    /// Where trusted addresses are entered in the console.
    trusted_ip_way: Vec<guide::Step>,
}

impl HubPage {
    /// Names of the apps with which nothing has gone through yet.
    fn untested(&self) -> String {
        let untested = self.apps.iter().filter(|row| row.is_untested && row.failed.is_none());
        let names = untested.map(|row| row.app.name.as_str());
        names.collect::<Vec<_>>().join(self.f.t.lang.pick("、", ", "))
    }
}

struct Facts {
    is_pulled: bool,
    has_directory: bool,
}

async fn show(who: Admin<CorpRead>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let (app, t) = (&web.app, who.t);
    let corp = service::get_corp(&app.store, &key).await.map_err(setup_problem)?;
    let secrets = service::list_secrets(&app.store, &key).await.map_err(setup_problem)?;
    let is_set = |name: &SecretName| secrets.iter().any(|(known, is_set)| known == name && *is_set);
    let (wanted, tenant) = (corp.key.clone(), corp.tenant.clone());
    let read = app.store.read_async(move |tx| {
        let trials = store::trials::list(tx, &wanted)?;
        Ok((store::mirror::head(tx, &wanted)?, store::directory::counts(tx, &tenant)?, trials))
    });
    let (head, counts, trials) = read.await.map_err(store_problem)?;
    let public_url = app.public_url().await.map_err(store_problem)?;
    let apps: Vec<AppRow> = corp
        .apps
        .iter()
        .map(|app| AppRow {
            has_secret: is_set(&SecretName::App(app.key.clone())),
            has_callback: app.callback_enabled,
            is_read_app: corp.read_app.as_ref() == Some(&app.key),
            is_untested: store::trials::is_untested(&trials, &app.key),
            failed: failed_test(t, &trials, &SecretName::App(app.key.clone())),
            app: app.clone(),
        })
        .collect();
    let has_contacts = is_set(&SecretName::Contacts);
    let facts = Facts { is_pulled: head.is_some(), has_directory: counts.employees > 0 };
    let at = |path: &str| who.url(&format!("/corps/{}{path}", corp.key));
    let steps = steps(&who, &corp, has_contacts, &apps, &facts);
    reply::page(&HubPage {
        f: who.frame(corp.name.clone()),
        edition: who.t.edition(edition_name(corp.edition)),
        is_read_only: corp.access == Access::ReadOnly,
        has_contacts,
        contacts_failed: failed_test(t, &trials, &SecretName::Contacts),
        addresses: vec![
            Address {
                title: t.contacts_callback(),
                lead: t.contacts_callback_lead(),
                renew_url: at("/callback-keys"),
                has_keys: is_set(&SecretName::ContactsToken) && is_set(&SecretName::ContactsAesKey),
                guide: guide(t, &corp, &CallbackOf::Contacts, &public_url),
            },
            Address {
                title: t.customers_callback(),
                lead: t.customers_callback_lead(),
                renew_url: at("/customers-callback-keys"),
                has_keys: is_set(&SecretName::CustomersToken) && is_set(&SecretName::CustomersAesKey),
                guide: guide(t, &corp, &CallbackOf::Customers, &public_url),
            },
        ],
        contacts_way: guide::way_to_contacts(t),
        trusted_ip_way: guide::way_to_trusted_ip(t),
        apps,
        is_complete: steps.iter().all(|step| step.is_done),
        steps,
        can_change: who.may(ApiScope::CorpWrite),
        read: head.map(|head| time::minute(head.read_at_ms)),
        corp,
    })
}

/// The steps in their order; the first that is not done is the next one.
fn steps(who: &Person, corp: &Corp, has_contacts: bool, apps: &[AppRow], facts: &Facts) -> Vec<Step> {
    let t = who.t;
    let is_writer = corp.access == Access::ReadWrite;
    let has_reader = apps.iter().any(|app| app.is_read_app && app.has_secret);
    let at = |path: &str| who.url(&format!("/corps/{}{path}", corp.key));
    let mut steps = vec![(t.step_basics(), t.step_basics_help(), true, at("/edit"))];
    if is_writer {
        steps.push((t.step_contacts(), t.step_contacts_help(), has_contacts, at("#contacts")));
    }
    let app_done = has_reader || (has_contacts && corp.read_app.is_none() && !apps.is_empty());
    steps.push((t.step_app(), t.step_app_help(), app_done, at("/apps/new")));
    steps.push((t.step_test(), t.step_test_help(), facts.is_pulled, at("/sync")));
    let import = who.url(&format!("/tenants/{}/import", corp.tenant));
    steps.push((t.step_directory(), t.step_directory_help(), facts.has_directory, import));
    if is_writer {
        steps.push((t.step_settings(), t.step_settings_help(), corp.downstream.enabled, at("/settings")));
    }
    let mut is_next = true;
    steps
        .into_iter()
        .map(|(title, help, is_done, href)| {
            let step = Step { title, help, is_done, is_next: is_next && !is_done, href };
            is_next &= is_done;
            step
        })
        .collect()
}

//! `/api/v1/corps`: WeCom corporations and their options. Secrets are not among them (see `secrets`).

use super::answer::{NoContent, Ok, Page, Put, Reply};
use super::auth::{CorpRead, CorpWrite, Key};
use super::confirm::ConfirmQuery;
use super::named::check_key;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::setup_problem;
use crate::http::{Body, Problem, Query};
use crate::model::{
    Access, App, AppKey, Corp, CorpKey, DownstreamOptions, Edition, MatchRule, PullOptions, Quota, TenantKey,
    UpstreamOptions,
};
use crate::setup::service::Consent;
use crate::setup::{Links, RawEndpoints, SetupError, default_endpoints, service};
use actix_web::web;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Corps", "WeCom corporations connected to a tenant, with every option of pull and downstream.")
        .get("/api/v1/corps", "List the corps", list)
        .get("/api/v1/corps/{corp}", "Read a corp with its apps and options", read)
        .put(
            "/api/v1/corps/{corp}",
            "Create or change a corp\nReplaces the corp's settings as a whole: what is absent takes its default. Apps and \
             secrets have their own paths and stay.",
            put,
        )
        .delete(
            "/api/v1/corps/{corp}",
            "Remove a corp with everything that is kept for it\nWeCom itself is not touched. `confirm` must be the corp's key. \
             Refused while a run is under way.",
            remove,
        );
}

/// A corp's settings. Base URLs that are absent take the edition's defaults. What `GET` answers is acceptable as it is.
#[derive(Debug, Deserialize, ToSchema)]
struct CorpBody {
    /// The key, as in the path.
    #[serde(default)]
    key: Option<CorpKey>,
    /// The apps as they are: they have paths of their own and are not changed here.
    #[serde(default)]
    apps: Option<Vec<App>>,
    /// The tenant whose directory it is kept in step with.
    tenant: TenantKey,
    /// Shown name.
    name: String,
    /// WeCom's CorpID.
    corpid: String,
    /// Edition; default `public`.
    #[serde(default)]
    edition: Edition,
    /// Addresses.
    #[serde(default)]
    endpoints: EndpointsBody,
    /// `read-only` (default) or `read-write`.
    #[serde(default)]
    access: Access,
    /// The app whose secret reads details.
    #[serde(default)]
    read_app: Option<AppKey>,
    /// Call limits; default those of the public edition.
    #[serde(default)]
    quota: Quota,
    /// Ordered match rules for what is not bound yet.
    #[serde(default)]
    match_rules: Vec<MatchRule>,
    /// Pull options.
    #[serde(default)]
    pull: PullOptions,
    /// Downstream options.
    #[serde(default)]
    downstream: DownstreamOptions,
    /// Upstream options.
    #[serde(default)]
    upstream: UpstreamOptions,
    /// What becomes of the links where `tenant`, `corpid` or `endpoints.api_base` change and the corp so becomes another
    /// WeCom; without it such a change is refused while links are there (`setup.linked`). `keep` needs the same `tenant`
    /// and `corpid`. No effect otherwise.
    #[serde(default)]
    links: Option<Links>,
    /// The corp's key again, where the settings begin to delete people: `downstream.leaver` or `downstream.out_of_scope`
    /// becomes `delete`, or `downstream.delete_after_days` more than 0. Without it they are refused (422
    /// `request.confirm`). No effect otherwise.
    #[serde(default)]
    confirm: Option<String>,
}

/// Where the corp's services are found.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct EndpointsBody {
    /// Server API; must be given for `private` and `government`.
    api_base: Option<String>,
    /// `/connect/oauth2/authorize`
    authorize_base: Option<String>,
    /// `/wwlogin/sso/login` and `/wwopen/sso/qrConnect`
    login_base: Option<String>,
    /// Link shown to the administrator.
    console_url: Option<String>,
    /// Private CA, a PEM file on the appliance.
    ca_file: Option<String>,
    /// `http://`, `https://` or `socks5://`
    proxy: Option<String>,
    /// Time-out of one request; default 5000.
    timeout_ms: Option<u64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only the corps of this tenant.
    tenant: Option<String>,
}

async fn list(_: Key<CorpRead>, state: web::Data<State>, query: Query<ListQuery>) -> Result<Ok<Page<Corp>>, Problem> {
    let tenant = query.0.tenant.map(TenantKey::from);
    let all = service::list_corps(&state.app.store, tenant).await.map_err(setup_problem)?;
    Result::Ok(Reply::new(Page::whole(all)))
}

async fn read(_: Key<CorpRead>, state: web::Data<State>, corp: web::Path<CorpKey>) -> Result<Ok<Corp>, Problem> {
    service::get_corp(&state.app.store, &corp).await.map(Reply::new).map_err(setup_problem)
}

async fn put(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    key: web::Path<CorpKey>,
    body: Body<CorpBody>,
) -> Result<Put<Corp>, Problem> {
    let key = key.into_inner();
    let to_delete = body.value.confirm.as_deref() == Some(key.as_str());
    let consent = Consent { links: body.value.links, to_delete };
    check_same(&state, &key, &body.value).await?;
    let saved = service::put_settings(&state.app.store, &caller.actor, body.value.into_corp(key), consent).await;
    saved.map(|(saved, corp)| Put::new(corp, saved)).map_err(in_body).map_err(setup_problem)
}

/// What `GET` shows beside the settings may stand in the body, but only as it is.
async fn check_same(state: &State, key: &CorpKey, body: &CorpBody) -> Result<(), Problem> {
    check_key(key.as_str(), body.key.as_ref().map(CorpKey::as_str))?;
    let Some(apps) = &body.apps else { return Result::Ok(()) };
    let present = match service::get_corp(&state.app.store, key).await {
        Result::Ok(corp) => corp.apps,
        Err(SetupError::NotFound(_)) => Vec::new(),
        Err(error) => return Err(setup_problem(error)),
    };
    if *apps != present {
        let told =
            format!("Apps are changed at /api/v1/corps/{key}/apps; leave them out here, or give them as they are.");
        return Err(Problem::invalid("setup.invalid", told.clone()).at("apps", told));
    }
    Result::Ok(())
}

/// The set-up file has the addresses one level higher, and another word for the match rules.
fn in_body(mut error: SetupError) -> SetupError {
    const ADDRESSES: [&str; 7] =
        ["api_base", "authorize_base", "login_base", "console_url", "ca_file", "proxy", "timeout_ms"];
    if let SetupError::Faults(faults) = &mut error {
        for fault in &mut faults.0 {
            if ADDRESSES.contains(&fault.path.as_str()) {
                fault.path.insert_str(0, "endpoints.");
            } else if fault.path.starts_with("match[") {
                fault.path.replace_range(.."match".len(), "match_rules");
            }
        }
    }
    error
}

async fn remove(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<ConfirmQuery>,
) -> Result<NoContent, Problem> {
    query.0.check(corp.as_str())?;
    let app = &state.app;
    service::remove_corp(&app.store, &app.clients, &caller.actor, &corp)
        .await
        .map(|()| NoContent)
        .map_err(setup_problem)
}

impl CorpBody {
    fn into_corp(self, key: CorpKey) -> Corp {
        let EndpointsBody { api_base, authorize_base, login_base, console_url, ca_file, proxy, timeout_ms } =
            self.endpoints;
        let raw = RawEndpoints { api_base, authorize_base, login_base, console_url, ca_file, proxy, timeout_ms };
        Corp {
            key,
            tenant: self.tenant,
            name: self.name,
            corpid: self.corpid,
            edition: self.edition,
            endpoints: default_endpoints(self.edition, raw),
            access: self.access,
            read_app: self.read_app,
            quota: self.quota,
            apps: Vec::new(),
            match_rules: self.match_rules,
            pull: self.pull,
            downstream: self.downstream,
            upstream: self.upstream,
        }
    }
}

//! Base settings of the appliance (OPS-01, PEER-29).

use crate::admin::accounts;
use crate::admin::settings::{
    self, KEEP_AUDIT_DAYS, KEEP_DAYS, SESSION_IDLE_MIN, SESSION_MAX_H, Settings, SettingsError,
};
use crate::http::Problem;
use crate::http::errors::{account_problem, settings_problem, store_problem};
use crate::http::permission::SettingsWrite;
use crate::locale::Lang;
use crate::model::digest;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_on};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/system/settings", show).post("/system/settings", save);
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Fields {
    /// Digest of the settings that the form was filled from.
    #[serde(default)]
    seen: String,
    #[serde(default)]
    public_url: String,
    language: String,
    session_idle_min: String,
    session_max_h: String,
    #[serde(default)]
    two_person_removals: Option<String>,
    keep_runs_days: String,
    keep_history_days: String,
    keep_audit_days: String,
}

#[derive(Template)]
#[template(path = "system/settings.html")]
struct SettingsPage {
    f: Frame,
    fields: Fields,
    faults: Faults,
    /// Somebody has saved other settings since the form was opened.
    is_stale: bool,
    /// What `config.toml` sets, which wins.
    fixed_url: Option<String>,
    listen: String,
    data_dir: String,
}

impl SettingsPage {
    fn new(who: &Person, web: &Web, fields: Fields, faults: Faults) -> Self {
        let config = &web.app.config.server;
        Self {
            f: who.frame(who.t.nav_settings()),
            fields,
            faults,
            is_stale: false,
            fixed_url: config.public_url.clone(),
            listen: config.listen.to_string(),
            data_dir: config.data_dir.display().to_string(),
        }
    }

    fn languages(&self) -> Vec<(&'static str, &'static str)> {
        Lang::ALL.into_iter().map(|lang| (lang.code(), lang.own_name())).collect()
    }

    fn needs_two(&self) -> bool {
        is_on(self.fields.two_person_removals.as_ref())
    }
}

async fn show(who: Admin<SettingsWrite>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let known = settings::get(&web.app.admin).await.map_err(store_problem)?;
    let fields = Fields {
        seen: digest::of(&known),
        public_url: known.public_url.unwrap_or_default(),
        language: known.language,
        session_idle_min: known.session_idle_min.to_string(),
        session_max_h: known.session_max_h.to_string(),
        two_person_removals: known.two_person_removals.then(|| "1".to_owned()),
        keep_runs_days: known.keep_runs_days.to_string(),
        keep_history_days: known.keep_history_days.to_string(),
        keep_audit_days: known.keep_audit_days.to_string(),
    };
    reply::page(&SettingsPage::new(&who, &web, fields, Faults::default()))
}

async fn save(who: Admin<SettingsWrite>, web: web::Data<Web>, form: Form<Fields>) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let (t, mut faults) = (who.t, Faults::default());
    let mut number = |name: &str, text: &str, range: std::ops::RangeInclusive<u32>| {
        let value = text.trim().parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            faults.add(name, t.settings_fault_range(range.start(), range.end()));
        }
        value.unwrap_or_default()
    };
    let session_idle_min = number("session_idle_min", &fields.session_idle_min, SESSION_IDLE_MIN);
    let session_max_h = number("session_max_h", &fields.session_max_h, SESSION_MAX_H);
    let mut days = |name: &str, text: &str, range: std::ops::RangeInclusive<u32>| {
        let value = text.trim().parse().ok().filter(|value| *value == 0 || range.contains(value));
        if value.is_none() {
            faults.add(name, t.settings_fault_days(range.start(), range.end()));
        }
        value.unwrap_or_default()
    };
    let keep_runs_days = days("keep_runs_days", &fields.keep_runs_days, KEEP_DAYS);
    let keep_history_days = days("keep_history_days", &fields.keep_history_days, KEEP_DAYS);
    let keep_audit_days = days("keep_audit_days", &fields.keep_audit_days, KEEP_AUDIT_DAYS);
    let known = settings::get(&web.app.admin).await.map_err(store_problem)?;
    let public_url = Some(fields.public_url.trim().trim_end_matches('/').to_owned()).filter(|url| !url.is_empty());
    let wanted = Settings {
        public_url: if web.app.config.server.public_url.is_some() { known.public_url.clone() } else { public_url },
        language: fields.language.clone(),
        session_idle_min,
        session_max_h,
        two_person_removals: is_on(fields.two_person_removals.as_ref()),
        keep_runs_days,
        keep_history_days,
        keep_audit_days,
    };
    if faults.is_empty() {
        match settings::set_seen(&web.app.admin, &who.actor(), &fields.seen, wanted).await {
            Err(SettingsError::Stale) => {
                let known = settings::get(&web.app.admin).await.map_err(store_problem)?;
                let fields = Fields { seen: digest::of(&known), ..fields };
                return reply::again(&SettingsPage { is_stale: true, ..SettingsPage::new(&who, &web, fields, faults) });
            }
            Ok(saved) => return Ok(reply::go(&who, "/system/settings", Some(told(&who, &web, &saved).await?))),
            Err(SettingsError::Value { field: "public_url", .. }) => faults.add("public_url", t.settings_fault_url()),
            Err(error) => return Err(settings_problem(error)),
        }
    }
    reply::again(&SettingsPage::new(&who, &web, fields, faults))
}

/// So many administrators can decide whatever one of them has started: two who are not that one.
const DECIDERS: usize = 3;

/// That it is saved; with a warning where a decision would want more people than there are.
async fn told(who: &Person, web: &Web, saved: &Settings) -> Result<Flash, Problem> {
    if !saved.two_person_removals {
        return Ok(Flash::good(who.t.saved()));
    }
    let all = accounts::list(&web.app.admin).await.map_err(account_problem)?;
    let count = all.iter().filter(|account| account.is_enabled_administrator()).count();
    Ok(match count < DECIDERS {
        true => Flash::warning(who.t.settings_two_few(count)),
        false => Flash::good(who.t.saved()),
    })
}

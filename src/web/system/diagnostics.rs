//! The doctor as a page (BEY-11, OPS-06, OPS-07): the way from this machine to a corp's data, step by step.

use crate::http::Problem;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::OpsRead;
use crate::model::{App, AppKey, CorpKey, SecretName};
use crate::ops::doctor::{self, Finding, State, Words};
use crate::ops::health::{self, Readiness, Status};
use crate::store;
use crate::web::corps::{FailedTest, failed_tests};
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/system/diagnostics", show).post("/system/diagnostics", examine);
}

struct Row {
    finding: Finding,
    /// Name of the corp.
    corp: String,
    /// What was looked at, apps by their names.
    check: String,
    found: String,
    fix: String,
}

struct CorpChoice {
    key: CorpKey,
    name: String,
    tenant: String,
}

#[derive(Template)]
#[template(path = "system/diagnostics.html")]
struct DiagnosticsPage {
    f: Frame,
    corps: Vec<CorpChoice>,
    readiness: Readiness,
    rows: Option<Vec<Row>>,
    /// Corps and apps with which nothing has gone through yet.
    untested: Vec<String>,
    /// Credentials whose last test failed.
    failed: Vec<FailedTest>,
    is_well: bool,
    /// The corp that was examined; empty = all.
    chosen: String,
}

impl DiagnosticsPage {
    fn class(&self, state: &State) -> &'static str {
        match state {
            State::Ok => "good",
            State::Warning => "warn",
            State::Failed => "bad",
        }
    }

    fn state(&self, state: &State) -> &'static str {
        match state {
            State::Ok => self.f.t.check_ok(),
            State::Warning => self.f.t.check_warning(),
            State::Failed => self.f.t.check_failed(),
        }
    }

    fn health(&self) -> (&'static str, &'static str) {
        let t = self.f.t;
        match self.readiness.status {
            Status::Ready => ("good", t.health_ready()),
            Status::Degraded => ("warn", t.health_degraded()),
            Status::Down => ("bad", t.health_down()),
        }
    }
}

async fn page(who: &Person, web: &Web, rows: Option<Vec<Row>>, chosen: String) -> Result<DiagnosticsPage, Problem> {
    let corps = who.visit.places.iter().filter_map(|place| {
        let corp = place.corp.as_ref()?;
        Some(CorpChoice { key: corp.key.clone(), name: corp.name.clone(), tenant: place.tenant_name.clone() })
    });
    let t = who.t;
    let read = web.app.store.read_async(move |tx| {
        let (mut untested, mut failed) = (Vec::new(), Vec::new());
        for corp in store::corps::list(tx)? {
            let trials = store::trials::list(tx, &corp.key)?;
            failed.extend(failed_tests(t, &corp, &trials));
            let is_untested = |app: &&App| {
                let of = SecretName::App(app.key.clone());
                store::trials::is_untested(&trials, &app.key) && store::trials::failure(&trials, &of).is_none()
            };
            untested.extend(corp.apps.iter().filter(is_untested).map(|app| format!("{} / {}", corp.name, app.name)));
        }
        Ok((untested, failed))
    });
    let (untested, failed) = read.await.map_err(store_problem)?;
    let mut readiness = health::readiness(&web.app).await;
    // each stands below by its name
    readiness.reasons.retain(|reason| reason.code != health::FAILED_TEST || failed.is_empty());
    let is_well = rows.iter().flatten().all(|row| row.finding.state != State::Failed);
    Ok(DiagnosticsPage {
        f: who.frame(who.t.nav_diagnostics()),
        corps: corps.collect(),
        readiness,
        rows,
        untested,
        failed,
        is_well,
        chosen,
    })
}

async fn show(who: Admin<OpsRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    reply::page(&page(&who, &web, None, String::new()).await?)
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    corp: String,
}

async fn examine(who: Admin<OpsRead>, web: web::Data<Web>, form: Form<Wanted>) -> Result<HttpResponse, Problem> {
    let corp = CorpKey::parse(&form.0.corp).ok();
    let found = doctor::examine(&web.app, corp.as_ref()).await.map_err(sync_problem)?;
    let words = |words: &Words| who.lang().pick(&words.zh, &words.en).to_owned();
    let corps = web.app.store.read_async(store::corps::list).await.map_err(store_problem)?;
    let known = |key: &CorpKey| corps.iter().find(|corp| corp.key == *key);
    let check = |finding: &Finding| {
        let named = finding.check.split_once("app/").and_then(|(kind, key)| {
            let corp = known(&finding.corp)?;
            Some(format!("{kind}app/{}", corp.find_app(&AppKey::from(key))?.name))
        });
        who.t.check_name(named.as_ref().unwrap_or(&finding.check))
    };
    let rows = found.findings.into_iter().map(|finding| Row {
        corp: known(&finding.corp).map_or_else(|| finding.corp.to_string(), |corp| corp.name.clone()),
        check: check(&finding),
        found: words(&finding.found),
        fix: finding.fix.as_ref().map(words).unwrap_or_default(),
        finding,
    });
    let rows = rows.collect();
    reply::page(&page(&who, &web, Some(rows), form.0.corp).await?)
}

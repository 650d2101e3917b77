//! The doctor (BEY-11, OPS-06, OPS-07, OPS-09): walks the way from this machine to a corp's data and says where it is
//! blocked and what to do. It changes nothing at WeCom; what it finds about each credential is kept.

mod credentials;
mod network;

use crate::app::App;
use crate::model::{Corp, CorpKey, SecretName};
use crate::store;
use crate::store::trials::TestFailure;
use crate::sync::SyncError;
use crate::wecom::{CallError, RefusalClass};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Works, but look at it.
    Warning,
    /// Does not work.
    Failed,
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Words {
    /// English
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

/// One thing that was examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The corp.
    #[schema(value_type = String)]
    pub corp: CorpKey,
    /// Stable name, e.g. `network.dns`, `secret.app/oa`.
    pub check: String,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub found: Words,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Words>,
    /// WeCom's errcode, where one was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// The address under which WeCom sees this machine, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_as: Option<String>,
    /// Addresses, for firewalls (OPS-07).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

/// What the doctor says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Examination {
    /// Whether nothing failed.
    pub ok: bool,
    /// In the order of the way, corp by corp.
    pub findings: Vec<Finding>,
}

/// Examines one corp, or all.
pub async fn examine(app: &App, corp: Option<&CorpKey>) -> Result<Examination, SyncError> {
    let corps = match corp {
        Some(key) => vec![app.env.get_corp(key).await?],
        None => app.store.read_async(crate::store::corps::list).await?,
    };
    let mut findings = Vec::new();
    for corp in &corps {
        let (mut notes, began_ms) =
            (Notes { corp, findings: Vec::new(), passing: Vec::new(), refused: Vec::new() }, app.clock.now_ms());
        if network::examine(&app.clock, &mut notes).await {
            credentials::examine(app, &mut notes).await?;
        }
        remember(app, &notes, began_ms).await;
        findings.append(&mut notes.findings);
    }
    Ok(Examination { ok: findings.iter().all(|finding| finding.state != State::Failed), findings })
}

/// Keeps what was found about each credential until something goes through with it. Where WeCom was not reached, or had
/// no time, nothing is known of the credentials, and what was known before stays.
async fn remember(app: &App, notes: &Notes<'_>, began_ms: i64) {
    let (corp, at_ms) = (notes.corp.clone(), app.clock.now_ms());
    // `Some(None)` = all is well
    let judged = |checks: [String; 2]| -> Option<Option<(TestFailure, bool)>> {
        let mut own = notes.findings.iter().filter(|finding| checks.contains(&finding.check)).peekable();
        own.peek()?;
        match own.find(|finding| finding.state == State::Failed) {
            Some(found) if notes.passing.contains(&found.check) => None,
            Some(found) => {
                let Words { en, zh } = found.found.clone();
                let failure = TestFailure { at_ms, errcode: found.errcode, en, zh };
                Some(Some((failure, notes.refused.contains(&found.check))))
            }
            None => Some(None),
        }
    };
    let contacts = (SecretName::Contacts, judged(["secret.contacts".into(), "secret.contacts.kind".into()]));
    let of_app = |app: &crate::model::App| {
        let checks = [format!("secret.app/{}", app.key), format!("app/{}", app.key)];
        (SecretName::App(app.key.clone()), judged(checks))
    };
    let outcomes: Vec<_> = std::iter::once(contacts).chain(corp.apps.iter().map(of_app)).collect();
    let write = move |tx: &store::WriteTx| {
        for (name, outcome) in &outcomes {
            // one that is not set says so by itself
            let is_set = store::secrets::find(tx, &corp.key, name)?.is_some_and(|secret| !secret.is_empty());
            match outcome.as_ref().filter(|_| is_set) {
                Some(Some((failure, is_of_secret))) => {
                    store::trials::failed(tx, &corp.key, name, began_ms, failure, *is_of_secret)?;
                }
                Some(None) => store::trials::worked(tx, &corp.key, name, began_ms)?,
                None => {}
            }
        }
        Ok(())
    };
    if let Err(error) = app.store.write(write).await {
        tracing::warn!(corp = %notes.corp.key, %error, "what a check of {} found could not be stored: {error}", notes.corp.key);
    }
    app.pulse.look.forget().await;
}

/// Gathers the findings of one corp.
struct Notes<'a> {
    corp: &'a Corp,
    findings: Vec<Finding>,
    /// Checks that failed by what says nothing about the credential: no answer, a limit, a call that is not there.
    passing: Vec<String>,
    /// Checks that the secret failed, or the address that calls come from.
    refused: Vec<String>,
}

impl Notes<'_> {
    fn add(&mut self, check: &str, state: State, en: impl Into<String>, zh: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding {
            corp: self.corp.key.clone(),
            check: check.to_owned(),
            state,
            found: Words { en: en.into(), zh: zh.into() },
            fix: None,
            errcode: None,
            seen_as: None,
            addresses: Vec::new(),
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// A call that did not end well, with our explanation of its errcode.
    fn refused(&mut self, check: &str, error: &CallError) -> &mut Finding {
        let explanation = error.explanation();
        let (en, zh) = match explanation {
            Some(known) => (
                format!("{}: {} {}", error.endpoint, error.errcode(), known.meaning.en),
                format!("{}: {} {}", error.endpoint, error.errcode(), known.meaning.zh),
            ),
            None => (error.to_string(), error.to_string()),
        };
        let refusal = error.refusal();
        use RefusalClass::{Busy, Capacity, Credential, IpNotTrusted, Other, RateLimited};
        match error.class() {
            None | Some(Busy | Capacity | Other | RateLimited) => self.passing.push(check.to_owned()),
            Some(Credential | IpNotTrusted) => self.refused.push(check.to_owned()),
            Some(_) => {}
        }
        let finding = self.add(check, State::Failed, en, zh);
        finding.errcode = refusal.map(|refusal| refusal.errcode);
        finding.seen_as = refusal.and_then(|refusal| refusal.caller_ip.clone());
        finding.fix = explanation.map(|known| Words {
            en: format!("{}. {}", known.cause.en.trim_end_matches('.'), known.fix.en),
            zh: format!("{}。{}。", known.cause.zh.trim_end_matches('。'), known.fix.zh.trim_end_matches('。')),
        });
        finding
    }
}

impl Finding {
    fn fix(&mut self, en: impl Into<String>, zh: impl Into<String>) {
        self.fix = Some(Words { en: en.into(), zh: zh.into() });
    }
}

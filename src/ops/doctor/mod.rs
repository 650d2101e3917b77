//! The doctor (BEY-11, OPS-06, OPS-07, OPS-09): walks the way from this machine to a corp's data and says where it is
//! blocked and what to do. It only reads.

mod credentials;
mod network;

use crate::app::App;
use crate::model::{Corp, CorpKey};
use crate::sync::SyncError;
use crate::wecom::CallError;
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
        let mut notes = Notes { corp, findings: Vec::new() };
        if network::examine(&app.clock, &mut notes).await {
            credentials::examine(app, &mut notes).await?;
        }
        findings.append(&mut notes.findings);
    }
    Ok(Examination { ok: findings.iter().all(|finding| finding.state != State::Failed), findings })
}

/// Gathers the findings of one corp.
struct Notes<'a> {
    corp: &'a Corp,
    findings: Vec<Finding>,
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

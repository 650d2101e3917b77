//! A corp that becomes another WeCom. Links name members and departments by id, and the same ids elsewhere are other
//! people: a change of tenant, CorpID or address is refused while links are there, until the administrator says what
//! becomes of them.

use super::error::SetupError;
use super::merge::Difference;
use crate::model::{Actor, Corp, CorpKey};
use crate::store::links::LinkCounts;
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::sync::facts;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// What becomes of the links of a corp that is another WeCom from now on, or the same one elsewhere. It has no effect
/// on a change that leaves the corp the WeCom that it is, so that repeating a request drops nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Links {
    /// They are dropped, with mirror, pushed values, tombstones, plans and runs, and what is under way ends, messages
    /// with a reason: the corp begins anew.
    Reset,
    /// They stay: it is the same WeCom at another address. Not possible where tenant or CorpID change.
    Keep,
}

/// What becomes of the links, by corp.
pub type LinkChoices = BTreeMap<CorpKey, Links>;

/// A corp that would become another WeCom while links to the former one are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Linked {
    /// The corp.
    pub corp: CorpKey,
    /// The settings that would change: `tenant`, `corpid`, `api_base`.
    pub settings: Vec<&'static str>,
    /// What ties the corp to its WeCom.
    pub counts: LinkCounts,
    /// Whether [`Links::Keep`] is possible.
    pub may_keep: bool,
}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { corp, settings, counts, may_keep } = self;
        write!(
            f,
            "corp {corp} would become another WeCom ({} changes) while it is tied to the present one ({counts}): the next plan \
             would touch strangers. Say that the links are to be dropped (`reset`)",
            settings.join(", ")
        )?;
        if *may_keep {
            f.write_str(", or that it is the same WeCom at another address (`keep`)")
        } else {
            f.write_str("; they can be kept (`keep`) only where tenant and CorpID stay")
        }
    }
}

/// What is done with the links in the commit of the change.
#[derive(Debug)]
pub(super) struct LinkAct {
    corp: CorpKey,
    links: Links,
    settings: Vec<&'static str>,
    counts: LinkCounts,
}

/// Why a corp may not become what it is to be.
pub(super) enum Hindrance {
    /// It is tied to its present WeCom.
    Linked(Linked),
    /// Something else.
    Other(SetupError),
}

/// What has to be done with the links of a corp that changes; `None` = nothing, because it stays the same WeCom or
/// nothing ties it.
pub(super) fn check_links(
    tx: &impl Reads,
    former: &Corp,
    now: &Corp,
    choice: Option<Links>,
) -> Result<Result<Option<LinkAct>, Hindrance>, StoreError> {
    let settings = what_identifies(former, now);
    if settings.is_empty() {
        return Ok(Ok(None));
    }
    if let Some(run) = store::runs::running_of(tx, &now.key)? {
        return Ok(Err(Hindrance::Other(SetupError::Conflict {
            what: format!("corp {} cannot become another WeCom", now.key),
            why: format!("run {} is under way; wait for its end, or cancel it", run.id),
        })));
    }
    let counts = store::links::count(tx, &now.key)?;
    if counts.is_empty() {
        // nothing to decide; members that somebody has named until now are strangers from now on all the same
        return Ok(Ok(Some(LinkAct { corp: now.key.clone(), links: Links::Reset, settings, counts })));
    }
    let may_keep = settings == ["api_base"];
    Ok(match choice {
        Some(links) if links == Links::Reset || may_keep => {
            Ok(Some(LinkAct { corp: now.key.clone(), links, settings, counts }))
        }
        _ => Err(Hindrance::Linked(Linked { corp: now.key.clone(), settings, counts, may_keep })),
    })
}

impl LinkAct {
    /// Does it, and leaves a row in the audit log.
    pub(super) fn carry_out(&self, tx: &WriteTx, actor: &Actor) -> Result<(), StoreError> {
        let mut ended = None;
        let action = match self.links {
            Links::Reset => {
                ended = Some(json!({ "ended": store::links::reset(tx, &self.corp)? }));
                "corp.reset_links"
            }
            Links::Keep => {
                // whether it is the same WeCom is seen by what the next pull finds there, so it takes nothing over
                facts::change(tx, &self.corp, |memory| memory.full_read_at_ms = None)?;
                "corp.keep_links"
            }
        };
        if self.counts.is_empty() {
            return Ok(());
        }
        let before = json!({ "changed": self.settings, "links": self.counts });
        store::audit::append(tx, actor, action, self.corp.as_str(), Some(before), ended).map(drop)
    }

    /// The line that tells it among what changes; none where nothing tied the corp.
    pub(super) fn difference(&self) -> Option<Difference> {
        if self.counts.is_empty() {
            return None;
        }
        let after = match self.links {
            Links::Reset => "reset",
            Links::Keep => "keep",
        };
        let before = Some(self.counts.to_string().into());
        Some(Difference { option: "links".into(), before, after: Some(after.into()) })
    }
}

/// The settings that make a corp the WeCom that it is, where they differ.
fn what_identifies(former: &Corp, now: &Corp) -> Vec<&'static str> {
    let address = |corp: &Corp| url::Url::parse(corp.endpoints.api_base.trim_end_matches('/')).map(String::from).ok();
    [
        ("tenant", former.tenant != now.tenant),
        ("corpid", former.corpid != now.corpid),
        ("api_base", address(former) != address(now)),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

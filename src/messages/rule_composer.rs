//! The push rules as the composer of messages. Rules are compiled once for as long as they stay the same.

use super::compose::{Compose, Composed};
use super::render::render;
use super::rules::{CompiledTarget, RuleSet};
use crate::model::{Message, QuietWindow, Rule, TenantKey};
use crate::store::{self, ReadTx, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Times of rules are China's, as everything that people read.
const ZONE: &str = "Asia/Shanghai";

/// Asks the push rules of the message's tenant.
#[derive(Debug, Default)]
pub struct RuleComposer {
    compiled: Mutex<HashMap<TenantKey, (u64, Arc<RuleSet>)>>,
}

impl RuleComposer {
    /// Nothing compiled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules of a tenant that are in force, compiled: only those that have changed since the last question are
    /// compiled for this one.
    pub fn rules(&self, tx: &ReadTx, tenant: &TenantKey) -> Result<Arc<RuleSet>, StoreError> {
        let revision = store::rules::revision(tx, tenant)?;
        let known = {
            let compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            compiled.get(tenant).cloned()
        };
        let former = match known {
            Some((of, rules)) if of == revision => return Ok(rules),
            other => other.map(|(_, rules)| rules).unwrap_or_default(),
        };
        let rules = Arc::new(former.succeeded_by(store::rules::list(tx, tenant)?));
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.insert(tenant.clone(), (revision, Arc::clone(&rules)));
        Ok(rules)
    }
}

impl Compose for RuleComposer {
    /// A rule whose filter has no result for the message is told at each of its targets that no other rule has.
    fn compose(&self, tx: &ReadTx, message: &Message) -> Result<Vec<Composed>, StoreError> {
        let rules = self.rules(tx, &message.tenant)?;
        let picked = rules.pick(message);
        let mut composed: Vec<Composed> = picked
            .targets
            .iter()
            .map(|(rule, target)| {
                let said = render(message, target);
                of(rule, target, said.map(|said| said.contents).map_err(|fault| format!("{}: {fault}", fault.code())))
            })
            .collect();
        for (id, fault) in &picked.faults {
            let Some(compiled) = rules.rules().find(|compiled| compiled.rule().id == **id) else { continue };
            for target in compiled.targets() {
                let wanted = target.target();
                if !composed.iter().any(|known| known.corp == wanted.corp && known.app == wanted.app) {
                    composed.push(of(compiled.rule(), target, Err(fault.to_string())));
                }
            }
        }
        // a corp may have gone to another tenant since the rule was saved: the same ids are other people there
        let mut kept = Vec::with_capacity(composed.len());
        for target in composed {
            if store::corps::find(tx, &target.corp)?.is_none_or(|corp| corp.tenant == message.tenant) {
                kept.push(target);
            }
        }
        Ok(kept)
    }
}

fn of(rule: &Rule, target: &CompiledTarget, contents: Result<Vec<crate::model::content::Content>, String>) -> Composed {
    let target = target.target();
    Composed {
        rule: rule.id.to_string(),
        corp: target.corp.clone(),
        app: target.app.clone(),
        contents,
        quiet: rule.quiet_hours.map(|hours| QuietWindow {
            from_min: hours.from.minutes(),
            until_min: hours.until.minutes(),
            zone: ZONE.into(),
        }),
        digest_ms: rule.digest.map(|digest| i64::from(digest.window_s) * 1000),
    }
}

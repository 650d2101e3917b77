//! Decisions about plans: by name, with a reason, kept in the audit log (PEER-01). Where the appliance's settings ask for
//! it, a plan that removes people is allowed by two administrators of whom neither made it (PEER-29).

use super::apply::written_since;
use super::env::Env;
use super::error::{DIRECTORY_CHANGED, SyncError, utc};
use super::{facts, hash};
use crate::admin::settings;
use crate::model::{
    Actor, ApiKey, Corp, CorpKey, Decision, DepartmentId, GuardVerdict, PlanHead, PlanId, PlanState, Run, RunState,
};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde_json::json;

/// What became of a decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// The plan may be applied.
    Allowed(PlanHead),
    /// The first of two people has allowed it; it is held until the second one has.
    HalfAllowed(PlanHead),
    /// The plan is never applied.
    Rejected(PlanHead),
}

impl Decided {
    /// The plan as it is now.
    pub fn into_plan(self) -> PlanHead {
        match self {
            Self::Allowed(plan) | Self::HalfAllowed(plan) | Self::Rejected(plan) => plan,
        }
    }
}

/// Why a plan that nobody has taken or rejected can be rejected only, and neither allowed nor applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overtaken {
    /// The corp's settings have changed since it was made.
    BySettings,
    /// A run has written to WeCom since it was made.
    ByRun,
}

/// Whether the corp's settings have changed since the plan was made.
pub fn is_outdated(corp: &Corp, head: &PlanHead) -> bool {
    head.options_hash != hash::of_options(corp)
}

/// Whether a plan was overtaken; `writes` is how often runs have written to the corp's WeCom until now.
pub fn overtaken(corp: &Corp, writes: u64, head: &PlanHead) -> Option<Overtaken> {
    if !head.state.is_open() {
        None
    } else if is_outdated(corp, head) {
        Some(Overtaken::BySettings)
    } else {
        (head.writes != writes).then_some(Overtaken::ByRun)
    }
}

/// Whether the latest run that was to apply this plan was refused, because it does not follow from the directory any more.
pub fn was_refused(tx: &impl Reads, head: &PlanHead) -> Result<bool, StoreError> {
    let failed = store::runs::find_last(tx, head, RunState::Failed)?;
    Ok(failed.is_some_and(|run| run.code.as_deref() == Some(DIRECTORY_CHANGED)))
}

/// How often runs have written to a corp's WeCom.
pub fn writes(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    Ok(facts::get(tx, corp)?.writes)
}

/// The department that the bridge has created for disabled members.
pub fn disabled_department(tx: &impl Reads, corp: &CorpKey) -> Result<Option<DepartmentId>, StoreError> {
    Ok(facts::get(tx, corp)?.disabled_department)
}

/// The held plans of a corp that can still be allowed, the newest first.
pub fn waiting(tx: &impl Reads, corp: &Corp, now_ms: i64) -> Result<Vec<PlanHead>, StoreError> {
    let writes = writes(tx, &corp.key)?;
    let mut waiting = store::plans::waiting(tx, Some(&corp.key), now_ms)?;
    waiting.retain(|head| overtaken(corp, writes, head).is_none());
    Ok(waiting)
}

/// How many held plans of all corps can still be allowed.
pub fn count_waiting(tx: &impl Reads, now_ms: i64) -> Result<usize, StoreError> {
    let mut count = 0;
    for group in store::plans::held(tx, now_ms)?.chunk_by(|a, b| a.0 == b.0) {
        let Some(corp) = group.first().map(|(key, _)| store::corps::find(tx, key)).transpose()?.flatten() else {
            continue;
        };
        let (writes, options) = (writes(tx, &corp.key)?, hash::of_options(&corp));
        count += group.iter().filter(|(_, held)| held.writes == writes && held.options_hash == options).count();
    }
    Ok(count)
}

/// A named person allows a held plan, or rejects any plan that no run has taken yet, with a reason; both are kept in the
/// audit log. A rejected plan is never applied. On `Err` the plan is as it was.
///
/// # Errors
/// Among others [`SyncError::OptionsChanged`] where a plan shall be allowed that no run would take any more, because the
/// settings have changed since, and [`SyncError::Drift`] where another run has written to WeCom.
pub async fn decide(env: &Env, plan: &PlanId, allow: bool, actor: &Actor, reason: &str) -> Result<Decided, SyncError> {
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        return Err(SyncError::NoReason(plan.clone()));
    }
    let (id, actor, now_ms) = (plan.clone(), actor.clone(), env.clock.now_ms());
    env.store.write(move |tx| decide_in(tx, &id, allow, &actor, &reason, now_ms)).await?
}

fn decide_in(
    tx: &WriteTx,
    id: &PlanId,
    allow: bool,
    actor: &Actor,
    reason: &str,
    now_ms: i64,
) -> Result<Result<Decided, SyncError>, StoreError> {
    let Some(mut head) = store::plans::head(tx, id)? else { return Ok(Err(SyncError::NoPlan(id.clone()))) };
    let may_be = match head.state {
        PlanState::Held => true,
        PlanState::Ready | PlanState::Allowed => !allow,
        PlanState::Rejected | PlanState::Taken | PlanState::Refused => false,
    };
    if !may_be {
        let doing = if allow { "allowed" } else { "rejected" };
        return Ok(Err(SyncError::WrongState { plan: id.clone(), doing, state: head.state }));
    }
    if allow && now_ms >= head.expires_at_ms {
        return Ok(Err(SyncError::Expired { plan: id.clone(), at: utc(head.expires_at_ms) }));
    }
    if allow {
        let corp = store::corps::find(tx, &head.corp)?;
        let writes = writes(tx, &head.corp)?;
        match corp.map_or(Some(Overtaken::BySettings), |corp| overtaken(&corp, writes, &head)) {
            Some(Overtaken::BySettings) => return Ok(Err(SyncError::OptionsChanged(id.clone()))),
            Some(Overtaken::ByRun) => return Ok(Err(written_since(id))),
            None => {}
        }
    }
    let before = json!({ "state": head.state, "decision": head.decision, "first_allow": head.first_allow });
    let decision = Decision { by: actor.name.clone(), at_ms: now_ms, reason: reason.to_owned(), allowed: allow };
    let needs_two = allow && head.removes_people() && settings::read(tx)?.two_person_removals;
    if needs_two && let Err(why) = check_person(tx, &head, actor)? {
        return Ok(Err(SyncError::SecondPerson { plan: id.clone(), why }));
    }
    let is_first_of_two = needs_two && head.first_allow.is_none();
    if is_first_of_two {
        head.first_allow = Some(decision);
    } else {
        head.state = if allow { PlanState::Allowed } else { PlanState::Rejected };
        head.decision = Some(decision);
    }
    store::plans::put_head(tx, &head)?;
    // a run that was held waits for nobody any more
    if !allow && let Some(run) = store::runs::find_held(tx, &head)? {
        let message = Some(format!("{} rejected the plan: {reason}", actor.name));
        store::runs::put(tx, &Run { state: RunState::Rejected, message, ..run })?;
    }
    let action = match (allow, is_first_of_two) {
        (true, true) => "plan.allow_first",
        (true, false) => "plan.allow",
        (false, _) => "plan.reject",
    };
    let tripped: Vec<_> = head
        .tripped()
        .map(|guard| json!({ "guard": guard.name, "value": guard.value, "limit": guard.limit }))
        .collect();
    let after = json!({ "corp": head.corp, "hash": head.hash, "reason": reason, "guards": tripped });
    store::audit::append(tx, actor, action, &format!("plan {id}"), Some(before), Some(after))?;
    Ok(Ok(match (allow, is_first_of_two) {
        (true, true) => Decided::HalfAllowed(head),
        (true, false) => Decided::Allowed(head),
        (false, _) => Decided::Rejected(head),
    }))
}

/// The guard that holds each plan that removes people where removals need two people.
pub const TWO_PEOPLE: &str = "two_person_removals";

/// Holds a plan that removes people, whatever the other guards say: two people are asked about each removal, not only
/// about many.
pub(super) fn hold_for_two(head: &mut PlanHead) {
    if head.state == PlanState::Refused || !head.removes_people() {
        return;
    }
    let value = head.counts.members.disable + head.counts.members.delete;
    head.guards.push(GuardVerdict { name: TWO_PEOPLE.to_owned(), tripped: true, value, limit: 0 });
    head.state = PlanState::Held;
}

/// Whether the plan was ready before removals needed two people, and may not be applied any more.
pub(crate) fn lacks_two(tx: &impl Reads, head: &PlanHead) -> Result<bool, StoreError> {
    Ok(head.state == PlanState::Ready && head.removes_people() && settings::read(tx)?.two_person_removals)
}

/// What somebody has had to do with a plan that two others must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Made it.
    Maker,
    /// Was the first to allow it.
    First,
}

/// What the person behind a name of the audit log has had to do with a plan; `None`: they can be one of the two who allow
/// it. `keys` are all API keys, also those that were revoked.
pub fn part_of(keys: &[ApiKey], head: &PlanHead, name: &str) -> Option<Part> {
    let person = person_behind(keys, name);
    let is_same = |other: &str| person_behind(keys, other) == person;
    if head.made_by.as_deref().is_some_and(is_same) {
        Some(Part::Maker)
    } else if head.first_allow.as_ref().is_some_and(|first| is_same(&first.by)) {
        Some(Part::First)
    } else {
        None
    }
}

/// Whether the actor is neither the person who made the plan nor the one who has allowed it already; `Err` says which.
fn check_person(tx: &WriteTx, head: &PlanHead, actor: &Actor) -> Result<Result<(), String>, StoreError> {
    Ok(match part_of(&store::api_keys::list(tx)?, head, &actor.name) {
        None => Ok(()),
        Some(Part::Maker) => {
            let maker = head.made_by.as_deref().unwrap_or_default();
            Err(format!("{maker} made it; other administrators must allow it"))
        }
        Some(Part::First) => {
            let first = head.first_allow.as_ref().map(|first| first.by.as_str()).unwrap_or_default();
            Err(format!("{first} has allowed it already; a second administrator must allow it too"))
        }
    })
}

/// Who stands behind a name of the audit log: an API key acts for whoever made it, and everybody at the command line
/// counts as one, for whoever may use it can take any name there.
fn person_behind(keys: &[ApiKey], name: &str) -> String {
    let mut name = name.to_owned();
    let mut before_ms = i64::MAX;
    // Each key is older than what was made with it, so this ends; a name may have been used again after a revocation.
    while let Some(key) = name.strip_prefix("key:").and_then(|key| {
        let namesakes = keys.iter().filter(|known| known.name == key && known.created_at_ms < before_ms);
        namesakes.max_by_key(|known| known.created_at_ms)
    }) {
        before_ms = key.created_at_ms;
        name.clone_from(&key.created_by);
    }
    if name.starts_with("cli:") { "cli".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, created_by: &str, created_at_ms: i64) -> ApiKey {
        ApiKey {
            id: format!("{created_at_ms:016x}"),
            name: name.into(),
            hash: String::new(),
            scopes: Vec::new(),
            networks: Vec::new(),
            created_by: created_by.into(),
            created_at_ms,
            expires_at_ms: None,
            revoked_at_ms: None,
            made_with: None,
        }
    }

    #[test]
    fn who_stands_behind_a_name() {
        let keys = [
            key("oa", "account:zhang", 10),
            key("child", "key:oa", 20),
            key("oa", "account:li", 30),
            key("later", "key:oa", 40),
            key("own", "key:own", 50),
            key("root", "cli:root", 60),
        ];
        for (name, person) in [
            ("account:zhang", "account:zhang"),
            ("cli:root", "cli"),
            ("cli:other", "cli"),
            ("key:child", "account:zhang"),
            ("key:oa", "account:li"),
            ("key:later", "account:li"),
            ("key:root", "cli"),
            ("key:own", "key:own"),
            ("key:unknown", "key:unknown"),
            ("schedule", "schedule"),
        ] {
            assert_eq!(person_behind(&keys, name), person, "{name}");
        }
    }
}

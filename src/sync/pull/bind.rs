//! Binds what belongs together after a pull (DIR-08, BIND-04); what is ambiguous waits for a person.

use crate::directory;
use crate::model::{BindingOrigin, Corp, DownstreamOptions, Employee, Fields, MemberBinding, OrgUnit};
use crate::store::{self, CHUNK_ROWS, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::matching::{self, Matches};
use crate::sync::scope::{ScopeRules, Verdict};
use crate::sync::source::Source;

/// How many pairs were bound and how many cases wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bound {
    /// New bindings.
    pub bound: u64,
    /// Cases on the resolve list.
    pub ambiguous: u64,
}

/// Binds unbound employees in scope and members by the corp's rules and replaces the resolve list. Stored bindings
/// are never changed (DIR-62). While an import is half written nobody is bound and the resolve list stays: with half of the
/// people a name that two of them have looks like the name of one.
pub async fn bind(env: &Env, corp: &Corp) -> Result<Bound, SyncError> {
    if !corp.pull.auto_bind {
        return Ok(Bound::default());
    }
    let owned = corp.clone();
    let matches = env
        .store
        .read_async(move |tx| {
            if directory::find_unfinished(tx, &owned.tenant)?.is_some() {
                return Ok(None);
            }
            let units = store::directory::units(tx, &owned.tenant)?;
            let employees = store::directory::employees(tx, &owned.tenant)?;
            let members = store::mirror::members(tx, &owned.key)?;
            let bindings = store::bindings::members(tx, &owned.key)?;
            let is_complete = store::mirror::head(tx, &owned.key)?.is_some_and(|head| head.is_complete);
            let sees_all = matching::sees_all(&owned, is_complete);
            matching::match_members(&owned.match_rules, &employees, &members, &bindings, sees_all)
                .map(|matches| Some(in_scope(&owned.downstream, &units, &employees, matches)))
                .map_err(|fault| StoreError::Refused(fault.to_string()))
        })
        .await;
    let Matches { bound, ambiguous } = match matches {
        Err(StoreError::Refused(why)) => return Err(SyncError::NotConfigured { corp: corp.key.clone(), why }),
        other => match other? {
            Some(matches) => matches,
            None => {
                tracing::warn!(corp = %corp.key, "nobody is bound: an import of the directory has not ended; import the file again");
                return Ok(Bound::default());
            }
        },
    };
    let now_ms = env.clock.now_ms();
    let counts = Bound { bound: bound.len() as u64, ambiguous: ambiguous.len() as u64 };
    let bindings: Vec<MemberBinding> = bound
        .into_iter()
        .map(|pair| MemberBinding {
            employee: pair.employee,
            userid: pair.userid,
            origin: BindingOrigin::Rule,
            bound_at_ms: now_ms,
            pushed: Fields::new(),
            placed: None,
            removal: None,
        })
        .collect();
    let key = corp.key.clone();
    env.store
        .write_chunks(
            bindings,
            CHUNK_ROWS,
            move |tx, _, chunk| {
                for binding in chunk {
                    match store::bindings::put_member(tx, &key, binding) {
                        // a person bound one of the two meanwhile: that link stands
                        Ok(()) | Err(StoreError::Conflict { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            },
            |_| {},
        )
        .await?;
    let key = corp.key.clone();
    env.store.write(move |tx| store::resolve::put_all(tx, &key, &ambiguous)).await?;
    Ok(counts)
}

/// Drops the pairs whose employee is not in scope: once bound, the next plan would remove them. Without a usable
/// directory or scope nobody is bound. Matching itself sees everybody, so that nobody gets an outsider's member.
fn in_scope(options: &DownstreamOptions, units: &[OrgUnit], employees: &[Employee], mut matches: Matches) -> Matches {
    let source = Source::of(units, employees).ok();
    let rules = source.as_ref().and_then(|source| ScopeRules::compile(options, source).ok());
    matches.bound.retain(|pair| {
        source.as_ref().zip(rules.as_ref()).is_some_and(|(source, rules)| {
            let at = source.find_employee(pair.employee.as_str());
            at.is_some_and(|at| rules.verdict(source, at).0 == Verdict::In)
        })
    });
    matches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::matching::Match;
    use crate::sync::tests::world::World;

    fn bound(world: &World) -> Vec<String> {
        let pair = |n: u32| Match {
            employee: format!("e{n}").as_str().into(),
            userid: format!("no{n}").as_str().into(),
            rule: "employee_no = userid".into(),
        };
        let matches = Matches { bound: vec![pair(1), pair(2)], ambiguous: vec![] };
        let left = in_scope(&world.corp.downstream, &world.units, &world.employees, matches);
        left.bound.iter().map(|pair| pair.employee.to_string()).collect()
    }

    #[test]
    fn only_people_in_scope_are_bound() {
        let mut world = World::new();
        world.unit("a", Some("r"), "甲");
        world.employee(1, "r");
        world.employee(2, "a");
        assert_eq!(bound(&world), ["e1", "e2"]);
        world.options().scope.exclude = vec!["e1".into()];
        assert_eq!(bound(&world), ["e2"]);
        world.options().scope.exclude.clear();
        world.options().scope.units = vec!["a".into()];
        assert_eq!(bound(&world), ["e2"]);
        world.options().scope.filter = "((".into();
        assert!(bound(&world).is_empty(), "a scope that does not compile binds nobody");
    }
}

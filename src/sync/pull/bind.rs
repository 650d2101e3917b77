//! Binds what belongs together after a pull (DIR-08, BIND-04); what is ambiguous waits for a person.

use crate::model::{BindingOrigin, Corp, Fields, MemberBinding};
use crate::store::{self, CHUNK_ROWS, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::matching::{self, Matches};

/// How many pairs were bound and how many cases wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bound {
    /// New bindings.
    pub bound: u64,
    /// Cases on the resolve list.
    pub ambiguous: u64,
}

/// Binds unbound employees and members by the corp's rules and replaces the resolve list. Stored bindings are never
/// changed (DIR-62).
pub async fn bind(env: &Env, corp: &Corp) -> Result<Bound, SyncError> {
    if !corp.pull.auto_bind {
        return Ok(Bound::default());
    }
    let owned = corp.clone();
    let matches = env
        .store
        .read_async(move |tx| {
            let employees = store::directory::employees(tx, &owned.tenant)?;
            let members = store::mirror::members(tx, &owned.key)?;
            let bindings = store::bindings::members(tx, &owned.key)?;
            matching::match_members(&owned.match_rules, &employees, &members, &bindings)
                .map_err(|fault| StoreError::Refused(fault.to_string()))
        })
        .await;
    let Matches { bound, ambiguous } = match matches {
        Err(StoreError::Refused(why)) => return Err(SyncError::NotConfigured { corp: corp.key.clone(), why }),
        other => other?,
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

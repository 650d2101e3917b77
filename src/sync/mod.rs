//! Keeping WeCom in step with the OA.
//!
//! The pure half takes values and returns values: [`matching`], [`scope`], [`expr`], [`plan`] with its parts
//! [`source`], [`target`], [`departments`] and [`members`], then [`guard`], [`invariants`], [`budget`], [`hash`],
//! [`explain`] and [`undo`]. It knows no store, no clock and no client.
//!
//! The other half acts: [`pull`] reads WeCom into the mirror, [`apply`] carries out a stored plan.

pub mod apply;
pub mod bindings;
mod blast;
pub mod budget;
mod columns;
mod decide;
pub mod departments;
pub mod env;
pub mod error;
pub mod explain;
pub mod expr;
mod facts;
pub mod guard;
pub mod hash;
mod impact;
pub mod input;
pub mod invariants;
mod load;
pub mod matching;
pub mod members;
pub mod normal;
pub mod notices;
pub mod plan;
pub mod progress;
pub mod pull;
pub(crate) mod runs;
pub mod scope;
pub mod service;
pub mod source;
pub mod target;
#[cfg(test)]
mod tests;
pub mod undo;

pub use env::{Env, Lease};
pub use error::SyncError;
pub use input::{Draft, PlanFacts, PlanInput, PlanRefusal};

/// When a run last wrote to the corp's WeCom, Unix milliseconds.
pub(crate) async fn written_at_ms(env: &Env, corp: &crate::model::CorpKey) -> Result<Option<i64>, SyncError> {
    let key = corp.clone();
    Ok(env.store.read_async(move |tx| facts::get(tx, &key)).await?.written_at_ms)
}

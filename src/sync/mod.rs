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
mod blind;
pub mod budget;
mod columns;
mod decide;
pub mod departments;
pub mod env;
pub mod error;
pub mod explain;
pub mod expr;
pub(crate) mod facts;
pub mod guard;
pub mod hash;
pub mod hints;
mod impact;
pub mod input;
pub mod invariants;
mod load;
pub mod looks;
pub mod matching;
pub mod members;
pub mod notices;
pub mod plan;
pub mod progress;
pub mod pull;
mod quota;
pub(crate) mod runs;
pub mod scope;
pub mod service;
mod shelf;
pub mod source;
pub mod target;
#[cfg(test)]
pub(crate) mod tests;
pub mod undo;

pub use crate::model::normal;
pub use env::{Env, Lease};
pub use error::SyncError;
pub use input::{Draft, PlanFacts, PlanInput, PlanRefusal};
pub use quota::StoredQuota;

//! Keeping WeCom in step with the OA.
//!
//! The pure half takes values and returns values: [`matching`], scope, [`expr`], [`plan`] with its parts,
//! guards, invariants, budget, explanation, undo. It knows no store, no clock and no client.

//!
//! The other half acts: [`pull`] reads WeCom into the mirror, [`apply`] carries out a stored plan.

pub mod apply;
pub mod env;
pub mod error;
pub mod expr;
mod facts;
pub mod input;
mod load;
pub mod matching;
pub mod normal;
pub mod plan;
pub mod progress;
pub mod pull;

pub use env::{Env, Lease};
pub use error::SyncError;
pub use input::{Draft, PlanFacts, PlanInput, PlanRefusal};

//! Keeping WeCom in step with the OA.
//!
//! The pure half takes values and returns values: [`matching`], scope, [`expr`], [`plan`] with its parts,
//! guards, invariants, budget, explanation, undo. It knows no store, no clock and no client.

pub mod expr;
pub mod input;
pub mod matching;
pub mod normal;
pub mod plan;

pub use input::{Draft, PlanFacts, PlanInput, PlanRefusal};

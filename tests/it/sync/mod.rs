//! The engine against the sandbox: pull, plan, apply, links, jobs.

mod first;
pub mod world;

//! The engine against the sandbox: pull, plan, apply, links, jobs.

mod first;
mod world;

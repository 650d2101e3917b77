//! The engine against the sandbox: pull, plan, apply, links, jobs.

mod cost;
mod danger;
mod first;
mod guards;
mod kill;
mod links;
mod property;
mod pull;
mod records;
mod removal;
mod schedule;
mod two_people;
mod undo;
pub mod world;

//! The engine against the sandbox: pull, plan, apply, links, jobs.

mod asked;
mod attributes;
mod clocks;
mod cost;
mod danger;
mod doubt;
mod explain;
mod first;
mod ground;
mod guards;
mod import;
mod kill;
mod links;
mod property;
mod pull;
mod quota;
mod record;
mod records;
mod removal;
mod resume;
mod schedule;
mod switch;
mod two_people;
mod undo;
pub mod world;

//! Runs: one at a time per corp, watched, cancelled, resumed after a crash, started by schedules.

pub mod cron;

pub use crate::sync::progress::{Phase, RunEvent};

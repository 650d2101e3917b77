//! Carries out exactly one stored plan.

mod execute;
mod queue;
mod record;

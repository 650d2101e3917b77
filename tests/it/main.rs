//! The integration tests: one binary, whose modules mirror the rooms of the house.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests say what broke by stopping"
)]

mod admin;
mod api;
mod browse;
pub mod callbacks;
mod cards;
mod cli;
mod directory;
mod messages;
mod sandbox;
mod store;
mod support;
mod sync;
mod web;
mod wecom;
mod whole;

//! wecom-bridge: stands between an organisation's own systems and WeCom.
//!
//! The rooms of the house, top to bottom; arrows point down only (see `docs/architecture.md`).

pub mod admin;
pub mod api;
pub mod app;
pub mod browse;
pub mod callbacks;
pub mod cli;
pub mod clock;
pub mod config;
pub mod directory;
pub mod expr;
pub mod front;
pub mod http;
pub mod jobs;
pub mod locale;
pub mod menus;
pub mod messages;
pub mod model;
pub mod ops;
pub mod sandbox;
pub mod setup;
pub mod store;
pub mod sync;
pub mod tasks;
pub mod web;
pub mod webhooks;
pub mod wecom;

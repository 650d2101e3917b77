//! The administrator's pages over real HTTP.

mod bindings;
pub mod browser;
mod callbacks;
mod corps;
mod directory;
mod door;
mod import;
mod lists;
mod lists_audit;
mod lists_by_time;
mod menus;
mod messages;
mod office;
mod overview;
mod rules;
mod security;
mod settings;
mod sync;
mod sync_told;

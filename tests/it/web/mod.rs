//! The administrator's pages over real HTTP.

mod bindings;
pub mod browser;
mod directory;
mod door;
mod import;
mod office;

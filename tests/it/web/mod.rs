//! The administrator's pages over real HTTP.

pub mod browser;
mod door;
mod sync;

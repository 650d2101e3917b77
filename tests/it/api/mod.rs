//! REST over real HTTP.

mod accounts;
pub mod bridge;
mod directory;
mod frame;
mod keys;
mod menus;
mod rules;
mod setup;
mod sync;
mod system;
pub mod world;

//! REST over real HTTP.

mod accounts;
mod bridge;
mod directory;
mod frame;
mod keys;
mod setup;
mod sync;
mod system;
pub mod world;

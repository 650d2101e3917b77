//! REST over real HTTP.

mod bridge;
mod directory;
mod frame;
mod keys;
mod setup;
mod sync;
mod system;

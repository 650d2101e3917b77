//! What pages look at: snapshots, trees, lists, plans, cards, exports, over a real store.

mod directory;
mod export;
mod mirror;
mod people;
mod plan;
mod stats;
mod views;
mod world;

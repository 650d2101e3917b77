//! Units become departments: which belongs to which ([`layout`]), which look like renamed ones ([`offers`]), and in
//! which order WeCom accepts the changes ([`mod@schedule`]).
//!
//! Links are stored by id; level and name are used only for what has no link (DIR-58).

mod base;
mod clashes;
pub mod layout;
pub mod names;
pub mod offers;
pub mod schedule;

pub use layout::{Layout, Place, lay_out};
pub use schedule::schedule;

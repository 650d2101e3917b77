//! Read models for people who look at tens of thousands of rows: lists with search, filters, sorting by any column and
//! cursors, trees with counts on each branch, person cards, plans as a tree, exports, statistics.
//!
//! It owns compact snapshots in memory, made when somebody looks and dropped when nobody does ([`Views`]). It writes
//! nothing, calls nobody and decides nothing; it refuses to know pages, languages and HTTP.
//!
//! ```ignore
//! let page = app.views.directory(&tenant, move |view| view.page(&query)).await?;
//! ```

pub mod audit;
mod bits;
mod cells;
mod collate;
pub mod directory;
mod error;
pub mod export;
mod intern;
mod list;
pub mod mirror;
mod outline;
pub mod people;
pub mod plan;
pub mod stats;
mod tree;
mod views;

pub use collate::sort_key;
pub use error::BrowseError;
pub use list::{PAGE_MAX, Page, Paging};
pub use outline::{Branch, CHILDREN_MAX, Children, Line, OutlineQuery};
pub use tree::Misplaced;
pub use views::{Meant, UNUSED_MS, ViewLimits, Views};

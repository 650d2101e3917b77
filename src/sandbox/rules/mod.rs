//! What WeCom accepts: the rules of every write, used by the API, by imports and by the console alike.
//!
//! Order of the checks: required, format, existence, uniqueness, capacity (contacts.md section 3.7).

pub mod department;
pub mod member;
pub mod profile;

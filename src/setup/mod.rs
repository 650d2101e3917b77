//! Owns what an administrator sets: tenants, corps, apps, their options and secrets. One set of functions behind the
//! set-up file (`apply`, `export`), the REST API and the pages. Refuses to know how anything is synced.

mod apply;
mod check;
mod consent;
mod error;
mod fault;
mod file;
mod given;
mod in_place;
mod lay_over;
mod links;
mod load;
mod merge;
mod moved;
mod read;
mod secret;
mod section;
pub mod service;
mod twins;
mod write;

pub use apply::{Terms, apply, diff};
pub use check::{check_corp, check_secret, check_tenant};
pub use consent::{Confirmed, Consequence, begins_to_delete};
pub use error::SetupError;
pub use fault::{SetupFault, SetupFaults};
pub use file::{SetupCorp, SetupFile};
pub use given::Given;
pub use in_place::read_in_place;
pub use lay_over::{fragment_of, lay_over};
pub use links::{LinkChoices, Linked, Links};
pub use load::{export, load, load_secrets, secret_names};
pub use merge::{Difference, Merge, SetupAction, SetupChange, merge};
pub use read::{RawEndpoints, ReadFrom, default_endpoints, read};
pub use secret::SecretSource;
pub use write::write;

#[cfg(test)]
mod tests;

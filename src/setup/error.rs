//! Why a change of the set-up was refused.

use super::consent::Consequence;
use super::fault::{SetupFault, SetupFaults};
use super::links::Linked;
use crate::store::StoreError;

/// Why the set-up was not read or changed. On `Err` nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// What was given breaks rules.
    #[error("{0}")]
    Faults(#[from] SetupFaults),
    /// There is no such tenant, corp or app.
    #[error("there is no {0}")]
    NotFound(String),
    /// Something else stands against it.
    #[error("{what}: {why}")]
    Conflict {
        /// What was to be done.
        what: String,
        /// What stands against it, and what to do.
        why: String,
    },
    /// Somebody has changed the settings since the form was opened that would replace them.
    #[error("somebody has changed these settings since they were looked at; look at them again")]
    Stale,
    /// A corp would become another WeCom while links to the former one are there; see [`super::Links`].
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Linked(Vec<Linked>),
    /// Something goes that cannot be had back, and its key was not repeated; see [`Consequence`].
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unconfirmed(Vec<Consequence>),
    /// The file cannot be written out.
    #[error("the set-up file cannot be written: {0}")]
    Write(#[from] toml::ser::Error),
    /// The store.
    #[error("{0}")]
    Store(StoreError),
}

impl SetupError {
    pub(super) fn of(faults: Vec<SetupFault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::Faults(SetupFaults(faults))) }
    }
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => Self::NotFound(what),
            StoreError::Conflict { what, present } => Self::Conflict { what, why: format!("{present} is in the way") },
            other => Self::Store(other),
        }
    }
}

//! What ties a corp to one particular WeCom: links, tombstones, the mirror, plans, runs, and what is under way to its
//! members. It is told in numbers, and dropped as a whole when the corp becomes another WeCom or is removed.

use super::loose_ends::LooseEnds;
use super::settings::{self, Scope};
use super::tx::{Reads, WriteTx};
use super::{StoreError, bindings, loose_ends, mirror, plans, removals, resolve, runs};
use crate::model::CorpKey;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// How much ties a corp to its WeCom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkCounts {
    /// Members that are linked with an employee.
    pub members: u64,
    /// Departments that are linked with a unit.
    pub departments: u64,
    /// Deleted members that are remembered in case their employee returns.
    pub tombstones: u64,
    /// Departments and members in the mirror.
    pub mirrored: u64,
    /// Stored plans.
    pub plans: u64,
    /// Calls with messages, updates of cards, callbacks and rests of auto replies that wait.
    #[serde(default)]
    pub waiting: u64,
}

impl LinkCounts {
    /// Whether nothing ties the corp.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for LinkCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { members, departments, tombstones, mirrored, plans, waiting } = self;
        write!(
            f,
            "{members} members and {departments} departments linked, {tombstones} deleted members remembered, {mirrored} \
             departments and members in the mirror, {plans} plans, {waiting} messages and callbacks under way"
        )
    }
}

/// Counts what ties a corp to its WeCom. Keys are read, rows are not; about 1 µs each.
///
/// A message whose recipients are still to be found is not counted: [`loose_ends::since_ms`] keeps it from strangers.
pub fn count(tx: &impl Reads, corp: &CorpKey) -> Result<LinkCounts, StoreError> {
    let (members, departments, tombstones) = bindings::count(tx, corp)?;
    let (there, plans) = (mirror::counts(tx, corp)?, plans::count(tx, corp)?);
    let mirrored = there.departments + there.members;
    let waiting = loose_ends::count(tx, corp)?;
    Ok(LinkCounts { members, departments, tombstones, mirrored, plans, waiting })
}

/// Drops everything that ties a corp to its WeCom, with its runs, their journals and what the engine remembers of it
/// between runs, and ends what is under way there. The corp, its secrets, its menus as drafts and the audit log stay.
pub fn reset(tx: &WriteTx, corp: &CorpKey) -> Result<LooseEnds, StoreError> {
    let ended = loose_ends::end(tx, corp)?;
    mirror::clear(tx, corp)?;
    bindings::clear(tx, corp)?;
    resolve::clear(tx, corp)?;
    plans::clear(tx, corp)?;
    runs::clear(tx, corp)?;
    removals::clear(tx, corp)?;
    settings::clear(tx, Scope::Corp(corp))?;
    Ok(ended)
}

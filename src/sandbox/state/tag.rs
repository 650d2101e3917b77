//! A tag (标签).

use super::corp::Owner;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A tag. It belongs to the secret that created it, or to the super administrators when `owner` is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Name, unique in the corp.
    pub name: String,
    /// Who may change it.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// Members, by folded userid.
    #[serde(default)]
    pub users: BTreeSet<String>,
    /// Departments; their members are not expanded.
    #[serde(default)]
    pub departments: BTreeSet<u32>,
}

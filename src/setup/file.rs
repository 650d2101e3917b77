//! A whole set-up as values: what a file says, or what the store holds.

use super::given::Given;
use crate::model::{Corp, CorpKey, Secret, SecretName, Tenant, TenantKey};
use std::collections::BTreeMap;

/// Tenants and corps, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetupFile {
    /// Tenants.
    pub tenants: Vec<Tenant>,
    /// Corps with their apps, options and secrets.
    pub corps: Vec<SetupCorp>,
}

/// A corp with its secrets.
#[derive(Debug, Clone)]
pub struct SetupCorp {
    /// The corp.
    pub corp: Corp,
    /// The secrets that are given; what is absent is left as it is in the store.
    pub secrets: BTreeMap<SecretName, Secret>,
    /// What a file says about it; options that it does not name stay as they are in the store. `None` = the corp as it is
    /// in the store, whole.
    pub given: Option<Given>,
}

/// Equal are corps with the same settings and secrets, however they were written down.
impl PartialEq for SetupCorp {
    fn eq(&self, other: &Self) -> bool {
        self.corp == other.corp && self.secrets == other.secrets
    }
}

impl SetupFile {
    /// The tenant with this key.
    pub fn find_tenant(&self, key: &TenantKey) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.key == *key)
    }

    /// The corp with this key.
    pub fn find_corp(&self, key: &CorpKey) -> Option<&SetupCorp> {
        self.corps.iter().find(|corp| corp.corp.key == *key)
    }
}

//! What a read is done with: the client, the former mirror, and somebody who may stop it.

use crate::clock::Clock;
use crate::model::{Corp, CorpKey, Department, DepartmentId, Member, MirrorHead, Text};
use crate::store::{self, Reads, StoreError};
use crate::sync::error::SyncError;
use crate::sync::facts::{self, Memory};
use crate::sync::hints::{self, Hints};
use crate::sync::progress::{Interruption, Watch};
use crate::wecom::Client;
use std::collections::HashMap;

/// What one read works with.
pub struct Context {
    /// The corp.
    pub corp: Corp,
    /// Counted by the run's meter.
    pub client: Client,
    /// For pauses.
    pub clock: Clock,
    /// Who is told, and who may stop it.
    pub watch: Watch,
    /// The mirror as it was.
    pub former: Former,
    /// Whether names and details of everything are asked for.
    pub is_full: bool,
    /// How many reads may be under way.
    pub width: usize,
}

impl Context {
    /// Whether the read may go on.
    pub fn check(&self) -> Result<(), SyncError> {
        match self.watch.interruption() {
            None => Ok(()),
            Some(Interruption::Cancelled) => Err(SyncError::Cancelled),
            Some(Interruption::Stopping) => Err(SyncError::Stopping),
        }
    }
}

/// The mirror before the read, and what is remembered of earlier ones.
#[derive(Debug, Default)]
pub struct Former {
    /// How it was read; `None` before the first read.
    pub head: Option<MirrorHead>,
    /// Departments.
    pub departments: HashMap<DepartmentId, Department>,
    /// Members by folded userid.
    pub members: HashMap<Text, Member>,
    /// Findings.
    pub memory: Memory,
    /// What is to be read again because events named it.
    pub hints: Hints,
}

impl Former {
    /// Copies it out of the store.
    pub fn load(tx: &impl Reads, corp: &CorpKey) -> Result<Self, StoreError> {
        let departments = store::mirror::departments(tx, corp)?;
        let members = store::mirror::members(tx, corp)?;
        Ok(Self {
            head: store::mirror::head(tx, corp)?,
            departments: departments.into_iter().map(|d| (d.id, d)).collect(),
            members: members.into_iter().map(|m| (m.userid.folded(), m)).collect(),
            memory: facts::get(tx, corp)?,
            hints: hints::get(tx, corp)?,
        })
    }
}

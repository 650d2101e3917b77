//! A corp as JSON: what `/_sandbox/state` saves and loads, and what a seed file holds. Nearly everything may be left
//! out of a seed; an unknown member is an error.

use super::chat::{Chats, Robot};
use super::corp::{App, Contacts, Corp, Settings};
use super::directory::Directory;
use super::job::Jobs;
use super::member::{Department, Member};
use super::tag::Tag;
use crate::sandbox::messages::Messages;
use crate::sandbox::options::{Profile, patched};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The whole file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateFile {
    /// Corps.
    pub corps: Vec<CorpFile>,
}

/// One corp of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpFile {
    /// CorpID.
    pub corpid: String,
    /// Shown name; absent = the CorpID.
    #[serde(default)]
    pub name: Option<String>,
    /// Profile; absent = the sandbox's.
    #[serde(default)]
    pub profile: Option<Profile>,
    /// Switches that differ from the profile's.
    #[serde(default)]
    pub switches: Value,
    /// Limits that differ from the profile's.
    #[serde(default)]
    pub limits: Value,
    /// Rate limits that differ from the profile's.
    #[serde(default)]
    pub quota: Value,
    /// Switches of messages that differ from the profile's.
    #[serde(default)]
    pub message_switches: Value,
    /// Limits of messages that differ from the profile's.
    #[serde(default)]
    pub message_limits: Value,
    /// Settings.
    #[serde(default)]
    pub settings: Settings,
    /// Contacts secret.
    #[serde(default)]
    pub contacts: Contacts,
    /// Apps by AgentID.
    #[serde(default)]
    pub apps: BTreeMap<u64, App>,
    /// Departments; the root may be left out.
    #[serde(default)]
    pub departments: Vec<Department>,
    /// Members.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Tags by id.
    #[serde(default)]
    pub tags: BTreeMap<u32, Tag>,
    /// Jobs.
    #[serde(default)]
    pub jobs: Jobs,
    /// Times at which members were created.
    #[serde(default)]
    pub creations: VecDeque<i64>,
    /// Departments that go once they are empty.
    #[serde(default)]
    pub doomed: BTreeSet<u32>,
    /// Messages.
    #[serde(default)]
    pub messages: Messages,
    /// Group chats.
    #[serde(default)]
    pub chats: Chats,
    /// Robots by key.
    #[serde(default)]
    pub robots: BTreeMap<String, Robot>,
}

/// Why a file was refused; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not the documented form.
    #[error("the state file is not readable: {0}")]
    Json(#[from] serde_json::Error),
    /// Readable, but no possible corp.
    #[error("corp {corpid}: {what}")]
    Impossible {
        /// Which corp.
        corpid: String,
        /// What is wrong with it.
        what: String,
    },
}

impl CorpFile {
    /// The corp as a file, complete.
    pub fn of(corp: &Corp) -> Result<Self, FileError> {
        Ok(Self {
            corpid: corp.corpid.clone(),
            name: Some(corp.name.clone()),
            profile: Some(corp.profile),
            switches: serde_json::to_value(&corp.switches)?,
            limits: serde_json::to_value(&corp.limits)?,
            quota: serde_json::to_value(&corp.quota)?,
            message_switches: serde_json::to_value(&corp.message_switches)?,
            message_limits: serde_json::to_value(&corp.message_limits)?,
            settings: corp.settings.clone(),
            contacts: corp.contacts.clone(),
            apps: corp.apps.clone(),
            departments: corp.directory.departments().cloned().collect(),
            members: corp.directory.members().cloned().collect(),
            tags: corp.tags.clone(),
            jobs: corp.jobs.clone(),
            creations: corp.creations.clone(),
            doomed: corp.doomed.clone(),
            messages: corp.messages.clone(),
            chats: corp.chats.clone(),
            robots: corp.robots.clone(),
        })
    }

    /// The file as a corp; refuses a directory that WeCom could not hold.
    pub fn into_corp(self, default_profile: Profile) -> Result<Corp, FileError> {
        let mut corp = Corp::new(&self.corpid, self.profile.unwrap_or(default_profile));
        corp.switches = patched(&corp.switches, &self.switches)?;
        corp.limits = patched(&corp.limits, &self.limits)?;
        corp.quota = patched(&corp.quota, &self.quota)?;
        corp.message_switches = patched(&corp.message_switches, &self.message_switches)?;
        corp.message_limits = patched(&corp.message_limits, &self.message_limits)?;
        corp.name = self.name.unwrap_or_else(|| self.corpid.clone());
        let (departments, members) = (self.departments.len(), self.members.len());
        let root_given = self.departments.iter().any(|department| department.id == 1);
        corp.directory = Directory::from_rows(self.departments, self.members, &corp.name);
        let impossible = |what: String| FileError::Impossible { corpid: self.corpid.clone(), what };
        if corp.directory.department_count() != departments + usize::from(!root_given) {
            return Err(impossible("two departments have the same id".into()));
        }
        if corp.directory.member_count() != members {
            return Err(impossible("two members have the same userid".into()));
        }
        if let Some(root) = corp.directory.department(1).filter(|root| root.parent != 0) {
            return Err(impossible(format!("the root, department 1, hangs below department {}", root.parent)));
        }
        let reached: BTreeSet<u32> = corp.directory.subtree(1).into_iter().collect();
        if let Some(stray) = corp.directory.departments().find(|department| !reached.contains(&department.id)) {
            let (id, parent) = (stray.id, stray.parent);
            let why = if corp.directory.path_to_root(id).skip(1).any(|above| above == id) {
                "it is part of a circle".to_owned()
            } else {
                format!("what is above it (department {parent}) is missing or part of a circle")
            };
            return Err(impossible(format!("department {id} does not hang below the root: {why}")));
        }
        if let Some(member) = corp
            .directory
            .members()
            .find(|member| member.memberships.iter().any(|m| corp.directory.department(m.department).is_none()))
        {
            return Err(impossible(format!("member {} is in a department that does not exist", member.userid)));
        }
        corp.settings = self.settings;
        corp.contacts = self.contacts;
        corp.apps = self.apps;
        corp.tags = self.tags;
        corp.jobs = self.jobs;
        corp.creations = self.creations;
        corp.doomed = self.doomed;
        corp.messages = self.messages;
        corp.chats = self.chats;
        corp.robots = self.robots;
        Ok(corp)
    }
}

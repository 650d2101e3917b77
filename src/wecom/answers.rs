//! What calls answer, where it is not a model type.

use crate::model::{DepartmentId, Text, UserId};

/// One page of `user/list_id`: one row per membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPage {
    /// Who is where. A member of two departments is in two rows.
    pub rows: Vec<(UserId, DepartmentId)>,
    /// The cursor of the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// What an invitation or tag change could not use. The rest was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unusable {
    /// Members.
    pub users: Vec<UserId>,
    /// Departments.
    pub departments: Vec<DepartmentId>,
    /// Tags (invitations only).
    pub tags: Vec<u32>,
}

/// A tag's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// WeCom's id.
    pub id: u32,
    /// Name.
    pub name: Text,
}

/// What a tag holds, as far as visible. Departments are not expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagContent {
    /// Name, where answered.
    pub name: Option<Text>,
    /// Members with their names, where answered.
    pub users: Vec<(UserId, Option<Text>)>,
    /// Departments.
    pub departments: Vec<DepartmentId>,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Valid for three days, for all apps of the corp.
    pub media_id: String,
    /// Unix seconds, 0 where not answered.
    pub created_at_s: u64,
}

/// A job at WeCom: at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobId(pub String);

/// State of an import (doc path 90983).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportState {
    /// Whether it has ended; `rows` is complete then.
    pub is_finished: bool,
    /// `sync_user`, `replace_user`, `replace_party`
    pub kind: String,
    /// Rows in the file.
    pub total: u64,
    /// 0 to 100.
    pub percentage: u32,
    /// What became of each row. A row of the file that is not here was not imported: WeCom may refuse a whole file.
    pub rows: Vec<ImportRow>,
}

/// What became of one row of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The member, in a member import.
    pub userid: Option<UserId>,
    /// The department, in a department import.
    pub department: Option<DepartmentId>,
    /// What was done to the department: 1 create, 2 rename, 4 move, 8 reorder, added up.
    pub action: u32,
    /// `None` = accepted.
    pub refusal: Option<super::Refusal>,
}

/// State of an export (doc path 94854).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportState {
    /// Waiting or under way.
    Running,
    /// Its files, valid for two hours.
    Done(Vec<ExportFile>),
    /// Failed; submit again.
    Failed,
}

/// One encrypted file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Valid for two hours.
    pub url: String,
    /// Bytes of the encrypted file.
    pub size: u64,
    /// Hex MD5 of the encrypted file.
    pub md5: String,
}

/// Second verification, first step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TfaInfo {
    /// Who.
    pub userid: UserId,
    /// For the second step.
    pub tfa_code: crate::model::Secret,
}

/// An app as its own secret sees it (doc path 90227); the visible range is what it names directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// AgentID.
    pub agentid: u64,
    /// Name.
    pub name: Text,
    /// Whether it is switched off.
    pub is_closed: bool,
    /// Members named in the visible range.
    pub users: Vec<UserId>,
    /// Departments named in the visible range; with everything below them.
    pub departments: Vec<DepartmentId>,
    /// Tags named in the visible range.
    pub tags: Vec<u32>,
    /// Trusted domain.
    pub redirect_domain: String,
    /// Description.
    pub description: String,
    /// Home page.
    pub home_url: String,
    /// Whether "member opened the app" events are sent.
    pub reports_entering: bool,
    /// Whether places are reported when a member opens the app.
    pub reports_location: bool,
}

/// An app in a list; a self-built app only sees itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// AgentID.
    pub agentid: u64,
    /// Name.
    pub name: Text,
}

/// A group chat of an app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chat {
    /// At most 32 digits and letters; empty in a create = WeCom chooses.
    pub id: String,
    /// At most 50 characters.
    pub name: String,
    /// One of the members; absent in a create = a random one.
    pub owner: Option<UserId>,
    /// 2 to 2000.
    pub members: Vec<UserId>,
}

/// A change of a group chat; what is `None` or empty stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatChange {
    /// 1 to 50 characters.
    pub name: Option<String>,
    /// The new owner.
    pub owner: Option<UserId>,
    /// Who comes.
    pub add: Vec<UserId>,
    /// Who goes.
    pub remove: Vec<UserId>,
}

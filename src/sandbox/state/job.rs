//! Uploaded media, imports and exports of a corp.

use super::corp::{Callback, Owner};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long a media_id is good (doc path 90253).
pub const MEDIA_MS: i64 = 3 * 24 * 3_600_000;
/// How long the address of an export file is good (doc path 94854).
pub const EXPORT_URL_MS: i64 = 2 * 3_600_000;
/// Finished imports whose results are kept.
pub const RESULTS_KEPT: usize = 5;
/// Images for pages that are kept; in the live service they stay for good.
pub const PAGE_IMAGES_KEPT: usize = 1000;

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// `image`, `voice`, `video`, `file`.
    pub kind: String,
    /// Name given.
    pub filename: String,
    /// When.
    pub created_at_ms: i64,
    /// Content.
    #[serde(with = "base64_bytes")]
    pub content: Vec<u8>,
    /// Key of the robot that alone may use it; empty = any app of the corp.
    #[serde(default)]
    pub robot: String,
}

/// What an import does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// `batch/syncuser`
    SyncUser,
    /// `batch/replaceuser`
    ReplaceUser,
    /// `batch/replaceparty`
    ReplaceParty,
    /// `batch/syncparty`, private editions.
    SyncParty,
}

impl ImportKind {
    /// As `batch/getresult` and the event name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SyncUser => "sync_user",
            Self::ReplaceUser => "replace_user",
            Self::ReplaceParty => "replace_party",
            Self::SyncParty => "sync_party",
        }
    }
}

/// One row of an import's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Member imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userid: Option<String>,
    /// Department imports: bit set 1 create, 2 rename, 4 move, 8 reorder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<u8>,
    /// Department imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partyid: Option<u32>,
    /// 0 = done.
    pub errcode: i64,
    /// Text.
    pub errmsg: String,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Id.
    pub jobid: String,
    /// What it does.
    pub kind: ImportKind,
    /// Who submitted it.
    pub owner: Owner,
    /// Content of the file.
    #[serde(with = "base64_bytes")]
    pub content: Vec<u8>,
    /// Invitations for new members.
    pub to_invite: bool,
    /// Where the result event goes; `None` = nowhere.
    pub callback: Option<Callback>,
    /// Submission.
    pub submitted_at_ms: i64,
    /// When it is carried out.
    pub due_at_ms: i64,
    /// Whether it has been carried out.
    pub is_done: bool,
    /// Job-level error of the event.
    pub errcode: i64,
    /// Results.
    pub rows: Vec<ImportRow>,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportKind {
    /// `export/simple_user`
    SimpleUser,
    /// `export/user`
    User,
    /// `export/department`
    Department,
    /// `export/taguser`
    TagUser(u32),
    /// `async/simplelist`, private editions.
    AsyncSimpleList(u32, bool),
    /// `async/list`, private editions.
    AsyncList(u32, bool),
}

/// One encrypted file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFile {
    /// Last part of the address, or the media_id in private editions.
    pub id: String,
    /// MD5 of the ciphertext.
    pub md5: String,
    /// Ciphertext.
    #[serde(with = "base64_bytes")]
    pub content: Vec<u8>,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Id.
    pub jobid: String,
    /// What.
    pub kind: ExportKind,
    /// Who submitted it, and alone may ask for it.
    pub owner: Owner,
    /// Key of the files; empty in private editions, whose files are plain.
    pub aes_key: String,
    /// Items per file.
    pub block_size: usize,
    /// Submission.
    pub submitted_at_ms: i64,
    /// When it is carried out.
    pub due_at_ms: i64,
    /// Whether it has been carried out.
    pub is_done: bool,
    /// Whether it went wrong.
    pub has_failed: bool,
    /// Files.
    pub files: Vec<ExportFile>,
}

/// Where a fetch by address stands (doc path 96219).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchState {
    /// Nobody has begun.
    Ordered,
    /// Under way.
    Running,
    /// Kept under this media_id.
    Done(String),
    /// It went wrong.
    Failed {
        /// Why.
        errcode: i64,
        /// The same in words.
        errmsg: String,
    },
}

/// A file that is fetched from an address (`media/upload_by_url`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Id.
    pub jobid: String,
    /// Who submitted it, and alone may ask for it.
    pub owner: Owner,
    /// `video` or `file`.
    pub kind: String,
    /// Name of the file.
    pub filename: String,
    /// Address.
    pub url: String,
    /// MD5 that the file must have, lower case.
    pub md5: String,
    /// Submission.
    pub submitted_at_ms: i64,
    /// End.
    pub ended_at_ms: i64,
    /// Where it stands.
    pub state: FetchState,
}

/// All of a corp's jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jobs {
    /// Uploads by media_id.
    pub media: BTreeMap<String, Media>,
    /// Images by `media/uploadimg`, by number.
    pub page_images: BTreeMap<u64, Media>,
    /// When they came.
    pub page_image_times: VecDeque<i64>,
    /// Imports, oldest first.
    pub imports: VecDeque<Import>,
    /// Ids of imports whose results were thrown away.
    pub purged: VecDeque<String>,
    /// Exports, oldest first.
    pub exports: VecDeque<Export>,
    /// Files that are fetched from an address, oldest first.
    pub fetches: VecDeque<Fetch>,
    /// Last number given.
    pub last_number: u64,
}

impl Jobs {
    /// A number never given before.
    pub fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Keeps an upload; answers its media_id.
    pub fn add_media(&mut self, media: Media) -> String {
        let media_id = format!("3{:032x}{}", rand::random::<u128>(), self.next_number());
        self.media.insert(media_id.clone(), media);
        media_id
    }

    /// Whether an import is under way.
    pub fn is_importing(&self) -> bool {
        self.imports.iter().any(|job| !job.is_done)
    }

    /// When the next job is due.
    pub fn next_due_ms(&self) -> Option<i64> {
        let imports = self.imports.iter().filter(|job| !job.is_done).map(|job| job.due_at_ms);
        let exports = self.exports.iter().filter(|job| !job.is_done).map(|job| job.due_at_ms);
        imports.chain(exports).min()
    }
}

/// Results of fetches are kept for so long (doc path 96219).
pub const FETCH_KEPT_MS: i64 = 3_600_000;

mod base64_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

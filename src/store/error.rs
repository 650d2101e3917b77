//! Everything that can go wrong in the store, worded so that an operator knows what to do.

use std::path::{Path, PathBuf};

/// Why the store refused or failed.
///
/// After an `Err` from a write nothing of that write is stored, with one exception: after [`StoreError::CommitFailed`]
/// it is unknown whether it is, so whatever follows must be safe to repeat.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process (the server, as a rule) has the file open.
    #[error(
        "the store {path} is in use by another process: stop the server, or run the command through its admin socket",
        path = .path.display()
    )]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error(
        "{path} does not exist: check the path and data_dir (a store and its key are made when the server first starts)",
        path = .path.display()
    )]
    Missing {
        /// What was looked for.
        path: PathBuf,
    },
    /// The file cannot be read by this user.
    #[error("{path} cannot be read ({detail}): give the service's account the right to read it", path = .path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        detail: String,
    },
    /// The directory or the file cannot be written by this user, or the disk is mounted read-only.
    #[error(
        "{path} cannot be written ({detail}): give the service's account the right to write there, \
         or mount the disk for writing",
        path = .path.display()
    )]
    NotWritable {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's words.
        detail: String,
    },
    /// No space left, or a quota or file size limit was reached.
    #[error(
        "the disk that holds {path} is full: free some space; nothing acknowledged is lost, and writing goes on \
         by itself as soon as there is room",
        path = .path.display()
    )]
    DiskFull {
        /// The database file.
        path: PathBuf,
    },
    /// The file is damaged or is not a database of ours.
    #[error(
        "{path} is damaged or is not a wecom-bridge store ({detail}): put it aside and bring back the latest backup \
         with `wecom-bridge restore FILE`",
        path = .path.display()
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} has schema {found}, but this version knows only up to {supported}: install the newer version again, \
         or restore a backup made before the upgrade",
        path = .path.display()
    )]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// Schema of the file.
        found: u32,
        /// Newest schema that this version knows.
        supported: u32,
    },
    /// A migration failed; the file still has its former schema.
    #[error("migration to schema {to} failed, {path} is unchanged (backup: {backup})", path = .path.display(), backup = .backup.display())]
    Migration {
        /// The database file.
        path: PathBuf,
        /// The schema that was not reached.
        to: u32,
        /// The backup made before.
        backup: PathBuf,
        /// Why.
        #[source]
        cause: Box<StoreError>,
    },
    /// The master key is not the one that the store was sealed with.
    #[error(
        "the master key from {source_name} does not fit the store {path}, which was sealed with key {wanted}: put back \
         the key file that belongs to this store; without it the stored secrets cannot be read and must be entered again",
        path = .path.display()
    )]
    WrongKey {
        /// The database file.
        path: PathBuf,
        /// Where the key was read from.
        source_name: String,
        /// Id of the key that is needed.
        wanted: String,
    },
    /// There is a store but no master key.
    #[error(
        "the store {store} exists but its master key {path} is missing: put the key file back (it is not part of a \
         backup of the store)",
        path = .path.display(), store = .store.display()
    )]
    KeyMissing {
        /// Where the key file was looked for.
        path: PathBuf,
        /// The database file.
        store: PathBuf,
    },
    /// Others may read the key file.
    #[error(
        "the key file {path} may be read by others (mode {mode:04o}): run `chmod 600 {path}`; if somebody may have \
         copied it, run `wecom-bridge rekey` afterwards",
        path = .path.display()
    )]
    KeyFileOpen {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file's content is not a key ring.
    #[error("the key file {path} is not valid, line {line}: {detail}", path = .path.display())]
    KeyFileInvalid {
        /// The key file.
        path: PathBuf,
        /// 1, 2, 3 …
        line: usize,
        /// The rule it breaks.
        detail: String,
    },
    /// The key comes from where it cannot be written by us.
    #[error(
        "the master key comes from {source_name}, which the service cannot write: put a new line above the old one \
         (`echo $(openssl rand -hex 4) $(openssl rand -hex 32)` makes one), restart, run rekey again, then take the \
         old line out"
    )]
    KeyReadOnly {
        /// Where the key was read from.
        source_name: String,
    },
    /// A sealed value does not open: it was moved, damaged, or its key is gone.
    #[error("the sealed value {table}/{key} does not open: {detail}")]
    Unsealable {
        /// Table.
        table: &'static str,
        /// Key of the row.
        key: String,
        /// Why.
        detail: &'static str,
    },
    /// A row cannot be decoded.
    #[error("row {key} of table {table} cannot be read: run `wecom-bridge verify`, then restore a backup")]
    BadRow {
        /// Table.
        table: &'static str,
        /// Key of the row.
        key: String,
        /// Why.
        #[source]
        cause: RowError,
    },
    /// What was to be written contradicts what is there.
    #[error("{what} conflicts with {present}")]
    Conflict {
        /// What was to be written.
        what: String,
        /// What is there.
        present: String,
    },
    /// What a write rests on is not there.
    #[error("{what} does not exist")]
    NotFound {
        /// What is missing, e.g. `corp acme-main`.
        what: String,
    },
    /// A file of that name is there already.
    #[error("{path} exists already and is not overwritten: choose another name", path = .path.display())]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// Long reads were still under way when the whole file was needed.
    #[error("the store is busy ({doing} needs it alone): try again when long reads have ended")]
    Busy {
        /// What was to be done.
        doing: &'static str,
    },
    /// The commit was tried and failed; the write may or may not be stored.
    #[error("a commit to {path} failed ({detail}); it is unknown whether the change is stored", path = .path.display())]
    CommitFailed {
        /// The database file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// A closure panicked; nothing of it is stored.
    #[error("a database operation ended by a bug: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// Any other failure of the operating system.
    #[error("{doing} {path}", path = .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Any other failure of the database engine.
    #[error("the database engine failed on {path}: {detail}", path = .path.display())]
    Engine {
        /// The database file.
        path: PathBuf,
        /// Its words.
        detail: String,
    },
    /// A caller's own error, carried out of a closure.
    #[error("{0}")]
    Refused(String),
}

/// Why a row cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Its key does not have the table's form.
    #[error("the key does not have the form of this table")]
    Key,
    /// Its first byte names a format that this version does not know.
    #[error("value format {0:?} is not known")]
    Format(Option<u8>),
    /// Its JSON does not fit. The parser's own words are left out, for they may quote a phone number.
    #[error("the value does not fit ({what} error at byte {column})")]
    Json {
        /// `syntax`, `data`, `eof` or `io`.
        what: &'static str,
        /// Where in the value.
        column: usize,
    },
    /// It breaks off, or a length in it leads astray.
    #[error("the value cannot be read from byte {at} on")]
    Packed {
        /// Where in the value.
        at: usize,
    },
}

impl From<serde_json::Error> for RowError {
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Io => "io",
            serde_json::error::Category::Syntax => "syntax",
            serde_json::error::Category::Data => "data",
            serde_json::error::Category::Eof => "eof",
        };
        Self::Json { what, column: error.column() }
    }
}

impl StoreError {
    /// A conflict between what is to be written and what is there.
    pub fn conflict(what: impl Into<String>, present: impl Into<String>) -> Self {
        Self::Conflict { what: what.into(), present: present.into() }
    }

    /// Something that a write rests on is missing.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// Sorts an error of the operating system by what can be done about it.
    pub(crate) fn io(doing: &'static str, path: &Path, cause: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let path = path.to_owned();
        match cause.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Self::DiskFull { path },
            Kind::PermissionDenied if doing == "read" => Self::NotReadable { path, detail: cause.to_string() },
            Kind::ReadOnlyFilesystem | Kind::PermissionDenied => Self::NotWritable { path, detail: cause.to_string() },
            Kind::AlreadyExists => Self::FileExists { path },
            Kind::NotFound => Self::Missing { path },
            _ => Self::Io { doing, path, cause },
        }
    }

    /// Sorts an error of the database engine by what can be done about it.
    pub(crate) fn engine(path: &Path, error: impl Into<redb::Error>) -> Self {
        let path_buf = path.to_owned();
        match error.into() {
            redb::Error::DatabaseAlreadyOpen => Self::InUse { path: path_buf },
            redb::Error::Corrupted(detail) => Self::Corrupt { path: path_buf, detail },
            redb::Error::UpgradeRequired(version) => {
                Self::Corrupt { path: path_buf, detail: format!("file format {version} is too old") }
            }
            redb::Error::RepairAborted => Self::Corrupt { path: path_buf, detail: "repair was not possible".into() },
            redb::Error::Io(cause) => match cause.kind() {
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
                    Self::Corrupt { path: path_buf, detail: cause.to_string() }
                }
                _ => Self::io("access", path, cause),
            },
            other => Self::Engine { path: path_buf, detail: other.to_string() },
        }
    }

    /// Whether the database must be reopened before anything else can be written.
    pub(crate) fn needs_reopening(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::NotWritable { .. } | Self::Io { .. } | Self::Engine { .. })
    }
}

//! Files of the store on disk: permissions, creating and opening without surprises, replacing atomically.

use super::error::StoreError;
use crate::tasks::message_of;
use redb::Database;
use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Name of the database file in the data directory.
pub const FILE_NAME: &str = "wecom-bridge.redb";

/// Resolves what an operator gave: a `.redb` file, or the directory that holds [`FILE_NAME`].
pub fn database_path(dir_or_file: &Path) -> PathBuf {
    if dir_or_file.extension().is_some_and(|extension| extension == "redb") {
        dir_or_file.to_owned()
    } else {
        dir_or_file.join(FILE_NAME)
    }
}

/// Makes the directory of a file, mode 0700, if it is not there.
pub(super) fn make_directory_of(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else { return Ok(()) };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|cause| StoreError::io("create", directory, cause))
}

/// Creates a file that must not exist yet, mode 0600.
pub(super) fn create_new(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| StoreError::io("create", path, cause))
}

/// [`create_new`] for a file that the service is to open: made by root in a directory of the service's account, it is
/// given to that account, which could not open it otherwise.
pub(super) fn create_for_service(path: &Path) -> Result<File, StoreError> {
    let file = create_new(path)?;
    let made = file.metadata().map_err(|cause| StoreError::io("read", path, cause))?;
    let directory = directory_of(path);
    let home = fs::metadata(directory).map_err(|cause| StoreError::io("read", directory, cause))?;
    if made.uid() == 0 && home.uid() != 0 {
        std::os::unix::fs::fchown(&file, Some(home.uid()), Some(home.gid()))
            .map_err(|cause| StoreError::io("set the owner of", path, cause))?;
    }
    Ok(file)
}

/// Opens an existing database. Tightens its mode to 0600.
///
/// A panic of the engine over a damaged file is reported as [`StoreError::Corrupt`].
pub(super) fn open_database(path: &Path, cache_bytes: usize) -> Result<Database, StoreError> {
    let file =
        OpenOptions::new().read(true).write(true).open(path).map_err(|cause| StoreError::io("open", path, cause))?;
    let meta = file.metadata().map_err(|cause| StoreError::io("read", path, cause))?;
    if meta.len() == 0 {
        return Err(StoreError::Corrupt { path: path.to_owned(), detail: "the file is empty".into() });
    }
    if meta.mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .map_err(|cause| StoreError::io("set the mode of", path, cause))?;
    }
    contained(path, || {
        redb::Builder::new()
            .set_cache_size(cache_bytes)
            .create_file(file)
            .map_err(|error| StoreError::engine(path, error))
    })
}

/// Makes a database of a fresh, empty file.
pub(super) fn create_database(file: File, path: &Path, cache_bytes: usize) -> Result<Database, StoreError> {
    redb::Builder::new().set_cache_size(cache_bytes).create_file(file).map_err(|e| StoreError::engine(path, e))
}

/// Runs something over a file that may be damaged; a panic of the engine becomes [`StoreError::Corrupt`].
pub(super) fn contained<T>(path: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let outer = IS_CONTAINED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(StoreError::Corrupt { path: path.to_owned(), detail: message_of(panic.as_ref()) }));
    IS_CONTAINED.set(outer);
    done
}

thread_local! {
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught here and told as an error, so that nothing else needs to be said of it.
pub fn tells_panic_itself() -> bool {
    IS_CONTAINED.get()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename or a new name durable.
pub(super) fn sync_directory_of(path: &Path) -> Result<(), StoreError> {
    let directory = directory_of(path);
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|cause| StoreError::io("write to", directory, cause))
}

/// Gives a finished file its name, durably, without ever replacing one that is there.
///
/// On `Err` no file of the name `to` has come into being, unless the error is that of the last fsync.
pub(super) fn publish(finished: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::hard_link(finished, to) {
        Ok(()) => fs::remove_file(finished).map_err(|cause| StoreError::io("remove", finished, cause))?,
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::FileExists { path: to.to_owned() });
        }
        // A file system without hard links.
        Err(_) if !to.exists() => fs::rename(finished, to).map_err(|cause| StoreError::io("create", to, cause))?,
        Err(_) => return Err(StoreError::FileExists { path: to.to_owned() }),
    }
    sync_directory_of(to)
}

/// Writes a small file of the service, mode 0600, so that after a crash either the former or the new content is there.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let temporary = beside(path, "new");
    let result = write_new(&temporary, content)
        .and_then(|()| fs::rename(&temporary, path).map_err(|cause| StoreError::io("write", path, cause)));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result?;
    sync_directory_of(path)
}

/// Writes a small file of the service that must not exist yet, mode 0600, durably but for its name.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut file = create_for_service(path)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|cause| StoreError::io("write", path, cause))
}

/// A name in the same directory that nobody else uses.
pub(super) fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{what}-{:08x}", rand::random::<u32>()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_root_makes_for_the_service_belongs_to_the_service() {
        let folder = tempfile::tempdir().unwrap();
        // only root can give files away; for others there is nothing to hand over
        if std::os::unix::fs::chown(folder.path(), Some(54_321), Some(54_322)).is_err() {
            return;
        }
        let owner = |name: &str| {
            let meta = fs::metadata(folder.path().join(name)).unwrap();
            (meta.uid(), meta.gid(), meta.mode() & 0o777)
        };
        drop(create_for_service(&folder.path().join("a")).unwrap());
        write_whole(&folder.path().join("b"), b"x").unwrap();
        drop(create_new(&folder.path().join("c")).unwrap());
        assert_eq!((owner("a"), owner("b")), ((54_321, 54_322, 0o600), (54_321, 54_322, 0o600)));
        assert_eq!(owner("c").0, 0, "a backup stays with whom made it");
    }
}

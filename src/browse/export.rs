//! Lists as files to take home: any list, any captions, one row at a time.
//!
//! The caller gives captions in the reader's language and turns each row into texts. CSV goes out while it is made;
//! a workbook goes through a temporary file that has no name any more.

use super::error::BrowseError;
use super::views::Views;
use crate::directory::export::ExportError;
use crate::directory::sheet;
use bytes::Bytes;
use futures_util::Stream;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use tokio::sync::mpsc;

/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait for a slow reader; the rows wait with them.
const CHUNKS_WAITING: usize = 4;

/// A list as CSV: UTF-8 with a byte order mark, values that would be formulas guarded.
///
/// # Errors
/// Those of the rows, and [`BrowseError::Export`].
pub fn csv<R>(
    out: impl Write,
    captions: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = Result<R, BrowseError>>,
) -> Result<(), BrowseError>
where
    R: IntoIterator<Item: AsRef<str>>,
{
    sheet::write_csv(out, captions, rows)
}

/// A list as a workbook; every cell is text.
///
/// # Errors
/// Those of the rows, and [`BrowseError::Export`].
pub fn xlsx<R>(
    out: impl Write + io::Seek + Send,
    name: &str,
    captions: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = Result<R, BrowseError>>,
) -> Result<(), BrowseError>
where
    R: IntoIterator<Item: AsRef<str>>,
{
    sheet::write_xlsx(out, name, captions, rows)
}

impl Views {
    /// What `write` writes, as a stream for an answer's body; only a few chunks wait for a slow reader. When the reader is
    /// gone, `write` gets an error and ends. Few exports are made at once; the others wait.
    pub async fn stream<W>(
        &self,
        write: W,
    ) -> Result<impl Stream<Item = Result<Bytes, BrowseError>> + use<W>, BrowseError>
    where
        W: FnOnce(&mut dyn Write) -> Result<(), BrowseError> + Send + 'static,
    {
        let place = self.export_place().await?;
        let (sender, mut receiver) = mpsc::channel(CHUNKS_WAITING);
        let work: Box<dyn FnOnce() + Send> = Box::new(move || {
            let mut out = Chunks { waiting: Vec::with_capacity(CHUNK_BYTES), sender };
            let written = write(&mut out).and_then(|()| out.flush().map_err(ExportError::from).map_err(Into::into));
            if let Err(error) = written {
                // an error only means that the reader is gone
                let _ = out.sender.blocking_send(Err(error));
            }
            drop(place);
        });
        tokio::task::spawn_blocking(work);
        Ok(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)))
    }

    /// A file that `write` has filled, at its beginning; it has no name any more and goes with its last handle. Few
    /// exports are made at once; the others wait.
    ///
    /// # Errors
    /// Those of `write`, and [`BrowseError::Export`].
    pub async fn file(
        &self,
        write: impl FnOnce(&mut File) -> Result<(), BrowseError> + Send + 'static,
    ) -> Result<File, BrowseError> {
        let place = self.export_place().await?;
        let folder = self.folder();
        super::views::aside(move || {
            let mut file = nameless(&folder).map_err(ExportError::from)?;
            write(&mut file)?;
            io::Seek::rewind(&mut file).map_err(ExportError::from)?;
            drop(place);
            Ok(file)
        })
        .await
    }
}

/// A file without a name: opened, then unlinked.
fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!("export-{}.part", uuid::Uuid::new_v4()));
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Sends what is written, chunk by chunk.
struct Chunks {
    waiting: Vec<u8>,
    sender: mpsc::Sender<Result<Bytes, BrowseError>>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK_BYTES));
        self.sender.blocking_send(Ok(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = Result<[&'static str; 2], BrowseError>;

    #[test]
    fn csv_is_read_as_text_by_spreadsheets() {
        let rows: [Row; 3] = [Ok(["=1+1", "+86"]), Ok(["a,\"b\"", "-"]), Ok(["", "\tx"])];
        let mut out = Vec::new();
        csv(&mut out, &["编号", "@x"], rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\u{feff}编号,'@x\r\n'=1+1,'+86\r\n\"a,\"\"b\"\"\",'-\r\n,'\tx\r\n");
    }

    #[test]
    fn a_failing_row_ends_the_file() {
        let rows: [Row; 2] = [Ok(["a", "b"]), Err(BrowseError::BadCursor)];
        let mut out = Vec::new();
        assert!(matches!(csv(&mut out, &["x", "y"], rows), Err(BrowseError::BadCursor)));
        let rows: [Row; 1] = [Err(BrowseError::BadCursor)];
        let failed = xlsx(io::Cursor::new(Vec::new()), "s", &["x", "y"], rows);
        assert!(matches!(failed, Err(BrowseError::BadCursor)));
    }

    #[test]
    fn a_workbook_holds_texts_only() {
        let rows: [Row; 2] = [Ok(["=1+1", "007"]), Ok(["", "张三"])];
        let mut out = io::Cursor::new(Vec::new());
        xlsx(&mut out, "人员", &["a", "b"], rows).unwrap();
        let read = crate::directory::rows::read("x.xlsx", out.get_ref(), crate::directory::Limits::UPLOAD).unwrap();
        let read: Vec<Vec<String>> = read.into_iter().map(|(_, values)| values).collect();
        assert_eq!(read, [vec!["a", "b"], vec!["=1+1", "007"], vec!["", "张三"]]);
    }
}

//! Lists as files: CSV and workbooks, written row by row on a thread of their own.

use super::reply;
use crate::directory::guard::guard;
use crate::http::Problem;
use actix_web::HttpResponse;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::io;

/// Form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 with a byte order mark, so that spreadsheets read Chinese right.
    Csv,
    /// Workbook with one sheet.
    Xlsx,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A file that is being written.
pub struct Sheet(Inner);

enum Inner {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Xlsx { book: Box<Workbook>, row: u32 },
}

impl Sheet {
    fn new(kind: Kind, captions: &[&str]) -> Result<Self, Problem> {
        Ok(Self(match kind {
            Kind::Csv => {
                let mut writer = csv::WriterBuilder::new()
                    .terminator(csv::Terminator::CRLF)
                    .from_writer("\u{feff}".as_bytes().to_vec());
                writer.write_record(captions).map_err(Problem::internal)?;
                Inner::Csv(Box::new(writer))
            }
            Kind::Xlsx => Inner::Xlsx { book: Box::new(begin(captions).map_err(too_long)?), row: 1 },
        }))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A workbook that would have more rows than one can have.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) -> Result<(), Problem> {
        match &mut self.0 {
            Inner::Csv(writer) => {
                for cell in cells {
                    writer.write_field(guard(cell.as_ref()).as_bytes()).map_err(Problem::internal)?;
                }
                writer.write_record(None::<&[u8]>).map_err(Problem::internal)
            }
            Inner::Xlsx { book, row } => {
                let sheet = book.worksheet_from_index(0).map_err(too_long)?;
                for (column, cell) in (0..).zip(cells) {
                    sheet.write_string(*row, column, cell.as_ref()).map_err(too_long)?;
                }
                *row += 1;
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Vec<u8>, Problem> {
        match self.0 {
            Inner::Csv(writer) => {
                writer.into_inner().map_err(|error| Problem::internal(io::Error::other(error.to_string())))
            }
            Inner::Xlsx { mut book, .. } => book.save_to_buffer().map_err(too_long),
        }
    }
}

fn begin(captions: &[&str]) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, caption) in (0..).zip(captions) {
        sheet.set_column_width(column, 18)?;
        sheet.write_string_with_format(0, column, *caption, &bold)?;
    }
    Ok(book)
}

fn too_long(error: XlsxError) -> Problem {
    Problem::invalid(
        "export.too_long",
        "The list cannot be written as a workbook, which has at most 1,048,575 rows; narrow it, or export it as CSV.",
    )
    .caused_by(error)
}

/// The answer with a file that `fill` writes.
///
/// # Errors
/// Those of `fill`.
pub async fn file(
    kind: Kind,
    name: &str,
    captions: Vec<&'static str>,
    fill: impl FnOnce(&mut Sheet) -> Result<(), Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let write = move || {
        let mut sheet = Sheet::new(kind, &captions)?;
        fill(&mut sheet)?;
        sheet.finish()
    };
    let bytes = tokio::task::spawn_blocking(write).await.map_err(Problem::internal)??;
    Ok(reply::download(&format!("{name}.{}", kind.ending()), kind.media_type(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;

    #[actix_web::test]
    async fn formulas_stay_text() {
        let fill = |sheet: &mut Sheet| sheet.row(["=1+1", "张"]);
        let answer = file(Kind::Csv, "x", vec!["a", "b"], fill).await.unwrap();
        let bytes = to_bytes(answer.into_body()).await.unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), "\u{feff}a,b\r\n'=1+1,张\r\n");
        let answer = file(Kind::Xlsx, "x", vec!["a"], fill).await.unwrap();
        assert!(to_bytes(answer.into_body()).await.unwrap().starts_with(b"PK"));
    }
}

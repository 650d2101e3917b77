//! Lists as files: what the page shows, from its beginning to its end. CSV goes out while it is made; a workbook goes
//! through a file that has no name any more, and then out in pieces.

use super::state::Web;
use super::visit::Visit;
use super::{reply, time};
use crate::browse::{BrowseError, export};
use crate::directory::export::Captions;
use crate::http::Problem;
use crate::http::errors::browse_problem;
use crate::locale::Lang;
use crate::store::StoreError;
use actix_web::HttpResponse;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;

/// Form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 with a byte order mark, so that spreadsheets read Chinese right.
    Csv,
    /// Workbook with one sheet.
    Xlsx,
}

impl Kind {
    /// The form that the address of a visit ends with; `None` = a page. For handlers of [`Routes::list`](super::routes::Routes::list).
    pub fn wanted(visit: &Visit) -> Option<Self> {
        [Self::Csv, Self::Xlsx]
            .into_iter()
            .find(|kind| visit.path.rsplit_once('.').is_some_and(|(_, end)| end == kind.ending()))
    }

    /// The same for handlers that answer with files alone.
    pub fn of(visit: &Visit) -> Self {
        Self::wanted(visit).unwrap_or(Self::Csv)
    }

    /// Ending of the file's name.
    pub fn ending(self) -> &'static str {
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

/// The captions of files that are read again, in the reader's language.
pub(super) fn captions(lang: Lang) -> Captions {
    match lang {
        Lang::Zh => Captions::Chinese,
        Lang::En => Captions::English,
    }
}

/// Where the rows of a list go.
pub struct Out<'o> {
    target: Target<'o>,
    captions: &'o [&'static str],
}

enum Target<'o> {
    Csv(&'o mut dyn Write),
    Xlsx(&'o mut File),
}

impl Out<'_> {
    /// Writes the file with these rows.
    ///
    /// # Errors
    /// Those of the rows; a workbook that would have more rows than one can have.
    pub fn rows<R>(self, rows: impl IntoIterator<Item = Result<R, BrowseError>>) -> Result<(), BrowseError>
    where
        R: IntoIterator<Item: AsRef<str>>,
    {
        match self.target {
            Target::Csv(out) => export::csv(out, self.captions, rows),
            Target::Xlsx(out) => export::xlsx(out, "list", self.captions, rows),
        }
    }
}

/// The rows of a list that is read page by page, so that few are held at once. `read` gets the place where the page before ended, and
/// answers where its own does, `None` at the end of the list.
pub fn pages<R, C>(
    mut read: impl FnMut(Option<C>) -> Result<(Vec<R>, Option<C>), StoreError>,
) -> impl Iterator<Item = Result<R, BrowseError>> {
    let (mut waiting, mut place, mut is_end) = (VecDeque::new(), None, false);
    std::iter::from_fn(move || {
        while waiting.is_empty() && !is_end {
            match read(place.take()) {
                Ok((rows, next)) => {
                    waiting.extend(rows);
                    is_end = next.is_none();
                    place = next;
                }
                Err(error) => {
                    is_end = true;
                    return Some(Err(error.into()));
                }
            }
        }
        waiting.pop_front().map(Ok)
    })
}

/// The answer with a file that `fill` writes, on a thread of its own. All files are named alike: what it is, in English so that any
/// system can keep the name, then the key of the tenant or corp that it is of, if it is of one, then the day.
///
/// # Errors
/// Those of `fill` for a workbook; a CSV that fails on its way ends where it failed, and the connection with it.
pub async fn file(
    web: &Web,
    kind: Kind,
    name: &str,
    captions: Vec<&'static str>,
    fill: impl FnOnce(Out<'_>) -> Result<(), BrowseError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let (name, views) = (file_name(web, name, kind), &web.app.views);
    match kind {
        Kind::Csv => {
            let write = move |out: &mut dyn Write| fill(Out { target: Target::Csv(out), captions: &captions });
            let pieces = views.stream(write).await.map_err(browse_problem)?;
            Ok(reply::stream(&name, kind.media_type(), pieces))
        }
        Kind::Xlsx => {
            let write = move |out: &mut File| fill(Out { target: Target::Xlsx(out), captions: &captions });
            let file = views.file(write).await.map_err(browse_problem)?;
            Ok(reply::stream(&name, kind.media_type(), reply::pieces(tokio::fs::File::from_std(file))))
        }
    }
}

/// `inbox-acme-main-2026-11-27.csv`
pub fn file_name(web: &Web, name: &str, kind: Kind) -> String {
    format!("{name}-{}.{}", time::day(web.app.clock.now_ms()), kind.ending())
}

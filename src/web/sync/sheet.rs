//! Lists of this area as files.

use crate::browse::{BrowseError, Views, export};
use crate::http::Problem;
use crate::http::errors::browse_problem;
use crate::web::reply;
use actix_web::HttpResponse;
use std::fs::File;
use std::io::Read;

/// Form of a file.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Csv,
    Xlsx,
}

/// Writes the rows in a form.
pub(super) fn write<R>(
    form: Form,
    out: &mut File,
    captions: &[&'static str],
    rows: impl IntoIterator<Item = Result<R, BrowseError>>,
) -> Result<(), BrowseError>
where
    R: IntoIterator<Item: AsRef<str>>,
{
    match form {
        Form::Csv => export::csv(out, captions, rows),
        Form::Xlsx => export::xlsx(out, "list", captions, rows),
    }
}

/// The answer with a file that `fill` writes, on a thread of its own.
pub(super) async fn file(
    views: &Views,
    form: Form,
    name: &str,
    fill: impl FnOnce(&mut File) -> Result<(), BrowseError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let mut file = views.file(fill).await.map_err(browse_problem)?;
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map(|_| bytes)
    });
    let bytes = read.await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let (ending, media_type) = match form {
        Form::Csv => ("csv", "text/csv; charset=utf-8"),
        Form::Xlsx => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    };
    Ok(reply::download(&format!("{name}.{ending}"), media_type, bytes))
}

//! `import`: previews a directory file, and imports it with `--yes`.

use super::context::{Context, tenant_key, upload};
use super::show;
use crate::model::TenantKey;
use crate::ops::admin::{Command, CommandError, Exit, ImportMode};
use crate::ops::exec::ImportReport;
use clap::Args;
use std::path::PathBuf;

/// Read a directory file (xlsx, csv folder or zip, ldif): preview, then import with --yes; exit code 3 when the preview has
/// changes, 4 when it must be allowed first, 5 when bad rows were left out
#[derive(Debug, Args)]
pub struct Import {
    /// Workbook, folder with units.csv and employees.csv, zip of them, or LDIF
    file: PathBuf,
    /// Whose directory it is
    #[arg(long, value_name = "KEY", value_parser = tenant_key)]
    tenant: TenantKey,
    /// Whether the file is the whole directory or only a part of it
    #[arg(long, value_enum, default_value = "replace")]
    mode: ImportMode,
    /// Import the good rows and leave the faulty ones out
    #[arg(long)]
    skip_bad_rows: bool,
    /// Import although more people or units are absent than is usual
    #[arg(long)]
    allow_shrink: bool,
    /// Import although more people than is usual would have another name, number, mobile or e-mail
    #[arg(long)]
    allow_other_people: bool,
    /// Import; without it only the preview is shown
    #[arg(long)]
    yes: bool,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let command = Command::Import {
            tenant: self.tenant,
            file: upload(&self.file)?,
            mode: self.mode,
            skip_bad_rows: self.skip_bad_rows,
            allow_shrink: self.allow_shrink,
            allow_other_people: self.allow_other_people,
            yes: self.yes,
        };
        // A folder travels as an archive, which is not what it is called here.
        let shown = self.file.is_dir().then(|| self.file.display().to_string());
        let render = move |report: &ImportReport, language| match shown {
            Some(name) => {
                let mut report = report.clone();
                report.summary.source.name = name.as_str().into();
                show::import(&report, language)
            }
            None => show::import(report, language),
        };
        context.execute(command, render).await
    }
}

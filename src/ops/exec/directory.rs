//! `import`, `test-expression`: what is done with the OA's side alone.

use crate::app::App;
use crate::directory::{
    self, ChangeKind, Diff, DirectoryError, Fault, FieldChange, ImportMode as Mode, ImportOptions, Imported, Limits,
    Parsed, Progress as Rows, Summary,
};
use crate::model::{Actor, Employee, EmployeeId, TenantKey, Text};
use crate::ops::admin::{Answer, CommandError, Exit, ExpressionKind, ImportMode, Output, Progress, Upload};
use crate::store;
use crate::sync::expr::{ExpressionKind as Kind, test_expression};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Faults and warnings that an answer carries; all are counted.
const FAULTS_SHOWN: usize = 200;

/// Employees that an expression is tried on where none is named.
const TRIED: usize = 20;

/// What `import` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Whether it was written; `false` for a preview.
    pub written: bool,
    /// In numbers.
    #[serde(flatten)]
    pub summary: Summary,
    /// Faults of rows, the first 200.
    pub faults: Vec<Fault>,
    /// Warnings, the first 200.
    pub warning_list: Vec<Fault>,
    /// Columns that are none of the documented ones and are read as `ext.NAME`.
    #[serde(default)]
    pub ext_columns: Vec<Text>,
    /// What changes, the first 20 rows; empty after an import.
    #[serde(default)]
    pub first_changes: Vec<ChangedRow>,
}

/// A row of the directory that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedRow {
    /// Whether it is a unit; else an employee.
    pub is_unit: bool,
    /// What happens to it.
    pub kind: ChangeKind,
    /// Its id.
    pub id: String,
    /// Its name afterwards.
    pub name: String,
    /// What differs; empty for added and removed rows.
    pub fields: Vec<FieldChange>,
}

/// Changed rows that a preview carries.
const CHANGES_SHOWN: usize = 20;

fn first_changes(diff: &Diff) -> Vec<ChangedRow> {
    let units = diff.units.rows.iter().map(|change| ChangedRow {
        is_unit: true,
        kind: change.kind,
        id: change.row.id.to_string(),
        name: change.row.name.to_string(),
        fields: change.fields.clone(),
    });
    let employees = diff.employees.rows.iter().map(|change| ChangedRow {
        is_unit: false,
        kind: change.kind,
        id: change.row.id.to_string(),
        name: change.row.name.to_string(),
        fields: change.fields.clone(),
    });
    units.chain(employees).take(CHANGES_SHOWN).collect()
}

/// What `test-expression` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpressionReport {
    /// Whether the expression compiles.
    pub compiles: bool,
    /// Where it does not, in characters from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Why it does not compile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it says about people.
    pub results: Vec<ExpressionRow>,
}

/// What an expression says about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpressionRow {
    /// Who.
    pub employee: EmployeeId,
    /// Their name.
    pub name: String,
    /// The result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Previews a directory file, or imports it.
pub(super) async fn import(
    app: &App,
    actor: &Actor,
    tenant: &TenantKey,
    file: Upload,
    options: ImportOptions,
    yes: bool,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    let parsed = parse(file).await?;
    let ext: BTreeSet<Text> = parsed.units.columns.ext.union(&parsed.employees.columns.ext).cloned().collect();
    let preview =
        directory::import::preview(&app.store, tenant, parsed.clone(), options.mode).await.map_err(refusal)?;
    let first = |faults: &[Fault]| faults.iter().take(FAULTS_SHOWN).cloned().collect::<Vec<_>>();
    let mut report = ImportReport {
        written: false,
        summary: preview.summary(),
        faults: first(&preview.diff.faults),
        warning_list: first(&preview.diff.warnings),
        ext_columns: ext.into_iter().collect(),
        first_changes: first_changes(&preview.diff),
    };
    if !preview.open_questions(&options).is_empty() {
        return Answer::new(Exit::Held, &report);
    }
    if !yes {
        let exit = match (preview.check(&options).is_ok(), preview.diff.is_empty()) {
            (false, _) => Exit::Failed,
            (true, false) => Exit::Pending,
            (true, true) => Exit::Done,
        };
        return Answer::new(exit, &report);
    }
    let tell = |rows: Rows| output.progress(Progress { label: "import".into(), done: rows.done, total: rows.total });
    let imported: Imported =
        directory::import::import(&app.store, tenant, parsed, options, actor, tell).await.map_err(refusal)?;
    report.written = true;
    report.first_changes.clear();
    let exit = if imported.summary.bad_rows > 0 { Exit::Partly } else { Exit::Done };
    report.summary = imported.summary;
    Answer::new(exit, &report)
}

async fn parse(file: Upload) -> Result<Parsed, CommandError> {
    let read = tokio::task::spawn_blocking(move || directory::read_bytes(&file.name, &file.content.0, Limits::FILE));
    read.await.map_err(|cause| CommandError::failed(cause.to_string()))?.map_err(refusal)
}

/// All faults that are kept, one per line.
fn refusal(error: DirectoryError) -> CommandError {
    let Some(faults) = error.faults() else {
        return match error {
            DirectoryError::UnknownTenant(_) => CommandError::usage(error.to_string()),
            _ => CommandError::from_chain(&error),
        };
    };
    let mut message = match &error {
        DirectoryError::BadRows(faults) => {
            format!("{} bad rows; correct them, or import the rest with --skip-bad-rows", faults.total)
        }
        _ => "the directory was not imported and is as it was".to_owned(),
    };
    for fault in faults.list.iter().take(FAULTS_SHOWN) {
        message.push_str("\n  ");
        message.push_str(&fault.to_string());
    }
    if faults.total > faults.list.len().min(FAULTS_SHOWN) {
        message.push_str(&format!("\n  … {} faults in all", faults.total));
    }
    CommandError::failed(message)
}

/// Tries an expression on one person, or on the first ones.
pub(super) async fn expression(
    app: &App,
    tenant: &TenantKey,
    kind: ExpressionKind,
    text: &str,
    employee: Option<EmployeeId>,
) -> Result<Answer, CommandError> {
    let kind = match kind {
        ExpressionKind::Filter => Kind::Filter,
        ExpressionKind::Text => Kind::Mapping,
    };
    let compiled = test_expression(kind, text, None, &[]);
    let mut report = ExpressionReport {
        compiles: compiled.compiles,
        position: compiled.position,
        error: compiled.error,
        results: Vec::new(),
    };
    if !report.compiles {
        return Answer::new(Exit::Failed, &report);
    }
    let (key, wanted) = (tenant.clone(), employee.clone());
    let found = app.store.read_async(move |tx| {
        if store::tenants::find(tx, &key)?.is_none() {
            return Ok(None);
        }
        let units = store::directory::units(tx, &key)?;
        let people: Vec<Employee> = match &wanted {
            Some(id) => store::directory::find_employee(tx, &key, id)?.into_iter().collect(),
            None => store::directory::page_employees(tx, &key, None, TRIED, None)?.rows,
        };
        Ok(Some((units, people)))
    });
    let (units, people) = found
        .await
        .map_err(|error| CommandError::from_chain(&error))?
        .ok_or_else(|| CommandError::usage(format!("there is no tenant {tenant}")))?;
    if let (Some(id), true) = (employee, people.is_empty()) {
        return Err(CommandError::usage(format!("the tenant {tenant} has no employee {id}")));
    }
    for person in people {
        let tried = test_expression(kind, text, Some(&person), &units);
        let (result, error) = (tried.result, tried.error);
        report.results.push(ExpressionRow { employee: person.id, name: person.name.to_string(), result, error });
    }
    Answer::new(Exit::Done, &report)
}

impl From<ImportMode> for Mode {
    fn from(mode: ImportMode) -> Self {
        match mode {
            ImportMode::Replace => Self::Replace,
            ImportMode::Merge => Self::Merge,
        }
    }
}

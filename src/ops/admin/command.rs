//! The commands. What a command needs from files is carried in it: the server may not be allowed to read where the
//! operator can.

use super::wire::{Bytes, SecretText};
use crate::model::{CorpKey, DepartmentId, EmployeeId, PlanId, Role, RunId, TenantKey, UnitId, UserId};
use crate::setup::{Confirmed, LinkChoices};
use serde::{Deserialize, Serialize};

/// One command of the command line that works on the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named after the flags that they carry")]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// `apply`: lays a set-up over what is there. References to secrets are resolved by the caller.
    Apply { setup: SecretText, dry_run: bool, prune: bool, links: LinkChoices, confirm: Confirmed },
    /// `export`
    Export { redact: bool },
    /// `import`: previews, or imports with `yes`.
    Import {
        tenant: TenantKey,
        file: Upload,
        mode: ImportMode,
        skip_bad_rows: bool,
        allow_shrink: bool,
        #[serde(default)]
        allow_other_people: bool,
        yes: bool,
    },
    /// `pull`
    Pull { corp: CorpKey, reading: Reading },
    /// `plan`: makes a plan and stores it.
    Plan { corp: CorpKey, reading: Reading },
    /// `plan --what-if`: what other settings would do; `settings` is a fragment of the set-up file. Writes nothing.
    /// With `whole`, all its changes are answered, for they are nowhere stored.
    WhatIf { corp: CorpKey, settings: String, whole: bool },
    /// `sync`: plans and applies, or applies the named plan; with `reason`, a held plan is allowed first.
    Sync { corp: CorpKey, plan: Option<PlanId>, reason: Option<String>, reading: Reading },
    /// `explain`
    Explain { corp: CorpKey, employee: EmployeeId },
    /// `check`
    Check { corp: Option<CorpKey> },
    /// `test-expression`
    TestExpression { tenant: TenantKey, kind: ExpressionKind, text: String, employee: Option<EmployeeId> },
    /// `key …`
    Key(KeyCommand),
    /// `admin …`
    Admin(AdminCommand),
    /// `bindings …`
    Bindings(BindingCommand),
    /// `runs …`
    Runs(RunCommand),
    /// `plans …`
    Plans(PlanCommand),
    /// `backup`, `verify`, `rekey`, `compact`
    Store(StoreCommand),
}

/// How WeCom is read first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
pub struct Reading {
    /// Read all names and details again, not only those of what is new
    #[arg(long)]
    pub full: bool,
    /// Believe that the many departments or members missing from WeCom's answer were really removed there
    #[arg(long)]
    pub accept_shrink: bool,
}

/// A file that the caller has read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// Its name, for messages and for the form that its ending tells.
    pub name: String,
    /// Its content.
    pub content: Bytes,
}

/// What an import does with rows that are not in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ImportMode {
    /// The file is the whole directory.
    #[default]
    Replace,
    /// Only what is in the file changes.
    Merge,
}

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpressionKind {
    /// CEL that says yes or no.
    Filter,
    /// Text with `{{ CEL }}` holes.
    Text,
}

/// Form of a binding file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// UTF-8 with a BOM, so that spreadsheets recognise it.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Bindings of one corp.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named after the flags that they carry")]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum BindingCommand {
    /// All bindings of members and departments.
    List { corp: CorpKey },
    /// Binds one employee to one member.
    Bind { corp: CorpKey, employee: EmployeeId, userid: UserId },
    /// Binds one unit to one department.
    BindUnit { corp: CorpKey, unit: UnitId, department: DepartmentId },
    /// Unbinds the named employees, or all employees.
    /// All of them are only counted unless `yes`.
    Unbind { corp: CorpKey, employees: Vec<EmployeeId>, all: bool, yes: bool },
    /// Unbinds one unit.
    UnbindUnit { corp: CorpKey, unit: UnitId },
    /// Writes the binding file.
    Export { corp: CorpKey, format: FileFormat },
    /// Reads a binding file, whose link column holds values of `member_field`.
    Import { corp: CorpKey, file: Upload, member_field: String, dry_run: bool },
    /// The resolve list.
    Ambiguous { corp: CorpKey },
    /// Decides one ambiguous case: binds the employee to one of the candidates.
    Resolve { corp: CorpKey, employee: EmployeeId, userid: UserId },
}

/// API keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named after the flags that they carry")]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum KeyCommand {
    /// Makes a key and answers it once.
    Create { name: String, scopes: Vec<String>, networks: Vec<String>, expires: Option<KeyExpiry> },
    /// All keys, without the keys themselves.
    List,
    /// Ends a key.
    Revoke { id: String },
}

/// Accounts of people.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named after the flags that they carry")]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum AdminCommand {
    /// Makes an account; without a password one is generated and answered once.
    Create {
        name: String,
        display_name: Option<String>,
        role: Role,
        language: Option<String>,
        password: Option<SecretText>,
        must_change: bool,
    },
    /// Sets a password; without one it is generated and answered once.
    Passwd { name: String, password: Option<SecretText>, must_change: bool },
    /// All accounts.
    List,
    /// Disables an account and ends its sessions.
    Disable { name: String },
    /// Lets an account be used again.
    Enable { name: String },
    /// Gives an account another role.
    SetRole { name: String, role: Role },
    /// Takes the second factor away.
    ResetTotp { name: String },
    /// Makes a new link for the first administrator.
    SetupLink,
}

/// When a new key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyExpiry {
    /// After so many days.
    Days(u32),
    /// At a moment, Unix milliseconds.
    AtMs(i64),
}

/// Runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named after the flags that they carry")]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum RunCommand {
    /// The latest runs, newest first.
    List { corp: Option<CorpKey>, limit: u32 },
    /// One run.
    Show { run: RunId },
    /// Tries failed records again: the one with this `seq`, or all.
    Retry { run: RunId, seq: Option<u32> },
    /// Makes a plan that gives back what the run changed.
    Undo { run: RunId },
    /// Stops a run after the calls that are under way.
    Cancel { run: RunId },
}

/// Plans.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named after the flags that they carry")]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum PlanCommand {
    /// The stored plans, newest first.
    List { corp: Option<CorpKey> },
    /// One plan with its first changes.
    Show { plan: PlanId },
    /// A page of a plan's changes.
    Changes { plan: PlanId, from: u32 },
    /// Allows or rejects a held plan.
    Decide { plan: PlanId, allow: bool, reason: String },
}

/// The store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum StoreCommand {
    /// Writes a backup into the data directory and answers its path; the caller moves it.
    Backup,
    /// Checks every row and the audit chain.
    Verify,
    /// Makes a new master key and seals every secret under it; the former one is kept beside it.
    Rekey,
    /// Gives unused pages of the database file back to the disk.
    Compact,
}

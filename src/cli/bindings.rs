//! `bindings list|bind|unbind|export|import|ambiguous|resolve`

use super::context::{Context, corp_key, employee_id, print_out, upload};
use super::show;
use crate::model::{CorpKey, DepartmentId, EmployeeId, UnitId, UserId};
use crate::ops::admin::{BindingCommand, Command, CommandError, Exit, FileFormat, Upload};
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Who is who: links between employees and members
#[derive(Debug, Args)]
pub struct Bindings {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// List all bindings
    List(OfCorp),
    /// Bind one employee to one member, or one unit to one department
    Bind {
        #[command(flatten)]
        of: OfCorp,
        /// The employee's id
        #[arg(long, value_name = "ID", value_parser = employee_id, requires = "userid", required_unless_present = "unit")]
        employee: Option<EmployeeId>,
        /// The member's userid
        #[arg(long, value_name = "USERID", requires = "employee")]
        userid: Option<String>,
        /// The unit's id
        #[arg(long, value_name = "ID", requires = "department", conflicts_with = "employee")]
        unit: Option<String>,
        /// The department's id
        #[arg(long, value_name = "ID", requires = "unit")]
        department: Option<u32>,
    },
    /// Take bindings away; the members stay as they are
    Unbind {
        #[command(flatten)]
        of: OfCorp,
        /// An employee's id; may be given many times
        #[arg(long = "employee", value_name = "ID", value_parser = employee_id, required_unless_present_any = ["all", "unit"])]
        employees: Vec<EmployeeId>,
        /// All employees of the corp
        #[arg(long, conflicts_with_all = ["employees", "unit"])]
        all: bool,
        /// Take them all away; without it, --all only counts them
        #[arg(long, requires = "all")]
        yes: bool,
        /// A unit's id
        #[arg(long, value_name = "ID", conflicts_with = "employees")]
        unit: Option<String>,
    },
    /// Write the binding file
    Export {
        #[command(flatten)]
        of: OfCorp,
        /// Where to; .csv or .xlsx
        file: PathBuf,
    },
    /// Read a binding file
    Import {
        #[command(flatten)]
        of: OfCorp,
        /// CSV or workbook, as `bindings export` writes it
        file: PathBuf,
        /// Member field whose values are in the link column
        #[arg(long, value_name = "FIELD", default_value = "userid")]
        member_field: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// List the ambiguous cases, which bound nobody
    Ambiguous(OfCorp),
    /// Decide an ambiguous case
    Resolve {
        #[command(flatten)]
        of: OfCorp,
        /// The employee's id
        #[arg(long, value_name = "ID", value_parser = employee_id)]
        employee: EmployeeId,
        /// The member's userid
        #[arg(long, value_name = "USERID")]
        userid: String,
    },
}

#[derive(Debug, Args)]
struct OfCorp {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
}

impl Bindings {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self.command {
            Subcommands::List(of) => {
                context.execute(Command::Bindings(BindingCommand::List { corp: of.corp }), show::bindings).await
            }
            Subcommands::Bind { of, employee, userid, unit, department } => {
                let corp = of.corp;
                let command = match (employee, userid, unit, department) {
                    (Some(employee), Some(userid), None, None) => {
                        BindingCommand::Bind { corp, employee, userid: UserId::from(userid.as_str()) }
                    }
                    (None, None, Some(unit), Some(department)) => BindingCommand::BindUnit {
                        corp,
                        unit: UnitId::from(unit),
                        department: DepartmentId(department),
                    },
                    _ => return Err(CommandError::usage("give --employee and --userid, or --unit and --department")),
                };
                context.execute(Command::Bindings(command), show::message).await
            }
            Subcommands::Unbind { of, employees, all, yes, unit } => {
                let corp = of.corp;
                let command = match unit {
                    Some(unit) => BindingCommand::UnbindUnit { corp, unit: UnitId::from(unit) },
                    None => BindingCommand::Unbind { corp, employees, all, yes },
                };
                context.execute(Command::Bindings(command), show::message).await
            }
            Subcommands::Export { of, file } => export(context, of.corp, file).await,
            Subcommands::Import { of, file, member_field, dry_run } => {
                let file = upload(&file)?;
                let command = BindingCommand::Import { corp: of.corp, file, member_field, dry_run };
                context.execute(Command::Bindings(command), show::link_import).await
            }
            Subcommands::Ambiguous(of) => {
                let command = BindingCommand::Ambiguous { corp: of.corp };
                context.execute(Command::Bindings(command), show::ambiguous).await
            }
            Subcommands::Resolve { of, employee, userid } => {
                let userid = UserId::from(userid.as_str());
                let command = BindingCommand::Resolve { corp: of.corp, employee, userid };
                context.execute(Command::Bindings(command), show::message).await
            }
        }
    }
}

async fn export(context: &Context, corp: CorpKey, file: PathBuf) -> Result<Exit, CommandError> {
    let format = match file.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => FileFormat::Csv,
        Some("xlsx") => FileFormat::Xlsx,
        _ => return Err(CommandError::usage("the file's name must end in .csv or .xlsx")),
    };
    let answer = context.ask(Command::Bindings(BindingCommand::Export { corp, format })).await?;
    let upload = Upload::deserialize(&answer.value).map_err(|cause| CommandError::failed(cause.to_string()))?;
    write_private(&file, &upload.content.0)
        .map_err(|cause| CommandError::failed(format!("{}: cannot be written: {cause}", file.display())))?;
    let bytes = upload.content.0.len();
    if context.is_json() {
        print_out(&format!("{}\n", serde_json::json!({ "file": file, "bytes": bytes })))?;
    } else {
        let verb = context.language.pick("written", "已写入");
        print_out(&format!("{}: {verb} ({bytes} B)\n", file.display()))?;
    }
    Ok(answer.exit)
}

/// Writes a file that only its owner may read, for it names people and their accounts.
fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // One that was there keeps its mode otherwise.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(content)
}

//! What every subcommand shares: the configuration, the way to the running server or to the store, and printing.

use super::language::Language;
use super::signals::wait_for_stop;
use super::terminal::Terminal;
use crate::config::{Config, FlagValue, Sources};
use crate::model::{CorpKey, EmployeeId, PlanId, RunId, TenantKey};
use crate::ops::admin::client::Client;
use crate::ops::admin::{Answer, Command, CommandError, Exit, SOCKET_NAME, Upload};
use clap::Args;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Flags that every subcommand takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Configuration file [default: /etc/wecom-bridge/config.toml where it exists]
    #[arg(long, global = true, value_name = "FILE", env = "WECOM_BRIDGE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Data directory, instead of the configured one
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print one JSON object on standard output and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of what is printed for people [default: from LANG]
    #[arg(long, global = true, value_enum, env = "WECOM_BRIDGE_LANG")]
    pub lang: Option<Language>,
}

/// The flags, ready for use.
#[derive(Debug, Clone)]
pub struct Context {
    global: Global,
    /// Language of what is printed for people.
    pub language: Language,
}

impl Context {
    /// From the flags.
    pub fn new(global: Global) -> Self {
        let language = global.lang.unwrap_or_else(|| Language::of_environment(|name| std::env::var(name).ok()));
        Self { global, language }
    }

    /// Whether `--json` was given.
    pub fn is_json(&self) -> bool {
        self.global.json
    }

    /// The data directory that was named on the command line.
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.global.data_dir.clone()
    }

    /// The configuration, with further flags of the subcommand.
    pub fn config(&self, mut flags: Vec<FlagValue>) -> Result<Config, CommandError> {
        if let Some(folder) = &self.global.data_dir {
            let value = folder.to_string_lossy().into_owned();
            flags.push(FlagValue { key: "data_dir", flag: "--data-dir", value });
        }
        Config::load(&Sources::from_process(self.global.config.clone(), flags))
            .map_err(|faults| CommandError::usage(faults.to_string()))
    }

    /// Executes a command: by the running server where there is one, else in this process. `render` gives the form for
    /// people.
    pub async fn execute<T: DeserializeOwned>(
        &self,
        command: Command,
        render: impl FnOnce(&T, Language) -> String,
    ) -> Result<Exit, CommandError> {
        let answer = self.ask(command).await?;
        self.print(&answer, render)?;
        Ok(answer.exit)
    }

    /// Executes a command and gives its answer back unprinted.
    pub async fn ask(&self, command: Command) -> Result<Answer, CommandError> {
        let config = self.config(Vec::new())?;
        let mut terminal = Terminal::new(self.language);
        let result = match Client::connect(&config.server.data_dir.join(SOCKET_NAME)).await? {
            Some(client) => client.execute(&account(), command, &mut terminal, wait_for_stop).await,
            None => super::local::execute(config, &account(), command, &mut terminal).await,
        };
        terminal.finish();
        result
    }

    /// Prints an answer in the form that was asked for.
    pub fn print<T: DeserializeOwned>(
        &self,
        answer: &Answer,
        render: impl FnOnce(&T, Language) -> String,
    ) -> Result<(), CommandError> {
        let text = if self.is_json() {
            format!("{}\n", answer.value)
        } else {
            let report = T::deserialize(&answer.value)
                .map_err(|cause| CommandError::failed(format!("the answer cannot be read: {cause}")))?;
            render(&report, self.language)
        };
        print_out(&text)
    }
}

/// Writes to standard output. A reader that has left (`| head`) is no fault.
pub fn print_out(text: &str) -> Result<(), CommandError> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CommandError::failed(format!("standard output cannot be written: {cause}")))
        }
        _ => Ok(()),
    }
}

/// The operating system's account of the caller, for the audit log: behind `sudo`, the person and not `root`.
pub fn account() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| {
            use std::os::unix::fs::MetadataExt;
            std::fs::metadata("/proc/self").map_or_else(|_| "unknown".to_owned(), |own| format!("uid-{}", own.uid()))
        })
}

/// Reads a file for a command to carry. A folder is packed into a zip, so that the two files of a CSV directory travel
/// as one.
pub fn upload(path: &Path) -> Result<Upload, CommandError> {
    let failed = |cause: std::io::Error| CommandError::usage(format!("{}: cannot be read: {cause}", path.display()));
    let name = path.file_name().map_or_else(|| "directory".into(), |name| name.to_string_lossy().into_owned());
    if !path.is_dir() {
        let content = std::fs::read(path).map_err(failed)?;
        return Ok(Upload { name, content: crate::ops::admin::wire::Bytes(content) });
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let tables = tables_in(path).map_err(failed)?;
    if tables.is_empty() {
        return Err(CommandError::usage(format!(
            "{}: there is no .csv file in this folder, such as units.csv (部门.csv) and employees.csv (人员.csv)",
            path.display()
        )));
    }
    for file in tables {
        let content = std::fs::read(path.join(&file)).map_err(failed)?;
        zip.start_file(file, options)
            .map_err(std::io::Error::other)
            .and_then(|()| std::io::Write::write_all(&mut zip, &content))
            .map_err(failed)?;
    }
    let content = zip.finish().map_err(|cause| failed(std::io::Error::other(cause)))?.into_inner();
    Ok(Upload { name: format!("{name}.zip"), content: crate::ops::admin::wire::Bytes(content) })
}

/// The files in a folder that may be tables, by name.
fn tables_in(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if crate::directory::is_csv(&name) && folder.join(&name).is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Parses a corp's key from the command line.
pub fn corp_key(text: &str) -> Result<CorpKey, String> {
    CorpKey::parse(text).map_err(|cause| cause.to_string())
}

/// Parses a tenant's key from the command line.
pub fn tenant_key(text: &str) -> Result<TenantKey, String> {
    TenantKey::parse(text).map_err(|cause| cause.to_string())
}

/// Takes an employee's id from the command line.
pub fn employee_id(text: &str) -> Result<EmployeeId, String> {
    not_empty(text).map(EmployeeId::from)
}

/// Takes a plan's id from the command line.
pub fn plan_id(text: &str) -> Result<PlanId, String> {
    not_empty(text).map(PlanId::from)
}

/// Takes a run's id from the command line.
pub fn run_id(text: &str) -> Result<RunId, String> {
    not_empty(text).map(RunId::from)
}

fn not_empty(text: &str) -> Result<&str, String> {
    if text.trim().is_empty() { Err("must not be empty".into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Limits, read_bytes};

    #[test]
    fn a_folder_travels_with_whatever_its_tables_are_called() {
        for (units, employees) in [("units.csv", "employees.csv"), ("部门.csv", "人员.CSV")] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(units), "id,parent_id,name\n1,,A\n").unwrap();
            std::fs::write(folder.path().join(employees), "id,name,unit_id\na,A,1\n").unwrap();
            std::fs::write(folder.path().join("notes.txt"), "no table").unwrap();
            let packed = upload(folder.path()).unwrap();
            let parsed = read_bytes(&packed.name, &packed.content.0, Limits::UPLOAD).unwrap();
            assert_eq!((parsed.units.rows.len(), parsed.employees.rows.len()), (1, 1), "{units}");
        }
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(upload(empty.path()).unwrap_err().exit, Exit::Usage);
    }
}

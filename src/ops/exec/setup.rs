//! `apply`, `export`.

use crate::app::App;
use crate::model::Actor;
use crate::ops::admin::{Answer, CommandError, Exit};
use crate::setup::{self, ReadFrom, SetupAction, SetupChange, SetupError, SetupFile, Terms};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What `apply` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApplyReport {
    /// Whether it was written; `false` for a dry run.
    pub written: bool,
    /// Line by line.
    pub changes: Vec<SetupChange>,
    /// What will keep a corp from working although it was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What `export` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    /// The file.
    pub toml: String,
    /// Whether secrets were replaced by references.
    pub redacted: bool,
}

/// Lays a set-up over what is there.
pub(super) async fn apply(
    app: &App,
    actor: &Actor,
    text: &str,
    dry_run: bool,
    terms: &Terms,
) -> Result<Answer, CommandError> {
    // The caller has followed every reference: what is left of them here would be looked up in the wrong place.
    let from = ReadFrom { env: &|_| None, folder: Path::new("/nonexistent") };
    let file = setup::read(text, &from).map_err(|faults| CommandError::usage(faults.to_string()))?;
    let changes = if dry_run {
        setup::diff(&app.store, &file, terms).await
    } else {
        setup::apply(&app.store, &app.clients, actor, &file, terms).await
    }
    .map_err(refusal)?;
    let pending = changes.iter().any(|change| !matches!(change.action, SetupAction::Same | SetupAction::Extra));
    let exit = if dry_run && pending { Exit::Pending } else { Exit::Done };
    let warnings = unreadable_files(&file);
    Answer::new(exit, &ApplyReport { written: !dry_run, changes, warnings })
}

/// The set-up as a file.
pub(super) async fn export(app: &App, redact: bool) -> Result<Answer, CommandError> {
    let toml = setup::export(&app.store, redact).await.map_err(refusal)?;
    Answer::new(Exit::Done, &ExportReport { toml, redacted: redact })
}

/// The private CAs of the file that cannot be read here: every call of their corps would fail.
fn unreadable_files(file: &SetupFile) -> Vec<String> {
    let named = file.corps.iter().map(|given| &given.corp).filter(|corp| !corp.endpoints.ca_file.is_empty());
    named
        .filter_map(|corp| {
            let path = &corp.endpoints.ca_file;
            let cause = std::fs::File::open(path).err()?;
            Some(format!("corp {}: ca_file {path} cannot be read ({cause}); its calls fail until it can", corp.key))
        })
        .collect()
}

fn refusal(error: SetupError) -> CommandError {
    match error {
        SetupError::Faults(_) | SetupError::NotFound(_) | SetupError::Conflict { .. } | SetupError::Stale => {
            CommandError::usage(error.to_string())
        }
        SetupError::Linked(_) => CommandError::usage(format!(
            "{error}. Give --reset-bindings KEY or --keep-bindings KEY with the corp's key"
        )),
        SetupError::Unconfirmed(all) => {
            let mut text = String::from("nothing was changed, for this cannot be had back:");
            for one in &all {
                text.push_str(&format!("\n  {one}"));
            }
            let flags: Vec<String> = all.iter().map(|one| format!("--confirm {}", one.key)).collect();
            CommandError::usage(format!("{text}\nIf it is meant, repeat the command with {}", flags.join(" ")))
        }
        SetupError::Write(_) | SetupError::Store(_) => CommandError::from_chain(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_ca_that_is_not_there_is_told() {
        let text = |ca: &str| {
            format!(
                "version = 1\n[[tenant]]\nkey = \"t\"\nname = \"T\"\n[[corp]]\nkey = \"c\"\ntenant = \"t\"\nname = \"C\"\n\
                 corpid = \"ww1\"\nca_file = \"{ca}\"\n"
            )
        };
        let from = ReadFrom { env: &|_| None, folder: Path::new("/nonexistent") };
        let told = |ca: &str| unreadable_files(&setup::read(&text(ca), &from).unwrap());
        let missing = told("/nonexistent/ca.pem");
        assert!(missing.len() == 1 && missing[0].contains("corp c: ca_file /nonexistent/ca.pem"), "{missing:?}");
        let there = tempfile::NamedTempFile::new().unwrap();
        assert!(told(there.path().to_str().unwrap()).is_empty());
    }
}

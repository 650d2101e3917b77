//! The set-up file, tested by what is done with it.

mod links;
mod merging;
mod property;
mod reading;
mod stored;

use super::{ReadFrom, SetupFault, SetupFaults, SetupFile, read};
use std::path::Path;

const EXAMPLE: &str = include_str!("../../packaging/setup-example.toml");

fn read_text(text: &str) -> Result<SetupFile, SetupFaults> {
    let env = |name: &str| (name == "GIVEN").then(|| "from-env".to_owned());
    read(text, &ReadFrom { env: &env, folder: Path::new("/nonexistent") })
}

fn corp_text(lines: &str) -> String {
    format!(
        "version = 1\n[[tenant]]\nkey = \"t\"\nname = \"T\"\n[[corp]]\nkey = \"c\"\ntenant = \"t\"\nname = \"C\"\ncorpid = \"ww1\"\n{lines}"
    )
}

fn refuse(lines: &str) -> Vec<SetupFault> {
    read_text(&corp_text(lines)).map(|_| Vec::new()).unwrap_or_else(|faults| faults.0)
}

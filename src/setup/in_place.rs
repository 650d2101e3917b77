//! Reads a set-up that came over the network: secrets must stand in it, because references to files and variables would
//! be looked up on the appliance with the service's rights.

use super::fault::{SetupFault, SetupFaults};
use super::file::SetupFile;
use super::read::{ReadFrom, read};
use std::path::Path;
use toml::Value;

/// Reads a set-up file without any reference in it; otherwise as [`read`].
pub fn read_in_place(text: &str) -> Result<SetupFile, SetupFaults> {
    if let Ok(root) = text.parse::<toml::Table>() {
        let mut faults = Vec::new();
        root.iter().for_each(|(key, value)| refuse_references(value, key.clone(), &mut faults));
        if !faults.is_empty() {
            return Err(SetupFaults(faults));
        }
    }
    read(text, &ReadFrom { env: &|_| None, folder: Path::new("") })
}

fn refuse_references(value: &Value, path: String, faults: &mut Vec<SetupFault>) {
    match value {
        Value::Table(table) if table.len() == 1 && (table.contains_key("env") || table.contains_key("file")) => {
            let message =
                "refers to a variable or file of the appliance; write the secret in place, or use `wecom-bridge apply`";
            faults.push(SetupFault::new(path, message));
        }
        Value::Table(table) => {
            table.iter().for_each(|(key, value)| refuse_references(value, format!("{path}.{key}"), faults));
        }
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(at, value)| refuse_references(value, format!("{path}[{}]", at + 1), faults)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_refused_wherever_they_stand() {
        for secret in [r#"contacts_secret = { file = "/etc/hostname" }"#, r#"contacts_secret = { env = "HOME" }"#] {
            let text = format!(
                "version = 1\n[[tenant]]\nkey = \"t\"\nname = \"T\"\n[[corp]]\nkey = \"c\"\ntenant = \"t\"\nname = \"C\"\ncorpid = \"ww1\"\n{secret}\n"
            );
            let faults = read_in_place(&text).unwrap_err();
            assert_eq!(faults.0.len(), 1, "{faults}");
            assert_eq!(faults.0[0].path, "corp[1].contacts_secret");
        }
    }
}

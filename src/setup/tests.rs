//! The set-up file: what is read, what is refused, and that writing and reading are inverse.

use super::*;
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

#[test]
fn the_example_is_read_whole() {
    let file = read_text(EXAMPLE).unwrap();
    let corp = &file.corps[0];
    assert_eq!(corp.corp.apps[0].agentid, 1_000_002);
    assert_eq!(corp.corp.downstream.fields["extattr.工号"], "{{ employee_no }}");
    assert_eq!(corp.secrets.len(), 6);
}

#[test]
fn writing_and_reading_are_inverse_for_the_example() {
    let file = read_text(EXAMPLE).unwrap();
    assert_eq!(read_text(&write(&file, false).unwrap()).unwrap(), file);
}

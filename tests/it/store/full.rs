//! A full disk, played by a limit on the size of files: a clear error, nothing acknowledged is lost, and writing goes
//! on by itself when there is room again.

use super::support::{Home, child, furnish, options};
use std::path::Path;
use std::process::Command;
use wecom_bridge::store::{Scope, Store, StoreError, settings};

const VARIABLE: &str = "WECOM_BRIDGE_TEST_FULL_DIR";

/// The child: writes until the disk is full, reads, lifts the limit, writes again.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn writes_until_full() {
    let Some(directory) = std::env::var_os(VARIABLE) else { return };
    let directory = Path::new(&directory);
    let store = Store::open(directory, options(directory).unwrap()).unwrap();
    let put = |n: usize| {
        let text = "x".repeat(20_000);
        store.write_blocking(move |tx| settings::put(tx, Scope::Appliance, &format!("row-{n}"), &text))
    };
    let mut written = 0;
    let error = loop {
        match put(written) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 10_000, "the limit does not work");
    };
    println!("answer: {}", if matches!(error, StoreError::DiskFull { .. }) { "full" } else { "other" });
    println!("detail: {error}");
    println!("written: {written}");
    let readable = (0..written)
        .filter(|n| {
            let name = format!("row-{n}");
            store.read(|tx| settings::get::<String>(tx, Scope::Appliance, &name)).unwrap().is_some()
        })
        .count();
    println!("readable: {readable}");
    assert!(put(written).is_err(), "still full");
    let lifted = Command::new("prlimit")
        .args([format!("--pid={}", std::process::id()), "--fsize=unlimited:".into()])
        .status()
        .is_ok_and(|status| status.success());
    println!("again: {}", if !lifted { "skipped".into() } else { format!("{:?}", put(written)) });
}

#[test]
fn a_full_disk_is_survived() {
    let home = Home::new();
    furnish(&home.open());
    let inner = child("store::full::writes_until_full", VARIABLE, home.path());
    let mut command = Command::new("sh");
    // Blocks of 512 bytes or of 1,024, by shell: 4 or 8 MiB. The signal is ignored, so that the write answers an error.
    command.args(["-c", "trap '' XFSZ; ulimit -S -f 8192; exec \"$0\" \"$@\""]);
    command.arg(inner.get_program()).args(inner.get_args()).env(VARIABLE, home.path());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.split_once(name).map(|(_, rest)| rest.trim().to_owned()));
        line.unwrap_or_else(|| panic!("no {name} in {text}{}", String::from_utf8_lossy(&output.stderr)))
    };
    assert_eq!(value("answer:"), "full", "{}", value("detail:"));
    assert!(value("detail:").contains("free some space"));
    assert_eq!(value("readable:"), value("written:"));
    let again = value("again:");
    println!("writing after the limit was lifted: {again}");
    assert!(["Ok(())", "skipped"].contains(&again.as_str()), "{text}");

    let written: usize = value("written:").parse().unwrap();
    assert!(written > 10, "{written}");
    let store = home.open();
    for n in 0..written {
        let name = format!("row-{n}");
        assert!(store.read(|tx| settings::get::<String>(tx, Scope::Appliance, &name)).unwrap().is_some(), "{name}");
    }
    assert!(store.verify().unwrap().is_good());
}

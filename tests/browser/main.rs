//! The administrator's pages in a real browser: headless Chromium over the real program and the sandbox.
//!
//! Each flow is a script of Node.js under `flows/`. Where Chromium, Node.js or the packages of `package-lock.json` are not
//! installed, the flows are left out with a word on what to install; with `CI` set they fail instead. Nothing is installed
//! or downloaded by the tests themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests say what broke by stopping"
)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

macro_rules! flows {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })+

        #[test]
        fn every_flow_is_run() {
            let known = BTreeSet::from([$(concat!(stringify!($name), ".mjs").to_owned()),+]);
            let folder = std::fs::read_dir(home().join("flows")).unwrap();
            let found = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!(known, found);
        }
    };
}

flows! {
    accounts
    approval
    backup
    bad_file
    decisions
    every_page
    first_start
    following
    languages
    leaving
    repairs
    roles
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// What is missing for a browser test, and how to get it.
fn missing() -> Option<String> {
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    let has_node =
        Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    let has_packages =
        ["playwright-core", "axe-core"].iter().all(|name| home().join("node_modules").join(name).is_dir());
    let mut wanted = Vec::new();
    if !chromium.is_file() {
        wanted.push("Chromium with fonts (`apt-get install chromium fonts-noto-cjk`, or CHROMIUM=path)");
    }
    if !has_node {
        wanted.push("Node.js 20 or newer (`apt-get install nodejs npm`)");
    }
    if !has_packages {
        wanted.push("the packages of the browser tests (`npm ci --prefix tests/browser`)");
    }
    (!wanted.is_empty()).then(|| wanted.join("; "))
}

fn run(flow: &str) {
    if let Some(wanted) = missing() {
        let text = format!("the browser flow {flow} was left out; it needs: {wanted}\n");
        assert!(std::env::var_os("CI").is_none(), "{text}");
        // past the harness, which keeps what a passing test prints
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return;
    }
    let routes = serde_json::to_string(&routes()).unwrap();
    let ran = Command::new("node")
        .args(["--test-reporter=spec", &format!("flows/{flow}.mjs")])
        .current_dir(home())
        .env("WECOM_BRIDGE_PROGRAM", env!("CARGO_BIN_EXE_wecom-bridge"))
        .env("WECOM_BRIDGE_ROUTES", routes)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let complained = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}\n{complained}");
}

/// The tests' own program, told that there is no Chromium.
fn without_chromium(is_ci: bool) -> (bool, String) {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "backup", "--nocapture"]).env("CHROMIUM", "/nowhere/chromium").env_remove("CI");
    if is_ci {
        again.env("CI", "true");
    }
    let ran = again.output().unwrap();
    (ran.status.success(), [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
}

#[test]
fn a_missing_browser_says_what_to_install() {
    for is_ci in [false, true] {
        let (is_well, said) = without_chromium(is_ci);
        assert_eq!(is_well, !is_ci, "{said}");
        assert!(said.contains("the browser flow backup was left out"), "{said}");
        assert!(said.contains("apt-get install chromium fonts-noto-cjk"), "{said}");
    }
}

/// The paths of every page and file that a browser can ask for, for the flow that looks at all of them.
fn routes() -> Vec<String> {
    let known = wecom_bridge::web::routes().into_iter();
    known.filter(|route| route.method.as_str() == "GET").map(|route| route.path).collect()
}

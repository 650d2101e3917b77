//! The set-up file: what is read, what is refused, and that writing and reading are inverse.

use super::*;
use crate::model::{Secret, SecretName};
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

#[test]
fn one_fault_per_row() {
    assert_eq!(refuse(""), []);
    for (lines, path, message) in [
        ("colour = 1", "corp[c].colour", "unknown key"),
        ("edition = \"cloud\"", "corp[c].edition", "`public`, `private`, `government`"),
        ("edition = \"private\"", "corp[c].api_base", "must be given for the private edition"),
        ("edition = \"government\"", "corp[c].api_base", "must be given for the government edition"),
        ("api_base = \"qyapi\"", "corp[c].api_base", "http:// or https://"),
        ("proxy = \"ftp://x\"", "corp[c].proxy", "socks5"),
        ("timeout_ms = 1", "corp[c].timeout_ms", "100 to 600000"),
        ("access = \"all\"", "corp[c].access", "read-only"),
        ("read_app = \"oa\"", "corp[c].read_app", "does not have"),
        ("contacts_secret = \"\"", "corp[c].contacts_secret", "empty"),
        ("contacts_secret = \"a b\"", "corp[c].contacts_secret", "without blanks"),
        ("contacts_secret = { env = \"MISSING\" }", "corp[c].contacts_secret", "MISSING is not set"),
        ("contacts_secret = { file = \"none\" }", "corp[c].contacts_secret", "cannot be read"),
        ("contacts_secret = { env = \"A\", file = \"b\" }", "corp[c].contacts_secret", "must be a text"),
        ("contacts_callback = { aes_key = \"short\" }", "corp[c].contacts_callback.aes_key", "43 letters"),
        ("contacts_callback = { token = \"-\" }", "corp[c].contacts_callback.token", "letters and digits"),
        ("quota = { concurrency = 0 }", "corp[c].quota.concurrency", "1 to 200"),
        ("quota = { calls_per_day = 1 }", "corp[c].quota.calls_per_day", "unknown key"),
        ("app = 1", "corp[c].app", "[[app]]"),
        ("pull = []", "corp[c].pull", "must be a table"),
        ("pull = { cron = \"* * * * *\" }", "corp[c].pull.cron", "six fields"),
        ("pull = { time_zone = \"Beijing\" }", "corp[c].pull.time_zone", "IANA"),
        ("downstream = { leaver = \"keep\" }", "corp[c].downstream.leaver", "`disable` or `delete`"),
        ("downstream = { userid_from = \"shoe_size\" }", "corp[c].downstream.userid_from", "employee_no"),
        (
            "downstream = { guard = { max_removal_percent = 101 } }",
            "corp[c].downstream.guard.max_removal_percent",
            "100",
        ),
        ("downstream = { guard = { max_removals = -1 } }", "corp[c].downstream.guard.max_removals", "invalid value"),
        ("downstream = { fields = { shoe_size = \"x\" } }", "corp[c].downstream.fields.shoe_size", "no member field"),
        ("downstream = { scope = { unit = [] } }", "corp[c].downstream.scope.unit", "unknown key"),
        ("upstream = { enabled = true }", "corp[c].upstream.enabled", "not part of this release"),
        ("match = [{ employee = \"shoe_size\", member = \"userid\" }]", "corp[c].match[1].employee", "employee_no"),
        ("match = [{ employee = \"mobile\", member = \"shoe_size\" }]", "corp[c].match[1].member", "userid"),
        ("[[corp.app]]\nkey = \"oa\"\nname = \"OA\"", "corp[c].app[oa].agentid", "is missing"),
        ("[[corp.app]]\nkey = \"O A\"\nname = \"OA\"\nagentid = 1", "corp[c].app[O A].key", "a-z"),
        ("[[tenant]]\nkey = \"t\"\nname = \"again\"", "tenant[t]", "twice"),
        ("[colours]", "colours", "known are version"),
    ] {
        let faults = refuse(lines);
        assert_eq!(faults.len(), 1, "{lines}: {faults:?}");
        assert_eq!(faults[0].path, path, "{lines}");
        assert!(faults[0].message.contains(message), "{lines}: {}", faults[0].message);
    }
}

#[test]
fn all_faults_come_at_once() {
    let shown = read_text("[[tenant]]\nkey = \"T\"\ncolour = 1\n[[corp]]\nname = 1\n").unwrap_err().to_string();
    for part in [
        "version: is missing",
        "tenant[T].colour: unknown key",
        "tenant[T].key: tenant key \"T\" is not valid",
        "corp[#1].name: invalid type",
        "corp[#1].key: is missing",
        "corp[#1].tenant: is missing",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
}

#[test]
fn secrets_are_not_in_faults_nor_in_a_redacted_export() {
    let secret = "s3cr3t with blanks";
    let shown = read_text(&corp_text(&format!("contacts_secret = \"{secret}\""))).unwrap_err().to_string();
    assert!(!shown.contains("s3cr3t"), "{shown}");
    let file = read_text(EXAMPLE).unwrap();
    let redacted = write(&file, true).unwrap();
    for secret in file.corps[0].secrets.values() {
        assert!(!redacted.contains(secret.expose()), "{redacted}");
    }
    assert!(redacted.contains("env = \"WECOM_BRIDGE_SECRET_ACME_MAIN_APP_OA_SECRET\""), "{redacted}");
}

#[test]
fn references_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.txt"), "from-file\n").unwrap();
    let env = |name: &str| (name == "GIVEN").then(|| "from-env".to_owned());
    let text = corp_text(
        "contacts_secret = { file = \"s.txt\" }\n[[corp.app]]\nkey = \"oa\"\nname = \"OA\"\nagentid = 1\nsecret = { env = \"GIVEN\" }",
    );
    let file = read(&text, &ReadFrom { env: &env, folder: folder.path() }).unwrap();
    let secrets: Vec<&str> = file.corps[0].secrets.values().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["from-file", "from-env"]);
}

#[test]
fn the_public_edition_has_addresses_of_its_own() {
    let endpoints = read_text(&corp_text("")).unwrap().corps[0].corp.endpoints.clone();
    assert_eq!(endpoints.api_base, "https://qyapi.weixin.qq.com");
    assert_eq!(endpoints.authorize_base, "https://open.weixin.qq.com");
    assert_eq!(endpoints.login_base, "https://login.work.weixin.qq.com");
    assert_eq!(endpoints.console_url, "https://work.weixin.qq.com");
    let private = corp_text("edition = \"private\"\napi_base = \"https://wecom.example.com/\"");
    let endpoints = read_text(&private).unwrap().corps[0].corp.endpoints.clone();
    assert_eq!(endpoints.api_base, "https://wecom.example.com");
    assert_eq!(endpoints.login_base, "https://wecom.example.com");
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

#[test]
fn laying_a_file_over_nothing_adds_and_over_itself_changes_nothing() {
    let file = read_text(EXAMPLE).unwrap();
    let first = merge(&SetupFile::default(), &file, false);
    let actions: Vec<_> = first.changes.iter().map(|change| (change.subject.as_str(), change.action)).collect();
    let add = SetupAction::Add;
    assert_eq!(actions, [("tenant acme", add), ("corp acme-main", add), ("app acme-main/oa", add)]);
    assert_eq!(first.target, file);
    assert!(merge(&first.target, &file, false).is_empty());
}

#[test]
fn callback_keys_are_generated_once() {
    let file = read_text(&corp_text("")).unwrap();
    let first = merge(&SetupFile::default(), &file, false);
    let secrets = &first.target.corps[0].secrets;
    assert_eq!(secrets.len(), 2, "{secrets:?}");
    for (name, secret) in secrets {
        assert_eq!(check_secret(name, secret, ""), None);
    }
    let second = merge(&first.target, &file, false);
    assert!(second.is_empty(), "{:?}", second.changes);
    assert_eq!(second.target, first.target);
}

#[test]
fn what_differs_is_named_and_what_is_not_in_the_file_stays_unless_pruned() {
    let present = read_text(EXAMPLE).unwrap();
    let mut wanted = present.clone();
    wanted.corps[0].corp.downstream.guard.max_removals = 7;
    wanted.corps[0].secrets = [(SecretName::Contacts, Secret::new("another"))].into();
    wanted.corps[0].corp.apps.clear();
    wanted.corps[0].corp.read_app = None;
    wanted.tenants.clear();
    let kept = merge(&present, &wanted, false);
    let shown = serde_json::to_value(&kept.changes).unwrap();
    assert_eq!(
        shown,
        serde_json::json!([
            { "action": "extra", "subject": "tenant acme" },
            { "action": "change", "subject": "corp acme-main", "differences": [
                { "option": "downstream.guard.max_removals", "before": 50, "after": 7 },
                { "option": "read_app", "before": "oa", "after": null },
                { "option": "secret contacts/secret", "before": "set", "after": "set" },
            ] },
            { "action": "extra", "subject": "app acme-main/oa" },
        ])
    );
    assert_eq!(kept.target.corps[0].corp.apps.len(), 1);
    assert_eq!(kept.target.corps[0].secrets.len(), 6);
    let pruned = merge(&present, &wanted, true);
    let removed: Vec<_> = pruned
        .changes
        .iter()
        .filter(|change| change.action == SetupAction::Remove)
        .map(|c| c.subject.as_str())
        .collect();
    assert_eq!(removed, ["tenant acme", "app acme-main/oa"]);
    assert_eq!(pruned.target.corps[0].secrets.len(), 3);
}

//! What is read, what is refused, and that writing and reading are inverse for the documented file.

use super::{EXAMPLE, corp_text, read_text, refuse};
use crate::model::{Secret, SecretName};
use crate::setup::{ReadFrom, check, read, write};

/// Files from before these keys were there stay valid and mean the same.
#[test]
fn the_further_keys_are_optional_and_shown_with_their_defaults() {
    let further = [
        "seats ",
        "max_department_removals ",
        "max_department_removal_percent",
        "max_moves_percent",
        "max_cleared_fields_percent",
        "max_changed_names_percent",
        "max_changed_mobiles_percent",
        "max_changed_emails_percent",
    ];
    let is_further = |line: &&str| further.iter().any(|key| line.starts_with(key));
    assert_eq!(EXAMPLE.lines().filter(is_further).count(), further.len());
    let former: String = EXAMPLE.lines().filter(|line| !is_further(line)).map(|line| format!("{line}\n")).collect();
    assert_eq!(read_text(&former).unwrap(), read_text(EXAMPLE).unwrap());
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
        ("proxy = \"http://user:word@x\"", "corp[c].proxy", "password"),
        ("api_base = \"https://user:word@x\"", "corp[c].api_base", "password"),
        ("authorize_base = \"https://user@x\"", "corp[c].authorize_base", "user name"),
        ("ca_file = \"ca.pem\"", "corp[c].ca_file", "from / on"),
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
        (
            "downstream = { guard = { max_moves_percent = 101 } }",
            "corp[c].downstream.guard.max_moves_percent",
            "0 to 100",
        ),
        (
            "downstream = { guard = { max_cleared_fields_percent = 200 } }",
            "corp[c].downstream.guard.max_cleared_fields_percent",
            "0 to 100",
        ),
        (
            "downstream = { guard = { max_changed_mobiles_percent = 101 } }",
            "corp[c].downstream.guard.max_changed_mobiles_percent",
            "0 to 100",
        ),
        (
            "downstream = { guard = { max_department_removal_percent = 101 } }",
            "corp[c].downstream.guard.max_department_removal_percent",
            "0 to 100",
        ),
        ("quota = { seats = -1 }", "corp[c].quota.seats", "invalid value"),
        ("downstream = { guard = { max_removals = -1 } }", "corp[c].downstream.guard.max_removals", "invalid value"),
        ("downstream = { fields = { shoe_size = \"x\" } }", "corp[c].downstream.fields.shoe_size", "no member field"),
        ("downstream = { scope = { unit = [] } }", "corp[c].downstream.scope.unit", "unknown key"),
        ("downstream = { fields = { name = \"{{ nome }}\" } }", "corp[c].downstream.fields.name", "character"),
        ("downstream = { external_fields = { x = \"{{\" } }", "corp[c].downstream.external_fields.x", "character"),
        ("downstream = { scope = { filter = \"name ==\" } }", "corp[c].downstream.scope.filter", "character"),
        ("downstream = { cron = \"0 0 2 * * 1\" }", "corp[c].downstream.cron", "MON"),
        ("upstream = { enabled = true }", "corp[c].upstream.enabled", "not part of this release"),
        (
            "upstream = { superiors_from_wecom = true }",
            "corp[c].upstream.superiors_from_wecom",
            "not part of this release",
        ),
        (
            "downstream = { leaver = \"delete\", delete_after_days = 30 }",
            "corp[c].downstream.delete_after_days",
            "does nothing while leaver",
        ),
        (
            "downstream = { out_of_scope = \"delete\", delete_after_days = 30 }",
            "corp[c].downstream.delete_after_days",
            "does nothing while out_of_scope",
        ),
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
fn an_empty_secret_is_none() {
    for name in [SecretName::Contacts, SecretName::App("oa".into()), SecretName::ContactsToken] {
        assert!(check::check_secret(&name, &Secret::new(""), "x").is_some(), "{}", name.path());
    }
    assert!(check::check_secret(&SecretName::Contacts, &Secret::new("s"), "x").is_none());
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

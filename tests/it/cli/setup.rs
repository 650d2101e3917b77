//! `apply`, `export`, `check-config`, `check`, `key`, `test-expression`.

use super::{Bench, text_of};

#[test]
fn applying_is_repeatable_and_export_gives_the_file_back() {
    let bench = Bench::new();
    let file = bench.setup_file();
    let dry = bench.run(&["apply", text_of(&file), "--dry-run"]).expect(3);
    assert!(dry.out.contains("+ add corp acme-main"), "{}", dry.out);
    bench.run(&["apply", text_of(&file)]).expect(0);
    bench.run(&["apply", text_of(&file), "--dry-run"]).expect(0);
    let exported = bench.run(&["export"]).expect(0);
    assert!(exported.err.contains("secrets in clear"), "{}", exported.err);
    let again = bench.write("again.toml", &exported.out);
    let (code, value) = bench.json(&["apply", text_of(&again), "--dry-run"]);
    assert_eq!(code, 0, "{value}");
    let redacted = bench.run(&["export", "--redact"]).expect(0);
    for secret in ["contacts-secret", "oa-secret", "contactsToken", "abcdefghij"] {
        assert!(!redacted.out.contains(secret), "{secret} is in:\n{}", redacted.out);
    }
}

#[test]
fn nothing_is_removed_without_prune() {
    let bench = Bench::ready();
    let empty = bench.write("empty.toml", "version = 1\n");
    let kept = bench.run(&["apply", text_of(&empty)]).expect(0);
    assert!(kept.out.contains("not in the file, kept corp acme-main"), "{}", kept.out);
    bench.run(&["apply", text_of(&empty), "--prune"]).expect(0);
    assert_eq!(bench.run(&["export"]).expect(0).out.trim(), "version = 1");
}

#[test]
fn what_is_kept_for_a_corp_goes_only_when_its_key_is_named() {
    let bench = Bench::ready();
    bench.import(6);
    bench.run(&["pull", "--corp", "acme-main"]).expect(0);
    let empty = bench.write("empty.toml", "version = 1\n");
    let empty = text_of(&empty);
    let dry = bench.run(&["apply", empty, "--prune", "--dry-run"]).expect(3);
    for word in [
        "- remove corp acme-main",
        "runs with their journals 1",
        "employees 6",
        "--confirm acme-main",
        "--confirm acme",
    ] {
        assert!(dry.out.contains(word), "{word} is missing in:\n{}", dry.out);
    }
    bench.run(&["apply", empty, "--prune"]).complains(
        2,
        &[
            "nothing was changed",
            "corp acme-main is removed",
            "runs 1",
            "tenant acme is removed",
            "employees 6",
            "--confirm",
        ],
    );
    bench.run(&["apply", empty, "--prune", "--confirm", "acme"]).complains(2, &["corp acme-main is removed"]);
    assert!(bench.run(&["export"]).expect(0).out.contains("acme-main"));
    bench.run(&["apply", empty, "--prune", "--confirm", "acme", "--confirm", "acme-main"]).expect(0);
    assert_eq!(bench.run(&["export"]).expect(0).out.trim(), "version = 1");
}

#[test]
fn settings_begin_to_delete_people_only_when_the_corp_is_named() {
    let bench = Bench::ready();
    let text = bench.setup_text().replace("leaver                 = \"disable\"", "leaver = \"delete\"");
    let file = bench.write("delete.toml", text);
    let file = text_of(&file);
    let dry = bench.run(&["apply", file, "--dry-run"]).expect(3);
    assert!(dry.out.contains("begins to delete people") && dry.out.contains("--confirm acme-main"), "{}", dry.out);
    bench.run(&["apply", file]).complains(2, &["downstream.leaver", "--confirm acme-main"]);
    assert!(!bench.run(&["export"]).expect(0).out.contains("leaver = \"delete\""));
    bench.run(&["apply", file, "--confirm", "acme-main"]).expect(0);
    bench.run(&["apply", file]).expect(0);
}

#[test]
fn a_corp_that_was_pulled_becomes_another_wecom_only_when_told_so() {
    let bench = Bench::ready();
    bench.run(&["pull", "--corp", "acme-main"]).expect(0);
    let other = bench.write("other.toml", bench.setup_text().replace("ww0123456789abcdef", "ww-other"));
    let other = text_of(&other);
    for refused in
        [vec!["apply", other], vec!["apply", other, "--dry-run"], vec!["apply", other, "--keep-bindings", "acme-main"]]
    {
        bench.run(&refused).complains(2, &["another WeCom (corpid changes)", "--reset-bindings KEY"]);
    }
    let both = ["apply", other, "--keep-bindings", "acme-main", "--reset-bindings", "acme-main"];
    bench.run(&both).complains(2, &["both name acme-main"]);
    let told = bench.run(&["apply", other, "--reset-bindings", "acme-main", "--dry-run"]).expect(3);
    assert!(told.out.contains("links: ") && told.out.contains("→ reset"), "{}", told.out);
    bench.run(&["apply", other, "--reset-bindings", "acme-main"]).expect(0);
    bench.run(&["apply", other, "--reset-bindings", "acme-main", "--dry-run"]).expect(0);
}

#[test]
fn every_fault_of_a_set_up_file_is_told_at_once() {
    let bench = Bench::new();
    let text = bench.setup_text().replace("\"read-write\"", "\"all\"").replace("max_removals          = 50", "max = 1");
    let file = bench.write("bad.toml", text);
    bench.run(&["apply", text_of(&file)]).complains(
        2,
        &["the set-up has 2 faults", "corp[acme-main].access", "corp[acme-main].downstream.guard.max: unknown key"],
    );
    assert!(!bench.data().exists(), "a faulty file opens no store");
}

#[test]
fn a_key_is_shown_once() {
    let bench = Bench::new();
    let (code, made) = bench.json(&["key", "create", "--name", "oa", "--scope", "sync.read,sync.run"]);
    assert_eq!(code, 0);
    let key = made["key"].as_str().unwrap();
    let listed = bench.run(&["key", "list", "--json"]).expect(0);
    assert!(listed.out.contains("\"oa\"") && !listed.out.contains(key), "{}", listed.out);
    bench.run(&["key", "revoke", made["id"].as_str().unwrap()]).expect(0);
    assert!(bench.run(&["key", "list"]).expect(0).out.contains("revoked"));
    bench.run(&["key", "create", "--name", "x", "--scope", "everything"]).complains(2, &["is no scope", "sync.run"]);
    bench.run(&["key", "revoke", "nobody"]).complains(2, &["there is no API key"]);
}

#[test]
fn the_doctor_finds_a_wrong_secret() {
    let bench = Bench::ready();
    let (code, fine) = bench.json(&["check"]);
    assert_eq!((code, &fine["ok"]), (0, &true.into()), "{fine:#}");
    let text = bench.setup_text().replace("\"oa-secret\"", "\"contacts-secret\"");
    let file = bench.write("wrong.toml", text);
    bench.run(&["apply", text_of(&file)]).expect(0);
    let found = bench.run(&["check", "--corp", "acme-main"]).expect(1);
    assert!(found.out.contains("contacts/secret and app/oa/secret are the same"), "{}", found.out);
    assert!(!found.out.contains("contacts-secret"), "secrets are not repeated: {}", found.out);
    bench.run(&["check", "--corp", "nobody"]).complains(2, &["no corp nobody"]);
}

#[test]
fn the_doctor_finds_a_host_that_does_not_answer() {
    let bench = Bench::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = bench.setup_text().replace(bench.sandbox.base_url(), &format!("http://{closed}"));
    let file = bench.write("closed.toml", text);
    bench.run(&["apply", text_of(&file)]).expect(0);
    let found = bench.run(&["check"]).expect(1);
    assert!(found.out.contains("FAIL  acme-main network.tcp"), "{}", found.out);
}

#[test]
fn expressions_are_tried_before_use() {
    let bench = Bench::ready();
    bench.import(3);
    let test = |flag: &str, text: &str| bench.run(&["test-expression", "--tenant", "acme", flag, text]);
    let filled = test("--text", "{{ name }} ({{ employee_no }})").expect(0);
    assert!(filled.out.contains("员工2 (no2)"), "{}", filled.out);
    assert!(test("--filter", "employee_no == \"no1\"").expect(0).out.contains("true"));
    assert!(test("--filter", "employee_no ==").expect(1).out.contains("does not compile"));
    bench.run(&["test-expression", "--tenant", "nobody", "--text", "x"]).complains(2, &["no tenant nobody"]);
}

#[test]
fn the_configuration_is_checked_whole() {
    let bench = Bench::new();
    let good = bench.write("good.toml", "listen = \"127.0.0.1:1\"\n");
    let ran = bench.run(&["check-config", "--config", text_of(&good)]).expect(0);
    assert!(ran.out.contains("127.0.0.1:1"), "{}", ran.out);
    let bad = bench.write("bad.toml", "listen = 1\ncolour = \"red\"\n");
    bench
        .run(&["check-config", "--config", text_of(&bad)])
        .complains(2, &["2 faults", "bad.toml line 1", "bad.toml line 2"]);
}

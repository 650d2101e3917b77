//! What a new user gets wrong: each ends in one clear message and a code that is not zero.

use super::{Bench, Ran, program, text_of};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_configuration_that_is_missing() {
    let bench = Bench::new();
    bench
        .run(&["serve", "--config", "/nonexistent/config.toml"])
        .complains(2, &["/nonexistent/config.toml", "cannot be read"]);
}

#[test]
fn a_wrong_master_key() {
    let bench = Bench::ready();
    let other = Bench::ready();
    std::fs::copy(other.data().join("master.key"), bench.data().join("master.key")).unwrap();
    bench.run(&["export"]).complains(1, &["does not fit the store", "put back the key file"]);
    std::fs::write(bench.data().join("master.key"), "nonsense\n").unwrap();
    bench.run(&["export"]).complains(1, &["master.key", "line 1"]);
    std::fs::remove_file(bench.data().join("master.key")).unwrap();
    bench.run(&["export"]).complains(1, &["is missing", "put the key file back"]);
}

#[test]
fn a_key_file_that_others_may_read() {
    let bench = Bench::ready();
    let key = bench.data().join("master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    bench.run(&["export"]).complains(1, &["may be read by others", "chmod 600"]);
}

#[test]
fn a_port_in_use() {
    let bench = Bench::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    bench.run(&["serve", "--listen", &address]).complains(1, &["cannot listen on", &address]);
    assert!(!bench.data().exists(), "neither a key nor a database");
    Ran::of(program().args(["sandbox", "--listen", &address]).output().unwrap())
        .complains(1, &["cannot listen on", &address]);
}

#[test]
fn a_place_that_cannot_be_written() {
    // Refused even to root, as a read-only disk is.
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["key", "create", "--name", "a", "--scope", "all"]] {
        let ran = program().args(command).args(["--data-dir", "/sys/kernel/wecom-bridge"]).output().unwrap();
        Ran::of(ran).complains(2, &["data_dir", "/sys/kernel", "cannot be written"]);
    }
}

#[test]
fn a_data_directory_without_a_database() {
    let bench = Bench::new();
    bench.run(&["runs", "list"]).complains(1, &["does not exist", "data_dir"]);
    assert!(!bench.data().exists(), "looking makes nothing");
}

#[test]
fn a_database_that_is_damaged() {
    let bench = Bench::ready();
    let database = bench.data().join("wecom-bridge.redb");
    std::fs::write(&database, b"this is no database at all").unwrap();
    bench.run(&["export"]).complains(1, &["damaged or is not a wecom-bridge store", "restore"]);
    bench.run(&["serve", "--listen", "127.0.0.1:0"]).complains(1, &["damaged"]);
}

#[test]
fn a_workbook_that_cannot_be_read() {
    let bench = Bench::ready();
    for (name, content) in
        [("empty.xlsx", &b""[..]), ("torn.xlsx", b"PK\x03\x04 and then nothing"), ("text.xlsx", b"hello")]
    {
        let file = bench.write(name, content);
        bench.run(&["import", text_of(&file), "--tenant", "acme", "--yes"]).complains(1, &["as it was", name]);
    }
    bench.run(&["import", "/nonexistent.xlsx", "--tenant", "acme"]).complains(2, &["/nonexistent.xlsx"]);
    let folder = bench.directory(1);
    bench.run(&["import", text_of(&folder), "--tenant", "nobody"]).complains(2, &["no tenant nobody"]);
}

#[test]
fn bad_rows_are_listed_and_can_be_left_out() {
    let bench = Bench::ready();
    let folder = bench.directory(3);
    let mut rows = std::fs::read_to_string(folder.join("employees.csv")).unwrap();
    rows.push_str("e9,no9,,13800009999,u0\n");
    std::fs::write(folder.join("employees.csv"), rows).unwrap();
    let import = ["import", text_of(&folder), "--tenant", "acme", "--yes"];
    bench.run(&import).complains(1, &["employees.csv, row 5, column name"]);
    let preview = bench.run(&import[..4]).expect(1).out;
    assert!(preview.contains("--skip-bad-rows --yes") && !preview.contains("Nothing to do"), "{preview}");
    bench.run(&[&import[..], &["--skip-bad-rows"]].concat()).expect(5);
}

#[test]
fn a_directory_that_has_lost_its_people() {
    let bench = Bench::ready();
    bench.import(60);
    let folder = bench.directory(1);
    let import = ["import", text_of(&folder), "--tenant", "acme", "--yes"];
    let held = bench.run(&import).expect(4);
    assert!(held.out.contains("allow it for this import: --allow-shrink --yes\n"), "{}", held.out);
    assert!(held.out.contains("Departed: employee e") && held.out.contains("… and "), "{}", held.out);
    assert!(
        bench
            .run(&["import", text_of(&bench.directory(60)), "--tenant", "acme"])
            .expect(0)
            .out
            .contains("Nothing to do")
    );
}

#[test]
fn a_column_that_slipped_is_asked_about() {
    let bench = Bench::ready();
    bench.import(30);
    let folder = bench.directory(30);
    let file = folder.join("employees.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let mobile = rows[0].iter().position(|column| *column == "mobile").unwrap();
    let slipped: Vec<String> = (0..rows.len())
        .map(|at| {
            let mut row = rows[at].clone();
            row[mobile] = rows[if at == 0 { 0 } else { 1 + at % (rows.len() - 1) }][mobile];
            row.join(",")
        })
        .collect();
    std::fs::write(&file, slipped.join("\n") + "\n").unwrap();
    let import = ["import", text_of(&folder), "--tenant", "acme", "--yes"];
    let held = bench.run(&import).expect(4);
    assert!(held.out.contains("--allow-other-people") && held.out.contains("30 another mobile"), "{}", held.out);
    bench.run(&[&import[..], &["--allow-shrink"]].concat()).expect(4);
    bench.run(&[&import[..], &["--allow-other-people"]].concat()).expect(0);
}

#[test]
fn the_preview_names_what_changes_and_what_it_did_not_know() {
    let bench = Bench::ready();
    bench.import(3);
    let folder = bench.directory(3);
    let file = folder.join("employees.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replacen("unit_id\n", "unit_id,mobil\n", 1).replace("e1,no1,员工1,", "e1,no1,新名,");
    std::fs::write(&file, text.replace(",u1\n", ",u1,x\n")).unwrap();
    let preview = bench.run(&["import", text_of(&folder), "--tenant", "acme"]).expect(3).out;
    assert!(preview.contains("columns taken as ext.…: mobil\n"), "{preview}");
    assert!(preview.contains("Changed: employee e1 新名  name: 员工1 → 新名"), "{preview}");
}

#[test]
fn json_says_one_object_whatever_happens() {
    let bench = Bench::ready();
    for (args, code, kind) in [
        (&["plan", "--corp", "nobody"][..], 2, "usage"),
        (&["plan", "--corp"], 2, "usage"),
        (&["import", "/nonexistent.xlsx", "--tenant", "acme"], 2, "usage"),
        (&["apply", "/nonexistent.toml"], 2, "usage"),
        (&["restore", "/nonexistent.redb", "--yes"], 2, "usage"),
    ] {
        let (got, value) = bench.json(args);
        assert_eq!((got, &value["error"]["code"]), (code, &kind.into()), "{args:?}: {value}");
        assert!(!value["error"]["message"].as_str().unwrap().is_empty(), "{args:?}");
    }
    std::fs::remove_file(bench.data().join("master.key")).unwrap();
    let (code, value) = bench.json(&["export"]);
    assert_eq!((code, &value["error"]["code"]), (1, &"failed".into()), "{value}");
}

#[test]
fn a_configuration_with_files_that_are_not_there_is_refused_before_the_start() {
    let bench = Bench::new();
    let text =
        "listen = \"127.0.0.1:0\"\n[tls]\ncert_file = \"/nonexistent/c.pem\"\nkey_file = \"/nonexistent/k.pem\"\n";
    let config = bench.write("tls.toml", text);
    for command in ["check-config", "serve"] {
        bench.run(&[command, "--config", text_of(&config)]).complains(2, &["tls", "/nonexistent/c.pem"]);
    }
    let place = bench.write("place.toml", "");
    let out = program()
        .args(["check-config", "--config", text_of(&place), "--data-dir", "/sys/kernel/wecom-bridge"])
        .output();
    Ran::of(out.unwrap()).complains(2, &["data_dir", "/sys/kernel"]);
    assert!(!bench.data().exists());
}

#[test]
fn nothing_at_all() {
    Ran::of(program().output().unwrap()).complains(2, &["Usage"]);
    Ran::of(program().arg("dance").output().unwrap()).complains(2, &["unrecognized subcommand"]);
}

//! `backup`, `restore`, `verify`, `rekey`, `compact`, `openapi`.

use super::{Bench, text_of};

#[test]
fn a_backup_brings_back_what_was_there() {
    let bench = Bench::ready();
    let before = bench.run(&["export"]).expect(0).out;
    let backup = bench.path("backup.redb");
    bench.run(&["backup", text_of(&backup)]).expect(0);
    bench.run(&["backup", text_of(&backup)]).complains(2, &["exists already"]);
    let empty = bench.write("empty.toml", "version = 1\n");
    bench.run(&["apply", text_of(&empty), "--prune"]).expect(0);
    bench.run(&["restore", text_of(&backup)]).complains(2, &["--yes"]);
    bench.run(&["restore", text_of(&backup), "--yes"]).expect(0);
    // Only that nothing is written to WeCom until somebody says so.
    let downstream = |enabled: bool| format!("[corp.downstream]\nenabled = {enabled}\n");
    let wanted = before.replace(&downstream(true), &downstream(false));
    assert_ne!(wanted, before);
    assert_eq!(bench.run(&["export"]).expect(0).out, wanted);
    let left = std::fs::read_dir(bench.data()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| !name.contains("part")), "nothing half done is left");
}

#[test]
fn secrets_survive_a_new_master_key() {
    let bench = Bench::ready();
    let key_file = bench.data().join("master.key");
    let (before, old_key) = (bench.run(&["export"]).expect(0).out, std::fs::read_to_string(&key_file).unwrap());
    let (code, report) = bench.json(&["rekey"]);
    assert_eq!((code, &report["secrets"]), (0, &6.into()));
    assert_ne!(std::fs::read_to_string(&key_file).unwrap(), old_key);
    assert_eq!(bench.run(&["export"]).expect(0).out, before);
    let (code, verified) = bench.json(&["verify"]);
    assert_eq!((code, &verified["good"]), (0, &true.into()));
    bench.run(&["compact"]).expect(0);
}

#[test]
fn the_rest_document_needs_no_server() {
    let bench = Bench::new();
    let ran = bench.run(&["openapi"]).expect(0);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(document["paths"].as_object().unwrap().len() > 10);
    assert!(!bench.data().exists(), "and no store");
}

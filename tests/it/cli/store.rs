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
    let backup = bench.path("before.redb");
    bench.run(&["backup", text_of(&backup)]).expect(0);
    bench.run(&["rekey"]).complains(2, &["--yes", "Backups made until now"]);
    assert_eq!(std::fs::read_to_string(&key_file).unwrap(), old_key, "nothing was done");
    let (code, report) = bench.json(&["rekey", "--yes"]);
    assert_eq!((code, &report["secrets"]), (0, &6.into()));
    let kept = std::path::Path::new(report["kept"][0].as_str().unwrap());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let key_line = |text: &str| text.lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    assert_eq!(key_line(&std::fs::read_to_string(kept).unwrap()), key_line(&old_key));
    assert_ne!(std::fs::read_to_string(&key_file).unwrap(), old_key);
    assert_eq!(bench.run(&["export"]).expect(0).out, before);
    let (code, verified) = bench.json(&["verify"]);
    assert_eq!((code, &verified["good"]), (0, &true.into()));
    bench.run(&["compact"]).expect(0);
    // A backup made before opens with the kept key, and afterwards the new key alone is enough.
    let aside = bench.write("aside", std::fs::read_to_string(kept).unwrap());
    std::fs::remove_file(kept).unwrap();
    bench.run(&["restore", text_of(&backup), "--yes"]).complains(1, &["was sealed with key"]);
    std::fs::copy(&aside, kept).unwrap();
    std::fs::set_permissions(kept, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    bench.run(&["restore", text_of(&backup), "--yes"]).expect(0);
    std::fs::remove_file(kept).unwrap();
    let (code, verified) = bench.json(&["verify"]);
    assert_eq!((code, &verified["good"]), (0, &true.into()));
    let downstream = |enabled: bool| format!("[corp.downstream]\nenabled = {enabled}\n");
    assert_eq!(bench.run(&["export"]).expect(0).out, before.replace(&downstream(true), &downstream(false)));
    let said = bench.run_in("zh", &["rekey", "--yes"]).expect(0).out;
    assert!(said.contains("旧密钥保存在"), "{said}");
}

#[test]
fn the_rest_document_needs_no_server() {
    let bench = Bench::new();
    let ran = bench.run(&["openapi"]).expect(0);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(document["paths"].as_object().unwrap().len() > 10);
    assert!(!bench.data().exists(), "and no store");
}

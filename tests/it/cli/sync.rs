//! `import`, `pull`, `plan`, `sync`, `runs`, `plans`, `bindings`: exit codes and the promised JSON.

use super::{Bench, keys, text_of};
use wecom_bridge::sandbox::{Effect, Fault};

const CORP: [&str; 2] = ["--corp", "acme-main"];

fn with<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &CORP].concat()
}

#[test]
fn from_a_file_to_wecom_and_back_to_quiet() {
    let bench = Bench::ready();
    let folder = bench.directory(20);
    let import = ["import", text_of(&folder), "--tenant", "acme"];
    let preview = bench.run(&import).expect(3);
    assert!(preview.out.contains("Nothing was written"), "{}", preview.out);
    bench.run(&[&import[..], &["--yes"]].concat()).expect(0);
    bench.run(&import).expect(0);

    let (code, pulled) = bench.json(&with(&["pull"]));
    assert_eq!((code, &pulled["state"]), (0, &"done".into()), "{pulled:#}");
    for key in ["run", "state", "strategy", "departments", "members", "bound", "ambiguous", "unreadable"] {
        assert!(pulled.get(key).is_some(), "{key} is promised: {pulled:#}");
    }

    let (code, plan) = bench.json(&with(&["plan"]));
    assert_eq!(code, 3);
    for key in ["id", "hash", "expires_at", "direction", "held", "guards", "counts", "budget", "compute_ms", "changes"]
    {
        assert!(plan.get(key).is_some(), "{key} is promised: {plan:#}");
    }
    assert_eq!(keys(&plan["guards"][0]), ["limit", "name", "tripped", "value"]);
    for key in ["create", "rename", "move", "delete"] {
        assert!(plan["counts"]["departments"][key].is_u64(), "{key} is promised");
    }
    for key in ["create", "update", "disable", "enable", "delete", "bind"] {
        assert!(plan["counts"]["members"][key].is_u64(), "{key} is promised");
    }
    for key in ["calls", "by_endpoint", "reads", "estimated_s", "strategy"] {
        assert!(plan["budget"].get(key).is_some(), "{key} is promised");
    }
    assert_eq!(plan["counts"]["members"]["create"], 20);
    let changes = plan["changes"].as_array().unwrap();
    let member = changes.iter().find(|change| change["kind"] == "create_member").unwrap();
    for key in ["subject", "userid", "employee", "after", "reason"] {
        assert!(member.get(key).is_some(), "{key} is promised: {member:#}");
    }
    let department = changes.iter().find(|change| change["kind"] == "create_department").unwrap();
    assert!(department.get("department").is_some() && department.get("unit").is_some(), "{department:#}");

    let (code, synced) = bench.json(&with(&["sync", "--plan", plan["id"].as_str().unwrap()]));
    assert_eq!((code, &synced["state"]), (0, &"done".into()), "{synced:#}");
    for key in ["run", "plan", "state", "counts", "calls", "failed"] {
        assert!(synced.get(key).is_some(), "{key} is promised: {synced:#}");
    }
    assert_eq!(keys(&synced["calls"]), ["by_endpoint", "reads", "writes"]);
    assert_eq!(bench.sandbox.state().member_count(wecom_bridge::sandbox::seed::CORPID), 20);

    bench.run(&with(&["plan"])).expect(0);
    let again = bench.json(&with(&["sync"])).1;
    assert_eq!(again["calls"]["writes"], 0, "{again:#}");
    let taken = bench.run(&with(&["sync", "--plan", plan["id"].as_str().unwrap()]));
    taken.complains(1, &["already taken"]);
    let listed = bench.run(&["runs", "list"]).expect(0);
    assert!(listed.out.contains("  sync  ") && listed.out.contains("  pull  "), "{}", listed.out);
}

#[test]
fn a_guard_holds_until_a_person_decides() {
    let bench = Bench::ready();
    bench.import(100);
    bench.run(&with(&["sync"])).expect(0);
    bench.import(30);
    bench.run(&with(&["plan"])).expect(4);
    let (code, held) = bench.json(&with(&["sync"]));
    assert_eq!((code, &held["state"]), (4, &"held".into()), "{held:#}");
    assert!(held["guards"].as_array().unwrap().contains(&"max_removals".into()), "{held:#}");
    let plan = held["plan"].as_str().unwrap();
    bench.run(&with(&["sync", "--plan", plan])).expect(4);
    assert_eq!(disabled(&bench), 0, "a held plan writes nothing");
    let (code, done) = bench.json(&with(&["sync", "--plan", plan, "--yes", "--reason", "reorganisation"]));
    assert_eq!((code, &done["state"]), (0, &"done".into()), "{done:#}");
    assert_eq!(disabled(&bench), 70);
}

#[test]
fn a_rejected_plan_is_never_applied() {
    let bench = Bench::ready();
    bench.import(100);
    bench.run(&with(&["sync"])).expect(0);
    bench.import(30);
    let held = bench.json(&with(&["plan"])).1;
    let plan = held["id"].as_str().unwrap();
    bench.run(&["plans", "reject", plan, "--reason", "the file is wrong"]).expect(0);
    bench.run(&with(&["sync", "--plan", plan, "--yes", "--reason", "x"])).complains(1, &["rejected"]);
    bench.run(&["plans", "allow", plan, "--reason", "x"]).complains(1, &["rejected"]);
    let listed = bench.run(&["plans", "list"]).expect(0);
    assert!(listed.out.contains("rejected"), "{}", listed.out);
    assert_eq!(disabled(&bench), 0);
}

fn disabled(bench: &Bench) -> usize {
    bench
        .sandbox
        .state()
        .members(wecom_bridge::sandbox::seed::CORPID)
        .iter()
        .filter(|member| !member.is_enabled)
        .count()
}

#[test]
fn what_failed_is_told_and_can_be_tried_again() {
    let bench = Bench::ready();
    bench.import(10);
    bench.sandbox.state().add_fault(Fault::once("user/create", Effect::Errcode { errcode: 60104 }));
    let (code, partly) = bench.json(&with(&["sync"]));
    assert_eq!((code, &partly["state"]), (5, &"partly".into()), "{partly:#}");
    let failed = &partly["failed"][0];
    for key in ["subject", "step", "errcode", "message"] {
        assert!(failed.get(key).is_some(), "{key} is promised: {failed:#}");
    }
    assert_eq!(failed["errcode"], 60104);
    let (code, retried) = bench.json(&["runs", "retry", partly["run"].as_str().unwrap()]);
    assert_eq!((code, &retried["state"]), (0, &"done".into()), "{retried:#}");
    bench.run(&with(&["plan"])).expect(0);
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let bench = Bench::ready();
    bench.run(&["pull", "--corp", "nobody"]).complains(2, &["there is no corp nobody"]);
    bench.run(&["plans", "show", "nothing"]).complains(2, &["there is no plan nothing"]);
    bench.run(&["runs", "show", "nothing"]).complains(2, &["there is no run nothing"]);
    bench.run(&["pull", "--corp", "A B"]).complains(2, &["corp key"]);
    bench.run(&with(&["plan", "--direction", "upstream"])).complains(2, &["downstream"]);
    bench.sandbox.state().add_fault(Fault::always("gettoken", Effect::Errcode { errcode: 40001 }));
    let (code, failed) = bench.json(&with(&["pull"]));
    assert_eq!((code, &failed["state"]), (1, &"failed".into()), "{failed:#}");
    assert!(failed["message"].as_str().unwrap().contains("40001"), "{failed:#}");
}

#[test]
fn bindings_by_hand_and_by_file() {
    let bench = Bench::ready();
    bench.import(4);
    bench.run(&with(&["sync"])).expect(0);
    let listed = bench.json(&with(&["bindings", "list"])).1;
    assert_eq!(listed["members"].as_array().unwrap().len(), 4);
    let file = bench.path("bindings.csv");
    bench.run(&[&["bindings", "export"][..], &CORP, &[text_of(&file)]].concat()).expect(0);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "it names people");
    bench.run(&with(&["bindings", "unbind", "--employee", "e1", "--employee", "nobody"])).expect(2);
    bench.run(&with(&["bindings", "unbind", "--all"])).expect(3);
    assert_eq!(bench.json(&with(&["bindings", "list"])).1["members"].as_array().unwrap().len(), 4, "still there");
    bench.run(&with(&["bindings", "unbind", "--all", "--yes"])).expect(0);
    assert_eq!(bench.json(&with(&["bindings", "list"])).1["members"].as_array().unwrap().len(), 0);
    let (code, imported) = bench.json(&[&["bindings", "import"][..], &CORP, &[text_of(&file)]].concat());
    assert_eq!((code, &imported["bound"]), (0, &4.into()), "{imported:#}");
    bench.run(&with(&["bindings", "unbind", "--employee", "e1"])).expect(0);
    let bind = with(&["bindings", "bind", "--employee", "e1", "--userid", "no1"]);
    bench.run(&bind).expect(0);
    bench.run(&with(&["bindings", "bind", "--employee", "e1", "--userid", "no2"])).complains(2, &["e1"]);
    let none = bench.run(&with(&["bindings", "ambiguous"])).expect(0);
    assert!(none.out.contains("Nothing is ambiguous"), "{}", none.out);
}

#[test]
fn a_run_is_undone_by_a_plan_of_its_own() {
    let bench = Bench::ready();
    bench.import(5);
    let run = bench.json(&with(&["sync"])).1["run"].as_str().unwrap().to_owned();
    let explained = bench.run(&with(&["explain", "--employee", "e1"])).expect(0);
    for word in ["The row of the OA\n  员工1  active", "Scope\n", "  Nothing has to be done."] {
        assert!(explained.out.contains(word), "{word:?} is missing in:\n{}", explained.out);
    }
    let chinese = bench.run_in("zh", &with(&["explain", "--employee", "e1"])).expect(0).out;
    assert!(chinese.contains("OA 记录\n  员工1  在职") && chinese.contains("同步范围\n"), "{chinese}");
    bench.run(&with(&["explain", "--employee", "nobody"])).complains(2, &["nobody"]);
    let (code, undo) = bench.json(&["runs", "undo", &run]);
    assert!(code == 3 || code == 4, "{undo:#}");
    assert_eq!(undo["undoes"], run.as_str());
    assert!(undo["changes"].as_array().unwrap().len() >= 5, "{undo:#}");
    bench.run(&["runs", "undo", "nothing"]).complains(2, &["there is no run nothing"]);
}

#[test]
fn a_sync_that_was_killed_is_ended_by_the_next_one() {
    let bench = Bench::ready();
    bench.import(300);
    let mut killed = bench.command(&with(&["sync"])).stderr(std::process::Stdio::null()).spawn().unwrap();
    while bench.sandbox.state().count("user/create") < 20 {
        assert!(killed.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let again = bench.run(&with(&["sync"])).expect(0);
    assert!(again.err.contains("was interrupted"), "{}", again.err);
    assert_eq!(bench.sandbox.state().member_count(wecom_bridge::sandbox::seed::CORPID), 300);
    bench.run(&with(&["plan"])).expect(0);
    assert!(!bench.run(&["runs", "list"]).expect(0).out.contains("running"));
}

#[test]
fn a_dry_run_of_a_binding_file_refuses_what_the_import_refuses() {
    let bench = Bench::ready();
    bench.import(6);
    bench.run(&with(&["sync"])).expect(0);
    bench.run(&with(&["bindings", "unbind", "--all", "--yes"])).expect(0);
    let rows = "id,link\ne0,no0\ne1,no0\ne2,no2\ne2,no0\ne3,nobody-at-all\ne0,no0\n";
    let file = bench.write("links.csv", rows);
    let args = ["bindings", "import", text_of(&file), "--corp", "acme-main"];
    let (code, promised) = bench.json(&[&args[..], &["--dry-run"]].concat());
    assert_eq!((code, &promised["bound"], &promised["faults_total"]), (5, &2.into(), &3.into()), "{promised:#}");
    let shown = bench.run(&[&args[..], &["--dry-run"]].concat()).expect(5).out;
    assert!(shown.contains("would be bound: 2") && shown.contains("row 3, employee e1:"), "{shown}");
    let chinese = bench.run_in("zh", &[&args[..], &["--dry-run"]].concat()).expect(5).out;
    assert!(chinese.contains("将关联 2 人") && chinese.contains("第 3 行"), "{chinese}");
    let (code, done) = bench.json(&args);
    assert_eq!((code, &done["bound"], &done["faults"]), (5, &promised["bound"], &promised["faults"]), "{done:#}");
}

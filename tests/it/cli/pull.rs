//! `pull`, `plan` and `sync` with `--full` and `--accept-shrink`; `plan --what-if`.

use super::{Bench, Ran, text_of};
use serde_json::json;
use wecom_bridge::sandbox::seed::CORPID;

const CORP: [&str; 2] = ["--corp", "acme-main"];

fn with<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &CORP].concat()
}

/// A bench with so many people in WeCom, and as many in the directory.
fn synced(people: usize) -> Bench {
    let bench = Bench::ready();
    bench.import(people);
    bench.run(&with(&["sync"])).expect(0);
    bench
}

/// Removes so many people in WeCom's console.
fn remove(bench: &Bench, count: usize) {
    for member in bench.sandbox.state().members(CORPID).into_iter().take(count) {
        bench.sandbox.state().console(CORPID, "user/delete", &json!({ "userid": member.userid })).unwrap();
    }
}

#[test]
fn a_full_pull_reads_what_an_ordinary_one_leaves_out() {
    let bench = synced(10);
    let console = |name: &str| {
        bench.sandbox.state().console(CORPID, "user/update", &json!({ "userid": "no3", "name": name })).unwrap();
    };
    console("改名");
    let (_, quick) = bench.json(&with(&["pull"]));
    bench.run(&with(&["plan"])).expect(0);
    let (code, full) = bench.json(&with(&["pull", "--full"]));
    assert_eq!((code, &full["state"]), (0, &"done".into()), "{full:#}");
    assert!(full["calls"]["reads"].as_u64() > quick["calls"]["reads"].as_u64(), "{full:#}\n{quick:#}");
    let (code, plan) = bench.json(&with(&["plan"]));
    assert_eq!((code, &plan["counts"]["members"]["update"]), (3, &1.into()), "{plan:#}");
    // a plan and a sync may read everything themselves
    console("又改名");
    let (code, plan) = bench.json(&with(&["plan", "--full"]));
    assert_eq!((code, &plan["counts"]["members"]["update"]), (3, &1.into()), "{plan:#}");
    let (code, synced) = bench.json(&with(&["sync", "--full"]));
    assert_eq!((code, &synced["counts"]["members"]["update"]), (0, &1.into()), "{synced:#}");
    let name = bench.sandbox.state().members(CORPID).into_iter().find(|m| m.userid.as_str() == "no3").unwrap().name;
    assert_eq!(name.as_str(), "员工3");
}

#[test]
fn a_shrunken_answer_is_believed_only_when_told_so() {
    let bench = synced(30);
    remove(&bench, 10);
    let refused = |ran: Ran| {
        let ran = ran.expect(1);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("10 of 30 members are missing"), "{said}");
    };
    refused(bench.run(&with(&["pull"])));
    refused(bench.run(&with(&["pull", "--full"])));
    refused(bench.run(&with(&["plan"])));
    refused(bench.run(&with(&["sync"])));
    let (code, pulled) = bench.json(&with(&["pull", "--accept-shrink"]));
    assert_eq!((code, &pulled["members"]), (0, &20.into()), "{pulled:#}");
    bench.run(&with(&["sync"])).expect(0);
    assert_eq!(bench.sandbox.state().member_count(CORPID), 30);
    // the word may be given to a plan or a sync as well
    remove(&bench, 10);
    let (code, plan) = bench.json(&with(&["plan", "--accept-shrink"]));
    assert_eq!((code, &plan["counts"]["members"]["create"]), (3, &10.into()), "{plan:#}");
    remove(&bench, 10);
    bench.run(&with(&["sync", "--accept-shrink"])).expect(0);
    assert_eq!(bench.sandbox.state().member_count(CORPID), 30);
    let plan = plan["id"].as_str().unwrap();
    bench.run(&with(&["sync", "--plan", plan, "--accept-shrink"])).complains(2, &["cannot be used with"]);
}

#[test]
fn a_trial_of_other_settings_plans_and_saves_nothing() {
    let bench = synced(20);
    let before = bench.run(&["export"]).expect(0).out;
    let (plans, calls) = (bench.run(&["plans", "list"]).expect(0).out, bench.sandbox.state().call_counts());
    let fragment = "[downstream.fields]\nposition = \"{{ name }}\"\n[downstream.guard]\nmax_removals = 1\n";
    let file = bench.write("trial.toml", fragment);
    let trial = |more: &[&str]| bench.json(&with(&[&["plan", "--what-if", text_of(&file)], more].concat()));
    let (code, plan) = trial(&[]);
    assert_eq!((code, &plan["counts"]["members"]["update"]), (3, &20.into()), "{plan:#}");
    assert_eq!(plan["id"], "what-if");
    assert_eq!(plan["changes"].as_array().unwrap().len(), 20);
    let limit = |plan: &serde_json::Value| {
        let guards = plan["guards"].as_array().unwrap();
        guards.iter().find(|guard| guard["name"] == "max_removals").unwrap()["limit"].clone()
    };
    assert_eq!(limit(&plan), 1);
    // single settings are laid over the file
    let (code, plan) = trial(&["--set", "downstream.fields.position=", "--set", "downstream.guard.max_removals=3"]);
    assert_eq!((code, limit(&plan)), (0, 3.into()), "{plan:#}");
    let (code, plan) = bench.json(&with(&["plan", "--set", r#"downstream.scope.filter=employee_no != "no7""#]));
    assert_eq!((code, &plan["counts"]["members"]["disable"]), (3, &1.into()), "{plan:#}");
    let shown = bench.run(&with(&["plan", "--what-if", text_of(&file)])).expect(3);
    assert!(shown.out.contains("only tried") && !shown.out.contains("sync --corp"), "{}", shown.out);

    assert_eq!(bench.run(&["export"]).expect(0).out, before, "the settings are as they were");
    assert_eq!(bench.run(&["plans", "list"]).expect(0).out, plans, "no plan is stored");
    assert_eq!(bench.sandbox.state().call_counts(), calls, "nobody was called");
    bench.run(&with(&["sync", "--plan", "what-if"])).complains(2, &["there is no plan what-if"]);
    bench.run(&with(&["plan"])).expect(0);
}

#[test]
fn a_trial_says_what_is_wrong_with_its_settings() {
    let bench = synced(2);
    for (fragment, words) in [
        ("[downstream]\nleavers = 1\n", &["downstream.leavers", "unknown key"][..]),
        ("corpid = \"ww2\"\n", &["corpid", "cannot be tried"]),
        ("[downstream\n", &["not valid TOML"]),
    ] {
        let file = bench.write("bad.toml", fragment);
        bench.run(&with(&["plan", "--what-if", text_of(&file)])).complains(2, words);
    }
    bench.run(&with(&["plan", "--what-if", "/nonexistent.toml"])).complains(2, &["cannot be read"]);
    bench.run(&with(&["plan", "--set", "leaver"])).complains(2, &["KEY=VALUE"]);
    bench.run(&with(&["plan", "--set", "downstream.leaver=fire"])).complains(2, &["downstream.leaver"]);
    bench.run(&with(&["plan", "--set", "downstream.leaver=delete", "--full"])).complains(2, &["cannot be used with"]);
    bench.run(&["plan", "--corp", "nobody", "--set", "downstream.leaver=delete"]).complains(2, &["no corp nobody"]);
}

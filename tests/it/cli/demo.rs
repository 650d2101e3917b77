//! `demo --once`: the acceptance of the first hour.

use super::{Ran, Serving, get_status, program};

#[test]
fn the_first_plan_is_applied_and_the_second_is_empty() {
    let ran =
        Ran::of(program().args(["demo", "--once", "--json", "--listen", "127.0.0.1:0"]).output().unwrap()).expect(0);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&value["units"], &value["employees"]), (&60.into(), &500.into()));
    assert_eq!(value["plan"]["members"]["create"], 500);
    assert_eq!(value["sync"]["state"], "done");
    assert_eq!(value["sync"]["counts"], value["plan"]);
    assert_eq!(value["second_plan_changes"], 0);
    assert_eq!(value["account"]["name"], "admin");
    assert_eq!(value["account"]["password"].as_str().unwrap().len(), 23);
    assert!(!std::path::Path::new(value["data_dir"].as_str().unwrap()).exists(), "the temporary folder goes");
}

#[test]
fn it_says_what_to_open_keeps_serving_and_stops_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let demo = || {
        let mut command = program();
        command.args(["--lang", "en", "demo", "--employees", "30", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        // What to open is among the last lines, after everything else has been done.
        Serving::start(command, "the WeCom of the demo:  http://")
    };
    let serving = demo();
    assert_eq!(get_status(serving.ready.trim_end_matches('/'), "/"), 200, "the sandbox's page");
    let (code, _) = serving.stop();
    assert_eq!(code, 0);
    let mut plans = program();
    plans.arg("--data-dir").arg(&data).args(["plans", "list", "--corp", "acme-main", "--json"]);
    let plans = Ran::of(plans.output().unwrap()).expect(0);
    assert!(plans.out.contains("\"held\""), "something waits for a decision: {}", plans.out);
    let kept = std::fs::read_to_string(data.join("sandbox.json")).unwrap();
    assert!(kept.contains("/cb/acme-main/oa"), "presses on cards come to the bridge");
    let (code, said) = demo().stop();
    assert_eq!(code, 0, "a kept folder can be used again: {said}");
}

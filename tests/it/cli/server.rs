//! The same commands with the server up and down; what needs the database alone.

use super::{Bench, Serving, get, get_status, program, text_of};

#[test]
fn commands_do_the_same_with_the_server_up_and_down() {
    let bench = Bench::ready();
    bench.import(5);
    // with an account, a server that starts keeps no set-up link
    bench.run(&["admin", "create", "boss", "--role", "administrator", "--generate"]).expect(0);
    let looks: [&[&str]; 4] =
        [&["export"], &["bindings", "list", "--corp", "acme-main"], &["key", "list"], &["runs", "list"]];
    let look = || looks.iter().map(|look| bench.run(look).expect(0).out).collect::<Vec<String>>();
    // a server that runs keeps a few rows of its own
    let verified = || {
        bench
            .run(&["verify"])
            .expect(0)
            .out
            .split_once(' ')
            .map(|(rows, rest)| (rows.parse::<u64>().unwrap(), rest.to_owned()))
    };
    let (down, rows_down) = (look(), verified().unwrap());
    let serving = bench.serve();
    assert_eq!(look(), down);
    let rows_up = verified().unwrap();
    assert_eq!(rows_up.1, rows_down.1);
    assert!((rows_down.0..rows_down.0 + 10).contains(&rows_up.0), "{} and {}", rows_up.0, rows_down.0);
    bench.run(&["pull", "--corp", "acme-main"]).expect(0);
    bench.run(&["plan", "--corp", "acme-main"]).expect(3);
    bench.run(&["sync", "--corp", "acme-main"]).expect(0);
    let metrics = get(&serving.ready, "/metrics");
    for line in [
        "wecom_bridge_runs_total{corp=\"acme-main\",kind=\"downstream\",state=\"done\"} 1",
        "wecom_bridge_wecom_calls_total{corp=\"acme-main\",endpoint=\"user/create\",errcode=\"0\"} 5",
        "wecom_bridge_last_good_run_timestamp_seconds{corp=\"acme-main\",kind=\"downstream\"}",
        "wecom_bridge_quota_left{corp=\"acme-main\"}",
        "wecom_bridge_queue_age_seconds{queue=\"held_plans\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} is missing in:\n{metrics}");
    }
    bench.run(&["plan", "--corp", "acme-main", "--json"]).expect(0);
    bench.run(&["pull", "--corp", "nobody"]).complains(2, &["there is no corp nobody"]);
    let (code, said) = serving.stop();
    assert_eq!(code, 0, "{said}");
    assert!(!bench.data().join("admin.sock").exists(), "the socket goes with the server");
    bench.run(&["plan", "--corp", "acme-main"]).expect(0);
    let runs = bench.run(&["runs", "list"]).expect(0);
    assert!(runs.out.matches("done").count() >= 4, "{}", runs.out);
}

#[test]
fn the_server_answers_and_stops_cleanly() {
    let bench = Bench::new();
    let serving = bench.serve();
    assert_eq!(get_status(&serving.ready, "/api/v1/openapi.json"), 200);
    assert_eq!(get_status(&serving.ready, "/nothing"), 404);
    for probe in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get_status(&serving.ready, probe), 200, "{probe}");
    }
    let (code, said) = serving.stop();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("stopped"), "{said}");
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_the_first_goes_on() {
    let bench = Bench::new();
    let serving = bench.serve();
    bench.run(&["serve", "--listen", "127.0.0.1:0"]).complains(1, &["in use by another process"]);
    assert_eq!(get_status(&serving.ready, "/api/v1/openapi.json"), 200);
    bench.run(&["key", "list"]).expect(0);
    assert_eq!(serving.stop().0, 0);
}

#[test]
fn a_restore_needs_the_database_alone() {
    let bench = Bench::ready();
    let backup = bench.path("backup.redb");
    let serving = bench.serve();
    bench.run(&["backup", text_of(&backup)]).expect(0);
    bench.run(&["restore", text_of(&backup), "--yes"]).complains(1, &["server is running", "stop the server"]);
    bench.run(&["compact"]).expect(0);
    assert_eq!(serving.stop().0, 0);
    bench.run(&["restore", text_of(&backup), "--yes"]).expect(0);
}

#[test]
fn the_sandbox_starts_answers_and_stops() {
    let mut command = program();
    command.args(["--lang", "en", "sandbox", "--listen", "127.0.0.1:0", "--edition", "private"]);
    let serving = Serving::start(command, "http://");
    assert_eq!(get_status(&serving.ready, "/"), 200);
    assert_eq!(serving.stop().0, 0);
}

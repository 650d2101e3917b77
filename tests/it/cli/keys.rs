//! `key create|list|revoke`.

use super::{Bench, get_status};
use serde_json::Value;

fn listed(bench: &Bench, name: &str) -> Value {
    let keys = bench.json(&["key", "list"]).1;
    keys["keys"].as_array().unwrap().iter().find(|key| key["name"] == name).unwrap().clone()
}

#[test]
fn a_key_is_bound_to_networks_and_ends() {
    let bench = Bench::new();
    let create = |name: &str, more: &[&str]| {
        bench.json(&[&["key", "create", "--name", name, "--scope", "sync.read"][..], more].concat())
    };
    let (code, made) = create("near", &["--network", "10.0.0.0/8", "--network", "2001:db8::/32,192.168.1.1"]);
    assert_eq!(code, 0, "{made:#}");
    let networks = ["10.0.0.0/8", "2001:db8::/32", "192.168.1.1"];
    assert_eq!(listed(&bench, "near")["networks"], serde_json::json!(networks));
    create("dated", &["--expires", "2099-06-30"]);
    assert_eq!(listed(&bench, "dated")["expires_at"], "2099-07-01T00:00:00Z");
    create("timed", &["--expires", "2099-06-30T18:00:00+08:00"]);
    assert_eq!(listed(&bench, "timed")["expires_at"], "2099-06-30T10:00:00Z");
    create("days", &["--expires-days", "30"]);
    assert!(listed(&bench, "days")["expires_at"].is_string());
    create("open", &[]);
    assert!(listed(&bench, "open").get("expires_at").is_none() && listed(&bench, "open").get("networks").is_none());

    let refuse = |more: &[&str], word: &str| {
        let args = [&["key", "create", "--name", "bad", "--scope", "sync.read"][..], more].concat();
        bench.run(&args).complains(2, &[word]);
    };
    refuse(&["--network", "10.0.0.0/33"], "is not an address or a block");
    refuse(&["--expires", "soon"], "must be a date");
    refuse(&["--expires", "2001-01-01"], "lies in the past");
    refuse(&["--expires", "2099-01-01", "--expires-days", "3"], "cannot be used with");
    refuse(&["--expires-days", "0"], "1..=3650");
}

#[test]
fn a_key_for_another_network_does_not_open_the_door() {
    let bench = Bench::new();
    let make = |name: &str, network: &str| {
        let args = ["key", "create", "--name", name, "--scope", "corp.read", "--network", network];
        bench.json(&args).1["key"].as_str().unwrap().to_owned()
    };
    let (here, there) = (make("here", "127.0.0.0/8"), make("there", "10.0.0.0/8"));
    let serving = bench.serve();
    let status = |key: &str| {
        let path = format!("/api/v1/tenants HTTP/1.1\r\nAuthorization: Bearer {key}\r\nX-Rest:");
        get_status(&serving.ready, &path)
    };
    assert_eq!((status(&here), status(&there)), (200, 403));
    let (_, about) = bench.json(&["key", "revoke", "here"]);
    assert!(about["message"].as_str().unwrap().contains("is revoked"), "{about}");
    assert_eq!(status(&here), 401);
    assert_eq!(serving.stop().0, 0);
}

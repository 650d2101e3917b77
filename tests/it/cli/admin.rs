//! `admin …`: accounts from the command line, with the server up and down.

use super::{Bench, Serving, get_status, program};
use std::io::Write;
use std::process::Stdio;

const PASSWORD: &str = "a right password";

fn create<'a>(bench: &Bench, name: &'a str, file: &'a str) -> Vec<&'a str> {
    bench.write("password.txt", format!("{PASSWORD}\nsecond line\n"));
    vec!["admin", "create", name, "--role", "administrator", "--password-file", file]
}

#[test]
fn accounts_are_made_and_changed_with_the_server_up_and_down() {
    let bench = Bench::new();
    let file = bench.path("password.txt").display().to_string();
    let made = bench.run(&create(&bench, "boss", &file)).expect(0);
    assert!(!made.out.contains(PASSWORD) && made.out.contains("boss"), "{}", made.out);
    bench.run(&create(&bench, "BOSS", &file)).complains(2, &["already an account"]);

    let generated = bench.run(&["admin", "create", "worker", "--role", "operator", "--generate"]).expect(0);
    let password = generated.out.lines().next().unwrap().to_owned();
    assert_eq!(password.len(), 23, "{}", generated.out);
    let steps: [&[&str]; 6] = [
        &["admin", "set-role", "worker", "auditor"],
        &["admin", "disable", "worker"],
        &["admin", "enable", "worker"],
        &["admin", "reset-totp", "worker"],
        &["admin", "passwd", "worker", "--generate"],
        &["admin", "list"],
    ];
    for step in steps {
        bench.run(step).expect(0);
    }
    bench.run(&["admin", "disable", "boss"]).complains(2, &["last administrator"]);
    bench.run(&["admin", "set-role", "boss", "operator"]).complains(2, &["last administrator"]);
    let down = bench.run(&["admin", "list"]).expect(0).out;
    assert!(down.contains("boss") && down.contains("auditor") && down.contains("must change the password"), "{down}");

    let serving = bench.serve();
    assert_eq!(bench.run(&["admin", "list"]).expect(0).out, down, "the same with the server up");
    for step in steps {
        bench.run(step).expect(0);
    }
    let (code, value) = bench.json(&["admin", "list"]);
    assert_eq!((code, value["accounts"].as_array().unwrap().len()), (0, 2));
    assert!(!value.to_string().contains("argon2"), "{value}");
    assert_eq!(serving.stop().0, 0);
    bench.run(&["verify"]).expect(0);
}

#[test]
fn a_password_comes_from_a_file_or_standard_input_and_never_from_the_command_line() {
    let bench = Bench::new();
    let file = bench.path("password.txt").display().to_string();
    bench.run(&create(&bench, "boss", &file)).expect(0);
    for flags in [&["--password-file", "-"][..], &[]] {
        let mut command = bench.command(&[&["admin", "passwd", "boss"], flags].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"another right one\r\n").unwrap();
        let ran = super::Ran::of(child.wait_with_output().unwrap()).expect(0);
        assert!(!ran.out.contains("another right one"), "{}", ran.out);
    }
    bench.run(&["admin", "passwd", "boss", "--password", "x"]).complains(2, &["unexpected argument"]);
    bench.run(&["admin", "passwd", "boss", PASSWORD]).complains(2, &["unexpected argument"]);
    let missing = bench.path("missing").display().to_string();
    bench.run(&["admin", "passwd", "boss", "--password-file", &missing]).complains(2, &["cannot be read"]);
    let empty = bench.write("empty", "\n").display().to_string();
    bench.run(&["admin", "passwd", "boss", "--password-file", &empty]).complains(2, &["no password"]);
    let weak = bench.write("weak", "password123").display().to_string();
    bench.run(&["admin", "passwd", "boss", "--password-file", &weak]).complains(2, &["among the first"]);
    bench.run(&["admin", "passwd", "nobody", "--generate"]).complains(2, &["no account \"nobody\""]);
    bench.run(&["admin", "create", "x1", "--role", "root", "--generate"]).complains(2, &["administrator, operator"]);
}

#[test]
fn the_server_prints_a_link_until_there_is_an_account() {
    let bench = Bench::new();
    bench.run(&["admin", "setup-link"]).complains(2, &["no server runs"]);
    let serving = Serving::start(bench.command(&["serve", "--listen", "127.0.0.1:0"]), "/setup?token=");
    assert_eq!(serving.ready.len(), 64, "{}", serving.ready);
    let (code, renewed) = bench.json(&["admin", "setup-link"]);
    let url = renewed["url"].as_str().unwrap().to_owned();
    assert_eq!((code, renewed["valid_min"].as_i64()), (0, Some(30)));
    let (address, token) = url.strip_prefix("http://").unwrap().split_once("/setup?token=").unwrap();
    assert_eq!(get_status(address, "/healthz"), 200, "the link names the address that really answers");
    assert_ne!(token, serving.ready, "a new one each time");

    bench.run(&["admin", "create", "boss", "--role", "administrator", "--generate"]).expect(0);
    bench.run(&["admin", "setup-link"]).complains(2, &["set up already"]);
    assert_eq!(serving.stop().0, 0);
    let serving = bench.serve();
    let (_, said) = serving.stop();
    assert!(!said.contains("/setup?token="), "{said}");
}

#[test]
fn no_log_line_has_the_set_up_link() {
    let bench = Bench::new();
    let log = bench.path("log");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>\"$LOG\""]).env("LOG", &log);
    let asked = bench.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.arg(asked.get_program()).args(asked.get_args());
    let serving = Serving::start(command, "/setup?token=");
    bench.json(&["admin", "setup-link"]);
    assert_eq!(serving.stop().0, 0);
    let said = std::fs::read_to_string(log).unwrap();
    assert!(said.contains("there is no account yet") && !said.contains("token="), "{said}");
}

#[test]
fn looking_makes_no_store_and_making_an_account_does() {
    let bench = Bench::new();
    bench.run(&["admin", "list"]).complains(1, &["does not exist"]);
    assert!(!bench.data().exists());
    bench.run(&["admin", "create", "boss", "--role", "administrator", "--generate"]).expect(0);
    assert!(bench.data().exists());
    let help = super::Ran::of(program().args(["admin", "create", "--help"]).output().unwrap()).expect(0);
    assert!(help.out.contains("--password-file") && help.out.contains("--generate"), "{}", help.out);
}

//! The real program, run as an operator runs it.

mod admin;
mod bad_input;
mod demo;
mod keys;
mod pull;
mod server;
mod setup;
mod store;
mod sync;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use wecom_bridge::sandbox::{Sandbox, SandboxOptions, seed};

/// A folder to work in, with a sandbox beside it.
pub struct Bench {
    folder: TempDir,
    sandbox: Sandbox,
}

/// What a command left behind.
pub struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        seed::demo(sandbox.state());
        Self { folder: tempfile::tempdir().unwrap(), sandbox }
    }

    /// A bench whose bridge is set up with the documented file.
    pub fn ready() -> Self {
        let bench = Self::new();
        bench.run(&["apply", bench.setup_file().to_str().unwrap()]).expect(0);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn setup_text(&self) -> String {
        include_str!("../../../packaging/setup-example.toml").replace("http://127.0.0.1:9000", self.sandbox.base_url())
    }

    fn setup_file(&self) -> PathBuf {
        self.write("setup.toml", self.setup_text())
    }

    /// A directory of one root, three units and so many people.
    fn directory(&self, people: usize) -> PathBuf {
        self.write("oa/units.csv", "id,parent_id,name\nr,,示例集团\nu0,r,研发\nu1,r,市场\nu2,r,行政\n");
        let mut rows = String::from("id,employee_no,name,mobile,unit_id\n");
        for at in 0..people {
            rows.push_str(&format!("e{at},no{at},员工{at},1380000{at:04},u{}\n", at % 3));
        }
        self.write("oa/employees.csv", rows);
        self.path("oa")
    }

    fn import(&self, people: usize) {
        let folder = self.directory(people);
        self.run(&[
            "import",
            folder.to_str().unwrap(),
            "--tenant",
            "acme",
            "--allow-shrink",
            "--allow-other-people",
            "--yes",
        ])
        .expect(0);
    }

    pub fn command(&self, args: &[&str]) -> Command {
        self.command_in("en", args)
    }

    fn command_in(&self, language: &str, args: &[&str]) -> Command {
        let mut command = program();
        command.args(["--lang", language, "--data-dir"]).arg(self.data()).args(args);
        command
    }

    fn run_in(&self, language: &str, args: &[&str]) -> Ran {
        Ran::of(self.command_in(language, args).output().unwrap())
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// The one object that `--json` prints.
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let ran = self.run(&[args, &["--json"]].concat());
        let value = serde_json::from_str(&ran.out);
        (ran.code, value.unwrap_or_else(|cause| panic!("{args:?}: {cause}\n{}\n{}", ran.out, ran.err)))
    }

    fn serve(&self) -> Serving {
        Serving::start(self.command(&["serve", "--listen", "127.0.0.1:0"]), "listens on ")
    }
}

/// The program, deaf to the environment of whoever runs the tests.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom-bridge"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WECOM_BRIDGE_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CREDENTIALS_DIRECTORY");
    command
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// One clear message: no panic, no trace, the words in it.
    #[track_caller]
    fn complains(self, code: i32, words: &[&str]) {
        let ran = self.expect(code);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        for word in words {
            assert!(ran.err.contains(word), "{word:?} is missing in:\n{}", ran.err);
        }
    }
}

/// A program that serves until it is told to stop.
pub struct Serving {
    child: Child,
    /// What stood behind the marker in the line that said it is ready.
    pub ready: String,
    rest: std::thread::JoinHandle<String>,
}

impl Serving {
    /// Starts it and waits for a line with the marker on either output.
    pub fn start(mut command: Command, marker: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = std::sync::mpsc::channel::<String>();
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        let mut seen = String::new();
        let ready = loop {
            let Ok(line) = lines.recv() else { panic!("it ended before it was ready:\n{seen}") };
            if let Some((_, after)) = line.split_once(marker) {
                break after.split([',', ' ']).next().unwrap_or_default().to_owned();
            }
            seen.push_str(&line);
            seen.push('\n');
        };
        // Read on, so that the program never waits for a full pipe.
        let rest = std::thread::spawn(move || lines.iter().collect::<Vec<_>>().join("\n"));
        Self { child, ready, rest }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end and answers its exit code with what it said last.
    pub fn stop(mut self) -> (i32, String) {
        signal("TERM", self.child.id());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.rest.join().unwrap())
    }
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap().success());
}

/// The status line's number of a plain GET.
fn get_status(address: &str, path: &str) -> u16 {
    get(address, path).split(' ').nth(1).unwrap().parse().unwrap()
}

/// The whole answer to a plain GET.
fn get(address: &str, path: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

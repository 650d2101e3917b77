//! A part of a test that is played in a process of its own, so that it can be killed at any moment: `kill -9`, nothing is
//! told and nothing is put away.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};
use wecom_bridge::clock::Stopwatch;

/// Starts an ignored test (`room::file::name`) of this binary in a process of its own, with these variables.
pub fn play<'v>(test: &str, variables: impl IntoIterator<Item = (&'v str, &'v OsStr)>) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", test])
        .envs(variables)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A child that has neither ended nor come to where it is killed by then is killed, and the test fails.
const PATIENCE_MS: u64 = 600_000;

/// Waits until `what`; answers `false` when the child was through before.
fn watch(child: &mut Child, what: impl Fn() -> bool) -> bool {
    let waited = Stopwatch::start();
    while !what() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if waited.elapsed_ms() > PATIENCE_MS {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the child hung");
        }
        std::thread::yield_now();
    }
    true
}

/// Waits for the end of a child that is not killed from here; answers whether it ended well.
pub fn ended(mut child: Child) -> bool {
    watch(&mut child, || false);
    child.wait().unwrap().success()
}

/// Waits until `is_time` and a little longer, then kills. Answers `false` when the child was through before.
pub fn kill_when(mut child: Child, spins: u64, is_time: impl Fn() -> bool) -> bool {
    if !watch(&mut child, is_time) {
        return false;
    }
    for _ in 0..spins {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

/// How often a test kills: as often as fits into every run, or as `KILLS` says.
pub fn kills(usual: usize) -> usize {
    std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Random moments, from a seed that is printed.
pub struct Moments {
    /// Names the sequence.
    pub seed: u64,
    state: u64,
}

impl Moments {
    pub fn new() -> Self {
        let seed = rand::random();
        println!("seed {seed}");
        Self { seed, state: seed }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }
}

//! Parity of client and sandbox: every endpoint is called once with success, and every errcode that the contract names
//! for an endpoint is provoked once through the client.

mod errors_department;
mod errors_member;
mod errors_other;
mod messages;
mod success;

use super::world::World;
use std::collections::BTreeSet;
use wecom_bridge::wecom::CallError;

/// Collects provoked codes of one endpoint family and compares them with the contract in the end.
#[derive(Default)]
struct Provoked(BTreeSet<i64>);

impl Provoked {
    /// The call must be refused with this code, and the code must be explained.
    fn expect<T: std::fmt::Debug>(&mut self, code: i64, result: Result<T, CallError>) {
        let error = result.expect_err(&format!("{code} was expected"));
        assert_eq!(error.errcode(), code, "{error}");
        let explanation = error.explanation().unwrap_or_else(|| panic!("{code} has no explanation"));
        assert_eq!(explanation.code, code);
        assert!(error.to_string().contains(explanation.meaning.en), "{error}");
        self.0.insert(code);
    }

    fn assert_all(&self, contract: &[i64]) {
        let missing: Vec<_> = contract.iter().filter(|code| !self.0.contains(code)).collect();
        assert!(missing.is_empty(), "never provoked: {missing:?}");
    }
}

/// Changes the corp behind the client's back, as the console does.
fn console(world: &World, change: impl FnOnce(&mut wecom_bridge::sandbox::Corp)) {
    world.state().with_corp(super::world::CORPID, change);
}

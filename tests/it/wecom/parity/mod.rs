//! Parity of client and sandbox: every endpoint is called once with success, and every errcode that the contract names
//! for an endpoint is provoked once through the client.

mod errors_department;
mod errors_member;
mod errors_other;
mod messages;
mod success;

use super::world::World;
use serde_json::Value;
use std::collections::BTreeSet;
use wecom_bridge::wecom::{CallError, errcode};

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

    /// The request that the client itself would not make must be refused with this code, and the code must be explained.
    async fn expect_raw(&mut self, code: i64, world: &World, secret: &str, path: &str, body: &Value) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let base = format!("{}/cgi-bin", world.sandbox.base_url());
        let corpid = super::world::CORPID;
        let token: Value = read(&http, http.get(format!("{base}/gettoken?corpid={corpid}&corpsecret={secret}"))).await;
        let token = token["access_token"].as_str().unwrap();
        let request = http.post(format!("{base}/{path}?access_token={token}"));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = read(&http, request).await;
        assert_eq!(answer["errcode"], code, "{path} {body}: {answer}");
        self.note(code);
    }

    /// A code that came another way, e.g. for one row of a job.
    fn note(&mut self, code: i64) {
        assert!(errcode::explain(code).is_some(), "{code} has no explanation");
        self.0.insert(code);
    }

    fn assert_all(&self, contract: &[i64]) {
        let missing: Vec<_> = contract.iter().filter(|code| !self.0.contains(code)).collect();
        assert!(missing.is_empty(), "never provoked: {missing:?}");
    }
}

async fn read(http: &reqwest::Client, request: reqwest::RequestBuilder) -> Value {
    let answer = http.execute(request.build().unwrap()).await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Changes the corp behind the client's back, as the console does.
fn console(world: &World, change: impl FnOnce(&mut wecom_bridge::sandbox::Corp)) {
    world.state().with_corp(super::world::CORPID, change);
}

//! A caller that shares nothing with the product's own client.

use serde_json::{Value, json};
use wecom_bridge::clock::Clock;
use wecom_bridge::sandbox::{Profile, Sandbox, SandboxOptions, State, VisibleRange};

pub const CORP: &str = "ww0000000000000001";
pub const START_MS: i64 = 1_760_000_000_000;

/// A sandbox on a manual clock with one corp, its contacts secret, and an app that sees everything.
pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
    http: reqwest::Client,
}

/// A body and the headers that go with it.
pub struct Got {
    pub status: u16,
    pub error_code: Option<String>,
    pub error_msg: Option<String>,
    pub body: Value,
}

impl World {
    pub fn new(profile: Profile) -> Self {
        let clock = Clock::manual(START_MS);
        let options = SandboxOptions { profile, clock: clock.clone(), workers: 1, ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).unwrap();
        sandbox.state().add_corp(CORP, "contacts-secret");
        sandbox.state().add_app(CORP, 7, "app-secret", VisibleRange::root());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, clock, http }
    }

    pub fn public() -> Self {
        Self::new(Profile::PublicNew)
    }

    pub fn state(&self) -> &State {
        self.sandbox.state()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/cgi-bin/{path}", self.sandbox.base_url())
    }

    pub async fn token_of(&self, secret: &str) -> String {
        let got = self.raw_get(&format!("gettoken?corpid={CORP}&corpsecret={secret}")).await.unwrap();
        got.body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {}", got.body)).to_owned()
    }

    pub async fn contacts(&self) -> Caller<'_> {
        Caller { world: self, token: self.token_of("contacts-secret").await }
    }

    pub async fn app(&self) -> Caller<'_> {
        Caller { world: self, token: self.token_of("app-secret").await }
    }

    pub async fn raw_get(&self, path_and_query: &str) -> reqwest::Result<Got> {
        read(self.http.get(self.url(path_and_query)).send().await?).await
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

pub async fn read(answer: reqwest::Response) -> reqwest::Result<Got> {
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, error_code, error_msg) = (answer.status().as_u16(), header("Error-Code"), header("Error-Msg"));
    let text = answer.text().await?;
    let body = serde_json::from_str(&text).unwrap_or_else(|_| json!({ "text": text }));
    Ok(Got { status, error_code, error_msg, body })
}

/// Somebody with a token.
pub struct Caller<'w> {
    pub world: &'w World,
    pub token: String,
}

impl Caller<'_> {
    pub fn full_url(&self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{}{joint}access_token={}", self.world.url(path), self.token)
    }

    pub async fn try_get(&self, path: &str) -> reqwest::Result<Got> {
        read(self.world.http.get(self.full_url(path)).send().await?).await
    }

    pub async fn try_post(&self, path: &str, body: impl ToString) -> reqwest::Result<Got> {
        let request = self.world.http.post(self.full_url(path)).body(body.to_string());
        read(request.send().await?).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.unwrap().body
    }

    pub async fn post(&self, path: &str, body: impl ToString) -> Value {
        self.try_post(path, body).await.unwrap().body
    }

    /// Posts and wants success.
    pub async fn post_ok(&self, path: &str, body: impl ToString) -> Value {
        let text = body.to_string();
        let got = self.post(path, &text).await;
        assert_eq!(got["errcode"], 0, "{path} {text}: {got}");
        got
    }

    /// Posts and wants this errcode.
    pub async fn refused(&self, errcode: i64, path: &str, body: impl ToString) -> Value {
        let text = body.to_string();
        let got = self.post(path, &text).await;
        assert_eq!(got["errcode"], errcode, "{path} {text}: {got}");
        got
    }

    /// Gets and wants success.
    pub async fn get_ok(&self, path: &str) -> Value {
        let got = self.get(path).await;
        assert_eq!(got["errcode"], 0, "{path}: {got}");
        got
    }

    /// Gets and wants this errcode.
    pub async fn get_refused(&self, errcode: i64, path: &str) -> Value {
        let got = self.get(path).await;
        assert_eq!(got["errcode"], errcode, "{path}: {got}");
        got
    }
}

/// A body for `user/create`.
pub fn person(userid: &str) -> Value {
    json!({"userid": userid, "name": format!("Name {userid}"), "email": format!("{userid}@example.com"),
           "department": [1], "to_invite": false})
}

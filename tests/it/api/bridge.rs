//! A real server on a port of its own, and a client that speaks real HTTP to it.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use wecom_bridge::admin::keys::{self, NewKey};
use wecom_bridge::app::{App, StartError};
use wecom_bridge::clock::Clock;
use wecom_bridge::config::Config;
use wecom_bridge::front;
use wecom_bridge::http::Running;
use wecom_bridge::model::{Actor, ApiScope};
use wecom_bridge::store::StoreError;

/// A bridge that answers on loopback; everything it keeps goes with it.
pub struct Bridge {
    pub app: Arc<App>,
    pub base: String,
    /// A key with every scope.
    pub key: String,
    pub http: reqwest::Client,
    running: Option<Running>,
    folder: tempfile::TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Asserts the status and gives the JSON.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts that it is a problem with this status and code.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(problem["code"], code, "{}", self.text);
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap(), "{}", self.text);
        problem
    }
}

impl Bridge {
    pub async fn start() -> Self {
        Self::start_with("", Clock::system()).await
    }

    /// With further lines of configuration and a clock.
    pub async fn start_with(config: &str, clock: Clock) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), config, clock).await
    }

    /// On a folder that may have been used before.
    pub async fn start_in(folder: tempfile::TempDir, config: &str, clock: Clock) -> Self {
        let config = Config::from_toml(&format!(
            "listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n{config}",
            folder.path().to_str().unwrap()
        ))
        .unwrap();
        let base_path = config.server.base_path.clone();
        let app = opened(config, clock).await;
        let running = front::serve(app.clone(), None).unwrap();
        let mut bridge = Self {
            app,
            base: format!("http://{}{base_path}", running.address()),
            key: String::new(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            running: Some(running),
            folder,
        };
        bridge.key = bridge.make_key(&ApiScope::ALL).await;
        bridge
    }

    pub async fn make_key(&self, scopes: &[ApiScope]) -> String {
        self.make_key_by(&Actor::cli("tester"), scopes).await
    }

    pub async fn make_key_by(&self, actor: &Actor, scopes: &[ApiScope]) -> String {
        let name = format!("key {}", uuid::Uuid::new_v4());
        let new = NewKey { name, scopes: scopes.to_vec(), networks: Vec::new(), expires_at_ms: None };
        keys::create(&self.app.store, &self.app.clock, actor, new).await.unwrap().1.expose().to_owned()
    }

    /// A request without a key.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A request with the key that may do everything.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.key)
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// A POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        send(self.request(Method::POST, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Uploads one file.
    pub async fn upload(&self, path: &str, name: &str, content: Vec<u8>) -> Answer {
        let part = reqwest::multipart::Part::bytes(content).file_name(name.to_owned());
        send(self.request(Method::POST, path).multipart(reqwest::multipart::Form::new().part("file", part))).await
    }

    pub async fn document(&self) -> Value {
        self.get("/api/v1/openapi.json").await.expect(200)
    }

    pub fn reload_certificate(&self) -> Result<(), wecom_bridge::http::tls::TlsError> {
        self.running.as_ref().unwrap().reload_certificate()
    }

    /// Stops and closes everything; its folder stays.
    pub async fn close(mut self) -> tempfile::TempDir {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        self.app.close().await;
        self.folder
    }

    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    try_send(request).await.unwrap()
}

/// The same where a connection may be closed before it is served, e.g. by a server that waited too long for a request.
pub async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

/// Every documented operation: method, path pattern, description.
pub fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path.clone(), operation.clone()));
        }
    }
    all
}

/// A pattern with something in every hole.
pub fn filled(pattern: &str) -> String {
    let mut path = String::new();
    for part in pattern.split('/').skip(1) {
        path.push('/');
        path.push_str(match part {
            "{seq}" | "{code}" => "1",
            hole if hole.starts_with('{') => "none",
            plain => plain,
        });
    }
    path
}

/// Opens what a bridge of this process has only just closed: a read that was under way then may hold the file for a moment.
async fn opened(config: Config, clock: Clock) -> Arc<App> {
    let opening = async {
        loop {
            match App::open(config.clone(), clock.clone()) {
                Err(StartError::Store(StoreError::InUse { .. })) => tokio::task::yield_now().await,
                other => return other.unwrap(),
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), opening).await.expect("the file is let go")
}

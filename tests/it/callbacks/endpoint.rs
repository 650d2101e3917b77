//! A business system's endpoint for webhooks: notes what it is told, and answers from a list, then 200.

use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wecom_bridge::model::Secret;
use wecom_bridge::webhooks::verify;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Told {
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn is_signed(&self, secret: &str, now_s: i64) -> bool {
        let header = |name: &str| self.headers.get(name).cloned().unwrap_or_default();
        let timestamp = header("webhook-timestamp").parse().unwrap_or(0);
        let secret = Secret::new(secret);
        verify(&secret, (&header("webhook-id"), timestamp, &self.body), &header("webhook-signature"), now_s, 300)
    }
}

#[derive(Default)]
struct State {
    told: Vec<Told>,
    answers: VecDeque<u16>,
    is_held: bool,
}

#[derive(Clone)]
pub struct Endpoint {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Endpoint {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { url, state }
    }

    /// Statuses of the next answers; 200 afterwards.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.state.lock().unwrap().answers.extend(statuses);
    }

    /// Whether it lets everybody wait for an answer.
    pub fn hold(&self, is_held: bool) {
        self.state.lock().unwrap().is_held = is_held;
    }

    pub fn told(&self) -> Vec<Told> {
        self.state.lock().unwrap().told.clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = Vec::new();
    loop {
        let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        let text = String::from_utf8_lossy(&request[..head]).into_owned();
        let headers: HashMap<String, String> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        if request.len() < head + 4 + length {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        }
        let body = String::from_utf8(request[head + 4..head + 4 + length].to_vec()).unwrap();
        request.drain(..head + 4 + length);
        let status = {
            let mut state = state.lock().unwrap();
            state.told.push(Told { headers, body });
            state.answers.pop_front().unwrap_or(200)
        };
        while state.lock().unwrap().is_held {
            tokio::task::yield_now().await;
        }
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

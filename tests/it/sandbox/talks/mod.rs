//! Callbacks of an app: what members say and do reaches it encrypted, and its replies reach them
//! (apps-messages-callbacks.md chapters 11 to 13).

mod cards;
mod forms;
mod menus;
mod replies;
mod sent;
mod verification;

use super::caller::{CORP, World};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wecom_bridge::sandbox::{Act, Acted, Callback, Delivery, Member};
use wecom_bridge::wecom::crypto::CallbackCrypto;
use wecom_bridge::wecom::crypto::envelope::{Envelope, reply_body};

pub const TOKEN: &str = "token";
pub const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// How the app answers one request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Only this status.
    Status(u16),
    /// 200 with this body.
    Body(String),
    /// 200 with this text, encrypted and signed.
    Reply(String),
    /// Never.
    Silence,
}

/// A request that the app got.
#[derive(Debug, Clone)]
pub struct Request {
    pub target: String,
    pub query: HashMap<String, String>,
    pub body: String,
    /// Decrypted; the signature was right.
    pub text: String,
}

/// The server behind an app's callback address: checks, decrypts, passes on, and answers from a list, then 200 without
/// a body (or with the echostr).
pub struct Server {
    pub url: String,
    requests: UnboundedReceiver<Request>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cb/oa", listener.local_addr().unwrap());
        let (send, requests) = unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let list = answers.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, send.clone(), list.clone()));
            }
        });
        Self { url, requests, answers }
    }

    pub fn callback(&self) -> Callback {
        Callback { url: self.url.clone(), token: TOKEN.into(), aes_key: KEY.into() }
    }

    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    pub async fn next(&mut self) -> Request {
        tokio::time::timeout(Duration::from_secs(20), self.requests.recv()).await.expect("a request").unwrap()
    }

    /// The decrypted text of the next request.
    pub async fn text(&mut self) -> String {
        self.next().await.text
    }

    pub fn is_quiet(&mut self) -> bool {
        self.requests.is_empty()
    }
}

fn crypto() -> CallbackCrypto {
    CallbackCrypto::new(TOKEN, KEY, CORP).unwrap()
}

async fn serve(mut stream: TcpStream, send: UnboundedSender<Request>, answers: Arc<Mutex<VecDeque<Answer>>>) {
    let Some((target, body)) = read(&mut stream).await else { return };
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(target.split_once('?').map_or("", |x| x.1).as_bytes()).into_owned().collect();
    let part = |key: &str| query.get(key).cloned().unwrap_or_default();
    let echostr = part("echostr");
    let encrypted =
        if body.is_empty() { echostr.clone() } else { Envelope::parse(&body).unwrap().encrypt.into_owned() };
    let opened = crypto().open(&part("msg_signature"), &part("timestamp"), &part("nonce"), &encrypted);
    let text = if echostr.is_empty() { opened.unwrap() } else { opened.unwrap_or_default() };
    let answer = answers.lock().unwrap().pop_front();
    let echo = if echostr.is_empty() { String::new() } else { text.clone() };
    send.send(Request { target, query, body, text }).unwrap();
    let (status, body) = match answer {
        None => (200, echo),
        Some(Answer::Status(status)) => (status, String::new()),
        Some(Answer::Body(body)) => (200, body),
        Some(Answer::Reply(text)) => (200, reply_body(&crypto(), "1700000066", "replynonce", &text)),
        Some(Answer::Silence) => {
            let _ = stream.read(&mut [0; 1]).await;
            return;
        }
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

/// Target and body of a request.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut request = Vec::new();
    loop {
        if let Some(head) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]).into_owned();
            let length = text.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").map(str::trim).map(str::to_owned)
            });
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if request.len() >= head + 4 + length {
                let body = String::from_utf8_lossy(&request[head + 4..]).into_owned();
                return Some((text.split(' ').nth(1)?.to_owned(), body));
            }
        }
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

/// Members `zhangsan` and `lisi` before app 7, whose callbacks go to the server.
pub async fn connected() -> (World, Server) {
    let (world, server) = (World::public(), Server::start().await);
    for (userid, name) in [("ZhangSan", "张三"), ("lisi", "李四")] {
        world.state().seed_member(CORP, Member::new(userid, name, 1));
    }
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().callback = Some(server.callback()));
    (world, server)
}

pub fn act(world: &World, act: Act) -> Acted {
    world.state().act(CORP, "zhangsan", 7, act).unwrap()
}

/// The log once nothing is on its way any more.
pub async fn settled(world: &World) -> Vec<Delivery> {
    while world.state().pending_events() > 0 {
        tokio::task::yield_now().await;
    }
    world.state().deliveries()
}

/// The value of an element.
pub fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = text.split_once(&open).and_then(|(_, rest)| rest.split_once(&close)).map(|(inner, _)| inner);
    let inner = inner.unwrap_or_else(|| panic!("no {name} in {text}"));
    inner.strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>")).unwrap_or(inner)
}

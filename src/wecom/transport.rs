//! One HTTP request to one corp's WeCom, and what became of it. Knows no errcode and no retry.
//!
//! The access token and the secret travel in the query (doc path 90313), so no URL may reach an error text or a log.

use super::endpoint::{Endpoint, Verb};
use crate::model::Endpoints;
use bytes::{Bytes, BytesMut};
use std::error::Error as _;
use std::io::Read;
use std::time::Duration;

/// The connection pool and addresses of one corp.
pub(super) struct Transport {
    http: reqwest::Client,
    base: url::Url,
    timeout: Duration,
}

/// What a request carries besides its query.
#[derive(Clone)]
pub(super) enum Body {
    None,
    Json(Bytes),
    /// One file as multipart, part name `media` (doc path 90253).
    File {
        name: String,
        bytes: Bytes,
    },
}

/// What became of a request.
pub(super) enum Exchange {
    /// An answer came, whole; `date_s` is the other side's clock where it told it (Unix seconds).
    Answer { status: u16, body: Bytes, date_s: Option<i64> },
    /// Nothing reached the other side.
    NotSent(String),
    /// It went out (or may have) and no whole answer came back.
    Lost(String),
    /// Something came back, or would, that must not be taken: another attempt would meet the same.
    Untakable(String),
}

/// A list may take this many times the ordinary time-out, a file too.
const SLOW_FACTOR: u32 = 6;
/// A CA file is some kilobytes; the system's whole bundle is a quarter of this.
const CA_FILE_MAX_BYTES: u64 = 1 << 20;
/// Answers above this size count as lists.
const SLOW_ABOVE_BYTES: usize = 1 << 20;

impl Transport {
    /// Reads the settings; `Err` is a sentence that names the faulty one.
    pub(super) fn new(endpoints: &Endpoints) -> Result<Self, String> {
        let base = url::Url::parse(&endpoints.api_base)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| format!("api_base {:?} is not an http:// or https:// address", endpoints.api_base))?;
        let timeout = Duration::from_millis(endpoints.timeout_ms.max(1));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("wecom-bridge/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeout / 2)
            .tcp_nodelay(true);
        if !endpoints.ca_file.is_empty() {
            builder = builder.tls_certs_only(read_ca(&endpoints.ca_file)?);
        } else if base.scheme() == "http" {
            // without TLS there is nothing to check, and a host without a CA bundle must still start
            builder = builder.tls_certs_only([]);
        }
        if !endpoints.proxy.is_empty() {
            builder = builder.proxy(read_proxy(&endpoints.proxy)?);
        }
        let http = builder.build().map_err(|error| format!("the HTTP client cannot be built: {}", describe(&error)))?;
        Ok(Self { http, base, timeout })
    }

    /// Sends one request to an endpoint of the API.
    pub(super) async fn send(&self, endpoint: &Endpoint, query: &[(&str, &str)], body: Body) -> Exchange {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/cgi-bin/{}", self.base.path().trim_end_matches('/'), endpoint.name));
        url.query_pairs_mut().clear().extend_pairs(query);
        let mut request = match endpoint.verb {
            Verb::Get => self.http.get(url),
            Verb::Post => self.http.post(url),
        };
        let mut is_slow = endpoint.answer_max_bytes > SLOW_ABOVE_BYTES;
        match body {
            Body::None => {}
            Body::Json(bytes) => {
                request = request.header(reqwest::header::CONTENT_TYPE, "application/json; charset=UTF-8").body(bytes);
            }
            Body::File { name, bytes } => {
                is_slow = true;
                let (content_type, form) = multipart(&name, &bytes);
                request = request.header(reqwest::header::CONTENT_TYPE, content_type).body(form);
            }
        }
        let timeout = if is_slow { self.timeout * SLOW_FACTOR } else { self.timeout };
        receive(request.timeout(timeout), endpoint.answer_max_bytes).await
    }

    /// Asks for the base address without any secret and answers status and `Date`.
    pub(super) async fn visit(&self) -> Result<(u16, Option<String>), String> {
        let answer = self.http.get(self.base.clone()).timeout(self.timeout).send().await.map_err(|e| describe(&e))?;
        let date = answer.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
        Ok((answer.status().as_u16(), date.map(str::to_owned)))
    }

    /// Fetches a file from an address that WeCom gave; no token goes along.
    pub(super) async fn download(&self, address: &str, max_bytes: usize) -> Exchange {
        let url = match url::Url::parse(address) {
            Ok(url) if url.scheme() == "https" || url.scheme() == self.base.scheme() => url,
            _ => return Exchange::Untakable("WeCom gave an address for the file that is not https".into()),
        };
        receive(self.http.get(url).timeout(self.timeout * SLOW_FACTOR), max_bytes).await
    }
}

/// One file as multipart form: WeCom wants `filename` and `filelength` beside the part's name (doc path 90253), and no
/// slash, backslash or colon in the name (doc path 99310).
fn multipart(name: &str, content: &[u8]) -> (String, Vec<u8>) {
    let boundary = format!("wecom-bridge-{:032x}", rand::random::<u128>());
    let name: String =
        name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\' | '/' | ':') { '_' } else { c }).collect();
    let mut form = Vec::with_capacity(content.len() + 300);
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"; filelength={}\r\n\
         Content-Type: application/octet-stream\r\n\r\n",
        content.len()
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(content);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), form)
}

async fn receive(request: reqwest::RequestBuilder, max_bytes: usize) -> Exchange {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => return Exchange::NotSent(describe(&error)),
        Err(error) => return Exchange::Lost(describe(&error)),
    };
    let status = response.status().as_u16();
    let date_s = date(&response);
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let too_large = || Exchange::Untakable(format!("the answer is larger than {max_bytes} bytes"));
    if expected > max_bytes {
        return too_large();
    }
    let mut body = BytesMut::with_capacity(expected);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > max_bytes => return too_large(),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Exchange::Answer { status, body: body.freeze(), date_s },
            Err(error) => return Exchange::Lost(describe(&error)),
        }
    }
}

fn date(response: &reqwest::Response) -> Option<i64> {
    let text = response.headers().get(reqwest::header::DATE)?.to_str().ok()?;
    chrono::DateTime::parse_from_rfc2822(text).ok().map(|date| date.timestamp())
}

pub(crate) fn read_ca(path: &str) -> Result<Vec<reqwest::Certificate>, String> {
    let unreadable = |error: std::io::Error| format!("ca_file {path} cannot be read: {error}");
    if !std::path::Path::new(path).is_absolute() {
        return Err(format!("ca_file {path} must be a whole path, from / on"));
    }
    // looked at before it is opened: a pipe would never answer
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(format!("ca_file {path} is not a file"));
    }
    let mut pem = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(CA_FILE_MAX_BYTES + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if pem.len() as u64 > CA_FILE_MAX_BYTES {
        return Err(format!("ca_file {path} is larger than 1 MiB; leave only the authority's certificates in it"));
    }
    let certificates = reqwest::Certificate::from_pem_bundle(&pem)
        .map_err(|error| format!("ca_file {path} is not PEM: {}", describe(&error)))?;
    if certificates.is_empty() {
        return Err(format!("ca_file {path} holds no certificate (BEGIN CERTIFICATE)"));
    }
    Ok(certificates)
}

pub(crate) fn read_proxy(address: &str) -> Result<reqwest::Proxy, String> {
    let fault = || "proxy is not an http://, https:// or socks5:// address".to_owned();
    let url = url::Url::parse(address).ok().filter(url::Url::has_host).ok_or_else(fault)?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return Err(fault());
    }
    reqwest::Proxy::all(url).map_err(|_| fault())
}

/// The cause at the bottom, in words that lead to the cure, without any URL.
pub(crate) fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        let step = if error.is_connect() { "connecting" } else { "waiting for the answer" };
        return format!("time-out while {step}");
    }
    let mut cause = error.source();
    let mut texts: Vec<String> = Vec::new();
    while let Some(inner) = cause {
        let is_http_error = inner.is::<reqwest::Error>();
        if !is_http_error {
            texts.push(inner.to_string());
        }
        cause = inner.source();
    }
    let all = texts.join(": ");
    match advice(&all) {
        Some(advice) => advice.to_owned(),
        None => texts.pop().filter(|text| !text.contains("://")).unwrap_or_else(|| {
            if error.is_body() || error.is_decode() {
                "the answer broke off".to_owned()
            } else {
                "the connection broke off".to_owned()
            }
        }),
    }
}

/// What to do about certificates that this TLS refuses and others may accept.
fn advice(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let has = |needle: &str| text.contains(needle);
    if has("causedasendentity") {
        Some(
            "the server presents a CA certificate as its own (as plain `openssl req -x509` makes them); \
             issue a server certificate with CA:FALSE from that CA and put the CA into ca_file",
        )
    } else if has("subjectaltname")
        || has("not valid for any names")
        || has("not valid for name")
        || has("notvalidforname")
    {
        Some(
            "the server's certificate does not name this host; it needs a subjectAltName with the host of api_base \
             (a common name alone does not count)",
        )
    } else if has("unknownissuer") || has("badsignature") {
        Some("the server's certificate comes from an unknown CA; put that CA's certificate (PEM) into ca_file")
    } else if has("expired") {
        Some("the server's certificate has expired (or this host's clock is wrong)")
    } else if has("notvalidyet") || has("not valid yet") {
        Some("the server's certificate is not valid yet (or this host's clock is wrong)")
    } else if has("received corrupt message") || has("invalidcontenttype") {
        Some("the server does not speak TLS on this port; check http or https in api_base")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_is_a_small_file_with_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        std::fs::write(path("large.pem"), vec![b'#'; (CA_FILE_MAX_BYTES + 1) as usize]).unwrap();
        std::fs::write(path("empty.pem"), "").unwrap();
        for (given, told) in [
            ("ca.pem".to_owned(), "whole path"),
            ("/dev/zero".to_owned(), "not a file"),
            (folder.path().to_string_lossy().into_owned(), "not a file"),
            (path("none.pem"), "cannot be read"),
            (path("large.pem"), "larger than 1 MiB"),
            (path("empty.pem"), "no certificate"),
        ] {
            let why = read_ca(&given).unwrap_err();
            assert!(why.contains(told), "{given}: {why}");
        }
    }
}

//! The HTTP server: takes a call through faults, quota and gate to its handler, logs it, and answers.

use super::answer::{Answer, FileHead, Refusal};
use super::connection::{Line, half};
use super::request::{Body, Query};
use super::{download, gate};
use crate::sandbox::api::{self, Endpoint, Exchange, Verb};
use crate::sandbox::events::{self, Origin, courier};
use crate::sandbox::options::{Profile, QuotaLimits};
use crate::sandbox::shared::State;
use crate::sandbox::state::World;
use crate::sandbox::traffic::calls::Call;
use crate::sandbox::traffic::fault::Effect;
use crate::sandbox::traffic::quota::Excess;
use crate::sandbox::{control, page, phone};
use actix_web::body::SizedStream;
use actix_web::dev::ServerHandle;
use actix_web::http::header::TryIntoHeaderValue;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use std::net::TcpListener;
use std::sync::mpsc::Sender;
use std::time::{Duration, UNIX_EPOCH};

/// Largest request at all, an uploaded file with its frame.
const REQUEST_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Serves until stopped through the handle that is sent to `started`.
pub async fn serve(
    state: State,
    listener: TcpListener,
    workers: usize,
    started: Sender<Result<ServerHandle, std::io::Error>>,
) {
    let data = web::Data::new(state.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .app_data(web::PayloadConfig::new(REQUEST_MAX_BYTES))
            .route("/cgi-bin/{path:.*}", web::to(answer))
            .route("/export/{file}", web::get().to(download::file))
            .route("/mmbiz/{corpid}/{number}", web::get().to(download::page_image))
            .configure(phone::routes)
            .configure(control::routes)
            .configure(page::routes)
    })
    .workers(workers.max(1))
    .disable_signals()
    .shutdown_timeout(1)
    .tcp_nodelay(true)
    .on_connect(Line::remember)
    .listen(listener);
    let server = match server {
        Ok(server) => server.run(),
        Err(cause) => {
            // The starter waits for exactly this message.
            let _ = started.send(Err(cause));
            return;
        }
    };
    let courier = actix_web::rt::spawn(courier::run(state));
    let _ = started.send(Ok(server.handle()));
    let ended = server.await;
    courier.abort();
    if let Err(cause) = ended {
        tracing::error!(error = %cause, "the sandbox's server ended");
    }
}

/// What the log needs to know about a call on its way.
struct Passing {
    call: Call,
    body: Vec<u8>,
    file: Option<FileHead>,
}

/// A call and its answer, dated by the sandbox's clock: WeCom's time, as a client sees it.
async fn answer(request: HttpRequest, path: web::Path<String>, body: Bytes, state: web::Data<State>) -> HttpResponse {
    let mut answer = call(request, path, body, state.clone()).await;
    let now = UNIX_EPOCH + Duration::from_millis(state.now_ms().unsigned_abs());
    if let Ok(date) = header::HttpDate::from(now).try_into_value() {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

async fn call(request: HttpRequest, path: web::Path<String>, body: Bytes, state: web::Data<State>) -> HttpResponse {
    let Some(endpoint) = api::find(&path) else {
        return HttpResponse::NotFound().content_type("text/plain").body("no such api");
    };
    let query = Query::parse(request.query_string());
    let ip = caller_ip(&request, &state);
    let now_ms = state.now_ms();
    let (corpid, credential, limits, exists) = state.with(|world| whose(world, endpoint, &query, now_ms));
    if !exists {
        return HttpResponse::NotFound().content_type("text/plain").body("not in this edition");
    }
    let mut call = Call {
        seq: 0,
        at_ms: now_ms,
        method: request.method().to_string(),
        endpoint: endpoint.path.to_owned(),
        corpid: corpid.clone(),
        credential,
        ip: ip.clone(),
        subject: String::new(),
        errcode: 0,
        is_applied: false,
        fault: String::new(),
    };
    let (entered, effects) = state.with_traffic(|traffic| {
        let entered = traffic.quotas.enter(&corpid, &ip, endpoint.path, &limits, now_ms);
        let effects = if entered.is_ok() { traffic.faults.draw(endpoint.path) } else { Vec::new() };
        (entered, effects)
    });
    if let Err(excess) = entered {
        let refusal = match excess {
            Excess::Frequency => Refusal::new(45009, "api freq out of limit"),
            Excess::Concurrency => Refusal::new(45033, "api concurrent out of limit"),
        };
        return log_and_refuse(&state, call, &refusal);
    }
    let under_way = UnderWay { state: state.get_ref(), corpid, endpoint };
    call.fault = effects.iter().map(|effect| effect.name()).collect::<Vec<_>>().join(" ");
    for effect in &effects {
        match *effect {
            // from when the call came in: a clock that moves on once the fault has struck is never too early
            Effect::Delay { ms } => {
                let at_ms = now_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
                state.clock().sleep_until_ms(at_ms).await;
            }
            Effect::Errcode { errcode } => {
                return log_and_refuse(&state, call, &Refusal::new(errcode, "fault of the sandbox"));
            }
            Effect::Status { status } => {
                state.with_traffic(|traffic| traffic.calls.push(call));
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                return HttpResponse::build(status).content_type("text/html").body("<html>fault of the sandbox</html>");
            }
            Effect::DropBefore => {
                state.with_traffic(|traffic| traffic.calls.push(call));
                return cut(&request);
            }
            Effect::InvalidateToken => {
                if let Some(token) = query.find("access_token") {
                    state.with(|world| world.invalidate_token(token));
                }
            }
            Effect::DropAfter | Effect::Garbage | Effect::Half | Effect::ErrcodeAfter { .. } => {}
        }
    }
    let passing = carry_out(&state, endpoint, &request, &query, &body, call);
    drop(under_way);
    let (errcode, file) = (passing.call.errcode, passing.file);
    let answer = Bytes::from(passing.body);
    state.with_traffic(|traffic| traffic.calls.push(passing.call));
    for effect in effects {
        match effect {
            Effect::DropAfter => return cut(&request),
            Effect::ErrcodeAfter { errcode } => {
                let refusal = Refusal::new(errcode, "fault of the sandbox");
                return json(errcode, Bytes::from(refusal.body(false, &hint(&state), &ip)));
            }
            Effect::Garbage => {
                return HttpResponse::Ok().content_type("text/html").body("<html><body>oops {\"errcode\":");
            }
            Effect::Half => {
                let length = u64::try_from(answer.len()).unwrap_or_default();
                let line = request.conn_data::<Line>().cloned();
                return HttpResponse::Ok()
                    .content_type("application/json; charset=UTF-8")
                    .body(SizedStream::new(length, Box::pin(half(answer, line))));
            }
            _ => {}
        }
    }
    match file {
        Some(head) => download::ranged(answer, head.range.as_deref(), head.content_type, Some(&head.filename)),
        None => json(errcode, answer),
    }
}

/// Corp, credential, rate limits, and whether the edition has the endpoint; without a valid token nobody's, under the
/// public limits.
fn whose(world: &World, endpoint: &Endpoint, query: &Query, now_ms: i64) -> (String, String, QuotaLimits, bool) {
    let caller = gate::find_caller(world, endpoint.needs, query, now_ms).ok();
    let corpid = match &caller {
        Some((corpid, _)) => Some(corpid.as_str()),
        None => query.find("corpid").filter(|_| endpoint.path == "gettoken"),
    };
    match corpid.and_then(|corpid| world.corps.get(corpid)) {
        Some(corp) => {
            let credential = caller.map(|(_, owner)| owner.to_string()).unwrap_or_default();
            let mut limits = corp.quota.clone();
            if !endpoint.is_counted() {
                (limits.corp_minute, limits.corp_hour, limits.ip_minute, limits.ip_hour) = (0, 0, 0, 0);
            }
            (corp.corpid.clone(), credential, limits, (endpoint.exists)(&corp.switches))
        }
        None => (String::new(), String::new(), QuotaLimits::of(Profile::PublicNew), true),
    }
}

/// Runs the handler under the lock.
fn carry_out(
    state: &State,
    endpoint: &'static Endpoint,
    request: &HttpRequest,
    query: &Query,
    bytes: &Bytes,
    mut call: Call,
) -> Passing {
    state.carry_out_jobs();
    let now_ms = state.now_ms();
    if endpoint.path == "gettoken" {
        let got = api::token::gettoken(state, query, &call.ip, now_ms);
        return finish(state, call, got, false);
    }
    let is_post = request.method() == Method::POST;
    let right_verb = (endpoint.verb == Verb::Post) == is_post;
    let mut body = match endpoint.verb {
        Verb::Post if right_verb && !endpoint.is_upload => Body::parse(bytes),
        _ => Body::default(),
    };
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok());
    let (got, warning, letters) = state.with(|world| {
        let (corpid, owner) = match gate::find_caller(world, endpoint.needs, query, now_ms) {
            Ok(caller) => caller,
            Err(refusal) => return (Err(refusal), false, Vec::new()),
        };
        let Some(corp) = world.corps.get_mut(&corpid) else {
            return (Err(Refusal::new(40014, "invalid access_token")), false, Vec::new());
        };
        let gated = gate::check_ip(corp, owner, endpoint.path, &call.ip, now_ms)
            .and_then(|()| gate::check_permission(corp, owner, endpoint.needs, &call.ip));
        if let Err(refusal) = gated {
            return (Err(refusal), false, Vec::new());
        }
        if !right_verb {
            return (Err(endpoint.verb_refusal()), false, Vec::new());
        }
        if bytes.len() > corp.limits.body_max_bytes && !endpoint.is_upload {
            return (Err(Refusal::new(40206, "request body too large")), false, Vec::new());
        }
        if corp.switches.refuses_unicode_escapes && !endpoint.is_upload && has_unicode_escape(bytes) {
            return (Err(Refusal::new(40033, "invalid charset: \\uxxxx is not allowed")), false, Vec::new());
        }
        let mut exchange = Exchange {
            corp,
            owner,
            now_ms,
            query,
            body: std::mem::take(&mut body),
            upload: bytes,
            content_type,
            range,
            base_url: state.base_url(),
            subject: String::new(),
            changes: Vec::new(),
        };
        let got = (endpoint.run)(&mut exchange);
        call.subject = std::mem::take(&mut exchange.subject);
        let warning = exchange.body.has_warning();
        let changes = std::mem::take(&mut exchange.changes);
        let corp = &*exchange.corp;
        let letters =
            changes.iter().flat_map(|change| events::letters(corp, change, Origin::Call(owner), now_ms)).collect();
        (got, warning, letters)
    });
    state.post(letters);
    if endpoint.starts_job() {
        state.wake();
    }
    finish(state, call, got, warning)
}

fn finish(state: &State, mut call: Call, got: Result<Answer, Refusal>, warning: bool) -> Passing {
    match got {
        Ok(mut answer) => {
            call.is_applied = true;
            let file = answer.take_file();
            let body = if file.is_some() { answer.content() } else { answer.body(warning) };
            Passing { call, body, file }
        }
        Err(refusal) => {
            call.errcode = refusal.errcode;
            let body = refusal.body(warning, &hint(state), &call.ip);
            Passing { call, body, file: None }
        }
    }
}

/// A call under way; ends when dropped.
struct UnderWay<'a> {
    state: &'a State,
    corpid: String,
    endpoint: &'static Endpoint,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.state.with_traffic(|traffic| traffic.quotas.leave(&self.corpid, self.endpoint.path));
    }
}

fn has_unicode_escape(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\\u")
}

fn caller_ip(request: &HttpRequest, state: &State) -> String {
    if let Some(ip) = request.headers().get("X-Sandbox-Ip").and_then(|value| value.to_str().ok()) {
        return ip.to_owned();
    }
    state.caller_ip().or_else(|| request.peer_addr().map(|peer| peer.ip().to_string())).unwrap_or_default()
}

/// A run of digits, as in live answers since 2022.
fn hint(state: &State) -> String {
    format!("{}{:05}", state.hint(), state.now_ms().rem_euclid(100_000))
}

fn log_and_refuse(state: &State, mut call: Call, refusal: &Refusal) -> HttpResponse {
    call.errcode = refusal.errcode;
    let body = refusal.body(false, &hint(state), &call.ip);
    state.with_traffic(|traffic| traffic.calls.push(call));
    json(refusal.errcode, Bytes::from(body))
}

fn json(errcode: i64, body: Bytes) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json; charset=UTF-8");
    if errcode != 0 {
        let message = serde_json::from_slice::<serde_json::Value>(&body)
            .ok()
            .and_then(|value| value.get("errmsg").and_then(|text| text.as_str()).map(ascii_only))
            .unwrap_or_default();
        answer.insert_header(("Error-Code", errcode.to_string()));
        answer.insert_header(("Error-Msg", message));
    }
    answer.body(body)
}

fn ascii_only(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

fn cut(request: &HttpRequest) -> HttpResponse {
    if let Some(line) = request.conn_data::<Line>() {
        line.cut();
    }
    HttpResponse::ServiceUnavailable().force_close().finish()
}

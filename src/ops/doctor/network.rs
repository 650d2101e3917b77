//! From this machine to the API's host: name, connection, TLS, clock.

use super::{Notes, State};
use crate::clock::{Clock, Stopwatch};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};

/// Seconds by which the clocks may differ; tokens and signatures tolerate about five minutes.
const SKEW_WARN_S: i64 = 30;
/// Seconds from which signatures of callbacks are refused.
const SKEW_FAIL_S: i64 = 300;

/// Examines the network; answers whether the API's host answers.
pub(super) async fn examine(clock: &Clock, notes: &mut Notes<'_>) -> bool {
    let endpoints = notes.corp.endpoints.clone();
    if endpoints.proxy.is_empty() && !direct(&endpoints.api_base, endpoints.timeout_ms, notes).await {
        return false;
    }
    let watch = Stopwatch::start();
    let visit = match crate::wecom::visit(&endpoints).await {
        Ok(visit) => visit,
        Err(why) => {
            notes
                .add("network.https", State::Failed, format!("no answer: {why}"), format!("没有应答：{why}"))
                .fix("Check firewall, proxy and ca_file of the corp.", "请检查防火墙、企业的代理设置和 ca_file。");
            return false;
        }
    };
    let (status, ms) = (visit.status, watch.elapsed_ms());
    let (en, zh) = if endpoints.api_base.starts_with("http:") {
        ("; nothing is encrypted on the way (http://)", "，但传输没有加密（http://）")
    } else {
        ("", "")
    };
    notes.add(
        "network.https",
        State::Ok,
        format!("{} answers (HTTP {status}, {ms} ms){en}", endpoints.api_base),
        format!("{} 有应答（HTTP {status}，{ms} 毫秒）{zh}", endpoints.api_base),
    );
    skew(visit.date_ms, clock.now_ms(), notes);
    true
}

/// Name and connection, where no proxy stands between.
async fn direct(api_base: &str, timeout_ms: u64, notes: &mut Notes<'_>) -> bool {
    let Some((host, port)) = url::Url::parse(api_base)
        .ok()
        .and_then(|url| Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?)))
    else {
        notes.add("network.dns", State::Failed, "api_base is not an address", "api_base 不是有效地址");
        return false;
    };
    let found: Vec<SocketAddr> = match lookup_host((host.as_str(), port)).await {
        Ok(found) => found.collect(),
        Err(cause) => {
            notes
                .add(
                    "network.dns",
                    State::Failed,
                    format!("{host}: {cause}"),
                    format!("{host}：无法解析域名（{cause}）"),
                )
                .fix("Check the DNS server of this machine.", "请检查本机的 DNS 设置。");
            return false;
        }
    };
    let mut addresses: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    addresses.sort();
    addresses.dedup();
    let shown = addresses.join(", ");
    notes.add("network.dns", State::Ok, format!("{host} = {shown}"), format!("{host} = {shown}")).addresses = addresses;
    let limit = Duration::from_millis(timeout_ms);
    let watch = Stopwatch::start();
    match tokio::time::timeout(limit, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => {
            let ms = watch.elapsed_ms();
            notes.add(
                "network.tcp",
                State::Ok,
                format!("port {port} open, {ms} ms"),
                format!("端口 {port} 可达，{ms} 毫秒"),
            );
            true
        }
        Ok(Err(cause)) => {
            blocked(notes, format!("port {port}: {cause}"), format!("端口 {port}：{cause}"));
            false
        }
        Err(_) => {
            blocked(notes, format!("port {port}: no answer"), format!("端口 {port}：没有应答"));
            false
        }
    }
}

fn blocked(notes: &mut Notes<'_>, en: String, zh: String) {
    notes.add("network.tcp", State::Failed, en, zh).fix(
        "Let the firewall pass the addresses above, or set the corp's proxy.",
        "请在防火墙放行以上地址，或为企业设置代理。",
    );
}

fn skew(date_ms: Option<i64>, now_ms: i64, notes: &mut Notes<'_>) {
    let Some(date_ms) = date_ms else { return };
    let skew_s = (now_ms - date_ms) / 1000;
    let state = match skew_s.abs() {
        ..SKEW_WARN_S => State::Ok,
        SKEW_WARN_S..SKEW_FAIL_S => State::Warning,
        _ => State::Failed,
    };
    let en = format!("this clock is {skew_s} s ahead of WeCom's");
    let finding = notes.add("clock", state, en, format!("本机时钟比企业微信快 {skew_s} 秒"));
    if state != State::Ok {
        finding.fix(
            "Switch on time synchronisation (chrony, systemd-timesyncd).",
            "请启用时间同步（chrony、systemd-timesyncd）。",
        );
    }
}

//! Who really sent a request: the peer, or what a trusted proxy says of it.

use crate::config::NetBlock;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use std::net::IpAddr;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the peer itself, unless it is a trusted proxy; then the right-most entry of
/// `X-Forwarded-For` that is no trusted proxy. Entries further left are the client's own words and never believed.
pub fn of(request: &HttpRequest, trusted: &[NetBlock]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let forwarded = request.headers().get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    Some(resolve(peer, forwarded.flat_map(|line| line.split(',')), trusted))
}

fn resolve<'a>(peer: IpAddr, forwarded: impl Iterator<Item = &'a str>, trusted: &[NetBlock]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    let mut nearest = peer;
    for entry in forwarded.collect::<Vec<_>>().into_iter().rev() {
        if !is_trusted(nearest) {
            break;
        }
        let Some(address) = parse(entry.trim()) else { break };
        nearest = address.to_canonical();
    }
    nearest
}

/// `10.0.0.1`, `10.0.0.1:4711`, `::1`, `[::1]:4711`
fn parse(entry: &str) -> Option<IpAddr> {
    entry.parse().ok().or_else(|| entry.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = [NetBlock::parse("10.0.0.0/8").unwrap(), NetBlock::parse("127.0.0.1").unwrap()];
        for (peer, forwarded, expected) in [
            ("203.0.113.9", "", "203.0.113.9"),
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"),
            ("127.0.0.1", "198.51.100.1:4711, [::ffff:10.1.2.3]:80", "198.51.100.1"),
            ("127.0.0.1", "nonsense", "127.0.0.1"),
            ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
            ("::ffff:10.0.0.7", "2001:db8::1", "2001:db8::1"),
        ] {
            let peer: IpAddr = peer.parse().unwrap();
            let lines = forwarded.split(',').filter(|entry| !entry.is_empty());
            let got = resolve(peer.to_canonical(), lines, &trusted);
            assert_eq!(got.to_string(), expected, "peer {peer}, forwarded {forwarded:?}");
        }
    }
}

//! Under which address others on the network reach a server that listens on all of this machine's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The address to print and to link to: the one that is listened on, or, where that stands for all, the one that this
/// machine would speak from. Sends nothing.
pub fn reachable(listens_on: SocketAddr) -> SocketAddr {
    if !listens_on.ip().is_unspecified() {
        return listens_on;
    }
    let own = own_address(listens_on.is_ipv6());
    SocketAddr::new(own.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), listens_on.port())
}

/// What the routing table gives as our end of a connection. To "connect" a UDP socket sends no packet; the other ends
/// are addresses of the documentation (RFC 5737, RFC 3849), behind the default route.
fn own_address(with_ipv6: bool) -> Option<IpAddr> {
    let v4 = route(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = || route(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    v4.or_else(|| if with_ipv6 { v6() } else { None })
}

fn route(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((from, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_opened() {
        for (listens_on, exactly) in [
            ("127.0.0.1:8620", Some("127.0.0.1:8620")),
            ("10.1.2.3:80", Some("10.1.2.3:80")),
            ("[::1]:8620", Some("[::1]:8620")),
            ("0.0.0.0:8620", None),
            ("[::]:8620", None),
        ] {
            let got = reachable(listens_on.parse().unwrap());
            assert!(!got.ip().is_unspecified(), "{listens_on}");
            assert_eq!(got.port(), listens_on.parse::<SocketAddr>().unwrap().port());
            if let Some(exactly) = exactly {
                assert_eq!(got.to_string(), exactly);
            }
        }
    }
}

//! Counts failed authentications by address, so that guessing and broken clients do not fill log and store.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

/// Failures that an address has free in each window.
pub const FREE_FAILURES: u32 = 20;
/// Length of the window.
pub const WINDOW_MS: i64 = 60_000;
/// Addresses remembered at once; beyond, those whose window is over are forgotten, then all.
const ADDRESSES_MAX: usize = 10_000;

/// Failures by address.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<IpAddr, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    began_ms: i64,
    failures: u32,
}

impl Throttle {
    /// Counts one failure. `Some(seconds)` when the address has used up its free ones and shall wait so long.
    pub fn count_failure(&self, from: Option<IpAddr>, now_ms: i64) -> Option<u64> {
        let from = network_of(from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= ADDRESSES_MAX && !windows.contains_key(&from) {
            windows.retain(|_, window| now_ms - window.began_ms < WINDOW_MS);
            if windows.len() >= ADDRESSES_MAX {
                windows.clear();
            }
        }
        let window = windows.entry(from).or_insert(Window { began_ms: now_ms, failures: 0 });
        if now_ms - window.began_ms >= WINDOW_MS {
            *window = Window { began_ms: now_ms, failures: 0 };
        }
        window.failures = window.failures.saturating_add(1);
        let left_ms = window.began_ms + WINDOW_MS - now_ms;
        (window.failures > FREE_FAILURES).then(|| u64::try_from(left_ms).unwrap_or(0).div_ceil(1000).max(1))
    }
}

/// One client holds a whole /64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_some_failures_free_in_each_window() {
        let throttle = Throttle::default();
        let here = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for n in 0..FREE_FAILURES {
            assert_eq!(throttle.count_failure(here, 1_000), None, "failure {n}");
        }
        assert_eq!(throttle.count_failure(here, 31_000), Some(30));
        assert_eq!(throttle.count_failure(Some("10.0.0.1".parse().unwrap()), 31_000), None, "another address");
        assert_eq!(throttle.count_failure(here, 61_000), None, "next window");
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let throttle = Throttle::default();
        for n in 0..FREE_FAILURES {
            throttle.count_failure(Some(format!("2001:db8::{n:x}").parse().unwrap()), 0);
        }
        assert!(throttle.count_failure(Some("2001:db8::ffff".parse().unwrap()), 0).is_some());
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..20_000_u32 {
            throttle.count_failure(Some(IpAddr::V4(n.into())), 0);
        }
        assert!(throttle.0.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}

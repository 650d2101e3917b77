//! Rate limits: windows per corp and API and per IP and API, with a real lock-out for the length of the window.
//!
//! Source: doc path 90454 (a blocked minute blocks 60 s, a blocked hour 60 min).

use crate::sandbox::options::QuotaLimits;
use serde::Serialize;
use std::collections::HashMap;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// One window.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    started_ms: i64,
    calls: u64,
    locked_until_ms: i64,
}

impl Window {
    /// Counts a call; `false` = locked out, and the call is not counted.
    fn take(&mut self, now_ms: i64, length_ms: i64, limit: u64) -> bool {
        if limit == 0 {
            return true;
        }
        if now_ms < self.locked_until_ms {
            return false;
        }
        if self.calls == 0 || now_ms >= self.started_ms + length_ms {
            *self = Self { started_ms: now_ms, calls: 0, locked_until_ms: 0 };
        }
        if self.calls >= limit {
            *self = Self { started_ms: 0, calls: 0, locked_until_ms: now_ms + length_ms };
            return false;
        }
        self.calls += 1;
        true
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    minute: Window,
    hour: Window,
    in_flight: u64,
    peak_in_flight: u64,
    lock_outs: u64,
}

/// Why a call is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// 45009
    Frequency,
    /// 45033
    Concurrency,
}

/// One line of the quota page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaRow {
    /// CorpID or IP.
    pub subject: String,
    /// API.
    pub endpoint: String,
    /// Calls in the running minute.
    pub minute: u64,
    /// Calls in the running hour.
    pub hour: u64,
    /// Calls under way.
    pub in_flight: u64,
    /// Most calls ever under way at once.
    pub peak_in_flight: u64,
    /// Calls turned away with 45009.
    pub lock_outs: u64,
    /// End of the lock-out, or 0.
    pub locked_until_ms: i64,
}

/// All windows.
#[derive(Debug, Default)]
pub struct Quotas {
    corps: HashMap<(String, &'static str), Pair>,
    ips: HashMap<(String, &'static str), Pair>,
    wrong_secrets: HashMap<String, Window>,
}

impl Quotas {
    /// Counts a call of a corp from an IP. On `Ok` the call is under way until [`Quotas::leave`].
    pub fn enter(
        &mut self,
        corpid: &str,
        ip: &str,
        endpoint: &'static str,
        limits: &QuotaLimits,
        now_ms: i64,
    ) -> Result<(), Excess> {
        let corp = self.corps.entry((corpid.to_owned(), endpoint)).or_default();
        if limits.concurrency > 0 && corp.in_flight >= limits.concurrency {
            return Err(Excess::Concurrency);
        }
        let from_ip = self.ips.entry((ip.to_owned(), endpoint)).or_default();
        for (pair, minute, hour) in
            [(&mut *from_ip, limits.ip_minute, limits.ip_hour), (&mut *corp, limits.corp_minute, limits.corp_hour)]
        {
            if !(pair.minute.take(now_ms, MINUTE_MS, minute) && pair.hour.take(now_ms, HOUR_MS, hour)) {
                pair.lock_outs += 1;
                return Err(Excess::Frequency);
            }
        }
        corp.in_flight += 1;
        corp.peak_in_flight = corp.peak_in_flight.max(corp.in_flight);
        Ok(())
    }

    /// Ends a call.
    pub fn leave(&mut self, corpid: &str, endpoint: &'static str) {
        if let Some(corp) = self.corps.get_mut(&(corpid.to_owned(), endpoint)) {
            corp.in_flight = corp.in_flight.saturating_sub(1);
        }
    }

    /// Whether the IP is locked out for wrong secrets.
    pub fn is_banned(&self, ip: &str, now_ms: i64) -> bool {
        self.wrong_secrets.get(ip).is_some_and(|window| now_ms < window.locked_until_ms)
    }

    /// Counts a wrong secret; over the limit the IP is locked out for an hour.
    pub fn wrong_secret(&mut self, ip: &str, limit: u64, now_ms: i64) {
        self.wrong_secrets.entry(ip.to_owned()).or_default().take(now_ms, HOUR_MS, limit);
    }

    /// Forgets all windows and lock-outs.
    pub fn clear(&mut self) {
        self.corps.retain(|_, pair| {
            *pair = Pair { in_flight: pair.in_flight, ..Pair::default() };
            pair.in_flight > 0
        });
        self.ips.clear();
        self.wrong_secrets.clear();
    }

    /// The windows of the corps, then those of the IPs.
    pub fn rows(&self, now_ms: i64) -> Vec<QuotaRow> {
        let mut rows: Vec<QuotaRow> = self
            .corps
            .iter()
            .map(|(key, pair)| (format!("corp {}", key.0), key.1, pair))
            .chain(self.ips.iter().map(|(key, pair)| (format!("ip {}", key.0), key.1, pair)))
            .map(|(subject, endpoint, pair)| {
                let calls = |window: &Window, length| {
                    if now_ms < window.started_ms + length { window.calls } else { 0 }
                };
                let locked = pair.minute.locked_until_ms.max(pair.hour.locked_until_ms);
                QuotaRow {
                    subject,
                    endpoint: endpoint.to_owned(),
                    minute: calls(&pair.minute, MINUTE_MS),
                    hour: calls(&pair.hour, HOUR_MS),
                    in_flight: pair.in_flight,
                    peak_in_flight: pair.peak_in_flight,
                    lock_outs: pair.lock_outs,
                    locked_until_ms: if now_ms < locked { locked } else { 0 },
                }
            })
            .collect();
        rows.extend(self.wrong_secrets.iter().map(|(ip, window)| QuotaRow {
            subject: format!("ip {ip}"),
            endpoint: "wrong secrets".into(),
            minute: 0,
            hour: window.calls,
            in_flight: 0,
            peak_in_flight: 0,
            lock_outs: u64::from(now_ms < window.locked_until_ms),
            locked_until_ms: if now_ms < window.locked_until_ms { window.locked_until_ms } else { 0 },
        }));
        rows.sort_by(|a, b| (&a.subject, &a.endpoint).cmp(&(&b.subject, &b.endpoint)));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::options::Profile;

    #[test]
    fn over_the_minute_the_api_is_locked_for_a_minute() {
        let mut quotas = Quotas::default();
        let limits = QuotaLimits { corp_minute: 3, ..QuotaLimits::of(Profile::PublicNew) };
        let mut call = |endpoint, now_ms| {
            let got = quotas.enter("ww1", "ip", endpoint, &limits, now_ms).is_ok();
            if got {
                quotas.leave("ww1", endpoint);
            }
            got
        };
        for (endpoint, now_ms, allowed) in [
            ("a", 0, true),
            ("a", 10_000, true),
            ("a", 20_000, true),
            ("a", 30_000, false), // locked until 90_000
            ("b", 30_000, true),  // another API is free
            ("a", 60_001, false), // the window is over, the lock is not
            ("a", 89_999, false),
            ("a", 90_000, true),
        ] {
            assert_eq!(call(endpoint, now_ms), allowed, "{endpoint} at {now_ms}");
        }
    }

    #[test]
    fn calls_at_once_are_limited() {
        let mut quotas = Quotas::default();
        let limits = QuotaLimits { concurrency: 2, ..QuotaLimits::of(Profile::PublicNew) };
        let mut enter = || quotas.enter("ww1", "ip", "a", &limits, 0);
        assert_eq!((enter(), enter(), enter()), (Ok(()), Ok(()), Err(Excess::Concurrency)));
        quotas.leave("ww1", "a");
        assert_eq!(quotas.enter("ww1", "ip", "a", &limits, 0), Ok(()));
    }
}

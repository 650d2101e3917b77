//! The brakes on guessing: failed attempts by name (durable) and by address (in memory, bounded), each with a delay that
//! grows and an end. Nobody is ever locked out for good, and an attempt that must wait is not looked at, so that it
//! cannot make the wait longer.
//!
//! An attempt is counted before the password is looked at and taken back on success: however many come at once, no more
//! are looked at than the rule allows.

use super::Env;
use crate::store::attempts::{self, Attempts};
use crate::store::{self, Reads, StoreError, WriteTx};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures under one name that cost no wait.
pub const NAME_FREE: u32 = 5;
/// The wait after the first failure that costs one; each further failure doubles it.
pub const NAME_FIRST_WAIT_MS: i64 = 5_000;
/// The longest wait for a name.
pub const NAME_LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// Failures under a name are forgotten this long after the last one.
pub const NAME_FORGOTTEN_MS: i64 = 24 * 3_600_000;

/// Failures from one address that cost no wait.
pub const ADDRESS_FREE: u32 = 20;
/// The wait after the first failure that costs one; each further failure doubles it.
pub const ADDRESS_FIRST_WAIT_MS: i64 = 1_000;
/// The longest wait for an address: short, because a whole house may sit behind one.
pub const ADDRESS_LONGEST_WAIT_MS: i64 = 60_000;
/// One failure of an address is forgiven for each so many milliseconds.
pub const ADDRESS_FORGIVEN_MS: i64 = 180_000;
/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 10_000;

/// Audit rows about refused sign-ins within each window; what exceeds them is only counted.
const ROWS_MAX: u32 = 20;
/// Length of that window.
const ROWS_WINDOW_MS: i64 = 10 * 60_000;

/// What is remembered in memory about those who knock.
#[derive(Debug, Default)]
pub(super) struct Door {
    addresses: Mutex<HashMap<IpAddr, Failures>>,
    rows: Mutex<Rows>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_ms: i64,
}

#[derive(Debug, Default)]
struct Rows {
    began_ms: i64,
    written: u32,
    /// Refusals that no row tells of yet.
    left_out: u64,
}

impl Door {
    /// Counts an attempt from an address, or says how many milliseconds it must wait.
    pub(super) fn enter(&self, from: Option<IpAddr>, now_ms: i64) -> Result<(), i64> {
        let from = network_of(from);
        let mut addresses = lock(&self.addresses);
        if addresses.len() >= ADDRESSES_MAX && !addresses.contains_key(&from) {
            addresses.retain(|_, failures| failures.forgiven(now_ms).count > 0);
            if addresses.len() >= ADDRESSES_MAX {
                // Those who have not used up their free ones yet lose nothing by being forgotten.
                addresses.retain(|_, failures| failures.count >= ADDRESS_FREE);
            }
            if addresses.len() >= ADDRESSES_MAX {
                addresses.clear();
            }
        }
        let failures = addresses.entry(from).or_insert(Failures { count: 0, last_ms: now_ms });
        *failures = failures.forgiven(now_ms);
        let rule = Rule { free: ADDRESS_FREE, first_ms: ADDRESS_FIRST_WAIT_MS, longest_ms: ADDRESS_LONGEST_WAIT_MS };
        let wait_ms = rule.wait_ms(failures.count, failures.last_ms, now_ms);
        if wait_ms > 0 {
            return Err(wait_ms);
        }
        *failures = Failures { count: failures.count.saturating_add(1), last_ms: now_ms };
        Ok(())
    }

    /// Takes back one attempt that was none of guessing.
    pub(super) fn forgive(&self, from: Option<IpAddr>) {
        let mut addresses = lock(&self.addresses);
        if let Some(failures) = addresses.get_mut(&network_of(from)) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    /// Counts a refusal. `Some(n)` when a row may be written about it, which then also tells of `n` others.
    pub(super) fn note_refusal(&self, now_ms: i64) -> Option<u64> {
        let mut rows = lock(&self.rows);
        if now_ms - rows.began_ms >= ROWS_WINDOW_MS {
            rows.began_ms = now_ms;
            rows.written = 0;
        }
        if rows.written >= ROWS_MAX {
            rows.left_out += 1;
            return None;
        }
        rows.written += 1;
        Some(std::mem::take(&mut rows.left_out))
    }

    /// Refusals that no row tells of yet, for the row about a success.
    pub(super) fn take_left_out(&self) -> u64 {
        std::mem::take(&mut lock(&self.rows).left_out)
    }

    /// Gives back what [`Door::take_left_out`] gave, where no row was written after all.
    pub(super) fn return_left_out(&self, count: u64) {
        lock(&self.rows).left_out += count;
    }
}

impl Failures {
    fn forgiven(self, now_ms: i64) -> Self {
        let forgiven = ((now_ms - self.last_ms).max(0) / ADDRESS_FORGIVEN_MS).min(i64::from(u32::MAX));
        let count = self.count.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX));
        Self { count, last_ms: self.last_ms + forgiven * ADDRESS_FORGIVEN_MS }
    }
}

/// A delay that grows.
struct Rule {
    free: u32,
    first_ms: i64,
    longest_ms: i64,
}

impl Rule {
    /// Milliseconds until the next attempt is looked at; 0 = now. A clock that was set back makes no wait longer than
    /// the rule's.
    fn wait_ms(&self, failures: u32, last_ms: i64, now_ms: i64) -> i64 {
        let Some(beyond) = failures.checked_sub(self.free) else { return 0 };
        let delay = self.first_ms.saturating_mul(1 << beyond.min(20)).min(self.longest_ms);
        (last_ms.saturating_add(delay) - now_ms).clamp(0, delay)
    }
}

/// Forgets failures under names that cost no wait any more; answers under how many names.
pub async fn forget_attempts(env: &Env) -> Result<u64, StoreError> {
    let before_ms = env.clock.now_ms() - NAME_FORGOTTEN_MS;
    let forgotten = env.store.write(move |tx| attempts::remove_before(tx, before_ms)).await?;
    Ok(forgotten as u64)
}

const BY_NAME: Rule = Rule { free: NAME_FREE, first_ms: NAME_FIRST_WAIT_MS, longest_ms: NAME_LONGEST_WAIT_MS };

/// Counts an attempt under a name, durably, or says how many seconds it must wait. Costs the same whether somebody has
/// the name or not.
pub(super) async fn reserve(env: &Env, name: &str) -> Result<Result<(), u64>, StoreError> {
    let name = name.to_owned();
    env.store
        .write(move |tx| {
            let now_ms = tx.now_ms();
            let known = in_force(attempts::get(tx, &name)?, now_ms);
            let wait_ms = BY_NAME.wait_ms(known.failures, known.last_ms, now_ms);
            if wait_ms > 0 {
                return Ok(Err(seconds(wait_ms)));
            }
            let is_account = store::accounts::find_by_name(tx, &name)?.is_some();
            let counted = Attempts { failures: known.failures.saturating_add(1), last_ms: now_ms, is_account };
            attempts::put(tx, &name, counted, now_ms - NAME_FORGOTTEN_MS)?;
            Ok(Ok(()))
        })
        .await
}

/// Forgets the attempts under a name: it was the right person, or somebody vouches for them.
pub(super) fn clear(tx: &WriteTx, name: &str) -> Result<(), StoreError> {
    attempts::clear(tx, name).map(drop)
}

fn in_force(known: Attempts, now_ms: i64) -> Attempts {
    if now_ms - known.last_ms >= NAME_FORGOTTEN_MS { Attempts::default() } else { known }
}

/// Whole seconds, at least one.
pub(super) fn seconds(wait_ms: i64) -> u64 {
    u64::try_from(wait_ms).unwrap_or(0).div_ceil(1_000).max(1)
}

/// One client holds a whole /64 of IPv6.
fn network_of(address: Option<IpAddr>) -> IpAddr {
    match address.map(|address| address.to_canonical()) {
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Some(IpAddr::V4(v4)) => IpAddr::V4(v4),
        Some(IpAddr::V6(v6)) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(n.into()))
    }

    #[test]
    fn the_delay_for_a_name_grows_and_ends() {
        for (failures, since_ms, wait_ms) in [
            (0, 0, 0),
            (4, 0, 0),
            (5, 0, 5_000),
            (5, 4_999, 1),
            (5, 5_000, 0),
            (6, 0, 10_000),
            (12, 0, 640_000),
            (13, 0, 900_000),
            (u32::MAX, 0, 900_000),
            (u32::MAX, 900_000, 0),
            (5, -3_600_000, 5_000), // the clock was set back
        ] {
            assert_eq!(BY_NAME.wait_ms(failures, 10, 10 + since_ms), wait_ms, "{failures} failures, {since_ms} ms ago");
        }
    }

    #[test]
    fn an_address_waits_a_little_and_is_forgiven_with_time() {
        let door = Door::default();
        for n in 0..ADDRESS_FREE {
            assert_eq!(door.enter(address(1), 0), Ok(()), "attempt {n}");
        }
        assert_eq!(door.enter(address(1), 0), Err(1_000));
        assert_eq!(door.enter(address(1), 1_000), Ok(()), "after the wait one more is looked at");
        assert_eq!(door.enter(address(1), 1_000), Err(2_000));
        assert_eq!(door.enter(address(2), 1_000), Ok(()), "another address");
        door.forgive(address(1));
        door.forgive(address(1));
        assert_eq!(door.enter(address(1), 1_000), Ok(()), "two of them were no guesses");
        let later = 1_000 + 40 * ADDRESS_FORGIVEN_MS;
        for n in 0..ADDRESS_FREE {
            assert_eq!(door.enter(address(1), later), Ok(()), "attempt {n} of another day");
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together_and_a_mapped_one_is_its_ipv4() {
        let door = Door::default();
        for n in 0..ADDRESS_FREE {
            door.enter(Some(format!("2001:db8::{n:x}").parse().unwrap()), 0).unwrap();
            door.enter(Some("::ffff:10.0.0.1".parse().unwrap()), 0).unwrap();
        }
        assert!(door.enter(Some("2001:db8::ffff".parse().unwrap()), 0).is_err());
        assert!(door.enter(Some("10.0.0.1".parse().unwrap()), 0).is_err());
    }

    #[test]
    fn memory_is_bounded_and_those_who_wait_are_kept_longest() {
        let door = Door::default();
        for _ in 0..=ADDRESS_FREE {
            let _ = door.enter(address(0), 0);
        }
        for n in 1..30_000 {
            let _ = door.enter(address(n), 0);
        }
        assert!(lock(&door.addresses).len() <= ADDRESSES_MAX);
        assert!(door.enter(address(0), 0).is_err(), "a flood of addresses does not free the one that waits");
    }

    #[test]
    fn a_flood_writes_few_rows_and_is_counted() {
        let door = Door::default();
        let rows = (0..1_000).filter(|n| door.note_refusal(*n).is_some()).count();
        assert_eq!(rows, ROWS_MAX as usize);
        assert_eq!(door.note_refusal(ROWS_WINDOW_MS + 1_000), Some(1_000 - u64::from(ROWS_MAX)));
        assert_eq!(door.note_refusal(ROWS_WINDOW_MS + 1_000), Some(0));
        assert_eq!(door.take_left_out(), 0);
    }
}

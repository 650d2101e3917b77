//! Which tick is due, and how long a failing schedule pauses. Values only.
//!
//! What was missed is not replayed. While the appliance is off nothing is looked at, so a start after a downtime of any
//! length starts nothing: a sync that was due at night must not begin in the morning because somebody restarts the
//! server, and the next tick reads everything anyway. A look that comes late (suspended machine, clock set forward)
//! starts the latest tick of the last hour, once, however many there were; older ones are over. A wall-clock moment is
//! started once, even if the clocks go back over it.

use crate::jobs::cron::Ticks;
use serde::{Deserialize, Serialize};

/// After so many failures in a row a schedule counts as unhealthy and is tried less often.
pub const UNHEALTHY_AFTER: u32 = 3;
/// The first pause of an unhealthy schedule; it doubles with each further failure.
const PAUSE_MS: i64 = 10 * 60 * 1_000;
/// The longest pause.
const PAUSE_MAX_MS: i64 = 6 * 3_600 * 1_000;
/// A late look reaches back no further.
const LOOK_BACK_MAX_MS: i64 = 3_600 * 1_000;

/// What is remembered of one schedule of one corp.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Wall-clock key of the last tick that was started, so that no tick is started twice.
    pub last_key: String,
    /// Failures in a row.
    pub failures: u32,
    /// No tick is started before this moment, Unix milliseconds.
    pub paused_until_ms: i64,
    /// How the last one ended, one English sentence; empty = well.
    pub last_error: String,
}

impl Memory {
    /// When the pause ends, Unix milliseconds; 0 = there is none. A pause longer than the longest was made by a clock that
    /// was ahead, and is none.
    pub fn pause_end_ms(&self, now_ms: i64) -> i64 {
        if self.paused_until_ms.saturating_sub(now_ms) > PAUSE_MAX_MS { 0 } else { self.paused_until_ms }
    }
}

/// The wall-clock key of the tick that a look at `to_ms` starts, where the look before it was at `from_ms`.
pub fn key(ticks: &Ticks, memory: &Memory, from_ms: i64, to_ms: i64) -> Option<String> {
    let tick = latest_tick(ticks, from_ms, to_ms)?;
    let key = ticks.key(tick);
    (memory.last_key != key && to_ms >= memory.pause_end_ms(to_ms)).then_some(key)
}

fn latest_tick(ticks: &Ticks, from_ms: i64, to_ms: i64) -> Option<i64> {
    let mut latest = None;
    let mut at = from_ms.max(to_ms.saturating_sub(LOOK_BACK_MAX_MS));
    while let Some(tick) = ticks.next_after(at) {
        if tick > to_ms {
            break;
        }
        latest = Some(tick);
        at = tick;
    }
    latest
}

/// Notes how a scheduled run ended; from the third failure on the schedule pauses, each time twice as long.
pub fn note(memory: &mut Memory, trouble: Option<String>, now_ms: i64) {
    let Some(trouble) = trouble else {
        *memory = Memory { last_key: std::mem::take(&mut memory.last_key), ..Memory::default() };
        return;
    };
    memory.failures += 1;
    memory.last_error = trouble;
    if let Some(beyond) = memory.failures.checked_sub(UNHEALTHY_AFTER) {
        let pause_ms = PAUSE_MS.saturating_mul(1 << beyond.min(10)).min(PAUSE_MAX_MS);
        memory.paused_until_ms = now_ms + pause_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    const MINUTE_MS: i64 = 60_000;
    const HOUR_MS: i64 = 60 * MINUTE_MS;
    const DAY_MS: i64 = 24 * HOUR_MS;

    fn ms(text: &str) -> i64 {
        text.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
    }

    /// What a schedule starts when it is looked at at these moments, the first of which is the start of the appliance.
    fn started(ticks: &Ticks, memory: &mut Memory, looks: impl IntoIterator<Item = i64>) -> Vec<String> {
        let mut looks = looks.into_iter();
        let mut looked_at_ms = looks.next().unwrap();
        let mut keys = Vec::new();
        for now_ms in looks {
            if let Some(found) = key(ticks, memory, looked_at_ms, now_ms) {
                memory.last_key.clone_from(&found);
                keys.push(found);
            }
            looked_at_ms = now_ms;
        }
        keys
    }

    fn every(step_ms: i64, from: &str, to: &str) -> Vec<i64> {
        (0..).map(|n| ms(from) + n * step_ms).take_while(|at| *at <= ms(to)).collect()
    }

    #[test]
    fn a_failing_schedule_pauses_longer_and_longer_and_recovers() {
        let mut memory = Memory { last_key: "k".into(), ..Memory::default() };
        let mut pauses = Vec::new();
        for _ in 0..9 {
            note(&mut memory, Some("no connection".into()), 1_000);
            pauses.push((memory.paused_until_ms - 1_000).max(-1_000) / 60_000);
        }
        assert_eq!(pauses, [0, 0, 10, 20, 40, 80, 160, 320, 360]);
        note(&mut memory, None, 2_000);
        assert_eq!(memory, Memory { last_key: "k".into(), ..Memory::default() });
    }

    #[test]
    fn a_paused_schedule_starts_nothing_and_makes_up_for_nothing() {
        let ticks = Ticks::parse("0 0 * * * *", "UTC").unwrap();
        let mut memory = Memory { paused_until_ms: ms("2026-11-20T05:30:00Z"), ..Memory::default() };
        let looks = every(10 * MINUTE_MS, "2026-11-20T01:30:00Z", "2026-11-20T07:10:00Z");
        let keys = started(&ticks, &mut memory, looks);
        assert_eq!(keys, ["2026-11-20 06:00:00 UTC", "2026-11-20 07:00:00 UTC"]);
    }

    #[test]
    fn a_pause_that_a_clock_ahead_has_set_is_none() {
        let ticks = Ticks::parse("0 0 * * * *", "UTC").unwrap();
        let looks = every(10 * MINUTE_MS, "2026-11-20T01:30:00Z", "2026-11-20T02:30:00Z");
        let first = ms("2026-11-20T02:00:00Z");
        for (until_ms, started_at) in
            [(first + PAUSE_MAX_MS, 0), (first + PAUSE_MAX_MS + 1, 1), (ms("2027-11-20T02:00:00Z"), 1)]
        {
            let mut memory = Memory { paused_until_ms: until_ms, ..Memory::default() };
            assert_eq!(started(&ticks, &mut memory, looks.clone()).len(), started_at, "{until_ms}");
        }
    }

    #[test]
    fn many_ticks_in_one_stretch_are_one_run() {
        let ticks = Ticks::parse("*/10 * * * * *", "UTC").unwrap();
        assert_eq!(latest_tick(&ticks, 0, 35_000), Some(30_000));
        assert_eq!(latest_tick(&ticks, 30_000, 35_000), None);
    }

    #[test]
    fn after_a_downtime_nothing_is_started_before_the_next_tick() {
        let ticks = Ticks::parse("0 30 2 * * *", "UTC").unwrap();
        for downtime_ms in [MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 30 * DAY_MS] {
            let mut memory = Memory::default();
            assert_eq!(started(&ticks, &mut memory, [ms("2026-11-20T02:00:00Z"), ms("2026-11-20T02:29:59Z")]).len(), 0);
            // off over 02:30; the first look after the start is what the new life begins with
            let up_ms = ms("2026-11-20T02:30:00Z") + downtime_ms;
            let keys = started(&ticks, &mut memory, [up_ms, up_ms + MINUTE_MS, up_ms + 20 * HOUR_MS]);
            assert_eq!(keys, Vec::<String>::new(), "{downtime_ms} ms off");
            let next_ms = ticks.next_after(up_ms).unwrap();
            assert_eq!(started(&ticks, &mut memory, [up_ms, next_ms]).len(), 1, "{downtime_ms} ms off");
        }
    }

    #[test]
    fn a_late_look_starts_one_run_within_an_hour_and_none_after_it() {
        let daily = Ticks::parse("0 30 2 * * *", "UTC").unwrap();
        let often = Ticks::parse("0 */5 * * * *", "UTC").unwrap();
        let asleep_ms = ms("2026-11-20T02:20:00Z");
        let tick_ms = ms("2026-11-20T02:30:00Z");
        for (name, ticks, awake_ms, want) in [
            ("just", &daily, tick_ms, 1),
            ("forty minutes late", &daily, tick_ms + 40 * MINUTE_MS, 1),
            ("a moment under an hour late", &daily, tick_ms + HOUR_MS - 1, 1),
            ("an hour late", &daily, tick_ms + HOUR_MS, 0),
            ("five hours late", &daily, tick_ms + 5 * HOUR_MS, 0),
            ("three days and half an hour late", &daily, tick_ms + 3 * DAY_MS + HOUR_MS / 2, 1),
            ("sixty ticks missed", &often, tick_ms + 5 * HOUR_MS, 1),
        ] {
            let keys = started(ticks, &mut Memory::default(), [asleep_ms, awake_ms, awake_ms + 1]);
            assert_eq!(keys.len(), want, "{name}: {keys:?}");
        }
    }

    #[test]
    fn a_year_with_changes_of_the_clocks_has_each_wall_clock_moment_once() {
        // the doubled and the skipped hour of each zone hold 02:30 (Lord Howe moves by half an hour)
        for (zone, from, to, missing) in [
            ("Europe/Berlin", "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z", 1),
            ("America/New_York", "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z", 1),
            ("Australia/Lord_Howe", "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z", 0),
            ("Asia/Shanghai", "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z", 0),
        ] {
            let ticks = Ticks::parse("0 30 2 * * *", zone).unwrap();
            for step_ms in [29 * MINUTE_MS, 53 * MINUTE_MS] {
                let keys = started(&ticks, &mut Memory::default(), every(step_ms, from, to));
                let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
                assert_eq!(distinct.len(), keys.len(), "{zone}: a moment was started twice");
                assert_eq!(keys.len(), 365 - missing, "{zone}, every {step_ms} ms");
            }
        }
    }

    #[test]
    fn the_doubled_hour_does_not_start_a_tick_again_whatever_happens_in_it() {
        let ticks = Ticks::parse("0 30 2 * * *", "Europe/Berlin").unwrap();
        let (first_ms, second_ms) = (ms("2026-10-25T00:30:00Z"), ms("2026-10-25T01:30:00Z"));
        let mut memory = Memory::default();
        let keys = started(&ticks, &mut memory, [first_ms - HOUR_MS, first_ms + 1, second_ms + 1, second_ms + HOUR_MS]);
        assert_eq!(keys, ["2026-10-25 02:30:00 Europe/Berlin"]);
        // a restart between the two, and a clock that is set back over the tick
        assert!(started(&ticks, &mut memory, [second_ms - 1, second_ms + 1]).is_empty());
        assert!(started(&ticks, &mut memory, [first_ms - MINUTE_MS, first_ms + MINUTE_MS]).is_empty());
    }
}

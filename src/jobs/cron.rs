//! When a schedule fires: cron arithmetic over values. It refuses to know what is started, and reads no clock.
//!
//! Six fields (`second minute hour day month weekday`), weekdays by name, in a time zone. A tick that falls into the
//! hour that a change of the clocks skips does not fire; in the hour that comes twice it fires once, the first time.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use std::str::FromStr;

/// How many candidates are looked at before a schedule counts as over: more than a skipped hour has seconds.
const CANDIDATES_MAX: usize = 10_000;

/// Why a text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronFault {
    /// The number of fields is wrong.
    #[error(
        "the schedule {text:?} has {found} fields: give six, `second minute hour day month weekday`, e.g. `0 30 2 * * *`"
    )]
    Fields {
        /// What was given.
        text: String,
        /// How many fields it has.
        found: usize,
    },
    /// A weekday is a number, and numbers mean different days to different programs.
    #[error("the weekday {field:?} of the schedule {text:?} is a number: write names, MON to SUN, e.g. `MON-FRI`")]
    WeekdayNumber {
        /// What was given.
        text: String,
        /// The weekday field.
        field: String,
    },
    /// A field cannot be read.
    #[error("the schedule {text:?} cannot be read: {detail}")]
    Invalid {
        /// What was given.
        text: String,
        /// Why.
        detail: String,
    },
    /// It never fires.
    #[error("the schedule {text:?} never fires")]
    Never {
        /// What was given.
        text: String,
    },
    /// The zone is not known.
    #[error("the time zone {zone:?} is not known: give an IANA name, e.g. Asia/Shanghai")]
    Zone {
        /// What was given.
        zone: String,
    },
}

/// A schedule in its time zone.
#[derive(Debug, Clone)]
pub struct Ticks {
    schedule: cron::Schedule,
    zone: Tz,
}

impl Ticks {
    /// Reads a schedule. The text must not be empty: an empty text in the settings means "by hand only".
    pub fn parse(text: &str, zone: &str) -> Result<Self, CronFault> {
        let zone: Tz = zone.parse().map_err(|_| CronFault::Zone { zone: zone.to_owned() })?;
        let fields: Vec<&str> = text.split_whitespace().collect();
        let text = text.to_owned();
        let [_, _, _, _, _, weekday] = fields[..] else {
            return Err(CronFault::Fields { text, found: fields.len() });
        };
        // `*/2` is a step and allowed; `1`, `1-5` and `0,6` are not
        let days = weekday.split('/').next().unwrap_or_default();
        if days.bytes().any(|b| b.is_ascii_digit()) {
            return Err(CronFault::WeekdayNumber { field: weekday.to_owned(), text });
        }
        let schedule = cron::Schedule::from_str(&text)
            .map_err(|cause| CronFault::Invalid { text: text.clone(), detail: cause.to_string() })?;
        if schedule.after(&DateTime::<Utc>::UNIX_EPOCH).next().is_none() {
            return Err(CronFault::Never { text });
        }
        Ok(Self { schedule, zone })
    }

    /// The first tick after a moment, both in Unix milliseconds; `None` when there is none any more.
    pub fn next_after(&self, at_ms: i64) -> Option<i64> {
        let local = DateTime::from_timestamp_millis(at_ms)?.with_timezone(&self.zone).naive_local();
        // the schedule is asked in wall-clock time, as if there were no changes of the clocks
        self.schedule.after(&Utc.from_utc_datetime(&local)).take(CANDIDATES_MAX).find_map(|tick| {
            let at = self.zone.from_local_datetime(&tick.naive_utc()).earliest()?.timestamp_millis();
            (at > at_ms).then_some(at)
        })
    }

    /// The wall-clock text of a tick, e.g. `2026-10-25 02:30:00 Europe/Berlin`: the key under which it counts as done.
    pub fn key(&self, tick_ms: i64) -> String {
        let at = DateTime::from_timestamp_millis(tick_ms).unwrap_or_default().with_timezone(&self.zone);
        format!("{} {}", at.format("%Y-%m-%d %H:%M:%S"), self.zone.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn times(ticks: &Ticks, from: &str, count: usize) -> Vec<String> {
        let mut at = ms(from);
        (0..count)
            .map(|_| {
                at = ticks.next_after(at).unwrap();
                DateTime::from_timestamp_millis(at).unwrap().format("%m-%dT%H:%MZ").to_string()
            })
            .collect()
    }

    #[test]
    fn a_tick_is_in_the_zone_of_the_schedule() {
        let ticks = Ticks::parse("0 30 2 * * *", "Asia/Shanghai").unwrap();
        assert_eq!(times(&ticks, "2026-11-20T18:29:59Z", 2), ["11-20T18:30Z", "11-21T18:30Z"]);
        assert_eq!(ticks.key(ms("2026-11-20T18:30:00Z")), "2026-11-21 02:30:00 Asia/Shanghai");
    }

    #[test]
    fn weekdays_by_name() {
        let ticks = Ticks::parse("0 0 9 * * MON-FRI", "UTC").unwrap();
        // 2026-11-20 is a Friday
        assert_eq!(times(&ticks, "2026-11-20T08:00:00Z", 2), ["11-20T09:00Z", "11-23T09:00Z"]);
    }

    #[test]
    fn the_hour_that_comes_twice_fires_once_and_the_skipped_one_not_at_all() {
        let ticks = Ticks::parse("0 30 2 * * *", "Europe/Berlin").unwrap();
        assert_eq!(times(&ticks, "2026-10-24T12:00:00Z", 2), ["10-25T00:30Z", "10-26T01:30Z"], "back to winter time");
        assert_eq!(
            times(&ticks, "2026-10-25T00:45:00Z", 1),
            ["10-26T01:30Z"],
            "not again when asked in the second half of the doubled hour"
        );
        assert_eq!(times(&ticks, "2026-03-28T12:00:00Z", 1), ["03-30T00:30Z"], "no 02:30 on the day of summer time");
    }

    #[test]
    fn what_is_refused() {
        for (text, zone, want) in [
            ("30 2 * * *", "UTC", "has 5 fields"),
            ("", "UTC", "has 0 fields"),
            ("0 30 2 * * * 2027", "UTC", "has 7 fields"),
            ("0 30 2 * * 1", "UTC", "is a number"),
            ("0 30 2 * * 0-5", "UTC", "is a number"),
            ("0 61 2 * * *", "UTC", "cannot be read"),
            ("0 30 2 * * FUNDAY", "UTC", "cannot be read"),
            ("0 0 0 30 FEB *", "UTC", "never fires"),
            ("0 30 2 * * *", "Asia/Atlantis", "is not known"),
        ] {
            let fault = Ticks::parse(text, zone).unwrap_err().to_string();
            assert!(fault.contains(want), "{text:?} in {zone}: {fault}");
        }
        assert!(Ticks::parse("0 30 2 * * */2", "UTC").is_ok());
    }
}

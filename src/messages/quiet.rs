//! Quiet hours: when the night ends. Pure.

use crate::model::QuietWindow;
use chrono::{DateTime, Days, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// When the quiet hours that hold now end, Unix milliseconds; `None` outside of them. A zone that is not known counts as
/// China's.
pub fn ends_at(window: &QuietWindow, now_ms: i64) -> Option<i64> {
    let zone: Tz = window.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let now = DateTime::<Utc>::from_timestamp_millis(now_ms)?.with_timezone(&zone);
    let minute = u16::try_from(now.hour() * 60 + now.minute()).unwrap_or(0);
    let (from, until) = (window.from_min, window.until_min);
    let is_quiet = match from.cmp(&until) {
        std::cmp::Ordering::Less => (from..until).contains(&minute),
        std::cmp::Ordering::Greater => minute >= from || minute < until,
        std::cmp::Ordering::Equal => false,
    };
    if !is_quiet {
        return None;
    }
    let today = now.date_naive();
    let day = if minute < until { today } else { today.checked_add_days(Days::new(1))? };
    let end = day.and_hms_opt(u32::from(until) / 60, u32::from(until) % 60, 0)?;
    Some(local(zone, end).max(now_ms + 1))
}

/// A local time as Unix milliseconds; one that a change of the clocks skips is taken an hour later.
fn local(zone: Tz, time: NaiveDateTime) -> i64 {
    let found = zone.from_local_datetime(&time).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(time + chrono::Duration::hours(1))).earliest());
    found.map_or_else(|| time.and_utc().timestamp_millis(), |at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_ends_in_the_morning_of_its_zone() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis();
        let night = |from_min, until_min, zone: &str| QuietWindow { from_min, until_min, zone: zone.into() };
        for (window, now, end) in [
            (night(1320, 480, "Asia/Shanghai"), "2026-01-10T21:59:59+08:00", None),
            (night(1320, 480, "Asia/Shanghai"), "2026-01-10T22:00:00+08:00", Some("2026-01-11T08:00:00+08:00")),
            (night(1320, 480, "Asia/Shanghai"), "2026-01-11T03:00:00+08:00", Some("2026-01-11T08:00:00+08:00")),
            (night(1320, 480, "Asia/Shanghai"), "2026-01-11T08:00:00+08:00", None),
            (night(720, 780, "Asia/Shanghai"), "2026-01-11T12:30:00+08:00", Some("2026-01-11T13:00:00+08:00")),
            (night(0, 0, "Asia/Shanghai"), "2026-01-11T12:30:00+08:00", None),
            (night(1320, 480, "Nowhere/None"), "2026-01-10T23:00:00+08:00", Some("2026-01-11T08:00:00+08:00")),
            // the night in which the clocks skip from 2 to 3
            (night(1320, 150, "Europe/Berlin"), "2026-03-29T01:00:00+01:00", Some("2026-03-29T03:30:00+02:00")),
        ] {
            assert_eq!(ends_at(&window, at(now)), end.map(at), "{window:?} at {now}");
        }
    }
}

//! Moments as people read them: in the appliance's time zone, with the exact moment in the element for programs.

use crate::locale::T;
use chrono::{DateTime, FixedOffset, TimeZone};

/// China has one time and no summer time; corps abroad read it all the same, for schedules are shown with their zone.
const ZONE_S: i32 = 8 * 3600;

/// `2026-11-25 22:40`; empty for a moment outside the calendar.
pub fn minute(at_ms: i64) -> String {
    local(at_ms).map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// `2026-11-25 22:40:07`
pub fn second(at_ms: i64) -> String {
    local(at_ms).map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// `2026-11-25`
pub fn day(at_ms: i64) -> String {
    local(at_ms).map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// Midnight of `2026-11-25`, Unix milliseconds; `None` for anything else.
pub fn of_day(text: &str) -> Option<i64> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let midnight = day.and_hms_opt(0, 0, 0)?;
    Some(FixedOffset::east_opt(ZONE_S)?.from_local_datetime(&midnight).single()?.timestamp_millis())
}

/// RFC 3339, for `datetime` attributes.
pub fn machine(at_ms: i64) -> String {
    local(at_ms).map(|at| at.to_rfc3339()).unwrap_or_default()
}

/// `5 分钟前`; after a week the day.
pub fn ago(t: T, at_ms: i64, now_ms: i64) -> String {
    let minutes = (now_ms - at_ms) / 60_000;
    match minutes {
        i64::MIN..=0 => t.time_just_now().to_owned(),
        1..=59 => t.time_minutes_ago(minutes),
        60..=1_439 => t.time_hours_ago(minutes / 60),
        1_440..=10_079 => t.time_days_ago(minutes / 1_440),
        _ => day(at_ms),
    }
}

/// `1 分 5 秒` for a stretch of time; what rounds to nothing is told as less than a second.
pub fn span(t: T, ms: i64) -> String {
    let seconds = (ms.max(0) + 500) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => t.span_moment().to_owned(),
        (0, 0, s) => t.span_s(s),
        (0, m, s) => t.span_m(m, s),
        (h, m, _) => t.span_h(h, m),
    }
}

fn local(at_ms: i64) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(ZONE_S)?.timestamp_millis_opt(at_ms).single()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    #[test]
    fn moments() {
        let at_ms = 1_764_081_607_000;
        assert_eq!(minute(at_ms), "2025-11-25 22:40");
        assert_eq!(second(at_ms), "2025-11-25 22:40:07");
        assert_eq!(of_day("2025-11-25").map(minute).as_deref(), Some("2025-11-25 00:00"));
        assert_eq!(of_day("25.11.2025"), None);
        assert_eq!(machine(at_ms), "2025-11-25T22:40:07+08:00");
        let t = T::new(Lang::En);
        for (later_s, expected) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 min ago"),
            (7_300, "2 h ago"),
            (200_000, "2 d ago"),
            (800_000, "2025-11-25"),
        ] {
            assert_eq!(ago(t, at_ms, at_ms + later_s * 1000), expected, "{later_s}");
        }
        for (ms, expected) in
            [(0, "under 1 s"), (499, "under 1 s"), (500, "1 s"), (65_000, "1 min 5 s"), (3_700_000, "1 h 1 min")]
        {
            assert_eq!(span(t, ms), expected, "{ms}");
        }
    }
}

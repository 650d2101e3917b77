//! Schedules as people choose them: never, every hour, every day, on working days, or a text of their own.

use crate::jobs::cron::Ticks;
use crate::web::time;

/// A schedule as a form has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// `off`, `hourly`, `daily`, `weekdays`, `custom`
    pub(super) kind: String,
    /// `HH:MM`
    pub(super) at: String,
    /// Six fields, for `custom`.
    pub(super) text: String,
}

impl Choice {
    /// The choice that a text stands for.
    pub(super) fn of(cron: &str) -> Self {
        let fields: Vec<&str> = cron.split_whitespace().collect();
        let make = |kind: &str, at: String| Self { kind: kind.into(), at, text: cron.trim().to_owned() };
        let standard = || "02:30".to_owned();
        match fields[..] {
            [] => make("off", standard()),
            ["0", minute, "*", "*", "*", "*"] if minute.parse::<u8>().is_ok() => {
                make("hourly", format!("00:{:02}", minute.parse::<u8>().unwrap_or(0)))
            }
            ["0", minute, hour, "*", "*", days] => match (hour.parse::<u8>(), minute.parse::<u8>(), days) {
                (Ok(hour), Ok(minute), "*") => make("daily", format!("{hour:02}:{minute:02}")),
                (Ok(hour), Ok(minute), "MON-FRI") => make("weekdays", format!("{hour:02}:{minute:02}")),
                _ => make("custom", standard()),
            },
            _ => make("custom", standard()),
        }
    }

    /// The text of six fields; empty = never. `None` when the time is none.
    pub(super) fn cron(&self) -> Option<String> {
        let time = || {
            let (hour, minute) = self.at.trim().split_once(':')?;
            let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
            (hour < 24 && minute < 60).then_some((hour, minute))
        };
        match self.kind.as_str() {
            "hourly" => time().map(|(_, minute)| format!("0 {minute} * * * *")),
            "daily" => time().map(|(hour, minute)| format!("0 {minute} {hour} * * *")),
            "weekdays" => time().map(|(hour, minute)| format!("0 {minute} {hour} * * MON-FRI")),
            "custom" => Some(self.text.trim().to_owned()),
            _ => Some(String::new()),
        }
    }
}

/// The next times of a schedule, as people read them (UTC+8); empty where there is none.
pub(super) fn next(cron: &str, zone: &str, now_ms: i64, count: usize) -> Vec<String> {
    let Ok(ticks) = Ticks::parse(cron, zone) else { return Vec::new() };
    let mut at_ms = now_ms;
    let mut times = Vec::with_capacity(count);
    while times.len() < count {
        let Some(next) = ticks.next_after(at_ms) else { break };
        times.push(time::minute(next));
        at_ms = next;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_and_its_text_are_the_same() {
        for (cron, kind, at) in [
            ("", "off", "02:30"),
            ("0 15 * * * *", "hourly", "00:15"),
            ("0 30 2 * * *", "daily", "02:30"),
            ("0 5 18 * * MON-FRI", "weekdays", "18:05"),
            ("0 */10 8-18 * * MON-FRI", "custom", "02:30"),
            ("30 0 2 * * *", "custom", "02:30"),
        ] {
            let choice = Choice::of(cron);
            assert_eq!((choice.kind.as_str(), choice.at.as_str()), (kind, at), "{cron}");
            assert_eq!(choice.cron().as_deref(), Some(cron), "{cron}");
        }
        let bad = Choice { kind: "daily".into(), at: "25:00".into(), text: String::new() };
        assert_eq!(bad.cron(), None);
    }

    #[test]
    fn the_next_times() {
        let now_ms = 1_764_081_607_000; // 2025-11-25 22:40:07 in China
        let times = next("0 30 2 * * *", "Asia/Shanghai", now_ms, 2);
        assert_eq!(times, ["2025-11-26 02:30", "2025-11-27 02:30"]);
        assert!(next("", "Asia/Shanghai", now_ms, 5).is_empty());
    }
}

//! How much flows: messages of an app to a member in sliding windows, and messages of an app by day.

use crate::sandbox::state::member::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// China's day, by which days are counted.
const DAY_MS: i64 = 24 * 3_600_000;
const CHINA_MS: i64 = 8 * 3_600_000;

/// The number of the day in China.
pub fn china_day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// How many may arrive in how long; 0 = any number.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Messages.
    pub count: usize,
    /// Window.
    pub span_ms: i64,
}

/// Times at which messages of an app arrived at a member. What is dropped does not count.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flows(BTreeMap<u64, BTreeMap<Text, VecDeque<i64>>>);

impl Flows {
    /// Counts a message in, or drops it. The windows slide: any span of that length holds at most so many.
    pub fn passes(&mut self, agentid: u64, userid: &Text, rates: &[Rate], now_ms: i64) -> bool {
        let longest = rates.iter().filter(|rate| rate.count > 0).map(|rate| rate.span_ms).max();
        let Some(longest) = longest else { return true };
        let members = self.0.entry(agentid).or_default();
        if !members.contains_key(userid) {
            members.insert(userid.clone(), VecDeque::new());
        }
        let Some(times) = members.get_mut(userid) else { return true };
        while times.front().is_some_and(|at_ms| at_ms + longest <= now_ms) {
            times.pop_front();
        }
        let passes = rates.iter().filter(|rate| rate.count > 0).all(|rate| {
            let before = times.partition_point(|at_ms| at_ms + rate.span_ms <= now_ms);
            times.len() - before < rate.count
        });
        if passes {
            times.push_back(now_ms);
        }
        passes
    }
}

/// What an app sent on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Day in China.
    pub day: i64,
    /// Messages.
    pub messages: u64,
    /// Receivers, added up.
    pub person_times: u64,
}

/// Today and yesterday of each app.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(BTreeMap<u64, VecDeque<Day>>);

impl Days {
    /// What an app sent on a day.
    pub fn of(&self, agentid: u64, day: i64) -> Day {
        let days = self.0.get(&agentid).into_iter().flatten();
        days.copied().find(|row| row.day == day).unwrap_or(Day { day, ..Day::default() })
    }

    /// Counts a message.
    pub fn count(&mut self, agentid: u64, receivers: u64, now_ms: i64) {
        let today = china_day(now_ms);
        let days = self.0.entry(agentid).or_default();
        days.retain(|row| row.day >= today - 1);
        if days.back().is_none_or(|row| row.day != today) {
            days.push_back(Day { day: today, ..Day::default() });
        }
        if let Some(row) = days.back_mut() {
            row.messages += 1;
            row.person_times += receivers;
        }
    }
}

/// Times of things of which only so many may happen in a window: group chats, robots, images, domains.
pub fn takes(times: &mut VecDeque<i64>, rates: &[Rate], now_ms: i64) -> bool {
    let longest = rates.iter().map(|rate| rate.span_ms).max().unwrap_or_default();
    while times.front().is_some_and(|at_ms| at_ms + longest <= now_ms) {
        times.pop_front();
    }
    let is_free = rates
        .iter()
        .filter(|rate| rate.count > 0)
        .all(|rate| times.iter().filter(|at_ms| **at_ms + rate.span_ms > now_ms).count() < rate.count);
    if is_free {
        times.push_back(now_ms);
    }
    is_free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_minute_holds_thirty_and_any_hour_a_thousand() {
        let rates = [Rate { count: 30, span_ms: 60_000 }, Rate { count: 1000, span_ms: 3_600_000 }];
        let (mut flows, user) = (Flows::default(), Text::from("a"));
        for n in 0..30 {
            assert!(flows.passes(7, &user, &rates, n * 1000), "message {n}");
        }
        for (now_ms, passes) in [(30_000, false), (59_999, false), (60_000, true), (60_000, false), (61_000, true)] {
            assert_eq!(flows.passes(7, &user, &rates, now_ms), passes, "at {now_ms}");
        }
        assert!(flows.passes(8, &user, &rates, 61_000), "another app has its own flow");
        assert!(flows.passes(7, &"b".into(), &rates, 61_000), "and another member");
        assert!(flows.passes(7, &user, &[Rate { count: 0, span_ms: 60_000 }], 61_000), "0 = no limit");

        let (mut flows, step) = (Flows::default(), 2_500);
        let arrived = (0..1440).filter(|n| flows.passes(7, &user, &rates, n * step)).count();
        assert_eq!(arrived, 1000, "24 a minute for an hour");
    }

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let mut days = Days::default();
        let midnight = 1_760_000_000_000_i64.div_euclid(DAY_MS) * DAY_MS - CHINA_MS;
        days.count(7, 3, midnight - 1);
        days.count(7, 5, midnight);
        let today = china_day(midnight);
        assert_eq!((days.of(7, today).person_times, days.of(7, today - 1).person_times), (5, 3));
        assert_eq!(days.of(8, today).messages, 0);
    }
}

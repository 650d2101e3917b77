//! Times as a chat shows them.

use super::Taste;
use crate::sandbox::html::china;

/// `14:05`, `昨天 14:05`, `10月9日 14:05`, with the year when it is another one.
pub fn when(taste: &Taste, at_ms: i64, now_ms: i64) -> String {
    let (Some(at), Some(now)) = (china(at_ms), china(now_ms)) else { return String::new() };
    let days = (now.date_naive() - at.date_naive()).num_days();
    let clock = at.format("%H:%M");
    match days {
        0 => clock.to_string(),
        1 => format!("{} {clock}", taste.t("昨天", "Yesterday")),
        _ if at.format("%Y").to_string() == now.format("%Y").to_string() => {
            at.format(taste.t("%-m月%-d日 %H:%M", "%-d %b %H:%M")).to_string()
        }
        _ => at.format(taste.t("%Y年%-m月%-d日 %H:%M", "%-d %b %Y %H:%M")).to_string(),
    }
}

/// Shorter, for the list of talks.
pub fn short(taste: &Taste, at_ms: i64, now_ms: i64) -> String {
    let (Some(at), Some(now)) = (china(at_ms), china(now_ms)) else { return String::new() };
    match (now.date_naive() - at.date_naive()).num_days() {
        0 => at.format("%H:%M").to_string(),
        1 => taste.t("昨天", "Yesterday").to_owned(),
        _ => at.format(taste.t("%-m月%-d日", "%-d %b")).to_string(),
    }
}

/// The clock of the status bar.
pub fn clock(now_ms: i64) -> String {
    china(now_ms).map(|now| now.format("%-H:%M").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Lang;
    use super::*;

    #[test]
    fn nearer_times_are_shorter() {
        let zh = Taste { lang: Lang::Zh, look: "auto", note: String::new() };
        let en = Taste { lang: Lang::En, ..zh.clone() };
        let now = 1_760_000_000_000; // 2025-10-09 16:53
        for (back_h, want_zh, want_en) in [
            (0, "16:53", "16:53"),
            (16, "00:53", "00:53"),
            (17, "昨天 23:53", "Yesterday 23:53"),
            (48, "10月7日 16:53", "7 Oct 16:53"),
            (24 * 300, "2024年12月13日 16:53", "13 Dec 2024 16:53"),
        ] {
            let at = now - back_h * 3_600_000;
            assert_eq!((when(&zh, at, now), when(&en, at, now)), (want_zh.into(), want_en.into()), "{back_h} h ago");
        }
        assert_eq!((short(&zh, now - 172_800_000, now), clock(now)), ("10月7日".into(), "16:53".into()));
    }
}

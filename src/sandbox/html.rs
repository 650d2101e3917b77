//! Small helpers of all pages: text made safe, links, times.

use chrono::{DateTime, FixedOffset};

/// Text made safe for HTML, attributes included.
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A part of a path or query.
pub fn link_part(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// China's wall clock.
pub fn china(at_ms: i64) -> Option<DateTime<FixedOffset>> {
    let zone = FixedOffset::east_opt(8 * 3600)?;
    DateTime::from_timestamp_millis(at_ms).map(|time| time.with_timezone(&zone))
}

/// A time as China's wall clock shows it.
pub fn time(at_ms: i64) -> String {
    china(at_ms).map_or_else(|| at_ms.to_string(), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_from_a_text() {
        assert_eq!(safe("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }

    #[test]
    fn times_are_chinas() {
        assert_eq!(time(1_760_000_000_000), "2025-10-09 16:53:20");
    }
}

//! Charts as SVG, drawn on the server: columns for counts of a day, a line for a level. Pure; colours come from classes
//! of the style sheet.

use std::fmt::Write;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 46.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 8.0;

/// One row of columns that stand on each other.
pub(super) struct Series {
    /// Class of the style sheet.
    pub(super) class: &'static str,
    /// What is counted, for readers.
    pub(super) name: &'static str,
    /// One value a day.
    pub(super) values: Vec<u64>,
}

/// A round number not below `value`: 1, 2 or 5 times a power of ten.
fn ceiling(value: u64) -> u64 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if step * factor >= value {
                return (step * factor).max(4);
            }
        }
        step *= 10;
    }
}

#[expect(clippy::cast_precision_loss, reason = "places in a drawing")]
fn height_of(value: u64, top: u64) -> f64 {
    (HEIGHT - BOTTOM - TOP) * value as f64 / top.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "places in a drawing")]
fn place_of(at: usize, count: usize) -> (f64, f64) {
    let width = (WIDTH - LEFT) / count.max(1) as f64;
    (LEFT + width * at as f64, width)
}

fn frame(svg: &mut String, title: &str, labels: &[String], top: u64) {
    let _ = write!(
        svg,
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(title)
    );
    for part in [0, 1, 2] {
        let value = top * part / 2;
        let y = HEIGHT - BOTTOM - height_of(value, top);
        let class = if part == 0 { "axis" } else { "grid" };
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            LEFT - 6.0,
            y + 5.0
        );
    }
    // counted back from today, so that the last day has its date
    let every = labels.len().div_ceil(5).max(1);
    for (at, label) in labels.iter().enumerate().rev().step_by(every) {
        let (x, width) = place_of(at, labels.len());
        let y = HEIGHT - 6.0;
        let (x, anchor) = if at + 1 == labels.len() { (WIDTH, "end") } else { (x + width / 2.0, "middle") };
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", escaped(label));
    }
}

/// Columns: one for each label, made of the series' values on each other.
pub(super) fn columns(title: &str, labels: &[String], series: &[Series]) -> String {
    let total = |at: usize| series.iter().map(|row| row.values.get(at).copied().unwrap_or(0)).sum::<u64>();
    let top = ceiling((0..labels.len()).map(total).max().unwrap_or(0));
    let mut svg = String::with_capacity(8 << 10);
    frame(&mut svg, title, labels, top);
    for at in 0..labels.len() {
        let (x, width) = place_of(at, labels.len());
        let mut y = HEIGHT - BOTTOM;
        for row in series {
            let value = row.values.get(at).copied().unwrap_or(0);
            if value == 0 {
                continue;
            }
            let height = height_of(value, top).max(1.0);
            y -= height;
            let _ = write!(
                svg,
                "<rect class=\"bar {}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{} {}: {value}</title></rect>",
                row.class,
                x + width * 0.15,
                width * 0.7,
                escaped(&labels[at]),
                escaped(row.name)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A line over the days whose value is known.
pub(super) fn line(title: &str, labels: &[String], values: &[Option<u64>]) -> String {
    let top = ceiling(values.iter().flatten().copied().max().unwrap_or(0));
    let mut svg = String::with_capacity(4 << 10);
    frame(&mut svg, title, labels, top);
    let points: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| {
            let (x, width) = place_of(at, values.len());
            Some((x + width / 2.0, HEIGHT - BOTTOM - height_of((*value)?, top)))
        })
        .collect();
    if let ([(first, _), _, ..], Some((last, _))) = (&points[..], points.last()) {
        let way: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let (way, ground) = (way.join(" "), HEIGHT - BOTTOM);
        let _ = write!(
            svg,
            "<polygon class=\"area\" points=\"{first:.1},{ground:.1} {way} {last:.1},{ground:.1}\"/>\
             <polyline class=\"line\" points=\"{way}\"/>"
        );
    }
    if let Some((x, y)) = points.last() {
        let _ = write!(svg, "<circle class=\"bar\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
    }
    svg.push_str("</svg>");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_ceilings() {
        for (value, expected) in [(0, 4), (1, 4), (5, 5), (6, 10), (101, 200), (2_001, 5_000)] {
            assert_eq!(ceiling(value), expected, "{value}");
        }
    }

    #[test]
    fn a_drawing_has_a_column_for_each_value_and_escapes_words() {
        let labels = vec!["11-25".to_owned(), "<11-26>".to_owned()];
        let svg = columns("a \"title\"", &labels, &[Series { class: "new", name: "n", values: vec![3, 0] }]);
        assert_eq!(svg.matches("<rect").count(), 1);
        assert!(svg.contains("a &quot;title&quot;") && svg.contains("&lt;11-26&gt;") && svg.ends_with("</svg>"));
        assert!(line("t", &labels, &[Some(1), Some(2)]).contains("polyline"));
        assert!(line("t", &labels, &[None, Some(2)]).contains("circle"));
        assert!(!line("t", &labels, &[None, Some(2)]).contains("polyline"), "one day is a point");
        assert!(!line("t", &labels, &[None, None]).contains("circle"));
    }
}

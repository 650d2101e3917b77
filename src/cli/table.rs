//! Aligned columns on a terminal; Chinese characters are two cells wide.

use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;

/// Cells after which a value is cut short.
const CELL_MAX: usize = 60;

/// Rows under headings, two blanks between columns.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| shorten(cell)).collect()).collect();
    aligned(headings, &rows)
}

/// [`table`] that cuts nothing short where standard output is no terminal: who reads it later, or searches in it, finds the
/// whole cause.
pub fn uncut(headings: &[&str], rows: &[Vec<String>]) -> String {
    if std::io::stdout().is_terminal() {
        return table(headings, rows);
    }
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| flat(cell)).collect()).collect();
    aligned(headings, &rows)
}

fn aligned(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = line(headings.iter().copied(), &widths);
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str), &widths));
    }
    text
}

/// Names and values, the values aligned.
pub fn pairs(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name}{}  {value}\n", " ".repeat(width - name.width()))).collect()
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.zip(widths) {
        text.push_str(cell);
        text.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn flat(cell: &str) -> String {
    cell.replace(['\n', '\r', '\t'], " ")
}

fn shorten(cell: &str) -> String {
    let cell = flat(cell);
    if cell.width() <= CELL_MAX {
        return cell;
    }
    let mut short = String::new();
    for character in cell.chars() {
        if short.width() + 3 > CELL_MAX {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let rows = [vec!["a".into(), "x".into()], vec!["部门".into(), "y".into()]];
        assert_eq!(table(&["id", "name"], &rows), "id    name\na     x\n部门  y\n");
        assert_eq!(pairs(&[("a", "1".into()), ("部门", "2".into())]), "a     1\n部门  2\n");
    }

    #[test]
    fn long_cells_are_cut() {
        let text = table(&["x"], &[vec!["字".repeat(100)]]);
        assert!(text.lines().all(|line| line.width() <= CELL_MAX + 1), "{text}");
        assert!(text.contains('…'));
    }
}

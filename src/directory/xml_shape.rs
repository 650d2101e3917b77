//! The shape of an XML text, seen while it passes: a parser keeps the names of all open elements and one whole piece of
//! text at a time in memory, so a text that opens elements without end, or never opens one, would fill it.

/// Elements inside each other. A workbook needs about twenty.
const DEPTH_MAX: u32 = 256;
/// Bytes between two opening brackets. The longest text of a cell takes 32,767 signs.
const PIECE_MAX_BYTES: usize = 1 << 20;

/// What has been seen of a text. Comments and declarations count as pieces; sections of raw text are taken for elements,
/// which makes no difference to what spreadsheets write.
#[derive(Debug, Default)]
pub struct Shape {
    depth: u32,
    piece: usize,
    before: Before,
    is_closing: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    Bracket,
    Slash,
}

impl Shape {
    /// Looks at the next bytes.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn look(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        for byte in bytes {
            self.piece += 1;
            let before = std::mem::take(&mut self.before);
            match byte {
                b'<' => {
                    if self.piece > PIECE_MAX_BYTES {
                        return Err(LONG);
                    }
                    self.piece = 0;
                    self.before = Before::Bracket;
                }
                b'/' if before == Before::Bracket => self.is_closing = true,
                b'?' | b'!' if before == Before::Bracket => {}
                b'>' if self.is_closing => {
                    self.is_closing = false;
                    self.depth = self.depth.saturating_sub(1);
                }
                b'>' if before == Before::Slash => self.depth = self.depth.saturating_sub(1),
                b'/' => self.before = Before::Slash,
                _ if before == Before::Bracket => {
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(DEEP);
                    }
                }
                _ => {}
            }
        }
        if self.piece > PIECE_MAX_BYTES { Err(LONG) } else { Ok(()) }
    }
}

const DEEP: &str = "elements stand inside each other without end";
const LONG: &str = "a piece of text has no end";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let long = "x".repeat(PIECE_MAX_BYTES + 2);
        for (text, expected) in [
            (r#"<?xml version="1.0"?><!-- a --><a b="/"><c/><d>1 / 2</d></a>"#.repeat(1_000), Ok(())),
            ("<a>".repeat(256) + &"</a>".repeat(256), Ok(())),
            ("<a>".repeat(257), Err(DEEP)),
            ("<a/>".repeat(10_000), Ok(())),
            (format!("<a>{long}</a>"), Err(LONG)),
            (format!("<a b=\"{long}\">"), Err(LONG)),
            (format!("<a>{}<b/>", "y".repeat(PIECE_MAX_BYTES - 10)), Ok(())),
        ] {
            // in one piece, and cut everywhere
            let mut whole = Shape::default();
            assert_eq!(whole.look(text.as_bytes()), expected, "{:.40}", text);
            let mut cut = Shape::default();
            let found = text.as_bytes().chunks(7).try_for_each(|chunk| cut.look(chunk));
            assert_eq!(found, expected, "{:.40} in pieces", text);
        }
    }
}

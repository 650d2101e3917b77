//! The order in which texts are sorted: a key whose bytes compare as the texts should.
//!
//! Case is ignored. Chinese characters follow the national standard GB 2312: the 3,755 common ones (its first level) by
//! pinyin, the 3,008 less common ones (its second level) by radical behind them, all others behind those. That is what
//! address books in Chinese offices show, it needs no table of readings, and it gives a character one place whatever its
//! reading in a name.

use super::cells::fold_into;
use encoding_rs::GB18030;

/// Behind all characters of GB 2312.
const REST: u8 = 0xFE;

/// The key of a text.
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut key = Vec::new();
    push_key(text, &mut key);
    key
}

/// Appends the key of a text.
pub(super) fn push_key(text: &str, out: &mut Vec<u8>) {
    let mut folded = String::new();
    fold_into(text, &mut folded);
    push_folded_key(&folded, out);
}

/// [`push_key`] for a text that is folded already.
pub(super) fn push_folded_key(folded: &str, out: &mut Vec<u8>) {
    if folded.is_ascii() {
        out.extend_from_slice(folded.as_bytes());
        return;
    }
    let (bytes, _, _) = GB18030.encode(folded);
    let mut at = 0;
    while let Some(&lead) = bytes.get(at) {
        let width = match bytes.get(at + 1) {
            _ if lead < 0x80 => 1,
            Some(0x30..=0x39) => 4,
            _ => 2,
        };
        let sign = &bytes[at..(at + width).min(bytes.len())];
        // the rows A1 to A9 hold signs and letters, B0 to F7 the characters of the standard
        let is_common = match sign {
            [_] => true,
            [lead, trail] => matches!(lead, 0xA1..=0xA9 | 0xB0..=0xF7) && *trail >= 0xA1,
            _ => false,
        };
        if !is_common {
            out.push(REST);
        }
        out.extend_from_slice(sign);
        at += width;
    }
}

/// Ends a text inside a key, so that a shorter one comes before a longer one that begins with it, whatever follows.
pub(super) fn push_end(out: &mut Vec<u8>) {
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::sort_key as key;
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_an_address_book() {
        let wanted =
            ["", "1", "10", "2", "Adam", "adams", "bob", "阿三", "陈一", "李四", "王二", "张三", "闫五", "㐀", "🙂"];
        let mut names = wanted;
        names.reverse();
        names.sort_by_key(|name| key(name));
        assert_eq!(names, wanted);
        assert_eq!(key("ABC张"), key("abc张"));
    }

    #[test]
    fn different_folded_texts_have_different_keys() {
        let mut seen = std::collections::HashMap::new();
        // some of the private use area share a place with a character that took it over
        let signs =
            (1_u32..0x1_1000).filter_map(char::from_u32).filter(|sign| !('\u{E000}'..='\u{F8FF}').contains(sign));
        for sign in signs {
            let folded: String = sign.to_lowercase().collect();
            let mut bytes = Vec::new();
            push_folded_key(&folded, &mut bytes);
            if let Some(other) = seen.insert(bytes, folded.clone()) {
                assert_eq!(other, folded, "{sign:?}");
            }
        }
    }
}

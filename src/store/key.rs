//! Keys: tuples of texts and numbers, encoded so that comparing bytes compares the tuples. Knows nothing of tables.
//!
//! A text that is not the last part ends with `00 01`; a `00` inside it is written `00 FF`. The last text is written as
//! it is. Numbers are big-endian.

use super::page::Order;
use std::fmt::Debug;
use std::ops::Bound;

/// A text as part of a key.
#[derive(Debug)]
pub struct Str;

/// One part of a key.
pub trait Part: 'static {
    /// How callers give it.
    type Ref<'a>: Copy;
    /// How it comes back.
    type Owned: Debug;
    /// Appends it; `last` when no part follows.
    fn push(value: Self::Ref<'_>, last: bool, out: &mut Vec<u8>);
    /// Takes it off the front.
    fn take(bytes: &[u8], last: bool) -> Option<(Self::Owned, &[u8])>;
}

impl Part for Str {
    type Ref<'a> = &'a str;
    type Owned = String;

    fn push(value: &str, last: bool, out: &mut Vec<u8>) {
        if last {
            out.extend_from_slice(value.as_bytes());
            return;
        }
        for byte in value.bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xFF);
            }
        }
        out.extend_from_slice(&[0, 1]);
    }

    fn take(bytes: &[u8], last: bool) -> Option<(String, &[u8])> {
        if last {
            return Some((std::str::from_utf8(bytes).ok()?.to_owned(), &[]));
        }
        let mut text = Vec::new();
        let mut at = 0;
        loop {
            match (bytes.get(at)?, bytes.get(at + 1)) {
                (0, Some(1)) => return Some((String::from_utf8(text).ok()?, &bytes[at + 2..])),
                (0, Some(0xFF)) => {
                    text.push(0);
                    at += 2;
                }
                (0, _) => return None,
                (byte, _) => {
                    text.push(*byte);
                    at += 1;
                }
            }
        }
    }
}

macro_rules! number_part {
    ($number:ty) => {
        impl Part for $number {
            type Ref<'a> = $number;
            type Owned = $number;
            fn push(value: $number, _last: bool, out: &mut Vec<u8>) {
                out.extend_from_slice(&value.to_be_bytes());
            }
            fn take(bytes: &[u8], _last: bool) -> Option<($number, &[u8])> {
                let (number, rest) = bytes.split_first_chunk()?;
                Some((<$number>::from_be_bytes(*number), rest))
            }
        }
    };
}
number_part!(u32);
number_part!(u64);

/// A whole key: one part, or a tuple of them.
pub trait Key: 'static {
    /// How callers give it.
    type Ref<'a>: Copy;
    /// How it comes back.
    type Owned: Debug;
    /// The bytes, appended to `out`.
    fn encode(key: Self::Ref<'_>, out: &mut Vec<u8>);
    /// The parts again; `None` when the bytes do not have this form.
    fn decode(bytes: &[u8]) -> Option<Self::Owned>;
}

impl<A: Part> Key for A {
    type Ref<'a> = A::Ref<'a>;
    type Owned = A::Owned;
    fn encode(key: Self::Ref<'_>, out: &mut Vec<u8>) {
        A::push(key, true, out);
    }
    fn decode(bytes: &[u8]) -> Option<Self::Owned> {
        let (value, rest) = A::take(bytes, true)?;
        rest.is_empty().then_some(value)
    }
}

macro_rules! tuple_key {
    ($($part:ident $index:tt),+ ; $last:ident $last_index:tt) => {
        impl<$($part: Part,)+ $last: Part> Key for ($($part,)+ $last,) {
            type Ref<'a> = ($($part::Ref<'a>,)+ $last::Ref<'a>,);
            type Owned = ($($part::Owned,)+ $last::Owned,);
            fn encode(key: Self::Ref<'_>, out: &mut Vec<u8>) {
                $($part::push(key.$index, false, out);)+
                $last::push(key.$last_index, true, out);
            }
            #[expect(non_snake_case, reason = "one name for the part's type and its value")]
            fn decode(bytes: &[u8]) -> Option<Self::Owned> {
                $(let ($part, bytes) = $part::take(bytes, false)?;)+
                let ($last, rest) = $last::take(bytes, true)?;
                rest.is_empty().then_some(($($part,)+ $last,))
            }
        }
    };
}
tuple_key!(A 0; B 1);
tuple_key!(A 0, B 1; C 2);
tuple_key!(A 0, B 1, C 2; D 3);

/// The first parts of a key: everything that begins with them is one stretch of a table.
#[derive(Debug, Clone, Default)]
pub struct Prefix(Vec<u8>);

impl Prefix {
    /// The whole table.
    pub fn all() -> Self {
        Self::default()
    }

    /// All keys whose first part is this text.
    pub fn text(value: &str) -> Self {
        Self::default().then_text(value)
    }

    /// The same with one more text.
    pub fn then_text(mut self, value: &str) -> Self {
        Str::push(value, false, &mut self.0);
        self
    }

    /// The same with one more number.
    pub fn then_u32(mut self, value: u32) -> Self {
        u32::push(value, false, &mut self.0);
        self
    }

    /// The bytes that all of its keys begin with.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The stretch's bounds: from the prefix itself up to the first key that does not begin with it.
    pub fn range(&self) -> Range {
        Range { from: Bound::Included(self.0.clone()), to: self.end() }
    }

    /// The part of the stretch from (and with) the key that begins with these further bytes.
    pub fn from<K: Key>(&self, first: K::Ref<'_>) -> Range {
        let mut bytes = Vec::with_capacity(64);
        K::encode(first, &mut bytes);
        Range { from: Bound::Included(bytes), to: self.end() }
    }

    /// The part of the stretch behind a key.
    pub fn after<K: Key>(&self, last: K::Ref<'_>) -> Range {
        let mut bytes = Vec::with_capacity(64);
        K::encode(last, &mut bytes);
        Range { from: Bound::Excluded(bytes), to: self.end() }
    }

    /// The part of the stretch before a key.
    pub fn before<K: Key>(&self, first: K::Ref<'_>) -> Range {
        let mut bytes = Vec::with_capacity(64);
        K::encode(first, &mut bytes);
        Range { from: Bound::Included(self.0.clone()), to: Bound::Excluded(bytes) }
    }

    /// The part of the stretch that comes behind a key, in this order.
    pub fn beyond<K: Key>(&self, last: K::Ref<'_>, order: Order) -> Range {
        match order {
            Order::Newest => self.before::<K>(last),
            Order::Oldest => self.after::<K>(last),
        }
    }

    fn end(&self) -> Bound<Vec<u8>> {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if last < 0xFF {
                end.push(last + 1);
                return Bound::Excluded(end);
            }
        }
        Bound::Unbounded
    }
}

/// A stretch of a table.
#[derive(Debug, Clone)]
pub struct Range {
    /// Where it begins.
    pub(super) from: Bound<Vec<u8>>,
    /// Where it ends.
    pub(super) to: Bound<Vec<u8>>,
}

impl Range {
    /// Whether nothing can lie in it.
    pub(super) fn is_empty(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
            _ => false,
        }
    }

    /// The bounds as the engine takes them.
    pub(super) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.from.as_ref().map(Vec::as_slice), self.to.as_ref().map(Vec::as_slice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes<K: Key>(key: K::Ref<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        K::encode(key, &mut out);
        out
    }

    proptest! {
        #[test]
        fn bytes_compare_as_the_tuples_do(
            a in ("[\0\u{1}a-c中]{0,3}", "[\0\u{1}a-c]{0,3}", any::<u32>()),
            b in ("[\0\u{1}a-c中]{0,3}", "[\0\u{1}a-c]{0,3}", any::<u32>()),
        ) {
            type K = (Str, Str, u32);
            let (left, right) = (bytes::<K>((&a.0, &a.1, a.2)), bytes::<K>((&b.0, &b.1, b.2)));
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
            prop_assert_eq!(K::decode(&left), Some(a));
        }
    }

    #[test]
    fn a_prefix_holds_its_keys_and_no_others() {
        let range = Prefix::text("a").range();
        let (Bound::Included(from), Bound::Excluded(to)) = (&range.from, &range.to) else { panic!("{range:?}") };
        for (first, second, inside) in
            [("a", "", true), ("a", "\u{10FFFF}", true), ("a\0", "x", false), ("b", "", false), ("", "", false)]
        {
            let key = bytes::<(Str, Str)>((first, second));
            assert_eq!(key >= *from && key < *to, inside, "{first:?} {second:?}");
        }
        assert!(matches!(Prefix::default().then_u32(u32::MAX).range().to, Bound::Unbounded));
    }

    #[test]
    fn a_key_of_another_form_is_not_decoded() {
        for bytes in [&b"abc"[..], b"a\0\x01", b"a\0\x02xxxx", b"a\0\x01xxxxy"] {
            assert_eq!(<(Str, u32)>::decode(bytes), None, "{bytes:?}");
        }
    }
}

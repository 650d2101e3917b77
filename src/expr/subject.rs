//! What an expression looks at: its variables, and where their values come from.

use crate::model::Text;
use cel::common::types::CelString;
use cel::common::value::CowVal;
use std::borrow::Cow;
use std::fmt;

/// One variable of a kind of expressions: a field by its name, or a key of the one map of free fields.
pub trait Variable: Sized + fmt::Debug + Send + Sync + 'static {
    /// Names of the fields, for complaints.
    const NAMES: &'static [&'static str];
    /// Name of the map.
    const MAP: &'static str;
    /// How a key of the map is written, for complaints, e.g. `ext.<column>`.
    const MAP_HINT: &'static str;
    /// Longest field that is read, in characters.
    const FIELD_MAX_CHARS: usize = super::RESULT_MAX_CHARS;
    /// Longest result of a template, in characters.
    const RESULT_MAX_CHARS: usize = super::RESULT_MAX_CHARS;
    /// Whether the fields are so large that a text must not be put into them many times over.
    const IS_LARGE: bool = false;

    /// The variable with this name, also `<map>.<key>` where the key is a plain word.
    fn find(name: &str) -> Option<Self>;
    /// The variable for a key of the map.
    fn of_key(key: Text) -> Self;
    /// The key, where it is one of the map.
    fn key(&self) -> Option<&Text>;
    /// The name under which it is found.
    fn name(&self) -> Cow<'static, str>;
}

/// One thing that has the variables. `Copy`: a handful of references.
pub trait Subject<'a, V: Variable>: Copy + Send + Sync {
    /// The value as text; empty where there is none.
    fn text(self, variable: &V) -> Cow<'a, str>;

    /// The value as CEL sees it; a text unless it is something else.
    fn value<'b>(self, variable: &V) -> CowVal<'b, 'b>
    where
        'a: 'b,
    {
        CowVal::owned(CelString::from(self.text(variable)))
    }

    /// The whole map.
    fn map<'b>(self) -> CowVal<'b, 'b>
    where
        'a: 'b;

    /// The name of an entry of the map that is longer than so many characters, if there is one.
    fn find_longer(self, max_chars: usize) -> Option<String>;
}

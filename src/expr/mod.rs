//! Expressions that administrators write: filters are bare CEL, templates are text with `{{ CEL }}` holes.
//!
//! Owns compiling, checking and evaluating them over one subject, whatever that is. Refuses to know where an expression is
//! stored and what its result is written to. An expression costs little by construction: no loops, no function that lets a
//! text grow without bound, limits on the source, on every field read and on the result.

mod filter;
mod program;
mod subject;
mod template;

pub use filter::Filter;
pub use subject::{Subject, Variable};
pub use template::Template;

/// Longest source of an expression, in characters.
pub const SOURCE_MAX_CHARS: usize = 2_000;

/// Longest result of a template and longest field that an expression may read, in characters, unless the kind of
/// expressions says otherwise.
pub const RESULT_MAX_CHARS: usize = 4_096;

/// An expression that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {position}: {reason}")]
pub struct ExprError {
    /// Where in the source, in characters, from 1.
    pub position: usize,
    /// What is wrong and what to write instead.
    pub reason: String,
}

impl ExprError {
    fn new(position: usize, reason: impl Into<String>) -> Self {
        Self { position, reason: reason.into() }
    }

    fn moved_by(mut self, chars: usize) -> Self {
        self.position += chars;
        self
    }
}

/// An expression that compiled but has no usable result for one subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// CEL's own refusal: wrong types, division by zero, index out of range …
    #[error("{0}")]
    Failed(String),
    /// The result has a type that cannot be used.
    #[error("the result is a {got}, but {want} is needed")]
    WrongType {
        /// CEL's name of the type.
        got: String,
        /// What would be right.
        want: &'static str,
    },
    /// A field is longer than an expression may read.
    #[error("the field {field} has more than {max} characters")]
    FieldTooLong {
        /// The field's name.
        field: String,
        /// The limit.
        max: usize,
    },
    /// The result is too long.
    #[error("the result has more than {max} characters")]
    ResultTooLong {
        /// The limit.
        max: usize,
    },
}

fn is_longer(text: &str, max_chars: usize) -> bool {
    text.len() > max_chars && text.chars().nth(max_chars).is_some()
}

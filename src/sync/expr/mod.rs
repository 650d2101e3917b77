//! Expressions over one employee: filters of the scope and field mappings. The engine is [`crate::expr`].

mod field;
mod probe;
#[cfg(test)]
mod tests;

pub use crate::expr::{EvalError, ExprError, RESULT_MAX_CHARS, SOURCE_MAX_CHARS};
pub use field::{Field, Person};
pub use probe::{ExpressionKind, ExpressionTest, test_expression};

/// A filter over employees.
pub type Filter = crate::expr::Filter<Field>;

/// A field mapping.
pub type Template = crate::expr::Template<Field>;

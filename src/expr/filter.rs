//! Filters (PEER-09, MSG-02): bare CEL with a truth value as result.

use super::program::CelProgram;
use super::subject::{Subject, Variable};
use super::{EvalError, ExprError};
use crate::model::Text;
use cel::Value;

/// A compiled filter.
#[derive(Debug)]
pub struct Filter<V>(CelProgram<V>);

impl<V: Variable> Filter<V> {
    /// Compiles a filter. An empty source is an error: "no filter" is the caller's `None`.
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        CelProgram::compile(source).map(Self)
    }

    /// The keys of the map (`ext.x`) that it names.
    pub fn columns(&self) -> impl Iterator<Item = &Text> {
        self.0.columns()
    }

    /// Whether the subject passes. An `Err` means "unknown": the caller must not treat it as "does not pass".
    pub fn matches<'a>(&self, subject: impl Subject<'a, V>) -> Result<bool, EvalError> {
        match self.0.run(subject)? {
            Value::Bool(passes) => Ok(passes),
            other => Err(EvalError::WrongType { got: other.type_of().to_string(), want: "true or false" }),
        }
    }
}

//! Attribute filters of the scope (PEER-09): bare CEL with a truth value as result.

use super::cel_program::CelProgram;
use super::{EvalError, ExprError, Person};
use crate::model::Text;
use cel::Value;

/// A compiled filter.
#[derive(Debug)]
pub struct Filter(CelProgram);

impl Filter {
    /// Compiles a filter. An empty source is an error: "no filter" is the caller's `None`.
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        CelProgram::compile(source).map(Self)
    }

    /// The further columns (`ext.x`) that it names.
    pub fn columns(&self) -> impl Iterator<Item = &Text> {
        self.0.columns()
    }

    /// Whether the employee passes. An `Err` means "unknown": the caller must not treat it as "does not pass".
    pub fn matches(&self, person: &Person<'_>) -> Result<bool, EvalError> {
        match self.0.run(person)? {
            Value::Bool(passes) => Ok(passes),
            other => Err(EvalError::WrongType { got: other.type_of().to_string(), want: "true or false" }),
        }
    }
}

//! The test box for expressions (PEER-08): one function for page, API and command line.

use super::{Filter, Person, Template};
use crate::model::{Employee, OrgUnit};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpressionKind {
    /// A scope filter: bare CEL.
    Filter,
    /// A field mapping: text with `{{ CEL }}` holes.
    Mapping,
}

/// What came out of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpressionTest {
    /// Whether the expression compiles.
    pub compiles: bool,
    /// Where it does not, in characters from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Why it does not compile, or has no result for this employee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The result as text; `true` or `false` for a filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// Compiles an expression and runs it for one employee; without an employee it is only compiled.
pub fn test_expression(
    kind: ExpressionKind,
    source: &str,
    employee: Option<&Employee>,
    units: &[OrgUnit],
) -> ExpressionTest {
    let path = employee.map(|employee| unit_path(units, employee.unit_id.as_str()));
    let person =
        employee.zip(path.as_ref()).map(|(employee, (unit_name, unit_path))| Person { employee, unit_name, unit_path });
    let run = |person: &Person<'_>| match kind {
        ExpressionKind::Filter => {
            Filter::compile(source).map(|filter| filter.matches(person).map(|passes| passes.to_string()))
        }
        ExpressionKind::Mapping => {
            Template::compile(source).map(|template| template.render(person).map(|text| text.into_owned()))
        }
    };
    let outcome = match &person {
        Some(person) => run(person).map(Some),
        None => match kind {
            ExpressionKind::Filter => Filter::compile(source).map(|_| None),
            ExpressionKind::Mapping => Template::compile(source).map(|_| None),
        },
    };
    match outcome {
        Err(error) => {
            ExpressionTest { compiles: false, position: Some(error.position), error: Some(error.reason), result: None }
        }
        Ok(result) => {
            let (result, error) = match result {
                None => (None, None),
                Some(Ok(text)) => (Some(text), None),
                Some(Err(error)) => (None, Some(error.to_string())),
            };
            ExpressionTest { compiles: true, position: None, error, result }
        }
    }
}

/// Name and path of one unit; tolerant of a broken tree.
fn unit_path(units: &[OrgUnit], id: &str) -> (String, String) {
    let by_id: HashMap<&str, &OrgUnit> = units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Some(id);
    while let Some(unit) = next.filter(|id| seen.insert(*id)).and_then(|id| by_id.get(id)) {
        names.push(unit.name.as_str());
        next = unit.parent_id.as_ref().map(|parent| parent.as_str());
    }
    let name = names.first().copied().unwrap_or_default().to_owned();
    names.reverse();
    (name, names.join("/"))
}

//! Further columns of the directory (`ext.x`) that the settings read. A column that is missing reads as empty for
//! everybody, which would put everybody out of scope, or link nobody: the settings and the directory do not fit then.

use super::input::PlanRefusal;
use super::members::fields::FieldMap;
use super::notices::Notices;
use super::scope::ScopeRules;
use super::source::Source;
use crate::model::Corp;

/// Refuses settings that decide about people by a column that no active employee has (PEER-02).
pub(super) fn check(corp: &Corp, source: &Source<'_>, rules: &ScopeRules<'_>) -> Result<(), PlanRefusal> {
    let options = &corp.downstream;
    let filter = rules.filter().into_iter().flat_map(|filter| filter.columns());
    let filter = filter.map(|column| ("scope.filter", column.as_str()));
    let matching = corp.match_rules.iter().filter(|_| corp.pull.auto_bind);
    let matching = matching.filter_map(|rule| Some(("match", rule.employee.strip_prefix("ext.")?)));
    let userid = options.userid_from.strip_prefix("ext.").filter(|_| options.create_members);
    let userid = userid.map(|column| ("userid_from", column));
    match filter.chain(matching).chain(userid).find(|(_, column)| !source.has_column(column)) {
        Some((option, column)) => {
            Err(PlanRefusal::MissingColumn { option: option.into(), column: format!("ext.{column}") })
        }
        None => Ok(()),
    }
}

/// Tells of mappings that read such a column: they write nothing and clear nothing.
pub(super) fn tell(fields: &FieldMap, source: &Source<'_>, notices: &mut Notices) {
    for (mapping, column) in fields.columns().filter(|(_, column)| !source.has_column(column)) {
        notices.add("field.column_missing", mapping.field.path(), || {
            format!("the mapping reads ext.{column}, which no employee has: the field is left as it is for everybody")
        });
    }
}

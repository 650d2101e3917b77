//! Who is synced (DIR-51, DIR-52, DIR-43, PEER-09).
//!
//! An active employee is in scope when nothing excludes it, it is named or belongs to one of the scope's units (all
//! units when neither units nor people are named), and it passes the filter. Excluding beats everything. A filter
//! that cannot be evaluated for somebody says nothing about that person: nothing is done to it.

use super::expr::Filter;
use super::input::PlanRefusal;
use super::notices::Notices;
use super::source::Source;
use crate::model::{DownstreamOptions, Employee, UnitId};
use hashbrown::HashSet;

/// What the scope says about one employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Synced.
    In,
    /// Not active any more.
    Departed,
    /// Named by `scope.exclude`.
    Excluded,
    /// In none of the scope's units and not named by `scope.include`.
    NotInUnits,
    /// Does not pass the filter.
    Filtered,
    /// The filter has no result for this employee: nothing is done.
    Unknown,
    /// The record has no name or no known unit (DIR-65): nothing is done.
    BadRecord,
}

impl Verdict {
    /// Whether a bound member of this employee counts as out of scope.
    pub fn is_out_of_scope(self) -> bool {
        matches!(self, Self::Excluded | Self::NotInUnits | Self::Filtered)
    }
}

/// The compiled scope.
pub struct ScopeRules<'a> {
    /// Which units belong to the scope, by position; `None` = all.
    units: Option<Vec<bool>>,
    include: HashSet<&'a str>,
    exclude: HashSet<&'a str>,
    filter: Option<Filter>,
    part_time: bool,
}

impl<'a> ScopeRules<'a> {
    /// Compiles the scope against the source. A unit that the source does not have is refused: its people must not
    /// be taken for "out of scope".
    pub fn compile(options: &'a DownstreamOptions, source: &Source<'_>) -> Result<Self, PlanRefusal> {
        let scope = &options.scope;
        let filter = match scope.filter.trim() {
            "" => None,
            text => Some(
                Filter::compile(text)
                    .map_err(|cause| PlanRefusal::BadExpression { option: "scope.filter".into(), cause })?,
            ),
        };
        let units = if scope.units.is_empty() && scope.include.is_empty() {
            None
        } else {
            let mut chosen = vec![false; source.units.len()];
            for id in &scope.units {
                match source.find_unit(id.as_str()) {
                    Some(at) => chosen[at] = true,
                    None => return Err(PlanRefusal::UnknownScopeUnit { unit: id.clone() }),
                }
            }
            for at in 0..chosen.len() {
                if source.units[at].parent.is_some_and(|parent| chosen[parent]) {
                    chosen[at] = true;
                }
            }
            Some(chosen)
        };
        Ok(Self {
            units,
            include: scope.include.iter().map(|id| id.as_str()).collect(),
            exclude: scope.exclude.iter().map(|id| id.as_str()).collect(),
            filter,
            part_time: options.include_part_time,
        })
    }

    /// The filter, where there is one.
    pub fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// The verdict over the employee at `at`; `why` explains [`Verdict::Unknown`].
    pub fn verdict(&self, source: &Source<'_>, at: usize) -> (Verdict, Option<String>) {
        let employee = source.employees[at];
        if !employee.status.is_active() {
            return (Verdict::Departed, None);
        }
        if self.exclude.contains(employee.id.as_str()) {
            return (Verdict::Excluded, None);
        }
        if employee.name.trim().is_empty() {
            return (Verdict::BadRecord, Some("the employee has no name".into()));
        }
        if source.home_unit(at).is_none() {
            return (Verdict::BadRecord, Some(format!("the main unit {} does not exist", employee.unit_id)));
        }
        if !self.include.contains(employee.id.as_str()) && !self.is_in_units(source, employee) {
            return match self.unknown_part_time_unit(source, employee) {
                Some(unit) => (Verdict::BadRecord, Some(format!("the part-time unit {unit} does not exist"))),
                None => (Verdict::NotInUnits, None),
            };
        }
        match &self.filter {
            None => (Verdict::In, None),
            Some(filter) => match filter.matches(&source.person(at)) {
                Ok(true) => (Verdict::In, None),
                Ok(false) => (Verdict::Filtered, None),
                Err(error) => (Verdict::Unknown, Some(error.to_string())),
            },
        }
    }

    fn is_in_units(&self, source: &Source<'_>, employee: &Employee) -> bool {
        let Some(chosen) = &self.units else { return true };
        let is_chosen = |id: &str| source.find_unit(id).is_some_and(|at| chosen[at]);
        is_chosen(employee.unit_id.as_str())
            || (self.part_time && employee.part_time_unit_ids.iter().any(|id| is_chosen(id.as_str())))
    }

    /// A part-time unit that may have put the employee in scope, but that the source does not have.
    fn unknown_part_time_unit<'e>(&self, source: &Source<'_>, employee: &'e Employee) -> Option<&'e UnitId> {
        let mut units = employee.part_time_unit_ids.iter().filter(|_| self.part_time);
        units.find(|unit| source.find_unit(unit.as_str()).is_none())
    }

    /// Whether the unit at `at` itself belongs to the scope.
    pub fn has_unit(&self, at: usize) -> bool {
        self.units.as_ref().is_none_or(|chosen| chosen[at])
    }
}

/// Verdicts of all employees by position, and the units that need a department: those of the scope, those of its
/// people, and everything above them.
pub struct Scoped {
    /// By employee position.
    pub verdicts: Vec<Verdict>,
    /// By unit position.
    pub needed: Vec<bool>,
}

/// Refuses a scope that puts everybody outside while members are linked (PEER-02): settings, not departures, look like
/// that.
pub fn refuse_nobody(verdicts: &[Verdict], source: &Source<'_>, linked: usize) -> Result<(), PlanRefusal> {
    if linked == 0 || verdicts.contains(&Verdict::In) {
        return Ok(());
    }
    let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let (excluded, elsewhere, filtered) =
        (count(Verdict::Excluded), count(Verdict::NotInUnits), count(Verdict::Filtered));
    if excluded + elsewhere + filtered == 0 {
        // nobody can be judged: then nothing is done to anybody
        return Ok(());
    }
    Err(PlanRefusal::NobodyInScope { employees: source.active, excluded, elsewhere, filtered, linked })
}

/// Applies the scope to the whole source.
pub fn apply(
    rules: &ScopeRules<'_>,
    options: &DownstreamOptions,
    source: &Source<'_>,
    notices: &mut Notices,
) -> Scoped {
    let mut needed: Vec<bool> = (0..source.units.len()).map(|at| rules.has_unit(at)).collect();
    let mut verdicts = Vec::with_capacity(source.employees.len());
    for at in 0..source.employees.len() {
        let (verdict, why) = rules.verdict(source, at);
        let employee = source.employees[at];
        match verdict {
            Verdict::In if rules.units.is_some() => {
                let part_time = employee.part_time_unit_ids.iter().filter(|_| options.include_part_time);
                for unit in std::iter::once(&employee.unit_id).chain(part_time) {
                    if let Some(at) = source.find_unit(unit.as_str()) {
                        needed[at] = true;
                    }
                }
            }
            Verdict::Unknown => notices.add("scope.filter_failed", &employee.id, || {
                format!("the filter has no result for this employee, nothing is done: {}", why.unwrap_or_default())
            }),
            Verdict::BadRecord => notices.add("employee.bad_record", &employee.id, || {
                format!("skipped, nothing is done: {}", why.unwrap_or_default())
            }),
            _ => {}
        }
        verdicts.push(verdict);
    }
    for at in (1..needed.len()).rev() {
        if needed[at]
            && let Some(parent) = source.units[at].parent
        {
            needed[parent] = true;
        }
    }
    needed[0] = true;
    for id in options.scope.include.iter().chain(&options.scope.exclude) {
        if source.find_employee(id.as_str()).is_none() {
            notices.add("scope.unknown_employee", id, || "the scope names an employee that does not exist".into());
        }
    }
    Scoped { verdicts, needed }
}

//! Who is linked with whom in this plan: stored bindings first, then the match rules over the rest.

use crate::model::{Corp, Employee, Member, ResolveCase, Text};
use crate::sync::departments::offers;
use crate::sync::input::PlanRefusal;
use crate::sync::matching::{self, UnknownMatchField};
use crate::sync::scope::Verdict;
use crate::sync::source::Source;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};

/// New links of this plan.
#[derive(Debug, Default)]
pub struct Links {
    /// Employee position → member position and rule.
    pub new: HashMap<usize, (usize, Text)>,
    /// Employees that wait for a person because a rule hit several candidates.
    pub waiting: HashSet<usize>,
    /// Members (by position) that somebody is newly linked with. Of those that wait for a person, the mobile and the e-mail
    /// are theirs like a stranger's.
    pub spoken_for: HashSet<usize>,
    /// The cases.
    pub cases: Vec<ResolveCase>,
}

/// Applies the match rules to all active unbound employees and the unbound members, then drops the pairs whose employee
/// is not in scope: an outsider never gets a link from a plan, and never loses a member to a namesake who is in scope.
pub fn link(corp: &Corp, source: &Source<'_>, target: &Target<'_>, verdicts: &[Verdict]) -> Result<Links, PlanRefusal> {
    matching::check_rules(&corp.match_rules).map_err(|error| bad_rule(&error))?;
    let mut links = Links::default();
    if !corp.pull.auto_bind {
        return Ok(links);
    }
    let mut employees: Vec<&Employee> = source
        .employees
        .iter()
        .zip(verdicts)
        .filter(|(employee, verdict)| {
            **verdict != Verdict::Departed && target.binding_of_employee(employee.id.as_str()).is_none()
        })
        .map(|(employee, _)| *employee)
        .collect();
    if employees.is_empty() {
        return Ok(links);
    }
    let mut members: Vec<&Member> = target
        .members
        .iter()
        .filter(|member| target.binding_of_userid(member.userid.as_str()).is_none())
        .copied()
        .collect();
    let sees_all = matching::sees_all(corp, target.is_complete);
    let matches = matching::match_open(&corp.match_rules, &mut employees, &mut members, sees_all)
        .map_err(|error| bad_rule(&error))?;
    for found in matches.bound {
        let employee = source.find_employee(found.employee.as_str());
        let member = target.find_member(found.userid.as_str());
        if let (Some(employee), Some(member)) = (employee, member)
            && verdicts[employee] == Verdict::In
        {
            links.spoken_for.insert(member);
            links.new.insert(employee, (member, found.rule));
        }
    }
    for case in &matches.ambiguous {
        links.waiting.extend(case.employees.iter().filter_map(|id| source.find_employee(id.as_str())));
    }
    links.cases = matches.ambiguous;
    Ok(links)
}

fn bad_rule(error: &UnknownMatchField) -> PlanRefusal {
    PlanRefusal::BadOption { option: "match".into(), value: error.rule.clone(), reason: error.to_string() }
}

/// Counts whose people are where, to recognise renamed units.
pub fn evidence(source: &Source<'_>, target: &Target<'_>, links: &Links) -> offers::People {
    let mut people = offers::People::default();
    let mut unit_of_member: HashMap<usize, usize> = HashMap::new();
    for (at, employee) in source.employees.iter().enumerate() {
        let Some(unit) = source.find_unit(employee.unit_id.as_str()) else { continue };
        let member = match target.binding_of_employee(employee.id.as_str()) {
            Some(binding) => target.find_member(binding.userid.as_str()),
            None => links.new.get(&at).map(|(member, _)| *member),
        };
        if let Some(member) = member {
            *people.of_unit.entry(unit).or_default() += 1;
            unit_of_member.insert(member, unit);
        }
    }
    for (at, member) in target.members.iter().enumerate() {
        for membership in &member.memberships {
            *people.of_department.entry(membership.department).or_default() += 1;
            if let Some(unit) = unit_of_member.get(&at) {
                *people.together.entry((*unit, membership.department)).or_default() += 1;
            }
        }
    }
    people
}

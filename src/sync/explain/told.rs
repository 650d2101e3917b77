//! What is worked out once about a whole plan, so that a question about one person costs no walk over everybody.

use crate::model::{Change, Employee, EmployeeId, Member, Notice};
use crate::sync::input::{PlanInput, PlanRefusal};
use crate::sync::matching::{self, CompiledRule, Matches, UnknownMatchField};
use crate::sync::normal;
use crate::sync::notices::Notices;
use crate::sync::plan::plan_noting;
use crate::sync::source::Source;
use crate::sync::target::Target;

/// What a plan says about everybody, and where each row of its input stands. Answers hold for the very input it was made
/// of; rows are kept as positions, four bytes each.
#[derive(Debug)]
pub struct Told {
    outcome: Result<(Vec<Change>, Vec<Notice>), PlanRefusal>,
    /// Why nothing can be said about the OA side, and about the WeCom side.
    pub(super) broken_source: Option<PlanRefusal>,
    pub(super) broken_target: Option<PlanRefusal>,
    stages: Result<Vec<Stage>, PlanRefusal>,
    employees: Order,
    bindings: Order,
    members: Order,
    changes: Order,
    notices: Order,
}

/// Who is still open when a match rule's turn comes, by the value that the rule compares.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) employees: Order,
    pub(super) members: Order,
    /// Whether a single hit may not be the only one, see [`CompiledRule::is_unsure`].
    pub(super) is_unsure: bool,
}

impl Told {
    /// Plans, and keeps the changes with every notice.
    pub fn of(input: &PlanInput<'_>) -> Self {
        let outcome = plan_noting(input, Notices::all()).map(|draft| (draft.changes, draft.notices));
        let (changes, notices) = outcome.as_ref().map_or((&[][..], &[][..]), |(c, n)| (c.as_slice(), n.as_slice()));
        let has_person = (0_u32..).zip(changes).filter(|(_, change)| change.action.employee().is_some());
        let told = Self {
            employees: Order::new(all(input.employees), |at| input.employees[at].id.as_str()),
            bindings: Order::new(all(input.member_bindings), |at| input.member_bindings[at].employee.as_str()),
            members: Order::new(all(input.members), |at| normal::folded(input.members[at].userid.as_str())),
            changes: Order::new(has_person.map(|(at, _)| at), |at| {
                changes[at].action.employee().map(EmployeeId::as_str)
            }),
            notices: Order::new(all(notices), |at| notices[at].subject.as_str()),
            broken_source: Source::build(input).err(),
            broken_target: None,
            stages: Ok(Vec::new()),
            outcome,
        };
        match Target::build(input) {
            Ok(target) => Self { stages: told.stages(input, &target), ..told },
            Err(refusal) => Self { broken_target: Some(refusal), ..told },
        }
    }

    /// Position of an employee in the input.
    pub(super) fn employee(&self, input: &PlanInput<'_>, id: &str) -> Option<usize> {
        self.employees.find(&id, |at| input.employees[at].id.as_str())
    }

    /// Position of an employee's link in the input.
    pub(super) fn binding(&self, input: &PlanInput<'_>, id: &str) -> Option<usize> {
        self.bindings.find(&id, |at| input.member_bindings[at].employee.as_str())
    }

    /// Position of a member in the input, whatever the case of its userid.
    pub(super) fn member(&self, input: &PlanInput<'_>, userid: &str) -> Option<usize> {
        self.members.find(&normal::folded(userid), |at| normal::folded(input.members[at].userid.as_str()))
    }

    /// The changes that concern a person, in the plan's order.
    pub(super) fn changes(&self, id: &EmployeeId) -> Result<Vec<Change>, PlanRefusal> {
        let (changes, _) = self.outcome.as_ref().map_err(PlanRefusal::clone)?;
        let found = self.changes.equal(&Some(id.as_str()), |at| changes[at].action.employee().map(EmployeeId::as_str));
        Ok(found.map(|at| changes[at].clone()).collect())
    }

    /// The notices about these subjects, in the plan's order.
    pub(super) fn notices(&self, subjects: &[String]) -> Result<Vec<Notice>, PlanRefusal> {
        let (_, notices) = self.outcome.as_ref().map_err(PlanRefusal::clone)?;
        let of = |subject: &String| self.notices.equal(&subject.as_str(), |at| notices[at].subject.as_str());
        let mut found: Vec<usize> = subjects.iter().flat_map(of).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found.into_iter().map(|at| notices[at].clone()).collect())
    }

    /// One stage for each match rule, in order.
    pub(super) fn match_stages(&self) -> Result<&[Stage], PlanRefusal> {
        self.stages.as_deref().map_err(PlanRefusal::clone)
    }

    fn stages(&self, input: &PlanInput<'_>, target: &Target<'_>) -> Result<Vec<Stage>, PlanRefusal> {
        let is_open = |employee: &&Employee| {
            employee.status.is_active() && target.binding_of_employee(employee.id.as_str()).is_none()
        };
        let mut employees: Vec<&Employee> = input.employees.iter().filter(is_open).collect();
        let mut members: Vec<&Member> = input.members.iter().collect();
        members.retain(|member| target.binding_of_userid(member.userid.as_str()).is_none());
        let sees_all = matching::sees_all(input.corp, target.is_complete);
        let stage = |rule| {
            let compiled = CompiledRule::compile(rule)?;
            let open = employees.iter().filter_map(|employee| self.employee(input, employee.id.as_str()));
            let shown = members.iter().filter_map(|member| self.member(input, member.userid.as_str()));
            let stage = Stage {
                employees: Order::new(open.filter_map(position), |at| compiled.of_employee(&input.employees[at])),
                members: Order::new(shown.filter_map(position), |at| compiled.of_member(&input.members[at])),
                is_unsure: compiled.is_unsure(&members, sees_all),
            };
            matching::settle(rule, &mut employees, &mut members, sees_all, &mut Matches::default())?;
            Ok(stage)
        };
        input.corp.match_rules.iter().map(stage).collect::<Result<_, _>>().map_err(bad_rule)
    }
}

/// A match rule that names a field which does not exist.
pub(super) fn bad_rule(error: UnknownMatchField) -> PlanRefusal {
    PlanRefusal::BadOption { option: "match".into(), value: error.rule.clone(), reason: error.to_string() }
}

fn all<T>(rows: &[T]) -> impl Iterator<Item = u32> {
    (0_u32..).zip(rows).map(|(at, _)| at)
}

fn position(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}

type Positions<'o> = std::iter::Map<std::slice::Iter<'o, u32>, fn(&u32) -> usize>;

/// Positions of rows in the order of a key; rows with equal keys keep their order.
#[derive(Debug, Default)]
pub(super) struct Order(Vec<u32>);

impl Order {
    fn new<K: Ord>(positions: impl Iterator<Item = u32>, key: impl Fn(usize) -> K) -> Self {
        let mut order: Vec<u32> = positions.collect();
        let key = |at: u32| key(at as usize);
        if !order.is_sorted_by(|a, b| key(*a) <= key(*b)) {
            order.sort_by_cached_key(|at| key(*at));
        }
        Self(order)
    }

    /// The rows whose key is the wanted one; `key` is that of [`Order::new`].
    pub(super) fn equal<K: Ord>(&self, wanted: &K, key: impl Fn(usize) -> K) -> Positions<'_> {
        let key = |at: u32| key(at as usize);
        let from = self.0.partition_point(|at| key(*at) < *wanted);
        let to = self.0.partition_point(|at| key(*at) <= *wanted);
        self.0.get(from..to).unwrap_or_default().iter().map(|at| *at as usize)
    }

    fn find<K: Ord>(&self, wanted: &K, key: impl Fn(usize) -> K) -> Option<usize> {
        self.equal(wanted, key).next()
    }
}

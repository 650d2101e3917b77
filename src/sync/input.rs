//! What a plan is computed from, and what comes out: values only.

use super::expr::ExprError;
use crate::model::{
    Blast, Budget, Change, Corp, Counts, Department, DepartmentBinding, DepartmentId, Employee, EmployeeId,
    GuardVerdict, Invariant, Member, MemberBinding, MirrorHead, Notice, OrgUnit, RenameOffer, ResolveCase, ShownLists,
    Tombstone, UnitId,
};

/// Everything that a plan depends on. The order inside the slices has no influence on the plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The corp with its options.
    pub corp: &'a Corp,
    /// All units of the tenant.
    pub units: &'a [OrgUnit],
    /// All employees of the tenant, departed ones included.
    pub employees: &'a [Employee],
    /// How the mirror was read.
    pub mirror: &'a MirrorHead,
    /// The mirror's departments.
    pub departments: &'a [Department],
    /// The mirror's members.
    pub members: &'a [Member],
    /// All member bindings of the corp.
    pub member_bindings: &'a [MemberBinding],
    /// All department bindings of the corp.
    pub department_bindings: &'a [DepartmentBinding],
    /// Members that we deleted.
    pub tombstones: &'a [Tombstone],
    /// Numbers that the store remembers.
    pub facts: PlanFacts,
}

/// Numbers that the store remembers between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanFacts {
    /// Unix milliseconds.
    pub now_ms: i64,
    /// Active employees at the last applied plan ([`Draft::source_employees`]); `None` before the first.
    pub previous_source_employees: Option<u64>,
    /// Members disabled or deleted in the last 30 days.
    pub removals_30_days: u64,
    /// Members created in the last 30 days.
    pub creations_30_days: u64,
    /// The largest department id ever seen or chosen ([`Draft::largest_department_id`]).
    pub largest_department_id: u32,
    /// The department for disabled members that the bridge created.
    pub disabled_department: Option<DepartmentId>,
    /// How WeCom is looked at before it is written.
    pub look: Look,
    /// Which lists of attributes the last read was shown.
    pub shown_lists: ShownLists,
    /// Whether an undo was applied, and no other plan since.
    pub is_after_undo: bool,
    /// WeCom's clock minus ours at the last read, in seconds; `None` = not known.
    pub clock_skew_s: Option<i64>,
}

/// How WeCom is looked at before it is written, by what the credentials may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Ids of everything, and `details` of what is overwritten where a credential reads them.
    Ids {
        /// Whether one does.
        details: bool,
    },
    /// Without id lists there is only the whole.
    Everything,
}

impl Default for Look {
    fn default() -> Self {
        Self::Ids { details: true }
    }
}

/// A computed plan; the caller gives it an id, a time of expiry and a place in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What would be done, in the order of application; `seq` counts from 0.
    pub changes: Vec<Change>,
    /// Counts by kind.
    pub counts: Counts,
    /// The guards' verdicts, tripped or not.
    pub guards: Vec<GuardVerdict>,
    /// The never-list. A draft with one that does not hold must never be applied.
    pub invariants: Vec<Invariant>,
    /// What a person should know.
    pub notices: Vec<Notice>,
    /// What applying costs.
    pub budget: Budget,
    /// Who stands out among the removals.
    pub blast: Blast,
    /// Departments that look like renamed units and wait for a person.
    pub offers: Vec<RenameOffer>,
    /// Match rules that hit more than one candidate.
    pub resolve: Vec<ResolveCase>,
    /// Active employees of the source.
    pub source_employees: u64,
    /// Lower-case hex SHA-256 over the canonical JSON of changes and options.
    pub hash: String,
    /// Lower-case hex SHA-256 over the options that the plan depends on.
    pub options_hash: String,
    /// The largest department id ever seen or chosen by this plan; to be remembered in the facts when it is applied.
    pub largest_department_id: u32,
}

impl Draft {
    /// Whether a guard holds the plan.
    pub fn is_held(&self) -> bool {
        self.guards.iter().any(|guard| guard.tripped)
    }

    /// Whether the plan keeps the never-list.
    pub fn is_sound(&self) -> bool {
        self.invariants.iter().all(|invariant| invariant.holds)
    }
}

/// Why there is no plan. Nothing was computed that could be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefusal {
    /// PEER-02.
    #[error(
        "the directory is empty ({units} units, {employees} employees): import it again; an empty directory never means \"remove everybody\""
    )]
    SourceEmpty {
        /// Units in it.
        units: usize,
        /// Employees in it.
        employees: usize,
    },
    /// PEER-02.
    #[error(
        "none of the {employees} employees is active: check the status column of the directory; a directory without active people never means \"remove everybody\""
    )]
    NobodyActive {
        /// Employees in it.
        employees: usize,
    },
    /// PEER-02.
    #[error("the directory has no root unit: exactly one unit must have no parent")]
    NoRoot,
    /// PEER-02.
    #[error("the directory has several root units ({first}, {second} …): exactly one unit must have no parent")]
    SeveralRoots {
        /// One of them.
        first: UnitId,
        /// Another one.
        second: UnitId,
    },
    /// PEER-02.
    #[error("unit {unit} has the parent {parent}, which does not exist")]
    MissingParent {
        /// The unit.
        unit: UnitId,
        /// What it names.
        parent: UnitId,
    },
    /// PEER-02.
    #[error("unit {unit} is part of a cycle of parents")]
    Cycle {
        /// One unit of the cycle.
        unit: UnitId,
    },
    /// PEER-02.
    #[error(
        "unit {unit} is more than {levels} levels below the root: no organisation is that deep, and WeCom takes 15 levels; correct the parents of the directory"
    )]
    TooDeep {
        /// One of the units.
        unit: UnitId,
        /// The most levels that are planned with.
        levels: usize,
    },
    /// PEER-02.
    #[error("unit id {unit} occurs twice")]
    DuplicateUnit {
        /// The id.
        unit: UnitId,
    },
    /// PEER-02.
    #[error("employee id {employee} occurs twice")]
    DuplicateEmployee {
        /// The id.
        employee: EmployeeId,
    },
    /// A unit of the scope is gone; its people must not be taken for "out of scope".
    #[error("the scope names unit {unit}, which the directory does not have: correct the scope or the directory")]
    UnknownScopeUnit {
        /// The unit.
        unit: UnitId,
    },
    /// PEER-02: such a filter would put everybody out of scope, such a rule would link nobody.
    #[error(
        "option {option} reads the column {column}, which no active employee has: import the directory with that column, or correct the option; a missing column never means \"nobody\""
    )]
    MissingColumn {
        /// `scope.filter`, `match`, `userid_from`
        option: String,
        /// `ext.<key>`
        column: String,
    },
    /// PEER-02.
    #[error(
        "none of the {employees} active employees is in scope ({excluded} excluded, {elsewhere} in other units, {filtered} not passing the filter), while {linked} members are linked: correct the scope; an empty scope never means \"remove everybody\""
    )]
    NobodyInScope {
        /// Active employees.
        employees: usize,
        /// Named by `scope.exclude`.
        excluded: usize,
        /// In none of the scope's units.
        elsewhere: usize,
        /// Not passing the filter.
        filtered: usize,
        /// Linked members.
        linked: usize,
    },
    /// An expression of the options does not compile.
    #[error("option {option}: {cause}")]
    BadExpression {
        /// `scope.filter`, `fields.<name>` …
        option: String,
        /// Where and why.
        #[source]
        cause: ExprError,
    },
    /// An option has a value that cannot be planned with.
    #[error("option {option} = {value:?}: {reason}")]
    BadOption {
        /// Its name.
        option: String,
        /// Its value.
        value: String,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The mirror holds no department at all.
    #[error("nothing is known of WeCom's departments: pull first; an empty mirror never means that WeCom is empty")]
    MirrorEmpty,
    /// DIR-59.
    #[error(
        "the root unit is named {unit:?} but WeCom's root department is named {department:?}: make the names equal, link the two by hand, or set a top department"
    )]
    RootNameMismatch {
        /// OA side.
        unit: String,
        /// WeCom side.
        department: String,
    },
    /// DIR-59.
    #[error(
        "the name of WeCom's root department cannot be read with these credentials: link the root unit to it by hand, add an app that may read names, or set a top department"
    )]
    RootNameUnreadable,
    /// The root is outside what can be read.
    #[error("WeCom's root department is not in the visible range: widen the range or set a top department")]
    RootNotVisible,
    /// DIR-40.
    #[error("the top department {department} does not exist in WeCom or is not visible")]
    TopDepartmentMissing {
        /// Its id.
        department: DepartmentId,
    },
    /// The mirror's department tree is broken, so it was read wrongly.
    #[error("department {department} occurs twice or is part of a cycle in what was read from WeCom: pull again")]
    MirrorBroken {
        /// The department.
        department: DepartmentId,
    },
    /// No free department id is left.
    #[error("department ids are used up: the largest one ever seen is {largest}")]
    IdsUsedUp {
        /// The largest one.
        largest: u32,
    },
}

impl PlanRefusal {
    /// Stable code for the API and pages.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SourceEmpty { .. } => "sync.source_empty",
            Self::NobodyActive { .. } => "sync.nobody_active",
            Self::NoRoot => "sync.no_root",
            Self::SeveralRoots { .. } => "sync.several_roots",
            Self::MissingParent { .. } => "sync.missing_parent",
            Self::Cycle { .. } => "sync.cycle",
            Self::TooDeep { .. } => "sync.too_deep",
            Self::DuplicateUnit { .. } => "sync.duplicate_unit",
            Self::DuplicateEmployee { .. } => "sync.duplicate_employee",
            Self::UnknownScopeUnit { .. } => "sync.unknown_scope_unit",
            Self::MissingColumn { .. } => "sync.missing_column",
            Self::NobodyInScope { .. } => "sync.nobody_in_scope",
            Self::BadExpression { .. } => "sync.bad_expression",
            Self::BadOption { .. } => "sync.bad_option",
            Self::MirrorEmpty => "sync.mirror_empty",
            Self::RootNameMismatch { .. } => "sync.root_name_mismatch",
            Self::RootNameUnreadable => "sync.root_name_unreadable",
            Self::RootNotVisible => "sync.root_not_visible",
            Self::TopDepartmentMissing { .. } => "sync.top_department_missing",
            Self::MirrorBroken { .. } => "sync.mirror_broken",
            Self::IdsUsedUp { .. } => "sync.ids_used_up",
        }
    }
}

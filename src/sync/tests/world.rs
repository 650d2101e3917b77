//! An OA, a WeCom and a bridge between them, put together in a few words.

use super::cloud::Cloud;
use crate::model::*;
use crate::sync::plan::exchange::takes_and_releases;
use crate::sync::plan::plan;
use crate::sync::{Draft, PlanFacts, PlanInput, PlanRefusal};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct World {
    pub corp: Corp,
    pub units: Vec<OrgUnit>,
    pub employees: Vec<Employee>,
    pub head: MirrorHead,
    pub departments: Vec<Department>,
    pub members: Vec<Member>,
    pub member_bindings: Vec<MemberBinding>,
    pub department_bindings: Vec<DepartmentBinding>,
    pub tombstones: Vec<Tombstone>,
    pub facts: PlanFacts,
    pub cloud: Cloud,
}

pub fn rule(employee: &str, member: &str) -> MatchRule {
    MatchRule { employee: employee.into(), member: member.into() }
}

impl World {
    /// A root unit named as WeCom's root, no people, an empty WeCom.
    pub fn new() -> Self {
        let corp = Corp {
            key: "acme-main".into(),
            tenant: "acme".into(),
            name: "示例".into(),
            corpid: "ww0".into(),
            edition: Edition::Public,
            endpoints: Endpoints {
                api_base: String::new(),
                authorize_base: String::new(),
                login_base: String::new(),
                console_url: String::new(),
                ca_file: String::new(),
                proxy: String::new(),
                timeout_ms: 1,
            },
            access: Access::ReadWrite,
            read_app: None,
            quota: Quota::default(),
            apps: vec![],
            match_rules: vec![rule("employee_no", "userid"), rule("mobile", "mobile")],
            pull: PullOptions::default(),
            downstream: DownstreamOptions::default(),
            upstream: UpstreamOptions::default(),
        };
        let head = MirrorHead {
            read_at_ms: 0,
            strategy: ReadStrategy::Lists,
            strategy_reason: String::new(),
            is_complete: true,
            departments: 0,
            members: 0,
            unreadable: vec![],
            unreadable_total: 0,
        };
        let mut world = Self {
            corp,
            units: vec![],
            employees: vec![],
            head,
            departments: vec![],
            members: vec![],
            member_bindings: vec![],
            department_bindings: vec![],
            tombstones: vec![],
            facts: PlanFacts { now_ms: 1_000_000_000_000, ..PlanFacts::default() },
            cloud: Cloud::new(),
        };
        world.unit("r", None, "总部");
        world
    }

    pub fn options(&mut self) -> &mut DownstreamOptions {
        &mut self.corp.downstream
    }

    pub fn unit(&mut self, id: &str, parent: Option<&str>, name: &str) -> &mut OrgUnit {
        self.units.push(OrgUnit {
            id: id.into(),
            parent_id: parent.map(UnitId::from),
            name: name.into(),
            order: None,
            head: vec![],
            ext: BTreeMap::new(),
        });
        self.units.last_mut().unwrap()
    }

    pub fn unit_mut(&mut self, id: &str) -> &mut OrgUnit {
        self.units.iter_mut().find(|unit| unit.id.as_str() == id).unwrap()
    }

    /// An employee `e<n>` with number, mobile and e-mail that belong to `n`.
    pub fn employee(&mut self, n: u32, unit: &str) -> &mut Employee {
        let mut employee = Employee::new(format!("e{n}"), &format!("人{n}"), unit);
        employee.employee_no = Text::from(format!("no{n}"));
        employee.mobile = Text::from(format!("138{n:08}"));
        employee.email = Text::from(format!("e{n}@example.com"));
        self.employees.push(employee);
        self.employees.last_mut().unwrap()
    }

    pub fn employee_mut(&mut self, n: u32) -> &mut Employee {
        let id = format!("e{n}");
        self.employees.iter_mut().find(|employee| employee.id.as_str() == id).unwrap()
    }

    pub fn bind(&mut self, employee: &str, userid: &str, origin: BindingOrigin) -> &mut MemberBinding {
        for binding in &self.member_bindings {
            let taken = binding.employee.as_str() == employee || binding.userid.is_same(&userid.into());
            assert!(!taken, "{employee} or {userid} is linked");
        }
        self.member_bindings.push(MemberBinding {
            employee: employee.into(),
            userid: userid.into(),
            origin,
            bound_at_ms: 0,
            pushed: Fields::new(),
            placed: None,
            removal: None,
        });
        self.member_bindings.last_mut().unwrap()
    }

    pub fn bind_unit(&mut self, unit: &str, department: u32, origin: BindingOrigin) {
        self.department_bindings.push(DepartmentBinding {
            unit: unit.into(),
            department: DepartmentId(department),
            origin,
            bound_at_ms: 0,
            pushed_name: None,
        });
    }

    pub fn input(&self) -> PlanInput<'_> {
        PlanInput {
            corp: &self.corp,
            units: &self.units,
            employees: &self.employees,
            mirror: &self.head,
            departments: &self.departments,
            members: &self.members,
            member_bindings: &self.member_bindings,
            department_bindings: &self.department_bindings,
            tombstones: &self.tombstones,
            facts: self.facts,
        }
    }

    pub fn pull(&mut self) {
        (self.departments, self.members) = self.cloud.mirror();
        let largest = self.departments.iter().map(|department| department.id.0).max().unwrap_or(0);
        self.facts.largest_department_id = self.facts.largest_department_id.max(largest);
    }

    /// Pulls and plans.
    pub fn try_plan(&mut self) -> Result<Draft, PlanRefusal> {
        self.pull();
        plan(&self.input())
    }

    /// Pulls and plans; the plan must be sound.
    pub fn plan(&mut self) -> Draft {
        let draft = self.try_plan().unwrap();
        for invariant in &draft.invariants {
            assert!(invariant.holds, "{invariant:?} in {:#?}", draft.changes);
        }
        draft
    }

    pub fn apply_all(&mut self, draft: &Draft) {
        // as a run does: what a deletion of the same plan makes free is tried again after it, with what rests on that
        let mut late: Vec<Text> = draft
            .changes
            .iter()
            .filter_map(|change| match &change.action {
                Action::DeleteMember { userid, .. } => Some(userid.folded()),
                _ => None,
            })
            .collect();
        let waits = |world: &Self, late: &[Text], change: &Change| {
            let takes = takes_and_releases(&change.action).0;
            let has = |userid: &Text, field: usize, value: &str| {
                let name = [MemberField::Mobile, MemberField::Email][field].clone();
                let shown = world.cloud.members.get(userid).and_then(|member| member.fields.get(&name));
                shown.is_some_and(|shown| shown.as_str() == value)
            };
            takes.iter().any(|(field, value)| late.iter().any(|userid| has(userid, *field, value)))
        };
        let mut again: Vec<&Change> = Vec::new();
        for change in &draft.changes {
            let rests = again.iter().any(|later| match (&later.action, &change.action) {
                (Action::CreateMember { userid: new, .. }, Action::UpdateMember { userid, after, .. }) => {
                    new.is_same(userid) || after.direct_leader.iter().flatten().any(|leader| leader.is_same(new))
                }
                (_, Action::DeleteDepartment { .. }) => true,
                _ => false,
            });
            if rests || waits(self, &late, change) {
                late.extend(match &change.action {
                    Action::UpdateMember { userid, .. } | Action::EnableMember { userid, .. } => Some(userid.folded()),
                    _ => None,
                });
                again.push(change);
            } else {
                self.apply(change);
            }
        }
        again.into_iter().for_each(|change| self.apply(change));
        self.facts.largest_department_id = self.facts.largest_department_id.max(draft.largest_department_id);
    }

    /// Plans, applies, and checks that a second plan is empty.
    pub fn sync(&mut self) -> Draft {
        let draft = self.plan();
        self.apply_all(&draft);
        let second = self.plan();
        assert_eq!(texts(&second), Vec::<String>::new(), "after {:#?}", texts(&draft));
        draft
    }

    pub fn at(&self, userid: &str) -> &Member {
        &self.cloud.members[&UserId::from(userid).folded()]
    }

    /// Departments of a member by name, the main one first.
    pub fn places(&self, userid: &str) -> Vec<String> {
        let member = self.at(userid);
        let name = |id: &DepartmentId| self.cloud.departments[id].name.clone().unwrap_or_default().to_string();
        let mut names: Vec<String> = member.memberships.iter().map(|seat| name(&seat.department)).collect();
        let main = member.main_department.map(|id| name(&id));
        names.sort_by_key(|name| (Some(name) != main.as_ref(), name.clone()));
        names
    }

    /// `path/of/names` of all departments, sorted.
    pub fn tree(&self) -> Vec<String> {
        let path = |id: &DepartmentId| {
            let chain =
                std::iter::successors(self.cloud.departments.get(id), |d| self.cloud.departments.get(&d.parent));
            let mut names: Vec<&str> = chain.map(|d| d.name.as_deref().unwrap_or("?")).collect();
            names.reverse();
            names.join("/")
        };
        let mut paths: Vec<String> = self.cloud.departments.keys().map(path).collect();
        paths.sort();
        paths
    }
}

/// The changes in one word each, e.g. `create e1`.
pub fn texts(draft: &Draft) -> Vec<String> {
    draft.changes.iter().map(|change| text(&change.action)).collect()
}

pub fn text(action: &Action) -> String {
    match action {
        Action::CreateDepartment { unit, .. } => format!("create {unit}"),
        Action::UpdateDepartment { unit, department, after, .. } => {
            let what = match (&after.parent, &after.name) {
                (Some(_), _) => "move",
                (None, Some(_)) => "rename",
                (None, None) => "reorder",
            };
            unit.as_ref().map_or_else(|| format!("{what} department {department}"), |unit| format!("{what} {unit}"))
        }
        Action::DeleteDepartment { department, .. } => format!("delete department {department}"),
        Action::BindDepartment { unit, department, .. } => format!("bind {unit}={department}"),
        Action::UnbindDepartment { unit, department } => format!("unbind {unit}={department}"),
        Action::CreateDisabledDepartment { department, .. } => format!("create disabled {department}"),
        Action::CreateMember { userid, .. } => format!("create {userid}"),
        Action::UpdateMember { userid, .. } => format!("update {userid}"),
        Action::DisableMember { userid, .. } => format!("disable {userid}"),
        Action::EnableMember { userid, .. } => format!("enable {userid}"),
        Action::DeleteMember { userid, .. } => format!("delete {userid}"),
        Action::BindMember { employee, userid, .. } => format!("bind {employee}={userid}"),
        Action::UnbindMember { employee, userid } => format!("unbind {employee}={userid}"),
        Action::RecordRemoval { userid, .. } => format!("record {userid}"),
    }
}

pub fn codes(draft: &Draft) -> Vec<&str> {
    let mut codes: Vec<&str> = draft.notices.iter().map(|notice| notice.code.as_str()).collect();
    codes.dedup();
    codes
}

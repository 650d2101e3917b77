//! The WeCom side, indexed: the mirror's departments and members, and what is bound to them.

use super::input::{PlanInput, PlanRefusal};
use super::normal;
use crate::model::{Department, DepartmentBinding, DepartmentId, Member, MemberBinding};
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

/// The mirror and the bindings of a plan.
pub struct Target<'a> {
    departments: HashMap<DepartmentId, &'a Department>,
    children: HashMap<DepartmentId, Vec<&'a Department>>,
    /// Members by userid.
    pub members: Vec<&'a Member>,
    member_index: HashMap<Cow<'a, str>, usize>,
    /// Member bindings by employee id.
    pub bindings: Vec<&'a MemberBinding>,
    binding_of_employee: HashMap<&'a str, &'a MemberBinding>,
    /// By member position.
    binding_of_member: Vec<Option<&'a MemberBinding>>,
    /// Bindings whose member the mirror does not show, by folded userid.
    binding_of_absent: HashMap<Cow<'a, str>, &'a MemberBinding>,
    department_of_unit: HashMap<&'a str, &'a DepartmentBinding>,
    binding_of_department: HashMap<DepartmentId, &'a DepartmentBinding>,
    /// Department bindings by unit id.
    pub department_bindings: Vec<&'a DepartmentBinding>,
    /// Whether absence from the mirror proves absence in WeCom.
    pub is_complete: bool,
}

impl<'a> Target<'a> {
    /// Indexes the mirror, or says why it cannot be planned against.
    pub fn build(input: &PlanInput<'a>) -> Result<Self, PlanRefusal> {
        if input.departments.is_empty() {
            return Err(PlanRefusal::MirrorEmpty);
        }
        let mut departments = HashMap::with_capacity(input.departments.len());
        let mut children: HashMap<DepartmentId, Vec<&Department>> = HashMap::new();
        for department in input.departments {
            if departments.insert(department.id, department).is_some() {
                return Err(PlanRefusal::MirrorBroken { department: department.id });
            }
            children.entry(department.parent).or_default().push(department);
        }
        for below in children.values_mut() {
            below.sort_by_key(|department| department.id);
        }
        refuse_cycles(&departments)?;
        let mut members: Vec<&Member> = input.members.iter().collect();
        if !members.is_sorted_by(|a, b| a.userid < b.userid) {
            members.sort_by(|a, b| a.userid.cmp(&b.userid));
        }
        let member_index: HashMap<Cow<'a, str>, usize> =
            members.iter().enumerate().map(|(at, member)| (normal::folded(member.userid.as_str()), at)).collect();
        let mut bindings: Vec<&MemberBinding> = input.member_bindings.iter().collect();
        if !bindings.is_sorted_by(|a, b| a.employee < b.employee) {
            bindings.sort_by(|a, b| a.employee.cmp(&b.employee));
        }
        let mut binding_of_member = vec![None; members.len()];
        let mut binding_of_absent = HashMap::new();
        for binding in &bindings {
            let folded = normal::folded(binding.userid.as_str());
            match member_index.get(&folded) {
                Some(at) => binding_of_member[*at] = Some(*binding),
                None => drop(binding_of_absent.insert(folded, *binding)),
            }
        }
        let mut department_bindings: Vec<&DepartmentBinding> = input.department_bindings.iter().collect();
        department_bindings.sort_by(|a, b| a.unit.cmp(&b.unit));
        Ok(Self {
            departments,
            children,
            members,
            member_index,
            binding_of_employee: bindings.iter().map(|binding| (binding.employee.as_str(), *binding)).collect(),
            binding_of_member,
            binding_of_absent,
            bindings,
            department_of_unit: department_bindings.iter().map(|binding| (binding.unit.as_str(), *binding)).collect(),
            binding_of_department: department_bindings.iter().map(|binding| (binding.department, *binding)).collect(),
            department_bindings,
            is_complete: input.mirror.is_complete,
        })
    }

    /// The department with this id, where it is visible.
    pub fn department(&self, id: DepartmentId) -> Option<&'a Department> {
        self.departments.get(&id).copied()
    }

    /// The departments directly below, by id.
    pub fn children(&self, id: DepartmentId) -> &[&'a Department] {
        self.children.get(&id).map_or(&[], Vec::as_slice)
    }

    /// How many departments are visible.
    pub fn department_count(&self) -> usize {
        self.departments.len()
    }

    /// All visible departments, in no order.
    pub fn departments(&self) -> impl Iterator<Item = &'a Department> + '_ {
        self.departments.values().copied()
    }

    /// The level of a department: 1 for the root, or for the topmost visible one.
    pub fn level(&self, id: DepartmentId) -> usize {
        std::iter::successors(self.department(id), |department| self.department(department.parent)).count()
    }

    /// Position of the member with this userid.
    pub fn find_member(&self, userid: &str) -> Option<usize> {
        self.member_index.get(&normal::folded(userid)).copied()
    }

    /// The binding of an employee.
    pub fn binding_of_employee(&self, id: &str) -> Option<&'a MemberBinding> {
        self.binding_of_employee.get(id).copied()
    }

    /// The binding of a member.
    pub fn binding_of_userid(&self, userid: &str) -> Option<&'a MemberBinding> {
        let folded = normal::folded(userid);
        match self.member_index.get(&folded) {
            Some(at) => self.binding_of_member[*at],
            None => self.binding_of_absent.get(&folded).copied(),
        }
    }

    /// The binding of the member at this position.
    pub fn binding_of_member(&self, at: usize) -> Option<&'a MemberBinding> {
        self.binding_of_member[at]
    }

    /// The binding of a unit.
    pub fn binding_of_unit(&self, id: &str) -> Option<&'a DepartmentBinding> {
        self.department_of_unit.get(id).copied()
    }

    /// The binding of a department.
    pub fn binding_of_department(&self, id: DepartmentId) -> Option<&'a DepartmentBinding> {
        self.binding_of_department.get(&id).copied()
    }
}

fn refuse_cycles(departments: &HashMap<DepartmentId, &Department>) -> Result<(), PlanRefusal> {
    let mut settled: HashSet<DepartmentId> = HashSet::with_capacity(departments.len());
    for start in departments.keys() {
        let mut path = Vec::new();
        let mut on_path = HashSet::new();
        let mut next = departments.get(start);
        while let Some(department) = next.filter(|department| !settled.contains(&department.id)) {
            if !on_path.insert(department.id) {
                let smallest = path.iter().copied().min().unwrap_or(department.id);
                return Err(PlanRefusal::MirrorBroken { department: smallest });
            }
            path.push(department.id);
            next = departments.get(&department.parent);
        }
        settled.extend(path);
    }
    Ok(())
}

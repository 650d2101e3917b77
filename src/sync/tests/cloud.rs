//! A WeCom in memory that refuses what the real one refuses, and a bridge that remembers what it wrote. Written from
//! the contract, not from the planner.

use super::world::World;
use crate::model::*;
use std::collections::BTreeMap;

/// The truth in WeCom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cloud {
    pub departments: BTreeMap<DepartmentId, Department>,
    /// By folded userid.
    pub members: BTreeMap<Text, Member>,
    /// Mobile and e-mail are not shown (2022-06-20).
    pub hides_contacts: bool,
    /// Only ids and departments are shown.
    pub hides_details: bool,
    /// Members whose details are out of the visible range, by folded userid.
    pub hidden: Vec<Text>,
    /// Mobiles of existing members cannot be changed (activated).
    pub ignores_mobile: bool,
    /// Mobiles of activated members that are shown cannot be changed.
    pub mobiles_are_theirs: bool,
    /// `extattr.工号` exists in the console.
    pub knows_number: bool,
    /// Neither list of attributes is shown.
    pub hides_lists: bool,
    /// `enable: 0` is answered with `updated`, and the status stays as it was.
    pub ignores_disable: bool,
}

impl Cloud {
    pub fn new() -> Self {
        let root = Department {
            id: DepartmentId(1),
            parent: DepartmentId(0),
            name: Some("总部".into()),
            order: 100_000_000,
            leaders: vec![],
        };
        Self { departments: [(root.id, root)].into(), knows_number: true, mobiles_are_theirs: true, ..Self::default() }
    }

    pub fn department(&mut self, id: u32, parent: u32, name: &str) {
        let department = Department {
            id: DepartmentId(id),
            parent: DepartmentId(parent),
            name: Some(name.into()),
            order: 0,
            leaders: vec![],
        };
        self.departments.insert(department.id, department);
    }

    pub fn member(&mut self, userid: &str, name: &str, departments: &[u32]) -> &mut Member {
        let memberships = departments
            .iter()
            .map(|id| Membership { department: DepartmentId(*id), order: 0, is_leader: false })
            .collect();
        let member = Member {
            userid: userid.into(),
            memberships,
            main_department: departments.first().map(|id| DepartmentId(*id)),
            status: Some(MemberStatus::Activated),
            direct_leader: Some(vec![]),
            fields: [(MemberField::Name, Text::from(name))].into_iter().collect(),
            has_details: true,
        };
        self.members.entry(member.userid.folded()).or_insert(member)
    }

    /// What a pull shows.
    pub fn mirror(&self) -> (Vec<Department>, Vec<Member>) {
        let members = self.members.values().cloned().map(|mut member| {
            if self.hides_contacts || self.hides_details {
                member.fields.remove(&MemberField::Mobile);
                member.fields.remove(&MemberField::Email);
            }
            for list in AttributeList::ALL {
                if !self.hides_lists {
                    member.fields.insert(list.marker(), WHOLE);
                    continue;
                }
                let entries: Vec<_> = member.fields.iter().map(|(field, _)| field.clone()).collect();
                for entry in entries.iter().filter(|field| field.is_entry_of(list)) {
                    member.fields.remove(entry);
                }
            }
            if self.hides_details || self.hidden.contains(&member.userid.folded()) {
                member.fields = Fields::new();
                member.has_details = false;
                member.status = None;
                member.main_department = None;
                member.direct_leader = None;
                for membership in &mut member.memberships {
                    membership.order = 0;
                    membership.is_leader = false;
                }
            }
            member
        });
        (self.departments.values().cloned().collect(), members.collect())
    }

    fn level(&self, id: DepartmentId) -> usize {
        std::iter::successors(self.departments.get(&id), |d| self.departments.get(&d.parent)).take(100).count()
    }

    fn check_tree(&self, id: DepartmentId) {
        let department = &self.departments[&id];
        assert!(self.departments.contains_key(&department.parent), "department {id} has no parent");
        assert!(self.level(id) <= 15, "department {id} is too deep or in a cycle");
        for other in self.departments.values() {
            assert!(
                other.id == id || other.parent != department.parent || other.name != department.name,
                "departments {id} and {} have the same name {:?}",
                other.id,
                other.name
            );
        }
    }

    fn put_department(&mut self, id: DepartmentId, image: &DepartmentImage) {
        let department = self.departments.entry(id).or_insert_with(|| Department {
            id,
            parent: DepartmentId(0),
            name: None,
            order: 0,
            leaders: vec![],
        });
        department.name = image.name.clone().or(department.name.take());
        department.parent = image.parent.unwrap_or(department.parent);
        department.order = image.order.unwrap_or(department.order);
        self.check_tree(id);
    }

    fn write(&mut self, userid: &UserId, image: &MemberImage, is_new: bool) {
        for (field, value) in image.fields.iter() {
            for (other, member) in &self.members {
                let same = member.fields.get(field).is_some_and(|held| held == value && !value.is_empty());
                let unique = matches!(field, MemberField::Mobile | MemberField::Email);
                assert!(!(unique && same && *other != userid.folded()), "{} {value} is taken by {other}", field.path());
            }
        }
        for membership in image.memberships.iter().flatten() {
            assert!(self.departments.contains_key(&membership.department), "{userid}: no department {membership:?}");
        }
        for leader in image.direct_leader.iter().flatten() {
            assert!(self.members.contains_key(&leader.folded()), "{userid}: no superior {leader}");
        }
        let (ignores_mobile, knows_number) = (self.ignores_mobile, self.knows_number);
        let mobiles_are_theirs = self.mobiles_are_theirs && !self.hides_contacts;
        let enabled = if self.mobiles_are_theirs { MemberStatus::Activated } else { MemberStatus::NotActivated };
        let member = self.members.get_mut(&userid.folded()).unwrap_or_else(|| panic!("no member {userid}"));
        // an update replaces a list as a whole (doc path 90197)
        for list in AttributeList::ALL {
            let old: Vec<_> = member.fields.iter().map(|(field, _)| field.clone()).collect();
            if image.fields.iter().any(|(field, _)| field.list() == Some(list)) {
                old.iter().filter(|field| field.is_entry_of(list)).for_each(|field| drop(member.fields.remove(field)));
            }
        }
        for (field, value) in image
            .fields
            .iter()
            .filter(|(field, value)| !(field.is_marker() || field.list().is_some() && value.is_empty()))
        {
            // an activated member's mobile is theirs (doc path 90197)
            let is_theirs = ignores_mobile || (mobiles_are_theirs && member.status == Some(MemberStatus::Activated));
            let ignored = (*field == MemberField::Mobile && is_theirs && !is_new)
                || (matches!(field, MemberField::ExtAttr(name) if name == "工号") && !knows_number);
            if !ignored {
                member.fields.insert(field.clone(), value.clone());
            }
        }
        if let Some(memberships) = &image.memberships {
            assert!(!memberships.is_empty(), "{userid} would be in no department");
            member.memberships = memberships.clone();
            member.main_department = image.main_department;
        }
        if let Some(leaders) = &image.direct_leader {
            member.direct_leader = Some(leaders.clone());
        }
        match image.enable {
            Some(true) => member.status = Some(enabled),
            Some(false) if !self.ignores_disable => member.status = Some(MemberStatus::Disabled),
            _ => {}
        }
    }
}

impl World {
    /// Applies one change to WeCom and to what the bridge remembers.
    pub fn apply(&mut self, change: &Change) {
        let now_ms = self.facts.now_ms;
        match &change.action {
            Action::CreateDepartment { unit, department, after } => {
                assert!(!self.cloud.departments.contains_key(department), "department {department} exists");
                self.cloud.put_department(*department, after);
                self.bind_department(unit, *department, BindingOrigin::Created);
            }
            Action::CreateDisabledDepartment { department, after } => {
                assert!(!self.cloud.departments.contains_key(department), "department {department} exists");
                self.cloud.put_department(*department, after);
                self.facts.disabled_department = Some(*department);
            }
            Action::UpdateDepartment { department, after, .. } => {
                assert!(self.cloud.departments.contains_key(department), "no department {department}");
                self.cloud.put_department(*department, after);
            }
            Action::DeleteDepartment { department, .. } => {
                assert_ne!(department.0, 1);
                assert!(!self.cloud.departments.values().any(|d| d.parent == *department), "{department} has children");
                let seated = self.cloud.members.values().flat_map(|member| &member.memberships);
                assert!(seated.into_iter().all(|seat| seat.department != *department), "{department} has members");
                self.cloud.departments.remove(department).expect("department exists");
                self.department_bindings.retain(|binding| binding.department != *department);
                self.facts.disabled_department = self.facts.disabled_department.filter(|id| id != department);
            }
            Action::BindDepartment { unit, department, origin } => self.bind_department(unit, *department, *origin),
            Action::UnbindDepartment { unit, .. } => self.department_bindings.retain(|binding| binding.unit != *unit),
            Action::CreateMember { employee, userid, after, .. } => {
                assert!(!self.cloud.members.contains_key(&userid.folded()), "member {userid} exists");
                UserId::parse(userid.as_str()).expect("valid userid");
                let name = after.fields.get(&MemberField::Name).expect("a name").clone();
                let has = |field| after.fields.get(&field).is_some_and(|value| !value.is_empty());
                assert!(has(MemberField::Mobile) || has(MemberField::Email), "{userid} has no mobile and no e-mail");
                self.cloud.member(userid.as_str(), &name, &[]).status = Some(MemberStatus::NotActivated);
                self.cloud.write(userid, after, true);
                self.member_bindings.retain(|binding| binding.employee != *employee);
                self.bind(employee.as_str(), userid.as_str(), BindingOrigin::Created);
                self.remember(employee, None, after);
                self.tombstones.retain(|tombstone| tombstone.employee != *employee);
            }
            Action::UpdateMember { employee, userid, before, after } => {
                self.cloud.write(userid, after, false);
                self.remember(employee, Some(before), after);
            }
            Action::EnableMember { employee, userid, before, after } => {
                assert_eq!(after.enable, Some(true));
                self.cloud.write(userid, after, false);
                self.remember(employee, Some(before), after);
                self.binding_of(employee).removal = None;
            }
            Action::DisableMember { employee, userid, cause, before, after } => {
                assert_eq!(after.enable, Some(false));
                self.cloud.write(userid, after, false);
                let employee = employee.as_ref().expect("only linked members are disabled");
                self.remember(employee, Some(before), after);
                let binding = self.binding_of(employee);
                let (repeats, was_disabled) = match &binding.removal {
                    Some(Removal { disabled_at_ms: Some(_), repeats, was_disabled, .. }) => {
                        (repeats + 1, *was_disabled)
                    }
                    _ => (0, before.enable == Some(false)),
                };
                let (cause, disabled_at_ms) = (*cause, Some(now_ms));
                binding.removal =
                    Some(Removal { cause, disabled_at_ms, departments_before: vec![], was_disabled, repeats });
            }
            Action::DeleteMember { employee, userid, .. } => {
                self.cloud.members.remove(&userid.folded()).expect("member exists");
                let employee = employee.clone().expect("only linked members are deleted");
                self.member_bindings.retain(|binding| binding.employee != employee);
                self.tombstones.push(Tombstone { employee, userid: userid.clone(), deleted_at_ms: now_ms });
            }
            Action::BindMember { employee, userid, .. } => {
                assert!(self.cloud.members.contains_key(&userid.folded()), "no member {userid}");
                self.bind(employee.as_str(), userid.as_str(), BindingOrigin::Rule);
            }
            Action::UnbindMember { employee, .. } => {
                self.member_bindings.retain(|binding| binding.employee != *employee);
            }
            Action::RecordRemoval { employee, cause, .. } => {
                self.binding_of(employee).removal = cause.map(|cause| Removal {
                    cause,
                    disabled_at_ms: None,
                    departments_before: vec![],
                    was_disabled: false,
                    repeats: 0,
                });
            }
        }
    }

    fn bind_department(&mut self, unit: &UnitId, department: DepartmentId, origin: BindingOrigin) {
        for binding in &self.department_bindings {
            assert!(binding.unit != *unit && binding.department != department, "{unit} or {department} is linked");
        }
        self.department_bindings.push(DepartmentBinding {
            unit: unit.clone(),
            department,
            origin,
            bound_at_ms: 0,
            pushed_name: None,
        });
    }

    fn binding_of(&mut self, employee: &EmployeeId) -> &mut MemberBinding {
        self.member_bindings.iter_mut().find(|binding| binding.employee == *employee).expect("linked")
    }

    fn remember(&mut self, employee: &EmployeeId, before: Option<&MemberImage>, after: &MemberImage) {
        let binding = self.binding_of(employee);
        for (field, value) in after.fields.iter() {
            let before = before.and_then(|image| image.fields.get(field)).cloned();
            if field.is_marker() || field.list().is_some() && before.as_ref() == Some(value) {
                continue;
            }
            binding.pushed.insert(field.clone(), Pushed { value: value.clone(), before });
        }
        let mut placed = binding.placed.take().map(|placed| *placed).unwrap_or_default();
        placed.memberships = after.memberships.clone().or(placed.memberships);
        placed.main_department = after.main_department.or(placed.main_department);
        placed.direct_leader = after.direct_leader.clone().or(placed.direct_leader);
        binding.placed = Some(Box::new(placed));
    }
}

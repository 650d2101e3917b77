//! Departments and members with their indexes. It keeps the indexes true and decides nothing: rules are in `rules`.

use super::member::{Department, Member, Text, normal_mail, normal_mobile};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The directory of a corp.
#[derive(Debug, Clone)]
pub struct Directory {
    departments: BTreeMap<u32, Department>,
    members: BTreeMap<Text, Member>,
    children: HashMap<u32, BTreeSet<u32>>,
    sibling_names: HashMap<(u32, Text), u32>,
    department_members: HashMap<u32, BTreeSet<Text>>,
    leaders: HashMap<u32, BTreeSet<Text>>,
    mobiles: HashMap<Text, Text>,
    mails: HashMap<Text, Text>,
    biz_mails: HashMap<Text, Text>,
    /// Children ever created per parent: the default order steps down with each.
    births: HashMap<u32, u32>,
    largest_id: u32,
}

impl Directory {
    /// The root department, named after the corp.
    pub fn new(root_name: &str) -> Self {
        let mut directory = Self {
            departments: BTreeMap::new(),
            members: BTreeMap::new(),
            children: HashMap::new(),
            sibling_names: HashMap::new(),
            department_members: HashMap::new(),
            leaders: HashMap::new(),
            mobiles: HashMap::new(),
            mails: HashMap::new(),
            biz_mails: HashMap::new(),
            births: HashMap::new(),
            largest_id: 1,
        };
        directory.put_department(Department {
            id: 1,
            parent: 0,
            name: root_name.into(),
            name_en: Text::default(),
            order: 100_000_000,
            unit_type: 0,
        });
        directory
    }

    /// All departments, by id.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    /// Number of departments.
    pub fn department_count(&self) -> usize {
        self.departments.len()
    }

    /// A department.
    pub fn department(&self, id: u32) -> Option<&Department> {
        self.departments.get(&id)
    }

    /// Direct sub-departments, by id.
    pub fn children(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        self.children.get(&id).into_iter().flatten().copied()
    }

    /// The sub-department of `parent` with this name.
    pub fn sibling(&self, parent: u32, name: &str) -> Option<u32> {
        self.sibling_names.get(&(parent, Text::from(name))).copied()
    }

    /// The department itself, then its parent, up to the root; empty when it does not exist. It ends in a circle too:
    /// tests seed such.
    pub fn path_to_root(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(self.departments.get(&id), |department| self.departments.get(&department.parent))
            .map(|department| department.id)
            .take(self.departments.len())
    }

    /// The department and everything below it, parents first, each once.
    pub fn subtree(&self, id: u32) -> Vec<u32> {
        let mut found = Vec::new();
        if self.departments.contains_key(&id) {
            found.push(id);
        }
        let mut next = 0;
        while let Some(&above) = found.get(next) {
            // each has one parent, so nothing but the department itself can come a second time
            found.extend(self.children(above).filter(|&child| child != id));
            next += 1;
        }
        found
    }

    /// Levels of the subtree, the department itself being one.
    pub fn height(&self, id: u32) -> usize {
        let (mut level, mut height) = (vec![id], 0);
        while !level.is_empty() {
            height += 1;
            level = level.iter().flat_map(|&above| self.children(above)).filter(|&child| child != id).collect();
        }
        height
    }

    /// Direct sub-departments and members.
    pub fn node_count(&self, id: u32) -> usize {
        self.children.get(&id).map_or(0, BTreeSet::len) + self.department_members.get(&id).map_or(0, BTreeSet::len)
    }

    /// Members of the department itself, by folded userid.
    pub fn members_of(&self, id: u32) -> impl Iterator<Item = &Text> {
        self.department_members.get(&id).into_iter().flatten()
    }

    /// Number of members of the department itself.
    pub fn member_count_of(&self, id: u32) -> usize {
        self.department_members.get(&id).map_or(0, BTreeSet::len)
    }

    /// Heads of the department.
    pub fn leaders_of(&self, id: u32) -> impl Iterator<Item = &Member> {
        self.leaders.get(&id).into_iter().flatten().filter_map(|key| self.members.get(key))
    }

    /// The id that the system gives next.
    pub fn next_department_id(&self) -> u32 {
        self.largest_id.saturating_add(1)
    }

    /// The order that the system gives to the next child: 100000000, then 1000 less each time.
    pub fn next_order(&self, parent: u32) -> u32 {
        let births = self.births.get(&parent).copied().unwrap_or(0);
        100_000_000_u32.saturating_sub(births.saturating_mul(1000))
    }

    /// Inserts or replaces a department.
    pub fn put_department(&mut self, department: Department) {
        if let Some(old) = self.departments.get(&department.id) {
            let (parent, name) = (old.parent, old.name.clone());
            self.forget_name(department.id, parent, name);
            if parent != department.parent
                && let Some(children) = self.children.get_mut(&parent)
            {
                children.remove(&department.id);
            }
        } else {
            *self.births.entry(department.parent).or_default() += 1;
        }
        self.sibling_names.insert((department.parent, department.name.clone()), department.id);
        self.children.entry(department.parent).or_default().insert(department.id);
        self.largest_id = self.largest_id.max(department.id);
        self.departments.insert(department.id, department);
    }

    /// In the middle of a swap the name may already be a sibling's.
    fn forget_name(&mut self, id: u32, parent: u32, name: Text) {
        let key = (parent, name);
        if self.sibling_names.get(&key) == Some(&id) {
            self.sibling_names.remove(&key);
        }
    }

    /// Removes a department; what hangs below it is the caller's care.
    pub fn remove_department(&mut self, id: u32) -> Option<Department> {
        let old = self.departments.remove(&id)?;
        self.forget_name(id, old.parent, old.name.clone());
        if let Some(children) = self.children.get_mut(&old.parent) {
            children.remove(&id);
        }
        self.children.remove(&id);
        self.department_members.remove(&id);
        self.leaders.remove(&id);
        Some(old)
    }

    /// All members, by folded userid.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Members from `key` on, which is included.
    pub fn members_from(&self, key: &str) -> impl Iterator<Item = (&Text, &Member)> {
        self.members.range(Text::from(key)..)
    }

    /// Number of members.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// A member by folded userid.
    pub fn member(&self, folded: &str) -> Option<&Member> {
        self.members.get(folded)
    }

    /// Who holds the mobile.
    pub fn holder_of_mobile(&self, mobile: &str) -> Option<&Member> {
        self.mobiles.get(&normal_mobile(mobile)).and_then(|key| self.members.get(key))
    }

    /// Who holds the e-mail.
    pub fn holder_of_mail(&self, mail: &str) -> Option<&Member> {
        self.mails.get(&normal_mail(mail)).and_then(|key| self.members.get(key))
    }

    /// Who holds the corp mail, or has it as an alias.
    pub fn holder_of_biz_mail(&self, mail: &str) -> Option<&Member> {
        self.biz_mails.get(&normal_mail(mail)).and_then(|key| self.members.get(key))
    }

    /// Inserts a member, replacing the one with the same userid.
    pub fn put_member(&mut self, member: Member) {
        let key = member.key();
        self.remove_member(&key);
        for membership in &member.memberships {
            self.department_members.entry(membership.department).or_default().insert(key.clone());
            if membership.is_leader {
                self.leaders.entry(membership.department).or_default().insert(key.clone());
            }
        }
        if !member.mobile.is_empty() {
            self.mobiles.insert(normal_mobile(&member.mobile), key.clone());
        }
        if !member.email.is_empty() {
            self.mails.insert(normal_mail(&member.email), key.clone());
        }
        for mail in std::iter::once(&member.biz_mail).chain(&member.biz_mail_alias).filter(|mail| !mail.is_empty()) {
            self.biz_mails.insert(normal_mail(mail), key.clone());
        }
        self.members.insert(key, member);
    }

    /// Removes a member.
    pub fn remove_member(&mut self, folded: &str) -> Option<Member> {
        let old = self.members.remove(folded)?;
        for membership in &old.memberships {
            for index in [&mut self.department_members, &mut self.leaders] {
                if let Some(keys) = index.get_mut(&membership.department) {
                    keys.remove(folded);
                }
            }
        }
        if !old.mobile.is_empty() {
            self.mobiles.remove(&normal_mobile(&old.mobile));
        }
        if !old.email.is_empty() {
            self.mails.remove(&normal_mail(&old.email));
        }
        for mail in std::iter::once(&old.biz_mail).chain(&old.biz_mail_alias) {
            self.biz_mails.remove(&normal_mail(mail));
        }
        Some(old)
    }

    /// Rebuilds a directory from its rows. Parents may come after their children.
    pub fn from_rows(departments: Vec<Department>, members: Vec<Member>, root_name: &str) -> Self {
        let mut directory = Self::new(root_name);
        for department in departments {
            directory.put_department(department);
        }
        for member in members {
            directory.put_member(member);
        }
        directory
    }
}

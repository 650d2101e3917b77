//! What one read of WeCom has found, before anything is stored; and putting the pieces of a read together. Values only.

use crate::model::{
    AttributeList, Department, DepartmentId, Member, Membership, PARTLY, ReadStrategy, ShownLists, Text, Unreadable,
    UserId, WHOLE, WRITTEN,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How many unreadable subjects are kept by name; all are counted.
pub const UNREADABLE_KEPT: usize = 1_000;

/// Everything that one read has found.
#[derive(Debug, Clone)]
pub struct Reading {
    /// How it was read.
    pub strategy: ReadStrategy,
    /// Why so, for people.
    pub reason: String,
    /// Whether absence is proved.
    pub is_complete: bool,
    /// Whether names and details of everything were asked for, not only of what is new.
    pub is_full: bool,
    /// Departments.
    pub departments: Vec<Department>,
    /// Members, each once.
    pub members: Vec<Member>,
    /// Folded userids whose details were read now, not taken over from the former mirror.
    pub fresh: HashSet<Text>,
    /// What could not be read.
    pub gaps: Gaps,
}

/// What could not be read; none is dropped silently.
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    list: Vec<Unreadable>,
    total: u64,
}

impl Gaps {
    /// Notes one subject.
    pub fn note(&mut self, subject: String, what: &str, why: impl Into<String>) {
        self.total += 1;
        if self.list.len() < UNREADABLE_KEPT {
            self.list.push(Unreadable { subject, what: what.to_owned(), why: why.into() });
        }
    }

    /// The kept ones, and the count of all.
    pub fn into_parts(self) -> (Vec<Unreadable>, u64) {
        (self.list, self.total)
    }

    /// How many there are.
    #[cfg(test)]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The kept ones.
    #[cfg(test)]
    pub fn list(&self) -> &[Unreadable] {
        &self.list
    }
}

/// Members by folded userid with the departments in which the id list names them, in the order of the answer.
pub type IdMap = BTreeMap<Text, (UserId, Vec<DepartmentId>)>;

/// Gathers the rows of an id list (one per membership) by member.
pub fn gather_ids(rows: impl IntoIterator<Item = (UserId, DepartmentId)>) -> IdMap {
    let mut ids = IdMap::new();
    for (userid, department) in rows {
        let (_, departments) = ids.entry(userid.folded()).or_insert_with(|| (userid, Vec::new()));
        if department.0 != 0 && !departments.contains(&department) {
            departments.push(department);
        }
    }
    ids
}

/// Whether what is known of a member still fits the departments that the id list names.
pub fn fits(known: &Member, departments: &[DepartmentId]) -> bool {
    known.memberships.len() == departments.len()
        && departments.iter().all(|d| known.memberships.iter().any(|m| m.department == *d))
}

/// A member of whom only the id list speaks. What an earlier read knew about the same person is kept; memberships are
/// those of the list, with order and headship where they are known.
pub fn from_ids(userid: UserId, departments: &[DepartmentId], known: Option<&Member>) -> Member {
    let memberships = departments
        .iter()
        .map(|department| {
            let known = known.and_then(|member| member.memberships.iter().find(|m| m.department == *department));
            known.cloned().unwrap_or(Membership { department: *department, order: 0, is_leader: false })
        })
        .collect();
    match known {
        Some(known) => Member {
            memberships,
            main_department: known.main_department.filter(|main| departments.contains(main)),
            ..known.clone()
        },
        None => Member {
            userid,
            memberships,
            main_department: None,
            status: None,
            direct_leader: None,
            fields: crate::model::Fields::new(),
            has_details: false,
        },
    }
}

/// Takes note that nobody shows the lists of attributes: what an earlier read knew of them may have grown since.
pub fn forget_lists(member: &mut Member) {
    AttributeList::ALL.into_iter().for_each(|list| drop(member.fields.insert(list.marker(), PARTLY)));
}

/// Finds out which lists of attributes are shown, and leaves markers only with members of whom it does not follow. A read
/// of all details tells it anew; one of some adds to what was known `before`.
pub fn settle_lists(reading: &mut Reading, before: ShownLists) -> ShownLists {
    let mut shown = if reading.is_full { ShownLists::default() } else { before };
    for list in AttributeList::ALL {
        let marker = list.marker();
        let is_fresh = |member: &Member| reading.fresh.contains(&member.userid.folded());
        let tells = |member: &Member| member.fields.get(&marker).is_some_and(|known| *known != WRITTEN);
        let is_shown = reading.members.iter().any(|member| tells(member) && is_fresh(member));
        shown.set(list, is_shown || shown.has(list));
        for member in &mut reading.members {
            match member.fields.get(&marker) {
                Some(known) if *known == WHOLE && reading.fresh.contains(&member.userid.folded()) => {
                    member.fields.remove(&marker);
                }
                // shown of others in an earlier read, of nobody in this one: it may be hidden by now
                None if !is_shown && !reading.is_full && reading.fresh.contains(&member.userid.folded()) => {
                    member.fields.insert(marker.clone(), PARTLY);
                }
                _ => {}
            }
        }
    }
    shown
}

/// Departments whose members should be read so that everybody in `wanted` is covered, each with those it is read for:
/// the department that holds most of them first. Members without departments are returned apart.
pub fn cover(wanted: &HashMap<Text, Vec<DepartmentId>>) -> (Vec<(DepartmentId, Vec<Text>)>, Vec<Text>) {
    let mut of: BTreeMap<DepartmentId, BTreeSet<&Text>> = BTreeMap::new();
    let mut without = Vec::new();
    for (folded, departments) in wanted {
        if departments.is_empty() {
            without.push(folded.clone());
        }
        for department in departments {
            of.entry(*department).or_default().insert(folded);
        }
    }
    without.sort();
    // each member counts for the first chosen department that holds it
    let mut order: Vec<_> = of.into_iter().collect();
    order.sort_by_key(|(department, members)| (std::cmp::Reverse(members.len()), *department));
    let mut covered: HashSet<&Text> = HashSet::with_capacity(wanted.len());
    let mut chosen = Vec::new();
    for (department, members) in order {
        let fresh: Vec<Text> = members.into_iter().filter(|folded| covered.insert(*folded)).cloned().collect();
        if !fresh.is_empty() {
            chosen.push((department, fresh));
        }
    }
    (chosen, without)
}

/// Puts the answers of `user/list` of many departments together: each member once. An answer of a narrower range may
/// name fewer departments of the same person, so memberships are united.
pub fn unite(members: &mut HashMap<Text, Member>, answered: Vec<Member>) {
    for member in answered {
        match members.entry(member.userid.folded()) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(member);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                for membership in member.memberships {
                    if !known.memberships.iter().any(|m| m.department == membership.department) {
                        known.memberships.push(membership);
                    }
                }
            }
        }
    }
}

/// Notes what a tree lacks: parents outside the list, names that were not answered; and finds what cannot be a tree.
pub fn check_tree(departments: &[Department], gaps: &mut Gaps) -> Result<(), String> {
    let parents: HashMap<DepartmentId, DepartmentId> = departments.iter().map(|d| (d.id, d.parent)).collect();
    if parents.len() != departments.len() {
        return Err("a department is listed twice".into());
    }
    let mut sound: HashSet<DepartmentId> = HashSet::with_capacity(departments.len());
    for department in departments {
        let mut path = HashSet::from([department.id]);
        let mut at = department.parent;
        while at.0 != 0 && !sound.contains(&at) {
            let Some(above) = parents.get(&at) else { break };
            if !path.insert(at) {
                return Err(format!("department {at} is below itself"));
            }
            at = *above;
        }
        sound.extend(path);
        if department.parent.0 != 0 && !parents.contains_key(&department.parent) {
            gaps.note(
                format!("department {}", department.id),
                "parent",
                format!("its parent {} is outside the visible range; it is shown as a root", department.parent),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(id: u32, parent: u32) -> Department {
        Department { id: DepartmentId(id), parent: DepartmentId(parent), name: None, order: 0, leaders: Vec::new() }
    }

    fn ids(list: &[u32]) -> Vec<DepartmentId> {
        list.iter().copied().map(DepartmentId).collect()
    }

    #[test]
    fn rows_are_gathered_by_member_whatever_the_case() {
        let rows = [("A", 1), ("b", 2), ("a", 3), ("b", 2), ("c", 0)];
        let got = gather_ids(rows.map(|(u, d)| (UserId::from(u), DepartmentId(d))));
        assert_eq!(got["a"], ("A".into(), ids(&[1, 3])));
        assert_eq!(got["b"].1, ids(&[2]));
        assert!(got["c"].1.is_empty(), "a row without a department is a member without departments");
    }

    #[test]
    fn details_are_read_of_few_departments() {
        let wanted: HashMap<Text, Vec<DepartmentId>> =
            [("a", vec![1, 2]), ("b", vec![2]), ("c", vec![2, 3]), ("d", vec![4]), ("e", vec![])]
                .into_iter()
                .map(|(folded, departments)| (Text::from(folded), ids(&departments)))
                .collect();
        let (chosen, without) = cover(&wanted);
        let names = |list: &[&str]| list.iter().copied().map(Text::from).collect::<Vec<_>>();
        assert_eq!(chosen, [(DepartmentId(2), names(&["a", "b", "c"])), (DepartmentId(4), names(&["d"]))]);
        assert_eq!(without, names(&["e"]));
    }

    #[test]
    fn a_tree_with_a_missing_parent_is_noted_and_a_cycle_refused() {
        let mut gaps = Gaps::default();
        check_tree(&[department(5, 3), department(6, 5)], &mut gaps).unwrap();
        assert_eq!((gaps.total(), gaps.list()[0].subject.as_str()), (1, "department 5"));
        assert!(check_tree(&[department(5, 6), department(6, 5)], &mut gaps).unwrap_err().contains("below itself"));
        assert!(check_tree(&[department(5, 5)], &mut gaps).unwrap_err().contains("below itself"));
        assert!(check_tree(&[department(5, 0), department(5, 0)], &mut gaps).unwrap_err().contains("twice"));
        // as deep as an answer can be, and the same as one circle
        let mut chain: Vec<Department> = (1..=100_000).map(|id| department(id, id - 1)).collect();
        chain.reverse();
        check_tree(&chain, &mut gaps).unwrap();
        chain[99_999].parent = DepartmentId(100_000);
        assert!(check_tree(&chain, &mut gaps).unwrap_err().contains("below itself"));
    }

    #[test]
    fn a_member_keeps_what_was_known_when_only_ids_are_read() {
        let known = Member {
            userid: "a".into(),
            memberships: vec![
                Membership { department: DepartmentId(1), order: 7, is_leader: true },
                Membership { department: DepartmentId(2), order: 8, is_leader: false },
            ],
            main_department: Some(DepartmentId(2)),
            status: None,
            direct_leader: None,
            fields: [(crate::model::MemberField::Name, Text::from("n"))].into_iter().collect(),
            has_details: true,
        };
        assert!(fits(&known, &ids(&[2, 1])));
        assert!(!fits(&known, &ids(&[1])));
        let now = from_ids("a".into(), &ids(&[1, 3]), Some(&known));
        assert_eq!(now.memberships[0], known.memberships[0]);
        assert_eq!(now.memberships[1].department, DepartmentId(3));
        assert_eq!((now.main_department, now.has_details), (None, true));
    }
}

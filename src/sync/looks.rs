//! How the details of some members are read with the fewest calls: one by one, department by department, or a whole
//! branch of the tree with one call. Values only; the budget counts with it, and the engine reads by it.
//!
//! `user/list` of a single department costs one call for all its members; with `fetch_child` one call answers a whole
//! branch (doc path 90201). That is how a hundred changes all over an organisation of some thousand people can be
//! compared with what WeCom shows now for one or two calls beside the hundred writes.

use crate::model::{DepartmentId, Text};
use crate::sync::pull::reading;
use std::collections::HashMap;

/// Members that one call for a branch may answer: about 8 MiB. WeCom refuses answers that are too large (45029)
/// without saying where that begins.
pub const BRANCH_MAX: usize = 5_000;
/// Up to so many departments are asked for their names one by one; `department/list` is slow in large corps.
pub const NAMES_SINGLY_MAX: usize = 3;
/// Rows that weigh as much as a call of their own, so that nobody reads five thousand to look at two.
const ROWS_PER_CALL: f64 = 1_000.0;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// `user/get`
    One(Text),
    /// `user/list` of a department, made for these members.
    List(DepartmentId, Vec<Text>),
    /// `user/list` of a department with everything below it, made for these members.
    Branch(DepartmentId, Vec<Text>),
}

/// The tree as far as it is known: parents, and how many members each department has.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// By department.
    pub parents: HashMap<DepartmentId, DepartmentId>,
    /// By department; a department that is missing has none.
    pub sizes: HashMap<DepartmentId, usize>,
}

/// What is still to be read below one department.
#[derive(Default)]
struct Need {
    looks: Vec<Look>,
    weight: f64,
    members: Vec<Text>,
    size: usize,
}

impl Need {
    fn take(&mut self, other: Self) {
        self.looks.extend(other.looks);
        self.weight += other.weight;
        self.members.extend(other.members);
        self.size += other.size;
    }
}

/// The calls that show the details of everybody in `wanted`, given with the departments each is in. Branches of more
/// than `branch_max` members are not read as a whole.
pub fn cheapest(wanted: &HashMap<Text, Vec<DepartmentId>>, tree: &Tree, branch_max: usize) -> Vec<Look> {
    let (lists, without) = reading::cover(wanted);
    let mut looks: Vec<Look> = without.into_iter().map(Look::One).collect();
    let mut own: HashMap<DepartmentId, Vec<Text>> = lists.into_iter().collect();
    let mut needs: HashMap<DepartmentId, Need> = HashMap::new();
    for department in bottom_up(tree) {
        let mut need = needs.remove(&department).unwrap_or_default();
        need.take(of_department(department, own.remove(&department).unwrap_or_default(), tree));
        let weight = weight_of(need.size);
        if need.looks.len() > 1 && need.size <= branch_max && weight < need.weight {
            need.members.sort();
            need.looks = vec![Look::Branch(department, need.members.clone())];
            need.weight = weight;
        }
        match tree.parents.get(&department).filter(|parent| tree.parents.contains_key(parent)) {
            Some(parent) => needs.entry(*parent).or_default().take(need),
            None => looks.extend(need.looks),
        }
    }
    // departments that the tree does not know
    let mut strange: Vec<_> = own.into_iter().collect();
    strange.sort();
    looks.extend(strange.into_iter().flat_map(|(department, members)| of_department(department, members, tree).looks));
    looks
}

/// Members of one department: its list, or one by one where that is less.
fn of_department(department: DepartmentId, mut members: Vec<Text>, tree: &Tree) -> Need {
    let size = tree.sizes.get(&department).copied().unwrap_or_default();
    let (list, singles) = (weight_of(size), members.len() as f64);
    members.sort();
    let looks = match members.len() {
        0 => Vec::new(),
        1 => vec![Look::One(members[0].clone())],
        _ if singles <= list => members.iter().cloned().map(Look::One).collect(),
        _ => vec![Look::List(department, members.clone())],
    };
    let weight = if members.is_empty() { 0.0 } else { list.min(singles) };
    Need { looks, weight, members, size }
}

fn weight_of(rows: usize) -> f64 {
    1.0 + rows as f64 / ROWS_PER_CALL
}

/// Every department after all that are below it. What is part of a circle is left out.
fn bottom_up(tree: &Tree) -> Vec<DepartmentId> {
    let mut below: HashMap<DepartmentId, Vec<DepartmentId>> = HashMap::new();
    let mut order = Vec::with_capacity(tree.parents.len());
    for (id, parent) in &tree.parents {
        if tree.parents.contains_key(parent) && parent != id {
            below.entry(*parent).or_default().push(*id);
        } else {
            order.push(*id);
        }
    }
    order.sort();
    let mut at = 0;
    while at < order.len() {
        let mut next = below.remove(&order[at]).unwrap_or_default();
        next.sort();
        order.extend(next);
        at += 1;
    }
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 ─ 2 ─ 3, 1 ─ 4
    fn tree(sizes: &[(u32, usize)]) -> Tree {
        let id = |(child, parent)| (DepartmentId(child), DepartmentId(parent));
        Tree {
            parents: [(1, 0), (2, 1), (3, 2), (4, 1)].map(id).into(),
            sizes: sizes.iter().map(|(id, size)| (DepartmentId(*id), *size)).collect(),
        }
    }

    fn wanted(people: &[(&str, &[u32])]) -> HashMap<Text, Vec<DepartmentId>> {
        people.iter().map(|(name, ids)| (Text::from(*name), ids.iter().copied().map(DepartmentId).collect())).collect()
    }

    fn texts(names: &[&str]) -> Vec<Text> {
        names.iter().copied().map(Text::from).collect()
    }

    #[test]
    fn the_fewest_calls() {
        let (one, id) = (|name: &str| Look::One(name.into()), DepartmentId);
        let small = tree(&[(1, 2), (2, 20), (3, 30), (4, 40)]);
        let large = tree(&[(1, 2), (2, 2_900), (3, 2_900), (4, 40)]);
        let everywhere: &[(&str, &[u32])] =
            &[("a", &[2]), ("b", &[2]), ("c", &[3]), ("d", &[3]), ("e", &[4]), ("f", &[4])];
        type People<'a> = &'a [(&'a str, &'a [u32])];
        let cases: [(&str, People<'_>, &Tree, Vec<Look>); 8] = [
            ("nobody", &[], &small, vec![]),
            ("one", &[("a", &[3])], &small, vec![one("a")]),
            ("without a department", &[("a", &[])], &small, vec![one("a")]),
            ("two of one department", &[("a", &[3]), ("b", &[3])], &small, vec![Look::List(id(3), texts(&["a", "b"]))]),
            ("two of a large one", &[("a", &[3]), ("b", &[3])], &large, vec![one("a"), one("b")]),
            ("all over", everywhere, &small, vec![Look::Branch(id(1), texts(&["a", "b", "c", "d", "e", "f"]))]),
            ("two of one branch", &[("a", &[2]), ("c", &[3])], &small, vec![Look::Branch(id(2), texts(&["a", "c"]))]),
            ("strange department", &[("a", &[9]), ("b", &[9])], &small, vec![Look::List(id(9), texts(&["a", "b"]))]),
        ];
        for (name, people, tree, want) in cases {
            assert_eq!(cheapest(&wanted(people), tree, BRANCH_MAX), want, "{name}");
        }
        let split = cheapest(&wanted(everywhere), &large, BRANCH_MAX);
        assert!(split.iter().all(|look| !matches!(look, Look::Branch(..))), "5,842 are too many: {split:?}");
        let split = cheapest(&wanted(everywhere), &small, 0);
        assert_eq!(split.len(), 3, "{split:?}");
    }

    #[test]
    fn a_circle_ends() {
        let mut circle = tree(&[]);
        circle.parents.insert(DepartmentId(1), DepartmentId(3));
        assert_eq!(cheapest(&wanted(&[("a", &[3])]), &circle, BRANCH_MAX), [Look::One("a".into())]);
    }
}

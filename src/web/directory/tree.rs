//! An org tree on a page: its upper levels and the branch that is open; further branches come when they are opened.

use crate::browse::directory::UnitNode;
use crate::browse::mirror::{DepartmentNode, Naming};
use crate::browse::{Branch, Line};
use crate::locale::T;
use crate::model::{DepartmentId, UnitId};
use crate::web::link::part;

/// One line of a tree.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// Shown name.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// Where the lines below it come from.
    pub load: String,
    /// People of the branch.
    pub count: u32,
    /// Whether there is something below it.
    pub has_children: bool,
    /// Whether the lines below it follow.
    pub is_open: bool,
    /// Whether it is the one that the page shows.
    pub is_current: bool,
    /// Whether it is linked with the other side; `None` where that is not shown.
    pub is_linked: Option<bool>,
    /// Whether the name is none: unreadable, or a placeholder.
    pub is_unnamed: bool,
    /// Lines below it that are not listed because there are too many.
    pub hidden: usize,
    /// Lists that end behind it.
    pub closes: usize,
}

/// Lines of a tree with where their lists end.
pub fn items<N>(lines: Vec<Line<N>>, item: impl Fn(&N) -> Item) -> Vec<Item> {
    let levels: Vec<usize> = lines.iter().skip(1).map(|line| line.level).chain([0]).collect();
    lines
        .iter()
        .zip(levels)
        .map(|(line, next)| {
            let deepest = line.level + usize::from(line.is_open);
            Item {
                is_open: line.is_open,
                hidden: line.hidden,
                closes: deepest.saturating_sub(next),
                ..item(&line.node)
            }
        })
        .collect()
}

/// The query that names a branch: `unit=…`, `stray=1`.
pub fn query_of_unit(branch: &Branch<UnitId>) -> String {
    match branch {
        Branch::Node(id) => format!("unit={}", part(id)),
        Branch::Stray => "stray=1".into(),
    }
}

/// The query that names a branch: `department=…`, `stray=1`.
pub fn query_of_department(branch: &Branch<DepartmentId>) -> String {
    match branch {
        Branch::Node(id) => format!("department={id}"),
        Branch::Stray => "stray=1".into(),
    }
}

/// The branch that a query names.
pub fn unit_of_query(unit: &str, stray: &str) -> Option<Branch<UnitId>> {
    if stray == "1" { Some(Branch::Stray) } else { (!unit.is_empty()).then(|| Branch::Node(UnitId::from(unit))) }
}

/// The branch that a query names.
pub fn department_of_query(department: &str, stray: &str) -> Option<Branch<DepartmentId>> {
    if stray == "1" {
        return Some(Branch::Stray);
    }
    department.parse().ok().map(|id| Branch::Node(DepartmentId(id)))
}

/// A unit as a line; `list` is the address of its list, `load` that of the lines below it.
pub fn unit_item(t: T, node: &UnitNode, list: &str, load: &str, current: Option<&Branch<UnitId>>) -> Item {
    let query = query_of_unit(&node.branch);
    Item {
        name: unit_name(t, &node.branch, &node.name),
        href: format!("{list}?{query}"),
        load: format!("{load}?{query}"),
        count: node.total,
        has_children: node.children > 0,
        is_current: current == Some(&node.branch),
        ..Item::default()
    }
}

/// A department as a line.
pub fn department_item(
    t: T,
    node: &DepartmentNode,
    list: &str,
    load: &str,
    current: Option<&Branch<DepartmentId>>,
) -> Item {
    let query = query_of_department(&node.branch);
    Item {
        name: department_name(t, &node.branch, node.name.as_deref()),
        href: format!("{list}?{query}"),
        load: format!("{load}?{query}"),
        count: node.total,
        has_children: node.children > 0,
        is_current: current == Some(&node.branch),
        is_linked: Some(node.unit.is_some()).filter(|_| node.branch != Branch::Stray),
        is_unnamed: node.naming != Naming::Read,
        ..Item::default()
    }
}

/// The shown name of a unit.
pub fn unit_name(t: T, branch: &Branch<UnitId>, name: &str) -> String {
    match branch {
        Branch::Stray => t.dir_stray().to_owned(),
        Branch::Node(id) if name.is_empty() => id.to_string(),
        Branch::Node(_) => name.to_owned(),
    }
}

/// The shown name of a department.
pub fn department_name(t: T, branch: &Branch<DepartmentId>, name: Option<&str>) -> String {
    match (branch, name) {
        (Branch::Stray, _) => t.dir_stray().to_owned(),
        (Branch::Node(id), None) => t.wx_department_unreadable(id),
        (Branch::Node(_), Some(name)) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_that_opens_ends() {
        let line = |level, is_open| Line { node: (), level, is_open, hidden: 0 };
        for levels in [
            vec![],
            vec![(0, false)],
            vec![(0, true), (1, false), (1, true), (2, false), (0, false)],
            vec![(0, true), (1, true), (2, true), (3, false)],
        ] {
            let lines = levels.iter().map(|(level, is_open)| line(*level, *is_open)).collect();
            let items = items(lines, |()| Item::default());
            let mut depth = 0;
            for (item, (level, is_open)) in items.iter().zip(&levels) {
                assert_eq!(depth, *level, "{levels:?}");
                depth = depth + usize::from(*is_open) - item.closes;
            }
            assert_eq!(depth, 0, "{levels:?}");
        }
    }
}

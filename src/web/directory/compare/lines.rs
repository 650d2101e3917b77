//! The lines of both trees side by side: the upper levels, and the way to the place that was chosen. Pure.

use crate::browse::mirror::{MirrorView, Side, SideRow};
use crate::browse::{Branch, CHILDREN_MAX};
use crate::model::{DepartmentId, UnitId};
use crate::web::directory::tree;
use crate::web::listing::Listing;
use std::collections::HashSet;

/// Levels that are open at first.
const LEVELS: usize = 2;
/// Lines of the two trees at most.
const LINES_MAX: usize = 800;

/// One line of the two trees.
pub(super) struct Line {
    pub(super) row: SideRow,
    pub(super) level: usize,
    pub(super) is_open: bool,
    pub(super) has_children: bool,
    pub(super) hidden: usize,
    pub(super) closes: usize,
    pub(super) query: String,
    pub(super) is_current: bool,
}

/// What stands for a place in addresses.
fn query_of(row: &SideRow) -> String {
    match (&row.unit, &row.department) {
        (Some(unit), _) => query_of_unit(&unit.branch),
        (None, Some(department)) => query_of_department(&department.branch),
        (None, None) => String::new(),
    }
}

fn query_of_unit(branch: &Branch<UnitId>) -> String {
    if *branch == Branch::Stray { "strays=oa".into() } else { tree::query_of_unit(branch) }
}

fn query_of_department(branch: &Branch<DepartmentId>) -> String {
    if *branch == Branch::Stray { "strays=wecom".into() } else { tree::query_of_department(branch) }
}

/// The place that an address names.
pub(super) fn place_of(list: &Listing) -> Option<Side> {
    match (list.get("unit"), list.get("department"), list.get("strays")) {
        ("", "", "oa") => Some(Side::Unit(Branch::Stray)),
        ("", "", "wecom") => Some(Side::Department(Branch::Stray)),
        ("", "", _) => None,
        ("", department, _) => department.parse().ok().map(|id| Side::Department(Branch::Node(DepartmentId(id)))),
        (unit, ..) => Some(Side::Unit(Branch::Node(UnitId::from(unit)))),
    }
}

fn side_of(row: &SideRow) -> Option<Side> {
    match (&row.unit, &row.department) {
        (Some(unit), _) => Some(Side::Unit(unit.branch.clone())),
        (None, Some(department)) => Some(Side::Department(department.branch.clone())),
        (None, None) => None,
    }
}

/// A line for a row, closed.
pub(super) fn line(row: SideRow, level: usize, current: Option<&Side>) -> Line {
    let is_current = current.is_some() && side_of(&row).as_ref() == current;
    let (has_children, query) = (row.has_children(), query_of(&row));
    Line { row, level, is_open: false, has_children, hidden: 0, closes: 0, query, is_current }
}

/// The upper levels of both trees, and the way to the place that was chosen.
pub(super) fn outline(view: &MirrorView, place: Option<&Side>) -> Vec<Line> {
    let open: HashSet<String> = place.map(|place| way_to(view, place)).unwrap_or_default();
    let mut lines: Vec<Line> = Vec::new();
    let top = view.sides(&Side::Top, 0, CHILDREN_MAX).map(|children| children.nodes).unwrap_or_default();
    let mut waiting: Vec<Line> = top.into_iter().rev().map(|row| line(row, 0, place)).collect();
    while let Some(mut next) = waiting.pop() {
        let wants = next.has_children && (next.level + 1 < LEVELS || open.contains(&next.query));
        let children = side_of(&next.row)
            .filter(|_| wants && lines.len() + waiting.len() < LINES_MAX)
            .and_then(|side| view.sides(&side, 0, CHILDREN_MAX));
        if let Some(children) = children.filter(|children| !children.nodes.is_empty()) {
            next.is_open = true;
            next.hidden = children.total - children.nodes.len();
            let level = next.level + 1;
            waiting.extend(children.nodes.into_iter().rev().map(|row| line(row, level, place)));
        }
        lines.push(next);
    }
    close(&mut lines, 0);
    lines
}

/// Notes behind which line how many lists end; the lines begin at a level.
pub(super) fn close(lines: &mut [Line], from: usize) {
    let levels: Vec<usize> = lines.iter().skip(1).map(|line| line.level).chain([from]).collect();
    for (line, next) in lines.iter_mut().zip(levels) {
        line.closes = (line.level + usize::from(line.is_open)).saturating_sub(next);
    }
}

/// The places that lead to one, itself included, as they stand in addresses.
fn way_to(view: &MirrorView, place: &Side) -> HashSet<String> {
    let units = |branch: &Branch<UnitId>| {
        view.directory().path(branch).into_iter().map(|step| query_of_unit(&step.branch)).collect::<Vec<_>>()
    };
    match place {
        Side::Top => HashSet::new(),
        Side::Unit(branch) => units(branch).into_iter().collect(),
        Side::Department(branch) => {
            let mut way = HashSet::new();
            for step in view.path(branch) {
                match view.department(&step.branch).and_then(|node| node.unit) {
                    Some(unit) => way.extend(units(&Branch::Node(unit.id))),
                    None => drop(way.insert(query_of_department(&step.branch))),
                }
            }
            way
        }
    }
}

//! What a page shows of a tree: its upper levels, and the branches that are opened.

use super::tree::Tree;
use std::collections::HashSet;

/// Children of one node that an outline lists at most, besides those that lead to an opened branch.
pub const CHILDREN_MAX: usize = 200;
/// Lines of an outline at most.
const LINES_MAX: usize = 1_000;

/// A branch of a tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Branch<I> {
    /// Everything from this node down.
    Node(I),
    /// Everything that has no place in the tree: a parent that does not exist, a cycle.
    Stray,
}

impl<I> Branch<I> {
    /// The node at its top; `None` for what has no place.
    pub fn node(&self) -> Option<&I> {
        match self {
            Self::Node(id) => Some(id),
            Self::Stray => None,
        }
    }
}

/// What is to be shown of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineQuery<I> {
    /// Levels that are shown open from the top: 1 = only the tops themselves.
    pub levels: usize,
    /// Branches that are open besides, with everything above them.
    pub open: Vec<Branch<I>>,
}

impl<I> Default for OutlineQuery<I> {
    fn default() -> Self {
        Self { levels: 2, open: Vec::new() }
    }
}

/// One line of a tree that is shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line<N> {
    /// The node.
    pub node: N,
    /// How deep it stands; tops are at 0.
    pub level: usize,
    /// Whether the lines of its children follow.
    pub is_open: bool,
    /// Nodes that would follow and are not listed because there are too many: its children, where it is open; further tops
    /// of the tree, on the last line.
    pub hidden: usize,
}

/// Some of the nodes below a node.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Children<N> {
    /// The nodes, in order.
    pub nodes: Vec<N>,
    /// How many there are in all.
    pub total: usize,
}

/// The lines of a tree: `levels` of it, and the branches that are opened.
pub(super) fn outline<N>(tree: &Tree, levels: usize, open: &[u32], describe: impl Fn(u32) -> N) -> Vec<Line<N>> {
    let opened: HashSet<u32> = open.iter().flat_map(|node| tree.path(*node)).collect();
    let mut lines: Vec<Line<N>> = Vec::new();
    let tops = tree.tops();
    let is_shown =
        |(at, node): &(usize, &u32)| *at < LINES_MAX || opened.contains(*node) || tree.stray() == Some(**node);
    let mut waiting: Vec<(u32, usize)> = tops.iter().enumerate().filter(is_shown).map(|(_, node)| (*node, 0)).collect();
    let hidden_tops = tops.len() - waiting.len();
    waiting.reverse();
    while let Some((node, level)) = waiting.pop() {
        let mut line = Line { node: describe(node), level, is_open: false, hidden: 0 };
        let has_room = lines.len() + waiting.len() < LINES_MAX;
        if tree.below(node) > 0 && (opened.contains(&node) || has_room && level + 1 < levels) {
            line.is_open = true;
            let before = waiting.len();
            for (at, child) in tree.children(node).enumerate() {
                if at < CHILDREN_MAX || opened.contains(&child) {
                    waiting.push((child, level + 1));
                } else {
                    line.hidden += 1;
                }
            }
            waiting[before..].reverse();
        }
        lines.push(line);
    }
    if let Some(last) = lines.last_mut() {
        last.hidden += hidden_tops;
    }
    lines
}

/// The children of a node from the place `from` on.
pub(super) fn children<N>(
    tree: &Tree,
    node: u32,
    from: usize,
    limit: usize,
    describe: impl Fn(u32) -> N,
) -> Children<N> {
    let mut total = 0;
    let mut nodes = Vec::new();
    for child in tree.children(node) {
        if total >= from && nodes.len() < limit {
            nodes.push(describe(child));
        }
        total += 1;
    }
    Children { nodes, total }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Parent;
    use super::*;

    fn shown(tree: &Tree, levels: usize, open: &[u32]) -> String {
        let lines = outline(tree, levels, open, |node| node);
        let show = |line: &Line<u32>| {
            let mark = if line.is_open { "-" } else { "" };
            let hidden = if line.hidden > 0 { format!("(+{})", line.hidden) } else { String::new() };
            format!("{}{}{mark}{hidden}", ".".repeat(line.level), line.node)
        };
        lines.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn upper_levels_and_opened_branches_are_shown() {
        use Parent::{Missing, Node, Top};
        let parents = [Top, Node(0), Node(0), Node(1), Node(3), Node(2), Missing];
        let tree = Tree::build(&parents, &[0, 1, 2, 3, 4, 5, 6], false);
        for (levels, open, wanted) in [
            (1, &[][..], "0 7"),
            (2, &[], "0- .1 .2 7- .6"),
            (1, &[3], "0- .1- ..3- ...4 .2 7"),
            (1, &[6], "0 7- .6"),
            (9, &[], "0- .1- ..3- ...4 .2- ..5 7- .6"),
        ] {
            assert_eq!(shown(&tree, levels, open), wanted, "{levels} levels, open {open:?}");
        }
    }

    #[test]
    fn a_forest_is_cut_too() {
        let mut parents = vec![Parent::Top; 3_000];
        parents.push(Parent::Missing);
        let siblings: Vec<u32> = (0..3_001).collect();
        let lines = outline(&Tree::build(&parents, &siblings, false), 1, &[2_000], |node| node);
        assert_eq!(lines.len(), LINES_MAX + 2, "the opened one and the stray node are always there");
        assert_eq!(lines.last().map(|line| (line.node, line.hidden)), Some((3_001, 3_001 - LINES_MAX - 2)));
    }

    #[test]
    fn a_wide_branch_is_cut_but_the_way_to_an_opened_one_stays() {
        let parents: Vec<Parent> =
            (0..5_000).map(|node| if node == 0 { Parent::Top } else { Parent::Node(0) }).collect();
        let siblings: Vec<u32> = (0..5_000).collect();
        let tree = Tree::build(&parents, &siblings, false);
        let lines = outline(&tree, 2, &[4_000], |node| node);
        assert_eq!((lines.len(), lines[0].hidden), (202, 4_999 - 201));
        assert_eq!(lines[201].node, 4_000);
        let rest = children(&tree, 0, 4_990, 100, |node| node);
        assert_eq!((rest.nodes.len(), rest.total), (9, 4_999));
    }
}

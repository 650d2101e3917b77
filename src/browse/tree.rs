//! A tree over numbered nodes: built without recursion, whatever the parents say. What has no place in it (its parent is
//! missing, or it is part of a cycle) hangs below one stray node, so that nothing is lost.

use std::ops::Range;

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// What a node says about the node above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    /// There is none: it stands at the top.
    Top,
    /// This one.
    Node(u32),
    /// One that does not exist.
    Missing,
}

/// Why a node has no place of its own in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Misplaced {
    /// The node above it does not exist.
    ParentMissing,
    /// It is above itself.
    Cycle,
}

/// The tree in preorder: a branch is one stretch of places.
#[derive(Debug)]
pub(super) struct Tree {
    parents: Box<[u32]>,
    /// The node at each place.
    order: Box<[u32]>,
    /// The place of each node.
    places: Box<[u32]>,
    /// Nodes in the branch of each node, itself included.
    sizes: Box<[u32]>,
    tops: Box<[u32]>,
    /// Why, by node, ascending.
    misplaced: Box<[(u32, Misplaced)]>,
    stray: Option<u32>,
}

impl Tree {
    /// Builds the tree. `siblings` holds all nodes so that those of one parent come in the order in which they are shown.
    /// With `needs_stray` there is a stray node even when every node has its place.
    pub(super) fn build(parents: &[Parent], siblings: &[u32], needs_stray: bool) -> Self {
        let stray = parents.len() as u32;
        let mut up: Vec<u32> = parents
            .iter()
            .map(|parent| match parent {
                Parent::Top => NONE,
                Parent::Node(above) => *above,
                Parent::Missing => stray,
            })
            .collect();
        let missing = (0..stray).filter(|node| parents[*node as usize] == Parent::Missing);
        let mut misplaced: Vec<_> = missing.map(|node| (node, Misplaced::ParentMissing)).collect();
        break_cycles(&mut up, stray, &mut misplaced);
        misplaced.sort_unstable_by_key(|(node, _)| *node);
        let has_stray = needs_stray || !misplaced.is_empty();
        if has_stray {
            up.push(NONE);
        }
        let mut tops: Vec<u32> = siblings.iter().copied().filter(|node| up[*node as usize] == NONE).collect();
        tops.extend(has_stray.then_some(stray));
        let (order, places) = preorder(&up, siblings, &tops);
        let mut sizes = vec![1; up.len()];
        for &node in order.iter().rev() {
            if up[node as usize] != NONE {
                sizes[up[node as usize] as usize] += sizes[node as usize];
            }
        }
        Self {
            parents: up.into(),
            order: order.into(),
            places: places.into(),
            sizes: sizes.into(),
            tops: tops.into(),
            misplaced: misplaced.into(),
            stray: has_stray.then_some(stray),
        }
    }

    /// How many nodes there are, the stray node included.
    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    /// The node below which everything hangs that has no place; it is the last of the tops.
    pub(super) fn stray(&self) -> Option<u32> {
        self.stray
    }

    /// The nodes without a node above them, in order.
    pub(super) fn tops(&self) -> &[u32] {
        &self.tops
    }

    pub(super) fn parent(&self, node: u32) -> Option<u32> {
        Some(self.parents[node as usize]).filter(|parent| *parent != NONE)
    }

    /// Why a node has no place of its own.
    pub(super) fn misplaced(&self, node: u32) -> Option<Misplaced> {
        let found = self.misplaced.binary_search_by_key(&node, |(node, _)| *node);
        found.ok().map(|at| self.misplaced[at].1)
    }

    /// The places of a branch, its top included.
    pub(super) fn branch(&self, node: u32) -> Range<u32> {
        let place = self.places[node as usize];
        place..place + self.sizes[node as usize]
    }

    /// The place of a node.
    pub(super) fn place(&self, node: u32) -> u32 {
        self.places[node as usize]
    }

    /// How many nodes lie below a node.
    pub(super) fn below(&self, node: u32) -> u32 {
        self.sizes[node as usize] - 1
    }

    /// The nodes directly below a node, in order.
    pub(super) fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let Range { start, end } = self.branch(node);
        let mut place = start + 1;
        std::iter::from_fn(move || {
            let child = (place < end).then(|| self.order[place as usize])?;
            place += self.sizes[child as usize];
            Some(child)
        })
    }

    /// The nodes from the top down to this one, itself included.
    pub(super) fn path(&self, node: u32) -> Vec<u32> {
        let mut path: Vec<u32> = std::iter::successors(Some(node), |node| self.parent(*node)).collect();
        path.reverse();
        path
    }

    /// The lowest node whose branch holds both.
    pub(super) fn meeting(&self, a: u32, b: u32) -> Option<u32> {
        let place = self.place(b);
        std::iter::successors(Some(a), |node| self.parent(*node)).find(|node| self.branch(*node).contains(&place))
    }

    pub(super) fn bytes(&self) -> usize {
        self.len() * 16 + self.tops.len() * 4 + self.misplaced.len() * 8
    }
}

/// Hangs one node of every cycle, the first one, below the stray node.
fn break_cycles(up: &mut [u32], stray: u32, misplaced: &mut Vec<(u32, Misplaced)>) {
    // the walk in which a node was met; nodes of earlier walks lead out
    let mut met = vec![NONE; up.len()];
    for start in 0..stray {
        let mut node = start;
        while node < stray && met[node as usize] == NONE {
            met[node as usize] = start;
            node = up[node as usize];
        }
        if node >= stray || met[node as usize] != start {
            continue;
        }
        let mut cycle = vec![node];
        let mut next = up[node as usize];
        while next != node {
            cycle.push(next);
            next = up[next as usize];
        }
        misplaced.extend(cycle.iter().map(|node| (*node, Misplaced::Cycle)));
        let entry = cycle.into_iter().min().unwrap_or(node);
        up[entry as usize] = stray;
    }
}

/// The nodes so that each comes before what is below it, and the place of each.
fn preorder(up: &[u32], siblings: &[u32], tops: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; up.len() + 1];
    for &above in up.iter().filter(|above| **above != NONE) {
        starts[above as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut children = vec![0_u32; starts.last().map_or(0, |count| *count as usize)];
    let mut free = starts.clone();
    for &node in siblings.iter().filter(|node| up[**node as usize] != NONE) {
        let place = &mut free[up[node as usize] as usize];
        children[*place as usize] = node;
        *place += 1;
    }
    let (mut order, mut places) = (Vec::with_capacity(up.len()), vec![0; up.len()]);
    let mut open: Vec<u32> = tops.iter().rev().copied().collect();
    while let Some(node) = open.pop() {
        places[node as usize] = order.len() as u32;
        order.push(node);
        let below = starts[node as usize] as usize..starts[node as usize + 1] as usize;
        open.extend(children[below].iter().rev());
    }
    (order, places)
}

/// A count for each node: what is directly at it, and what is in its whole branch. Something that is at several nodes of
/// a branch counts once in it.
#[derive(Debug)]
pub(super) struct Tally {
    direct: Box<[u32]>,
    total: Box<[u32]>,
}

/// A [`Tally`] that is being counted.
#[derive(Debug)]
pub(super) struct Counting {
    direct: Vec<u32>,
    /// By place: what begins to count there, less what is counted twice from there upwards.
    sums: Vec<i32>,
}

impl Counting {
    pub(super) fn new(tree: &Tree) -> Self {
        Self { direct: vec![0; tree.len()], sums: vec![0; tree.len()] }
    }

    /// Counts something that is at one node.
    pub(super) fn add(&mut self, tree: &Tree, node: u32) {
        self.direct[node as usize] += 1;
        self.sums[tree.place(node) as usize] += 1;
    }

    /// Counts something that is at several nodes; the list is put in order, and a node that is named twice counts once.
    pub(super) fn add_all(&mut self, tree: &Tree, nodes: &mut Vec<u32>) {
        if let [node] = nodes[..] {
            return self.add(tree, node);
        }
        nodes.sort_unstable_by_key(|node| tree.place(*node));
        nodes.dedup();
        for (at, &node) in nodes.iter().enumerate() {
            self.add(tree, node);
            let meeting = at.checked_sub(1).and_then(|before| tree.meeting(nodes[before], node));
            if let Some(meeting) = meeting {
                self.sums[tree.place(meeting) as usize] -= 1;
            }
        }
    }

    pub(super) fn finish(mut self, tree: &Tree) -> Tally {
        let mut total = vec![0; tree.len()];
        for &node in tree.order.iter().rev() {
            let sum = self.sums[tree.place(node) as usize];
            total[node as usize] = sum.max(0).unsigned_abs();
            if let Some(parent) = tree.parent(node) {
                self.sums[tree.place(parent) as usize] += sum;
            }
        }
        Tally { direct: self.direct.into(), total: total.into() }
    }
}

impl Tally {
    pub(super) fn direct(&self, node: u32) -> u32 {
        self.direct[node as usize]
    }

    pub(super) fn total(&self, node: u32) -> u32 {
        self.total[node as usize]
    }

    pub(super) fn bytes(&self) -> usize {
        self.direct.len() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn build(parents: &[Parent]) -> Tree {
        let siblings: Vec<u32> = (0..parents.len() as u32).collect();
        Tree::build(parents, &siblings, false)
    }

    #[test]
    fn what_has_no_place_hangs_below_the_stray_node() {
        use Parent::{Missing, Node, Top};
        type Row<'a> = (&'a str, &'a [Parent], &'a [u32], &'a [u32], &'a [(u32, Misplaced)]);
        let rows: [Row<'_>; 7] = [
            ("nothing", &[], &[], &[], &[]),
            ("one root", &[Top, Node(0), Node(0)], &[0], &[], &[]),
            ("two roots", &[Top, Top], &[0, 1], &[], &[]),
            ("a missing parent", &[Top, Missing, Node(1)], &[0, 3], &[1], &[(1, Misplaced::ParentMissing)]),
            ("its own parent", &[Top, Node(1)], &[0, 2], &[1], &[(1, Misplaced::Cycle)]),
            (
                "a cycle with a tail",
                &[Node(1), Node(2), Node(1), Top],
                &[3, 4],
                &[1],
                &[(1, Misplaced::Cycle), (2, Misplaced::Cycle)],
            ),
            (
                "two cycles",
                &[Node(1), Node(0), Node(3), Node(2)],
                &[4],
                &[0, 2],
                &[(0, Misplaced::Cycle), (1, Misplaced::Cycle), (2, Misplaced::Cycle), (3, Misplaced::Cycle)],
            ),
        ];
        for (what, parents, tops, strays, misplaced) in rows {
            let tree = build(parents);
            assert_eq!(tree.tops(), tops, "{what}");
            let below_stray: Vec<u32> = tree.stray().map(|stray| tree.children(stray).collect()).unwrap_or_default();
            assert_eq!(below_stray, strays, "{what}");
            let found: Vec<_> =
                (0..parents.len() as u32).filter_map(|node| Some((node, tree.misplaced(node)?))).collect();
            assert_eq!(found, misplaced, "{what}");
        }
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_needs_no_stack() {
        let parents: Vec<Parent> =
            (0..100_000).map(|node| if node == 0 { Parent::Top } else { Parent::Node(node - 1) }).collect();
        let tree = build(&parents);
        assert_eq!(tree.path(99_999).len(), 100_000);
        let ring: Vec<Parent> = (0..100_000).map(|node| Parent::Node((node + 1) % 100_000)).collect();
        assert_eq!(build(&ring).below(100_000), 100_000);
    }

    fn parents() -> impl Strategy<Value = Vec<Parent>> {
        (1_u32..30).prop_flat_map(|len| {
            let parent = prop_oneof![
                1 => Just(Parent::Top),
                1 => Just(Parent::Missing),
                8 => (0..len).prop_map(Parent::Node),
            ];
            proptest::collection::vec(parent, len as usize)
        })
    }

    proptest! {
        #[test]
        fn no_node_is_lost_and_every_count_is_that_of_its_branch(
            parents in parents(),
            people in proptest::collection::vec(proptest::collection::vec(0_u32..30, 1..4), 0..20),
        ) {
            let tree = build(&parents);
            let mut reached: Vec<u32> = tree.tops().to_vec();
            let mut at = 0;
            while let Some(&node) = reached.get(at) {
                reached.extend(tree.children(node));
                at += 1;
            }
            let all: BTreeSet<u32> = reached.iter().copied().collect();
            prop_assert_eq!((all.len(), reached.len()), (tree.len(), tree.len()), "each node once");
            let people: Vec<Vec<u32>> = people
                .into_iter()
                .map(|nodes| nodes.into_iter().map(|node| node % parents.len() as u32).collect())
                .collect();
            let mut counting = Counting::new(&tree);
            for nodes in &people {
                counting.add_all(&tree, &mut nodes.clone());
            }
            let tally = counting.finish(&tree);
            for node in 0..tree.len() as u32 {
                let branch = tree.branch(node);
                let within = |nodes: &&Vec<u32>| nodes.iter().any(|node| branch.contains(&tree.place(*node)));
                prop_assert_eq!(tally.total(node) as usize, people.iter().filter(within).count());
                prop_assert_eq!(tally.direct(node) as usize, people.iter().filter(|nodes| nodes.contains(&node)).count());
            }
        }
    }
}

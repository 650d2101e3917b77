//! The tree of the sample organisation.

use super::names::{BRANCHES, CENTRES, DEPARTMENTS, TEAMS};
use super::rng::Rng;
use crate::model::{OrgUnit, Text, UnitId};
use std::collections::{BTreeMap, VecDeque};

/// Deepest level, the root being level 0.
const DEEPEST: usize = 5;

/// A unit with its place in the tree.
pub struct Placed {
    /// The unit.
    pub unit: OrgUnit,
    /// 0 for the root.
    pub level: usize,
    /// Index of the unit above; the root points to itself.
    pub parent: usize,
    /// How many units stand directly below.
    pub children: usize,
}

/// Grows a tree of exactly `count` units (at least the root), parents before children, sibling names unique.
pub fn grow(count: usize, rng: &mut Rng) -> Vec<Placed> {
    let count = count.max(1);
    let mut tree = Vec::with_capacity(count);
    tree.push(place(0, None, "示例集团".into(), 0, 1));
    let fan = fan_for(count);
    let mut open: VecDeque<usize> = VecDeque::from([0]);
    while tree.len() < count {
        // every unit above the deepest level has children, so the queue cannot run dry before `fan_for` units stand;
        // when it does, the units just below the root take more
        let Some(parent) = open.pop_front() else {
            open.extend((0..tree.len()).filter(|&at| tree[at].level < DEEPEST));
            continue;
        };
        let wanted = fan + rng.below(fan) + usize::from(parent == 0);
        for _ in 0..wanted.min(count - tree.len()) {
            let (level, nth) = (tree[parent].level + 1, tree[parent].children);
            let name = name_of(level, nth);
            let above = Some(tree[parent].unit.id.clone());
            tree[parent].children += 1;
            let at = tree.len();
            tree.push(place(at, above, name, level, nth + 1));
            tree[at].parent = parent;
            if level < DEEPEST {
                open.push_back(at);
            }
        }
    }
    tree
}

fn place(at: usize, parent_id: Option<UnitId>, name: Text, level: usize, nth: usize) -> Placed {
    let id = UnitId::from(format!("D{:05}", at + 1));
    let order = u32::try_from(nth * 10).ok();
    let unit = OrgUnit { id, parent_id, name, order, head: Vec::new(), ext: BTreeMap::new() };
    Placed { unit, level, parent: 0, children: 0 }
}

/// The least number of children that lets five levels hold `count` units.
fn fan_for(count: usize) -> usize {
    (3..).find(|fan: &usize| fan.pow(5) >= count).unwrap_or(count)
}

fn name_of(level: usize, nth: usize) -> Text {
    let list = match level {
        1 => BRANCHES,
        2 => CENTRES,
        3 => DEPARTMENTS,
        _ => TEAMS,
    };
    let name = list[nth % list.len()];
    match nth / list.len() {
        0 => Text::from(name),
        again => Text::from(format!("{name}{}", again + 1)),
    }
}

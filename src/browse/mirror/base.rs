//! Builds the corp's half of the view out of one view of the store; only one member or link is held decoded at a time.

use super::MirrorTotals;
use super::naming::Naming;
use crate::browse::cells::Cells;
use crate::browse::collate;
use crate::browse::error::BrowseError;
use crate::browse::intern::{Interned, Interning};
use crate::browse::tree::{Counting, NONE, Parent, Tally, Tree};
use crate::model::{
    BindingOrigin, CorpKey, Department, DepartmentBinding, Member, MemberBinding, MemberField, MemberStatus,
    MirrorHead, RemovalCause, Text, UnitId, UserId,
};
use crate::store::{self, ReadTx, StoreError};
use std::cmp::Ordering;

/// A corp's mirror and links as of one revision.
#[derive(Debug)]
pub(in crate::browse) struct Base {
    pub(super) corp: CorpKey,
    pub(super) revision: u64,
    pub(super) head: Option<MirrorHead>,
    pub(super) departments: Departments,
    pub(super) members: Members,
    pub(super) bindings: Bindings,
}

/// The departments, numbered by id; the stray node follows.
#[derive(Debug)]
pub(super) struct Departments {
    pub(super) ids: Box<[u32]>,
    /// Names; empty where unreadable.
    pub(super) names: Cells,
    pub(super) naming: Box<[Naming]>,
    pub(super) tree: Tree,
    pub(super) members: Tally,
    /// Heads by department.
    pub(super) leaders: Box<[(u32, UserId)]>,
    /// Links of departments that are there, by department.
    pub(super) links: Box<[DepartmentLink]>,
}

/// The link of a department.
#[derive(Debug)]
pub(super) struct DepartmentLink {
    pub(super) department: u32,
    pub(super) unit: UnitId,
    pub(super) origin: BindingOrigin,
}

/// The members, numbered by folded userid.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) cells: Cells,
    pub(super) positions: Interned,
    /// The main department, or the first one, or [`NONE`].
    pub(super) homes: Box<[u32]>,
    /// Where the memberships of each member end.
    ends: Box<[u32]>,
    /// Department and whether the member heads it; [`NONE`] for a department that is not there.
    places: Box<[(u32, bool)]>,
    pub(super) statuses: Box<[Option<MemberStatus>]>,
    pub(super) naming: Box<[Naming]>,
    pub(super) has_details: Box<[bool]>,
    /// The link of each member, or [`NONE`].
    pub(super) links: Box<[u32]>,
}

/// Columns of [`Members::cells`].
pub(super) mod cell {
    pub(in super::super) const USERID: usize = 0;
    pub(in super::super) const NAME: usize = 1;
    pub(in super::super) const ALIAS: usize = 2;
    pub(in super::super) const MOBILE: usize = 3;
    pub(in super::super) const EMAIL: usize = 4;
    pub(in super::super) const COUNT: usize = 5;
}

/// The links of people, numbered by employee id.
#[derive(Debug)]
pub(super) struct Bindings {
    /// Employee id and userid.
    pub(super) cells: Cells,
    /// The member, or [`NONE`] when the mirror does not have it.
    pub(super) members: Box<[u32]>,
    pub(super) origins: Box<[BindingOrigin]>,
    pub(super) bound_at_ms: Box<[i64]>,
    /// Removals under way, by link: cause, and when the member was disabled.
    pub(super) removals: Box<[(u32, RemovalCause, Option<i64>)]>,
}

impl Base {
    /// Reads a corp's mirror and links.
    pub(in crate::browse) fn build(tx: &ReadTx, corp: &CorpKey) -> Result<Self, BrowseError> {
        let revision = store::revisions::of_corp(tx, corp)?;
        let head = store::mirror::head(tx, corp)?;
        let departments = store::mirror::departments(tx, corp)?;
        let ids: Box<[u32]> = departments.iter().map(|row| row.id.0).collect();
        let mut members = GrowingMembers::new(&ids);
        each(|visit| store::mirror::scan_members(tx, corp, visit), |member| members.add(&member))?;
        let mut bindings = GrowingBindings::default();
        each(|visit| store::bindings::scan_members(tx, corp, visit), |binding| bindings.add(&binding, &members))?;
        let links = store::bindings::departments(tx, corp)?;
        let departments = grow_departments(&departments, ids.clone(), &links, &members)?;
        let (members, bindings) = finish(members, bindings);
        Ok(Self { corp: corp.clone(), revision, head, departments, members, bindings })
    }

    pub(super) fn totals(&self, employees: &[u32]) -> MirrorTotals {
        let (departments, members, bindings) = (&self.departments, &self.members, &self.bindings);
        let named = |wanted| members.naming.iter().filter(|naming| **naming == wanted).count();
        let bound = members.links.iter().filter(|link| **link != NONE).count();
        let is_broken = |(member, employee): &(&u32, &u32)| **member == NONE || **employee == NONE;
        MirrorTotals {
            departments: departments.ids.len(),
            linked_departments: departments.links.len(),
            unnamed_departments: departments.naming.iter().filter(|naming| **naming != Naming::Read).count(),
            members: members.len(),
            bound,
            unbound: members.len() - bound,
            disabled: members.statuses.iter().filter(|status| **status == Some(MemberStatus::Disabled)).count(),
            without_details: members.has_details.iter().filter(|has| !**has).count(),
            unreadable: named(Naming::Unreadable),
            untranslated: named(Naming::Untranslated),
            removing: bindings.removals.len(),
            broken_links: bindings.members.iter().zip(employees).filter(is_broken).count(),
        }
    }

    pub(in crate::browse) fn revision(&self) -> u64 {
        self.revision
    }

    pub(in crate::browse) fn bytes(&self) -> usize {
        let (departments, members, bindings) = (&self.departments, &self.members, &self.bindings);
        departments.names.bytes()
            + departments.tree.bytes()
            + departments.members.bytes()
            + departments.ids.len() * 5
            + departments.leaders.len() * size_of::<(u32, UserId)>()
            + departments.links.len() * size_of::<DepartmentLink>()
            + members.cells.bytes()
            + members.positions.bytes()
            + members.len() * (4 + 4 + size_of::<Option<MemberStatus>>() + 2 + 4)
            + members.places.len() * 8
            + bindings.cells.bytes()
            + bindings.members.len() * (4 + 1 + 8)
            + bindings.removals.len() * size_of::<(u32, RemovalCause, Option<i64>)>()
    }
}

/// Visits rows and stops using them at the first fault, which is answered.
fn each<R>(
    scan: impl FnOnce(&mut dyn FnMut(R) -> Result<(), StoreError>) -> Result<(), StoreError>,
    mut add: impl FnMut(R) -> Result<(), BrowseError>,
) -> Result<(), BrowseError> {
    let mut failed = None;
    scan(&mut |row| {
        if failed.is_none() {
            failed = add(row).err();
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}

impl Departments {
    /// How many there are, the stray node not included.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn link(&self, node: u32) -> Option<&DepartmentLink> {
        let found = self.links.binary_search_by_key(&node, |link| link.department);
        found.ok().map(|at| &self.links[at])
    }
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.homes.len()
    }

    pub(super) fn places(&self, row: usize) -> &[(u32, bool)] {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.places[from as usize..self.ends[row] as usize]
    }

    /// The member with this userid, case ignored.
    pub(super) fn find(&self, userid: &UserId) -> Option<usize> {
        find_member(&self.cells, userid)
    }

    pub(super) fn name(&self, row: usize) -> Option<&str> {
        (self.naming[row] != Naming::Unreadable).then(|| self.cells.get(row, cell::NAME))
    }
}

impl Bindings {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn employee(&self, row: usize) -> &str {
        self.cells.get(row, 0)
    }

    pub(super) fn removal(&self, row: usize) -> Option<(RemovalCause, Option<i64>)> {
        let found = self.removals.binary_search_by_key(&row, |(link, _, _)| *link as usize);
        found.ok().map(|at| (self.removals[at].1, self.removals[at].2))
    }
}

/// Rows are in the order of folded userids.
fn find_member(cells: &Cells, userid: &UserId) -> Option<usize> {
    let wanted = userid.folded();
    cells.find_by(|row| compare_folded(cells.get(row, cell::USERID), &wanted))
}

fn compare_folded(userid: &str, folded: &str) -> Ordering {
    userid.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(folded.bytes())
}

struct GrowingMembers<'i> {
    ids: &'i [u32],
    cells: Cells,
    positions: Interning,
    homes: Vec<u32>,
    ends: Vec<u32>,
    places: Vec<(u32, bool)>,
    statuses: Vec<Option<MemberStatus>>,
    naming: Vec<Naming>,
    has_details: Vec<bool>,
}

impl<'i> GrowingMembers<'i> {
    fn new(ids: &'i [u32]) -> Self {
        Self {
            ids,
            cells: Cells::new(cell::COUNT),
            positions: Interning::new(),
            homes: Vec::new(),
            ends: Vec::new(),
            places: Vec::new(),
            statuses: Vec::new(),
            naming: Vec::new(),
            has_details: Vec::new(),
        }
    }

    fn add(&mut self, member: &Member) -> Result<(), BrowseError> {
        let text = |field: &MemberField| member.fields.get(field).map_or("", Text::as_str);
        let email = [MemberField::Email, MemberField::BizMail].map(|field| text(&field).to_owned());
        let email = email.iter().find(|email| !email.is_empty()).map_or("", String::as_str);
        self.cells.push([
            member.userid.as_str(),
            text(&MemberField::Name),
            text(&MemberField::Alias),
            text(&MemberField::Mobile),
            email,
        ])?;
        self.positions.push(text(&MemberField::Position))?;
        let node = |id: u32| self.ids.binary_search(&id).map_or(NONE, |at| at as u32);
        let home = member.main_department.or(member.memberships.first().map(|place| place.department));
        self.homes.push(home.map_or(NONE, |id| node(id.0)));
        self.places.extend(member.memberships.iter().map(|place| (node(place.department.0), place.is_leader)));
        self.ends.push(self.places.len() as u32);
        self.statuses.push(member.status);
        self.naming.push(Naming::of(member.fields.get(&MemberField::Name).map(Text::as_str)));
        self.has_details.push(member.has_details);
        Ok(())
    }
}

#[derive(Default)]
struct GrowingBindings {
    cells: Option<Cells>,
    members: Vec<u32>,
    origins: Vec<BindingOrigin>,
    bound_at_ms: Vec<i64>,
    removals: Vec<(u32, RemovalCause, Option<i64>)>,
}

impl GrowingBindings {
    fn add(&mut self, binding: &MemberBinding, members: &GrowingMembers<'_>) -> Result<(), BrowseError> {
        let cells = self.cells.get_or_insert_with(|| Cells::new(2));
        cells.push([binding.employee.as_str(), binding.userid.as_str()])?;
        let row = self.members.len() as u32;
        self.members.push(find_member(&members.cells, &binding.userid).map_or(NONE, |row| row as u32));
        self.origins.push(binding.origin);
        self.bound_at_ms.push(binding.bound_at_ms);
        self.removals.extend(binding.removal.as_ref().map(|removal| (row, removal.cause, removal.disabled_at_ms)));
        Ok(())
    }
}

fn finish(members: GrowingMembers<'_>, bindings: GrowingBindings) -> (Members, Bindings) {
    let mut links = vec![NONE; members.homes.len()];
    for (binding, member) in (0_u32..).zip(&bindings.members).filter(|(_, member)| **member != NONE) {
        links[*member as usize] = binding;
    }
    let members = Members {
        cells: members.cells.finish(),
        positions: members.positions.finish(),
        homes: members.homes.into(),
        ends: members.ends.into(),
        places: members.places.into(),
        statuses: members.statuses.into(),
        naming: members.naming.into(),
        has_details: members.has_details.into(),
        links: links.into(),
    };
    let bindings = Bindings {
        cells: bindings.cells.unwrap_or_else(|| Cells::new(2)).finish(),
        members: bindings.members.into(),
        origins: bindings.origins.into(),
        bound_at_ms: bindings.bound_at_ms.into(),
        removals: bindings.removals.into(),
    };
    (members, bindings)
}

fn grow_departments(
    rows: &[Department],
    ids: Box<[u32]>,
    bindings: &[DepartmentBinding],
    members: &GrowingMembers<'_>,
) -> Result<Departments, BrowseError> {
    let mut names = Cells::new(1);
    for row in rows {
        names.push([row.name.as_deref().unwrap_or_default()])?;
    }
    // a visible range that begins below WeCom's root has no root: what it begins with stands at the top then
    let is_rooted = rows.iter().any(|row| row.parent.0 == 0);
    let parent = |row: &Department| match ids.binary_search(&row.parent.0) {
        Ok(at) => Parent::Node(at as u32),
        Err(_) if row.parent.0 == 0 || !is_rooted => Parent::Top,
        Err(_) => Parent::Missing,
    };
    let parents: Vec<Parent> = rows.iter().map(parent).collect();
    let stray = rows.len() as u32;
    let is_lost = |place: &(u32, bool)| place.0 == NONE;
    let nowhere =
        members.ends.first().is_some_and(|end| *end == 0) || members.ends.windows(2).any(|two| two[0] == two[1]);
    let tree = Tree::build(&parents, &in_order(rows), nowhere || members.places.iter().any(is_lost));
    let mut counting = Counting::new(&tree);
    let (mut from, mut nodes) = (0, Vec::new());
    for end in &members.ends {
        let places = &members.places[from as usize..*end as usize];
        nodes.clear();
        nodes.extend(places.iter().map(|(node, _)| if *node == NONE { stray } else { *node }));
        if nodes.is_empty() {
            nodes.push(stray);
        }
        counting.add_all(&tree, &mut nodes);
        from = *end;
    }
    let mut links: Vec<DepartmentLink> = bindings
        .iter()
        .filter_map(|binding| {
            let department = ids.binary_search(&binding.department.0).ok()? as u32;
            Some(DepartmentLink { department, unit: binding.unit.clone(), origin: binding.origin })
        })
        .collect();
    links.sort_unstable_by_key(|link| link.department);
    let leaders = (0_u32..).zip(rows).flat_map(|(at, row)| row.leaders.iter().map(move |id| (at, id.clone())));
    Ok(Departments {
        naming: rows.iter().map(|row| Naming::of(row.name.as_deref())).collect(),
        names: names.finish(),
        members: counting.finish(&tree),
        tree,
        leaders: leaders.collect(),
        links: links.into(),
        ids,
    })
}

/// The departments as WeCom shows them: the larger position first, then by name and id.
fn in_order(rows: &[Department]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    order.sort_by_cached_key(|at| {
        let row = &rows[*at as usize];
        let mut name = Vec::new();
        collate::push_key(row.name.as_deref().unwrap_or_default(), &mut name);
        (u32::MAX - row.order, name)
    });
    order
}

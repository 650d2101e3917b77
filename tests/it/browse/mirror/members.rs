//! Members: marks for what could not be read, filters, pages, the tree of departments.

use super::*;

/// Names in the order in which a list shows them; the last one is a placeholder.
const NAMES: [&str; 5] = ["$userName=x$", "ab", "陈", "李", "张"];

#[derive(Debug, Clone)]
struct Person {
    member: Member,
    binding: Option<MemberBinding>,
}

prop_compose! {
    fn person(at: usize)(
        name in proptest::option::of(0..NAMES.len()), departments in proptest::collection::btree_set(1_u32..6, 0..3),
        status in 0_usize..4, has_details: bool, bound in 0_usize..4, disabled in proptest::option::of(1_i64..4),
    ) -> Person {
        let userid = format!("{}{at}", if at.is_multiple_of(2) { "u" } else { "U" });
        let departments: Vec<u32> = departments.into_iter().collect();
        let mut made = member(&userid, name.map_or("", |at| NAMES[at]), &departments);
        if name.is_none() {
            made.fields = Default::default();
        }
        made.status = [Some(MemberStatus::Activated), Some(MemberStatus::Disabled), Some(MemberStatus::Other(9)), None][status];
        made.has_details = has_details;
        let removal = json!({ "cause": "departed", "disabled_at_ms": disabled });
        let mut link = json!({ "employee": format!("e{at}"), "userid": userid, "origin": "rule", "bound_at_ms": bound });
        if bound == 3 {
            link["removal"] = removal;
        }
        Person { member: made, binding: (bound > 0).then(|| row(link)) }
    }
}

prop_compose! {
    fn query()(
        search in proptest::sample::select(vec!["", "a", "U1", "张", "$", "nobody"]),
        department in proptest::option::of(0_u32..6), department_only: bool, status in proptest::option::of(0_usize..3),
        bound in proptest::option::of(any::<bool>()), removing in proptest::option::of(any::<bool>()),
        has_details in proptest::option::of(any::<bool>()), naming in proptest::option::of(0_usize..3),
        sort in proptest::sample::select(vec![
            MemberColumn::Userid, MemberColumn::Name, MemberColumn::BoundAt, MemberColumn::DisabledAt, MemberColumn::Status,
        ]),
        descending: bool, limit in 1_usize..6,
    ) -> MemberQuery {
        MemberQuery {
            search: search.into(),
            department: department.map(|id| if id == 0 { Branch::Stray } else { of(id) }),
            department_only,
            status: status.map(|at| [StatusFilter::Activated, StatusFilter::Disabled, StatusFilter::Other][at]),
            bound, removing, has_details,
            naming: naming.map(|at| [Naming::Read, Naming::Unreadable, Naming::Untranslated][at]),
            paging: Paging { sort, descending, cursor: None, limit },
        }
    }
}

/// Filtering and sorting without any cleverness. Department 5 is not there.
fn naive(people: &[Person], query: &MemberQuery) -> Vec<String> {
    let mut rows: Vec<&Person> = people.iter().collect();
    rows.sort_by_key(|row| row.member.userid.folded());
    let name = |row: &Person| row.member.fields.iter().next().map(|(_, value)| value.to_string());
    rows.retain(|row| {
        let needle = query.search.to_lowercase();
        row.member.userid.as_str().to_lowercase().contains(&needle)
            || name(row).is_some_and(|name| name.contains(&needle))
    });
    let below: BTreeMap<u32, Vec<u32>> =
        BTreeMap::from([(1, vec![1, 2, 3, 4]), (2, vec![2, 3]), (3, vec![3]), (4, vec![4]), (5, vec![])]);
    if let Some(branch) = &query.department {
        rows.retain(|row| {
            let places = &row.member.memberships;
            match branch.node() {
                None => places.is_empty() || places.iter().any(|place| place.department.0 == 5),
                Some(id) if query.department_only => id.0 != 5 && places.iter().any(|place| place.department == *id),
                Some(id) => places.iter().any(|place| below[&id.0].contains(&place.department.0)),
            }
        });
    }
    let naming = |row: &Person| Naming::of(name(row).as_deref());
    let removal = |row: &Person| row.binding.as_ref().and_then(|binding| binding.removal.clone());
    rows.retain(|row| query.status.is_none_or(|status| StatusFilter::of(row.member.status) == status));
    rows.retain(|row| query.bound.is_none_or(|bound| row.binding.is_some() == bound));
    rows.retain(|row| query.removing.is_none_or(|removing| removal(row).is_some() == removing));
    rows.retain(|row| query.has_details.is_none_or(|has_details| row.member.has_details == has_details));
    rows.retain(|row| query.naming.is_none_or(|wanted| naming(row) == wanted));
    let key = |row: &Person| match query.paging.sort {
        MemberColumn::Name => {
            name(row).and_then(|name| NAMES.iter().position(|known| *known == name)).map_or(0, |at| at as i64 + 1)
        }
        MemberColumn::BoundAt => row.binding.as_ref().map_or(-1, |binding| binding.bound_at_ms),
        MemberColumn::DisabledAt => removal(row).and_then(|removal| removal.disabled_at_ms).unwrap_or(-1),
        MemberColumn::Status => StatusFilter::of(row.member.status) as i64,
        _ => 0,
    };
    rows.sort_by_key(|row| key(row));
    if query.paging.descending {
        rows.reverse();
    }
    rows.into_iter().map(|row| row.member.userid.to_string()).collect()
}

#[test]
fn paging_through_the_members_gives_what_sorting_and_filtering_all_of_them_gives() {
    let mut runner = TestRunner::new(Config::with_cases(48));
    let people = (0_usize..25).prop_flat_map(|count| (0..count).map(person).collect::<Vec<_>>());
    runner
        .run(&(people, proptest::collection::vec(query(), 12)), |(people, queries)| {
            let world = World::new();
            world.departments(tree());
            world.members(people.iter().map(|person| person.member.clone()).collect());
            world.bindings(people.iter().filter_map(|person| person.binding.clone()).collect());
            let view = view(&world);
            for mut query in queries {
                let wanted = naive(&people, &query);
                let mut found = Vec::new();
                let rows: Vec<String> = view.rows(&query).map(|row| row.userid.to_string()).collect();
                loop {
                    let page = view.page(&query).unwrap();
                    prop_assert_eq!((page.total, page.before), (wanted.len(), found.len()));
                    found.extend(page.rows.iter().map(|row| row.userid.to_string()));
                    let Some(next) = page.next else { break };
                    query.paging.cursor = Some(next);
                }
                prop_assert_eq!(&found, &wanted, "{:?}", query);
                prop_assert_eq!(&rows, &wanted, "an export has the same rows");
            }
            for line in view.outline(&OutlineQuery { levels: 9, open: Vec::new() }) {
                for department_only in [false, true] {
                    let branch = Some(line.node.branch.clone());
                    let query = MemberQuery { department: branch, department_only, ..MemberQuery::default() };
                    let said = if department_only { line.node.direct } else { line.node.total };
                    prop_assert_eq!(view.page(&query).unwrap().total, said as usize, "{:?}", line.node);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_could_not_be_read_is_marked() {
    let world = World::new();
    let mut unreadable = department(2, 1, "");
    unreadable.name = None;
    unreadable.leaders = vec!["boss".into()];
    world.departments(vec![
        department(1, 0, "总部"),
        unreadable,
        department(3, 1, "$departmentName=3$"),
        department(9, 8, "无根"),
    ]);
    let mut nameless = member("b", "", &[2]);
    (nameless.fields, nameless.has_details) = (Default::default(), false);
    world.members(vec![member("a", "$userName=a$", &[1, 3]), nameless, member("c", "", &[])]);
    let view = view(&world);
    let node = |id| view.department(&of(id)).unwrap();
    assert_eq!((node(2).name, node(2).naming), (None, Naming::Unreadable));
    assert_eq!(node(2).leaders, ["boss".into()]);
    assert_eq!((node(3).name.as_deref(), node(3).naming), (Some("$departmentName=3$"), Naming::Untranslated));
    assert_eq!(node(9).misplaced, Some(Misplaced::ParentMissing));
    assert_eq!((node(1).direct, node(1).total), (1, 2), "who is in two departments counts once");
    let row = |id: &str| view.member(&id.into()).unwrap();
    assert_eq!(
        (row("A").naming, row("b").naming, row("c").naming),
        (Naming::Untranslated, Naming::Unreadable, Naming::Read)
    );
    assert_eq!((row("b").name, row("c").name.as_deref()), (None, Some("")));
    let places: Vec<_> = row("a").departments.iter().map(|place| (place.id.0, place.is_main)).collect();
    assert_eq!(places, [(1, true), (3, false)]);
    let totals = view.totals();
    assert_eq!(
        (totals.unreadable, totals.untranslated, totals.without_details, totals.unnamed_departments),
        (1, 1, 1, 2)
    );
    let tops: Vec<_> = view.tops().into_iter().map(|node| (node.branch, node.total)).collect();
    assert_eq!(tops, [(of(1), 2), (Branch::Stray, 1)]);
    let names: Vec<_> = view.path(&of(2)).into_iter().map(|step| step.name.map(|name| name.to_string())).collect();
    assert_eq!(names, [Some("总部".to_owned()), None]);
    let found: Vec<_> = view.find_departments("3", 9).into_iter().map(|node| node.branch).collect();
    assert_eq!(found, [of(3)], "by number");
}

#[test]
fn a_visible_range_below_the_root_has_its_own_tops() {
    let world = World::new();
    world.departments(vec![department(5, 2, "甲"), department(6, 5, "乙"), department(7, 3, "丙")]);
    let view = view(&world);
    let tops: Vec<_> = view.tops().into_iter().map(|node| (node.branch, node.misplaced)).collect();
    assert_eq!(tops, [(of(5), None), (of(7), None)]);
}

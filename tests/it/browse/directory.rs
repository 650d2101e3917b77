//! The OA side: every page of every list is what filtering and sorting the whole list gives; cursors outlive changes;
//! the tree loses nothing and counts right.

use super::world::{World, employee, unit};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use wecom_bridge::browse::directory::{DirectoryView, EmployeeColumn, EmployeeQuery, EmployeeRow};
use wecom_bridge::browse::{Branch, BrowseError, Misplaced, OutlineQuery, Paging};
use wecom_bridge::model::{Employee, EmployeeStatus, OrgUnit, UnitId};
use wecom_bridge::store;

/// Texts in the order in which a list shows them.
const TEXTS: [&str; 9] = ["", "12", "a", "Ab", "b2", "阿大", "陈二", "李三", "张四"];
const UNITS: [&str; 6] = ["r", "a", "b", "a1", "a2", "lost"];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn view(world: &World) -> std::sync::Arc<DirectoryView> {
    runtime().block_on(world.views.directory_view(&world.tenant)).unwrap()
}

fn tree() -> Vec<OrgUnit> {
    vec![
        unit("r", None, "总部"),
        unit("a", Some("r"), "研发"),
        unit("b", Some("r"), "市场"),
        unit("a1", Some("a"), "前端"),
        unit("a2", Some("a"), "后端"),
    ]
}

fn text() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(TEXTS.to_vec())
}

prop_compose! {
    fn person(at: usize)(
        name in text(), account in text(), position in text(), mobile in text(), unit in 0..UNITS.len(),
        part_time in proptest::collection::btree_set(0..UNITS.len() - 1, 0..3), departed: bool, admin: bool,
    ) -> Employee {
        let mut row = employee(&format!("{}{at}", if at.is_multiple_of(2) { "e" } else { "E" }), name, UNITS[unit]);
        (row.account, row.position, row.mobile) = (account.into(), position.into(), mobile.into());
        row.part_time_unit_ids = part_time.into_iter().filter(|other| *other != unit).map(|at| UNITS[at].into()).collect();
        row.status = if departed { EmployeeStatus::Departed } else { EmployeeStatus::Active };
        row.admin = admin;
        row
    }
}

fn everybody() -> impl Strategy<Value = Vec<Employee>> {
    (0_usize..25).prop_flat_map(|count| (0..count).map(person).collect::<Vec<_>>())
}

prop_compose! {
    fn query()(
        search in proptest::sample::select(vec!["", "a", "B", "张", "e1", "2", "nobody"]),
        unit in proptest::option::of(0..UNITS.len()), unit_only: bool,
        departed in proptest::option::of(any::<bool>()), is_admin in proptest::option::of(any::<bool>()),
        sort in proptest::sample::select(EmployeeColumn::ALL.to_vec()), descending: bool, limit in 1_usize..7,
    ) -> EmployeeQuery {
        let branch = |at: usize| if UNITS[at] == "lost" { Branch::Stray } else { Branch::Node(UNITS[at].into()) };
        EmployeeQuery {
            search: search.into(),
            unit: unit.map(branch),
            unit_only,
            status: departed.map(|departed| if departed { EmployeeStatus::Departed } else { EmployeeStatus::Active }),
            is_admin,
            paging: Paging { sort, descending, cursor: None, limit },
        }
    }
}

fn below(unit: &str) -> &'static [&'static str] {
    match unit {
        "r" => &["r", "a", "b", "a1", "a2"],
        "a" => &["a", "a1", "a2"],
        "b" => &["b"],
        "a1" => &["a1"],
        "a2" => &["a2"],
        _ => &["lost"],
    }
}

/// Filtering and sorting without any cleverness.
fn naive(everybody: &[Employee], query: &EmployeeQuery) -> Vec<String> {
    let needle = query.search.to_lowercase();
    let mut rows: Vec<&Employee> = everybody.iter().collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows.retain(|row| {
        let texts = [row.id.as_str(), &row.name, &row.account, &row.employee_no, &row.mobile, &row.email];
        texts.iter().any(|text| text.to_lowercase().contains(&needle))
    });
    if let Some(branch) = &query.unit {
        let unit = branch.node().map_or("lost", UnitId::as_str);
        let within = if query.unit_only { &below(unit)[..1] } else { below(unit) };
        let is_in = |id: &UnitId| within.contains(&id.as_str());
        rows.retain(|row| is_in(&row.unit_id) || row.part_time_unit_ids.iter().any(is_in));
    }
    rows.retain(|row| query.status.is_none_or(|status| row.status == status));
    rows.retain(|row| query.is_admin.is_none_or(|is_admin| row.admin == is_admin));
    let rank = |text: &str| TEXTS.iter().position(|known| *known == text).unwrap_or(0);
    let names = BTreeMap::from([("b", 3), ("a2", 1), ("a1", 2), ("a", 4), ("r", 5), ("lost", 0)]);
    let key = |row: &Employee| match query.paging.sort {
        EmployeeColumn::Name => rank(&row.name),
        EmployeeColumn::Account => rank(&row.account),
        EmployeeColumn::Position => rank(&row.position),
        EmployeeColumn::Mobile => rank(&row.mobile),
        EmployeeColumn::Unit => names[row.unit_id.as_str()],
        EmployeeColumn::Status => usize::from(row.status == EmployeeStatus::Departed),
        EmployeeColumn::Id | EmployeeColumn::EmployeeNo | EmployeeColumn::Email => 0,
    };
    rows.sort_by_key(|row| key(row));
    if query.paging.descending {
        rows.reverse();
    }
    rows.into_iter().map(|row| row.id.to_string()).collect()
}

/// Ids of all pages, from the first one on.
fn forwards(view: &DirectoryView, query: &EmployeeQuery) -> (Vec<String>, Option<String>) {
    let (mut found, mut query, mut last) = (Vec::new(), query.clone(), None);
    loop {
        let page = view.page(&query).unwrap();
        assert_eq!(page.before, found.len(), "the page says how many rows stand before it");
        assert_eq!(page.previous.is_some(), !found.is_empty());
        found.extend(page.rows.iter().map(|row| row.id.to_string()));
        last = page.previous.or(last);
        match page.next {
            Some(next) => query.paging.cursor = Some(next),
            None => {
                assert_eq!(page.total, found.len());
                return (found, last);
            }
        }
    }
}

#[test]
fn paging_through_a_list_gives_what_sorting_and_filtering_all_of_it_gives() {
    let mut runner = TestRunner::new(Config::with_cases(48));
    let cases = (everybody(), proptest::collection::vec(query(), 12));
    runner
        .run(&cases, |(people, queries)| {
            let world = World::new();
            world.units(tree());
            world.employees(people.clone());
            let view = view(&world);
            for query in queries {
                let wanted = naive(&people, &query);
                let (found, mut previous) = forwards(&view, &query);
                prop_assert_eq!(&found, &wanted, "{:?}", query);
                let rows: Vec<String> = view.rows(&query).map(|row| row.id.to_string()).collect();
                prop_assert_eq!(&rows, &wanted, "an export has the same rows");
                // and back again
                let mut end = wanted.len().saturating_sub(1) / query.paging.limit * query.paging.limit;
                while let Some(cursor) = previous {
                    let mut back = query.clone();
                    back.paging.cursor = Some(cursor);
                    let page = view.page(&back).unwrap();
                    let start = end - query.paging.limit;
                    let ids: Vec<String> = page.rows.iter().map(|row| row.id.to_string()).collect();
                    prop_assert_eq!(&ids, &wanted[start..end]);
                    prop_assert_eq!(page.before, start);
                    (previous, end) = (page.previous, start);
                }
                prop_assert_eq!(end, 0);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn cursors_stay_valid_while_rows_come_and_go() {
    let mut runner = TestRunner::new(Config::with_cases(24));
    let change = (proptest::collection::vec(0_usize..40, 0..4), proptest::collection::vec(0_usize..40, 0..4));
    let sort = proptest::sample::select(EmployeeColumn::ALL.to_vec());
    let people = (0_usize..40).map(person).collect::<Vec<_>>();
    let cases = (people, proptest::collection::vec(change, 20), sort, any::<bool>(), 1_usize..6);
    runner
        .run(&cases, |(pool, changes, sort, descending, limit)| {
            let world = World::new();
            world.units(tree());
            // half of them are there at first
            let mut present: BTreeSet<usize> = (0..pool.len()).filter(|at| at % 2 == 0).collect();
            world.employees(present.iter().map(|at| pool[*at].clone()).collect());
            let mut always = present.clone();
            let mut query =
                EmployeeQuery { paging: Paging { sort, descending, cursor: None, limit }, ..EmployeeQuery::default() };
            let mut seen: Vec<String> = Vec::new();
            let mut changes = changes.into_iter();
            loop {
                let page = view(&world).page(&query).unwrap();
                seen.extend(page.rows.iter().map(|row| row.id.to_string()));
                let Some(next) = page.next else { break };
                query.paging.cursor = Some(next);
                let Some((come, go)) = changes.next() else { continue };
                world.employees(come.iter().map(|at| pool[*at].clone()).collect());
                present.extend(come);
                let gone: Vec<usize> = go.into_iter().filter(|at| present.remove(at)).collect();
                always.retain(|at| !gone.contains(at));
                let (tenant, ids) =
                    (world.tenant.clone(), gone.iter().map(|at| pool[*at].id.clone()).collect::<Vec<_>>());
                world
                    .store
                    .write_blocking(move |tx| {
                        ids.iter().try_for_each(|id| store::directory::remove_employee(tx, &tenant, id).map(drop))
                    })
                    .unwrap();
            }
            let once: BTreeSet<&String> = seen.iter().collect();
            prop_assert_eq!(once.len(), seen.len(), "nobody is shown twice: {:?}", seen);
            for at in always {
                prop_assert!(once.contains(&pool[at].id.to_string()), "{} was there all the time", pool[at].id);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_branch_says_how_many_rows_its_list_has() {
    let mut runner = TestRunner::new(Config::with_cases(32));
    runner
        .run(&everybody(), |people| {
            let world = World::new();
            world.units(tree());
            world.employees(people);
            let view = view(&world);
            let lines = view.outline(&OutlineQuery { levels: 9, open: Vec::new() });
            for line in lines {
                for unit_only in [false, true] {
                    let query = EmployeeQuery {
                        unit: Some(line.node.branch.clone()),
                        unit_only,
                        status: Some(EmployeeStatus::Active),
                        ..EmployeeQuery::default()
                    };
                    let said = if unit_only { line.node.direct } else { line.node.total };
                    prop_assert_eq!(view.page(&query).unwrap().total, said as usize, "{:?}", line.node);
                }
            }
            Ok(())
        })
        .unwrap();
}

fn shown(row: &EmployeeRow) -> (String, Option<String>) {
    (row.unit.id.to_string(), row.unit.name.as_ref().map(ToString::to_string))
}

#[test]
fn what_has_no_place_is_shown_apart() {
    let world = World::new();
    world.units(vec![
        unit("r", None, "总部"),
        unit("orphan", Some("nowhere"), "孤儿"),
        unit("below", Some("orphan"), "其下"),
        unit("x", Some("y"), "环一"),
        unit("y", Some("x"), "环二"),
    ]);
    let mut lost = employee("lost", "张三", "gone");
    lost.part_time_unit_ids = vec!["also-gone".into()];
    world.employees(vec![lost, employee("e", "李四", "below"), employee("c", "王五", "y")]);
    let view = view(&world);
    let tops: Vec<_> = view.tops().into_iter().map(|node| (node.branch, node.total)).collect();
    assert_eq!(tops, [(Branch::Node("r".into()), 0), (Branch::Stray, 3)]);
    let children = view.children(&Branch::Stray, 0, 10).unwrap();
    let strays: Vec<_> = children.nodes.iter().map(|node| (node.branch.clone(), node.misplaced, node.total)).collect();
    assert_eq!(
        strays,
        [
            (Branch::Node("orphan".into()), Some(Misplaced::ParentMissing), 1),
            (Branch::Node("x".into()), Some(Misplaced::Cycle), 1),
        ]
    );
    let path: Vec<String> = view.path(&Branch::Node("below".into())).iter().map(|step| step.name.to_string()).collect();
    assert_eq!(path, ["", "孤儿", "其下"]);
    assert_eq!(shown(&view.employee(&"lost".into()).unwrap()), ("gone".into(), None));
    assert_eq!(shown(&view.employee(&"e".into()).unwrap()), ("below".into(), Some("其下".into())));
    assert_eq!((view.totals().misplaced_units, view.totals().without_unit), (3, 1));
    assert!(view.children(&Branch::Node("nobody".into()), 0, 10).is_none());
    assert!(view.path(&Branch::Node("nobody".into())).is_empty());
}

#[test]
fn units_stand_in_the_order_of_the_oa_and_are_found() {
    let world = World::new();
    let at = |id: &str, name: &str, order: Option<u32>| OrgUnit { order, ..unit(id, Some("r"), name) };
    let mut root = unit("r", None, "总部");
    root.head = vec!["e".into(), "gone".into()];
    world.units(vec![
        root,
        at("1", "张", None),
        at("2", "阿", None),
        at("3", "李", Some(20)),
        at("4", "陈", Some(3)),
        at("5", "王", Some(20)),
    ]);
    world.employees(vec![employee("e", "张三", "r")]);
    let view = view(&world);
    let children = view.children(&Branch::Node("r".into()), 0, 10).unwrap();
    let names: Vec<&str> = children.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["陈", "李", "王", "阿", "张"]);
    let some = view.children(&Branch::Node("r".into()), 1, 2).unwrap();
    assert_eq!((some.nodes[0].name.as_str(), some.nodes.len(), some.total), ("李", 2, 5));
    let heads = view.unit(&Branch::Node("r".into())).unwrap().heads;
    assert_eq!((heads[0].name.as_deref(), heads[1].name.as_deref()), (Some("张三"), None));
    let found: Vec<_> = view.find_units("王", 10).into_iter().map(|node| node.branch).collect();
    assert_eq!(found, [Branch::Node("5".into())]);
    assert!(view.find_units(" ", 10).is_empty());
}

#[test]
fn a_cursor_of_another_list_is_refused_and_one_of_another_sort_begins_anew() {
    let world = World::new();
    world.units(vec![unit("r", None, "总部")]);
    world.employees((0..9).map(|n| employee(&format!("e{n}"), "张三", "r")).collect());
    let view = view(&world);
    let ask = |sort, cursor: Option<&str>| {
        let paging = Paging { sort, limit: 4, cursor: cursor.map(str::to_owned), ..Paging::default() };
        view.page(&EmployeeQuery { paging, ..EmployeeQuery::default() })
    };
    for bad in ["", "x", "????", "AAAA", "AAD_____"] {
        assert!(matches!(ask(EmployeeColumn::Id, Some(bad)), Err(BrowseError::BadCursor)), "{bad:?}");
    }
    let next = ask(EmployeeColumn::Id, None).unwrap().next.unwrap();
    assert_eq!(ask(EmployeeColumn::Id, Some(&next)).unwrap().before, 4);
    assert_eq!(ask(EmployeeColumn::Name, Some(&next)).unwrap().before, 0);
}

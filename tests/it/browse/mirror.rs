//! The WeCom side and the links: marks for what could not be read, filters, both trees side by side.

use super::world::{World, binding, department, department_binding, employee, member, row, unit};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use wecom_bridge::browse::directory::EmployeeQuery;
use wecom_bridge::browse::mirror::{
    BindingColumn, BindingQuery, LinkState, MemberColumn, MemberQuery, MirrorView, Naming, Side, SideState,
    StatusFilter,
};
use wecom_bridge::browse::{Branch, Misplaced, OutlineQuery, Paging};
use wecom_bridge::model::{
    Department, DepartmentId, EmployeeStatus, Member, MemberBinding, MemberStatus, OrgUnit, RemovalCause,
};
use wecom_bridge::store;

fn view(world: &World) -> Arc<MirrorView> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(world.views.mirror_view(&world.corp)).unwrap()
}

fn of(id: u32) -> Branch<DepartmentId> {
    Branch::Node(DepartmentId(id))
}

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

fn tree() -> Vec<Department> {
    vec![department(1, 0, "总部"), department(2, 1, "研发"), department(3, 2, "前端"), department(4, 1, "市场")]
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

fn linked() -> World {
    let world = World::new();
    world.units(vec![unit("r", None, "总部"), unit("a", Some("r"), "研发"), unit("b", Some("r"), "市场")]);
    let departed = |mut row: wecom_bridge::model::Employee| {
        row.status = EmployeeStatus::Departed;
        row
    };
    world.employees(vec![
        employee("e1", "张三", "a"),
        employee("e2", "李四", "b"),
        departed(employee("e3", "王五", "b")),
        employee("e4", "赵六", "b"),
    ]);
    world.departments(tree());
    world.members(vec![
        member("zhang", "张三丰", &[2]),
        member("li", "李四", &[4]),
        member("wang", "王五", &[4]),
        member("nobody", "陈七", &[1]),
    ]);
    let mut leaving = binding("e3", "Wang");
    leaving.bound_at_ms = 7;
    leaving.removal = Some(row(json!({ "cause": "departed", "disabled_at_ms": 5 })));
    world.bindings(vec![binding("e1", "zhang"), binding("e2", "vanished"), leaving, binding("e9", "li")]);
    world
}

#[test]
fn links_show_both_sides_and_what_is_remarkable() {
    let view = view(&linked());
    let ask = |query: BindingQuery| -> Vec<String> {
        view.bindings(&query).unwrap().rows.iter().map(|row| row.employee.id.to_string()).collect()
    };
    let all = view.bindings(&BindingQuery::default()).unwrap();
    let states: Vec<_> = all.rows.iter().map(|row| (row.employee.id.as_str(), row.state)).collect();
    assert_eq!(
        states,
        [
            ("e1", LinkState::Whole),
            ("e2", LinkState::MemberGone),
            ("e3", LinkState::Departed),
            ("e9", LinkState::EmployeeGone),
        ]
    );
    let first = &all.rows[0];
    assert_eq!((first.employee.name.as_deref(), first.member_name.as_deref()), (Some("张三"), Some("张三丰")));
    assert_eq!(first.unit.as_ref().unwrap().name.as_deref(), Some("研发"));
    let third = view.binding(&"e3".into()).unwrap();
    assert_eq!((third.removal, third.disabled_at_ms, third.bound_at_ms), (Some(RemovalCause::Departed), Some(5), 7));
    for (search, wanted) in [
        ("三丰", &["e1"][..]),
        ("张", &["e1"]),
        ("LI", &["e9"]),
        ("李四", &["e2", "e9"]),
        ("e9", &["e9"]),
        ("陈七", &[]),
    ] {
        assert_eq!(ask(BindingQuery { search: search.into(), ..Default::default() }), wanted, "{search}");
    }
    assert_eq!(ask(BindingQuery { state: Some(LinkState::MemberGone), ..Default::default() }), ["e2"]);
    assert_eq!(ask(BindingQuery { removing: Some(true), ..Default::default() }), ["e3"]);
    let by = |sort, descending| {
        ask(BindingQuery { paging: Paging { sort, descending, ..Default::default() }, ..Default::default() })
    };
    assert_eq!(by(BindingColumn::MemberName, false), ["e2", "e9", "e3", "e1"]);
    assert_eq!(by(BindingColumn::EmployeeName, true), ["e1", "e3", "e2", "e9"]);
    assert_eq!(by(BindingColumn::DisabledAt, true), ["e3", "e9", "e2", "e1"]);
    let exported = view.binding_rows(&BindingQuery::default()).count();
    assert_eq!(exported, 4);
    let unbound = view.unbound_employees(&EmployeeQuery::default()).unwrap();
    assert_eq!(unbound.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["e4"]);
    let members = view.page(&MemberQuery { bound: Some(false), ..Default::default() }).unwrap();
    assert_eq!(members.rows.iter().map(|row| row.userid.as_str()).collect::<Vec<_>>(), ["nobody"]);
    assert_eq!(view.totals().broken_links, 2);
}

#[test]
fn an_open_case_is_shown_with_its_people() {
    let world = linked();
    let corp = world.corp.clone();
    let cases = row::<Vec<wecom_bridge::model::ResolveCase>>(json!([
        {"rule": "name = name", "value": "赵六", "employees": ["e4", "gone"], "members": ["nobody", "gone"]}
    ]));
    world.store.write_blocking(move |tx| store::resolve::put_all(tx, &corp, &cases)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = runtime.block_on(world.views.cases(&world.corp)).unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].employees[0].row.as_ref().unwrap().name, "赵六");
    assert_eq!(cases[0].members[0].row.as_ref().unwrap().name.as_deref(), Some("陈七"));
    assert!(cases[0].employees[1].row.is_none() && cases[0].members[1].row.is_none());
}

#[test]
fn both_trees_side_by_side() {
    let world = World::new();
    let at =
        |id: &str, parent: &str, name: &str, order: u32| OrgUnit { order: Some(order), ..unit(id, Some(parent), name) };
    world.units(vec![
        unit("r", None, "总部"),
        at("a", "r", "研发", 1),
        at("b", "r", "销售", 2),
        at("c", "r", "新部门", 3),
        at("a1", "a", "前端", 1),
    ]);
    world.departments(vec![
        department(1, 0, "全公司"),
        department(10, 1, "总部"),
        department(11, 10, "研发"),
        department(12, 10, "销售部"),
        department(13, 10, "多余"),
        department(14, 12, "前端"),
        department(15, 13, "多余之下"),
    ]);
    world.department_bindings(vec![
        department_binding("r", 10),
        department_binding("a", 11),
        department_binding("b", 12),
        department_binding("a1", 14),
    ]);
    let view = view(&world);
    let rows = |side: Side| -> Vec<(Option<String>, Option<String>, SideState)> {
        let rows = view.sides(&side, 0, 100).unwrap();
        assert_eq!(rows.total, rows.nodes.len());
        let shown = |row: &wecom_bridge::browse::mirror::SideRow| {
            let unit = row.unit.as_ref().map(|unit| unit.name.to_string());
            (unit, row.department.as_ref().and_then(|d| d.name.as_ref()).map(ToString::to_string), row.state)
        };
        rows.nodes.iter().map(shown).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows(Side::Top),
        [(text("总部"), text("总部"), SideState::Linked), (None, text("全公司"), SideState::OnlyThere)]
    );
    assert_eq!(
        rows(Side::Unit(Branch::Node("r".into()))),
        [
            (text("研发"), text("研发"), SideState::Linked),
            (text("销售"), text("销售部"), SideState::NameDiffers),
            (text("新部门"), None, SideState::OnlyHere),
            (None, text("多余"), SideState::OnlyThere),
        ]
    );
    assert_eq!(rows(Side::Unit(Branch::Node("a".into()))), [(text("前端"), text("前端"), SideState::Moved)]);
    assert_eq!(rows(Side::Unit(Branch::Node("b".into()))), [], "its department's child is shown where its unit is");
    assert_eq!(rows(Side::Department(of(13))), [(None, text("多余之下"), SideState::OnlyThere)]);
    assert!(view.sides(&Side::Department(of(99)), 0, 9).is_none());
    let counts = view.side_counts();
    assert_eq!(
        (counts.linked, counts.name_differs, counts.moved, counts.only_here, counts.only_there),
        (2, 1, 1, 1, 3)
    );
    for (state, total) in [(SideState::Linked, 2), (SideState::Moved, 1), (SideState::OnlyThere, 3)] {
        let rows = view.sides_of(state, 0, 2);
        assert_eq!((rows.total, rows.nodes.len()), (total, total.min(2)), "{state:?}");
        assert!(rows.nodes.iter().all(|row| row.state == state));
    }
    let first = &view.sides_of(SideState::NameDiffers, 0, 1).nodes[0];
    assert!(!first.has_children() || first.department.as_ref().unwrap().children > 0);
}

#[test]
fn who_may_belong_together_is_suggested() {
    let world = World::new();
    world.units(vec![unit("r", None, "总部")]);
    let person = |id: &str, name: &str, account: &str, mobile: &str| {
        let mut row = employee(id, name, "r");
        (row.account, row.mobile) = (account.into(), mobile.into());
        row
    };
    let mut departed = person("e5", "张三", "", "");
    departed.status = EmployeeStatus::Departed;
    world.employees(vec![
        person("E1", "张三", "zhang", "139"),
        person("e2", "张三", "", "138"),
        person("e3", "李四", "", "139"),
        person("e4", "无名", "", ""),
        departed,
    ]);
    world.departments(vec![department(1, 0, "总部")]);
    let with_mobile = |userid: &str, name: &str, mobile: &str| {
        let mut row = member(userid, name, &[1]);
        row.fields.insert(wecom_bridge::model::MemberField::Mobile, mobile.into());
        row
    };
    world.members(vec![
        with_mobile("e1", "张三", "139"),
        with_mobile("ZHANG", "章三", "137"),
        with_mobile("m3", "张三", ""),
        with_mobile("taken", "张三", "139"),
        member("e4x", "", &[1]),
    ]);
    world.bindings(vec![binding("e2", "taken")]);
    let view = view(&world);
    let people = view.directory().page(&EmployeeQuery::default()).unwrap().rows;
    let members: Vec<Vec<_>> = view
        .suggest_members(&people)
        .into_iter()
        .map(|found| found.into_iter().map(|(likeness, row)| (likeness, row.userid.to_string())).collect())
        .collect();
    let like = |likeness, id: &str| (likeness, id.to_owned());
    use wecom_bridge::browse::mirror::Likeness::{Account, Mobile, Name};
    assert_eq!(members[0], [like(Account, "e1"), like(Account, "ZHANG"), like(Name, "m3")], "E1");
    assert_eq!(members[2], [like(Mobile, "e1")], "e3");
    assert_eq!(members[3], [], "e4: nothing is like what is empty");
    let rows = view.page(&MemberQuery::default()).unwrap().rows;
    let found: Vec<Vec<_>> = view
        .suggest_employees(&rows)
        .into_iter()
        .map(|found| found.into_iter().map(|(likeness, row)| (likeness, row.id.to_string())).collect())
        .collect();
    assert_eq!(rows.iter().map(|row| row.userid.as_str()).collect::<Vec<_>>(), ["e1", "e4x", "m3", "taken", "ZHANG"]);
    assert_eq!(found[0], [like(Account, "E1"), like(Mobile, "e3")], "who is linked or gone is not suggested");
    assert_eq!(
        (found[1].len(), &found[2][..], &found[4][..]),
        (0, &[like(Name, "E1")][..], &[like(Account, "E1")][..])
    );
    assert!(view.is_bound(&"e2".into()) && !view.is_bound(&"E1".into()) && view.is_member_bound(&"TAKEN".into()));
}

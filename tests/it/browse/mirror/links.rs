//! Links: both sides, open cases, both trees side by side, suggestions.

use super::*;

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
        let rows = view.sides_of(&[state], "", 0, 2);
        assert_eq!((rows.total, rows.nodes.len()), (total, total.min(2)), "{state:?}");
        assert!(rows.nodes.iter().all(|row| row.state == state));
    }
    let found = |states: &[SideState], search: &str| -> Vec<String> {
        let name = |row: &wecom_bridge::browse::mirror::SideRow| {
            let unit = row.unit.as_ref().map(|unit| unit.name.to_string());
            unit.or_else(|| row.department.as_ref()?.name.as_ref().map(ToString::to_string))
        };
        view.sides_of(states, search, 0, 9).nodes.iter().filter_map(name).collect()
    };
    let all = [SideState::OnlyThere, SideState::NameDiffers, SideState::Moved, SideState::OnlyHere, SideState::Linked];
    assert_eq!(found(&all, ""), ["全公司", "多余", "多余之下", "销售", "前端", "新部门", "总部", "研发"]);
    assert_eq!(found(&all, " 销售部 "), ["销售"], "by the name of its department");
    assert_eq!(found(&all, "A"), ["前端", "研发"], "by the id of a unit, in either case");
    assert_eq!(found(&all, "14"), ["前端"], "by the id of a department");
    assert_eq!(found(&[SideState::OnlyThere], "多余"), ["多余", "多余之下"]);
    assert_eq!(found(&[SideState::Linked], "多余"), [""; 0]);
    let second = view.sides_of(&all, "1", 1, 1);
    assert_eq!((second.total, second.nodes.len()), (7, 1), "every department has a 1 in its id");
    let first = &view.sides_of(&[SideState::NameDiffers], "", 0, 1).nodes[0];
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

//! A plan as a picture: the tree of both sides in colours, and the list of changes with what differs.

use super::world::{NOW_MS, World, binding, department, department_binding, employee, member, row, unit};
use serde_json::{Value, json};
use std::sync::Arc;
use wecom_bridge::browse::plan::{
    ChangeColumn, ChangeKind, ChangeQuery, ChangeRow, ChangeSide, Colour, PlanPlace, PlanView,
};
use wecom_bridge::browse::{Branch, BrowseError, OutlineQuery, Paging};
use wecom_bridge::model::{Change, DepartmentId, EmployeeId, OrgUnit, PlanHead, PlanId};
use wecom_bridge::store;

const PLAN: &str = "01900000-0000-7000-8000-000000000001";

fn head() -> PlanHead {
    row(json!({
        "id": PLAN, "corp": "acme-main", "direction": "downstream", "hash": "00", "created_at_ms": NOW_MS,
        "expires_at_ms": NOW_MS + 1, "state": "held", "guards": [], "counts": {"departments": {}, "members": {}},
        "budget": {"calls": 0, "by_endpoint": {}, "reads": 0, "estimated_s": 0, "strategy": "per_object",
                   "strategy_reason": "", "creations_30_days": 0},
        "invariants": [], "notices": [], "source_employees": 0, "mirror_read_at_ms": 0, "options_hash": "",
        "compute_ms": 0
    }))
}

fn changes() -> Vec<Change> {
    let list = json!([
        {"action": "bind_department", "unit": "b", "department": 12, "origin": "position", "reason": "unit.same_name"},
        {"action": "create_department", "unit": "c", "department": 20, "reason": "unit.new",
         "after": {"name": "新部门", "parent": 10, "order": 7}},
        {"action": "update_department", "unit": "a", "department": 11, "reason": "unit.renamed",
         "before": {"name": "研发部"}, "after": {"name": "研发"}},
        {"action": "create_disabled_department", "department": 21, "reason": "disabled_department.new",
         "after": {"name": "已禁用用户", "parent": 1}},
        {"action": "bind_member", "employee": "e4", "userid": "zhao", "rule": "name = name", "reason": "match.rule"},
        {"action": "create_member", "employee": "e1", "userid": "zhang", "invite": true, "reason": "employee.new",
         "after": {"fields": {"name": "张三", "mobile": "139"}, "main_department": 20, "enable": true,
                   "memberships": [{"department": 20, "is_leader": true}, {"department": 11}]}},
        {"action": "update_member", "employee": "e2", "userid": "li", "reason": "field.changed",
         "before": {"fields": {"position": "工程师"}, "direct_leader": ["boss"]},
         "after": {"fields": {"position": "经理", "mobile": ""}, "direct_leader": ["boss", "unknown"]}},
        {"action": "disable_member", "employee": "e3", "userid": "wang", "cause": "departed", "reason": "employee.departed",
         "before": {"memberships": [{"department": 13}], "enable": true},
         "after": {"memberships": [{"department": 21}], "enable": false}},
        {"action": "delete_member", "employee": null, "userid": "old", "cause": "out_of_scope", "reversible": "no",
         "reason": "employee.out_of_scope_long", "before": {"fields": {"name": "老人"}, "main_department": 99}},
        {"action": "delete_department", "unit": null, "department": 13, "before": {"name": "多余", "parent": 10},
         "reason": "unit.gone"}
    ]);
    let number = |(seq, mut change): (usize, Value)| {
        change["seq"] = json!(seq);
        if change.get("reversible").is_none() {
            change["reversible"] = json!("yes");
        }
        row(change)
    };
    list.as_array().unwrap().clone().into_iter().enumerate().map(number).collect()
}

fn world() -> World {
    let world = World::new();
    let at = |id: &str, name: &str, order: u32| OrgUnit { order: Some(order), ..unit(id, Some("r"), name) };
    world.units(vec![unit("r", None, "总部"), at("a", "研发", 1), at("b", "市场", 2), at("c", "新部门", 3)]);
    world.employees(vec![
        employee("e1", "张三", "c"),
        employee("e2", "李四", "a"),
        employee("e3", "王五", "b"),
        employee("e4", "赵六", "b"),
        employee("e5", "钱七", "a"),
    ]);
    world.departments(vec![
        department(1, 0, "全公司"),
        department(10, 1, "总部"),
        department(11, 10, "研发部"),
        department(12, 10, "市场"),
        department(13, 10, "多余"),
    ]);
    world.department_bindings(vec![department_binding("r", 10), department_binding("a", 11)]);
    world.members(vec![
        member("boss", "老板", &[10]),
        member("li", "李四", &[11]),
        member("wang", "王五", &[13]),
        member("zhao", "赵六", &[12]),
        member("qian", "钱七", &[13]),
        member("free", "路人", &[12]),
    ]);
    world.bindings(vec![binding("e2", "li"), binding("e3", "wang"), binding("e5", "qian")]);
    let (plan, head) = (PlanId::from(PLAN), head());
    world
        .store
        .write_blocking(move |tx| {
            store::plans::put_changes(tx, &head.corp, &plan, &changes())?;
            store::plans::put_head(tx, &head)
        })
        .unwrap();
    world
}

fn view(world: &World) -> Arc<PlanView> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(world.views.plan_view(&PLAN.into())).unwrap().0
}

#[test]
fn the_tree_shows_both_sides_in_colours_with_counts_on_each_branch() {
    let view = view(&world());
    let lines = view.outline(&OutlineQuery { levels: 9, open: Vec::new() });
    let shown: Vec<String> = lines
        .iter()
        .map(|line| {
            let (node, m) = (&line.node, line.node.members);
            let name = node.name.as_deref().unwrap_or("?");
            format!(
                "{}{name} {:?} +{} o{} ~{} -{} ={} .{}",
                " ".repeat(line.level),
                node.colour,
                m.new,
                m.linked,
                m.changed,
                m.removed,
                m.matched,
                m.untouched
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "全公司 Untouched +1 o1 ~1 -1 =1 .2",
            " 总部 Matched +1 o1 ~1 -1 =1 .2",
            "  研发 Changed +0 o0 ~1 -0 =1 .0",
            "  市场 Linked +0 o1 ~0 -0 =0 .1",
            "  新部门 New +1 o0 ~0 -0 =0 .0",
            "  多余 Removed +0 o0 ~0 -1 =0 .0",
            " 已禁用用户 New +0 o0 ~0 -0 =0 .0",
            " Untouched +0 o0 ~0 -1 =0 .0",
        ]
    );
    let renamed = view.node(&Branch::Node(PlanPlace::Unit("a".into()))).unwrap();
    assert_eq!((renamed.name_before.as_deref(), &renamed.changes[..]), (Some("研发部"), &[2][..]));
    assert_eq!(renamed.department, Some(DepartmentId(11)));
    let root = &view.tops()[0];
    assert_eq!(root.branch, Branch::Node(PlanPlace::Department(DepartmentId(1))));
    let d = root.departments;
    assert_eq!((d.new, d.linked, d.changed, d.removed, d.matched, d.untouched), (2, 1, 1, 1, 1, 1));
    assert_eq!(root.changes_total(), 9);
    let path: Vec<_> = view.path(&renamed.branch).into_iter().filter_map(|step| step.name).collect();
    assert_eq!(path, ["全公司", "总部", "研发"]);
    let found: Vec<_> = view.find_nodes("新", 9).into_iter().filter_map(|node| node.unit).collect();
    assert_eq!(found, ["c".into()]);
}

#[test]
fn a_plan_at_a_glance() {
    let summary = view(&world()).summary();
    assert_eq!(summary.changes, 10);
    assert_eq!(summary.by_kind.iter().map(|(_, count)| count).sum::<usize>(), 10);
    assert!(summary.by_kind.contains(&(ChangeKind::CreateDepartment, 2)));
    assert!(summary.by_reason.contains(&("unit.new".into(), 1)));
    let m = summary.members;
    assert_eq!((m.new, m.linked, m.changed, m.removed, m.matched, m.untouched), (1, 1, 1, 2, 1, 2));
    let branches: Vec<_> =
        summary.branches.iter().map(|node| (node.name.clone().unwrap(), node.changes_total())).collect();
    assert_eq!(branches, [("全公司".into(), 9), ("".into(), 1)]);
}

fn seqs(view: &PlanView, query: ChangeQuery) -> Vec<u32> {
    view.page(&query).unwrap().rows.iter().map(|row| row.seq).collect()
}

#[test]
fn changes_are_filtered_searched_and_sorted() {
    let view = view(&world());
    let ask = |query: ChangeQuery| seqs(&view, query);
    assert_eq!(ask(ChangeQuery::default()), (0..10).collect::<Vec<_>>());
    for (what, query, wanted) in [
        ("colour", ChangeQuery { colours: vec![Colour::Removed], ..Default::default() }, &[7, 8, 9][..]),
        (
            "kinds",
            ChangeQuery { kinds: vec![ChangeKind::CreateMember, ChangeKind::BindMember], ..Default::default() },
            &[4, 5],
        ),
        ("side", ChangeQuery { side: Some(ChangeSide::Departments), ..Default::default() }, &[0, 1, 2, 3, 9]),
        ("reason", ChangeQuery { reason: Some("unit.new".into()), ..Default::default() }, &[1]),
        ("irreversible", ChangeQuery { reversible: Some(row(json!("no"))), ..Default::default() }, &[8]),
        ("name", ChangeQuery { search: "李".into(), ..Default::default() }, &[6]),
        ("userid", ChangeQuery { search: "WANG".into(), ..Default::default() }, &[7]),
        ("id", ChangeQuery { search: "e1".into(), ..Default::default() }, &[5]),
        (
            "branch",
            ChangeQuery { branch: Some(Branch::Node(PlanPlace::Unit("r".into()))), ..Default::default() },
            &[0, 1, 2, 4, 5, 6, 7, 9],
        ),
        (
            "node",
            ChangeQuery {
                branch: Some(Branch::Node(PlanPlace::Unit("a".into()))),
                branch_only: true,
                ..Default::default()
            },
            &[2, 6],
        ),
        ("stray", ChangeQuery { branch: Some(Branch::Stray), ..Default::default() }, &[8]),
        (
            "no such branch",
            ChangeQuery { branch: Some(Branch::Node(PlanPlace::Unit("x".into()))), ..Default::default() },
            &[],
        ),
    ] {
        let exported: Vec<u32> = view.rows(&query).map(|row| row.unwrap().seq).collect();
        assert_eq!(exported, wanted, "{what}");
        assert_eq!(ask(query), wanted, "{what}");
    }
    let by = |sort, descending| {
        let paging = Paging { sort, descending, limit: 3, cursor: None };
        let mut query = ChangeQuery { paging, side: Some(ChangeSide::Members), ..Default::default() };
        let mut all = Vec::new();
        loop {
            let page = view.page(&query).unwrap();
            all.extend(page.rows.iter().map(|row| row.seq));
            let Some(next) = page.next else { return all };
            query.paging.cursor = Some(next);
        }
    };
    // 老人 李四 王五 张三 赵六
    assert_eq!(by(ChangeColumn::Name, false), [8, 6, 7, 5, 4]);
    assert_eq!(by(ChangeColumn::Kind, true), [4, 8, 7, 6, 5]);
}

fn differences(row: &ChangeRow) -> Vec<(String, Option<&str>, Option<&str>)> {
    row.differences.iter().map(|d| (d.field.clone(), d.before.as_deref(), d.after.as_deref())).collect()
}

#[test]
fn what_differs_is_said_with_names() {
    let view = view(&world());
    let change = |seq| view.change(seq).unwrap().unwrap();
    let created = change(5);
    assert_eq!((created.name.as_str(), created.invite), ("张三", Some(true)));
    assert_eq!(created.employee, Some(EmployeeId::from("e1")));
    assert_eq!(created.path, ["全公司", "总部", "新部门"]);
    assert_eq!(
        differences(&created),
        [
            ("name".into(), None, Some("张三")),
            ("mobile".into(), None, Some("139")),
            ("memberships".into(), None, Some("全公司 / 总部 / 新部门 ★; 全公司 / 总部 / 研发")),
            ("main_department".into(), None, Some("全公司 / 总部 / 新部门")),
            ("enable".into(), None, Some("true")),
        ]
    );
    assert_eq!(
        differences(&change(6)),
        [
            ("mobile".into(), None, Some("")),
            ("position".into(), Some("工程师"), Some("经理")),
            ("direct_leader".into(), Some("老板 (boss)"), Some("老板 (boss); unknown")),
        ]
    );
    assert_eq!(
        differences(&change(7)),
        [
            ("memberships".into(), Some("全公司 / 总部 / 多余"), Some("全公司 / 已禁用用户")),
            ("enable".into(), Some("true"), Some("false")),
        ]
    );
    let deleted = change(8);
    assert_eq!((deleted.name.as_str(), deleted.employee.is_none()), ("老人", true));
    assert_eq!(
        differences(&deleted),
        [("name".into(), Some("老人"), None), ("main_department".into(), Some("#99"), None)]
    );
    assert_eq!(
        differences(&change(1)),
        [
            ("name".into(), None, Some("新部门")),
            ("parent".into(), None, Some("全公司 / 总部")),
            ("order".into(), None, Some("7")),
        ]
    );
    assert_eq!(differences(&change(2)), [("name".into(), Some("研发部"), Some("研发"))]);
    assert_eq!(
        differences(&change(9)),
        [("name".into(), Some("多余"), None), ("parent".into(), Some("全公司 / 总部"), None),]
    );
    assert!(view.change(10).unwrap().is_none());
}

#[tokio::test]
async fn the_picture_is_made_once_and_the_head_is_always_fresh() {
    let world = world();
    let state = async || world.views.plan(&PLAN.into(), |_, head| Ok(head.state)).await.unwrap();
    assert_eq!(state().await, wecom_bridge::model::PlanState::Held);
    let made = world.views.made();
    world.members(vec![member("later", "后来", &[1])]);
    world
        .store
        .write_blocking(|tx| store::plans::put_head(tx, &PlanHead { state: row(json!("rejected")), ..head() }))
        .unwrap();
    assert_eq!(state().await, wecom_bridge::model::PlanState::Rejected);
    assert_eq!(world.views.made(), made, "a plan never changes");
    world.store.write_blocking(|tx| store::plans::remove(tx, &PLAN.into()).map(drop)).unwrap();
    let gone = world.views.plan(&PLAN.into(), |_, _| Ok(())).await;
    assert!(matches!(gone, Err(BrowseError::NoPlan(_))));
}

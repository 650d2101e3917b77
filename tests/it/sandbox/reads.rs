//! Reading members and departments: visible range, hidden fields, paging (contacts.md sections 2.2, 3.5 and 4.1).

use super::caller::{CORP, Caller, World, person};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wecom_bridge::sandbox::{AppKind, Member, Membership, Profile, VisibleRange};

fn seed(world: &World) {
    let state = world.state();
    for (id, parent) in [(2, 1), (3, 2), (4, 1)] {
        state.seed_department(CORP, id, parent, &format!("d{id}"), 0);
    }
    for (userid, departments) in [("root", vec![1]), ("two", vec![2]), ("both", vec![3, 4]), ("four", vec![4])] {
        let mut member = Member::new(userid, userid, departments[0]);
        member.memberships = departments
            .iter()
            .map(|&department| Membership { department, order: department, is_leader: false })
            .collect();
        member.mobile = format!("1390000000{}", userid.len()).into();
        member.gender = 1;
        member.direct_leader = vec!["root".into()];
        state.seed_member(CORP, member);
    }
}

fn ids(got: &Value, list: &str, key: &str) -> BTreeSet<String> {
    got[list].as_array().unwrap().iter().map(|row| row[key].to_string().replace('"', "")).collect()
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[tokio::test]
async fn an_app_sees_its_range_only() {
    let world = World::public();
    seed(&world);
    let mut visible = VisibleRange::departments([2]);
    visible.users.insert("four".into());
    world.state().add_app(CORP, 8, "narrow-secret", visible);
    let app = Caller { world: &world, token: world.token_of("narrow-secret").await };
    let got = app.get_ok("department/list").await;
    assert_eq!(ids(&got, "department", "id"), set(&["2", "3"]));
    assert_eq!(got["department"][0]["parentid"], 1, "the parent is not in the list");
    app.get_refused(60011, "department/list?id=1").await;
    app.get_refused(60011, "department/get?id=4").await;
    app.get_refused(60011, "user/list?department_id=4").await;
    let got = app.get_ok("user/list?department_id=2&fetch_child=1").await;
    assert_eq!(ids(&got, "userlist", "userid"), set(&["both", "two"]));
    app.get_refused(60111, "user/get?userid=root").await;
    let got = app.get_ok("user/get?userid=both").await;
    assert_eq!((&got["department"], &got["order"]), (&json!([3]), &json!([3])), "the other department is hidden");
    assert_eq!(got["direct_leader"], json!([]), "the superior is out of range");
    let got = app.get_ok("user/get?userid=four").await;
    assert_eq!(got["department"], json!([]), "visible as a person, without a visible department");
    assert_eq!(got.get("main_department"), None);
}

#[tokio::test]
async fn new_apps_do_not_read_sensitive_fields() {
    let world = World::public();
    seed(&world);
    let app = world.app().await;
    let hidden = ["mobile", "email", "biz_mail", "avatar", "thumb_avatar", "qr_code", "address"];
    let got = app.get_ok("user/get?userid=two").await;
    assert_eq!(got["gender"], "0");
    assert!(hidden.iter().all(|field| got.get(field).is_none()), "{got}");
    world.state().with_corp(CORP, |corp| corp.switches.hidden_fields_are_empty = true);
    let got = app.get_ok("user/get?userid=two").await;
    assert!(hidden.iter().all(|field| got[field] == ""), "{got}");
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().created_at_ms = 1_600_000_000_000);
    let got = app.get_ok("user/list?department_id=2").await;
    assert_eq!((&got["userlist"][0]["gender"], &got["userlist"][0]["mobile"]), (&json!("1"), &json!("13900000003")));
}

#[tokio::test]
async fn third_parties_read_no_names() {
    let world = World::public();
    seed(&world);
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().kind = AppKind::ThirdParty);
    let app = world.app().await;
    let got = app.get_ok("user/simplelist?department_id=2").await;
    assert_eq!((&got["userlist"][0]["name"], &got["userlist"][0]["open_userid"]), (&json!("two"), &json!("wotwo")));
    assert_eq!(app.get_ok("department/get?id=2").await["department"]["name"], "2");
}

#[tokio::test]
async fn lists_refuse_what_they_cannot_answer() {
    let world = World::public();
    seed(&world);
    let app = world.app().await;
    for (path, errcode) in [
        ("user/list", 60003),
        ("user/list?department_id=99", 60003),
        ("user/simplelist?department_id=x", 60123),
        ("user/get", 60111),
        ("user/get?department_id=1", 60111),
        ("user/get?userid=*", 40003),
    ] {
        app.get_refused(errcode, path).await;
    }
    world.state().with_corp(CORP, |corp| corp.limits.list_members = 2);
    app.get_refused(45029, "user/list?department_id=1&fetch_child=1").await;
    let got = app.get_ok("user/simplelist?department_id=1").await;
    assert_eq!(got["userlist"], json!([{"userid": "root", "name": "root", "department": [1]}]));
}

#[tokio::test]
async fn id_pages_hold_every_membership_once_while_members_come_and_go() {
    let world = World::new(Profile::PublicNew);
    seed(&world);
    let contacts = world.contacts().await;
    let mut rows = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let got = contacts.post_ok("user/list_id", json!({"cursor": cursor, "limit": 2})).await;
        for row in got["dept_user"].as_array().unwrap() {
            assert!(rows.insert((row["userid"].to_string(), row["department"].as_u64().unwrap())), "twice: {row}");
        }
        cursor = got["next_cursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
        // Somebody before the cursor joins, somebody behind it stays where he is.
        contacts.post("user/create", person("aaa")).await;
    }
    let want = [("both", 3), ("both", 4), ("four", 4), ("root", 1), ("two", 2)];
    assert_eq!(rows, want.iter().map(|(userid, id)| (format!("\"{userid}\""), *id)).collect());
    contacts.refused(50100, "user/list_id", json!({"cursor": "nonsense"})).await;
    contacts.refused(40058, "user/list_id", json!({"limit": 0})).await;
    contacts.refused(40058, "user/list_id", json!({"limit": 10_001})).await;
}

//! Writing members: fields, silent ignores, every refusal (contacts.md section 3).

use super::caller::{CORP, World, person};
use serde_json::{Value, json};
use wecom_bridge::sandbox::{Attribute, Profile};

fn with(base: &Value, field: &str, value: Value) -> Value {
    let mut body = base.clone();
    body[field] = value;
    body
}

#[tokio::test]
async fn a_whole_member_is_written_and_read_back() {
    let world = World::new(Profile::PublicLegacy);
    let contacts = world.contacts().await;
    let state = world.state();
    state.seed_department(CORP, 20, 1, "财务", 0);
    state.seed_department(CORP, 21, 1, "研发", 0);
    state.with_corp(CORP, |corp| corp.settings.custom_attributes.extend(["工号".into(), "主页".into()]));
    contacts.post_ok("user/create", person("boss")).await;
    let body = json!({
        "userid": "A.Chen", "name": "陈安", "mobile": "+86 13900000001", "email": "a.chen@example.com",
        "department": [20, 21], "order": [10, 0], "is_leader_in_dept": [1, 0], "main_department": 21,
        "position": "经理", "gender": "2", "telephone": "010-1234", "alias": "achen", "address": "北京",
        "direct_leader": ["BOSS"], "enable": 1, "to_invite": false, "external_position": "顾问",
        "extattr": {"attrs": [
            {"type": 0, "name": "工号", "text": {"value": "10001"}},
            {"type": 1, "name": "主页", "web": {"url": "https://example.com", "title": "Site"}},
            {"type": 0, "name": "unknown", "text": {"value": "ignored"}}]}
    });
    assert_eq!(contacts.post_ok("user/create", &body).await["errmsg"], "created");
    let got = world.app().await.get_ok("user/get?userid=a.chen").await;
    for (field, want) in [
        ("userid", json!("A.Chen")),
        ("name", json!("陈安")),
        ("mobile", json!("+86 13900000001")),
        ("email", json!("a.chen@example.com")),
        ("department", json!([20, 21])),
        ("order", json!([10, 0])),
        ("is_leader_in_dept", json!([1, 0])),
        ("main_department", json!(21)),
        ("gender", json!("2")),
        ("direct_leader", json!(["boss"])),
        ("status", json!(4)),
        ("external_position", json!("顾问")),
        ("external_profile", json!({"external_attr": []})),
        (
            "extattr",
            json!({"attrs": [
            {"type": 0, "name": "工号", "text": {"value": "10001"}},
            {"type": 1, "name": "主页", "web": {"url": "https://example.com", "title": "Site"}}]}),
        ),
    ] {
        assert_eq!(got[field], want, "{field}");
    }
    let got = world.app().await.get_ok("department/get?id=20").await;
    assert_eq!(got["department"]["department_leader"], json!(["A.Chen"]));
    assert_eq!(state.find_member(CORP, "boss").unwrap().invitations, 0);
    contacts.post_ok("user/create", with(&person("invited"), "to_invite", json!(true))).await;
    assert_eq!(state.find_member(CORP, "invited").unwrap().invitations, 1);
}

#[tokio::test]
async fn every_refusal_of_a_creation() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().with_corp(CORP, |corp| {
        corp.settings.forbidden_words.push("赌博".into());
        corp.limits.departments_per_member = 2;
        for id in 2..5 {
            let mut row = corp.directory.department(1).unwrap().clone();
            (row.id, row.parent, row.name) = (id, 1, format!("d{id}").into());
            corp.directory.put_department(row);
        }
    });
    contacts.post_ok("user/create", with(&person("Taken"), "mobile", json!("13900000001"))).await;
    let base = person("a");
    let without = |field: &str| {
        let mut body = person("a");
        body.as_object_mut().unwrap().remove(field);
        body
    };
    for (body, errcode) in [
        (without("userid"), 40003),
        (with(&base, "userid", json!("-a")), 40003),
        (with(&base, "userid", json!("a b")), 40003),
        (with(&base, "userid", json!("a".repeat(65))), 40003),
        (with(&base, "userid", json!("tAKEN")), 60102),
        (without("name"), 60112),
        (with(&base, "name", json!("")), 60112),
        (with(&base, "name", json!("长".repeat(65))), 60112),
        (with(&base, "name", json!("赌博")), 85002),
        (without("department"), 60127),
        (with(&base, "department", json!([])), 60127),
        (with(&base, "department", json!("1")), 41019),
        (with(&base, "department", json!(["x"])), 41019),
        (with(&base, "department", json!([99])), 60123),
        (with(&base, "department", json!([1, 1])), 40066),
        (with(&base, "department", json!([2, 3, 4])), 60110),
        (with(&base, "order", json!([1, 2])), 40058),
        (with(&base, "is_leader_in_dept", json!([1, 0])), 60132),
        (with(&base, "is_leader_in_dept", json!([2])), 40058),
        (with(&base, "main_department", json!(2)), 40058),
        (without("email"), 60129),
        (with(&base, "mobile", json!("12x")), 60103),
        (with(&base, "mobile", json!("+8613900000001")), 60104),
        (with(&base, "email", json!("no mail")), 60105),
        (with(&base, "email", json!("TAKEN@example.com")), 60106),
        (with(&base, "alias", json!("长".repeat(65))), 40058),
        (with(&base, "position", json!("长".repeat(129))), 301_012),
        (with(&base, "telephone", json!("010 1234")), 301_013),
        (with(&base, "english_name", json!("x".repeat(65))), 301_014),
        (with(&base, "avatar_mediaid", json!("nope")), 301_015),
        (with(&base, "address", json!("长".repeat(129))), 40058),
        (with(&base, "gender", json!("3")), 40058),
        (with(&base, "weixinid", json!("a b")), 60107),
        (with(&base, "external_position", json!("一二三四五六七八九十一二三")), 40058),
        (with(&base, "direct_leader", json!(["ghost"])), 60111),
        (with(&base, "direct_leader", json!(["taken", "taken"])), 40058),
        (
            with(&base, "extattr", json!({"attrs": [{"type": 0, "name": "x", "text": {"value": "长".repeat(65)}}]})),
            40058,
        ),
        (
            with(
                &base,
                "extattr",
                json!({"attrs": [{"type": 1, "name": "x", "web": {"url": "ftp://x", "title": "t"}}]}),
            ),
            40058,
        ),
        (with(&base, "external_profile", json!({"external_corp_name": "不存在"})), 41036),
        (with(&base, "external_profile", json!({"wechat_channels": {"nickname": "不存在"}})), 41066),
        (external(json!({"type": 0, "text": {"value": "x"}})), 90100),
        (external(json!({"type": 0, "name": "x", "text": {"value": "长".repeat(33)}})), 90101),
        (external(json!({"type": 1, "name": "x", "web": {"url": "https://x", "title": "t".repeat(13)}})), 90102),
        (external(json!({"type": 1, "name": "x", "web": {"url": "x", "title": "t"}})), 90103),
        (external(json!({"type": 2, "name": "x", "miniprogram": {"appid": "wx1", "title": "t".repeat(13)}})), 90104),
        (external(json!({"type": 2, "name": "x", "miniprogram": {"appid": "", "title": "t"}})), 90105),
    ] {
        contacts.refused(errcode, "user/create", body).await;
    }
    let got = contacts.refused(60104, "user/create", with(&base, "mobile", json!("139-0000-0001"))).await;
    assert!(got["errmsg"].as_str().unwrap().starts_with("mobile existed:Taken, hint: ["), "{got}");
    assert_eq!(world.state().member_count(CORP), 1);
}

fn external(attribute: Value) -> Value {
    with(&person("a"), "external_profile", json!({ "external_attr": [attribute] }))
}

#[tokio::test]
async fn every_refusal_of_an_update_and_a_deletion() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().seed_department(CORP, 2, 1, "d2", 0);
    for userid in ["a", "b"] {
        contacts.post_ok("user/create", person(userid)).await;
    }
    contacts.post_ok("user/update", json!({"userid": "b", "mobile": "13900000002"})).await;
    for (body, errcode) in [
        (json!({}), 40003),
        (json!({"userid": "*"}), 40003),
        (json!({"userid": "ghost"}), 60111),
        (json!({"userid": "a", "name": ""}), 60112),
        (json!({"userid": "a", "department": []}), 60127),
        (json!({"userid": "a", "department": [99]}), 60123),
        (json!({"userid": "a", "department": [1, 2], "is_leader_in_dept": [1]}), 60132),
        (json!({"userid": "a", "is_leader_in_dept": [1, 0]}), 60132),
        (json!({"userid": "a", "main_department": 2}), 40058),
        (json!({"userid": "a", "mobile": "13900000002"}), 60104),
        (json!({"userid": "a", "email": "b@example.com"}), 60106),
        (json!({"userid": "a", "email": ""}), 60129),
        (json!({"userid": "a", "new_userid": "c"}), 301_036),
    ] {
        contacts.refused(errcode, "user/update", body).await;
    }
    let got = contacts.refused(60111, "user/update", json!({"userid": "ghost"})).await;
    assert!(got["errmsg"].as_str().unwrap().starts_with("invalid string value `ghost`. userid not found"), "{got}");
    world.state().with_corp(CORP, |corp| corp.settings.creator = "B".into());
    for (query, errcode) in [("", 60111), ("?userid=ghost", 60111), ("?userid=*", 40003), ("?userid=b", 301_005)] {
        contacts.get_refused(errcode, &format!("user/delete{query}")).await;
    }
    let too_many: Vec<String> = (0..201).map(|i| format!("u{i}")).collect();
    for (list, errcode) in
        [(json!([]), 40031), (json!(null), 40031), (json!(too_many), 40032), (json!(["a", "ghost"]), 60111)]
    {
        contacts.refused(errcode, "user/batchdelete", json!({ "useridlist": list })).await;
    }
    contacts.refused(301_005, "user/batchdelete", json!({"useridlist": ["a", "b"]})).await;
    assert_eq!(world.state().member_count(CORP), 2, "all or nothing");
    contacts.post_ok("user/batchdelete", json!({"useridlist": ["A"]})).await;
    assert_eq!(world.state().member_count(CORP), 1);
}

#[tokio::test]
async fn what_wecom_ignores_in_silence_is_ignored() {
    let world = World::public();
    let contacts = world.contacts().await;
    let state = world.state();
    contacts.post_ok("user/create", with(&person("a"), "mobile", json!("13900000001"))).await;
    contacts.post_ok("user/update", json!({"userid": "A", "mobile": "13900000002"})).await;
    let mobile = || state.find_member(CORP, "a").unwrap().mobile.to_string();
    assert_eq!(mobile(), "13900000002");
    state.activate(CORP, "a").unwrap();
    assert_eq!(
        contacts.post_ok("user/update", json!({"userid": "a", "mobile": "13900000003"})).await["errmsg"],
        "updated"
    );
    assert_eq!(mobile(), "13900000002", "activated: the mobile stays");
    state.with_corp(CORP, |corp| corp.switches.is_bound_to_exmail = true);
    contacts.post_ok("user/update", json!({"userid": "a", "email": "new@example.com"})).await;
    assert_eq!(state.find_member(CORP, "a").unwrap().email, "a@example.com");
    let unknown = json!({"attrs": [{"type": 0, "name": "nope", "text": {"value": "x"}}]});
    contacts.post_ok("user/update", json!({"userid": "a", "extattr": unknown})).await;
    assert!(state.find_member(CORP, "a").unwrap().extattr.is_empty());
}

#[tokio::test]
async fn absent_and_null_leave_a_field_and_an_empty_list_clears_it() {
    let world = World::public();
    let contacts = world.contacts().await;
    let state = world.state();
    state.with_corp(CORP, |corp| corp.settings.custom_attributes.insert("工号".into()));
    state.seed_department(CORP, 2, 1, "d2", 0);
    contacts.post_ok("user/create", person("boss")).await;
    let mut body = with(&person("a"), "direct_leader", json!(["boss"]));
    body["department"] = json!([1, 2]);
    body["is_leader_in_dept"] = json!([0, 1]);
    body["extattr"] = json!({"attrs": [{"type": 0, "name": "工号", "text": {"value": "7"}}]});
    contacts.post_ok("user/create", body).await;
    contacts.post_ok("user/update", json!({"userid": "a", "direct_leader": null, "name": "New"})).await;
    let member = state.find_member(CORP, "a").unwrap();
    assert_eq!((member.direct_leader.len(), member.name.as_str()), (1, "New"));
    assert_eq!(member.extattr, [Attribute::text("工号", "7")]);
    contacts.post_ok("user/update", json!({"userid": "a", "direct_leader": [], "department": [2]})).await;
    let member = state.find_member(CORP, "a").unwrap();
    assert!(member.direct_leader.is_empty());
    assert_eq!((member.memberships.len(), member.memberships[0].is_leader, member.main_department), (1, true, 2));
    contacts.post_ok("user/update", json!({"userid": "a", "order": [9]})).await;
    assert_eq!(state.find_member(CORP, "a").unwrap().memberships[0].order, 0, "order without department is nothing");
    contacts.post_ok("user/update", json!({"userid": "a", "enable": 0})).await;
    assert_eq!(state.find_member(CORP, "a").unwrap().status(), 2);
    contacts.post_ok("user/update", json!({"userid": "a", "enable": 1})).await;
    state.activate(CORP, "a").unwrap();
    assert_eq!(state.find_member(CORP, "a").unwrap().status(), 1);
    state.leave(CORP, "a").unwrap();
    assert_eq!(state.find_member(CORP, "a").unwrap().status(), 5);
}

#[tokio::test]
async fn a_userid_made_by_the_system_changes_once() {
    let world = World::public();
    let contacts = world.contacts().await;
    contacts.post_ok("user/create", person("taken")).await;
    contacts.post_ok("user/create", person("sys1")).await;
    world.state().with_corp(CORP, |corp| {
        let mut member = corp.directory.member("sys1").unwrap().clone();
        member.can_rename_userid = true;
        corp.directory.put_member(member);
    });
    contacts.refused(60102, "user/update", json!({"userid": "sys1", "new_userid": "TAKEN"})).await;
    contacts.post_ok("user/update", json!({"userid": "sys1", "new_userid": "chosen"})).await;
    assert!(world.state().find_member(CORP, "sys1").is_none());
    contacts.refused(301_036, "user/update", json!({"userid": "chosen", "new_userid": "again"})).await;
}

#[tokio::test]
async fn corp_mail_has_rules_of_its_own() {
    let world = World::public();
    let contacts = world.contacts().await;
    let state = world.state();
    state.with_corp(CORP, |corp| {
        corp.switches.has_corp_mail = true;
        corp.settings.mail_domain = "corp.cn".into();
    });
    contacts.post_ok("user/create", with(&person("a"), "biz_mail", json!("given@corp.cn"))).await;
    contacts.post_ok("user/create", person("b")).await;
    assert_eq!(state.find_member(CORP, "b").unwrap().biz_mail, "b@corp.cn", "generated");
    let mail = |mail: &str| with(&person("c"), "biz_mail", json!(mail));
    contacts.refused(60143, "user/create", mail("no mail")).await;
    contacts.refused(81015, "user/create", mail("c@elsewhere.cn")).await;
    contacts.refused(60145, "user/create", mail("GIVEN@corp.cn")).await;
    contacts.refused(60141, "user/create", with(&person("c"), "email", json!("no mail"))).await;
    contacts.refused(60142, "user/update", json!({"userid": "a", "email": "b@example.com"})).await;
    contacts.post_ok("user/update", json!({"userid": "b", "biz_mail": "b2@corp.cn"})).await;
    assert_eq!(state.find_member(CORP, "b").unwrap().biz_mail, "b@corp.cn", "newer members: console only");
    state.with_corp(CORP, |corp| {
        let mut member = corp.directory.member("b").unwrap().clone();
        member.created_at_ms = 1_600_000_000_000;
        corp.directory.put_member(member);
    });
    contacts.post_ok("user/update", json!({"userid": "b", "biz_mail": "b2@corp.cn"})).await;
    contacts.refused(60144, "user/update", json!({"userid": "b", "biz_mail": "b3@corp.cn"})).await;
}

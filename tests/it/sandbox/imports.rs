//! Imports (contacts.md section 5).

use super::caller::{CORP, Caller, World, person, read};
use serde_json::{Value, json};
use std::time::Duration;

const HEADER: &str =
    "姓名,帐号,手机号,邮箱,所在部门,职位,性别,是否部门内领导,排序,别名,地址,座机,禁用,禁用项说明：(0-启用;1-禁用),工号";

async fn upload(caller: &Caller<'_>, content: impl Into<Vec<u8>>) -> Value {
    let part = reqwest::multipart::Part::bytes(content.into()).file_name("import.csv");
    let form = reqwest::multipart::Form::new().part("media", part);
    let request = caller.world.http().post(caller.full_url("media/upload?type=file")).multipart(form);
    read(request.send().await.unwrap()).await.unwrap().body["media_id"].clone()
}

async fn import(caller: &Caller<'_>, path: &str, content: impl Into<Vec<u8>>) -> Value {
    let media_id = upload(caller, content).await;
    caller.post(path, json!({"media_id": media_id, "to_invite": false})).await
}

/// Imports, waits, and answers the result.
async fn finished(caller: &Caller<'_>, path: &str, content: impl Into<Vec<u8>>) -> Value {
    let got = import(caller, path, content).await;
    assert_eq!(got["errcode"], 0, "{got}");
    caller.world.clock.advance(Duration::from_secs(5));
    caller.get_ok(&format!("batch/getresult?jobid={}", got["jobid"].as_str().unwrap())).await
}

fn seeded(world: &World) {
    let state = world.state();
    state.seed_department(CORP, 20, 1, "财务", 0);
    state.seed_department(CORP, 21, 1, "研发", 0);
    state.with_corp(CORP, |corp| corp.settings.custom_attributes.insert("工号".into()));
}

#[tokio::test]
async fn members_are_added_and_updated_and_the_rest_is_left_alone() {
    let world = World::public();
    seeded(&world);
    let contacts = world.contacts().await;
    contacts.post_ok("user/create", person("old")).await;
    contacts.post_ok("user/create", person("untouched")).await;
    let csv = format!(
        "\u{feff}{HEADER}\n陈安,a.chen,13900000001,,20;21,经理,女,1;0,10;0,achen,北京,010-1234,0,,10001\n\
         老王,OLD,,,21,,,,,,,,1,,\n无名,,13900000002,,20,,,,,,,,,,\n重复,a.chen,13900000003,,20,,,,,,,,,,\n\
         新部,new.dept,13900000004,,777,,,,,,,,,,\n"
    );
    let got = finished(&contacts, "batch/syncuser", csv).await;
    assert_eq!(
        (&got["status"], &got["type"], &got["total"], &got["percentage"]),
        (&json!(3), &json!("sync_user"), &json!(5), &json!(100))
    );
    let codes: Vec<_> = got["result"].as_array().unwrap().iter().map(|row| row["errcode"].as_i64().unwrap()).collect();
    assert_eq!(codes, [0, 0, 40003, 302_003, 0], "{got}");
    let state = world.state();
    let member = state.find_member(CORP, "a.chen").unwrap();
    assert_eq!(
        (member.gender, member.telephone.as_str(), member.main_department, member.invitations),
        (2, "010-1234", 20, 0)
    );
    assert!(member.memberships[0].is_leader && member.memberships[0].order == 10);
    assert_eq!(member.extattr.len(), 1);
    let old = state.find_member(CORP, "old").unwrap();
    assert_eq!((old.name.as_str(), old.email.as_str(), old.status()), ("老王", "old@example.com", 2));
    assert!(state.find_member(CORP, "untouched").is_some());
    let department = state.find_department(CORP, 777).unwrap();
    assert_eq!(state.find_department(CORP, department.parent).unwrap().name, "其他（待设置部门）");
}

#[tokio::test]
async fn a_job_shows_its_progress_and_is_alone() {
    let world = World::public();
    seeded(&world);
    let contacts = world.contacts().await;
    let csv = format!("{HEADER}\n甲,a,13900000001,,20,,,,,,,,,,\n");
    let jobid = import(&contacts, "batch/syncuser", csv.clone()).await["jobid"].as_str().unwrap().to_owned();
    let path = format!("batch/getresult?jobid={jobid}");
    let got = contacts.get_ok(&path).await;
    assert_eq!((&got["status"], &got["percentage"]), (&json!(1), &json!(0)));
    world.clock.advance(Duration::from_millis(250));
    let got = contacts.get_ok(&path).await;
    assert_eq!((&got["status"], &got["percentage"]), (&json!(2), &json!(50)));
    assert!(world.state().find_member(CORP, "a").is_none());
    assert_eq!(import(&contacts, "batch/syncuser", csv.clone()).await["errcode"], 302_008);
    world.clock.advance(Duration::from_millis(250));
    assert_eq!(contacts.get_ok(&path).await["status"], 3);
    for _ in 0..5 {
        finished(&contacts, "batch/syncuser", csv.clone()).await;
    }
    contacts.get_refused(40089, &path).await;
    contacts.get_refused(40088, "batch/getresult?jobid=x").await;
    contacts.get_refused(40063, "batch/getresult").await;
}

#[tokio::test]
async fn unusable_files_are_refused_at_once() {
    let world = World::public();
    let contacts = world.contacts().await;
    contacts.refused(41006, "batch/syncuser", json!({})).await;
    contacts.refused(40007, "batch/syncuser", json!({"media_id": "nope"})).await;
    for content in ["姓名,帐号,手机号,所在部门\n", "姓名,帐号,手机号\na,b,13900000001\n", "姓名,帐号,所在部门\na,b,1\n"]
    {
        assert_eq!(import(&contacts, "batch/syncuser", content).await["errcode"], 40092, "{content}");
    }
    assert_eq!(import(&contacts, "batch/replaceparty", "部门名称,部门ID\na,1\n").await["errcode"], 40092);
    let media_id = upload(&contacts, "部门名称,部门ID,父部门ID,排序\n集团,1,0,\n").await;
    let body = json!({"media_id": media_id, "callback": {"url": "no url", "token": "t", "encodingaeskey": "k"}});
    contacts.refused(40057, "batch/replaceparty", body).await;
}

#[tokio::test]
async fn a_replacement_that_deletes_too_many_is_refused() {
    let world = World::public();
    let contacts = world.contacts().await;
    let file = |keep: usize| {
        let rows: String = (0..keep).map(|i| format!("n{i},u{i},,u{i}@example.com,1,,,,,,,,,,\n")).collect();
        format!("{HEADER}\n{rows}")
    };
    for i in 0..10 {
        contacts.post_ok("user/create", person(&format!("u{i}"))).await;
    }
    assert_eq!(import(&contacts, "batch/replaceuser", file(1)).await["errcode"], 45026, "9 of 10 is over 80 %");
    finished(&contacts, "batch/replaceuser", file(2)).await;
    assert_eq!(world.state().member_count(CORP), 2, "8 of 10 is not");
    for i in 2..300 {
        contacts.post_ok("user/create", person(&format!("u{i}"))).await;
    }
    assert_eq!(import(&contacts, "batch/replaceuser", file(239)).await["errcode"], 45026, "61 of 300 is over 20 %");
    finished(&contacts, "batch/replaceuser", file(240)).await;
    assert_eq!(world.state().member_count(CORP), 240);
}

#[tokio::test]
async fn the_department_tree_is_replaced_by_id() {
    let world = World::public();
    seeded(&world);
    let contacts = world.contacts().await;
    let state = world.state();
    state.seed_department(CORP, 30, 1, "空的", 0);
    let mut body = person("stays");
    body["department"] = json!([21]);
    contacts.post_ok("user/create", body).await;
    // 20 and a new one swap places in the tree; 21 is left out but has a member; 30 is left out and empty.
    let csv = "部门名称,部门ID,父部门ID,排序\n集团,1,0,\n新部,40,1,7\n财务中心,20,40,5\n";
    let got = finished(&contacts, "batch/replaceparty", csv).await;
    let rows: Vec<_> = got["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["partyid"].as_u64().unwrap(), row["action"].as_u64().unwrap(), row["errcode"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(rows, [(1, 2, 0), (40, 1, 0), (20, 2 + 4 + 8, 0)], "{got}");
    let ids = || state.departments(CORP).iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(), [1, 20, 21, 40]);
    let csv = format!("{HEADER}\n,stays,,,20,,,,,,,,,,\n");
    finished(&contacts, "batch/syncuser", csv).await;
    assert_eq!(ids(), [1, 20, 40], "emptied, so gone");
}

#[tokio::test]
async fn a_file_that_is_no_tree_changes_nothing() {
    let world = World::public();
    seeded(&world);
    let contacts = world.contacts().await;
    let before = world.state().departments(CORP);
    for (rows, errcode) in [
        ("集团,1,0,\na,2,99,\n", 302_004),
        ("集团,1,0,\na,2,3,\nb,3,2,\n", 302_004),
        ("a,2,1,\n", 302_004),
        ("集团,1,0,\n二,2,0,\n", 302_004),
        ("集团,1,0,\n,2,1,\n", 302_004),
        ("集团,1,0,\na,x,1,\n", 302_004),
        ("集团,1,0,\na,2,1,\nb,2,1,\n", 302_006),
        ("集团,1,0,\na,2,1,\na,3,1,\n", 302_007),
    ] {
        let got = finished(&contacts, "batch/replaceparty", format!("部门名称,部门ID,父部门ID,排序\n{rows}")).await;
        let codes: Vec<_> =
            got["result"].as_array().unwrap().iter().map(|row| row["errcode"].as_i64().unwrap()).collect();
        assert!(codes.contains(&errcode) && !codes.contains(&0), "{rows}: {codes:?}");
        assert_eq!(world.state().departments(CORP), before, "{rows}");
    }
}

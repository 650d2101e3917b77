//! Every endpoint, once, with success.

use super::console;
use crate::wecom::world::{CORPID, World, app, change, contacts, department, fields, member};
use std::collections::BTreeSet;
use std::time::Duration;
use wecom_bridge::model::{Department, DepartmentId, Edition, MemberField, MemberStatus};
use wecom_bridge::sandbox::{Profile, seed};
use wecom_bridge::wecom::{
    Ability, Client, EmailKind, ExportFile, ExportKey, ExportState, ImportJob, ImportState, Invitation, JobId,
    MediaKind, QrSize, TagMembers, batch_csv, best_strategy, endpoint,
};

async fn imported(world: &World, client: &Client, csv: Vec<u8>, replace_departments: bool, full: bool) -> ImportState {
    let media = client.media_upload(&contacts(), MediaKind::File, "members.csv", csv.into()).await.unwrap();
    let job = ImportJob { media_id: media.media_id, to_invite: false, callback: None };
    let job = match (replace_departments, full) {
        (true, _) => client.batch_replaceparty(&job).await.unwrap(),
        (false, true) => client.batch_replaceuser(&job).await.unwrap(),
        (false, false) => client.batch_syncuser(&job).await.unwrap(),
    };
    loop {
        let state = client.batch_getresult(&job).await.unwrap();
        if state.is_finished {
            return state;
        }
        world.clock.sleep(Duration::from_secs(2)).await;
    }
}

async fn exported(world: &World, client: &Client, job: JobId, key: &ExportKey) -> Vec<u8> {
    let files: Vec<ExportFile> = loop {
        match client.export_get_result(&app(), &job).await.unwrap() {
            ExportState::Running => world.clock.sleep(Duration::from_secs(2)).await,
            ExportState::Done(files) => break files,
            ExportState::Failed => panic!("the export failed"),
        }
    };
    assert_eq!(files.len(), 1);
    client.export_download(&files[0], key).await.unwrap()
}

async fn departments_and_members(world: &World, client: &Client) {
    for (id, parent, name) in [(20, 1, "财务"), (21, 20, "审计"), (22, 1, "临时")] {
        assert_eq!(client.department_create(&department(id, parent, name)).await.unwrap(), DepartmentId(id));
    }
    client.department_update(&department(21, 1, "内审")).await.unwrap();
    client.department_delete(DepartmentId(22)).await.unwrap();
    let ids = client.department_simplelist(&contacts(), None).await.unwrap();
    assert_eq!(ids.iter().map(|d| d.id.0).collect::<BTreeSet<_>>(), BTreeSet::from([1, 20, 21]));
    assert!(ids.iter().all(|d| d.name.is_none()));
    let list = client.department_list(&app(), Some(DepartmentId(20))).await.unwrap();
    assert_eq!((list.len(), list[0].name.as_deref()), (1, Some("财务")), "21 was moved away");
    let one = client.department_get(&app(), DepartmentId(21)).await.unwrap();
    assert_eq!((one.parent.0, one.name.as_deref()), (1, Some("内审")));

    let mut full = member("a.chen", &[20, 21]);
    full.image.main_department = Some(DepartmentId(21));
    for (field, value) in fields(&[
        ("mobile", "+86 139 0000 0001"),
        ("position", "经理"),
        ("gender", "2"),
        ("telephone", "010-1234"),
        ("alias", "achen"),
        ("extattr.工号", "10001"),
        ("extattr.未定义", "x"),
        ("external_position", "顾问"),
        ("external.职称", "专家"),
    ]) {
        full.image.fields.insert(field, value);
    }
    let memberships = full.image.memberships.as_mut().unwrap();
    memberships[1].is_leader = true;
    memberships[1].order = u32::MAX;
    client.user_create(&full).await.unwrap();
    for userid in ["b.li", "c.wang", "d.zhao"] {
        client.user_create(&member(userid, &[1])).await.unwrap();
    }
    let mut update = change("A.Chen", &[("position", "总监")]);
    update.image.direct_leader = Some(vec!["b.li".into()]);
    client.user_update(&update).await.unwrap();
    client.user_delete(&"c.wang".into()).await.unwrap();
    client.user_batchdelete(&["d.zhao".into()]).await.unwrap();

    let stored = world.state().find_member(CORPID, "a.chen").unwrap();
    assert_eq!((stored.mobile.as_str(), stored.main_department, stored.invitations), ("+8613900000001", 21, 0));
    let got = client.user_get(&app(), &"a.chen".into()).await.unwrap();
    let text = |path: &str| got.fields.get(&MemberField::find(path).unwrap()).map(|text| text.as_str());
    for (path, want) in [
        ("name", Some("Name a.chen")),
        ("position", Some("总监")),
        ("telephone", Some("010-1234")),
        ("alias", Some("achen")),
        ("extattr.工号", Some("10001")),
        ("extattr.未定义", None),
        ("external_position", Some("顾问")),
        ("external.职称", Some("专家")),
        ("mobile", None),
        ("email", None),
        ("gender", None),
    ] {
        assert_eq!(text(path), want, "{path}");
    }
    assert_eq!(got.main_department, Some(DepartmentId(21)));
    assert_eq!(got.status, Some(MemberStatus::NotActivated));
    assert_eq!(got.direct_leader, Some(vec!["b.li".into()]));
    let membership = got.memberships.iter().find(|m| m.department.0 == 21).unwrap();
    assert_eq!((membership.order, membership.is_leader), (u32::MAX, true));
    update.image.direct_leader = Some(vec![]);
    client.user_update(&update).await.unwrap();
    assert!(world.state().find_member(CORPID, "a.chen").unwrap().direct_leader.is_empty(), "[] clears");

    let ids = client.user_list_id(None, 2).await.unwrap();
    assert_eq!(ids.rows.len(), 2);
    let rest = client.user_list_id(ids.next_cursor.as_deref(), 2).await.unwrap();
    assert_eq!((rest.rows.len(), rest.next_cursor), (1, None), "three memberships in all");
    let listed = client.user_list(&app(), DepartmentId::ROOT, true).await.unwrap();
    assert_eq!(listed.len(), 2, "each member once");
    assert!(listed.iter().all(|member| member.has_details));
    let simply = client.user_simplelist(&app(), DepartmentId(20), false).await.unwrap();
    assert_eq!((simply.len(), simply[0].has_details), (1, false));
}

async fn look_ups(world: &World, client: &Client) {
    console(world, |corp| {
        corp.switches.has_corp_mail = true;
        corp.settings.has_second_verification = true;
        corp.tfa_codes.insert("the-code".into(), "b.li".into());
        let mut a = corp.directory.member("a.chen").cloned().unwrap();
        (a.has_wechat, a.biz_mail) = (true, "a.chen@corp.example.com".into());
        corp.directory.put_member(a);
    });
    let a = "a.chen".into();
    assert_eq!(client.user_getuserid(&app(), "13900000001").await.unwrap(), a);
    let mail = client.user_get_userid_by_email(&app(), "a.chen@example.com", EmailKind::Personal).await;
    assert_eq!(mail.unwrap(), a);
    let mail = client.user_get_userid_by_email(&app(), "a.chen@corp.example.com", EmailKind::Corp).await;
    assert_eq!(mail.unwrap(), a);
    let openid = client.user_convert_to_openid(&app(), &a).await.unwrap();
    assert_eq!(client.user_convert_to_userid(&app(), &openid).await.unwrap(), a);
    let info = client.auth_get_tfa_info(&app(), "the-code").await.unwrap();
    assert_eq!(info.userid, "b.li".into());
    client.user_tfa_succ(&app(), &info).await.unwrap();
    client.user_authsucc(&contacts(), &a).await.unwrap();
    assert!(world.state().find_member(CORPID, "a.chen").unwrap().is_activated);
    assert!(client.corp_get_join_qrcode(QrSize::S399).await.unwrap().starts_with("https://"));
    assert_eq!(client.user_get_active_stat("2025-10-09").await.unwrap(), 1);
    let converted = client.batch_userid_to_openuserid(&app(), &[a.clone(), "ghost".into()]).await.unwrap();
    assert_eq!((converted.pairs.len(), converted.unknown.as_slice()), (1, &["ghost".to_owned()][..]));
    let back = client.batch_openuserid_to_userid(&app(), &[converted.pairs[0].1.clone()], Some(seed::AGENTID)).await;
    assert!(back.unwrap().pairs[0].0.is_same(&a));
    let whom =
        Invitation { users: vec!["b.li".into(), "ghost".into()], departments: vec![DepartmentId(999)], tags: vec![77] };
    let unusable = client.batch_invite(&app(), &whom).await.unwrap();
    assert_eq!(unusable.users, vec!["ghost".into()]);
    assert_eq!((unusable.departments, unusable.tags), (vec![DepartmentId(999)], vec![77]));
    let agent = client.agent_get(&app(), seed::AGENTID).await.unwrap();
    assert_eq!((agent.agentid, agent.departments), (seed::AGENTID, vec![DepartmentId::ROOT]));
    assert!(!client.get_api_domain_ip(&app()).await.unwrap().is_empty());
}

async fn tags(client: &Client) -> u32 {
    let tag = client.tag_create(&contacts(), "财务组", None).await.unwrap();
    client.tag_update(&contacts(), tag, "财务标签").await.unwrap();
    let whom = TagMembers {
        users: vec!["a.chen".into(), "ghost".into()],
        departments: vec![DepartmentId(20), DepartmentId(999)],
    };
    let unusable = client.tag_addtagusers(&contacts(), tag, &whom).await.unwrap();
    assert_eq!((unusable.users, unusable.departments), (vec!["ghost".into()], vec![DepartmentId(999)]));
    let content = client.tag_get(&contacts(), tag).await.unwrap();
    assert_eq!((content.users.len(), content.departments.as_slice()), (1, &[DepartmentId(20)][..]));
    let all = client.tag_list(&app()).await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str()), (1, "财务标签"));
    let spare = client.tag_create(&contacts(), "spare", Some(40)).await.unwrap();
    let whom = TagMembers { users: vec!["a.chen".into()], departments: vec![] };
    client.tag_addtagusers(&contacts(), spare, &whom).await.unwrap();
    client.tag_deltagusers(&contacts(), spare, &whom).await.unwrap();
    client.tag_delete(&contacts(), spare).await.unwrap();
    tag
}

async fn jobs(world: &World, client: &Client, tag: u32) {
    let mut e = member("e.sun", &[20, 21]);
    e.image.enable = Some(false);
    e.image.fields.insert(MemberField::Gender, "1".into());
    e.image.fields.insert(MemberField::ExtAttr("工号".into()), "10005".into());
    e.image.memberships.as_mut().unwrap()[1].is_leader = true;
    let csv = batch_csv::members(&[(&e.userid, &e.image)]).unwrap();
    let state = imported(world, client, csv.clone(), false, false).await;
    assert_eq!((state.kind.as_str(), state.total, state.rows.len()), ("sync_user", 1, 1));
    assert_eq!(state.rows[0].refusal, None);
    let stored = world.state().find_member(CORPID, "e.sun").unwrap();
    assert_eq!((stored.gender, stored.is_enabled, stored.invitations), (1, false, 0));
    assert!(stored.memberships.iter().any(|m| m.department == 21 && m.is_leader));

    let a = member("a.chen", &[20]);
    let b = member("b.li", &[1]);
    let csv = batch_csv::members(&[(&a.userid, &a.image), (&b.userid, &b.image)]).unwrap();
    let state = imported(world, client, csv, false, true).await;
    assert_eq!(state.kind, "replace_user");
    assert!(world.state().find_member(CORPID, "e.sun").is_none(), "who is not in the file is deleted");

    let tree = [(1, 0, "示例集团"), (20, 1, "财务部"), (30, 20, "新部门")].map(|(id, parent, name)| Department {
        id: DepartmentId(id),
        parent: DepartmentId(parent),
        name: Some(name.into()),
        order: 0,
        leaders: vec![],
    });
    let state = imported(world, client, batch_csv::departments(&tree).unwrap(), true, false).await;
    assert_eq!(state.kind, "replace_party");
    assert!(state.rows.iter().all(|row| row.refusal.is_none()), "{:?}", state.rows);
    assert_eq!(world.state().find_department(CORPID, 30).unwrap().parent, 20);

    let key = ExportKey::random();
    let job = client.export_simple_user(&app(), &key).await.unwrap();
    let members = client.exported_members(&exported(world, client, job, &key).await, false).unwrap();
    assert_eq!(members.len(), 2);
    let job = client.export_user(&app(), &key).await.unwrap();
    let members = client.exported_members(&exported(world, client, job, &key).await, true).unwrap();
    assert!(members.iter().all(|member| member.has_details));
    let job = client.export_department(&app(), &key).await.unwrap();
    let departments = client.exported_departments(&exported(world, client, job, &key).await).unwrap();
    assert!(departments.iter().any(|d| d.name.as_deref() == Some("新部门")));
    let job = client.export_taguser(&app(), &key, tag).await.unwrap();
    let content = client.exported_tag(&exported(world, client, job, &key).await).unwrap();
    assert_eq!(content.users.len(), 1);
}

#[tokio::test]
async fn every_endpoint_is_called_with_success() {
    let world = World::public();
    console(&world, |corp| {
        corp.settings.custom_attributes.insert("工号".into());
        corp.settings.custom_attributes.insert("职称".into());
    });
    let (client, meter) = world.metered();
    departments_and_members(&world, &client).await;
    look_ups(&world, &client).await;
    let tag = tags(&client).await;
    jobs(&world, &client, tag).await;

    let counts = world.state().call_counts();
    let is_elsewhere = |name: &str| {
        name == endpoint::EXPORT_DOWNLOAD.name || name != "agent/get" && super::messages::is_about_messages(name)
    };
    for endpoint in endpoint::ALL.iter().filter(|e| !is_elsewhere(e.name)) {
        let succeeded = counts.get(endpoint.name).and_then(|count| count.by_errcode.get(&0)).copied().unwrap_or(0);
        assert!(succeeded > 0, "{} was never called with success", endpoint.name);
    }
    let calls = meter.calls();
    let of_sandbox: u64 = counts.iter().filter(|(name, _)| *name != "gettoken").map(|(_, count)| count.calls).sum();
    let downloads = calls.by_endpoint[endpoint::EXPORT_DOWNLOAD.name];
    assert_eq!(calls.reads + calls.writes, of_sandbox + downloads, "the meter counts what the sandbox saw");
    assert_eq!(calls.by_endpoint["gettoken"], counts["gettoken"].calls);
    assert!(client.clock_skew_s().is_some());
}

#[tokio::test]
async fn a_private_deployment_gets_its_own_spelling() {
    for profile in [Profile::Private, Profile::Government] {
        let world = World::new(profile);
        console(&world, |corp| {
            corp.settings.custom_attributes.insert("工号".into());
            let app = corp.apps.get_mut(&seed::AGENTID).unwrap();
            app.open_fields = ["name", "english_name", "position"].map(String::from).into();
        });
        let client = world.client();
        client.department_create(&department(20, 1, "财务")).await.unwrap();
        let mut a = member("a", &[1, 20]);
        a.image.main_department = Some(DepartmentId(20));
        a.image.fields.insert(MemberField::Alias, "al".into());
        a.image.fields.insert(MemberField::ExtAttr("工号".into()), "7".into());
        client.user_create(&a).await.unwrap();
        let got = client.user_get(&contacts(), &"a".into()).await.unwrap();
        assert_eq!(got.main_department, Some(DepartmentId(20)), "the first department is the main one");
        assert_eq!(got.fields.get(&MemberField::Alias).map(|t| t.as_str()), Some("al"));
        assert_eq!(got.fields.get(&MemberField::ExtAttr("工号".into())).map(|t| t.as_str()), Some("7"));
        assert!(got.fields.get(&MemberField::Email).is_some(), "the contacts secret reads everything");
        let seen = client.user_get(&app(), &"a".into()).await.unwrap();
        assert_eq!(seen.fields.get(&MemberField::Email), None, "the app reads what was opened for it");
        assert_ne!(client.edition(), Edition::Public);

        let abilities = client.probe(&contacts()).await;
        assert!(abilities.departments.is_allowed() && abilities.details.is_allowed(), "{abilities:?}");
        assert!(matches!(abilities.ids, Some(Ability::Unknown(_))), "there is no user/list_id: {abilities:?}");
        let (strategy, _) = best_strategy(Some(&abilities), None).unwrap();
        assert_eq!(strategy, wecom_bridge::model::ReadStrategy::Lists);
    }
}

#[tokio::test]
async fn probes_tell_how_a_corp_is_read() {
    use wecom_bridge::model::ReadStrategy;
    for (profile, want) in
        [(Profile::PublicNew, ReadStrategy::IdsAndDetails), (Profile::PublicLegacy, ReadStrategy::Lists)]
    {
        let world = World::new(profile);
        let client = world.client();
        let (mine, apps) = (client.probe(&contacts()).await, client.probe(&app()).await);
        assert_eq!(best_strategy(Some(&mine), Some(&apps)).unwrap().0, want);
        if profile == Profile::PublicNew {
            assert_eq!(mine.caller_ip.as_deref(), Some("127.0.0.1"), "the refusal tells our address");
            assert_eq!(best_strategy(Some(&mine), None).unwrap().0, ReadStrategy::IdsOnly);
            assert_eq!(client.caller_ip(&app()).await.as_deref(), Some("127.0.0.1"));
        }
        assert!(world.state().calls().iter().all(|call| !call.is_applied || !call.endpoint.contains("create")));
    }
}

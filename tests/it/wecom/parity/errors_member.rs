//! Errcodes of member calls (contract, sections 3.4 to 3.7).

use super::{Provoked, console};
use crate::wecom::world::{CORPID, World, app, change, contacts, department, member};
use wecom_bridge::model::{DepartmentId, MemberField, UserId};
use wecom_bridge::sandbox::{Effect, Fault, VisibleRange, seed};
use wecom_bridge::wecom::{CallErrorKind, Client, EmailKind, MemberWrite, RefusalClass};

/// Section 3.7.
const CONTRACT: &[i64] = &[
    60102, 60103, 60104, 60105, 60106, 60110, 60111, 60112, 60123, 60127, 41019, 60129, 60132, 60141, 60142, 60143,
    60144, 60145, 81015, 81001, 45024, 40003, 40058, 301_012, 301_013, 301_014, 301_015, 301_036, 301_005, 85002, 6000,
];

/// Of those, what this client cannot bring about: it aligns its arrays, never sends a member without a department, no
/// `english_name` outside private editions, no avatar, no `new_userid`.
const BY_FAULT: &[i64] = &[60127, 41019, 60132, 301_014, 301_015, 301_036, 6000];

fn with(userid: &str, pairs: &[(&str, &str)]) -> MemberWrite {
    let mut write = member(userid, &[1]);
    for (path, value) in pairs {
        write.image.fields.insert(MemberField::find(path).unwrap(), (*value).into());
    }
    write
}

async fn refused_values(client: &Client, provoked: &mut Provoked) {
    for (code, pairs) in [
        (60103, &[("mobile", "not a number")][..]),
        (60104, &[("mobile", "13900000001")]),
        (60105, &[("email", "nonsense")]),
        (60106, &[("email", "first@example.com")]),
        (60112, &[("name", &"长".repeat(65))]),
        (60129, &[("email", "")]),
        (301_012, &[("position", &"长".repeat(129))]),
        (301_013, &[("telephone", "call me")]),
        (40058, &[("alias", &"长".repeat(65))]),
        (85002, &[("position", "a forbidden title")]),
    ] {
        provoked.expect(code, client.user_create(&with("second", pairs)).await);
    }
    provoked.expect(40003, client.user_create(&with("_bad id", &[("email", "x@example.com")])).await);
    provoked.expect(60102, client.user_create(&with("FIRST", &[("email", "x@example.com")])).await);
    provoked.expect(60123, client.user_create(&member("second", &[99])).await);
    provoked.expect(60111, client.user_update(&change("ghost", &[("name", "x")])).await);
    provoked.expect(60111, client.user_delete(&"ghost".into()).await);
    provoked.expect(60111, client.user_get(&app(), &"ghost".into()).await);
    provoked.expect(301_005, client.user_delete(&"creator".into()).await);
}

#[tokio::test]
async fn members() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    client.user_create(&with("first", &[("mobile", "13900000001")])).await.unwrap();
    client.user_create(&member("creator", &[1])).await.unwrap();
    console(&world, |corp| {
        corp.settings.forbidden_words = vec!["forbidden".into()];
        corp.settings.creator = "creator".into();
    });
    refused_values(&client, &mut provoked).await;
    let many: Vec<u32> = (2..=103).collect();
    for id in &many {
        client.department_create(&department(*id, 1, &format!("d{id}"))).await.unwrap();
    }
    provoked.expect(60110, client.user_create(&member("second", &many[..101])).await);

    let taken = client.user_create(&with("second", &[("mobile", "13900000001")])).await.unwrap_err();
    assert_eq!(taken.class(), Some(&RefusalClass::MobileTaken { holder: Some("first".into()) }));
    let nowhere = client.user_update(&member("first", &[999])).await.unwrap_err();
    assert_eq!(nowhere.class(), Some(&RefusalClass::Invalid), "the department was not found, not the member");

    console(&world, |corp| {
        corp.switches.has_corp_mail = true;
        corp.settings.mail_domain = "corp.example.com".into();
        let mut first = corp.directory.member("first").cloned().unwrap();
        // from before 2022-04-25; of later members WeCom ignores the change silently
        (first.created_at_ms, first.biz_mail_changes_left) = (0, 0);
        first.biz_mail = "first@corp.example.com".into();
        corp.directory.put_member(first);
    });
    provoked.expect(60141, client.user_create(&with("second", &[("email", "nonsense")])).await);
    provoked.expect(60142, client.user_update(&change("creator", &[("email", "first@example.com")])).await);
    provoked.expect(60143, client.user_update(&change("creator", &[("biz_mail", "nonsense")])).await);
    provoked.expect(81015, client.user_update(&change("creator", &[("biz_mail", "x@elsewhere.example.com")])).await);
    provoked.expect(60145, client.user_update(&change("creator", &[("biz_mail", "first@corp.example.com")])).await);
    provoked.expect(60144, client.user_update(&change("first", &[("biz_mail", "other@corp.example.com")])).await);

    for code in BY_FAULT {
        let effect = Effect::Errcode { errcode: *code };
        world.state().add_fault(Fault { count: Some(4), ..Fault::always("user/create", effect) });
        provoked.expect(*code, client.user_create(&member("second", &[1])).await);
        world.state().clear_faults();
    }
    console(&world, |corp| corp.limits.nodes = 2);
    provoked.expect(81001, client.user_create(&member("second", &[1])).await);
    console(&world, |corp| (corp.limits.nodes, corp.limits.members) = (30_000, 2));
    provoked.expect(45024, client.user_create(&member("second", &[1])).await);
    provoked.assert_all(CONTRACT);
    assert_eq!(world.state().member_count(CORPID), 2, "no refused call has created anybody");
}

#[tokio::test]
async fn external_profiles() {
    let world = World::public();
    let client = world.client();
    console(&world, |corp| {
        corp.settings.custom_attributes.insert("职称".into());
    });
    let mut provoked = Provoked::default();
    provoked.expect(90101, client.user_create(&with("a", &[("external.职称", &"长".repeat(33))])).await);
    // links, mini programs, short names and Channels names are not written by this client
    for code in [90100, 90102, 90103, 90104, 90105, 90106, 41036, 41066] {
        world.state().add_fault(Fault::once("user/update", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.user_update(&change("a", &[("external.职称", "x")])).await);
    }
}

#[tokio::test]
async fn reads() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    for userid in ["a", "b"] {
        client.user_create(&member(userid, &[1])).await.unwrap();
    }
    client.department_create(&department(2, 1, "other")).await.unwrap();
    provoked.expect(48009, client.user_get(&contacts(), &"a".into()).await);
    provoked.expect(48009, client.user_list(&contacts(), DepartmentId::ROOT, false).await);
    provoked.expect(48009, client.user_simplelist(&contacts(), DepartmentId::ROOT, false).await);
    provoked.expect(50100, client.user_list_id(Some("no such cursor"), 10).await);
    console(&world, |corp| corp.limits.list_members = 1);
    provoked.expect(45029, client.user_list(&app(), DepartmentId::ROOT, true).await);
    console(&world, |corp| {
        corp.apps.get_mut(&seed::AGENTID).unwrap().visible = VisibleRange::departments([2]);
    });
    provoked.expect(60111, client.user_get(&app(), &"a".into()).await);
    provoked.expect(60011, client.user_list(&app(), DepartmentId::ROOT, false).await);
}

#[tokio::test]
async fn batch_deletes_and_limits_that_the_client_keeps_itself() {
    let world = World::public();
    let client = world.client();
    client.user_create(&member("a", &[1])).await.unwrap();
    let error = client.user_batchdelete(&["a".into(), "ghost".into()]).await.unwrap_err();
    assert!([60111, 40031, 301_021].contains(&error.errcode()), "{error}");
    assert!(error.is_not_found());
    assert!(world.state().find_member(CORPID, "a").is_some());
    let calls = world.state().calls().len();
    let many: Vec<UserId> = (0..201).map(|n| UserId::from(format!("u{n}").as_str())).collect();
    for error in [
        client.user_batchdelete(&many).await.unwrap_err(),
        client.user_batchdelete(&[]).await.unwrap_err(),
        client.user_update(&member("a", &[])).await.unwrap_err(),
    ] {
        assert!(matches!(error.kind, CallErrorKind::Invalid { .. }), "{error}");
    }
    assert_eq!(world.state().calls().len(), calls, "nothing was sent");
    let mut provoked = Provoked::default();
    for code in [40032, 301_021] {
        world.state().add_fault(Fault::once("user/batchdelete", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.user_batchdelete(&["a".into()]).await);
    }
}

#[tokio::test]
async fn look_ups() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    for n in 0..10 {
        client.user_create(&member(&format!("u{n}"), &[1])).await.unwrap();
    }
    provoked.expect(46004, client.user_getuserid(&app(), "13700000000").await);
    provoked.expect(60103, client.user_getuserid(&app(), "1").await);
    provoked.expect(46004, client.user_get_userid_by_email(&app(), "nonsense", EmailKind::Personal).await);
    provoked.expect(60147, client.user_get_userid_by_email(&app(), "x@example.com", EmailKind::Personal).await);
    provoked.expect(60148, client.user_get_userid_by_email(&app(), "x@example.com", EmailKind::Corp).await);
    provoked.expect(43004, client.user_convert_to_openid(&app(), &"u1".into()).await);
    provoked.expect(40073, client.user_convert_to_userid(&app(), "no-such-openid").await);
    provoked.expect(40029, client.auth_get_tfa_info(&app(), "no-such-code").await);
    let info = wecom_bridge::wecom::TfaInfo {
        userid: "u1".into(),
        tfa_code: wecom_bridge::model::Secret::new("no-such-code"),
    };
    provoked.expect(40207, client.user_tfa_succ(&app(), &info).await);
    console(&world, |corp| {
        corp.tfa_codes.insert("code".into(), "u2".into());
    });
    let mut info = client.auth_get_tfa_info(&app(), "code").await.unwrap();
    info.userid = "u1".into();
    provoked.expect(40208, client.user_tfa_succ(&app(), &info).await);
    for code in [40209, 40210] {
        world.state().add_fault(Fault::once("auth/get_tfa_info", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.auth_get_tfa_info(&app(), "code").await);
    }
    provoked.expect(40125, client.batch_openuserid_to_userid(&app(), &["nonsense".into()], None).await);
    provoked.expect(60111, client.user_authsucc(&contacts(), &"ghost".into()).await);
    provoked.expect(40058, client.user_get_active_stat("yesterday").await);

    // the app sees nobody any more: the number is there and cannot be looked up
    client.user_update(&change("u1", &[("mobile", "13900000001")])).await.unwrap();
    console(&world, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().visible = VisibleRange::default());
    provoked.expect(60146, client.user_getuserid(&app(), "13900000001").await);
    // wrong numbers above a fifth of the corp's size: locked for the day, and the client does not insist
    let mut codes = Vec::new();
    for n in 0..4 {
        codes.push(client.user_getuserid(&app(), &format!("1370000000{n}")).await.unwrap_err().errcode());
    }
    assert!(codes.contains(&45009), "{codes:?}");
}

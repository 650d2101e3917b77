//! Errcodes of tags, invitations, uploads, imports, exports and apps (contract, sections 3.6, 5, 6, 7).

use super::{Provoked, console};
use crate::wecom::world::{START_MS, World, app, contacts, member};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{Department, DepartmentId};
use wecom_bridge::sandbox::{Effect, Fault, Profile, VisibleRange, seed};
use wecom_bridge::wecom::{
    CallErrorKind, Client, ExportFile, ExportKey, ExportState, ImportJob, ImportState, Invitation, JobId, MediaKind,
    TagMembers, batch_csv,
};

fn users(ids: &[&str]) -> TagMembers {
    TagMembers { users: ids.iter().map(|id| (*id).into()).collect(), departments: vec![] }
}

#[tokio::test]
async fn tags() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    client.user_create(&member("a", &[1])).await.unwrap();
    let mine = client.tag_create(&contacts(), "mine", None).await.unwrap();
    let of_app = client.tag_create(&app(), "of the app", None).await.unwrap();
    provoked.expect(40068, client.tag_get(&contacts(), 999).await);
    provoked.expect(40071, client.tag_create(&contacts(), "mine", None).await);
    provoked.expect(40072, client.tag_create(&contacts(), &"长".repeat(33), None).await);
    provoked.expect(40070, client.tag_addtagusers(&contacts(), mine, &users(&["ghost"])).await);
    provoked.expect(40031, client.tag_deltagusers(&contacts(), mine, &users(&["ghost"])).await);
    provoked.expect(60011, client.tag_delete(&app(), mine).await);
    provoked.expect(81011, client.tag_delete(&contacts(), of_app).await);
    console(&world, |corp| (corp.limits.tags, corp.limits.tag_nodes) = (2, 0));
    provoked.expect(40126, client.tag_create(&contacts(), "one more", None).await);
    provoked.expect(81003, client.tag_addtagusers(&contacts(), mine, &users(&["a"])).await);
    // the client keeps these itself
    for whom in [users(&[]), users(&["u"; 1001])] {
        let error = client.tag_addtagusers(&contacts(), mine, &whom).await.unwrap_err();
        assert!(matches!(error.kind, CallErrorKind::Invalid { .. }), "{error}");
    }
    for code in [40035, 41017, 41018, 81014] {
        world.state().add_fault(Fault::once("tag/addtagusers", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.tag_addtagusers(&contacts(), mine, &users(&["a"])).await);
    }
    provoked.assert_all(&[40068, 40071, 40072, 40035, 41017, 41018, 60011, 81011, 81014, 40070, 40031, 40126, 81003]);
}

#[tokio::test]
async fn invitations() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    let some = Invitation { users: vec!["a".into()], ..Invitation::default() };
    for whom in [Invitation::default(), Invitation { tags: vec![1; 101], ..Invitation::default() }] {
        let error = client.batch_invite(&app(), &whom).await.unwrap_err();
        assert!(matches!(error.kind, CallErrorKind::Invalid { .. }), "{error}");
    }
    // the client keeps these itself; the sandbox refuses them all the same
    let many = |name: &str, count: u32| json!({ name: (1..=count).map(|n| n.to_string()).collect::<Vec<_>>() });
    for (code, body) in [
        (82001, json!({})),
        (81017, many("user", 1_001)),
        (82002, json!({ "user": ["a"], "party": (1..=101).collect::<Vec<_>>() })),
        (82003, json!({ "user": ["a"], "tag": (1..=101).collect::<Vec<_>>() })),
    ] {
        provoked.expect_raw(code, &world, seed::APP_SECRET, "batch/invite", &body).await;
    }
    for code in [81012, 81017, 82001, 82002, 82003] {
        world.state().add_fault(Fault::once("batch/invite", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.batch_invite(&app(), &some).await);
    }
    provoked.assert_all(&[81012, 81017, 82001, 82002, 82003]);
}

#[tokio::test]
async fn apps() {
    let world = World::public();
    world.state().add_app(crate::wecom::world::CORPID, 7, "other", VisibleRange::root());
    let client = world.client();
    let mut provoked = Provoked::default();
    provoked.expect(40056, client.agent_get(&app(), 999).await);
    provoked.expect(301_002, client.agent_get(&app(), 7).await);
}

async fn upload(client: &Client, content: Vec<u8>) -> ImportJob {
    let media = client.media_upload(&contacts(), MediaKind::File, "a.csv", content.into()).await.unwrap();
    ImportJob { media_id: media.media_id, to_invite: false, callback: None }
}

/// Moves the clock until the job is done.
async fn finished(world: &World, client: &Client, job: &JobId) -> ImportState {
    loop {
        world.clock.advance(Duration::from_secs(2));
        let state = client.batch_getresult(job).await.unwrap();
        if state.is_finished {
            return state;
        }
    }
}

/// A sandbox whose jobs end only when a test moves the clock.
fn standing_still() -> World {
    World::on(Clock::manual(START_MS), Profile::PublicNew)
}

fn one_member(userid: &str) -> Vec<u8> {
    let write = member(userid, &[1]);
    batch_csv::members(&[(&write.userid, &write.image)]).unwrap()
}

#[tokio::test]
async fn uploads() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    let cred = contacts();
    let image = client.media_upload(&cred, MediaKind::Image, "a.txt", "123456789".into()).await;
    provoked.expect(40004, image);
    let error = client.media_upload(&cred, MediaKind::File, "a.csv", "12345".into()).await.unwrap_err();
    assert!(matches!(error.kind, CallErrorKind::Invalid { .. }), "{error}");
    console(&world, |corp| corp.limits.file_max_bytes = 8);
    provoked.expect(45001, client.media_upload(&cred, MediaKind::File, "a.csv", "123456789".into()).await);
    for code in [40005, 40006, 44001] {
        world.state().add_fault(Fault::once("media/upload", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.media_upload(&cred, MediaKind::File, "a.csv", "123456".into()).await);
    }
    provoked.assert_all(&[40004, 40005, 40006, 44001, 45001]);
}

#[tokio::test]
async fn imports() {
    let world = standing_still();
    let client = world.client();
    let mut provoked = Provoked::default();
    for n in 0..10 {
        client.user_create(&member(&format!("u{n}"), &[1])).await.unwrap();
    }
    let lost = ImportJob { media_id: "gone".into(), to_invite: false, callback: None };
    provoked.expect(40007, client.batch_syncuser(&lost).await);
    provoked.expect(40092, client.batch_syncuser(&upload(&client, b"hello,world\n1,2\n".to_vec()).await).await);
    provoked.expect(45026, client.batch_replaceuser(&upload(&client, one_member("u0")).await).await);
    provoked.expect(40088, client.batch_getresult(&JobId("no-such-job".into())).await);
    let first = client.batch_syncuser(&upload(&client, one_member("v0")).await).await.unwrap();
    let second = upload(&client, one_member("v1")).await;
    provoked.expect(302_008, client.batch_syncuser(&second).await);
    finished(&world, &client, &first).await;
    for n in 0..6 {
        let job = client.batch_syncuser(&upload(&client, one_member(&format!("w{n}"))).await).await.unwrap();
        finished(&world, &client, &job).await;
    }
    provoked.expect(40089, client.batch_getresult(&first).await);

    // codes of rows
    let taken = {
        let mut write = member("x", &[1]);
        let email = wecom_bridge::model::MemberField::Email;
        write.image.fields.insert(email, "u0@example.com".into());
        batch_csv::members(&[(&write.userid, &write.image)]).unwrap()
    };
    let job = client.batch_syncuser(&upload(&client, taken).await).await.unwrap();
    let state = finished(&world, &client, &job).await;
    assert_eq!(state.rows[0].refusal.as_ref().map(|refusal| refusal.errcode), Some(60106));
    let double = "姓名,帐号,手机号,邮箱,所在部门\na,dup,,d@example.com,1\nb,DUP,,e@example.com,1\n";
    let job = client.batch_syncuser(&upload(&client, double.into()).await).await.unwrap();
    let state = finished(&world, &client, &job).await;
    assert!(
        state.rows.iter().any(|row| row.refusal.as_ref().is_some_and(|refusal| refusal.errcode == 302_003)),
        "{:?}",
        state.rows
    );
    provoked.note(302_003);
    for (rows, code) in [
        (&[(1, 0, "r"), (2, 99, "orphan")][..], 302_004),
        (&[(1, 0, "r"), (2, 1, "a"), (2, 1, "b")], 302_006),
        (&[(1, 0, "r"), (2, 1, "a"), (3, 1, "a")], 302_007),
    ] {
        let tree: Vec<Department> = rows
            .iter()
            .map(|(id, parent, name)| Department {
                id: DepartmentId(*id),
                parent: DepartmentId(*parent),
                name: Some((*name).into()),
                order: 0,
                leaders: vec![],
            })
            .collect();
        let job = upload(&client, batch_csv::departments(&tree).unwrap()).await;
        let job = client.batch_replaceparty(&job).await.unwrap();
        let state = finished(&world, &client, &job).await;
        let codes: Vec<_> = state.rows.iter().filter_map(|row| row.refusal.as_ref().map(|r| r.errcode)).collect();
        assert!(codes.contains(&code), "{code}: {:?}", state.rows);
        provoked.note(code);
        assert_eq!(world.state().departments(crate::wecom::world::CORPID).len(), 1, "{code}");
    }
    world.state().add_fault(Fault::once("batch/syncuser", Effect::Errcode { errcode: 302_005 }));
    provoked.expect(302_005, client.batch_syncuser(&second).await);
    provoked.expect_raw(41006, &world, seed::CONTACTS_SECRET, "batch/syncuser", &json!({})).await;
    let callback =
        json!({ "media_id": second.media_id, "callback": { "url": "ftp://e.cn", "encodingaeskey": "short" } });
    provoked.expect_raw(40057, &world, seed::CONTACTS_SECRET, "batch/syncuser", &callback).await;
    provoked.assert_all(&[
        40007, 40057, 40088, 40089, 40092, 41006, 45026, 302_003, 302_004, 302_005, 302_006, 302_007, 302_008,
    ]);
}

#[tokio::test]
async fn exports() {
    let world = standing_still();
    let client = world.client();
    let mut provoked = Provoked::default();
    client.user_create(&member("a", &[1])).await.unwrap();
    let key = ExportKey::random();
    provoked.expect(48009, client.export_user(&contacts(), &key).await);
    provoked.expect(48009, client.export_simple_user(&contacts(), &key).await);
    provoked.expect(48009, client.export_department(&contacts(), &key).await);
    provoked.expect(40068, client.export_taguser(&app(), &key, 999).await);
    provoked.expect(40088, client.export_get_result(&app(), &JobId("no-such-job".into())).await);
    let job = client.export_user(&app(), &key).await.unwrap();
    provoked.expect(40088, client.export_get_result(&contacts(), &job).await);
    // the client keeps these itself
    let good = json!({ "encoding_aeskey": "a".repeat(43) });
    for (code, path, body) in [
        (40063, "export/user", json!({})),
        (40058, "export/user", json!({ "encoding_aeskey": "short" })),
        (40058, "export/simple_user", json!({ "encoding_aeskey": "a".repeat(43), "block_size": 9_999 })),
        (40058, "export/department", json!({ "encoding_aeskey": "a".repeat(43), "block_size": 1_000_001 })),
        (41017, "export/taguser", good),
    ] {
        provoked.expect_raw(code, &world, seed::APP_SECRET, path, &body).await;
    }
    provoked.assert_all(&[40058, 40063, 40068, 40088, 41017, 48009]);
    assert_eq!(client.export_get_result(&app(), &job).await.unwrap(), ExportState::Running);
    let files = loop {
        world.clock.advance(Duration::from_secs(2));
        match client.export_get_result(&app(), &job).await.unwrap() {
            ExportState::Running => {}
            ExportState::Done(files) => break files,
            ExportState::Failed => panic!("the export failed"),
        }
    };

    let file = files[0].clone();
    for damaged in [
        ExportFile { size: file.size - 32, ..file.clone() },
        ExportFile { md5: "0".repeat(32), ..file.clone() },
        ExportFile { url: file.url.replace("http:", "ftp:"), ..file.clone() },
    ] {
        client.export_download(&damaged, &key).await.unwrap_err();
    }
    let stranger = client.export_download(&file, &ExportKey::random()).await;
    assert!(stranger.is_err() || client.exported_members(&stranger.unwrap(), true).is_err());
    assert_eq!(client.exported_members(&client.export_download(&file, &key).await.unwrap(), true).unwrap().len(), 1);
    world.state().move_time(2 * 3_600_000 + 1);
    client.export_download(&file, &key).await.expect_err("the address is good for two hours");
    let error = client.exported_members(b"{}", true).unwrap_err();
    assert!(matches!(error.kind, CallErrorKind::Malformed { .. }), "{error}");
}

//! Errcodes of department calls and of secrets (contract, sections 1.2, 2.3, 4).

use super::{Provoked, console};
use crate::wecom::world::{CORPID, World, app, contacts, department, member};
use wecom_bridge::model::{DepartmentId, DepartmentImage};
use wecom_bridge::sandbox::{AppKind, Effect, Fault, Owner, seed};
use wecom_bridge::wecom::{DepartmentWrite, RefusalClass};

/// Section 2.3.
const CONTRACT: &[i64] = &[
    60001, 60003, 60004, 60005, 60006, 60007, 60008, 60009, 60010, 60011, 60123, 60124, 60125, 81001, 81002, 48009,
    6000,
];

#[tokio::test]
async fn departments() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    for (id, parent, name) in [(2, 1, "A"), (3, 2, "B"), (4, 1, "C")] {
        client.department_create(&department(id, parent, name)).await.unwrap();
    }
    client.user_create(&member("a", &[4])).await.unwrap();

    provoked.expect(60001, client.department_create(&department(9, 1, &"长".repeat(65))).await);
    provoked.expect(60003, client.department_delete(DepartmentId(99)).await);
    provoked.expect(60004, client.department_create(&department(9, 99, "x")).await);
    provoked.expect(60005, client.department_delete(DepartmentId(4)).await);
    provoked.expect(60006, client.department_delete(DepartmentId(2)).await);
    provoked.expect(60007, client.department_delete(DepartmentId::ROOT).await);
    provoked.expect(60008, client.department_create(&department(2, 1, "other name")).await);
    provoked.expect(60008, client.department_create(&department(9, 1, "A")).await);
    provoked.expect(60009, client.department_create(&department(9, 1, "a:b")).await);
    provoked.expect(60010, client.department_update(&department(2, 3, "A")).await);
    provoked.expect(60123, client.department_delete(DepartmentId(0)).await);
    provoked.expect(60124, client.department_update(&department(2, 99, "A")).await);
    provoked.expect(48009, client.department_get(&contacts(), DepartmentId::ROOT).await);
    provoked.expect(48009, client.department_list(&contacts(), None).await);
    // what has no cause that the client can bring about
    for code in [60125, 6000] {
        world.state().add_fault(Fault {
            count: Some(4),
            ..Fault::always("department/create", Effect::Errcode { errcode: code })
        });
        provoked.expect(code, client.department_create(&department(9, 1, "x")).await);
        world.state().clear_faults();
    }
    console(&world, |corp| (corp.limits.levels, corp.limits.nodes) = (3, 2));
    provoked.expect(81002, client.department_create(&department(9, 3, "deep")).await);
    provoked.expect(81001, client.department_create(&department(9, 1, "wide")).await);
    console(&world, |corp| corp.contacts.can_edit = false);
    provoked.expect(60011, client.department_create(&department(9, 1, "x")).await);
    provoked.assert_all(CONTRACT);
    assert_eq!(world.state().departments(CORPID).len(), 4, "no refused call has changed anything");
}

#[tokio::test]
async fn the_root_is_renamed_without_its_parent() {
    let world = World::public();
    let client = world.client();
    let image = DepartmentImage { name: Some("集团".into()), parent: Some(DepartmentId(0)), order: None };
    client.department_update(&DepartmentWrite { id: Some(DepartmentId::ROOT), image }).await.unwrap();
    assert_eq!(world.state().find_department(CORPID, 1).unwrap().name, "集团");
}

#[tokio::test]
async fn secrets_and_addresses() {
    let world = World::public();
    let client = world.client();
    let mut provoked = Provoked::default();
    console(&world, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().is_forbidden = true);
    provoked.expect(60031, client.department_simplelist(&app(), None).await);
    console(&world, |corp| {
        let app = corp.apps.get_mut(&seed::AGENTID).unwrap();
        (app.is_forbidden, app.kind) = (false, AppKind::EditAuthorised);
    });
    provoked.expect(48008, client.department_list(&app(), None).await);
    console(&world, |corp| corp.contacts.is_enabled = false);
    let off = client.user_list_id(None, 1).await;
    assert!(matches!(off.as_ref().unwrap_err().class(), Some(RefusalClass::Permission | RefusalClass::Credential)));

    let world = World::public();
    let client = world.client();
    client.user_list_id(None, 1).await.unwrap();
    world.state().set_trusted_ips(CORPID, Owner::Contacts, &["198.51.100.1"]);
    client.user_list_id(None, 1).await.expect("the change needs a minute");
    world.state().move_time(61_000);
    let error = client.user_list_id(None, 1).await.unwrap_err();
    assert_eq!((error.errcode(), error.class()), (60020, Some(&RefusalClass::IpNotTrusted)));
    assert_eq!(error.refusal().unwrap().caller_ip.as_deref(), Some("127.0.0.1"));
    assert!(error.to_string().contains("127.0.0.1"), "the address to enter is shown: {error}");
    assert!(error.is_systemic());

    // what the client has no way to send
    for code in [41001, 48001, 48002, 48004, 48005, 48006, 40132, 40141, 45031, 50006] {
        world.state().add_fault(Fault::once("user/list_id", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.user_list_id(None, 1).await);
    }
}

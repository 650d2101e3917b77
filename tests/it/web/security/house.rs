//! A house in which every name, reason, file name and message is an attempt to be a script or a formula, and in which
//! every page has something to show.

use super::super::browser::Browser;
use crate::api::world::{CORP, World};
use serde_json::json;
use wecom_bridge::admin::accounts::{self, NewAccount};
use wecom_bridge::admin::keys::{self, NewKey};
use wecom_bridge::directory::export::{Captions, to_zip};
use wecom_bridge::model::{
    Actor, ApiScope, CallbackOf, CorpKey, EmployeeStatus, InboxItem, InboxState, MemberField, ResolveCase, Role, Run,
    Secret, TenantKey, Text, Unreadable,
};
use wecom_bridge::store;

/// Breaks out of texts, of attributes in either kind of quotes, and of links.
pub const PAYLOAD: &str = "\"><script>alert(1)</script> onmouseover=\"alert(2)\" '";
/// What no page may hold.
pub const RAW: [&str; 3] = ["<script>alert", "onmouseover=\"alert", "href=\"javascript:"];
/// How a page shows the payload.
pub const ESCAPED: &str = "&#60;script&#62;alert(1)&#60;/script&#62;";
/// What a spreadsheet would compute.
pub const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"x\")";
/// The signs with which a cell begins to be a formula.
pub const FORMULA_SIGNS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub struct House {
    pub world: World,
    pub admin: Browser,
    /// Pages that no other page links to.
    pub more: Vec<String>,
}

impl House {
    pub async fn furnished() -> Self {
        let world = World::new().await;
        // deep enough that a branch is loaded when it is opened
        let units = world.bridge.get("/api/v1/tenants/acme/units").await.expect(200);
        let top = units["items"].as_array().unwrap().iter().find(|unit| unit["parent_id"].is_null()).unwrap();
        let mut above = top["id"].as_str().unwrap().to_owned();
        for id in ["deep1", "deep2", "deep3", "deep4"] {
            let row = json!({ "id": id, "parent_id": above, "name": id });
            world.bridge.put(&format!("/api/v1/tenants/acme/units/{id}"), &row).await.expect(200);
            above = id.to_owned();
        }
        world.first_sync().await;
        let admin = Browser::sign_in(&world.bridge, Role::Administrator).await;
        let mut house = Self { world, admin, more: Vec::new() };
        house.rename().await;
        house.decide_and_wait().await;
        house.spoil_the_mirror().await;
        house.fail().await;
        house.upload().await;
        house.staff().await;
        house.hear().await;
        house.push().await;
        house
    }

    /// Everything of the OA and of the settings has a hostile name.
    async fn rename(&self) {
        let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
        let write = move |tx: &store::WriteTx| {
            let mut row = store::tenants::find(tx, &tenant)?.unwrap();
            row.name = PAYLOAD.into();
            store::tenants::put(tx, &row)?;
            let mut row = store::corps::find(tx, &corp)?.unwrap();
            row.name = PAYLOAD.into();
            row.apps.iter_mut().for_each(|app| app.name = PAYLOAD.into());
            store::corps::put(tx, &row)?;
            let mut units = store::directory::units(tx, &tenant)?;
            // the root is called as it is in WeCom, or nothing can be planned
            for unit in units.iter_mut().filter(|unit| unit.parent_id.is_some()) {
                unit.name = format!("{}{PAYLOAD}", unit.id).into();
                unit.ext.insert(PAYLOAD.into(), FORMULA.into());
            }
            store::directory::put_units(tx, &tenant, &units)?;
            let mut people = store::directory::employees(tx, &tenant)?;
            for (at, one) in people.iter_mut().enumerate() {
                one.name = if at == 0 { FORMULA.into() } else { format!("{at}{PAYLOAD}").into() };
                (one.position, one.address, one.alias) = (PAYLOAD.into(), FORMULA.into(), PAYLOAD.into());
                one.ext.insert(PAYLOAD.into(), PAYLOAD.into());
            }
            store::directory::put_employees(tx, &tenant, &people)
        };
        self.world.bridge.app.store.write(write).await.unwrap();
    }

    /// One plan is rejected with a hostile reason, the next one waits.
    async fn decide_and_wait(&self) {
        let tenant = TenantKey::from("acme");
        let leave = move |tx: &store::WriteTx| {
            let mut people = store::directory::employees(tx, &tenant)?;
            people.iter_mut().rev().take(9).for_each(|one| one.status = EmployeeStatus::Departed);
            store::directory::put_employees(tx, &tenant, &people)
        };
        self.world.bridge.app.store.write(leave).await.unwrap();
        for is_decided in [true, false] {
            let made = self.world.bridge.act(&format!("{CORP}/plans")).await.expect(201);
            assert_eq!(made["state"], "held", "{made}");
            let plan = made["id"].as_str().unwrap();
            if is_decided {
                let fields = [("decision", "reject"), ("reason", PAYLOAD)];
                self.admin.get(&format!("/plans/{plan}")).await.expect(200);
                self.admin.post(&format!("/plans/{plan}/decide"), &fields).await.expect(303);
            }
        }
    }

    /// A rule and a message that it carries.
    async fn push(&mut self) {
        let bridge = &self.world.bridge;
        let rule = json!({ "name": PAYLOAD, "targets": [{ "corp": "acme-main", "app": "oa", "kind": "text" }] });
        bridge.post("/api/v1/tenants/acme/rules", &rule).await.expect(201);
        let message = json!({
            "tenant": "acme", "source": "workflow", "recipients": { "everyone": true }, "title": PAYLOAD, "body": FORMULA,
        });
        let taken = bridge.post("/api/v1/messages", &message).await.expect(202);
        let id = taken["id"].as_str().unwrap();
        self.more.push(format!("/tenants/acme/messages/{id}"));
    }

    async fn spoil_the_mirror(&self) {
        let corp = CorpKey::from("acme-main");
        let tenant = TenantKey::from("acme");
        let write = move |tx: &store::WriteTx| {
            let mut departments = store::mirror::departments(tx, &corp)?;
            departments.iter_mut().for_each(|one| one.name = Some(format!("{}{PAYLOAD}", one.id.0).into()));
            store::mirror::put_departments(tx, &corp, &departments)?;
            let mut members = store::mirror::members(tx, &corp)?;
            for (at, one) in members.iter_mut().enumerate() {
                let name = if at == 0 { Text::from(FORMULA) } else { format!("{at}{PAYLOAD}").into() };
                one.fields.insert(MemberField::Name, name);
                one.fields.insert(MemberField::Position, PAYLOAD.into());
            }
            store::mirror::put_members(tx, &corp, &members)?;
            let mut head = store::mirror::head(tx, &corp)?.unwrap();
            head.strategy_reason = PAYLOAD.into();
            let what = || Unreadable { subject: PAYLOAD.into(), what: PAYLOAD.into(), why: PAYLOAD.into() };
            (head.unreadable, head.unreadable_total) = (vec![what()], 1);
            store::mirror::put_head(tx, &corp, &head)?;
            let people = store::directory::employees(tx, &tenant)?;
            let case = json!({
                "rule": "name = name", "value": PAYLOAD, "members": [members[1].userid, members[2].userid],
                "employees": [people[1].id, people[2].id],
            });
            let case: ResolveCase = serde_json::from_value(case).unwrap();
            for one in &people[1..3] {
                store::bindings::remove_member(tx, &corp, &one.id)?;
            }
            store::resolve::put_all(tx, &corp, std::slice::from_ref(&case))
        };
        self.world.bridge.app.store.write(write).await.unwrap();
    }

    /// A callback, an auto reply and a webhook, each as hostile as it can be.
    async fn hear(&self) {
        let item = json!({
            "id": "01900000-0000-7000-8000-000000000006", "corp": "acme-main", "receiver": "oa", "kind": "message.text",
            "from": PAYLOAD, "created_at_s": 1, "received_at_ms": 2, "digest": "m1", "state": "done", "note": PAYLOAD,
            "text": format!("<xml><MsgType>text</MsgType><Content><![CDATA[{PAYLOAD}]]></Content></xml>"),
            "reply": PAYLOAD,
        });
        let rule = json!({
            "id": "01900000-0000-7000-8000-000000000007", "corp": "acme-main", "app": "oa", "name": PAYLOAD,
            "said": "text", "matching": "contains", "keyword": PAYLOAD, "reply": { "kind": "text", "text": PAYLOAD },
            "priority": 1, "enabled": true,
        });
        let picture = json!({
            "id": "01900000-0000-7000-8000-000000000009", "corp": "acme-main", "app": "oa", "name": PAYLOAD, "kind": "png",
            "size": 8, "added_at_ms": 1, "fault": PAYLOAD,
        });
        let webhook = json!({ "name": "oa", "url": "http://127.0.0.1:9/", "events": [PAYLOAD], "enabled": true });
        let post = json!({
            "id": "01900000-0000-7000-8000-000000000008", "webhook": "oa", "kind": "message.text", "body": PAYLOAD,
            "made_at_ms": 1, "due_at_ms": 2, "state": "dead", "error": PAYLOAD,
        });
        let failure = json!({ "at_ms": 1, "is_check": true, "fault": "token", "detail": PAYLOAD, "from": PAYLOAD });
        let health = json!({ "failures": 1, "last": [failure] });
        let write = move |tx: &store::WriteTx| {
            let done: InboxItem = serde_json::from_value(item.clone()).unwrap();
            store::inbox::receive(tx, &InboxItem { state: InboxState::Waiting, ..done.clone() })?;
            store::inbox::put(tx, &done)?;
            store::auto_replies::put(tx, &serde_json::from_value(rule.clone()).unwrap())?;
            store::pictures::add(tx, &serde_json::from_value(picture.clone()).unwrap(), b"\x89PNG\r\n\x1a\n")?;
            store::webhooks::put(tx, &serde_json::from_value(webhook.clone()).unwrap())?;
            store::webhooks::add(tx, &serde_json::from_value(post.clone()).unwrap())?;
            let health = serde_json::from_value(health.clone()).unwrap();
            store::inbox::put_health(tx, &CorpKey::from("acme-main"), &CallbackOf::App("oa".into()), &health)
        };
        self.world.bridge.app.store.write(write).await.unwrap();
    }

    /// A run that failed with whatever WeCom said.
    async fn fail(&self) {
        let run = json!({
            "id": "01900000-0000-7000-8000-000000000001", "corp": "acme-main", "kind": "downstream", "state": "failed",
            "by": PAYLOAD, "started_at_ms": 1, "ended_at_ms": 2, "done": 1, "total": 2,
            "counts": { "departments": {}, "members": {} },
            "calls": { "reads": 1, "writes": 1, "by_endpoint": { PAYLOAD: 1 } },
            "failed": [{ "seq": 0, "subject": PAYLOAD, "step": PAYLOAD, "errcode": 0, "message": PAYLOAD }],
            "message": PAYLOAD, "code": PAYLOAD,
        });
        let run: Run = serde_json::from_value(run).unwrap();
        self.world.bridge.app.store.write(move |tx| store::runs::put(tx, &run)).await.unwrap();
    }

    /// A directory file and a binding file between preview and confirmation, and a backup.
    async fn upload(&mut self) {
        let name = format!("{PAYLOAD}.csv");
        let links = format!("id,link\n{PAYLOAD},{PAYLOAD}\n{FORMULA},x\n").into_bytes();
        let at = format!("/corps/{}/bindings/file", "acme-main");
        self.admin.get(&at).await.expect(200);
        let shown = self.admin.upload(&at, &[("member_field", "userid")], &name, links).await;
        self.more.push(shown.location());
        let tenant = TenantKey::from("acme");
        let read = move |tx: &store::ReadTx| {
            Ok((store::directory::units(tx, &tenant)?, store::directory::employees(tx, &tenant)?))
        };
        let (units, mut people) = self.world.bridge.app.store.read(read).unwrap();
        people[3].mobile = PAYLOAD.into();
        people[4].unit_id = PAYLOAD.into();
        people[5].id = FORMULA.into();
        let file = to_zip(&units, &people, Captions::Chinese).unwrap();
        self.admin.get("/tenants/acme/import").await.expect(200);
        let name = format!("{PAYLOAD}.zip");
        let shown = self.admin.upload("/tenants/acme/import", &[("mode", "merge")], &name, file).await;
        self.more.push(shown.location());
        self.admin.post("/system/backup", &[]).await.expect(303);
    }

    /// Accounts, keys, sessions and the rows of the audit log that they leave.
    async fn staff(&self) {
        let bridge = &self.world.bridge;
        let new = NewAccount {
            name: "hostile".into(),
            display_name: PAYLOAD.into(),
            role: Role::Auditor,
            password: Secret::new("Correct horse 电池 9".to_owned()),
            must_change_password: false,
            language: None,
        };
        accounts::create(&bridge.app.admin, &Actor::cli(PAYLOAD), new).await.unwrap();
        let new =
            NewKey { name: PAYLOAD.into(), scopes: vec![ApiScope::OpsRead], networks: vec![], expires_at_ms: None };
        keys::create(&bridge.app.store, &bridge.app.clock, &Actor::cli(FORMULA), new).await.unwrap();
        let write = |tx: &store::WriteTx| {
            for name in [PAYLOAD, FORMULA] {
                let actor = Actor { name: name.into(), from: Some(PAYLOAD.into()) };
                let (before, after) = (json!({ PAYLOAD: FORMULA }), json!({ PAYLOAD: PAYLOAD }));
                store::audit::append(tx, &actor, PAYLOAD, name, Some(before), Some(after))?;
            }
            Ok(())
        };
        bridge.app.store.write(write).await.unwrap();
    }

    pub async fn stop(self) {
        self.world.stop().await;
    }
}

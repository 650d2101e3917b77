//! Files of released schemas open. `tests/stores/schema-N.redb` are never changed after the release of N.

use super::support::{Home, binding, corp_key, employee, furnish, tenant};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use wecom_bridge::model::*;
use wecom_bridge::store::{self, Scope, Store, StoreError, WriteTx, audit, bindings, corps, directory, secrets};

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores")
}

/// A home with the key of the data files.
fn home() -> Home {
    let home = Home::new();
    // A checked-out file is readable by all, which a key file must not be.
    let key = std::fs::read_to_string(files().join("key.txt")).unwrap();
    std::fs::write(home.key_file(), key).unwrap();
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(home.key_file(), owner_only).unwrap();
    home
}

/// Opens a copy, for opening writes.
fn open_copy(name: &str) -> (Home, Store) {
    let home = home();
    std::fs::copy(files().join(name), home.database()).unwrap();
    let store = home.open();
    (home, store)
}

#[test]
fn schema_1_opens_and_everything_in_it_is_read() {
    let (_home, store) = open_copy("schema-1.redb");
    let report = store.verify().unwrap();
    assert!(report.is_good(), "{:?}", report.faults);
    let empty: Vec<&str> = report.tables.iter().filter(|(_, rows)| *rows == 0).map(|(name, _)| *name).collect();
    assert_eq!(empty, Vec::<&str>::new(), "every table has a row in this file");
    store
        .read(|tx| {
            let tenant = tenant().key;
            assert_eq!(corps::find(tx, &corp_key())?.unwrap().tenant, tenant);
            assert_eq!(directory::find_employee(tx, &tenant, &EmployeeId::from("e000001"))?.unwrap().name, "员工1");
            assert!(!directory::history(tx, &tenant, &EmployeeId::from("e000001"))?.is_empty());
            let secret = secrets::find(tx, &corp_key(), &SecretName::Contacts)?;
            assert_eq!(secret.as_ref().map(Secret::expose), Some("contacts-secret"));
            let bound = bindings::find_by_userid(tx, &corp_key(), &UserId::from("USER1"))?.unwrap();
            assert_eq!(bound.employee.as_str(), "e000001");
            assert!(audit::verify_chain(tx)?.is_none());
            Ok(())
        })
        .unwrap();
}

fn row<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[test]
#[ignore = "writes the data file; only before the schema is released"]
fn writes_the_file() {
    let home = home();
    let store = home.open();
    furnish(&store);
    store.write_blocking(write_both_sides).unwrap();
    store.write_blocking(write_work).unwrap();
    store.write_blocking(write_people).unwrap();
    store.write_blocking(write_messages).unwrap();
    store.write_blocking(write_callbacks).unwrap();
    drop(store);
    // nothing but damage brings a row here
    let broken: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("inbox_broken");
    let database = redb::Database::open(home.database()).unwrap();
    let tx = database.begin_write().unwrap();
    tx.open_table(broken).unwrap().insert(&b"01900000-0000-7000-8000-000000000015"[..], &b"\x02rubbish"[..]).unwrap();
    tx.commit().unwrap();
    drop(database);
    let store = home.open();
    assert!(store.verify().unwrap().is_good());
    let to = files().join("schema-1.redb");
    let _ = std::fs::remove_file(&to);
    store.backup(&to).unwrap();
}

fn write_both_sides(tx: &WriteTx) -> Result<(), StoreError> {
    let (tenant, corp) = (tenant().key, corp_key());
    let units =
        json!([{"id": "u0000", "name": "总部", "order": 1}, {"id": "u0001", "parent_id": "u0000", "name": "研发"}]);
    directory::put_units(tx, &tenant, &row::<Vec<OrgUnit>>(units))?;
    directory::put_employees(tx, &tenant, &[employee(0), employee(1)])?;
    let change = json!([{"at_ms": 1, "actor": "cli:root", "field": "mobile", "before": "1", "after": "2"}]);
    directory::append_history(tx, &tenant, &"e000001".into(), &row::<Vec<directory::HistoryRow>>(change))?;
    secrets::put(tx, &corp, &SecretName::Contacts, &Secret::new("contacts-secret"))?;
    let head = json!({
        "read_at_ms": 1, "strategy": "lists", "strategy_reason": "", "is_complete": true, "departments": 1, "members": 1,
        "unreadable": [{"subject": "member a", "what": "details", "why": "48009"}], "unreadable_total": 1
    });
    store::mirror::put_head(tx, &corp, &row(head))?;
    let departments = json!([{"id": 1, "parent": 0, "name": "总部", "order": 5, "leaders": ["user1"]}]);
    store::mirror::put_departments(tx, &corp, &row::<Vec<Department>>(departments))?;
    let members = json!([{
        "userid": "User1", "memberships": [{"department": 1, "order": 3, "is_leader": true}], "main_department": 1,
        "status": "activated", "direct_leader": [], "fields": {"name": "员工1", "extattr.工号": "1"}, "has_details": true
    }]);
    store::mirror::put_members(tx, &corp, &row::<Vec<Member>>(members))?;
    let mut bound = binding("e000001", "User1");
    bound.pushed.insert(MemberField::Mobile, Pushed { value: "139".into(), before: None });
    bindings::put_member(tx, &corp, &bound)?;
    let bound = json!({"unit": "u0000", "department": 1, "origin": "position", "bound_at_ms": 1});
    bindings::put_department(tx, &corp, &row(bound))?;
    let gone = json!({"employee": "e000009", "userid": "gone", "deleted_at_ms": 1});
    bindings::put_tombstone(tx, &corp, &row(gone))?;
    let case = json!([{"rule": "mobile = mobile", "value": "139", "employees": ["a", "b"], "members": ["c"]}]);
    store::resolve::put_all(tx, &corp, &row::<Vec<ResolveCase>>(case))
}

fn write_work(tx: &WriteTx) -> Result<(), StoreError> {
    let corp = corp_key();
    let plan = PlanId::from("01900000-0000-7000-8000-000000000001");
    let changes = json!([{
        "seq": 0, "action": "create_member", "employee": "e000000", "userid": "user0",
        "after": {"fields": {"name": "员工0"}, "memberships": [{"department": 1}], "enable": true},
        "invite": false, "reason": "employee.new", "reversible": "yes"
    }]);
    store::plans::put_changes(tx, &corp, &plan, &row::<Vec<Change>>(changes))?;
    let head = json!({
        "id": plan, "corp": corp, "direction": "downstream", "hash": "00", "created_at_ms": 1, "expires_at_ms": 2,
        "state": "taken", "guards": [{"name": "max_removals", "tripped": false, "value": 0, "limit": 10}],
        "counts": {"departments": {}, "members": {"create": 1}},
        "budget": {"calls": 1, "by_endpoint": {"user/create": 1}, "reads": 0, "estimated_s": 1,
                   "strategy": "per_object", "strategy_reason": "", "creations_30_days": 1},
        "invariants": [{"name": "exclude_beats_include", "holds": true}],
        "notices": [{"code": "match.ambiguous", "subject": "a", "text": "b"}],
        "source_employees": 2, "mirror_read_at_ms": 1, "options_hash": "00", "compute_ms": 1
    });
    let mut held = head.clone();
    (held["id"], held["state"]) = (json!("01900000-0000-7000-8000-000000000003"), json!("held"));
    store::plans::put_head(tx, &row(head))?;
    store::plans::put_head(tx, &row(held))?;
    let run = json!({
        "id": "01900000-0000-7000-8000-000000000002", "corp": corp, "kind": "downstream", "plan": plan,
        "state": "running", "by": "cli:root", "started_at_ms": 1, "done": 0, "total": 1,
        "counts": {"departments": {}, "members": {}}, "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
    });
    let run: Run = row(run);
    store::runs::put(tx, &run)?;
    let entries = json!([{"seq": 0, "outcome": {"state": "intended"}, "at_ms": 1, "attempts": 1}]);
    store::runs::put_entries(tx, &run.id, &row::<Vec<JournalEntry>>(entries))?;
    store::removals::append(tx, &corp, 1, &"gone".into(), store::removals::RemovalKind::Deleted)?;
    store::removals::append_creation(tx, &corp, 1, &"user1".into())?;
    let key = json!({
        "id": "0123456789abcdef", "name": "oa", "hash": "00", "scopes": ["sync.read"], "created_by": "cli:root",
        "created_at_ms": 1
    });
    store::api_keys::put(tx, &row(key))?;
    let answer = json!({"fingerprint": "00", "at_ms": 1, "status": 201, "body": {}});
    store::idempotency::put(tx, "0123456789abcdef", "k", &row(answer))?;
    store::settings::put(tx, Scope::Corp(&corp), "largest_department_id", &1)?;
    audit::append(tx, &Actor::cli("root"), "corp.create", "corp acme-main", None, Some(json!({"name": "示例集团"})))?;
    Ok(())
}

fn write_messages(tx: &WriteTx) -> Result<(), StoreError> {
    let (tenant, id) = (tenant().key, "01900000-0000-7000-8000-000000000006");
    let message = json!({
        "id": id, "tenant": tenant, "source": "workflow", "recipients": {"named": {"employees": ["e000001"]}},
        "title": "请审批", "accepted_at_ms": 1, "accepted_by": "key:oa"
    });
    let message: Message = row(message);
    store::messages::accept(tx, &message)?;
    let mut arrivals = store::inbox::Arrivals::default();
    arrivals.push(&store::inbox::Arrival {
        id: [1, 144, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 14],
        corp: "acme-main",
        since_ms: 0,
        receiver: "oa",
        kind: "message.text",
        from: "user1",
        agentid: Some(7),
        created_at_s: 1,
        received_at_ms: 2,
        digest: "m4",
        text: "<xml></xml>",
        reply: Some("<xml>r</xml>"),
        pieces: &[row(json!({"kind": "text", "text": "x"}))],
    });
    store::inbox::arrive(tx, &arrivals)?;
    let rule = json!({
        "id": "01900000-0000-7000-8000-000000000009", "tenant": tenant, "name": "待办", "enabled": true, "order": 1,
        "targets": [{ "corp": "acme-main", "app": "oa", "kind": "text", "title": "", "body": "{{ body }}", "button": "",
            "picture": "", "url": "", "show_buttons": true, "overlong": "split" }],
    });
    store::rules::put(tx, &row::<Rule>(rule))?;
    let draft = json!({
        "menu": { "button": [{ "name": "帮助", "type": "click", "key": "help" }] }, "saved_at_ms": 1, "saved_by": "cli:test",
    });
    store::menus::put(tx, &corp_key(), &"oa".into(), &row(draft))?;
    let call = "01900000-0000-7000-8000-000000000007";
    let head = json!({
        "id": id, "tenant": tenant, "source": "workflow", "expanded_at_ms": 1, "tally": {"sent": 1, "failed": 1},
        "calls": [call]
    });
    let delivery = |seq: u32, state: &str| {
        json!({
            "message": id, "seq": seq, "employee": "e000001", "userid": "User1", "corp": corp_key(), "app": "oa",
            "state": state, "call": call, "changed_at_ms": 1
        })
    };
    store::deliveries::put(tx, &tenant, &[row(delivery(0, "sent")), row(delivery(1, "failed"))])?;
    store::messages::put_head(tx, &row(head))?;
    let sent = json!({
        "id": call, "tenant": tenant, "corp": corp_key(), "app": "oa", "priority": "normal", "to": ["User1"],
        "carries": [{"message": id, "seqs": [0]}], "state": "sent", "checks_repeats": true, "due_at_ms": 1,
        "made_at_ms": 1, "sent_at_ms": 2, "recall_wanted": true,
        "parts": [{"content": {"msgtype": "text", "content": "请审批"}, "sent_at_ms": 2, "msgid": {"msgid": "m"},
            "response_code": "r", "intents": [{"key": "00", "button": "ok"}]}]
    });
    let mut waiting = sent.clone();
    (waiting["id"], waiting["state"]) = (json!("01900000-0000-7000-8000-000000000008"), json!("waiting"));
    waiting["recall_wanted"] = json!(false);
    waiting["sent_at_ms"] = Value::Null;
    store::outbox::put_call(tx, &row(sent))?;
    store::outbox::put_call(tx, &row(waiting))?;
    let print = store::outbox::Print { app: "acme-main/oa".into(), call: call.into(), until_ms: 2 };
    store::outbox::note_print(tx, "00", &print, 1)?;
    let todo = json!({
        "message": id, "tenant": tenant, "refused": 1, "spent": [format!("{call}@0")],
        "changes": [{"state": "decided", "text": "员工1 已同意", "button": "ok", "employee": "e000001",
            "by": "member:acme-main/User1", "at_ms": 3, "told": {"webhook": "oa", "post": "01900000-0000-7000-8000-00000000000a"}}],
        "presses": [{"at_ms": 3, "callback": "01900000-0000-7000-8000-00000000000b", "corp": corp_key(), "app": "oa",
            "userid": "User1", "employee": "e000001", "button": "ok", "outcome": "decided"}],
        "codes": [{"card": format!("{call}@0"), "code": "c", "at_ms": 3}],
    });
    store::todos::put(tx, &row(todo))?;
    let update = json!({
        "message": id, "seq": 0, "call": call, "part": 0, "corp": corp_key(), "app": "oa", "text": "员工1 已同意",
        "code": "c", "good_until_ms": 9, "state": "waiting", "attempts": 1, "doubts": 1, "due_at_ms": 4, "made_at_ms": 3,
        "why": "unknown_outcome", "error": "no answer",
    });
    store::todos::put_update(tx, &row(update))?;
    let burst = json!({ "app": "acme-main/oa", "rule": "r", "userid": "user1", "until_ms": 2, "window_ms": 1 });
    let mut burst = row(burst);
    store::outbox::collect(tx, &mut burst, &row(json!({ "message": id, "seq": 0 })))?;
    store::outbox::put_burst(tx, &burst)
}

fn write_people(tx: &WriteTx) -> Result<(), StoreError> {
    let account = json!({
        "id": "01900000-0000-7000-8000-000000000004", "name": "zhang", "display_name": "张三", "role": "administrator",
        "password_hash": "$argon2id$", "created_at_ms": 1, "password_changed_at_ms": 1
    });
    let account: Account = row(account);
    store::accounts::put(tx, &account)?;
    let session = json!({
        "id": "01900000-0000-7000-8000-000000000005", "account": account.id, "opened_at_ms": 1, "last_seen_ms": 1,
        "expires_at_ms": 2
    });
    store::sessions::insert(tx, &row::<Session>(session), "00")?;
    let factor = store::factors::Factor { pending: Some(Secret::new("seed")), ..store::factors::Factor::default() };
    store::factors::put(tx, &account.id, &factor)?;
    let attempts = store::attempts::Attempts { failures: 1, last_ms: 1, is_account: true };
    store::attempts::put(tx, "zhang", attempts, 0)
}

fn write_callbacks(tx: &WriteTx) -> Result<(), StoreError> {
    let item = |id: &str, digest: &str, state: &str| {
        json!({
            "id": format!("01900000-0000-7000-8000-00000000000{id}"), "corp": corp_key(), "receiver": "oa",
            "kind": "message.text", "from": "user1", "agentid": 7, "created_at_s": 1, "received_at_ms": 2,
            "digest": digest, "text": "<xml></xml>", "state": state
        })
    };
    for (id, digest, state) in [("6", "m1", "waiting"), ("7", "m2", "done"), ("8", "m3", "failed")] {
        store::inbox::receive(tx, &row(item(id, digest, "waiting")))?;
        store::inbox::put(tx, &row(item(id, digest, state)))?;
    }
    let rule = json!({
        "id": "01900000-0000-7000-8000-000000000009", "corp": corp_key(), "app": "oa", "name": "a", "said": "text",
        "matching": "all", "reply": {"kind": "text", "text": "x"}, "priority": 1, "enabled": true
    });
    store::auto_replies::put(tx, &row(rule))?;
    let piece = json!({
        "id": "01900000-0000-7000-8000-00000000000c", "corp": corp_key(), "app": "oa", "to": "user1",
        "content": {"kind": "text", "text": "x"}, "due_at_ms": 1
    });
    store::follow_ups::put(tx, &row(piece))?;
    let picture = json!({
        "id": "01900000-0000-7000-8000-00000000000d", "corp": corp_key(), "app": "oa", "name": "a.png", "kind": "png",
        "size": 9, "added_at_ms": 1, "at_wecom": {"media_id": "m", "uploaded_at_ms": 1}
    });
    store::pictures::add(tx, &row(picture), b"\x89PNG\r\n\x1a\nx")?;
    let mut day = store::callback_days::CallbackDay::default();
    day.add(Some(1_500));
    store::callback_days::add(tx, &corp_key(), &[(20_251_126, day)].into())?;
    let webhook = json!({"name": "oa", "url": "http://oa.example/hook", "events": ["*"], "enabled": true});
    store::webhooks::put(tx, &row(webhook))?;
    store::webhooks::put_secret(tx, "oa", &Secret::new("whsec_AAAA"))?;
    for (id, state) in [("a", "waiting"), ("b", "dead")] {
        let post = json!({
            "id": format!("01900000-0000-7000-8000-00000000000{id}"), "webhook": "oa", "kind": "message.text", "body": "{}",
            "made_at_ms": 1, "due_at_ms": 2, "state": state
        });
        store::webhooks::add(tx, &row(post))?;
    }
    let failure = json!({"at_ms": 1, "is_check": true, "fault": "token", "detail": ""});
    let health = json!({"checked_at_ms": 1, "failures": 1, "last": [failure]});
    store::inbox::put_health(tx, &corp_key(), &CallbackOf::Contacts, &row(health))
}

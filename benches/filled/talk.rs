//! What a large organisation says and hears: messages with their deliveries and calls, rules, menus, auto replies, the
//! inbox, webhooks with their tellings.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use wecom_bridge::model::content::Content;
use wecom_bridge::model::menu::MenuDraft;
use wecom_bridge::model::{
    App, AutoReply, CallbackFailure, CallbackFault, CallbackHealth, CallbackOf, CardUpdate, Corp, CorpKey, Delivery,
    InboxItem, InboxState, Message, MessageHead, Picture, Rule, Secret, SecretName, SendCall, Tally, Todo, Webhook,
    WebhookPost,
};
use wecom_bridge::sandbox::{Sandbox, VisibleRange};
use wecom_bridge::store::{self, CHUNK_ROWS, Store, StoreError, WriteTx, callback_days::CallbackDay};

/// Apps of the corp.
const APPS: usize = 8;
/// Receivers of the largest message.
const WIDEST: usize = 20_000;
/// Rules of the tenant: as many as it may have.
const RULES: usize = 200;
const REPLIES: usize = 200;
const PICTURES: usize = 20;
const WEBHOOKS: usize = 50;
/// Tellings of the busiest webhook.
const POSTS: usize = 5_000;
/// Of `start.toml`.
const CORPID: &str = "ww0123456789abcdef";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnothing to be seen";

/// How much there is, for the words of the bench.
pub struct Talk {
    pub messages: usize,
    pub callbacks: usize,
}

/// Fills everything that is said and heard: one message for ten people, one callback for two.
pub async fn fill(store: &Store, people: usize, now_ms: i64, wecom: &Sandbox) -> Talk {
    let talk = Talk { messages: people / 10, callbacks: people / 2 };
    apps(store, wecom).await;
    rules(store).await;
    messages(store, talk.messages, people, now_ms).await;
    queued(store, people, now_ms).await;
    menus(store, now_ms).await;
    replies(store, now_ms).await;
    inbox(store, talk.callbacks, now_ms).await;
    webhooks(store, now_ms).await;
    talk
}

fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn app_key(at: usize) -> String {
    if at == 0 { "oa".into() } else { format!("app-{at}") }
}

/// An id of its time that nobody else has.
fn id(at_ms: i64, kind: u16, at: usize) -> String {
    format!("{}-{:04x}-8000-{at:012x}", store::messages::id_at(at_ms), 0x7000 | kind)
}

/// The apps, with keys of their callbacks; what is asked of WeCom, `wecom` answers.
async fn apps(store: &Store, wecom: &Sandbox) {
    let (state, api_base) = (wecom.state(), wecom.base_url().to_owned());
    let (agentid, secret) = (|at: usize| 1_000_002 + at as u64, |at: usize| format!("app-secret-{at}"));
    state.add_corp(CORPID, "contacts-secret");
    (0..APPS).for_each(|at| state.add_app(CORPID, agentid(at), &secret(at), VisibleRange::root()));
    let put = move |tx: &WriteTx| {
        let mut corp: Corp = store::corps::find(tx, &"acme-main".into())?.unwrap();
        corp.endpoints.api_base.clone_from(&api_base);
        corp.quota.seats = 100_000;
        let app = |at| App {
            key: app_key(at).as_str().into(),
            name: format!("应用 {at}"),
            agentid: agentid(at),
            callback_enabled: true,
        };
        corp.apps = (0..APPS).map(app).collect();
        for (at, app) in corp.apps.iter().enumerate() {
            let of = CallbackOf::App(app.key.clone());
            store::secrets::put(tx, &corp.key, &of.token(), &Secret::new("BridgeToken01"))?;
            let key = Secret::new("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
            store::secrets::put(tx, &corp.key, &of.aes_key(), &key)?;
            store::secrets::put(tx, &corp.key, &SecretName::App(app.key.clone()), &Secret::new(secret(at)))?;
        }
        store::corps::put(tx, &corp)
    };
    store.write(put).await.unwrap();
}

async fn rules(store: &Store) {
    let rule = |at: usize| -> Rule {
        of(json!({ "id": format!("rule-{at}"), "tenant": "acme", "name": format!("推送规则 {at}:关于审批流程的通知"),
            "source": format!("module-{}", at % 40), "filter": "event == 'leave.submitted' && size(title) > 2",
            "targets": (0..2).map(|n| json!({ "corp": "acme-main", "app": app_key((at + n) % APPS), "kind": "textcard",
                "title": "{{ title }}", "body": "{{ body }}", "button": "详情", "url": "{{ url }}" })).collect::<Vec<_>>(),
            "enabled": !at.is_multiple_of(7), "order": at }))
    };
    let rules: Vec<Rule> = (0..RULES).map(rule).collect();
    store.write(move |tx| rules.iter().try_for_each(|rule| store::rules::put(tx, rule).map(drop))).await.unwrap();
}

/// What became of the n-th delivery: three of a hundred are dead letters.
fn outcome(at: usize) -> Value {
    match at % 100 {
        7 => json!({ "state": "failed", "code": "refused", "error": "WeCom refused the message", "errcode": 40058 }),
        42 => json!({ "state": "invalid", "code": "invalid", "error": "WeCom does not know the member" }),
        77 => json!({ "state": "unknown", "code": "unknown", "error": "the connection broke before the answer" }),
        _ => json!({ "state": "sent" }),
    }
}

struct Sent {
    message: Message,
    deliveries: Vec<Delivery>,
    calls: Vec<SendCall>,
    todo: Option<(Todo, Vec<CardUpdate>)>,
}

/// The n-th message, so many minutes old: to so many `people` of the `staff`, with one call for a thousand.
fn sent(at: usize, people: usize, staff: usize, now_ms: i64) -> Sent {
    let at_ms = now_ms - 60_000 * at as i64 - 1_000;
    let message_id = id(at_ms, 1, at);
    let is_todo = at.is_multiple_of(5);
    let employee = |n: usize| format!("E{:06}", (at * 7 + n) % staff + 1);
    let recipients = match people {
        1..=2 => json!({ "named": { "employees": (0..people).map(employee).collect::<Vec<_>>() } }),
        _ => json!("everyone"),
    };
    let mut message = json!({ "id": message_id, "tenant": "acme", "source": format!("module-{}", at % 40),
        "event": "leave.submitted", "recipients": recipients, "title": format!("关于请假申请的通知 {at}"),
        "body": "请您尽快处理。".repeat(20), "url": "https://oa.example.org/t/1", "accepted_at_ms": at_ms,
        "accepted_by": "key:oa", "priority": (["high", "normal", "low"][at % 3]) });
    if is_todo {
        message["todo"] = json!("pending");
        message["buttons"] = json!([{ "key": "ok", "text": "同意" }, { "key": "no", "text": "驳回", "style": 4 }]);
    }
    let app = app_key(at % APPS);
    let call_id = |n: usize| id(at_ms, 2, at * 100 + n);
    let delivery = |seq: usize| -> Delivery {
        let mut row = json!({ "message": message_id, "seq": seq, "employee": employee(seq), "userid": format!("u{seq}"),
            "corp": "acme-main", "app": app, "rule": format!("rule-{}", at % RULES), "call": call_id(seq / 1_000),
            "sent_at_ms": at_ms + 900, "changed_at_ms": at_ms + 900 });
        let found = outcome(at + seq);
        row.as_object_mut().unwrap().extend(found.as_object().unwrap().clone());
        of(row)
    };
    let content = serde_json::to_value(Content::text("关于请假申请的通知")).unwrap();
    let call = |n: usize| -> SendCall {
        let seqs: Vec<usize> = (n * 1_000..people.min((n + 1) * 1_000)).collect();
        let to: Vec<String> = seqs.iter().map(|seq| format!("u{seq}")).collect();
        let step = |ms: i64, step: &str| json!({ "at_ms": at_ms + ms, "step": step });
        of(json!({ "id": call_id(n), "tenant": "acme", "corp": "acme-main", "app": app, "priority": "normal", "to": to,
            "carries": [{ "message": message_id, "seqs": seqs }], "state": "sent", "checks_repeats": true,
            "parts": [{ "content": content, "sent_at_ms": at_ms + 900, "msgid": { "msgid": format!("m{at}-{n}") } }],
            "first_sent_at_ms": at_ms + 800, "attempts": 1, "due_at_ms": at_ms, "rule": format!("rule-{}", at % RULES),
            "made_at_ms": at_ms + 10, "sent_at_ms": at_ms + 900,
            "trace": [step(10, "made"), step(800, "sending"), step(900, "sent")] }))
    };
    let todo = is_todo.then(|| story(&message_id, &call_id(0), at, at_ms));
    Sent {
        message: of(message),
        deliveries: (0..people).map(delivery).collect(),
        calls: (0..people.div_ceil(1_000)).map(call).collect(),
        todo,
    }
}

/// How a to-do went: who pressed, who decided, what its cards show.
fn story(message: &str, call: &str, at: usize, at_ms: i64) -> (Todo, Vec<CardUpdate>) {
    let presses = if at == 0 { Todo::PRESSES_MAX } else { 3 };
    let press = |n: usize| {
        json!({ "at_ms": at_ms + 2_000 + n as i64, "callback": id(at_ms, 3, at * 100 + n), "corp": "acme-main",
            "app": app_key(at % APPS), "userid": format!("u{n}"), "button": "ok",
            "outcome": if n == 0 { "decided" } else { "late" } })
    };
    let todo = json!({ "message": message, "tenant": "acme", "refused": presses - 1,
        "changes": [{ "state": "decided", "text": "张三 已同意", "button": "ok", "by": "member:acme-main/u0", "at_ms": at_ms + 2_000 }],
        "presses": (0..presses).map(press).collect::<Vec<_>>() });
    let update = json!({ "message": message, "seq": 0, "call": call, "part": 0, "corp": "acme-main",
        "app": app_key(at % APPS), "text": "张三 已同意", "state": "done", "attempts": 1, "due_at_ms": at_ms + 2_000,
        "made_at_ms": at_ms + 2_000, "ended_at_ms": at_ms + 2_500 });
    (of(todo), vec![of(update)])
}

fn put_sent(tx: &WriteTx, sent: &Sent) -> Result<(), StoreError> {
    let message = &sent.message;
    store::messages::accept(tx, message)?;
    let head = MessageHead {
        tally: Tally::default(),
        calls: sent.calls.iter().map(|call| call.id.clone()).collect(),
        ..of(json!({ "id": message.id, "tenant": "acme", "source": message.source, "calls": [], "tally": {},
            "expanded_at_ms": message.accepted_at_ms + 5 }))
    };
    store::messages::put_head(tx, &head)?;
    store::messages::dequeue(tx, message)?;
    store::deliveries::put(tx, &message.tenant, &sent.deliveries)?;
    sent.calls.iter().try_for_each(|call| store::outbox::put_call(tx, call))?;
    let Some((todo, updates)) = &sent.todo else { return Ok(()) };
    store::todos::put(tx, todo)?;
    updates.iter().try_for_each(|update| store::todos::put_update(tx, update))
}

async fn messages(store: &Store, count: usize, staff: usize, now_ms: i64) {
    store.write(move |tx| put_sent(tx, &sent(0, staff.min(WIDEST), staff, now_ms))).await.unwrap();
    let put = move |tx: &WriteTx, _: usize, rows: &[usize]| {
        rows.iter().try_for_each(|at| put_sent(tx, &sent(*at, 1 + at % 2, staff, now_ms)))
    };
    store.write_chunks((1..count.max(2)).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
}

/// What waits at every app for the morning.
async fn queued(store: &Store, staff: usize, now_ms: i64) {
    let calls: Vec<SendCall> = (0..APPS * 100)
        .map(|at| {
            let mut call = sent(at, 1, staff, now_ms).calls.remove(0);
            call.id = id(now_ms, 4, at).into();
            call.state = wecom_bridge::model::CallState::Waiting;
            (call.sent_at_ms, call.due_at_ms) = (None, now_ms + 36_000_000);
            call
        })
        .collect();
    let put =
        |tx: &WriteTx, _: usize, rows: &[SendCall]| rows.iter().try_for_each(|row| store::outbox::put_call(tx, row));
    store.write_chunks(calls, CHUNK_ROWS, put, |_| ()).await.unwrap();
}

/// A full menu for every app.
async fn menus(store: &Store, now_ms: i64) {
    let leaf = |n: usize, m: usize| json!({ "type": "view", "name": format!("办事大厅 {m}"), "url": format!("https://oa.example.org/{n}/{m}") });
    let entry =
        |n: usize| json!({ "name": format!("服务{n}"), "sub_button": (0..5).map(|m| leaf(n, m)).collect::<Vec<_>>() });
    let menu = json!({ "button": (0..3).map(entry).collect::<Vec<_>>() });
    let draft: MenuDraft =
        of(json!({ "menu": menu, "saved_at_ms": now_ms, "saved_by": "account:boss", "published": menu,
        "published_at_ms": now_ms }));
    let put = move |tx: &WriteTx| {
        let key = CorpKey::from("acme-main");
        (0..APPS).try_for_each(|at| store::menus::put(tx, &key, &app_key(at).as_str().into(), &draft))
    };
    store.write(put).await.unwrap();
}

async fn replies(store: &Store, now_ms: i64) {
    let reply = |at: usize| -> AutoReply {
        let answer = match at % 3 {
            0 => json!({ "kind": "text", "text": "请在 OA 中提交申请。\n".repeat(20) }),
            1 => json!({ "kind": "image", "picture": format!("picture-{}", at % PICTURES) }),
            _ => json!({ "kind": "news", "articles": (0..8).map(|n| json!({ "title": format!("图文 {n}"),
                "url": "https://oa.example.org/news" })).collect::<Vec<_>>() }),
        };
        of(json!({ "id": format!("reply-{at:03}"), "corp": "acme-main", "app": "oa", "name": format!("自动回复 {at}"),
            "said": "text", "matching": "contains", "keyword": format!("关键词{at}"), "reply": answer,
            "priority": 1 + at % 100, "enabled": !at.is_multiple_of(5) }))
    };
    let picture = |at: usize| -> Picture {
        of(json!({ "id": format!("picture-{at}"), "corp": "acme-main", "app": "oa", "name": format!("图片 {at}.png"),
            "kind": "png", "size": PNG.len(), "added_at_ms": now_ms }))
    };
    let rows: (Vec<AutoReply>, Vec<Picture>) =
        ((0..REPLIES).map(reply).collect(), (0..PICTURES).map(picture).collect());
    let put = move |tx: &WriteTx| {
        rows.1.iter().try_for_each(|picture| store::pictures::add(tx, picture, PNG))?;
        rows.0.iter().try_for_each(|reply| store::auto_replies::put(tx, reply))
    };
    store.write(put).await.unwrap();
}

/// The n-th callback; the newest 200 are still to be worked on.
fn callback(at: usize, now_ms: i64) -> InboxItem {
    let at_ms = now_ms - 5_000 * at as i64;
    let kind = ["message.text", "event.click", "contact.update_user", "event.template_card_event"][at % 4];
    let text = format!(
        "<xml><ToUserName>ww0123456789abcdef</ToUserName><FromUserName>u{at}</FromUserName><CreateTime>{}</CreateTime>\
         <MsgType>text</MsgType><Content>我要请假 {at}</Content><MsgId>{at}</MsgId><AgentID>1000002</AgentID></xml>",
        at_ms / 1_000
    );
    of(
        json!({ "id": id(at_ms, 3, at), "corp": "acme-main", "kind": kind, "from": format!("u{at}"), "agentid": 1_000_002,
        "receiver": if at % 4 == 2 { "contacts".into() } else { app_key(at % APPS) }, "created_at_s": at_ms / 1_000 - 1,
        "received_at_ms": at_ms, "digest": format!("{at:032x}"), "text": text, "state": "waiting" }),
    )
}

async fn inbox(store: &Store, count: usize, now_ms: i64) {
    let put = move |tx: &WriteTx, _: usize, rows: &[usize]| {
        let mut items: Vec<InboxItem> = rows.iter().map(|at| callback(*at, now_ms)).collect();
        store::inbox::receive_all(tx, &items)?;
        let mut days: BTreeMap<u32, CallbackDay> = BTreeMap::new();
        for item in &items {
            days.entry(store::outbox::day_of(item.received_at_ms)).or_default().add(item.lag_ms());
        }
        store::callback_days::add(tx, &"acme-main".into(), &days)?;
        store::inbox::with_work(tx, |work| {
            for (at, item) in rows.iter().zip(&mut items).filter(|(at, _)| **at >= 200) {
                let before = store::inbox::Before::from(&*item);
                item.state = if at % 50 == 0 { InboxState::Failed } else { InboxState::Done };
                (item.attempts, item.done_at_ms) = (1, Some(item.received_at_ms + 20));
                work.put(before, item)?;
            }
            Ok(())
        })
    };
    store.write_chunks((0..count).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    let mut health =
        CallbackHealth { checked_at_ms: Some(now_ms), taken_at_ms: Some(now_ms), ..CallbackHealth::default() };
    for at in 0..CallbackHealth::KEPT {
        health.note(CallbackFailure {
            at_ms: now_ms - 60_000 * at as i64,
            is_check: at % 2 == 0,
            fault: CallbackFault::ALL[at],
            detail: "msg_signature differs".into(),
            from: Some("10.0.0.1".into()),
        });
    }
    let put = move |tx: &WriteTx| {
        (0..APPS).try_for_each(|at| {
            store::inbox::put_health(tx, &"acme-main".into(), &CallbackOf::App(app_key(at).as_str().into()), &health)
        })
    };
    store.write(put).await.unwrap();
}

async fn webhooks(store: &Store, now_ms: i64) {
    let webhook = |at: usize| -> Webhook {
        of(json!({ "name": format!("oa-{at}"), "url": format!("https://oa.example.org/hooks/{at}"),
            "events": ["contact.*", "event.click", "card.decision"], "enabled": !at.is_multiple_of(9), "timeout_ms": 10_000 }))
    };
    let all: Vec<Webhook> = (0..WEBHOOKS).map(webhook).collect();
    let put = move |tx: &WriteTx| {
        all.iter().try_for_each(|webhook| {
            store::webhooks::put_secret(tx, &webhook.name, &Secret::new("whsec_0123456789"))?;
            store::webhooks::put(tx, webhook)
        })
    };
    store.write(put).await.unwrap();
    let post = |at: usize| -> WebhookPost {
        let made_at_ms = now_ms - 30_000 * at as i64;
        let mut row = json!({ "id": id(made_at_ms, 5, at), "webhook": format!("oa-{}", if at < POSTS { 0 } else { at % WEBHOOKS }),
            "kind": "event.click", "body": json!({ "kind": "event.click", "userid": format!("u{at}") }).to_string(),
            "made_at_ms": made_at_ms, "due_at_ms": made_at_ms, "attempts": 1, "state": "done", "status": 200,
            "ended_at_ms": made_at_ms + 100 });
        if at % 25 == 1 {
            (row["state"], row["status"]) = (json!("dead"), json!(503));
            (row["attempts"], row["error"]) = (json!(12), json!("the endpoint answered 503"));
        }
        of(row)
    };
    let posts: Vec<WebhookPost> = (0..POSTS + WEBHOOKS * 20).map(post).collect();
    let put =
        |tx: &WriteTx, _: usize, rows: &[WebhookPost]| rows.iter().try_for_each(|row| store::webhooks::add(tx, row));
    store.write_chunks(posts, CHUNK_ROWS, put, |_| ()).await.unwrap();
}

//! Change events: who is told what, and how reliably (contacts.md section 8).

use super::caller::{CORP, World, person};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use wecom_bridge::sandbox::{AppKind, Callback, DeliveryOptions, Profile};
use wecom_bridge::wecom::crypto::CallbackCrypto;
use wecom_bridge::wecom::crypto::envelope::Envelope;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// A receiver that checks, decrypts and passes on what it gets, and answers with the statuses it is given, then 200.
struct Receiver {
    url: String,
    texts: UnboundedReceiver<String>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(receiver_id: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cb", listener.local_addr().unwrap());
        let (send, texts) = unbounded_channel();
        let statuses = Arc::new(Mutex::new(Vec::<u16>::new()));
        let answers = statuses.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (send, answers) = (send.clone(), answers.clone());
                tokio::spawn(async move {
                    let mut request = String::new();
                    let mut buffer = [0; 8192];
                    loop {
                        let read = stream.read(&mut buffer).await.unwrap_or(0);
                        request.push_str(&String::from_utf8_lossy(&buffer[..read]));
                        if read == 0 || request.ends_with("</xml>") {
                            break;
                        }
                    }
                    let next = answers.lock().unwrap().pop();
                    let status = next.unwrap_or(200);
                    if status == 200 {
                        send.send(opened(&request, receiver_id)).unwrap();
                    }
                    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { url, texts, statuses }
    }

    fn callback(&self) -> Option<Callback> {
        Some(Callback { url: self.url.clone(), token: "token".into(), aes_key: KEY.into() })
    }

    async fn next(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(20), self.texts.recv()).await.expect("an event").unwrap()
    }
}

/// The text inside a request, which must be signed and encrypted for this receiver.
fn opened(request: &str, receiver_id: &str) -> String {
    let query = request.split(' ').nth(1).unwrap().split_once('?').unwrap().1;
    let find = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{key}="))).unwrap();
    let body = request.split_once("\r\n\r\n").unwrap().1;
    let envelope = Envelope::parse(body).unwrap();
    let crypto = CallbackCrypto::new("token", KEY, receiver_id).unwrap();
    crypto.open(find("msg_signature"), find("timestamp"), find("nonce"), &envelope.encrypt).unwrap()
}

fn act(world: &World, act: &str, arguments: serde_json::Value) {
    world.state().console(CORP, act, &arguments).unwrap();
}

async fn wait_until_pending(world: &World, count: usize) {
    while world.state().pending_events() != count {
        tokio::task::yield_now().await;
    }
}

async fn with_contacts_callback(profile: Profile) -> (World, Receiver) {
    let world = World::new(profile);
    let receiver = Receiver::start(CORP).await;
    world.state().with_corp(CORP, |corp| corp.contacts.callback = receiver.callback());
    (world, receiver)
}

#[tokio::test]
async fn new_addresses_get_ids_and_only_some_events() {
    let (world, mut receiver) = with_contacts_callback(Profile::PublicNew).await;
    act(&world, "department/create", json!({"name": "d", "parentid": 1, "id": 20}));
    act(&world, "department/update", json!({"id": 20, "name": "renamed"})); // says nothing
    act(&world, "user/create", person("A.chen"));
    act(&world, "user/update", json!({"userid": "a.chen", "name": "New", "mobile": "13900000001"})); // says nothing
    act(&world, "user/update", json!({"userid": "a.chen", "department": [20, 1]}));
    act(&world, "user/delete", json!({"userid": "a.chen"}));
    act(&world, "department/delete", json!({"id": 20}));
    let head = format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>\
         <CreateTime>1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType>\
         <Event><![CDATA[change_contact]]></Event><ChangeType>"
    );
    for want in [
        "<![CDATA[create_party]]></ChangeType><Id>20</Id><ParentId><![CDATA[1]]></ParentId></xml>",
        "<![CDATA[create_user]]></ChangeType><UserID><![CDATA[A.chen]]></UserID><Department><![CDATA[1]]></Department></xml>",
        "<![CDATA[update_user]]></ChangeType><UserID><![CDATA[A.chen]]></UserID><Department><![CDATA[20,1]]></Department></xml>",
        "<![CDATA[delete_user]]></ChangeType><UserID><![CDATA[A.chen]]></UserID></xml>",
        "<![CDATA[delete_party]]></ChangeType><Id>20</Id></xml>",
    ] {
        assert_eq!(receiver.next().await, format!("{head}{want}"));
    }
}

#[tokio::test]
async fn own_writes_are_not_echoed_but_told_to_apps_built_for_the_customer() {
    let (world, mut contacts_receiver) = with_contacts_callback(Profile::PublicNew).await;
    let mut app_receiver = Receiver::start(CORP).await;
    world.state().with_corp(CORP, |corp| {
        let app = corp.apps.get_mut(&7).unwrap();
        (app.kind, app.callback) = (AppKind::CustomerBuilt, app_receiver.callback());
    });
    world.contacts().await.post_ok("user/create", person("by.api")).await;
    act(&world, "user/create", person("by.hand"));
    assert!(contacts_receiver.next().await.contains("by.hand"));
    let full = app_receiver.next().await;
    assert!(full.contains("<UserID><![CDATA[by.api]]></UserID><Name><![CDATA[Name by.api]]></Name>"), "{full}");
    assert!(full.contains("<Status>4</Status>"), "{full}");
}

#[tokio::test]
async fn old_addresses_get_everything_that_changed() {
    let (world, mut receiver) = with_contacts_callback(Profile::PublicLegacy).await;
    world.state().with_corp(CORP, |corp| corp.settings.custom_attributes.insert("A".into()));
    act(&world, "user/create", person("a"));
    receiver.next().await;
    let attrs = json!({"attrs": [{"type": 0, "name": "A", "text": {"value": "]]>"}}]});
    act(&world, "user/update", json!({"userid": "a", "position": "经理", "extattr": attrs}));
    let text = receiver.next().await;
    let tail = text.split_once("</UserID>").unwrap().1;
    assert_eq!(
        tail,
        "<Position><![CDATA[经理]]></Position><ExtAttr><Item><Name><![CDATA[A]]></Name><Type>0</Type><Text>\
         <Value><![CDATA[]]]]><![CDATA[>]]></Value></Text></Item></ExtAttr></xml>"
    );
    world.state().activate(CORP, "a").unwrap();
    assert!(receiver.next().await.contains("</UserID><Status>1</Status></xml>"));
}

#[tokio::test]
async fn third_parties_get_ids_under_their_suite() {
    let world = World::public();
    let mut receiver = Receiver::start("suite1").await;
    world.state().with_corp(CORP, |corp| {
        let app = corp.apps.get_mut(&7).unwrap();
        (app.kind, app.callback, app.suite_id) = (AppKind::EditAuthorised, receiver.callback(), "suite1".into());
    });
    act(&world, "user/create", person("a"));
    let text = receiver.next().await;
    assert!(text.starts_with("<xml><SuiteId><![CDATA[suite1]]></SuiteId><AuthCorpId>"), "{text}");
    assert!(!text.contains("ToUserName") && !text.contains("Name a"), "{text}");
}

#[tokio::test]
async fn tags_tell_what_came_and_went() {
    let (world, mut receiver) = with_contacts_callback(Profile::PublicNew).await;
    let app = world.app().await;
    world.contacts().await.post_ok("user/create", person("a")).await;
    app.post_ok("tag/create", json!({"tagname": "t", "tagid": 12})).await;
    app.post_ok("tag/addtagusers", json!({"tagid": 12, "userlist": ["a"]})).await;
    assert!(receiver.next().await.ends_with("<TagId>12</TagId><AddUserItems><![CDATA[a]]></AddUserItems></xml>"));
    app.post_ok("tag/deltagusers", json!({"tagid": 12, "userlist": ["a"]})).await;
    assert!(receiver.next().await.ends_with("<TagId>12</TagId><DelUserItems><![CDATA[a]]></DelUserItems></xml>"));
}

#[tokio::test]
async fn a_job_tells_its_end() {
    let world = World::public();
    let mut receiver = Receiver::start(CORP).await;
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().callback = receiver.callback());
    let body = json!({ "encoding_aeskey": KEY });
    let jobid = world.app().await.post_ok("export/user", body).await["jobid"].as_str().unwrap().to_owned();
    world.clock.advance(Duration::from_secs(1));
    let text = receiver.next().await;
    assert!(
        text.contains(&format!("<BatchJob><JobId><![CDATA[{jobid}]]></JobId><JobType><![CDATA[export_user]]>")),
        "{text}"
    );
}

#[tokio::test]
async fn a_refused_event_comes_three_times_then_no_more() {
    let (world, mut receiver) = with_contacts_callback(Profile::PublicNew).await;
    world.state().set_delivery(DeliveryOptions { retry_ms: 0, ..DeliveryOptions::default() });
    *receiver.statuses.lock().unwrap() = vec![500, 500];
    act(&world, "user/create", person("a"));
    assert!(receiver.next().await.contains("create_user"), "the third try arrives");
    *receiver.statuses.lock().unwrap() = vec![500, 500, 500];
    act(&world, "user/create", person("b"));
    wait_until_pending(&world, 0).await;
    act(&world, "user/create", person("c"));
    let mut seen = receiver.next().await;
    assert!(seen.contains("[CDATA[c]]"), "b was given up: {seen}");
    world.state().set_delivery(DeliveryOptions { duplication: 1.0, ..DeliveryOptions::default() });
    act(&world, "user/create", person("d"));
    seen = receiver.next().await;
    assert_eq!(seen, receiver.next().await, "twice");
    world.state().set_delivery(DeliveryOptions { loss: 1.0, ..DeliveryOptions::default() });
    act(&world, "user/create", person("e"));
    let outcomes: Vec<_> = world.state().deliveries().iter().map(|delivery| delivery.outcome).collect();
    assert!(
        outcomes.contains(&"lost") && outcomes.contains(&"given up") && outcomes.contains(&"failed"),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn a_delayed_event_waits_for_the_clock_and_may_be_overtaken() {
    let (world, mut receiver) = with_contacts_callback(Profile::PublicNew).await;
    let slow = DeliveryOptions { reordering: 1.0, reorder_ms: 5000, ..DeliveryOptions::default() };
    world.state().set_delivery(slow);
    act(&world, "user/create", person("first"));
    world.state().set_delivery(DeliveryOptions::default());
    act(&world, "user/create", person("second"));
    assert!(receiver.next().await.contains("second"));
    wait_until_pending(&world, 1).await;
    world.clock.advance(Duration::from_secs(5));
    assert!(receiver.next().await.contains("first"));
}

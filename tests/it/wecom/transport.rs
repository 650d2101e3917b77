//! Addresses, private CAs, proxies, read-only corps: the settings of one corp.

use super::fake::Fake;
use super::world::{World, app, change, contacts, corp, department, member, secrets};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io::Write as _;
use std::sync::Arc;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::content::Safe;
use wecom_bridge::model::menu::{Menu, MenuEntry, MenuKind};
use wecom_bridge::model::{Access, Corp, DepartmentId};
use wecom_bridge::wecom::message::{AppMessage, CardChange, CardUpdate, Content, SentId, ToWhom};
use wecom_bridge::wecom::{
    AgentChange, CallErrorKind, Chat, ChatChange, Clients, ImportJob, Invitation, MediaKind, NoObserver, NotSentCause,
    TagMembers, endpoint,
};

const DEPARTMENTS: &str = r#"{"errcode":0,"errmsg":"ok","department_id":[{"id":1,"parentid":0,"order":1}]}"#;

fn departments(_: &str) -> (u16, String) {
    (200, DEPARTMENTS.to_owned())
}

fn server_config(chain: Vec<Vec<u8>>, key: &KeyPair) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.into_iter().map(Into::into).collect(), key)
        .unwrap()
}

fn ca() -> (CertificateParams, KeyPair, String) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "private CA");
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (params, key, pem)
}

/// A server whose certificate names these hosts and comes from a private CA; and that CA.
fn private_server(hosts: &[&str]) -> (Fake, String) {
    let (params, ca_key, ca_pem) = ca();
    let issuer = Issuer::new(params, ca_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
    let leaf = params.signed_by(&key, &issuer).unwrap();
    (Fake::serve(departments, Some(server_config(vec![leaf.der().to_vec()], &key))), ca_pem)
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn with_ca(fake: &Fake, pem: &tempfile::NamedTempFile) -> Corp {
    let mut corp = corp(&fake.url());
    corp.endpoints.ca_file = pem.path().to_str().unwrap().to_owned();
    corp
}

/// The message of a call that cannot connect.
async fn refusal_of(corp: &Corp) -> String {
    let error = super::fake::client(corp).department_simplelist(&app(), None).await.unwrap_err();
    match error.kind {
        CallErrorKind::NotSent { cause: NotSentCause::Connect(text) } => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_private_ca_is_trusted_when_it_is_given_and_not_otherwise() {
    let (fake, ca_pem) = private_server(&["127.0.0.1"]);
    let pem = file(&ca_pem);
    let corp = with_ca(&fake, &pem);
    let list = super::fake::client(&corp).department_simplelist(&app(), None).await.unwrap();
    assert_eq!(list[0].id, DepartmentId::ROOT);

    let other = file(&ca().2);
    let text = refusal_of(&with_ca(&fake, &other)).await;
    assert!(text.contains("unknown CA"), "{text}");
}

#[tokio::test]
async fn certificates_that_this_tls_refuses_are_explained() {
    let (elsewhere, ca_pem) = private_server(&["wecom.example.com"]);
    let pem = file(&ca_pem);
    let text = refusal_of(&with_ca(&elsewhere, &pem)).await;
    assert!(text.contains("subjectAltName"), "{text}");

    // what `openssl req -x509` makes: one certificate that is CA and server at once
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let both = params.self_signed(&key).unwrap();
    let fake = Fake::serve(departments, Some(server_config(vec![both.der().to_vec()], &key)));
    let pem = file(&both.pem());
    let text = refusal_of(&with_ca(&fake, &pem)).await;
    assert!(text.contains("CA:FALSE"), "{text}");

    // https typed for a server that speaks plain http
    let plain = Fake::start(departments);
    let (_, _, any) = ca();
    let pem = file(&any);
    let mut corp = with_ca(&plain, &pem);
    corp.endpoints.api_base = plain.url().replace("http:", "https:");
    let text = refusal_of(&corp).await;
    assert!(text.contains("does not speak TLS"), "{text}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named() {
    let clients = Clients::new(Clock::manual(0), Arc::new(NoObserver));
    let not_pem = file("hello");
    let not_pem = not_pem.path().to_str().unwrap();
    type Change<'a> = Box<dyn Fn(&mut Corp) + 'a>;
    let cases: [(&str, Change<'_>); 7] = [
        ("api_base", Box::new(|corp| corp.endpoints.api_base = "qyapi.weixin.qq.com".into())),
        ("api_base", Box::new(|corp| corp.endpoints.api_base = "ftp://x".into())),
        ("api_base", Box::new(|corp| corp.endpoints.api_base = String::new())),
        ("ca_file", Box::new(|corp| corp.endpoints.ca_file = "/nowhere/ca.pem".into())),
        ("ca_file", Box::new(|corp| corp.endpoints.ca_file = not_pem.into())),
        ("proxy", Box::new(|corp| corp.endpoints.proxy = "proxy:3128".into())),
        ("proxy", Box::new(|corp| corp.endpoints.proxy = "ftp://proxy".into())),
    ];
    for (setting, change) in cases {
        let mut corp = corp("https://127.0.0.1:1");
        change(&mut corp);
        let error = clients.for_corp(&corp, secrets()).err().unwrap_or_else(|| panic!("{setting} was taken"));
        let text = error.to_string();
        assert!(text.contains(setting) && text.contains("acme-main"), "{setting}: {text}");
    }
}

#[tokio::test]
async fn calls_go_through_the_corp_s_proxy() {
    let proxy = Fake::start(departments);
    let mut corp = corp("http://wecom.invalid:8080/behind");
    corp.endpoints.proxy = proxy.url();
    super::fake::client(&corp).department_simplelist(&app(), None).await.unwrap();
    let seen = proxy.seen();
    assert!(seen.iter().all(|target| target.starts_with("http://wecom.invalid:8080/behind/cgi-bin/")), "{seen:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Fake::start(departments);
    let there = format!("{}/cgi-bin/department/simplelist", target.url());
    let fake = Fake::start(move |_| (302, there.clone()));
    fake.client().department_simplelist(&app(), None).await.unwrap_err();
    assert!(target.seen().is_empty(), "the token went to another address");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut corp = corp(&format!("http://{}", listener.local_addr().unwrap()));
    corp.endpoints.timeout_ms = 40;
    let error = super::fake::client(&corp).user_get(&app(), &"a".into()).await.unwrap_err();
    assert!(error.to_string().contains("time-out"), "{error}");
    drop(listener);
}

#[tokio::test]
async fn one_client_per_corp_until_its_settings_change() {
    let world = World::public();
    let first = world.client();
    assert!(Arc::ptr_eq(&first, &world.client()));
    let mut renamed = world.corp.clone();
    renamed.name = "x".into();
    assert!(
        Arc::ptr_eq(&first, &world.clients.for_corp(&renamed, secrets()).unwrap()),
        "the name is no setting of calls"
    );
    renamed.access = Access::ReadOnly;
    assert!(!Arc::ptr_eq(&first, &world.clients.for_corp(&renamed, secrets()).unwrap()));
    world.clients.forget(&world.corp.key);
    assert!(!Arc::ptr_eq(&first, &world.client()));
}

#[tokio::test]
async fn read_only_access_refuses_every_write_before_a_request() {
    let mut world = World::public();
    world.corp.access = Access::ReadOnly;
    let client = world.client();
    let (cred, a) = (contacts(), "a".into());
    let tagged = TagMembers { users: vec!["a".into()], departments: vec![] };
    let job = ImportJob { media_id: "m".into(), to_invite: false, callback: None };
    let invited = Invitation { users: vec!["a".into()], ..Invitation::default() };
    let tfa = wecom_bridge::wecom::TfaInfo { userid: "a".into(), tfa_code: wecom_bridge::model::Secret::new("c") };
    let own = app();
    let members = vec!["a".into(), "b".into()];
    let chat = Chat { name: "x".into(), members, ..Chat::default() };
    let renamed = ChatChange { name: Some("y".into()), ..ChatChange::default() };
    let entry = MenuEntry {
        name: "x".into(),
        kind: Some(MenuKind::View),
        url: "https://oa.example.org".into(),
        ..MenuEntry::default()
    };
    let menu = Menu { button: vec![entry] };
    let whom = || ToWhom::users(vec!["a".into()]);
    let change_words = CardChange::Words("ok".into());
    let update = CardUpdate { agentid: 1, to: whom(), response_code: "r".into(), change: change_words };
    let errors = [
        client.department_create(&department(2, 1, "x")).await.map(|_| ()),
        client.department_update(&department(2, 1, "x")).await,
        client.department_delete(DepartmentId(2)).await,
        client.user_create(&member("a", &[1])).await,
        client.user_update(&change("a", &[("name", "x")])).await,
        client.user_delete(&a).await,
        client.user_batchdelete(std::slice::from_ref(&a)).await,
        client.user_authsucc(&cred, &a).await,
        client.user_tfa_succ(&cred, &tfa).await,
        client.batch_invite(&cred, &invited).await.map(|_| ()),
        client.tag_create(&cred, "t", None).await.map(|_| ()),
        client.tag_update(&cred, 1, "t").await,
        client.tag_delete(&cred, 1).await,
        client.tag_addtagusers(&cred, 1, &tagged).await.map(|_| ()),
        client.tag_deltagusers(&cred, 1, &tagged).await.map(|_| ()),
        client.media_upload(&cred, MediaKind::File, "a.csv", "123456789".into()).await.map(|_| ()),
        client.batch_syncuser(&job).await.map(|_| ()),
        client.batch_replaceuser(&job).await.map(|_| ()),
        client.batch_replaceparty(&job).await.map(|_| ()),
        client.agent_set(&own, 1, &AgentChange { name: Some("审批".into()), ..AgentChange::default() }).await,
        client.appchat_create(&own, &chat).await.map(|_| ()),
        client.appchat_update(&own, "c", &renamed).await,
        client.appchat_send(&own, "c", &Content::text("x"), Safe::Open).await.map(|_| ()),
        client.appchat_dismiss(&own, "c").await,
        client.media_uploadimg(&own, "a.png", "123456789".into()).await.map(|_| ()),
        client.menu_create(&own, 1, &menu).await,
        client.menu_delete(&own, 1).await,
        client.message_send(&own, &AppMessage::new(1, whom(), Content::text("x"))).await.map(|_| ()),
        client.message_recall(&own, &SentId::Msgid("m".into())).await,
        client.message_recall(&own, &SentId::Jobid("j".into())).await,
        client.message_update_template_card(&own, &update).await.map(|_| ()),
    ];
    let mut refused: Vec<&str> = Vec::new();
    for result in errors {
        let error = result.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Forbidden, "{error}");
        refused.push(error.endpoint);
    }
    assert!(world.state().calls().is_empty(), "not even a token was fetched");
    refused.sort_unstable();
    let mut writes: Vec<&str> = endpoint::ALL.iter().filter(|e| e.is_write()).map(|e| e.name).collect();
    writes.sort_unstable();
    assert_eq!(refused, writes, "every write endpoint was tried");
    client.department_simplelist(&cred, None).await.unwrap();
}

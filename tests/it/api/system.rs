//! Probes, metrics, files.

use super::bridge::{Bridge, send};
use reqwest::Method;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;
use std::io::{Read, Write};
use std::sync::Arc;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::ApiScope;

#[tokio::test]
async fn probes_need_no_key() {
    let bridge = Bridge::start().await;
    let bare = |path: &str| send(bridge.bare(Method::GET, path));
    assert_eq!(bare("/healthz").await.expect(200), json!({ "alive": true }));
    assert_eq!(bare("/readyz").await.expect(200), json!({ "status": "ready", "reasons": [] }));
    bridge.app.store.close();
    assert_eq!(bare("/healthz").await.expect(503), json!({ "alive": false }));
    assert_eq!(bare("/readyz").await.expect(503)["status"], "down");
    bridge.stop().await;
}

#[tokio::test]
async fn metrics_are_for_the_appliance_itself_and_for_a_key() {
    let bridge = Bridge::start().await;
    let metrics = |request: reqwest::RequestBuilder| async move { send(request).await };
    let local = metrics(bridge.bare(Method::GET, "/metrics")).await;
    assert_eq!(local.status, 200);
    assert!(local.text.ends_with("# EOF\n"), "{}", local.text);
    let proxied = metrics(bridge.bare(Method::GET, "/metrics").header("x-forwarded-for", "203.0.113.9")).await;
    proxied.expect_problem(401, "key.missing");
    let key = bridge.make_key(&[ApiScope::OpsRead]).await;
    let keyed = bridge.bare(Method::GET, "/metrics").header("x-forwarded-for", "203.0.113.9").bearer_auth(key);
    assert_eq!(metrics(keyed).await.status, 200);
    let key = bridge.make_key(&[ApiScope::CorpRead]).await;
    metrics(bridge.bare(Method::GET, "/metrics").bearer_auth(key)).await.expect_problem(403, "key.scope");
    bridge.stop().await;
}

#[tokio::test]
async fn a_backup_is_a_store_that_opens() {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    let response = bridge.request(Method::GET, "/api/v1/backup").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers()["content-disposition"].to_str().unwrap().contains("wecom-bridge-"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.redb");
    std::fs::write(&path, response.bytes().await.unwrap()).unwrap();
    let keys = bridge.app.store.keys();
    let options = wecom_bridge::store::StoreOptions::new((*keys).clone(), Clock::system());
    let copy = wecom_bridge::store::Store::open(&path, options).unwrap();
    let tenants = copy.read(wecom_bridge::store::tenants::list).unwrap();
    assert_eq!(tenants.len(), 1);
    let left: Vec<_> =
        std::fs::read_dir(bridge.app.store.path().parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("backup-")), "{left:?}");
    bridge.stop().await;
}

#[tokio::test]
async fn an_exported_directory_can_be_imported_again() {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    bridge.put("/api/v1/tenants/acme/units/1", &json!({ "id": "1", "name": "示例集团" })).await.expect(200);
    let person = json!({ "id": "e1", "name": "张三", "unit_id": "1", "ext": { "shoe": "42" } });
    bridge.put("/api/v1/tenants/acme/employees/e1", &person).await.expect(200);
    for query in ["", "?format=zip", "?format=xlsx&captions=zh"] {
        let path = format!("/api/v1/tenants/acme/directory-file{query}");
        let file = bridge.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
        let name = if query.contains("zip") { "d.zip" } else { "d.xlsx" };
        let preview = bridge.upload("/api/v1/tenants/acme/imports", name, file.to_vec()).await.expect(201);
        let summary = &preview["summary"];
        assert_eq!(
            (&summary["employees"]["unchanged"], &summary["units"]["unchanged"]),
            (&json!(1), &json!(1)),
            "{query}: {preview}"
        );
    }
    bridge.stop().await;
}

/// The head of the first frame that the server sends to a browser that speaks HTTP/2 alone.
fn first_frame(at: &str, trusted_pem: &[u8]) -> [u8; 9] {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted_pem).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = "localhost".try_into().unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = std::net::TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let mut tls = rustls::StreamOwned::new(connection, stream);
    tls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut head = [0; 9];
    tls.read_exact(&mut head).unwrap();
    assert_eq!(tls.conn.alpn_protocol(), Some(&b"h2"[..]));
    head
}

#[tokio::test]
async fn tls_is_spoken_and_the_certificate_can_be_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let write = || {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
    };
    let first = write();
    let tls = format!("[tls]\ncert_file = {cert:?}\nkey_file = {key:?}\n");
    let bridge = Bridge::start_with(&tls, Clock::system()).await;
    let url = bridge.base.replace("http://127.0.0.1", "https://localhost") + "/healthz";
    let get = |trusted: reqwest::Certificate| {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap();
        let url = url.clone();
        async move { client.get(url).send().await }
    };
    let answer = get(first.clone()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_11));
    let at = bridge.base.replace("http://", "");
    let trusted = std::fs::read(&cert).unwrap();
    let frame = tokio::task::spawn_blocking(move || first_frame(&at, &trusted)).await.unwrap();
    assert_eq!(frame[3], 4, "SETTINGS is what HTTP/2 begins with: {frame:?}");
    assert!(answer.headers().contains_key("strict-transport-security"));
    let second = write();
    bridge.reload_certificate().unwrap();
    assert!(get(first).await.is_err());
    assert_eq!(get(second.clone()).await.unwrap().status(), 200);
    std::fs::write(&key, "nonsense").unwrap();
    assert!(bridge.reload_certificate().is_err());
    assert_eq!(get(second).await.unwrap().status(), 200, "the former certificate stays in force");
    bridge.stop().await;
}

/// What the backup page does can be done by a program too.
#[tokio::test]
async fn backups_on_the_appliance_are_made_listed_taken_home_and_removed() {
    let bridge = Bridge::start().await;
    assert_eq!(bridge.get("/api/v1/backups").await.expect(200)["items"], json!([]));
    let made = bridge.act("/api/v1/backups").await;
    let view = made.expect(201);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/v1/backups/{}", view["name"].as_str().unwrap()));
    let listed = bridge.get("/api/v1/backups").await.expect(200);
    let of = |row: &serde_json::Value| (row["name"].clone(), row["bytes"].clone(), row["automatic"].clone());
    assert_eq!(listed["items"].as_array().unwrap().iter().map(of).collect::<Vec<_>>(), [of(&view)]);
    let file = bridge.request(reqwest::Method::GET, &path).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert_eq!(file.bytes().await.unwrap().len() as u64, view["bytes"].as_u64().unwrap());
    bridge.delete(&path).await.expect(204);
    bridge.delete(&path).await.expect_problem(404, "backup.not_found");
    bridge.get("/api/v1/backups/..%2Fwecom-bridge.redb").await.expect(404);

    assert_eq!(bridge.get("/api/v1/backup-settings").await.expect(200), json!({ "hour": 3, "keep": 7 }));
    let never = json!({ "hour": null, "keep": 2 });
    assert_eq!(bridge.put("/api/v1/backup-settings", &never).await.expect(200), never);
    for wrong in [json!({ "hour": 24 }), json!({ "keep": 0 }), json!({ "keep": 91 })] {
        bridge.put("/api/v1/backup-settings", &wrong).await.expect_problem(422, "request.body");
    }
    assert_eq!(bridge.get("/api/v1/backup-settings").await.expect(200), never);
    let verified = bridge.get("/api/v1/store/verify").await.expect(200);
    assert_eq!((&verified["whole"], &verified["faults_total"]), (&json!(true), &json!(0)), "{verified}");
    bridge.stop().await;
}

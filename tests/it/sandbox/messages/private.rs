//! Private editions: jobids in place of msgids.

use super::*;
use std::time::Duration;
use wecom_bridge::sandbox::Profile;

#[tokio::test]
async fn sending_is_a_job() {
    let world = World::new(Profile::Private);
    people(&world, 3);
    let app = world.app().await;
    let got = app.post_ok("message/send", text("x")).await;
    let jobid = got["jobid"].as_str().unwrap().to_owned();
    assert!(jobid.starts_with("4_1760000000_") && got.get("msgid").is_none(), "{got}");
    let status = async || app.get_ok(&format!("async/getresult?jobid={jobid}")).await["status"].clone();
    assert_eq!(status().await, 0);
    world.clock.advance(Duration::from_millis(100));
    assert_eq!(status().await, 1);
    world.clock.advance(Duration::from_millis(400));
    assert_eq!(status().await, 2);
    assert_eq!(app.try_post("message/recall", json!({"msgid": jobid})).await.unwrap().status, 404);
    app.refused(40058, "message/revoke", json!({"jobid": "unknown"})).await;
    app.post_ok("message/revoke", json!({"jobid": jobid})).await;
    assert_eq!(world.state().inbox(CORP, "u1").len(), 0);
    for _ in 0..100 {
        app.post_ok("message/send", text("x")).await;
    }
    assert_eq!(world.state().inbox(CORP, "u1").len(), 100, "no published rates");
}

#[tokio::test]
async fn groups_are_dissolved_and_their_messages_taken_back() {
    let world = World::new(Profile::Private);
    people(&world, 3);
    let app = world.app().await;
    app.post_ok("appchat/create", json!({"userlist": ["u0", "u1", "u2"], "chatid": "c1"})).await;
    let rows = app.get_ok("appchat/get?chatid=c1").await["chat_info"]["custom_user_list"].clone();
    assert_eq!(rows[1], json!({"userid": "u1", "nickname": "", "order": 1}));
    let say = json!({"chatid": "c1", "msgtype": "text", "text": {"content": "x"}});
    let send = async || app.post_ok("appchat/send", &say).await["jobid"].as_str().unwrap().to_owned();
    let (first, second) = (send().await, send().await);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(app.get_ok(&format!("async/getresult?jobid={first}")).await["type"], "appchat_send");
    app.post_ok("appchat/revoke", json!({"jobid": first, "revokelist": [{"userid": "u1", "msgid": [second]}]})).await;
    let left = |userid: &str| world.state().inbox(CORP, userid).len();
    assert_eq!((left("u0"), left("u1")), (1, 1), "the jobid counts");
    app.post_ok("appchat/revoke", json!({"revokelist": [{"userid": "u1", "msgid": [second]}]})).await;
    assert_eq!((left("u0"), left("u1")), (1, 0));
    app.refused(40058, "appchat/revoke", json!({})).await;
    app.refused(40058, "appchat/revoke", json!({"jobid": "unknown"})).await;
    let row = json!({"userid": "u1", "msgid": []});
    app.post_ok("appchat/revoke", json!({"revokelist": vec![row.clone(); 2000]})).await;
    app.refused(40058, "appchat/revoke", json!({"revokelist": vec![row; 2001]})).await;
    app.post_ok("appchat/dismiss", json!({"chatid": "c1"})).await;
    app.refused(49008, "appchat/send", &say).await;
    app.get_refused(49008, "appchat/get?chatid=c1").await;
    app.refused(86201, "appchat/dismiss", json!({})).await;
}

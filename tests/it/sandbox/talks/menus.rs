//! Taps on menus.

use super::*;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use wecom_bridge::sandbox::messages::content::Place;
use wecom_bridge::sandbox::{ActError, DeliveryOptions, Extra};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-------";

async fn with_menu(world: &World, entry: Value) {
    world.app().await.post_ok("menu/create?agentid=7", json!({"button": [{"name": "a", "sub_button": [entry]}]})).await;
}

fn tap(with: Extra) -> Act {
    Act::Menu { place: vec![0, 0], with }
}

/// What stands between the event's name and the AgentID.
fn inner(text: &str, event: &str) -> String {
    let rest = text.split_once(&format!("<Event><![CDATA[{event}]]></Event>")).unwrap_or_else(|| panic!("{text}")).1;
    rest.strip_suffix("<AgentID>7</AgentID></xml>").unwrap().to_owned()
}

#[tokio::test]
async fn each_type_has_its_event() {
    let (world, mut server) = connected().await;
    let key = "<EventKey><![CDATA[k]]></EventKey>";
    with_menu(&world, json!({"type": "click", "name": "a", "key": "k"})).await;
    assert_eq!(act(&world, tap(Extra::default())).opens, None);
    assert_eq!(inner(&server.text().await, "click"), key);

    with_menu(&world, json!({"type": "view", "name": "a", "url": "https://oa.example.org/a?b=1&c=2"})).await;
    assert_eq!(act(&world, tap(Extra::default())).opens.as_deref(), Some("https://oa.example.org/a?b=1&c=2"));
    assert_eq!(
        inner(&server.text().await, "view"),
        "<EventKey><![CDATA[https://oa.example.org/a?b=1&c=2]]></EventKey>"
    );

    with_menu(&world, json!({"type": "view_miniprogram", "name": "a", "appid": "wx1", "pagepath": "p/q"})).await;
    act(&world, tap(Extra::default()));
    assert_eq!(inner(&server.text().await, "view_miniprogram"), "<EventKey><![CDATA[p/q]]></EventKey>");

    for (kind, opens) in [("scancode_push", Some("http://a".to_owned())), ("scancode_waitmsg", None)] {
        with_menu(&world, json!({"type": kind, "name": "a", "key": "k"})).await;
        let scanned = Extra { scanned: "http://a".into(), ..Extra::default() };
        assert_eq!(act(&world, tap(scanned)).opens, opens);
        let want = format!(
            "{key}<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[http://a]]></ScanResult></ScanCodeInfo>"
        );
        assert_eq!(inner(&server.text().await, kind), want);
        assert_eq!(world.state().act(CORP, "zhangsan", 7, tap(Extra::default())), Err(ActError::Empty));
    }

    let place = Place { latitude: 23.0, longitude: 113.5, scale: 15, label: "广州".into() };
    with_menu(&world, json!({"type": "location_select", "name": "a", "key": "k"})).await;
    act(&world, tap(Extra { place: Some(place), ..Extra::default() }));
    let want = format!(
        "{key}<SendLocationInfo><Location_X><![CDATA[23]]></Location_X><Location_Y><![CDATA[113.5]]></Location_Y>\
         <Scale><![CDATA[15]]></Scale><Label><![CDATA[广州]]></Label><Poiname><![CDATA[]]></Poiname></SendLocationInfo>\
         <AppType><![CDATA[wxwork]]></AppType>"
    );
    assert_eq!(inner(&server.text().await, "location_select"), want);
    assert_eq!(element(&server.text().await, "MsgType"), "location", "then an ordinary message");
}

#[tokio::test]
async fn pictures_come_after_their_event_in_both_forms() {
    let (world, mut server) = connected().await;
    let picture = world.state().add_media(CORP, "image", "a.png", PNG.to_vec()).unwrap();
    let sum = hex::encode(Md5::digest(PNG));
    let item = format!("<item><PicMd5Sum><![CDATA[{sum}]]></PicMd5Sum></item>");
    for kind in ["pic_sysphoto", "pic_photo_or_album", "pic_weixin"] {
        with_menu(&world, json!({"type": kind, "name": "a", "key": "k"})).await;
        let two = Extra { pictures: vec![picture.clone(), picture.clone()], ..Extra::default() };
        assert_eq!(act(&world, tap(two.clone())).sent, 3);
        let want = format!(
            "<EventKey><![CDATA[k]]></EventKey><SendPicsInfo><Count>2</Count><PicList>{item}{item}</PicList></SendPicsInfo>"
        );
        assert_eq!(inner(&server.text().await, kind), want);
        assert_eq!(element(&server.text().await, "MediaId"), picture);
        assert_eq!(element(&server.text().await, "MediaId"), picture);
    }
    world.state().set_delivery(DeliveryOptions { repeats_pic_list: true, ..DeliveryOptions::default() });
    act(&world, tap(Extra { pictures: vec![picture.clone(), picture], ..Extra::default() }));
    let list = format!("<PicList>{item}</PicList>");
    let want = format!("<EventKey><![CDATA[k]]></EventKey><SendPicsInfo>{list}{list}<Count>2</Count></SendPicsInfo>");
    assert_eq!(inner(&server.text().await, "pic_weixin"), want);
    let none = Extra { pictures: vec![], ..Extra::default() };
    assert_eq!(world.state().act(CORP, "zhangsan", 7, tap(none)), Err(ActError::Empty));
}

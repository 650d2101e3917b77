//! Pages of corps.

use super::browser::Browser;
use super::office::{CORP, Office};
use wecom_bridge::model::{CorpKey, Role};
use wecom_bridge::store;

/// The page asks what becomes of the links, and only a typed confirmation drops them.
#[tokio::test]
async fn a_corp_with_links_becomes_another_wecom_only_when_told_so() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let key = CorpKey::from("acme-main");
    let mirrored = |office: &Office| office.bridge.app.store.read(|tx| store::links::count(tx, &key)).unwrap().mirrored;
    let edit = format!("{CORP}/edit");

    let page = browser.get(&edit).await.expect(200);
    page.lacks("name=\"links\"");
    browser.follow(&browser.submit(&page, "/edit", &[("name", "改名")]).await).await.expect(200);
    let page = browser.get(&edit).await.expect(200);
    let mut asked = browser.submit(&page, "/edit", &[("corpid", "ww-another")]).await.expect(422);
    asked.has("这会变成另一个企业微信").has("不能保留关联").lacks("value=\"keep\"");
    for fields in [
        vec![("links", "reset"), ("confirm", "something else")],
        vec![("links", "reset"), ("confirm", "")],
        vec![("links", ""), ("confirm", "acme-main")],
        vec![("links", "keep"), ("confirm", "acme-main")],
    ] {
        asked = browser.submit(&asked, "/edit", &fields).await.expect(422);
        assert_eq!(mirrored(&office), 8, "{fields:?}");
    }
    let done = browser.submit(&asked, "/edit", &[("links", "reset"), ("confirm", "acme-main")]).await;
    browser.follow(&done).await.expect(200).has("原来的关联已清空");
    assert_eq!(mirrored(&office), 0);
    office.close().await;
}

#[tokio::test]
async fn links_are_kept_where_only_the_address_changes() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let edit = format!("{CORP}/edit");
    let page = browser.get(&edit).await.expect(200);
    let asked = browser.submit(&page, "/edit", &[("api_base", "http://127.0.0.1:10")]).await.expect(422);
    let done = browser.submit(&asked, "/edit", &[("links", "keep"), ("confirm", "acme-main")]).await;
    browser.follow(&done).await.expect(200).has("已保存");
    let key = CorpKey::from("acme-main");
    let left = office.bridge.app.store.read(|tx| store::links::count(tx, &key)).unwrap();
    assert_eq!(left.mirrored, 8);
    office.close().await;
}

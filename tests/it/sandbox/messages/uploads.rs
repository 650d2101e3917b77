//! `media/upload`, `media/get`, `media/uploadimg`.

use super::*;
use std::time::Duration;

#[tokio::test]
async fn a_file_is_what_it_says() {
    let world = world();
    let app = world.app().await;
    let sized = |head: &[u8], bytes: usize| {
        let mut content = head.to_vec();
        content.resize(bytes, 0);
        content
    };
    let (jpg, mp4): (&[u8], &[u8]) = (&[0xff, 0xd8, 0xff, 0xe0], b"\0\0\0\x18ftypisom");
    for (kind, filename, content, errcode) in [
        ("image", "a.png", PNG.to_vec(), 0),
        ("image", "a.jpg", sized(jpg, 10 << 20), 0),
        ("image", "a.jpg", sized(jpg, (10 << 20) + 1), 40009),
        ("image", "a.png", b"no picture".to_vec(), 40123),
        ("image", "a.gif", b"GIF89a....".to_vec(), 40004),
        ("voice", "a.amr", amr(3000), 0), // 60 s
        ("voice", "a.amr", amr(3001), 45007),
        ("voice", "a.amr", b"RIFF....".to_vec(), 301_017),
        ("voice", "a.amr", amr(3)[..50].to_vec(), 301_016),
        ("voice", "a.amr", sized(b"#!AMR\n", (2 << 20) + 1), 45001),
        ("voice", "a.mp3", amr(1), 40004),
        ("video", "a.mp4", sized(mp4, 10 << 20), 0),
        ("video", "a.mp4", sized(mp4, (10 << 20) + 1), 40011),
        ("video", "a.mp4", b"no video".to_vec(), 40004),
        ("file", "a", b"123456".to_vec(), 0),
        ("file", "a", b"12345".to_vec(), 40006),
        ("file", "a", sized(b"", 20 << 20), 0),
        ("file", "a", sized(b"", (20 << 20) + 1), 45001),
        ("file", "/a", b"123456".to_vec(), 40058),
        ("file", "a:b", b"123456".to_vec(), 40058),
    ] {
        let got = upload(&app, &format!("media/upload?type={kind}"), filename, &content).await;
        assert_eq!(got["errcode"], errcode, "{kind} {filename} {}: {got}", content.len());
        if errcode == 0 {
            assert!(got["created_at"].is_string() && got["errmsg"] == "", "{got}");
        }
    }
}

#[tokio::test]
async fn files_come_back_whole_and_in_ranges_for_three_days() {
    let world = world();
    let app = world.app().await;
    let media_id = media(&app, "file", "报告.txt", b"0123456789").await;
    let get = async |path: &str, range: &str| {
        let request = world.http().get(app.full_url(&format!("{path}?media_id={media_id}")));
        let request = if range.is_empty() { request } else { request.header("Range", range) };
        let answer = request.send().await.unwrap();
        let header =
            |name: &str| answer.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        let head =
            (answer.status().as_u16(), header("content-type"), header("content-disposition"), header("content-range"));
        (head, answer.text().await.unwrap())
    };
    let (head, text) = get("media/get", "").await;
    assert_eq!((head.0, head.1.as_deref(), text.as_str()), (200, Some("text/plain"), "0123456789"));
    assert_eq!(head.2.as_deref(), Some("attachment; filename=\"报告.txt\""));
    let (head, text) = get("media/get", "bytes=2-4").await;
    assert_eq!((head.0, head.3.as_deref(), text.as_str()), (206, Some("bytes 2-4/10"), "234"));
    assert_eq!(get("media/get", "bytes=10-").await.0.0, 416);
    assert_eq!(get("media/get/jssdk", "").await.1, "0123456789");
    let big = vec![1; (20 << 20) + 1];
    world.state().with_corp(CORP, |corp| corp.limits.file_max_bytes = 30 << 20);
    let big = media(&app, "file", "big", &big).await;
    app.get_refused(830_002, &format!("media/get?media_id={big}")).await;
    let ranged =
        world.http().get(app.full_url(&format!("media/get?media_id={big}"))).header("Range", "bytes=20971520-");
    assert_eq!(ranged.send().await.unwrap().bytes().await.unwrap().len(), 1);
    let image = media(&app, "image", "a.png", PNG).await;
    app.post_ok("message/send", to_u1("image", json!({"media_id": image}), json!({}))).await;
    world.clock.advance(Duration::from_secs(3 * 24 * 3600));
    let app = world.app().await;
    app.refused(40007, "message/send", to_u1("image", json!({"media_id": image}), json!({}))).await;
    app.get_refused(40007, &format!("media/get?media_id={image}")).await;
}

#[tokio::test]
async fn images_for_pages_stay_at_their_address() {
    let world = world();
    let app = world.app().await;
    let put = async |app: &Caller<'_>, content: &[u8]| upload(app, "media/uploadimg", "a.png", content).await;
    let got = put(&app, PNG).await;
    let url = got["url"].as_str().unwrap().to_owned();
    assert_eq!((&got["errcode"], &got["errmsg"]), (&json!(0), &json!("")));
    let mut large = PNG.to_vec();
    large.resize(2 << 20, 0);
    assert_eq!(put(&app, &large).await["errcode"], 0);
    large.push(0);
    for (content, errcode) in [(large.as_slice(), 40009), (b"12345", 40006), (b"GIF89a..", 40123)] {
        assert_eq!(put(&app, content).await["errcode"], errcode);
    }
    world.state().with_corp(CORP, |corp| corp.message_limits.page_images_day = 2);
    assert_eq!(put(&app, PNG).await["errcode"], 45009);
    world.clock.advance(Duration::from_secs(10 * 24 * 3600));
    assert_eq!(world.http().get(&url).send().await.unwrap().bytes().await.unwrap(), PNG, "permanent");
    world.state().with_corp(CORP, |corp| corp.message_limits.page_images_month = 2);
    assert_eq!(put(&world.app().await, PNG).await["errcode"], 45009);
}

#[tokio::test]
async fn a_file_is_fetched_from_an_address_that_serves_ranges() {
    let world = world();
    let app = world.app().await;
    let source = media(&app, "file", "报告.txt", b"0123456789").await;
    let ranged = app.full_url(&format!("media/get?media_id={source}"));
    let order =
        |url: &str, md5: &str| json!({ "scene": 1, "type": "file", "filename": "报告.txt", "url": url, "md5": md5 });
    let good = "781e5e245d69b566979b86e28d23f2c7";
    for (body, errcode) in [
        (json!({ "scene": 2, "type": "file", "filename": "a", "url": ranged, "md5": good }), 40058),
        (json!({ "scene": 1, "type": "image", "filename": "a", "url": ranged, "md5": good }), 40005),
        (json!({ "scene": 1, "type": "file", "filename": "a".repeat(129), "url": ranged, "md5": good }), 40058),
        (order(&"h".repeat(1_025), good), 40039),
        (order("ftp://a", good), 830_001),
        (order(&ranged, "abc"), 301_019),
    ] {
        app.refused(errcode, "media/upload_by_url", body).await;
    }
    let ended = async |url: &str, md5: &str| {
        let job = app.post_ok("media/upload_by_url", order(url, md5)).await["jobid"].clone();
        loop {
            let got = app.post_ok("media/get_upload_by_url_result", json!({ "jobid": job })).await;
            if got["status"] != 1 {
                return got;
            }
            tokio::task::yield_now().await;
        }
    };
    let got = ended(&ranged, good).await;
    assert_eq!((&got["status"], &got["detail"]["errcode"]), (&json!(2), &json!(0)), "{got}");
    let media_id = got["detail"]["media_id"].as_str().unwrap();
    assert_eq!(app.get(&format!("media/get?media_id={media_id}")).await["text"], "0123456789");
    let wrong = ended(&ranged, &good.replace('7', "8")).await;
    assert_eq!((&wrong["status"], &wrong["detail"]["errcode"]), (&json!(3), &json!(301_019)), "{wrong}");
    let whole = ended(&format!("{}/_sandbox/phone.css", world.sandbox.base_url()), good).await;
    assert_eq!(whole["status"], 3, "{whole}");
    app.refused(40058, "media/get_upload_by_url_result", json!({ "jobid": "nobody's" })).await;
}

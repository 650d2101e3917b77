//! Broken connections and answers: what is retried, what is unknown, what never becomes an empty list.

use super::fake::Fake;
use super::world::{CORPID, World, app, contacts, department, member};
use wecom_bridge::model::DepartmentId;
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::wecom::{CallErrorKind, NotSentCause};

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_unknown_and_never_repeated() {
    for (effect, applied) in [
        (Effect::DropAfter, true),
        (Effect::DropBefore, false),
        (Effect::Half, true),
        (Effect::Garbage, true),
        (Effect::Status { status: 502 }, false),
    ] {
        let world = World::public();
        let (client, meter) = world.metered();
        client.user_list_id(None, 1).await.unwrap();
        world.state().add_fault(Fault::once("user/create", effect));
        let error = client.user_create(&member("a", &[1])).await.unwrap_err();
        assert!(matches!(error.kind, CallErrorKind::OutcomeUnknown { .. }), "{effect:?}: {error}");
        assert!(error.is_outcome_unknown() && !error.may_repeat(), "{effect:?}");
        assert_eq!(world.state().count("user/create"), 1, "{effect:?}");
        assert_eq!(world.state().find_member(CORPID, "a").is_some(), applied, "{effect:?}");
        assert_eq!(meter.calls().writes, 1, "{effect:?}");
        // the engine reads again and decides
        let there = client.user_get(&app(), &"a".into()).await;
        assert_eq!(there.is_ok(), applied, "{effect:?}");
    }
}

#[tokio::test]
async fn updates_and_deletes_say_that_they_may_be_repeated() {
    let world = World::public();
    let client = world.client();
    client.user_create(&member("a", &[1])).await.unwrap();
    world.state().add_fault(Fault::once("user/update", Effect::DropAfter));
    world.state().add_fault(Fault::once("user/delete", Effect::DropAfter));
    let update = super::world::change("a", &[("name", "new")]);
    let error = client.user_update(&update).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.may_repeat());
    client.user_update(&update).await.unwrap();
    let error = client.user_delete(&"a".into()).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.may_repeat());
    let error = client.user_delete(&"a".into()).await.unwrap_err();
    assert!(error.is_not_found(), "the first one was applied: {error}");
}

#[tokio::test]
async fn reads_are_repeated_three_times() {
    for effect in [Effect::DropBefore, Effect::DropAfter, Effect::Half, Effect::Garbage, Effect::Status { status: 503 }]
    {
        for (times, succeeds) in [(1, true), (3, true), (4, false)] {
            let world = World::public();
            world.state().add_fault(Fault { count: Some(times), ..Fault::always("department/simplelist", effect) });
            let got = world.client().department_simplelist(&contacts(), None).await;
            assert_eq!(got.is_ok(), succeeds, "{effect:?} {times} times: {got:?}");
            assert_eq!(world.state().count("department/simplelist"), times.min(3) + 1, "{effect:?} {times}");
        }
    }
}

#[tokio::test]
async fn a_busy_first_attempt_that_was_applied_is_not_reported_as_taken() {
    let world = World::public();
    let client = world.client();
    client.user_create(&member("a", &[1])).await.unwrap();
    world.state().add_fault(Fault::once("user/create", Effect::Errcode { errcode: -1 }));
    let error = client.user_create(&member("a", &[1])).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let error = client.user_create(&member("a", &[1])).await.unwrap_err();
    assert!(error.is_already_exists(), "without the busy answer it is simply taken: {error}");
}

#[tokio::test]
async fn nothing_listens_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = super::fake::client(&super::world::corp(&format!("http://127.0.0.1:{port}")));
    let error = client.user_create(&member("a", &[1])).await.unwrap_err();
    assert!(matches!(error.kind, CallErrorKind::NotSent { cause: NotSentCause::Connect(_) }), "{error}");
    assert!(error.may_repeat() && !error.is_outcome_unknown() && error.is_systemic());
}

/// Bodies that are no answer to any list: none of them may look like an empty one.
const NO_LISTS: &[&str] = &[
    "",
    "null",
    "[]",
    "{}",
    "<html>welcome</html>",
    r#"{"errmsg":"ok"}"#,
    r#"{"errcode":0,"errmsg":"ok"}"#,
    r#"{"errcode":null,"errmsg":"ok"}"#,
    r#"{"errcode":0,"errmsg":"ok","department":null,"department_id":null,"userlist":null,"dept_user":null,"taglist":null}"#,
    r#"{"errcode":0,"errmsg":"ok","department":{},"department_id":{},"userlist":{},"dept_user":{},"taglist":{}}"#,
    r#"{"errcode":0,"errmsg":"ok","department":[{"name":"x"}],"department_id":[{"order":1}],"userlist":[{"name":"x"}],"dept_user":[{"department":1}],"taglist":[{"tagname":"x"}]}"#,
    r#"{"errcode":0,"errmsg":"ok","department":[{"id":1,"#,
    r#"{"errcode":0,"errmsg":"ok","dept_user":[{"userid":"a","department":1}]}"#,
];

#[tokio::test]
async fn garbage_never_becomes_an_empty_list() {
    for body in NO_LISTS {
        let fake = Fake::start(move |_| (200, (*body).to_owned()));
        let client = fake.client();
        let root = DepartmentId::ROOT;
        let errors = [
            client.department_list(&app(), None).await.map(|_| ()),
            client.department_simplelist(&app(), None).await.map(|_| ()),
            client.department_get(&app(), root).await.map(|_| ()),
            client.user_list(&app(), root, false).await.map(|_| ()),
            client.user_simplelist(&app(), root, true).await.map(|_| ()),
            client.user_list_id(None, 10).await.map(|_| ()),
            client.user_get(&app(), &"a".into()).await.map(|_| ()),
            client.tag_list(&app()).await.map(|_| ()),
            client.tag_get(&app(), 1).await.map(|_| ()),
        ];
        for (at, result) in errors.into_iter().enumerate() {
            let error = result.expect_err(&format!("call {at} took {body} for an answer"));
            assert!(matches!(error.kind, CallErrorKind::Malformed { .. }), "call {at}, {body}: {error}");
        }
    }
}

#[tokio::test]
async fn a_real_empty_list_is_one() {
    let fake = Fake::start(|_| {
        let body = r#"{"errcode":"0","errmsg":"ok","userlist":[],"dept_user":[],"next_cursor":""}"#;
        (200, body.to_owned())
    });
    let client = fake.client();
    assert!(client.user_list(&app(), DepartmentId::ROOT, false).await.unwrap().is_empty());
    assert!(client.user_list_id(None, 10).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn a_cursor_that_stands_still_is_an_error() {
    let fake = Fake::start(|_| {
        let body = r#"{"errcode":0,"errmsg":"ok","dept_user":[{"userid":"a","department":1}],"next_cursor":"c"}"#;
        (200, body.to_owned())
    });
    let client = fake.client();
    let page = client.user_list_id(None, 1).await.unwrap();
    assert_eq!(page.next_cursor.as_deref(), Some("c"));
    let error = client.user_list_id(Some("c"), 1).await.unwrap_err();
    assert!(matches!(error.kind, CallErrorKind::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_with_an_errcode_counts_whatever_its_status() {
    let fake = Fake::start(|_| (500, r#"{"errcode":60111,"errmsg":"userid not found"}"#.to_owned()));
    let error = fake.client().user_get(&app(), &"a".into()).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn a_page_of_another_server_is_said_to_be_one() {
    for (status, word) in [(404, "404"), (302, "redirects"), (407, "proxy")] {
        let fake = Fake::start(move |_| (status, "http://127.0.0.1:9/elsewhere".to_owned()));
        let client = fake.client();
        let error = client.department_simplelist(&app(), None).await.unwrap_err();
        assert!(matches!(error.kind, CallErrorKind::Malformed { .. }), "{status}: {error}");
        assert!(error.to_string().contains(word), "{status}: {error}");
        assert_eq!(fake.seen().len(), 2, "{status}: one token, one call, no repetition");
        let error = client.department_create(&department(2, 1, "x")).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{status}: a write is never said to have failed for certain");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let big = format!(r#"{{"errcode":0,"errmsg":"ok","userid":"{}"}}"#, "a".repeat(2 << 20));
    let fake = Fake::start(move |_| (200, big.clone()));
    let error = fake.client().user_get(&app(), &"a".into()).await.unwrap_err();
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[tokio::test]
async fn no_error_shows_a_token_a_secret_or_a_body() {
    let fake = Fake::start(|_| {
        (200, r#"{"errcode":0,"userid":"a","order":["13900000001"],"department":"13900000001"}"#.to_owned())
    });
    let client = fake.client();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let unreachable = super::fake::client(&super::world::corp(&format!("http://127.0.0.1:{port}")));
    for error in [
        client.user_get(&app(), &"a".into()).await.unwrap_err(),
        unreachable.user_get(&app(), &"a".into()).await.unwrap_err(),
    ] {
        let text = format!("{error} {error:?}");
        for word in ["SECRET-TOKEN", "oa-secret", "corpsecret", "access_token", "13900000001"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

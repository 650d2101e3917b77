//! Contact events lead to one pull that reads what they mean; a member's new userid keeps the link.

use super::*;
use tokio::sync::broadcast::Receiver;
use wecom_bridge::model::{Run, RunKind, RunState};

async fn connected() -> (Line, Receiver<Run>) {
    let line = Line::new().await;
    let (run, _) = line.world.run(&format!("{CORP}/pulls")).await;
    assert_eq!(run["state"], "done", "{run}");
    let ended = line.bridge().app.jobs.subscribe_ended();
    (line, ended)
}

/// Waits for the end of a pull that callbacks started.
async fn pulled(ended: &mut Receiver<Run>) -> Run {
    let found = async {
        loop {
            let run = ended.recv().await.unwrap();
            if run.by == "callback" {
                return run;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), found).await.expect("a pull by callbacks")
}

async fn names(line: &Line) -> Vec<String> {
    let page = line.bridge().get(&format!("{CORP}/mirror/members?limit=1000")).await.expect(200);
    page["items"].as_array().unwrap().iter().map(|member| member["userid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_burst_of_events_is_one_pull_that_finds_what_they_mean() {
    let (line, mut ended) = connected().await;
    let state = line.world.sandbox.state();
    for n in 0..5 {
        let body = json!({ "userid": format!("new{n}"), "name": format!("新人{n}"), "department": [1], "mobile": format!("1380000000{n}") });
        let answer = console(&line, "user/create", &body).await;
        assert_eq!(answer["ok"], true, "{answer}");
    }
    let run = pulled(&mut ended).await;
    assert_eq!((run.kind, run.state), (RunKind::Pull, RunState::Done), "{run:?}");
    assert!(run.calls.reads < 30, "ids are listed, details read of the new ones: {run:?}");
    assert_eq!(names(&line).await.iter().filter(|name| name.starts_with("new")).count(), 5);
    let items = line.inbox("?kind=contact.create_user").await;
    assert_eq!((items.len(), &items[0]["note"]), (5, &json!("a pull will look at it")));
    assert_eq!(state.pending_events(), 0);
    let runs = line.bridge().get(&format!("{CORP}/runs")).await.expect(200);
    let by_callback = runs["items"].as_array().unwrap().iter().filter(|run| run["by"] == "callback").count();
    assert!(by_callback <= 2, "{by_callback} pulls for one burst");
    line.stop().await;
}

/// What an administrator does by hand in WeCom's console.
async fn console(line: &Line, act: &str, body: &Value) -> Value {
    let url = format!("{}/_sandbox/corps/{}/console/{act}", line.world.sandbox.base_url(), seed::CORPID);
    line.bridge().http.post(url).json(body).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_new_userid_keeps_its_employee() {
    let (line, mut ended) = connected().await;
    line.world.first_sync().await;
    // who joins by an invitation is named by the system, and may be renamed once
    let joins = json!({ "name": "新来的", "department": [1], "mobile": "13900000077" });
    let answer = console(&line, "user/create", &joins).await;
    assert_eq!(answer["ok"], true, "{answer}");
    pulled(&mut ended).await;
    let userid = names(&line).await.into_iter().find(|userid| userid.starts_with("WeiQiXin")).unwrap();
    let people = line.bridge().get("/api/v1/tenants/acme/employees?limit=1").await.expect(200);
    let employee = people["items"][0]["id"].as_str().unwrap();
    let link = format!("{CORP}/bindings/{employee}");
    line.bridge().delete(&link).await.expect(204);
    line.bridge().put(&link, &json!({ "userid": userid })).await.expect(200);
    let rename = |to: &str, from: &str| json!({ "userid": from, "new_userid": to });
    let answer = console(&line, "user/update", &rename("renamed", &userid)).await;
    assert_eq!(answer["ok"], true, "{answer}");
    pulled(&mut ended).await;
    let answer = console(&line, "user/update", &rename("again", "renamed")).await;
    assert_eq!(answer["errcode"], 301_036, "only once: {answer}");
    let now = line.bridge().get(&format!("{CORP}/bindings?limit=1000")).await.expect(200);
    let of = now["items"].as_array().unwrap().iter().find(|row| row["employee"] == employee).unwrap();
    assert_eq!(of["userid"], "renamed");
    let audit = line.bridge().get("/api/v1/audit?action=binding.rename").await.expect(200);
    assert_eq!(audit["items"][0]["actor"]["name"], "callback");
    line.stop().await;
}

#[tokio::test]
async fn events_alone_take_nobody_away() {
    let (line, mut ended) = connected().await;
    line.world.first_sync().await;
    let before = names(&line).await;
    let keys = line.bridge().act(&format!("{CORP}/callback-keys")).await.expect(201);
    let (token, aes_key) = (keys["token"].as_str().unwrap(), keys["aes_key"].as_str().unwrap());
    let crypto = CallbackCrypto::new(token, aes_key, seed::CORPID).unwrap();
    for userid in before.iter().take(10) {
        let text = format!(
            "<xml><FromUserName>sys</FromUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType>\
             <Event>change_contact</Event><ChangeType>delete_user</ChangeType><UserID>{userid}</UserID></xml>"
        );
        assert_eq!(deliver(line.bridge(), "/cb/acme-main/contacts", &crypto, &text).await.status, 200);
    }
    assert_eq!(pulled(&mut ended).await.state, RunState::Done);
    assert_eq!(names(&line).await, before, "WeCom still shows them");
    line.stop().await;
}

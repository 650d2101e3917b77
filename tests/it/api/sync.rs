//! The main job over REST, against the sandbox.

use super::bridge::send;
use super::world::{CORP, PEOPLE, World};
use reqwest::Method;
use serde_json::{Value, json};
use wecom_bridge::model::{Actor, ApiScope, CorpKey, PlanId, RunId, RunState, SecretName};
use wecom_bridge::ops::admin::{Command, Exit, Output, PlanCommand, Progress, Reading};
use wecom_bridge::ops::exec;
use wecom_bridge::sandbox::{Effect, Fault, seed};
use wecom_bridge::store;

/// Hears nothing.
struct Quiet;

impl Output for Quiet {
    fn progress(&mut self, _: Progress) {}
    fn note(&mut self, _: &str) {}
}

#[tokio::test]
async fn a_directory_arrives_in_wecom_and_a_second_plan_is_empty() {
    let world = World::new().await;
    let bridge = &world.bridge;
    let (pulled, names) = world.run(&format!("{CORP}/pulls")).await;
    assert_eq!((&pulled["state"], pulled["kind"].as_str()), (&json!("done"), Some("pull")), "{pulled}");
    assert_eq!((names.first().unwrap().as_str(), names.last().unwrap().as_str()), ("run", "ended"));
    assert!(bridge.get(&format!("{CORP}/mirror")).await.expect(200)["departments"].as_u64().unwrap() >= 1);

    let made = bridge.act(&format!("{CORP}/plans?max_mirror_age_s=600")).await;
    let plan_path = made.headers["location"].to_str().unwrap().to_owned();
    let plan = made.expect(201);
    assert_eq!(plan["state"], "ready", "{plan}");
    assert_eq!(plan["counts"]["members"]["create"], PEOPLE);
    let changes = bridge.get(&format!("{plan_path}/changes?limit=1000")).await.expect(200);
    let total = changes["items"].as_array().unwrap().len();
    let page = bridge.get(&format!("{plan_path}/changes?limit=2&after=1")).await.expect(200);
    assert_eq!(page["items"], json!(changes["items"].as_array().unwrap()[2..4]));
    assert_eq!(page["next"], "3");

    let (run, _) = world.run(&format!("{plan_path}/apply")).await;
    assert_eq!((&run["state"], &run["done"]), (&json!("done"), &json!(total)), "{run}");
    assert_eq!(run["counts"], plan["counts"]);
    bridge.act(&format!("{plan_path}/apply")).await.expect_problem(409, "sync.wrong_state");
    let in_wecom = world.sandbox.state().with_corp(seed::CORPID, |corp| corp.directory.members().count()).unwrap();
    assert_eq!(in_wecom, PEOPLE);

    let run_path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    let records = bridge.get(&format!("{run_path}/records?limit=1000")).await.expect(200);
    assert_eq!(records["items"].as_array().unwrap().len(), total);
    assert_eq!(records["items"][0]["change"], changes["items"][0]);
    assert!(records.get("next").is_none());
    bridge.act(&format!("{run_path}/records/0/retry")).await.expect_problem(409, "sync.no_retry");
    bridge.act(&format!("{run_path}/cancel")).await.expect_problem(409, "run.ended");

    let employee = records["items"][total - 1]["change"]["employee"].as_str().unwrap();
    let explained = bridge.get(&format!("{CORP}/explain/{employee}")).await.expect(200);
    assert_eq!(
        (&explained["id"], &explained["binding"]["employee"]),
        (&json!(employee), &json!(employee)),
        "{explained}"
    );
    bridge.get(&format!("{CORP}/explain/nobody")).await.expect_problem(404, "employee.not_found");
    bridge.get("/api/v1/corps/none/explain/1").await.expect_problem(404, "corp.not_found");

    let second = bridge.act(&format!("{CORP}/plans")).await.expect(201);
    assert_eq!(
        bridge.get(&format!("/api/v1/plans/{}/changes", second["id"].as_str().unwrap())).await.expect(200)["items"],
        json!([])
    );
    let (_, names) = world.watch(&format!("{run_path}/events")).await;
    assert_eq!(names, ["run", "ended"], "an ended run is replayed");
    let runs = bridge.get(&format!("{CORP}/runs?limit=1")).await.expect(200);
    let next = runs["next"].as_str().unwrap();
    assert!(
        !bridge.get(&format!("{CORP}/runs?after={next}")).await.expect(200)["items"].as_array().unwrap().is_empty()
    );
    let status = bridge.get("/api/v1/status").await.expect(200);
    assert_eq!(
        (&status["readiness"]["status"], &status["tenants"][0]["employees"]),
        (&json!("ready"), &json!(PEOPLE)),
        "{status}"
    );
    world.stop().await;
}

#[tokio::test]
async fn a_held_plan_waits_for_a_person() {
    let world = World::new().await;
    let bridge = &world.bridge;
    world.first_sync().await;
    let people = bridge.get("/api/v1/tenants/acme/employees").await.expect(200);
    let leavers: Vec<&Value> = people["items"].as_array().unwrap().iter().rev().take(9).map(|row| &row["id"]).collect();
    bridge.post("/api/v1/tenants/acme/departures", &json!({ "employees": leavers })).await.expect(200);

    let (run, _) = world.run(&format!("{CORP}/syncs")).await;
    assert_eq!(run["state"], "held", "{run}");
    let plan = format!("/api/v1/plans/{}", run["plan"].as_str().unwrap());
    assert_eq!(bridge.get(&plan).await.expect(200)["state"], "held");
    let refused = bridge.act(&format!("{plan}/apply")).await.expect_problem(409, "sync.wrong_state");
    assert_eq!(refused["context"]["state"], "held");
    bridge.post(&format!("{plan}/allow"), &json!({ "reason": " " })).await.expect_problem(422, "sync.no_reason");
    let allowed =
        bridge.post(&format!("{plan}/allow"), &json!({ "reason": "the branch was closed" })).await.expect(200);
    assert_eq!(
        (&allowed["state"], &allowed["decision"]["reason"]),
        (&json!("allowed"), &json!("the branch was closed"))
    );
    assert!(allowed["decision"]["by"].as_str().unwrap().starts_with("key:"), "{allowed}");
    let (run, _) = world.run(&format!("{plan}/apply")).await;
    assert_eq!((&run["state"], &run["counts"]["members"]["disable"]), (&json!("done"), &json!(9)), "{run}");

    let leavers: Vec<&Value> = people["items"].as_array().unwrap().iter().take(9).map(|row| &row["id"]).collect();
    bridge.post("/api/v1/tenants/acme/departures", &json!({ "employees": leavers })).await.expect(200);
    let plan = bridge.act(&format!("{CORP}/plans")).await.expect(201);
    assert_eq!(plan["state"], "held", "{plan}");
    let plan = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    bridge.post(&format!("{plan}/reject"), &json!({ "reason": "a mistake" })).await.expect(200);
    bridge.post(&format!("{plan}/allow"), &json!({ "reason": "no" })).await.expect_problem(409, "sync.wrong_state");
    bridge.act(&format!("{plan}/apply")).await.expect_problem(409, "sync.wrong_state");
    let plan = bridge.act(&format!("{CORP}/plans")).await.expect(201);
    let plan = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    bridge.post(&format!("{plan}/allow"), &json!({ "reason": "yes" })).await.expect(200);
    let rejected = bridge.post(&format!("{plan}/reject"), &json!({ "reason": "on second thoughts" })).await.expect(200);
    assert_eq!(rejected["state"], "rejected");
    bridge.act(&format!("{plan}/apply")).await.expect_problem(409, "sync.wrong_state");

    bridge.put("/api/v1/settings", &json!({ "two_person_removals": true })).await.expect(200);
    let plan = bridge.act(&format!("{CORP}/plans")).await.expect(201);
    assert!(plan["made_by"].as_str().unwrap().starts_with("key:"), "{plan}");
    let plan = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    let own = bridge.post(&format!("{plan}/allow"), &json!({ "reason": "mine" })).await;
    own.expect_problem(409, "sync.second_person");
    let mut states = Vec::new();
    for person in ["zhang", "li"] {
        let key = bridge.make_key_by(&Actor::account(person, None), &[ApiScope::SyncDecide]).await;
        let allow = || bridge.bare(Method::POST, &format!("{plan}/allow")).bearer_auth(&key);
        let half = send(allow().json(&json!({ "reason": "a branch was closed" }))).await.expect(200);
        states.push((half["state"].clone(), half["first_allow"]["by"].is_string()));
        if person == "zhang" {
            let again = send(allow().json(&json!({ "reason": "twice" }))).await;
            again.expect_problem(409, "sync.second_person");
            bridge.act(&format!("{plan}/apply")).await.expect_problem(409, "sync.wrong_state");
        }
    }
    assert_eq!(states, [(json!("held"), true), (json!("allowed"), true)]);

    // the command line tells the same
    let wang = bridge.make_key_by(&Actor::account("wang", None), &[ApiScope::SyncRun]).await;
    let plan = send(bridge.bare(Method::POST, &format!("{CORP}/plans")).bearer_auth(&wang)).await.expect(201);
    let plan = PlanId::from(plan["id"].as_str().unwrap());
    let sync = Command::Sync {
        corp: "acme-main".into(),
        plan: Some(plan.clone()),
        reason: Some("closed".into()),
        reading: Reading::default(),
    };
    let actor = Actor::cli("root");
    let half = exec::execute(&bridge.app, &actor, sync.clone(), &mut Quiet).await.unwrap();
    assert_eq!((half.exit, &half.value["state"]), (Exit::Held, &json!("held")), "{}", half.value);
    let again = exec::execute(&bridge.app, &actor, sync, &mut Quiet).await.unwrap_err();
    assert_eq!(again.exit, Exit::Usage, "{again}");
    assert!(again.message.contains("a second administrator must allow it too"), "{again}");
    let show = Command::Plans(PlanCommand::Show { plan });
    let shown = exec::execute(&bridge.app, &actor, show, &mut Quiet).await.unwrap();
    assert!(shown.value["made_by"].as_str().unwrap().starts_with("key:"), "{}", shown.value["made_by"]);
    assert_eq!(shown.value["first_allow"]["reason"], "closed");
    let text = bridge.get("/api/v1/audit").await.text;
    assert!(text.contains("plan.allow") && text.contains("plan.reject") && text.contains("a mistake"), "{text}");
    world.stop().await;
}

#[tokio::test]
async fn a_run_is_undone_by_a_plan() {
    let world = World::new().await;
    let bridge = &world.bridge;
    world.first_sync().await;
    let person = "/api/v1/tenants/acme/employees/";
    let mut employee = bridge.get("/api/v1/tenants/acme/employees?limit=1").await.expect(200)["items"][0].take();
    let path = format!("{person}{}", employee["id"].as_str().unwrap());
    employee["position"] = json!("轮岗");
    bridge.put(&path, &employee).await.expect(200);
    let (run, _) = world.run(&format!("{CORP}/syncs")).await;
    assert_eq!(run["counts"]["members"]["update"], 1, "{run}");
    let plan = bridge.act(&format!("/api/v1/runs/{}/undo", run["id"].as_str().unwrap())).await;
    let path = plan.headers["location"].to_str().unwrap().to_owned();
    let plan = plan.expect(201);
    assert_eq!((&plan["undoes"], &plan["counts"]["members"]["update"]), (&run["id"], &json!(1)), "{plan}");
    let (undone, _) = world.run(&format!("{path}/apply")).await;
    assert_eq!(undone["state"], "done", "{undone}");
    bridge.act("/api/v1/runs/none/undo").await.expect_problem(404, "run.not_found");
    world.stop().await;
}

#[tokio::test]
async fn what_if_writes_nothing() {
    let world = World::new().await;
    let bridge = &world.bridge;
    world.run(&format!("{CORP}/pulls")).await;
    let body = json!({ "downstream": { "enabled": true, "create_members": false } });
    let found = bridge.post(&format!("{CORP}/what-if"), &body).await.expect(200);
    assert_eq!((&found["id"], &found["counts"]["members"]["create"]), (&json!("what-if"), &json!(0)), "{found}");
    assert_eq!(bridge.get(&format!("{CORP}/plans")).await.expect(200)["items"], json!([]));
    world.stop().await;
}

#[tokio::test]
async fn bindings_are_made_and_taken_away() {
    let world = World::new().await;
    let bridge = &world.bridge;
    world.first_sync().await;
    let page = bridge.get(&format!("{CORP}/bindings?limit=10")).await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 10);
    let (employee, userid) = (page["items"][0]["employee"].as_str().unwrap(), page["items"][0]["userid"].clone());
    let one = format!("{CORP}/bindings/{employee}");
    bridge.delete(&one).await.expect(204);
    bridge.get(&one).await.expect_problem(404, "binding.not_found");
    assert_eq!(bridge.put(&one, &json!({ "userid": "nobody" })).await.status, 409);
    assert_eq!(bridge.put(&one, &json!({ "userid": userid })).await.expect(200)["origin"], "manual");
    assert!(
        !bridge.get(&format!("{CORP}/department-bindings")).await.expect(200)["items"].as_array().unwrap().is_empty()
    );
    assert_eq!(bridge.get(&format!("{CORP}/ambiguous")).await.expect(200)["items"], json!([]));

    let file = send(bridge.request(Method::GET, &format!("{CORP}/binding-file?format=csv"))).await;
    assert_eq!(file.status, 200);
    bridge
        .post(&format!("{CORP}/unbind-all"), &json!({ "confirm": "yes" }))
        .await
        .expect_problem(422, "request.confirm");
    let unbound = bridge.post(&format!("{CORP}/unbind-all"), &json!({ "confirm": "acme-main" })).await.expect(200);
    assert_eq!(unbound["unbound"], PEOPLE);
    let path = format!("{CORP}/binding-file");
    let dry =
        bridge.upload(&format!("{path}?dry_run=true"), "links.csv", file.text.clone().into_bytes()).await.expect(200);
    assert_eq!(dry["bound"], PEOPLE, "{dry}");
    assert_eq!(bridge.get(&format!("{CORP}/bindings")).await.expect(200)["items"], json!([]));
    bridge.upload(&path, "links.csv", file.text.into_bytes()).await.expect(200);
    assert_eq!(bridge.get(&format!("{CORP}/bindings")).await.expect(200)["items"].as_array().unwrap().len(), PEOPLE);
    bridge.upload(&path, "links.csv", b"a,b\n1,2\n".to_vec()).await.expect_problem(422, "binding.bad_file");
    world.stop().await;
}

#[tokio::test]
async fn a_repeated_start_is_one_run_and_a_second_one_is_refused() {
    let world = World::new().await;
    let bridge = &world.bridge;
    let start = |key: &str| {
        let request = bridge.request(Method::POST, &format!("{CORP}/syncs")).header("idempotency-key", key);
        send(request)
    };
    let first = start("a").await.expect(202);
    let again = start("a").await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.expect(202)["id"], first["id"]);
    let other = start("b").await;
    // the first one may have ended already; if not, the second is told what is in the way
    assert!(
        other.status == 202
            || other.expect_problem(409, "sync.running")["detail"].as_str().unwrap().contains("acme-main")
    );
    world.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_is_explained_by_run_and_check() {
    let world = World::new().await;
    let bridge = &world.bridge;
    bridge.put(&format!("{CORP}/secrets/contacts"), &json!({ "value": "wrong" })).await.expect(204);
    bridge.put(&format!("{CORP}/apps/oa/secrets/secret"), &json!({ "value": "wrong" })).await.expect(204);
    let (run, _) = world.run(&format!("{CORP}/pulls")).await;
    assert_eq!(run["state"], "failed", "{run}");
    let problem = bridge.act(&format!("{CORP}/plans")).await.expect_problem(502, "sync.read_failed");
    assert!(!problem.to_string().contains("wrong\""), "{problem}");
    let found = bridge.act(&format!("{CORP}/check")).await.expect(200);
    assert_eq!(found["ok"], false, "{found}");
    let ready = bridge.get("/readyz").await.expect(200);
    assert_eq!(ready["status"], "degraded");
    world.stop().await;
}

/// A test that the secret or the address failed is over when a run has called WeCom with the secret since; what says nothing
/// about a secret is no failed test of it, and changes nothing of what was known.
#[tokio::test]
async fn what_a_check_finds_of_a_secret_is_over_when_a_run_has_used_it() {
    let world = World::new().await;
    let (bridge, state) = (&world.bridge, world.sandbox.state());
    let failed = async || {
        let found = bridge.act(&format!("{CORP}/check")).await.expect(200);
        let key = CorpKey::from("acme-main");
        let trials = bridge.app.store.read(|tx| store::trials::list(tx, &key)).unwrap();
        let names = [SecretName::Contacts, SecretName::App("oa".into())];
        (found["ok"] == true, names.map(|name| store::trials::failure(&trials, &name).is_some()))
    };
    let let_fail = |effect: Effect| {
        state.clear_faults();
        for endpoint in ["user/list_id", "agent/get"] {
            state.add_fault(Fault::always(endpoint, effect));
        }
    };
    let_fail(Effect::Status { status: 404 });
    assert_eq!(failed().await, (false, [false, false]), "calls that are not there");
    let_fail(Effect::Errcode { errcode: 60_020 });
    assert_eq!(failed().await, (false, [true, true]), "an address that is not trusted");
    let ready = bridge.get("/readyz").await.expect(200);
    assert_eq!(ready.to_string().matches("credential.failed").count(), 2, "{ready}");
    let_fail(Effect::Status { status: 404 });
    assert_eq!(failed().await, (false, [true, true]), "it stays as it was");
    state.clear_faults();
    let synced = async || {
        let (run, _) = world.run(&format!("{CORP}/syncs")).await;
        assert_eq!(run["state"], "done", "{run}");
        let trials = bridge.app.store.read(|tx| store::trials::list(tx, &CorpKey::from("acme-main"))).unwrap();
        trials.values().filter(|trial| trial.failure.is_some()).count()
    };
    assert_eq!(synced().await, 0);
    // that something is not permitted is not disproved by calls that are
    let_fail(Effect::Errcode { errcode: 301_002 });
    assert_eq!(failed().await, (false, [true, true]));
    state.clear_faults();
    assert_eq!(synced().await, 2);
    assert_eq!(failed().await, (true, [false, false]), "a test is");
    world.stop().await;
}

#[tokio::test]
async fn an_interrupted_run_is_in_the_way_until_it_is_given_up() {
    let world = World::new().await;
    let bridge = &world.bridge;
    let (run, _) = world.run(&format!("{CORP}/syncs")).await;
    let id = RunId::from(run["id"].as_str().unwrap());
    // as a crash would have left it
    let mut row = bridge.app.jobs.find(&id).await.unwrap().unwrap();
    (row.state, row.ended_at_ms) = (RunState::Running, None);
    bridge.app.store.write(move |tx| store::runs::put(tx, &row)).await.unwrap();

    let told = bridge.act(&format!("{CORP}/syncs")).await.expect_problem(409, "sync.interrupted");
    assert!(told["detail"].as_str().unwrap().contains(id.as_str()), "{told}");
    let run_path = format!("/api/v1/runs/{id}");
    bridge.act(&format!("{run_path}/cancel")).await.expect(202);
    assert_eq!(bridge.get(&run_path).await.expect(200)["state"], "cancelled");
    bridge.act(&format!("{run_path}/cancel")).await.expect_problem(409, "run.ended");
    let (again, _) = world.run(&format!("{CORP}/syncs")).await;
    assert_eq!(again["state"], "done", "{again}");
    world.stop().await;
}

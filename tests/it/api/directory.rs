//! Units, employees, import.

use super::bridge::Bridge;
use serde_json::{Value, json};
use std::io::Write;

const UNITS: &str = "/api/v1/tenants/acme/units";
const PEOPLE: &str = "/api/v1/tenants/acme/employees";
const IMPORTS: &str = "/api/v1/tenants/acme/imports";

async fn with_tenant() -> Bridge {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    bridge
}

async fn fill(bridge: &Bridge) {
    let units = json!({ "units": [{ "id": "1", "name": "Acme" }, { "id": "2", "parent_id": "1", "name": "Sales" }] });
    assert_eq!(bridge.post(UNITS, &units).await.expect(200)["added"], 2);
    let people: Vec<Value> =
        (1..=5).map(|n| json!({ "id": format!("e{n}"), "name": format!("Person {n}"), "unit_id": "2" })).collect();
    assert_eq!(bridge.post(PEOPLE, &json!({ "employees": people })).await.expect(200)["added"], 5);
}

#[tokio::test]
async fn units_and_employees_are_written_read_and_removed() {
    let bridge = with_tenant().await;
    fill(&bridge).await;
    let unit = bridge.get(&format!("{UNITS}/2")).await.expect(200);
    assert_eq!(unit, json!({ "id": "2", "parent_id": "1", "name": "Sales" }));

    let changed = json!({ "id": "e1", "name": "Person One", "unit_id": "2", "mobile": "13800000001" });
    assert_eq!(bridge.put(&format!("{PEOPLE}/e1"), &changed).await.expect(200)["changed"], 1);
    assert_eq!(bridge.get(&format!("{PEOPLE}/e1")).await.expect(200), changed);
    let history = bridge.get(&format!("{PEOPLE}/e1/history")).await.expect(200);
    let fields: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|row| row["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"name") && fields.contains(&"mobile"), "{history}");

    let other = json!({ "id": "e2", "name": "x", "unit_id": "2" });
    bridge.put(&format!("{PEOPLE}/e1"), &other).await.expect_problem(422, "request.id");
    let departed = bridge.post("/api/v1/tenants/acme/departures", &json!({ "employees": ["e5"] })).await.expect(200);
    assert_eq!(departed["departed"], 1);
    bridge.delete(&format!("{PEOPLE}/e4")).await.expect(204);
    bridge.get(&format!("{PEOPLE}/e4")).await.expect_problem(404, "employee.not_found");
    assert_eq!(bridge.delete(&format!("{UNITS}/2")).await.status, 422, "people are in it");
    bridge.stop().await;
}

#[tokio::test]
async fn pages_go_to_the_end_without_gap_or_overlap() {
    let bridge = with_tenant().await;
    fill(&bridge).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = bridge.get(&format!("{PEOPLE}?limit=2{after}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, ["e1", "e2", "e3", "e4", "e5"]);
    let found = bridge.get(&format!("{PEOPLE}?search=person%203")).await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    bridge.get("/api/v1/tenants/none/employees").await.expect_problem(404, "tenant.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn an_unsound_directory_is_refused_whole() {
    let bridge = with_tenant().await;
    fill(&bridge).await;
    for (told, units) in [
        ("second root", json!([{ "id": "3", "name": "Other" }])),
        ("cycle", json!([{ "id": "1", "parent_id": "2", "name": "Acme" }])),
        ("missing parent", json!([{ "id": "3", "parent_id": "9", "name": "Lost" }])),
    ] {
        let problem = bridge.post(UNITS, &json!({ "units": units })).await.expect(422);
        assert!(problem["code"].as_str().unwrap().starts_with("directory."), "{told}: {problem}");
    }
    let good = json!({ "id": "e8", "name": "A", "unit_id": "2" });
    let lost = json!({ "id": "e9", "name": "B", "unit_id": "9" });
    assert_eq!(bridge.post(PEOPLE, &json!({ "employees": [good, lost] })).await.status, 422);
    bridge.get(&format!("{PEOPLE}/e8")).await.expect_problem(404, "employee.not_found");
    bridge.stop().await;
}

fn archive(units: &str, employees: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("units.csv", units), ("employees.csv", employees)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const GOOD_UNITS: &str = "id,parent_id,name\n1,,示例集团\n2,1,销售部\n";

#[tokio::test]
async fn a_file_is_previewed_then_imported() {
    let bridge = with_tenant().await;
    let file = archive(GOOD_UNITS, "id,name,unit_id\ne1,张三,2\ne2,李四,2\n");
    let preview = bridge.upload(IMPORTS, "directory.zip", file.clone()).await;
    let confirm = preview.headers["location"].to_str().unwrap().to_owned();
    let preview = preview.expect(201);
    assert_eq!(preview["summary"]["employees"]["added"], 2);
    assert_eq!(preview["can_confirm"], true);
    assert_eq!(bridge.get(PEOPLE).await.expect(200)["items"], json!([]), "a preview writes nothing");
    bridge.get(&format!("{IMPORTS}/last")).await.expect_problem(404, "import.not_found");

    assert_eq!(bridge.act(&confirm).await.expect(200)["employees"]["added"], 2);
    assert_eq!(bridge.get(PEOPLE).await.expect(200)["items"].as_array().unwrap().len(), 2);
    bridge.get(&format!("{IMPORTS}/last")).await.expect(200);
    bridge.act(&confirm).await.expect_problem(404, "preview.not_found");

    let again = bridge.upload(&format!("{IMPORTS}?mode=merge"), "directory.zip", file).await.expect(201);
    assert_eq!(again["summary"]["employees"]["unchanged"], 2);
    bridge.stop().await;
}

#[tokio::test]
async fn a_file_of_other_people_needs_a_word() {
    let bridge = with_tenant().await;
    let rows = |shift: usize| {
        let row = |n: usize| format!("e{n},人{n},138000000{:02},2\n", (n + shift) % 10);
        archive(GOOD_UNITS, &format!("id,name,mobile,unit_id\n{}", (0..10).map(row).collect::<String>()))
    };
    let upload = async |query: &str, shift: usize| {
        let answer = bridge.upload(&format!("{IMPORTS}?{query}"), "a.zip", rows(shift)).await;
        (answer.headers["location"].to_str().unwrap().to_owned(), answer.expect(201))
    };
    let (confirm, _) = upload("mode=replace", 0).await;
    bridge.act(&confirm).await.expect(200);
    for query in ["mode=replace", "mode=merge", "allow_shrink=true"] {
        let (confirm, preview) = upload(query, 1).await;
        let question = &preview["summary"]["other_people"];
        assert!(question["reason"].as_str().unwrap().contains("10 another mobile"), "{query}: {preview}");
        assert_eq!(preview["can_confirm"], false, "{query}");
        bridge.act(&confirm).await.expect_problem(422, "directory.other_people");
    }
    let (confirm, preview) = upload("allow_other_people=true", 1).await;
    assert_eq!(preview["can_confirm"], true);
    assert_eq!(bridge.act(&confirm).await.expect(200)["employees"]["changed"], 10);
    bridge.stop().await;
}

#[tokio::test]
async fn a_preview_that_is_no_longer_true_is_not_imported() {
    let bridge = with_tenant().await;
    let file = archive(GOOD_UNITS, "id,name,unit_id\ne1,张三,2\n");
    let upload = || async {
        bridge.upload(IMPORTS, "a.zip", file.clone()).await.headers["location"].to_str().unwrap().to_owned()
    };
    let (first, second) = (upload().await, upload().await);
    bridge.act(&first).await.expect(200);
    bridge.act(&second).await.expect_problem(409, "import.changed");
    bridge.stop().await;
}

#[tokio::test]
async fn bad_files_are_refused_with_sheet_row_and_column() {
    let bridge = with_tenant().await;
    let two_roots = archive("id,parent_id,name\n1,,A\n2,,B\n", "id,name,unit_id\ne1,张三,1\n");
    let problem = bridge.upload(IMPORTS, "a.zip", two_roots).await.expect_problem(422, "directory.several_roots");
    assert!(problem["faults"][0]["at"].as_str().unwrap().contains("row 3"), "{problem}");

    let bad_row = || archive(GOOD_UNITS, "id,name,unit_id\ne1,张三,2\ne2,,2\n");
    let answer = bridge.upload(IMPORTS, "a.zip", bad_row()).await;
    let confirm = answer.headers["location"].to_str().unwrap().to_owned();
    let preview = answer.expect(201);
    assert_eq!((&preview["can_confirm"], preview["faults"].as_array().unwrap().len()), (&json!(false), 1), "{preview}");
    bridge.act(&confirm).await.expect_problem(422, "directory.bad_rows");
    assert_eq!(bridge.get(PEOPLE).await.expect(200)["items"], json!([]));

    let answer = bridge.upload(&format!("{IMPORTS}?skip_bad_rows=true"), "a.zip", bad_row()).await;
    bridge.act(answer.headers["location"].to_str().unwrap()).await.expect(200);
    assert_eq!(bridge.get(PEOPLE).await.expect(200)["items"].as_array().unwrap().len(), 1);

    assert_eq!(bridge.upload(IMPORTS, "photo.png", vec![0x89, b'P', b'N', b'G']).await.status, 422);
    bridge.act(IMPORTS).await.expect_problem(415, "request.media_type");
    bridge.stop().await;
}

#[tokio::test]
async fn expressions_can_be_tried() {
    let bridge = with_tenant().await;
    fill(&bridge).await;
    let path = "/api/v1/tenants/acme/test-expression";
    let body = json!({ "kind": "mapping", "text": "{{ name }}!", "employee": "e1" });
    assert_eq!(bridge.post(path, &body).await.expect(200), json!({ "compiles": true, "result": "Person 1!" }));
    let tried = bridge.post(path, &json!({ "kind": "filter", "text": "name ==" })).await.expect(200);
    assert_eq!(tried["compiles"], false);
    let body = json!({ "kind": "filter", "text": "true", "employee": "e9" });
    bridge.post(path, &body).await.expect_problem(404, "employee.not_found");
    bridge.stop().await;
}

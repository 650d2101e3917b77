//! Directory files: uploaded, looked at, confirmed; and what is refused.

use super::browser::{Browser, Shown};
use super::office::{ESCAPED, Office, SCRIPT, TENANT};
use serde_json::json;
use wecom_bridge::directory::export::{Captions, to_zip};
use wecom_bridge::model::{Employee, EmployeeId, OrgUnit, Role};

const IMPORT: &str = "/tenants/acme/import";

fn units() -> Vec<OrgUnit> {
    let rows = json!([
        { "id": "1", "name": "总部" },
        { "id": "2", "parent_id": "1", "name": "研发部" },
        { "id": "3", "parent_id": "1", "name": "销售部" },
    ]);
    serde_json::from_value(rows).unwrap()
}

fn file(people: &[Employee]) -> Vec<u8> {
    to_zip(&units(), people, Captions::Chinese).unwrap()
}

async fn upload(office: &Office, mode: &str, content: Vec<u8>) -> Shown {
    office.get(IMPORT).await.expect(200);
    office.browser.upload(IMPORT, &[("mode", mode)], "people.zip", content).await
}

/// Uploads and shows the preview.
async fn preview(office: &Office, mode: &str, content: Vec<u8>) -> Shown {
    let uploaded = upload(office, mode, content).await;
    office.browser.follow(&uploaded).await.expect(200)
}

#[tokio::test]
async fn a_file_is_previewed_then_imported() {
    let office = Office::open().await;
    let page = office.get(IMPORT).await.expect(200);
    page.has("整体替换").has("template.xlsx").has("还没有导入过");
    for kind in ["xlsx", "zip"] {
        let file = office.get(&format!("{IMPORT}/template.{kind}")).await.expect(200);
        assert!(file.headers["content-disposition"].to_str().unwrap().contains(&format!(".{kind}")));
        assert_eq!(file.text.contains("人员.csv"), kind == "zip", "the template can be imported as it is");
    }
    let mut new = Employee::new("n1", SCRIPT, "2");
    new.mobile = "13700000000".into();
    let mut changed = Employee::new("wang", "王五五", "3");
    changed.account = "wangwu".into();
    let shown = preview(&office, "merge", file(&[new, changed])).await;
    shown.has("导入预览").has("新增人员").has(ESCAPED).lacks(SCRIPT).has("<del>王五</del>").has("<ins>王五五</ins>");
    assert!(!office.active().contains(&"n1".to_owned()), "nothing is written by a preview");
    let confirm = shown.form("/confirm").action;
    let done = office.browser.submit(&shown, "/confirm", &[]).await;
    let result = office.browser.follow(&done).await.expect(200);
    result.has("导入完成").has("/corps/acme-main/sync");
    assert!(office.active().contains(&"n1".to_owned()));
    let again = office.browser.post(&confirm, &[]).await;
    office.browser.follow(&again).await.expect(200).has("导入完成");
    office.get(IMPORT).await.expect(200).has("people.zip").has("新增 1，修改 1，离职 0");
    office.get(&format!("{TENANT}/employees/wang")).await.expect(200).has("王五五");
    office.close().await;
}

#[tokio::test]
async fn a_bad_file_shows_its_faults_and_changes_nothing() {
    let office = Office::open().await;
    let before = office.bridge.get("/api/v1/tenants/acme/units").await.expect(200);
    let mut broken = units();
    broken[2].parent_id = Some("99".into());
    broken.push(units()[1].clone());
    let content = to_zip(&broken, &[], Captions::Chinese).unwrap();
    let page = upload(&office, "replace", content).await.expect(422);
    page.has("不能导入，组织保持原样").has("部门编号重复").has("第 ");
    for (content, told) in
        [(b"PK\x03\x04 nonsense".to_vec(), "损坏"), (Vec::new(), "文件是空的"), (b"\x00\x01\x02".to_vec(), "不能导入")]
    {
        upload(&office, "replace", content).await.expect(422).has(told);
    }
    office.get(IMPORT).await.expect(200);
    let missing = office.browser.upload(IMPORT, &[("mode", "merge")], "", Vec::new()).await.expect(422);
    missing.has("请选择文件");
    assert_eq!(office.bridge.get("/api/v1/tenants/acme/units").await.expect(200), before);
    assert_eq!(office.active().len(), 4);
    office.close().await;
}

#[tokio::test]
async fn bad_rows_are_listed_and_left_out_only_when_that_is_said() {
    let office = Office::open().await;
    let content = "人员编号,姓名,主部门,性别\nn1,新人,2,男\nn2,坏人,2,<b>\nn3,,2,男\n".as_bytes().to_vec();
    office.get(IMPORT).await.expect(200);
    let uploaded = office.browser.upload(IMPORT, &[("mode", "merge")], "employees.csv", content).await;
    let shown = office.browser.follow(&uploaded).await.expect(200);
    shown.has("第 3 行").has("性别").has("&#60;b&#62;").has("值不符合要求").has("不能为空");
    // the column that lacks a value is called as the file calls it
    shown.has("<td data-label=\"列\">姓名</td>").lacks("<td data-label=\"列\">name</td>");
    let refused = office.browser.submit(&shown, "/confirm", &[]).await.expect(422);
    refused.has("bad rows");
    assert!(!office.active().contains(&"n1".to_owned()));
    let done = office.browser.submit(&shown, "/confirm", &[("skip_bad_rows", "1")]).await;
    office.browser.follow(&done).await.expect(200).has("导入完成");
    let active = office.active();
    assert!(active.contains(&"n1".to_owned()) && !active.contains(&"n2".to_owned()), "{active:?}");
    office.close().await;
}

#[tokio::test]
async fn departures_are_confirmed_by_typing_how_many() {
    let office = Office::open().await;
    let rows = ["zhang", "li", "wang"].map(|id| {
        let key = "acme".into();
        let read = |tx: &_| wecom_bridge::store::directory::find_employee(tx, &key, &EmployeeId::from(id));
        office.bridge.app.store.read(read).unwrap().unwrap()
    });
    let shown = preview(&office, "replace", file(&rows)).await;
    shown.has("确认后将有 1 人被标记为离职").has("请输入“1”以确认");
    let allow = ("allow_shrink", "1");
    office.browser.submit(&shown, "/confirm", &[allow, ("confirm", "")]).await.expect(422).has("没有执行");
    assert!(office.active().contains(&"script".to_owned()));
    let done = office.browser.submit(&shown, "/confirm", &[allow, ("confirm", "1")]).await;
    office.browser.follow(&done).await.expect(200).has("导入完成");
    assert_eq!(office.active(), ["li", "wang", "zhang"]);
    office.close().await;
}

#[tokio::test]
async fn what_was_ticked_stays_ticked_when_the_number_is_mistyped() {
    let office = Office::open().await;
    let content = "人员编号,姓名,主部门,性别,状态\nwang,王五,3,男,离职\nn2,坏人,2,<b>,在职\n".as_bytes().to_vec();
    office.get(IMPORT).await.expect(200);
    let uploaded = office.browser.upload(IMPORT, &[("mode", "merge")], "employees.csv", content).await;
    let shown = office.browser.follow(&uploaded).await.expect(200);
    shown.has("name=\"skip_bad_rows\" value=\"1\">");
    let typed = [("skip_bad_rows", "1"), ("confirm", "11")];
    let again = office.browser.submit(&shown, "/confirm", &typed).await.expect(422);
    again.has("没有执行").has("name=\"skip_bad_rows\" value=\"1\" checked>");
    assert!(office.active().contains(&"wang".to_owned()));
    office.close().await;
}

/// Faults come as the rows do, whoever they are about, in the words of the file.
#[tokio::test]
async fn faults_are_told_row_by_row_with_names() {
    let office = Office::open().await;
    let uploaded = |mode: &'static str, content: &'static str| {
        let office = &office;
        async move {
            office.get(IMPORT).await.expect(200);
            office.browser.upload(IMPORT, &[("mode", mode)], "人员.csv", content.as_bytes().to_vec()).await
        }
    };
    let bad = "人员编号,姓名,主部门,状态,性别\nn1,甲一,99,,\nn2,乙二,2,休假,\nn3,,2,,\nn4,丁四,2,,x\n";
    let page = office.browser.follow(&uploaded("merge", bad).await).await.expect(200);
    let rows: Vec<&str> = page.text.split("<th scope=\"row\" class=\"break\" data-label=\"位置\">").skip(1).collect();
    let told = [
        ("第 2 行", "甲一", "主部门", "部门不存在"),
        ("第 3 行", "乙二", "状态", "只能填：在职、离职"),
        ("第 4 行", "", "姓名", "不能为空"),
        ("第 5 行", "丁四", "性别", "只能填：男、女"),
    ];
    assert_eq!(rows.len(), told.len(), "{}", page.text);
    for (row, (place, name, column, why)) in rows.iter().zip(told) {
        let row = row.split("</tr>").next().unwrap();
        assert!(row.contains(place) && row.contains(name) && row.contains(why), "{row}");
        assert!(row.contains(&format!("<td data-label=\"列\">{column}</td>")), "{row}");
        assert!(!row.contains("lang=\"en\""), "all of it is told in Chinese: {row}");
    }
    office.get(&format!("{}.csv?show=faults&q=乙二", page.path)).await.expect(200).has("乙二").lacks("丁四");

    let twice = "人员编号,姓名,主部门\nn1,甲一,2\nn2,,2\nn1,丙三,2\n";
    let page = uploaded("merge", twice).await.expect(422);
    page.has("不能导入").has("<td data-label=\"列\">人员编号</td>").has("丙三").has("第 2 行已有这个编号");
    let [bad_row, twin] = ["第 3 行", "第 4 行"].map(|row| page.text.find(&format!(" · {row}")).unwrap());
    assert!(bad_row < twin, "as the rows come");

    let lone = uploaded("replace", "人员编号,姓名,主部门\nn1,甲一,2\n").await.expect(422);
    lone.has("文件里没有“部门”").has("请选择“合并”，再上传一次");
    let english = Browser::sign_in(&office.bridge, Role::Operator).await.in_english().await;
    english.get(IMPORT).await.expect(200);
    let content = "人员编号,姓名,主部门\nn1,甲一,2\n".as_bytes().to_vec();
    let lone = english.upload(IMPORT, &[("mode", "replace")], "employees.csv", content).await.expect(422);
    lone.has("The file has no units").has("choose Merge");
    office.close().await;
}

/// What WeCom will not take, and what two people share, is told before anything is written, and forbids nothing.
#[tokio::test]
async fn doubtful_numbers_are_told_in_the_preview() {
    let office = Office::open().await;
    let content = "人员编号,姓名,主部门,工号,手机号,邮箱\nn1,甲一,2,77,13700000001,a@b.cn\nn2,乙二,2,77,12345,A@b.cn\n";
    office.get(IMPORT).await.expect(200);
    let uploaded = office.browser.upload(IMPORT, &[("mode", "merge")], "人员 (1).csv", content.into()).await;
    let shown = office.browser.follow(&uploaded).await.expect(200);
    shown.has("有 3 条提醒").has(&format!("{}?show=warnings", shown.path));
    let page = office.get(&format!("{}?show=warnings", shown.path)).await.expect(200);
    page.has("提醒 <span class=\"count\">3</span>").has("企业微信不接受这个手机号").has("<code>12345</code>");
    page.has("大陆手机号为 1 开头的 11 位数字")
        .has("与第 2 行（甲一）相同")
        .has("<code>77</code>")
        .has("<code>A@b.cn</code>");
    page.lacks("<span lang=\"en\">");
    office.browser.follow(&office.browser.submit(&shown, "/confirm", &[]).await).await.expect(200).has("导入完成");

    let wrong = "名字,电话号码,组\n甲一,1,2\n";
    let refused = office.browser.upload(IMPORT, &[("mode", "merge")], "wrong.csv", wrong.into()).await.expect(422);
    refused
        .has("看不出是部门还是人员")
        .has("名字 → 姓名, 电话号码 → 手机号, 组 → 主部门")
        .has("人员编号/id, 姓名/name, 主部门/unit_id");
    refused.lacks("<span lang=\"en\">");
    let damaged = office.browser.upload(IMPORT, &[("mode", "merge")], "组织.xlsx", b"no workbook".to_vec()).await;
    damaged.expect(422).has("Excel 文件损坏或不完整").lacks("不是支持的格式");
    office.close().await;
}

/// One person less and another one more: the numbers of the preview are the same, the people are not.
#[tokio::test]
async fn another_departure_of_the_same_number_is_not_confirmed() {
    let office = Office::open().await;
    let rows = ["zhang", "li", "wang"].map(|id| {
        let key = "acme".into();
        let read = |tx: &_| wecom_bridge::store::directory::find_employee(tx, &key, &EmployeeId::from(id));
        office.bridge.app.store.read(read).unwrap().unwrap()
    });
    let shown = preview(&office, "replace", file(&rows)).await;
    shown.has("<span class=\"sub\">script</span>");
    office.bridge.delete("/api/v1/tenants/acme/employees/script").await.expect(204);
    let row = json!({ "id": "late", "name": "后来者", "unit_id": "3" });
    office.bridge.put("/api/v1/tenants/acme/employees/late", &row).await.expect(200);
    let typed = [("allow_shrink", "1"), ("confirm", "1")];
    let done = office.browser.submit(&shown, "/confirm", &typed).await;
    office.browser.follow(&done).await.expect(200).has("组织已经变化").has("preview it again");
    assert!(office.active().contains(&"late".to_owned()), "nobody has seen this departure");
    office.close().await;
}

#[tokio::test]
async fn what_has_changed_since_the_preview_or_was_discarded_is_not_imported() {
    let office = Office::open().await;
    let shown = preview(&office, "merge", file(&[Employee::new("n1", "新人", "2")])).await;
    let row = json!({ "id": "n1", "name": "别人", "unit_id": "2" });
    office.bridge.put("/api/v1/tenants/acme/employees/n1", &row).await.expect(200);
    let done = office.browser.submit(&shown, "/confirm", &[]).await;
    let page = office.browser.follow(&done).await.expect(200);
    page.has("preview it again");
    assert_eq!(office.bridge.get("/api/v1/tenants/acme/employees/n1").await.expect(200)["name"], "别人");
    let gone = office.browser.submit(&page, "/discard", &[]).await;
    office.browser.follow(&gone).await.expect(200).has("已放弃");
    office.get(&shown.path).await.expect(404);
    office.bridge.put("/api/v1/tenants/other", &json!({ "name": "o" })).await.expect(201);
    let shown = preview(&office, "merge", file(&[])).await;
    let elsewhere = shown.path.replace("/tenants/acme/", "/tenants/other/");
    office.get(&elsewhere).await.expect(404);
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    auditor.get(&shown.path).await.expect(403);
    auditor.post(&format!("{}/confirm", shown.path), &[]).await.expect(403);
    office.close().await;
}

/// A column that is called otherwise than the known fields is named, and new people come with their values.
#[tokio::test]
async fn what_new_people_come_with_and_further_columns_are_shown() {
    let office = Office::open().await;
    let content = "人员编号,姓名,主部门,电话号码,职位\nn1,新人,2,13700000000,工程师\n".as_bytes().to_vec();
    office.get(IMPORT).await.expect(200);
    let uploaded = office.browser.upload(IMPORT, &[("mode", "merge")], "employees.csv", content).await;
    let shown = office.browser.follow(&uploaded).await.expect(200);
    shown.has("作为扩展字段读取的列").has("电话号码").has("<ins>13700000000</ins>").has("<ins>工程师</ins>");
    office.close().await;
}

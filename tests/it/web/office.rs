//! A small organisation with a corp whose mirror was read: what the directory and binding pages are looked at with.

use super::browser::{Browser, Shown};
use crate::api::bridge::Bridge;
use serde_json::{Value, json};
use wecom_bridge::model::{CorpKey, Department, Member, MirrorHead, ResolveCase, Role, TenantKey};
use wecom_bridge::store;

pub const TENANT: &str = "/tenants/acme";
pub const CORP: &str = "/corps/acme-main";
/// The name of somebody who tries to be a script.
pub const SCRIPT: &str = "<script>alert(1)</script>";
/// The same as a page shows it.
pub const ESCAPED: &str = "&#60;script&#62;alert(1)&#60;/script&#62;";

pub struct Office {
    pub bridge: Bridge,
    pub browser: Browser,
}

impl Office {
    /// Units 1 总部 ⊃ 2 研发部, 3 销售部; people zhang, li, wang, script and the departed old; members zhang, li, wang2, wo1
    /// (a placeholder) and u9 (unreadable); nobody is bound.
    pub async fn open() -> Self {
        let bridge = Bridge::start().await;
        bridge.put("/api/v1/tenants/acme", &json!({ "name": "阿克米" })).await.expect(201);
        let units = json!({ "units": [
            { "id": "1", "name": "总部" },
            { "id": "2", "parent_id": "1", "name": "研发部", "head": ["zhang"] },
            { "id": "3", "parent_id": "1", "name": "销售部" },
        ] });
        bridge.post("/api/v1/tenants/acme/units", &units).await.expect(200);
        let people = json!({ "employees": [
            { "id": "zhang", "name": "张三", "account": "zhangsan", "mobile": "13800000001", "unit_id": "2", "ext": { "工位": "A-7" } },
            { "id": "li", "name": "李四", "account": "lisi", "unit_id": "3", "part_time_unit_ids": ["2"], "superior_id": "zhang" },
            { "id": "wang", "name": "王五", "account": "wangwu", "unit_id": "3" },
            { "id": "script", "name": SCRIPT, "position": SCRIPT, "unit_id": "3" },
            { "id": "old", "name": "旧人", "unit_id": "3", "status": "departed" },
        ] });
        bridge.post("/api/v1/tenants/acme/employees", &people).await.expect(200);
        let nowhere = "http://127.0.0.1:9";
        let corp = json!({
            "tenant": "acme", "name": "阿克米企业", "corpid": "ww1234567890abcdef", "access": "read-only",
            "endpoints": { "api_base": nowhere, "authorize_base": nowhere, "login_base": nowhere, "console_url": nowhere },
            "match_rules": [{ "employee": "name", "member": "name" }],
        });
        bridge.put("/api/v1/corps/acme-main", &corp).await.expect(201);
        let departments = json!([
            { "id": 1, "parent": 0, "name": "总部" },
            { "id": 2, "parent": 1, "name": "技术部" },
            { "id": 7, "parent": 1, "name": "$departmentName=7$" },
        ]);
        let member = |userid: &str, department: u32, fields: Value| {
            json!({
                "userid": userid, "memberships": [{ "department": department }], "main_department": department,
                "status": "activated", "fields": fields, "has_details": true,
            })
        };
        let members = json!([
            member("ZhangSan", 2, json!({ "name": "张三", "mobile": "13800000001" })),
            member("lisi", 2, json!({ "name": "李四" })),
            member("wang2", 1, json!({ "name": "王五" })),
            member("wo1", 7, json!({ "name": "$userName=wo1$" })),
            json!({ "userid": "u9", "memberships": [{ "department": 1 }], "has_details": false }),
        ]);
        let head = json!({
            "read_at_ms": 1_764_081_607_000_i64, "strategy": "lists", "strategy_reason": "", "is_complete": true,
            "departments": 3, "members": 5, "unreadable_total": 1,
            "unreadable": [{ "subject": "member u9", "what": "details", "why": "48002 not allowed" }],
        });
        let departments: Vec<Department> = serde_json::from_value(departments).unwrap();
        let members: Vec<Member> = serde_json::from_value(members).unwrap();
        let head: MirrorHead = serde_json::from_value(head).unwrap();
        let key = CorpKey::from("acme-main");
        let write = move |tx: &store::WriteTx| {
            store::mirror::put_departments(tx, &key, &departments)?;
            store::mirror::put_members(tx, &key, &members)?;
            store::mirror::put_head(tx, &key, &head)
        };
        bridge.app.store.write(write).await.unwrap();
        let browser = Browser::sign_in(&bridge, Role::Operator).await;
        Self { bridge, browser }
    }

    pub async fn get(&self, path: &str) -> Shown {
        self.browser.get(path).await
    }

    /// Sends fields with a token and shows the page after it.
    pub async fn act(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let done = self.browser.post(path, fields).await;
        self.browser.follow(&done).await.expect(200)
    }

    /// The member that an employee is bound to.
    pub async fn bound(&self, employee: &str) -> Option<String> {
        let answer = self.bridge.get(&format!("/api/v1/corps/acme-main/bindings/{employee}")).await;
        (answer.status == 200).then(|| answer.json()["userid"].as_str().unwrap().to_owned())
    }

    pub async fn bind(&self, employee: &str, userid: &str) {
        let path = format!("/api/v1/corps/acme-main/bindings/{employee}");
        self.bridge.put(&path, &json!({ "userid": userid })).await.expect(200);
    }

    /// Ids of all people who are active.
    pub fn active(&self) -> Vec<String> {
        let key = TenantKey::from("acme");
        let all = self.bridge.app.store.read(|tx| store::directory::employees(tx, &key)).unwrap();
        all.into_iter().filter(|row| row.status.is_active()).map(|row| row.id.to_string()).collect()
    }

    /// Puts a case on the resolve list.
    pub async fn put_case(&self, case: Value) {
        self.put_cases(&[case]).await;
    }

    /// The resolve list holds these cases.
    pub async fn put_cases(&self, cases: &[Value]) {
        let cases: Vec<ResolveCase> = cases.iter().map(|case| serde_json::from_value(case.clone()).unwrap()).collect();
        let key = CorpKey::from("acme-main");
        self.bridge.app.store.write(move |tx| store::resolve::put_all(tx, &key, &cases)).await.unwrap();
    }

    pub async fn close(self) {
        self.bridge.stop().await;
    }
}

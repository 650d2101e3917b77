//! A store with one tenant and one corp, rows to put in it, and the views over it.

use serde_json::{Value, json};
use tempfile::TempDir;
use wecom_bridge::browse::Views;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{
    CorpKey, Department, DepartmentBinding, Employee, Member, MemberBinding, OrgUnit, Tenant, TenantKey,
};
use wecom_bridge::store::{self, KeyRing, Store, StoreOptions};

pub const NOW_MS: i64 = 1_800_000_000_000;

pub struct World {
    _home: TempDir,
    pub store: Store,
    pub clock: Clock,
    pub views: Views,
    pub tenant: TenantKey,
    pub corp: CorpKey,
}

impl World {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOW_MS);
        let store = Store::open(home.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
        let rows = (Tenant { key: tenant.clone(), name: "示例集团".into() }, corp_row(corp.as_str()));
        store
            .write_blocking(move |tx| {
                store::tenants::put(tx, &rows.0)?;
                store::corps::put(tx, &rows.1)
            })
            .unwrap();
        let views = Views::new(store.clone(), clock.clone());
        Self { _home: home, store, clock, views, tenant, corp }
    }

    pub fn units(&self, units: Vec<OrgUnit>) {
        let tenant = self.tenant.clone();
        self.store.write_blocking(move |tx| store::directory::put_units(tx, &tenant, &units)).unwrap();
    }

    pub fn employees(&self, employees: Vec<Employee>) {
        let tenant = self.tenant.clone();
        self.store.write_blocking(move |tx| store::directory::put_employees(tx, &tenant, &employees)).unwrap();
    }

    pub fn departments(&self, departments: Vec<Department>) {
        let corp = self.corp.clone();
        self.store.write_blocking(move |tx| store::mirror::put_departments(tx, &corp, &departments)).unwrap();
    }

    pub fn members(&self, members: Vec<Member>) {
        let corp = self.corp.clone();
        self.store.write_blocking(move |tx| store::mirror::put_members(tx, &corp, &members)).unwrap();
    }

    pub fn bindings(&self, bindings: Vec<MemberBinding>) {
        let corp = self.corp.clone();
        self.store.write_blocking(move |tx| store::bindings::put_members(tx, &corp, &bindings)).unwrap();
    }

    pub fn department_bindings(&self, bindings: Vec<DepartmentBinding>) {
        let corp = self.corp.clone();
        self.store.write_blocking(move |tx| store::bindings::put_departments(tx, &corp, &bindings)).unwrap();
    }
}

pub fn row<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub fn corp_row(key: &str) -> wecom_bridge::model::Corp {
    row(json!({
        "key": key, "tenant": "acme", "name": "示例集团", "corpid": "ww0", "edition": "public",
        "endpoints": {
            "api_base": "http://127.0.0.1:9", "authorize_base": "", "login_base": "", "console_url": "",
            "ca_file": "", "proxy": "", "timeout_ms": 5000
        },
        "access": "read-write", "read_app": null, "quota": {}, "apps": [], "match_rules": [], "pull": {},
        "downstream": {}, "upstream": {}
    }))
}

pub fn unit(id: &str, parent: Option<&str>, name: &str) -> OrgUnit {
    row(json!({ "id": id, "parent_id": parent, "name": name }))
}

pub fn employee(id: &str, name: &str, unit: &str) -> Employee {
    Employee::new(id, name, unit)
}

pub fn department(id: u32, parent: u32, name: &str) -> Department {
    row(json!({ "id": id, "parent": parent, "name": name, "order": 1000 - id }))
}

pub fn member(userid: &str, name: &str, departments: &[u32]) -> Member {
    let memberships: Vec<Value> = departments.iter().map(|id| json!({ "department": id })).collect();
    row(json!({
        "userid": userid, "memberships": memberships, "main_department": departments.first(), "status": "activated",
        "fields": { "name": name }, "has_details": true
    }))
}

pub fn binding(employee: &str, userid: &str) -> MemberBinding {
    row(json!({ "employee": employee, "userid": userid, "origin": "rule", "bound_at_ms": 1 }))
}

pub fn department_binding(unit: &str, department: u32) -> DepartmentBinding {
    row(json!({ "unit": unit, "department": department, "origin": "position", "bound_at_ms": 1 }))
}

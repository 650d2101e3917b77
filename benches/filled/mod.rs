//! A large organisation, stored: both sides in step, a plan that changes everybody, months of runs.

use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::model::{
    Action, BindingOrigin, Change, CorpKey, Department, DepartmentBinding, DepartmentId, Employee, Fields, Member,
    MemberBinding, MemberField, MemberImage, MemberStatus, Membership, MirrorHead, OrgUnit, PlanHead, Reversible, Run,
    Tenant, TenantKey, Text, UserId,
};
use wecom_bridge::setup::read_in_place;
use wecom_bridge::store::{self, CHUNK_ROWS, Store};

/// The plan.
pub const PLAN: &str = "01900000-0000-7000-8000-000000000001";

/// Both sides in step, a plan that changes everybody, and three months of runs up to `now_ms`; answers how many units there
/// are.
pub async fn fill(store: &Store, people: usize, now_ms: i64) -> usize {
    let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
    let setup = read_in_place(include_str!("../start.toml")).unwrap();
    let rows = (Tenant { key: tenant.clone(), name: "示例集团".into() }, setup.corps[0].corp.clone());
    store
        .write(move |tx| {
            store::tenants::put(tx, &rows.0)?;
            store::corps::put(tx, &rows.1)
        })
        .await
        .unwrap();
    let (units, employees) = generate(SampleSpec { employees: people, units: people / 10, seed: 1 });
    let ids: std::collections::HashMap<&str, u32> =
        (1_u32..).zip(&units).map(|(id, unit)| (unit.id.as_str(), id)).collect();
    let departments: Vec<Department> = units.iter().map(|unit| department(unit, &ids)).collect();
    let department_bindings: Vec<DepartmentBinding> = units.iter().map(|unit| unit_binding(unit, &ids)).collect();
    let members: Vec<Member> =
        employees.iter().map(|employee| member(employee, ids[employee.unit_id.as_str()])).collect();
    let bindings: Vec<MemberBinding> = employees.iter().map(binding).collect();
    let changes: Vec<Change> = (0_u32..).zip(&employees).map(|(seq, employee)| change(seq, employee)).collect();
    let count = units.len();
    let key = tenant.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::directory::put_units(tx, &key, rows);
    store.write_chunks(units, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let put = move |tx: &_, _: usize, rows: &[_]| store::directory::put_employees(tx, &tenant, rows);
    store.write_chunks(employees, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::mirror::put_departments(tx, &key, rows);
    store.write_chunks(departments, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::mirror::put_members(tx, &key, rows);
    store.write_chunks(members, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::bindings::put_departments(tx, &key, rows);
    store.write_chunks(department_bindings, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::bindings::put_members(tx, &key, rows);
    store.write_chunks(bindings, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::plans::put_changes(tx, &key, &PLAN.into(), rows);
    store.write_chunks(changes, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let (head, read, key) = (plan_head(&corp), mirror_head(people, count, now_ms), corp.clone());
    store
        .write(move |tx| store::plans::put_head(tx, &head).and_then(|()| store::mirror::put_head(tx, &key, &read)))
        .await
        .unwrap();
    let runs: Vec<Run> = (0..2_160).map(|hour| run(&corp, hour, now_ms)).collect();
    let put = move |tx: &_, _: usize, rows: &[Run]| rows.iter().try_for_each(|row| store::runs::put(tx, row));
    store.write_chunks(runs, CHUNK_ROWS, put, |_| ()).await.unwrap();
    count
}

fn department(unit: &OrgUnit, ids: &std::collections::HashMap<&str, u32>) -> Department {
    Department {
        id: DepartmentId(ids[unit.id.as_str()]),
        parent: DepartmentId(unit.parent_id.as_ref().map_or(0, |parent| ids[parent.as_str()])),
        name: Some(unit.name.clone()),
        order: unit.order.map_or(0, |order| u32::MAX - order),
        leaders: Vec::new(),
    }
}

fn unit_binding(unit: &OrgUnit, ids: &std::collections::HashMap<&str, u32>) -> DepartmentBinding {
    DepartmentBinding {
        unit: unit.id.clone(),
        department: DepartmentId(ids[unit.id.as_str()]),
        origin: BindingOrigin::Created,
        bound_at_ms: 0,
        pushed_name: None,
    }
}

fn member(employee: &Employee, department: u32) -> Member {
    let fields = [
        (MemberField::Name, employee.name.clone()),
        (MemberField::Position, employee.position.clone()),
        (MemberField::Mobile, employee.mobile.clone()),
        (MemberField::Email, employee.email.clone()),
    ];
    Member {
        userid: UserId(employee.employee_no.clone()),
        memberships: vec![Membership { department: DepartmentId(department), order: 0, is_leader: false }],
        main_department: Some(DepartmentId(department)),
        status: Some(MemberStatus::Activated),
        direct_leader: None,
        fields: fields.into_iter().collect(),
        has_details: true,
    }
}

fn binding(employee: &Employee) -> MemberBinding {
    let pushed = serde_json::json!({ "mobile": { "value": employee.mobile }, "email": { "value": employee.email } });
    MemberBinding {
        employee: employee.id.clone(),
        userid: UserId(employee.employee_no.clone()),
        origin: BindingOrigin::Created,
        bound_at_ms: 1_760_000_000_000,
        pushed: serde_json::from_value(pushed).unwrap(),
        placed: None,
        removal: None,
    }
}

fn change(seq: u32, employee: &Employee) -> Change {
    let image = |position: &str| MemberImage {
        fields: [(MemberField::Position, Text::from(position)), (MemberField::Name, employee.name.clone())]
            .into_iter()
            .collect::<Fields<Text>>(),
        memberships: Some(vec![Membership { department: DepartmentId(7), order: 0, is_leader: false }]),
        ..MemberImage::default()
    };
    Change {
        seq,
        action: Action::UpdateMember {
            employee: employee.id.clone(),
            userid: UserId(employee.employee_no.clone()),
            before: image("旧职务"),
            after: image(&employee.position),
        },
        reason: Text::const_new("field.changed"),
        reversible: Reversible::Yes,
    }
}

fn mirror_head(members: usize, departments: usize, now_ms: i64) -> MirrorHead {
    let head = serde_json::json!({
        "read_at_ms": now_ms, "strategy": "lists", "strategy_reason": "", "is_complete": true,
        "departments": departments, "members": members, "unreadable_total": 0, "unreadable": []
    });
    serde_json::from_value(head).unwrap()
}

fn plan_head(corp: &CorpKey) -> PlanHead {
    let head = serde_json::json!({
        "id": PLAN, "corp": corp, "direction": "downstream", "hash": "00", "created_at_ms": 0, "expires_at_ms": 1,
        "state": "ready", "guards": [], "counts": {"departments": {}, "members": {}}, "invariants": [], "notices": [],
        "budget": {"calls": 0, "by_endpoint": {}, "reads": 0, "estimated_s": 0, "strategy": "per_object",
                   "strategy_reason": "", "creations_30_days": 0},
        "source_employees": 0, "mirror_read_at_ms": 0, "options_hash": "", "compute_ms": 0
    });
    serde_json::from_value(head).unwrap()
}

fn run(corp: &CorpKey, hour: i64, now_ms: i64) -> Run {
    let at_ms = now_ms - (2_160 - hour) * 3_600_000;
    let run = serde_json::json!({
        "id": format!("01900000-0000-7000-8000-{hour:012}"), "corp": corp, "kind": "pull", "state": "done", "by": "schedule",
        "started_at_ms": at_ms, "ended_at_ms": at_ms, "done": 0, "total": 0,
        "counts": {"departments": {}, "members": {}},
        "calls": {"reads": 11, "writes": 0, "by_endpoint": {"user/list_id": 10, "department/simplelist": 1}}, "failed": [],
        "pull": {"strategy": "lists", "departments": 10_000, "members": 100_000, "bound": 0, "ambiguous": 0, "unreadable": 0}
    });
    serde_json::from_value(run).unwrap()
}

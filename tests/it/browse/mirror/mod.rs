//! The WeCom side and the links: marks for what could not be read, filters, both trees side by side.

mod links;
mod members;

use super::world::{World, binding, department, department_binding, employee, member, row, unit};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use wecom_bridge::browse::directory::EmployeeQuery;
use wecom_bridge::browse::mirror::{
    BindingColumn, BindingQuery, LinkState, MemberColumn, MemberQuery, MirrorView, Naming, Side, SideState,
    StatusFilter,
};
use wecom_bridge::browse::{Branch, Misplaced, OutlineQuery, Paging};
use wecom_bridge::model::{
    Department, DepartmentId, EmployeeStatus, Member, MemberBinding, MemberStatus, OrgUnit, RemovalCause,
};
use wecom_bridge::store;

fn view(world: &World) -> Arc<MirrorView> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(world.views.mirror_view(&world.corp)).unwrap()
}

fn of(id: u32) -> Branch<DepartmentId> {
    Branch::Node(DepartmentId(id))
}

fn tree() -> Vec<Department> {
    vec![department(1, 0, "总部"), department(2, 1, "研发"), department(3, 2, "前端"), department(4, 1, "市场")]
}

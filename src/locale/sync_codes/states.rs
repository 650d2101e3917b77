//! Where plans, runs, members and links stand.

use super::super::T;
use crate::model::{BindingOrigin, MemberStatus, PlanState, ReadStrategy, RemovalCause, Reversible, RunKind, RunState};

impl T {
    /// How a mirror was read.
    pub fn read_strategy(self, strategy: ReadStrategy) -> &'static str {
        match strategy {
            ReadStrategy::Lists => self.lang.pick("部门和成员列表", "lists of departments and members"),
            ReadStrategy::IdsAndDetails => self.lang.pick("账号列表加逐个详情", "lists of ids, then details"),
            ReadStrategy::IdsOnly => {
                self.lang.pick("仅账号列表（读不到详情）", "lists of ids only (no details readable)")
            }
            ReadStrategy::Export => self.lang.pick("异步导出", "asynchronous export"),
        }
    }

    /// Where a plan stands.
    pub fn plan_state(self, state: PlanState) -> &'static str {
        match state {
            PlanState::Ready => self.lang.pick("可以执行", "ready"),
            PlanState::Held => self.lang.pick("等待审批", "waits for a decision"),
            PlanState::Allowed => self.lang.pick("已批准", "allowed"),
            PlanState::Rejected => self.lang.pick("已驳回", "rejected"),
            PlanState::Taken => self.lang.pick("已执行", "applied"),
            PlanState::Refused => self.lang.pick("不可执行", "refused"),
        }
    }

    /// What a run does.
    pub fn run_kind(self, kind: RunKind) -> &'static str {
        match kind {
            RunKind::Pull => self.lang.pick("拉取", "pull"),
            RunKind::Plan => self.lang.pick("生成预览", "preview"),
            RunKind::Downstream => self.lang.pick("同步", "sync"),
        }
    }

    /// Where a run stands.
    pub fn run_state(self, state: RunState) -> &'static str {
        match state {
            RunState::Running => self.lang.pick("进行中", "running"),
            RunState::Done => self.lang.pick("完成", "done"),
            RunState::Partly => self.lang.pick("部分完成", "partly done"),
            RunState::Failed => self.lang.pick("失败", "failed"),
            RunState::Held => self.lang.pick("等待审批", "held"),
            RunState::Cancelled => self.lang.pick("已取消", "cancelled"),
            RunState::Rejected => self.lang.pick("已驳回", "rejected"),
        }
    }

    /// How far an undo reaches.
    pub fn reversible(self, reversible: Reversible) -> &'static str {
        match reversible {
            Reversible::Yes => self.lang.pick("可完全撤销", "can be undone"),
            Reversible::Partly => self.lang.pick("可部分撤销", "can be undone in part"),
            Reversible::No => self.lang.pick("不可撤销", "cannot be undone"),
        }
    }

    /// Why somebody is removed.
    pub fn removal_cause(self, cause: RemovalCause) -> &'static str {
        match cause {
            RemovalCause::Departed => self.lang.pick("离职", "departed"),
            RemovalCause::OutOfScope => self.lang.pick("离开同步范围", "left the scope"),
            RemovalCause::Undo => self.lang.pick("撤销", "undo"),
        }
    }

    /// Where a link came from.
    pub fn link_origin(self, origin: BindingOrigin) -> &'static str {
        match origin {
            BindingOrigin::Rule => self.lang.pick("匹配规则", "match rule"),
            BindingOrigin::Manual => self.lang.pick("人工关联", "by hand"),
            BindingOrigin::Import => self.lang.pick("导入", "imported"),
            BindingOrigin::Created => self.lang.pick("由云桥创建", "created by the bridge"),
            BindingOrigin::Position => self.lang.pick("位置和名称相同", "same place and name"),
        }
    }

    /// How WeCom shows a member.
    pub fn wecom_status(self, status: MemberStatus) -> &'static str {
        match status {
            MemberStatus::Activated => self.lang.pick("已激活", "active"),
            MemberStatus::Disabled => self.lang.pick("已禁用", "disabled"),
            MemberStatus::NotActivated => self.lang.pick("未激活", "not activated"),
            MemberStatus::Left => self.lang.pick("已退出企业", "left the corp"),
            MemberStatus::Other(_) => self.lang.pick("其他", "another"),
        }
    }
}

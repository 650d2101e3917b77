//! Texts of to-do messages: buttons, presses, updates of cards.

use super::T;
use crate::messages::cards::TodoStage;
use crate::model::{CardUpdateState, PressOutcome, TodoKind};

texts! {
    todo_title = "待办与审批", "To-do and approval";
    todo_kind = "待办类型", "Kind of to-do";
    todo_kind_none = "不是待办", "No to-do";
    todo_buttons = "卡片按钮", "Buttons of the card";
    todo_no_buttons = "没有按钮：只能由业务系统改变状态。", "It has no buttons: only its business system changes its state.";
    todo_valid = "按钮有效期至", "Buttons decide until";
    todo_shown = "卡片显示", "Cards show";
    todo_decision = "审批结果", "Decision";
    todo_by(name, userid) = "{name}（{userid}）", "{name} ({userid})";
    todo_telling = "通知业务系统", "Business system";
    todo_no_webhook = "消息没有指定 Webhook，业务系统可以查询接口得到结果。", "The message names no webhook: its system may ask the API for the result.";
    todo_attempts(count) = "尝试 {count} 次", "{count} attempts";
    todo_told_waiting = "等待通知", "waiting";
    todo_told_done = "已通知", "told";
    todo_told_dead = "通知失败（死信，可在 Webhook 页重发）", "not told (a dead letter: send it again on the webhook's page)";
    todo_told_removed = "没有通知：Webhook 已删除或记录已过期", "not told, or not kept: the webhook was removed, or it is long ago";
    todo_changes = "状态变化", "Changes of state";
    todo_presses = "按钮操作", "Presses";
    todo_presses_none = "还没有人按过按钮。", "Nobody has pressed a button yet.";
    todo_who = "谁", "Who";
    todo_what = "按钮", "Button";
    todo_outcome = "结果", "Outcome";
    todo_refused(count) = "未生效的操作共 {count} 次。", "Presses that did not count: {count}.";
    todo_cards = "卡片更新", "Updates of cards";
    todo_cards_none = "卡片还没有更新过。", "No card was updated yet.";
    todo_everyone = "全部接收人", "every receiver";
    todo_state = "状态", "State";
    todo_when = "时间", "When";
    todo_text = "卡片文字", "Words on the card";
    todo_text_hint = "最多 20 个字；不填则显示“已办理”“已退回”或“已撤回”。", "At most 20 characters; empty = the name of the state, in Chinese.";
    todo_set = "更新待办状态", "Change the state";
    todo_set_lead = "按钮随即失效，没有发出的不再发送，已发出的卡片改为显示下面的文字。", "The buttons decide nothing any more, what has not gone out is not sent, and cards that were sent show these words.";
    todo_none = "这条消息不是待办。", "The message is no to-do.";
    todo_changed_too_often = "这条待办的状态已更新 20 次，不能再更新。", "The state of this to-do was changed 20 times: no further change is taken.";
    todo_set_done = "待办状态已更新。", "The state was changed.";
    todo_new_button_text(n) = "按钮 {n} 的文字", "Words of button {n}";
    todo_new_button_key(n) = "按钮 {n} 的标识", "Key of button {n}";
    todo_new_button_style(n) = "按钮 {n} 的样式", "Look of button {n}";
    todo_new_text = "文字（最多 4 个字）", "Words (at most 4)";
    todo_new_key = "标识（业务系统收到的值）", "Key (what the business system hears)";
    todo_new_key_hint = "标识是业务系统收到的值，例如 approve；留空时为 button-1、button-2……", "The key is what the business system hears, e.g. approve; left empty it is button-1, button-2 …";
    todo_new_style = "样式", "Look";
    todo_new_buttons_hint = "只有待办消息发到“模板卡片”目标时才显示按钮，应用要启用回调。", "Buttons appear only on to-do messages whose target is a template card; the app's callback must be on.";
    todo_new_webhook = "审批结果通知", "Who hears of the decision";
    todo_new_webhook_none = "不通知", "Nobody";
    style_primary = "强调", "emphasised";
    style_secondary = "次要", "secondary";
    style_neutral = "普通", "neutral";
    style_negative = "否定", "negative";
}

impl T {
    /// Where a to-do message stands.
    pub fn todo_stage(self, stage: TodoStage) -> &'static str {
        let (zh, en) = match stage {
            TodoStage::Open => ("待处理", "open"),
            TodoStage::Decided => ("已审批", "decided"),
            TodoStage::Done => ("已办理", "done"),
            TodoStage::Returned => ("已退回", "returned"),
            TodoStage::Withdrawn => ("已撤回", "withdrawn"),
            TodoStage::Expired => ("已过期", "expired"),
        };
        self.lang.pick(zh, en)
    }

    /// What a to-do message is about.
    pub fn todo_kind_of(self, kind: TodoKind) -> &'static str {
        let (zh, en) = match kind {
            TodoKind::Pending => ("待办", "pending"),
            TodoKind::Returned => ("退回", "returned"),
            TodoKind::Cc => ("抄送", "copy"),
            TodoKind::Forwarded => ("转发", "forwarded"),
            TodoKind::Circulated => ("传阅", "circulated"),
            TodoKind::Opinion => ("征求意见", "opinion asked for"),
        };
        self.lang.pick(zh, en)
    }

    /// What came of a press.
    pub fn press_outcome(self, outcome: PressOutcome) -> &'static str {
        let (zh, en) = match outcome {
            PressOutcome::Decided => ("生效", "decided"),
            PressOutcome::Late => ("已有结果，未生效", "too late: it had ended"),
            PressOutcome::NotAssignee => ("不是处理人，未生效", "not the assignee"),
            PressOutcome::Expired => ("已过期，未生效", "its time was over"),
            PressOutcome::Recalled => ("消息已撤回，未生效", "the message was recalled"),
            PressOutcome::UnknownButton => ("卡片没有这个按钮，未生效", "no such button"),
        };
        self.lang.pick(zh, en)
    }

    /// How far an update of a card has come.
    pub fn card_state(self, state: CardUpdateState) -> &'static str {
        let (zh, en) = match state {
            CardUpdateState::Waiting => ("等待更新", "waiting"),
            CardUpdateState::Sending => ("更新中", "on its way"),
            CardUpdateState::Done => ("已更新", "updated"),
            CardUpdateState::Superseded => ("被后一次更新取代", "superseded"),
            CardUpdateState::NoCode => ("没有可用的更新码", "no code"),
            CardUpdateState::Failed => ("失败", "failed"),
            CardUpdateState::Unknown => ("结果不明", "unknown"),
        };
        self.lang.pick(zh, en)
    }

    /// Why an update of a card waits or was not made; empty where there is nothing to say.
    pub fn card_why(self, why: &str) -> &'static str {
        let (zh, en) = match why {
            "no_code" => (
                "企业微信给的更新码已用完或已过 72 小时；仍有按钮的卡片在有人按下时更新。",
                "Codes are good for 72 hours and one update each. A card that still has its buttons is updated at the next press.",
            ),
            "code_spent" => ("更新码已被使用或失效。", "The code was used or is not good any more."),
            "other_code" => {
                ("更新码失效，换用按钮操作带来的更新码。", "The code was not good: that of the press is used.")
            }
            "interrupted" => ("更新时进程中断，正在重试。", "The process ended meanwhile: it is tried again."),
            other => return self.delivery_why(other),
        };
        self.lang.pick(zh, en)
    }
}

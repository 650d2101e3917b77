//! Events that no member makes: approvals, jobs, the life of an app. They are ordered through `/_sandbox/`.

use super::ActError;
use crate::sandbox::events::element::{self, Element, is_name};
use crate::sandbox::events::outbox::Letter;
use crate::sandbox::options::DeliveryOptions;
use crate::sandbox::state::corp::Corp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An event to be sent to an app.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventOrder {
    /// Its name.
    pub event: String,
    /// `FromUserName`; absent = `sys`, or nobody where the page's sample has none.
    #[serde(default)]
    pub from: Option<String>,
    /// What it says beyond the common elements; absent = a sample.
    #[serde(default)]
    pub elements: Option<Map<String, Value>>,
}

/// The names of chapter 13.1 of the contract that are not acts of a member with the phone.
const EVENTS: &[&str] = &[
    "subscribe",
    "unsubscribe",
    "batch_job_result",
    "upload_media_job_finish",
    "open_approval_change",
    "sys_approval_change",
    "share_agent_change",
    "share_chain_change",
    "switch_workbench_mode",
    "inactive_alert",
    "low_active_alert",
    "close_inactive_agent",
    "reopen_inactive_agent",
    "low_active",
    "active_restored",
    "change_app_admin",
    "unlicensed_notify",
    "security",
    "taskcard_click",
];

/// A sample of what an event says.
fn sample(event: &str, now_ms: i64) -> Value {
    let now_s = now_ms.div_euclid(1000);
    let person = |name: &str, userid: &str| {
        json!({"ItemName": name, "ItemUserId": userid, "ItemImage": "", "ItemStatus": 1, "ItemSpeech": "",
               "ItemOpTime": 0})
    };
    match event {
        "batch_job_result" => json!({"BatchJob": {"JobId": format!("job{now_s}"), "JobType": "sync_user",
                                                  "ErrCode": 0, "ErrMsg": "ok"}}),
        "upload_media_job_finish" => json!({"JobId": format!("job{now_s}")}),
        "open_approval_change" => json!({"ApprovalInfo": {
            "ThirdNo": format!("oa-{now_s}"), "OpenSpName": "付款", "OpenTemplateId": "1234567890", "OpenSpStatus": 1,
            "ApplyTime": now_s, "ApplyUserName": "张三", "ApplyUserId": "zhangsan", "ApplyUserParty": "产品部",
            "ApplyUserImage": "", "approverstep": 0,
            "ApprovalNodes": {"ApprovalNode": [{"NodeStatus": 1, "NodeAttr": 1, "NodeType": 1,
                                                "Items": {"Item": [person("李四", "lisi")]}}]},
            "NotifyNodes": {"NotifyNode": [{"ItemName": "王五", "ItemUserId": "wangwu", "ItemImage": ""}]},
        }}),
        "sys_approval_change" => json!({"ApprovalInfo": {
            "SpNo": format!("2024{now_s}"), "SpName": "请假", "SpStatus": 1, "TemplateId": "3TkaH5KFbrG9",
            "ApplyTime": now_s, "Applyer": {"UserId": "zhangsan", "Party": "1"}, "StatuChangeEvent": 1,
        }}),
        "switch_workbench_mode" => json!({"Mode": 1}),
        "inactive_alert" | "low_active_alert" => json!({"EffectTime": now_s + 7 * 86_400}),
        "security" => json!({"ChangeType": "change_domain_ip"}),
        "taskcard_click" => json!({"EventKey": "yes", "TaskId": "taskid111"}),
        _ => json!({}),
    }
}

/// The letter of an event to an app; `None` when the app has no address.
pub fn letter(
    corp: &Corp,
    agentid: u64,
    order: &EventOrder,
    now_ms: i64,
    options: &DeliveryOptions,
) -> Result<Option<Letter>, ActError> {
    if !EVENTS.contains(&order.event.as_str()) {
        return Err(ActError::NoEvent(order.event.clone()));
    }
    let app = corp.apps.get(&agentid).ok_or(ActError::NoApp)?;
    let extra = match &order.elements {
        Some(elements) => elements.clone(),
        None => sample(&order.event, now_ms).as_object().cloned().unwrap_or_default(),
    };
    if extra.keys().any(|name| !is_name(name)) {
        return Err(ActError::NoEvent(order.event.clone()));
    }
    let Some(callback) = &app.callback else { return Ok(None) };
    let mut elements = vec![
        Element::text("ToUserName", corp.corpid.clone()),
        Element::text("FromUserName", order.from.clone().unwrap_or_else(|| "sys".into())),
        Element::number("CreateTime", now_ms.div_euclid(1000)),
        Element::text("MsgType", "event"),
        Element::text("Event", order.event.clone()),
    ];
    elements.extend(extra.iter().flat_map(|(name, value)| Element::from_json(name, value)));
    elements.push(Element::number("AgentID", agentid));
    let turn = usize::try_from(rand::random::<u32>()).unwrap_or_default();
    let text = element::render(elements, options, turn);
    Ok(Some(Letter::new(callback, &corp.corpid, Some(agentid), text, &order.event)))
}

//! The push log as rows of a file.

use crate::model::{Delivery, TenantKey};
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter};
use crate::store::{self, Store, StoreError};
use std::collections::HashMap;

/// Deliveries that are read at once.
const PAGE: usize = 1_000;

/// Captions of the columns.
pub fn captions(is_zh: bool) -> Vec<&'static str> {
    if is_zh {
        vec![
            "消息编号",
            "序号",
            "受理时间",
            "来源",
            "事件",
            "标题",
            "人员",
            "企业",
            "应用",
            "成员账号",
            "状态",
            "原因",
            "说明",
            "错误码",
            "发送时间",
        ]
    } else {
        vec![
            "message", "seq", "accepted", "source", "event", "title", "employee", "corp", "app", "userid", "state",
            "code", "error", "errcode", "sent",
        ]
    }
}

/// The rows of a search, read page by page; `tell` says a delivery, as [`cells`] does for programs.
pub fn rows(
    store: &Store,
    tenant: TenantKey,
    filter: DeliveryFilter,
    tell: impl Fn(&Delivery) -> Vec<String> + Send + 'static,
) -> impl Iterator<Item = Result<Vec<String>, StoreError>> + Send + 'static {
    let store = store.clone();
    let (mut after, mut is_over, mut page) = (None::<DeliveryCursor>, false, Vec::new().into_iter());
    std::iter::from_fn(move || {
        loop {
            if let Some(row) = page.next() {
                return Some(Ok(row));
            }
            if is_over {
                return None;
            }
            match read(&store, &tenant, &filter, after.as_ref(), &tell) {
                Ok((rows, next)) => {
                    is_over = next.is_none();
                    after = next;
                    page = rows.into_iter();
                }
                Err(error) => {
                    is_over = true;
                    return Some(Err(error));
                }
            }
        }
    })
}

type PageRead = (Vec<Vec<String>>, Option<DeliveryCursor>);

fn read(
    store: &Store,
    tenant: &TenantKey,
    filter: &DeliveryFilter,
    after: Option<&DeliveryCursor>,
    tell: &impl Fn(&Delivery) -> Vec<String>,
) -> Result<PageRead, StoreError> {
    store.read(|tx| {
        let (found, next) = store::deliveries::search(tx, tenant, filter, after, PAGE)?;
        let mut known = HashMap::new();
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            if !known.contains_key(&row.message) {
                known.insert(row.message.clone(), store::messages::find(tx, &row.message)?);
            }
            let message = known.get(&row.message).and_then(Option::as_ref);
            let of = |pick: fn(&crate::model::Message) -> String| message.map(pick).unwrap_or_default();
            let head = [
                row.message.to_string(),
                row.seq.to_string(),
                message.map(|message| time(message.accepted_at_ms)).unwrap_or_default(),
                of(|message| message.source.clone()),
                of(|message| message.event.clone()),
                of(|message| message.title.clone()),
            ];
            rows.push(head.into_iter().chain(tell(&row)).collect());
        }
        Ok((rows, next))
    })
}

/// A delivery with its codes as they are.
pub fn cells(row: &Delivery) -> Vec<String> {
    let text = |value: Option<&dyn std::fmt::Display>| value.map(ToString::to_string).unwrap_or_default();
    vec![
        text(row.employee.as_ref().map(|id| id as _)),
        text(row.corp.as_ref().map(|id| id as _)),
        text(row.app.as_ref().map(|id| id as _)),
        text(row.userid.as_ref().map(|id| id as _)),
        row.state.name().to_owned(),
        row.code.clone().unwrap_or_default(),
        row.error.clone().unwrap_or_default(),
        text(row.errcode.as_ref().map(|code| code as _)),
        row.sent_at_ms.map(time).unwrap_or_default(),
    ]
}

/// China's time, to the second.
fn time(at_ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M:%S").to_string()
}

//! From people and targets to deliveries and the calls that carry them: as few calls as WeCom allows.

use super::compose::Composed;
use super::quiet;
use super::resolve::Person;
use crate::model::content::Content;
use crate::model::{
    CallId, CallPart, CallState, Carried, Delivery, DeliveryState, Intent, MemberRef, Message, Priority, SendCall,
    UserId,
};
use crate::store::{self, ReadTx, StoreError, WriteTx, outbox};

/// Members of one call (doc path 90236).
pub(super) const CALL_MAX: usize = 1_000;

/// Deliveries of one message that share target and contents, at most [`CALL_MAX`]; or that have none.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// Which of the targets; `None` = nothing can be sent.
    pub target: Option<usize>,
    /// In the order of their numbers.
    pub rows: Vec<Delivery>,
    /// Id of the call to be made.
    pub call: CallId,
}

/// A delivery that begins.
fn row(message: &Message, seq: u32, person: &Person, now_ms: i64) -> Delivery {
    Delivery {
        message: message.id.clone(),
        seq,
        employee: person.employee.clone(),
        userid: person.member.as_ref().map(|member| member.userid.clone()),
        corp: person.member.as_ref().map(|member| member.corp.clone()),
        app: None,
        rule: None,
        state: DeliveryState::Waiting,
        code: None,
        error: None,
        errcode: None,
        call: None,
        sent_at_ms: None,
        changed_at_ms: now_ms,
        due_at_ms: None,
    }
}

fn dead(mut row: Delivery, state: DeliveryState, code: &str, error: String) -> Delivery {
    (row.state, row.code, row.error) = (state, Some(code.to_owned()), Some(error));
    row
}

/// The member of a person at a corp.
pub(super) fn member_at(tx: &ReadTx, person: &Person, target: &Composed) -> Result<Option<UserId>, StoreError> {
    match (&person.member, &person.employee) {
        (Some(MemberRef { corp, userid }), _) => Ok((*corp == target.corp).then(|| userid.clone())),
        (None, Some(employee)) => {
            let found = store::bindings::find_by_employee(tx, &target.corp, employee)?;
            Ok(found.map(|binding| binding.userid))
        }
        (None, None) => Ok(None),
    }
}

/// What becomes of one person: the targets that reach it, or why none does.
pub(super) enum Fate {
    /// At each of these targets, as this member.
    Reached(Vec<(usize, UserId)>),
    /// Not at all.
    Not(DeliveryState, &'static str, String),
}

/// Finds the targets that reach a person.
pub(super) fn fate(tx: &ReadTx, person: &Person, targets: &[Composed]) -> Result<Fate, StoreError> {
    if let Some((code, text)) = &person.fault {
        let state = match *code {
            "departed" => DeliveryState::Invalid,
            store::loose_ends::OTHER_WECOM => DeliveryState::Failed,
            _ => DeliveryState::UnknownRecipient,
        };
        return Ok(Fate::Not(state, code, text.clone()));
    }
    if targets.is_empty() {
        let text = "no rule matches the message: make one for its source, then send it again";
        return Ok(Fate::Not(DeliveryState::Failed, "no_rule", text.into()));
    }
    let mut reached = Vec::new();
    for (at, target) in targets.iter().enumerate() {
        reached.extend(member_at(tx, person, target)?.map(|userid| (at, userid)));
    }
    if !reached.is_empty() {
        return Ok(Fate::Reached(reached));
    }
    Ok(match &person.member {
        Some(member) => Fate::Not(
            DeliveryState::Failed,
            "no_rule",
            format!("no rule sends this message to the corp {}", member.corp),
        ),
        None => Fate::Not(
            DeliveryState::NotBound,
            "not_bound",
            "the employee is linked to no member of a corp that the rules send to: check the link".into(),
        ),
    })
}

/// Deliveries of all people, numbered, in batches. `new_id` gives ids of calls.
pub(super) fn batches(
    tx: &ReadTx,
    message: &Message,
    people: &[Person],
    targets: &[Composed],
    now_ms: i64,
    new_id: impl Fn() -> String,
) -> Result<Vec<Batch>, StoreError> {
    let mut open: Vec<Vec<Delivery>> = vec![Vec::new(); targets.len() + 1];
    let mut done: Vec<Batch> = Vec::new();
    let mut seq = 0;
    let close = |at: usize, rows: Vec<Delivery>| Batch {
        target: (at < targets.len()).then_some(at),
        rows,
        call: CallId::from(new_id()),
    };
    let mut put = |at: usize, row: Delivery| {
        open[at].push(row);
        if open[at].len() == CALL_MAX {
            done.push(close(at, std::mem::take(&mut open[at])));
        }
    };
    for person in people {
        match fate(tx, person, targets)? {
            Fate::Not(state, code, text) => {
                put(targets.len(), dead(row(message, seq, person, now_ms), state, code, text));
                seq += 1;
            }
            Fate::Reached(reached) => {
                for (at, userid) in reached {
                    let row = row(message, seq, person, now_ms);
                    match aimed(row, &targets[at], userid) {
                        row if row.state == DeliveryState::Waiting => put(at, row),
                        row => put(targets.len(), row),
                    }
                    seq += 1;
                }
            }
        }
    }
    for (at, rows) in open.into_iter().enumerate() {
        if !rows.is_empty() {
            done.push(close(at, rows));
        }
    }
    Ok(done)
}

/// A delivery at its target; dead where the content cannot be said there.
pub(super) fn aimed(mut row: Delivery, target: &Composed, userid: UserId) -> Delivery {
    row.userid = Some(userid);
    row.corp = Some(target.corp.clone());
    row.app = Some(target.app.clone());
    row.rule = Some(target.rule.clone());
    match &target.contents {
        Ok(contents) if !contents.is_empty() => row,
        Ok(_) => dead(row, DeliveryState::Failed, "content", "the rule says nothing for this message".into()),
        Err(why) => dead(row, DeliveryState::Failed, "content", why.clone()),
    }
}

/// The call of a batch: due now, or after the quiet hours.
pub(super) fn call(message: &Message, target: &Composed, batch: &Batch, now_ms: i64) -> SendCall {
    let contents = target.contents.as_deref().unwrap_or_default();
    let can_merge = contents.iter().all(|content| !matches!(content, Content::TemplateCard(_)));
    let quiet = target.quiet.clone().filter(|_| message.priority != Priority::High);
    let morning = quiet.as_ref().and_then(|window| quiet::ends_at(window, now_ms));
    let mut call = SendCall {
        id: batch.call.clone(),
        tenant: message.tenant.clone(),
        corp: target.corp.clone(),
        app: target.app.clone(),
        priority: message.priority,
        to: batch.rows.iter().filter_map(|row| row.userid.clone()).collect(),
        carries: vec![Carried {
            message: message.id.clone(),
            seqs: batch.rows.iter().map(|row| row.seq).collect(),
            keeper: None,
        }],
        parts: parts(&batch.call, contents),
        can_merge,
        state: CallState::Waiting,
        checks_repeats: true,
        first_sent_at_ms: None,
        doubts: 0,
        attempts: 0,
        due_at_ms: morning.unwrap_or(now_ms),
        held_until_ms: morning,
        expires_at_ms: message.expires_at_ms,
        rule: Some(target.rule.clone()),
        quiet,
        code: morning.map(|_| "quiet_hours".to_owned()),
        error: None,
        recall_wanted: false,
        made_at_ms: now_ms,
        sent_at_ms: None,
        trace: Vec::new(),
    };
    call.note(now_ms, "made", None);
    if morning.is_some() {
        call.note(now_ms, "held", Some("quiet hours".into()));
    }
    call
}

/// Contents of a call. A card's task_id must never be used twice in an app (doc path 90236): it is made of the call. Its
/// buttons carry random keys; what they mean stays here.
pub(super) fn parts(call: &CallId, contents: &[Content]) -> Vec<CallPart> {
    let part = |(n, content): (usize, &Content)| {
        let mut content = content.clone();
        let mut intents = Vec::new();
        if let Content::TemplateCard(card) = &mut content {
            if !card.task_id.is_empty() {
                card.task_id = format!("{call}@{n}");
            }
            for button in card.button_list.iter_mut().filter(|button| button.url.is_empty()) {
                let key = hex::encode(rand::random::<[u8; 16]>());
                let meant = std::mem::replace(&mut button.key, key.clone());
                intents.push(Intent { key, button: meant });
            }
        }
        CallPart { content, sent_at_ms: None, msgid: None, response_code: None, recalled_at_ms: None, intents }
    };
    contents.iter().enumerate().map(part).collect()
}

/// The contents of a call for another one, as they were before [`parts`] gave their buttons keys.
pub(super) fn contents_of(parts: &[CallPart]) -> Vec<Content> {
    let content = |part: &CallPart| {
        let mut content = part.content.clone();
        if let Content::TemplateCard(card) = &mut content {
            for button in &mut card.button_list {
                if let Some(intent) = part.intents.iter().find(|intent| intent.key == button.key) {
                    button.key.clone_from(&intent.button);
                }
            }
        }
        content
    };
    parts.iter().map(content).collect()
}

/// Writes a batch: its deliveries, and the call of those that go out now. Those that come too soon after another message
/// of the same rule are collected for a digest.
///
/// `now_ms` is a moment before the recipients were looked up: where the corp has become another WeCom since, the deliveries
/// have failed. The call is left [`CallState::Prepared`] where the message has further batches; it goes out when all are written.
pub(super) fn lay_down(
    tx: &WriteTx,
    message: &Message,
    targets: &[Composed],
    batch: &Batch,
    is_last: bool,
    now_ms: i64,
) -> Result<Option<SendCall>, StoreError> {
    let mut batch = batch.clone();
    let Some(target) = batch.target.and_then(|at| targets.get(at)) else {
        store::deliveries::put(tx, &message.tenant, &batch.rows)?;
        return Ok(None);
    };
    if store::loose_ends::is_former(tx, &target.corp, now_ms)? {
        let text = "the corp became another WeCom while the recipients were looked up: send it again";
        let failed = |row| dead(row, DeliveryState::Failed, store::loose_ends::OTHER_WECOM, text.into());
        let rows: Vec<Delivery> = batch.rows.into_iter().map(failed).collect();
        store::deliveries::put(tx, &message.tenant, &rows)?;
        return Ok(None);
    }
    let mut made = call(message, target, &batch, now_ms);
    if !is_last {
        made.state = CallState::Prepared;
    }
    let window_ms = target.digest_ms.filter(|_| made.can_merge && message.priority != Priority::High);
    for row in &mut batch.rows {
        row.call = Some(made.id.clone());
        row.code.clone_from(&made.code);
        if let (Some(window_ms), Some(userid)) = (window_ms, &row.userid)
            && collect(tx, target, &userid.folded(), row, window_ms, now_ms)?
        {
            row.code = Some("digest".into());
        }
    }
    if window_ms.is_some() {
        let goes = |row: &&Delivery| row.code.as_deref() != Some("digest");
        made.to = batch.rows.iter().filter(goes).filter_map(|row| row.userid.clone()).collect();
        made.carries[0].seqs = batch.rows.iter().filter(goes).map(|row| row.seq).collect();
        if made.to.is_empty() {
            // stays as the keeper of its contents
            made.state = CallState::Dropped;
        }
    }
    outbox::put_call(tx, &made)?;
    store::deliveries::put(tx, &message.tenant, &batch.rows)?;
    Ok(Some(made))
}

/// Collects a delivery where a burst is open at the member; otherwise opens one, and the delivery goes out.
fn collect(
    tx: &WriteTx,
    target: &Composed,
    folded: &str,
    row: &Delivery,
    window_ms: i64,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let app = outbox::app_name(&target.corp, &target.app);
    let known = outbox::burst(tx, &app, &target.rule, folded)?;
    let item = outbox::BurstItem { message: row.message.clone(), seq: row.seq };
    let (burst, is_collected) = match known {
        Some(mut burst) => {
            outbox::collect(tx, &mut burst, &item)?;
            (burst, true)
        }
        None => {
            let burst = outbox::Burst {
                app,
                rule: target.rule.clone(),
                userid: folded.to_owned(),
                until_ms: now_ms + window_ms,
                window_ms,
                collected: 0,
            };
            (burst, false)
        }
    };
    outbox::put_burst(tx, &burst)?;
    Ok(is_collected)
}

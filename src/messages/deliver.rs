//! The second half of the way: one desk per app takes what is due, the most urgent first, and sends it.
//!
//! Before a request goes out it is stored that it does. What is found in that state after a crash may have arrived, and is
//! repeated exactly as it was, with WeCom's duplicate check (doc path 90236).

use super::flows::{Flows, Fullest};
use super::outcome::{self, Judged, Pause};
use super::{Messages, REPEATS_S, quiet, recall};
use crate::model::{AppKey, CallId, CallState, Corp, CorpKey, DeliveryState, MessageId, SendCall, UserId};
use crate::store::outbox::{self, Burst, BurstItem};
use crate::store::{self, StoreError, WriteTx};
use crate::wecom::message::{AppMessage, ToWhom};
use crate::wecom::{CallError, Client, Credential, Patience};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Calls of one app under way at once.
const UNDER_WAY_MAX: usize = 16;
/// Person-times of one app on one day, per account of the corp (doc path 90236).
pub(super) const DAY_PER_SEAT: u64 = 200;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const CHINA_MS: i64 = 8 * HOUR_MS;
/// Fingerprints that are forgotten with each group of calls.
const FORGOTTEN_AT_ONCE: usize = 64;
/// A call that took longer is counted at its end too: WeCom may have counted it late.
const SLOW_MS: i64 = 1_500;
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// An app whose calls wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// Stable code: `no_connection`, `credential`, `settings`, `read_only`, `refused_app`.
    pub code: &'static str,
    /// One English sentence.
    pub text: String,
    /// When it is tried again, Unix milliseconds.
    pub until_ms: i64,
}

/// What holds an app up.
#[derive(Debug, Default)]
struct Gate {
    until_ms: i64,
    strikes: u32,
    pause: Option<Pause>,
}

/// All that is known about one app while the process lives.
pub(super) struct Desk {
    name: String,
    corp: CorpKey,
    app: AppKey,
    wake: Notify,
    gate: Mutex<Gate>,
    flows: Mutex<Flows>,
    /// Day in China, and person-times sent on it.
    day: Mutex<(i64, u64)>,
    under_way: Mutex<HashSet<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn china_day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// When the next day begins in China.
fn next_day_ms(at_ms: i64) -> i64 {
    (china_day(at_ms) + 1) * DAY_MS - CHINA_MS
}

impl Desk {
    pub(super) fn new(name: &str) -> Option<Self> {
        let (corp, app) = outbox::app_of(name)?;
        Some(Self {
            name: name.to_owned(),
            corp,
            app,
            wake: Notify::new(),
            gate: Mutex::default(),
            flows: Mutex::default(),
            day: Mutex::default(),
            under_way: Mutex::default(),
        })
    }

    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) fn resume(&self) {
        lock(&self.gate).until_ms = 0;
        self.wake();
    }

    pub(super) fn paused(&self) -> Option<Paused> {
        let gate = lock(&self.gate);
        let pause = gate.pause.as_ref().filter(|pause| pause.is_fault)?;
        Some(Paused {
            corp: self.corp.clone(),
            app: self.app.clone(),
            code: pause.code,
            text: pause.text.clone(),
            until_ms: gate.until_ms,
        })
    }

    /// How full the flows to members are, and the day's person-times.
    pub(super) fn meter(&self, now_ms: i64) -> (Fullest, u64) {
        let day = *lock(&self.day);
        (lock(&self.flows).fullest(now_ms), if day.0 == china_day(now_ms) { day.1 } else { 0 })
    }

    fn close_gate(&self, pause: &Pause, now_ms: i64) {
        let mut gate = lock(&self.gate);
        // calls that were under way together count once
        if gate.until_ms <= now_ms {
            gate.strikes += 1;
        }
        let pause_ms = outcome::backoff_ms(gate.strikes + if pause.code == "no_connection" { 0 } else { 4 });
        gate.until_ms = gate.until_ms.max(pause.until_ms.unwrap_or(now_ms + pause_ms));
        gate.pause = Some(pause.clone());
    }

    fn open_gate(&self) {
        *lock(&self.gate) = Gate::default();
    }

    /// Counts a call at its members, but for those at the places in `besides`; answers who is over WeCom's limits.
    fn count(&self, call: &SendCall, besides: &[(usize, i64)], at_ms: i64) -> HashSet<String> {
        let parts = call.parts.iter().filter(|part| part.sent_at_ms.is_none()).count();
        let mut flows = lock(&self.flows);
        let waits = |at: usize| besides.binary_search_by_key(&at, |(place, _)| *place).is_ok();
        let members = call.to.iter().enumerate().filter(|(at, _)| !waits(*at)).map(|(_, userid)| userid.folded());
        members.filter(|folded| flows.count(folded, parts, at_ms)).map(|folded| folded.to_string()).collect()
    }

    /// What was counted for the day did not reach WeCom.
    fn give_back_day(&self, call: &SendCall) {
        let mut day = lock(&self.day);
        day.1 = day.1.saturating_sub(call.person_times());
    }

    /// A call that was sent before this process began.
    fn recollect(&self, call: &SendCall, now_ms: i64) {
        let mut flows = lock(&self.flows);
        for userid in &call.to {
            flows.count(&userid.folded(), call.parts.len(), call.sent_at_ms.unwrap_or(now_ms));
        }
    }
}

/// Works until it is stopped.
pub(super) async fn run(messages: &Messages, desk: &Arc<Desk>) {
    let (env, stop) = (messages.env(), &messages.0.stop);
    while let Err(error) = remember(messages, desk).await {
        tracing::error!(%error, "the outbox of {} cannot be read: {error}", desk.name);
        tokio::select! {
            () = env.clock.sleep(AFTER_FAILURE) => {}
            () = stop.cancelled() => return,
        }
    }
    let calls = tokio_util::task::TaskTracker::new();
    while !stop.is_cancelled() {
        let woken = desk.wake.notified();
        let next_ms = match step(messages, desk, &calls).await {
            Ok(Step::More) => continue,
            Ok(Step::Idle { next_ms }) => next_ms,
            Err(error) => {
                tracing::error!(%error, "{} cannot send: {error}; it is tried again", desk.name);
                Some(env.clock.now_ms() + 2_000)
            }
        };
        let until = async {
            match next_ms {
                Some(at_ms) => env.clock.sleep_until_ms(at_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = woken => {}
            () = until => {}
            () = stop.cancelled() => {}
        }
    }
    calls.close();
    calls.wait().await;
}

/// Counts what was sent in the last hour and today, from the store.
async fn remember(messages: &Messages, desk: &Arc<Desk>) -> Result<(), StoreError> {
    let (desk, now_ms) = (Arc::clone(desk), messages.env().clock.now_ms());
    let read = move |tx: &store::ReadTx| {
        // a second attempt begins at nothing
        *lock(&desk.flows) = Flows::default();
        outbox::scan_sent(tx, &desk.name, now_ms - HOUR_MS - 120_000, |call| {
            desk.recollect(&call, now_ms);
            Ok(())
        })?;
        let person_times = outbox::person_times(tx, &desk.name, next_day_ms(now_ms) - DAY_MS)?;
        *lock(&desk.day) = (china_day(now_ms), person_times);
        Ok(())
    };
    messages.env().store.read_async(read).await
}

enum Step {
    More,
    Idle { next_ms: Option<i64> },
}

async fn step(
    messages: &Messages,
    desk: &Arc<Desk>,
    calls: &tokio_util::task::TaskTracker,
) -> Result<Step, StoreError> {
    let env = messages.env();
    let now_ms = env.clock.now_ms();
    let busy: HashSet<String> = lock(&desk.under_way).clone();
    let limit = {
        let gate = lock(&desk.gate);
        if gate.until_ms > now_ms {
            return Ok(Step::Idle { next_ms: Some(gate.until_ms) });
        }
        // after a fault one call finds out whether it is mended
        if gate.strikes > 0 { 1_usize.saturating_sub(busy.len()) } else { UNDER_WAY_MAX.saturating_sub(busy.len()) }
    };
    if limit == 0 {
        return Ok(Step::Idle { next_ms: None });
    }
    let (name, key) = (desk.name.clone(), desk.corp.clone());
    let (due, corp) = env
        .store
        .read_async(move |tx| {
            let due = outbox::due(tx, &name, now_ms, limit, |id| busy.contains(id))?;
            Ok((due, store::corps::find(tx, &key)?))
        })
        .await?;
    if due.calls.is_empty() {
        return Ok(Step::Idle { next_ms: due.next_ms });
    }
    let Some(corp) = corp.filter(|corp| corp.find_app(&desk.app).is_some()) else {
        let judged = Judged::Failed { code: "no_app", text: "the corp or the app was removed".into(), errcode: 0 };
        fail(messages, due.calls, judged, now_ms).await?;
        return Ok(Step::More);
    };
    let client = match env.client(&corp).await {
        Ok(client) => client,
        Err(error) => {
            let pause = Pause { until_ms: None, is_fault: true, code: "settings", text: error.to_string() };
            desk.close_gate(&pause, now_ms);
            return Ok(Step::More);
        }
    };
    let chosen: Vec<(SendCall, Choice)> = due
        .calls
        .into_iter()
        .map(|call| {
            let choice = choose(desk, &corp, &call, now_ms);
            (call, choice)
        })
        .collect();
    let ids: Vec<String> = chosen.iter().map(|_| messages.new_id()).collect();
    let apply = move |tx: &WriteTx| {
        outbox::forget_prints(tx, now_ms, FORGOTTEN_AT_ONCE)?;
        let mut go = Vec::new();
        for ((call, choice), id) in chosen.iter().zip(&ids) {
            let call = apply(tx, call, choice, &CallId::from(id.as_str()), now_ms)?;
            go.extend(call.map(|call| (call, choice.over())));
        }
        Ok(go)
    };
    let go: Vec<(SendCall, HashSet<String>)> = env.store.write(apply).await?;
    let client = Arc::new(client.with_patience(Patience::Interactive));
    let agentid = corp.find_app(&desk.app).map_or(0, |app| app.agentid);
    for (call, over) in go {
        lock(&desk.under_way).insert(call.id.to_string());
        let (messages, desk, client) = (messages.clone(), Arc::clone(desk), Arc::clone(&client));
        calls.spawn(async move {
            let id = call.id.to_string();
            send(&messages, &desk, &client, agentid, call, over).await;
            lock(&desk.under_way).remove(&id);
            desk.wake();
        });
    }
    Ok(Step::More)
}

/// What is done with a call that is due.
enum Choice {
    /// WeCom probably throws it away at these members, folded.
    Go { over: HashSet<String> },
    /// Its time is over.
    Expire,
    /// Not before that time, for this reason.
    Hold { until_ms: i64, code: &'static str },
    /// These members, by their place, must wait: WeCom would throw the message away.
    Divide { later: Vec<(usize, i64)> },
}

impl Choice {
    fn over(&self) -> HashSet<String> {
        if let Self::Go { over } = self { over.clone() } else { HashSet::new() }
    }
}

fn choose(desk: &Desk, corp: &Corp, call: &SendCall, now_ms: i64) -> Choice {
    let is_repeat = call.first_sent_at_ms.is_some();
    if !is_repeat {
        if call.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            return Choice::Expire;
        }
        if let Some(until_ms) = call.quiet.as_ref().and_then(|window| quiet::ends_at(window, now_ms)) {
            return Choice::Hold { until_ms, code: "quiet_hours" };
        }
        let mut day = lock(&desk.day);
        if day.0 != china_day(now_ms) {
            *day = (china_day(now_ms), 0);
        }
        let limit = u64::from(corp.quota.seats) * DAY_PER_SEAT;
        if limit > 0 && day.1 + call.person_times() > limit {
            return Choice::Hold { until_ms: next_day_ms(now_ms), code: "daily_quota" };
        }
        day.1 += call.person_times();
    }
    let parts = call.parts.iter().filter(|part| part.sent_at_ms.is_none()).count();
    let mut later = Vec::new();
    {
        let mut flows = lock(&desk.flows);
        for (at, userid) in call.to.iter().enumerate() {
            later.extend(flows.free_at(&userid.folded(), parts, now_ms).map(|free_ms| (at, free_ms)));
        }
    }
    let go = || Choice::Go { over: desk.count(call, &[], now_ms) };
    let Some(last_ms) = later.iter().map(|(_, free_ms)| *free_ms).max() else { return go() };
    if is_repeat {
        // the request must stay as it was
        let can_wait = outcome::repeatable_until(call).is_none_or(|until_ms| last_ms < until_ms);
        return if can_wait { Choice::Hold { until_ms: last_ms, code: "member_limit" } } else { go() };
    }
    desk.count(call, &later, now_ms);
    let held = later.len() as u64 * parts as u64;
    let mut day = lock(&desk.day);
    day.1 = day.1.saturating_sub(held);
    Choice::Divide { later }
}

/// Writes what was chosen; answers the call where it goes out.
fn apply(
    tx: &WriteTx,
    seen: &SendCall,
    choice: &Choice,
    new: &CallId,
    now_ms: i64,
) -> Result<Option<SendCall>, StoreError> {
    // as it is in this very commit: it may have been recalled meanwhile
    let Some(mut call) = outbox::call(tx, &seen.id)? else { return Ok(None) };
    if call.to != seen.to || call.state != seen.state {
        return Ok(None);
    }
    match choice {
        Choice::Expire => {
            call.state = CallState::Dropped;
            call.code = Some("expired".into());
            call.note(now_ms, "expired", None);
            outcome::each_delivery(tx, &call, |_, row, _| {
                (row.state, row.code, row.changed_at_ms) = (DeliveryState::Expired, Some("expired".into()), now_ms);
                Ok(())
            })?;
            outbox::put_call(tx, &call)?;
            return Ok(None);
        }
        Choice::Hold { until_ms, code } => {
            (call.due_at_ms, call.code) = (*until_ms, Some((*code).to_owned()));
            call.note(now_ms, "held", Some((*code).to_owned()));
            outbox::put_call(tx, &call)?;
            return Ok(None);
        }
        Choice::Divide { later } => {
            divide(tx, &mut call, later, new, now_ms)?;
            if call.to.is_empty() {
                call.state = CallState::Dropped;
                outbox::put_call(tx, &call)?;
                return Ok(None);
            }
        }
        Choice::Go { .. } => {}
    }
    if call.state == CallState::Sending {
        call.doubts += 1;
        call.note(now_ms, "interrupted", Some("the process ended while it was on its way".into()));
        if outcome::repeatable_until(&call).is_none_or(|until_ms| until_ms <= now_ms) {
            let text = "the process ended while it was on its way, and WeCom no longer suppresses its repetition";
            let judged = Judged::Unknown { text: text.into() };
            outcome::write(tx, &call, &judged, &HashSet::new(), now_ms)?;
            return Ok(None);
        }
    }
    if call.first_sent_at_ms.is_none() {
        call.first_sent_at_ms = Some(now_ms);
        let until_ms = now_ms + i64::from(REPEATS_S) * 1_000;
        call.checks_repeats = outbox::note_print(tx, &print(&call), &call.id, now_ms, until_ms)?;
    }
    call.state = CallState::Sending;
    call.attempts += 1;
    call.note(now_ms, if call.doubts > 0 { "again" } else { "sending" }, None);
    outbox::put_call(tx, &call)?;
    Ok(Some(call))
}

/// What makes two requests the same for WeCom: app, members, contents.
fn print(call: &SendCall) -> String {
    let mut digest = Sha256::new();
    digest.update(outbox::app_name(&call.corp, &call.app));
    for userid in &call.to {
        digest.update([0]);
        digest.update(userid.folded().as_bytes());
    }
    for part in &call.parts {
        digest.update([1]);
        digest.update(part.content.msgtype());
        digest.update(part.content.body().to_string());
    }
    hex::encode(digest.finalize())
}

/// Takes members out of a call who must wait. Their messages are collected and go out together where they can be put
/// together, otherwise as a call of their own.
fn divide(
    tx: &WriteTx,
    call: &mut SendCall,
    later: &[(usize, i64)],
    new: &CallId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let places: HashSet<usize> = later.iter().map(|(at, _)| *at).collect();
    let whole = call.clone();
    let stays = |at: &usize| !places.contains(at);
    let pick = |list: &[u32], keep: bool| -> Vec<u32> {
        list.iter().enumerate().filter(|(at, _)| stays(at) == keep).map(|(_, seq)| *seq).collect()
    };
    call.to = whole.to.iter().enumerate().filter(|(at, _)| stays(at)).map(|(_, id)| id.clone()).collect();
    for carried in &mut call.carries {
        carried.seqs = pick(&carried.seqs, true);
    }
    call.note(now_ms, "divided", Some(format!("{} members must wait: WeCom's limit per member", later.len())));
    if whole.can_merge {
        let app = outbox::app_name(&whole.corp, &whole.app);
        for (at, free_ms) in later {
            let folded = whole.to[*at].folded();
            let known = outbox::burst(tx, &app, "", &folded)?;
            let mut burst = known.unwrap_or_else(|| Burst {
                app: app.clone(),
                rule: String::new(),
                userid: folded.to_string(),
                until_ms: *free_ms,
                window_ms: 0,
                items: Vec::new(),
            });
            for carried in &whole.carries {
                let Some(mut row) = store::deliveries::find(tx, &carried.message, carried.seqs[*at])? else { continue };
                burst.items.push(BurstItem { message: row.message.clone(), seq: row.seq });
                row.code = Some("member_limit".into());
                store::deliveries::put(tx, &whole.tenant, &[row])?;
            }
            outbox::put_burst(tx, &burst)?;
        }
        return Ok(());
    }
    let due_at_ms = later.iter().map(|(_, free_ms)| *free_ms).max().unwrap_or(now_ms);
    let to: Vec<UserId> = later.iter().map(|(at, _)| whole.to[*at].clone()).collect();
    let mut other = SendCall { id: new.clone(), to, due_at_ms, code: Some("member_limit".into()), ..whole.clone() };
    other.parts = super::plan::parts(new, &whole.parts.iter().map(|part| part.content.clone()).collect::<Vec<_>>());
    for (carried, all) in other.carries.iter_mut().zip(&whole.carries) {
        carried.seqs = pick(&all.seqs, false);
        let mut rows = Vec::new();
        for seq in &carried.seqs {
            if let Some(mut row) = store::deliveries::find(tx, &all.message, *seq)? {
                row.call = Some(new.clone());
                rows.push(row);
            }
        }
        store::deliveries::put(tx, &whole.tenant, &rows)?;
        carried_by(tx, &all.message, new)?;
    }
    outbox::put_call(tx, &other)
}

/// A message is carried by a further call.
pub(super) fn carried_by(tx: &WriteTx, message: &MessageId, call: &CallId) -> Result<(), StoreError> {
    store::messages::add_call(tx, message, call)
}

async fn fail(messages: &Messages, calls: Vec<SendCall>, judged: Judged, now_ms: i64) -> Result<(), StoreError> {
    let write = move |tx: &WriteTx| {
        calls.iter().try_for_each(|call| outcome::write(tx, call, &judged, &HashSet::new(), now_ms).map(drop))
    };
    messages.env().store.write(write).await
}

/// Sends one call, content by content, and writes what became of it.
async fn send(
    messages: &Messages,
    desk: &Desk,
    client: &Client,
    agentid: u64,
    mut call: SendCall,
    over: HashSet<String>,
) {
    let env = messages.env();
    let began_ms = env.clock.now_ms();
    let credential = Credential::App(desk.app.clone());
    let sent = parts(client, &credential, agentid, &mut call, &env.clock).await;
    let now_ms = env.clock.now_ms();
    if now_ms - began_ms > SLOW_MS {
        desk.count(&call, &[], now_ms);
    }
    let judged = match sent {
        Ok(done) => {
            desk.open_gate();
            done
        }
        Err(error) => outcome::judge(&call, &error, now_ms),
    };
    if matches!(judged, Judged::Again { is_doubt: false, .. }) && call.doubts == 0 {
        // nothing reached WeCom: the next attempt is a first one again
        desk.give_back_day(&call);
        call.first_sent_at_ms = None;
    }
    if let Judged::Again { pause: Some(pause), .. } = &judged {
        desk.close_gate(pause, now_ms);
    } else if !matches!(judged, Judged::Again { .. }) {
        desk.open_gate();
    }
    loop {
        let (attempted, judged, over) = (call.clone(), judged.clone(), over.clone());
        let write = move |tx: &WriteTx| outcome::write(tx, &attempted, &judged, &over, now_ms);
        match env.store.write(write).await {
            Ok(false) => return,
            Ok(true) => return recall::recall_late(messages, &call.id).await,
            // closed for good: the next start finds it on its way and repeats it
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "what became of the call {} cannot be stored: {error}; tried again", call.id);
                tokio::select! {
                    () = env.clock.sleep(AFTER_FAILURE) => {}
                    () = messages.0.stop.cancelled() => return,
                }
            }
        }
    }
}

async fn parts(
    client: &Client,
    credential: &Credential,
    agentid: u64,
    call: &mut SendCall,
    clock: &crate::clock::Clock,
) -> Result<Judged, CallError> {
    let (mut invalid, mut unlicensed) = (HashSet::new(), HashSet::new());
    let checks = call.checks_repeats.then_some(REPEATS_S);
    for part in &mut call.parts {
        if part.sent_at_ms.is_some() {
            continue;
        }
        let mut message = AppMessage::new(agentid, ToWhom::users(call.to.clone()), part.content.clone());
        message.duplicate_check_s = checks;
        let sent = client.message_send(credential, &message).await?;
        part.sent_at_ms = Some(clock.now_ms());
        part.msgid = sent.id;
        part.response_code = sent.response_code;
        invalid.extend(sent.invalid_users.iter().map(|id| id.folded().to_string()));
        unlicensed.extend(sent.unlicensed_users.iter().map(|id| id.folded().to_string()));
    }
    Ok(Judged::Done { invalid, unlicensed })
}

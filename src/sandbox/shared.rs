//! [`State`]: the handle on a sandbox's inside, for seeding and for assertions.

mod acts;
mod messages;

use super::events::outbox::{Delivery, Letter, Outbox};
use super::events::{self, Change, Origin, courier, reply};
use super::jobs;
use super::options::{DeliveryOptions, Profile, SandboxOptions};
use super::state::World;
use super::state::corp::{App, Corp, Owner, VisibleRange};
use super::state::file::{CorpFile, FileError, StateFile};
use super::state::member::{Department, Member, Text, folded};
use super::traffic::Traffic;
use super::traffic::calls::{Call, Calls, EndpointCount};
use super::traffic::fault::{ActiveFault, Fault};
use super::traffic::quota::QuotaRow;
use crate::clock::Clock;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Notify;

/// A sandbox's inside; cheap to clone. Direct access changes things as the console does, without a call and without
/// an event, unless a function says otherwise.
#[derive(Debug, Clone)]
pub struct State(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    clock: Clock,
    offset_ms: AtomicI64,
    profile: Profile,
    base_url: String,
    world: Mutex<World>,
    traffic: Mutex<Traffic>,
    caller_ip: Mutex<Option<String>>,
    hints: AtomicU64,
    outbox: Mutex<Outbox>,
    wake: Notify,
    http: OnceLock<Option<reqwest::Client>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run_jobs(corp: &mut Corp, now_ms: i64) -> Vec<Letter> {
    let mut letters = Vec::new();
    for done in jobs::carry_out(corp, now_ms) {
        let origin = Origin::Call(done.owner);
        letters.extend(done.changes.iter().flat_map(|change| events::letters(corp, change, origin, now_ms)));
        letters.extend(done.event.map(|(callback, event)| events::job_letter(corp, &callback, &event, now_ms)));
    }
    letters
}

impl State {
    pub(crate) fn new(options: &SandboxOptions, base_url: String) -> Self {
        let traffic = Traffic { calls: Calls::keeping(options.calls_kept), ..Traffic::default() };
        Self(Arc::new(Inside {
            clock: options.clock.clone(),
            offset_ms: AtomicI64::new(0),
            profile: options.profile,
            base_url,
            world: Mutex::new(World::default()),
            traffic: Mutex::new(traffic),
            caller_ip: Mutex::new(None),
            hints: AtomicU64::new(1_700_000_000_000_000_000),
            outbox: Mutex::new(Outbox::default()),
            wake: Notify::new(),
            http: OnceLock::new(),
        }))
    }

    /// Where the sandbox listens, e.g. `http://127.0.0.1:9000`.
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// The profile of corps added without one.
    pub fn profile(&self) -> Profile {
        self.0.profile
    }

    /// The sandbox's time, Unix milliseconds: its clock and what was added to it.
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms() + self.0.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves the sandbox's own time on (or back) by so much, without touching the clock it shares.
    pub fn move_time(&self, by_ms: i64) {
        self.0.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
        self.wake();
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn wake(&self) {
        self.0.wake.notify_one();
    }

    pub(crate) fn woken(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.wake.notified()
    }

    /// Carries out what is due by now in every corp.
    pub(crate) fn carry_out_jobs(&self) {
        let now_ms = self.now_ms();
        let letters: Vec<Letter> = self.with(|world| {
            if world.next_due_ms().is_none_or(|due| due > now_ms) {
                return Vec::new();
            }
            world.corps.values_mut().flat_map(|corp| run_jobs(corp, now_ms)).collect()
        });
        self.post(letters);
    }

    /// Tells the callbacks of a corp about changes.
    pub(crate) fn announce(&self, corpid: &str, changes: &[Change], origin: Origin) {
        let now_ms = self.now_ms();
        let letters = self.with_corp(corpid, |corp| {
            changes.iter().flat_map(|change| events::letters(corp, change, origin, now_ms)).collect::<Vec<_>>()
        });
        self.post(letters.unwrap_or_default());
    }

    pub(crate) fn post(&self, letters: Vec<Letter>) {
        if letters.is_empty() {
            return;
        }
        let now_ms = self.now_ms();
        let mut outbox = lock(&self.0.outbox);
        for letter in letters {
            outbox.post(letter, now_ms);
        }
        drop(outbox);
        self.wake();
    }

    pub(crate) fn take_due_letters(&self) -> Vec<Letter> {
        lock(&self.0.outbox).take_due(self.now_ms())
    }

    /// Notes the end of a try, and lets a passive reply do its work.
    pub(crate) fn letter_tried(&self, letter: Letter, status: Option<u16>, body: &str) {
        let now_ms = self.now_ms();
        let talk = letter.talk.as_ref().filter(|_| status == Some(200));
        let reply =
            talk.and_then(|talk| self.with_corp(&talk.corpid, |corp| reply::take(corp, &letter, talk, body, now_ms)));
        lock(&self.0.outbox).tried(letter, now_ms, status, reply.unwrap_or_default());
        self.wake();
    }

    /// The client of all callbacks; `None` when it cannot be built.
    pub(crate) fn http(&self) -> Option<reqwest::Client> {
        self.0.http.get_or_init(courier::client).clone()
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        let jobs = self.with(|world| world.next_due_ms());
        let letters = lock(&self.0.outbox).next_due_ms();
        jobs.into_iter().chain(letters).min()
    }

    /// How events are delivered from now on.
    pub fn set_delivery(&self, options: DeliveryOptions) {
        lock(&self.0.outbox).configure(options);
    }

    /// How events are delivered.
    pub fn delivery(&self) -> DeliveryOptions {
        lock(&self.0.outbox).options.clone()
    }

    /// Tries to deliver events, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.0.outbox).log().cloned().collect()
    }

    /// Number of the newest try to deliver something.
    pub(crate) fn last_delivery(&self) -> u64 {
        lock(&self.0.outbox).last_number()
    }

    /// Events neither delivered nor given up.
    pub fn pending_events(&self) -> usize {
        lock(&self.0.outbox).pending()
    }

    pub(crate) fn hint(&self) -> u64 {
        self.0.hints.fetch_add(1, Ordering::Relaxed)
    }

    /// Reads or changes anything. Do not call back into the state from inside.
    pub fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut lock(&self.0.world))
    }

    pub(crate) fn with_traffic<T>(&self, work: impl FnOnce(&mut Traffic) -> T) -> T {
        work(&mut lock(&self.0.traffic))
    }

    /// Reads or changes a corp; `None` when there is no such corp.
    pub fn with_corp<T>(&self, corpid: &str, work: impl FnOnce(&mut Corp) -> T) -> Option<T> {
        self.with(|world| world.corps.get_mut(corpid).map(work))
    }

    /// Adds a corp with the sandbox's profile, a root department and this contacts secret, which may edit and trusts
    /// calls from this machine. An existing corp is replaced.
    pub fn add_corp(&self, corpid: &str, contacts_secret: &str) {
        self.add_corp_of(corpid, contacts_secret, self.0.profile);
    }

    /// [`State::add_corp`] with another profile.
    pub fn add_corp_of(&self, corpid: &str, contacts_secret: &str, profile: Profile) {
        let mut corp = Corp::new(corpid, profile);
        contacts_secret.clone_into(&mut corp.contacts.secret);
        self.with(|world| world.corps.insert(corpid.to_owned(), corp));
    }

    /// Adds a self-built app that trusts calls from this machine. It was created in 2024, or in 2020 under the profile
    /// `public-legacy`, and so does or does not read sensitive fields.
    pub fn add_app(&self, corpid: &str, agentid: u64, secret: &str, visible: VisibleRange) {
        self.with_corp(corpid, |corp| {
            let created_at_ms =
                if corp.profile == Profile::PublicLegacy { 1_577_836_800_000 } else { 1_704_067_200_000 };
            let name = format!("app {agentid}");
            corp.apps.insert(agentid, App { name, secret: secret.into(), visible, created_at_ms, ..App::default() });
        });
    }

    /// Puts a department without any check; `order` 0 = the system's default.
    pub fn seed_department(&self, corpid: &str, id: u32, parent: u32, name: &str, order: u32) {
        self.with_corp(corpid, |corp| {
            let order = if order == 0 { corp.directory.next_order(parent) } else { order };
            let name_en = Text::default();
            corp.directory.put_department(Department { id, parent, name: name.into(), name_en, order, unit_type: 0 });
        });
    }

    /// Puts a member without any check.
    pub fn seed_member(&self, corpid: &str, member: Member) {
        self.with_corp(corpid, |corp| corp.directory.put_member(member));
    }

    /// All departments of a corp, by id.
    pub fn departments(&self, corpid: &str) -> Vec<Department> {
        self.with_corp(corpid, |corp| corp.directory.departments().cloned().collect()).unwrap_or_default()
    }

    /// A department.
    pub fn find_department(&self, corpid: &str, id: u32) -> Option<Department> {
        self.with_corp(corpid, |corp| corp.directory.department(id).cloned()).flatten()
    }

    /// All members of a corp, by folded userid.
    pub fn members(&self, corpid: &str) -> Vec<Member> {
        self.with_corp(corpid, |corp| corp.directory.members().cloned().collect()).unwrap_or_default()
    }

    /// A member, without regard to case.
    pub fn find_member(&self, corpid: &str, userid: &str) -> Option<Member> {
        self.with_corp(corpid, |corp| corp.directory.member(&folded(userid)).cloned()).flatten()
    }

    /// Number of members.
    pub fn member_count(&self, corpid: &str) -> usize {
        self.with_corp(corpid, |corp| corp.directory.member_count()).unwrap_or_default()
    }

    /// Replaces the trusted IPs of a secret as the console does: effective after 60 s.
    pub fn set_trusted_ips(&self, corpid: &str, owner: Owner, ips: &[&str]) {
        let now_ms = self.now_ms();
        self.with_corp(corpid, |corp| {
            if let Some(trusted) = corp.trusted_ips(owner) {
                trusted.change(ips.iter().map(|&ip| ip.to_owned()), now_ms);
            }
        });
    }

    /// The IP that calls seem to come from, unless they say so in `X-Sandbox-Ip`; `None` = the real one.
    pub fn set_caller_ip(&self, ip: Option<&str>) {
        *lock(&self.0.caller_ip) = ip.map(str::to_owned);
    }

    pub(crate) fn caller_ip(&self) -> Option<String> {
        lock(&self.0.caller_ip).clone()
    }

    /// Takes back all tokens of a corp; they answer 40014.
    pub fn invalidate_tokens(&self, corpid: &str) -> usize {
        self.with(|world| world.invalidate_tokens(Some(corpid), None))
    }

    /// Adds a fault; answers its id.
    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.with_traffic(|traffic| traffic.faults.add(fault))
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.with_traffic(|traffic| traffic.faults.remove(None));
    }

    /// All faults with their hits.
    pub fn faults(&self) -> Vec<ActiveFault> {
        self.with_traffic(|traffic| traffic.faults.list().to_vec())
    }

    /// The remembered calls, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.with_traffic(|traffic| traffic.calls.iter().cloned().collect())
    }

    /// Calls by endpoint since the start or the last [`State::clear_calls`].
    pub fn call_counts(&self) -> BTreeMap<String, EndpointCount> {
        self.with_traffic(|traffic| traffic.calls.counts().clone())
    }

    /// Number of calls of one endpoint, e.g. `user/create`.
    pub fn count(&self, endpoint: &str) -> u64 {
        self.with_traffic(|traffic| traffic.calls.counts().get(endpoint).map_or(0, |count| count.calls))
    }

    /// Forgets the calls log.
    pub fn clear_calls(&self) {
        self.with_traffic(|traffic| traffic.calls.clear());
    }

    /// The quota windows.
    pub fn quotas(&self) -> Vec<QuotaRow> {
        let now_ms = self.now_ms();
        self.with_traffic(|traffic| traffic.quotas.rows(now_ms))
    }

    /// Forgets quota windows and lock-outs.
    pub fn clear_quotas(&self) {
        self.with_traffic(|traffic| traffic.quotas.clear());
    }

    /// The corps as a file.
    pub fn save(&self) -> Result<StateFile, FileError> {
        let corps = self.with(|world| world.corps.values().map(CorpFile::of).collect::<Result<_, _>>())?;
        Ok(StateFile { corps })
    }

    /// Adds the corps of a file, replacing those with the same CorpID. On `Err` nothing was changed.
    pub fn load(&self, file: StateFile) -> Result<(), FileError> {
        let corps: Vec<Corp> =
            file.corps.into_iter().map(|corp| corp.into_corp(self.0.profile)).collect::<Result<_, _>>()?;
        self.with(|world| {
            for corp in corps {
                world.invalidate_tokens(Some(&corp.corpid), None);
                world.corps.insert(corp.corpid.clone(), corp);
            }
        });
        self.wake();
        Ok(())
    }

    /// [`State::load`] from JSON text.
    pub fn load_json(&self, text: &str) -> Result<(), FileError> {
        self.load(serde_json::from_str(text)?)
    }
}

//! A bridge and a sandbox of one to three corps on one clock, with rules that say what a test wants.

use crate::support::{self, corp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::{Compose, Composed, Messages, NewMessage};
use wecom_bridge::model::content::Content;
use wecom_bridge::model::{
    Actor, Corp, CorpKey, Delivery, DeliveryState, Employee, MemberBinding, Message, MessageId, OrgUnit, QuietWindow,
    Secret, SecretName, Tenant,
};
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{Member, Profile, Sandbox, SandboxOptions, State, VisibleRange, seed};
use wecom_bridge::store::{self, KeyRing, ReadTx, Store, StoreError, StoreOptions};
use wecom_bridge::sync::Env;
use wecom_bridge::wecom::{Clients, NoObserver};

pub use crate::support::corp::{CORPID, START_MS};

/// How long a test waits for something, in real time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// CorpIDs of the second and third corp.
pub const OTHERS: [&str; 2] = ["ww2222222222222222", "ww3333333333333333"];

pub fn actor() -> Actor {
    Actor { name: "test".into(), from: None }
}

/// One rule.
#[derive(Clone)]
pub struct Route {
    pub rule: &'static str,
    pub corp: &'static str,
    pub app: &'static str,
    pub say: fn(&Message) -> Result<Vec<Content>, String>,
    pub quiet: Option<QuietWindow>,
    pub digest_ms: Option<i64>,
}

pub fn title(message: &Message) -> Result<Vec<Content>, String> {
    Ok(vec![Content::text(message.title.clone())])
}

/// A card with a button.
pub fn card(message: &Message) -> Result<Vec<Content>, String> {
    let card = json!({
        "msgtype": "template_card",
        "card_type": "button_interaction", "task_id": "t", "main_title": { "title": message.title },
        "button_list": [{ "text": "同意", "style": 1, "key": "ok" }]
    });
    Ok(vec![serde_json::from_value(card).map_err(|error| error.to_string())?])
}

/// Everything to the app of one corp, as its title.
pub fn to(corp: &'static str) -> Route {
    Route { rule: "r1", corp, app: "oa", say: title, quiet: None, digest_ms: None }
}

#[derive(Default)]
pub struct Routes(pub Mutex<Vec<Route>>);

impl Compose for Routes {
    fn compose(&self, _: &ReadTx, message: &Message) -> Result<Vec<Composed>, StoreError> {
        let routes = self.0.lock().unwrap();
        Ok(routes
            .iter()
            .map(|route| Composed {
                rule: route.rule.into(),
                corp: route.corp.into(),
                app: route.app.into(),
                contents: (route.say)(message),
                quiet: route.quiet.clone(),
                digest_ms: route.digest_ms,
            })
            .collect())
    }
}

pub fn corp_settings(n: usize, base: &str) -> Corp {
    let mut settings = corp::corp(base);
    settings.match_rules = Vec::new();
    if n > 0 {
        settings.key = format!("acme-{}", n + 1).as_str().into();
        settings.corpid = OTHERS[n - 1].into();
    }
    settings
}

pub fn corp_key(n: usize) -> CorpKey {
    if n == 0 { "acme-main".into() } else { format!("acme-{}", n + 1).as_str().into() }
}

pub fn corpid(n: usize) -> &'static str {
    if n == 0 { CORPID } else { OTHERS[n - 1] }
}

pub fn start_sandbox(clock: &Clock, corps: usize) -> Sandbox {
    let sandbox = Sandbox::start(SandboxOptions {
        profile: Profile::PublicNew,
        clock: clock.clone(),
        workers: 1,
        calls_kept: 200_000,
        ..SandboxOptions::default()
    })
    .unwrap();
    for n in 0..corps {
        sandbox.state().add_corp(corpid(n), seed::CONTACTS_SECRET);
        sandbox.state().add_app(corpid(n), seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    }
    sandbox
}

pub fn open_store(folder: &Path, clock: &Clock) -> Store {
    let keys = KeyRing::load_or_create(&folder.join("master.key"), folder).unwrap();
    Store::open(folder, StoreOptions::new(keys, clock.clone())).unwrap()
}

pub fn furnish(store: &Store, base: &str, corps: usize) {
    let list: Vec<Corp> = (0..corps).map(|n| corp_settings(n, base)).collect();
    store
        .write_blocking(move |tx| {
            store::tenants::put(tx, &Tenant { key: "acme".into(), name: "示例集团".into() })?;
            let root =
                json!([{ "id": "root", "name": "示例集团" }, { "id": "lab", "parent_id": "root", "name": "研发" }]);
            store::directory::put_units(tx, &"acme".into(), &serde_json::from_value::<Vec<OrgUnit>>(root).unwrap())?;
            for corp in &list {
                store::corps::put(tx, corp)?;
                store::secrets::put(tx, &corp.key, &SecretName::Contacts, &Secret::new(seed::CONTACTS_SECRET))?;
                store::secrets::put(tx, &corp.key, &SecretName::App("oa".into()), &Secret::new(seed::APP_SECRET))?;
            }
            Ok(())
        })
        .unwrap();
}

pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub store: Store,
    pub messages: Messages,
    pub routes: Arc<Routes>,
    pub folder: tempfile::TempDir,
}

impl World {
    /// One corp, and a rule that sends everything there, on a clock on which waiting costs nothing.
    pub fn new() -> Self {
        Self::of(Clock::jumping(START_MS), 1)
    }

    /// So many corps; without a rule if there are several.
    pub fn of(clock: Clock, corps: usize) -> Self {
        let sandbox = start_sandbox(&clock, corps);
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), &clock);
        furnish(&store, sandbox.base_url(), corps);
        let routes = Arc::new(Routes::default());
        if corps == 1 {
            routes.0.lock().unwrap().push(to("acme-main"));
        }
        let messages = build(&store, &clock, &routes);
        messages.start();
        Self { sandbox, clock, store, messages, routes, folder }
    }

    pub fn state(&self) -> &State {
        self.sandbox.state()
    }

    pub fn set_routes(&self, routes: Vec<Route>) {
        *self.routes.0.lock().unwrap() = routes;
    }

    /// Employees `e<n>` of the unit, in the corp as members `u<n>` and linked to them.
    pub fn people(&self, corp: usize, numbers: std::ops::Range<usize>, unit: &'static str) {
        for n in numbers.clone() {
            self.state().seed_member(corpid(corp), Member::new(&format!("u{n}"), &format!("员工{n}"), 1));
        }
        self.employees(numbers.clone(), unit);
        self.store
            .write_blocking(move |tx| {
                let bound: Vec<MemberBinding> = numbers
                    .clone()
                    .map(|n| {
                        serde_json::from_value(json!({
                            "employee": format!("e{n}"), "userid": format!("u{n}"), "origin": "rule", "bound_at_ms": 1
                        }))
                        .unwrap()
                    })
                    .collect();
                store::bindings::put_members(tx, &corp_key(corp), &bound)
            })
            .unwrap();
    }

    /// Employees without a link.
    pub fn employees(&self, numbers: std::ops::Range<usize>, unit: &'static str) {
        self.store
            .write_blocking(move |tx| {
                let rows: Vec<Employee> =
                    numbers.clone().map(|n| Employee::new(format!("e{n}"), &format!("员工{n}"), unit)).collect();
                store::directory::put_employees(tx, &"acme".into(), &rows)
            })
            .unwrap();
    }

    /// The app has an address, without which WeCom takes no card that calls back.
    pub fn let_cards_through(&self) {
        self.state().with_corp(corpid(0), |corp| {
            let callback = wecom_bridge::sandbox::Callback {
                url: "http://127.0.0.1:9/cb".into(),
                token: "token".into(),
                aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into(),
            };
            corp.apps.get_mut(&seed::AGENTID).unwrap().callback = Some(callback);
        });
    }

    /// Changes a corp's settings.
    pub fn set(&self, corp: usize, change: impl FnOnce(&mut Corp)) {
        let mut found = self.store.read(|tx| store::corps::find(tx, &corp_key(corp))).unwrap().unwrap();
        change(&mut found);
        self.store.write_blocking(move |tx| store::corps::put(tx, &found)).unwrap();
    }

    pub async fn post(&self, message: Value) -> MessageId {
        let new: NewMessage = serde_json::from_value(message).unwrap();
        self.messages.accept(&actor(), vec![new], None).await.unwrap().ids.remove(0)
    }

    /// A message with this title to these employees.
    pub async fn say(&self, title: &str, employees: &[&str]) -> MessageId {
        self.post(message(title, employees)).await
    }

    /// Everything that is known about the recipients.
    pub fn deliveries(&self, id: &MessageId) -> Vec<Delivery> {
        self.store.read(|tx| store::deliveries::list(tx, id, 0, usize::MAX)).unwrap()
    }

    /// The state and code of each recipient.
    pub fn states(&self, id: &MessageId) -> Vec<(DeliveryState, String)> {
        self.deliveries(id).into_iter().map(|row| (row.state, row.code.unwrap_or_default())).collect()
    }

    /// Returns when a message has nothing more to wait for.
    pub async fn ended(&self, id: &MessageId) -> BTreeMap<DeliveryState, u32> {
        self.until(|| self.tally(id).is_some_and(|tally| !tally.contains_key(&DeliveryState::Waiting))).await;
        self.tally(id).unwrap()
    }

    pub fn tally(&self, id: &MessageId) -> Option<BTreeMap<DeliveryState, u32>> {
        self.store.read(|tx| store::messages::head(tx, id)).unwrap().map(|head| head.tally.0)
    }

    #[track_caller]
    pub fn until(&self, what: impl Fn() -> bool) -> impl Future<Output = ()> {
        support::until(PATIENCE, what)
    }

    /// Texts that reached a member, in their order.
    pub fn inbox(&self, corp: usize, userid: &str) -> Vec<String> {
        inbox(self.state(), corpid(corp), userid)
    }

    pub fn is_good(&self) {
        let report = self.store.verify().unwrap();
        assert!(report.is_good(), "{:?}", report.faults);
    }
}

pub fn build(store: &Store, clock: &Clock, routes: &Arc<Routes>) -> Messages {
    let clients = Clients::new(clock.clone(), Arc::new(NoObserver));
    Messages::new(Env::new(store.clone(), clock.clone(), clients), Arc::clone(routes) as Arc<dyn Compose>)
}

pub fn message(title: &str, employees: &[&str]) -> Value {
    json!({ "tenant": "acme", "source": "workflow", "title": title, "recipients": { "employees": employees } })
}

pub fn inbox(state: &State, corpid: &str, userid: &str) -> Vec<String> {
    arrived(&state.messages(corpid), userid)
}

/// The same of the members `u0`, `u1` … of a corp, with their ids.
pub fn inboxes(state: &State, corpid: &str, people: usize) -> Vec<(String, Vec<String>)> {
    let messages = state.messages(corpid);
    let userids = (0..people).map(|n| format!("u{n}"));
    userids.map(|userid| (userid.clone(), arrived(&messages, &userid))).collect()
}

fn arrived(messages: &[wecom_bridge::sandbox::messages::message::Message], userid: &str) -> Vec<String> {
    let arrived = |message: &&wecom_bridge::sandbox::messages::message::Message| {
        message.receipt(userid).is_some_and(|receipt| message.truth(receipt) == Truth::Arrived)
    };
    messages.iter().filter(arrived).map(|message| text(&message.content)).collect()
}

fn text(content: &wecom_bridge::sandbox::messages::content::Content) -> String {
    let value = serde_json::to_value(content).unwrap();
    fn find(value: &Value) -> Option<String> {
        match value {
            Value::Object(map) => {
                let own = ["content", "title"].iter().find_map(|key| map.get(*key).and_then(Value::as_str));
                own.map(str::to_owned).or_else(|| map.values().find_map(find))
            }
            Value::Array(list) => list.iter().find_map(find),
            _ => None,
        }
    }
    find(&value).unwrap_or_default()
}

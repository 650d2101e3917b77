//! What a member does on the phone: talks to an app, opens it, taps its menu, presses the buttons of its cards. Each act
//! is told to the app by a real encrypted callback (doc paths 90239, 90240).
//!
//! Knows members, apps and messages; no HTML and no HTTP.

mod cards;
mod menu;
mod system;
mod talk;

pub use menu::Extra;
pub use system::{EventOrder, letter as system_letter};

use super::events::element::{self, Element};
use super::events::outbox::{Letter, Talk};
use super::messages::content::{Page, Place};
use super::options::DeliveryOptions;
use super::state::corp::{App, Corp};
use super::state::member::{Member, Text, folded};
use serde::Deserialize;

/// Something a member does with an app.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Sends a text.
    Text {
        /// The words.
        content: String,
    },
    /// Sends a picture that was uploaded.
    Image {
        /// Which.
        media_id: String,
    },
    /// Sends a voice message.
    Voice {
        /// Which.
        media_id: String,
    },
    /// Sends a video.
    Video {
        /// Which.
        media_id: String,
        /// Its still picture.
        #[serde(default)]
        thumb_media_id: String,
    },
    /// Sends a place.
    Location(Place),
    /// Sends a link.
    Link(Page),
    /// Opens the app: `enter_agent` and `LOCATION`, as far as the app asked for them.
    Enter,
    /// Taps an entry of the menu.
    Menu {
        /// `[1]`, or `[1, 0]` for an entry below.
        place: Vec<usize>,
        /// What the tap brings along: a scanned code, pictures, a place.
        #[serde(default)]
        with: Extra,
    },
    /// Presses a button of a card, or submits its choices.
    Press {
        /// Number of the message.
        message: u64,
        /// Key of the button.
        key: String,
        /// QuestionKey and OptionIds; what is left out stays as the card chose it.
        #[serde(default)]
        choices: Vec<(String, Vec<String>)>,
    },
    /// Chooses an entry of a card's menu.
    Action {
        /// Number of the message.
        message: u64,
        /// Key of the entry.
        key: String,
    },
    /// Enters the range of the app.
    Subscribe,
    /// Leaves the range of the app.
    Unsubscribe,
}

/// What an act led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acted {
    /// Callbacks on their way.
    pub sent: usize,
    /// Address that the client opens.
    pub opens: Option<String>,
}

/// Why the client does not let a member do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// Unknown corp.
    #[error("there is no such corp")]
    NoCorp,
    /// Unknown, disabled or gone.
    #[error("there is no such member, or the member is disabled or has left")]
    NoMember,
    /// Unknown or outside the member's sight.
    #[error("the member does not see this app")]
    NoApp,
    /// Nothing to send.
    #[error("the message is empty")]
    Empty,
    /// Unknown, expired, or of another kind.
    #[error("the media_id is unknown, expired or of another kind")]
    NoMedia,
    /// Not there, dropped or recalled.
    #[error("the member does not see this message")]
    NoMessage,
    /// The card has no such button, or has it no more.
    #[error("the card has no such button")]
    NoButton,
    /// Pressed before, and the switch says that pressed cards are locked.
    #[error("the button has been pressed")]
    Locked,
    /// An option that is not one, or too many.
    #[error("the choices do not fit the card")]
    BadChoice,
    /// The app has no menu, or no such entry.
    #[error("the menu has no such entry")]
    NoEntry,
    /// A name that no event has.
    #[error("the event {0} is unknown")]
    NoEvent(String),
}

/// An act under way.
struct Doing<'a> {
    corp: &'a mut Corp,
    agentid: u64,
    userid: Text,
    now_ms: i64,
    base_url: &'a str,
    options: &'a DeliveryOptions,
    letters: Vec<Letter>,
}

/// Does it; the letters are still to be posted.
pub fn perform(
    corp: &mut Corp,
    userid: &str,
    agentid: u64,
    act: Act,
    (now_ms, base_url, options): (i64, &str, &DeliveryOptions),
) -> Result<(Acted, Vec<Letter>), ActError> {
    let key = folded(userid);
    let member = corp.directory.member(&key).filter(|member| member.is_enabled && !member.has_left);
    if member.is_none() {
        return Err(ActError::NoMember);
    }
    let sees = corp.apps.get(&agentid).is_some_and(|app| app.is_enabled && corp.sees_member(app, &key));
    if !sees {
        return Err(ActError::NoApp);
    }
    let mut doing = Doing { corp, agentid, userid: key, now_ms, base_url, options, letters: Vec::new() };
    let opens = match act {
        Act::Text { content } => doing.text(content).map(|()| None),
        Act::Image { media_id } => doing.image(media_id).map(|()| None),
        Act::Voice { media_id } => doing.voice(media_id).map(|()| None),
        Act::Video { media_id, thumb_media_id } => doing.video(media_id, thumb_media_id).map(|()| None),
        Act::Location(place) => {
            doing.place(place);
            Ok(None)
        }
        Act::Link(page) => doing.link(page).map(|()| None),
        Act::Enter => {
            doing.enter();
            Ok(None)
        }
        Act::Menu { place, with } => doing.menu(&place, with),
        Act::Press { message, key, choices } => doing.press(message, &key, choices).map(|()| None),
        Act::Action { message, key } => doing.action(message, &key).map(|()| None),
        Act::Subscribe => {
            doing.event("subscribe", vec![Element::text("EventKey", "")], None);
            Ok(None)
        }
        Act::Unsubscribe => {
            doing.event("unsubscribe", vec![Element::text("EventKey", "")], None);
            Ok(None)
        }
    }?;
    Ok((Acted { sent: doing.letters.len(), opens }, doing.letters))
}

impl Doing<'_> {
    fn app(&self) -> Option<&App> {
        self.corp.apps.get(&self.agentid)
    }

    /// The userid as the directory has it.
    fn sender(&self) -> String {
        let member: Option<&Member> = self.corp.directory.member(&self.userid);
        member.map(|member| member.userid.to_string()).unwrap_or_default()
    }

    /// Tells the app of an event; `message` is the card that it is about.
    fn event(&mut self, name: &str, extra: Vec<Element>, message: Option<u64>) {
        let mut elements = vec![
            Element::text("ToUserName", self.corp.corpid.clone()),
            Element::text("FromUserName", self.sender()),
            Element::number("CreateTime", self.now_ms.div_euclid(1000)),
            Element::text("MsgType", "event"),
            Element::text("Event", name),
        ];
        elements.extend(extra);
        elements.push(Element::number("AgentID", self.agentid));
        self.post(name, elements, message);
    }

    /// Tells the app of a message.
    fn message(&mut self, msgtype: &str, content: Vec<Element>) {
        // 19 digits, as in the samples.
        let msgid = 1_000_000_000_000_000_000 + rand::random::<u64>() % 8_000_000_000_000_000_000;
        let mut elements = vec![
            Element::text("ToUserName", self.corp.corpid.clone()),
            Element::text("FromUserName", self.sender()),
            Element::number("CreateTime", self.now_ms.div_euclid(1000)),
            Element::text("MsgType", msgtype),
        ];
        elements.extend(content);
        elements.push(Element::number("MsgId", msgid));
        elements.push(Element::number("AgentID", self.agentid));
        self.post(msgtype, elements, None);
    }

    /// Nothing is sent for an app without an address.
    fn post(&mut self, kind: &str, elements: Vec<Element>, message: Option<u64>) {
        let Some(callback) = self.app().and_then(|app| app.callback.clone()) else { return };
        let is_event = elements.iter().any(|element| matches!(element, Element::Text(name, _) if name == "Event"));
        let turn = usize::try_from(rand::random::<u32>()).unwrap_or_default();
        let text = element::render(elements, self.options, turn);
        let mut letter = Letter::new(&callback, &self.corp.corpid, Some(self.agentid), text, kind);
        letter.talk = Some(Talk {
            corpid: self.corp.corpid.clone(),
            agentid: self.agentid,
            userid: self.userid.clone(),
            event: if is_event { kind.to_owned() } else { String::new() },
            message,
        });
        self.letters.push(letter);
    }
}

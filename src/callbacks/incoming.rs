//! What a decrypted text says it is: sender, kind, time, and what a repeat of it is recognised by. Pure.

use super::tree::{Tree, TreeFault};
use crate::model::Text;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// A kind is cut to so many bytes; documented names are half as long.
const KIND_MAX_BYTES: usize = 64;
/// Bytes of the hash that stand for an event.
const DIGEST_BYTES: usize = 16;

/// Why a text is no message and no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IncomingFault {
    /// It cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeFault),
    /// Neither `MsgType` nor `InfoType`.
    #[error("the text does not say what it is: MsgType, Event or InfoType is missing")]
    NoKind,
}

/// A message or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming<'t> {
    /// Group and name: `message.text`, `event.click`, `contact.create_user`, `customer.add_external_contact`,
    /// `suite.suite_ticket`.
    pub kind: Text,
    /// `FromUserName`; empty where there is none.
    pub from: Text,
    /// The app that it names.
    pub agentid: Option<u64>,
    /// `CreateTime` (`TimeStamp` of suites), Unix seconds; 0 = none.
    pub created_at_s: i64,
    /// What a repeat has in common with the first delivery.
    pub digest: Text,
    /// Everything that it says.
    pub tree: Tree<'t>,
}

impl<'t> Incoming<'t> {
    /// Reads a decrypted text.
    pub fn parse(text: &'t str) -> Result<Self, IncomingFault> {
        let tree = Tree::parse(text)?;
        let field = |name: &str| tree.text(name).map(str::trim).unwrap_or_default();
        let kind = kind_of(&tree).ok_or(IncomingFault::NoKind)?;
        let created = if field("CreateTime").is_empty() { field("TimeStamp") } else { field("CreateTime") };
        Ok(Self {
            from: Text::from(field("FromUserName")),
            agentid: field("AgentID").parse().ok(),
            created_at_s: created.parse::<i64>().unwrap_or(0).clamp(0, i64::MAX / 1_000),
            digest: digest_of(&tree),
            kind,
            tree,
        })
    }
}

/// What kinds have in common: what stands before their dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Messages of members.
    Message,
    /// Events of apps.
    Event,
    /// Changes of the directory.
    Contact,
    /// Events of customers.
    Customer,
    /// Events of providers.
    Suite,
    /// Of another version of this program.
    Other,
}

impl Group {
    /// How many there are.
    pub const COUNT: usize = 6;

    /// The name, as kinds spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Event => "event",
            Self::Contact => "contact",
            Self::Customer => "customer",
            Self::Suite => "suite",
            Self::Other => "other",
        }
    }
}

/// The group of a kind.
pub fn group_of(kind: &str) -> Group {
    let name = kind.split('.').next();
    let all = [Group::Message, Group::Event, Group::Contact, Group::Customer, Group::Suite];
    all.into_iter().find(|group| Some(group.name()) == name).unwrap_or(Group::Other)
}

fn kind_of(tree: &Tree<'_>) -> Option<Text> {
    let field = |name: &str| tree.text(name).map(str::trim).filter(|text| !text.is_empty());
    let (group, name) = match field("MsgType") {
        Some(kind) if kind.eq_ignore_ascii_case("event") => match field("Event")? {
            "change_contact" => ("contact", Cow::Borrowed(field("ChangeType")?)),
            event => match event.strip_prefix("change_external_") {
                // the families share names of changes, so the family stays with those that are not contacts
                Some("contact") => ("customer", field("ChangeType")?.into()),
                Some(family) => ("customer", format!("{family}_{}", field("ChangeType").unwrap_or("change")).into()),
                None => ("event", event.into()),
            },
        },
        Some(kind) => ("message", kind.into()),
        None => match field("InfoType")? {
            "change_contact" => ("contact", field("ChangeType")?.into()),
            info => ("suite", info.into()),
        },
    };
    let mut kind = Text::from(group);
    kind.push('.');
    for letter in name.chars().map(|letter| letter.to_ascii_lowercase()) {
        if kind.len() >= KIND_MAX_BYTES {
            break;
        }
        kind.push(if letter.is_ascii_alphanumeric() { letter } else { '_' });
    }
    Some(kind)
}

/// Messages by `MsgId`; events, which have none, by everything that they say: sender and second alone are shared by
/// several events of one second (doc path 90238 recommends them; they lose events in practice).
fn digest_of(tree: &Tree<'_>) -> Text {
    match tree.text("MsgId").map(str::trim).filter(|id| !id.is_empty() && id.len() <= 64) {
        Some(id) => {
            let mut digest = Text::const_new("m");
            digest.push_str(id);
            digest
        }
        None => {
            let whole = Sha256::digest(tree.canonical());
            Text::from(format!("e{}", hex::encode(&whole[..DIGEST_BYTES])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(inner: &str) -> String {
        format!(
            "<xml><ToUserName>ww1</ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1700000000\
             </CreateTime>{inner}</xml>"
        )
    }

    #[test]
    fn kinds() {
        for (inner, want) in [
            ("<MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId>", Some("message.text")),
            ("<MsgType>event</MsgType><Event>LOCATION</Event>", Some("event.location")),
            ("<MsgType>event</MsgType><Event>click</Event>", Some("event.click")),
            (
                "<MsgType>event</MsgType><Event>change_contact</Event><ChangeType>create_user</ChangeType>",
                Some("contact.create_user"),
            ),
            ("<MsgType>event</MsgType><Event>change_contact</Event>", None),
            (
                "<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>add_half</ChangeType>",
                Some("customer.add_half"),
            ),
            (
                "<MsgType>event</MsgType><Event>change_external_chat</Event><ChangeType>update</ChangeType>",
                Some("customer.chat_update"),
            ),
            ("<InfoType>suite_ticket</InfoType>", Some("suite.suite_ticket")),
            ("<MsgType>event</MsgType><Event>A/../b c</Event>", Some("event.a____b_c")),
            ("<MsgType>event</MsgType>", None),
            ("<Content>x</Content>", None),
        ] {
            let text = event(inner);
            let got = Incoming::parse(&text);
            assert_eq!(got.as_ref().ok().map(|incoming| incoming.kind.as_str()), want, "{inner}: {got:?}");
        }
        assert_eq!((group_of("customer.add_half"), group_of("x.y")), (Group::Customer, Group::Other));
    }

    #[test]
    fn repeats_are_recognised_and_neighbours_are_not() {
        let digest = |inner: &str| Incoming::parse(&event(inner)).unwrap().digest.clone();
        let click = "<MsgType>event</MsgType><Event>click</Event><EventKey>a</EventKey><AgentID>7</AgentID>";
        let shuffled =
            "<AgentID><![CDATA[7]]></AgentID><EventKey>a</EventKey><Event>click</Event><MsgType>event</MsgType>";
        assert_eq!(digest(click), digest(shuffled), "order and form do not count");
        for other in [click.replace(">a<", ">b<"), click.replace(">7<", ">8<"), click.replace(">click<", ">view<")] {
            assert_ne!(digest(click), digest(&other), "{other}");
        }
        let text = "<MsgType>text</MsgType><MsgId>42</MsgId><Content>x</Content>";
        assert_eq!(digest(text), "m42");
        assert_eq!(digest(text), digest(&text.replace(">x<", ">y<")), "messages by MsgId");
    }

    #[test]
    fn numbers_in_whatever_form() {
        let got = Incoming::parse(
            "<xml><CreateTime><![CDATA[1700000001]]></CreateTime><MsgType>text</MsgType><AgentID>\n7 </AgentID></xml>",
        )
        .unwrap();
        assert_eq!((got.created_at_s, got.agentid, got.from.as_str()), (1_700_000_001, Some(7), ""));
        let odd = Incoming::parse("<xml><CreateTime>-5</CreateTime><MsgType>text</MsgType></xml>").unwrap();
        assert_eq!(odd.created_at_s, 0);
    }
}

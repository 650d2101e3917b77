//! What an app answers at the moment a member has said something. Pure.

use super::super::incoming::Incoming;
use super::super::keys::Ready;
use super::super::passive::{self, Passive};
use crate::model::auto_reply::pick;
use crate::model::{ReplyContent, Said};

/// What is answered at once, and what follows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::callbacks) struct Answered {
    /// The passive reply, unencrypted XML.
    pub(in crate::callbacks) reply: Option<String>,
    /// Messages of the app that follow, in this order.
    pub(in crate::callbacks) rest: Vec<ReplyContent>,
}

/// What a member said, as rules see it.
fn said<'i>(incoming: &'i Incoming<'_>) -> Option<Said<'i>> {
    match incoming.kind.as_str() {
        // the JSON form has the content in a group of its own
        "message.text" => {
            let nested = || incoming.tree.group("text")?.text("content");
            Some(Said::Text(incoming.tree.text("Content").or_else(nested).unwrap_or_default()))
        }
        "message.image" => Some(Said::Image),
        _ => None,
    }
}

/// What an app answers, if a rule of it applies. A text that is too long for one message goes on in further ones; a
/// picture that WeCom does not know at this moment follows when it does.
pub(in crate::callbacks) fn answer(ready: &Ready, incoming: &Incoming<'_>, now_ms: i64) -> Answered {
    let Some(rule) = said(incoming).and_then(|said| pick(&ready.replies, said)) else { return Answered::default() };
    if incoming.from.is_empty() {
        return Answered::default();
    }
    let passive = |content: Passive<'_>| {
        Some(passive::message(&content, &incoming.from, &ready.corpid, now_ms.div_euclid(1_000)))
    };
    match &rule.reply {
        ReplyContent::Text { text } => {
            let mut pieces = passive::pieces(text, passive::TEXT_MAX_BYTES).into_iter();
            let reply = pieces.next().and_then(|first| passive(Passive::Text(&first)));
            Answered { reply, rest: pieces.map(|text| ReplyContent::Text { text }).collect() }
        }
        ReplyContent::News { articles } => Answered { reply: passive(Passive::News(articles)), rest: Vec::new() },
        ReplyContent::Image { picture } => {
            let known = ready.pictures.iter().find(|known| known.id == *picture);
            match known.and_then(|known| known.media_id(now_ms)) {
                Some(media_id) => Answered { reply: passive(Passive::Image(media_id)), rest: Vec::new() },
                None => Answered { reply: None, rest: vec![rule.reply.clone()] },
            }
        }
    }
}

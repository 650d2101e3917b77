//! The kept messages: a ring, bounded by messages and by receipts.

use super::message::{Message, Room};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Messages, oldest first. Their numbers have no gaps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Ring {
    messages: VecDeque<Message>,
    last_number: u64,
    /// Grows with every change that somebody could see.
    version: u64,
    receipts: usize,
    by_msgid: HashMap<String, u64>,
    task_ids: HashSet<(u64, String)>,
}

/// What a state file holds of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Kept {
    last_number: u64,
    version: u64,
    messages: VecDeque<Message>,
}

impl From<Ring> for Kept {
    fn from(ring: Ring) -> Self {
        Self { last_number: ring.last_number, version: ring.version, messages: ring.messages }
    }
}

impl From<Kept> for Ring {
    fn from(kept: Kept) -> Self {
        let mut ring = Self { version: kept.version, ..Self::default() };
        let count = u64::try_from(kept.messages.len()).unwrap_or_default();
        ring.last_number = kept.last_number.saturating_sub(count);
        for message in kept.messages {
            ring.take_in(message);
        }
        ring
    }
}

/// The app and task_id of a card that has one.
fn task_id(message: &Message) -> Option<(u64, String)> {
    let card = message.content.card().filter(|card| !card.task_id.is_empty())?;
    Some((message.origin.agentid()?, card.task_id.clone()))
}

impl Ring {
    fn take_in(&mut self, mut message: Message) -> u64 {
        self.last_number += 1;
        message.number = self.last_number;
        message.receipts.sort_by(|a, b| a.userid.cmp(&b.userid));
        self.receipts += message.receipts.len();
        if !message.msgid.is_empty() {
            self.by_msgid.insert(message.msgid.clone(), message.number);
        }
        self.task_ids.extend(task_id(&message));
        self.messages.push_back(message);
        self.last_number
    }

    /// Adds a message; answers its number. The oldest go when there are too many.
    pub fn push(&mut self, message: Message, messages_kept: usize, receipts_kept: usize) -> u64 {
        let number = self.take_in(message);
        self.version += 1;
        while self.messages.len() > messages_kept.max(1) || (self.receipts > receipts_kept && self.messages.len() > 1) {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.receipts -= oldest.receipts.len();
            self.by_msgid.remove(&oldest.msgid);
            if let Some(key) = task_id(&oldest) {
                self.task_ids.remove(&key);
            }
        }
        number
    }

    fn index(&self, number: u64) -> Option<usize> {
        let first = self.messages.front()?.number;
        usize::try_from(number.checked_sub(first)?).ok()
    }

    /// The message of this number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Message> {
        self.messages.get(self.index(number)?)
    }

    /// The same, to change: whoever looks will see that something changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Message> {
        self.version += 1;
        let index = self.index(number)?;
        self.messages.get_mut(index)
    }

    /// The number of the message with this msgid or jobid.
    pub fn find(&self, msgid: &str) -> Option<u64> {
        self.by_msgid.get(msgid).copied()
    }

    /// Whether the app has used the task_id in a kept message.
    pub fn has_task_id(&self, agentid: u64, task_id: &str) -> bool {
        self.task_ids.contains(&(agentid, task_id.to_owned()))
    }

    /// Messages, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.messages.iter()
    }

    /// Grows with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What a member sees in a room, oldest first, at most `max`: recalled ones included, dropped ones not.
    pub fn feed(&self, folded: &str, room: &Room, max: usize) -> Vec<&Message> {
        let mut feed: Vec<&Message> = self
            .messages
            .iter()
            .rev()
            .filter(|message| message.origin.is_in(room))
            .filter(|message| message.receipt(folded).is_some_and(|receipt| !receipt.is_dropped))
            .take(max)
            .collect();
        feed.reverse();
        feed
    }

    /// The newest message that the member sees in each room.
    pub fn rooms(&self, folded: &str) -> BTreeMap<Room, &Message> {
        let mut rooms = BTreeMap::new();
        for message in &self.messages {
            if message.receipt(folded).is_some_and(|receipt| !receipt.is_dropped) {
                rooms.insert(message.origin.room(), message);
            }
        }
        rooms
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::{Content, Words};
    use super::super::message::{Origin, Receipt};
    use super::*;

    fn message(msgid: &str, users: &[&str]) -> Message {
        let content = Content::Text(Words { content: msgid.into(), ..Words::default() });
        let mut message = Message::new(Origin::App { agentid: 7 }, content, 0);
        message.msgid = msgid.into();
        message.receipts = users.iter().map(|user| Receipt::new((*user).into(), false)).collect();
        message
    }

    #[test]
    fn the_oldest_go_by_messages_and_by_receipts() {
        let mut ring = Ring::default();
        for msgid in ["a", "b", "c", "d"] {
            ring.push(message(msgid, &["x", "y"]), 3, 100);
        }
        let kept = |ring: &Ring| ring.iter().map(|message| message.msgid.clone()).collect::<Vec<_>>().join("");
        assert_eq!(kept(&ring), "bcd");
        assert_eq!((ring.find("a"), ring.find("b")), (None, Some(2)));
        ring.push(message("e", &["x", "y", "z"]), 100, 5);
        assert_eq!(kept(&ring), "de");
        ring.push(message("f", &["p", "q", "r", "s", "t", "u"]), 100, 5);
        assert_eq!(kept(&ring), "f", "one message is always kept");
        assert_eq!(ring.get(6).unwrap().msgid, "f");
        assert_eq!((ring.get(5).is_none(), ring.get(7).is_none()), (true, true));
    }

    #[test]
    fn a_saved_ring_is_the_same_ring() {
        let mut ring = Ring::default();
        for msgid in ["a", "b", "c"] {
            ring.push(message(msgid, &["y", "x"]), 2, 100);
        }
        let text = serde_json::to_string(&ring).unwrap();
        let read: Ring = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!((read.find("a"), read.find("c"), read.get(3).unwrap().msgid.as_str()), (None, Some(3), "c"));
        assert_eq!(read.feed("x", &Room::App(7), 10).len(), 2);
        assert_eq!(read.feed("z", &Room::App(7), 10).len(), 0);
    }
}

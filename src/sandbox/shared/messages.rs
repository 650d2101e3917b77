//! Messages from the inside: what was sent, and what is true of it.

use super::State;
use crate::sandbox::messages::message::{Message, Truth};
use crate::sandbox::state::chat::Robot;
use crate::sandbox::state::member::folded;
use std::collections::{BTreeMap, BTreeSet};

impl State {
    /// All kept messages of a corp, oldest first; those of members and robots included.
    pub fn messages(&self, corpid: &str) -> Vec<Message> {
        self.with_corp(corpid, |corp| corp.messages.ring.iter().cloned().collect()).unwrap_or_default()
    }

    /// A kept message by its number.
    pub fn find_message(&self, corpid: &str, number: u64) -> Option<Message> {
        self.with_corp(corpid, |corp| corp.messages.ring.get(number).cloned()).flatten()
    }

    /// What is true of a message at each receiver, by userid in lower case.
    pub fn truths(&self, corpid: &str, number: u64) -> BTreeMap<String, Truth> {
        let message = self.find_message(corpid, number);
        let rows = message.iter().flat_map(|message| {
            message.receipts.iter().map(|receipt| (receipt.userid.to_string(), message.truth(receipt)))
        });
        rows.collect()
    }

    /// The messages that a member sees now, in all rooms, oldest first: neither dropped nor recalled.
    pub fn inbox(&self, corpid: &str, userid: &str) -> Vec<Message> {
        let key = folded(userid);
        let sees = |message: &Message| {
            message
                .receipt(&key)
                .is_some_and(|receipt| matches!(message.truth(receipt), Truth::Arrived | Truth::Updated))
        };
        self.with_corp(corpid, |corp| corp.messages.ring.iter().filter(|message| sees(message)).cloned().collect())
            .unwrap_or_default()
    }

    /// Makes a group robot with this key, as a member does in a group of these members.
    pub fn add_robot(&self, corpid: &str, key: &str, name: &str, members: &[&str]) {
        let members: BTreeSet<String> = members.iter().map(|userid| folded(userid).to_string()).collect();
        let robot = Robot { name: name.into(), members, is_enabled: true, is_in_group: true, sent: Default::default() };
        self.with_corp(corpid, |corp| corp.robots.insert(key.to_owned(), robot));
    }
}

//! What changes a message after it was sent: recall, and updates of cards.

use super::Messages;
use super::card::Card;
use super::message::CardNow;
use crate::sandbox::state::member::Text;

/// What becomes of a card.
#[derive(Debug, Clone, PartialEq)]
pub enum CardChange {
    /// The buttons become one grey text.
    Button(String),
    /// Another card takes its place.
    Card(Box<Card>),
}

impl Messages {
    /// Changes the card of a message for these members, who must be receivers. Answers how many it reached.
    pub fn update_card(&mut self, number: u64, members: &[Text], change: &CardChange) -> usize {
        let Some(message) = self.ring.get_mut(number) else { return 0 };
        let task_id = message.content.card().map(|card| card.task_id.clone()).unwrap_or_default();
        let mut reached = 0;
        for userid in members {
            let Some(receipt) = message.receipt_mut(userid) else { continue };
            let now = receipt.card.get_or_insert_with(Box::default);
            match change {
                CardChange::Button(name) => now.replace_name.clone_from(name),
                CardChange::Card(card) => {
                    // The app's id of the task stays the one it was sent with.
                    let card = Card { task_id: task_id.clone(), ..Card::clone(card) };
                    **now = CardNow { card: Some(Box::new(card)), updates: now.updates, ..CardNow::default() };
                }
            }
            // What was chosen stays visible below a button that became a text.
            now.pressed = Vec::new();
            now.updates += 1;
            reached += 1;
        }
        reached
    }

    /// Notes that a member pressed a key of a card; the last 20 are kept.
    pub fn note_press(&mut self, number: u64, folded: &str, key: &str, chosen: Vec<(String, Vec<String>)>) {
        if let Some(receipt) = self.ring.get_mut(number).and_then(|message| message.receipt_mut(folded)) {
            let now = receipt.card.get_or_insert_with(Box::default);
            if now.pressed.len() == 20 {
                now.pressed.remove(0);
            }
            now.pressed.push(key.to_owned());
            now.chosen = chosen;
        }
    }
}

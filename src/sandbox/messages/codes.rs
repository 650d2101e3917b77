//! response_codes: good for 72 hours and for one update each (doc path 94888).

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// A code that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The message whose card it updates.
    pub number: u64,
    /// The app that may use it.
    pub agentid: u64,
    /// When it was given.
    pub at_ms: i64,
    /// Whether it was used.
    pub is_used: bool,
}

/// Codes, the oldest forgotten.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Codes {
    codes: HashMap<String, Code>,
    order: VecDeque<String>,
}

impl Codes {
    /// A new code.
    pub fn give(&mut self, number: u64, agentid: u64, now_ms: i64, kept: usize) -> String {
        let text = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        self.codes.insert(text.clone(), Code { number, agentid, at_ms: now_ms, is_used: false });
        self.order.push_back(text.clone());
        while self.order.len() > kept.max(1) {
            if let Some(oldest) = self.order.pop_front() {
                self.codes.remove(&oldest);
            }
        }
        text
    }

    /// A code that was given, used or not, good or not.
    pub fn find(&self, text: &str) -> Option<&Code> {
        self.codes.get(text)
    }

    /// Marks a code as used.
    pub fn spend(&mut self, text: &str) {
        if let Some(code) = self.codes.get_mut(text) {
            code.is_used = true;
        }
    }
}

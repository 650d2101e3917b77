//! Members at work: their acts, and events that nobody makes.

use super::State;
use crate::sandbox::acts::{self, Act, ActError, Acted, EventOrder};
use crate::sandbox::state::job::Media;

impl State {
    /// A member does something with an app on the phone. Callbacks are on their way when this returns.
    pub fn act(&self, corpid: &str, userid: &str, agentid: u64, act: Act) -> Result<Acted, ActError> {
        let (now_ms, options) = (self.now_ms(), self.delivery());
        let (acted, letters) = self
            .with_corp(corpid, |corp| acts::perform(corp, userid, agentid, act, (now_ms, self.base_url(), &options)))
            .unwrap_or(Err(ActError::NoCorp))?;
        self.post(letters);
        Ok(acted)
    }

    /// Sends an event that no member makes. Answers whether the app has an address to send it to.
    pub fn send_event(&self, corpid: &str, agentid: u64, order: &EventOrder) -> Result<bool, ActError> {
        let (now_ms, options) = (self.now_ms(), self.delivery());
        let letter = self
            .with_corp(corpid, |corp| acts::system_letter(corp, agentid, order, now_ms, &options))
            .unwrap_or(Err(ActError::NoCorp))?;
        let is_sent = letter.is_some();
        self.post(letter.into_iter().collect());
        Ok(is_sent)
    }

    /// A file that a member has on the phone; answers its media_id.
    pub fn add_media(&self, corpid: &str, kind: &str, filename: &str, content: Vec<u8>) -> Option<String> {
        let media = Media {
            kind: kind.into(),
            filename: filename.into(),
            created_at_ms: self.now_ms(),
            content,
            robot: String::new(),
        };
        self.with_corp(corpid, |corp| corp.jobs.add_media(media))
    }
}

//! What would become of a message: who would get it where, and what it would say. Nothing is stored.

use super::compose::{Compose, Composed};
use super::plan::{self, Fate};
use super::{MessageError, Messages, NewMessage, accept, outcome, redrive, resolve};
use crate::model::content::Content;
use crate::model::{Actor, DeliveryState, EmployeeId, Message};
use crate::store::{self, ReadTx, StoreError};
use std::sync::Arc;

/// The recipients and contents that a message would have.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Targets with the number of members that they reach.
    pub targets: Vec<(Composed, usize)>,
    /// For each target which of the message's `body`, `url` and `buttons` make no difference there: members do not see them.
    pub unused: Vec<Vec<&'static str>>,
    /// People that no target reaches, by reason.
    pub unreached: Vec<Unreached>,
    /// Calls that it would cost.
    pub calls: usize,
}

/// Those that no target reaches for one and the same reason.
#[derive(Debug, Clone)]
pub struct Unreached {
    /// Why, as deliveries name it: `not_bound`, `unknown_employee` …
    pub code: &'static str,
    /// The same as a sentence.
    pub text: String,
    /// How many.
    pub count: usize,
    /// The first of them, at most 20; fewer where what was named is no employee.
    pub people: Vec<EmployeeId>,
}

/// So many of those that are not reached are named.
pub const NAMED_MAX: usize = 20;

impl Messages {
    /// Looks at what a message would become.
    ///
    /// # Errors
    /// As [`Messages::accept`].
    pub async fn preview(&self, actor: &Actor, new: NewMessage) -> Result<Preview, MessageError> {
        let env = self.env();
        let now_ms = env.clock.now_ms();
        let faults = accept::check(std::slice::from_ref(&new), now_ms);
        if !faults.is_empty() {
            return Err(MessageError::Invalid(faults));
        }
        let message = accept::message(new, self.new_id(), now_ms, actor);
        let (composer, tenant) = (Arc::clone(&self.0.composer), message.tenant.clone());
        let read = move |tx: &store::ReadTx| {
            if store::tenants::find(tx, &message.tenant)?.is_none() {
                return Ok(None);
            }
            let targets = composer.compose(tx, &message)?;
            let mut reached = vec![0_usize; targets.len()];
            let mut unreached: Vec<Unreached> = Vec::new();
            for person in resolve::people(tx, &message)? {
                let mut fate = plan::fate(tx, &person, &targets)?;
                if let Fate::Reached(list) = &mut fate {
                    let mut able = Vec::new();
                    for (at, userid) in std::mem::take(list) {
                        // WeCom delivers nothing to a member who is disabled
                        if !redrive::is_disabled(tx, &targets[at].corp, &userid)? {
                            able.push((at, userid));
                        }
                    }
                    fate = match able.is_empty() {
                        false => Fate::Reached(able),
                        true => Fate::Not(DeliveryState::Invalid, outcome::DISABLED, outcome::DISABLED_TEXT.into()),
                    };
                }
                match fate {
                    Fate::Reached(list) => list.iter().for_each(|(at, _)| reached[*at] += 1),
                    Fate::Not(_, code, text) => {
                        let at = unreached.iter().position(|group| group.code == code).unwrap_or_else(|| {
                            unreached.push(Unreached { code, text, count: 0, people: Vec::new() });
                            unreached.len() - 1
                        });
                        unreached[at].count += 1;
                        if unreached[at].people.len() < NAMED_MAX {
                            unreached[at].people.extend(person.employee);
                        }
                    }
                }
            }
            let parts = |target: &Composed| target.contents.as_ref().map_or(0, Vec::len);
            let calls =
                targets.iter().zip(&reached).map(|(target, n)| n.div_ceil(plan::CALL_MAX) * parts(target)).sum();
            let unused = unused(composer.as_ref(), tx, &message, &targets)?;
            Ok(Some(Preview { unused, targets: targets.into_iter().zip(reached).collect(), unreached, calls }))
        };
        env.store.read_async(read).await?.ok_or(MessageError::NoTenant(tenant))
    }
}

/// What of a message could be missing without anything else being said at a target.
fn unused(
    composer: &dyn Compose,
    tx: &ReadTx,
    message: &Message,
    targets: &[Composed],
) -> Result<Vec<Vec<&'static str>>, StoreError> {
    let mut unused = vec![Vec::new(); targets.len()];
    let without_body = (!message.body.is_empty()).then(|| ("body", Message { body: String::new(), ..message.clone() }));
    let without_url = message.url.is_some().then(|| ("url", Message { url: None, ..message.clone() }));
    let without_buttons =
        (!message.buttons.is_empty()).then(|| ("buttons", Message { buttons: Vec::new(), ..message.clone() }));
    for (name, other) in without_body.into_iter().chain(without_url).chain(without_buttons) {
        let others = composer.compose(tx, &other)?;
        for (target, unused) in targets.iter().zip(&mut unused) {
            // in a digest the title of a text is its link
            let is_linked = name == "url" && target.digest_ms.is_some() && is_text(target);
            if target.contents.is_ok() && !is_linked && others.contains(target) {
                unused.push(name);
            }
        }
    }
    Ok(unused)
}

fn is_text(target: &Composed) -> bool {
    let is_text = |content: &Content| matches!(content, Content::Text { .. } | Content::Markdown { .. });
    target.contents.iter().flatten().all(is_text)
}

//! What would become of a message: who would get it where, and what it would say. Nothing is stored.

use super::compose::Composed;
use super::plan::{self, Fate};
use super::{MessageError, Messages, NewMessage, accept, resolve};
use crate::model::Actor;
use crate::store;
use std::sync::Arc;

/// The recipients and contents that a message would have.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Targets with the number of members that they reach.
    pub targets: Vec<(Composed, usize)>,
    /// People that no target reaches, by reason: code, a sentence, how many.
    pub unreached: Vec<(&'static str, String, usize)>,
    /// Calls that it would cost.
    pub calls: usize,
}

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
            let mut unreached: Vec<(&'static str, String, usize)> = Vec::new();
            for person in resolve::people(tx, &message)? {
                match plan::fate(tx, &person, &targets)? {
                    Fate::Reached(list) => list.iter().for_each(|(at, _)| reached[*at] += 1),
                    Fate::Not(_, code, text) => match unreached.iter_mut().find(|(known, ..)| *known == code) {
                        Some((_, _, count)) => *count += 1,
                        None => unreached.push((code, text, 1)),
                    },
                }
            }
            let parts = |target: &Composed| target.contents.as_ref().map_or(0, Vec::len);
            let calls =
                targets.iter().zip(&reached).map(|(target, n)| n.div_ceil(plan::CALL_MAX) * parts(target)).sum();
            Ok(Some(Preview { targets: targets.into_iter().zip(reached).collect(), unreached, calls }))
        };
        env.store.read_async(read).await?.ok_or(MessageError::NoTenant(tenant))
    }
}

//! The words of a target for one message: every template filled in, and what is required not empty.

use super::RenderFault;
use crate::messages::rules::CompiledTarget;
use crate::messages::variables::Spoken;
use crate::model::ContentKind;
use crate::model::rule::Part;

/// What the templates say.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub title: String,
    pub body: String,
    pub button: String,
    /// The message's own picture, otherwise that of the target, otherwise none (MSG-08).
    pub picture: String,
    pub url: String,
}

impl Words {
    pub fn of(message: Spoken<'_>, target: &CompiledTarget) -> Result<Self, RenderFault> {
        let mut words = Self::default();
        for (part, template) in &target.templates {
            let part = *part;
            let template = template.as_ref().map_err(|cause| RenderFault::Compile { part, cause: cause.clone() })?;
            let text = template.render(message).map_err(|cause| RenderFault::Eval { part, cause })?;
            words.set(part, tidy(&text, part));
        }
        let kind = target.target.kind;
        if kind.parts().contains(&Part::Picture)
            && let Some(picture) = message.0.picture.as_deref().filter(|picture| !picture.is_empty())
        {
            picture.clone_into(&mut words.picture);
        }
        // buttons lead on by themselves: such a card may lie without an address
        let is_pressed =
            kind == ContentKind::TemplateCard && target.target.show_buttons && !message.0.buttons.is_empty();
        words.check(kind, is_pressed)?;
        Ok(words)
    }

    fn set(&mut self, part: Part, text: String) {
        match part {
            Part::Title => self.title = text,
            Part::Body => self.body = text,
            Part::Button => self.button = text,
            Part::Picture => self.picture = text,
            Part::Url => self.url = text,
        }
    }

    fn check(&self, kind: ContentKind, needs_no_url: bool) -> Result<(), RenderFault> {
        let parts = [(Part::Title, &self.title), (Part::Body, &self.body), (Part::Url, &self.url)];
        let is_needed = |part: Part| kind.is_mandatory(part) && !(part == Part::Url && needs_no_url);
        match parts.iter().find(|(part, text)| is_needed(*part) && text.is_empty()) {
            Some((part, _)) => Err(RenderFault::Empty { part: *part }),
            None => Ok(()),
        }
    }
}

/// Blank edges show nothing; titles, buttons and addresses have one line.
fn tidy(text: &str, part: Part) -> String {
    let text = text.trim();
    match part {
        Part::Body => text.to_owned(),
        Part::Title | Part::Button => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Part::Picture | Part::Url => text.to_owned(),
    }
}

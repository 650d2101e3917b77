//! One message in the words and the form of one target (MSG-05 to MSG-13): pure.
//!
//! What is too long becomes several numbered messages or is refused; nothing is cut silently. A card that says too much
//! keeps its form, and the rest follows as text.

mod card;
mod flat;
mod form;
#[cfg(test)]
pub(crate) mod tests;

use super::rules::CompiledTarget;
use super::variables::Spoken;
use crate::expr::{EvalError, ExprError};
use crate::model::content::{Content, LimitFault};
use crate::model::rule::Part;
use crate::model::{ContentKind, Message};
use form::Words;

/// What members read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One content, or several that are sent one after the other. Every one is within WeCom's limits.
    pub contents: Vec<Content>,
    /// What clients show shortened, although WeCom takes it.
    pub advice: Vec<LimitFault>,
}

/// Why a message cannot be said like this; nothing of it is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderFault {
    /// A template does not compile.
    #[error("{}: {cause}", part.name())]
    Compile {
        /// Which part.
        part: Part,
        /// Where and why.
        cause: ExprError,
    },
    /// A template has no result for this message.
    #[error("{}: {cause}", part.name())]
    Eval {
        /// Which part.
        part: Part,
        /// Why.
        cause: EvalError,
    },
    /// A part that WeCom requires is empty for this message: it has no `url`, for example.
    #[error("{} is empty for this message; give it a fallback, e.g. {{{{ url != '' ? url : 'https://…' }}}}", part.name())]
    Empty {
        /// Which part.
        part: Part,
    },
    /// Template cards are for to-do messages (MSG-13).
    #[error("a template card carries to-do messages only, and this one is none")]
    NotTodo,
    /// It does not fit into one message, and the target refuses what is too long.
    #[error("it is too long for one message, and this target refuses that")]
    TooLong,
    /// It cannot be split without breaking a link or markup, or into too many parts.
    #[error("it is too long and cannot be divided into at most {} messages", super::split::PARTS_MAX)]
    CannotSplit,
    /// WeCom would refuse it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Limits(Vec<LimitFault>),
}

impl RenderFault {
    /// A stable code, e.g. for logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Compile { .. } => "template_broken",
            Self::Eval { .. } => "template_failed",
            Self::Empty { .. } => "part_empty",
            Self::NotTodo => "not_todo",
            Self::TooLong => "too_long",
            Self::CannotSplit => "cannot_split",
            Self::Limits(_) => "limits",
        }
    }
}

/// Says a message in the words of a target.
pub fn render(message: &Message, target: &CompiledTarget) -> Result<Rendered, RenderFault> {
    let kind = target.target.kind;
    if kind == ContentKind::TemplateCard && message.todo.is_none() {
        return Err(RenderFault::NotTodo);
    }
    let words = Words::of(Spoken(message), target)?;
    let contents = match kind {
        ContentKind::Text => flat::text(&words.body, target.target.overlong)?,
        ContentKind::Markdown => flat::markdown(&words.body, target.target.overlong)?,
        ContentKind::Textcard => card::textcard(&words, target.target.overlong)?,
        ContentKind::News => card::news(&words, target.target.overlong)?,
        ContentKind::TemplateCard => card::template_card(message, &words, &target.target)?,
    };
    let faults: Vec<LimitFault> = contents.iter().filter_map(|content| content.check().err()).flatten().collect();
    if !faults.is_empty() {
        return Err(RenderFault::Limits(faults));
    }
    let advice = contents.iter().flat_map(Content::advise).collect();
    Ok(Rendered { contents, advice })
}

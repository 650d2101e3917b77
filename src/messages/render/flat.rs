//! Text and markdown.

use super::RenderFault;
use crate::messages::split::{Markup, numbered};
use crate::model::Overlong;
use crate::model::content::{Content, MARKDOWN_BYTES, TEXT_BYTES};

pub(super) fn text(body: &str, overlong: Overlong) -> Result<Vec<Content>, RenderFault> {
    Ok(parts(body, Markup::Text, TEXT_BYTES, overlong)?.into_iter().map(Content::text).collect())
}

pub(super) fn markdown(body: &str, overlong: Overlong) -> Result<Vec<Content>, RenderFault> {
    Ok(parts(body, Markup::Markdown, MARKDOWN_BYTES, overlong)?.into_iter().map(Content::markdown).collect())
}

fn parts(body: &str, markup: Markup, max: usize, overlong: Overlong) -> Result<Vec<String>, RenderFault> {
    if overlong == Overlong::Refuse && body.len() > max {
        return Err(RenderFault::TooLong);
    }
    numbered(body, markup, max).ok_or(RenderFault::CannotSplit)
}

//! Text cards, articles and template cards. What does not fit onto one follows as numbered text, and the card says so.

use super::RenderFault;
use super::form::Words;
use crate::messages::split::{Markup, PARTS_MAX, number, open_tags, split, without_tags};
use crate::model::content::{
    Article, AspectPercent, Button, ButtonStyle, CARD_DESCRIPTION_BYTES, CARD_TITLE_BYTES, Card, CardType, Content,
    News, Picture, TEXT_BYTES, Target as Leads, Textcard, Titles,
};
use crate::model::{Message, Overlong, Target};
use unicode_segmentation::UnicodeSegmentation;

/// `(20/20)` and a blank or line break.
const NUMBER_BYTES: usize = 8;
/// A shortened title ends with this; the whole one stands in the body.
const MORE: &str = "…";
/// Titles of template cards are shown up to so many characters (doc path 90236).
const SHOWN_TITLE_CHARS: usize = 36;
/// Texts of template cards are shown up to so many characters (doc path 90236).
const SHOWN_BODY_CHARS: usize = 160;
/// Descriptions below a title that are shown (doc path 90236).
const SHOWN_DESC_CHARS: usize = 44;

/// A title that fits, and the body with the whole title on top where it did not.
fn fit_title(title: &str, body: &str, fits: impl Fn(&str) -> bool) -> (String, String) {
    if fits(title) {
        return (title.to_owned(), body.to_owned());
    }
    let mut short = String::new();
    for grapheme in title.graphemes(true) {
        if !fits(&format!("{short}{grapheme}{MORE}")) {
            break;
        }
        short.push_str(grapheme);
    }
    short.push_str(MORE);
    let body = if body.is_empty() { title.to_owned() } else { format!("{title}\n{body}") };
    (short, body)
}

/// What stands on the card, and what follows as text.
struct Divided {
    on_card: String,
    following: Vec<Content>,
}

/// Divides a body between a card with room for `max` bytes and following texts.
fn divide(body: &str, max: usize, overlong: Overlong) -> Result<Divided, RenderFault> {
    if body.len() <= max {
        return Ok(Divided { on_card: body.to_owned(), following: Vec::new() });
    }
    if overlong == Overlong::Refuse {
        return Err(RenderFault::TooLong);
    }
    let pieces = split(body, Markup::Text, max.saturating_sub(NUMBER_BYTES), TEXT_BYTES - NUMBER_BYTES, PARTS_MAX)
        .ok_or(RenderFault::CannotSplit)?;
    let total = pieces.len();
    let (first, rest) = pieces.split_first().ok_or(RenderFault::CannotSplit)?;
    let following = number(rest, 2, total).into_iter().map(Content::text).collect();
    Ok(Divided { on_card: format!("(1/{total})\n{first}"), following })
}

/// The end of a stretch with a colour of its own.
const CLOSE: &str = "</div>";
/// Stretches with colours of their own that may be open where the card ends.
const OPEN_MAX: usize = 2;

/// The same for a body that may have `<div class="…">` (doc path 90236): what is open where the card ends is closed there, and
/// what follows as text is without colours, which texts do not know.
fn divide_marked(body: &str, max: usize, overlong: Overlong) -> Result<Divided, RenderFault> {
    if body.len() <= max || overlong == Overlong::Refuse || without_tags(body).len() == body.len() {
        return divide(body, max, overlong);
    }
    let first = max.saturating_sub(NUMBER_BYTES + OPEN_MAX * CLOSE.len());
    let pieces = split(body, Markup::Textcard, first, TEXT_BYTES - NUMBER_BYTES, PARTS_MAX);
    let pieces = pieces.ok_or(RenderFault::CannotSplit)?;
    let (first, rest) = pieces.split_first().ok_or(RenderFault::CannotSplit)?;
    let open = open_tags(first);
    if open > OPEN_MAX {
        return Err(RenderFault::CannotSplit);
    }
    let rest: Vec<String> =
        rest.iter().map(|piece| without_tags(piece)).filter(|piece| !piece.trim().is_empty()).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let total = rest.len() + 1;
    let on_card = format!("{first}{}", CLOSE.repeat(open));
    if rest.is_empty() {
        return Ok(Divided { on_card, following: Vec::new() });
    }
    let following = number(&rest, 2, total).into_iter().map(Content::text).collect();
    Ok(Divided { on_card: format!("(1/{total})\n{on_card}"), following })
}

/// The first content is the card.
fn with_following(card: Content, following: Vec<Content>) -> Vec<Content> {
    std::iter::once(card).chain(following).collect()
}

pub(super) fn textcard(words: &Words, overlong: Overlong) -> Result<Vec<Content>, RenderFault> {
    let (title, body) = fit_title(&words.title, &words.body, |title| title.len() <= CARD_TITLE_BYTES);
    // WeCom wants a description (errors without one), and the rules let it be empty
    let body = if body.is_empty() { title.clone() } else { body };
    let Divided { on_card, following } = divide_marked(&body, CARD_DESCRIPTION_BYTES, overlong)?;
    let card = Textcard { title, description: on_card, url: words.url.clone(), btntxt: words.button.clone() };
    Ok(with_following(Content::Textcard(card), following))
}

pub(super) fn news(words: &Words, overlong: Overlong) -> Result<Vec<Content>, RenderFault> {
    let (title, body) = fit_title(&words.title, &words.body, |title| title.len() <= CARD_TITLE_BYTES);
    let Divided { on_card, following } = divide(&body, CARD_DESCRIPTION_BYTES, overlong)?;
    let article = Article {
        title,
        description: on_card,
        url: words.url.clone(),
        picurl: words.picture.clone(),
        ..Article::default()
    };
    Ok(with_following(Content::News(News { articles: vec![article] }), following))
}

/// Buttons make an interactive card, a picture an illustrated one, otherwise it is a text notice. The task id is that of
/// the message: who sends the same card in several calls must make it differ.
pub(super) fn template_card(message: &Message, words: &Words, target: &Target) -> Result<Vec<Content>, RenderFault> {
    let (title, body) = fit_title(&words.title, &words.body, |title| title.chars().count() <= SHOWN_TITLE_CHARS);
    let buttons = if target.show_buttons { message.buttons.as_slice() } else { &[] };
    let card_type = match (buttons, words.picture.as_str()) {
        ([], "") => CardType::TextNotice,
        ([], _) => CardType::NewsNotice,
        _ => CardType::ButtonInteraction,
    };
    let shown = if card_type == CardType::NewsNotice { SHOWN_DESC_CHARS } else { SHOWN_BODY_CHARS };
    // what fits by characters is measured in bytes below
    let room = if body.chars().count() <= shown { body.len() } else { bytes_of(&body, shown) };
    let Divided { on_card, following } = divide(&body, room, target.overlong)?;
    let mut card = Card {
        card_type,
        task_id: message.id.to_string(),
        main_title: Titles { title, desc: String::new() },
        card_action: Leads::url(words.url.clone()),
        ..Card::default()
    };
    match card_type {
        CardType::NewsNotice => {
            card.main_title.desc = on_card;
            card.card_image = Some(Picture { url: words.picture.clone(), aspect_ratio: AspectPercent::default() });
        }
        _ => card.sub_title_text = on_card,
    }
    card.button_list = buttons
        .iter()
        .map(|button| Button {
            text: button.text.clone(),
            key: button.key.clone(),
            style: style(button.style),
            url: String::new(),
        })
        .collect();
    Ok(with_following(Content::TemplateCard(Box::new(card)), following))
}

/// Bytes of the first characters.
fn bytes_of(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}

fn style(style: u8) -> ButtonStyle {
    match style {
        2 => ButtonStyle::Secondary,
        3 => ButtonStyle::Neutral,
        4 => ButtonStyle::Negative,
        _ => ButtonStyle::Primary,
    }
}

//! One sentence that a form's handler leaves for the page after it. A page that reloads itself without script keeps it until
//! what it waits for is over: it asks for itself with [`AGAIN`], and is then shown the sentence again.

use super::cookies;
use super::visit::Visit;
use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How a sentence is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It was done.
    Good,
    /// Look at it.
    Warning,
    /// It was not done.
    Bad,
}

impl Tone {
    /// Class of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warn",
            Self::Bad => "bad",
        }
    }
}

/// The sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// How it is meant.
    pub tone: Tone,
    /// In the reader's language.
    pub text: String,
}

impl Flash {
    /// It was done.
    pub fn good(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into() }
    }

    /// Look at it.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, text: text.into() }
    }

    /// It was not done.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, text: text.into() }
    }

    pub(super) fn to_cookie(&self) -> String {
        let text: String = self.text.chars().take(400).collect();
        let tone = match self.tone {
            Tone::Good => 'g',
            Tone::Warning => 'w',
            Tone::Bad => 'b',
        };
        URL_SAFE_NO_PAD.encode(format!("{tone}{text}"))
    }

    pub(super) fn of_cookie(value: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
        let mut letters = text.chars();
        let tone = match letters.next()? {
            'g' => Tone::Good,
            'w' => Tone::Warning,
            'b' => Tone::Bad,
            _ => return None,
        };
        Some(Self { tone, text: letters.as_str().to_owned() })
    }
}

/// The parameter with which a page asks for itself again.
pub const AGAIN: &str = "again";
/// For so many seconds a page that reloads itself may be away.
const SHOWN_S: i64 = 30;

/// The sentence for the page that is asked for.
pub(super) fn of(request: &HttpRequest, is_secure: bool) -> Option<Flash> {
    let read = |name| cookies::read(request, name, is_secure).and_then(|value| Flash::of_cookie(&value));
    read(cookies::FLASH).or_else(|| is_again(request.query_string()).then(|| read(cookies::SHOWN)).flatten())
}

fn is_again(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == AGAIN)
}

/// What the browser keeps when a page has shown the sentence.
pub(super) fn shown(visit: &Visit, reloads: bool) -> Vec<Cookie<'static>> {
    let Some(flash) = &visit.flash else { return Vec::new() };
    let (value, age_s) = if reloads { (flash.to_cookie(), SHOWN_S) } else { (String::new(), 0) };
    vec![cookies::make(visit, cookies::FLASH, "", Some(0)), cookies::make(visit, cookies::SHOWN, &value, Some(age_s))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_survives_its_cookie() {
        for flash in [Flash::good("已保存 <b>"), Flash::warning(""), Flash::bad("x; y\n")] {
            assert_eq!(Flash::of_cookie(&flash.to_cookie()), Some(flash));
        }
        assert_eq!(Flash::of_cookie("nonsense"), None);
        assert_eq!(Flash::of_cookie(""), None);
    }
}

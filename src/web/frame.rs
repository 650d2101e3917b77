//! What stands around every page: head, navigation, the person, the sentence of the form before.

use super::flash::{AGAIN, Flash};
use super::visit::{Theme, Visit};
use super::{assets, csrf, nav};
use crate::locale::{Lang, T};
use crate::model::{Account, CorpKey, TenantKey};

/// A corp in the switcher, or a tenant without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The tenant.
    pub tenant: TenantKey,
    /// Its name.
    pub tenant_name: String,
    /// The corp; `None` for a tenant that has none yet.
    pub corp: Option<PlaceCorp>,
}

/// A corp in the switcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceCorp {
    /// Key.
    pub key: CorpKey,
    /// Name.
    pub name: String,
}

/// Who has signed in, for the corner of the page.
#[derive(Debug, Clone)]
pub struct Who {
    /// The person's name.
    pub name: String,
    /// The role in the reader's language.
    pub role: &'static str,
}

impl Who {
    /// The letter in the circle: the last of a Chinese name, the first of another.
    pub fn initial(&self) -> String {
        let is_han = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
        let letter = self.name.chars().last().filter(is_han).or_else(|| self.name.chars().next());
        letter.map(|c| c.to_uppercase().to_string()).unwrap_or_default()
    }
}

/// The frame of one page; the field `f` of every view.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Texts.
    pub t: T,
    /// Title, for the window and the head of the page.
    pub title: String,
    /// Prefix of every path.
    pub base: String,
    /// The path of this page, with the query; of a form's answer, of the page that the form stood on.
    pub here: String,
    /// Whether it answers a form: what the form shows is not saved.
    pub is_answer: bool,
    /// Colours.
    pub theme: Theme,
    /// Who has signed in.
    pub who: Option<Who>,
    /// Navigation.
    pub nav: Vec<nav::Group>,
    /// Corps to choose from.
    pub places: Vec<Place>,
    /// The corp that the navigation leads to.
    pub place: Option<Place>,
    /// Left by the form before.
    pub flash: Option<Flash>,
    csrf: String,
}

impl Frame {
    /// For a visit, with the navigation of a person.
    pub(super) fn new(visit: &Visit, account: Option<&Account>, title: String) -> Self {
        let place = place_of(visit);
        let who =
            account.map(|account| Who { name: account.display_name.clone(), role: visit.t.role_name(account.role) });
        let nav = account.map(|account| nav::groups(visit, account.role, place.as_ref())).unwrap_or_default();
        Self {
            t: visit.t,
            title,
            base: visit.base.clone(),
            here: visit.here.clone(),
            is_answer: visit.is_answer,
            theme: visit.theme,
            who,
            nav,
            places: visit.places.clone(),
            place,
            flash: visit.flash.clone(),
            csrf: csrf::mask(&visit.form_token),
        }
    }

    /// A path of ours as a link.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A file of the style sheet and the like, with its version.
    pub fn asset(&self, name: &str) -> String {
        format!("{}/static/{name}?v={}", self.base, assets::version(name))
    }

    /// The hidden field that every form begins with.
    pub fn token(&self) -> askama::filters::Safe<String> {
        askama::filters::Safe(format!("<input type=\"hidden\" name=\"_csrf\" value=\"{}\">", self.csrf))
    }

    /// The attribute of a form that is not left with something unsaved in it without a question.
    pub fn keeps(&self) -> &'static str {
        if self.is_answer { "data-keeps=unsaved" } else { "data-keeps" }
    }

    /// This page after a while, where it waits for something and there is no script.
    pub fn reload_after(&self, seconds: u32) -> askama::filters::Safe<String> {
        let here =
            if self.here.contains(&format!("{AGAIN}=")) { self.url(&self.here) } else { self.choosing(AGAIN, "1") };
        let here = here.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        askama::filters::Safe(format!(
            "<noscript><meta http-equiv=\"refresh\" content=\"{seconds};url={here}\"></noscript>"
        ))
    }

    /// This page in another language.
    pub fn in_language(&self, lang: &Lang) -> String {
        self.choosing("lang", lang.code())
    }

    /// Whether this page is in a language.
    pub fn is_in(&self, lang: &Lang) -> bool {
        self.t.lang == *lang
    }

    /// This page in other colours.
    pub fn in_theme(&self, theme: &str) -> String {
        self.choosing("theme", theme)
    }

    /// Both languages.
    pub fn languages(&self) -> [Lang; 2] {
        Lang::ALL
    }

    fn choosing(&self, name: &str, value: &str) -> String {
        let mark = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{}{mark}{name}={value}", self.base, self.here)
    }

    /// Whether this corp is the one that the navigation leads to.
    pub fn is_place(&self, place: &Place) -> bool {
        self.place.as_ref() == Some(place)
    }
}

/// The place of the path, else the one looked at last, else the first.
fn place_of(visit: &Visit) -> Option<Place> {
    let of_tenant = visit.path.strip_prefix("/tenants/").and_then(|rest| rest.split('/').next());
    let is_corp = |place: &&Place| place.corp.as_ref().map(|corp| &corp.key) == visit.corp.as_ref();
    let known = visit.places.iter().find(|place| visit.corp.is_some() && is_corp(place));
    let found = match of_tenant {
        Some(tenant) => known
            .filter(|place| place.tenant.as_str() == tenant)
            .or_else(|| visit.places.iter().find(|place| place.tenant.as_str() == tenant)),
        None => known,
    };
    found.or(visit.places.first()).cloned()
}

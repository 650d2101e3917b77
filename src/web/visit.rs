//! Who asks: what every page knows of its request, and the extractors by which a handler says whom it lets in.
//!
//! | In a handler's signature | Lets in |
//! |---|---|
//! | [`Visitor`] | everybody |
//! | [`Person`] | who has signed in |
//! | [`Admin<P>`](Admin) | who has signed in and whose role has the right `P` |

use super::flash::Flash;
use super::frame::{Frame, Place};
use crate::http::Problem;
use crate::http::permission::Permission;
use crate::locale::{Lang, T};
use crate::model::{Account, Actor, ApiScope, CorpKey, Session};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;

/// Colours of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// For cookies, links and the style sheet.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme that a code names.
    pub fn find(code: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.code() == code)
    }
}

/// What every page knows of its request.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Texts in the reader's language.
    pub t: T,
    /// Colours.
    pub theme: Theme,
    /// Prefix of every path, empty or beginning with a slash.
    pub base: String,
    /// The path without that prefix.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// Path and query of the page that is looked at; of a form's answer, of the page that the form stood on.
    pub here: String,
    /// Whether the page answers a form: what it shows is not saved.
    pub is_answer: bool,
    /// The client's address.
    pub from: Option<IpAddr>,
    /// Whether the browser speaks HTTPS to us or to a proxy that we trust.
    pub is_secure: bool,
    /// What the forms of this browser must bring back.
    pub(super) form_token: String,
    /// Left by the form before.
    pub(super) flash: Option<Flash>,
    /// The corp of the path, or the one looked at last.
    pub(super) corp: Option<CorpKey>,
    /// What the navigation shows; filled for people who have signed in.
    pub(super) places: Vec<Place>,
    /// Plans that wait for a decision, for the navigation.
    pub(super) waiting: usize,
}

impl Visit {
    /// The language.
    pub fn lang(&self) -> Lang {
        self.t.lang
    }

    /// A path of ours as a link.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Whoever looks.
#[derive(Debug, Clone)]
pub struct Visitor(pub Rc<Visit>);

impl Deref for Visitor {
    type Target = Visit;
    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl Visitor {
    /// The frame of a page for people who have not signed in.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame::new(&self.0, None, title.into())
    }
}

/// A person who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The request.
    pub visit: Rc<Visit>,
    /// Who.
    pub account: Account,
    /// The session.
    pub session: Session,
}

impl Deref for Person {
    type Target = Visit;
    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl Person {
    /// The same person with the whole visit.
    pub(super) fn of(self, visit: Rc<Visit>) -> Self {
        Self { visit, ..self }
    }

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        Actor {
            name: format!("account:{}", self.account.name),
            from: self.visit.from.map(|address| address.to_string()),
        }
    }

    /// Whether the role has a right.
    pub fn may(&self, right: ApiScope) -> bool {
        self.account.role.may(right)
    }

    /// The frame of a page.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame::new(&self.visit, Some(&self.account), title.into())
    }

    /// The frame of a page that is about a corp although its path does not name it; in the navigation it stands below
    /// this page of the corp.
    pub fn frame_at(&self, corp: &CorpKey, below: &str, title: impl Into<String>) -> Frame {
        let visit = Visit { corp: Some(corp.clone()), ..(*self.visit).clone() };
        let mut frame = Frame::new(&visit, Some(&self.account), title.into());
        let href = visit.url(&format!("/corps/{corp}/{below}"));
        for item in frame.nav.iter_mut().flat_map(|group| &mut group.items) {
            item.is_current = item.href == href;
        }
        frame
    }
}

/// Proof that a person has signed in and has the right `P`.
#[derive(Debug, Clone)]
pub struct Admin<P> {
    person: Person,
    needed: PhantomData<P>,
}

impl<P> Deref for Admin<P> {
    type Target = Person;
    fn deref(&self) -> &Person {
        &self.person
    }
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Rc<Visit>>().cloned().map(Self).ok_or_else(unguarded))
    }
}

impl FromRequest for Person {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(unguarded))
    }
}

impl<P: Permission> FromRequest for Admin<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Person>().cloned();
        ready(match found {
            Some(person) if person.may(P::SCOPE) => Ok(Self { person, needed: PhantomData }),
            Some(_) => Err(no_right(P::SCOPE)),
            None => Err(unguarded()),
        })
    }
}

/// The role lacks a right.
pub(super) fn no_right(needed: ApiScope) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "account.no_right",
        format!("Your role does not include the right {} that this needs.", needed.name()),
    )
    .with("right", needed.name())
}

/// A route that stands outside the table: nobody is let in.
fn unguarded() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "account.unknown", "Sign in first.")
}

//! One's own account: name, language, password, sessions.

use super::account_faults::{check_repeated, place};
use crate::admin::accounts::{self, Proof};
use crate::admin::sessions;
use crate::http::Problem;
use crate::http::errors::{account_problem, store_problem};
use crate::locale::Lang;
use crate::model::{Account, AccountId, Secret, Session, SessionId, TotpState};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::Person;
use crate::web::{cookies, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/account", show)
        .post("/account", save)
        .get("/account/password", show_password)
        .post("/account/password", change_password)
        .files("/account/sessions", session_files)
        .post("/account/sessions", end_session);
}

/// A session in a list.
pub(super) struct SessionView {
    pub(super) id: SessionId,
    pub(super) browser: String,
    pub(super) from: String,
    pub(super) opened: String,
    pub(super) seen: String,
    opened_at_ms: i64,
    seen_at_ms: i64,
    pub(super) is_own: bool,
}

impl SessionView {
    pub(super) fn new(person: &Person, session: Session, now_ms: i64) -> Self {
        Self {
            browser: browser_name(session.user_agent.as_deref().unwrap_or_default()),
            from: session.from.unwrap_or_default(),
            opened: time::minute(session.opened_at_ms),
            seen: time::ago(person.t, session.last_seen_ms, now_ms),
            opened_at_ms: session.opened_at_ms,
            seen_at_ms: session.last_seen_ms,
            is_own: session.id == person.session.id,
            id: session.id,
        }
    }
}

/// The sessions of an account as a list, with what is shown of them.
pub(super) async fn sessions_of(
    person: &Person,
    web: &Web,
    account: &AccountId,
) -> Result<(Sheet, Vec<SessionView>), Problem> {
    let (t, now_ms) = (person.t, web.app.clock.now_ms());
    let sessions = sessions::list(&web.app.admin, Some(account)).await.map_err(store_problem)?;
    let views: Vec<SessionView> =
        sessions.into_iter().map(|session| SessionView::new(person, session, now_ms)).collect();
    let cells = |view: &SessionView| {
        let (opened, seen) = (time::machine(view.opened_at_ms), time::machine(view.seen_at_ms));
        vec![view.browser.clone(), view.from.clone(), opened, seen]
    };
    let columns = [
        ("browser", t.account_session_browser()),
        ("from", t.account_session_from()),
        ("opened", t.account_session_opened()),
        ("seen", t.account_session_seen()),
    ];
    Ok((Sheet::new(columns, views.iter().map(cells).collect()), views))
}

/// `Chrome · Windows`, as far as a browser says.
fn browser_name(agent: &str) -> String {
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = find(&[
        ("wxwork", "WeCom"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

#[derive(Template)]
#[template(path = "system/account.html")]
struct AccountPage {
    f: Frame,
    account: Account,
    display_name: String,
    language: String,
    faults: Faults,
    list: Listing,
    files: Listing,
    page: Slice<SessionView>,
    codes_left: Option<u8>,
}

impl AccountPage {
    fn role(&self) -> &'static str {
        self.f.t.role_name(self.account.role)
    }

    fn ends_at(&self) -> String {
        self.f.url("/account/sessions")
    }

    fn languages(&self) -> Vec<(&'static str, &'static str)> {
        let own = Lang::ALL.into_iter().map(|lang| (lang.code(), lang.own_name()));
        [("", self.f.t.account_language_auto())].into_iter().chain(own).collect()
    }
}

async fn page(
    person: &Person,
    web: &Web,
    display_name: String,
    language: String,
    faults: Faults,
) -> Result<AccountPage, Problem> {
    let (sheet, sessions) = sessions_of(person, web, &person.account.id).await?;
    let list = Listing::of(person, &PARAMETERS);
    let codes_left = match person.account.totp {
        TotpState::On { recovery_codes_left, .. } => Some(recovery_codes_left),
        TotpState::Off => None,
    };
    Ok(AccountPage {
        f: person.frame(person.t.my_account()),
        account: person.account.clone(),
        display_name,
        language,
        faults,
        page: sheet.page(&list, sessions),
        files: list.clone().on(person.url("/account/sessions")),
        list,
        codes_left,
    })
}

async fn session_files(person: Person, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (sheet, _) = sessions_of(&person, &web, &person.account.id).await?;
    let file = sheet.file(&person, &web, &Listing::of(&person, &PARAMETERS), "sessions").await?;
    file.ok_or_else(|| Problem::not_found("list", &person.path))
}

async fn show(person: Person, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let account = &person.account;
    let (name, language) = (account.display_name.clone(), account.language.clone().unwrap_or_default());
    reply::page(&page(&person, &web, name, language, Faults::default()).await?)
}

#[derive(Deserialize)]
struct ProfileFields {
    display_name: String,
    #[serde(default)]
    language: String,
}

async fn save(person: Person, web: web::Data<Web>, form: Form<ProfileFields>) -> Result<HttpResponse, Problem> {
    let ProfileFields { display_name, language } = form.0;
    let wanted = accounts::Profile {
        display_name: display_name.trim().to_owned(),
        role: person.account.role,
        language: Some(language.clone()).filter(|code| !code.is_empty()),
    };
    match accounts::set_profile(&web.app.admin, &person.actor(), &person.account.id, wanted).await {
        Ok(account) => {
            let t = account.language.as_deref().and_then(Lang::find).map_or(person.t, crate::locale::T::new);
            let mut answer = reply::go(&person, "/account", Some(Flash::good(t.saved())));
            // the choice made here counts from now on, not one made earlier by a link
            let _ = answer.add_cookie(&cookies::make(&person, cookies::LANG, "", Some(0)));
            Ok(answer)
        }
        Err(error) => {
            let mut faults = Faults::default();
            place(person.t, error, &mut faults)?;
            reply::again(&page(&person, &web, display_name, language, faults).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "system/password.html")]
struct PasswordPage {
    f: Frame,
    faults: Faults,
    must: bool,
}

async fn show_password(person: Person) -> Result<HttpResponse, Problem> {
    let f = person.frame(person.t.account_password_title());
    reply::page(&PasswordPage { f, faults: Faults::default(), must: person.account.must_change_password })
}

#[derive(Deserialize)]
struct PasswordFields {
    present: String,
    password: String,
    repeated: String,
}

async fn change_password(
    person: Person,
    web: web::Data<Web>,
    form: Form<PasswordFields>,
) -> Result<HttpResponse, Problem> {
    let PasswordFields { present, password, repeated } = form.0;
    let mut faults = Faults::default();
    check_repeated(person.t, &password, &repeated, &mut faults);
    if faults.is_empty() {
        let proof = Proof::Own { password: Secret::new(present), session: Some(person.session.id.clone()) };
        let (env, id) = (&web.app.admin, &person.account.id);
        match accounts::set_password(env, &person.actor(), id, proof, Secret::new(password), false).await {
            Ok(_) => {
                let flash = Flash::good(person.t.account_password_changed());
                return Ok(reply::go(&person, "/account", Some(flash)));
            }
            Err(error) => place(person.t, error, &mut faults)?,
        }
    }
    let f = person.frame(person.t.account_password_title());
    reply::again(&PasswordPage { f, faults, must: person.account.must_change_password })
}

#[derive(Deserialize)]
struct EndFields {
    /// One session; absent = all but this one.
    session: Option<SessionId>,
}

async fn end_session(person: Person, web: web::Data<Web>, form: Form<EndFields>) -> Result<HttpResponse, Problem> {
    let (env, actor, account) = (&web.app.admin, person.actor(), &person.account.id);
    match form.0.session {
        Some(id) => sessions::revoke(env, &actor, account, &id).await.map(drop),
        None => sessions::revoke_all(env, &actor, account, Some(&person.session.id)).await.map(drop),
    }
    .map_err(|error| account_problem(error.into()))?;
    Ok(reply::go(&person, "/account", Some(Flash::good(person.t.account_sessions_ended()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36",
                "Chrome · Windows",
            ),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge · Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1 wxwork/5.0", "WeCom · iOS"),
            ("curl/8.0", "curl/8.0"),
            ("", ""),
        ] {
            assert_eq!(browser_name(agent), expected, "{agent}");
        }
    }
}

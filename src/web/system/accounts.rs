//! Administrators, operators, auditors: list, create, change, disable, sessions of others.

use super::account::{SessionView, sessions_of};
use super::account_faults::place;
use crate::admin::accounts::{self, NewAccount, Profile, Proof};
use crate::admin::{AccountError, keys, passwords, second_factor, sessions};
use crate::http::Problem;
use crate::http::errors::{account_problem, key_problem, store_problem};
use crate::http::permission::AccountsAdmin;
use crate::model::{Account, AccountId, Role, Secret, SessionId, TotpState};
use crate::web::export::{self, Kind, Out};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::sheet;
use crate::web::slice::{self, Slice};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/system/accounts", list)
        .files("/system/accounts", files)
        .get("/system/accounts/new", show_new)
        .post("/system/accounts/new", create)
        .get("/system/accounts/{id}", show)
        .post("/system/accounts/{id}", save)
        .post("/system/accounts/{id}/disable", disable)
        .post("/system/accounts/{id}/enable", enable)
        .post("/system/accounts/{id}/password", new_password)
        .post("/system/accounts/{id}/second-factor-off", factor_off)
        .files("/system/accounts/{id}/sessions", session_files)
        .post("/system/accounts/{id}/sessions", end_session);
}

struct Row {
    account: Account,
    role: &'static str,
    last: String,
    has_factor: bool,
}

#[derive(Template)]
#[template(path = "system/accounts.html")]
struct AccountsPage {
    f: Frame,
    list: Listing,
    page: Slice<Row>,
}

impl AccountsPage {
    fn roles(&self) -> [(&'static str, &'static str); 3] {
        Role::ALL.map(|role| (role.name(), self.f.t.role_name(role)))
    }
}

const PARAMETERS: [&str; 6] = ["q", "role", "state", "sort", "dir", "page"];

/// The accounts that the address asks for, in its order; without one, those that may sign in first.
async fn find(who: &Person, web: &Web, listing: &Listing) -> Result<Vec<Account>, Problem> {
    let all = accounts::list(&web.app.admin).await.map_err(account_problem)?;
    let is_wanted = |account: &Account| {
        let state = if account.is_enabled() { "on" } else { "off" };
        slice::is_hit(listing, [account.name.as_str(), account.display_name.as_str()])
            && ["", account.role.name()].contains(&listing.get("role"))
            && ["", state].contains(&listing.get("state"))
    };
    let mut rows: Vec<Account> = all.into_iter().filter(is_wanted).collect();
    let name = |account: &Account| account.name.to_lowercase();
    match listing.get("sort") {
        "name" => slice::sort(listing, &mut rows, name),
        "display_name" => {
            slice::sort(listing, &mut rows, |account| (account.display_name.to_lowercase(), name(account)))
        }
        "role" => slice::sort(listing, &mut rows, |account| (who.t.role_name(account.role), name(account))),
        "last" => slice::sort(listing, &mut rows, |account| (account.last_sign_in_ms, name(account))),
        _ => rows.sort_by_cached_key(|account| (!account.is_enabled(), account.role, name(account))),
    }
    Ok(rows)
}

async fn list(who: Admin<AccountsAdmin>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (t, now_ms) = (who.t, web.app.clock.now_ms());
    let list = Listing::of(&who, &PARAMETERS);
    let rows = find(&who, &web, &list).await?;
    let page = Slice::of(&list, &rows, |account| Row {
        role: t.role_name(account.role),
        last: account.last_sign_in_ms.map_or(t.never().to_owned(), |at_ms| time::ago(t, at_ms, now_ms)),
        has_factor: account.totp != TotpState::Off,
        account: account.clone(),
    });
    reply::page(&AccountsPage { f: who.frame(t.nav_accounts()), list, page })
}

async fn files(who: Admin<AccountsAdmin>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::of(&who)).await
}

async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let rows = find(who, web, &Listing::of(who, &PARAMETERS)).await?;
    let captions = vec![
        t.account_display_name(),
        t.account_name(),
        t.account_role(),
        t.factor_title(),
        t.accounts_last(),
        t.accounts_state(),
    ];
    let cells = move |account: &Account| {
        Ok([
            account.display_name.clone(),
            account.name.clone(),
            t.role_name(account.role).to_owned(),
            if account.totp == TotpState::Off { t.factor_off() } else { t.factor_on() }.to_owned(),
            account.last_sign_in_ms.map(time::machine).unwrap_or_default(),
            if account.is_enabled() { t.accounts_state_on() } else { t.accounts_state_off() }.to_owned(),
        ])
    };
    let fill = move |out: Out<'_>| out.rows(rows.iter().map(cells));
    export::file(web, kind, "accounts", captions, fill).await
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Fields {
    #[serde(default)]
    name: String,
    display_name: String,
    role: String,
}

fn roles(person: &Person) -> Vec<(&'static str, String)> {
    Role::ALL
        .into_iter()
        .map(|role| (role.name(), format!("{} — {}", person.t.role_name(role), person.t.role_about(role))))
        .collect()
}

#[derive(Template)]
#[template(path = "system/account_new.html")]
struct NewPage {
    f: Frame,
    fields: Fields,
    faults: Faults,
    roles: Vec<(&'static str, String)>,
}

/// A password that was made for somebody, shown once.
#[derive(Template)]
#[template(path = "system/account_password.html")]
struct MadePage {
    f: Frame,
    account: Account,
    password: String,
}

async fn show_new(who: Admin<AccountsAdmin>) -> Result<HttpResponse, Problem> {
    let fields = Fields { role: Role::Operator.name().to_owned(), ..Fields::default() };
    let f = who.frame(who.t.accounts_new());
    reply::page(&NewPage { f, fields, faults: Faults::default(), roles: roles(&who) })
}

async fn create(who: Admin<AccountsAdmin>, web: web::Data<Web>, form: Form<Fields>) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let password = passwords::generate();
    let new = NewAccount {
        name: fields.name.trim().to_owned(),
        display_name: fields.display_name.trim().to_owned(),
        role: Role::find(&fields.role).unwrap_or(Role::Auditor),
        password: password.clone(),
        must_change_password: true,
        language: None,
    };
    match accounts::create(&web.app.admin, &who.actor(), new).await {
        Ok(account) => made(&who, account, &password),
        Err(error) => {
            let mut faults = Faults::default();
            place(who.t, error, &mut faults)?;
            reply::again(&NewPage { f: who.frame(who.t.accounts_new()), fields, faults, roles: roles(&who) })
        }
    }
}

fn made(who: &Person, account: Account, password: &Secret) -> Result<HttpResponse, Problem> {
    let f = who.frame(who.t.accounts_password_made());
    reply::page(&MadePage { f, account, password: password.expose().to_owned() })
}

#[derive(Template)]
#[template(path = "system/account_edit.html")]
struct EditPage {
    f: Frame,
    account: Account,
    fields: Fields,
    faults: Faults,
    roles: Vec<(&'static str, String)>,
    list: Listing,
    files: Listing,
    page: Slice<SessionView>,
    /// API keys in force that this person made: name, id, since when.
    keys: Vec<(String, String, String)>,
    is_own: bool,
    has_factor: bool,
    created: String,
}

impl EditPage {
    fn ends_at(&self) -> String {
        self.f.url(&format!("/system/accounts/{}/sessions", self.account.id))
    }
}

async fn edit_page(
    who: &Person,
    web: &Web,
    account: Account,
    fields: Fields,
    faults: Faults,
) -> Result<EditPage, Problem> {
    let (sheet, sessions) = sessions_of(who, web, &account.id).await?;
    let list = Listing::of(who, &sheet::PARAMETERS);
    let keys = keys::list_of(&web.app.store, &web.app.clock, &account.name).await.map_err(key_problem)?;
    Ok(EditPage {
        f: who.frame(account.display_name.clone()),
        fields,
        faults,
        roles: roles(who),
        page: sheet.page(&list, sessions),
        files: list.clone().on(who.url(&format!("/system/accounts/{}/sessions", account.id))),
        list,
        keys: keys.into_iter().map(|key| (key.name, key.id, time::minute(key.created_at_ms))).collect(),
        is_own: account.id == who.account.id,
        has_factor: account.totp != TotpState::Off,
        created: time::minute(account.created_at_ms),
        account,
    })
}

async fn session_files(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, Problem> {
    let account = get(&web, &id).await?;
    let (sheet, _) = sessions_of(&who, &web, &id).await?;
    let (list, name) = (Listing::of(&who, &sheet::PARAMETERS), format!("sessions-{}", account.name));
    sheet.file(&who, &web, &list, &name).await?.ok_or_else(|| Problem::not_found("list", &who.path))
}

async fn get(web: &Web, id: &AccountId) -> Result<Account, Problem> {
    accounts::get(&web.app.admin, id).await.map_err(account_problem)
}

async fn show(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, Problem> {
    let account = get(&web, &id).await?;
    let fields = Fields {
        name: account.name.clone(),
        display_name: account.display_name.clone(),
        role: account.role.name().to_owned(),
    };
    reply::page(&edit_page(&who, &web, account, fields, Faults::default()).await?)
}

async fn save(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let account = get(&web, &id).await?;
    let wanted = Profile {
        display_name: fields.display_name.trim().to_owned(),
        role: Role::find(&fields.role).unwrap_or(account.role),
        language: account.language.clone(),
    };
    match accounts::set_profile(&web.app.admin, &who.actor(), &id, wanted).await {
        Ok(_) => Ok(back(&who, &id, Flash::good(who.t.saved()))),
        Err(error) => {
            let mut faults = Faults::default();
            place(who.t, error, &mut faults)?;
            reply::again(&edit_page(&who, &web, account, fields, faults).await?)
        }
    }
}

fn back(who: &Person, id: &AccountId, flash: Flash) -> HttpResponse {
    reply::go(who, &format!("/system/accounts/{id}"), Some(flash))
}

/// What a button did; the refusal that a person can meet here is told on the account's page.
fn told(
    who: &Person,
    id: &AccountId,
    done: Result<Account, AccountError>,
    text: &str,
) -> Result<HttpResponse, Problem> {
    match done {
        Ok(_) => Ok(back(who, id, Flash::good(text))),
        Err(AccountError::LastAdministrator(_)) => Ok(back(who, id, Flash::bad(who.t.account_fault_last()))),
        Err(error) => Err(account_problem(error)),
    }
}

async fn disable(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let done = accounts::disable(&web.app.admin, &who.actor(), &id).await;
    told(&who, &id, done, who.t.accounts_disabled())
}

async fn enable(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let done = accounts::enable(&web.app.admin, &who.actor(), &id).await;
    told(&who, &id, done, who.t.accounts_enabled())
}

async fn new_password(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let password = passwords::generate();
    let done =
        accounts::set_password(&web.app.admin, &who.actor(), &id, Proof::Authority, password.clone(), true).await;
    made(&who, done.map_err(account_problem)?, &password)
}

async fn factor_off(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let done = second_factor::reset_totp(&web.app.admin, &who.actor(), &id, Proof::Authority).await;
    told(&who, &id, done, who.t.factor_taken_away())
}

#[derive(Deserialize)]
struct EndFields {
    session: Option<SessionId>,
}

async fn end_session(
    who: Admin<AccountsAdmin>,
    web: web::Data<Web>,
    id: web::Path<AccountId>,
    form: Form<EndFields>,
) -> Result<HttpResponse, Problem> {
    let (env, actor) = (&web.app.admin, who.actor());
    let own = Some(&who.session.id).filter(|_| *id == who.account.id);
    match &form.0.session {
        Some(session) => sessions::revoke(env, &actor, &id, session).await.map(drop),
        None => sessions::revoke_all(env, &actor, &id, own).await.map(drop),
    }
    .map_err(store_problem)?;
    Ok(back(&who, &id, Flash::good(who.t.account_sessions_ended())))
}

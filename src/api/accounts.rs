//! `/api/v1/accounts`: people who sign in to the browser pages, and their sessions.

use super::answer::{Created, NoContent, Ok, Page, Reply};
use super::auth::{AccountsAdmin, Key};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::admin::accounts::{self, NewAccount, Profile, Proof};
use crate::admin::{passwords, second_factor, sessions};
use crate::http::errors::{account_problem, store_problem};
use crate::http::{Body, Problem};
use crate::model::{Account, AccountId, Role, Session, SessionId, TotpState};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const NO_BODY: &[u8] = &[];

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Accounts", "People who sign in to the browser pages: roles, passwords, second factors, sessions.")
        .get("/api/v1/accounts", "List the accounts, disabled ones included, in the order of their creation", list)
        .post(
            "/api/v1/accounts",
            "Make an account\nThe answer holds a generated password, which is shown this once and must be changed at the first \
             sign-in. A repetition with the same Idempotency-Key answers the first result without it. A key can make only \
             accounts of roles whose rights it has itself.",
            create,
        )
        .get("/api/v1/accounts/{account}", "Read an account", read)
        .put(
            "/api/v1/accounts/{account}",
            "Change name, role and language of an account\nAnother role ends the account's sessions and revokes the API keys of that person with rights beyond it. The last administrator \
             who can sign in keeps the role.",
            change,
        )
        .post(
            "/api/v1/accounts/{account}/disable",
            "Disable an account\nIts sessions end at once and the API keys that the person made are revoked. Refused for the last administrator who can sign in.",
            disable,
        )
        .post("/api/v1/accounts/{account}/enable", "Let a disabled account be used again", enable)
        .post(
            "/api/v1/accounts/{account}/password",
            "Give an account a new password\nIt is generated, shown this once, and must be changed at the next sign-in. The \
             account's sessions end; waiting after wrong passwords ends too.",
            renew_password,
        )
        .post(
            "/api/v1/accounts/{account}/reset-totp",
            "Take the second factor away\nFor somebody who has lost the telephone. The account's sessions end.",
            reset_totp,
        )
        .get("/api/v1/accounts/{account}/sessions", "List the open sessions of an account, those used last first", list_sessions)
        .delete("/api/v1/accounts/{account}/sessions", "End all sessions of an account", revoke_all)
        .delete("/api/v1/accounts/{account}/sessions/{session}", "End one session of an account", revoke);
}

/// An account, without anything secret.
#[derive(Debug, Serialize, ToSchema)]
struct AccountView {
    /// Id.
    id: AccountId,
    /// Sign-in name; unique ignoring case, never changed.
    name: String,
    /// The person's name.
    display_name: String,
    /// What the person may do.
    role: Role,
    /// Whether it can be used.
    enabled: bool,
    /// The second factor.
    totp: TotpState,
    /// `zh` or `en`; absent = the appliance's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Unix milliseconds.
    created_at_ms: i64,
    /// Since when it cannot be used, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at_ms: Option<i64>,
    /// Unix milliseconds.
    password_changed_at_ms: i64,
    /// Whether the person must choose a new password first.
    must_change_password: bool,
    /// Unix milliseconds; absent = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sign_in_ms: Option<i64>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            enabled: account.is_enabled(),
            id: account.id,
            name: account.name,
            display_name: account.display_name,
            role: account.role,
            totp: account.totp,
            language: account.language,
            created_at_ms: account.created_at_ms,
            disabled_at_ms: account.disabled_at_ms,
            password_changed_at_ms: account.password_changed_at_ms,
            must_change_password: account.must_change_password,
            last_sign_in_ms: account.last_sign_in_ms,
        }
    }
}

/// What a new account shall be.
#[derive(Debug, Deserialize, ToSchema)]
struct NewAccountBody {
    /// Sign-in name: 2 to 60 of `A-Z a-z 0-9 . _ @ -`.
    name: String,
    /// The person's name, 1 to 60 characters.
    display_name: String,
    /// What the person may do.
    role: Role,
    /// `zh` or `en`; absent = the appliance's language.
    #[serde(default)]
    language: Option<String>,
}

/// What an account shall be.
#[derive(Debug, Deserialize, ToSchema)]
struct AccountBody {
    /// The person's name, 1 to 60 characters.
    display_name: String,
    /// What the person may do.
    role: Role,
    /// `zh` or `en`; absent = the appliance's language.
    #[serde(default)]
    language: Option<String>,
}

/// An account with a password that was just generated.
#[derive(Debug, Serialize, ToSchema)]
struct NewPasswordView {
    /// The generated password; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    /// The rest.
    #[serde(flatten)]
    view: AccountView,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
struct RevokedView {
    /// So many.
    revoked: usize,
}

async fn list(_: Key<AccountsAdmin>, state: web::Data<State>) -> Result<Ok<Page<AccountView>>, Problem> {
    let accounts = accounts::list(&state.app.admin).await.map_err(account_problem)?;
    Result::Ok(Reply::new(Page::whole(accounts.into_iter().map(AccountView::from).collect())))
}

async fn create(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    once: Once,
    body: Body<NewAccountBody>,
) -> Result<Created<NewPasswordView>, Problem> {
    let app = state.app.clone();
    let NewAccountBody { name, display_name, role, language } = body.value;
    caller.check_may_hand_on(&role.rights())?;
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let password = passwords::generate();
        let new =
            NewAccount { name, display_name, role, password: password.clone(), must_change_password: true, language };
        let account = accounts::create(&app.admin, &caller.actor, new).await.map_err(account_problem)?;
        let location = format!("/api/v1/accounts/{}", account.id);
        let (answer, kept) = shown_once(account, password.expose())?;
        Result::Ok(Reply::at(answer, location).keeping(kept))
    })
    .await
}

/// The answer with the password, and what is kept of it for a repetition.
fn shown_once(account: Account, password: &str) -> Result<(NewPasswordView, serde_json::Value), Problem> {
    let mut answer = NewPasswordView { password: None, view: account.into() };
    let kept = serde_json::to_value(&answer).map_err(Problem::internal)?;
    answer.password = Some(password.to_owned());
    Result::Ok((answer, kept))
}

async fn read(
    _: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
) -> Result<Ok<AccountView>, Problem> {
    let account = accounts::get(&state.app.admin, &account).await.map_err(account_problem)?;
    Result::Ok(Reply::new(account.into()))
}

async fn change(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
    body: Body<AccountBody>,
) -> Result<Ok<AccountView>, Problem> {
    let AccountBody { display_name, role, language } = body.value;
    caller.check_may_hand_on(&role.rights())?;
    let profile = Profile { display_name, role, language };
    let changed = accounts::set_profile(&state.app.admin, &caller.actor, &account, profile).await;
    Result::Ok(Reply::new(changed.map_err(account_problem)?.into()))
}

/// A change of an account that takes no body.
#[derive(Clone, Copy)]
enum Button {
    Disable,
    Enable,
    ResetTotp,
}

impl Button {
    /// Done once, however often it is sent under one key.
    async fn press(
        self,
        caller: Key<AccountsAdmin>,
        state: web::Data<State>,
        account: web::Path<AccountId>,
        once: Once,
    ) -> Result<Ok<AccountView>, Problem> {
        let app = state.app.clone();
        once.run(&state, &caller.id.clone(), NO_BODY, async move {
            let (admin, actor) = (&app.admin, &caller.actor);
            if !matches!(self, Self::Disable) {
                check_may_take_over(&caller, admin, &account).await?;
            }
            let changed = match self {
                Self::Disable => accounts::disable(admin, actor, &account).await,
                Self::Enable => accounts::enable(admin, actor, &account).await,
                Self::ResetTotp => second_factor::reset_totp(admin, actor, &account, Proof::Authority).await,
            };
            Result::Ok(Reply::new(changed.map_err(account_problem)?.into()))
        })
        .await
    }
}

async fn disable(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
    once: Once,
) -> Result<Ok<AccountView>, Problem> {
    Button::Disable.press(caller, state, account, once).await
}

async fn enable(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
    once: Once,
) -> Result<Ok<AccountView>, Problem> {
    Button::Enable.press(caller, state, account, once).await
}

async fn reset_totp(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
    once: Once,
) -> Result<Ok<AccountView>, Problem> {
    Button::ResetTotp.press(caller, state, account, once).await
}

async fn renew_password(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
    once: Once,
) -> Result<Ok<NewPasswordView>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), NO_BODY, async move {
        check_may_take_over(&caller, &app.admin, &account).await?;
        let password = passwords::generate();
        let (proof, new) = (Proof::Authority, password.clone());
        let changed = accounts::set_password(&app.admin, &caller.actor, &account, proof, new, true).await;
        let (answer, kept) = shown_once(changed.map_err(account_problem)?, password.expose())?;
        Result::Ok(Reply::new(answer).keeping(kept))
    })
    .await
}

/// What opens an account to the caller needs every right that the account has.
async fn check_may_take_over(
    caller: &Key<AccountsAdmin>,
    admin: &crate::admin::Env,
    account: &AccountId,
) -> Result<(), Problem> {
    let account = accounts::get(admin, account).await.map_err(account_problem)?;
    caller.check_may_hand_on(&account.role.rights())
}

async fn list_sessions(
    _: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
) -> Result<Ok<Page<Session>>, Problem> {
    let account = accounts::get(&state.app.admin, &account).await.map_err(account_problem)?;
    let sessions = sessions::list(&state.app.admin, Some(&account.id)).await.map_err(store_problem)?;
    Result::Ok(Reply::new(Page::whole(sessions)))
}

async fn revoke_all(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    account: web::Path<AccountId>,
) -> Result<Ok<RevokedView>, Problem> {
    let account = accounts::get(&state.app.admin, &account).await.map_err(account_problem)?;
    let revoked = sessions::revoke_all(&state.app.admin, &caller.actor, &account.id, None).await;
    Result::Ok(Reply::new(RevokedView { revoked: revoked.map_err(store_problem)? }))
}

async fn revoke(
    caller: Key<AccountsAdmin>,
    state: web::Data<State>,
    path: web::Path<(AccountId, SessionId)>,
) -> Result<NoContent, Problem> {
    let (account, session) = path.into_inner();
    let was_there = sessions::revoke(&state.app.admin, &caller.actor, &account, &session).await;
    if was_there.map_err(store_problem)? { Result::Ok(NoContent) } else { Err(Problem::not_found("session", session)) }
}

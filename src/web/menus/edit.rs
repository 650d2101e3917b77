//! The menu of an app as a tree (MENU-01, MENU-02): edited, looked at, published, compared.

use super::fields::{EntryFields, MenuFields, field_of};
use crate::http::Problem;
use crate::http::errors::{menu_problem, setup_problem};
use crate::http::permission::{MessagesManage, MessagesRead};
use crate::menus::{self, Comparison, Difference, MenuAddress, MenuError, MenuView, Settled};
use crate::model::menu::{ENTRIES_MAX, Menu, MenuAttempt, MenuKind, SUB_ENTRIES_MAX};
use crate::model::{App, AppKey, Corp, CorpKey};
use crate::setup::service as setup;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing};
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/apps/{app}/menu", show)
        .post("/corps/{corp}/apps/{app}/menu", act)
        .get("/corps/{corp}/apps/{app}/menu/comparison", compare)
        .post("/corps/{corp}/apps/{app}/menu/take-over", take_over)
        .post("/corps/{corp}/apps/{app}/menu/withdraw", withdraw);
}

type Place = web::Path<(CorpKey, AppKey)>;

#[derive(Template)]
#[template(path = "menus/edit.html")]
struct EditPage {
    f: Frame,
    corp: Corp,
    app: App,
    fields: MenuFields,
    faults: Faults,
    view: MenuView,
    comparison: Option<Comparison>,
    /// What WeCom said about the last call.
    refused: Option<String>,
    may_change: bool,
}

impl EditPage {
    fn here(&self) -> String {
        format!("{}/{}/apps/{}/menu", self.f.url("/corps"), self.corp.key, self.app.key)
    }

    fn first_kinds(&self) -> Vec<(&'static str, &'static str)> {
        [("", self.f.t.menu_kind_parent())].into_iter().chain(self.kinds()).collect()
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        MenuKind::ALL.iter().map(|kind| (kind.name(), self.f.t.menu_kind_name(*kind))).collect()
    }

    fn first(&self, n: &usize, part: &str) -> String {
        format!("e{n}_{part}")
    }

    fn sub(&self, n: &usize, m: &usize, part: &str) -> String {
        format!("e{n}s{m}_{part}")
    }

    fn fault_at(&self, n: &usize, part: &str) -> &str {
        self.faults.of(&self.first(n, part))
    }

    fn fault_below(&self, n: &usize, m: &usize, part: &str) -> &str {
        self.faults.of(&self.sub(n, m, part))
    }

    fn place(&self, n: &usize, m: &usize) -> String {
        format!("{n}-{m}")
    }

    fn address_id(&self, n: &usize) -> String {
        format!("address-{n}")
    }

    fn has_room(&self) -> bool {
        self.fields.0.len() < ENTRIES_MAX
    }

    fn has_room_below(&self, entry: &EntryFields) -> bool {
        entry.below.len() < SUB_ENTRIES_MAX
    }

    fn state(&self) -> String {
        match self.view.draft.published_at_ms {
            Some(at_ms) => self.f.t.menu_is_published(time::minute(at_ms)),
            None => self.f.t.menu_never().to_owned(),
        }
    }

    fn unsettled(&self, attempt: &MenuAttempt) -> String {
        let when = time::minute(attempt.at_ms);
        match attempt.menu {
            Some(_) => self.f.t.menu_unsettled_publish(when, &attempt.by),
            None => self.f.t.menu_unsettled_withdraw(when, &attempt.by),
        }
    }

    fn settled(&self, settled: &Settled) -> (&'static str, &'static str) {
        match settled {
            Settled::InForce => ("good", self.f.t.menu_settled()),
            Settled::NotInForce => ("warn", self.f.t.menu_settled_absent()),
        }
    }

    fn is_changed(&self) -> bool {
        let draft = &self.view.draft;
        !draft.menu.button.is_empty() && draft.published.as_ref() != Some(&draft.menu.tidy())
    }

    /// Whether the form shows what is not stored.
    fn is_unsaved(&self) -> bool {
        self.fields != MenuFields::of(&self.view.draft.menu)
    }

    fn kind_of(&self, address: &MenuAddress) -> &'static str {
        address.kind.map_or("", |kind| self.f.t.menu_kind_name(kind))
    }

    fn path_of(&self, address: &MenuAddress) -> String {
        address.path.join(" / ")
    }

    /// `第 1 项 / 2`
    fn place_of(&self, difference: &Difference) -> String {
        difference.place.iter().map(|n| (n + 1).to_string()).collect::<Vec<_>>().join(".")
    }

    fn words_of(&self, entry: &crate::model::menu::MenuEntry) -> String {
        let menu = Menu { button: vec![entry.clone()] };
        let rows = menus::addresses(&menu).into_iter().map(|row| {
            let kind = row.kind.map_or(self.f.t.menu_kind_parent(), |kind| self.f.t.menu_kind_name(kind));
            format!("{} · {kind} {}", row.path.join(" / "), row.value)
        });
        rows.collect::<Vec<_>>().join("; ")
    }
}

async fn page(
    who: &Person,
    web: &Web,
    corp: &CorpKey,
    app: &AppKey,
    fields: Option<MenuFields>,
) -> Result<EditPage, Problem> {
    let view = menus::get(&web.app.env, corp, app).await.map_err(menu_problem)?;
    let corp = setup::get_corp(&web.app.store, corp).await.map_err(setup_problem)?;
    let app = corp.find_app(app).cloned().ok_or_else(|| Problem::not_found("app", app))?;
    let f = who.frame_at(&corp.key, "menus", who.t.menu_of(&app.name));
    let fields = fields.unwrap_or_else(|| MenuFields::of(&view.draft.menu));
    let may_change = who.may(crate::model::ApiScope::MessagesManage);
    let (faults, comparison, refused) = (Faults::default(), None, None);
    Ok(EditPage { f, corp, app, fields, faults, view, comparison, refused, may_change })
}

async fn show(who: Admin<MessagesRead>, web: web::Data<Web>, place: Place) -> Result<HttpResponse, Problem> {
    reply::page(&page(&who, &web, &place.0, &place.1, None).await?)
}

/// What the pressed button says: `publish`, `save`, or a change of the tree. Without a word it is the live preview.
async fn act(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    place: Place,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (corp, app) = place.into_inner();
    let word = form.0.iter().find(|(name, _)| name == "act").map_or("preview", |(_, value)| value.as_str());
    let mut fields = MenuFields::read(&form.0);
    let env = &web.app.env;
    let back = format!("/corps/{corp}/apps/{app}/menu");
    if matches!(word, "publish" | "save") {
        fields = fields.tidy();
        let homeless = fields.homeless();
        if !homeless.is_empty() {
            let mut page = page(&who, &web, &corp, &app, Some(fields)).await?;
            homeless.into_iter().for_each(|field| page.faults.add(field, who.t.menu_fault_homeless()));
            return reply::again(&page);
        }
    }
    match word {
        "publish" => match menus::publish(env, &who.actor(), &corp, &app, fields.menu()).await {
            Ok(done) => {
                let t = who.t;
                let told = if done.is_read_back { t.menu_found_published() } else { t.menu_published() };
                Ok(reply::go(&who, &back, Some(Flash::good(told))))
            }
            Err(MenuError::Faults(found)) => {
                let mut page = page(&who, &web, &corp, &app, Some(fields)).await?;
                for fault in &found {
                    page.faults.add(field_of(fault), who.t.limit_rule(&fault.rule));
                }
                reply::again(&page)
            }
            Err(error) => refused(&who, &web, &corp, &app, Some(fields), error).await,
        },
        "save" => {
            menus::save(env, &who.actor(), &corp, &app, fields.menu()).await.map_err(menu_problem)?;
            Ok(reply::go(&who, &back, Some(Flash::good(who.t.menu_stored()))))
        }
        word => {
            fields.change(word);
            reply::page(&page(&who, &web, &corp, &app, Some(fields)).await?)
        }
    }
}

/// The page with what WeCom said.
async fn refused(
    who: &Person,
    web: &Web,
    corp: &CorpKey,
    app: &AppKey,
    fields: Option<MenuFields>,
    error: MenuError,
) -> Result<HttpResponse, Problem> {
    let (cause, lost) = match error {
        MenuError::Call(cause) => (cause, None),
        MenuError::Lost { cause, is_read_back: true } => (cause, Some(who.t.menu_lost_absent())),
        MenuError::Lost { cause, is_read_back: false } => (cause, Some(who.t.menu_lost_unknown())),
        error => return Err(menu_problem(error)),
    };
    let mut page = page(who, web, corp, app, fields).await?;
    let told = cause.explanation().map(|row| {
        let pick = |text: crate::wecom::errcode::Bilingual| who.lang().pick(text.zh, text.en).to_owned();
        format!("{} {}: {}", row.code, pick(row.meaning), pick(row.fix))
    });
    let told = told.unwrap_or_else(|| cause.to_string());
    page.refused = Some(lost.map_or_else(|| told.clone(), |lost| format!("{lost} ({told})")));
    reply::page_with(actix_web::http::StatusCode::BAD_GATEWAY, &page)
}

async fn compare(who: Admin<MessagesRead>, web: web::Data<Web>, place: Place) -> Result<HttpResponse, Problem> {
    match menus::compare(&web.app.env, &place.0, &place.1).await {
        Ok(comparison) => {
            let mut page = page(&who, &web, &place.0, &place.1, None).await?;
            page.comparison = Some(comparison);
            reply::page(&page)
        }
        Err(error) => refused(&who, &web, &place.0, &place.1, None, error).await,
    }
}

async fn take_over(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    place: Place,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let back = format!("/corps/{}/apps/{}/menu", place.0, place.1);
    match menus::take_over(&web.app.env, &who.actor(), &place.0, &place.1).await {
        Ok(_) => Ok(reply::go(&who, &back, Some(Flash::good(who.t.menu_taken_over())))),
        Err(error) => refused(&who, &web, &place.0, &place.1, None, error).await,
    }
}

#[derive(Debug, Deserialize)]
struct Confirmation {
    #[serde(default)]
    confirm: String,
}

async fn withdraw(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    place: Place,
    form: Form<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let back = format!("/corps/{}/apps/{}/menu", place.0, place.1);
    if form.0.confirm.trim() != place.1.as_str() {
        return Ok(reply::go(&who, &back, Some(Flash::bad(who.t.confirm_mismatch()))));
    }
    match menus::withdraw(&web.app.env, &who.actor(), &place.0, &place.1).await {
        Ok(done) => {
            let told = if done.is_read_back { who.t.menu_found_withdrawn() } else { who.t.menu_withdrawn() };
            Ok(reply::go(&who, &back, Some(Flash::good(told))))
        }
        Err(error) => refused(&who, &web, &place.0, &place.1, None, error).await,
    }
}

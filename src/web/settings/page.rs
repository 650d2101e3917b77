//! The settings of a corp's sync: shown, saved, tried without saving (PEER-05).

use super::fields::SyncFields;
use super::picks::{Picks, address};
use super::schedule;
use super::told::{self, Change};
use crate::http::Problem;
use crate::http::errors::{setup_problem, sync_problem};
use crate::http::permission::{CorpWrite, SyncRead};
use crate::locale::{Advice, Lang, T, advice};
use crate::model::{ApiScope, Corp, CorpKey, PlanHead, PlanState};
use crate::setup::SetupError;
use crate::setup::service::{self as setup, Consent};
use crate::sync::{SyncError, service};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_on};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;

/// Times of a schedule that are shown.
const TIMES: usize = 5;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/settings", show).post("/corps/{corp}/settings", save);
}

#[derive(Template)]
#[template(path = "settings/page.html")]
struct SettingsPage {
    f: Frame,
    corp: Corp,
    fields: SyncFields,
    faults: Faults,
    pull_times: Vec<String>,
    sync_times: Vec<String>,
    what_if: Option<PlanHead>,
    /// Why there is no plan with these settings.
    refused: Option<(Advice, String)>,
    can_change: bool,
    needs_confirmation: bool,
    /// Somebody has saved other settings since the form was opened.
    is_stale: bool,
    /// Fields that were entered before the scope was picked, and are not saved.
    drafted: Vec<Change>,
    /// Something that it shows is not saved.
    is_unsaved: bool,
    /// What was entered is too much to be carried along to the scope.
    is_draft_long: bool,
}

type Pairs = Vec<(&'static str, &'static str)>;

impl SettingsPage {
    fn new(who: &Person, web: &Web, corp: Corp, fields: SyncFields, faults: Faults) -> Self {
        let now_ms = web.app.clock.now_ms();
        let times = |cron: &str, zone: &str| schedule::next(cron, zone, now_ms, TIMES);
        let f = who.frame(who.t.nav_sync_settings());
        Self {
            is_unsaved: f.is_answer,
            f,
            pull_times: times(&corp.pull.cron, &corp.pull.time_zone),
            sync_times: times(&corp.downstream.cron, &corp.downstream.time_zone),
            corp,
            fields,
            faults,
            what_if: None,
            refused: None,
            can_change: who.may(ApiScope::CorpWrite),
            needs_confirmation: false,
            is_stale: false,
            drafted: Vec::new(),
            is_draft_long: false,
        }
    }

    fn is_on(&self, value: &Option<String>) -> bool {
        is_on(value.as_ref())
    }

    /// Finds out what these settings, which are not saved, would do, or why there is no plan with them.
    async fn try_out(&mut self, lang: Lang, web: &Web) -> Result<(), Problem> {
        let (options, rules) = (self.corp.downstream.clone(), Some(self.corp.match_rules.clone()));
        match service::plan_with_options(&web.app.env, &self.corp.key, options, rules).await {
            Ok(found) => self.what_if = Some(found.head),
            // what was entered stays: it is what has to be mended
            Err(SyncError::Plan(refusal)) => {
                self.refused = Some((advice(lang, refusal.code(), 422), refusal.to_string()));
            }
            Err(error) => return Err(sync_problem(error)),
        }
        Ok(())
    }

    fn schedules(&self) -> Pairs {
        let t = self.f.t;
        vec![
            ("off", t.schedule_off()),
            ("hourly", t.schedule_hourly()),
            ("daily", t.schedule_daily()),
            ("weekdays", t.schedule_weekdays()),
            ("custom", t.schedule_custom()),
        ]
    }

    fn strategies(&self) -> Pairs {
        let t = self.f.t;
        vec![
            ("auto", t.strategy_auto()),
            ("lists", t.strategy_lists()),
            ("ids_and_details", t.strategy_ids()),
            ("export", t.strategy_export()),
        ]
    }

    fn leavers(&self) -> [(&'static str, &'static str, &'static str); 2] {
        let t = self.f.t;
        [
            ("disable", t.leaver_disable(), t.leaver_disable_hint()),
            ("delete", t.leaver_delete(), t.leaver_delete_hint()),
        ]
    }

    fn leavings(&self) -> [(&'static str, &'static str, &'static str); 3] {
        let t = self.f.t;
        [
            ("keep", t.leaving_keep(), t.leaving_keep_hint()),
            ("disable", t.leaving_disable(), t.leaving_disable_hint()),
            ("delete", t.leaving_delete(), t.leaving_delete_hint()),
        ]
    }

    /// The rules in their order, and two empty rows.
    fn rules(&self) -> Vec<(usize, String, String)> {
        rows(&self.fields.match_employee, &self.fields.match_member)
    }

    fn mappings(&self) -> Vec<(usize, String, String)> {
        rows(&self.fields.map_field, &self.fields.map_text)
    }

    fn externals(&self) -> Vec<(usize, String, String)> {
        rows(&self.fields.external_field, &self.fields.external_text)
    }

    fn field_name(&self, field: &str) -> String {
        self.f.t.member_field(field)
    }

    fn is_known(&self, field: &str) -> bool {
        super::fields::MAPPED.iter().any(|(known, _)| *known == field)
    }

    fn is_known_outside(&self, field: &str) -> bool {
        super::fields::MAPPED_OUTSIDE.iter().any(|(known, _)| *known == field)
    }

    fn rule_fault(&self, row: &usize) -> &str {
        let of = |side: &str| self.faults.of(&format!("match[{row}].{side}"));
        let employee = of("employee");
        if employee.is_empty() { of("member") } else { employee }
    }

    fn mapping_fault(&self, section: &str, field: &str) -> &str {
        self.faults.of(&format!("{section}.{field}"))
    }

    fn guard(&self, name: &str) -> (&'static str, &'static str) {
        self.f.t.guard_option(name)
    }

    fn scope_text(&self) -> String {
        self.f.t.scope_words(&self.corp.downstream.scope)
    }

    fn verdict(&self, state: &PlanState) -> (&'static str, &'static str) {
        let t = self.f.t;
        match state {
            PlanState::Held => ("warn", t.what_if_held()),
            PlanState::Refused => ("bad", t.what_if_refused()),
            _ => ("good", t.what_if_free()),
        }
    }
}

fn rows(first: &[String], second: &[String]) -> Vec<(usize, String, String)> {
    let known = first.iter().zip(second).filter(|(a, b)| !a.trim().is_empty() || !b.trim().is_empty());
    let known = known.map(|(a, b)| (a.clone(), b.clone()));
    let empty = std::iter::repeat_n((String::new(), String::new()), 2);
    known.chain(empty).enumerate().map(|(at, (a, b))| (at + 1, a, b)).collect()
}

async fn get(web: &Web, key: &CorpKey) -> Result<Corp, Problem> {
    setup::get_corp(&web.app.store, key).await.map_err(setup_problem)
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let mut corp = get(&web, &key).await?;
    let list = Listing::of(&who, &["pick", "draft"]);
    let picks = Picks::of(list.values("pick"));
    // it fills the form in, which whoever may not save has no use for
    let can_change = who.may(ApiScope::CorpWrite);
    let draft = if can_change { list.get("draft") } else { "" };
    let fields = SyncFields::drafted(&corp, draft);
    let drafted = told::changes(who.t, &corp, &fields);
    let is_unsaved = !drafted.is_empty() || !picks.all().is_empty();
    let fields = SyncFields { pick: picks.all().to_vec(), ..fields };
    picks.put_over(&mut corp.downstream.scope);
    let page = SettingsPage::new(&who, &web, corp, fields, Faults::default());
    reply::page(&SettingsPage { drafted, is_unsaved, ..page })
}

/// Puts what was entered over a corp, as it would be saved; what cannot be used is told at its field.
fn put_checked(t: T, fields: &SyncFields, corp: &mut Corp) -> Faults {
    let mut faults = Faults::default();
    fields.put_over(t, corp, &mut faults);
    for fault in crate::setup::check_corp(corp, "") {
        place(t, &fault.path, &fault.message, &mut faults);
    }
    faults
}

/// Puts a fault of the checks at the field that it is about.
fn place(t: T, path: &str, message: &str, faults: &mut Faults) {
    let name = path.rsplit('.').next().unwrap_or_default();
    let field = match path {
        "pull.cron" => "pull_text".to_owned(),
        "downstream.cron" => "sync_text".to_owned(),
        "pull.time_zone" => "pull_time_zone".to_owned(),
        "downstream.time_zone" => "time_zone".to_owned(),
        "downstream.scope.filter" => "filter".to_owned(),
        _ => {
            let mapping = path
                .strip_prefix("downstream.fields.")
                .map(|field| format!("fields.{field}"))
                .or_else(|| path.strip_prefix("downstream.external_fields.").map(|field| format!("external.{field}")));
            mapping.unwrap_or_else(|| if path.starts_with("match[") { path.to_owned() } else { name.to_owned() })
        }
    };
    let is_expression = field == "filter" || field.starts_with("fields.") || field.starts_with("external.");
    let text = t.sync_fault(name, message);
    let is_said = text == message;
    let said = || format!("{}{}{}", t.expression_wrong(), t.sync_colon(), t.expression_fault(message));
    faults.add(field, if is_expression && is_said { said() } else { text });
}

/// On to the scope, with everything that was entered: nothing of it is saved, and nothing is lost.
fn pick(who: &Person, web: &Web, corp: Corp, fields: SyncFields) -> Result<HttpResponse, Problem> {
    let path = who.url(&format!("/corps/{}/settings/scope", corp.key));
    match fields.draft(&corp) {
        Some(draft) => Ok(reply::see_other(&address(&path, fields.picks().all(), &draft))),
        None => {
            let page = SettingsPage::new(who, web, corp, fields, Faults::default());
            reply::again(&SettingsPage { is_draft_long: true, ..page })
        }
    }
}

async fn save(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<SyncFields>,
) -> Result<HttpResponse, Problem> {
    let (t, mut fields) = (who.t, form.0);
    let mut corp = get(&web, &key).await?;
    // asked for beside the scope, which sends nothing but what was picked
    if fields.what == "try_picks" {
        fields = SyncFields { pick: fields.pick, what: "try".into(), ..SyncFields::of(&corp) };
    }
    if fields.what == "pick" {
        return pick(&who, &web, corp, fields);
    }
    let is_unsaved = !fields.differing(&corp).is_empty() || !fields.pick.is_empty();
    let mut faults = put_checked(t, &fields, &mut corp);
    if !faults.is_empty() {
        return reply::again(&SettingsPage::new(&who, &web, corp, fields, faults));
    }
    if fields.what == "try" {
        let mut page = SettingsPage { is_unsaved, ..SettingsPage::new(&who, &web, corp, fields, faults) };
        page.try_out(who.lang(), &web).await?;
        return if page.refused.is_some() { reply::again(&page) } else { reply::page(&page) };
    }
    let consent = Consent { links: None, to_delete: fields.confirm.trim() == key.as_str() };
    let entered = fields.clone();
    // checked above; compared and put over what is there at that moment, so that nothing that others save is lost
    let edit = move |present: &mut Corp| {
        if SyncFields::mark(present) != entered.seen {
            return Err(SetupError::Stale);
        }
        entered.put_over(t, present, &mut Faults::default());
        Ok(())
    };
    match setup::edit_settings(&web.app.store, &who.actor(), &key, consent, edit).await {
        Err(SetupError::Stale) => {
            let seen = SyncFields::mark(&get(&web, &key).await?);
            let mut page = SettingsPage::new(&who, &web, corp, SyncFields { seen, ..fields }, faults);
            page.is_stale = true;
            reply::again(&page)
        }
        Err(SetupError::Unconfirmed(_)) => {
            let mut page = SettingsPage::new(&who, &web, corp, fields, faults);
            page.needs_confirmation = true;
            reply::again(&page)
        }
        Ok(_) => Ok(reply::go(&who, &format!("/corps/{key}/settings"), Some(Flash::good(t.sync_saved())))),
        Err(SetupError::Faults(found)) => {
            found.0.iter().for_each(|fault| place(t, &fault.path, &fault.message, &mut faults));
            reply::again(&SettingsPage::new(&who, &web, corp, fields, faults))
        }
        Err(error) => Err(setup_problem(error)),
    }
}

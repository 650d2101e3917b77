//! The editor of a rule: targets with the parts of their form, and what a sample message looks like at each.

use super::fields::{RuleFields, TargetFields, field_of, place_faults};
use super::look::{Look, of};
use crate::http::Problem;
use crate::http::errors::{rule_problem, setup_problem};
use crate::http::permission::MessagesManage;
use crate::locale::{Lang, T};
use crate::messages::rulebook::{self, RuleError, Sample, SampleButton, SavedRule, TrialTarget};
use crate::messages::rules::RuleSet;
use crate::model::content::Content;
use crate::model::rule::{BUTTON_MAX_CHARS, Part};
use crate::model::{ContentKind, Corp, Rule, RuleId, TenantKey, TodoKind};
use crate::setup::service as setup;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/rules/new", show_new)
        .post("/tenants/{tenant}/rules/new", create)
        .get("/tenants/{tenant}/rules/{rule}", show)
        .post("/tenants/{tenant}/rules/{rule}", save);
}

/// Fields as pairs: those of the targets are numbered.
type Pairs = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "rules/edit.html")]
struct EditPage {
    f: Frame,
    tenant: TenantKey,
    /// `new`, or the id.
    id: String,
    fields: RuleFields,
    faults: Faults,
    places: Vec<(String, String)>,
    /// What the sample looks like at each target.
    previews: Vec<Preview>,
}

/// One target with its preview.
pub(in crate::web) struct Preview {
    /// What members would see.
    pub looks: Vec<Look>,
    /// Why nothing can be sent, and more in English.
    pub fault: Option<(&'static str, String)>,
    /// What is shown shortened.
    pub advice: Vec<String>,
    /// What of the message members do not see, in the reader's words; empty where they see all.
    pub unused: String,
}

impl Preview {
    /// What is sent, or why it cannot be.
    pub fn of_contents(contents: &Result<Vec<Content>, String>, fault: impl Fn(&String) -> String) -> Self {
        Self {
            looks: contents.iter().flatten().map(of).collect(),
            fault: contents.as_ref().err().map(|text| ("", fault(text))),
            advice: Vec::new(),
            unused: String::new(),
        }
    }

    pub fn of(t: T, target: &TrialTarget) -> Self {
        let detail = |fault: &rulebook::TrialFault| {
            let limits = fault.limits.iter().map(|limit| t.limit_fault(limit)).collect::<Vec<_>>().join("；");
            match fault.message.split_once(": ") {
                _ if !limits.is_empty() => limits,
                Some((part, said)) if fault.code.starts_with("template_") => {
                    format!("{part}{}{}", t.sync_colon(), t.expression_fault(said))
                }
                // the sentence in the reader's language says the rest
                _ if t.lang == Lang::Zh => {
                    let part = fault.message.split(' ').next().filter(|_| fault.code == "part_empty");
                    part.unwrap_or_default().to_owned()
                }
                _ => fault.message.clone(),
            }
        };
        Self {
            looks: target.contents.iter().map(of).collect(),
            fault: target.fault.as_ref().map(|fault| (t.render_fault(&fault.code), detail(fault))),
            advice: target.advice.iter().map(|fault| t.limit_fault(fault)).collect(),
            unused: if target.fault.is_none() { t.message_fields(&target.unused) } else { String::new() },
        }
    }
}

impl EditPage {
    fn is_new(&self) -> bool {
        self.id == "new"
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        ContentKind::ALL.iter().map(|kind| (kind.name(), self.f.t.content_kind(*kind))).collect()
    }

    fn yes_no(&self) -> [(&'static str, &'static str); 2] {
        [("yes", self.f.t.yes()), ("no", self.f.t.no())]
    }

    fn overlong(&self) -> [(&'static str, &'static str); 2] {
        [("split", self.f.t.target_overlong_split()), ("refuse", self.f.t.target_overlong_refuse())]
    }

    fn field(&self, n: &usize, name: &str) -> String {
        format!("t{n}_{name}")
    }

    fn fault(&self, n: &usize, name: &str) -> &str {
        self.faults.of(&format!("t{n}_{name}"))
    }

    fn hint(&self, target: &TargetFields, part: &Part) -> String {
        let t = self.f.t;
        match (target.kind, part) {
            (ContentKind::Markdown, Part::Body) => t.part_markdown_hint().to_owned(),
            (ContentKind::Text, Part::Body) => t.part_content_hint().to_owned(),
            (_, Part::Title) => t.part_title_hint().to_owned(),
            (_, Part::Body) => t.part_body_hint().to_owned(),
            (_, Part::Button) => t.part_button_hint(BUTTON_MAX_CHARS),
            (_, Part::Picture) => t.part_picture_hint().to_owned(),
            (_, Part::Url) => t.part_url_hint().to_owned(),
        }
    }

    fn label(&self, target: &TargetFields, part: &Part) -> &'static str {
        self.f.t.rule_part(target.kind, *part)
    }

    fn words<'a>(&'a self, target: &'a TargetFields, part: &Part) -> &'a str {
        target.part(*part)
    }

    fn is_place(&self, target: &TargetFields, place: &(String, String)) -> bool {
        target.place == place.0
    }

    /// An app that is gone stays chosen until somebody chooses another one.
    fn is_known(&self, target: &TargetFields) -> bool {
        target.place.is_empty() || self.places.iter().any(|place| place.0 == target.place)
    }

    fn shows(&self, target: &TargetFields) -> &'static str {
        if target.hides_buttons { "no" } else { "yes" }
    }

    fn length(&self, target: &TargetFields) -> &'static str {
        if target.refuses { "refuse" } else { "split" }
    }

    fn is_card(&self, target: &TargetFields) -> bool {
        target.kind == ContentKind::TemplateCard
    }

    fn is_area(&self, part: &Part) -> bool {
        *part == Part::Body
    }
}

/// `corp/app` and how people call it.
pub(super) fn places(corps: &[Corp]) -> Vec<(String, String)> {
    let of_corp = |corp: &Corp| {
        let corp = corp.clone();
        let apps = corp.apps.clone().into_iter();
        apps.map(move |app| (format!("{}/{}", corp.key, app.key), format!("{} / {}", corp.name, app.name)))
    };
    corps.iter().flat_map(of_corp).collect()
}

/// How people call an app of a corp; its keys where it is gone.
pub(in crate::web) fn place(corps: &[Corp], corp: &str, app: &str) -> String {
    let wanted = format!("{corp}/{app}");
    let known = places(corps).into_iter().find(|(place, _)| *place == wanted);
    known.map_or(wanted, |(_, name)| name)
}

/// A message that shows everything that the rule may use.
fn sample(t: T, kind: ContentKind) -> Sample {
    let button = |text: &str, style| SampleButton { text: text.into(), key: String::new(), style };
    Sample {
        todo: (kind == ContentKind::TemplateCard).then_some(TodoKind::Pending),
        url: Some("https://oa.example.com/todo/2025-017".into()),
        title: Some(t.sample_title().into()),
        body: Some(t.sample_body().into()),
        buttons: vec![button(t.sample_agree(), 1), button(t.sample_reject(), 4)],
        ..Sample::default()
    }
}

async fn page(
    who: &Person,
    web: &Web,
    tenant: &TenantKey,
    id: &str,
    fields: RuleFields,
    faults: Faults,
) -> Result<EditPage, Problem> {
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
    let body = fields.body(who.t, &mut Faults::default());
    let (rule, _) = rulebook::settled(body, RuleId::from("preview"), tenant, 0);
    let now_ms = web.app.clock.now_ms();
    let previews = rule.targets.iter().map(|target| {
        let alone = Rule { targets: vec![target.clone()], source: None, filter: None, enabled: true, ..rule.clone() };
        let message = sample(who.t, target.kind).into_message(tenant, now_ms);
        let trial = rulebook::run_trial(&RuleSet::compile([alone]), &message);
        trial.targets.first().map(|target| Preview::of(who.t, target))
    });
    let previews = previews.flatten().collect();
    let title = if id == "new" { who.t.rule_new().to_owned() } else { fields.name.clone() };
    let places = places(&corps);
    Ok(EditPage { f: who.frame(title), tenant: tenant.clone(), id: id.to_owned(), fields, faults, places, previews })
}

async fn show_new(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    rulebook::list(&web.app.env, &tenant).await.map_err(rule_problem)?;
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
    let first = places(&corps).into_iter().next().map(|(place, _)| place).unwrap_or_default();
    let fields = RuleFields {
        enabled: true,
        targets: vec![TargetFields::new(who.t.lang, first, ContentKind::Textcard)],
        ..RuleFields::default()
    };
    reply::page(&page(&who, &web, &tenant, "new", fields, Faults::default()).await?)
}

async fn show(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, RuleId)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let rule = rulebook::get(&web.app.env, &tenant, &id).await.map_err(rule_problem)?;
    reply::page(&page(&who, &web, &tenant, id.as_str(), RuleFields::of(&rule), Faults::default()).await?)
}

async fn create(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Pairs,
) -> Result<HttpResponse, Problem> {
    act(&who, &web, &tenant, None, &form.0).await
}

async fn save(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, RuleId)>,
    form: Pairs,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    act(&who, &web, &tenant, Some(id), &form.0).await
}

/// What the pressed button says: `save`, `preview`, `add`, `remove-2`. Without a word it is the live preview.
async fn act(
    who: &Person,
    web: &Web,
    tenant: &TenantKey,
    id: Option<RuleId>,
    pairs: &[(String, String)],
) -> Result<HttpResponse, Problem> {
    let word = pairs.iter().find(|(name, _)| name == "act").map_or("preview", |(_, value)| value.as_str());
    let mut fields = RuleFields::read(who.t.lang, pairs);
    let here = id.as_ref().map_or("new", RuleId::as_str).to_owned();
    if word != "save" {
        if word == "add" {
            let taken: Vec<&String> = fields.targets.iter().map(|target| &target.place).collect();
            let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
            let free = places(&corps).into_iter().map(|(place, _)| place).find(|place| !taken.contains(&place));
            fields.targets.push(TargetFields::new(who.t.lang, free.unwrap_or_default(), ContentKind::Textcard));
        }
        let removed = word.strip_prefix("remove-").and_then(|n| n.parse::<usize>().ok());
        if let Some(n) = removed.filter(|n| *n < fields.targets.len()) {
            fields.targets.remove(n);
        }
        return reply::page(&page(who, web, tenant, &here, fields, Faults::default()).await?);
    }
    let mut faults = Faults::default();
    let body = fields.body(who.t, &mut faults);
    if faults.is_empty() {
        match rulebook::save(&web.app.env, &who.actor(), tenant, id, body).await {
            Ok(saved) => return Ok(told(who, tenant, &saved)),
            Err(RuleError::Faults(found)) => place_faults(who.t, &found, &mut faults),
            Err(RuleError::TooMany) => faults.add("name", who.t.rule_too_many()),
            Err(error) => return Err(rule_problem(error)),
        }
    }
    reply::again(&page(who, web, tenant, &here, fields, faults).await?)
}

/// Back to the list, with what came back and what to know.
fn told(who: &Person, tenant: &TenantKey, saved: &SavedRule) -> HttpResponse {
    let t = who.t;
    let mut words = vec![t.rule_saved().to_owned()];
    if !saved.restored.is_empty() {
        let parts: Vec<&str> = saved
            .restored
            .iter()
            .filter_map(|at| {
                let field = field_of(at);
                let (n, part) = field.strip_prefix('t')?.split_once('_')?;
                let target = saved.rule.targets.get(n.parse::<usize>().ok()?)?;
                let part = Part::ALL.into_iter().find(|known| known.name() == part)?;
                Some(t.rule_part(target.kind, part))
            })
            .collect();
        words.push(t.rule_restored(parts.join("、")));
    }
    words.extend(saved.warnings.iter().map(|warning| t.rule_warning(warning)));
    let text = words.join("。");
    let is_plain = saved.restored.is_empty() && saved.warnings.is_empty();
    let flash = if is_plain { Flash::good(text) } else { Flash::warning(text) };
    reply::go(who, &format!("/tenants/{tenant}/rules"), Some(flash))
}

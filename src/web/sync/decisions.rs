//! Everything that waits for a person's decision, of all corps.

use super::cards::PlanCard;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::SyncRead;
use crate::model::ApiScope;
use crate::store::{self, StoreError};
use crate::sync::service::writes;
use crate::web::export::{self, Kind};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/decisions", list).get("/decisions.csv", csv).get("/decisions.xlsx", xlsx);
}

#[derive(Template)]
#[template(path = "sync/decisions.html")]
struct DecisionsPage {
    f: Frame,
    list: Listing,
    plans: Vec<PlanCard>,
    may_decide: bool,
}

async fn waiting(who: &Person, web: &Web) -> Result<Vec<PlanCard>, Problem> {
    let (t, now_ms) = (who.t, web.app.clock.now_ms());
    let read = web.app.store.read_async(move |tx| {
        let corps = store::corps::list(tx)?.into_iter().map(|corp| Ok((writes(tx, &corp.key)?, corp)));
        Ok((store::plans::waiting(tx, None, now_ms)?, corps.collect::<Result<Vec<_>, StoreError>>()?))
    });
    let (plans, corps) = read.await.map_err(store_problem)?;
    let plans = plans.iter().map(|head| {
        let corp = corps.iter().find(|(_, corp)| corp.key == head.corp);
        let name = corp.map_or_else(|| head.corp.to_string(), |(_, corp)| corp.name.clone());
        let card = PlanCard::new(t, head, name, now_ms);
        match corp {
            Some((writes, corp)) => card.beside(t, corp, *writes, head),
            None => card,
        }
    });
    let mut plans: Vec<PlanCard> = plans.collect();
    // what can be decided comes first
    plans.sort_by_key(|plan| plan.overtaken.is_some());
    Ok(plans)
}

async fn list(who: Admin<SyncRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let page = DecisionsPage {
        f: who.frame(who.t.nav_decisions()),
        list: Listing::of(&who, &[]),
        plans: waiting(&who, &web).await?,
        may_decide: who.may(ApiScope::SyncDecide),
    };
    reply::page(&page)
}

async fn csv(who: Admin<SyncRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::Csv).await
}

async fn xlsx(who: Admin<SyncRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::Xlsx).await
}

async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let rows = waiting(who, web).await?.into_iter().map(|plan| {
        let over = |guard: &(String, String, String)| format!("{}: {}", guard.0, t.plan_guard_over(&guard.1, &guard.2));
        let overtaken = plan.overtaken.map(str::to_owned);
        let guards: Vec<String> = plan.guards.iter().map(over).chain(overtaken).collect();
        let counts: Vec<String> = plan.counts.iter().map(|count| format!("{} {}", count.label, count.count)).collect();
        let blast = [
            (plan.heads, t.blast_heads(plan.heads)),
            (plan.admins, t.blast_admins(plan.admins)),
            (plan.emptied, t.blast_emptied(plan.emptied)),
        ];
        let blast: Vec<String> = blast.into_iter().filter(|(count, _)| *count > 0).map(|(_, told)| told).collect();
        let (guards, counts, blast) = (guards.join("\n"), counts.join("\n"), blast.join("\n"));
        [plan.at_machine, plan.corp_name, guards, counts, blast, plan.expires, plan.id]
    });
    let captions = [
        t.decisions_made(),
        t.decisions_corp(),
        t.decisions_why(),
        t.decisions_what(),
        t.decisions_blast(),
        t.decisions_until(),
        t.inbox_id(),
    ];
    export::few(&web.app.views, kind, "decisions", captions, rows.collect()).await
}

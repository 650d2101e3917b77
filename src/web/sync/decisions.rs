//! Everything that waits for a person's decision, of all corps.

use super::cards::PlanCard;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::ApiScope;
use crate::store::{self, StoreError};
use crate::sync::service::writes;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.list("/decisions", list);
}

#[derive(Template)]
#[template(path = "sync/decisions.html")]
struct DecisionsPage {
    f: Frame,
    list: Listing,
    page: Slice<PlanCard>,
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
    let (t, list, plans) = (who.t, Listing::of(&who, &PARAMETERS), waiting(&who, &web).await?);
    let columns = [
        ("made", t.decisions_made()),
        ("corp", t.decisions_corp()),
        ("why", t.decisions_why()),
        ("what", t.decisions_what()),
        ("blast", t.decisions_blast()),
        ("until", t.decisions_until()),
        ("", t.inbox_id()),
    ];
    let sheet = Sheet::new(columns, plans.iter().map(|plan| cells(t, plan)).collect());
    if let Some(file) = sheet.file(&who, &web, &list, "decisions").await? {
        return Ok(file);
    }
    let (page, may_decide) = (sheet.page(&list, plans), who.may(ApiScope::SyncDecide));
    reply::page(&DecisionsPage { f: who.frame(t.nav_decisions()), list, page, may_decide })
}

fn cells(t: T, plan: &PlanCard) -> Vec<String> {
    let over = |(name, over): &(String, String)| format!("{name}: {over}");
    let overtaken = plan.overtaken.map(str::to_owned);
    let guards: Vec<String> = plan.guards.iter().map(over).chain(overtaken).collect();
    let counts: Vec<String> = plan.counts.iter().map(|count| format!("{} {}", count.label, count.count)).collect();
    let blast = [
        (plan.heads, t.blast_heads(plan.heads)),
        (plan.admins, t.blast_admins(plan.admins)),
        (plan.emptied, t.blast_emptied(plan.emptied)),
    ];
    let blast: Vec<String> = blast.into_iter().filter(|(count, _)| *count > 0).map(|(_, told)| told).collect();
    let blast = if blast.is_empty() { t.blast_none_short().to_owned() } else { blast.join("\n") };
    let (made, corp, until, id) =
        (plan.at_machine.clone(), plan.corp_name.clone(), plan.expires.clone(), plan.id.clone());
    vec![made, corp, guards.join("\n"), counts.join("\n"), blast, until, id]
}

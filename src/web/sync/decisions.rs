//! Everything that waits for a person's decision, of all corps.

use super::cards::PlanCard;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::SyncRead;
use crate::model::ApiScope;
use crate::store;
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/decisions", list);
}

#[derive(Template)]
#[template(path = "sync/decisions.html")]
struct DecisionsPage {
    f: Frame,
    plans: Vec<PlanCard>,
    may_decide: bool,
}

async fn list(who: Admin<SyncRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (t, now_ms) = (who.t, web.app.clock.now_ms());
    let read =
        web.app.store.read_async(move |tx| Ok((store::plans::waiting(tx, None, now_ms)?, store::corps::list(tx)?)));
    let (plans, corps) = read.await.map_err(store_problem)?;
    let plans = plans.iter().map(|head| {
        let corp = corps.iter().find(|corp| corp.key == head.corp);
        let name = corp.map_or_else(|| head.corp.to_string(), |corp| corp.name.clone());
        let card = PlanCard::new(t, head, name, now_ms);
        match corp {
            Some(corp) => card.beside(corp, head),
            None => card,
        }
    });
    let page = DecisionsPage {
        f: who.frame(t.nav_decisions()),
        plans: plans.collect(),
        may_decide: who.may(ApiScope::SyncDecide),
    };
    reply::page(&page)
}

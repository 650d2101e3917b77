//! `/api/v1/corps/{corp}/apps/{app}/menu`: the menu of an app.

use super::answer::{Ok, Reply};
use super::auth::{Key, MessagesManage, MessagesRead};
use super::confirm::ConfirmQuery;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::menu_problem;
use crate::http::{Body, Problem, Query};
use crate::menus::{self, Comparison, MenuView, Published};
use crate::model::menu::Menu;
use crate::model::{AppKey, CorpKey};
use actix_web::web;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Menus", "Menus of apps: edited here, published to WeCom, read back and compared.")
        .get("/api/v1/corps/{corp}/apps/{app}/menu", "Read the menu as it is edited here", read)
        .put(
            "/api/v1/corps/{corp}/apps/{app}/menu",
            "Store the menu and publish it\nWhere WeCom's answer is lost, the menu is read back: `is_read_back` says that it was found in force, \
             `menu.not_in_force` that another one was, `menu.unknown` that nothing could be read. A comparison tells later.",
            publish,
        )
        .delete(
            "/api/v1/corps/{corp}/apps/{app}/menu",
            "Take the menu away at WeCom\nWhat is edited here stays. `confirm` must be the app's key.",
            withdraw,
        )
        .put("/api/v1/corps/{corp}/apps/{app}/menu/draft", "Store the menu without publishing it", save)
        .get(
            "/api/v1/corps/{corp}/apps/{app}/menu/comparison",
            "Read the menu that is in force at WeCom and compare it\nMakes one call. `settled` says what became of a change whose answer was lost.",
            compare,
        )
        .post(
            "/api/v1/corps/{corp}/apps/{app}/menu/take-over",
            "Take over the menu that is in force at WeCom\nIt takes the place of what is edited here. Makes one call.",
            take_over,
        );
}

type Place = web::Path<(CorpKey, AppKey)>;

async fn read(_: Key<MessagesRead>, state: web::Data<State>, place: Place) -> Result<Ok<MenuView>, Problem> {
    menus::get(&state.app.env, &place.0, &place.1).await.map(Reply::new).map_err(menu_problem)
}

async fn publish(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    place: Place,
    body: Body<Menu>,
) -> Result<Ok<Published>, Problem> {
    let published = menus::publish(&state.app.env, &caller.actor, &place.0, &place.1, body.value).await;
    published.map(Reply::new).map_err(menu_problem)
}

async fn save(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    place: Place,
    body: Body<Menu>,
) -> Result<Ok<MenuView>, Problem> {
    let saved = menus::save(&state.app.env, &caller.actor, &place.0, &place.1, body.value).await;
    saved.map(Reply::new).map_err(menu_problem)
}

async fn withdraw(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    place: Place,
    query: Query<ConfirmQuery>,
) -> Result<Ok<Published>, Problem> {
    query.0.check(place.1.as_str())?;
    let withdrawn = menus::withdraw(&state.app.env, &caller.actor, &place.0, &place.1).await;
    withdrawn.map(Reply::new).map_err(menu_problem)
}

async fn compare(_: Key<MessagesRead>, state: web::Data<State>, place: Place) -> Result<Ok<Comparison>, Problem> {
    menus::compare(&state.app.env, &place.0, &place.1).await.map(Reply::new).map_err(menu_problem)
}

async fn take_over(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    once: Once,
    place: Place,
) -> Result<Ok<MenuView>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &[], async move {
        let taken = menus::take_over(&app.env, &caller.actor, &place.0, &place.1).await;
        taken.map(Reply::new).map_err(menu_problem)
    })
    .await
}

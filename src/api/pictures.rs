//! `/api/v1/corps/{corp}/apps/{app}/pictures`: pictures that auto replies send.

use super::answer::{Created, Download, NoContent, Ok, Page, Reply};
use super::auth::{CallbacksManage, CallbacksRead, Key};
use super::confirm::ConfirmQuery;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use super::upload::Upload;
use crate::http::errors::reply_problem;
use crate::http::{Problem, Query};
use crate::model::{AppKey, CorpKey, Picture, PictureId};
use actix_web::web;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part(
            "Auto replies: pictures",
            "Pictures that rules send. The bridge keeps them and uploads them to WeCom before they expire there.",
        )
        .get("/api/v1/corps/{corp}/apps/{app}/pictures", "List an app's pictures, the oldest first", list)
        .post(
            "/api/v1/corps/{corp}/apps/{app}/pictures",
            "Add a picture\nPNG or JPEG, at most 2 MiB, as the part `file`.",
            add,
        )
        .get("/api/v1/corps/{corp}/apps/{app}/pictures/{picture}", "Read what is known of a picture", read)
        .get("/api/v1/corps/{corp}/apps/{app}/pictures/{picture}/file", "Fetch a picture", fetch)
        .delete(
            "/api/v1/corps/{corp}/apps/{app}/pictures/{picture}",
            "Remove a picture that no rule sends\n`confirm` must be its id.",
            remove,
        );
}

type AppPath = web::Path<(CorpKey, AppKey)>;
type PicturePath = web::Path<(CorpKey, AppKey, PictureId)>;

async fn list(_: Key<CallbacksRead>, state: web::Data<State>, path: AppPath) -> Result<Ok<Page<Picture>>, Problem> {
    let (corp, app) = path.into_inner();
    let pictures = state.app.callbacks.pictures(&corp, &app).await.map_err(reply_problem)?;
    Result::Ok(Reply::new(Page::whole(pictures)))
}

async fn add(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: AppPath,
    once: Once,
    file: Upload,
) -> Result<Created<Picture>, Problem> {
    let ((corp, key), app) = (path.into_inner(), state.app.clone());
    let Upload { name, content, digest } = file;
    once.run(&state, &caller.id, &digest, async move {
        let added = app.callbacks.add_picture(&caller.actor, &corp, &key, &name, content).await;
        let picture = added.map_err(reply_problem)?;
        let place = format!("/api/v1/corps/{corp}/apps/{key}/pictures/{}", picture.id);
        Result::Ok(Reply::at(picture, place))
    })
    .await
}

async fn read(_: Key<CallbacksRead>, state: web::Data<State>, path: PicturePath) -> Result<Ok<Picture>, Problem> {
    let (corp, app, id) = path.into_inner();
    let (picture, _) = state.app.callbacks.picture(&corp, &app, &id).await.map_err(reply_problem)?;
    Result::Ok(Reply::new(picture))
}

async fn fetch(_: Key<CallbacksRead>, state: web::Data<State>, path: PicturePath) -> Result<Download, Problem> {
    let (corp, app, id) = path.into_inner();
    let (picture, content) = state.app.callbacks.picture(&corp, &app, &id).await.map_err(reply_problem)?;
    let name = format!("{}.{}", picture.id, picture.kind.ending());
    Result::Ok(Download::bytes(picture.kind.media_type(), name, content))
}

async fn remove(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: PicturePath,
    query: Query<ConfirmQuery>,
) -> Result<NoContent, Problem> {
    let (corp, app, id) = path.into_inner();
    query.0.check(id.as_str())?;
    let removed = state.app.callbacks.remove_picture(&caller.actor, &corp, &app, &id).await;
    removed.map(|()| NoContent).map_err(reply_problem)
}

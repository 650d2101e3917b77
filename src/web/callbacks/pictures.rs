//! Pictures that the auto replies of an app may send: looked at, added, removed.

use crate::callbacks::replies::ReplyError;
use crate::http::Problem;
use crate::http::errors::{reply_problem, setup_problem};
use crate::http::permission::{CallbacksManage, CallbacksRead};
use crate::locale::T;
use crate::model::{ApiScope, App, AppKey, Corp, CorpKey, Picture, PictureId, ReplyContent};
use crate::setup::service;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::sure::Sure;
use crate::web::upload::Upload;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .list("/corps/{corp}/apps/{app}/pictures", show)
        .post("/corps/{corp}/apps/{app}/pictures", add)
        .get("/corps/{corp}/apps/{app}/pictures/{picture}", content)
        .post("/corps/{corp}/apps/{app}/pictures/{picture}/remove", remove);
}

/// How a picture fares at WeCom.
struct Row {
    picture: Picture,
    /// Names of the rules that send it.
    rules: String,
    class: &'static str,
    state: &'static str,
    /// Until when the upload is good; empty where there is none.
    until: String,
}

#[derive(Template)]
#[template(path = "callbacks/pictures.html")]
struct PicturesPage {
    f: Frame,
    list: Listing,
    corp: Corp,
    app: App,
    sheet: Sheet,
    page: Slice<Row>,
    fault: &'static str,
    can_change: bool,
}

impl PicturesPage {
    fn sorts(&self) -> [(&'static str, &'static str); 3] {
        let t = self.f.t;
        [("name", t.reply_image()), ("added", t.audit_when()), ("size", t.backup_size())]
    }

    /// Whether this order is chosen.
    fn is_down(&self) -> bool {
        self.list.is("dir", "desc")
    }

    fn here(&self) -> String {
        self.f.url(&format!("/corps/{}/apps/{}/pictures", self.corp.key, self.app.key))
    }
}

/// All pictures of an app, the oldest first.
async fn rows(t: T, web: &Web, key: &CorpKey, app: &AppKey) -> Result<Vec<Row>, Problem> {
    let (now_ms, callbacks) = (web.app.clock.now_ms(), &web.app.callbacks);
    let pictures = callbacks.pictures(key, app).await.map_err(reply_problem)?;
    let senders = callbacks.auto_replies(key, app).await.map_err(reply_problem)?;
    let row = |picture: Picture| {
        let is_sent =
            |reply: &ReplyContent| matches!(reply, ReplyContent::Image { picture: sent } if *sent == picture.id);
        let rules: Vec<&str> =
            senders.iter().filter(|rule| is_sent(&rule.reply)).map(|rule| rule.name.as_str()).collect();
        let mut until = String::new();
        let (class, state) = match (&picture.at_wecom, &picture.fault) {
            (_, Some(_)) => ("bad", t.reply_picture_fault()),
            (Some(upload), _) if picture.media_id(now_ms).is_some() => {
                until = t.reply_picture_until(time::minute(upload.good_until_ms()));
                ("good", t.reply_picture_good())
            }
            _ if rules.is_empty() => ("", t.reply_picture_idle()),
            _ => ("warn", t.reply_picture_waits()),
        };
        Row { rules: rules.join("、"), class, state, until, picture }
    };
    Ok(pictures.into_iter().map(row).collect())
}

async fn page(
    who: &Person,
    web: &Web,
    (key, app): (&CorpKey, &AppKey),
    fault: &'static str,
) -> Result<PicturesPage, Problem> {
    let t = who.t;
    let corp = service::get_corp(&web.app.store, key).await.map_err(setup_problem)?;
    let app = corp.find_app(app).cloned().ok_or_else(|| Problem::not_found("app", app))?;
    let rows = rows(t, web, key, &app.key).await?;
    let columns = [
        ("name", t.reply_image()),
        ("size", t.backup_size()),
        ("added", t.audit_when()),
        ("state", t.inbox_state()),
        ("", t.keys_expires()),
        ("", t.inbox_note()),
        ("", t.reply_name()),
        ("", t.inbox_id()),
    ];
    // a form's fault page stands at the same address
    let list = Listing::of(who, &PARAMETERS);
    let sheet = Sheet::new(columns, rows.iter().map(cells).collect());
    Ok(PicturesPage {
        f: who.frame_at(key, "replies", t.reply_pictures()),
        page: sheet.page(&list, rows),
        sheet,
        list,
        corp,
        app,
        fault,
        can_change: who.may(ApiScope::CallbacksManage),
    })
}

async fn show(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
) -> Result<HttpResponse, Problem> {
    let page = page(&who, &web, (&path.0, &path.1), "").await?;
    match page.sheet.file(&who, &web, &page.list, &format!("pictures-{}-{}", path.0, path.1)).await? {
        Some(file) => Ok(file),
        None => reply::page(&page),
    }
}

fn cells(row: &Row) -> Vec<String> {
    let picture = &row.picture;
    vec![
        picture.name.clone(),
        picture.size.to_string(),
        time::machine(picture.added_at_ms),
        row.state.to_owned(),
        row.until.clone(),
        picture.fault.clone().unwrap_or_default(),
        row.rules.clone(),
        picture.id.to_string(),
    ]
}

async fn add(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let ((corp, app), t) = (path.into_inner(), who.t);
    let Some(file) = upload.file else {
        return reply::again(&page(&who, &web, (&corp, &app), t.reply_picture_no_file()).await?);
    };
    match web.app.callbacks.add_picture(&who.actor(), &corp, &app, &file.name, file.content).await {
        Ok(_) => {
            let here = format!("/corps/{corp}/apps/{app}/pictures");
            Ok(reply::go(&who, &here, Some(Flash::good(t.reply_picture_added()))))
        }
        Err(ReplyError::Picture(_)) => {
            reply::again(&page(&who, &web, (&corp, &app), t.reply_picture_bad_kind()).await?)
        }
        Err(error) => Err(reply_problem(error)),
    }
}

async fn content(
    _: Admin<CallbacksRead>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey, PictureId)>,
) -> Result<HttpResponse, Problem> {
    let (corp, app, id) = path.into_inner();
    let (picture, content) = web.app.callbacks.picture(&corp, &app, &id).await.map_err(reply_problem)?;
    Ok(reply::picture(picture.kind.media_type(), content))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Confirmed {
    /// Absent on the way from the list.
    confirm: Option<String>,
}

async fn remove(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey, PictureId)>,
    form: Form<Confirmed>,
) -> Result<HttpResponse, Problem> {
    let ((corp, app, id), t) = (path.into_inner(), who.t);
    let here = format!("/corps/{corp}/apps/{app}/pictures");
    let rows = rows(t, &web, &corp, &app).await?;
    // one that is sent by a rule cannot be removed anyway
    if let Some(row) = rows.into_iter().find(|row| row.picture.id == id && row.rules.is_empty()) {
        let sure = Sure {
            f: who.frame_at(&corp, "replies", t.reply_picture_remove()),
            lead: t.reply_picture_sure(&row.picture.name),
            notes: vec![row.state.to_owned()],
            action: format!("{here}/{id}/remove"),
            back: (t.reply_pictures().to_owned(), here.clone()),
            carried: Vec::new(),
            choice: None,
            word: row.picture.name.to_string(),
            is_mistyped: false,
        };
        if let Some(page) = sure.ask(form.0.confirm.as_deref())? {
            return Ok(page);
        }
    }
    let flash = match web.app.callbacks.remove_picture(&who.actor(), &corp, &app, &id).await {
        Ok(()) => Flash::good(t.reply_picture_removed()),
        Err(ReplyError::PictureInUse(_)) => Flash::warning(t.reply_picture_in_use()),
        Err(error) => return Err(reply_problem(error)),
    };
    Ok(reply::go(&who, &here, Some(flash)))
}

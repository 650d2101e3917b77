//! What the forms of a phone do: each is an [`Act`], then the talk is shown again.

use super::links::{go_on, redirect};
use super::menu::place_of;
use super::{base, see_other};
use crate::sandbox::acts::{Act, ActError, Extra};
use crate::sandbox::api::media_check;
use crate::sandbox::api::multipart::{Part, parts};
use crate::sandbox::messages::content::Place;
use crate::sandbox::shared::State;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

type AppPath = Path<(String, String, u64)>;

/// Back to the talk, with a note when the client did not let it happen.
fn back(corpid: &str, userid: &str, agentid: u64, done: Result<(), ActError>) -> HttpResponse {
    let note = match done {
        Ok(()) => "",
        Err(ActError::NoButton | ActError::NoMessage | ActError::Locked | ActError::NoEntry) => "?note=gone",
        Err(ActError::BadChoice) => "?note=choice",
        Err(ActError::Empty) => "?note=empty",
        Err(ActError::NoMedia) => "?note=picture",
        Err(ActError::NoCorp | ActError::NoMember | ActError::NoApp | ActError::NoEvent(_)) => "?note=app",
    };
    see_other(&format!("{}/app/{agentid}{note}", base(corpid, userid)))
}

/// `POST …/enter`
pub async fn enter(state: Data<State>, path: AppPath) -> HttpResponse {
    let (corpid, userid, agentid) = path.into_inner();
    back(&corpid, &userid, agentid, state.act(&corpid, &userid, agentid, Act::Enter).map(|_| ()))
}

#[derive(Deserialize)]
pub struct Said {
    content: String,
}

/// `POST …/say`
pub async fn say(state: Data<State>, path: AppPath, form: Form<Said>) -> HttpResponse {
    let (corpid, userid, agentid) = path.into_inner();
    let act = Act::Text { content: form.into_inner().content };
    back(&corpid, &userid, agentid, state.act(&corpid, &userid, agentid, act).map(|_| ()))
}

fn content_type(request: &HttpRequest) -> &str {
    request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The pictures of a form, kept as uploads.
fn pictures(state: &State, corpid: &str, list: &[Part<'_>]) -> Result<Vec<String>, ActError> {
    let chosen = list.iter().filter(|part| part.name == "picture" && !part.content.is_empty());
    chosen
        .map(|part| {
            media_check::image_kind(part.content).ok_or(ActError::NoMedia)?;
            state.add_media(corpid, "image", &part.filename, part.content.to_vec()).ok_or(ActError::NoCorp)
        })
        .collect()
}

/// `POST …/picture`
pub async fn picture(state: Data<State>, request: HttpRequest, path: AppPath, body: Bytes) -> HttpResponse {
    let (corpid, userid, agentid) = path.into_inner();
    let list = parts(content_type(&request), &body).unwrap_or_default();
    let done = pictures(&state, &corpid, &list).and_then(|pictures| {
        let media_id = pictures.into_iter().next().ok_or(ActError::NoMedia)?;
        state.act(&corpid, &userid, agentid, Act::Image { media_id }).map(|_| ())
    });
    back(&corpid, &userid, agentid, done)
}

/// `POST …/press`: a button with the choices of its card, or an entry of the card's menu.
pub async fn press(state: Data<State>, path: AppPath, body: Bytes) -> HttpResponse {
    let (corpid, userid, agentid) = path.into_inner();
    let done = pressed(&body).and_then(|act| state.act(&corpid, &userid, agentid, act).map(|_| ()));
    back(&corpid, &userid, agentid, done)
}

/// `c:` is a choice, `q:` says that a question was there, even if nothing was ticked.
fn pressed(body: &[u8]) -> Result<Act, ActError> {
    let (mut message, mut key, mut action) = (None, None, None);
    let mut choices: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(body).into_owned() {
        match name.as_str() {
            "message" => message = value.parse().ok(),
            "key" => key = Some(value),
            "action" => action = Some(value),
            _ => {
                let (kind, question) = name.split_once(':').unwrap_or_default();
                if !matches!(kind, "c" | "q") {
                    continue;
                }
                let at = choices.iter().position(|(other, _)| other == question).unwrap_or_else(|| {
                    choices.push((question.to_owned(), Vec::new()));
                    choices.len() - 1
                });
                if kind == "c"
                    && let Some((_, options)) = choices.get_mut(at)
                {
                    options.push(value);
                }
            }
        }
    }
    let message = message.ok_or(ActError::NoMessage)?;
    match (action, key) {
        (Some(key), _) => Ok(Act::Action { message, key }),
        (None, Some(key)) => Ok(Act::Press { message, key, choices }),
        (None, None) => Err(ActError::NoButton),
    }
}

/// `GET …/view/{place}`: tells the app of the tap, then opens the page.
pub async fn view(state: Data<State>, path: Path<(String, String, u64, String)>) -> HttpResponse {
    let (corpid, userid, agentid, place) = path.into_inner();
    let act = Act::Menu { place: place_of(&place), with: Extra::default() };
    match state.act(&corpid, &userid, agentid, act) {
        Ok(acted) => match acted.opens {
            Some(url) => redirect(&corpid, &userid, &url),
            None => back(&corpid, &userid, agentid, Ok(())),
        },
        Err(error) => back(&corpid, &userid, agentid, Err(error)),
    }
}

/// `POST …/menu/{place}`
pub async fn menu(
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, u64, String)>,
    body: Bytes,
) -> HttpResponse {
    let (corpid, userid, agentid, place) = path.into_inner();
    let list = parts(content_type(&request), &body).unwrap_or_default();
    let done = extra(&state, &corpid, &list)
        .and_then(|with| state.act(&corpid, &userid, agentid, Act::Menu { place: place_of(&place), with }));
    match done {
        Ok(acted) => match acted.opens {
            Some(url) => go_on(&state, &request, &corpid, &userid, &url),
            None => back(&corpid, &userid, agentid, Ok(())),
        },
        Err(error) => back(&corpid, &userid, agentid, Err(error)),
    }
}

fn extra(state: &State, corpid: &str, list: &[Part<'_>]) -> Result<Extra, ActError> {
    let text = |name: &str| {
        let part = list.iter().find(|part| part.name == name)?;
        Some(String::from_utf8_lossy(part.content).trim().to_owned())
    };
    let number = |name: &str| text(name).and_then(|text| text.parse().ok());
    let place = number("latitude").zip(number("longitude")).map(|(latitude, longitude)| Place {
        latitude,
        longitude,
        scale: 15,
        label: text("label").unwrap_or_default(),
    });
    Ok(Extra { scanned: text("scanned").unwrap_or_default(), pictures: pictures(state, corpid, list)?, place })
}

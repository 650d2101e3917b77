//! The to-do side of a message: its buttons, who pressed what, how far its cards are; and the form that changes its state.

use super::act::check;
use super::names::Names;
use crate::http::Problem;
use crate::http::errors::message_problem;
use crate::http::permission::MessagesSend;
use crate::locale::T;
use crate::messages::cards::{CardStatus, TodoStage, TodoStatus};
use crate::messages::{MessageError, NewTodoState, TodoWish};
use crate::model::{CardPress, CardUpdateState, EmployeeId, Message, MessageId, PressOutcome, TenantKey, TodoChange};
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.post("/tenants/{tenant}/messages/{message}/todo", set);
}

pub(super) struct ButtonView {
    pub(super) text: String,
    pub(super) key: String,
    pub(super) is_chosen: bool,
}

pub(super) struct TellingView {
    pub(super) webhook: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) attempts: u32,
    pub(super) error: String,
}

pub(super) struct ChangeView {
    pub(super) when: String,
    pub(super) state: &'static str,
    pub(super) text: String,
    pub(super) by: String,
}

pub(super) struct PressView {
    pub(super) when: String,
    pub(super) name: String,
    pub(super) member: String,
    pub(super) button: String,
    pub(super) outcome: &'static str,
    pub(super) class: &'static str,
    pub(super) inbox: String,
}

pub(super) struct CardView {
    pub(super) when: String,
    pub(super) target: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) attempts: u32,
    pub(super) why: String,
    pub(super) detail: String,
}

/// Everything that the page shows of a to-do.
pub(super) struct TodoView {
    pub(super) kind: &'static str,
    pub(super) stage: &'static str,
    pub(super) class: &'static str,
    pub(super) shown: String,
    pub(super) valid_until: String,
    pub(super) buttons: Vec<ButtonView>,
    pub(super) decision: String,
    pub(super) telling: Option<TellingView>,
    pub(super) changes: Vec<ChangeView>,
    pub(super) presses: Vec<PressView>,
    pub(super) refused: u32,
    pub(super) cards: Vec<CardView>,
}

/// Employees whose names the page shows.
pub(super) fn people(todo: &TodoStatus) -> impl Iterator<Item = &EmployeeId> {
    let pressed = todo.presses.iter().filter_map(|press| press.employee.as_ref());
    pressed.chain(todo.changes.iter().filter_map(|change| change.employee.as_ref()))
}

pub(super) fn view(t: T, message: &Message, todo: TodoStatus, names: &Names) -> TodoView {
    let chosen = todo.decision.as_ref().and_then(|decision| decision.button.clone());
    let label = |key: &str| {
        let button = message.buttons.iter().find(|button| button.key == key);
        button.map_or_else(|| key.to_owned(), |button| button.text.clone())
    };
    let decision = todo.decision.as_ref().map(|decision| {
        let what = decision.button.as_deref().map(label).unwrap_or_default();
        format!("{what} · {}", by(t, decision, names))
    });
    TodoView {
        kind: message.todo.map(|kind| t.todo_kind_of(kind)).unwrap_or_default(),
        stage: t.todo_stage(todo.stage),
        class: match todo.stage {
            TodoStage::Open => "info",
            TodoStage::Decided | TodoStage::Done => "good",
            TodoStage::Returned | TodoStage::Withdrawn | TodoStage::Expired => "warn",
        },
        shown: todo.changes.last().map(|change| change.text.clone()).unwrap_or_default(),
        valid_until: todo.valid_until_ms.map(time::minute).unwrap_or_default(),
        buttons: message
            .buttons
            .iter()
            .map(|button| ButtonView {
                text: button.text.clone(),
                key: button.key.clone(),
                is_chosen: chosen.as_ref() == Some(&button.key),
            })
            .collect(),
        decision: decision.unwrap_or_default(),
        telling: todo.telling.map(|telling| {
            let (state, class) = match telling.state.as_str() {
                "done" => (t.todo_told_done(), "good"),
                "waiting" => (t.todo_told_waiting(), "warn"),
                "dead" => (t.todo_told_dead(), "bad"),
                _ => (t.todo_told_removed(), "bad"),
            };
            let error = telling.error.unwrap_or_default();
            TellingView { webhook: telling.webhook, state, class, attempts: telling.attempts, error }
        }),
        changes: todo
            .changes
            .iter()
            .map(|change| ChangeView {
                when: time::second(change.at_ms),
                state: t.todo_stage(change.state.into()),
                text: change.text.clone(),
                by: by(t, change, names),
            })
            .collect(),
        presses: todo.presses.into_iter().map(|row| press(t, row, &label, names)).collect(),
        refused: todo.refused,
        cards: todo.cards.into_iter().map(|row| card(t, row)).collect(),
    }
}

fn by(t: T, change: &TodoChange, names: &Names) -> String {
    let name = change.employee.as_ref().map(|id| names.of(id)).unwrap_or_default();
    let member = change.by.strip_prefix("member:").and_then(|member| member.split_once('/'));
    t.with_id(name, member.map_or_else(|| t.sync_actor(&change.by), |(_, userid)| userid.to_owned()))
}

fn press(t: T, row: CardPress, label: &impl Fn(&str) -> String, names: &Names) -> PressView {
    PressView {
        when: time::second(row.at_ms),
        name: row.employee.as_ref().map(|id| names.of(id).to_owned()).unwrap_or_default(),
        member: format!("{}/{}", row.corp, row.userid),
        button: row.button.as_deref().map(label).unwrap_or_default(),
        outcome: t.press_outcome(row.outcome),
        class: match row.outcome {
            PressOutcome::Decided => "good",
            PressOutcome::NotAssignee | PressOutcome::UnknownButton => "bad",
            PressOutcome::Late | PressOutcome::Expired | PressOutcome::Recalled => "warn",
        },
        inbox: format!("/corps/{}/inbox/{}", row.corp, row.callback),
    }
}

fn card(t: T, row: CardStatus) -> CardView {
    let why = row.why.as_deref().map(|why| t.card_why(why)).unwrap_or_default();
    let to: Vec<&str> = row.to.iter().map(crate::model::UserId::as_str).collect();
    let detail = match (row.errcode, row.state) {
        (Some(code), _) => format!("errcode {code}"),
        (None, CardUpdateState::Failed | CardUpdateState::Unknown) => row.error.clone().unwrap_or_default(),
        _ => String::new(),
    };
    CardView {
        when: time::second(row.ended_at_ms.unwrap_or(row.made_at_ms)),
        target: format!("{} / {}", row.corp, row.app),
        to: if to.is_empty() { t.todo_everyone().to_owned() } else { to.join(", ") },
        text: row.text,
        state: t.card_state(row.state),
        class: match row.state {
            CardUpdateState::Done => "good",
            CardUpdateState::Waiting | CardUpdateState::Sending | CardUpdateState::Superseded => "",
            CardUpdateState::NoCode => "warn",
            CardUpdateState::Failed | CardUpdateState::Unknown => "bad",
        },
        attempts: row.attempts,
        why: why.to_owned(),
        detail,
    }
}

#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Wish {
    state: String,
    text: String,
}

async fn set(
    who: Admin<MessagesSend>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, MessageId)>,
    form: Form<Wish>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    check(&web, &tenant, &id).await?;
    let state = match form.0.state.as_str() {
        "returned" => TodoWish::Returned,
        "withdrawn" => TodoWish::Withdrawn,
        _ => TodoWish::Done,
    };
    let text = Some(form.0.text.trim().to_owned()).filter(|text| !text.is_empty());
    let flash = match web.app.messages.set_todo(&who.actor(), &id, NewTodoState { state, text }).await {
        Ok(()) => Flash::good(who.t.todo_set_done()),
        Err(error @ (MessageError::Invalid(_) | MessageError::TooManyChanges | MessageError::NoTodo)) => {
            Flash::warning(match &error {
                MessageError::Invalid(_) => who.t.todo_text_hint(),
                MessageError::NoTodo => who.t.todo_none(),
                _ => who.t.todo_changed_too_often(),
            })
        }
        Err(error) => return Err(message_problem(error)),
    };
    Ok(reply::go(&who, &format!("/tenants/{tenant}/messages/{id}"), Some(flash)))
}

//! Group robots: `webhook/send` and `webhook/upload_media` (doc path 91770). The key in the query stands for a token.

use super::Exchange;
use super::media;
use super::message::with_body;
use crate::sandbox::messages::content::{Content, File};
use crate::sandbox::messages::flow::{Rate, takes};
use crate::sandbox::messages::message::{Message, Origin, Receipt};
use crate::sandbox::messages::read::{Channel, Reader};
use crate::sandbox::state::member::Text;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;

const MINUTE_MS: i64 = 60_000;

/// The robot's key, when it may speak.
fn check_robot(exchange: &Exchange<'_>) -> Result<String, Refusal> {
    let key = exchange.query.find("key").unwrap_or_default();
    match exchange.corp.robots.get(key) {
        None => refuse(93000, "invalid webhook url"),
        Some(robot) if !robot.is_enabled => refuse(93004, "the robot is disabled"),
        Some(robot) if !robot.is_in_group => refuse(93008, "the robot is not in the group"),
        Some(_) => Ok(key.to_owned()),
    }
}

/// `POST webhook/send`
pub fn send(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, send_body)
}

fn send_body(exchange: &mut Exchange<'_>, body: &mut Body) -> Result<Answer, Refusal> {
    let key = check_robot(exchange)?;
    let now_ms = exchange.now_ms;
    let mut reader = Reader::new(exchange.corp, Channel::Robot(&key), now_ms);
    let msgtype = reader.msgtype(body)?;
    let mut content = reader.content(&msgtype, body)?;
    let (upload, cuts, remarks) = (reader.upload, reader.cuts, reader.remarks);
    let limits = exchange.corp.message_limits.clone();
    let rate = Rate { count: limits.robot_minute, span_ms: MINUTE_MS };
    let Some(robot) = exchange.corp.robots.get_mut(&key) else { return refuse(93000, "invalid webhook url") };
    exchange.subject.clone_from(&robot.name);
    if !takes(&mut robot.sent, &[rate], now_ms) {
        return refuse(45009, "api freq out of limit");
    }
    let is_lost = body.has_warning() && exchange.corp.message_switches.robot_loses_coerced;
    let receipts: Vec<Receipt> =
        robot.members.iter().map(|userid| Receipt::new(Text::from(userid.as_str()), is_lost)).collect();
    if let Some(upload) = upload {
        content = Content::Image(File { media_id: media::keep(exchange, upload) });
    }
    let mut message = Message::new(Origin::Robot { key }, content, now_ms);
    (message.receipts, message.cuts, message.remarks) = (receipts, cuts, remarks);
    exchange.corp.messages.ring.push(message, limits.messages_kept, limits.receipts_kept);
    Ok(Answer::new("ok"))
}

/// `POST webhook/upload_media`
pub fn upload_media(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let key = check_robot(exchange)?;
    media::upload_for_robot(exchange, &key)
}

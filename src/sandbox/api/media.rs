//! `media/upload`, `media/get`, `media/uploadimg` (doc paths 90253, 90254, 90256).

use super::Exchange;
use super::media_check::{self, Voice};
use super::multipart::{Part, parts};
use crate::sandbox::messages::flow::{Rate, takes};
use crate::sandbox::state::job::{MEDIA_MS, Media, PAGE_IMAGES_KEPT};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};

const IMAGE_BYTES: usize = 10 << 20;
const VOICE_BYTES: usize = 2 << 20;
const VIDEO_BYTES: usize = 10 << 20;
const VOICE_MS: u64 = 60_000;
const PAGE_IMAGE_BYTES: usize = 2 << 20;
/// Files are larger than this.
const ABOVE_BYTES: usize = 5;
/// What one request gives out without `Range` (830002).
const DOWNLOAD_BYTES: usize = 20 << 20;
const DAY_MS: i64 = 24 * 3_600_000;
const MONTH_MS: i64 = 30 * DAY_MS;

/// The part `media` of an upload: there, not empty, larger than 5 bytes, with a proper file name.
fn media_part<'p>(list: &'p Option<Vec<Part<'p>>>) -> Result<&'p Part<'p>, Refusal> {
    let Some(part) = list.iter().flatten().find(|part| part.name == "media") else {
        return refuse(44001, "empty media data");
    };
    if part.content.is_empty() {
        return refuse(44001, "empty media data");
    }
    if part.filelength.is_some_and(|length| length != part.content.len()) || part.content.len() <= ABOVE_BYTES {
        return refuse(40006, "invalid media size");
    }
    if part.filename.is_empty() {
        return refuse(40004, "invalid media type");
    }
    if part.filename.starts_with('/') || part.filename.contains(['\\', ':']) {
        return refuse(40058, "invalid filename. invalid Request Parameter");
    }
    Ok(part)
}

fn check_ending(part: &Part<'_>, endings: &[&str]) -> Result<(), Refusal> {
    let ending = part.filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if endings.contains(&ending.as_str()) { Ok(()) } else { refuse(40004, "invalid media type") }
}

fn check_image(part: &Part<'_>, max: usize) -> Result<(), Refusal> {
    check_ending(part, &["jpg", "jpeg", "png"])?;
    if part.content.len() > max {
        return refuse(40009, "invalid image size");
    }
    if media_check::image_kind(part.content).is_none() {
        return refuse(40123, "invalid image");
    }
    Ok(())
}

fn check_voice(part: &Part<'_>) -> Result<(), Refusal> {
    check_ending(part, &["amr"])?;
    if part.content.len() > VOICE_BYTES {
        return refuse(45001, "media size out of limit");
    }
    match media_check::voice(part.content) {
        Voice::NotAmr => refuse(301_017, "only amr is supported"),
        Voice::Broken => refuse(301_016, "invalid voice file"),
        Voice::Lasts { ms } if ms > VOICE_MS => refuse(45007, "voice playtime out of limit"),
        Voice::Lasts { .. } => Ok(()),
    }
}

fn check_video(part: &Part<'_>) -> Result<(), Refusal> {
    check_ending(part, &["mp4"])?;
    if part.content.len() > VIDEO_BYTES {
        return refuse(40011, "invalid video size");
    }
    if !media_check::is_mp4(part.content) {
        return refuse(40004, "invalid media type");
    }
    Ok(())
}

fn check_file(part: &Part<'_>, max: usize) -> Result<(), Refusal> {
    if part.content.len() > max {
        return refuse(45001, "media size out of limit");
    }
    Ok(())
}

/// Keeps an upload; answers its media_id.
pub fn keep(exchange: &mut Exchange<'_>, media: Media) -> String {
    let now_ms = exchange.now_ms;
    let jobs = &mut exchange.corp.jobs;
    jobs.media.retain(|_, media| media.created_at_ms + MEDIA_MS > now_ms);
    jobs.add_media(media)
}

fn upload_as(exchange: &mut Exchange<'_>, kinds: &[&str], robot: &str) -> Result<Answer, Refusal> {
    let kind = exchange.query.find("type").unwrap_or_default().to_owned();
    if !kinds.contains(&kind.as_str()) {
        return refuse(40005, "invalid media type parameter");
    }
    let list = parts(exchange.content_type, exchange.upload);
    let part = media_part(&list)?;
    match kind.as_str() {
        "image" => check_image(part, IMAGE_BYTES)?,
        "voice" => check_voice(part)?,
        "video" => check_video(part)?,
        _ => check_file(part, exchange.corp.limits.file_max_bytes)?,
    }
    let created_at_ms = exchange.now_ms;
    let (filename, content) = (part.filename.clone(), part.content.to_vec());
    exchange.subject.clone_from(&filename);
    let media_id =
        keep(exchange, Media { kind: kind.clone(), filename, created_at_ms, content, robot: robot.to_owned() });
    let created_at = (created_at_ms / 1000).to_string();
    Ok(Answer::new("").with("type", &kind).with("media_id", &media_id).with("created_at", &created_at))
}

/// `POST media/upload`
pub fn upload(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    upload_as(exchange, &["image", "voice", "video", "file"], "")
}

/// `POST webhook/upload_media`: for this robot alone.
pub fn upload_for_robot(exchange: &mut Exchange<'_>, key: &str) -> Result<Answer, Refusal> {
    upload_as(exchange, &["voice", "file"], key)
}

/// `POST media/uploadimg`: an image for the content of `mpnews`, at an address that stays.
pub fn uploadimg(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let list = parts(exchange.content_type, exchange.upload);
    let part = media_part(&list)?;
    check_image(part, PAGE_IMAGE_BYTES)?;
    let limits = &exchange.corp.message_limits;
    let rates = [
        Rate { count: limits.page_images_day, span_ms: DAY_MS },
        Rate { count: limits.page_images_month, span_ms: MONTH_MS },
    ];
    let now_ms = exchange.now_ms;
    let jobs = &mut exchange.corp.jobs;
    if !takes(&mut jobs.page_image_times, &rates, now_ms) {
        return refuse(45009, "api freq out of limit");
    }
    let number = jobs.next_number();
    let (filename, content) = (part.filename.clone(), part.content.to_vec());
    exchange.subject.clone_from(&filename);
    let media = Media { kind: "image".into(), filename, created_at_ms: now_ms, content, robot: String::new() };
    jobs.page_images.insert(number, media);
    while jobs.page_images.len() > PAGE_IMAGES_KEPT {
        jobs.page_images.pop_first();
    }
    let url = format!("{}/mmbiz/{}/{number}", exchange.base_url, exchange.corp.corpid);
    Ok(Answer::new("").with("url", &url))
}

/// The file of a media_id that is still good.
pub fn find_media<'e>(exchange: &'e Exchange<'_>, media_id: &str) -> Result<&'e Media, Refusal> {
    let media = exchange.corp.jobs.media.get(media_id).filter(|media| media.robot.is_empty());
    match media.filter(|media| media.created_at_ms + MEDIA_MS > exchange.now_ms) {
        Some(media) => Ok(media),
        None => refuse(40007, "invalid media_id"),
    }
}

/// `GET media/get` and `GET media/get/jssdk`: the file itself, or the `Range` of it.
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(media_id) = exchange.query.find("media_id") else { return refuse(41006, "media_id missing") };
    let media = find_media(exchange, media_id)?;
    if media.content.len() > DOWNLOAD_BYTES && exchange.range.is_none() {
        return refuse(830_002, "the file must be fetched in ranges");
    }
    let content_type = media_check::content_type(&media.kind, &media.filename, &media.content);
    let (filename, content) = (media.filename.clone(), media.content.clone());
    Ok(Answer::file(filename, content_type, content, exchange.range.map(str::to_owned)))
}

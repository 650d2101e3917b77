//! `media/upload` and `media/get` (doc paths 90253, 96484), with a multipart reader of our own.

use super::Exchange;
use crate::sandbox::state::job::{MEDIA_MS, Media};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};

/// One part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
struct Part<'a> {
    name: String,
    filename: String,
    filelength: Option<usize>,
    content: &'a [u8],
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The value of `name="…"` or `name=…` in a header.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').map(str::trim).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The parts of a multipart body; `None` when it is not one.
fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    if !content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        return None;
    }
    let boundary = format!("--{}", parameter(content_type, "boundary")?);
    let mut rest = &body[find(body, boundary.as_bytes())? + boundary.len()..];
    let mut list = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        let content = &rest[head_end + 4..];
        let end = find(content, format!("\r\n{boundary}").as_bytes())?;
        let disposition =
            head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:")).unwrap_or("");
        list.push(Part {
            name: parameter(disposition, "name").unwrap_or_default(),
            filename: parameter(disposition, "filename").unwrap_or_default(),
            filelength: parameter(disposition, "filelength").and_then(|text| text.parse().ok()),
            content: &content[..end],
        });
        rest = &content[end + 2 + boundary.len()..];
    }
    Some(list)
}

/// `POST media/upload`
pub fn upload(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let kind = exchange.query.find("type").unwrap_or_default().to_owned();
    let (max, endings): (usize, &[&str]) = match kind.as_str() {
        "image" => (10 << 20, &["jpg", "jpeg", "png"]),
        "voice" => (2 << 20, &["amr"]),
        "video" => (10 << 20, &["mp4"]),
        "file" => (exchange.corp.limits.file_max_bytes, &[]),
        _ => return refuse(40005, "invalid media type parameter"),
    };
    let list = parts(exchange.content_type, exchange.upload);
    let Some(part) = list.iter().flatten().find(|part| part.name == "media") else {
        return refuse(44001, "empty media data");
    };
    if part.content.is_empty() {
        return refuse(44001, "empty media data");
    }
    if part.filelength.is_some_and(|length| length != part.content.len()) || part.content.len() <= 5 {
        return refuse(40006, "invalid media size");
    }
    if part.content.len() > max {
        return refuse(45001, "media size out of limit");
    }
    let ending = part.filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if part.filename.is_empty() || !(endings.is_empty() || endings.contains(&ending.as_str())) {
        return refuse(40004, "invalid media type");
    }
    let now_ms = exchange.now_ms;
    let (filename, content) = (part.filename.clone(), part.content.to_vec());
    let jobs = &mut exchange.corp.jobs;
    jobs.media.retain(|_, media| media.created_at_ms + MEDIA_MS > now_ms);
    let media_id = format!("3{:032x}{}", rand::random::<u128>(), jobs.next_number());
    exchange.subject.clone_from(&filename);
    jobs.media.insert(media_id.clone(), Media { kind: kind.clone(), filename, created_at_ms: now_ms, content });
    Ok(Answer::new("").with("type", &kind).with("media_id", &media_id).with("created_at", &(now_ms / 1000).to_string()))
}

/// The file of a media_id that is still good.
pub fn find_media<'e>(exchange: &'e Exchange<'_>, media_id: &str) -> Result<&'e Media, Refusal> {
    let media = exchange.corp.jobs.media.get(media_id);
    match media.filter(|media| media.created_at_ms + MEDIA_MS > exchange.now_ms) {
        Some(media) => Ok(media),
        None => refuse(40007, "invalid media_id"),
    }
}

/// `GET media/get`: the file itself.
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(media_id) = exchange.query.find("media_id") else { return refuse(41006, "media_id missing") };
    let media = find_media(exchange, media_id)?;
    Ok(Answer::file(media.filename.clone(), media.content.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_body_is_taken_apart() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--B\r\nContent-Disposition: \
            form-data; name=\"media\"; filename=\"a.csv\"; filelength=6\r\nContent-Type: text/csv\r\n\r\na\r\n--b\r\n--B--\r\n";
        let list = parts("multipart/form-data; boundary=B", body).unwrap();
        assert_eq!(list.len(), 2);
        let want = Part { name: "media".into(), filename: "a.csv".into(), filelength: Some(6), content: b"a\r\n--b" };
        assert_eq!(list[1], want);
        assert_eq!(parts("application/json", body), None);
        assert_eq!(parts("multipart/form-data; boundary=B", b"--B\r\nx"), None);
    }
}

//! A multipart reader of our own: enough for an upload with one file, and for the forms of the phone page.

/// One part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// `name`
    pub name: String,
    /// `filename`, or empty.
    pub filename: String,
    /// `filelength`, as the page's sample has it.
    pub filelength: Option<usize>,
    /// Content.
    pub content: &'a [u8],
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

/// The value of `name="…"` or `name=…` in a header. Inside quotes `;` is an ordinary character.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        let (key, value) = after.split_once('=')?;
        let value = value.trim_start();
        let (found, left) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(found.trim().to_owned());
        }
        rest = left;
    }
    None
}

/// The parts of a multipart body; `None` when it is not one.
pub fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_body_is_taken_apart() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--B\r\nContent-Disposition: \
            form-data; name=\"media\"; filename=\"a;b.csv\"; filelength=6\r\nContent-Type: text/csv\r\n\r\na\r\n--b\r\n--B--\r\n";
        let list = parts("multipart/form-data; boundary=B", body).unwrap();
        assert_eq!(list.len(), 2);
        let want = Part { name: "media".into(), filename: "a;b.csv".into(), filelength: Some(6), content: b"a\r\n--b" };
        assert_eq!(list[1], want);
        assert_eq!(parts("application/json", body), None);
        assert_eq!(parts("multipart/form-data; boundary=B", b"--B\r\nx"), None);
    }
}

//! What goes back: success with its payload, or a refusal; both in WeCom's form, always with HTTP 200.

use serde::Serialize;

/// A successful answer under construction.
#[derive(Debug)]
pub struct Answer {
    errmsg: &'static str,
    payload: Vec<u8>,
    file: Option<FileHead>,
}

/// What goes with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHead {
    /// Name given at upload.
    pub filename: String,
    /// Content-Type.
    pub content_type: &'static str,
    /// `Range` of the request.
    pub range: Option<String>,
}

impl Answer {
    /// `ok`, `created`, `updated` or `deleted`.
    pub fn new(errmsg: &'static str) -> Self {
        Self { errmsg, payload: Vec::new(), file: None }
    }

    /// A file instead of JSON.
    pub fn file(filename: String, content_type: &'static str, content: Vec<u8>, range: Option<String>) -> Self {
        Self { errmsg: "", payload: content, file: Some(FileHead { filename, content_type, range }) }
    }

    /// What goes with the file, when it is one.
    pub fn take_file(&mut self) -> Option<FileHead> {
        self.file.take()
    }

    /// Adds a member.
    pub fn with(mut self, key: &str, value: &(impl Serialize + ?Sized)) -> Self {
        let start = self.payload.len();
        self.payload.extend_from_slice(b",\"");
        self.payload.extend_from_slice(key.as_bytes());
        self.payload.extend_from_slice(b"\":");
        if serde_json::to_writer(&mut self.payload, value).is_err() {
            self.payload.truncate(start);
        }
        self
    }

    /// Adds the members of an object.
    pub fn with_all(mut self, value: &impl Serialize) -> Self {
        if let Ok(text) = serde_json::to_vec(value)
            && text.len() > 2
        {
            self.payload.push(b',');
            self.payload.extend_from_slice(&text[1..text.len() - 1]);
        }
        self
    }

    /// The content of a file.
    pub fn content(self) -> Vec<u8> {
        self.payload
    }

    /// The body; `warning` is added to the text when the request was read only in part.
    pub fn body(self, warning: bool) -> Vec<u8> {
        let warning = if warning { ". Warning: wrong json format. " } else { "" };
        let mut body = format!("{{\"errcode\":0,\"errmsg\":\"{}{warning}\"", self.errmsg).into_bytes();
        body.extend_from_slice(&self.payload);
        body.push(b'}');
        body
    }
}

/// A refusal: errcode and text. Clients must not look at the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// WeCom's errcode.
    pub errcode: i64,
    /// Text without the suffix.
    pub text: String,
    /// Members that go along with the errcode.
    pub payload: serde_json::Map<String, serde_json::Value>,
}

impl Refusal {
    /// A refusal with a text of its own.
    pub fn new(errcode: i64, text: impl Into<String>) -> Self {
        Self { errcode, text: text.into(), payload: serde_json::Map::new() }
    }

    /// Adds a member to the body.
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.payload.insert(key.into(), value.into());
        self
    }

    /// The body with the suffix that the live service adds.
    pub fn body(&self, warning: bool, hint: &str, ip: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            errcode: i64,
            errmsg: &'a str,
            #[serde(flatten)]
            payload: &'a serde_json::Map<String, serde_json::Value>,
        }
        let warning = if warning { ". Warning: wrong json format. " } else { "" };
        let errmsg = format!(
            "{}{warning}, hint: [{hint}], from ip: {ip}, more info at \
             https://open.work.weixin.qq.com/devtool/query?e={}",
            self.text, self.errcode
        );
        serde_json::to_vec(&Body { errcode: self.errcode, errmsg: &errmsg, payload: &self.payload }).unwrap_or_default()
    }
}

/// Shorthand for `Err(Refusal)`.
pub fn refuse<T>(errcode: i64, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(errcode, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_documented_form() {
        let body = Answer::new("created").with("id", &2).body(false);
        assert_eq!(String::from_utf8(body).unwrap(), r#"{"errcode":0,"errmsg":"created","id":2}"#);
        let body = Refusal::new(60003, "x").body(false, "17", "1.2.3.4");
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "{\"errcode\":60003,\"errmsg\":\"x, hint: [17], from ip: 1.2.3.4, more info at \
             https://open.work.weixin.qq.com/devtool/query?e=60003\"}"
        );
    }
}

//! A browser without script: keeps cookies, sends the forms that pages hold, shows what came back.

use super::super::api::bridge::Bridge;
use reqwest::multipart;
use reqwest::{Method, RequestBuilder, StatusCode};
use std::collections::BTreeMap;
use std::sync::Mutex;
use wecom_bridge::admin::accounts::{self, NewAccount};
use wecom_bridge::model::{Actor, Role, Secret};

/// The password of everybody who signs in.
pub const PASSWORD: &str = "Correct horse 电池 9";

/// A browser. It asks for Chinese pages.
pub struct Browser {
    base: String,
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    /// Of the page that was shown last.
    token: Mutex<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Shown {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    /// The path that was asked for.
    pub path: String,
}

impl Browser {
    /// Knows nobody and nothing.
    pub fn new(bridge: &Bridge) -> Self {
        Self::at(&bridge.base)
    }

    /// The same for a server at this address.
    pub fn at(base: &str) -> Self {
        let never = reqwest::redirect::Policy::none();
        Self {
            base: base.to_owned(),
            http: reqwest::Client::builder().no_proxy().redirect(never).build().unwrap(),
            cookies: Mutex::default(),
            token: Mutex::default(),
        }
    }

    /// A new account of this role that has signed in.
    pub async fn sign_in(bridge: &Bridge, role: Role) -> Self {
        let name = format!("{}-{}", role.name(), uuid::Uuid::new_v4().simple());
        let new = NewAccount {
            name: name.clone(),
            display_name: "王管理".into(),
            role,
            password: Secret::new(PASSWORD.to_owned()),
            must_change_password: false,
            language: None,
        };
        accounts::create(&bridge.app.admin, &Actor::cli("tester"), new).await.unwrap();
        let browser = Self::new(bridge);
        browser.get("/sign-in").await.expect(200);
        let entered = browser.post("/sign-in", &[("name", &name), ("password", PASSWORD)]).await;
        browser.follow(&entered).await.expect(200);
        browser
    }

    /// The same person reading English.
    pub async fn in_english(self) -> Self {
        let chosen = self.get("/?lang=en").await;
        assert!(self.follow(&chosen).await.expect(200).text.contains("lang=\"en\""));
        self
    }

    /// The cookies as a request carries them.
    pub fn cookie(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// A request with the cookies, for whatever the methods below do not offer.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookie = self.cookie();
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.header("accept", "text/html").header("accept-language", "zh-CN").header("cookie", cookie)
    }

    /// Sends a request and keeps the cookies and the form token of the answer.
    pub async fn send(&self, request: RequestBuilder) -> Shown {
        self.take(request).await.0
    }

    /// The same with the bytes of what came back, for files.
    pub async fn take(&self, request: RequestBuilder) -> (Shown, Vec<u8>) {
        let response = request.send().await.unwrap();
        let path = response.url().path().to_owned();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if cookie.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = response.bytes().await.unwrap().to_vec();
        let shown = Shown { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), path };
        if let Some(token) = shown.token() {
            *self.token.lock().unwrap() = token;
        }
        (shown, bytes)
    }

    pub async fn get(&self, path: &str) -> Shown {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends fields with the token of the page that was shown last.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = self.token.lock().unwrap().clone();
        let mut all = vec![("_csrf", token.as_str())];
        all.extend(fields);
        self.send(self.request(Method::POST, path).form(&all)).await
    }

    /// Fills in and sends the form of a page whose action ends so; the fields that are not named here go as they stand
    /// in the page. Fails when the page has no such form.
    #[track_caller]
    pub fn submit<'a>(
        &'a self,
        page: &Shown,
        action: &str,
        fields: &[(&str, &str)],
    ) -> impl Future<Output = Shown> + 'a + use<'a> {
        let form = page.form(action);
        let mut all = form.fields;
        all.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        async move { self.send(self.request(Method::POST, &form.action).form(&all)).await }
    }

    /// Uploads a file with the token of the page that was shown last.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, content: Vec<u8>) -> Shown {
        let token = self.token.lock().unwrap().clone();
        let mut form = multipart::Form::new().text("_csrf", token);
        for (field, value) in fields {
            form = form.text((*field).to_owned(), (*value).to_owned());
        }
        let part = multipart::Part::bytes(content).file_name(name.to_owned());
        self.send(self.request(Method::POST, path).multipart(form.part("file", part))).await
    }

    /// Goes where an answer leads.
    pub async fn follow(&self, shown: &Shown) -> Shown {
        self.get(&shown.location()).await
    }
}

/// A form of a page.
#[derive(Debug)]
pub struct ShownForm {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Shown {
    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.path, self.text);
        self
    }

    /// Asserts that the page holds a text.
    #[track_caller]
    pub fn has(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "{} does not hold {text:?}: {}", self.path, self.text);
        self
    }

    /// Asserts that the page does not hold a text.
    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.text.contains(text), "{} holds {text:?}: {}", self.path, self.text);
        self
    }

    /// Where a 303 leads.
    #[track_caller]
    pub fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}: {}", self.path, self.text);
        self.headers["location"].to_str().unwrap().to_owned()
    }

    /// Where the page goes by itself after a while.
    #[track_caller]
    pub fn refresh(&self) -> String {
        let (_, rest) = self.text.split_once("http-equiv=\"refresh\" content=\"").expect("the page reloads itself");
        let (_, url) = rest.split('"').next().unwrap().split_once(";url=").expect("it says where it goes");
        unescape(url)
    }

    fn token(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("name=\"_csrf\" value=\"")?;
        Some(rest.split('"').next()?.to_owned())
    }

    /// Where the links of the page lead.
    pub fn links(&self) -> impl Iterator<Item = String> {
        self.text.split("<a href=\"").skip(1).map(|rest| unescape(rest.split('"').next().unwrap_or_default()))
    }

    /// The form whose action ends so, as it stands in the page.
    #[track_caller]
    pub fn form(&self, action: &str) -> ShownForm {
        let forms = self.text.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
        for form in forms {
            let (head, body) = form.split_once('>').unwrap();
            let Some(own) = attribute(head, "action") else { continue };
            // a form that only asks is no form to fill in
            if attribute(head, "method").as_deref() != Some("get") && own.split('?').next().unwrap().ends_with(action) {
                return ShownForm { action: own, fields: fields(body) };
            }
        }
        panic!("{} has no form that goes to {action}: {}", self.path, self.text);
    }

    /// Whether the page has a form whose action ends so.
    pub fn has_form(&self, action: &str) -> bool {
        let forms = self.text.split("<form").skip(1).filter_map(|rest| attribute(rest.split('>').next()?, "action"));
        forms.into_iter().any(|own| own.split('?').next().is_some_and(|path| path.ends_with(action)))
    }
}

/// The fields that a browser would send.
fn fields(form: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    // the options of a datalist are no fields
    let mut in_select = false;
    for tag in form.split('<').skip(1) {
        let (head, rest) = tag.split_once('>').unwrap_or((tag, ""));
        let name = attribute(head, "name");
        if head.starts_with("input") {
            let kind = attribute(head, "type").unwrap_or_default();
            let is_sent = !matches!(kind.as_str(), "checkbox" | "radio") || head.contains(" checked");
            if let (Some(name), true) = (name, is_sent && kind != "submit") {
                fields.push((name, attribute(head, "value").unwrap_or_default()));
            }
        } else if head.starts_with("textarea") {
            fields.extend(name.map(|name| (name, unescape(rest.strip_prefix('\n').unwrap_or(rest)))));
        } else if head.starts_with("select") {
            fields.extend(name.map(|name| (name, String::new())));
            in_select = true;
        } else if head.starts_with("/select") {
            in_select = false;
        } else if in_select
            && head.starts_with("option")
            && (head.contains(" selected") || fields.last().is_some_and(|f| f.1.is_empty()))
        {
            let value = attribute(head, "value").unwrap_or_default();
            if let Some(last) = fields.last_mut() {
                last.1 = value;
            }
        }
    }
    fields
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split('"').next()?))
}

/// The text that HTML stands for.
pub fn unescape(html: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ];
    let plain = named.iter().fold(html.to_owned(), |text, (entity, letter)| text.replace(entity, letter));
    plain.replace("&#38;", "&").replace("&amp;", "&")
}

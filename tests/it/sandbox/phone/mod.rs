//! The phone page over HTTP: what a member sees, and what pressing it does.

mod cards;
mod looks;
mod talk;

use super::caller::{CORP, World};
use super::talks::{Answer, connected, element, settled};
use serde_json::{Value, json};
use wecom_bridge::sandbox::{Act, DeliveryOptions, Member, VisibleRange};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-------";

struct Browser<'w> {
    world: &'w World,
    http: reqwest::Client,
}

struct Page {
    status: u16,
    location: String,
    cookies: String,
    csp: String,
    html: String,
}

impl<'w> Browser<'w> {
    fn new(world: &'w World) -> Self {
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { world, http: builder.build().unwrap() }
    }

    fn url(&self, path: &str) -> String {
        let base = self.world.sandbox.base_url();
        let joint = if path.is_empty() { "" } else { "/" };
        if path.starts_with('/') {
            format!("{base}{path}")
        } else {
            format!("{base}/_sandbox/phone/{CORP}/ZhangSan{joint}{path}")
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let answer = request.send().await.unwrap();
        let header = |name: &str| {
            let values = answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned());
            values.collect::<Vec<_>>().join("; ")
        };
        Page {
            status: answer.status().as_u16(),
            location: header("location"),
            cookies: header("set-cookie"),
            csp: header("content-security-policy"),
            html: String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned(),
        }
    }

    async fn get(&self, path: &str) -> Page {
        self.send(self.http.get(self.url(path))).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(self.http.post(self.url(path)).form(form)).await
    }

    async fn upload(&self, path: &str, parts: Vec<(&'static str, Option<&'static str>, Vec<u8>)>) -> Page {
        let form = parts.into_iter().fold(reqwest::multipart::Form::new(), |form, (name, filename, content)| {
            let part = reqwest::multipart::Part::bytes(content);
            form.part(
                name,
                match filename {
                    Some(filename) => part.file_name(filename),
                    None => part,
                },
            )
        });
        self.send(self.http.post(self.url(path)).multipart(form)).await
    }
}

async fn send(world: &World, msgtype: &str, content: Value) -> Value {
    let body = json!({"touser": "zhangsan|lisi", "agentid": 7, "msgtype": msgtype, msgtype: content});
    world.app().await.post_ok("message/send", body).await
}

fn card() -> Value {
    json!({"card_type": "button_interaction", "task_id": "oa-1", "main_title": {"title": "请审批 <b>"},
           "button_selection": {"question_key": "why", "title": "理由", "option_list": [{"id": "r1", "text": "一"}, {"id": "r2", "text": "二"}]},
           "action_menu": {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]},
           "button_list": [{"text": "同意", "key": "ok:17"}, {"text": "驳回", "style": 4, "key": "no:17"}]})
}

//! `/cb/{corp}/{receiver}`: where WeCom calls. Outside of the table of routes, for it knows no key and no session; whoever
//! is not WeCom gets one and the same answer, whatever was wrong.

use super::state::State;
use crate::callbacks::{Answer, BODY_MAX_BYTES, DEADLINE, Request};
use crate::http::{Problem, Settings, client_address, method_not_allowed, read_limited};
use crate::model::CallbackFault;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ContentType, HeaderValue};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use std::net::IpAddr;

pub(super) fn register(services: &mut ServiceConfig) {
    let resource = web::resource("/cb/{corp}/{receiver}")
        .route(web::get().to(check))
        .route(web::post().to(receive))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(method_not_allowed("GET, POST")) }));
    services.service(resource);
}

fn request<'r>(http: &'r HttpRequest, from: &'r dyn Fn() -> Option<IpAddr>) -> Request<'r> {
    let path = http.match_info();
    Request { corp: path.query("corp"), receiver: path.query("receiver"), query: http.query_string(), from }
}

fn sender(http: &HttpRequest) -> Option<IpAddr> {
    client_address::of(http, &http.app_data::<web::Data<Settings>>()?.trusted_proxies)
}

async fn check(http: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    answer(state.app.callbacks.check_url(request(&http, &|| sender(&http))))
}

async fn receive(http: HttpRequest, state: web::Data<State>, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let app = &state.app;
    let from = || sender(&http);
    let request = request(&http, &from);
    let announced = http.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = tokio::select! {
        // a body that is here already needs no clock
        biased;
        body = read_limited(payload.into_inner(), announced, BODY_MAX_BYTES) => body,
        () = app.clock.sleep(DEADLINE) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request.body", "")),
    };
    let body = match body {
        Ok(body) => body,
        Err(problem) => {
            let is_large = problem.status() == StatusCode::PAYLOAD_TOO_LARGE;
            let fault = if is_large { CallbackFault::TooLarge } else { CallbackFault::BrokenOff };
            app.callbacks.note_unread(request, fault);
            return answer(Answer::Refused);
        }
    };
    answer(app.callbacks.receive(request, &body).await)
}

fn answer(answer: Answer) -> Result<HttpResponse, Problem> {
    match answer {
        // no quotes, no line break, no mark of the byte order (doc path 90238)
        Answer::Echo(text) => Ok(HttpResponse::Ok().insert_header(ContentType::plaintext()).body(text)),
        Answer::Taken { reply: None, .. } => Ok(HttpResponse::Ok().finish()),
        Answer::Taken { reply: Some(reply), is_json } => {
            let media_type = if is_json { "application/json" } else { "text/xml; charset=utf-8" };
            let header = (CONTENT_TYPE, HeaderValue::from_static(media_type));
            Ok(HttpResponse::Ok().insert_header(header).body(reply))
        }
        Answer::Refused => Err(Problem::new(StatusCode::FORBIDDEN, "callback.refused", "This is not accepted.")),
        Answer::NotStored => {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "callback.later", "Send it again.").retry_after_s(5))
        }
    }
}

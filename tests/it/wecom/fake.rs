//! A server that answers whatever a test wants, over plain HTTP or TLS.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use wecom_bridge::clock::Clock;
use wecom_bridge::model::Corp;
use wecom_bridge::wecom::{Client, Clients, NoObserver};

/// Path and query in, status and body out.
type Answer = dyn Fn(&str) -> (u16, String) + Send + Sync;

pub struct Fake {
    port: u16,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
    server: actix_web::dev::ServerHandle,
}

#[derive(Clone)]
struct Inside {
    answer: Arc<Answer>,
    seen: Arc<Mutex<Vec<String>>>,
}

async fn handle(request: HttpRequest, inside: web::Data<Inside>) -> HttpResponse {
    let target = request.uri().to_string();
    inside.seen.lock().unwrap().push(target.clone());
    let path = request.uri().path();
    if path.ends_with("/gettoken") {
        return HttpResponse::Ok()
            .body(r#"{"errcode":0,"errmsg":"ok","access_token":"SECRET-TOKEN","expires_in":7200}"#);
    }
    let (status, body) = (inside.answer)(&target);
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    let mut answer = HttpResponse::build(status);
    if status.is_redirection() {
        answer.insert_header(("Location", body.clone()));
    }
    answer.content_type("application/json; charset=UTF-8").body(body)
}

impl Fake {
    /// Answers every call but `gettoken`, which works.
    pub fn start(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::serve(answer, None)
    }

    pub fn serve(
        answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static,
        tls: Option<rustls::ServerConfig>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let inside = Inside { answer: Arc::new(answer), seen: Arc::clone(&seen) };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (started, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let inside = web::Data::new(inside);
                let server =
                    HttpServer::new(move || App::new().app_data(inside.clone()).default_service(web::to(handle)))
                        .workers(1)
                        .disable_signals();
                let server = match tls {
                    None => server.listen(listener).unwrap(),
                    Some(config) => server.listen_rustls_0_23(listener, config).unwrap(),
                }
                .run();
                started.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { port, scheme, seen, server: wait.recv().unwrap() }
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Everything asked for so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The product's client, pointed here, on a clock on which waiting costs nothing.
    pub fn client(&self) -> Arc<Client> {
        client(&super::world::corp(&self.url()))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

pub fn client(corp: &Corp) -> Arc<Client> {
    let clients = Clients::new(Clock::jumping(super::world::START_MS), Arc::new(NoObserver));
    clients.for_corp(corp, super::world::secrets()).unwrap()
}

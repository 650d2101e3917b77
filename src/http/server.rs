//! Builds the server, runs it, stops it.

use super::boundary::boundary;
use super::problem::Problem;
use super::tls::{Certificate, TlsError};
use super::watchers::Watchers;
use crate::clock::Clock;
use crate::config::{Config, NetBlock};
use actix_web::dev::ServerHandle;
use actix_web::guard;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests under way have to end after a stop; event streams are told to end at once.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// Seconds that answers then have to leave; idle connections of HTTP/2 would otherwise be waited for in vain.
const FLUSH_S: u64 = 1;

/// What the shared HTTP code needs to know of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Prefix of every path, empty or beginning with a slash.
    pub base_path: String,
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<NetBlock>,
    /// The largest body of a bulk request or an upload.
    pub body_max_bytes: usize,
    /// Whether this server itself speaks HTTPS.
    pub is_tls: bool,
    /// Worker threads.
    pub workers: usize,
    /// Cancelled when the server begins to stop; long answers end then.
    pub stopping: CancellationToken,
    /// Streams of events that are open.
    pub watchers: Watchers,
    /// Makes a page of a problem where a person asked for one.
    pub error_page: Option<ErrorPage>,
    /// Requests whose answer is not ready yet.
    pub(super) under_way: TaskTracker,
}

/// Answers a problem as a page, with the request's id; `None` where the request did not come from a person's browser.
pub type ErrorPage = fn(&HttpRequest, &Problem, &str) -> Option<HttpResponse>;

impl Settings {
    /// From the configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            base_path: config.server.base_path.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            body_max_bytes: config.limits.body_max_bytes(),
            is_tls: config.tls.is_on(),
            workers: usize::try_from(config.limits.http_workers).unwrap_or(2),
            stopping: CancellationToken::new(),
            watchers: Watchers::default(),
            error_page: None,
            under_way: TaskTracker::new(),
        }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}; is another process using the port, or is the address not this machine's?")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A port that this account may not have.
    #[error(
        "cannot listen on {address}: ports below 1024 need a right that this account does not have; give it \
         (AmbientCapabilities=CAP_NET_BIND_SERVICE in the service's unit, or setcap cap_net_bind_service=+ep on the program), \
         or use another port behind a proxy"
    )]
    Forbidden {
        /// Which address.
        address: SocketAddr,
    },
    /// The certificate cannot be used.
    #[error("TLS")]
    Tls(#[from] TlsError),
}

/// A server that answers.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    stopping: CancellationToken,
    under_way: TaskTracker,
    clock: Clock,
    certificate: Option<Arc<Certificate>>,
}

/// Takes the address of the configuration, without answering there yet.
pub fn listen(config: &Config) -> Result<TcpListener, ServeError> {
    let address = config.server.listen;
    TcpListener::bind(address).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::PermissionDenied => ServeError::Forbidden { address },
        _ => ServeError::Listen { address, cause },
    })
}

/// Listens on `config.server.listen` (or takes `listener`, for sockets handed over) and answers until stopped. Signals are left to
/// the caller. On `Err` nothing runs.
pub fn start<F>(
    config: &Config,
    clock: &Clock,
    listener: Option<TcpListener>,
    error_page: Option<ErrorPage>,
    configure: F,
) -> Result<Running, ServeError>
where
    F: Fn(&mut ServiceConfig, &Settings) + Clone + Send + 'static,
{
    let wanted = config.server.listen;
    let failed = |cause| ServeError::Listen { address: wanted, cause };
    let listener = match listener {
        Some(listener) => listener,
        None => listen(config)?,
    };
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let certificate = Certificate::load(&config.tls)?;
    let settings = Settings { error_page, ..Settings::of(config) };
    let (stopping, under_way) = (settings.stopping.clone(), settings.under_way.clone());
    let workers = settings.workers;

    let shared = web::Data::new(settings);
    let server = HttpServer::new(move || {
        let configure = configure.clone();
        let settings = shared.clone();
        App::new()
            .app_data(shared.clone())
            .configure(|services| bare_prefix(services, &shared.base_path))
            .service(web::scope(&shared.base_path).configure(move |services| configure(services, &settings)))
            .default_service(web::to(nothing_here))
            .wrap(NormalizePath::new(TrailingSlash::MergeOnly))
            .wrap(from_fn(boundary))
    })
    .workers(workers)
    .disable_signals()
    .shutdown_timeout(FLUSH_S)
    // the end of an answer of several packets must not wait for the client's delayed acknowledgement (some 40 ms)
    .tcp_nodelay(true)
    .client_request_timeout(Duration::from_secs(15));
    let server = match &certificate {
        Some(certificate) => server.listen_rustls_0_23(listener, certificate.server_config()?),
        None => server.listen(listener),
    }
    .map_err(failed)?
    .run();
    let handle = server.handle();
    Ok(Running { address, handle, task: tokio::spawn(server), stopping, under_way, clock: clock.clone(), certificate })
}

/// The prefix without its slash leads to the first page: people type it, and `public_url` is written so.
fn bare_prefix(services: &mut ServiceConfig, base_path: &str) {
    if base_path.is_empty() {
        return;
    }
    let first = format!("{base_path}/");
    let lead = move |request: HttpRequest| {
        let mark = if request.query_string().is_empty() { "" } else { "?" };
        let to = format!("{first}{mark}{}", request.query_string());
        async move { HttpResponse::Found().insert_header((LOCATION, to)).finish() }
    };
    services.service(web::resource(base_path).guard(guard::Any(guard::Get()).or(guard::Head())).to(lead));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::new(StatusCode::NOT_FOUND, "request.not_found", "There is nothing at this path."))
}

impl Running {
    /// The address it really listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections, ends event streams, waits for requests under way, and returns when all is quiet.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.handle.pause().await;
        self.under_way.close();
        tokio::select! {
            () = self.under_way.wait() => {}
            () = self.clock.sleep(SHUTDOWN) => tracing::warn!("requests were still under way when the server stopped"),
        }
        self.handle.stop(true).await;
        if let Ok(Err(cause)) = self.task.await {
            tracing::error!("the HTTP server ended badly: {cause}");
        }
    }

    /// Waits until the server ends by itself, which only a fault can bring about.
    pub async fn wait(&mut self) -> std::io::Result<()> {
        (&mut self.task).await.unwrap_or_else(|cause| Err(std::io::Error::other(cause)))
    }

    /// Reads the certificate files again for new connections; without effect where TLS is off. On `Err` the former
    /// certificate stays in force.
    pub fn reload_certificate(&self) -> Result<(), TlsError> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.reload())
    }
}

//! A whole server in this process: HTTP, admin socket, schedules, watchdog. Shared by `serve` and `demo`.

use crate::app::App;
use crate::front;
use crate::http::{Running, ServeError};
use crate::ops::admin::server::Server;
use crate::ops::admin::{CommandError, SOCKET_NAME};
use crate::ops::{backups, retention, scrape, systemd};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running server.
pub struct Served {
    app: Arc<App>,
    http: Running,
    stop: CancellationToken,
    socket: JoinHandle<()>,
    watchdog: Option<JoinHandle<()>>,
}

impl Served {
    /// Listens, on `listener` where one is there already, takes up interrupted runs, starts the schedules. On `Err` nothing runs.
    pub async fn start(app: Arc<App>, listener: Option<TcpListener>) -> Result<Self, CommandError> {
        let path = app.config.server.data_dir.join(SOCKET_NAME);
        let socket = Server::bind(&path, app.clock.clone()).await.map_err(|cause| {
            let path = path.display();
            CommandError::failed(match cause.kind() {
                ErrorKind::AddrInUse => format!("another server answers on {path}; stop it first"),
                _ => format!("the admin socket {path} cannot be made: {cause}"),
            })
        })?;
        let http = match front::serve(app.clone(), listener) {
            Ok(http) => http,
            Err(error) => {
                // Nothing else is bound to the socket's name; one that stays is replaced at the next start.
                let _ = std::fs::remove_file(&path);
                return Err(serve_error(&error));
            }
        };
        app.note_listening(http.address());
        let stop = CancellationToken::new();
        let socket = tokio::spawn(socket.serve(app.clone(), stop.clone()));
        tokio::spawn(scrape::count_runs(app.metrics.clone(), app.jobs.clone()));
        match app.jobs.resume_interrupted().await {
            Ok(resumed) if resumed.is_empty() => {}
            Ok(resumed) => tracing::info!("{} interrupted runs go on", resumed.len()),
            Err(error) => tracing::error!(%error, "interrupted runs cannot be taken up; the rest works"),
        }
        app.jobs.start_schedules();
        app.messages.start();
        app.messages.start_upkeep();
        app.callbacks.start();
        app.webhooks.start();
        tokio::spawn(backups::run(app.clone(), stop.clone()));
        tokio::spawn(retention::run(app.clone(), stop.clone()));
        app.views.start();
        let watchdog = systemd::watchdog_every().map(|every| tokio::spawn(systemd::watch(app.clock.clone(), every)));
        Ok(Self { app, http, stop, socket, watchdog })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.http.address()
    }

    /// Waits until the HTTP server ends by itself, which only a fault can bring about.
    pub async fn ended(&mut self) -> CommandError {
        match self.http.wait().await {
            Ok(()) => CommandError::failed("the HTTP server ended by itself"),
            Err(cause) => CommandError::failed(format!("the HTTP server ended: {cause}")),
        }
    }

    /// Reads the certificate files again, where there are any.
    pub fn reload(&self) {
        if !self.app.config.tls.is_on() {
            return;
        }
        match self.http.reload_certificate() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => tracing::error!(%error, "the certificate was not read again; the former one stays in force"),
        }
    }

    /// Ends requests and calls under way, then closes the store. Runs that are not through go on at the next start.
    pub async fn stop(self) {
        if let Some(watchdog) = self.watchdog {
            watchdog.abort();
        }
        self.http.stop().await;
        self.stop.cancel();
        self.app.callbacks.shutdown().await;
        self.app.webhooks.shutdown().await;
        self.app.jobs.shutdown().await;
        if let Err(cause) = self.socket.await {
            tracing::error!("the admin socket ended badly: {cause}");
        }
        self.app.close().await;
    }
}

fn serve_error(error: &ServeError) -> CommandError {
    CommandError::from_chain(error)
}

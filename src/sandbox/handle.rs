//! Starting and stopping a sandbox: its server runs on threads of its own, so several fit into one process.

use super::options::{Profile, SandboxOptions};
use super::shared::State;
use super::{seed, wire};
use crate::clock::Clock;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use tokio::sync::oneshot;

/// Why a sandbox did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address cannot be used.
    #[error("cannot listen on {address}: choose another address or stop what listens there")]
    Listen {
        /// What was asked for.
        address: String,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The server's threads did not start.
    #[error("the sandbox's server did not start")]
    Server(#[source] std::io::Error),
    /// The seed file cannot be read.
    #[error("cannot read the seed file {path}")]
    SeedFile {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The seed file holds no possible state.
    #[error("the seed is refused")]
    Seed(#[from] super::FileError),
}

/// A running sandbox. Dropping it stops the server without waiting.
#[derive(Debug)]
pub struct Sandbox {
    state: State,
    address: SocketAddr,
    server: actix_web::dev::ServerHandle,
    ended: Option<oneshot::Receiver<()>>,
}

impl Sandbox {
    /// Starts listening and answering; on return the sandbox can be called. It has no corp yet.
    pub fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let listen = |cause| SandboxError::Listen { address: options.listen.clone(), cause };
        let listener = TcpListener::bind(&options.listen).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let state = State::new(&options, format!("http://{address}"));
        let (started, wait_started) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel();
        let inside = state.clone();
        std::thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || {
                actix_web::rt::System::new().block_on(wire::server::serve(inside, listener, options.workers, started));
                // Nobody may be waiting for the end any more.
                let _ = end.send(());
            })
            .map_err(SandboxError::Server)?;
        let server = wait_started
            .recv()
            .map_err(|_| SandboxError::Server(std::io::Error::other("the thread ended early")))?
            .map_err(SandboxError::Server)?;
        Ok(Self { state, address, server, ended: Some(ended) })
    }

    /// `http://127.0.0.1:<port>`, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.state.base_url()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The inside.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Stops the server; on return the port is free.
    pub async fn stop(mut self) {
        self.server.stop(false).await;
        if let Some(ended) = self.ended.take() {
            // The sender is dropped only when the thread has ended, which is what is waited for.
            let _ = ended.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

/// What `wecom-bridge sandbox` is given.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Address to listen on.
    pub listen: String,
    /// State file to begin with; `None` = the demo corp.
    pub seed: Option<PathBuf>,
    /// Profile.
    pub profile: Profile,
}

/// Starts a sandbox on the machine's clock with a seed; the caller prints its address, waits for Ctrl-C and stops it.
pub fn run(options: RunOptions) -> Result<Sandbox, SandboxError> {
    let sandbox = Sandbox::start(SandboxOptions {
        listen: options.listen,
        profile: options.profile,
        clock: Clock::system(),
        ..SandboxOptions::default()
    })?;
    match options.seed {
        None => seed::demo(sandbox.state()),
        Some(path) => {
            let text =
                std::fs::read_to_string(&path).map_err(|cause| SandboxError::SeedFile { path: path.clone(), cause })?;
            sandbox.state().load_json(&text)?;
        }
    }
    Ok(sandbox)
}

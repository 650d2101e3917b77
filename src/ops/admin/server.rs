//! The server's end of the admin socket: only the account that the server runs under, and root, may speak to it.

use super::command::Command;
use super::output::{Answer, CommandError, Output, Progress};
use super::wire::{Frame, Interruption, Request, receive, send};
use crate::clock::Clock;
use futures_util::future::BoxFuture;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Executes commands; the application behind the socket.
pub trait Execute: Send + Sync + 'static {
    /// Executes one command for the named account.
    fn execute<'a>(
        &'a self,
        user: &'a str,
        command: Command,
        output: &'a mut dyn Output,
    ) -> BoxFuture<'a, Result<Answer, CommandError>>;
}

/// The bound socket.
pub struct Server {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
    clock: Clock,
}

/// What a caller may take to say what it wants; the largest directory file travels in it.
const ASK_WITHIN: Duration = Duration::from_secs(60);

/// After an accept that failed, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

impl Server {
    /// Binds the socket with mode 0600. A socket left behind by a server that died is replaced; one that a server
    /// still answers on is refused as `AddrInUse`.
    pub async fn bind(path: &Path, clock: Clock) -> io::Result<Self> {
        if UnixStream::connect(path).await.is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        // Bound under another name and moved into place once its mode is right: nobody can connect in between.
        let fresh = path.with_extension(format!("{}.new", std::process::id()));
        remove_if_there(&fresh)?;
        let listener = UnixListener::bind(&fresh)?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(&fresh)?.uid();
        std::fs::rename(&fresh, path)?;
        Ok(Self { listener, path: path.to_owned(), owner, clock })
    }

    /// Answers until `stop`; then removes the socket and waits for commands under way, not for callers who have not said
    /// yet what they want.
    pub async fn serve(self, app: Arc<dyn Execute>, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) if self.is_trusted(&stream) => {
                    let (app, clock, stop) = (app.clone(), self.clock.clone(), stop.clone());
                    tasks.spawn(async move {
                        if let Err(cause) = converse(stream, app, &clock, &stop).await {
                            tracing::debug!("a caller on the admin socket left: {cause}");
                        }
                    });
                }
                Ok(_) => tracing::warn!("another account tried to use the admin socket and was turned away"),
                Err(cause) => {
                    tracing::error!("the admin socket could not take a caller: {cause}");
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = self.clock.sleep(ACCEPT_PAUSE) => {}
                    }
                }
            }
        }
        if let Err(cause) = remove_if_there(&self.path) {
            tracing::warn!("the admin socket {} could not be removed: {cause}", self.path.display());
        }
        tasks.close();
        tasks.wait().await;
    }

    fn is_trusted(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

async fn converse(
    mut stream: UnixStream,
    app: Arc<dyn Execute>,
    clock: &Clock,
    stop: &CancellationToken,
) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    let asked: Option<Request> = tokio::select! {
        biased;
        asked = receive(&mut reader) => asked?,
        () = stop.cancelled() => return Ok(()),
        () = clock.sleep(ASK_WITHIN) => return Err(io::ErrorKind::TimedOut.into()),
    };
    let Some(request) = asked else { return Ok(()) };
    if request.version != env!("CARGO_PKG_VERSION") {
        let message = format!(
            "the running server is {} and this command is {}; use the server's own program, or restart the server",
            env!("CARGO_PKG_VERSION"),
            request.version
        );
        return send(&mut writer, &Frame::Error(CommandError::failed(message))).await;
    }
    let (frames, mut queue) = mpsc::unbounded_channel();
    let mut output = Forward { frames, stop: CancellationToken::new() };
    let stop_work = output.stop.clone();
    let work = async {
        let result = app.execute(&request.user, request.command, &mut output).await;
        drop(output);
        result
    };
    // A caller that leaves does not stop the work: what was begun is ended, only nobody is told. One that asks for it does.
    let listen = async {
        if let Ok(Some(Interruption::Stop)) = receive(&mut reader).await {
            stop_work.cancel();
        }
        std::future::pending::<()>().await;
    };
    let speak = async {
        let mut heard = Ok(());
        while let Some(frame) = queue.recv().await {
            if heard.is_ok() {
                heard = send(&mut writer, &frame).await;
            }
        }
        heard
    };
    let (result, heard) = tokio::select! {
        ended = async { tokio::join!(work, speak) } => ended,
        () = listen => return Ok(()),
    };
    heard?;
    let last = match result {
        Ok(answer) => Frame::Answer(answer),
        Err(error) => Frame::Error(error),
    };
    send(&mut writer, &last).await
}

struct Forward {
    frames: mpsc::UnboundedSender<Frame>,
    stop: CancellationToken,
}

impl Output for Forward {
    fn progress(&mut self, progress: Progress) {
        // Fails only when the speaking half is gone, and with it everybody who would listen.
        let _ = self.frames.send(Frame::Progress(progress));
    }

    fn note(&mut self, text: &str) {
        let _ = self.frames.send(Frame::Note(text.to_owned()));
    }

    fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Client;
    use super::super::command::StoreCommand;
    use super::super::output::Exit;
    use super::*;

    struct Echo;

    impl Execute for Echo {
        fn execute<'a>(
            &'a self,
            user: &'a str,
            command: Command,
            output: &'a mut dyn Output,
        ) -> BoxFuture<'a, Result<Answer, CommandError>> {
            Box::pin(async move {
                output.progress(Progress { label: "echo".into(), done: 1, total: 2 });
                output.note(user);
                match command {
                    Command::Store(StoreCommand::Verify) => Answer::new(Exit::Pending, &"here"),
                    _ => Err(CommandError::usage("unknown")),
                }
            })
        }
    }

    #[derive(Default)]
    struct Kept(Vec<String>);

    impl Output for Kept {
        fn progress(&mut self, progress: Progress) {
            self.0.push(format!("{} {}/{}", progress.label, progress.done, progress.total));
        }
        fn note(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }

    #[tokio::test]
    async fn a_command_is_executed_over_the_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        assert!(Client::connect(&path).await.unwrap().is_none(), "no server yet");
        let stop = CancellationToken::new();
        let server = Server::bind(&path, Clock::system()).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let task = tokio::spawn(server.serve(Arc::new(Echo), stop.clone()));

        let mut kept = Kept::default();
        let client = Client::connect(&path).await.unwrap().unwrap();
        let answer = client
            .execute("operator", Command::Store(StoreCommand::Verify), &mut kept, std::future::pending)
            .await
            .unwrap();
        assert_eq!((answer.exit, answer.value), (Exit::Pending, "here".into()));
        assert_eq!(kept.0, ["echo 1/2", "operator"]);

        let client = Client::connect(&path).await.unwrap().unwrap();
        let refused = client
            .execute("operator", Command::Export { redact: true }, &mut Kept::default(), std::future::pending)
            .await
            .unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);

        let second = Server::bind(&path, Clock::system()).await.map(|_| ()).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse, "a second server does not take the socket away");
        stop.cancel();
        task.await.unwrap();
        assert!(!path.exists());
    }

    /// Says that it has begun, and works until it is stopped.
    struct Patient;

    impl Execute for Patient {
        fn execute<'a>(
            &'a self,
            _: &'a str,
            _: Command,
            output: &'a mut dyn Output,
        ) -> BoxFuture<'a, Result<Answer, CommandError>> {
            Box::pin(async move {
                let stop = output.stop();
                output.note("begun");
                stop.cancelled().await;
                Answer::new(Exit::Partly, &"stopped")
            })
        }
    }

    #[tokio::test]
    async fn ctrl_c_reaches_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let stop = CancellationToken::new();
        let server = Server::bind(&path, Clock::system()).await.unwrap();
        let task = tokio::spawn(server.serve(Arc::new(Patient), stop.clone()));
        let client = Client::connect(&path).await.unwrap().unwrap();
        let mut kept = Kept::default();
        let mut presses = 0;
        let press_once = async || {
            presses += 1;
            if presses > 1 {
                std::future::pending::<()>().await;
            }
        };
        let command = Command::Store(StoreCommand::Verify);
        let answer = client.execute("operator", command, &mut kept, press_once).await.unwrap();
        assert_eq!((answer.exit, answer.value), (Exit::Partly, "stopped".into()));
        assert!(kept.0.contains(&"begun".to_owned()), "{:?}", kept.0);
        stop.cancel();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced_and_another_release_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        drop(Server::bind(&path, Clock::system()).await.unwrap());
        assert!(path.exists());
        assert!(Client::connect(&path).await.unwrap().is_none(), "nobody listens any more");
        let stop = CancellationToken::new();
        let task =
            tokio::spawn(Server::bind(&path, Clock::system()).await.unwrap().serve(Arc::new(Echo), stop.clone()));
        let mut stream = UnixStream::connect(&path).await.unwrap();
        let request =
            Request { version: "0.0.0".into(), user: "u".into(), command: Command::Store(StoreCommand::Verify) };
        send(&mut stream, &request).await.unwrap();
        let frame: Frame = receive(&mut BufReader::new(stream)).await.unwrap().unwrap();
        let Frame::Error(error) = frame else { panic!("refusal expected, got {frame:?}") };
        assert!(error.message.contains("0.0.0"), "{error}");
        stop.cancel();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_who_says_nothing_does_not_keep_the_server_from_stopping() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let stop = CancellationToken::new();
        let server = Server::bind(&path, Clock::manual(0)).await.unwrap();
        let task = tokio::spawn(server.serve(Arc::new(Echo), stop.clone()));
        let _silent = UnixStream::connect(&path).await.unwrap();
        // answered after the silent one was taken
        let client = Client::connect(&path).await.unwrap().unwrap();
        client
            .execute("operator", Command::Export { redact: true }, &mut Kept::default(), std::future::pending)
            .await
            .unwrap_err();
        stop.cancel();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_who_says_nothing_is_let_go() {
        use tokio::io::AsyncReadExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let (stop, clock) = (CancellationToken::new(), Clock::jumping(0));
        let task = tokio::spawn(Server::bind(&path, clock).await.unwrap().serve(Arc::new(Echo), stop.clone()));
        let mut silent = UnixStream::connect(&path).await.unwrap();
        assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0, "the server has hung up");
        stop.cancel();
        task.await.unwrap();
    }
}

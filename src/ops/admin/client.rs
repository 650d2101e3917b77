//! The command line's end of the admin socket.

use super::command::Command;
use super::output::{Answer, CommandError, Output};
use super::wire::{Frame, Interruption, Request, receive, send};
use std::io::ErrorKind;
use std::path::Path;
use tokio::io::BufReader;
use tokio::net::UnixStream;

/// A connection to a running server.
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects; `None` when no server runs (there is no socket, or nobody listens on it any more).
    pub async fn connect(socket: &Path) -> Result<Option<Self>, CommandError> {
        match UnixStream::connect(socket).await {
            Ok(stream) => Ok(Some(Self { stream })),
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
            // The path is longer than a socket's may be: no server can listen there.
            Err(cause) if cause.kind() == ErrorKind::InvalidInput => Ok(None),
            Err(cause) if cause.kind() == ErrorKind::PermissionDenied => Err(CommandError::failed(format!(
                "the server's socket {} may not be opened by this account; run the command as root or as the account \
                 that the server runs under",
                socket.display()
            ))),
            Err(cause) => {
                Err(CommandError::failed(format!("the server's socket {} cannot be opened: {cause}", socket.display())))
            }
        }
    }

    /// Has the server execute a command; what it says meanwhile goes to `output`.
    ///
    /// When the connection breaks, the server carries on: a run that was started goes on and can be looked up. When
    /// `interrupted` comes true, the server is asked to end the run between two records, and its answer is waited for;
    /// the second time, it is left alone.
    pub async fn execute(
        mut self,
        user: &str,
        command: Command,
        output: &mut dyn Output,
        mut interrupted: impl AsyncFnMut(),
    ) -> Result<Answer, CommandError> {
        let broken = |cause: std::io::Error| {
            CommandError::failed(format!(
                "the connection to the server broke: {cause}; a run that was started goes on, see `wecom-bridge runs list`"
            ))
        };
        let request = Request { version: env!("CARGO_PKG_VERSION").to_owned(), user: user.to_owned(), command };
        let (reader, mut writer) = self.stream.split();
        send(&mut writer, &request).await.map_err(broken)?;
        let mut reader = BufReader::new(reader);
        let mut is_stopping = false;
        loop {
            // A frame is read whole before anything else is looked at: half of one would be lost.
            let frame = receive(&mut reader);
            tokio::pin!(frame);
            let frame = loop {
                tokio::select! {
                    frame = &mut frame => break frame,
                    () = interrupted() => {
                        if is_stopping {
                            return Err(CommandError::failed(
                                "left; the server ends the run between two records, see `wecom-bridge runs list`",
                            ));
                        }
                        is_stopping = true;
                        send(&mut writer, &Interruption::Stop).await.map_err(broken)?;
                        output.note("asked the server to stop; a run ends between two records, other work is finished");
                    }
                }
            };
            match frame.map_err(broken)? {
                Some(Frame::Progress(progress)) => output.progress(progress),
                Some(Frame::Note(text)) => output.note(&text),
                Some(Frame::Answer(answer)) => return Ok(answer),
                Some(Frame::Error(error)) => return Err(error),
                None => return Err(broken(ErrorKind::UnexpectedEof.into())),
            }
        }
    }
}

//! Cutting a connection on purpose.

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use std::any::Any;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::sync::Arc;

/// A second handle on the caller's connection.
#[derive(Clone)]
pub struct Line(Arc<std::net::TcpStream>);

impl Line {
    /// Kept with each new connection.
    pub fn remember(connection: &dyn Any, extensions: &mut Extensions) {
        if let Some(stream) = connection.downcast_ref::<TcpStream>()
            && let Ok(fd) = stream.as_fd().try_clone_to_owned()
        {
            extensions.insert(Self(Arc::new(std::net::TcpStream::from(fd))));
        }
    }

    /// Cuts the connection: the caller sees it end, without an answer.
    pub fn cut(&self) {
        // It may be gone already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// The first half of a body, then the end of the connection.
pub fn half(body: Bytes, line: Option<Line>) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let first = body.slice(..body.len() / 2);
    stream::unfold((0, first, line), |(step, first, line)| async move {
        match step {
            0 => Some((Ok(first.clone()), (1, first, line))),
            1 => {
                // Lets the server write the first half out before the end.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                if let Some(line) = &line {
                    line.cut();
                }
                Some((Err(std::io::Error::other("cut")), (2, first, line)))
            }
            _ => None,
        }
    })
}

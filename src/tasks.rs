//! Waiting for tasks.

use std::any::Any;
use tokio::task::{JoinError, JoinHandle};

/// The result of a task, or the message of the panic that ended it.
///
/// A task that the end of the runtime took along is no fault of its own: whoever waits for one is taken along next, and
/// waits until then. So nothing is written down as failed that was only interrupted.
///
/// # Errors
/// The panic's message.
pub async fn joined<T>(task: impl Future<Output = Result<T, JoinError>>) -> Result<T, String> {
    match task.await {
        Ok(done) => Ok(done),
        Err(error) if error.is_cancelled() => std::future::pending().await,
        Err(error) => Err(error.try_into_panic().map_or_else(|error| error.to_string(), |panic| message_of(&*panic))),
    }
}

/// Does work on a thread where blocking is allowed. Waited for as [`joined`] does.
///
/// What the runtime keeps of a task is compiled once, and not for each of some hundred kinds of work: a megabyte of the program.
///
/// # Errors
/// The message of the work's panic.
pub async fn aside<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, String> {
    let done = joined(started(Box::new(move || Box::new(work())))).await?;
    done.downcast().map(|done| *done).map_err(|_| "the work has answered something else".to_owned())
}

/// What work answers, whatever it is.
type Done = Box<dyn Any + Send>;

fn started(work: Box<dyn FnOnce() -> Done + Send>) -> JoinHandle<Done> {
    tokio::task::spawn_blocking(work)
}

/// What a panic says.
pub fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_panic_is_told_and_a_task_that_was_taken_along_is_waited_for() {
        assert_eq!(joined(tokio::spawn(async { 7 })).await, Ok(7));
        assert_eq!(joined(tokio::spawn(async { panic!("so {}", 1) })).await, Err::<(), _>("so 1".to_owned()));
        let taken = tokio::spawn(std::future::pending::<()>());
        taken.abort();
        let waited = tokio::time::timeout(Duration::from_millis(20), joined(taken)).await;
        assert!(waited.is_err(), "{waited:?}");
    }

    #[tokio::test]
    async fn work_aside_answers_or_says_how_it_ended() {
        let caller = std::thread::current().id();
        let (thread, text) = aside(|| (std::thread::current().id(), "done".to_owned())).await.unwrap();
        assert_ne!(thread, caller);
        assert_eq!(text, "done");
        assert_eq!(aside(move || if text.is_empty() { 0 } else { panic!("so {}", 2) }).await, Err("so 2".to_owned()));
    }
}

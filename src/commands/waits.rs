//! Waiting in a command that takes signals itself, while nothing was changed or begun: for an answer of AWS, for a person,
//! for a file. What goes on after it was begun has an end of its own.

use super::context::Context;
use super::opened::nothing_changed;
use crate::cli::{ExitCode, Report};
use crate::runtime::stop::unless_stopped;

/// Waits for this, unless the command is ended meanwhile by Ctrl-C, SIGTERM, SIGHUP or `--timeout`. `doing` says what was
/// waited for: `nobody answered`. Signals of a program that the command has started do not end it.
///
/// # Errors
/// Its own; 130 or 1 after a signal, 7 where the time is up.
pub(super) async fn waited<T>(
    context: &Context,
    doing: &str,
    work: impl Future<Output = Result<T, Report>>,
) -> Result<T, Report> {
    let within = async {
        tokio::select! {
            biased;
            done = work => done,
            () = over(context) => Err(nothing_changed(doing)),
        }
    };
    if context.has_lent() {
        return within.await;
    }
    unless_stopped(within).await?
}

/// Waits until `--timeout` is up.
pub(super) async fn over(context: &Context) {
    match context.limit() {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}

/// The same of work that holds a thread up: a terminal, a pipe or a file. Its thread is left behind where the command ends.
///
/// # Errors
/// As those of [`waited`].
pub(super) async fn blocking<T: Send + 'static>(
    context: &Context,
    doing: &str,
    work: impl FnOnce() -> Result<T, Report> + Send + 'static,
) -> Result<T, Report> {
    waited(context, doing, async {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(_) => Err(Report::new("system", "the program cannot wait", ExitCode::Failed)),
        }
    })
    .await
}

//! Waiting in commands that handle signals themselves, as long as nothing was changed or started: for an answer of AWS,
//! a person, or a file.

use super::change_target::nothing_changed;
use super::context::Context;
use crate::cli::{ExitCode, Report};
use crate::runtime::stop::unless_stopped;

/// Awaits `work`, unless Ctrl-C, SIGTERM, SIGHUP or `--timeout` ends the command. `doing` completes the error of a
/// timeout: `nobody answered`. While a child program runs, signals are meant for it and do not end the wait.
///
/// # Errors
/// Fails with the error of `work`, with exit code 130 or 1 after a signal, or 7 after a timeout.
pub(super) async fn wait_for<T>(
    context: &Context,
    doing: &str,
    work: impl Future<Output = Result<T, Report>>,
) -> Result<T, Report> {
    let within = async {
        tokio::select! {
            biased;
            done = work => done,
            () = wait_for_deadline(context) => Err(nothing_changed(doing)),
        }
    };
    if context.is_lent() {
        return within.await;
    }
    unless_stopped(within).await?
}

/// Waits until `--timeout` is up.
pub(super) async fn wait_for_deadline(context: &Context) {
    match context.time_left() {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}

/// Like [`waited`], for work that blocks a thread: a terminal, a pipe or a file. If the command ends, the thread is
/// abandoned.
///
/// # Errors
/// Fails like [`waited`].
pub(super) async fn blocking<T: Send + 'static>(
    context: &Context,
    doing: &str,
    work: impl FnOnce() -> Result<T, Report> + Send + 'static,
) -> Result<T, Report> {
    wait_for(context, doing, async {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(_) => Err(Report::new("system", "the program cannot wait", ExitCode::Failed)),
        }
    })
    .await
}

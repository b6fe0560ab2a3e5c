//! Ending sessions with AWS: open ones, and ones that were requested but are no longer needed when AWS opens them.

use super::{Actor, Boxed, GRACE, Outcome, Served};
use crate::driver::gate::{Gate, OpenSession};
use crate::driver::status::Status;
use crate::supervisor::Failure;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

impl<G: Gate> Actor<G> {
    /// Ends a session with AWS, in a task of its own.
    pub(super) fn terminate(&mut self, id: String) {
        let gate = Arc::clone(&self.gate);
        let ended = async move { gate.terminate(&id).await.err().map(|failure| failure.message) };
        self.endings.spawn(with_limit(self.ending, ended, unanswered));
    }

    /// Ends a session that was requested, if AWS still opens it.
    pub(super) fn terminate_once_opened(&mut self, opening: Boxed<Result<OpenSession, Failure>>) {
        let gate = Arc::clone(&self.gate);
        self.endings.spawn(with_limit(self.ending, async move { end_if_opened(&*gate, opening.await).await }, unknown));
    }

    /// Drops the pending action. If that is the request for a session, AWS may open it anyway, so a task ends it then.
    pub(super) fn leave_pending(&mut self) {
        let Some(pending) = self.pending.take().filter(|_| std::mem::take(&mut self.pending_opens)) else { return };
        let gate = Arc::clone(&self.gate);
        let ended = async move {
            let started = match pending.await {
                Outcome::Started(started) => started,
                Outcome::Late(opening) => opening.await,
                Outcome::Resolved(_) | Outcome::Resumed(_) | Outcome::Connected(_) => return None,
            };
            end_if_opened(&*gate, started).await
        };
        self.endings.spawn(with_limit(self.ending, ended, unknown));
    }

    /// Records why a session could not be ended with AWS.
    pub(super) fn record_failed_end(&self, reason: Option<String>) {
        record_not_ended(&self.status, reason);
    }

    /// Waits, for a limited time, until all tasks have finished.
    pub(super) async fn wait_for_tasks(&mut self) {
        // Each task reports its own timeout; an extra session waits for its tasks in the same way, so the first one
        // waits longer.
        let limit = match self.served {
            Served::Extra { .. } => self.ending + GRACE,
            Served::Port(_) | Served::Shell { .. } => self.ending + 2 * GRACE,
        };
        let Self { writers, connections, endings, status, ending, .. } = self;
        let written = async {
            while writers.join_next().await.is_some() {}
            while connections.join_next().await.is_some() {}
        };
        let ended = async {
            while let Some(ended) = endings.join_next().await {
                record_not_ended(status, ended.ok().flatten());
            }
        };
        let (_, ended) = tokio::join!(timeout(*ending, written), timeout(limit, ended));
        if ended.is_err() {
            self.record_failed_end(Some(unanswered(limit)));
        }
    }
}

fn record_not_ended(status: &watch::Sender<Status>, reason: Option<String>) {
    if reason.is_some() {
        status.send_modify(|status| status.not_ended = reason);
    }
}

async fn with_limit(
    limit: Duration,
    ended: impl Future<Output = Option<String>>,
    late: fn(Duration) -> String,
) -> Option<String> {
    timeout(limit, ended).await.unwrap_or_else(|_| Some(late(limit)))
}

/// Ends the session that was opened, if one was.
async fn end_if_opened<G: Gate>(gate: &G, started: Result<OpenSession, Failure>) -> Option<String> {
    let granted = started.ok()?;
    gate.terminate(&granted.session_id).await.err().map(|failure| failure.message)
}

fn unanswered(limit: Duration) -> String {
    format!("no answer in {} s", limit.as_secs())
}

fn unknown(limit: Duration) -> String {
    format!("it was requested, and AWS did not answer in {} s whether it was opened", limit.as_secs())
}

#[cfg(test)]
#[path = "endings_tests.rs"]
mod tests;

//! The ends of sessions at AWS: of those that are open, and of those that were asked for when nobody waits for them any more.

use super::{Actor, Boxed, GRACE, Outcome, Served};
use crate::driver::gate::{Gate, Granted};
use crate::driver::status::Status;
use crate::supervisor::Failure;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

impl<G: Gate> Actor<G> {
    /// Ends a session at AWS, in a task of its own.
    pub(super) fn terminate(&mut self, id: String) {
        let gate = Arc::clone(&self.gate);
        let ended = async move { gate.terminate(&id).await.err().map(|failure| failure.message) };
        self.endings.spawn(within(self.ending, ended, unanswered));
    }

    /// Ends a session that was asked for, should AWS still open it.
    pub(super) fn terminate_once_opened(&mut self, opening: Boxed<Result<Granted, Failure>>) {
        let gate = Arc::clone(&self.gate);
        self.endings.spawn(within(self.ending, async move { undone(&*gate, opening.await).await }, unknown));
    }

    /// Drops what is under way. Where that is a session that is asked for, AWS may open it all the same.
    pub(super) fn leave_pending(&mut self) {
        let Some(pending) = self.pending.take().filter(|_| std::mem::take(&mut self.starts)) else { return };
        let gate = Arc::clone(&self.gate);
        let ended = async move {
            let started = match pending.await {
                Outcome::Started(started) => started,
                Outcome::Late(opening) => opening.await,
                Outcome::Resolved(_) | Outcome::Resumed(_) | Outcome::Connected(_) => return None,
            };
            undone(&*gate, started).await
        };
        self.endings.spawn(within(self.ending, ended, unknown));
    }

    /// Keeps why a session was not ended at AWS.
    pub(super) fn has_ended(&self, not: Option<String>) {
        keep(&self.status, not);
    }

    /// Waits until everything that was begun has ended, for a while.
    pub(super) async fn see_off(&mut self) {
        // Each of them says itself that it was not answered; sessions beside the first wait for theirs in the same way.
        let limit = match self.served {
            Served::Beside { .. } => self.ending + GRACE,
            Served::Port(_) | Served::Shell { .. } => self.ending + 2 * GRACE,
        };
        let Self { writers, connections, endings, status, ending, .. } = self;
        let written = async {
            while writers.join_next().await.is_some() {}
            while connections.join_next().await.is_some() {}
        };
        let ended = async {
            while let Some(ended) = endings.join_next().await {
                keep(status, ended.ok().flatten());
            }
        };
        let (_, ended) = tokio::join!(timeout(*ending, written), timeout(limit, ended));
        if ended.is_err() {
            self.has_ended(Some(unanswered(limit)));
        }
    }
}

fn keep(status: &watch::Sender<Status>, not: Option<String>) {
    if not.is_some() {
        status.send_modify(|status| status.not_ended = not);
    }
}

async fn within(
    limit: Duration,
    ended: impl Future<Output = Option<String>>,
    late: fn(Duration) -> String,
) -> Option<String> {
    timeout(limit, ended).await.unwrap_or_else(|_| Some(late(limit)))
}

/// Ends what was opened, if anything was.
async fn undone<G: Gate>(gate: &G, started: Result<Granted, Failure>) -> Option<String> {
    let granted = started.ok()?;
    gate.terminate(&granted.session_id).await.err().map(|failure| failure.message)
}

fn unanswered(limit: Duration) -> String {
    format!("no answer in {} s", limit.as_secs())
}

fn unknown(limit: Duration) -> String {
    format!("it was asked for, and AWS did not say in {} s whether it was opened", limit.as_secs())
}

#[cfg(test)]
#[path = "endings_tests.rs"]
mod tests;

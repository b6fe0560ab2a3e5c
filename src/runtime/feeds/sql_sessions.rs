//! The open sessions and the stored results, by their numbers. A result outlives its session: it exists until it is closed.

use super::sql_programs::Programs;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::db::{Canceller, Connection, Settings, Spool};
use crate::feeds::part::Part;
use crate::feeds::sql::{Fact, RunOptions};
use crate::model::Failure;
use crate::model::sql::{ResultId, SessionId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{MutexGuard, Notify, mpsc, oneshot};

/// Capacity for statements that wait in a session.
const WAITING: usize = 16;

/// The stored results.
type Results = Arc<Mutex<HashMap<ResultId, Arc<Spool>>>>;

/// The sessions of this process, their results, and the commands that results are piped into.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    open: Arc<Mutex<HashMap<SessionId, Arc<OpenSession>>>>,
    results: Results,
    programs: Programs,
}

impl Sessions {
    /// Returns the commands that results are piped into.
    pub(super) fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Returns the session with this number.
    pub(super) fn get(&self, session: SessionId) -> Option<Arc<OpenSession>> {
        locked(&self.open).get(&session).cloned()
    }

    /// Adds a session, until the returned value is dropped.
    pub(super) fn add(&self, session: SessionId, open: Arc<OpenSession>) -> Registered {
        locked(&self.open).insert(session, Arc::clone(&open));
        Registered { sessions: self.clone(), session, open }
    }

    /// Returns a stored result.
    pub(super) fn result(&self, result: ResultId) -> Option<Arc<Spool>> {
        locked(&self.results).get(&result).cloned()
    }

    /// Deletes a result; returns the session that is still reading it.
    pub(super) fn close(&self, result: ResultId) -> Option<Arc<OpenSession>> {
        locked(&self.results).remove(&result);
        locked(&self.open).values().find(|open| open.is_reading(result)).cloned()
    }
}

fn locked<T>(place: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session in the list of [`Sessions`]. Dropping it removes the session.
pub(super) struct Registered {
    sessions: Sessions,
    session: SessionId,
    pub(super) open: Arc<OpenSession>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        locked(&self.sessions.open).remove(&self.session);
    }
}

/// An open session.
#[derive(Debug)]
pub(super) struct OpenSession {
    jobs: mpsc::Sender<Job>,
    canceller: Canceller,
    /// The settings of its connection.
    pub(super) settings: Settings,
    /// The commands that results are piped into.
    pub(super) programs: Programs,
    results: Results,
    /// Apart from `cancel_request`, which is held across awaits: a statement may end while a cancel request is on its way.
    statements: Mutex<Statements>,
    /// Wakes those that wait for the cancellation of the running statement.
    cancelled: Notify,
    /// Held while a cancel request is sent, so that no statement starts meanwhile: a request that arrives after the end of its
    /// statement would cancel the next one.
    cancel_request: tokio::sync::Mutex<()>,
    /// The second session, once there is one.
    pub(super) second: tokio::sync::Mutex<Option<Connection>>,
}

/// The statements of a session, numbered from 1 in the order in which they were submitted.
#[derive(Debug, Default)]
struct Statements {
    /// Number of statements that were submitted, which is also the number of the last one.
    submitted: u64,
    /// Statements up to this number do not start: they were cancelled while they waited.
    dropped: u64,
    running: Option<RunningStatement>,
}

/// The statement that is running.
#[derive(Debug)]
struct RunningStatement {
    number: u64,
    /// Whether its cancellation was requested.
    cancelled: bool,
    /// The result that is being read from the server.
    result: Option<ResultId>,
}

impl Statements {
    /// Submits a statement; returns its number.
    fn submit(&mut self) -> u64 {
        self.submitted += 1;
        self.submitted
    }

    /// Starts a statement, unless it was cancelled while it waited; returns whether it started.
    fn start(&mut self, number: u64) -> bool {
        if number <= self.dropped {
            return false;
        }
        self.running = Some(RunningStatement { number, cancelled: false, result: None });
        true
    }

    /// Marks the running statement as cancelled if its number is at most `last`; returns whether it is. If no statement runs,
    /// those up to `last` do not start any more.
    fn cancel(&mut self, last: u64) -> bool {
        match &mut self.running {
            None => {
                self.dropped = self.dropped.max(last);
                false
            }
            Some(running) if running.number > last => false,
            Some(running) => {
                running.cancelled = true;
                true
            }
        }
    }

    /// Marks the running statement as cancelled if this result is being read from it; returns whether it is.
    fn cancel_reading(&mut self, result: ResultId) -> bool {
        match &mut self.running {
            Some(running) if running.result == Some(result) => {
                running.cancelled = true;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Sets the result that is being read.
    fn set_result(&mut self, result: Option<ResultId>) {
        if let Some(running) = &mut self.running {
            running.result = result;
        }
    }

    fn is_reading(&self, result: ResultId) -> bool {
        self.running.as_ref().is_some_and(|running| running.result == Some(result))
    }

    fn is_cancelled(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.cancelled)
    }
}

impl OpenSession {
    pub(super) fn new(connection: &Connection, sessions: &Sessions) -> (Arc<Self>, mpsc::Receiver<Job>) {
        let (jobs, todo) = mpsc::channel(WAITING);
        let open = Self {
            jobs,
            canceller: connection.canceller(),
            settings: connection.settings().clone(),
            programs: sessions.programs.clone(),
            results: Arc::clone(&sessions.results),
            statements: Mutex::default(),
            cancelled: Notify::new(),
            cancel_request: tokio::sync::Mutex::new(()),
            second: tokio::sync::Mutex::new(None),
        };
        (Arc::new(open), todo)
    }

    /// Returns the statement with which the second session cancels this one's statement or ends its process; `None` if the
    /// server process of this session is unknown.
    pub(super) fn signal_statement(&self, function: &str) -> Option<String> {
        self.canceller.cancel_statement(function)
    }

    /// Submits a statement and waits until it has ended, which the session reports.
    ///
    /// # Errors
    /// If the session has ended.
    pub(super) async fn run(&self, mut job: Job) -> Result<(), SessionGone> {
        let (done, ended) = oneshot::channel();
        job.done = Some(done);
        job.number = locked(&self.statements).submit();
        self.jobs.send(job).await.map_err(|_| SessionGone)?;
        ended.await.map_err(|_| SessionGone)
    }

    /// Cancels the running statement.
    pub(super) async fn cancel(&self) -> Result<(), Failure> {
        let Some(_next_waits) = self.begin_cancel().await else { return Ok(()) };
        self.send_cancel().await
    }

    /// Marks the running statement as cancelled. No other statement starts until the returned guard is dropped. Returns `None` if
    /// no statement runs; submitted statements that have not started yet, because the server is checked first, are then dropped.
    pub(super) async fn begin_cancel(&self) -> Option<MutexGuard<'_, ()>> {
        // Statements submitted while this waits for another request are not meant.
        let last = locked(&self.statements).submitted;
        let cancel_request = self.cancel_request.lock().await;
        if !locked(&self.statements).cancel(last) {
            return None;
        }
        self.cancelled.notify_waiters();
        Some(cancel_request)
    }

    /// Cancels the statement that a result is being read from, if it still is.
    pub(super) async fn cancel_reading(&self, result: ResultId) -> Result<(), Failure> {
        let _cancel_request = self.cancel_request.lock().await;
        // Another statement may run by now.
        if !locked(&self.statements).cancel_reading(result) {
            return Ok(());
        }
        self.cancelled.notify_waiters();
        self.send_cancel().await
    }

    /// Sends the server a cancel request for the running statement. Call [`Self::begin_cancel`] first.
    pub(super) async fn send_cancel(&self) -> Result<(), Failure> {
        self.canceller.cancel().await
    }

    /// Returns the disk space that all stored results take, in bytes.
    pub(super) fn stored_bytes(&self) -> u64 {
        locked(&self.results).values().map(|spool| spool.size().1).sum()
    }

    /// Whether a result is still stored; false once it was closed.
    pub(super) fn is_stored(&self, result: ResultId) -> bool {
        locked(&self.results).contains_key(&result)
    }

    /// Whether a result is still being read from the server.
    fn is_reading(&self, result: ResultId) -> bool {
        locked(&self.statements).is_reading(result)
    }

    /// Stores a new result.
    pub(super) fn begin_result(&self, result: ResultId, spool: Arc<Spool>) {
        locked(&self.statements).set_result(Some(result));
        locked(&self.results).insert(result, spool);
    }

    /// Notes that a result was read completely.
    pub(super) fn end_result(&self) {
        locked(&self.statements).set_result(None);
    }

    /// Starts a statement, after any cancel request in flight. Returns false if the statement was cancelled before it started.
    pub(super) async fn start(&self, job: &Job) -> bool {
        let _no_request = self.cancel_request.lock().await;
        locked(&self.statements).start(job.number)
    }

    /// Waits for a cancel request in flight when no statement runs: it would cancel the next query to the server.
    pub(super) async fn wait_for_cancel_request(&self) {
        drop(self.cancel_request.lock().await);
    }

    /// Notes that the statement has ended.
    pub(super) fn finish(&self) {
        locked(&self.statements).running = None;
    }

    /// Completes when the cancellation of the running statement is requested.
    pub(super) async fn until_cancelled(&self) {
        loop {
            // Created before the check, so that a notification in between is not missed.
            let cancelled = self.cancelled.notified();
            if self.was_cancelled() {
                return;
            }
            cancelled.await;
        }
    }

    /// Whether the cancellation of the running statement was requested.
    pub(super) fn was_cancelled(&self) -> bool {
        locked(&self.statements).is_cancelled()
    }
}

/// The session no longer exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionGone;

/// A statement to run, with its options.
#[derive(Debug)]
pub(super) struct Job {
    /// The number of its first result.
    pub(super) result: ResultId,
    pub(super) statement: String,
    /// The options of the statement.
    pub(super) options: Box<RunOptions>,
    /// The receiver of its facts.
    pub(super) replies: Replies,
    /// Notified when it has ended.
    done: Option<oneshot::Sender<()>>,
    /// Its number in its session; 0 until it is submitted.
    number: u64,
}

impl Job {
    pub(super) fn new(result: ResultId, statement: String, beside: Box<RunOptions>, replies: Replies) -> Self {
        Self { result, statement, options: beside, replies, done: None, number: 0 }
    }

    /// Ends the job, after its end was reported.
    pub(super) fn end(mut self) {
        if let Some(done) = self.done.take() {
            let _ = done.send(());
        }
    }
}

/// Sends the parts of the answer to one query.
#[derive(Debug, Clone)]
pub(super) struct Replies {
    ticket: Ticket,
    out: mpsc::Sender<Event>,
}

impl Replies {
    pub(super) fn new(ticket: Ticket, out: mpsc::Sender<Event>) -> Self {
        Self { ticket, out }
    }

    async fn part(&self, part: Part<Fact>) {
        let answer = Answer { ticket: self.ticket, requests: 0, part: part.into() };
        let _ = self.out.send(Event::Answer(answer)).await;
    }

    /// Sends a fact that others will follow.
    pub(super) async fn page(&self, fact: Fact) {
        self.part(Part::Page(fact)).await;
    }

    /// Sends the last fact of an answer.
    pub(super) async fn last(&self, fact: Fact) {
        self.part(Part::Last(fact)).await;
    }

    /// Sends the failure of the query.
    pub(super) async fn failed(&self, failure: Failure) {
        self.part(Part::Failed(failure)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancel_with_nothing_running_drops_the_submitted_statements() {
        let mut statements = Statements::default();
        let (first, second) = (statements.submit(), statements.submit());
        assert!(!statements.cancel(second));
        let third = statements.submit();
        assert!(!statements.start(first) && !statements.start(second) && statements.start(third));
        assert!(!statements.is_cancelled());
    }

    #[test]
    fn cancel_spares_statements_that_were_submitted_later() {
        let mut statements = Statements::default();
        let (first, second) = (statements.submit(), statements.submit());
        assert!(statements.start(second));
        assert!(!statements.cancel(first) && !statements.is_cancelled());
        assert!(statements.cancel(second) && statements.is_cancelled());
        statements.running = None;
        assert!(!statements.is_cancelled());
    }

    #[test]
    fn closed_result_cancels_only_the_statement_that_reads_it() {
        let mut statements = Statements::default();
        let number = statements.submit();
        assert!(statements.start(number));
        statements.set_result(Some(ResultId(7)));
        assert!(!statements.cancel_reading(ResultId(6)) && !statements.is_cancelled());
        assert!(statements.is_reading(ResultId(7)) && statements.cancel_reading(ResultId(7)));
        statements.set_result(None);
        assert!(!statements.is_reading(ResultId(7)) && statements.is_cancelled());
    }
}

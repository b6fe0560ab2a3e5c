//! The sessions that are open and the results that are kept, by their numbers. A result outlives its session: it is there until
//! it is closed.

use super::sql_programs::Programs;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::db::{Canceller, Connection, Settings, Spool};
use crate::feeds::part::Part;
use crate::feeds::sql::{Beside, Fact};
use crate::model::Failure;
use crate::model::sql::{ResultId, SessionId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{MutexGuard, Notify, mpsc, oneshot};

/// Statements that may wait in a session.
const WAITING: usize = 16;
/// No result is read.
const NONE: u64 = u64::MAX;
/// The number of no statement.
const NOTHING: u64 = 0;

/// The results that are kept.
type Results = Arc<Mutex<HashMap<ResultId, Arc<Spool>>>>;

/// The sessions of this process, their results, and the commands that results go to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    open: Arc<Mutex<HashMap<SessionId, Arc<Open>>>>,
    results: Results,
    programs: Programs,
}

impl Sessions {
    /// The commands that results go to.
    pub(super) fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The one of this number.
    pub(super) fn get(&self, session: SessionId) -> Option<Arc<Open>> {
        locked(&self.open).get(&session).cloned()
    }

    /// Adds one, for as long as what comes back lives.
    pub(super) fn add(&self, session: SessionId, open: Arc<Open>) -> Registered {
        locked(&self.open).insert(session, Arc::clone(&open));
        Registered { sessions: self.clone(), session, open }
    }

    /// A result that is kept.
    pub(super) fn result(&self, result: ResultId) -> Option<Arc<Spool>> {
        locked(&self.results).get(&result).cloned()
    }

    /// Forgets a result; the session that still reads it.
    pub(super) fn close(&self, result: ResultId) -> Option<Arc<Open>> {
        locked(&self.results).remove(&result);
        locked(&self.open).values().find(|open| open.reads(result)).cloned()
    }
}

fn locked<T>(place: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session that can be found.
pub(super) struct Registered {
    sessions: Sessions,
    session: SessionId,
    pub(super) open: Arc<Open>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        locked(&self.sessions.open).remove(&self.session);
    }
}

/// A session that is open.
#[derive(Debug)]
pub(super) struct Open {
    jobs: mpsc::Sender<Job>,
    canceller: Canceller,
    /// The settings that it was connected with.
    pub(super) settings: Settings,
    /// The commands that results go to.
    pub(super) programs: Programs,
    results: Results,
    /// The result that is read.
    read: AtomicU64,
    /// How many statements were handed over: each has the next number, from 1.
    handed: AtomicU64,
    /// The number of the one that runs.
    runs: AtomicU64,
    /// Those that wait for their turn do not begin up to this number: they were cancelled.
    unwanted: AtomicU64,
    /// What runs was asked to be cancelled, and who waits for that is told.
    cancelled: AtomicBool,
    told: Notify,
    /// Held while the server is asked to cancel what runs: a request that comes after the end of its statement would end the next.
    asks_to_cancel: tokio::sync::Mutex<()>,
    /// The second session, once there is one.
    pub(super) looker: tokio::sync::Mutex<Option<Connection>>,
}

impl Open {
    pub(super) fn new(connection: &Connection, sessions: &Sessions) -> (Arc<Self>, mpsc::Receiver<Job>) {
        let (jobs, todo) = mpsc::channel(WAITING);
        let open = Self {
            jobs,
            canceller: connection.canceller(),
            settings: connection.settings().clone(),
            programs: sessions.programs.clone(),
            results: Arc::clone(&sessions.results),
            read: AtomicU64::new(NONE),
            handed: AtomicU64::new(NOTHING),
            runs: AtomicU64::new(NOTHING),
            unwanted: AtomicU64::new(NOTHING),
            cancelled: AtomicBool::new(false),
            told: Notify::new(),
            asks_to_cancel: tokio::sync::Mutex::new(()),
            looker: tokio::sync::Mutex::new(None),
        };
        (Arc::new(open), todo)
    }

    /// The statement with which the second session cancels what this one does or ends its process; none where it is not known which
    /// process of the server it is.
    pub(super) fn asking(&self, function: &str) -> Option<String> {
        self.canceller.asking(function)
    }

    /// Hands a statement over and waits until it has ended, which the session tells.
    ///
    /// # Errors
    /// Nobody takes it any more.
    pub(super) async fn run(&self, mut job: Job) -> Result<(), Gone> {
        let (done, ended) = oneshot::channel();
        job.done = Some(done);
        job.number = self.handed.fetch_add(1, Ordering::SeqCst) + 1;
        self.jobs.send(job).await.map_err(|_| Gone)?;
        ended.await.map_err(|_| Gone)
    }

    /// Cancels what the session works at.
    pub(super) async fn cancel(&self) -> Result<(), Failure> {
        let Some(_next_waits) = self.begin_cancel().await else { return Ok(()) };
        self.send_cancel().await
    }

    /// What runs is to be cancelled: nothing else begins until what comes back is dropped. None where nothing runs: what was handed
    /// over and has not begun, as the server is looked at before it, then does not begin.
    pub(super) async fn begin_cancel(&self) -> Option<MutexGuard<'_, ()>> {
        // What is handed over while another request is waited for is not meant.
        let meant = self.handed.load(Ordering::SeqCst);
        let next_waits = self.asks_to_cancel.lock().await;
        let runs = self.runs.load(Ordering::SeqCst);
        if runs == NOTHING {
            self.unwanted.fetch_max(meant, Ordering::SeqCst);
        }
        if runs == NOTHING || runs > meant {
            return None;
        }
        self.tell_cancelled();
        Some(next_waits)
    }

    /// Cancels what a result is read from, where it still is.
    pub(super) async fn cancel_reading(&self, result: ResultId) -> Result<(), Failure> {
        let _next_waits = self.asks_to_cancel.lock().await;
        // Another one may run by now.
        if !self.reads(result) {
            return Ok(());
        }
        self.tell_cancelled();
        self.send_cancel().await
    }

    fn tell_cancelled(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    /// Asks the server to cancel what runs, which `begin_cancel` has found to run.
    pub(super) async fn send_cancel(&self) -> Result<(), Failure> {
        self.canceller.cancel().await
    }

    /// How many bytes the results that are kept take of the disk.
    pub(super) fn kept_bytes(&self) -> u64 {
        locked(&self.results).values().map(|spool| spool.size().1).sum()
    }

    /// Whether a result is still wanted: it was not closed.
    pub(super) fn keeps(&self, result: ResultId) -> bool {
        locked(&self.results).contains_key(&result)
    }

    /// Whether a result is still read from the server.
    fn reads(&self, result: ResultId) -> bool {
        self.read.load(Ordering::SeqCst) == result.0 && self.runs.load(Ordering::SeqCst) != NOTHING
    }

    /// A result begins.
    pub(super) fn begin(&self, result: ResultId, spool: Arc<Spool>) {
        self.read.store(result.0, Ordering::SeqCst);
        locked(&self.results).insert(result, spool);
    }

    /// A result has come whole.
    pub(super) fn end(&self) {
        self.read.store(NONE, Ordering::SeqCst);
    }

    /// A statement begins, once no cancel of the one before it is on its way. Whether it does: not where it was cancelled before.
    pub(super) async fn work(&self, job: &Job) -> bool {
        let _no_cancel = self.asks_to_cancel.lock().await;
        if job.number <= self.unwanted.load(Ordering::SeqCst) {
            return false;
        }
        self.cancelled.store(false, Ordering::SeqCst);
        self.runs.store(job.number, Ordering::SeqCst);
        true
    }

    /// Until no request to cancel is on its way, where nothing runs: it would cancel what the server is asked next.
    pub(super) async fn no_cancel(&self) {
        drop(self.asks_to_cancel.lock().await);
    }

    /// Notes that the statement has ended.
    pub(super) fn rest(&self) {
        self.runs.store(NOTHING, Ordering::SeqCst);
        self.end();
    }

    /// Until what runs is asked to be cancelled.
    pub(super) async fn until_cancelled(&self) {
        loop {
            // Before it is looked at: what is told between is not missed.
            let told = self.told.notified();
            if self.was_cancelled() {
                return;
            }
            told.await;
        }
    }

    /// Whether what runs was asked to be cancelled.
    pub(super) fn was_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

/// The session is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// A statement to run, with what goes beside it.
#[derive(Debug)]
pub(super) struct Job {
    /// The number of its first result.
    pub(super) result: ResultId,
    pub(super) statement: String,
    /// The settings of the statement beside its text.
    pub(super) beside: Box<Beside>,
    /// Where its facts are sent.
    pub(super) tell: Tell,
    /// Told when it has ended.
    done: Option<oneshot::Sender<()>>,
    /// Which it is of the statements of its session.
    number: u64,
}

impl Job {
    pub(super) fn new(result: ResultId, statement: String, beside: Box<Beside>, tell: Tell) -> Self {
        Self { result, statement, beside, tell, done: None, number: NOTHING }
    }

    /// Ends the job, once its end was told.
    pub(super) fn end(mut self) {
        if let Some(done) = self.done.take() {
            let _ = done.send(());
        }
    }
}

/// The receiver of facts.
#[derive(Debug, Clone)]
pub(super) struct Tell {
    ticket: Ticket,
    out: mpsc::Sender<Event>,
}

impl Tell {
    pub(super) fn new(ticket: Ticket, out: mpsc::Sender<Event>) -> Self {
        Self { ticket, out }
    }

    async fn part(&self, part: Part<Fact>) {
        let answer = Answer { ticket: self.ticket, requests: 0, part: part.into() };
        let _ = self.out.send(Event::Answer(answer)).await;
    }

    /// A fact, after which others come.
    pub(super) async fn page(&self, fact: Fact) {
        self.part(Part::Page(fact)).await;
    }

    /// Sends the last fact of an answer.
    pub(super) async fn last(&self, fact: Fact) {
        self.part(Part::Last(fact)).await;
    }

    /// Sends that the question failed.
    pub(super) async fn failed(&self, failure: Failure) {
        self.part(Part::Failed(failure)).await;
    }
}

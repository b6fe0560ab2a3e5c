//! Carries out effects that query feeds. Each query is a separate task; dropping the task cancels its request. Its lifetime is
//! determined by its feed (`feeds::lifetime`). Calls of operations are separate tasks too, and outlive a switch to another
//! environment.

use super::clock::Clock;
use super::feeds;
use super::feeds::context::FeedContext;
use super::feeds::sql_sessions::Sessions;
use super::feeds::tasks::Tasks;
use super::program_lines::ProgramOutput;
use crate::app::effect::{Effect, Priority};
use crate::app::event::{Event, SignIn};
use crate::app::operation::call::{Call, CallId, CallResult};
use crate::app::ticket::Ticket;
use crate::aws::sso::Verification;
use crate::aws::{Connection, ServiceClock, Session};
use crate::config::EnvironmentConfig;
use crate::feeds::Ask;
use crate::model::{Failure, FailureKind};
use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

/// Capacity of the channel between the feeds and the app. It is bounded: a feed that is faster than the app waits instead of
/// filling the memory.
pub const CHANNEL: usize = 256;

/// Runs fetches for one environment at a time.
pub struct Executor {
    out: mpsc::Sender<Event>,
    session: Option<Session>,
    fetches: Tasks,
    /// The sessions on SQL servers, which live as long as the queries that opened them.
    sql: Sessions,
    simulated: bool,
    opened: Option<EnvironmentConfig>,
    /// Sessions of operations in environments other than the opened one.
    others: Vec<(EnvironmentConfig, Session)>,
    /// The sign-in in progress; dropping it aborts the sign-in.
    signing_in: Option<JoinSet<()>>,
    /// Sessions that were left and still have work to stop at AWS.
    closing: Vec<Session>,
    calls: JoinSet<()>,
    /// The calls that run programs, which can be aborted.
    programs: HashMap<CallId, AbortHandle>,
    /// Writes to the audit file that are in progress.
    audits: JoinSet<()>,
    audit_file: Option<PathBuf>,
    /// Whether a screen has the terminal: a credential helper gets no terminal.
    screen: bool,
    quiet: bool,
    /// Whether no polling happens beside the queries: these may use nearly all of each rate limit.
    alone: bool,
    /// A session created before its environment is opened, which then uses it.
    prepared: Option<(EnvironmentConfig, Session)>,
    /// The time limit of a request including retries, instead of the usual one; each request is then sent once.
    request_limit: Option<Duration>,
    service_clock: ServiceClock,
    /// The clock of the screen.
    clock: Clock,
}

impl Executor {
    /// Creates an executor and the channel of its answers. On the simulator no credentials are looked up: it accepts any, and
    /// people without an account have none.
    pub fn new(simulated: bool) -> (Self, mpsc::Receiver<Event>) {
        let (out, events) = mpsc::channel(CHANNEL);
        let executor = Self {
            out,
            session: None,
            fetches: Tasks::default(),
            sql: Sessions::default(),
            simulated,
            opened: None,
            others: Vec::new(),
            signing_in: None,
            closing: Vec::new(),
            calls: JoinSet::new(),
            programs: HashMap::new(),
            audits: JoinSet::new(),
            audit_file: None,
            screen: false,
            quiet: false,
            alone: false,
            prepared: None,
            request_limit: None,
            service_clock: ServiceClock::default(),
            clock: Clock::System,
        };
        (executor, events)
    }

    /// Returns the sender of events, for the runtime's own events.
    pub fn events(&self) -> mpsc::Sender<Event> {
        self.out.clone()
    }

    /// Sets the audit file, in which every change is recorded.
    #[must_use]
    pub fn with_audit(mut self, path: Option<PathBuf>) -> Self {
        self.audit_file = path;
        self
    }

    /// Uses another clock than the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Marks the terminal as taken by a screen: a credential helper would write over it, and keys would answer its prompts.
    #[must_use]
    pub fn with_screen(mut self) -> Self {
        self.screen = true;
        self
    }

    /// Marks this as a background read: nobody is asked for an MFA code.
    #[must_use]
    pub fn in_background(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Sets the time limit of a request, which is then sent only once.
    #[must_use]
    pub fn with_request_limit(mut self, limit: Duration) -> Self {
        self.request_limit = Some(limit);
        self
    }

    /// Uses a session that others use too, so that credentials are looked up once and the offset of the service's clock is
    /// shared.
    #[must_use]
    pub fn with_session(mut self, environment: &EnvironmentConfig, session: Session) -> Self {
        if self.alone {
            session.set_exclusive();
        } else {
            session.set_shared();
        }
        self.service_clock = session.service_clock().clone();
        self.prepared = Some((environment.clone(), session));
        self
    }

    /// Sets whether everything is read once without polling beside it. `true` applies to sessions opened from now on; `false`
    /// applies to the open ones too.
    pub fn set_exclusive(&mut self, alone: bool) {
        self.alone = alone && !self.quiet;
        if !self.alone {
            let known = self.others.iter().chain(&self.prepared).map(|(_, session)| session);
            for session in self.session.iter().chain(known) {
                session.set_shared();
            }
        }
    }

    /// Carries out an effect; returns effects that need a screen.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect { environment, generation: _ } => {
                self.connect(&environment);
                None
            }
            Effect::Fetch { ticket, priority, ask } => {
                self.fetch(ticket, priority, ask);
                None
            }
            Effect::CancelFetch(ticket) => {
                self.fetches.leave(ticket);
                None
            }
            // A program that needs the terminal is run by the owner of the screen.
            Effect::Call { ref call, .. }
                if self.screen && matches!(&**call, Call::Run(program) if program.terminal) =>
            {
                Some(effect)
            }
            Effect::SignIn(start) => {
                // There is one sign-in at a time; a new one replaces the previous one.
                self.signing_in = start.then(|| self.sign_in()).flatten();
                None
            }
            Effect::EndCall(id) => {
                if let Some(abort_handle) = self.programs.remove(&id) {
                    abort_handle.abort();
                }
                None
            }
            Effect::Call { id, environment, account, call } => {
                self.call(id, &environment, account, *call);
                None
            }
            Effect::Copy(_)
            | Effect::Save { .. }
            | Effect::Tee(_)
            | Effect::SaveFilter { .. }
            | Effect::OpenUrl(_)
            | Effect::Shell(_)
            | Effect::Edit { .. }
            | Effect::MfaCode(..)
            | Effect::Survey(_)
            | Effect::RunDoctor
            | Effect::Suspend
            | Effect::Quit => Some(effect),
        }
    }

    /// Sets the maximum rates at which one reader may request pages of logs, in requests per second, for `FilterLogEvents` and
    /// `GetLogEvents`.
    pub fn set_logs_rates(&self, filter: f64, get: f64) {
        if let Some(session) = &self.session {
            session.set_logs_rates(filter, get);
        }
    }

    /// Returns how far the service's clock is ahead of this machine's, as far as it was measured. In a simulated session both
    /// are the same clock.
    pub fn ahead(&self) -> SignedDuration {
        if self.simulated { SignedDuration::ZERO } else { self.service_clock.ahead() }
    }

    /// Returns how much further ahead the service's clock may be.
    pub fn margin(&self) -> SignedDuration {
        if self.simulated { SignedDuration::ZERO } else { self.service_clock.margin() }
    }

    /// Returns the region in use, once it is known.
    pub fn region(&self) -> Option<String> {
        self.session.as_ref().and_then(Session::region)
    }

    /// Creates the session of an environment that will be opened.
    pub(super) fn prepare(&mut self, environment: &EnvironmentConfig) -> Session {
        let session = self.open(environment);
        self.prepared = Some((environment.clone(), session.clone()));
        session
    }

    /// Returns the session of the opened environment.
    pub fn session(&self) -> Option<Session> {
        self.session.clone()
    }

    /// Drops everything in progress, except writes to the audit file and work that outlives the session. Waits a moment for that,
    /// and for AWS where leaving a query running costs money: queries of Insights are stopped.
    pub async fn finish_cleanup(&mut self) {
        self.fetches.end(HANDOVER_LIMIT).await;
        let written = async { while self.audits.join_next().await.is_some() {} };
        // If it takes longer, there is nobody left to report it to.
        let _ = tokio::time::timeout(AUDIT_FLUSH_LIMIT, written).await;
        let others = self.others.iter().map(|(_, session)| session);
        let sessions = self.session.iter().chain(others).chain(&self.closing);
        join_all(sessions.map(Session::finish_cleanup)).await;
    }

    fn connect(&mut self, environment: &EnvironmentConfig) {
        // Requests for the previous environment are cancelled with their tasks.
        self.fetches.cancel_for_switch();
        self.closing.retain(Session::has_pending_cleanup);
        if let (Some(session), Some(opened)) = (self.session.take(), self.opened.take()) {
            if !self.calls.is_empty() && opened != *environment {
                // An operation there continues with its session.
                self.others.push((opened, session));
            } else if session.has_pending_cleanup() {
                self.closing.push(session);
            }
        }
        let prepared = self.prepared.take().filter(|(of, _)| of == environment);
        self.session = Some(prepared.map_or_else(|| self.open(environment), |(_, session)| session));
        self.opened = Some(environment.clone());
    }

    fn open(&self, environment: &EnvironmentConfig) -> Session {
        let session = Session::with_clock(self.connection(environment), self.service_clock.clone());
        if self.alone {
            session.set_exclusive();
        }
        session
    }

    fn connection(&self, environment: &EnvironmentConfig) -> Connection {
        let connection = match (&environment.endpoint_url, &environment.region) {
            (Some(endpoint), Some(region)) if self.simulated => Connection::simulated(endpoint, region),
            _ => Connection { screen: self.screen, without_prompt: self.quiet, ..Connection::from(environment) },
        };
        match self.request_limit {
            Some(limit) => Connection { operation_timeout: limit, attempts: Some(1), ..connection },
            None => connection,
        }
    }

    /// Returns the session of an environment. The opened one's is shared, with its rate limits and credentials.
    fn session_of(&mut self, environment: &EnvironmentConfig) -> Session {
        if let (Some(session), Some(opened)) = (&self.session, &self.opened)
            && opened == environment
        {
            return session.clone();
        }
        let mut known = self.others.iter().chain(&self.prepared);
        if let Some((_, session)) = known.find(|(other, _)| other == environment) {
            return session.clone();
        }
        let session = self.open(environment);
        self.others.push((environment.clone(), session.clone()));
        session
    }

    fn call(&mut self, id: CallId, environment: &EnvironmentConfig, account: Option<String>, call: Call) {
        while self.calls.try_join_next().is_some() {}
        while self.audits.try_join_next().is_some() {}
        self.programs.retain(|_, abort_handle| !abort_handle.is_finished());
        let session = self.session_of(environment);
        let is_program = matches!(call, Call::Run(_));
        let tasks = if matches!(call, Call::Audit(_)) { &mut self.audits } else { &mut self.calls };
        let (out, audit) = (self.out.clone(), self.audit_file.clone());
        let abort_handle = tasks.spawn(async move {
            let answered = AssertUnwindSafe(answer(id, session, (call, account), audit, &out)).catch_unwind().await;
            let answered = answered.unwrap_or_else(|_| {
                let failure = Failure::new(FailureKind::Other, "an internal fault: see the report in the log");
                CallResult::new(Err(failure))
            });
            let _ = out.send(Event::Reply(id, Box::new(answered))).await;
        });
        if is_program {
            self.programs.insert(id, abort_handle);
        }
    }

    fn sign_in(&self) -> Option<JoinSet<()>> {
        let (session, out) = (self.session.clone()?, self.out.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            let (verification_sender, verification) = oneshot::channel();
            let show_code = async {
                if let Ok(Verification { url, code, expires: until }) = verification.await {
                    let _ = out.send(Event::SignIn(SignIn::AwaitingUser { url, code, until })).await;
                }
            };
            let (ended, ()) = tokio::join!(session.sign_in(verification_sender), show_code);
            let ended = match ended {
                Ok(()) => SignIn::Done,
                Err(failure) => SignIn::Failed(failure),
            };
            let _ = out.send(Event::SignIn(ended)).await;
        });
        Some(task)
    }

    fn fetch(&mut self, ticket: Ticket, priority: Priority, ask: Ask) {
        let environment = self.opened.clone().map(Box::new);
        let (ending, to_end) = watch::channel(false);
        let context = FeedContext {
            ticket,
            priority,
            session: self.session.clone(),
            environment,
            sql: self.sql.clone(),
            out: self.out.clone(),
            ending: to_end,
            clock: self.clock.clone(),
        };
        self.fetches.spawn(ticket, ask.lifetime(), ask.goes_on(), ending, feeds::answer(context, ask));
    }
}

/// How long the end of the program waits for work that outlives it. Starting or stopping a run takes a fraction of this; AWS
/// may take 5 s to end the session of a tunnel.
const HANDOVER_LIMIT: Duration = Duration::from_secs(8);
/// How long the end of the program waits for the audit file.
const AUDIT_FLUSH_LIMIT: Duration = Duration::from_secs(1);
/// The time limit for writing to the audit file. A file system that takes longer is not going to answer.
const AUDIT_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Carries out one call of an operation.
async fn answer(
    id: CallId,
    session: Session,
    (call, account): (Call, Option<String>),
    audit: Option<PathBuf>,
    out: &mpsc::Sender<Event>,
) -> CallResult {
    let outcome = match call {
        Call::Write { write, account } => {
            let action = write.action();
            tracing::info!("{action} is sent");
            let answered = session.write(write, account).await;
            match &answered.outcome {
                Ok(_) => tracing::info!(request_ids = ?answered.request_ids, "{action} was taken"),
                Err(failure) => tracing::warn!(request_ids = ?answered.request_ids, "{action}: {failure}"),
            }
            return answered;
        }
        Call::Read(read) => return session.read(read, account.as_deref()).await,
        Call::Run(program) => {
            let printed = ProgramOutput::new(id, out);
            // Arguments may be confidential, so only the program's name is logged.
            let name = program.argv.first().cloned().unwrap_or_default();
            tracing::info!("{name} is run");
            let ended = super::process::run(program, |line| printed.line(line)).await;
            printed.end().await;
            match &ended {
                Ok(_) => tracing::info!("{name} has ended"),
                Err(failure) => tracing::warn!("{name}: {failure}"),
            }
            ended
        }
        Call::Audit(record) => {
            let written = tokio::task::spawn_blocking(move || {
                super::audit::append(audit.as_deref(), *record, Timestamp::now()).map_err(|error| {
                    let path = audit.map(|path| path.display().to_string()).unwrap_or_default();
                    Failure::new(FailureKind::Other, format!("the audit file {path} cannot be written: {error}"))
                })
            });
            match tokio::time::timeout(AUDIT_LIMIT, written).await {
                Ok(Ok(Ok(()))) => Ok(crate::app::operation::call::Reply::Done),
                Ok(Ok(Err(failure))) => Err(failure),
                Ok(Err(_)) => Err(Failure::new(FailureKind::Other, "the audit file could not be written")),
                Err(_) => {
                    let limit = AUDIT_LIMIT.as_secs();
                    let text =
                        format!("the audit file was not written within {limit} s: its file system does not answer");
                    Err(Failure::new(FailureKind::Timeout, text))
                }
            }
        }
    };
    CallResult::new(outcome)
}

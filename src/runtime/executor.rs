//! Carries out effects that ask feeds. Each question is a task of its own; dropping it cancels its request. How long it
//! lives is its feed's to say (`feeds::lifetime`).
//! Calls of operations are tasks of their own too, and outlive a switch to another environment.

use super::clock::Clock;
use super::feeds;
use super::feeds::means::FeedContext;
use super::feeds::sql_sessions::Sessions;
use super::feeds::tasks::Tasks;
use super::printed::Printed;
use crate::app::effect::{Effect, Priority};
use crate::app::event::{Event, SignIn};
use crate::app::operation::call::{Answered, Call, CallId};
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

/// Events that may wait between the feeds and the app. Bounded: a feed that is faster than the app
/// waits, it does not fill the memory.
pub const CHANNEL: usize = 256;

/// Runs fetches for one environment at a time.
pub struct Executor {
    out: mpsc::Sender<Event>,
    session: Option<Session>,
    asked: Tasks,
    /// The sessions on servers of SQL, which live as long as the questions that opened them.
    sql: Sessions,
    simulated: bool,
    opened: Option<EnvironmentConfig>,
    /// Sessions of operations in environments that are not the opened one.
    others: Vec<(EnvironmentConfig, Session)>,
    /// A sign-in that goes on; it is left when this is dropped.
    signing_in: Option<JoinSet<()>>,
    /// Sessions that were left, while something of them has to be ended.
    left: Vec<Session>,
    calls: JoinSet<()>,
    /// The calls that run programs, which can be ended.
    programs: HashMap<CallId, AbortHandle>,
    /// Lines that are being written into the audit file.
    audits: JoinSet<()>,
    audit_file: Option<PathBuf>,
    /// Whether the screen is taken: a credential helper gets no terminal.
    screen: bool,
    quiet: bool,
    /// Whether nobody polls beside what is asked: nearly the whole of each limit may be used.
    alone: bool,
    /// A session that is asked before the environment is opened: it becomes that of the environment.
    prepared: Option<(EnvironmentConfig, Session)>,
    /// The limit for a request with its retries, instead of the usual one; each is then sent once.
    request_limit: Option<Duration>,
    service_clock: ServiceClock,
    /// The clock of the screen.
    clock: Clock,
}

impl Executor {
    /// An executor and the channel on which answers come. On the simulator no credentials are looked
    /// for: it takes any, and a person without an account has none.
    pub fn new(simulated: bool) -> (Self, mpsc::Receiver<Event>) {
        let (out, events) = mpsc::channel(CHANNEL);
        let executor = Self {
            out,
            session: None,
            asked: Tasks::default(),
            sql: Sessions::default(),
            simulated,
            opened: None,
            others: Vec::new(),
            signing_in: None,
            left: Vec::new(),
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

    /// Where events go in: for what the runtime itself asks the screen.
    pub fn events(&self) -> mpsc::Sender<Event> {
        self.out.clone()
    }

    /// Sets the file that every change is written into.
    #[must_use]
    pub fn with_audit(mut self, path: Option<PathBuf>) -> Self {
        self.audit_file = path;
        self
    }

    /// Sets another clock than the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Says that the screen is taken: a credential helper would write over it, and its answers would be keys.
    #[must_use]
    pub fn with_screen(mut self) -> Self {
        self.screen = true;
        self
    }

    /// Says that this is a look in passing: nobody is asked for an MFA code.
    #[must_use]
    pub fn in_passing(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Sets the limit of a request, which is then sent once.
    #[must_use]
    pub fn with_request_limit(mut self, limit: Duration) -> Self {
        self.request_limit = Some(limit);
        self
    }

    /// Has it ask with a session that others use, too: its credentials are looked for once, and its clock is measured
    /// by all.
    #[must_use]
    pub fn with_session(mut self, environment: &EnvironmentConfig, session: Session) -> Self {
        if self.alone {
            session.reads_alone();
        } else {
            session.reads_again();
        }
        self.service_clock = session.service_clock().clone();
        self.prepared = Some((environment.clone(), session));
        self
    }

    /// Whether everything is read once, with nobody polling beside it: in sessions that are opened from now on. It is
    /// read again and again where `alone` is false, in those that are open, too.
    pub fn set_alone(&mut self, alone: bool) {
        self.alone = alone && !self.quiet;
        if !self.alone {
            let kept = self.others.iter().chain(&self.prepared).map(|(_, session)| session);
            for session in self.session.iter().chain(kept) {
                session.reads_again();
            }
        }
    }

    /// Carries out an effect; gives back those that need a screen.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect { environment, generation: _ } => {
                self.connect(&environment);
                None
            }
            Effect::Fetch { ticket, lane, ask } => {
                self.fetch(ticket, lane, ask);
                None
            }
            Effect::Leave(ticket) => {
                self.asked.leave(ticket);
                None
            }
            // What has the terminal is run by whoever has the screen.
            Effect::Call { ref call, .. }
                if self.screen && matches!(&**call, Call::Run(program) if program.terminal) =>
            {
                Some(effect)
            }
            Effect::SignIn(begins) => {
                // One at a time; a new one takes the place of the one before.
                self.signing_in = begins.then(|| self.sign_in()).flatten();
                None
            }
            Effect::EndCall(id) => {
                if let Some(running) = self.programs.remove(&id) {
                    running.abort();
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
            | Effect::Code(..)
            | Effect::Survey(_)
            | Effect::CheckUp
            | Effect::Suspend
            | Effect::Quit => Some(effect),
        }
    }

    /// How often pages of logs may be asked for by one reader alone, in requests a second: by `FilterLogEvents`, by
    /// `GetLogEvents`.
    pub fn set_logs_rates(&self, filter: f64, get: f64) {
        if let Some(session) = &self.session {
            session.set_logs_rates(filter, get);
        }
    }

    /// How far the service's clock is ahead of this machine's, as far as that was measured. In a session on the
    /// simulator they are one clock.
    pub fn ahead(&self) -> SignedDuration {
        if self.simulated { SignedDuration::ZERO } else { self.service_clock.ahead() }
    }

    /// How much further ahead it may be.
    pub fn margin(&self) -> SignedDuration {
        if self.simulated { SignedDuration::ZERO } else { self.service_clock.margin() }
    }

    /// The region in use, once it is known.
    pub fn region(&self) -> Option<String> {
        self.session.as_ref().and_then(Session::region)
    }

    /// The session of an environment that is to be opened.
    pub(super) fn prepare(&mut self, environment: &EnvironmentConfig) -> Session {
        let session = self.open(environment);
        self.prepared = Some((environment.clone(), session.clone()));
        session
    }

    /// The session of the opened environment.
    pub fn session(&self) -> Option<Session> {
        self.session.clone()
    }

    /// Leaves everything that is under way, but for what is being written into the audit file or handed over to outlive
    /// the session, and waits a moment until that is said where it costs: a query of Insights is stopped.
    pub async fn finish_cleanup(&mut self) {
        self.asked.end(HANDED_OVER).await;
        let written = async { while self.audits.join_next().await.is_some() {} };
        // Nobody is left to be told of one that takes longer.
        let _ = tokio::time::timeout(WRITTEN, written).await;
        let others = self.others.iter().map(|(_, session)| session);
        let sessions = self.session.iter().chain(others).chain(&self.left);
        join_all(sessions.map(Session::finish_cleanup)).await;
    }

    fn connect(&mut self, environment: &EnvironmentConfig) {
        // Requests of the environment before are cancelled with their tasks.
        self.asked.switched();
        self.left.retain(Session::has_pending_cleanup);
        if let (Some(session), Some(opened)) = (self.session.take(), self.opened.take()) {
            if !self.calls.is_empty() && opened != *environment {
                // An operation there goes on with the session that it has.
                self.others.push((opened, session));
            } else if session.has_pending_cleanup() {
                self.left.push(session);
            }
        }
        let prepared = self.prepared.take().filter(|(of, _)| of == environment);
        self.session = Some(prepared.map_or_else(|| self.open(environment), |(_, session)| session));
        self.opened = Some(environment.clone());
    }

    fn open(&self, environment: &EnvironmentConfig) -> Session {
        let session = Session::with_clock(self.connection(environment), self.service_clock.clone());
        if self.alone {
            session.reads_alone();
        }
        session
    }

    fn connection(&self, environment: &EnvironmentConfig) -> Connection {
        let connection = match (&environment.endpoint_url, &environment.region) {
            (Some(endpoint), Some(region)) if self.simulated => Connection::simulated(endpoint, region),
            _ => Connection { screen: self.screen, quiet: self.quiet, ..Connection::from(environment) },
        };
        match self.request_limit {
            Some(limit) => Connection { operation_timeout: limit, attempts: Some(1), ..connection },
            None => connection,
        }
    }

    /// The session of an environment: the opened one's budget and credentials are shared.
    fn session_of(&mut self, environment: &EnvironmentConfig) -> Session {
        if let (Some(session), Some(opened)) = (&self.session, &self.opened)
            && opened == environment
        {
            return session.clone();
        }
        let mut kept = self.others.iter().chain(&self.prepared);
        if let Some((_, session)) = kept.find(|(other, _)| other == environment) {
            return session.clone();
        }
        let session = self.open(environment);
        self.others.push((environment.clone(), session.clone()));
        session
    }

    fn call(&mut self, id: CallId, environment: &EnvironmentConfig, account: Option<String>, call: Call) {
        while self.calls.try_join_next().is_some() {}
        while self.audits.try_join_next().is_some() {}
        self.programs.retain(|_, running| !running.is_finished());
        let session = self.session_of(environment);
        let runs = matches!(call, Call::Run(_));
        let tasks = if matches!(call, Call::Audit(_)) { &mut self.audits } else { &mut self.calls };
        let (out, audit) = (self.out.clone(), self.audit_file.clone());
        let running = tasks.spawn(async move {
            let answered = AssertUnwindSafe(answer(id, session, (call, account), audit, &out)).catch_unwind().await;
            let answered = answered.unwrap_or_else(|_| {
                let failure = Failure::new(FailureKind::Other, "an internal fault: see the report in the log");
                Answered::new(Err(failure))
            });
            let _ = out.send(Event::Reply(id, Box::new(answered))).await;
        });
        if runs {
            self.programs.insert(id, running);
        }
    }

    fn sign_in(&self) -> Option<JoinSet<()>> {
        let (session, out) = (self.session.clone()?, self.out.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            let (told, tells) = oneshot::channel();
            let shows = async {
                if let Ok(Verification { url, code, until }) = tells.await {
                    let _ = out.send(Event::SignIn(SignIn::Asked { url, code, until })).await;
                }
            };
            let (ended, ()) = tokio::join!(session.sign_in(told), shows);
            let ended = match ended {
                Ok(()) => SignIn::Done,
                Err(failure) => SignIn::Failed(failure),
            };
            let _ = out.send(Event::SignIn(ended)).await;
        });
        Some(task)
    }

    fn fetch(&mut self, ticket: Ticket, lane: Priority, ask: Ask) {
        let environment = self.opened.clone().map(Box::new);
        let (ending, to_end) = watch::channel(false);
        let means = FeedContext {
            ticket,
            lane,
            session: self.session.clone(),
            environment,
            sql: self.sql.clone(),
            out: self.out.clone(),
            ending: to_end,
            clock: self.clock.clone(),
        };
        self.asked.spawn(ticket, ask.lifetime(), ask.goes_on(), ending, feeds::answer(means, ask));
    }
}

/// The end of the program waits this long for what is to outlive it: a run is started, or asked to stop, in a fraction
/// of this; AWS may take 5 s to end the session of a tunnel.
const HANDED_OVER: Duration = Duration::from_secs(8);
/// The end of the program waits this long for the audit file.
const WRITTEN: Duration = Duration::from_secs(1);
/// A file system that does not answer for so long will not: nobody waits for it for ever.
const AUDIT_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Carries out one call of an operation.
async fn answer(
    id: CallId,
    session: Session,
    (call, account): (Call, Option<String>),
    audit: Option<PathBuf>,
    out: &mpsc::Sender<Event>,
) -> Answered {
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
            let printed = Printed::new(id, out);
            // Arguments may hold what is nobody's business: the name must do.
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
    Answered::new(outcome)
}

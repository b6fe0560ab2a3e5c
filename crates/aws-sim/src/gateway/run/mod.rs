//! An agent: it lives as long as its session, over any number of links.

mod faults;
mod streams;

use super::alarm::Alarm;
use super::connection::FromConnection;
use super::process::Process;
use super::shell::Shell;
use super::state::{AgentCommand, AgentHost, Link, SessionTarget};
use crate::clock::Ms;
use crate::faults::{Kind, Verdict};
use crate::rng::Rng;
use crate::shared::Shared;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use ssm_tunnel::Purpose;
use ssm_tunnel::agent::{Agent, Event};
use ssm_tunnel::channel::CHUNK;
use ssm_tunnel::frame;
use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

/// The version of the newest simulated agent of ECS Exec; below, one that does not support multiplexing.
const VERSION: &str = "3.3.1611.0";
const OLD_VERSION: &str = "2.3.750.0";
/// A session without a link ends after this time.
const IDLE: Duration = Duration::from_mins(20);
/// The interval of the checks whether the task still runs.
const LOOK: Duration = Duration::from_millis(500);
/// While more bytes than this wait for connections, nothing more is read.
const FULL: usize = 4 << 20;

struct Running {
    shared: Arc<Shared>,
    host_of_agent: AgentHost,
    target: SessionTarget,
    agent: Agent,
    started: Instant,
    link: Option<Link>,
    /// Since when there is no link.
    unlinked_since: Instant,
    /// Whether the link is a black hole: it accepts everything and returns nothing.
    black_hole: bool,
    out: VecDeque<(Instant, Bytes)>,
    held: Option<Bytes>,
    /// Messages of the client that are still in transit.
    inbox: VecDeque<(Instant, Bytes)>,
    /// A message of the client that is delivered after the next one.
    late: Option<Bytes>,
    begin: Option<Instant>,
    begun: bool,
    verdict: Verdict,
    shell: Option<Shell>,
    process: Option<Process>,
    /// Whether the agent was restarted and has lost the session.
    lost_session: bool,
    over: bool,
    /// The end of the rest after the last message, until which nothing more is sent.
    resting_until: Instant,
    streams: HashMap<u32, Stream>,
    waiting: Arc<AtomicUsize>,
    to_agent: mpsc::Sender<FromConnection>,
}

/// An open connection.
struct Stream {
    /// The messages that the client sent on it.
    queue: mpsc::UnboundedSender<Bytes>,
    /// The database instance that it leads to, and the time at which it was opened.
    to: Option<(usize, Ms)>,
}

enum LoopEvent {
    Command(Option<AgentCommand>),
    Message(Option<Result<Message, tokio_tungstenite::tungstenite::Error>>),
    Connection(FromConnection),
    FaultsChanged,
    Time,
}

/// Runs an agent until its session is over.
pub(super) async fn run(
    shared: Arc<Shared>,
    id: String,
    host_of_agent: AgentHost,
    target: SessionTarget,
    mut commands: mpsc::Receiver<AgentCommand>,
) {
    let mut faults = shared.gateway().subscribe_to_faults();
    let (mut running, mut from) = Running::begin(shared, &id, host_of_agent, target);
    let mut alarm = Alarm::default();
    let mut next_look = Instant::now();
    loop {
        running.send_paced();
        running.flush().await;
        if running.over || (running.link.is_none() && running.unlinked_since.elapsed() > IDLE) {
            break;
        }
        // In a black hole not even a ping is answered.
        let reads = !running.black_hole && running.waiting.load(Ordering::Relaxed) < FULL;
        // The agent reads up to a message's worth of its connections at a time.
        let room = running.agent.has_room() && running.out.len() < 4096 && running.agent.waiting() < CHUNK;
        if let Some(at) = running.next_message_at() {
            alarm.set(at);
        }
        let wait = running.wait().min(next_look.saturating_duration_since(Instant::now()));
        let event = tokio::select! {
            command = commands.recv() => LoopEvent::Command(command),
            message = next(running.link.as_mut()), if reads => LoopEvent::Message(message),
            Some(from) = from.recv(), if room => LoopEvent::Connection(from),
            Ok(()) = faults.changed() => LoopEvent::FaultsChanged,
            () = alarm.rings() => LoopEvent::Time,
            () = tokio::time::sleep(wait) => LoopEvent::Time,
        };
        match event {
            LoopEvent::Command(Some(AgentCommand::Link(link))) => running.linked(*link),
            LoopEvent::Command(Some(AgentCommand::End) | None) => break,
            LoopEvent::Message(message) => {
                if !running.message(message) {
                    running.unlinked();
                }
            }
            LoopEvent::Connection(from) => running.from(from),
            LoopEvent::FaultsChanged => running.apply_faults(&id).await,
            LoopEvent::Time => {}
        }
        running.arrived();
        if next_look <= Instant::now() {
            next_look = Instant::now() + LOOK;
            running.check_host();
            running.cut_restarted();
        }
        running.tick();
    }
    if let Some(mut link) = running.link.take() {
        let _ = link.close(None).await;
    }
    running.shared.gateway().sessions.remove(&id);
}

async fn next(link: Option<&mut Link>) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
    match link {
        Some(link) => link.next().await,
        None => pending().await,
    }
}

impl Running {
    /// Creates an agent whose session has no link yet, with the channel for messages from its connections.
    fn begin(
        shared: Arc<Shared>,
        id: &str,
        host_of_agent: AgentHost,
        target: SessionTarget,
    ) -> (Self, mpsc::Receiver<FromConnection>) {
        let (purpose, properties) = match &target {
            SessionTarget::Port { host, port, local } => {
                let properties = json!({"host": host, "portNumber": port.to_string(), "localPortNumber": local});
                (Purpose::Port, properties)
            }
            SessionTarget::Shell { .. } => (Purpose::Shell, json!({})),
        };
        let verdict = shared.faults().take("gateway:handshake", shared.clock.now_ms());
        let version = if verdict.kind == Some(Kind::Old) { OLD_VERSION } else { VERSION };
        // Data that waits in this channel delays all other streams, so an agent that rests has only one frame of each
        // under way.
        let rests = shared.faults().take("gateway:pace", shared.clock.now_ms()).delay_ms > 0;
        let (to_agent, from) = mpsc::channel(if rests { 1 } else { 64 });
        let ids = Rng::new(0, id).wide();
        let running = Self {
            host_of_agent,
            agent: Agent::new(purpose, version, shared.clock.now_ms() as u64, ids).with_properties(properties),
            shared,
            target,
            started: Instant::now(),
            link: None,
            unlinked_since: Instant::now(),
            black_hole: false,
            out: VecDeque::new(),
            held: None,
            inbox: VecDeque::new(),
            late: None,
            begin: None,
            begun: false,
            verdict,
            shell: None,
            process: None,
            lost_session: false,
            over: false,
            resting_until: Instant::now(),
            streams: HashMap::new(),
            waiting: Arc::default(),
            to_agent,
        };
        (running, from)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// The time at which the next message arrives or may be sent.
    fn next_message_at(&self) -> Option<Instant> {
        let rested = Some(self.resting_until).filter(|_| self.agent.waiting() > 0);
        let (out, inbox) = (self.out.front(), self.inbox.front());
        [out.map(|(at, _)| *at), inbox.map(|(at, _)| *at), rested].into_iter().flatten().min()
    }

    fn wait(&self) -> Duration {
        let now = Instant::now();
        let agent = self.agent.wake().filter(|_| self.link.is_some());
        let moment = self.next_message_at().into_iter().chain(self.begin).min();
        agent
            .map(|at| at.saturating_sub(self.now()))
            .into_iter()
            .chain(moment.map(|at| at.saturating_duration_since(now)))
            .min()
            .unwrap_or(LOOK)
            .max(Duration::from_millis(1))
    }

    fn linked(&mut self, link: Link) {
        let now = self.now();
        self.link = Some(link);
        self.black_hole = false;
        self.out.clear();
        self.inbox.clear();
        self.late = None;
        self.held = None;
        if self.begun {
            self.agent.resumed(now);
        } else if self.begin.is_none() {
            if self.verdict.kind == Some(Kind::Early) {
                self.agent.raw(frame::Kind::StartPublication, Bytes::new(), now);
            }
            self.begin = Some(Instant::now() + Duration::from_millis(self.verdict.delay_ms));
        }
    }

    fn unlinked(&mut self) {
        self.link = None;
        self.unlinked_since = Instant::now();
        self.out.clear();
        self.inbox.clear();
        self.late = None;
        self.held = None;
        self.agent.lost();
    }

    fn tick(&mut self) {
        let now = self.now();
        if self.link.is_some() {
            self.agent.tick(now);
        }
        if self.begin.is_some_and(|at| at <= Instant::now()) && !self.begun {
            self.begin = None;
            if self.verdict.kind == Some(Kind::Silent) {
                return;
            }
            self.begun = true;
            let more: &[&str] = if self.verdict.kind == Some(Kind::Unknown) { &["Unheard"] } else { &[] };
            self.agent.start(more, now);
        }
    }

    fn message(&mut self, message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) -> bool {
        let mut next = Some(message);
        // Processes available messages in batches.
        for left in (0..64).rev() {
            let Some(message) = next else { return true };
            match message {
                Some(Ok(Message::Binary(bytes))) if !self.black_hole => self.sent(bytes),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => {}
            }
            next = self.link.as_mut().filter(|_| left > 0).and_then(|link| link.next().now_or_never());
        }
        true
    }

    /// Queues a message from the client, with its faults.
    fn sent(&mut self, bytes: Bytes) {
        let verdict = self.shared.faults().take("gateway:input", self.shared.clock.now_ms());
        let at = Instant::now() + Duration::from_millis(verdict.delay_ms);
        match verdict.kind {
            Some(Kind::Drop) => return,
            Some(Kind::Damage) => self.inbox.push_back((at, faults::damaged(&bytes))),
            Some(Kind::Duplicate) => self.inbox.extend([(at, bytes.clone()), (at, bytes)]),
            Some(Kind::Reorder) if self.late.is_none() => {
                self.late = Some(bytes);
                return;
            }
            _ => {
                self.inbox.push_back((at, bytes));
                self.inbox.extend(self.late.take().map(|late| (at, late)));
            }
        }
        self.arrived();
    }

    /// Passes the messages that have arrived to the agent.
    fn arrived(&mut self) {
        while let Some((_, bytes)) = self.inbox.pop_front_if(|(at, _)| *at <= Instant::now()) {
            if !self.lost_session {
                let now = self.now();
                let _ = self.agent.receive(&bytes, now);
                self.events();
            }
        }
    }

    fn events(&mut self) {
        while let Some(event) = self.agent.event() {
            let now = self.now();
            match event {
                Event::Ready => {
                    if let SessionTarget::Shell { command, .. } = &self.target
                        && self.shared.commands
                    {
                        let (to_agent, waiting) = (self.to_agent.clone(), self.waiting.clone());
                        self.process = Some(Process::start(command, to_agent, waiting));
                    } else if let SessionTarget::Shell { command, host } = &self.target {
                        let (shell, reply) = Shell::start(command, host);
                        self.shell = Some(shell);
                        self.output(&reply.output, reply.exit, now);
                    }
                }
                Event::Opened(stream) => self.open(stream, now),
                Event::Data(stream, bytes) => {
                    if let Some(open) = self.streams.get(&stream) {
                        let length = bytes.len();
                        self.waiting.fetch_add(length, Ordering::Relaxed);
                        if open.queue.send(bytes).is_err() {
                            self.waiting.fetch_sub(length, Ordering::Relaxed);
                        }
                    }
                }
                Event::Ended(stream) => {
                    self.streams.remove(&stream);
                    self.agent.end(stream, now);
                }
                Event::Input(bytes) => {
                    if let Some(process) = &self.process {
                        process.input(bytes);
                    } else if let Some(reply) = self.shell.as_mut().map(|shell| shell.input(&bytes)) {
                        self.output(&reply.output, reply.exit, now);
                    }
                }
                Event::Size(size) => {
                    if let Some(process) = &self.process {
                        process.resize(size);
                    }
                    if let Some(shell) = &mut self.shell {
                        shell.resize(size);
                    }
                }
                Event::Terminate => self.over = true,
                Event::Broken(why) => {
                    self.agent.close(&why, now);
                    self.over = true;
                }
            }
        }
    }

    fn output(&mut self, output: &str, exit: Option<i32>, now: Duration) {
        self.agent.output(&Bytes::from(output.to_owned()), now);
        if let Some(code) = exit {
            self.agent.payload(frame::payload::EXIT_CODE, code.to_string().into(), now);
            self.agent.close("", now);
        }
    }

    fn from(&mut self, from: FromConnection) {
        let now = self.now();
        match from {
            FromConnection::Data(stream, bytes) => {
                self.agent.set_resting(self.rest() > Duration::ZERO, now);
                self.agent.send(stream, &bytes, now);
            }
            FromConnection::Output(bytes) => self.agent.output(&bytes, now),
            FromConnection::Exited(code) => self.output("", Some(code), now),
            FromConnection::Ended(stream) => {
                if self.streams.remove(&stream).is_some() {
                    self.agent.end(stream, now);
                }
            }
            FromConnection::Refused(stream, kind) => {
                self.shared.meter().error(&format!("gateway:dial:{kind:?}"));
                // A connection that the client has ended must not be refused: the client would take it for another
                // one's refusal.
                if self.streams.remove(&stream).is_some() {
                    self.agent.refuse(stream, now);
                }
            }
        }
    }

    /// The rest after each message that is switched on.
    fn rest(&self) -> Duration {
        Duration::from_millis(self.shared.faults().take("gateway:pace", self.shared.clock.now_ms()).delay_ms)
    }

    /// Sends one queued message after each rest.
    fn send_paced(&mut self) {
        while self.agent.waiting() > 0 && self.resting_until <= Instant::now() {
            let (now, rest) = (self.now(), self.rest());
            if rest.is_zero() {
                return self.agent.set_resting(false, now);
            }
            self.agent.send_next(now);
            self.resting_until = Instant::now() + rest;
        }
    }

    /// Ends the session if the task or the instance of the agent has stopped.
    fn check_host(&mut self) {
        let host_exists = self.host_of_agent.is_there(&self.shared.world());
        if !host_exists && !self.over {
            let now = self.now();
            self.agent.close("the target is not connected any more", now);
            self.over = true;
        }
    }
}

//! An agent: it lives as long as its session, over any number of links.

mod harm;
mod streams;

use super::alarm::Alarm;
use super::connection::From;
use super::process::Process;
use super::shell::Shell;
use super::state::{Behind, Link, Order, SessionTarget};
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

/// The newest agent of ECS Exec that is simulated, and one that knows no multiplexing.
const VERSION: &str = "3.3.1611.0";
const OLD_VERSION: &str = "2.3.750.0";
/// A session without a link is over after this.
const IDLE: Duration = Duration::from_mins(20);
/// How often the task is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// With more than this that connections did not take, nothing more is read.
const FULL: usize = 4 << 20;

struct Running {
    shared: Arc<Shared>,
    behind: Behind,
    leads: SessionTarget,
    agent: Agent,
    started: Instant,
    link: Option<Link>,
    /// Since when there is none.
    without_link: Instant,
    /// A black hole: the link takes everything, and gives nothing.
    hole: bool,
    out: VecDeque<(Instant, Bytes)>,
    held: Option<Bytes>,
    /// Messages of the client that are still on their way.
    inbox: VecDeque<(Instant, Bytes)>,
    /// It comes after the next one.
    late: Option<Bytes>,
    begin: Option<Instant>,
    begun: bool,
    verdict: Verdict,
    shell: Option<Shell>,
    process: Option<Process>,
    /// It was started again, and knows nothing of the session.
    forgot: bool,
    over: bool,
    /// Until then nothing more is said: an agent that rests after each message.
    rests: Instant,
    streams: HashMap<u32, Stream>,
    waiting: Arc<AtomicUsize>,
    to_agent: mpsc::Sender<From>,
}

/// A connection that is open.
struct Stream {
    /// The messages that the client sent on it.
    queue: mpsc::UnboundedSender<Bytes>,
    /// The database instance that it leads to, and since when.
    to: Option<(usize, Ms)>,
}

enum Happened {
    Order(Option<Order>),
    Message(Option<Result<Message, tokio_tungstenite::tungstenite::Error>>),
    From(From),
    Looked,
    Time,
}

/// Until the session is over.
pub(super) async fn run(
    shared: Arc<Shared>,
    id: String,
    behind: Behind,
    leads: SessionTarget,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut looks = shared.gateway().looks();
    let (mut running, mut from) = Running::begin(shared, &id, behind, leads);
    let mut alarm = Alarm::default();
    let mut next_look = Instant::now();
    loop {
        running.speak();
        running.flush().await;
        if running.over || (running.link.is_none() && running.without_link.elapsed() > IDLE) {
            break;
        }
        // In a black hole not even a ping is answered.
        let reads = !running.hole && running.waiting.load(Ordering::Relaxed) < FULL;
        // The agent reads up to a message's worth of its connections at a time.
        let room = running.agent.has_room() && running.out.len() < 4096 && running.agent.waiting() < CHUNK;
        if let Some(at) = running.moment() {
            alarm.set(at);
        }
        let wait = running.wait().min(next_look.saturating_duration_since(Instant::now()));
        let happened = tokio::select! {
            order = orders.recv() => Happened::Order(order),
            message = next(running.link.as_mut()), if reads => Happened::Message(message),
            Some(from) = from.recv(), if room => Happened::From(from),
            Ok(()) = looks.changed() => Happened::Looked,
            () = alarm.rings() => Happened::Time,
            () = tokio::time::sleep(wait) => Happened::Time,
        };
        match happened {
            Happened::Order(Some(Order::Link(link))) => running.linked(*link),
            Happened::Order(Some(Order::End) | None) => break,
            Happened::Message(message) => {
                if !running.message(message) {
                    running.unlinked();
                }
            }
            Happened::From(from) => running.from(from),
            Happened::Looked => running.look(&id).await,
            Happened::Time => {}
        }
        running.arrived();
        if next_look <= Instant::now() {
            next_look = Instant::now() + LOOK;
            running.is_it_there();
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
    /// A session that has begun and has no link yet, with what comes from its connections.
    fn begin(shared: Arc<Shared>, id: &str, behind: Behind, leads: SessionTarget) -> (Self, mpsc::Receiver<From>) {
        let (purpose, properties) = match &leads {
            SessionTarget::Port { host, port, local } => {
                let properties = json!({"host": host, "portNumber": port.to_string(), "localPortNumber": local});
                (Purpose::Port, properties)
            }
            SessionTarget::Shell { .. } => (Purpose::Shell, json!({})),
        };
        let verdict = shared.faults().take("gateway:handshake", shared.clock.now_ms());
        let version = if verdict.kind == Some(Kind::Old) { OLD_VERSION } else { VERSION };
        // What waits here is ahead of every other stream: an agent that rests has one frame of each under way.
        let rests = shared.faults().take("gateway:pace", shared.clock.now_ms()).delay_ms > 0;
        let (to_agent, from) = mpsc::channel(if rests { 1 } else { 64 });
        let ids = Rng::new(0, id).wide();
        let running = Self {
            behind,
            agent: Agent::new(purpose, version, shared.clock.now_ms() as u64, ids).with_properties(properties),
            shared,
            leads,
            started: Instant::now(),
            link: None,
            without_link: Instant::now(),
            hole: false,
            out: VecDeque::new(),
            held: None,
            inbox: VecDeque::new(),
            late: None,
            begin: None,
            begun: false,
            verdict,
            shell: None,
            process: None,
            forgot: false,
            over: false,
            rests: Instant::now(),
            streams: HashMap::new(),
            waiting: Arc::default(),
            to_agent,
        };
        (running, from)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// When a message arrives, or may be said.
    fn moment(&self) -> Option<Instant> {
        let rested = Some(self.rests).filter(|_| self.agent.waiting() > 0);
        let (out, inbox) = (self.out.front(), self.inbox.front());
        [out.map(|(at, _)| *at), inbox.map(|(at, _)| *at), rested].into_iter().flatten().min()
    }

    fn wait(&self) -> Duration {
        let now = Instant::now();
        let agent = self.agent.wake().filter(|_| self.link.is_some());
        let moment = self.moment().into_iter().chain(self.begin).min();
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
        self.hole = false;
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
        self.without_link = Instant::now();
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
        // Some at a time, where some are there.
        for left in (0..64).rev() {
            let Some(message) = next else { return true };
            match message {
                Some(Ok(Message::Binary(bytes))) if !self.hole => self.sent(bytes),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => {}
            }
            next = self.link.as_mut().filter(|_| left > 0).and_then(|link| link.next().now_or_never());
        }
        true
    }

    /// Takes what the client sent, with the faults of its messages.
    fn sent(&mut self, bytes: Bytes) {
        let verdict = self.shared.faults().take("gateway:input", self.shared.clock.now_ms());
        let at = Instant::now() + Duration::from_millis(verdict.delay_ms);
        match verdict.kind {
            Some(Kind::Drop) => return,
            Some(Kind::Damage) => self.inbox.push_back((at, harm::damaged(&bytes))),
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

    /// Hands the agent what has arrived.
    fn arrived(&mut self) {
        while let Some((_, bytes)) = self.inbox.pop_front_if(|(at, _)| *at <= Instant::now()) {
            if !self.forgot {
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
                    if let SessionTarget::Shell { command, .. } = &self.leads
                        && self.shared.commands
                    {
                        let (to_agent, waiting) = (self.to_agent.clone(), self.waiting.clone());
                        self.process = Some(Process::start(command, to_agent, waiting));
                    } else if let SessionTarget::Shell { command, host } = &self.leads {
                        let (shell, said) = Shell::start(command, host);
                        self.shell = Some(shell);
                        self.say(&said.output, said.exit, now);
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
                    } else if let Some(said) = self.shell.as_mut().map(|shell| shell.input(&bytes)) {
                        self.say(&said.output, said.exit, now);
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

    fn say(&mut self, output: &str, exit: Option<i32>, now: Duration) {
        self.agent.output(&Bytes::from(output.to_owned()), now);
        if let Some(code) = exit {
            self.agent.payload(frame::payload::EXIT_CODE, code.to_string().into(), now);
            self.agent.close("", now);
        }
    }

    fn from(&mut self, from: From) {
        let now = self.now();
        match from {
            From::Data(stream, bytes) => {
                self.agent.rest(self.rest() > Duration::ZERO, now);
                self.agent.send(stream, &bytes, now);
            }
            From::Said(bytes) => self.agent.output(&bytes, now),
            From::Over(code) => self.say("", Some(code), now),
            From::Ended(stream) => {
                if self.streams.remove(&stream).is_some() {
                    self.agent.end(stream, now);
                }
            }
            From::Refused(stream, kind) => {
                self.shared.meter().error(&format!("gateway:dial:{kind:?}"));
                // One that the client has ended is ended already: the client would take a refusal as another's.
                if self.streams.remove(&stream).is_some() {
                    self.agent.refuse(stream, now);
                }
            }
        }
    }

    /// How long it rests after each message, as it was switched on.
    fn rest(&self) -> Duration {
        Duration::from_millis(self.shared.faults().take("gateway:pace", self.shared.clock.now_ms()).delay_ms)
    }

    /// One that rests says one message of what waits, once it has rested.
    fn speak(&mut self) {
        while self.agent.waiting() > 0 && self.rests <= Instant::now() {
            let (now, rest) = (self.now(), self.rest());
            if rest.is_zero() {
                return self.agent.rest(false, now);
            }
            self.agent.say(now);
            self.rests = Instant::now() + rest;
        }
    }

    /// A task or an instance that stops takes its agent along.
    fn is_it_there(&mut self) {
        let there = self.behind.is_there(&self.shared.world());
        if !there && !self.over {
            let now = self.now();
            self.agent.close("the target is not connected any more", now);
            self.over = true;
        }
    }
}

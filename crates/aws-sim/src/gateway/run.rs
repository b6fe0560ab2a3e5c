//! An agent: it lives as long as its session, over any number of links.

use super::connection::{self, From};
use super::shell::Shell;
use super::state::{Leads, Link, Order};
use crate::faults::{Kind, Verdict};
use crate::shared::Shared;
use crate::world::TaskKey;
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use ssm_tunnel::Purpose;
use ssm_tunnel::agent::{Agent, Event};
use ssm_tunnel::frame::{self, Frame};
use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

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
    /// None is an instance, which is always there.
    task: Option<TaskKey>,
    leads: Leads,
    agent: Agent,
    started: Instant,
    link: Option<Link>,
    /// A black hole: the link takes everything, and gives nothing.
    hole: bool,
    out: VecDeque<(Instant, Bytes)>,
    held: Option<Bytes>,
    begin: Option<Instant>,
    begun: bool,
    verdict: Verdict,
    shell: Option<Shell>,
    over: bool,
    streams: HashMap<u32, mpsc::UnboundedSender<Bytes>>,
    waiting: Arc<AtomicUsize>,
    to_agent: mpsc::Sender<From>,
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
    task: Option<TaskKey>,
    leads: Leads,
    mut orders: mpsc::Receiver<Order>,
) {
    let purpose = match leads {
        Leads::Port { .. } => Purpose::Port,
        Leads::Shell { .. } => Purpose::Shell,
    };
    let verdict = shared.faults().take("gateway:handshake", shared.clock.now_ms());
    let version = if verdict.kind == Some(Kind::Old) { OLD_VERSION } else { VERSION };
    let (to_agent, mut from) = mpsc::channel(64);
    let mut looks = shared.gateway().looks();
    let mut running = Running {
        task,
        agent: Agent::new(purpose, version, shared.clock.now_ms() as u64),
        shared,
        leads,
        started: Instant::now(),
        link: None,
        hole: false,
        out: VecDeque::new(),
        held: None,
        begin: None,
        begun: false,
        verdict,
        shell: None,
        over: false,
        streams: HashMap::new(),
        waiting: Arc::default(),
        to_agent,
    };
    let mut without_link = Instant::now();
    let mut next_look = Instant::now();
    loop {
        running.flush().await;
        if running.over || (running.link.is_none() && without_link.elapsed() > IDLE) {
            break;
        }
        let reads = running.waiting.load(Ordering::Relaxed) < FULL;
        let room = running.agent.has_room() && running.out.len() < 4096;
        let wait = running.wait().min(next_look.saturating_duration_since(Instant::now()));
        let happened = tokio::select! {
            order = orders.recv() => Happened::Order(order),
            message = next(running.link.as_mut()), if reads => Happened::Message(message),
            Some(from) = from.recv(), if room => Happened::From(from),
            Ok(()) = looks.changed() => Happened::Looked,
            () = tokio::time::sleep(wait) => Happened::Time,
        };
        match happened {
            Happened::Order(Some(Order::Link(link))) => running.linked(*link),
            Happened::Order(Some(Order::End) | None) => break,
            Happened::Message(message) => {
                if !running.message(message) {
                    running.unlinked();
                    without_link = Instant::now();
                }
            }
            Happened::From(from) => running.from(from),
            Happened::Looked => running.look().await,
            Happened::Time => {}
        }
        if next_look <= Instant::now() {
            next_look = Instant::now() + LOOK;
            running.is_task_there();
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
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn wait(&self) -> Duration {
        let now = Instant::now();
        let agent = self.agent.wake().filter(|_| self.link.is_some());
        [
            agent.map(|at| at.saturating_sub(self.now())),
            self.out.front().map(|(at, _)| at.saturating_duration_since(now)),
            self.begin.map(|at| at.saturating_duration_since(now)),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(LOOK)
        .max(Duration::from_millis(1))
    }

    fn linked(&mut self, link: Link) {
        let now = self.now();
        self.link = Some(link);
        self.hole = false;
        self.out.clear();
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
        self.out.clear();
        self.held = None;
        self.agent.lost();
    }

    fn tick(&mut self) {
        let now = self.now();
        if self.link.is_some() {
            self.agent.tick(now);
        }
        if self.begin.is_some_and(|at| at <= Instant::now()) && !self.begun && self.verdict.kind != Some(Kind::Silent) {
            self.begun = true;
            self.begin = None;
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
                Some(Ok(Message::Binary(bytes))) if !self.hole => {
                    let now = self.now();
                    let _ = self.agent.receive(&bytes, now);
                    self.events();
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => {}
            }
            next = self.link.as_mut().filter(|_| left > 0).and_then(|link| link.next().now_or_never());
        }
        true
    }

    fn events(&mut self) {
        while let Some(event) = self.agent.event() {
            let now = self.now();
            match event {
                Event::Ready => {
                    if let Leads::Shell { command, host } = &self.leads {
                        let (shell, said) = Shell::start(command, host);
                        self.shell = Some(shell);
                        self.say(&said.output, said.exit, now);
                    }
                }
                Event::Opened(stream) => self.open(stream, now),
                Event::Data(stream, bytes) => {
                    if let Some(queue) = self.streams.get(&stream) {
                        let length = bytes.len();
                        self.waiting.fetch_add(length, Ordering::Relaxed);
                        if queue.send(bytes).is_err() {
                            self.waiting.fetch_sub(length, Ordering::Relaxed);
                        }
                    }
                }
                Event::Ended(stream) => {
                    self.streams.remove(&stream);
                    self.agent.end(stream, now);
                }
                Event::Input(bytes) => {
                    if let Some(said) = self.shell.as_mut().map(|shell| shell.input(&bytes)) {
                        self.say(&said.output, said.exit, now);
                    }
                }
                Event::Size(size) => {
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

    fn open(&mut self, stream: u32, now: Duration) {
        let verdict = self.shared.faults().take("gateway:dial", self.shared.clock.now_ms());
        let Leads::Port { host, port } = &self.leads else { return };
        if verdict.kind == Some(Kind::Refused) {
            return self.agent.refuse(stream, now);
        }
        let to = self.shared.gateway().mapped(host, *port);
        let (queue, from_queue) = mpsc::unbounded_channel();
        self.streams.insert(stream, queue);
        tokio::spawn(connection::serve(stream, to, self.to_agent.clone(), from_queue, self.waiting.clone()));
    }

    fn from(&mut self, from: From) {
        let now = self.now();
        match from {
            From::Data(stream, bytes) => self.agent.send(stream, &bytes, now),
            From::Ended(stream) => {
                if self.streams.remove(&stream).is_some() {
                    self.agent.end(stream, now);
                }
            }
            From::Refused(stream) => {
                self.streams.remove(&stream);
                self.agent.refuse(stream, now);
            }
        }
    }

    /// A task that stops takes its agent along.
    fn is_task_there(&mut self) {
        let Some(key) = self.task else { return };
        let there = self.shared.world().tasks.get(&key).is_some_and(|task| task.execution_stopped.is_none());
        if !there && !self.over {
            let now = self.now();
            self.agent.close("the target is not connected any more", now);
            self.over = true;
        }
    }

    /// What was switched on for the link.
    async fn look(&mut self) {
        if self.link.is_none() {
            return;
        }
        let verdict = self.shared.faults().take("gateway:link", self.shared.clock.now_ms());
        if let Some(kind) = verdict.kind {
            self.harm(kind).await;
        }
    }

    async fn harm(&mut self, kind: Kind) {
        let now = self.now();
        let close = |code, reason: &'static str| CloseFrame { code, reason: reason.into() };
        match kind {
            Kind::Reset => {}
            Kind::Hang => return self.hole = true,
            Kind::Ended => {
                self.agent.close("the session was ended", now);
                return self.over = true;
            }
            Kind::Close | Kind::GoingAway => {
                let frame =
                    if kind == Kind::Close { close(CloseCode::Normal, "Bye") } else { close(CloseCode::Away, "") };
                if let Some(link) = &mut self.link {
                    let _ = link.close(Some(frame)).await;
                }
            }
            _ => return,
        }
        self.unlinked();
    }

    /// Puts what the agent has to say on the link, with the faults of its messages.
    async fn flush(&mut self) {
        let now = Instant::now();
        if self.link.is_some() {
            while let Some(bytes) = self.agent.transmit() {
                let acknowledges = Frame::decode(&bytes).is_ok_and(|frame| frame.kind == frame::Kind::Acknowledge);
                let operation = if acknowledges { "gateway:acknowledge" } else { "gateway:output" };
                let verdict = self.shared.faults().take(operation, self.shared.clock.now_ms());
                let at = now + Duration::from_millis(verdict.delay_ms);
                match verdict.kind {
                    Some(Kind::Drop) => {}
                    Some(Kind::Duplicate) => {
                        self.out.push_back((at, bytes.clone()));
                        self.out.push_back((at, bytes));
                    }
                    Some(Kind::Reorder) if self.held.is_none() => self.held = Some(bytes),
                    Some(kind @ (Kind::Reset | Kind::Close | Kind::GoingAway | Kind::Hang | Kind::Ended)) => {
                        self.out.push_back((at, bytes));
                        self.harm(kind).await;
                        break;
                    }
                    Some(Kind::Unknown) => {
                        let mut strange = Agent::new(Purpose::Port, VERSION, 1);
                        strange.raw(frame::Kind::Other("agent_session_state".to_owned()), Bytes::new(), self.now());
                        self.out.extend(strange.transmit().map(|strange| (at, strange)));
                        self.out.push_back((at, bytes));
                    }
                    _ => {
                        self.out.push_back((at, bytes));
                        self.out.extend(self.held.take().map(|held| (at, held)));
                    }
                }
            }
        }
        let Some(link) = &mut self.link else { return };
        if self.hole {
            self.out.clear();
            return;
        }
        let mut failed = false;
        while let Some((_, bytes)) = self.out.pop_front_if(|(at, _)| *at <= now) {
            failed |= link.feed(Message::Binary(bytes)).await.is_err();
        }
        if failed || link.flush().await.is_err() {
            self.unlinked();
        }
    }
}

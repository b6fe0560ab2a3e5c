//! The loop that drives a sequence of sessions: all events arrive here.

mod actions;
mod distribution;
mod endings;
mod periodic;
mod traffic;

use super::bucket::Bucket;
use super::dial::Link;
use super::extra_sessions::ExtraSessions;
use super::gate::{Gate, OpenSession, Options, Token};
use super::listener::{Accepted, Listener};
use super::local::{FromLocal, Key, ToLocal};
use super::recent_traffic::Recent;
use super::shell_io::{ShellInput, ShellOutput};
use super::status::Status;
use super::suspension::Awake;
use crate::message::Size;
use crate::purpose::Purpose;
use crate::session::Session;
use crate::smux::StreamId;
use crate::supervisor::{Failure, Input, State, Supervisor};
use crate::time::Time;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error;

/// The time limit of actions without a limit of their own: a request to AWS, a connection.
const ACTION_LIMIT: Duration = Duration::from_secs(30);
/// The time limit for AWS to end a session.
const ENDING: Duration = Duration::from_secs(5);
/// Extra time granted to an action that has a time limit of its own.
const GRACE: Duration = Duration::from_secs(1);
/// The interval of the periodic checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// A link without traffic for this long is pinged.
const QUIET: Duration = Duration::from_secs(30);
/// The same limit while a message waits for an acknowledgement.
const QUIET_BUSY: Duration = Duration::from_secs(5);
/// How often the agent is probed while open connections are idle. It is below the shortest idle timeout of Session
/// Manager (1 to 60 minutes; 20 unless the account configures another).
const ALIVE: Duration = Duration::from_secs(50);
/// How long to wait for the answer to a ping.
const PONG: Duration = Duration::from_secs(10);
/// The same limit after the machine slept.
const PONG_AWAKE: Duration = Duration::from_secs(3);
/// How often the target is checked.
const TARGET_CHECK_INTERVAL: Duration = Duration::from_secs(30);
/// A local program that has stopped sending may still read. After this long without data for it, it counts as gone.
const LINGER: Duration = Duration::from_secs(30);
/// The same limit with an agent that serves one connection at a time, as others wait.
const LINGER_ALONE: Duration = Duration::from_secs(1);
/// How long a new local connection waits for the tunnel to become ready. After that it is reset, so that the program
/// can report an error: a service that was scaled to zero may have no task for hours, and credentials may be renewed
/// tomorrow.
const NOT_READY: Duration = Duration::from_secs(30);
/// A far side that has not answered a connection for this long is reported as silent. PostgreSQL answers within a
/// round trip; if a firewall drops packets, nothing else reports that for minutes.
const UNANSWERED: Duration = Duration::from_secs(5);
/// A local program that has read none of its waiting data for this long is reported.
const UNREAD: Duration = Duration::from_secs(5);
/// The number of messages to process before the loop handles other events.
const BATCH: usize = 64;
/// Reading pauses while more messages than this wait for the link: about as many acknowledgements as the messages
/// that are sent again after a new link.
const UNSENT: usize = 4096;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

enum Outcome<T> {
    Resolved(Result<T, Failure>),
    Started(Result<OpenSession, Failure>),
    /// The requested session was not opened in time, and may still be opened.
    Late(Boxed<Result<OpenSession, Failure>>),
    Resumed(Result<(Option<String>, Token), Failure>),
    Connected(Result<Box<Link>, Failure>),
}

struct Local {
    stream: StreamId,
    queue: mpsc::UnboundedSender<ToLocal>,
    /// Dropping it resets the connection.
    reset: oneshot::Sender<()>,
    eof: Option<Time>,
    /// When its program last sent data, until the first byte of an answer arrives. The far side may not be listening.
    unanswered: Option<Time>,
    heard: bool,
    recent: Recent,
}

/// The kind of connections that the loop serves.
pub(super) enum Served<T> {
    Port(Listener),
    /// An extra session: connections that another loop has accepted. It uses the given target, or looks up another one.
    Extra {
        handed: mpsc::Receiver<Accepted>,
        target: Option<T>,
    },
    Shell {
        input: mpsc::Receiver<ShellInput>,
        output: mpsc::UnboundedSender<ShellOutput>,
    },
}

enum LoopEvent<T> {
    Message(Option<Result<Message, Error>>),
    Writable(bool),
    Local(FromLocal),
    Typed(Option<ShellInput>),
    Accepted(std::io::Result<Accepted>),
    Done(Outcome<T>),
    Checked(Option<String>),
    /// The status of an extra session changed.
    ExtraChanged,
    Freed,
    Time,
    Stop,
}

pub(super) struct Actor<G: Gate> {
    gate: Arc<G>,
    options: Options,
    purpose: Purpose,
    served: Served<G::Target>,
    extra: ExtraSessions,
    started: Instant,
    awake: Awake,
    /// The start time, in milliseconds since 1970.
    epoch_ms: u64,
    /// When a refused connection was last reported.
    refusal_published: Option<Time>,
    supervisor: Supervisor,
    session: Session,
    target: Option<G::Target>,
    /// Whether the target is about to end.
    leaving: bool,
    granted: Option<OpenSession>,
    pending: Option<Boxed<Outcome<G::Target>>>,
    /// Whether the pending request opens a session with AWS.
    pending_opens: bool,
    check: Option<Boxed<Option<String>>>,
    next_check: Time,
    /// The periodic checks run at this time at the latest, regardless of other events.
    next_checks: Time,
    reader: Option<SplitStream<Link>>,
    writer: Option<mpsc::Sender<Message>>,
    writers: JoinSet<()>,
    link_last_received: Time,
    pinged: Option<(Time, Duration)>,
    waiting_since: Option<Time>,
    /// When the agent was last probed, since the last byte of any connection.
    probed: Option<Time>,
    locals: HashMap<Key, Local>,
    /// The number of connections that have not been answered for a while.
    silent: usize,
    keys: HashMap<StreamId, Key>,
    next_key: Key,
    accept_after: Time,
    /// Since when reading has been paused because a program does not read.
    full_since: Option<Time>,
    /// Since when connections cannot be made.
    not_ready: Option<Time>,
    connections: JoinSet<()>,
    from_locals: mpsc::Receiver<FromLocal>,
    to_loop: mpsc::Sender<FromLocal>,
    pub(super) bucket: Arc<Bucket>,
    size: Option<Size>,
    input_over: bool,
    stop: watch::Receiver<bool>,
    status: watch::Sender<Status>,
    changes: broadcast::Sender<Status>,
    /// The time limit for AWS to end a session.
    ending: Duration,
    /// Sessions that are being ended with AWS, each returning the reason if that fails; and the loops of extra sessions.
    endings: JoinSet<Option<String>>,
}

impl<G: Gate> Actor<G> {
    pub(super) fn new(
        gate: Arc<G>,
        options: Options,
        served: Served<G::Target>,
        bucket: Arc<Bucket>,
        stop: watch::Receiver<bool>,
        status: watch::Sender<Status>,
        changes: broadcast::Sender<Status>,
    ) -> Self {
        let purpose = match served {
            Served::Port(_) | Served::Extra { .. } => Purpose::Port,
            Served::Shell { .. } => Purpose::Shell,
        };
        // An extra session is not replaced: another one is opened when it is needed.
        let replaces = matches!(served, Served::Port(_));
        let (to_loop, from_locals) = mpsc::channel(64);
        Self {
            gate,
            purpose,
            served,
            extra: ExtraSessions::default(),
            started: Instant::now(),
            awake: Awake::new(SystemTime::now()),
            refusal_published: None,
            supervisor: Supervisor::new(replaces),
            session: actions::new_session(purpose, &options, epoch_ms()),
            epoch_ms: epoch_ms(),
            options,
            target: None,
            leaving: false,
            granted: None,
            pending: None,
            pending_opens: false,
            check: None,
            next_check: TARGET_CHECK_INTERVAL,
            next_checks: CHECK_INTERVAL,
            reader: None,
            writer: None,
            writers: JoinSet::new(),
            link_last_received: Time::ZERO,
            pinged: None,
            waiting_since: None,
            probed: None,
            locals: HashMap::new(),
            silent: 0,
            keys: HashMap::new(),
            next_key: 0,
            accept_after: Time::ZERO,
            full_since: None,
            not_ready: Some(Time::ZERO),
            connections: JoinSet::new(),
            from_locals,
            to_loop,
            bucket,
            size: None,
            input_over: false,
            stop,
            status,
            changes,
            ending: ENDING,
            endings: JoinSet::new(),
        }
    }

    fn now(&self) -> Time {
        self.started.elapsed()
    }

    /// The time of the next work: at the latest the next periodic check, regardless of other events.
    fn wake(&self, now: Time) -> Time {
        let late = self.extra.wake().filter(|late| *late > now);
        let wakes = [self.session.wake(now), self.supervisor.wake(), late].into_iter().flatten();
        wakes.fold(self.next_checks, Time::min)
    }

    /// Runs until the session is over. Returns the reason if it could not be ended with AWS.
    pub(super) async fn run(mut self) -> Option<String> {
        let actions = self.supervisor.start(self.now());
        self.act(actions);
        let timer = sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            self.update_extra(self.now());
            self.pump();
            self.publish(self.now());
            if matches!(self.supervisor.state(), State::Closed(_)) {
                break;
            }
            let now = self.now();
            let wake = self.wake(now);
            timer.as_mut().reset(tokio::time::Instant::now() + wake.saturating_sub(now));
            let full = self.bucket.is_full();
            let reads = !full && self.session.channel().waiting() < UNSENT;
            let writes = self.session.channel().waiting() > 0;
            let sends = self.session.can_send();
            let accepts = self.can_accept(now);
            let (listener, handed, typed) = match &mut self.served {
                Served::Port(listener) => (Some(listener), None, None),
                Served::Extra { handed, .. } => (None, Some(handed), None),
                Served::Shell { input, .. } => (None, None, Some(input)),
            };
            let event = tokio::select! {
                message = next(&mut self.reader), if reads => LoopEvent::Message(message),
                open = writable(self.writer.as_ref()), if writes => LoopEvent::Writable(open),
                Some(local) = self.from_locals.recv(), if sends => LoopEvent::Local(local),
                input = taken(typed), if sends && !self.input_over => LoopEvent::Typed(input),
                accepted = accept(listener), if accepts => LoopEvent::Accepted(accepted),
                Some(socket) = taken(handed), if accepts => LoopEvent::Accepted(Ok(socket)),
                () = self.extra.changed() => LoopEvent::ExtraChanged,
                outcome = completed(&mut self.pending) => LoopEvent::Done(outcome),
                gone = completed(&mut self.check) => LoopEvent::Checked(gone),
                () = self.bucket.freed(), if full => LoopEvent::Freed,
                () = &mut timer => LoopEvent::Time,
                _ = self.stop.wait_for(|stop| *stop) => LoopEvent::Stop,
            };
            self.dispatch(event);
        }
        self.finish().await
    }

    fn dispatch(&mut self, event: LoopEvent<G::Target>) {
        let now = self.now();
        match event {
            LoopEvent::Message(message) => self.messages(message, now),
            LoopEvent::Writable(true) | LoopEvent::ExtraChanged | LoopEvent::Freed => {}
            LoopEvent::Writable(false) => self.handle(Input::Lost("the connection broke while sending".into()), now),
            LoopEvent::Local(local) => self.local(local, now),
            LoopEvent::Typed(input) => self.typed(input, now),
            LoopEvent::Accepted(Ok(socket)) => self.assign(socket, now),
            // Without a free file descriptor, the connection stays in the listener's queue for a moment.
            LoopEvent::Accepted(Err(_)) => self.accept_after = now + Duration::from_millis(200),
            LoopEvent::Done(outcome) => self.handle_outcome(outcome, now),
            LoopEvent::Checked(gone) => {
                self.next_check = now + TARGET_CHECK_INTERVAL;
                match gone {
                    Some(why) => self.handle(Input::TargetGone(why), now),
                    None => self.check_leaving(),
                }
            }
            LoopEvent::Time => self.run_checks(now),
            LoopEvent::Stop => {
                self.session.terminate(now);
                self.pump();
                self.handle(Input::Stop, now);
            }
        }
    }

    /// Whether new connections are reset, because the tunnel has not been ready for so long that waiting is pointless.
    fn resets_new(&self, now: Time) -> bool {
        self.not_ready.is_some_and(|since| now.saturating_sub(since) >= NOT_READY)
    }

    /// Passes messages to the link, as many as it accepts.
    fn pump(&mut self) {
        let Some(writer) = &self.writer else { return };
        while self.session.channel().waiting() > 0 {
            let Ok(permit) = writer.try_reserve() else { return };
            let Some(frame) = self.session.transmit() else { return };
            permit.send(Message::Binary(frame));
        }
    }

    fn handle(&mut self, input: Input, now: Time) {
        let actions = self.supervisor.handle(input, now);
        self.act(actions);
    }

    fn disconnect(&mut self) {
        self.reader = None;
        // The writer task writes the queued messages and ends.
        self.writer = None;
        self.session.lost();
        self.pinged = None;
        self.waiting_since = None;
    }

    async fn finish(mut self) -> Option<String> {
        self.disconnect();
        self.locals.clear();
        self.extra.stop();
        match &mut self.served {
            Served::Shell { output, .. } => drop(output.send(ShellOutput::Closed)),
            Served::Extra { handed, .. } => {
                handed.close();
                while let Ok(socket) = handed.try_recv() {
                    socket.reset();
                }
            }
            Served::Port(_) => {}
        }
        self.wait_for_tasks().await;
        // Includes the traffic of the extra sessions up to their end.
        self.update_extra(self.now());
        self.publish(self.now());
        self.status.borrow().not_ended.clone()
    }
}

fn epoch_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_millis() as u64)
}

async fn next(reader: &mut Option<SplitStream<Link>>) -> Option<Result<Message, Error>> {
    match reader {
        Some(reader) => reader.next().await,
        None => pending().await,
    }
}

async fn writable(writer: Option<&mpsc::Sender<Message>>) -> bool {
    match writer {
        Some(writer) => writer.reserve().await.is_ok(),
        None => pending().await,
    }
}

async fn taken<T>(queue: Option<&mut mpsc::Receiver<T>>) -> Option<T> {
    match queue {
        Some(queue) => queue.recv().await,
        None => pending().await,
    }
}

async fn accept(listener: Option<&mut Listener>) -> std::io::Result<Accepted> {
    match listener {
        Some(listener) => listener.accept().await,
        None => pending().await,
    }
}

async fn completed<T>(future: &mut Option<Boxed<T>>) -> T {
    let Some(running) = future else { return pending().await };
    let result = running.await;
    *future = None;
    result
}

/// Writes queued messages until the queue is dropped, flushing whenever it is empty.
async fn write(mut sink: SplitSink<Link, Message>, mut queue: mpsc::Receiver<Message>) {
    while let Some(message) = queue.recv().await {
        if sink.feed(message).await.is_err() {
            return;
        }
        while let Ok(message) = queue.try_recv() {
            if sink.feed(message).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

#[cfg(test)]
mod tests;

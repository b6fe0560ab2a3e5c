//! The loop that drives one session after the other: everything that happens comes together here.

mod act;
mod endings;
mod look;
mod spread;
mod traffic;

use super::awake::Awake;
use super::bucket::Bucket;
use super::dial::Link;
use super::further::Further;
use super::gate::{Gate, Granted, Options, Token};
use super::listener::{Accepted, Listener};
use super::local::{FromLocal, Key, ToLocal};
use super::recent::Recent;
use super::said::{ShellInput, ShellOutput};
use super::status::Status;
use crate::carried::Purpose;
use crate::message::Size;
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

/// The limit of an action that has no other one: a request to AWS, a connection.
const ASKING: Duration = Duration::from_secs(30);
/// How long AWS may take to end a session.
const ENDING: Duration = Duration::from_secs(5);
/// The extra time for an action that has a limit of its own.
const GRACE: Duration = Duration::from_secs(1);
/// The longest time between two looks of the loop at its timers.
const LOOK: Duration = Duration::from_secs(1);
/// A link that was quiet for this long is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
/// The same, while something waits for an acknowledgement.
const QUIET_BUSY: Duration = Duration::from_secs(5);
/// So often something is said to the agent while connections are open that say nothing: before the shortest time after which
/// Session Manager ends a session without traffic can be over (1 to 60 minutes; 20 unless the account says otherwise).
const ALIVE: Duration = Duration::from_secs(50);
/// The answer to that is waited for so long.
const PONG: Duration = Duration::from_secs(10);
/// The same after the machine slept.
const PONG_AWAKE: Duration = Duration::from_secs(3);
/// How often the target is looked at.
const CHECK: Duration = Duration::from_secs(30);
/// A local program that sends nothing more may still read. After this long without a byte for it, it is taken as gone.
const LINGER: Duration = Duration::from_secs(30);
/// The same with an agent that serves one connection at a time: others wait.
const LINGER_ALONE: Duration = Duration::from_secs(1);
/// So long a local program that connects waits for the tunnel to be ready. After that it is reset, so that it can say so: a
/// service that was scaled to zero may have no task for hours, and credentials may be renewed tomorrow.
const NOT_READY: Duration = Duration::from_secs(30);
/// A far side that has answered a connection with nothing for so long is told as silent. PostgreSQL answers within a round
/// trip; where a firewall drops what is sent, nobody says so for minutes.
const UNANSWERED: Duration = Duration::from_secs(5);
/// A local program that has read nothing of what waits for it for so long is told.
const UNREAD: Duration = Duration::from_secs(5);
/// As many messages at once, before the loop looks at something else.
const BATCH: usize = 64;
/// With more messages than this that the link does not take, nothing more is read: as many acknowledgements as what is sent
/// again after a new link.
const UNSENT: usize = 4096;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

enum Outcome<T> {
    Resolved(Result<T, Failure>),
    Started(Result<Granted, Failure>),
    /// The session that is asked for is not there in time, and may still be opened.
    Late(Boxed<Result<Granted, Failure>>),
    Resumed(Result<(Option<String>, Token), Failure>),
    Connected(Result<Box<Link>, Failure>),
}

struct Local {
    stream: StreamId,
    queue: mpsc::UnboundedSender<ToLocal>,
    /// Dropping it resets the connection.
    reset: oneshot::Sender<()>,
    eof: Option<Time>,
    /// When its program sent something last, until the first byte for it has come: nobody may listen there.
    unanswered: Option<Time>,
    heard: bool,
    recent: Recent,
}

/// The kind of session that the loop serves.
pub(super) enum Served<T> {
    Port(Listener),
    /// Connections that another loop has accepted, to the target that it has found; without one, to another.
    Beside {
        handed: mpsc::Receiver<Accepted>,
        target: Option<T>,
    },
    Shell {
        input: mpsc::Receiver<ShellInput>,
        output: mpsc::UnboundedSender<ShellOutput>,
    },
}

enum Happened<T> {
    Message(Option<Result<Message, Error>>),
    Writable(bool),
    Local(FromLocal),
    Typed(Option<ShellInput>),
    Accepted(std::io::Result<Accepted>),
    Done(Outcome<T>),
    Checked(Option<String>),
    /// A session beside this one stands otherwise.
    Beside,
    Freed,
    Time,
    Stop,
}

pub(super) struct Actor<G: Gate> {
    gate: Arc<G>,
    options: Options,
    purpose: Purpose,
    served: Served<G::Target>,
    further: Further,
    started: Instant,
    awake: Awake,
    /// When it was started, in milliseconds since 1970.
    epoch_ms: u64,
    /// When a refused connection was told last.
    refused_told: Option<Time>,
    supervisor: Supervisor,
    session: Session,
    target: Option<G::Target>,
    /// The target is about to end.
    leaving: bool,
    granted: Option<Granted>,
    pending: Option<Boxed<Outcome<G::Target>>>,
    /// The pending request is one that opens a session at AWS.
    starts: bool,
    check: Option<Boxed<Option<String>>>,
    next_check: Time,
    /// Looked around then at the latest, however much comes in between.
    next_look: Time,
    reader: Option<SplitStream<Link>>,
    writer: Option<mpsc::Sender<Message>>,
    writers: JoinSet<()>,
    link_heard: Time,
    pinged: Option<(Time, Duration)>,
    waiting_since: Option<Time>,
    /// When the agent was asked whether it is there, since the last byte of a connection.
    probed: Option<Time>,
    locals: HashMap<Key, Local>,
    /// How many of them nobody has answered for a while.
    silent: usize,
    keys: HashMap<StreamId, Key>,
    next_key: Key,
    accept_after: Time,
    /// Since when nothing is read, as a program does not read.
    full_since: Option<Time>,
    /// Since when it is not ready for connections.
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
    /// How long AWS may take to end one.
    ending: Duration,
    /// Sessions that are being ended at AWS, each with why it was not; and the loops of those beside this one.
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
            Served::Port(_) | Served::Beside { .. } => Purpose::Port,
            Served::Shell { .. } => Purpose::Shell,
        };
        // One beside another is opened anew when somebody needs it.
        let replaces = matches!(served, Served::Port(_));
        let (to_loop, from_locals) = mpsc::channel(64);
        Self {
            gate,
            purpose,
            served,
            further: Further::default(),
            started: Instant::now(),
            awake: Awake::new(SystemTime::now()),
            refused_told: None,
            supervisor: Supervisor::new(replaces),
            session: act::fresh(purpose, &options, epoch_ms()),
            epoch_ms: epoch_ms(),
            options,
            target: None,
            leaving: false,
            granted: None,
            pending: None,
            starts: false,
            check: None,
            next_check: CHECK,
            next_look: LOOK,
            reader: None,
            writer: None,
            writers: JoinSet::new(),
            link_heard: Time::ZERO,
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

    /// When time has something to do: at the next look at the latest, whatever happens before it.
    fn wake(&self, now: Time) -> Time {
        let late = self.further.wake().filter(|late| *late > now);
        let wakes = [self.session.wake(now), self.supervisor.wake(), late].into_iter().flatten();
        wakes.fold(self.next_look, Time::min)
    }

    /// Runs until the session is over; returns why it could not be ended at AWS, if it could not.
    pub(super) async fn run(mut self) -> Option<String> {
        let actions = self.supervisor.start(self.now());
        self.act(actions);
        let timer = sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            self.spread(self.now());
            self.pump();
            self.tell(self.now());
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
            let accepts = self.takes(now);
            let (listener, handed, typed) = match &mut self.served {
                Served::Port(listener) => (Some(listener), None, None),
                Served::Beside { handed, .. } => (None, Some(handed), None),
                Served::Shell { input, .. } => (None, None, Some(input)),
            };
            let happened = tokio::select! {
                message = next(&mut self.reader), if reads => Happened::Message(message),
                open = writable(self.writer.as_ref()), if writes => Happened::Writable(open),
                Some(local) = self.from_locals.recv(), if sends => Happened::Local(local),
                input = taken(typed), if sends && !self.input_over => Happened::Typed(input),
                accepted = accept(listener), if accepts => Happened::Accepted(accepted),
                Some(socket) = taken(handed), if accepts => Happened::Accepted(Ok(socket)),
                () = self.further.changed() => Happened::Beside,
                outcome = done(&mut self.pending) => Happened::Done(outcome),
                gone = done(&mut self.check) => Happened::Checked(gone),
                () = self.bucket.freed(), if full => Happened::Freed,
                () = &mut timer => Happened::Time,
                _ = self.stop.wait_for(|stop| *stop) => Happened::Stop,
            };
            self.happened(happened);
        }
        self.finish().await
    }

    fn happened(&mut self, happened: Happened<G::Target>) {
        let now = self.now();
        match happened {
            Happened::Message(message) => self.messages(message, now),
            Happened::Writable(true) | Happened::Beside | Happened::Freed => {}
            Happened::Writable(false) => self.handle(Input::Lost("the connection broke while sending".into()), now),
            Happened::Local(local) => self.local(local, now),
            Happened::Typed(input) => self.typed(input, now),
            Happened::Accepted(Ok(socket)) => self.connects(socket, now),
            // Without a free file descriptor the connection stays where it is for a moment.
            Happened::Accepted(Err(_)) => self.accept_after = now + Duration::from_millis(200),
            Happened::Done(outcome) => self.done(outcome, now),
            Happened::Checked(gone) => {
                self.next_check = now + CHECK;
                match gone {
                    Some(why) => self.handle(Input::TargetGone(why), now),
                    None => self.sees_leaving(),
                }
            }
            Happened::Time => self.look(now),
            Happened::Stop => {
                self.session.terminate(now);
                self.pump();
                self.handle(Input::Stop, now);
            }
        }
    }

    /// Whether what connects now is reset: it was not ready for so long that nobody should wait for it.
    fn resets_new(&self, now: Time) -> bool {
        self.not_ready.is_some_and(|since| now.saturating_sub(since) >= NOT_READY)
    }

    /// Messages into the link, as many as it takes.
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
        // Its task writes what it has, and ends.
        self.writer = None;
        self.session.lost();
        self.pinged = None;
        self.waiting_since = None;
    }

    async fn finish(mut self) -> Option<String> {
        self.disconnect();
        self.locals.clear();
        self.further.stop();
        match &mut self.served {
            Served::Shell { output, .. } => drop(output.send(ShellOutput::Closed)),
            Served::Beside { handed, .. } => {
                handed.close();
                while let Ok(socket) = handed.try_recv() {
                    socket.reset();
                }
            }
            Served::Port(_) => {}
        }
        self.see_off().await;
        // What the others carried to the end.
        self.spread(self.now());
        self.tell(self.now());
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

async fn done<T>(future: &mut Option<Boxed<T>>) -> T {
    let Some(running) = future else { return pending().await };
    let result = running.await;
    *future = None;
    result
}

/// Writes what is in the queue until it is dropped, and flushes whenever there is nothing more.
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

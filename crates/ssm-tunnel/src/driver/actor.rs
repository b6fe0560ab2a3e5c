//! The loop that drives one session after the other: everything that happens comes together here.

use super::bucket::Bucket;
use super::dial::{Link, dial};
use super::local::{self, FromLocal, Key, ToLocal};
use super::shell::{Said, ShellInput};
use super::{Gate, Granted, Options, Status, Token};
use crate::Time;
use crate::message::Size;
use crate::session::{Event, Purpose, Session};
use crate::smux::StreamId;
use crate::supervisor::{Action, Failure, Input, State, Supervisor};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error;

/// What has no other limit ends after this: a request to AWS, a connection.
const ASKING: Duration = Duration::from_secs(30);
/// The end of a session at AWS is waited for so long.
const ENDING: Duration = Duration::from_secs(5);
/// At least so often the loop looks around.
const LOOK: Duration = Duration::from_secs(1);
/// A link that was quiet for this long is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
/// The same, while something waits for an acknowledgement.
const QUIET_BUSY: Duration = Duration::from_secs(5);
/// The answer to that is waited for so long.
const PONG: Duration = Duration::from_secs(10);
/// The same after the machine slept.
const PONG_AWAKE: Duration = Duration::from_secs(3);
/// An agent that acknowledges nothing for so long is not there.
const SILENT: Duration = Duration::from_secs(20);
/// How often the target is looked at.
const CHECK: Duration = Duration::from_secs(30);
/// A local program that sends nothing more may still read. After this long without a byte for it, it is taken as gone.
const LINGER: Duration = Duration::from_secs(30);
/// The wall clock runs this far ahead of the other: the machine slept.
const SLEPT: Duration = Duration::from_secs(5);
/// As many messages at once, before the loop looks at something else.
const BATCH: usize = 64;
/// With more acknowledgements than this that the link does not take, nothing more is read.
const UNSENT: usize = 16_384;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

enum Outcome<T> {
    Resolved(Result<T, Failure>),
    Started(Result<Granted, Failure>),
    Resumed(Result<(Option<String>, Token), Failure>),
    Connected(Result<Box<Link>, Failure>),
}

struct Local {
    stream: StreamId,
    queue: mpsc::UnboundedSender<ToLocal>,
    /// Dropping it resets the connection.
    _reset: oneshot::Sender<()>,
    eof: Option<Time>,
}

/// What the loop serves.
pub(super) enum Served {
    Port(TcpListener),
    Shell { input: mpsc::Receiver<ShellInput>, output: mpsc::UnboundedSender<Said> },
}

enum Happened<T> {
    Message(Option<Result<Message, Error>>),
    Writable(bool),
    Local(FromLocal),
    Typed(Option<ShellInput>),
    Accepted(std::io::Result<TcpStream>),
    Done(Outcome<T>),
    Checked(Option<String>),
    Freed,
    Time,
    Stop,
}

pub(super) struct Actor<G: Gate> {
    gate: Arc<G>,
    options: Options,
    purpose: Purpose,
    served: Served,
    started: Instant,
    wall: SystemTime,
    supervisor: Supervisor,
    session: Session,
    target: Option<G::Target>,
    granted: Option<Granted>,
    pending: Option<Boxed<Outcome<G::Target>>>,
    check: Option<Boxed<Option<String>>>,
    next_check: Time,
    reader: Option<SplitStream<Link>>,
    writer: Option<mpsc::Sender<Message>>,
    writers: JoinSet<()>,
    link_heard: Time,
    pinged: Option<(Time, Duration)>,
    waiting_since: Option<Time>,
    locals: HashMap<Key, Local>,
    keys: HashMap<StreamId, Key>,
    next_key: Key,
    accept_after: Time,
    connections: JoinSet<()>,
    from_locals: mpsc::Receiver<FromLocal>,
    to_loop: mpsc::Sender<FromLocal>,
    pub(super) bucket: Arc<Bucket>,
    size: Option<Size>,
    input_over: bool,
    stop: watch::Receiver<bool>,
    status: watch::Sender<Status>,
    changes: broadcast::Sender<Status>,
    endings: JoinSet<()>,
}

impl<G: Gate> Actor<G> {
    pub(super) fn new(
        gate: Arc<G>,
        options: Options,
        served: Served,
        bucket: Arc<Bucket>,
        stop: watch::Receiver<bool>,
        status: watch::Sender<Status>,
        changes: broadcast::Sender<Status>,
    ) -> Self {
        let purpose = match served {
            Served::Port(_) => Purpose::Port,
            Served::Shell { .. } => Purpose::Shell,
        };
        let (to_loop, from_locals) = mpsc::channel(64);
        Self {
            gate,
            purpose,
            served,
            started: Instant::now(),
            wall: SystemTime::now(),
            supervisor: Supervisor::new(purpose == Purpose::Port),
            session: Session::new(purpose, options.pace, epoch_ms()),
            options,
            target: None,
            granted: None,
            pending: None,
            check: None,
            next_check: CHECK,
            reader: None,
            writer: None,
            writers: JoinSet::new(),
            link_heard: Time::ZERO,
            pinged: None,
            waiting_since: None,
            locals: HashMap::new(),
            keys: HashMap::new(),
            next_key: 0,
            accept_after: Time::ZERO,
            connections: JoinSet::new(),
            from_locals,
            to_loop,
            bucket,
            size: None,
            input_over: false,
            stop,
            status,
            changes,
            endings: JoinSet::new(),
        }
    }

    fn now(&self) -> Time {
        self.started.elapsed()
    }

    /// Until it is over.
    pub(super) async fn run(mut self) {
        let actions = self.supervisor.start(self.now());
        self.act(actions);
        let timer = sleep(Duration::ZERO);
        tokio::pin!(timer);
        loop {
            self.pump();
            self.tell();
            if matches!(self.supervisor.state(), State::Closed(_)) {
                break;
            }
            let now = self.now();
            let wake = [self.session.wake(now), self.supervisor.wake()].into_iter().flatten().min();
            let wait = wake.map_or(LOOK, |wake| wake.saturating_sub(now).min(LOOK));
            timer.as_mut().reset(tokio::time::Instant::now() + wait);
            let full = self.bucket.is_full();
            let reads = !full && self.session.channel().waiting() < UNSENT;
            let writes = self.session.channel().waiting() > 0;
            let sends = self.session.can_send(now);
            let accepts = now >= self.accept_after && self.session.can_open(now);
            let (listener, typed) = match &mut self.served {
                Served::Port(listener) => (Some(listener), None),
                Served::Shell { input, .. } => (None, Some(input)),
            };
            let happened = tokio::select! {
                message = next(&mut self.reader), if reads => Happened::Message(message),
                open = writable(self.writer.as_ref()), if writes => Happened::Writable(open),
                Some(local) = self.from_locals.recv(), if sends => Happened::Local(local),
                input = typing(typed), if sends && !self.input_over => Happened::Typed(input),
                accepted = accept(listener), if accepts => Happened::Accepted(accepted),
                outcome = done(&mut self.pending) => Happened::Done(outcome),
                gone = done(&mut self.check) => Happened::Checked(gone),
                () = self.bucket.freed(), if full => Happened::Freed,
                () = &mut timer => Happened::Time,
                _ = self.stop.wait_for(|stop| *stop) => Happened::Stop,
            };
            self.happened(happened);
        }
        self.finish().await;
    }

    fn happened(&mut self, happened: Happened<G::Target>) {
        let now = self.now();
        match happened {
            Happened::Message(message) => self.messages(message, now),
            Happened::Writable(true) | Happened::Freed => {}
            Happened::Writable(false) => self.handle(Input::Lost("the connection broke while sending".into()), now),
            Happened::Local(local) => self.local(local, now),
            Happened::Typed(input) => self.typed(input, now),
            Happened::Accepted(Ok(socket)) => self.accepted(socket, now),
            // Without a free file descriptor the connection stays where it is for a moment.
            Happened::Accepted(Err(_)) => self.accept_after = now + Duration::from_millis(200),
            Happened::Done(outcome) => self.done(outcome, now),
            Happened::Checked(gone) => {
                self.next_check = now + CHECK;
                if let Some(why) = gone {
                    self.handle(Input::TargetGone(why), now);
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

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Resolve => {
                    self.target = None;
                    let gate = self.gate.clone();
                    self.pending = Some(asked(async move { gate.resolve().await }, Outcome::Resolved));
                }
                Action::Start => {
                    let Some(target) = self.target.clone() else { continue };
                    let gate = self.gate.clone();
                    self.session = Session::new(self.purpose, self.options.pace, epoch_ms());
                    // The session's moments count from the same zero as the loop's.
                    self.pending = Some(asked(async move { gate.start(&target).await }, Outcome::Started));
                }
                Action::Resume => {
                    let Some(granted) = &self.granted else { continue };
                    let (gate, id) = (self.gate.clone(), granted.session_id.clone());
                    self.pending = Some(asked(async move { gate.resume(&id).await }, Outcome::Resumed));
                }
                Action::Connect => {
                    let Some(granted) = &self.granted else { continue };
                    let (gate, url, options) = (self.gate.clone(), granted.url.clone(), self.options.clone());
                    let dialled = async move {
                        let credentials = gate.credentials().await?;
                        dial(&url, credentials, &options).await.map(Box::new)
                    };
                    self.pending = Some(asked(dialled, Outcome::Connected));
                }
                Action::Disconnect => {
                    self.pending = None;
                    self.disconnect();
                }
                Action::ResendAll => {
                    let now = self.now();
                    self.session.resumed(now);
                }
                Action::Forget => {
                    self.granted = None;
                    self.keys.clear();
                    self.locals.clear();
                    self.session = Session::new(self.purpose, self.options.pace, epoch_ms());
                }
                Action::Terminate => {
                    let Some(granted) = &self.granted else { continue };
                    let (gate, id) = (self.gate.clone(), granted.session_id.clone());
                    self.endings.spawn(async move {
                        let _ = timeout(ENDING, gate.terminate(&id)).await;
                    });
                }
            }
        }
    }

    fn disconnect(&mut self) {
        self.reader = None;
        // Its task writes what it has, and ends.
        self.writer = None;
        self.session.lost();
        self.pinged = None;
        self.waiting_since = None;
    }

    fn done(&mut self, outcome: Outcome<G::Target>, now: Time) {
        let input = match outcome {
            Outcome::Resolved(Ok(target)) => {
                let words = self.gate.describe(&target);
                self.status.send_modify(|status| status.target = Some(words));
                self.target = Some(target);
                self.next_check = now + CHECK;
                Input::Resolved
            }
            Outcome::Started(Ok(granted)) => {
                self.status.send_modify(|status| {
                    if status.session_id.is_some() {
                        status.replacements += 1;
                    }
                    status.session_id = Some(granted.session_id.clone());
                });
                self.granted = Some(granted);
                Input::Started
            }
            Outcome::Resumed(Ok((url, token))) => {
                if let Some(granted) = &mut self.granted {
                    granted.url = url.filter(|url| !url.is_empty()).unwrap_or_else(|| granted.url.clone());
                    granted.token = token;
                }
                Input::Granted
            }
            Outcome::Connected(Ok(link)) => {
                self.connected(*link, now);
                Input::Connected
            }
            Outcome::Resolved(Err(failure))
            | Outcome::Started(Err(failure))
            | Outcome::Resumed(Err(failure))
            | Outcome::Connected(Err(failure)) => Input::Failed(failure),
        };
        self.handle(input, now);
    }

    fn connected(&mut self, link: Link, now: Time) {
        let Some(granted) = &self.granted else { return };
        let (sink, stream) = link.split();
        let (writer, queue) = mpsc::channel(BATCH);
        let _ = writer.try_send(Message::text(self.session.greeting(&granted.token)));
        self.writers.spawn(write(sink, queue));
        self.reader = Some(stream);
        self.writer = Some(writer);
        self.link_heard = now;
        self.pinged = None;
        self.waiting_since = None;
    }

    fn messages(&mut self, first: Option<Result<Message, Error>>, now: Time) {
        let mut next = Some(first);
        for _ in 0..BATCH {
            let Some(message) = next else { return };
            match message {
                Some(Ok(Message::Binary(bytes))) => self.received(&bytes, now),
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map_or_else(
                        || "the service closed the connection".to_owned(),
                        |frame| format!("the service closed the connection: {} {}", frame.code, frame.reason),
                    );
                    return self.handle(Input::Lost(why), now);
                }
                Some(Ok(_)) => {}
                Some(Err(Error::Io(error))) => {
                    return self.handle(Input::Lost(format!("the connection broke: {}", error.kind())), now);
                }
                Some(Err(_)) | None => return self.handle(Input::Lost("the connection broke".into()), now),
            }
            self.link_heard = now;
            self.pinged = None;
            if self.bucket.is_full() {
                return;
            }
            next = self.reader.as_mut().and_then(|reader| reader.next().now_or_never());
        }
        if let Some(message) = next {
            self.messages(message, now);
        }
    }

    fn received(&mut self, bytes: &Bytes, now: Time) {
        let before = self.session.channel().heard();
        // A damaged message is sent again by who sent it.
        let _ = self.session.receive(bytes, now);
        if self.session.channel().heard() != before {
            self.waiting_since = None;
            self.handle(Input::Heard, now);
        }
        while let Some(event) = self.session.event() {
            self.event(event, now);
        }
    }

    fn event(&mut self, event: Event, now: Time) {
        match event {
            Event::Ready { .. } => {
                self.handle(Input::HandshakeComplete, now);
                if let Some(size) = self.size {
                    self.session.resize(size, now);
                }
            }
            Event::Data(stream, bytes) => {
                if let Some(local) = self.keys.get(&stream).and_then(|key| self.locals.get_mut(key)) {
                    let length = bytes.len();
                    local.eof = local.eof.map(|_| now);
                    self.bucket.fill(length);
                    if local.queue.send(ToLocal::Data(bytes)).is_err() {
                        self.bucket.drain(length);
                    }
                    self.status.send_if_modified(|status| {
                        status.received += length as u64;
                        false
                    });
                }
            }
            Event::Ended { stream, refused } => {
                if let Some(local) = self.keys.remove(&stream).and_then(|key| self.locals.remove(&key)) {
                    if refused {
                        // Dropped: the local program sees a reset, not an empty answer.
                        self.status.send_modify(|status| status.refused += 1);
                    } else {
                        let _ = local.queue.send(ToLocal::End);
                        // It ends by itself once everything is written.
                        self.connections.spawn(async move {
                            local.queue.closed().await;
                        });
                    }
                }
            }
            Event::Output(bytes) => self.say(Said::Output(bytes)),
            Event::Stderr(bytes) => self.say(Said::Stderr(bytes)),
            Event::Exit(code) => self.say(Said::Exit(code)),
            Event::Closed(why) | Event::Broken(why) => self.handle(Input::Over(why), now),
        }
    }

    fn say(&mut self, said: Said) {
        let Served::Shell { output, .. } = &self.served else { return };
        let length = said.len();
        self.bucket.fill(length);
        if output.send(said).is_err() {
            self.bucket.drain(length);
        }
        self.status.send_if_modified(|status| {
            status.received += length as u64;
            false
        });
    }

    fn local(&mut self, local: FromLocal, now: Time) {
        match local {
            FromLocal::Data(key, bytes) => {
                let Some(local) = self.locals.get(&key) else { return };
                self.session.send(local.stream, &bytes, now);
                self.count_sent(bytes.len());
            }
            FromLocal::Eof(key) => {
                if let Some(local) = self.locals.get_mut(&key) {
                    local.eof = Some(now);
                }
            }
            FromLocal::Gone(key) => self.end(key, now),
        }
    }

    fn count_sent(&self, bytes: usize) {
        self.status.send_if_modified(|status| {
            status.sent += bytes as u64;
            false
        });
    }

    fn end(&mut self, key: Key, now: Time) {
        if let Some(local) = self.locals.remove(&key) {
            self.keys.remove(&local.stream);
            self.session.end(local.stream, now);
        }
    }

    fn typed(&mut self, input: Option<ShellInput>, now: Time) {
        match input {
            Some(ShellInput::Bytes(bytes)) => {
                self.session.input(&bytes, now);
                self.count_sent(bytes.len());
            }
            Some(ShellInput::Size(size)) => {
                self.size = Some(size);
                self.session.resize(size, now);
            }
            None => self.input_over = true,
        }
    }

    fn accepted(&mut self, socket: TcpStream, now: Time) {
        let Some(stream) = self.session.open(now) else { return };
        let key = self.next_key;
        self.next_key += 1;
        let (queue, from_queue) = mpsc::unbounded_channel();
        let (reset, on_reset) = oneshot::channel();
        self.locals.insert(key, Local { stream, queue, _reset: reset, eof: None });
        self.keys.insert(stream, key);
        self.status.send_modify(|status| status.connections += 1);
        let (out, bucket) = (self.to_loop.clone(), self.bucket.clone());
        self.connections.spawn(local::serve(socket, key, out, from_queue, on_reset, bucket));
    }

    /// What is due, and whether everybody is still there.
    fn look(&mut self, now: Time) {
        let actions = self.supervisor.tick(now);
        self.act(actions);
        self.session.tick(now);
        while self.connections.try_join_next().is_some() {}
        while self.writers.try_join_next().is_some() {}
        while self.endings.try_join_next().is_some() {}
        let gone: Vec<Key> = self
            .locals
            .iter()
            .filter(|(_, local)| local.eof.is_some_and(|since| now.saturating_sub(since) >= LINGER))
            .map(|(key, _)| *key)
            .collect();
        for key in gone {
            self.end(key, now);
        }
        if matches!(self.supervisor.state(), State::Ready) {
            if self.check.is_none() && now >= self.next_check {
                let Some(target) = self.target.clone() else { return };
                let gate = self.gate.clone();
                self.check = Some(Box::pin(async move { timeout(ASKING, gate.gone(&target)).await.unwrap_or(None) }));
            }
            self.is_it_there(now);
        }
    }

    fn is_it_there(&mut self, now: Time) {
        let slept = self.slept();
        if self.bucket.is_full() {
            // Nothing is read: that nothing comes says nothing.
            self.link_heard = now;
            self.pinged = None;
            self.waiting_since = None;
            return;
        }
        let waits = self.session.channel().unacknowledged() > 0;
        self.waiting_since = if waits { self.waiting_since.or(Some(now)) } else { None };
        if let Some((at, limit)) = self.pinged {
            if now.saturating_sub(at) >= limit {
                self.handle(Input::Lost(format!("nothing came for {} s", limit.as_secs())), now);
            }
            return;
        }
        if self.waiting_since.is_some_and(|since| now.saturating_sub(since) >= SILENT) {
            return self.handle(Input::Lost("the agent does not answer".into()), now);
        }
        let quiet = now.saturating_sub(self.link_heard);
        if slept || quiet >= QUIET || (waits && quiet >= QUIET_BUSY) {
            // A full queue has the same end: nothing comes.
            let _ = self.writer.as_ref().map(|writer| writer.try_send(Message::Ping(Bytes::new())));
            self.pinged = Some((now, if slept { PONG_AWAKE } else { PONG }));
        }
    }

    /// Whether the wall clock ran ahead of the clock that stands still while the machine sleeps.
    fn slept(&mut self) -> bool {
        let expected = self.wall + self.started.elapsed();
        let ahead = SystemTime::now().duration_since(expected).unwrap_or_default();
        if ahead < SLEPT {
            return false;
        }
        self.wall += ahead;
        true
    }

    /// Publishes how it stands; changes of the state one by one.
    fn tell(&mut self) {
        let state = self.supervisor.state();
        let channel = self.session.channel();
        let (round_trip, damaged) = (channel.round_trip(), self.session.damaged());
        let (open, resumes, full) = (self.locals.len(), self.supervisor.resumes(), self.bucket.is_full());
        let mut changed = false;
        self.status.send_if_modified(|status| {
            changed = status.state != *state;
            if changed {
                status.state = state.clone();
                status.hint = self.supervisor.last_failure().and_then(|failure| failure.hint.clone());
            }
            let other = (status.round_trip, status.open, status.resumes, status.waits_for_reader, status.damaged)
                != (round_trip, open, resumes, full, damaged);
            status.round_trip = round_trip.or(status.round_trip);
            status.open = open;
            status.resumes = resumes;
            status.waits_for_reader = full;
            status.damaged = damaged;
            changed || other
        });
        if changed {
            let _ = self.changes.send(self.status.borrow().clone());
        }
    }

    async fn finish(mut self) {
        self.disconnect();
        self.locals.clear();
        if let Served::Shell { output, .. } = &self.served {
            let _ = output.send(Said::Closed);
        }
        let all = async {
            while self.writers.join_next().await.is_some() {}
            while self.endings.join_next().await.is_some() {}
            while self.connections.join_next().await.is_some() {}
        };
        let _ = timeout(ENDING, all).await;
    }
}

fn epoch_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_millis() as u64)
}

fn asked<T: 'static, O: 'static>(
    future: impl Future<Output = Result<T, Failure>> + Send + 'static,
    outcome: fn(Result<T, Failure>) -> Outcome<O>,
) -> Boxed<Outcome<O>> {
    Box::pin(async move {
        let late = || Failure::transient(format!("no answer in {} s", ASKING.as_secs()));
        outcome(timeout(ASKING, future).await.unwrap_or_else(|_| Err(late())))
    })
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

async fn typing(input: Option<&mut mpsc::Receiver<ShellInput>>) -> Option<ShellInput> {
    match input {
        Some(input) => input.recv().await,
        None => pending().await,
    }
}

async fn accept(listener: Option<&mut TcpListener>) -> std::io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(socket, _)| socket),
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

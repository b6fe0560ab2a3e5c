//! The driver's loop with a local agent, without a socket to AWS.

use super::*;
use crate::agent::Agent;
use crate::driver::bucket::LIMIT;
use crate::driver::gate::Credentials;
use crate::purpose::{Event, SendRate};
use crate::supervisor::{Action, Closed, FailureKind};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// A gate that is never called in these tests.
struct Nobody;

impl Gate for Nobody {
    type Target = ();

    async fn resolve(&self) -> Result<(), Failure> {
        pending().await
    }

    fn describe(&self, (): &()) -> String {
        String::new()
    }

    async fn start(&self, (): &()) -> Result<OpenSession, Failure> {
        pending().await
    }

    async fn resume(&self, _: &str) -> Result<(Option<String>, Token), Failure> {
        pending().await
    }

    async fn terminate(&self, _: &str) -> Result<(), Failure> {
        pending().await
    }

    async fn find_gone_reason(&self, (): &()) -> Option<String> {
        pending().await
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        pending().await
    }
}

const CONNECTED: Input = Input::Connected { unacknowledged: false };

fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

/// An actor that has been ready since time zero, and its output.
fn ready() -> (Actor<Nobody>, mpsc::UnboundedReceiver<ShellOutput>) {
    ready_with(Arc::new(Nobody))
}

/// The same with the given gate.
pub(super) fn ready_with<G: Gate>(gate: Arc<G>) -> (Actor<G>, mpsc::UnboundedReceiver<ShellOutput>) {
    let (_, input) = mpsc::channel(1);
    let (output, received) = mpsc::unbounded_channel();
    (ready_to(gate, Served::Shell { input, output }), received)
}

/// A ready actor that serves the given kind of connections.
pub(super) fn ready_to<G: Gate>(gate: Arc<G>, served: Served<G::Target>) -> Actor<G> {
    let mut actor = linked_to(gate, served);
    actor.supervisor.handle(Input::HandshakeComplete, at(0));
    assert_eq!(actor.supervisor.state(), &State::Ready);
    actor
}

/// The same before the handshake.
fn linked_to<G: Gate>(gate: Arc<G>, served: Served<G::Target>) -> Actor<G> {
    let options = Options { region: String::new(), tls: None, proxy: None, pace: SendRate::default() };
    let (_, stop) = watch::channel(false);
    let (status, _) = watch::channel(Status::new());
    let (changes, _) = broadcast::channel(1);
    let mut actor = Actor::new(gate, options, served, Arc::default(), stop, status, changes);
    actor.supervisor.start(at(0));
    for input in [Input::Resolved, Input::Started, CONNECTED] {
        actor.supervisor.handle(input, at(0));
    }
    actor
}

#[tokio::test]
async fn unsupported_handshake_requirement_fails_at_once_before_the_first_ready() {
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let broken = Event::Broken("a KMS key".to_owned());
    let mut actor = linked_to(Arc::new(Nobody), Served::Port(Listener::bind(&here.into()).await.unwrap()));
    actor.event(broken.clone(), at(1));
    let failure = Failure::new(FailureKind::Refused, "a KMS key");
    assert_eq!(actor.supervisor.state(), &State::Closed(Closed::Failed(failure)));
    let mut actor = ready_to(Arc::new(Nobody), Served::Port(Listener::bind(&here.into()).await.unwrap()));
    actor.event(broken, at(1));
    assert_eq!(actor.supervisor.state(), &State::Replacing("a KMS key".to_owned()), "later another one is tried");
}

/// Adds a connection whose program has stopped sending at time zero.
fn half_closed(actor: &mut Actor<Nobody>) {
    let (queue, _) = mpsc::unbounded_channel();
    let (reset, _) = oneshot::channel();
    let recent = Recent::default();
    actor.locals.insert(1, Local { stream: 3, queue, reset, eof: None, unanswered: None, heard: false, recent });
    actor.keys.insert(3, 1);
    actor.local(FromLocal::Eof(1), at(0));
}

/// Adds a connection whose program continues to send.
fn connected(actor: &mut Actor<Nobody>) {
    half_closed(actor);
    actor.locals.get_mut(&1).unwrap().eof = None;
}

/// Runs the checks once a second; returns the number of connections afterwards.
fn checks_of(actor: &mut Actor<Nobody>, seconds: RangeInclusive<u64>) -> usize {
    for second in seconds {
        // Other connections receive data, so the link is alive.
        actor.link_last_received = at(second);
        actor.run_checks(at(second));
    }
    actor.locals.len()
}

#[test]
fn half_closed_connection_ends_30_seconds_after_the_last_byte_received() {
    let (mut actor, _output) = ready();
    half_closed(&mut actor);
    assert_eq!((checks_of(&mut actor, 1..=29), checks_of(&mut actor, 30..=30)), (1, 0));
}

#[test]
fn time_without_a_link_does_not_count_as_waiting() {
    let (mut actor, _output) = ready();
    half_closed(&mut actor);
    assert_eq!(checks_of(&mut actor, 1..=20), 1);
    actor.handle(Input::Lost("reset".into()), at(20));
    assert_eq!(checks_of(&mut actor, 21..=100), 1);
    actor.supervisor.handle(CONNECTED, at(100));
    assert_eq!(actor.supervisor.state(), &State::Ready);
    assert_eq!((checks_of(&mut actor, 101..=129), checks_of(&mut actor, 130..=130)), (1, 0));
}

#[test]
fn time_while_reading_is_paused_does_not_count_as_waiting() {
    let (mut actor, _output) = ready();
    half_closed(&mut actor);
    actor.bucket.fill(LIMIT);
    assert_eq!(checks_of(&mut actor, 1..=100), 1);
    actor.bucket.drain(LIMIT);
    assert_eq!((checks_of(&mut actor, 101..=129), checks_of(&mut actor, 130..=130)), (1, 0));
}

#[test]
fn silent_far_side_is_reported_after_five_seconds_until_it_answers() {
    let (mut actor, _output) = ready();
    connected(&mut actor);
    let published = |actor: &mut Actor<Nobody>, second: u64| {
        checks_of(actor, second..=second);
        actor.publish(at(second));
        let status = actor.status.borrow().clone();
        (status.silent, status.failure.is_some(), status.hint.is_some())
    };
    assert_eq!(published(&mut actor, 100), (0, false, false), "nothing was sent");
    actor.local(FromLocal::Data(1, Bytes::from_static(b"one")), at(100));
    actor.local(FromLocal::Data(1, Bytes::from_static(b"more")), at(103));
    assert_eq!(published(&mut actor, 107), (0, false, false), "it is still sending");
    assert_eq!(published(&mut actor, 108), (1, true, true));
    // A lost link restarts the waiting time.
    actor.restart_waits(at(109));
    assert_eq!(published(&mut actor, 113), (0, false, false));
    assert_eq!(published(&mut actor, 114), (1, true, true));
    actor.event(Event::Data(3, Bytes::from_static(b"answer")), at(114));
    actor.local(FromLocal::Data(1, Bytes::from_static(b"a question that takes longer")), at(115));
    assert_eq!(published(&mut actor, 200), (0, false, false));
    // A program that has stopped sending does not wait for an answer.
    connected(&mut actor);
    actor.local(FromLocal::Data(1, Bytes::from_static(b"one")), at(200));
    actor.local(FromLocal::Eof(1), at(201));
    assert_eq!(published(&mut actor, 206), (0, false, false));
}

#[test]
fn program_that_does_not_read_is_reported_after_five_seconds_until_it_reads() {
    let (mut actor, _output) = ready();
    let published = |actor: &mut Actor<Nobody>, second: u64| {
        actor.publish(at(second));
        actor.status.borrow().reason()
    };
    actor.bucket.fill(LIMIT);
    assert_eq!((published(&mut actor, 10), published(&mut actor, 14)), (None, None));
    let why = published(&mut actor, 15).unwrap();
    assert!(why.contains("has read nothing"), "{why}");
    assert!(actor.status.borrow().hint.is_some());
    actor.bucket.drain(1);
    assert_eq!(published(&mut actor, 16), None);
    // A program that reads slowly is not reported.
    actor.bucket.fill(1);
    assert_eq!((published(&mut actor, 17), published(&mut actor, 21)), (None, None));
}

#[test]
fn check_of_the_previous_target_is_dropped() {
    let (mut actor, _output) = ready();
    actor.check = Some(Box::pin(async { Some("it is gone".to_owned()) }));
    actor.act(vec![Action::Resolve]);
    assert!(actor.check.is_none());
}

#[test]
fn silent_agent_is_not_reported_as_a_silent_far_side() {
    let (mut actor, _output) = ready();
    actor.session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    let stream = actor.session.open(at(1)).unwrap();
    carry(&mut actor, &mut agent, at(1));
    connected(&mut actor);
    actor.locals.get_mut(&1).unwrap().stream = stream;
    actor.local(FromLocal::Data(1, Bytes::from_static(b"one")), at(2));
    checks_of(&mut actor, 3..=9);
    assert_eq!(actor.silent, 0);
    carry(&mut actor, &mut agent, at(9));
    checks_of(&mut actor, 10..=10);
    assert_eq!(actor.silent, 1, "the agent has it, and nobody answers");
}

/// Carries messages both ways until none is left.
pub(super) fn carry<G: Gate>(actor: &mut Actor<G>, agent: &mut Agent, now: Time) {
    loop {
        let mut moved = false;
        while let Some(frame) = actor.session.transmit() {
            agent.receive(&frame, now).unwrap();
            moved = true;
        }
        while let Some(frame) = agent.transmit() {
            actor.messages(Some(Ok(Message::Binary(frame))), now);
            moved = true;
        }
        if !moved {
            return;
        }
    }
}

#[test]
fn checks_run_every_second_regardless_of_traffic() {
    let (mut actor, mut output) = ready();
    let mut agent = Agent::new(Purpose::Shell, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    for second in 0..5 {
        for part in 0..100 {
            let now = at(second) + Duration::from_millis(10 * part);
            agent.output(&Bytes::from_static(b"x"), now);
            carry(&mut actor, &mut agent, now);
            assert_eq!(output.try_recv(), Ok(ShellOutput::Output(Bytes::from_static(b"x"))));
            assert_eq!(actor.wake(now), at(second + 1), "a byte at {now:?} does not put it off");
        }
        actor.run_checks(at(second + 1));
    }
}

#[test]
fn idle_connection_keeps_its_session_alive_and_an_unused_session_times_out() {
    let (mut actor, _output) = ready();
    actor.session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    actor.target = Some(());
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    // The number of messages to the agent in an hour without traffic, and the longest time between two of them.
    let hour = |actor: &mut Actor<Nobody>, agent: &mut Agent, from: u64| {
        let (mut count, mut last, mut longest) = (0, from, 0);
        for second in from..=from + 3600 {
            checks_of(actor, second..=second);
            if actor.session.channel().waiting() > 0 {
                (count, longest, last) = (count + 1, longest.max(second - last), second);
            }
            carry(actor, agent, at(second));
        }
        assert_eq!(actor.supervisor.state(), &State::Ready);
        (count, longest)
    };
    assert_eq!(hour(&mut actor, &mut agent, 1), (0, 0), "nobody uses it");
    actor.session.open(at(3601)).unwrap();
    carry(&mut actor, &mut agent, at(3601));
    let (count, longest) = hour(&mut actor, &mut agent, 3602);
    assert!((60..=80).contains(&count) && longest < 60, "{count} times, {longest} s apart");
}

#[test]
fn session_is_busy_with_heavy_traffic_or_an_unread_program() {
    let (mut actor, _output) = ready();
    half_closed(&mut actor);
    let count = |actor: &mut Actor<Nobody>, bytes, now| actor.locals.get_mut(&1).unwrap().recent.add(bytes, now);
    count(&mut actor, 256 << 10, at(1));
    assert!(!actor.is_busy(at(1)));
    count(&mut actor, 1, at(1));
    assert_eq!((actor.is_busy(at(1)), actor.is_busy(at(2))), (true, false));
    count(&mut actor, 1 << 20, at(2));
    actor.end(1, at(2));
    assert!(!actor.is_busy(at(2)), "what has ended is in nobody's way");
    actor.bucket.fill(LIMIT);
    assert!(actor.is_busy(at(100)));
}

#[tokio::test]
async fn new_connection_is_reset_after_30_seconds_without_readiness() {
    let (mut actor, _output) = ready();
    actor.publish(at(0));
    assert!(!actor.resets_new(at(100)), "it is ready");
    // The session continues once credentials are renewed, whenever that is.
    actor.handle(Input::Lost("reset".into()), at(100));
    actor.handle(Input::Failed(Failure::new(FailureKind::Credentials, "they have expired")), at(100));
    actor.publish(at(100));
    assert!(matches!(actor.supervisor.state(), State::Resuming(_)));
    assert_eq!((actor.resets_new(at(129)), actor.resets_new(at(130))), (false, true));
    // The same without a session.
    actor.supervisor = Supervisor::new(true);
    actor.publish(at(220));
    assert!(actor.resets_new(at(221)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = tokio::net::TcpStream::connect(listener.local_addr().unwrap());
    let (program, accepted) = tokio::join!(program, listener.accept());
    actor.assign(Accepted::Tcp(accepted.unwrap().0), at(230));
    let read = tokio::io::AsyncReadExt::read_u8(&mut program.unwrap()).await;
    assert_eq!(read.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset), "no end without a byte");
    actor.supervisor = Supervisor::new(true);
    for input in [Input::Resolved, Input::Started, CONNECTED, Input::HandshakeComplete] {
        actor.supervisor.handle(input, at(300));
    }
    actor.publish(at(300));
    assert!(!actor.resets_new(at(400)), "it is ready again");
}

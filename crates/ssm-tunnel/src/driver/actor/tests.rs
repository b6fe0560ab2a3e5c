//! The driver's loop against an agent of its own, without a socket to AWS.

use super::*;
use crate::agent::Agent;
use crate::carried::{Event, SendRate};
use crate::driver::bucket::LIMIT;
use crate::driver::gate::Credentials;
use crate::supervisor::{Action, Closed, FailureKind};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// A gate that is asked nothing in these tests.
struct Nobody;

impl Gate for Nobody {
    type Target = ();

    async fn resolve(&self) -> Result<(), Failure> {
        pending().await
    }

    fn describe(&self, (): &()) -> String {
        String::new()
    }

    async fn start(&self, (): &()) -> Result<Granted, Failure> {
        pending().await
    }

    async fn resume(&self, _: &str) -> Result<(Option<String>, Token), Failure> {
        pending().await
    }

    async fn terminate(&self, _: &str) -> Result<(), Failure> {
        pending().await
    }

    async fn gone(&self, (): &()) -> Option<String> {
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

/// One that is ready since the moment zero, and what comes out of it.
fn ready() -> (Actor<Nobody>, mpsc::UnboundedReceiver<ShellOutput>) {
    ready_with(Arc::new(Nobody))
}

/// The same with a gate of its own.
pub(super) fn ready_with<G: Gate>(gate: Arc<G>) -> (Actor<G>, mpsc::UnboundedReceiver<ShellOutput>) {
    let (_, input) = mpsc::channel(1);
    let (output, said) = mpsc::unbounded_channel();
    (ready_to(gate, Served::Shell { input, output }), said)
}

/// One that serves this.
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
async fn what_the_agent_asks_for_in_its_handshake_and_cannot_have_is_told_at_once_and_not_asked_for_again() {
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

/// A connection whose program sends nothing more since the moment zero.
fn half_closed(actor: &mut Actor<Nobody>) {
    let (queue, _) = mpsc::unbounded_channel();
    let (reset, _) = oneshot::channel();
    let recent = Recent::default();
    actor.locals.insert(1, Local { stream: 3, queue, reset, eof: None, unanswered: None, heard: false, recent });
    actor.keys.insert(3, 1);
    actor.local(FromLocal::Eof(1), at(0));
}

/// The same of one that goes on sending.
fn connected(actor: &mut Actor<Nobody>) {
    half_closed(actor);
    actor.locals.get_mut(&1).unwrap().eof = None;
}

/// Looks around once a second; how many connections there are afterwards.
fn looks(actor: &mut Actor<Nobody>, seconds: RangeInclusive<u64>) -> usize {
    for second in seconds {
        // Others have bytes: the link is there.
        actor.link_heard = at(second);
        actor.look(at(second));
    }
    actor.locals.len()
}

#[test]
fn a_program_that_sends_nothing_more_is_waited_for_half_a_minute_after_the_last_byte_for_it() {
    let (mut actor, _said) = ready();
    half_closed(&mut actor);
    assert_eq!((looks(&mut actor, 1..=29), looks(&mut actor, 30..=30)), (1, 0));
}

#[test]
fn time_without_a_link_does_not_count_against_a_program_that_waits_for_its_answer() {
    let (mut actor, _said) = ready();
    half_closed(&mut actor);
    assert_eq!(looks(&mut actor, 1..=20), 1);
    actor.handle(Input::Lost("reset".into()), at(20));
    assert_eq!(looks(&mut actor, 21..=100), 1);
    actor.supervisor.handle(CONNECTED, at(100));
    assert_eq!(actor.supervisor.state(), &State::Ready);
    assert_eq!((looks(&mut actor, 101..=129), looks(&mut actor, 130..=130)), (1, 0));
}

#[test]
fn time_in_which_nothing_is_read_does_not_count_against_a_program_that_waits_for_its_answer() {
    let (mut actor, _said) = ready();
    half_closed(&mut actor);
    actor.bucket.fill(LIMIT);
    assert_eq!(looks(&mut actor, 1..=100), 1);
    actor.bucket.drain(LIMIT);
    assert_eq!((looks(&mut actor, 101..=129), looks(&mut actor, 130..=130)), (1, 0));
}

#[test]
fn a_far_side_that_answers_with_nothing_is_told_after_five_seconds_until_it_answers() {
    let (mut actor, _said) = ready();
    connected(&mut actor);
    let told = |actor: &mut Actor<Nobody>, second: u64| {
        looks(actor, second..=second);
        actor.tell(at(second));
        let status = actor.status.borrow().clone();
        (status.silent, status.failure.is_some(), status.hint.is_some())
    };
    assert_eq!(told(&mut actor, 100), (0, false, false), "nothing was sent");
    actor.local(FromLocal::Data(1, Bytes::from_static(b"one")), at(100));
    actor.local(FromLocal::Data(1, Bytes::from_static(b"more")), at(103));
    assert_eq!(told(&mut actor, 107), (0, false, false), "it is still sending");
    assert_eq!(told(&mut actor, 108), (1, true, true));
    // Without a link nothing could come.
    actor.linger_anew(at(109));
    assert_eq!(told(&mut actor, 113), (0, false, false));
    assert_eq!(told(&mut actor, 114), (1, true, true));
    actor.event(Event::Data(3, Bytes::from_static(b"answer")), at(114));
    actor.local(FromLocal::Data(1, Bytes::from_static(b"a question that takes longer")), at(115));
    assert_eq!(told(&mut actor, 200), (0, false, false));
    // Who has left does not wait.
    connected(&mut actor);
    actor.local(FromLocal::Data(1, Bytes::from_static(b"one")), at(200));
    actor.local(FromLocal::Eof(1), at(201));
    assert_eq!(told(&mut actor, 206), (0, false, false));
}

#[test]
fn a_program_that_does_not_read_is_told_after_five_seconds_until_it_reads() {
    let (mut actor, _said) = ready();
    let told = |actor: &mut Actor<Nobody>, second: u64| {
        actor.tell(at(second));
        actor.status.borrow().reason()
    };
    actor.bucket.fill(LIMIT);
    assert_eq!((told(&mut actor, 10), told(&mut actor, 14)), (None, None));
    let why = told(&mut actor, 15).unwrap();
    assert!(why.contains("has read nothing"), "{why}");
    assert!(actor.status.borrow().hint.is_some());
    actor.bucket.drain(1);
    assert_eq!(told(&mut actor, 16), None);
    // One that reads slowly is none that does not.
    actor.bucket.fill(1);
    assert_eq!((told(&mut actor, 17), told(&mut actor, 21)), (None, None));
}

#[test]
fn what_is_said_of_the_target_before_is_not_said_of_the_next() {
    let (mut actor, _said) = ready();
    actor.check = Some(Box::pin(async { Some("it is gone".to_owned()) }));
    actor.act(vec![Action::Resolve]);
    assert!(actor.check.is_none());
}

#[test]
fn an_agent_that_acknowledges_nothing_is_not_told_as_a_far_side_that_is_silent() {
    let (mut actor, _said) = ready();
    actor.session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    let stream = actor.session.open(at(1)).unwrap();
    carry(&mut actor, &mut agent, at(1));
    connected(&mut actor);
    actor.locals.get_mut(&1).unwrap().stream = stream;
    actor.local(FromLocal::Data(1, Bytes::from_static(b"one")), at(2));
    looks(&mut actor, 3..=9);
    assert_eq!(actor.silent, 0);
    carry(&mut actor, &mut agent, at(9));
    looks(&mut actor, 10..=10);
    assert_eq!(actor.silent, 1, "the agent has it, and nobody answers");
}

/// Carries messages both ways until there are none.
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
fn it_looks_around_once_a_second_however_much_comes_meanwhile() {
    let (mut actor, mut said) = ready();
    let mut agent = Agent::new(Purpose::Shell, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    for second in 0..5 {
        for part in 0..100 {
            let now = at(second) + Duration::from_millis(10 * part);
            agent.output(&Bytes::from_static(b"x"), now);
            carry(&mut actor, &mut agent, now);
            assert_eq!(said.try_recv(), Ok(ShellOutput::Output(Bytes::from_static(b"x"))));
            assert_eq!(actor.wake(now), at(second + 1), "a byte at {now:?} does not put it off");
        }
        actor.look(at(second + 1));
    }
}

#[test]
fn a_connection_that_says_nothing_keeps_its_session_and_a_session_without_one_is_left_to_time_out() {
    let (mut actor, _said) = ready();
    actor.session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    actor.target = Some(());
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    // How often something is said to the agent in an hour of silence, and the longest time in between.
    let hour = |actor: &mut Actor<Nobody>, agent: &mut Agent, from: u64| {
        let (mut said, mut last, mut longest) = (0, from, 0);
        for second in from..=from + 3600 {
            looks(actor, second..=second);
            if actor.session.channel().waiting() > 0 {
                (said, longest, last) = (said + 1, longest.max(second - last), second);
            }
            carry(actor, agent, at(second));
        }
        assert_eq!(actor.supervisor.state(), &State::Ready);
        (said, longest)
    };
    assert_eq!(hour(&mut actor, &mut agent, 1), (0, 0), "nobody uses it");
    actor.session.open(at(3601)).unwrap();
    carry(&mut actor, &mut agent, at(3601));
    let (said, longest) = hour(&mut actor, &mut agent, 3602);
    assert!((60..=80).contains(&said) && longest < 60, "{said} times, {longest} s apart");
}

#[test]
fn it_is_busy_while_much_goes_through_connections_that_are_open_or_a_program_does_not_read() {
    let (mut actor, _said) = ready();
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
async fn who_connects_while_it_was_not_ready_for_half_a_minute_is_reset_and_waits_before_that() {
    let (mut actor, _said) = ready();
    actor.tell(at(0));
    assert!(!actor.resets_new(at(100)), "it is ready");
    // The session goes on once credentials are renewed, whenever that is.
    actor.handle(Input::Lost("reset".into()), at(100));
    actor.handle(Input::Failed(Failure::new(FailureKind::Credentials, "they have expired")), at(100));
    actor.tell(at(100));
    assert!(matches!(actor.supervisor.state(), State::Resuming(_)));
    assert_eq!((actor.resets_new(at(129)), actor.resets_new(at(130))), (false, true));
    // The same without a session.
    actor.supervisor = Supervisor::new(true);
    actor.tell(at(220));
    assert!(actor.resets_new(at(221)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = tokio::net::TcpStream::connect(listener.local_addr().unwrap());
    let (program, accepted) = tokio::join!(program, listener.accept());
    actor.connects(Accepted::Tcp(accepted.unwrap().0), at(230));
    let read = tokio::io::AsyncReadExt::read_u8(&mut program.unwrap()).await;
    assert_eq!(read.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset), "no end without a byte");
    actor.supervisor = Supervisor::new(true);
    for input in [Input::Resolved, Input::Started, CONNECTED, Input::HandshakeComplete] {
        actor.supervisor.handle(input, at(300));
    }
    actor.tell(at(300));
    assert!(!actor.resets_new(at(400)), "it is ready again");
}

//! Who connects while the target is about to end.

use super::*;
use crate::agent::Agent;
use crate::carried::{Purpose, SendRate};
use crate::driver::actor::tests::{carry, ready_to};
use crate::driver::gate::{Credentials, Granted, Token};
use crate::driver::listener::{Listener, Local};
use crate::session::Session;
use crate::supervisor::{Failure, State};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;

/// The target `old` is about to end. How often another one was looked for, which is not found.
#[derive(Default)]
struct Leaves(AtomicUsize);

impl Gate for Leaves {
    type Target = &'static str;

    async fn resolve(&self) -> Result<&'static str, Failure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        pending().await
    }

    fn describe(&self, target: &&'static str) -> String {
        (*target).to_owned()
    }

    async fn start(&self, _: &&'static str) -> Result<Granted, Failure> {
        pending().await
    }

    async fn resume(&self, _: &str) -> Result<(Option<String>, Token), Failure> {
        pending().await
    }

    async fn terminate(&self, _: &str) -> Result<(), Failure> {
        pending().await
    }

    async fn gone(&self, _: &&'static str) -> Option<String> {
        None
    }

    fn is_leaving(&self, target: &&'static str) -> bool {
        *target == "old"
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        pending().await
    }
}

fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn who_connects_while_the_target_is_about_to_end_is_led_to_another_and_what_goes_through_it_goes_on() {
    let gate = Arc::new(Leaves::default());
    let listener = Listener::bind(&Local::from(SocketAddr::from(([127, 0, 0, 1], 0)))).await.unwrap();
    let local = listener.local().unwrap().address().unwrap();
    let mut programs = Vec::new();
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let (program, socket) = tokio::join!(TcpStream::connect(local), listener.accept());
        programs.push(program.unwrap());
        sockets.push(socket.unwrap());
    }
    let mut actor = ready_to(Arc::clone(&gate), Served::Port(listener));
    actor.session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    actor.target = Some("old");
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.start(&[], at(0));
    carry(&mut actor, &mut agent, at(0));
    let (second, first) = (sockets.pop().unwrap(), sockets.pop().unwrap());
    actor.connects(first, at(1));
    assert_eq!(actor.locals.len(), 1);
    actor.sees_leaving();
    actor.look(at(2));
    assert_eq!(actor.supervisor.state(), &State::Ready, "it has a connection");
    // The next one waits for a session to another target, and goes through this one all the same where none is to be had.
    actor.connects(second, at(2));
    assert!(actor.further.waiting.is_some() && actor.locals.len() == 1);
    while gate.0.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    actor.spread(at(5));
    assert!(actor.further.waiting.is_none() && actor.locals.len() == 2);
    // Without a connection it leads elsewhere itself.
    for key in [0, 1] {
        actor.end(key, at(6));
    }
    actor.look(at(6));
    assert!(matches!(actor.supervisor.state(), State::Replacing(_)), "{:?}", actor.supervisor.state());
    assert!(!actor.leaving && actor.pending.is_some(), "another target is looked for");
}

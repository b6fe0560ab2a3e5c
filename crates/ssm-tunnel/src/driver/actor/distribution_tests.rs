//! New connections while the target is about to end.

use super::*;
use crate::agent::Agent;
use crate::driver::actor::tests::{carry, ready_to};
use crate::driver::gate::{Credentials, OpenSession, Token};
use crate::driver::listener::{Listener, Local};
use crate::purpose::{Purpose, SendRate};
use crate::session::Session;
use crate::supervisor::{Failure, State};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;

/// A gate with a target `old` that is about to end. Counts the lookups of another target, which never complete.
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

    async fn start(&self, _: &&'static str) -> Result<OpenSession, Failure> {
        pending().await
    }

    async fn resume(&self, _: &str) -> Result<(Option<String>, Token), Failure> {
        pending().await
    }

    async fn terminate(&self, _: &str) -> Result<(), Failure> {
        pending().await
    }

    async fn find_gone_reason(&self, _: &&'static str) -> Option<String> {
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
async fn leaving_target_keeps_its_connections_and_new_ones_go_to_another() {
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
    actor.assign(first, at(1));
    assert_eq!(actor.locals.len(), 1);
    actor.check_leaving();
    actor.run_checks(at(2));
    assert_eq!(actor.supervisor.state(), &State::Ready, "it has a connection");
    // The next connection waits for a session to another target, and falls back to this one if none becomes available.
    actor.assign(second, at(2));
    assert!(actor.extra.waiting.is_some() && actor.locals.len() == 1);
    while gate.0.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    actor.update_extra(at(5));
    assert!(actor.extra.waiting.is_none() && actor.locals.len() == 2);
    // Once it has no connections, the first session itself moves to another target.
    for key in [0, 1] {
        actor.end(key, at(6));
    }
    actor.run_checks(at(6));
    assert!(matches!(actor.supervisor.state(), State::Replacing(_)), "{:?}", actor.supervisor.state());
    assert!(!actor.leaving && actor.pending.is_some(), "another target is looked for");
}

//! Sessions that end while their request to AWS is still pending, and terminations that AWS does not answer.

use super::*;
use crate::driver::actor::tests::ready_with;
use crate::driver::gate::{Credentials, Token};
use crate::supervisor::{Action, Input};
use std::future::pending;
use std::sync::Mutex;
use tokio::sync::Notify;

/// Opens a session once `opened` is notified; ends sessions, or never answers if `answers` is false.
#[derive(Default)]
struct Slow {
    begun: Notify,
    opened: Notify,
    answers: bool,
    ended: Mutex<Vec<String>>,
}

impl Gate for Slow {
    type Target = ();

    async fn resolve(&self) -> Result<(), Failure> {
        pending().await
    }

    fn describe(&self, (): &()) -> String {
        String::new()
    }

    async fn start(&self, (): &()) -> Result<OpenSession, Failure> {
        self.begun.notify_one();
        self.opened.notified().await;
        Ok(OpenSession { session_id: "s-1".into(), url: String::new(), token: String::new().into() })
    }

    async fn resume(&self, _: &str) -> Result<(Option<String>, Token), Failure> {
        pending().await
    }

    async fn terminate(&self, id: &str) -> Result<(), Failure> {
        if !self.answers {
            return pending().await;
        }
        self.ended.lock().unwrap().push(id.to_owned());
        Ok(())
    }

    async fn find_gone_reason(&self, (): &()) -> Option<String> {
        pending().await
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        pending().await
    }
}

/// Stops an actor while it waits for AWS to open a session.
async fn left_while_opening(gate: &Arc<Slow>) -> Actor<Slow> {
    let (mut actor, _output) = ready_with(Arc::clone(gate));
    actor.target = Some(());
    actor.act(vec![Action::Start]);
    tokio::select! {
        biased;
        _ = actor.pending.as_mut().unwrap() => panic!("AWS has not answered"),
        () = gate.begun.notified() => {}
    }
    actor.handle(Input::Stop, Duration::from_secs(1));
    actor
}

#[tokio::test]
async fn session_opened_after_it_was_abandoned_is_terminated() {
    let gate = Arc::new(Slow { answers: true, ..Slow::default() });
    let mut actor = left_while_opening(&gate).await;
    gate.opened.notify_one();
    actor.wait_for_tasks().await;
    assert_eq!(*gate.ended.lock().unwrap(), ["s-1"]);
    assert_eq!(actor.status.borrow().not_ended, None);
}

#[tokio::test]
async fn session_with_unknown_outcome_is_reported_as_not_ended() {
    let gate = Arc::new(Slow { answers: true, ..Slow::default() });
    let (mut actor, _output) = ready_with(Arc::clone(&gate));
    actor.ending = Duration::from_millis(1);
    actor.terminate_once_opened(Box::pin(pending()));
    actor.wait_for_tasks().await;
    let reason = actor.status.borrow().not_ended.clone().unwrap();
    assert!(reason.contains("whether it was opened"), "{reason}");
}

#[tokio::test]
async fn termination_without_an_answer_is_reported_as_not_ended() {
    let (mut actor, _output) = ready_with(Arc::new(Slow::default()));
    actor.ending = Duration::from_millis(1);
    actor.terminate("s-1".to_owned());
    actor.wait_for_tasks().await;
    assert!(actor.status.borrow().not_ended.as_ref().is_some_and(|why| why.contains("no answer")));
    // The same for the loop of an extra session that does not end.
    let (mut actor, _output) = ready_with(Arc::new(Slow::default()));
    actor.ending = Duration::from_millis(1);
    actor.endings.spawn(pending());
    actor.wait_for_tasks().await;
    assert!(actor.status.borrow().not_ended.is_some());
}

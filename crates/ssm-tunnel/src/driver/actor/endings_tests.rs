//! Sessions that are ended while AWS is still being asked for them, and ends that AWS does not answer.

use super::*;
use crate::driver::actor::tests::ready_with;
use crate::driver::gate::{Credentials, Token};
use crate::supervisor::{Action, Input};
use std::future::pending;
use std::sync::Mutex;
use tokio::sync::Notify;

/// Opens a session when it is let, and ends one or does not answer.
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

    async fn start(&self, (): &()) -> Result<Granted, Failure> {
        self.begun.notify_one();
        self.opened.notified().await;
        Ok(Granted { session_id: "s-1".into(), url: String::new(), token: String::new().into() })
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

    async fn gone(&self, (): &()) -> Option<String> {
        pending().await
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        pending().await
    }
}

/// One that waits for AWS to open a session when it is to end.
async fn left_while_opening(gate: &Arc<Slow>) -> Actor<Slow> {
    let (mut actor, _said) = ready_with(Arc::clone(gate));
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
async fn a_session_that_is_opened_when_nobody_waits_for_it_any_more_is_ended() {
    let gate = Arc::new(Slow { answers: true, ..Slow::default() });
    let mut actor = left_while_opening(&gate).await;
    gate.opened.notify_one();
    actor.see_off().await;
    assert_eq!(*gate.ended.lock().unwrap(), ["s-1"]);
    assert_eq!(actor.status.borrow().not_ended, None);
}

#[tokio::test]
async fn a_session_of_which_it_is_not_known_whether_it_was_opened_is_told() {
    let gate = Arc::new(Slow { answers: true, ..Slow::default() });
    let (mut actor, _said) = ready_with(Arc::clone(&gate));
    actor.ending = Duration::from_millis(1);
    actor.terminate_once_opened(Box::pin(pending()));
    actor.see_off().await;
    let told = actor.status.borrow().not_ended.clone().unwrap();
    assert!(told.contains("whether it was opened"), "{told}");
}

#[tokio::test]
async fn an_end_that_aws_does_not_answer_is_told() {
    let (mut actor, _said) = ready_with(Arc::new(Slow::default()));
    actor.ending = Duration::from_millis(1);
    actor.terminate("s-1".to_owned());
    actor.see_off().await;
    assert!(actor.status.borrow().not_ended.as_ref().is_some_and(|why| why.contains("no answer")));
    // Also where it is that of a session beside it, whose own loop does not end.
    let (mut actor, _said) = ready_with(Arc::new(Slow::default()));
    actor.ending = Duration::from_millis(1);
    actor.endings.spawn(pending());
    actor.see_off().await;
    assert!(actor.status.borrow().not_ended.is_some());
}

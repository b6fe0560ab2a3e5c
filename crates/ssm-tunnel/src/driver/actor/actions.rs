//! Performs the supervisor's actions and processes their outcomes.

use super::{ACTION_LIMIT, Actor, BATCH, Boxed, Outcome, Served, TARGET_CHECK_INTERVAL, write};
use crate::driver::dial::{Link, dial};
use crate::driver::gate::{Gate, Options};
use crate::purpose::Purpose;
use crate::session::Session;
use crate::supervisor::{Action, Failure, Input};
use crate::time::Time;
use futures_util::StreamExt;
use std::future::Future;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

impl<G: Gate> Actor<G> {
    pub(super) fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Resolve => {
                    self.target = None;
                    self.leaving = false;
                    // A pending check of the previous target must not be applied to the next one.
                    self.check = None;
                    let gate = self.gate.clone();
                    let known = match &self.served {
                        Served::Extra { target, .. } => target.clone(),
                        Served::Port(_) | Served::Shell { .. } => None,
                    };
                    let found = async move {
                        match known {
                            Some(target) => Ok(target),
                            None => gate.resolve().await,
                        }
                    };
                    self.set_pending(with_timeout(found, Outcome::Resolved));
                }
                Action::Start => {
                    let Some(target) = self.target.clone() else { continue };
                    let gate = self.gate.clone();
                    self.session = new_session(self.purpose, &self.options, self.epoch_ms);
                    let mut opening: Boxed<_> = Box::pin(async move { gate.start(&target).await });
                    self.set_pending(Box::pin(async move {
                        match timeout(ACTION_LIMIT, &mut opening).await {
                            Ok(started) => Outcome::Started(started),
                            Err(_) => Outcome::Late(opening),
                        }
                    }));
                    self.pending_opens = true;
                }
                Action::Resume => {
                    let Some(granted) = &self.granted else { continue };
                    let (gate, id) = (self.gate.clone(), granted.session_id.clone());
                    self.set_pending(with_timeout(async move { gate.resume(&id).await }, Outcome::Resumed));
                }
                Action::Connect => {
                    let Some(granted) = &self.granted else { continue };
                    let (gate, url, options) = (self.gate.clone(), granted.url.clone(), self.options.clone());
                    let dialled = async move {
                        let credentials = gate.credentials().await?;
                        dial(&url, credentials, gate.now(), &options).await.map(Box::new)
                    };
                    self.set_pending(with_timeout(dialled, Outcome::Connected));
                }
                Action::Disconnect => {
                    self.leave_pending();
                    self.disconnect();
                }
                Action::ResendAll => {
                    let now = self.now();
                    self.session.resumed(now);
                }
                Action::DiscardSession => {
                    self.granted = None;
                    self.keys.clear();
                    self.locals.clear();
                    self.extra.retire();
                    self.session = new_session(self.purpose, &self.options, self.epoch_ms);
                }
                Action::Terminate => {
                    let Some(granted) = &self.granted else { continue };
                    self.terminate(granted.session_id.clone());
                }
            }
        }
    }

    fn set_pending(&mut self, pending: Boxed<Outcome<G::Target>>) {
        self.pending = Some(pending);
        self.pending_opens = false;
    }

    pub(super) fn handle_outcome(&mut self, outcome: Outcome<G::Target>, now: Time) {
        self.pending_opens = false;
        let input = match outcome {
            Outcome::Resolved(Ok(target)) => {
                let words = self.gate.describe(&target);
                self.status.send_modify(|status| status.target = Some(words));
                self.target = Some(target);
                self.next_check = now + TARGET_CHECK_INTERVAL;
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
                // While reading is paused, no answer can arrive.
                let unacknowledged = self.session.channel().unacknowledged() > 0 && !self.bucket.is_full();
                Input::Connected { unacknowledged }
            }
            Outcome::Late(opening) => {
                self.terminate_once_opened(opening);
                Input::Failed(late())
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
        self.link_last_received = now;
        self.pinged = None;
        self.waiting_since = None;
        self.restart_waits(now);
    }
}

/// Creates a session that has no link yet, with new random ids.
pub(super) fn new_session(purpose: Purpose, options: &Options, epoch_ms: u64) -> Session {
    Session::new(purpose, options.pace, epoch_ms, Uuid::new_v4().as_u128())
}

fn with_timeout<T: 'static, O: 'static>(
    future: impl Future<Output = Result<T, Failure>> + Send + 'static,
    outcome: fn(Result<T, Failure>) -> Outcome<O>,
) -> Boxed<Outcome<O>> {
    Box::pin(async move { outcome(timeout(ACTION_LIMIT, future).await.unwrap_or_else(|_| Err(late()))) })
}

fn late() -> Failure {
    Failure::transient(format!("no answer in {} s", ACTION_LIMIT.as_secs()))
}

//! Extra sessions besides the first one.

use super::*;
use crate::supervisor::FailureKind;

/// The loop's end of an extra session.
struct Loop {
    handed: mpsc::Receiver<Accepted>,
    stop: watch::Receiver<bool>,
    status: watch::Sender<Status>,
}

impl Loop {
    fn set(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(change);
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

/// Adds an extra session that is being opened.
fn opened(extra: &mut ExtraSessions, now: Time) -> Loop {
    assert_eq!(extra.place(now), Place::New);
    let (sender, handed) = mpsc::channel(HANDED);
    let (stop, on_stop) = watch::channel(false);
    let (status, on_status) = watch::channel(Status::new());
    extra.add(ExtraSession::new(sender, stop, on_status, now));
    Loop { handed, stop: on_stop, status }
}

/// Adds an extra session that is ready.
fn ready(extra: &mut ExtraSessions, now: Time) -> Loop {
    let one = opened(extra, now);
    one.set(|status| status.state = State::Ready);
    extra.settle(true, now);
    one
}

fn closed(one: &Loop, kind: FailureKind, why: &str) {
    one.set(|status| status.state = State::Closed(Closed::Failed(Failure::new(kind, why))));
}

#[test]
fn connection_waits_two_seconds_at_most_for_an_opening_session() {
    let mut extra = ExtraSessions::default();
    let one = opened(&mut extra, at(10));
    assert_eq!((extra.place(at(10)), extra.wake()), (Place::Opening, Some(at(12))));
    assert_eq!(extra.place(at(12)), Place::First, "the first carries it, however slowly");
    extra.settle(true, at(12));
    assert!(extra.failure().unwrap().message.ends_with("it was not ready in 2 s"), "{:?}", extra.failure());
    one.set(|status| status.state = State::Ready);
    extra.settle(true, at(13));
    assert_eq!((extra.place(at(13)), extra.failure(), extra.len()), (Place::Extra(0), None, 1));
}

#[test]
fn at_most_two_extra_sessions_are_opened() {
    let mut extra = ExtraSessions::default();
    let sessions = [ready(&mut extra, at(0))];
    sessions[0].set(|status| status.busy = true);
    extra.settle(true, at(0));
    let second = ready(&mut extra, at(0));
    assert_eq!(extra.place(at(0)), Place::Extra(1));
    second.set(|status| status.busy = true);
    extra.settle(true, at(1));
    assert_eq!(extra.place(at(1)), Place::First);
    sessions[0].set(|status| status.busy = false);
    extra.settle(true, at(2));
    assert_eq!(extra.place(at(2)), Place::Extra(0));
}

#[test]
fn refused_extra_session_is_reported_and_not_retried_at_once() {
    let mut extra = ExtraSessions::default();
    let one = opened(&mut extra, at(0));
    closed(&one, FailureKind::Refused, "not authorized to perform ssm:StartSession");
    extra.settle(true, at(1));
    let why = &extra.failure().unwrap().message;
    assert!(why.ends_with("no other could be opened: not authorized to perform ssm:StartSession"), "{why}");
    assert_eq!((extra.place(at(60)), extra.place(at(61))), (Place::First, Place::New));
    extra.settle(false, at(60));
    assert!(extra.failure().is_some(), "it still holds");
    // There is no longer a transfer that others would have to share a session with.
    extra.settle(false, at(62));
    assert_eq!(extra.failure(), None);
}

#[test]
fn extra_session_ends_after_a_minute_without_connections() {
    let mut extra = ExtraSessions::default();
    let one = ready(&mut extra, at(0));
    one.set(|status| status.open = 1);
    for second in 1..200 {
        extra.settle(true, at(second));
    }
    one.set(|status| status.open = 0);
    extra.settle(true, at(258));
    assert!(!one.is_stopped());
    extra.settle(true, at(259));
    assert!(one.is_stopped());
    assert_eq!(extra.place(at(259)), Place::New, "what ends takes no connection");
    one.set(|status| status.state = State::Closed(Closed::Stopped));
    extra.settle(true, at(260));
    assert_eq!((extra.len(), extra.state(), extra.deltas.lost), (0, None, 0));
}

#[test]
fn bytes_of_extra_sessions_are_counted_once() {
    let mut extra = ExtraSessions::default();
    let one = ready(&mut extra, at(0));
    one.set(|status| (status.sent, status.received, status.connections, status.open) = (1, 20, 2, 2));
    extra.settle(true, at(1));
    extra.settle(true, at(2));
    one.set(|status| (status.sent, status.resumes, status.refused, status.damaged) = (3, 1, 1, 4));
    extra.settle(true, at(3));
    assert_eq!(extra.deltas, CounterDeltas { sent: 3, received: 20, connections: 2, refused: 1, lost: 0 });
    assert_eq!((extra.open(), extra.resumes, extra.damaged), (2, 1, 4));
}

#[test]
fn lost_link_and_lost_session_with_connections_are_reported() {
    let mut extra = ExtraSessions::default();
    let one = ready(&mut extra, at(0));
    let lost = || State::Resuming("reset".into());
    one.set(|status| status.state = lost());
    extra.settle(true, at(1));
    assert_eq!((extra.state(), extra.place(at(1))), (None, Place::New), "nobody waits for it");
    one.set(|status| (status.open, status.hint) = (1, Some("log in".into())));
    extra.settle(true, at(2));
    assert_eq!(extra.state(), Some((lost(), Some("log in".into()))));
    closed(&one, FailureKind::Gone, "it timed out");
    extra.settle(true, at(3));
    let state = extra.state().unwrap().0;
    assert!(state.reason().unwrap().ends_with("lost with its connections: it timed out"), "{state:?}");
    assert_eq!((extra.state(), extra.deltas.lost, extra.failure()), (None, 1, None));
}

#[test]
fn retired_sessions_take_no_connections_and_end_with_their_last() {
    let mut extra = ExtraSessions::default();
    let one = ready(&mut extra, at(0));
    one.set(|status| status.open = 1);
    extra.settle(true, at(100));
    extra.retire();
    assert_eq!(extra.place(at(100)), Place::New);
    extra.settle(true, at(200));
    assert!(!one.is_stopped());
    one.set(|status| status.open = 0);
    extra.settle(true, at(201));
    assert!(one.is_stopped());
}

#[tokio::test]
async fn connection_for_a_gone_session_is_returned_and_reset_at_the_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = tokio::net::TcpStream::connect(listener.local_addr().unwrap());
    let (program, accepted) = tokio::join!(program, listener.accept());
    let mut extra = ExtraSessions::default();
    let mut one = ready(&mut extra, at(0));
    one.handed.close();
    let back = extra.pass(0, Accepted::Tcp(accepted.unwrap().0), at(0)).unwrap();
    extra.waiting = Some(back);
    extra.stop();
    assert!(one.is_stopped());
    let read = tokio::io::AsyncReadExt::read_u8(&mut program.unwrap()).await;
    assert_eq!(read.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset), "no end without a byte");
}

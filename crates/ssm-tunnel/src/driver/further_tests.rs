//! Sessions beside the first one.

use super::*;
use crate::supervisor::FailureKind;

/// The end of a session beside the first that its loop holds.
struct Loop {
    handed: mpsc::Receiver<Accepted>,
    stop: watch::Receiver<bool>,
    status: watch::Sender<Status>,
}

impl Loop {
    fn is(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(change);
    }

    fn is_told_to_stop(&self) -> bool {
        *self.stop.borrow()
    }
}

fn at(seconds: u64) -> Time {
    Duration::from_secs(seconds)
}

/// Opens one.
fn opened(further: &mut Further, now: Time) -> Loop {
    assert_eq!(further.place(now), Place::Another);
    let (hand, handed) = mpsc::channel(HANDED);
    let (stop, on_stop) = watch::channel(false);
    let (status, on_status) = watch::channel(Status::new());
    further.add(One::new(hand, stop, on_status, now));
    Loop { handed, stop: on_stop, status }
}

/// Opens one that is ready.
fn ready(further: &mut Further, now: Time) -> Loop {
    let one = opened(further, now);
    one.is(|status| status.state = State::Ready);
    further.settle(true, now);
    one
}

fn closed(one: &Loop, kind: FailureKind, why: &str) {
    one.is(|status| status.state = State::Closed(Closed::Failed(Failure::new(kind, why))));
}

#[test]
fn who_connects_waits_a_moment_for_one_that_is_opened_and_is_not_kept_waiting() {
    let mut further = Further::default();
    let one = opened(&mut further, at(10));
    assert_eq!((further.place(at(10)), further.wake()), (Place::Soon, Some(at(12))));
    assert_eq!(further.place(at(12)), Place::First, "the first carries it, however slowly");
    further.settle(true, at(12));
    assert!(further.failure().unwrap().message.ends_with("it was not ready in 2 s"), "{:?}", further.failure());
    one.is(|status| status.state = State::Ready);
    further.settle(true, at(13));
    assert_eq!((further.place(at(13)), further.failure(), further.len()), (Place::Beside(0), None, 1));
}

#[test]
fn there_are_two_beside_the_first_at_most() {
    let mut further = Further::default();
    let all = [ready(&mut further, at(0))];
    all[0].is(|status| status.busy = true);
    further.settle(true, at(0));
    let second = ready(&mut further, at(0));
    assert_eq!(further.place(at(0)), Place::Beside(1));
    second.is(|status| status.busy = true);
    further.settle(true, at(1));
    assert_eq!(further.place(at(1)), Place::First);
    all[0].is(|status| status.busy = false);
    further.settle(true, at(2));
    assert_eq!(further.place(at(2)), Place::Beside(0));
}

#[test]
fn one_that_is_refused_is_said_and_not_asked_for_again_at_once() {
    let mut further = Further::default();
    let one = opened(&mut further, at(0));
    closed(&one, FailureKind::Refused, "not authorized to perform ssm:StartSession");
    further.settle(true, at(1));
    let why = &further.failure().unwrap().message;
    assert!(why.ends_with("no other could be opened: not authorized to perform ssm:StartSession"), "{why}");
    assert_eq!((further.place(at(60)), further.place(at(61))), (Place::First, Place::Another));
    further.settle(false, at(60));
    assert!(further.failure().is_some(), "it still holds");
    // Nobody is beside a transfer any more.
    further.settle(false, at(62));
    assert_eq!(further.failure(), None);
}

#[test]
fn one_without_a_connection_ends_after_a_minute_and_not_while_it_has_one() {
    let mut further = Further::default();
    let one = ready(&mut further, at(0));
    one.is(|status| status.open = 1);
    for second in 1..200 {
        further.settle(true, at(second));
    }
    one.is(|status| status.open = 0);
    further.settle(true, at(258));
    assert!(!one.is_told_to_stop());
    further.settle(true, at(259));
    assert!(one.is_told_to_stop());
    assert_eq!(further.place(at(259)), Place::Another, "what ends takes no connection");
    one.is(|status| status.state = State::Closed(Closed::Stopped));
    further.settle(true, at(260));
    assert_eq!((further.len(), further.state(), further.fresh.lost), (0, None, 0));
}

#[test]
fn bytes_of_further_sessions_are_counted_once() {
    let mut further = Further::default();
    let one = ready(&mut further, at(0));
    one.is(|status| (status.sent, status.received, status.connections, status.open) = (1, 20, 2, 2));
    further.settle(true, at(1));
    further.settle(true, at(2));
    one.is(|status| (status.sent, status.resumes, status.refused, status.damaged) = (3, 1, 1, 4));
    further.settle(true, at(3));
    assert_eq!(further.fresh, Fresh { sent: 3, received: 20, connections: 2, refused: 1, lost: 0 });
    assert_eq!((further.open(), further.resumes, further.damaged), (2, 1, 4));
}

#[test]
fn a_link_that_connections_wait_for_and_a_session_that_took_them_along_are_told() {
    let mut further = Further::default();
    let one = ready(&mut further, at(0));
    let lost = || State::Resuming("reset".into());
    one.is(|status| status.state = lost());
    further.settle(true, at(1));
    assert_eq!((further.state(), further.place(at(1))), (None, Place::Another), "nobody waits for it");
    one.is(|status| (status.open, status.hint) = (1, Some("log in".into())));
    further.settle(true, at(2));
    assert_eq!(further.state(), Some((lost(), Some("log in".into()))));
    closed(&one, FailureKind::Gone, "it timed out");
    further.settle(true, at(3));
    let told = further.state().unwrap().0;
    assert!(told.reason().unwrap().ends_with("lost with its connections: it timed out"), "{told:?}");
    assert_eq!((further.state(), further.fresh.lost, further.failure()), (None, 1, None));
}

#[test]
fn once_the_first_leads_elsewhere_they_take_nobody_and_end_with_their_last_connection() {
    let mut further = Further::default();
    let one = ready(&mut further, at(0));
    one.is(|status| status.open = 1);
    further.settle(true, at(100));
    further.retire();
    assert_eq!(further.place(at(100)), Place::Another);
    further.settle(true, at(200));
    assert!(!one.is_told_to_stop());
    one.is(|status| status.open = 0);
    further.settle(true, at(201));
    assert!(one.is_told_to_stop());
}

#[tokio::test]
async fn a_connection_for_one_that_is_gone_comes_back_and_who_waits_is_reset_at_the_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = tokio::net::TcpStream::connect(listener.local_addr().unwrap());
    let (program, accepted) = tokio::join!(program, listener.accept());
    let mut further = Further::default();
    let mut one = ready(&mut further, at(0));
    one.handed.close();
    let back = further.hand(0, Accepted::Tcp(accepted.unwrap().0), at(0)).unwrap();
    further.waiting = Some(back);
    further.stop();
    assert!(one.is_told_to_stop());
    let read = tokio::io::AsyncReadExt::read_u8(&mut program.unwrap()).await;
    assert_eq!(read.map_err(|error| error.kind()), Err(std::io::ErrorKind::ConnectionReset), "no end without a byte");
}

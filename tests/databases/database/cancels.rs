//! A cancel reaches the statement that it is meant for, and no other.

use super::{Ask, Desk, Fact, Part, Place, ResultId, SESSION, StatementOutcome, done};
use crate::support::{PATIENCE, message};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Part of the query with which the session inspects its server.
const INSPECTION: &str = "pg_is_in_recovery";
/// The entry recorded for a cancel request.
const CANCEL: &str = "cancel";

/// A server whose answers the test holds back.
struct Slow {
    came: Mutex<Vec<String>>,
    /// Whether it answers queries about itself.
    looks: watch::Sender<bool>,
    /// Whether it answers statements that begin with `set`.
    sets: watch::Sender<bool>,
    /// Whether it handles cancel requests, whose connections it then closes.
    cancels: watch::Sender<bool>,
}

impl Slow {
    /// Starts a server that answers everything until told otherwise.
    async fn start() -> (Arc<Self>, Place) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = || watch::channel(true).0;
        let slow = Arc::new(Self { came: Mutex::default(), looks: gate(), sets: gate(), cancels: gate() });
        let server = Arc::clone(&slow);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&server);
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        (slow, Place { host: "127.0.0.1".into(), port, through: None })
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let length = stream.read_u32().await.ok()?;
            let mut body = vec![0; length as usize - 4];
            stream.read_exact(&mut body).await.ok()?;
            match &body[..4] {
                code if *code == 80_877_103_u32.to_be_bytes() => stream.write_all(b"N").await.ok()?,
                code if *code == 80_877_102_u32.to_be_bytes() => {
                    self.came.lock().unwrap().push(CANCEL.to_owned());
                    return let_through(&self.cancels).await;
                }
                _ => break,
            }
        }
        let hello = [
            message(b'R', &[0, 0, 0, 0]),
            message(b'S', b"server_version\x008.0.2\0"),
            message(b'K', &[0, 0, 0, 7, 0, 0, 0, 7]),
            message(b'Z', b"I"),
        ];
        stream.write_all(&hello.concat()).await.ok()?;
        loop {
            let kind = stream.read_u8().await.ok()?;
            let length = stream.read_u32().await.ok()?;
            let mut body = vec![0; length as usize - 4];
            stream.read_exact(&mut body).await.ok()?;
            if kind != b'Q' {
                return None;
            }
            let statement = String::from_utf8(body[..body.len() - 1].to_vec()).unwrap();
            self.came.lock().unwrap().push(statement.clone());
            let output = if statement.starts_with("set") {
                let_through(&self.sets).await;
                message(b'C', b"SET\0")
            } else if statement.contains("pg_catalog") {
                if statement.contains(INSPECTION) {
                    let_through(&self.looks).await;
                }
                message(b'E', b"SERROR\0VERROR\0C42883\0Mthere is no such function\0\0")
            } else {
                message(b'C', b"SELECT 1\0")
            };
            stream.write_all(&[output, message(b'Z', b"I")].concat()).await.ok()?;
        }
    }

    /// Number of received messages that contain this text.
    fn count(&self, word: &str) -> usize {
        self.came.lock().unwrap().iter().filter(|came| came.contains(word)).count()
    }

    /// Waits until a message that contains this text has been received.
    async fn until_came(&self, word: &str) {
        let came = async {
            while self.count(word) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, came).await.unwrap();
    }
}

async fn let_through(gate: &watch::Sender<bool>) -> Option<()> {
    gate.subscribe().wait_for(|open| *open).await.ok().map(drop)
}

/// A write first checks whether the server became a reader: a cancel during that check cancels the statement.
#[tokio::test]
async fn statement_cancelled_before_its_start_does_not_start() {
    let (slow, place) = Slow::start().await;
    let mut desk = Desk::at(place, "postgres", None).await;
    slow.looks.send_replace(false);
    // The server is inspected again after this, and does not answer.
    assert_eq!(desk.all(1, "set a = 'b'").await.1, done("SET"));
    desk.run(2, "delete from titles");
    desk.ask(Ask::Cancel { session: SESSION });
    let Part::Last(Fact::Done) = desk.next().await else { panic!("the cancel is answered") };
    slow.looks.send_replace(true);
    assert_eq!(desk.ended(2).await.1, StatementOutcome::Cancelled);
    assert_eq!(desk.all(3, "select 1").await.1, done("SELECT 1"), "the next statement runs");
    assert_eq!((slow.count("delete"), slow.count(CANCEL)), (0, 0));
}

#[tokio::test]
async fn follow_up_queries_wait_for_a_cancel_request_in_flight() {
    let (slow, place) = Slow::start().await;
    let mut desk = Desk::at(place, "postgres", None).await;
    let looks = slow.count(INSPECTION);
    slow.sets.send_replace(false);
    slow.cancels.send_replace(false);
    desk.run(1, "set a = 'b'");
    slow.until_came("set a").await;
    desk.ask(Ask::Cancel { session: SESSION });
    slow.until_came(CANCEL).await;
    // The statement ends by itself while the cancel request is in flight.
    slow.sets.send_replace(true);
    assert_eq!(desk.ended(1).await.1, done("SET"));
    // A lookup beside the statement is answered meanwhile.
    desk.ask(Ask::Query { session: SESSION, purpose: "beside", statement: "select 1".into() });
    let Part::Last(Fact::QueryRows { .. }) = desk.next().await else { panic!("it is answered") };
    assert_eq!(slow.count(INSPECTION), looks, "it would be cancelled instead of the statement");
    slow.cancels.send_replace(true);
    let Part::Last(Fact::Done) = desk.next().await else { panic!("the cancel is answered") };
    assert_eq!(desk.all(2, "select 1").await.1, done("SELECT 1"));
    assert_eq!(slow.count(INSPECTION), looks + 1);
}

/// Looking up a table runs many short statements, and closes the result of each while the next one begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_an_ended_result_cancels_no_later_statement() {
    let mut desk = Desk::connected(None).await;
    for number in (1..1500).step_by(2) {
        assert_eq!(desk.all(number, "select 1 where false").await.1, done("SELECT 0"));
        desk.ask(Ask::Close { result: ResultId(number) });
        let (_, ended) = desk.all(number + 1, "select pg_sleep(0.002)").await;
        assert_eq!(ended, done("SELECT 1"), "after {number}");
        desk.ask(Ask::Close { result: ResultId(number + 1) });
    }
}

/// A cancel at the moment in which the statement ends by itself: the next statement is cancelled only if it was meant.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn late_cancel_ends_no_other_statement() {
    let mut desk = Desk::connected(None).await;
    for number in 1..400 {
        desk.run(number, "select pg_sleep(0.002)");
        tokio::time::sleep(Duration::from_micros(1500 + number * 5)).await;
        desk.ask(Ask::Cancel { session: SESSION });
        let mut ended = 0;
        while ended < 2 {
            match desk.next().await {
                Part::Last(Fact::Ended { ended: how, .. }) => {
                    assert!(!matches!(*how, StatementOutcome::Failed(_)), "{how:?} in {number}");
                    ended += 1;
                    if ended == 1 {
                        desk.run(number + 1000, "select pg_sleep(0.003)");
                    }
                }
                Part::Page(_) | Part::Last(_) => {}
                Part::Failed(failure) => panic!("{failure:?}"),
            }
        }
    }
}

/// The screen shows a statement as running as soon as it is queued: if stopped then, it is not sent a moment later.
#[tokio::test]
async fn statement_stopped_before_sending_is_not_run() {
    let mut desk = Desk::connected(None).await;
    assert_eq!(desk.all(1, "create temporary table touched (n int)").await.1, done("CREATE TABLE"));
    desk.run(2, "insert into touched values (2)");
    desk.run(3, "insert into touched values (3)");
    desk.ask(Ask::Cancel { session: SESSION });
    let (mut ended, mut confirmed) = (Vec::new(), false);
    while ended.len() < 2 || !confirmed {
        match desk.next().await {
            Part::Last(Fact::Ended { ended: how, .. }) => ended.push(*how),
            Part::Last(Fact::Done) => confirmed = true,
            Part::Page(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ended, [StatementOutcome::Cancelled, StatementOutcome::Cancelled]);
    assert_eq!(desk.all(4, "select n from touched").await.1, done("SELECT 0"), "the next statement runs");
}

//! A cancel reaches the statement that it is for, and no other.

use super::support::{PATIENCE, message};
use super::{Ask, Desk, Ended, Fact, Part, Place, ResultId, SESSION, done};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the session asks to look at its server.
const LOOKS: &str = "pg_is_in_recovery";
/// A request to cancel, among what came.
const CANCEL: &str = "cancel";

/// A server that answers only when it is let.
struct Slow {
    came: Mutex<Vec<String>>,
    /// What it is asked about itself.
    looks: watch::Sender<bool>,
    /// Statements that begin with `set`.
    sets: watch::Sender<bool>,
    /// Requests to cancel, whose connections it closes.
    cancels: watch::Sender<bool>,
}

impl Slow {
    /// One that answers everything, until it is told otherwise.
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
            let said = if statement.starts_with("set") {
                let_through(&self.sets).await;
                message(b'C', b"SET\0")
            } else if statement.contains("pg_catalog") {
                if statement.contains(LOOKS) {
                    let_through(&self.looks).await;
                }
                message(b'E', b"SERROR\0VERROR\0C42883\0Mthere is no such function\0\0")
            } else {
                message(b'C', b"SELECT 1\0")
            };
            stream.write_all(&[said, message(b'Z', b"I")].concat()).await.ok()?;
        }
    }

    /// How often something came that has this in it.
    fn count(&self, word: &str) -> usize {
        self.came.lock().unwrap().iter().filter(|came| came.contains(word)).count()
    }

    /// Until something came that has this in it.
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

/// Whether the server became a reader is asked right before what writes: who cancels in that moment cancels the statement.
#[tokio::test]
async fn a_statement_that_is_cancelled_before_it_has_begun_does_not_begin() {
    let (slow, place) = Slow::start().await;
    let mut desk = Desk::at(place, "postgres", None).await;
    slow.looks.send_replace(false);
    // After this the server is looked at again, and does not answer.
    assert_eq!(desk.all(1, "set a = 'b'").await.1, done("SET"));
    desk.run(2, "delete from titles");
    desk.ask(Ask::Cancel { session: SESSION });
    let Part::Last(Fact::Done) = desk.next().await else { panic!("the cancel is answered") };
    slow.looks.send_replace(true);
    assert_eq!(desk.ended(2).await.1, Ended::Cancelled);
    assert_eq!(desk.all(3, "select 1").await.1, done("SELECT 1"), "what comes after it runs");
    assert_eq!((slow.count("delete"), slow.count(CANCEL)), (0, 0));
}

#[tokio::test]
async fn what_the_server_is_asked_after_a_statement_waits_for_a_request_to_cancel_that_is_on_its_way() {
    let (slow, place) = Slow::start().await;
    let mut desk = Desk::at(place, "postgres", None).await;
    let looks = slow.count(LOOKS);
    slow.sets.send_replace(false);
    slow.cancels.send_replace(false);
    desk.run(1, "set a = 'b'");
    slow.until_came("set a").await;
    desk.ask(Ask::Cancel { session: SESSION });
    slow.until_came(CANCEL).await;
    // It ends by itself while the request is on its way.
    slow.sets.send_replace(true);
    assert_eq!(desk.ended(1).await.1, done("SET"));
    // Who asks something beside it has an answer meanwhile.
    desk.ask(Ask::Look { session: SESSION, purpose: "beside", statement: "select 1".into() });
    let Part::Last(Fact::Looked { .. }) = desk.next().await else { panic!("it is answered") };
    assert_eq!(slow.count(LOOKS), looks, "it would be cancelled in the place of the statement");
    slow.cancels.send_replace(true);
    let Part::Last(Fact::Done) = desk.next().await else { panic!("the cancel is answered") };
    assert_eq!(desk.all(2, "select 1").await.1, done("SELECT 1"));
    assert_eq!(slow.count(LOOKS), looks + 1);
}

/// What looks a table up runs many short statements, and closes the result of each while the next begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_result_that_is_closed_when_it_has_ended_cancels_nothing_that_comes_after_it() {
    let mut desk = Desk::connected(None).await;
    for number in (1..1500).step_by(2) {
        assert_eq!(desk.all(number, "select 1 where false").await.1, done("SELECT 0"));
        desk.ask(Ask::Close { result: ResultId(number) });
        let (_, ended) = desk.all(number + 1, "select pg_sleep(0.002)").await;
        assert_eq!(ended, done("SELECT 1"), "after {number}");
        desk.ask(Ask::Close { result: ResultId(number + 1) });
    }
}

/// Who cancels in the moment in which the statement ends by itself: what runs next is cancelled because it was meant, or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancel_that_comes_too_late_ends_no_other_statement() {
    let mut desk = Desk::connected(None).await;
    for number in 1..400 {
        desk.run(number, "select pg_sleep(0.002)");
        tokio::time::sleep(Duration::from_micros(1500 + number * 5)).await;
        desk.ask(Ask::Cancel { session: SESSION });
        let mut ended = 0;
        while ended < 2 {
            match desk.next().await {
                Part::Last(Fact::Ended { ended: how, .. }) => {
                    assert!(!matches!(*how, Ended::Failed(_)), "{how:?} in {number}");
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

/// A person sees a statement run as soon as it was handed over: what is stopped then is not sent a moment later.
#[tokio::test]
async fn what_is_stopped_before_it_was_sent_is_not_run() {
    let mut desk = Desk::connected(None).await;
    assert_eq!(desk.all(1, "create temporary table touched (n int)").await.1, done("CREATE TABLE"));
    desk.run(2, "insert into touched values (2)");
    desk.run(3, "insert into touched values (3)");
    desk.ask(Ask::Cancel { session: SESSION });
    let (mut ended, mut told) = (Vec::new(), false);
    while ended.len() < 2 || !told {
        match desk.next().await {
            Part::Last(Fact::Ended { ended: how, .. }) => ended.push(*how),
            Part::Last(Fact::Done) => told = true,
            Part::Page(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ended, [Ended::Cancelled, Ended::Cancelled]);
    assert_eq!(desk.all(4, "select n from touched").await.1, done("SELECT 0"), "what comes after it runs");
}

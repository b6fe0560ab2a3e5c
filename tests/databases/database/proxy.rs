//! RDS Proxy, as documented ("Limitations for RDS Proxy with PostgreSQL" and "Avoiding pinning an RDS Proxy" in the user guide of
//! RDS), in front of a real server: startup options are refused, a cancel request is not forwarded, each transaction may get
//! another connection until something is set, and the process number is the proxy's own.

use super::bad::{answered, begin, hello, message};
use super::{Desk, PATIENCE, SESSION, done, server, texts, timeout};
use cockpit::db::{Connection, Settings};
use cockpit::feeds::sql::{Ask, Place, RunOptions};
use cockpit::model::FailureKind;
use cockpit::model::sql::StatementOutcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

/// Statements that pin a session to its connection. Source: "Avoiding pinning an RDS Proxy".
const PINS: &[&str] = &["set ", "prepare ", "create temp", "declare ", "listen ", "select pg_advisory", "discard "];

/// Observations of the proxy about its clients.
#[derive(Default)]
struct Seen {
    cancels: AtomicUsize,
    pinned: AtomicUsize,
}

async fn client(mut client: TcpStream, port: u16, seen: Arc<Seen>) -> Option<()> {
    let hello = hello(&mut client).await?;
    if hello[4..8] == 80_877_102_u32.to_be_bytes() {
        seen.cancels.fetch_add(1, Ordering::SeqCst);
        return None;
    }
    let refused = hello.windows(9).any(|part| part == b"\0options\0");
    assert!(!refused, "RDS Proxy currently doesn't support command-line options");
    // The process number that the client receives is not one of the server's.
    let first = begin(&hello, port, None).await?;
    let mut backends = [first, begin(&hello, port, None).await?];
    let mut output = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x19server_version\x0015.18\0".to_vec();
    output.extend(b"K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I");
    client.write_all(&output).await.ok()?;
    let (mut next, mut pinned) = (0, false);
    loop {
        let (kind, bytes) = message(&mut client).await?;
        let statement = String::from_utf8_lossy(&bytes[5..]).to_lowercase();
        if kind == b'Q' && !pinned && PINS.iter().any(|pins| statement.starts_with(pins)) {
            pinned = true;
            seen.pinned.fetch_add(1, Ordering::SeqCst);
        }
        let backend = &mut backends[next];
        backend.write_all(&bytes).await.ok()?;
        if kind == b'Q' && answered(backend, &mut client).await? == b'I' && !pinned {
            next = 1 - next;
        }
    }
}

/// Starts a proxy, reached by the name that RDS gives it, through the local end of a tunnel.
async fn proxy() -> (Place, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = Some(format!("127.0.0.1:{}", listener.local_addr().unwrap().port()));
    let (seen, port) = (Arc::new(Seen::default()), server().port());
    let observed = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(client(stream, port, Arc::clone(&observed)));
        }
    });
    (Place { host: "bookmarks.proxy-abc.eu-west-1.rds.amazonaws.com".into(), port: 5432, through }, seen)
}

#[tokio::test]
async fn rds_proxy_keeps_settings_and_statements_are_cancelled_without_cancel_requests() {
    let (place, seen) = proxy().await;
    let mut desk = Desk::at(place, "postgres", Some("it is guarded")).await;
    assert!(desk.server.as_ref().is_some_and(|server| server.read_only), "{:?}", desk.server);
    assert_eq!(seen.pinned.load(Ordering::SeqCst), 1, "a setting pins the connection");
    desk.all(1, "create table never (n int)").await;
    let mut pids = Vec::new();
    for result in 2..=4 {
        desk.all(result, "select pg_backend_pid()").await;
        pids.push(texts(&desk.window(result, 0, 1).await)[0][0].to_owned());
    }
    assert!(pids.iter().all(|pid| *pid == pids[0]) && pids[0] != "1", "{pids:?}");
    // A prepared statement of SQL stays valid, unlike behind a transaction pooler.
    let bind = RunOptions { bind: Some(vec!["7".to_owned()]), ..RunOptions::default() };
    desk.run_beside(5, "select $1::int", bind);
    assert_eq!(desk.ended(5).await.1, done("SELECT 1"));
    desk.run(6, "select pg_sleep(3600)");
    super::sleeps(&pids[0]).await;
    desk.cancelled().await;
    assert_eq!(desk.all(7, "select 1").await.1, done("SELECT 1"), "and the session continues");
    // The backend can also be terminated by its number, which is the server's.
    desk.run(8, "select pg_sleep(3600)");
    super::sleeps(&pids[0]).await;
    desk.ask(Ask::Terminate { session: SESSION });
    let (_, ended) = desk.ended(8).await;
    assert!(matches!(ended, StatementOutcome::Lost(_) | StatementOutcome::Failed(_)), "{ended:?}");
    assert_eq!(seen.cancels.load(Ordering::SeqCst), 0, "a cancel request would have been dropped");
}

#[tokio::test]
async fn rds_proxy_pins_a_session_without_settings_so_it_can_be_cancelled() {
    let (place, seen) = proxy().await;
    let settings = Settings::of(place, "postgres", "postgres");
    let mut connection = Connection::open(&settings).await.unwrap();
    assert_eq!(seen.pinned.load(Ordering::SeqCst), 1);
    let canceller = connection.canceller();
    assert!(canceller.cancel_statement("pg_cancel_backend").is_some());
    let process = canceller.process().to_string();
    let cancels = async {
        super::sleeps(&process).await;
        canceller.cancel().await.unwrap();
    };
    let (slept, ()) = tokio::join!(connection.rows("select pg_sleep(3600)", 0), cancels);
    assert_eq!(slept.unwrap().unwrap_err().code, "57014");
    // A process that the server does not have any more is reported as a failure.
    connection.close().await;
    let refused = async {
        loop {
            if let Err(failure) = canceller.cancel().await {
                break failure;
            }
        }
    };
    let failure = timeout(PATIENCE, refused).await.unwrap();
    assert_eq!(failure.kind, FailureKind::NotFound, "{failure:?}");
}

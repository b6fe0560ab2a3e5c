//! Servers with an expired certificate or behind a transaction pooler, and abandoned results.

use super::{Desk, done, key, says, server, texts};
use cockpit::config::EnvironmentConfig;
use cockpit::db::{Connection, Roots, Settings, SslMode};
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, Fact, Place, RunOptions};
use cockpit::model::sql::{ResultId, StatementOutcome};
use cockpit::runtime::demo_database::{DATABASE, DemoDatabase, USER};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn expired_certificate_is_refused_when_verified() {
    let tls = Some((include_str!("../../support/tls/expired.pem").to_owned(), key()));
    let old = LocalPostgres::start(&LocalOptions { tls, ..LocalOptions::default() }).unwrap();
    let roots = format!("{}/tests/support/tls/expired-authority.pem", env!("CARGO_MANIFEST_DIR"));
    let with = |sslmode| Settings {
        sslmode,
        roots: Roots::File(roots.clone().into()),
        ..Settings::of(super::direct(&old), "postgres", "postgres")
    };
    for mode in [SslMode::VerifyFull, SslMode::VerifyCa] {
        let refused = Connection::open(&with(mode)).await.unwrap_err();
        says(&refused, "the certificate of 127.0.0.1 has expired", "have it renewed");
    }
    let unseen = Settings { roots: Roots::Usual, ..with(SslMode::Require) };
    assert!(Connection::open(&unseen).await.unwrap().is_encrypted(), "commands without reads are unaffected");
}

#[tokio::test]
async fn demo_reader_follows_its_writer_and_rejects_writes() {
    let demo = DemoDatabase::listen(50).await.unwrap();
    let open = async |address: std::net::SocketAddr| {
        let place = Place { host: "127.0.0.1".into(), port: address.port(), through: None };
        let patience = std::time::Duration::from_mins(1);
        let settings = Settings { connect_timeout: patience, ..Settings::of(place, USER, DATABASE) };
        Connection::open(&settings).await.unwrap()
    };
    let mut reader = open(demo.reader()).await;
    let mut writer = open(demo.address()).await;
    let rows = async |connection: &mut Connection, statement: &str| {
        connection.rows(statement, 1 << 20).await.unwrap().map(|rows| rows.rows).map_err(|error| error.code)
    };
    assert_eq!(rows(&mut reader, "select pg_is_in_recovery()").await, Ok(vec![vec![Some("t".into())]]));
    assert_eq!(rows(&mut reader, "create table never ()").await, Err("25006".into()));
    rows(&mut writer, "create table followed as select 7 as n").await.unwrap();
    // It follows shortly after.
    let followed = async {
        loop {
            if let Ok(found) = rows(&mut reader, "select n from followed").await {
                break found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(crate::support::PATIENCE, followed).await.unwrap();
    assert_eq!(found, [vec![Some("7".to_owned())]]);
}

/// Reads one message: its kind and all of its bytes.
pub(super) async fn message(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await.ok()?;
    let length = stream.read_u32().await.ok()?;
    let mut bytes = vec![kind];
    bytes.extend(length.to_be_bytes());
    bytes.resize(length as usize + 1, 0);
    stream.read_exact(&mut bytes[5..]).await.ok()?;
    Some((kind, bytes))
}

/// Reads the startup message of a client, all of its bytes, after answering that there is no TLS.
pub(super) async fn hello(client: &mut TcpStream) -> Option<Vec<u8>> {
    loop {
        let length = client.read_u32().await.ok()?;
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.resize(length as usize, 0);
        client.read_exact(&mut bytes[4..]).await.ok()?;
        if bytes[4..8] != 80_877_103_u32.to_be_bytes() {
            return Some(bytes);
        }
        client.write_all(b"N").await.ok()?;
    }
}

/// Forwards what the server sends until a statement has ended; returns the transaction state at that point.
pub(super) async fn answered(backend: &mut TcpStream, client: &mut TcpStream) -> Option<u8> {
    loop {
        let (kind, bytes) = message(backend).await?;
        client.write_all(&bytes).await.ok()?;
        if kind == b'Z' {
            return Some(bytes[5]);
        }
    }
}

/// Opens a session at the server for a client and forwards the server's startup messages to the client.
pub(super) async fn begin(hello: &[u8], port: u16, client: Option<&mut TcpStream>) -> Option<TcpStream> {
    let mut backend = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    backend.write_all(hello).await.ok()?;
    let mut output = Vec::new();
    loop {
        let (kind, bytes) = message(&mut backend).await?;
        output.extend(bytes);
        if kind == b'Z' {
            break;
        }
    }
    if let Some(client) = client {
        client.write_all(&output).await.ok()?;
    }
    Some(backend)
}

/// Behaves as pgbouncer with `pool_mode = transaction`: two connections, used in turn by successive transactions. A prepared
/// statement of the protocol is refused.
async fn pooled(mut client: TcpStream, port: u16, parses: Arc<AtomicUsize>) -> Option<()> {
    let hello = hello(&mut client).await?;
    let first = begin(&hello, port, Some(&mut client)).await?;
    let mut backends = [first, begin(&hello, port, None).await?];
    let mut next = 0;
    loop {
        let (kind, bytes) = message(&mut client).await?;
        if matches!(kind, b'P' | b'B') {
            parses.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        let backend = &mut backends[next];
        backend.write_all(&bytes).await.ok()?;
        if kind == b'Q' && answered(backend, &mut client).await? == b'I' {
            next = 1 - next;
        }
    }
}

async fn pooler(parses: Arc<AtomicUsize>) -> Place {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = Place { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port(), through: None };
    let port = server().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pooled(client, port, Arc::clone(&parses)));
        }
    });
    place
}

#[tokio::test]
async fn pooler_runs_statements_and_transactions_and_its_limits_are_reported() {
    let parses = Arc::new(AtomicUsize::new(0));
    let place = pooler(Arc::clone(&parses)).await;
    let mut desk = Desk::at(place, "postgres", Some("it is guarded")).await;
    // `SET` went to one connection, and the query after it to the other.
    assert!(
        desk.server.as_ref().is_some_and(|server| !server.read_only),
        "the setting is not reported as effective: {:?}",
        desk.server
    );
    let Part::Page(Fact::Notice(notice)) = desk.next().await else { panic!("it is told") };
    assert!(notice.severity == "WARNING" && notice.message.contains("pooler"), "{notice:?}");
    let mut pids = Vec::new();
    for result in 1..=4 {
        assert_eq!(desk.all(result, "select pg_backend_pid()").await.1, done("SELECT 1"));
        pids.push(texts(&desk.window(result, 0, 1).await)[0][0].to_owned());
    }
    assert!(pids[0] != pids[1] && pids[0] == pids[2], "{pids:?}");
    desk.all(5, "begin").await;
    let mut pids = Vec::new();
    for result in 6..=8 {
        desk.all(result, "select pg_backend_pid()").await;
        pids.push(texts(&desk.window(result, 0, 1).await)[0][0].to_owned());
    }
    assert!(pids.iter().all(|pid| *pid == pids[0]), "one transaction, one connection: {pids:?}");
    assert_eq!(desk.all(9, "commit").await.1, done("COMMIT"));
    // Bound values need a prepared statement of SQL, which belongs to the other connection: it fails with a message.
    let bind = RunOptions { bind: Some(vec!["7".to_owned()]), ..RunOptions::default() };
    desk.run_beside(10, "select $1::int", bind);
    let (_, ended) = desk.ended(10).await;
    assert!(format!("{ended:?}").contains("does not exist"), "{ended:?}");
    assert_eq!(desk.all(11, "select 1").await.1, done("SELECT 1"), "and the session continues");
    assert_eq!(parses.load(Ordering::SeqCst), 0, "no prepared statement of the protocol");
}

#[tokio::test]
async fn cancel_does_not_reload_certificate_authorities() {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, include_str!("../../support/tls/authority.pem")).unwrap();
    let settings =
        Settings { sslmode: SslMode::VerifyFull, roots: Roots::File(roots.clone()), ..super::settings("postgres") };
    let mut connection = Connection::open(&settings).await.unwrap();
    std::fs::remove_file(roots).unwrap();
    let canceller = connection.canceller();
    let pid = connection.process().to_string();
    let cancel = async {
        super::sleeps(&pid).await;
        canceller.cancel().await.unwrap();
    };
    let (slept, ()) = tokio::join!(connection.rows("select pg_sleep(3600)", 1 << 10), cancel);
    assert_eq!(slept.unwrap().unwrap_err().code, "57014");
}

#[tokio::test]
async fn kept_results_use_at_most_three_times_the_disk_limit_of_one() {
    let mut environment = EnvironmentConfig { name: "local".into(), ..EnvironmentConfig::default() };
    environment.database.database = Some("postgres".into());
    environment.database.result_limit = Some(1 << 20);
    let mut desk = Desk::of(environment, super::direct(server()), None).await;
    for result in 1..=5 {
        if result == 5 {
            // The space that one of them took is free again.
            desk.ask(Ask::Close { result: ResultId(1) });
            assert!(matches!(desk.next().await, Part::Last(Fact::Done)));
        }
        desk.run(result, "select repeat('x', 1000) from generate_series(1, 100000)");
        let stopped = loop {
            match desk.next().await {
                Part::Last(Fact::Ended { stopped, .. }) => break stopped.unwrap(),
                Part::Failed(failure) => panic!("{failure:?}"),
                Part::Page(_) | Part::Last(_) => {}
            }
        };
        let rows = desk.window(result, 0, 10).await.len();
        match result {
            4 => assert!(stopped.contains("all that they may") && stopped.contains("close some"), "{stopped}"),
            5 => assert_eq!(rows, 10, "{stopped}"),
            _ => assert!(rows == 10 && stopped.contains("what a result may take"), "{result}: {rows} {stopped}"),
        }
    }
}

/// Waits until nothing of the closed results runs at the server any more, as seen by another session.
async fn idles(beside: &mut Connection) {
    let statement = "select 1 from pg_stat_activity where state = 'active' and query like '%/* unwanted */%' \
                     and pid <> pg_backend_pid()";
    let idles = async { while !beside.rows(statement, 1 << 10).await.unwrap().unwrap().rows.is_empty() {} };
    tokio::time::timeout(crate::support::PATIENCE, idles).await.unwrap();
}

#[tokio::test]
async fn closing_a_huge_result_cancels_it_at_the_server_at_once() {
    let mut desk = Desk::connected(None).await;
    let mut beside = Connection::open(&super::settings("postgres")).await.unwrap();
    let mut took = Vec::new();
    for result in 1..=5 {
        desk.run(result, "select n, repeat('x', 50) from generate_series(1, 20000000) n /* unwanted */");
        while !matches!(desk.next().await, Part::Page(Fact::Grown { .. })) {}
        desk.ask(Ask::Window { result: ResultId(result), from: 0, count: 40 });
        loop {
            match desk.next().await {
                Part::Last(Fact::Window { rows, .. }) => {
                    assert_eq!(rows.len(), 40);
                    break;
                }
                Part::Failed(failure) => panic!("{failure:?}"),
                // The answer about closing the previous one may arrive here.
                Part::Page(_) | Part::Last(_) => {}
            }
        }
        let closed = std::time::Instant::now();
        desk.ask(Ask::Close { result: ResultId(result) });
        idles(&mut beside).await;
        took.push(closed.elapsed());
        let ended = loop {
            match desk.next().await {
                Part::Last(Fact::Ended { ended, .. }) => break *ended,
                Part::Failed(failure) => panic!("{failure:?}"),
                Part::Page(_) | Part::Last(_) => {}
            }
        };
        assert_eq!(ended, StatementOutcome::Cancelled, "it did not run to completion");
    }
    // All of them together take ten seconds or more. How long a cancel takes in a release is measured (docs/performance.md): this
    // machine is busy with other tests, which delay some of them, but not all.
    let fastest = took.iter().min().unwrap();
    assert!(*fastest < std::time::Duration::from_secs(2), "{took:?}");
    assert_eq!(desk.all(9, "select 1").await.1, done("SELECT 1"));
}

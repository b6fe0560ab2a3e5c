//! Servers that die in the middle of something, lack parts of PostgreSQL, or stand in front of one and accept less.

use super::{Desk, SESSION, done, says, texts};
use crate::support::message;
use cockpit::db::wire;
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, Fact, Place};
use cockpit::model::sql::{Cell, ResultId, StatementOutcome, Transaction};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Returns a server's answer to a statement, and whether it then keeps the connection open.
type Says = fn(&str) -> (Vec<u8>, bool);

fn ready(state: u8) -> Vec<u8> {
    message(b'Z', &[state])
}

fn complete(tag: &str) -> Vec<u8> {
    message(b'C', format!("{tag}\0").as_bytes())
}

/// The row description of one text column.
fn columns() -> Vec<u8> {
    let mut body = vec![0, 1];
    body.extend(b"title\0");
    body.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    message(b'T', &body)
}

fn row(text: &str) -> Vec<u8> {
    wire::row([Some(text.as_bytes())].into_iter())
}

fn failed(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0VERROR\0C{code}\0M{text}\0\0").as_bytes())
}

/// A server that speaks as much of the protocol as a pooler lets through: a startup without parameters unknown to the pooler,
/// and only the simple query protocol.
async fn server(answers: Says) -> Place {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, answers));
        }
    });
    Place { host: "127.0.0.1".into(), port, through: None }
}

async fn serve(mut stream: TcpStream, answers: Says) -> Option<()> {
    loop {
        let length = stream.read_u32().await.ok()?;
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).await.ok()?;
        if body[..4] == 80_877_103_u32.to_be_bytes() {
            stream.write_all(b"N").await.ok()?;
            continue;
        }
        let words: Vec<&[u8]> = body[4..].split(|byte| *byte == 0).step_by(2).collect();
        let known: &[&[u8]] = &[b"user", b"database", b"application_name", b"client_encoding", b""];
        let unknown: Vec<&&[u8]> = words.iter().filter(|word| !known.contains(word)).collect();
        assert!(unknown.is_empty(), "a pooler refuses {unknown:?}");
        break;
    }
    let mut hello = message(b'R', &[0, 0, 0, 0]);
    hello.extend(message(b'S', b"server_version\x008.0.2\0"));
    hello.extend(message(b'K', &[0, 0, 0, 7, 0, 0, 0, 7]));
    hello.extend(ready(b'I'));
    stream.write_all(&hello).await.ok()?;
    loop {
        let kind = stream.read_u8().await.ok()?;
        let length = stream.read_u32().await.ok()?;
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).await.ok()?;
        if kind == b'X' {
            return None;
        }
        assert_eq!(kind as char, 'Q', "a pooler in transaction mode supports no prepared statements");
        let statement = String::from_utf8(body[..body.len() - 1].to_vec()).unwrap();
        let (bytes, closes) = answers(&statement);
        stream.write_all(&bytes).await.ok()?;
        if closes {
            return None;
        }
    }
}

/// Lacks PostgreSQL's catalogue, as servers that only resemble it do.
fn lacks(statement: &str) -> Option<(Vec<u8>, bool)> {
    let output = if statement.starts_with("SET") {
        complete("SET")
    } else if statement.contains("pg_catalog") {
        failed("42883", "function pg_catalog.pg_is_in_recovery() does not exist")
    } else {
        return None;
    };
    Some(([output, ready(b'I')].concat(), false))
}

/// Waits until the session and its statement have ended; returns the facts and both messages.
async fn lost(desk: &mut Desk) -> (Vec<Fact>, String, String) {
    let (mut facts, mut ended, mut failure) = (Vec::new(), None, None);
    while ended.is_none() || failure.is_none() {
        match desk.next().await {
            Part::Last(Fact::Ended { ended: how, .. }) => {
                let StatementOutcome::Lost(why) = *how else { panic!("{how:?}") };
                ended = Some(why);
            }
            Part::Page(fact) | Part::Last(fact) => facts.push(fact),
            Part::Failed(failed) => failure = Some(failed.message),
        }
    }
    (facts, ended.unwrap_or_default(), failure.unwrap_or_default())
}

#[tokio::test]
async fn server_dying_within_a_row_or_copy_is_lost_and_received_rows_are_reported() {
    let answers: [Says; 2] = [
        |statement| {
            let half = row(&"日本".repeat(100))[..50].to_vec();
            lacks(statement).unwrap_or_else(|| ([columns(), row("one"), row("two"), half].concat(), true))
        },
        |statement| {
            let half = message(b'd', b"three\n")[..7].to_vec();
            let begun = message(b'H', &[0, 0, 1, 0, 0]);
            lacks(statement)
                .unwrap_or_else(|| ([begun, message(b'd', b"one\n"), message(b'd', b"two\n"), half].concat(), true))
        },
    ];
    for answer in answers {
        let mut desk = Desk::at(server(answer).await, "postgres", None).await;
        desk.run(1, "copy titles to stdout");
        let (facts, ended, failure) = lost(&mut desk).await;
        assert!(matches!(facts[0], Fact::Begun { .. }), "{facts:?}");
        let rows = facts.iter().filter_map(|fact| if let Fact::Grown { rows, .. } = fact { Some(*rows) } else { None });
        assert!(rows.max().unwrap_or_default() <= 2, "an incomplete row does not count: {facts:?}");
        for why in [ended, failure] {
            assert!(why.contains("the server closed the connection"), "{why}");
        }
    }
}

#[tokio::test]
async fn transaction_of_a_dead_server_is_known_as_open() {
    let answer: Says = |statement| match statement {
        "begin" => ([complete("BEGIN"), ready(b'T')].concat(), false),
        other => lacks(other).unwrap_or((failed("57P01", "terminating connection due to administrator command"), true)),
    };
    let mut desk = Desk::at(server(answer).await, "postgres", None).await;
    let (facts, ended) = desk.all(1, "begin").await;
    assert_eq!((&facts[..], ended), (&[Fact::Transaction(Transaction::Open)][..], done("BEGIN")));
    desk.run(2, "update titles set title = 'x' where id = 1");
    let (_, ended, failure) = lost(&mut desk).await;
    assert!(!ended.is_empty() && !failure.is_empty(), "{ended}, {failure}");
}

#[tokio::test]
async fn server_without_catalogue_runs_statements_and_unknowns_are_reported() {
    let answer: Says = |statement| {
        lacks(statement).unwrap_or_else(|| ([columns(), row("one"), complete("SELECT 1"), ready(b'I')].concat(), false))
    };
    let mut desk = Desk::at(server(answer).await, "postgres", None).await;
    assert_eq!(desk.server.as_ref().map(|server| (server.reader, server.version.as_str())), Some((None, "8.0.2")));
    assert_eq!(desk.all(1, "select title from titles").await.1, done("SELECT 1"));
    assert_eq!(texts(&desk.window(1, 0, 5).await), [["one"]]);
    let statement = "select relname from pg_catalog.pg_class".to_owned();
    desk.ask(Ask::Query { session: SESSION, purpose: "relations", statement });
    let Part::Failed(failure) = desk.next().await else { panic!() };
    says(&failure, "does not exist", "may lack this part of PostgreSQL's catalogue");
    assert_eq!(desk.all(2, "select 1").await.1, done("SELECT 1"), "and the session continues");
}

#[tokio::test]
async fn sql_ascii_bytes_are_refused_as_text_and_readable_as_bytea() {
    let mut desk = Desk::connected(None).await;
    let made = "create database ascii encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0";
    assert_eq!(desk.all(1, made).await.1, done("CREATE DATABASE"));
    let mut desk = Desk::at(super::direct(super::server()), "ascii", None).await;
    desk.all(1, "create table texts (a text)").await;
    desk.all(2, "insert into texts values (E'caf\\xe9'), ('日本')").await;
    // As in psql with UTF-8: the server itself reports the error, and the session continues.
    let (_, ended) = desk.all(3, "select a from texts order by a desc").await;
    let output = format!("{ended:?}");
    assert!(output.contains("22021") && output.contains("SET client_encoding = 'SQL_ASCII'"), "{output}");
    let bytes = "select convert_to(a, 'SQL_ASCII') from texts order by a desc";
    assert_eq!(desk.all(4, bytes).await.1, done("SELECT 2"));
    let rows = desk.window(4, 0, 5).await;
    assert!(format!("{rows:?}").contains("636166e9"), "{rows:?}");
    desk.all(5, "set client_encoding = 'SQL_ASCII'").await;
    let (_, ended) = desk.all(6, "select a from texts order by a desc").await;
    assert_eq!(ended, done("SELECT 2"));
    assert_eq!(texts(&desk.window(6, 1, 1).await), [["caf\u{fffd}"]]);
}

#[tokio::test]
async fn hundred_megabyte_value_is_kept_on_disk_and_its_beginning_shown() {
    let mut desk = Desk::connected(None).await;
    desk.run(1, "select repeat('日', 33333333) || 'x', 7");
    let mut came = 0;
    let ended = loop {
        match desk.next().await {
            // The received bytes are reported before the row is complete.
            Part::Page(Fact::Grown { rows: 0, bytes, .. }) => came = came.max(bytes),
            Part::Last(Fact::Ended { ended, .. }) => break *ended,
            Part::Page(_) | Part::Last(_) => {}
            Part::Failed(failure) => panic!("{failure:?}"),
        }
    };
    assert!(ended == done("SELECT 1") && came > 0, "{ended:?} {came}");
    let rows = desk.window(1, 0, 1).await;
    let Cell::Text { text, bytes, cut } = &rows[0][0] else { panic!("{rows:?}") };
    assert_eq!((*bytes, *cut, text.chars().all(|letter| letter == '日')), (100_000_000, true, true));
    assert_eq!(texts(&rows)[0][1], "7", "the next page is found");
}

#[tokio::test]
async fn result_is_written_in_full_though_shown_truncated() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "select n, repeat('あ', 3000) as long, null as nothing from generate_series(1, 5000) n").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv").to_str().unwrap().to_owned();
    let options = Box::new(cockpit::model::sql::format::Options {
        format: cockpit::model::sql::format::Format::Csv,
        ..cockpit::model::sql::format::Options::default()
    });
    let export = Ask::Export { result: ResultId(1), path: path.clone(), options, columns: vec![1, 0, 2], rows: None };
    for again in [false, true] {
        desk.ask(export.clone());
        loop {
            match desk.next().await {
                Part::Page(Fact::Exported { .. }) => {}
                Part::Last(Fact::Exported { rows, bytes }) => {
                    assert_eq!((rows, bytes, again), (5_000, std::fs::metadata(&path).unwrap().len(), false));
                    break;
                }
                Part::Failed(failure) if again => {
                    says(&failure, "is there already and was left as it is", "another name");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with("long,n,nothing\n") && text.lines().count() == 5_001);
    assert_eq!(text.lines().nth(4_999).unwrap(), format!("{},4999,", "あ".repeat(3000)));
}

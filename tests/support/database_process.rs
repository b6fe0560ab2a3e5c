//! Sessions of the server that are named by their process.

use super::*;

#[tokio::test]
async fn a_process_that_got_the_number_of_one_that_ended_is_left_alone() {
    let settings = Settings::of(direct(server()), "postgres", "postgres");
    let mut session = Connection::open(&settings).await.unwrap();
    session.name_process().await.unwrap();
    let asked = session.canceller().asking("pg_terminate_backend").expect("it is known which process it is");
    assert!(asked.contains("backend_start"), "{asked}");
    let mut other = Connection::open(&settings).await.unwrap();
    let earlier = Process { pid: session.process(), began: Some("2001-01-01 00:00:00.000000".into()) };
    let left = other.rows(&earlier.signal("pg_terminate_backend"), 1 << 10).await.unwrap().unwrap();
    assert!(left.rows.is_empty(), "{left:?}");
    assert!(session.rows("select 1", 1 << 10).await.unwrap().is_ok(), "it lives");
    let ended = other.rows(&asked, 1 << 10).await.unwrap().unwrap();
    assert_eq!(ended.rows, [[Some("t".to_owned())]]);
    session.rows("select 1", 1 << 10).await.unwrap_err();
}

#[tokio::test]
async fn the_second_session_only_reads_and_waits_for_nobody() {
    let mut desk = Desk::connected(Some("it is guarded")).await;
    let (_, ended) = desk.all(1, "create table nothing ()").await;
    assert!(matches!(&ended, Ended::Failed(said) if said.code == "25006"), "{ended:?}");
    // After it the server is looked at again, and nothing has changed.
    desk.ask(Ask::Look { session: SESSION, purpose: "write", statement: "create table nothing ()".into() });
    let Part::Failed(failure) = desk.next().await else { panic!() };
    says(&failure, "read-only transaction", "");
    desk.ask(Ask::Look { session: SESSION, purpose: "null", statement: "select null, 'x' as name".into() });
    let Part::Last(Fact::Looked { purpose, columns, rows }) = desk.next().await else { panic!() };
    assert_eq!((purpose, columns[1].name.as_str()), ("null", "name"));
    assert_eq!(rows, [vec![None, Some("x".to_owned())]]);
}

#[tokio::test]
async fn a_notification_is_told_whenever_it_comes() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "listen news").await;
    let mut other = Connection::open(&Settings::of(direct(server()), "postgres", "postgres")).await.unwrap();
    other.rows("notify news, 'nothing runs'", 1 << 10).await.unwrap().unwrap();
    let Part::Page(Fact::Notice(said)) = desk.next().await else { panic!("it is told though nothing runs") };
    assert!(said.severity == "NOTIFY" && said.message.ends_with(": nothing runs"), "{said:?}");
    // One that comes with the answer to a question of ours.
    other.rows("listen news", 1 << 10).await.unwrap().unwrap();
    other.rows("notify news, 'asked'", 1 << 10).await.unwrap().unwrap();
    other.rows("select 1", 1 << 10).await.unwrap().unwrap();
    let said = other.take_notices();
    assert!(said.iter().any(|said| said.message.ends_with(": asked")), "{said:?}");
}

#[tokio::test]
async fn an_encoding_in_which_nothing_here_is_is_told() {
    let mut desk = Desk::connected(None).await;
    let (facts, ended) = desk.all(1, "set client_encoding = 'LATIN1'").await;
    assert_eq!(ended, done("SET"));
    assert!(
        matches!(&facts[..], [Fact::Notice(said)] if said.message.contains("SET client_encoding = 'UTF8'")),
        "{facts:?}"
    );
}

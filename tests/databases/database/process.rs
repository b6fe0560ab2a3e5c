//! Sessions of the server identified by their process.

use super::*;

#[tokio::test]
async fn backend_with_a_reused_pid_is_left_alone() {
    let settings = Settings::of(direct(server()), "postgres", "postgres");
    let mut session = Connection::open(&settings).await.unwrap();
    session.read_own_process().await.unwrap();
    let statement = session.canceller().cancel_statement("pg_terminate_backend").expect("the process is known");
    assert!(statement.contains("backend_start"), "{statement}");
    let mut other = Connection::open(&settings).await.unwrap();
    let earlier = Process { pid: session.process(), start_time: Some("2001-01-01 00:00:00.000000".into()) };
    let left = other.rows(&earlier.signal("pg_terminate_backend"), 1 << 10).await.unwrap().unwrap();
    assert!(left.rows.is_empty(), "{left:?}");
    assert!(session.rows("select 1", 1 << 10).await.unwrap().is_ok(), "it lives");
    let ended = other.rows(&statement, 1 << 10).await.unwrap().unwrap();
    assert_eq!(ended.rows, [[Some("t".to_owned())]]);
    session.rows("select 1", 1 << 10).await.unwrap_err();
}

#[tokio::test]
async fn second_session_is_read_only_and_never_waits() {
    let mut desk = Desk::connected(Some("it is guarded")).await;
    let (_, ended) = desk.all(1, "create table nothing ()").await;
    assert!(matches!(&ended, StatementOutcome::Failed(error) if error.code == "25006"), "{ended:?}");
    // The server is inspected again afterwards, and nothing has changed.
    desk.ask(Ask::Query { session: SESSION, purpose: "write", statement: "create table nothing ()".into() });
    let Part::Failed(failure) = desk.next().await else { panic!() };
    says(&failure, "read-only transaction", "");
    desk.ask(Ask::Query { session: SESSION, purpose: "null", statement: "select null, 'x' as name".into() });
    let Part::Last(Fact::QueryRows { purpose, columns, rows }) = desk.next().await else { panic!() };
    assert_eq!((purpose, columns[1].name.as_str()), ("null", "name"));
    assert_eq!(rows, [vec![None, Some("x".to_owned())]]);
}

#[tokio::test]
async fn notification_is_reported_whenever_it_arrives() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "listen news").await;
    let mut other = Connection::open(&Settings::of(direct(server()), "postgres", "postgres")).await.unwrap();
    other.rows("notify news, 'nothing runs'", 1 << 10).await.unwrap().unwrap();
    let Part::Page(Fact::Notice(notice)) = desk.next().await else { panic!("it is reported although nothing runs") };
    assert!(notice.severity == "NOTIFY" && notice.message.ends_with(": nothing runs"), "{notice:?}");
    // A notification that arrives with the answer to one of our queries.
    other.rows("listen news", 1 << 10).await.unwrap().unwrap();
    other.rows("notify news, 'asked'", 1 << 10).await.unwrap().unwrap();
    other.rows("select 1", 1 << 10).await.unwrap().unwrap();
    let notices = other.take_notices();
    assert!(notices.iter().any(|notice| notice.message.ends_with(": asked")), "{notices:?}");
}

#[tokio::test]
async fn unsupported_client_encoding_is_reported() {
    let mut desk = Desk::connected(None).await;
    let (facts, ended) = desk.all(1, "set client_encoding = 'LATIN1'").await;
    assert_eq!(ended, done("SET"));
    assert!(
        matches!(&facts[..], [Fact::Notice(notice)] if notice.message.contains("SET client_encoding = 'UTF8'")),
        "{facts:?}"
    );
}

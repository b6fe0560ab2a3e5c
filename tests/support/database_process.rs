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

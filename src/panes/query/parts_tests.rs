//! Several statements sent as one text (`\;`): if any fails, none of them is kept.

use super::testing::{Desk, bookmarks};
use crate::feeds::part::Part;
use crate::feeds::sql::Fact;
use crate::model::sql::{ResultId, ServerMessage, StatementOutcome, Transaction};
use std::time::Duration;

fn desk() -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk
}

fn result(desk: &Desk, number: u64) -> ResultId {
    ResultId(desk.ran.last().unwrap().1.0 + number)
}

/// Delivers rows of the statement at this index, from 0.
fn has_rows(desk: &mut Desk, number: u64, rows: u64) {
    let (ticket, result) = (desk.ran.last().unwrap().0, result(desk, number));
    desk.answered(ticket, Part::Page(Fact::Begun { result, columns: bookmarks().0 }));
    desk.answered(ticket, Part::Page(Fact::Grown { result, rows, bytes: rows * 40 }));
}

fn ended(desk: &Desk, number: u64, how: StatementOutcome) -> Fact {
    Fact::Ended { result: result(desk, number), ended: Box::new(how), took: Duration::from_millis(3), stopped: None }
}

/// Ends the statement at this index; another one follows.
fn ends(desk: &mut Desk, number: u64, word: &str) {
    let (ticket, fact) = (desk.ran.last().unwrap().0, ended(desk, number, StatementOutcome::Done(word.into())));
    desk.answered(ticket, Part::Page(fact));
}

/// Ends the statement at this index as the last one.
fn last(desk: &mut Desk, number: u64, how: StatementOutcome) {
    let (ticket, fact) = (desk.ran.last().unwrap().0, ended(desk, number, how));
    desk.answered(ticket, Part::Last(fact));
}

fn by_zero() -> StatementOutcome {
    let message = "division by zero".to_owned();
    StatementOutcome::Failed(ServerMessage {
        severity: "ERROR".into(),
        code: "22012".into(),
        message,
        ..ServerMessage::default()
    })
}

#[test]
fn failure_of_a_later_statement_is_shown_and_stops_the_text() {
    let mut desk = desk();
    desk.run("insert into tags values (60) \\; select 1/0; insert into tags values (62);");
    ends(&mut desk, 0, "INSERT 0 1");
    last(&mut desk, 1, by_zero());
    assert_eq!(desk.ran.len(), 1, "{:?}", desk.statements());
    let screen = desk.screen();
    assert!(screen.contains("division by zero") && !screen.contains("INSERT 0 1"), "{screen}");
    assert!(screen.contains("statement 2 of 2: all of this text is rolled back"), "{screen}");
    assert!(desk.app.panes.query.running.is_none() && desk.app.panes.query.pending.is_none());
    desk.run("\\echo is :ERROR :SQLSTATE");
    assert!(desk.screen().contains("is true 22012"), "{}", desk.screen());
    desk.run("select 1;");
    assert!(result(&desk, 0) > ResultId(2), "its number is new");
}

#[test]
fn rolled_back_results_are_marked_and_committed_ones_are_not() {
    for (text, word, kept) in [
        (
            "insert into tags values (1) returning id \\; update tags set id = 2 where id = 1 \\; select 1/0;",
            "UPDATE 1",
            false,
        ),
        ("insert into tags values (1) returning id \\; commit \\; select 1/0;", "COMMIT", true),
    ] {
        let mut desk = desk();
        desk.run(text);
        has_rows(&mut desk, 0, 4);
        ends(&mut desk, 0, "INSERT 0 4");
        ends(&mut desk, 1, word);
        last(&mut desk, 2, by_zero());
        let becomes =
            if kept { "everything before the last COMMIT is kept" } else { "all of this text is rolled back" };
        assert!(desk.screen().contains(&format!("statement 3 of 3: {becomes}")), "{}", desk.screen());
        desk.keys("esc [");
        assert_eq!(desk.screen().contains("ROLLED BACK: INSERT 0 4"), !kept, "{}", desk.screen());
    }
}

#[test]
fn cancel_in_a_later_statement_cancels_the_text() {
    let mut desk = desk();
    desk.run("insert into tags values (60) \\; select pg_sleep(60); select 2;");
    ends(&mut desk, 0, "INSERT 0 1");
    desk.keys("ctrl-c");
    last(&mut desk, 1, StatementOutcome::Cancelled);
    let screen = desk.screen();
    assert!(screen.contains("cancelled") && screen.contains("statement 2 of 2: all of"), "{screen}");
    assert_eq!(desk.ran.len(), 1);
}

#[test]
fn lost_connection_marks_no_statement_as_carried_out() {
    let mut desk = desk();
    desk.run("insert into tags values (60) returning id \\; select pg_sleep(60);");
    has_rows(&mut desk, 0, 4);
    ends(&mut desk, 0, "INSERT 0 4");
    has_rows(&mut desk, 1, 0);
    // The loss is reported for the text as a whole.
    last(&mut desk, 0, StatementOutcome::Lost("the server closed the connection".into()));
    let lost = desk.app.panes.query.tabs.iter().map(|tab| matches!(tab.ended, Some(StatementOutcome::Lost(_))));
    assert_eq!(lost.collect::<Vec<_>>(), [true, true]);
}

#[test]
fn only_rows_of_the_last_statement_are_used_and_none_after_a_failure() {
    for command in ["\\gexec", "\\gset"] {
        let mut desk = desk();
        desk.run(&format!("select 'drop table tags' \\; select 1/0 {command}"));
        has_rows(&mut desk, 0, 1);
        ends(&mut desk, 0, "SELECT 1");
        last(&mut desk, 1, by_zero());
        assert_eq!(desk.ran.len(), 1, "{:?}", desk.statements());
        assert!(desk.screen().contains("division by zero"), "{}", desk.screen());
    }
    let mut desk = desk();
    desk.run("select 'drop table tags' \\; set work_mem = '1MB' \\gexec");
    has_rows(&mut desk, 0, 1);
    ends(&mut desk, 0, "SELECT 1");
    last(&mut desk, 1, StatementOutcome::Done("SET".into()));
    assert_eq!(desk.ran.len(), 1, "the last one has no rows: {:?}", desk.statements());
    assert!(desk.app.panes.query.pending.is_none());
}

#[test]
fn on_error_rollback_undoes_a_text_whose_later_statement_failed() {
    let mut desk = desk();
    desk.run("\\set ON_ERROR_ROLLBACK on");
    desk.transaction(Transaction::Open);
    desk.run("insert into tags values (60) \\; select 1/0;");
    desk.ends(StatementOutcome::Done("SAVEPOINT".into()));
    ends(&mut desk, 0, "INSERT 0 1");
    desk.transaction(Transaction::Failed);
    last(&mut desk, 1, by_zero());
    assert_eq!(desk.statements().last(), Some(&"ROLLBACK TO pg_psql_temporary_savepoint"), "{:?}", desk.statements());
}

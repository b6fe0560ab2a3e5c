//! Declined questions in the middle of a text and its transaction, and questions in a guarded environment.

use super::state::DialogQuestion;
use super::testing::Desk;
use crate::model::sql::{StatementOutcome, Transaction};

#[test]
fn transaction_of_an_aborted_text_is_rolled_back() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("begin; delete from bookmarks; commit;");
    desk.transaction(Transaction::Open);
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    assert!(desk.screen().contains("has no WHERE"), "{}", desk.screen());
    desk.keys("esc");
    desk.tick(1);
    assert_eq!(desk.statements(), ["begin", "ROLLBACK"]);
    desk.transaction(Transaction::Idle);
    desk.ends(StatementOutcome::Done("ROLLBACK".into()));
    // A transaction that was open before belongs to the user and stays.
    desk.run("begin;");
    desk.transaction(Transaction::Open);
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.run("delete from bookmarks; commit;");
    desk.keys("esc");
    desk.tick(2);
    assert_eq!(desk.statements(), ["begin", "ROLLBACK", "begin"]);
}

#[test]
fn text_after_a_declined_question_runs_outside_the_aborted_transaction() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("begin; delete from bookmarks; commit;");
    desk.transaction(Transaction::Open);
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.keys("esc");
    desk.run("select 1;");
    desk.transaction(Transaction::Idle);
    desk.ends(StatementOutcome::Done("ROLLBACK".into()));
    assert_eq!(desk.statements(), ["begin", "ROLLBACK", "select 1"]);
}

#[test]
fn stopping_a_text_rolls_back_its_transaction() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("begin; select 1 \\watch 5\ncommit;");
    desk.transaction(Transaction::Open);
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.ends(StatementOutcome::Done("SELECT 1".into()));
    desk.keys("ctrl-c");
    assert_eq!(desk.statements(), ["begin", "select 1", "ROLLBACK"]);
}

#[test]
fn guarded_environment_asks_before_an_unknown_function() {
    let mut desk = Desk::connected((100, 30));
    desk.app.environment.guarded = true;
    for statement in ["select wipe();", "values (wipe());", "explain (analyze) select wipe();"] {
        desk.run(statement);
        let Some(DialogQuestion::Run { why, .. }) = &desk.app.panes.query.open_question else {
            panic!("{}", desk.screen())
        };
        assert!(desk.ran.is_empty() && why[0].contains("calls a function that is not known here"), "{why:?}");
        desk.keys("esc");
        desk.tick(1);
    }
    desk.run("select count(*), lower(title) from bookmarks group by 2;");
    assert_eq!(desk.ran.len(), 1, "the server's own are known");
}

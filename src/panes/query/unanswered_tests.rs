//! What becomes of a transaction where a question in the middle of a text is answered with no; what asks where it is guarded.

use super::state::Asking;
use super::testing::Desk;
use crate::model::sql::{Ended, Transaction};

#[test]
fn a_transaction_whose_text_is_not_run_to_its_end_is_taken_back() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("begin; delete from bookmarks; commit;");
    desk.transaction(Transaction::Open);
    desk.ends(Ended::Done("BEGIN".into()));
    assert!(desk.screen().contains("has no WHERE"), "{}", desk.screen());
    desk.keys("esc");
    desk.tick(1);
    assert_eq!(desk.statements(), ["begin", "ROLLBACK"]);
    desk.transaction(Transaction::Idle);
    desk.ends(Ended::Done("ROLLBACK".into()));
    // One that was open before is the person's own: it stays.
    desk.run("begin;");
    desk.transaction(Transaction::Open);
    desk.ends(Ended::Done("BEGIN".into()));
    desk.run("delete from bookmarks; commit;");
    desk.keys("esc");
    desk.tick(2);
    assert_eq!(desk.statements(), ["begin", "ROLLBACK", "begin"]);
}

#[test]
fn what_is_typed_after_a_no_is_not_run_in_the_transaction_that_was_left() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("begin; delete from bookmarks; commit;");
    desk.transaction(Transaction::Open);
    desk.ends(Ended::Done("BEGIN".into()));
    desk.keys("esc");
    desk.run("select 1;");
    desk.transaction(Transaction::Idle);
    desk.ends(Ended::Done("ROLLBACK".into()));
    assert_eq!(desk.statements(), ["begin", "ROLLBACK", "select 1"]);
}

#[test]
fn stopping_a_text_takes_back_the_transaction_that_it_began() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("begin; select 1 \\watch 5\ncommit;");
    desk.transaction(Transaction::Open);
    desk.ends(Ended::Done("BEGIN".into()));
    desk.ends(Ended::Done("SELECT 1".into()));
    desk.keys("ctrl-c");
    assert_eq!(desk.statements(), ["begin", "select 1", "ROLLBACK"]);
}

#[test]
fn a_guarded_environment_asks_before_a_function_that_is_not_known() {
    let mut desk = Desk::connected((100, 30));
    desk.app.environment.guarded = true;
    for statement in ["select wipe();", "values (wipe());", "explain (analyze) select wipe();"] {
        desk.run(statement);
        let Some(Asking::Run { why, .. }) = &desk.app.panes.query.asking else { panic!("{}", desk.screen()) };
        assert!(desk.ran.is_empty() && why[0].contains("calls a function that is not known here"), "{why:?}");
        desk.keys("esc");
        desk.tick(1);
    }
    desk.run("select count(*), lower(title) from bookmarks group by 2;");
    assert_eq!(desk.ran.len(), 1, "the server's own are known");
}

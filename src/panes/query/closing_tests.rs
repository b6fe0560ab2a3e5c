//! Closing results: pending changes are not lost without a question, and a result that is still being read is cancelled.

use super::testing::Desk;
use crate::feeds::part::Part;
use crate::feeds::sql::Fact;
use crate::model::sql::{StatementOutcome, Transaction};

/// A result with a pending change.
fn changed() -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc D");
    assert!(desk.app.panes.query.tabs[0].has_changes());
    desk
}

#[test]
fn result_with_changes_is_never_evicted() {
    let mut desk = changed();
    desk.keys("tab");
    for number in 0..12 {
        desk.run(&format!("select {number};"));
    }
    let tabs = &desk.app.panes.query.tabs;
    assert!(tabs.len() == 10 && tabs[0].has_changes() && tabs[1].statement == "select 3", "{}", desk.screen());
}

#[test]
fn closing_a_result_with_changes_asks_first() {
    let mut desk = changed();
    desk.keys("w");
    let screen = desk.screen();
    assert!(screen.contains("Close the result") && screen.contains("One change was not applied"), "{screen}");
    desk.keys("esc");
    desk.tick(1);
    assert!(desk.app.panes.query.tabs[0].has_changes() && desk.app.panes.query.open_question.is_none());
    desk.keys("w enter");
    assert!(desk.app.panes.query.tabs.is_empty() && desk.closed.len() == 1, "{}", desk.screen());
}

#[test]
fn declined_close_does_not_affect_a_running_statement() {
    let mut desk = changed();
    desk.slow = true;
    desk.keys("tab");
    desk.run("select 1; select 2;");
    desk.keys("esc [ w esc");
    desk.tick(1);
    desk.ends(StatementOutcome::Done("SELECT 1".into()));
    assert_eq!(desk.statements().last(), Some(&"select 2"));
}

#[test]
fn quitting_with_changes_asks_even_without_a_session() {
    let mut desk = changed();
    desk.lose("the server closed the connection");
    desk.keys("q");
    assert!(!desk.quits && desk.screen().contains("one change of a result was not applied"), "{}", desk.screen());
}

#[test]
fn watched_statement_keeps_its_tab_row_and_the_shown_result() {
    let mut desk = Desk::connected((100, 30));
    desk.tick(0);
    for number in 0..9 {
        desk.run(&format!("select {number};"));
    }
    desk.run("select * from bookmarks \\watch 2");
    desk.keys("esc j j l");
    for round in 1..=3 {
        desk.tick(3 * round);
    }
    assert_eq!(desk.ran.len(), 13);
    let state = &desk.app.panes.query;
    let grid = state.shown().unwrap().grid.as_ref().unwrap();
    assert_eq!((state.tabs.len(), state.tab, grid.place, grid.column), (10, 9, 2, 1));
    assert_eq!(state.tabs[0].statement, "select 0", "no earlier result has gone for it");
    desk.keys("[");
    desk.tick(12);
    assert_eq!((desk.ran.len(), desk.app.panes.query.tabs.len(), desk.app.panes.query.tab), (14, 10, 8));
    // Another watched statement has a tab of its own.
    desk.keys("ctrl-c tab");
    desk.run("select * from bookmarks \\watch 2");
    assert_eq!(desk.app.panes.query.tabs.last().unwrap().stand_in_result, Some(desk.ran[8].1));
    assert_eq!(desk.app.panes.query.tabs.iter().filter(|tab| tab.statement.contains("bookmarks")).count(), 2);
}

#[test]
fn watched_statement_does_not_replace_a_result_with_changes() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.tick(0);
    desk.run("select * from bookmarks \\watch 2");
    desk.keys("esc D");
    for round in 1..=3 {
        desk.tick(3 * round);
    }
    let tabs = &desk.app.panes.query.tabs;
    assert_eq!(tabs.iter().map(super::result::Tab::has_changes).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn closing_a_watched_result_ends_the_watch() {
    let mut desk = Desk::connected((100, 30));
    desk.tick(0);
    desk.run("select 1 \\watch 2");
    desk.keys("esc w");
    desk.tick(3);
    assert!(desk.ran.len() == 1 && desk.app.panes.query.tabs.is_empty(), "{}", desk.screen());
    assert!(desk.app.panes.query.pending.is_none());
}

/// A result that is still being read.
fn read(transaction: Transaction) -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.transaction(transaction);
    desk.run("select * from bookmarks; select 'after';");
    desk
}

fn begins(desk: &mut Desk) {
    let (ticket, result, _) = desk.ran.last().unwrap().clone();
    let columns = super::testing::bookmarks().0;
    desk.answered(ticket, Part::Page(Fact::Begun { result, columns }));
}

#[test]
fn closing_a_result_being_read_cancels_it_at_the_server() {
    for begun in [true, false] {
        let mut desk = read(Transaction::Idle);
        if begun {
            begins(&mut desk);
        }
        desk.keys("esc w");
        assert!(desk.app.panes.query.tabs.is_empty(), "{}", desk.screen());
        // A result that has begun is cancelled by being closed.
        assert_eq!((desk.closed.len(), desk.stopped.len()), if begun { (1, 0) } else { (0, 1) });
        if !begun {
            begins(&mut desk);
            assert_eq!((desk.closed.len(), desk.app.panes.query.tabs.len()), (1, 0), "it came too late");
        }
        desk.ends(StatementOutcome::Cancelled);
        assert!(desk.app.panes.query.tabs.is_empty() && desk.app.panes.query.running.is_none());
        assert_eq!(desk.ran.len(), 1, "the rest is not run");
        desk.keys("tab");
        desk.run("select 2;");
        assert_eq!(desk.statements().last(), Some(&"select 2"));
    }
}

#[test]
fn result_being_read_in_a_transaction_is_not_closed() {
    let mut desk = read(Transaction::Open);
    begins(&mut desk);
    desk.keys("esc w");
    assert_eq!((desk.app.panes.query.tabs.len(), desk.closed.len(), desk.stopped.len()), (1, 0, 0));
    assert!(desk.screen().contains("a cancel would fail"), "{}", desk.screen());
}

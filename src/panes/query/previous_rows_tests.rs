//! The last rows stay on the screen until there is something newer, and keys act on what is marked.

use super::testing::Desk;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{StatementOutcome, Transaction};

fn begun(desk: &mut Desk, rows: u64) {
    let (ticket, result, _) = desk.ran.last().unwrap().clone();
    let columns = super::testing::bookmarks().0;
    desk.answered(ticket, Part::Page(sql::Fact::Begun { result, columns }));
    desk.answered(ticket, Part::Page(sql::Fact::Grown { result, rows, bytes: rows * 40 }));
}

#[test]
fn rows_stay_until_the_running_statement_has_its_own() {
    let mut desk = Desk::connected((100, 30));
    desk.run("select * from bookmarks;");
    desk.slow = true;
    desk.run("select pg_sleep(60);");
    let screen = desk.screen();
    assert!(screen.contains("PostgreSQL") && screen.contains("▲ rows of before"), "{screen}");
    begun(&mut desk, 0);
    assert!(desk.screen().contains("▲ rows of before"), "columns alone are nothing to look at:\n{}", desk.screen());
    begun(&mut desk, 4);
    assert!(!desk.screen().contains("rows of before"), "{}", desk.screen());
    desk.ends(StatementOutcome::Done("SELECT 4".into()));
    assert_eq!(desk.app.panes.query.tabs.len(), 2, "the one before stays in its tab");
    // A failed statement shows its reason instead.
    desk.run("select oops;");
    assert!(desk.screen().contains("▲ rows of before"), "{}", desk.screen());
    desk.fails("column \"oops\" does not exist", None);
    let screen = desk.screen();
    assert!(screen.contains("does not exist") && !screen.contains("rows of before"), "{screen}");
}

#[test]
fn result_reloaded_after_changes_stays_until_the_new_rows_arrive() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc j l e ctrl-u x enter");
    desk.slow = true;
    desk.keys("W enter");
    let old = desk.ran[0].1;
    desk.transaction(Transaction::Open);
    for tag in ["BEGIN", "UPDATE 1"] {
        desk.ends(StatementOutcome::Done(tag.into()));
    }
    desk.transaction(Transaction::Idle);
    desk.ends(StatementOutcome::Done("COMMIT".into()));
    assert_eq!(desk.statements().last(), Some(&"select * from bookmarks"));
    let screen = desk.screen();
    assert!(screen.contains("Rust 公式") && screen.contains("▲ rows of before"), "{screen}");
    assert!(desk.closed.is_empty(), "it is kept as long");
    begun(&mut desk, 4);
    assert_eq!((desk.closed.as_slice(), desk.app.panes.query.tabs.len()), ([old].as_slice(), 1));
    assert!(!desk.screen().contains("rows of before"), "{}", desk.screen());
}

#[test]
fn rows_stay_in_their_tab_if_reloading_fails() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc j l e ctrl-u x enter");
    desk.slow = true;
    desk.keys("W enter");
    for tag in ["BEGIN", "UPDATE 1", "COMMIT"] {
        desk.ends(StatementOutcome::Done(tag.into()));
    }
    desk.fails("canceling statement due to statement timeout", None);
    assert!(desk.closed.is_empty() && desk.app.panes.query.tabs.len() == 2, "{}", desk.screen());
    desk.keys("[");
    assert!(desk.screen().contains("Rust 公式"), "{}", desk.screen());
}

#[test]
fn columns_are_reached_at_both_ends_and_by_name_even_if_hidden() {
    let mut desk = Desk::connected((100, 30));
    desk.run("select * from bookmarks;");
    desk.keys("esc $");
    let column = |desk: &Desk| desk.app.panes.query.shown().unwrap().grid.as_ref().unwrap().selected().unwrap();
    assert_eq!(column(&desk), 4);
    desk.keys("0");
    assert_eq!(column(&desk), 0);
    desk.keys("$ ^");
    assert_eq!(column(&desk), 0);
    desk.keys("| v i s enter");
    assert_eq!(column(&desk), 3, "{}", desk.screen());
    desk.keys("minus | v i s");
    assert!(desk.screen().contains("hidden: it is shown again"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(column(&desk), 3);
    assert!(desk.screen().contains("visits"), "{}", desk.screen());
}

#[test]
fn record_view_edits_the_marked_field() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    // The title column is hidden; `\x` starts at the selected column.
    desk.keys("esc l minus tab");
    desk.run("\\x");
    desk.keys("esc");
    let screen = desk.screen();
    assert!(!screen.contains("title") && screen.contains("›tags"), "{screen}");
    desk.keys("j e ctrl-u");
    desk.types("99");
    desk.keys("enter");
    assert!(desk.screen().contains("│ 99"), "{}", desk.screen());
    desk.keys("W");
    assert!(desk.screen().replace(['│', ' ', '\n'], "").contains("SETvisits='99'"), "{}", desk.screen());
}

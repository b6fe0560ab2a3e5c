//! What was read last stays on the screen until there is something newer; what is marked is what keys act on.

use super::testing::Desk;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Ended, Transaction};

fn begun(desk: &mut Desk, rows: u64) {
    let (ticket, result, _) = desk.ran.last().unwrap().clone();
    let columns = super::testing::bookmarks().0;
    desk.answered(ticket, Part::Page(sql::Fact::Begun { result, columns }));
    desk.answered(ticket, Part::Page(sql::Fact::Grown { result, rows, bytes: rows * 40 }));
}

#[test]
fn rows_stay_while_a_statement_runs_until_it_has_some() {
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
    desk.ends(Ended::Done("SELECT 4".into()));
    assert_eq!(desk.app.panes.query.tabs.len(), 2, "the one before stays in its tab");
    // One that fails says why in their place.
    desk.run("select oops;");
    assert!(desk.screen().contains("▲ rows of before"), "{}", desk.screen());
    desk.fails("column \"oops\" does not exist", None);
    let screen = desk.screen();
    assert!(screen.contains("does not exist") && !screen.contains("rows of before"), "{screen}");
}

#[test]
fn a_result_that_is_read_again_after_its_changes_stays_until_the_new_rows_are_here() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc j l e ctrl-u x enter");
    desk.slow = true;
    desk.keys("W enter");
    let old = desk.ran[0].1;
    desk.transaction(Transaction::Open);
    for tag in ["BEGIN", "UPDATE 1"] {
        desk.ends(Ended::Done(tag.into()));
    }
    desk.transaction(Transaction::Idle);
    desk.ends(Ended::Done("COMMIT".into()));
    assert_eq!(desk.statements().last(), Some(&"select * from bookmarks"));
    let screen = desk.screen();
    assert!(screen.contains("Rust 公式") && screen.contains("▲ rows of before"), "{screen}");
    assert!(desk.closed.is_empty(), "it is kept as long");
    begun(&mut desk, 4);
    assert_eq!((desk.closed.as_slice(), desk.app.panes.query.tabs.len()), ([old].as_slice(), 1));
    assert!(!desk.screen().contains("rows of before"), "{}", desk.screen());
}

#[test]
fn rows_that_cannot_be_read_again_stay_in_their_tab() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc j l e ctrl-u x enter");
    desk.slow = true;
    desk.keys("W enter");
    for tag in ["BEGIN", "UPDATE 1", "COMMIT"] {
        desk.ends(Ended::Done(tag.into()));
    }
    desk.fails("canceling statement due to statement timeout", None);
    assert!(desk.closed.is_empty() && desk.app.panes.query.tabs.len() == 2, "{}", desk.screen());
    desk.keys("[");
    assert!(desk.screen().contains("Rust 公式"), "{}", desk.screen());
}

#[test]
fn a_column_is_gone_to_at_either_end_and_by_its_name_also_where_it_is_hidden() {
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
fn of_one_row_at_a_time_the_field_that_is_marked_is_the_one_that_is_edited() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    // The title is hidden; `\x` begins where one was.
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

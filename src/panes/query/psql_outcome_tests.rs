//! Rows that psql's commands need from a statement, complete or not at all, and their look-ups in the session itself.

use super::testing::Desk;
use crate::feeds::part::Part;
use crate::feeds::sql::Fact;
use crate::model::sql::{ServerMessage, StatementOutcome, Transaction};
use std::time::Duration;

/// Maximum number of bytes read of a value.
const WHOLE: u64 = 64 << 20;

fn value(desk: &Desk, name: &str) -> Option<String> {
    desk.app.panes.query.interpreter.variables().get(name).map(str::to_owned)
}

#[test]
fn truncated_values_are_read_completely_before_use() {
    let mut desk = Desk::connected((100, 30));
    (desk.rows, desk.long) = (Some(1), Some(9_000));
    desk.run("select n, text from numbers \\gset");
    assert_eq!(desk.asked_rows, [(vec![0], WHOLE as usize)]);
    assert_eq!((value(&desk, "n").as_deref(), value(&desk, "text").as_deref()), (Some("1"), Some("row 1")));
    desk.rows = Some(2);
    desk.run("select n, text from numbers \\gexec");
    assert_eq!(desk.asked_rows[1], (vec![0, 1], WHOLE as usize));
    assert_eq!(desk.statements()[2..], ["1", "row 1", "2", "row 2"]);
}

#[test]
fn incomplete_value_is_not_used() {
    for command in ["\\gset", "\\gexec", "\\crosstabview"] {
        let mut desk = Desk::connected((100, 30));
        (desk.rows, desk.long) = (Some(1), Some(WHOLE + 1));
        desk.run(&format!("select n, text from numbers {command}\nselect 'after';"));
        assert_eq!(desk.ran.len(), 1, "{command}: {:?}", desk.statements());
        assert_eq!(value(&desk, "n"), None);
        let screen = desk.screen().replace(['│', '\n'], " ");
        assert!(screen.contains("nothing is done with the result"), "{command}: {screen}");
    }
}

#[test]
fn incomplete_rows_are_not_run() {
    let mut desk = Desk::connected((100, 30));
    desk.rows = Some(100_001);
    desk.run("select n, text from numbers \\gexec");
    assert!(desk.ran.len() == 1 && desk.screen().contains("100,001 rows"), "{}", desk.screen());
    desk.keys("esc esc tab");
    (desk.rows, desk.slow) = (Some(2), true);
    desk.run("select n, text from numbers \\gexec");
    let (ticket, result, _) = desk.ran.last().unwrap().clone();
    let columns = super::testing::bookmarks().0;
    desk.answered(ticket, Part::Page(Fact::Begun { result, columns }));
    desk.answered(ticket, Part::Page(Fact::Grown { result, rows: 2, bytes: 80 }));
    let (ended, stopped) =
        (Box::new(StatementOutcome::Done("SELECT 9".into())), Some("reading was stopped at 4 GiB".to_owned()));
    desk.answered(ticket, Part::Last(Fact::Ended { result, ended, took: Duration::ZERO, stopped }));
    assert!(desk.ran.len() == 2 && desk.screen().contains("not all of its rows were kept"), "{}", desk.screen());
}

#[test]
fn backslash_d_runs_in_the_session_and_its_result_is_closed() {
    let mut desk = Desk::connected((100, 30));
    let looked = desk.looked.len();
    desk.run("\\dt");
    assert_eq!((desk.looked.len(), desk.ran.len()), (looked, 1), "in no other session");
    assert_eq!(desk.closed, [desk.ran[0].1]);
    assert!(desk.screen().contains("タグ"), "{}", desk.screen());
    assert_eq!(desk.app.panes.query.tabs.len(), 1, "the table alone has a tab");
}

#[test]
fn waiting_look_up_is_shown_and_ctrl_c_cancels_it() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.transaction(Transaction::Open);
    desk.run("\\d+ tags");
    assert!(desk.screen().contains("a statement runs: Ctrl-c cancels"), "{}", desk.screen());
    desk.keys("ctrl-c");
    assert_eq!(desk.stopped, ["cancel"]);
    desk.ends(StatementOutcome::Cancelled);
    assert!(desk.screen().contains(" cancelled"), "{}", desk.screen());
    assert!(desk.app.panes.query.pending.is_none() && desk.app.panes.query.tabs.is_empty());
}

#[test]
fn failed_look_up_shows_its_reason() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("\\dt\nselect 'after';");
    desk.fails("current transaction is aborted, commands ignored until end of transaction block", None);
    let told = desk.screen().replace(['│', '\n'], " ");
    assert!(told.contains("current transaction is aborted"), "{told}");
    assert_eq!(desk.ran.len(), 1, "the rest is not run");
}

#[test]
fn all_server_messages_can_be_read_beside_rows() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("select 1;");
    for number in 0..250 {
        let message = format!("notice number {number}");
        desk.tell(Fact::Notice(Box::new(ServerMessage {
            severity: "NOTICE".into(),
            message,
            ..ServerMessage::default()
        })));
    }
    desk.ends(StatementOutcome::Done("DO".into()));
    desk.keys("esc !");
    let window = desk.app.screen.overlays.last().expect("a window");
    let lines: Vec<&str> = window.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(lines.contains(&"NOTICE: notice number 199"), "{lines:?}");
    assert!(lines.contains(&"… and 50 more: the first 200 are kept"), "{lines:?}");
    desk.keys("esc");
    assert!(desk.screen().contains("250 notices (!)"), "{}", desk.screen());
}

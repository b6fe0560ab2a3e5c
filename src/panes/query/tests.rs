//! The Query pane driven by keys: session, editor, results, and questions before writes.

use super::state::{EDITOR, Link, RESULT};
use super::testing::{Desk, server};
use crate::feeds::sql;
use crate::model::sql::{Server, StatementOutcome, Transaction};
use crate::ui::testing::pictures::assert_screen;

#[test]
fn environment_without_a_database_shows_what_to_configure() {
    let mut desk = Desk::new((80, 24));
    desk.app.environment.databases.clear();
    desk.app.estate.derived.databases.clear();
    desk.keys("5");
    let screen = desk.screen();
    assert!(desk.is_shown() && screen.contains("[environments.staging]") && screen.contains("databases ="), "{screen}");
    desk.keys("enter");
    assert!(desk.connected.is_none(), "no connection is made");
    assert_screen("query_unconfigured", &desk.app);
}

#[test]
fn session_opens_only_on_enter_and_its_target_is_shown() {
    let mut desk = Desk::new((80, 24));
    desk.keys("5");
    assert!(desk.connected.is_none());
    let screen = desk.screen();
    assert!(screen.contains("not connected") && screen.contains("⏎ connects to"), "{screen}");
    assert_screen("query_off", &desk.app);
}

#[test]
fn header_shows_the_server_at_every_size() {
    for (name, size) in
        [("query_60x15", (60, 15)), ("query_80x24", (80, 24)), ("query_100x30", (100, 30)), ("query_200x60", (200, 60))]
    {
        let mut desk = Desk::connected(size);
        assert_eq!(desk.app.focused(), EDITOR);
        desk.run("select * from bookmarks;");
        desk.paste("select count(*)\nfrom bookmarks -- すべて\nwhere title like '%日本%' and (visits > 10");
        let screen = desk.screen();
        assert!(screen.contains("writer") && screen.contains("bookmarks=> select count(*)"), "{screen}");
        assert!(!screen.contains('\u{1b}'), "cells act on no terminal");
        assert_screen(name, &desk.app);
    }
}

#[test]
fn reader_and_read_only_sessions_are_marked() {
    let mut desk = Desk::connected((200, 60));
    let marked =
        Server { reader: Some(true), read_only: true, read_only_why: Some("staging is guarded".into()), ..server() };
    desk.tell(sql::Fact::Connected(Box::new(marked)));
    let screen = desk.screen();
    for part in ["reader", "READ-ONLY", "read-only: staging is guarded", "this is a reader now: writes will fail"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
}

#[test]
fn header_shows_the_savepoints() {
    let mut desk = Desk::connected((200, 60));
    desk.transaction(Transaction::Open);
    desk.run("savepoint a;");
    desk.run("savepoint \"B\";");
    assert!(desk.screen().contains("* transaction, savepoint a, B"), "{}", desk.screen());
    desk.run("release a;");
    let screen = desk.screen();
    assert!(screen.contains("* transaction") && !screen.contains("savepoint a, B"), "{screen}");
}

#[test]
fn lost_connection_keeps_text_and_rows_and_reports_the_lost_transaction() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.transaction(Transaction::Open);
    desk.paste("update bookmarks set ");
    assert!(desk.screen().contains("=*> "), "{}", desk.screen());
    desk.lose("the server closed the connection");
    assert!(matches!(desk.app.panes.query.link, Link::Lost(_)));
    let screen = desk.screen();
    for part in ["connection lost", "lost, none of its changes were kept", "PostgreSQL", "update bookmarks set"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    let Link::Lost(why) = &desk.app.panes.query.link else { panic!("lost") };
    assert!(why.contains("the open transaction is lost"), "{why}");
    assert_screen("query_lost", &desk.app);
    desk.keys("enter");
    assert_eq!(desk.statements().len(), 1, "nothing is run without a session");
    desk.keys("esc");
    desk.session = None;
    desk.connect();
    assert!(desk.app.panes.query.is_on() && desk.screen().contains("update bookmarks set"), "{}", desk.screen());
}

#[test]
fn letters_are_text_in_the_editor_and_keys_after_escape() {
    let mut desk = Desk::connected((80, 24));
    desk.types("qe5/?:");
    assert_eq!(desk.app.panes.query.editor.text(), "qe5/?:");
    assert!(desk.is_shown() && !desk.quits);
    desk.keys("esc");
    assert_eq!(desk.app.focused(), RESULT);
    desk.keys("1");
    assert!(!desk.is_shown());
    desk.keys("5 tab");
    assert_eq!(desk.app.focused(), EDITOR);
    assert_eq!(desk.app.panes.query.editor.text(), "qe5/?:", "the text stays");
}

#[test]
fn enter_runs_a_terminated_statement_or_starts_a_line() {
    let mut desk = Desk::connected((80, 24));
    desk.types("select");
    desk.keys("enter");
    desk.types("1 where 'a;");
    desk.keys("enter");
    assert!(desk.ran.is_empty(), "a text is open");
    assert!(desk.screen().contains("'> "), "{}", desk.screen());
    desk.types("b';");
    desk.keys("enter");
    assert_eq!(desk.statements(), ["select\n1 where 'a;\nb'"]);
    assert_eq!(desk.app.panes.query.editor.text(), "");
    desk.keys("ctrl-p");
    assert_eq!(desk.app.panes.query.editor.text(), "select\n1 where 'a;\nb';");
    desk.keys("ctrl-n");
    assert_eq!(desk.app.panes.query.editor.text(), "");
}

#[test]
fn statements_run_in_order_until_one_fails() {
    let mut desk = Desk::connected((80, 24));
    desk.slow = true;
    desk.run("select 1; select 2; select 3;");
    assert_eq!(desk.statements(), ["select 1"]);
    desk.ends(StatementOutcome::Done("SELECT 1".into()));
    assert_eq!(desk.statements(), ["select 1", "select 2"]);
    desk.fails("column \"x\" does not exist", Some(8));
    assert_eq!(desk.statements().len(), 2, "the third one is not run");
    let screen = desk.screen();
    for part in ["ERROR: column \"x\" does not exist  (42703)", "LINE 1: select 2", "HINT:"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("query_failed", &desk.app);
}

#[test]
fn statement_under_the_cursor_runs_and_stays_in_the_editor() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("select 1;\nselect 2;");
    desk.keys("up f5");
    assert_eq!(desk.statements(), ["select 1"]);
    assert_eq!(desk.app.panes.query.editor.text(), "select 1;\nselect 2;");
}

#[test]
fn ctrl_c_cancels_and_offers_termination_after_three_seconds() {
    let mut desk = Desk::connected((80, 24));
    desk.slow = true;
    desk.run("select pg_sleep(100);");
    desk.keys("ctrl-c");
    assert_eq!(desk.stopped, ["cancel"]);
    desk.tick(2);
    assert!(desk.app.screen.overlays.is_empty());
    desk.tick(4);
    assert!(desk.screen().contains("pg_terminate_backend"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.stopped, ["cancel", "terminate"]);
    desk.ends(StatementOutcome::Cancelled);
    assert!(desk.screen().contains("cancelled"), "{}", desk.screen());
    desk.paste("typed");
    desk.keys("ctrl-c");
    assert_eq!(desk.app.panes.query.editor.text(), "", "then it clears");
    assert!(!desk.quits);
}

#[test]
fn change_without_where_asks_and_shows_the_row_count() {
    let mut desk = Desk::connected((80, 24));
    desk.run("delete from bookmarks;");
    assert!(desk.ran.is_empty());
    assert_eq!(desk.looked.last().map(String::as_str), Some("EXPLAIN (FORMAT JSON) delete from bookmarks"));
    let screen = desk.screen();
    for part in ["has no WHERE", "About 120,000 rows", "delete from bookmarks"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("query_asks", &desk.app);
    desk.keys("esc");
    desk.tick(1);
    assert!(desk.ran.is_empty() && desk.app.panes.query.open_question.is_none());
    desk.run("delete from bookmarks;");
    desk.keys("enter");
    assert_eq!(desk.statements(), ["delete from bookmarks"]);
    desk.run("delete from bookmarks where id = 1;");
    assert_eq!(desk.ran.len(), 2, "a WHERE needs no confirmation");
}

#[test]
fn guarded_environment_is_read_only_and_asks_before_each_write() {
    let mut desk = Desk::new((100, 30));
    desk.app.environment.guarded = true;
    desk.keys("5");
    desk.connect();
    let (_, read_only) = desk.connected.clone().unwrap();
    assert_eq!(read_only.as_deref(), Some("staging is guarded"));
    desk.run("insert into tags values (1);");
    assert!(
        desk.ran.is_empty() && desk.screen().contains("staging is guarded, and this changes it"),
        "{}",
        desk.screen()
    );
    desk.keys("enter");
    assert!(desk.ran.is_empty(), "Cancel is selected");
    desk.run("select 1;");
    assert_eq!(desk.statements(), ["select 1"]);
}

#[test]
fn guarded_session_writes_only_after_the_name_was_typed() {
    for (guarded, takes) in [(true, "s t a g i n g enter"), (false, "left enter")] {
        let mut desk = Desk::new((100, 30));
        desk.app.environment.guarded = guarded;
        desk.keys("5");
        desk.connect();
        desk.app.panes.query.server.as_mut().unwrap().read_only = true;
        desk.keys("esc U");
        assert!(desk.screen().contains("Allow writes"), "{}", desk.screen());
        assert_eq!(desk.screen().contains("type staging"), guarded, "{}", desk.screen());
        desk.keys("enter");
        assert!(desk.ran.is_empty(), "guarded {guarded}: {}", desk.screen());
        if !guarded {
            // Cancel was preselected.
            desk.keys("U");
        }
        desk.keys(takes);
        let ran = desk.statements();
        assert!(ran.len() == 1 && ran[0].contains("default_transaction_read_only"), "guarded {guarded}: {ran:?}");
    }
}

#[test]
fn quitting_and_switching_ask_during_an_open_transaction() {
    let mut desk = Desk::connected((80, 24));
    desk.transaction(Transaction::Open);
    desk.keys("esc q");
    assert!(!desk.quits && desk.screen().contains("a transaction is open"), "{}", desk.screen());
    desk.keys("esc e j enter");
    assert_eq!(desk.app.environment.name, "staging");
    assert!(desk.screen().contains("Leave the session"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.app.environment.name, "prod");
    assert_eq!(desk.left.last().copied(), desk.session, "the session is closed");
    assert_eq!(desk.app.panes.query.link, Link::Off);
    assert!(desk.app.panes.query.tabs.is_empty(), "no row of the one before stays");
}

#[test]
fn any_of_ten_million_rows_can_be_shown() {
    let mut desk = Desk::connected((80, 24));
    desk.rows = Some(10_000_000);
    desk.run("select n, text from numbers;");
    desk.keys("esc");
    assert!(desk.screen().contains("row 1 of 10,000,000"), "{}", desk.screen());
    desk.keys("G");
    assert!(desk.screen().contains("row 10000000"), "{}", desk.screen());
    desk.keys("# 1 2 3 4 5 6 7 enter");
    assert!(desk.screen().contains("row 1,234,567 of"), "{}", desk.screen());
    assert_screen("query_rows", &desk.app);
}

#[test]
fn rows_are_searched_filtered_and_sorted_locally() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.keys("esc /");
    desk.types("postgres");
    desk.keys("enter");
    assert!(desk.screen().contains("row 2 of 4"), "{}", desk.screen());
    desk.keys("&");
    desk.types("日本");
    desk.keys("enter");
    assert!(desk.screen().contains("of 2 (4 in all)"), "{}", desk.screen());
    desk.keys("esc l l l s s");
    let tab = desk.app.panes.query.shown().unwrap();
    assert_eq!(tab.sorted, Some((3, true)));
    let rows = tab.grid.as_ref().unwrap().shown.clone();
    assert_eq!(rows, Some(vec![2, 0, 1, 3]), "NULL first, then the largest");
    desk.keys("esc");
    assert_eq!(desk.app.panes.query.shown().unwrap().sorted, None);
    desk.keys("o");
    assert_eq!(desk.statements().last(), Some(&"SELECT * FROM (\nselect * from bookmarks\n) AS q ORDER BY 4"));
}

#[test]
fn row_is_shown_by_fields_and_a_value_completely() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.keys("esc l l i");
    assert_screen("query_record", &desk.app);
    desk.keys("i enter");
    let screen = desk.screen();
    assert!(screen.contains("├ 0: \"rust\"") && screen.contains("└ 1: \"日本語\""), "{screen}");
    assert_screen("query_json", &desk.app);
    desk.keys("esc j y");
    assert_eq!(desk.copied.last().map(String::as_str), Some("{\"a\": {\"b\": null}}"));
    desk.keys("l l enter");
    assert!(desk.screen().contains("note is NULL"), "{}", desk.screen());
}

#[test]
fn rows_are_copied_in_the_chosen_format() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.keys("esc v j c j enter");
    let copied = desk.copied.last().expect("a copy");
    assert!(copied.starts_with("id,title,tags,visits,note\n1,Rust 公式ドキュメント,"), "{copied}");
    assert_eq!(copied.lines().count(), 3);
}

#[test]
fn last_ten_results_stay_until_closed() {
    let mut desk = Desk::connected((100, 30));
    for number in 0..12 {
        desk.run(&format!("select {number};"));
    }
    assert_eq!(desk.app.panes.query.tabs.len(), 10);
    assert_eq!(desk.closed.len(), 2, "the oldest are closed at the feed");
    desk.keys("esc [");
    assert!(desk.screen().contains("select 10"), "{}", desk.screen());
    desk.keys("w");
    assert_eq!(desk.app.panes.query.tabs.len(), 9);
    desk.keys("tab");
    desk.run("update tags set name = 'x' where id = 1;");
    desk.run("update tags set name = 'y' where id = 1;");
    assert_eq!(desk.app.panes.query.tabs.len(), 10, "a result without rows is replaced by the next");
    assert!(desk.screen().contains("UPDATE 3"), "{}", desk.screen());
}

#[test]
fn columns_can_be_hidden_moved_frozen_and_chosen() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.keys("esc minus");
    assert!(desk.screen().contains("1 hidden"), "{}", desk.screen());
    desk.keys("+ > f");
    let grid = desk.app.panes.query.shown().unwrap().grid.clone().unwrap();
    assert_eq!((grid.order[..3].to_vec(), grid.frozen), (vec![0, 2, 1], 3));
    desk.keys("a j enter esc");
    let grid = desk.app.panes.query.shown().unwrap().grid.clone().unwrap();
    assert!(!grid.order.contains(&1));
}

#[test]
fn history_search_finds_a_statement_by_a_few_letters() {
    let mut desk = Desk::connected((80, 24));
    desk.keys("ctrl-r");
    desk.types("tags");
    desk.keys("enter");
    assert_eq!(desk.app.panes.query.editor.text(), "select * from tags;");
    assert_eq!(desk.app.focused(), EDITOR);
    desk.keys("ctrl-c alt-o enter");
    assert_eq!(desk.app.panes.query.editor.text(), "select 'slow';\n");
    desk.keys("ctrl-c");
    desk.run("alter role app password 'hunter2';");
    desk.run("select 7;");
    assert_eq!(desk.kept, ["select 7;"], "a password is kept nowhere");
    assert!(!desk.app.panes.query.history.entries.iter().any(|entry| entry.contains("hunter2")));
}

#[test]
fn megabyte_of_text_can_be_pasted_and_edited() {
    let mut desk = Desk::connected((80, 24));
    let line = "insert into bookmarks (title) values ('日本語');\n";
    desk.paste(&line.repeat(1_048_576 / line.len()));
    assert!(desk.app.panes.query.editor.text().len() > 1_000_000);
    desk.types("select");
    desk.keys("space");
    let pieces = desk.app.panes.query.split.pieces();
    assert_eq!(pieces.last().map(|piece| piece.end), Some(desk.app.panes.query.editor.text().len()));
    assert!(desk.screen().contains("select"), "{}", desk.screen());
}

#[test]
fn terminal_cursor_is_placed_after_wide_characters() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("日本");
    let area = ratatui::layout::Rect::new(0, 0, 80, 24);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    let (x, y) = crate::ui::draw(&desk.app, &mut buffer).expect("a cursor");
    let before: u16 = x - 4;
    assert_eq!(buffer[(before, y)].symbol(), "日");
    desk.keys("?");
    assert_eq!(desk.app.panes.query.editor.text(), "日本?");
}

#[test]
fn every_command_of_the_pane_has_an_effect_somewhere() {
    let mut desk = Desk::connected((120, 40));
    let mut places = vec![desk.app.clone()];
    desk.keys("ctrl-p");
    places.push(desk.app.clone());
    desk.keys("ctrl-n");
    desk.paste("select *\nfrom bookmarks");
    places.push(desk.app.clone());
    desk.keys("f5");
    desk.run("select * from bookmarks;");
    places.push(desk.app.clone());
    for keys in ["tab", "l", "right f", "minus", "down v"] {
        desk.keys(keys);
        places.push(desk.app.clone());
    }
    let seen = |app: &crate::app::App| format!("{:?} {:?} {:?}", app.panes.query, app.screen, app.view().name);
    for command in crate::panes::table::TABLE.commands().filter(|command| command.name().starts_with("query-")) {
        let does = places.iter().any(|before| {
            let mut app = before.clone();
            !command.run(&mut app).is_empty() || seen(&app) != seen(before)
        });
        assert!(does, "{} does nothing anywhere", command.name());
    }
}

#[test]
fn line_toggles_between_comment_and_statement() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("select 1\n  where 日本");
    let text = |desk: &Desk| (desk.app.panes.query.editor.text().to_owned(), desk.app.panes.query.editor.cursor());
    let before = text(&desk);
    desk.keys("alt-/");
    assert_eq!(text(&desk), ("select 1\n  -- where 日本".into(), before.1 + 3));
    desk.keys("alt-/");
    assert_eq!(text(&desk), before);
    desk.keys("ctrl-a alt-/ alt-/");
    assert_eq!(text(&desk).0, before.0);
    desk.keys("alt-u alt-u alt-u alt-u");
    assert_eq!(text(&desk).0, before.0, "each is a change of its own");
}

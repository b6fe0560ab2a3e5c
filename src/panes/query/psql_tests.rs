//! psql's commands and completion in the editor.

use super::testing::Desk;
use crate::model::sql::{Ended, Transaction};
use crate::ui::testing::pictures::seen;

#[test]
fn a_command_with_a_backslash_runs_at_once_and_its_table_is_a_grid() {
    let mut desk = Desk::connected((80, 24));
    desk.types("\\dt");
    desk.keys("enter");
    assert!(desk.ran.is_empty(), "it reads beside the session");
    let screen = desk.screen();
    for part in ["Schema", "bookmarks", "タグ", "row 1 of 2"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_eq!(desk.app.panes.query.editor.text(), "");
    seen("query_dt", &desk.app);
}

#[test]
fn variables_stand_in_statements_and_one_that_is_wrong_says_so() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\set name 'O''Neil'");
    desk.run("select :'name';");
    assert_eq!(desk.statements(), ["select 'O''Neil'"]);
    desk.run("\\nonsense");
    assert!(desk.screen().contains("nonsense"), "{}", desk.screen());
    assert_eq!(desk.ran.len(), 1);
}

#[test]
fn x_shows_the_rows_that_are_there_field_by_field_and_those_that_come() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.run("\\x");
    assert_eq!(desk.app.panes.query.shown().unwrap().record, Some(0));
    desk.run("select 1;");
    assert_eq!(desk.app.panes.query.shown().unwrap().record, Some(0));
    desk.run("\\x");
    assert_eq!(desk.app.panes.query.shown().unwrap().record, None);
}

#[test]
fn values_of_a_row_become_variables() {
    let mut desk = Desk::connected((80, 24));
    desk.rows = Some(1);
    desk.run("select n, text from numbers \\gset");
    desk.run("select :n, :'text';");
    assert_eq!(desk.statements().last(), Some(&"select 1, 'row 1'"));
}

#[test]
fn what_would_need_the_terminal_or_a_file_is_refused_in_words() {
    for (text, part) in
        [("copy bookmarks from stdin;", "reads a file"), ("\\! ls", "no shell"), ("\\o |cat", "\\g |COMMAND runs one")]
    {
        let mut desk = Desk::connected((80, 24));
        desk.run(text);
        assert!(desk.ran.is_empty(), "{text}");
        assert!(desk.screen().contains(part), "{text}:\n{}", desk.screen());
        desk.keys("esc esc tab");
        desk.run("select 1;");
        assert_eq!(desk.statements(), ["select 1"], "after {text}");
    }
}

#[test]
fn watch_runs_again_when_its_time_has_come_and_ctrl_c_ends_it() {
    let mut desk = Desk::connected((80, 24));
    desk.tick(0);
    desk.run("select 1 \\watch 2");
    assert_eq!(desk.ran.len(), 1);
    desk.tick(1);
    assert_eq!(desk.ran.len(), 1);
    desk.tick(3);
    assert_eq!(desk.ran.len(), 2);
    desk.keys("ctrl-c");
    desk.tick(10);
    assert_eq!(desk.ran.len(), 2);
}

#[test]
fn tab_completes_tables_and_their_columns() {
    let mut desk = Desk::connected((80, 24));
    desk.types("select * from boo");
    desk.keys("tab");
    assert_eq!(desk.app.panes.query.editor.text(), "select * from bookmarks");
    desk.types(" where ti");
    // Key words begin so too: the column is the first of a list.
    desk.keys("tab enter");
    assert_eq!(desk.app.panes.query.editor.text(), "select * from bookmarks where title");
    desk.keys("ctrl-c");
    desk.types("sel");
    desk.keys("tab");
    assert!(desk.app.panes.query.editor.text().to_lowercase().starts_with("select"));
}

#[test]
fn a_statement_that_failed_in_a_transaction_leaves_the_sign_of_it() {
    let mut desk = Desk::connected((80, 24));
    desk.slow = true;
    desk.run("begin;");
    desk.transaction(Transaction::Open);
    desk.ends(Ended::Done("BEGIN".into()));
    desk.run("select x;");
    desk.transaction(Transaction::Failed);
    desk.fails("column \"x\" does not exist", Some(8));
    let screen = desk.screen();
    assert!(screen.contains("bookmarks=!> ") && screen.contains("! transaction failed"), "{screen}");
}

#[test]
fn a_file_of_migrations_runs_statement_by_statement_and_ends_at_the_first_that_fails() {
    let mut desk = Desk::connected((100, 30));
    desk.file = "begin;\ncreate table tags (id int);\n\\set n 7\ninsert into tags values (:n);\ncommit;\n".into();
    desk.run("\\i migrations/0007_tags.sql");
    assert_eq!(desk.statements(), ["begin", "create table tags (id int)", "insert into tags values (7)", "commit"]);
    desk.ran.clear();
    desk.slow = true;
    desk.run("\\i migrations/0007_tags.sql");
    desk.ends(Ended::Done("BEGIN".into()));
    desk.fails("relation \"tags\" already exists", None);
    assert_eq!(desk.statements(), ["begin", "create table tags (id int)"], "nothing after it is run");
    assert!(desk.screen().contains("already exists"), "{}", desk.screen());
}

#[test]
fn all_that_d_tells_of_a_table_is_there_as_text_and_what_is_not_set_is_empty() {
    let mut desk = Desk::connected((80, 24));
    let sheet = crate::model::sql::sheet::Sheet {
        title: Some("Table \"public.bookmarks\"".into()),
        columns: vec![("Column".into(), false), ("Collation".into(), false)],
        rows: vec![vec![Some("id".into()), None], vec![Some("title".into()), None]],
        footers: (1..=20).map(|number| format!("    \"index_{number}\" btree (id)")).collect(),
        ..Default::default()
    };
    super::pump::show(&mut desk.app, sheet, &crate::model::sql::format::Options::default());
    desk.app.settle();
    let screen = desk.screen();
    assert!(!screen.contains("NULL") && !screen.contains("index_20"), "{screen}");
    assert!(screen.contains("all of it as text"), "{screen}");
    desk.keys("esc enter");
    let window = desk.app.screen.overlays.last().expect("a window");
    assert!(window.copies.as_ref().is_some_and(|text| text.contains("index_20")), "{:?}", window.copies);
    assert!(desk.screen().contains("Table \"public.bookmarks\""), "{}", desk.screen());
}

//! psql's commands, and completion in the editor.

use super::state::ResultTarget;
use super::testing::Desk;
use crate::model::sql::{StatementOutcome, Transaction};
use crate::ui::testing::pictures::assert_screen;

#[test]
fn backslash_command_runs_at_once_and_shows_a_grid() {
    let mut desk = Desk::connected((80, 24));
    desk.types("\\dt");
    desk.keys("enter");
    let screen = desk.screen();
    for part in ["Schema", "bookmarks", "タグ", "row 1 of 2"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_eq!(desk.app.panes.query.editor.text(), "");
    assert_screen("query_dt", &desk.app);
}

#[test]
fn variables_are_substituted_and_invalid_ones_are_reported() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\set name 'O''Neil'");
    desk.run("select :'name';");
    assert_eq!(desk.statements(), ["select 'O''Neil'"]);
    desk.run("\\nonsense");
    assert!(desk.screen().contains("nonsense"), "{}", desk.screen());
    assert_eq!(desk.ran.len(), 1);
}

#[test]
fn x_applies_to_current_and_future_rows() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks;");
    desk.run("\\x");
    assert!(desk.app.panes.query.shown().unwrap().record);
    desk.run("select 1;");
    assert!(desk.app.panes.query.shown().unwrap().record);
    desk.run("\\x");
    assert!(!desk.app.panes.query.shown().unwrap().record);
}

#[test]
fn null_follows_pset_and_differs_from_an_empty_text() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\pset null ∅");
    desk.run("select * from bookmarks;");
    let screen = desk.screen();
    assert!(screen.contains('∅'), "{screen}");
    desk.run("\\pset null ''");
    assert!(!desk.screen().contains('∅') && desk.screen().contains("NULL"), "{}", desk.screen());
}

#[test]
fn help_exit_and_quit_are_commands_on_their_own() {
    let mut desk = Desk::connected((100, 30));
    desk.run("help");
    assert!(desk.screen().contains("\\watch") || desk.screen().contains("General"), "{}", desk.screen());
    desk.keys("esc");
    desk.paste("select 1\nexit");
    desk.keys("enter");
    assert!(desk.app.panes.query.is_on() && desk.ran.is_empty(), "in a statement it is a word like any other");
    desk.keys("ctrl-c");
    desk.run("EXIT;");
    assert!(!desk.app.panes.query.is_on(), "{}", desk.screen());
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
fn commands_that_need_a_terminal_are_refused_with_a_message() {
    for (text, part) in [("copy bookmarks from stdin;", "reads a file"), ("\\!", "no shell")] {
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
fn file_paths_follow_cd_and_the_including_file() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\cd");
    desk.run("\\cd work");
    assert_eq!(desk.app.panes.query.folder.as_deref(), Some("/home/aya/work"));
    desk.file = "\\ir more.sql".into();
    desk.run("\\i sql/first.sql");
    assert_eq!(desk.begun[..2], ["/home/aya/work/sql/first.sql", "/home/aya/work/sql/more.sql"]);
    desk.file.clear();
    let mut desk = Desk::connected((80, 24));
    desk.run("\\cd /srv");
    desk.run("select 7 \\w seven.sql\n;");
    assert_eq!(desk.begun, ["/srv/seven.sql: select 7 \n"]);
    desk.run("\\o out.txt");
    assert_eq!(desk.app.panes.query.result_target, Some(ResultTarget::File("/srv/out.txt".into())));
    desk.run("\\cd /nowhere");
    assert!(desk.screen().contains("/nowhere: No such file"), "{}", desk.screen());
    assert_eq!(desk.app.panes.query.folder.as_deref(), Some("/srv"), "it stays where it was");
}

#[test]
fn getenv_sets_or_unsets_a_variable() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\getenv home HOME");
    desk.run("\\getenv gone GONE");
    desk.run("select :'home', :{?gone};");
    assert_eq!(desk.statements(), ["select '/home/aya', FALSE"], "{}", desk.screen());
}

#[test]
fn prompt_asks_for_a_variable_and_escape_keeps_the_old_value() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\prompt 'お名前: ' name");
    assert!(desk.screen().contains("お名前: "), "{}", desk.screen());
    desk.types("O'Neil");
    desk.keys("enter");
    desk.run("select :'name';");
    assert_eq!(desk.statements(), ["select 'O''Neil'"]);
    desk.run("\\prompt name");
    assert!(desk.screen().contains("value of the variable"), "{}", desk.screen());
    desk.keys("esc");
    // The change shows at the next screen update.
    desk.tick(1);
    assert!(desk.screen().contains("nothing was typed"), "{}", desk.screen());
    desk.keys("esc tab");
    desk.run("select :'name';");
    assert_eq!(desk.statements().last(), Some(&"select 'O''Neil'"));
}

#[test]
fn watch_repeats_a_statement_until_ctrl_c() {
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
    // Keywords match the prefix too; the column is the first candidate of the list.
    desk.keys("tab enter");
    assert_eq!(desk.app.panes.query.editor.text(), "select * from bookmarks where title");
    desk.keys("ctrl-c");
    // Escape closes the list first, then leaves the editor.
    desk.types("select * from bookmarks b where b.");
    desk.keys("tab esc");
    assert!(desk.app.panes.query.completion.is_none() && desk.app.editing());
    desk.keys("ctrl-c");
    assert_eq!(desk.app.panes.query.editor.text(), "");
    desk.types("sel");
    desk.keys("tab");
    assert!(desk.app.panes.query.editor.text().to_lowercase().starts_with("select"));
}

#[test]
fn failure_in_a_transaction_changes_the_prompt_sign() {
    let mut desk = Desk::connected((80, 24));
    desk.slow = true;
    desk.run("begin;");
    desk.transaction(Transaction::Open);
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.run("select x;");
    desk.transaction(Transaction::Failed);
    desk.fails("column \"x\" does not exist", Some(8));
    let screen = desk.screen();
    assert!(screen.contains("bookmarks=!> ") && screen.contains("! transaction failed"), "{screen}");
}

#[test]
fn migration_file_stops_at_its_first_failure() {
    let mut desk = Desk::connected((100, 30));
    desk.file = "begin;\ncreate table tags (id int);\n\\set n 7\ninsert into tags values (:n);\ncommit;\n".into();
    desk.run("\\i migrations/0007_tags.sql");
    assert_eq!(desk.statements(), ["begin", "create table tags (id int)", "insert into tags values (7)", "commit"]);
    desk.ran.clear();
    desk.slow = true;
    desk.run("\\i migrations/0007_tags.sql");
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.fails("relation \"tags\" already exists", None);
    assert_eq!(desk.statements(), ["begin", "create table tags (id int)"], "nothing after it is run");
    assert!(desk.screen().contains("already exists"), "{}", desk.screen());
}

#[test]
fn failed_file_reports_what_ran_and_rolls_back_its_transaction() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.file = "begin;\ninsert into tags values (1);\n\\nope\ncommit;\n".into();
    desk.run("\\i migrations/0008_users.sql");
    desk.transaction(Transaction::Open);
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.ends(StatementOutcome::Done("INSERT 0 1".into()));
    assert_eq!(desk.statements(), ["begin", "insert into tags values (1)", "ROLLBACK"]);
    desk.transaction(Transaction::Idle);
    desk.ends(StatementOutcome::Done("ROLLBACK".into()));
    let told = desk.app.activity.iter().map(|entry| entry.text.as_str()).find(|text| text.contains("not run")).unwrap();
    for part in
        ["invalid command \\nope", "2 statements ran before it", "0008_users.sql from line 4 on", "is rolled back"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(desk.screen().contains("2 statements ran"), "{}", desk.screen());
}

#[test]
fn declined_question_in_a_file_reports_what_was_not_run() {
    let mut desk = Desk::connected((100, 30));
    desk.app.environment.guarded = true;
    desk.file = "select 1;\ninsert into tags values (1);\nselect 2;\n".into();
    desk.run("\\i migrations/0009.sql");
    assert_eq!(desk.statements(), ["select 1"], "what the file has is asked for, as what is typed");
    assert!(desk.screen().contains("insert into tags"), "{}", desk.screen());
    desk.keys("esc");
    desk.tick(1);
    assert_eq!(desk.statements(), ["select 1"]);
    let told = desk.app.activity.iter().map(|entry| entry.text.as_str()).find(|text| text.contains("not run")).unwrap();
    assert!(told.contains("one statement ran before it") && told.contains("0009.sql from line 3 on"), "{told}");
}

#[test]
fn backslash_d_output_is_available_as_text_with_empty_unset_values() {
    let mut desk = Desk::connected((80, 24));
    let sheet = crate::model::sql::small_table::Sheet {
        title: Some("Table \"public.bookmarks\"".into()),
        columns: vec![("Column".into(), false), ("Collation".into(), false)],
        rows: vec![vec![Some("id".into()), None], vec![Some("title".into()), None]],
        footers: (1..=20).map(|number| format!("    \"index_{number}\" btree (id)")).collect(),
        ..Default::default()
    };
    super::psql::show(&mut desk.app, sheet, &crate::model::sql::format::Options::default());
    desk.app.settle();
    let screen = desk.screen();
    assert!(!screen.contains("NULL") && !screen.contains("index_20"), "{screen}");
    assert!(screen.contains("all of it as text"), "{screen}");
    desk.keys("esc enter");
    let window = desk.app.screen.overlays.last().expect("a window");
    assert!(window.copy_text.as_ref().is_some_and(|text| text.contains("index_20")), "{:?}", window.copy_text);
    assert!(desk.screen().contains("Table \"public.bookmarks\""), "{}", desk.screen());
}

//! psql's commands and completion in the editor.

use super::state::Out;
use super::testing::Desk;
use crate::model::sql::{Ended, Transaction};
use crate::ui::testing::pictures::seen;

#[test]
fn a_command_with_a_backslash_runs_at_once_and_its_table_is_a_grid() {
    let mut desk = Desk::connected((80, 24));
    desk.types("\\dt");
    desk.keys("enter");
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
    assert!(desk.app.panes.query.shown().unwrap().record);
    desk.run("select 1;");
    assert!(desk.app.panes.query.shown().unwrap().record);
    desk.run("\\x");
    assert!(!desk.app.panes.query.shown().unwrap().record);
}

#[test]
fn null_stands_in_the_grid_as_pset_says_and_is_never_like_an_empty_text() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\pset null ∅");
    desk.run("select * from bookmarks;");
    let screen = desk.screen();
    assert!(screen.contains('∅'), "{screen}");
    desk.run("\\pset null ''");
    assert!(!desk.screen().contains('∅') && desk.screen().contains("NULL"), "{}", desk.screen());
}

#[test]
fn help_exit_and_quit_are_commands_where_they_stand_alone() {
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
fn what_would_need_the_terminal_or_a_file_is_refused_in_words() {
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
fn files_are_looked_for_where_cd_went_and_those_of_a_file_beside_it() {
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
    assert_eq!(desk.app.panes.query.out, Some(Out::File("/srv/out.txt".into())));
    desk.run("\\cd /nowhere");
    assert!(desk.screen().contains("/nowhere: No such file"), "{}", desk.screen());
    assert_eq!(desk.app.panes.query.folder.as_deref(), Some("/srv"), "it stays where it was");
}

#[test]
fn a_variable_is_what_the_environment_has_and_nothing_where_it_has_none() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\getenv home HOME");
    desk.run("\\getenv gone GONE");
    desk.run("select :'home', :{?gone};");
    assert_eq!(desk.statements(), ["select '/home/aya', FALSE"], "{}", desk.screen());
}

#[test]
fn prompt_asks_below_for_a_variable_and_esc_leaves_it_as_it_was() {
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
    // It is seen when the screen is brought up to date the next time.
    desk.tick(1);
    assert!(desk.screen().contains("nothing was typed"), "{}", desk.screen());
    desk.keys("esc tab");
    desk.run("select :'name';");
    assert_eq!(desk.statements().last(), Some(&"select 'O''Neil'"));
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
    // Esc leaves the list first, then the editor.
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
fn a_file_that_fails_says_what_ran_and_leaves_no_transaction_of_its_own_open() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.file = "begin;\ninsert into tags values (1);\n\\nope\ncommit;\n".into();
    desk.run("\\i migrations/0008_users.sql");
    desk.transaction(Transaction::Open);
    desk.ends(Ended::Done("BEGIN".into()));
    desk.ends(Ended::Done("INSERT 0 1".into()));
    assert_eq!(desk.statements(), ["begin", "insert into tags values (1)", "ROLLBACK"]);
    desk.transaction(Transaction::Idle);
    desk.ends(Ended::Done("ROLLBACK".into()));
    let told = desk.app.activity.iter().map(|entry| entry.text.as_str()).find(|text| text.contains("not run")).unwrap();
    for part in
        ["invalid command \\nope", "2 statements ran before it", "0008_users.sql from line 4 on", "is taken back"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(desk.screen().contains("2 statements ran"), "{}", desk.screen());
}

#[test]
fn a_no_in_the_middle_of_a_file_tells_what_was_not_run() {
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

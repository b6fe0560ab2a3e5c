//! Editing rows of a result, and applying the changes together.

use super::copy::NAME;
use super::edits::Edit;
use super::requests::{Kind, ticket};
use super::samples::{catalogue, cell};
use super::testing::{Desk, server};
use crate::app::event::Event;
use crate::feeds::part::Part;
use crate::feeds::{queries, sql};
use crate::model::sql::edit::{Change, Changes, Table};
use crate::model::sql::interpreter::Edited;
use crate::model::sql::{Column, Server, StatementOutcome, Transaction};
use crate::ui::testing::pictures::assert_screen;

fn desk() -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc");
    desk
}

/// Replaces the selected value.
fn value(desk: &mut Desk, text: &str) {
    desk.keys("e ctrl-u");
    desk.types(text);
    desk.keys("enter");
}

#[test]
fn changes_are_shown_as_statements_and_applied_in_one_transaction() {
    let mut desk = desk();
    desk.keys("j l");
    value(&mut desk, "O'Neil");
    desk.keys("j D");
    let screen = desk.screen();
    assert!(screen.contains("O'Neil") && screen.contains("2 changes: W applies them"), "{screen}");
    assert_screen("query_edited", &desk.app);
    desk.keys("W");
    assert_eq!(desk.ran.len(), 1, "nothing is changed before the confirmation");
    let update = "UPDATE public.bookmarks SET title = 'O''Neil' WHERE id = '2' AND pg_catalog.format('%s', title) = 'PostgreSQL' \
                  AND pg_catalog.format('%s', tags) = '{\"a\": {\"b\": null}}' AND pg_catalog.format('%s', visits) = '7' \
                  AND note IS NOT DISTINCT FROM NULL";
    let delete = "DELETE FROM public.bookmarks WHERE id = '3' AND title IS DISTINCT FROM NULL AND pg_catalog.format('%s', title) = '' \
                  AND pg_catalog.format('%s', tags) = '[]' AND visits IS NOT DISTINCT FROM NULL \
                  AND pg_catalog.format('%s', note) = 'a\u{1b}[31mred\u{7}\nnext'";
    let screen = desk.screen().replace(['│', ' ', '\n'], "");
    for part in
        ["BEGIN;", update, "DELETE FROM public.bookmarks WHERE id = '3' AND title IS", "COMMIT;", "exactly one row"]
    {
        assert!(screen.contains(&part.replace(' ', "")), "{part}:\n{}", desk.screen());
    }
    assert_screen("query_edit_asks", &desk.app);
    desk.tags = ["BEGIN", "UPDATE 1", "DELETE 1", "COMMIT"].map(|tag| StatementOutcome::Done(tag.into())).to_vec();
    desk.keys("enter");
    assert_eq!(desk.statements()[1..], ["BEGIN", update, delete, "COMMIT", "select * from bookmarks"]);
    let shown = desk.app.panes.query.shown().unwrap();
    assert!(shown.edit.is_none() && desk.app.panes.query.tabs.len() == 1, "the rows are read again");
    assert_eq!(shown.grid.as_ref().unwrap().place, 2, "where one was");
}

#[test]
fn unexpected_row_count_rolls_all_changes_back_and_keeps_them() {
    for (tag, why) in [("UPDATE 0", "touched no row"), ("UPDATE 2", "touched 2 rows")] {
        let mut desk = desk();
        desk.keys("l");
        value(&mut desk, "x");
        desk.tags = ["BEGIN", tag, "ROLLBACK"].map(|tag| StatementOutcome::Done(tag.into())).to_vec();
        desk.keys("W enter");
        assert_eq!(desk.statements().last(), Some(&"ROLLBACK"));
        let screen = desk.screen();
        assert!(screen.contains("Nothing was changed") && screen.contains(why), "{screen}");
        assert_eq!(desk.app.panes.query.shown().unwrap().edit.as_ref().unwrap().changes.list.len(), 1);
    }
}

#[test]
fn changes_in_an_open_transaction_use_a_savepoint_without_commit() {
    let mut desk = desk();
    desk.transaction(Transaction::Open);
    desk.keys("D");
    desk.tags = ["SAVEPOINT", "DELETE 1", "RELEASE"].map(|tag| StatementOutcome::Done(tag.into())).to_vec();
    desk.keys("W enter");
    assert!(!desk.statements().contains(&"COMMIT"), "{:?}", desk.statements());
    assert!(desk.statements().contains(&"RELEASE SAVEPOINT cockpit_script"), "{:?}", desk.statements());
}

#[test]
fn null_differs_from_empty_and_restored_values_are_no_change() {
    let mut desk = desk();
    desk.keys("l");
    value(&mut desk, "\\N");
    desk.keys("W");
    assert!(desk.screen().contains("SET title = NULL"), "{}", desk.screen());
    desk.keys("esc");
    value(&mut desk, "");
    desk.keys("W");
    assert!(desk.screen().contains("SET title = ''"), "{}", desk.screen());
    desk.keys("esc");
    value(&mut desk, "Rust 公式ドキュメント");
    desk.keys("W");
    assert!(desk.screen().contains("nothing was changed"), "{}", desk.screen());
}

#[test]
fn new_row_has_typed_values_and_defaults() {
    let mut desk = desk();
    desk.keys("A");
    let screen = desk.screen();
    assert!(screen.contains("A new row") && screen.contains("its default"), "{screen}");
    assert!(!screen.contains("note         its default"), "the server makes it:\n{screen}");
    desk.keys("down enter");
    desk.types("new");
    desk.keys("enter esc W");
    let statement = "INSERT INTO public.bookmarks (title) VALUES ('new')";
    assert!(desk.screen().contains(statement), "{}", desk.screen());
    desk.keys("esc u W");
    assert!(desk.screen().contains("nothing was changed"), "{}", desk.screen());
}

#[test]
fn uneditable_cells_explain_why() {
    let mut desk = desk();
    desk.keys("l l l l e");
    assert!(desk.screen().contains("note is made by the server itself"), "{}", desk.screen());
    desk.table = 0;
    desk.keys("tab");
    desk.run("select 1;");
    desk.keys("esc e");
    assert!(desk.screen().contains("cannot be edited: the result is of no table"), "{}", desk.screen());
    desk.table = 4711;
    for statement in [
        "select a.id, b.title from bookmarks a join bookmarks b on b.id = a.visits;",
        "select * from bookmarks union select * from bookmarks;",
    ] {
        desk.keys("tab");
        desk.run(statement);
        for key in ["e", "D", "A"] {
            desk.keys(&format!("esc {key}"));
            assert!(desk.screen().contains("more than one plain table"), "{statement} {key}: {}", desk.screen());
        }
    }
    for (marked, why) in [
        (Server { read_only: true, read_only_why: Some("staging is guarded".into()), ..server() }, "U allows writes"),
        (Server { reader: Some(true), ..server() }, "this is a reader: nothing can be written there"),
    ] {
        let mut desk = self::desk();
        desk.keys("D");
        desk.tell(sql::Fact::Connected(Box::new(marked)));
        desk.keys("e");
        assert!(desk.screen().contains(why), "{why}:\n{}", desk.screen());
        desk.keys("W");
        assert!(desk.screen().contains("it cannot be applied"), "a failover since:\n{}", desk.screen());
    }
}

#[test]
fn quitting_with_pending_changes_asks() {
    let mut desk = desk();
    desk.keys("D q");
    assert!(!desk.quits && desk.screen().contains("one change of a result was not applied"), "{}", desk.screen());
}

#[test]
fn copied_statements_name_the_result_table() {
    let mut desk = desk();
    desk.keys("j c j j j enter");
    let copied = desk.copied.pop().unwrap_or_default();
    let statement = "INSERT INTO public.bookmarks (id, title, tags, visits, note) VALUES (2, 'PostgreSQL', ";
    assert!(copied.starts_with(statement), "{copied}");
    // Renamed columns get their real names; without a column of the table, no table is named.
    for (of_table, start) in
        [(true, "INSERT INTO public.bookmarks (id, title, "), (false, "INSERT INTO table_name (id, other, ")]
    {
        desk.keys("tab");
        desk.run("select id, title as other, tags, visits, note from bookmarks;");
        let tab = desk.app.panes.query.shown_mut().unwrap();
        let columns = &mut tab.grid.as_mut().unwrap().columns;
        "other".clone_into(&mut columns[1].name);
        if !of_table {
            (columns[1].table_oid, columns[1].number) = (0, 0);
        }
        desk.keys("esc c j j j enter");
        let copied = desk.copied.pop().unwrap_or_default();
        assert!(copied.starts_with(start), "{copied}");
    }
    desk.table = 0;
    desk.keys("tab");
    desk.run("select 1;");
    desk.keys("esc c j j j enter");
    let copied = desk.copied.pop().unwrap_or_default();
    assert!(copied.starts_with("INSERT INTO table_name (id"), "{copied}");
}

#[test]
fn late_table_name_is_not_used_for_another_result() {
    let mut desk = desk();
    desk.deaf = true;
    let asked = |desk: &Desk| {
        let looks = desk.app.panes.query.look_ups.iter().filter(|(_, purpose)| **purpose == NAME);
        ticket(&desk.app, Kind::LookUp, *looks.map(|(serial, _)| serial).max().unwrap())
    };
    let named = |table: &str| {
        let (columns, mut rows) = catalogue(NAME).unwrap();
        for row in &mut rows {
            row[1] = Some(table.to_owned());
        }
        Part::Last(sql::Fact::QueryRows { purpose: NAME, columns, rows })
    };
    desk.keys("j c j j j enter");
    let late = asked(&desk);
    desk.keys("tab");
    desk.run("select * from tags;");
    desk.keys("esc c j j j enter");
    let of_tags = asked(&desk);
    desk.answered(late, named("bookmarks"));
    assert_eq!(desk.copied, Vec::<String>::new(), "rows of one table would go into the other");
    desk.answered(of_tags, named("tags"));
    assert!(desk.copied[0].starts_with("INSERT INTO public.tags ("), "{:?}", desk.copied);
}

#[test]
fn exported_file_format_follows_its_extension() {
    let mut desk = desk();
    desk.keys("l - ctrl-s ctrl-u");
    desk.types("rows");
    desk.keys("enter");
    assert!(desk.screen().contains("a file ends with .csv"), "{}", desk.screen());
    desk.keys("ctrl-s ctrl-u");
    desk.types("~/rows.sql");
    desk.keys("enter");
    let (ticket, path, table, columns) = desk.exported.last().cloned().unwrap();
    assert_eq!((path.as_str(), table.as_str()), ("~/rows.sql", "public.bookmarks"));
    assert_eq!(columns, [0, 2, 3, 4], "hidden columns are not written");
    desk.answered(ticket, Part::Page(sql::Fact::Exported { rows: 2, bytes: 100 }));
    assert!(desk.screen().contains("writing 50 % into ~/rows.sql"), "{}", desk.screen());
    desk.answered(ticket, Part::Last(sql::Fact::Exported { rows: 4, bytes: 2_000 }));
    assert!(desk.screen().contains("~/rows.sql: 4 rows, 2.0 kB"), "{}", desk.screen());
    desk.keys("ctrl-s ctrl-u");
    desk.types("again.csv");
    desk.keys("enter esc");
    let ticket = desk.exported.last().unwrap().0;
    assert_eq!(desk.left.last(), Some(&ticket), "Esc leaves it");
}

#[test]
fn external_editor_gets_the_text_and_its_result_replaces_it() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("select 1\nfrom bookmarks");
    desk.keys("ctrl-e");
    let (ticket, what, line) = desk.outside.pop().unwrap();
    assert_eq!((what, line), (Edited::Text("select 1\nfrom bookmarks".into()), Some(2)));
    desk.answered(ticket, Part::Last(queries::Fact::Text(Ok("select 2;".into()))));
    assert_eq!(desk.app.panes.query.editor.text(), "select 2;");
    assert!(desk.ran.is_empty(), "nothing runs automatically");
    desk.run("");
    desk.run("\\e");
    let (ticket, what, _) = desk.outside.pop().unwrap();
    assert_eq!(what, Edited::Text("select 2".into()), "psql's command has what was run last");
    desk.answered(ticket, Part::Last(queries::Fact::Text(Err("vi ended with exit status: 1".into()))));
    assert!(desk.screen().contains("vi ended with exit status: 1"), "{}", desk.screen());
}

/// Presses keys at typing speed, without a frame in between.
fn typed_on(desk: &mut Desk, keys: &str) {
    for key in keys.split(' ') {
        let at = desk.app.confirm.now() + jiff::SignedDuration::from_millis(120);
        desk.app.update(Event::Elapsed(at));
        let effects = desk.app.update(Event::Key(key.parse().unwrap()));
        desk.answer(effects);
    }
}

#[test]
fn input_for_a_refused_edit_is_ignored() {
    // Refused at once, and after the server's answer about the table.
    for (moves, table, why) in [("l l l l", 4711, "made by the server itself"), ("l", 0, "the result is of no table")] {
        let mut desk = desk();
        desk.table = table;
        if table == 0 {
            desk.keys("tab");
            desk.run("select 1;");
            desk.keys("esc");
        } else {
            desk.keys(moves);
        }
        let (asked, windows) = (desk.ran.len(), desk.app.screen.overlays.len());
        // Without an edit, `e` would open the environments, D delete a row, and W apply.
        typed_on(&mut desk, "e D e W enter e j enter");
        let app = &desk.app;
        assert_eq!((app.environment.name.as_str(), desk.ran.len()), ("staging", asked), "{}", desk.screen());
        assert_eq!(app.screen.overlays.len(), windows, "{}", desk.screen());
        assert!(app.panes.query.shown().unwrap().edit.as_ref().is_none_or(|edit| edit.changes.list.is_empty()));
        let screen = desk.screen();
        assert!(screen.contains(why) && screen.contains("ignored"), "{screen}");
    }
}

#[test]
fn input_before_the_edit_line_opens_is_neither_a_key_nor_a_partial_value() {
    for early in [false, true] {
        let mut desk = desk();
        desk.keys("l");
        let at = desk.app.confirm.now();
        let effects = desk.app.update(Event::Key("e".parse().unwrap()));
        if early {
            // The server answers late which table it is.
            for (milliseconds, key) in [(100, "D"), (200, "enter")] {
                desk.app.update(Event::Elapsed(at + jiff::SignedDuration::from_millis(milliseconds)));
                assert!(desk.app.update(Event::Key(key.parse().unwrap())).is_empty());
            }
        }
        desk.answer(effects);
        assert!(desk.app.screen.typing.is_some(), "{}", desk.screen());
        typed_on(&mut desk, "x y");
        let line = desk.app.screen.typing.as_ref().unwrap().input.text().to_owned();
        assert_eq!(line.ends_with("xy"), !early, "{line}");
        assert!(desk.app.panes.query.shown().unwrap().edit.as_ref().unwrap().changes.list.is_empty());
    }
}

/// Presses keys before the server has answered which table it is.
fn typed_before_it_is_known(desk: &mut Desk, keys: &str) {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let at = desk.app.confirm.now() + jiff::SignedDuration::from_millis(120);
        desk.app.update(Event::Elapsed(at));
        effects.extend(desk.app.update(Event::Key(key.parse().unwrap())));
    }
    desk.answer(effects);
}

#[test]
fn row_edit_applies_to_the_row_selected_at_the_key_press() {
    let keys = |desk: &Desk, tab: usize| {
        let edit = desk.app.panes.query.tabs[tab].edit.as_ref().unwrap();
        let key = |change: &Change| {
            if let Change::Delete { key, .. } = change { key[0].clone().unwrap() } else { "?".into() }
        };
        edit.changes.list.iter().map(key).collect::<Vec<_>>()
    };
    let mut desk = desk();
    typed_before_it_is_known(&mut desk, "D j");
    assert_eq!(keys(&desk, 0), ["1"], "{}", desk.screen());
    let mut desk = self::desk();
    typed_before_it_is_known(&mut desk, "D j D j");
    assert_eq!(keys(&desk, 0), ["1", "2"], "{}", desk.screen());
    // Each result has its own table.
    let mut desk = self::desk();
    desk.keys("tab");
    desk.run("select * from bookmarks where true;");
    desk.keys("esc j");
    typed_before_it_is_known(&mut desk, "D [ D");
    assert_eq!((keys(&desk, 0), keys(&desk, 1)), (vec!["1".to_owned()], vec!["2".to_owned()]), "{}", desk.screen());
}

#[test]
fn cell_edit_applies_to_the_cell_selected_at_the_key_press() {
    let mut desk = desk();
    desk.keys("l");
    let effects = desk.app.update(Event::Key("e".parse().unwrap()));
    // Arriving rows or a click move the selection.
    desk.app.panes.query.shown_mut().unwrap().grid.as_mut().unwrap().select_row(1);
    desk.answer(effects);
    let line = desk.app.screen.typing.as_ref().expect("a line").input.text().to_owned();
    assert_eq!(line, "Rust 公式ドキュメント", "{}", desk.screen());
    desk.keys("ctrl-u x enter W");
    assert!(desk.screen().contains("WHERE id = '1'"), "{}", desk.screen());
}

#[test]
fn invalid_utf8_is_neither_compared_nor_used_as_a_key() {
    let columns = [(1, "id".to_owned()), (2, "title".to_owned())].to_vec();
    let table = Table { columns, key: vec![1], ..Table::default() };
    let edit = Edit { changes: Changes { table, list: Vec::new() }, key: vec![vec![0]] };
    let column = |number| Column { name: "c".into(), type_oid: 25, modifier: -1, table_oid: 7, number };
    let columns = [column(1), column(2)];
    assert!(edit.read_values(&columns, &[cell("1"), cell("caf\u{fffd}")]).is_empty());
    assert_eq!(edit.read_values(&columns, &[cell("1"), cell("café")]), [(2, Some("café".to_owned()))]);
    assert_eq!(edit.key_of(&[cell("\u{fffd}"), cell("café")]), None);
}

//! Rows of a result: order, copying, lifetime, and large values.

use super::testing::{Desk, bookmarks, server};
use super::tree;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Cell, Column, Server};

fn desk() -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.rows = Some(40_000);
    desk.run("select n, text from numbers;");
    desk.keys("esc");
    desk
}

#[test]
fn large_result_loads_in_any_order_and_is_copied_completely() {
    let mut desk = desk();
    desk.keys("l s");
    for key in ["g", "G", "g", "ctrl-d"] {
        desk.keys(key);
        let grid = desk.app.panes.query.shown().unwrap().grid.as_ref().unwrap();
        let is_filled = (grid.top..grid.top + grid.height).all(|place| grid.cells(place).is_some());
        assert!(is_filled, "{key}:\n{}", desk.screen());
    }
    // The rows in between are not loaded.
    desk.keys("# 2 0 0 0 0 enter v # 2 1 0 0 0 enter c j enter");
    let copied = desk.copied.pop().expect("a copy");
    let texts: Vec<&str> = copied.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(texts.len(), 1_001);
    assert!(texts.is_sorted(), "in the order in which they are shown: {texts:?}");
    let mut all: Vec<String> = (1..=40_000).map(|number| format!("row {number}")).collect();
    all.sort();
    assert_eq!(texts, all[19_999..21_000]);
}

#[test]
fn column_is_copied_completely_or_not_at_all() {
    let mut desk = desk();
    desk.keys("c j j j j j j enter");
    assert!(desk.copied.is_empty() && desk.screen().contains("nothing is copied"), "{}", desk.screen());
    desk.keys("&");
    desk.types("row 39");
    desk.keys("enter c j j j j j j enter");
    let copied = desk.copied.pop().expect("a copy");
    let wanted = |number: &u64| number.to_string().starts_with("39");
    let all: Vec<String> = (1..=40_000_u64).filter(wanted).map(|number| format!("{number}\n")).collect();
    assert_eq!(copied, all.concat());
}

#[test]
fn filter_and_sort_combine_and_search_covers_the_shown_rows() {
    let mut desk = Desk::connected((100, 30));
    desk.run("select * from bookmarks;");
    desk.keys("esc l l l s s &");
    let shown = |desk: &Desk| desk.app.panes.query.shown().unwrap().grid.as_ref().unwrap().shown.clone();
    assert_eq!(shown(&desk), Some(vec![2, 0, 1, 3]));
    desk.types("日本");
    desk.keys("enter");
    let tab = desk.app.panes.query.shown().unwrap();
    assert_eq!((tab.filter.as_str(), tab.sorted, shown(&desk)), ("日本", Some((3, true)), Some(vec![0, 3])));
    assert!(desk.screen().contains("of 2 (4 in all)"), "{}", desk.screen());
    desk.keys("/");
    desk.types("null");
    desk.keys("enter");
    assert_eq!(desk.app.panes.query.shown().unwrap().grid.as_ref().unwrap().place, 1, "the row that the filter left");
    desk.keys("s");
    assert_eq!(shown(&desk), Some(vec![0, 3]), "as they came, and filtered still");
    desk.keys("h h s &");
    assert_eq!(desk.app.panes.query.shown().unwrap().sorted, Some((1, false)));
    desk.keys("ctrl-u enter");
    assert_eq!(shown(&desk).map(|rows| rows.len()), Some(4), "sorted still, and not filtered");
    desk.keys("esc");
    assert_eq!(shown(&desk), None);
}

#[test]
fn sorting_an_unfinished_result_reports_its_range() {
    let mut desk = Desk::connected((120, 30));
    desk.slow = true;
    desk.rows = Some(300);
    desk.run("select n, text from numbers;");
    let (ticket, result, _) = desk.ran.last().cloned().unwrap();
    let columns = bookmarks().0[..2].to_vec();
    desk.answered(ticket, Part::Page(sql::Fact::Begun { result, columns }));
    desk.answered(ticket, Part::Page(sql::Fact::Grown { result, rows: 27, bytes: 500 }));
    desk.rows = Some(27);
    desk.keys("esc s");
    assert!(desk.screen().contains("the rows behind row 27 were not read"), "{}", desk.screen());
    desk.answered(ticket, Part::Page(sql::Fact::Grown { result, rows: 300, bytes: 5_000 }));
    assert!(desk.screen().contains("of 27 (of the first 27 rows alone)"), "{}", desk.screen());
}

#[test]
fn repeated_filter_includes_rows_that_arrived_since() {
    let mut desk = Desk::connected((120, 30));
    desk.slow = true;
    desk.rows = Some(300);
    desk.run("select n, text from numbers;");
    let (ticket, result, _) = desk.ran.last().cloned().unwrap();
    let columns = bookmarks().0[..2].to_vec();
    desk.answered(ticket, Part::Page(sql::Fact::Begun { result, columns }));
    let looked = |desk: &Desk| desk.app.panes.query.shown().unwrap().filter_examined;
    for rows in [27, 300] {
        desk.answered(ticket, Part::Page(sql::Fact::Grown { result, rows, bytes: 500 }));
        desk.rows = Some(rows);
        desk.keys("esc & ctrl-u");
        desk.types("row");
        desk.keys("enter");
        assert_eq!(looked(&desk), Some(rows));
    }
}

#[test]
fn server_sorts_ascending_then_descending() {
    let mut desk = Desk::connected((100, 30));
    desk.run("select * from bookmarks;");
    desk.keys("esc l o");
    assert_eq!(desk.statements().last(), Some(&"SELECT * FROM (\nselect * from bookmarks\n) AS q ORDER BY 2"));
    assert!(desk.screen().contains("title↑"), "{}", desk.screen());
    desk.keys("l o");
    assert_eq!(desk.statements().last(), Some(&"SELECT * FROM (\nselect * from bookmarks\n) AS q ORDER BY 2 DESC"));
    assert!(desk.screen().contains("title↓"), "{}", desk.screen());
}

#[test]
fn results_outlive_their_session_but_not_their_tab_or_environment() {
    let mut desk = desk();
    desk.lose("the server closed the connection");
    desk.keys("G");
    assert!(desk.screen().contains("row 40000"), "{}", desk.screen());
    desk.keys("&");
    desk.types("row 39");
    desk.keys("enter");
    assert!(desk.screen().contains("of 1,111 (40,000 in all)"), "{}", desk.screen());
    desk.keys("ctrl-s enter");
    assert_eq!(desk.exported.len(), 1, "it is written to a file");
    desk.keys("esc w");
    assert_eq!(desk.closed.len(), 1);
    let mut desk = self::desk();
    let effects = crate::app::update::open::switch(&mut desk.app, "prod");
    desk.answer(effects);
    assert_eq!((desk.closed.len(), desk.app.panes.query.tabs.len()), (1, 0));
}

#[test]
fn rows_are_changed_only_in_their_own_database() {
    let mut desk = Desk::connected((100, 30));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc D");
    let at = |database: &str| sql::Fact::Connected(Box::new(Server { database: database.into(), ..server() }));
    for (second, database, refused) in [(5, "another", true), (20, "bookmarks", false)] {
        desk.lose("the server closed the connection");
        desk.tick(second);
        desk.tell(at(database));
        desk.keys("W");
        assert_eq!(desk.screen().contains("are of another database"), refused, "{database}:\n{}", desk.screen());
        desk.keys("esc");
    }
}

#[test]
fn result_of_an_abandoned_statement_is_closed() {
    let mut desk = Desk::connected((100, 30));
    desk.slow = true;
    desk.run("select 1;");
    let (ticket, result, _) = desk.ran.last().cloned().unwrap();
    desk.lose("the server closed the connection");
    let late = crate::model::sql::ResultId(result.0 + 1);
    desk.answered(ticket, Part::Page(sql::Fact::Begun { result: late, columns: bookmarks().0 }));
    assert_eq!(desk.closed, [late]);
}

/// A desk whose first cell has this value, of which only the beginning is loaded.
fn large(type_oid: u32, value: &str) -> Desk {
    let mut desk = Desk::connected((100, 30));
    desk.run("select * from bookmarks;");
    let grid = desk.app.panes.query.shown_mut().unwrap().grid.as_mut().unwrap();
    grid.columns[0] = Column { type_oid, ..grid.columns[0].clone() };
    let mut rows = bookmarks().1;
    rows[0][0] = Cell::Text { text: value[..100].into(), bytes: value.len() as u64, cut: true };
    let version = grid.version;
    grid.take(0, rows, 4, version);
    desk.plans = vec![value.to_owned()];
    desk.keys("esc");
    desk
}

#[test]
fn beginning_of_a_huge_value_is_shown_and_a_file_gets_all_of_it() {
    let text = "a word and ".repeat(3_000_000);
    let mut desk = large(25, &text);
    desk.keys("enter");
    let window = desk.app.screen.overlays.last().expect("a window");
    let shown: usize = window.lines.iter().map(|line| line.text.len()).sum();
    assert!((200_000..300_000).contains(&shown), "{shown} bytes are broken into lines");
    assert_eq!(window.title, "id: the first 262 kB of 33 MB; Esc, then Alt-y writes all of it to a file");
    assert_eq!(window.copy_text, None, "no terminal takes so much");
    desk.keys("esc alt-y ctrl-u");
    desk.types("/tmp/id.txt");
    desk.keys("enter");
    let (ticket, path, ..) = desk.exported.last().cloned().expect("a file");
    assert_eq!(path, "/tmp/id.txt");
    desk.answered(ticket, Part::Last(sql::Fact::Exported { rows: 1, bytes: 33_000_000 }));
    assert!(desk.screen().contains("/tmp/id.txt: 33 MB"), "{}", desk.screen());
    desk.plans = vec![text.clone()];
    desk.keys("y");
    assert!(desk.copied.is_empty() && desk.screen().contains("too much for the clipboard"), "{}", desk.screen());
}

#[test]
fn huge_object_is_text_and_a_smaller_one_a_limited_tree() {
    let many = format!("[{}1]", "1,".repeat(200_000));
    let mut desk = large(3802, &many);
    desk.keys("enter");
    let window = desk.app.screen.overlays.last().expect("a window");
    assert_eq!(window.lines.len(), tree::LINES);
    assert!(window.title.starts_with("id: the first 20,000 lines of 400 kB"), "{}", window.title);
    let mut desk = large(3802, &format!("[{}1]", "1,".repeat(2_000_000)));
    desk.keys("enter");
    let window = desk.app.screen.overlays.last().expect("a window");
    assert!(window.title.starts_with("id: the first 262 kB of 4.0 MB"), "{}", window.title);
}

#[test]
fn text_keeps_indentation_and_bytes_are_readable() {
    let mut desk = large(25, &format!("if x:\n    return y{}", " ".repeat(100)));
    desk.keys("enter");
    assert!(desk.screen().contains("    return y"), "{}", desk.screen());
    let mut desk = large(17, &format!("\\x48656c6c6f{}", "00".repeat(5_000)));
    desk.keys("enter");
    assert!(desk.screen().contains("00000000  48 65 6c 6c 6f 00"), "{}", desk.screen());
    assert!(desk.screen().contains("|Hello..."), "{}", desk.screen());
}

//! Foreign keys that are followed from a row of a result.

use super::state::RESULT;
use super::testing::Desk;
use crate::ui::testing::pictures::seen;

/// Bookmarks, whose fourth column refers to another table.
fn desk() -> Desk {
    let mut desk = Desk::new((100, 30));
    (desk.wide, desk.table) = (true, 4711);
    desk.keys("5");
    desk.connect();
    desk.run("select * from bookmarks;");
    desk.keys("esc");
    desk
}

#[test]
fn enter_on_a_cell_of_a_foreign_key_shows_the_row_it_refers_to_and_esc_comes_back() {
    let mut desk = desk();
    desk.keys("l l l");
    assert!(desk.screen().contains("column 4 of 5 → しおり"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.statements()[1..], ["SELECT * FROM public.\"しおり\" WHERE id = '1204'"]);
    assert_eq!((desk.app.panes.query.tabs.len(), desk.app.panes.query.tab, desk.app.focused()), (2, 1, RESULT));
    seen("query_followed", &desk.app);
    desk.keys("esc");
    assert_eq!(desk.app.panes.query.tab, 0, "back at the row one came from");
    assert_eq!(desk.app.panes.query.shown().unwrap().grid.as_ref().unwrap().column, 3);
    desk.keys("]");
    assert_eq!(desk.app.panes.query.tab, 1, "what was followed is kept");
    desk.keys("[ esc");
    assert_eq!(desk.app.panes.query.tab, 0, "of the first one there is no way back");
}

#[test]
fn a_cell_of_no_key_is_shown_whole_and_one_that_is_null_refers_to_nothing() {
    let mut desk = desk();
    desk.keys("l enter");
    assert_eq!(desk.statements().len(), 1);
    assert!(!desk.app.screen.overlays.is_empty(), "{}", desk.screen());
    desk.keys("esc j j l l enter");
    assert_eq!(desk.statements().len(), 1);
    assert!(desk.screen().contains("user_id is NULL: it refers to no row"), "{}", desk.screen());
}

#[test]
fn the_rows_that_refer_to_one_are_listed_and_chosen() {
    let mut desk = desk();
    desk.keys("j b");
    let screen = desk.screen();
    for part in ["→ しおり", "← app.tags", "tags_bookmark: bookmark_id → id"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    seen("query_references", &desk.app);
    desk.keys("j enter");
    assert_eq!(desk.statements()[1..], ["SELECT * FROM app.tags WHERE bookmark_id = '2'"]);
    desk.keys("esc");
    assert_eq!(desk.app.panes.query.tab, 0);
}

#[test]
fn rows_of_a_session_that_is_gone_are_not_followed_into_another() {
    let mut desk = desk();
    desk.lose("the server closed the connection");
    desk.session = None;
    desk.keys("b");
    assert!(desk.screen().contains("there is no session"), "{}", desk.screen());
    desk.app.panes.query.tabs[0].session = crate::model::sql::SessionId(99);
    desk.keys("l l l");
    assert!(!desk.screen().contains("→ しおり"), "{}", desk.screen());
}

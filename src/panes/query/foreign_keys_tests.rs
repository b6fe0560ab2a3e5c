//! Following foreign keys from a row of a result.

use super::state::RESULT;
use super::testing::Desk;
use crate::ui::testing::pictures::assert_screen;

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
fn enter_on_a_foreign_key_shows_the_referenced_row_and_escape_returns() {
    let mut desk = desk();
    desk.keys("l l l");
    assert!(desk.screen().contains("column 4 of 5 → しおり"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.statements()[1..], ["SELECT * FROM public.\"しおり\" WHERE id = '1204'"]);
    assert_eq!((desk.app.panes.query.tabs.len(), desk.app.panes.query.tab, desk.app.focused()), (2, 1, RESULT));
    assert_screen("query_followed", &desk.app);
    desk.keys("esc");
    assert_eq!(desk.app.panes.query.tab, 0, "back at the row one came from");
    assert_eq!(desk.app.panes.query.shown().unwrap().grid.as_ref().unwrap().column, 3);
    desk.keys("]");
    assert_eq!(desk.app.panes.query.tab, 1, "the followed result is kept");
    desk.keys("[ esc");
    assert_eq!(desk.app.panes.query.tab, 0, "of the first one there is no way back");
}

#[test]
fn other_cells_are_shown_completely_and_null_keys_refer_to_nothing() {
    let mut desk = desk();
    desk.keys("l enter");
    assert_eq!(desk.statements().len(), 1);
    assert!(!desk.app.screen.overlays.is_empty(), "{}", desk.screen());
    desk.keys("esc j j l l enter");
    assert_eq!(desk.statements().len(), 1);
    assert!(desk.screen().contains("user_id is NULL: it refers to no row"), "{}", desk.screen());
}

#[test]
fn referencing_rows_are_listed_and_can_be_chosen() {
    let mut desk = desk();
    desk.keys("j b");
    let screen = desk.screen();
    for part in ["→ しおり", "← app.tags", "tags_bookmark: bookmark_id → id"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("query_references", &desk.app);
    desk.keys("j enter");
    assert_eq!(desk.statements()[1..], ["SELECT * FROM app.tags WHERE bookmark_id = '2'"]);
    desk.keys("esc");
    assert_eq!(desk.app.panes.query.tab, 0);
}

#[test]
fn rows_of_an_earlier_session_are_not_followed() {
    let mut desk = desk();
    desk.lose("the server closed the connection");
    desk.session = None;
    desk.keys("b");
    assert!(desk.screen().contains("there is no session"), "{}", desk.screen());
    desk.app.panes.query.tabs[0].session = crate::model::sql::SessionId(99);
    desk.keys("l l l");
    assert!(!desk.screen().contains("→ しおり"), "{}", desk.screen());
}

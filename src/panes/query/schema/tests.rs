//! The schema browser, driven by keys.

use super::state::{DETAIL, TREE};
use crate::panes::query::state::{EDITOR, Link, RESULT};
use crate::panes::query::testing::Desk;
use crate::ui::testing::pictures::assert_screen;

fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(size);
    desk.wide = true;
    desk.keys("5");
    desk.connect();
    desk
}

/// A desk with the table of bookmarks selected.
fn opened(size: (u16, u16)) -> Desk {
    let mut desk = desk(size);
    desk.paste("select * from bookmarks");
    desk.keys("f8");
    desk
}

#[track_caller]
fn shows(desk: &Desk, parts: &[&str]) {
    let screen = desk.screen();
    for part in parts {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
}

#[test]
fn objects_form_a_tree_with_figures_beside_the_table_details() {
    for (name, size) in [
        ("schema_80x24", (80, 24)),
        ("schema_120x40", (120, 40)),
        ("schema_200x60", (200, 60)),
        ("schema_60x15", (60, 15)),
    ] {
        let desk = opened(size);
        shows(&desk, &["bookmarks", "~1,234,567", "300 MB", "しおり"]);
        assert_screen(name, &desk.app);
    }
    let mut desk = opened((80, 24));
    desk.keys("enter");
    shows(&desk, &["[Columns]", "not null", "→ しおり"]);
    assert_screen("schema_detail_80x24", &desk.app);
    let desk = opened((180, 40));
    shows(&desk, &["[Columns] Indexes Keys About DDL ER  public.bookmarks", "generated always", "→ しおり", "見出し"]);
    assert!(!desk.screen().contains("pg_class"), "the server's own are folded:\n{}", desk.screen());
    // Never-counted rows differ from zero rows.
    shows(&desk, &["?  8.0 kB table"]);
}

#[test]
fn sections_of_a_table_are_requested_when_shown() {
    let mut desk = opened((180, 40));
    let asked = desk.looked.len();
    desk.keys("]");
    shows(&desk, &["[Indexes]", "unused since the statistics began", "bookmarks_title does the same", "812"]);
    assert_screen("schema_indexes", &desk.app);
    desk.keys("]");
    shows(&desk, &["[Keys]", "primary key", "foreign key", "referred to by", "app.tags (bookmark_id) → (id)"]);
    desk.keys("]");
    shows(&desk, &["[About]", "300 MB", "not known: it was never counted"]);
    desk.keys("]");
    shows(&desk, &["[DDL]", "CREATE TABLE public.bookmarks (", "    title text DEFAULT 'なし'::text,"]);
    assert_screen("schema_ddl", &desk.app);
    desk.keys("]");
    shows(&desk, &["[ER]", "│ bookmarks", "app.tags (bookmark_id) → bookmarks", "bookmarks (user_id) → しおり"]);
    assert_screen("schema_er", &desk.app);
    assert_eq!(desk.looked.len(), asked + 5);
    desk.keys("[ [ ] ]");
    assert_eq!(desk.looked.len(), asked + 5, "details are cached");
    desk.keys("r");
    assert!(desk.looked.len() > asked + 5, "r reads again");
}

#[test]
fn filter_searches_all_schemas_and_enter_folds_or_opens() {
    let mut desk = desk((120, 40));
    desk.keys("esc t g");
    desk.keys("/");
    desk.types("mood");
    desk.keys("enter");
    shows(&desk, &["mood", "/mood"]);
    assert!(!desk.screen().contains("しおり"), "{}", desk.screen());
    desk.keys("esc /");
    desk.types("なし");
    desk.keys("enter");
    shows(&desk, &["nothing has \"なし\" in its name"]);
    desk.keys("esc");
    shows(&desk, &["bookmarks", "+ functions (2)", "+ pg_catalog"]);
    desk.keys("G enter");
    shows(&desk, &["- pg_catalog", "pg_class"]);
    desk.keys("h h");
    shows(&desk, &["+ pg_catalog"]);
    assert_eq!(desk.app.focused(), TREE);
}

#[test]
fn name_or_definition_is_copied() {
    let mut desk = opened((120, 40));
    desk.keys("y enter");
    assert_eq!((desk.copied.as_slice(), desk.app.focused()), (["public.bookmarks".to_owned()].as_slice(), DETAIL));
    desk.keys("j j y");
    assert_eq!(desk.copied.last().unwrap(), "\"Odd\"");
    desk.keys("] y");
    assert!(desk.copied.last().unwrap().starts_with("CREATE INDEX bookmarks_pkey"), "{:?}", desk.copied);
    desk.keys("l l l y");
    let ddl = desk.copied.last().unwrap();
    assert!(
        ddl.starts_with("CREATE TABLE public.bookmarks (\n    id") && ddl.ends_with("'what people keep';\n"),
        "{ddl}"
    );
}

#[test]
fn select_is_appended_without_running_and_first_rows_become_a_result() {
    let mut desk = opened((120, 40));
    desk.keys("m");
    assert!(desk.ran.is_empty(), "nothing is run automatically");
    assert_eq!(desk.app.focused(), EDITOR);
    let text = "select * from bookmarks\nSELECT id, title, \"Odd\", user_id\nFROM public.bookmarks\nLIMIT 100;";
    assert_eq!(desk.app.panes.query.editor.text(), text);
    desk.keys("f8 d");
    assert_eq!((desk.statements(), desk.app.focused()), (vec!["SELECT * FROM public.bookmarks LIMIT 100"], RESULT));
    assert!(!desk.app.panes.query.schema.shown);
    desk.keys("t");
    shows(&desk, &["public.bookmarks"]);
}

#[test]
fn schema_opens_at_the_completion_the_name_or_the_result_table() {
    let selected = |desk: &Desk| super::rows::selected(&desk.app).map(|object| object.name.clone());
    let mut desk = desk((120, 40));
    desk.paste("select * from app.");
    desk.keys("tab");
    assert!(desk.app.panes.query.completion.is_some(), "{}", desk.screen());
    desk.keys("down f8");
    assert!(["tags", "recent"].contains(&selected(&desk).unwrap().as_str()), "{:?}", selected(&desk));
    desk.keys("esc");
    assert!(!desk.app.panes.query.schema.shown);
    desk.keys("ctrl-c");
    desk.paste("select * from しおり");
    desk.keys("left left f8");
    assert_eq!(selected(&desk).as_deref(), Some("しおり"));
    desk.keys("esc ctrl-c");
    desk.table = 4712;
    desk.run("select * from tags;");
    desk.keys("esc t");
    assert_eq!(selected(&desk).as_deref(), Some("tags"));
}

#[test]
fn enter_on_a_key_opens_its_other_table_and_escape_returns() {
    let selected = |desk: &Desk| super::rows::selected(&desk.app).map(|object| object.name.clone());
    let mut desk = opened((120, 40));
    desk.keys("enter ] ] j enter");
    assert_eq!(selected(&desk).as_deref(), Some("しおり"));
    desk.keys("esc");
    assert_eq!(selected(&desk).as_deref(), Some("bookmarks"));
    desk.keys("[ [ g j j j enter");
    assert_eq!(selected(&desk).as_deref(), Some("しおり"), "from a column too");
    desk.keys("esc");
    assert_eq!((selected(&desk).as_deref(), desk.app.focused()), (Some("bookmarks"), DETAIL));
    desk.keys("esc");
    assert_eq!(desk.app.focused(), TREE);
    desk.keys("esc");
    assert!(!desk.app.panes.query.schema.shown);
}

#[test]
fn result_keys_do_nothing_in_the_schema_browser() {
    let mut desk = desk((120, 40));
    desk.table = 4711;
    desk.run("select * from bookmarks;");
    desk.keys("esc t A D W w v # s");
    assert_eq!(desk.statements().len(), 1);
    let tab = desk.app.panes.query.shown().unwrap();
    assert!(
        tab.edit.is_none() && tab.sorted.is_none() && desk.app.panes.query.tabs.len() == 1,
        "nothing of the result is touched"
    );
    assert!(desk.app.panes.query.schema.shown || !desk.app.screen.overlays.is_empty(), "{}", desk.screen());
}

#[test]
fn denied_or_missing_catalogue_parts_are_not_shown_as_empty() {
    let mut desk = Desk::new((120, 40));
    desk.lacks = Some(("relations", true));
    desk.keys("5");
    desk.connect();
    desk.keys("esc t");
    shows(&desk, &["no relations", "permission denied for table", "the user lacks this right"]);
    assert_screen("schema_denied", &desk.app);

    let mut desk = opened((200, 40));
    desk.lacks = Some(("detail", false));
    desk.keys("]");
    shows(&desk, &["pg_sequence", "this server lacks that part"]);

    for purpose in ["functions", "names", "sizes", "types"] {
        let mut desk = Desk::new((360, 40));
        desk.lacks = Some((purpose, false));
        desk.keys("5");
        desk.connect();
        desk.keys("esc t");
        // A narrow tree may cut the message.
        shows(&desk, &[&format!("no {purpose}")]);
        let (_, trouble) = super::rows::tree_status(&desk.app).trouble.unwrap();
        assert!(trouble.contains(&format!("no {purpose}: ")), "{trouble}");
        assert!(trouble.contains("this server lacks that part"), "{trouble}");
    }

    let mut desk = Desk::new((200, 40));
    (desk.wide, desk.lacks) = (true, Some(("foreign keys", true)));
    desk.keys("5");
    desk.connect();
    desk.paste("bookmarks");
    desk.keys("f8 [");
    shows(&desk, &["bookmarks", "no foreign keys: permission denied", "foreign keys are not known"]);
    desk.keys("esc ctrl-c");
    desk.run("select 1;");
    desk.keys("esc b");
    shows(&desk, &["foreign keys are not known: permission denied"]);
}

#[test]
fn editor_never_waits_for_the_catalogue_and_moving_leaves_no_queue() {
    let mut desk = Desk::new((120, 40));
    (desk.wide, desk.deaf) = (true, true);
    desk.keys("5");
    desk.connect();
    desk.types("select");
    assert_eq!(desk.app.panes.query.editor.text(), "select");
    desk.keys("f8");
    shows(&desk, &["asking the server"]);
    desk.keys("esc");
    desk.types(" 1");
    assert_eq!(desk.app.panes.query.editor.text(), "select 1");

    let mut desk = opened((120, 40));
    desk.deaf = true;
    let asked = desk.looked.len();
    desk.keys("j k j k g G g j j j");
    assert!(desk.looked.len() <= asked + 1, "one at a time: {:?}", &desk.looked[asked..]);
    // A look-up that waits for a lock is cancelled after moving on.
    let (asked, left) = (desk.looked.len(), desk.left.len());
    desk.tick(5);
    desk.keys("j");
    assert!(desk.looked.len() > asked && desk.left.len() > left, "{:?}", &desk.looked[asked..]);
}

#[test]
fn known_objects_stay_visible_after_the_session_is_lost() {
    let mut desk = opened((120, 40));
    desk.lose("the server closed the connection");
    assert!(matches!(desk.app.panes.query.link, Link::Lost(_)));
    shows(&desk, &["connection lost", "bookmarks", "title"]);
    desk.keys("d");
    assert!(desk.ran.is_empty());
    shows(&desk, &["there is no session"]);
}

#[test]
fn schema_shows_its_age() {
    let mut desk = opened((120, 40));
    assert!(!desk.screen().contains(" old "), "{}", desk.screen());
    desk.tick(1_200);
    shows(&desk, &["20m old"]);
}

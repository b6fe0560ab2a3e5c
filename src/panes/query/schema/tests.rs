//! The schema tree, as a person looks through it.

use super::state::{DETAIL, TREE};
use crate::panes::query::state::{EDITOR, Link, RESULT};
use crate::panes::query::testing::Desk;
use crate::ui::testing::pictures::seen;

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
fn what_there_is_is_a_tree_with_rows_and_sizes_beside_what_is_known_of_the_selected_table() {
    for (name, size) in [
        ("schema_80x24", (80, 24)),
        ("schema_120x40", (120, 40)),
        ("schema_200x60", (200, 60)),
        ("schema_60x15", (60, 15)),
    ] {
        let desk = opened(size);
        shows(&desk, &["bookmarks", "~1,234,567", "300 MB", "しおり"]);
        seen(name, &desk.app);
    }
    let mut desk = opened((80, 24));
    desk.keys("enter");
    shows(&desk, &["[Columns]", "not null", "→ しおり"]);
    seen("schema_detail_80x24", &desk.app);
    let desk = opened((180, 40));
    shows(&desk, &["[Columns] Indexes Keys About DDL ER  public.bookmarks", "generated always", "→ しおり", "見出し"]);
    assert!(!desk.screen().contains("pg_class"), "the server's own are folded:\n{}", desk.screen());
    // One that was never counted is not one without rows.
    shows(&desk, &["?  8.0 kB table"]);
}

#[test]
fn the_sections_of_a_table_follow_each_other_and_each_is_asked_for_when_it_is_looked_at() {
    let mut desk = opened((180, 40));
    let asked = desk.looked.len();
    desk.keys("]");
    shows(&desk, &["[Indexes]", "unused since the statistics began", "bookmarks_title does the same", "812"]);
    seen("schema_indexes", &desk.app);
    desk.keys("]");
    shows(&desk, &["[Keys]", "primary key", "foreign key", "referred to by", "app.tags (bookmark_id) → (id)"]);
    desk.keys("]");
    shows(&desk, &["[About]", "300 MB", "not known: it was never counted"]);
    desk.keys("]");
    shows(&desk, &["[DDL]", "CREATE TABLE public.bookmarks (", "    title text DEFAULT 'なし'::text,"]);
    seen("schema_ddl", &desk.app);
    desk.keys("]");
    shows(&desk, &["[ER]", "│ bookmarks", "app.tags (bookmark_id) → bookmarks", "bookmarks (user_id) → しおり"]);
    seen("schema_er", &desk.app);
    assert_eq!(desk.looked.len(), asked + 5);
    desk.keys("[ [ ] ]");
    assert_eq!(desk.looked.len(), asked + 5, "what was read stays");
    desk.keys("r");
    assert!(desk.looked.len() > asked + 5, "r reads anew");
}

#[test]
fn a_filter_finds_a_name_in_all_schemas_and_enter_folds_and_opens() {
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
fn a_name_or_a_definition_is_copied() {
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
fn a_select_is_put_behind_what_is_typed_and_not_run_and_the_first_rows_are_a_result() {
    let mut desk = opened((120, 40));
    desk.keys("m");
    assert!(desk.ran.is_empty(), "nothing is run unasked");
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
fn it_opens_at_the_selected_completion_at_the_name_under_the_cursor_and_at_the_table_of_the_result() {
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
fn enter_on_a_key_goes_to_the_table_at_its_other_end_and_esc_comes_back() {
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
fn keys_of_results_mean_nothing_where_no_result_is_seen() {
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
fn what_a_server_lacks_or_denies_is_said_and_is_no_empty_list() {
    let mut desk = Desk::new((120, 40));
    desk.lacks = Some(("relations", true));
    desk.keys("5");
    desk.connect();
    desk.keys("esc t");
    shows(&desk, &["no relations", "permission denied for table", "the user lacks this right"]);
    seen("schema_denied", &desk.app);

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
        // The edge of the tree may have no room for all of it.
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
fn nothing_that_is_typed_waits_for_the_catalogue_and_moving_on_leaves_no_queue() {
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
    // One that waits for a lock is waited for by nobody who has moved on.
    let (asked, left) = (desk.looked.len(), desk.left.len());
    desk.tick(5);
    desk.keys("j");
    assert!(desk.looked.len() > asked && desk.left.len() > left, "{:?}", &desk.looked[asked..]);
}

#[test]
fn what_was_read_stays_to_be_looked_at_when_the_session_is_lost() {
    let mut desk = opened((120, 40));
    desk.lose("the server closed the connection");
    assert!(matches!(desk.app.panes.query.link, Link::Lost(_)));
    shows(&desk, &["connection lost", "bookmarks", "title"]);
    desk.keys("d");
    assert!(desk.ran.is_empty());
    shows(&desk, &["there is no session"]);
}

#[test]
fn how_old_it_is_is_said() {
    let mut desk = opened((120, 40));
    assert!(!desk.screen().contains(" old "), "{}", desk.screen());
    desk.tick(1_200);
    shows(&desk, &["20m old"]);
}

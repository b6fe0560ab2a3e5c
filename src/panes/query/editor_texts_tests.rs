//! The editor's texts: search, several texts, and restoring them in the next session.

use super::testing::Desk;
use crate::feeds::queries::EditorText;
use crate::ui::testing::drawn;
use crate::ui::testing::pictures::assert_screen;
use ratatui::style::{Modifier, Style};

fn typed(name: &str, text: &str) -> EditorText {
    EditorText { name: name.into(), text: text.into() }
}

/// The text from the cursor on.
fn at(desk: &Desk) -> &str {
    let editor = &desk.app.panes.query.editor;
    &editor.text()[editor.cursor()..]
}

fn text(desk: &Desk) -> &str {
    desk.app.panes.query.editor.text()
}

#[test]
fn incremental_search_finds_matches_after_wide_characters() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("select 日本, タグ\nfrom 日本語の表 -- SELECT e\u{301}\nwhere x = '日本'");
    desk.keys("ctrl-home f3");
    desk.types("日");
    assert!(at(&desk).starts_with("日本, タグ"), "{}", at(&desk));
    desk.types("本語");
    assert!(at(&desk).starts_with("日本語の表"), "{}", at(&desk));
    desk.keys("backspace");
    assert!(at(&desk).starts_with("日本, タグ"), "it is looked for from where the cursor was: {}", at(&desk));
    desk.keys("enter");
    assert_screen("query_find", &desk.app);
    for place in ["日本語の表", "日本'", "日本, タグ"] {
        desk.keys("alt-g");
        assert!(at(&desk).starts_with(place), "{}", at(&desk));
    }
    assert!(desk.screen().contains("from the start again"), "{}", desk.screen());
    desk.keys("alt-G");
    assert!(at(&desk).starts_with("日本'"), "{}", at(&desk));
    // Capital letters match exactly, others in either case; a letter with a combining sign is another letter.
    desk.keys("ctrl-home ctrl-g");
    desk.types("SEL");
    assert!(at(&desk).starts_with("SELECT e"), "{}", at(&desk));
    desk.keys("esc");
    assert!(at(&desk).starts_with("select 日本"), "Esc goes back: {}", at(&desk));
    desk.keys("ctrl-g");
    desk.types("t e");
    assert!(at(&desk).starts_with("select 日本"), "{}", at(&desk));
    desk.keys("enter");
    assert!(desk.screen().contains("t e is not there"), "{}", desk.screen());
}

#[test]
fn texts_have_their_own_names_and_cursors() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("select 1");
    desk.keys("home alt-n");
    assert_eq!(text(&desk), "");
    desk.paste("select 2\n");
    desk.keys("alt-r ctrl-u");
    desk.types("slow 日");
    desk.keys("enter");
    assert!(desk.screen().contains("1 [slow 日]"), "{}", desk.screen());
    desk.keys("alt-, alt-u");
    assert_eq!(text(&desk), "", "what is taken back is its own");
    desk.keys("ctrl-y home");
    assert_eq!((text(&desk), at(&desk)), ("select 1", "select 1"));
    desk.keys("alt-. alt-n");
    assert!(
        desk.screen().contains("1 slow 日 [2]"),
        "the number of the first that is called by none: {}",
        desk.screen()
    );
    desk.paste("select 3;");
    assert_screen("query_texts", &desk.app);
    // The shown text is the one that runs.
    desk.keys("enter");
    assert_eq!(desk.statements(), ["select 3"]);
    desk.keys("alt-w alt-w");
    assert_eq!(text(&desk), "select 1");
    desk.keys("alt-w");
    assert_eq!(text(&desk), "");
    let history = &desk.app.panes.query.history.entries;
    assert!(history.ends_with(&["select 2".into(), "select 1".into()]), "{history:?}");
    for _ in 0..30 {
        desk.keys("alt-n");
    }
    assert!(desk.screen().contains("20 texts are the most"), "{}", desk.screen());
}

#[test]
fn editor_texts_are_restored_without_passwords() {
    let mut desk = Desk::new((80, 24));
    desk.keys("5 tab");
    desk.paste("select 1\nfrom 表");
    desk.keys("alt-n");
    desk.paste("alter role app password 'hunter2'");
    desk.keys("alt-n");
    desk.paste("select 2 -- password: hunter2");
    desk.keys("alt-n");
    desk.keys("alt-n");
    desk.paste("select 5");
    assert_eq!(desk.typed, []);
    desk.tick(11);
    assert_eq!(desk.typed, [typed("1", "select 1\nfrom 表"), typed("5", "select 5")], "it is kept before one leaves");
    desk.types("0");
    desk.keys("esc q");
    assert!(desk.quits);
    assert_eq!(desk.typed, [typed("1", "select 1\nfrom 表"), typed("5", "select 50")]);

    let mut next = Desk::new((80, 24));
    next.typed = desk.typed;
    next.keys("5 tab");
    assert_eq!(text(&next), "select 1\nfrom 表");
    assert!(next.screen().contains("[1] 5"), "{}", next.screen());
    next.keys("alt-u");
    assert_eq!(text(&next), "select 1\nfrom 表", "it was not typed now");
    next.keys("alt-.");
    assert_eq!(text(&next), "select 50");
    next.keys("alt-w ctrl-home ctrl-k ctrl-k ctrl-k esc q");
    assert_eq!(next.typed, [], "a closed text is not restored");
}

#[test]
fn text_typed_before_the_restore_stays_and_names_are_unique() {
    let mut desk = Desk::new((80, 24));
    desk.keys("5 tab");
    desk.types("select 9");
    super::editor_tabs::restore(&mut desk.app.panes.query, vec![typed("1", "select 1"), typed("slow", "select 2")]);
    assert_eq!(text(&desk), "select 9");
    let names: Vec<(&str, bool)> = desk.app.panes.query.texts.names().collect();
    assert_eq!(names, [("1", true), ("2", false), ("slow", false)]);
}

#[test]
fn formatting_of_statements_can_be_undone() {
    let mut desk = Desk::connected((80, 24));
    let written = "select id,title from bookmarks where visits>10 and title like '日本%' order by title limit 10;\n\\d  bookmarks";
    desk.paste(written);
    let cursor = written.find("visits").unwrap();
    desk.app.panes.query.editor.move_to(cursor);
    desk.keys("f4");
    assert!(text(&desk).lines().count() > 4 && text(&desk).ends_with(";\n\\d  bookmarks"), "{}", text(&desk));
    assert!(at(&desk).starts_with("visits"), "{}", at(&desk));
    desk.keys("alt-u");
    assert_eq!(text(&desk), written);
    desk.keys("ctrl-end");
    desk.paste("\nselect 1 \\if a, \\endif 2");
    desk.keys("alt-l");
    assert!(desk.screen().contains("a statement stays as it is"), "{}", desk.screen());
}

#[test]
fn star_is_expanded_and_ctrl_space_completes() {
    let mut desk = Desk::connected((80, 24));
    desk.paste("select * from bookmarks where tit");
    desk.keys("ctrl-space");
    assert!(desk.app.panes.query.completion.is_some(), "{}", desk.screen());
    desk.keys("enter");
    assert!(text(&desk).ends_with("where title"), "{}", text(&desk));
    desk.keys("alt-*");
    assert_eq!(text(&desk), "select id, title from bookmarks where title");
    desk.keys("alt-x");
    assert!(desk.screen().contains("there is no * of a SELECT"), "{}", desk.screen());
}

/// The style of a word in the editor.
fn style(desk: &Desk, word: &str) -> Style {
    let buffer = drawn(&desk.app);
    let area = buffer.area;
    let rows = (area.height / 2..area.height).map(|y| (0..area.width).map(move |x| (x, y)));
    for row in rows {
        let cells: Vec<(u16, u16)> = row.collect();
        let line: String = cells.iter().map(|place| buffer[*place].symbol()).collect();
        if let Some(at) = line.find(word) {
            return buffer[cells[line[..at].chars().count()]].style();
        }
    }
    panic!("{word} is not there: {}", desk.screen())
}

#[test]
fn tokens_have_styles_and_unterminated_ones_are_underlined() {
    let mut desk = Desk::connected((100, 30));
    desk.paste("select title, 'text', 1234, :name -- why\nfrom bookmarks where $$ open");
    let theme = crate::ui::theme::Theme::default();
    for (word, is) in [
        ("select", theme.key),
        ("title", theme.text),
        ("'text'", theme.healthy),
        ("1234", theme.changing),
        (":name", theme.unknown),
        ("-- why", theme.dim),
        ("bookmarks where", theme.text),
        ("where", theme.key),
    ] {
        let drawn = style(&desk, word);
        assert_eq!((drawn.fg, drawn.add_modifier), (Style::reset().patch(is).fg, is.add_modifier), "{word}");
    }
    assert!(style(&desk, "$$ open").add_modifier.contains(Modifier::UNDERLINED));
    assert!(!style(&desk, "'text'").add_modifier.contains(Modifier::UNDERLINED));
}

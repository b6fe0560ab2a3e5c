//! Tests of lines, graphemes, words and undo.

use super::*;
use proptest::prelude::*;

fn editor(text: &str) -> Editor {
    let mut editor = Editor::default();
    assert!(editor.insert(text));
    editor
}

#[test]
fn lines_exclude_line_breaks_and_carriage_return_counts_as_one() {
    let editor = editor("select 1\r\nfrom 表;\r\u{1b}[31m\t");
    assert_eq!(editor.lines(), 3);
    assert_eq!((editor.line(0), editor.line(1), editor.line(2)), ("select 1", "from 表;", "[31m\t"));
}

#[test]
fn cursor_keeps_its_column_in_cells_over_wide_characters() {
    let mut editor = editor("日本語x\nab\n日本語");
    editor.move_to(0);
    for _ in 0..3 {
        editor.step(Step::Right);
    }
    assert_eq!(editor.place(), (0, 6));
    editor.step(Step::Down);
    assert_eq!(editor.place(), (1, 2));
    editor.step(Step::Down);
    assert_eq!(editor.place(), (2, 6));
}

#[test]
fn backspace_deletes_whole_graphemes_and_joins_lines() {
    let mut editor = editor("a\n👩‍💻");
    editor.cut(Cut::Back);
    assert_eq!(editor.text(), "a\n");
    editor.cut(Cut::Back);
    assert_eq!(editor.text(), "a");
    editor.cut(Cut::Back);
    editor.cut(Cut::Back);
    assert_eq!(editor.text(), "");
}

#[test]
fn typed_letters_are_undone_and_redone_as_one_change() {
    let mut editor = Editor::default();
    for letter in ["s", "e", "l"] {
        editor.insert(letter);
    }
    editor.insert("\n");
    assert!(editor.undo());
    assert_eq!(editor.text(), "sel");
    assert!(editor.undo() && !editor.undo());
    assert_eq!(editor.text(), "");
    assert!(editor.redo() && editor.redo() && !editor.redo());
    assert_eq!(editor.text(), "sel\n");
}

#[test]
fn word_steps_and_cuts_stop_at_word_edges() {
    let mut editor = editor("select 日本.a_b, c");
    editor.step(Step::WordLeft);
    editor.step(Step::WordLeft);
    assert_eq!(&editor.text()[editor.cursor()..], "a_b, c");
    editor.cut(Cut::WordBack);
    assert_eq!(editor.text(), "select a_b, c");
    editor.step(Step::WordRight);
    editor.cut(Cut::ToLineEnd);
    assert_eq!(editor.text(), "select a_b");
    editor.cut(Cut::ToLineStart);
    assert!(editor.is_blank());
}

#[test]
fn text_over_the_limit_is_refused() {
    let mut editor = Editor::default();
    assert!(!editor.insert(&"x".repeat(LIMIT + 1)));
    assert!(editor.is_blank());
}

proptest! {
    #[test]
    fn editing_never_breaks_a_character(text in "[a\\n日é👩‍ ]{0,30}", steps in proptest::collection::vec(0usize..20, 0..60)) {
        let mut editor = Editor::default();
        editor.insert(&text);
        for step in steps {
            match step {
                0 => editor.step(Step::Left),
                1 => editor.step(Step::Right),
                2 => editor.step(Step::Up),
                3 => editor.step(Step::Down),
                4 => editor.step(Step::WordLeft),
                5 => editor.step(Step::WordRight),
                6 => editor.step(Step::LineStart),
                7 => editor.step(Step::LineEnd),
                8 => editor.step(Step::PageUp(2)),
                9 => editor.step(Step::PageDown(2)),
                10 => editor.cut(Cut::Back),
                11 => editor.cut(Cut::Here),
                12 => editor.cut(Cut::WordBack),
                13 => editor.cut(Cut::ToLineEnd),
                14 => editor.cut(Cut::ToLineStart),
                15 => drop(editor.undo()),
                16 => drop(editor.redo()),
                _ => drop(editor.insert("é\n")),
            }
            prop_assert!(editor.text().is_char_boundary(editor.cursor()));
            let (line, _) = editor.place();
            prop_assert!(line < editor.lines());
            let lines: Vec<&str> = (0..editor.lines()).map(|line| editor.line(line)).collect();
            prop_assert_eq!(lines.join("\n"), editor.text());
        }
    }
}

//! Lines broken to a width: at spaces where there are any, else between graphemes, as Japanese is.

use crate::text::harmless;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The lines of a text, each at most `cells` wide.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if cells == 0 {
        return lines;
    }
    for paragraph in text.lines() {
        let paragraph = harmless(paragraph);
        let mut line = String::new();
        let mut used = 0;
        // Blanks at the beginning of a line of the text are its indentation, behind a break they are what it was broken at.
        let mut broken = false;
        for piece in pieces(&paragraph) {
            let wide = piece.width();
            let blank = piece.chars().all(char::is_whitespace);
            if used + wide > cells && used > 0 && !blank {
                let over = std::mem::take(&mut line);
                // An indentation that leaves no room for the first word is no line of its own.
                if !over.trim_end().is_empty() {
                    lines.push(over.trim_end().to_owned());
                }
                (used, broken) = (0, true);
            }
            if blank && wide > cells && used > 0 {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                (used, broken) = (0, true);
            }
            if blank && used == 0 && (broken || wide > cells) {
                continue;
            }
            if wide <= cells {
                line.push_str(piece);
                used += wide;
                continue;
            }
            // A word longer than a line.
            for grapheme in piece.graphemes(true) {
                let wide = grapheme.width();
                if used + wide > cells && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    (used, broken) = (0, true);
                }
                if wide <= cells {
                    line.push_str(grapheme);
                    used += wide;
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The pieces that must not be broken: words, blanks, and each character of scripts without spaces.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut before: Option<Kind> = None;
    for (at, grapheme) in text.grapheme_indices(true) {
        let kind = kind(grapheme);
        // What may not begin a line stays with what stands before it.
        let closes =
            matches!(grapheme, "、" | "。" | "」" | "』" | "）" | "！" | "？" | "，" | "．" | "ー" | "っ" | "ッ");
        if at > start && !closes && (before != Some(kind) || kind == Kind::Alone) {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = Some(kind);
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Word,
    Alone,
}

fn kind(grapheme: &str) -> Kind {
    if grapheme.chars().all(char::is_whitespace) {
        Kind::Blank
    } else if grapheme.width() > 1 {
        Kind::Alone
    } else {
        Kind::Word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_and_japanese_breaks_anywhere() {
        assert_eq!(wrap("a deployment rolled back", 12), ["a deployment", "rolled back"]);
        assert_eq!(wrap("データベースに接続できません。", 10), ["データベー", "スに接続で", "きません。"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 3), ["a", "", "b"]);
    }

    #[test]
    fn an_indentation_is_kept_on_every_line_and_blanks_where_a_line_is_broken_are_not() {
        assert_eq!(wrap("a\n  b\n    c", 20), ["a", "  b", "    c"]);
        assert_eq!(wrap(" id | name\n----+-----\n  1 | a", 20), [" id | name", "----+-----", "  1 | a"]);
        assert_eq!(wrap("if x:\n    return  value", 12), ["if x:", "    return", "value"]);
        assert_eq!(wrap("      wide", 8), ["wide"], "no room is left beside it");
        assert_eq!(wrap("a\n   \nb", 8), ["a", "", "b"]);
        assert_eq!(wrap("          far", 4), ["far"]);
        assert_eq!(wrap("a          b", 4), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_long(text in any::<String>(), cells in 1usize..30) {
            for line in wrap(&text, cells) {
                prop_assert!(line.width() <= cells + 2, "{line:?}");
            }
        }
    }
}

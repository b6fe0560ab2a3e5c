//! Line wrapping: at spaces or, for scripts without spaces such as Japanese, between graphemes.

use crate::text::sanitize;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Wraps a text into lines of at most `cells` width.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if cells == 0 {
        return lines;
    }
    for paragraph in text.lines() {
        let paragraph = sanitize(paragraph);
        let mut line = String::new();
        let mut used = 0;
        // Blanks at the start of a paragraph are its indentation; blanks at a line break are dropped.
        let mut broken = false;
        for piece in pieces(&paragraph) {
            let piece_width = piece.width();
            let blank = piece.chars().all(char::is_whitespace);
            if used + piece_width > cells && used > 0 && !blank {
                let full_line = std::mem::take(&mut line);
                // An indentation that leaves no room for the first word is dropped.
                if !full_line.trim_end().is_empty() {
                    lines.push(full_line.trim_end().to_owned());
                }
                (used, broken) = (0, true);
            }
            if blank && piece_width > cells && used > 0 {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                (used, broken) = (0, true);
            }
            if blank && used == 0 && (broken || piece_width > cells) {
                continue;
            }
            if piece_width <= cells {
                line.push_str(piece);
                used += piece_width;
                continue;
            }
            // A word longer than a line: break it between graphemes.
            for grapheme in piece.graphemes(true) {
                let grapheme_width = grapheme.width();
                if used + grapheme_width > cells && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    (used, broken) = (0, true);
                }
                if grapheme_width <= cells {
                    line.push_str(grapheme);
                    used += grapheme_width;
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Splits a text into unbreakable pieces: words, blanks, and each character of scripts without spaces.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut before: Option<Kind> = None;
    for (at, grapheme) in text.grapheme_indices(true) {
        let kind = kind(grapheme);
        // A character that must not start a line stays with the previous piece.
        let no_line_start =
            matches!(grapheme, "、" | "。" | "」" | "』" | "）" | "！" | "？" | "，" | "．" | "ー" | "っ" | "ッ");
        if at > start && !no_line_start && (before != Some(kind) || kind == Kind::Alone) {
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
    fn words_stay_whole_and_japanese_breaks_between_characters() {
        assert_eq!(wrap("a deployment rolled back", 12), ["a deployment", "rolled back"]);
        assert_eq!(wrap("データベースに接続できません。", 10), ["データベー", "スに接続で", "きません。"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 3), ["a", "", "b"]);
    }

    #[test]
    fn indentation_is_kept_and_blanks_at_breaks_are_dropped() {
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

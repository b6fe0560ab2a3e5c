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
        for piece in pieces(&paragraph) {
            let wide = piece.width();
            let blank = piece.chars().all(char::is_whitespace);
            if used + wide > cells && used > 0 && !blank {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
            }
            if blank && used == 0 && !lines.is_empty() {
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
                    used = 0;
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

/// What must not be broken: words, blanks, and each character of scripts without spaces.
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

    proptest! {
        #[test]
        fn no_line_is_too_long(text in any::<String>(), cells in 1usize..30) {
            for line in wrap(&text, cells) {
                prop_assert!(line.width() <= cells + 2, "{line:?}");
            }
        }
    }
}

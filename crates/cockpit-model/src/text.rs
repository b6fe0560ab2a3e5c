//! External text: sanitized and measured before it reaches a terminal.
//!
//! Log lines, tags, event messages and names can contain escape sequences that move the cursor, set the title or inject
//! key presses. They are displayed visibly and never sent to the terminal.

use std::borrow::Cow;
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a character would control the terminal or reorder the text instead of being displayed.
fn is_harmful(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Bidirectional controls reorder the text: one name could look like another.
        | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Line and paragraph separators, invisible joiners and fillers, and tags.
        | '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{ffa0}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Escapes text that a spreadsheet would evaluate as a formula, with an apostrophe in front. Numbers are unchanged.
/// Source: OWASP, "CSV Injection"; some spreadsheets ignore leading blanks, and tabs become blanks.
pub fn escape_formula(text: &str) -> String {
    let begins = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '␉' | '␊' | '␍');
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    if text.trim_start().starts_with(begins) && !number { format!("'{text}") } else { text.to_owned() }
}

/// Replaces control characters: C0 controls by their Unicode pictures (`␛`), others by `\u{…}`. A tab becomes a blank,
/// because the width must be known before drawing.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    // Fast path: most text is plain, and millions of lines pass through here.
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    // U+FE0F requests a two-cell emoji for a character that alone takes one cell; terminals differ.
    if !text.chars().any(|c| is_harmful(c) || c == '\u{fe0f}') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => shown.push(' '),
            '\u{fe0f}' => {}
            '\u{0}'..='\u{1f}' => shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('?')),
            '\u{7f}' => shown.push('␡'),
            c if is_harmful(c) => {
                use std::fmt::Write as _;
                let _ = write!(shown, "\\u{{{:x}}}", c as u32);
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Does the same for text with several lines: line ends and tabs are kept.
pub fn sanitize_lines(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(sanitize).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a character is one that JSON does not escape, but that would control a terminal or mislead a reader. JSON
/// escapes C0 controls itself.
pub fn is_unsafe_in_json(c: char) -> bool {
    c >= ' ' && is_harmful(c)
}

/// Escapes C1 controls, bidirectional controls and invisible characters in JSON text as `\u009b`. They occur only
/// within strings, so the meaning is unchanged.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_unsafe_in_json) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_unsafe_in_json(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                use std::fmt::Write as _;
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Serializes a value as one line of sanitized JSON, including the line end.
pub fn json_line(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let mut text = escape_json(&serde_json::to_string(value)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// Returns the number of terminal cells of the text.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns the longest start that fits into `cells`, cut between graphemes, with `…` if it was cut.
pub fn cut_end(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        let grapheme_width = grapheme.width();
        if used + grapheme_width > cells - 1 {
            break;
        }
        used += grapheme_width;
        kept.push_str(grapheme);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// Returns the longest end that fits into `cells`, for names that differ at the end.
pub fn cut_start(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let mut kept: Vec<&str> = Vec::new();
    for grapheme in text.graphemes(true).rev() {
        let grapheme_width = grapheme.width();
        if used + grapheme_width > cells - 1 {
            break;
        }
        used += grapheme_width;
        kept.push(grapheme);
    }
    kept.push("…");
    kept.reverse();
    Cow::Owned(kept.concat())
}

/// Returns the common prefix of all names, up to and including the last `-`, `/` or `_`; empty for fewer than two
/// names. The names stay distinct without it.
pub fn common_prefix<'a>(names: impl IntoIterator<Item = &'a str>) -> &'a str {
    let mut names = names.into_iter();
    let Some(first) = names.next() else { return "" };
    let mut shared = first;
    let mut several = false;
    for name in names {
        several = true;
        let length = shared
            .char_indices()
            .zip(name.chars())
            .take_while(|((_, a), b)| a == b)
            .map(|((at, a), _)| at + a.len_utf8())
            .last();
        shared = &shared[..length.unwrap_or(0)];
    }
    if !several {
        return "";
    }
    shared.rfind(['-', '/', '_']).map_or("", |end| &shared[..=end])
}

/// Returns the start and the end of a text that does not fit into `cells`, with `…` between them, for names that may
/// differ at either end.
pub fn cut_middle(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let head = cells / 2;
    let end = cut_start(text, cells - head);
    let mut begin = cut_end(text, head + 1).into_owned();
    begin.pop();
    Cow::Owned(begin + &end)
}

/// Formats a count with a noun whose plural ends in `s`: `0 lines`, `1 line`, `2 lines`.
pub fn pluralize<Count: Copy + fmt::Display + From<bool> + PartialEq>(count: Count, name: &str) -> String {
    format!("{count} {name}{}", if count == Count::from(true) { "" } else { "s" })
}

/// Percent-encodes text for a part of a URL: alarm names may contain blanks, symbols and letters of any script.
pub fn percent_encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Quotes text so that a shell reads it as one word.
pub fn shell_quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn name_is_encoded_in_a_url() {
        let plain = "TargetTracking-service/shop/web-AlarmHigh";
        assert_eq!(percent_encode(plain), plain);
        assert_eq!(percent_encode("web: 5xx > 1 %?#&"), "web:%205xx%20%3E%201%20%25%3F%23%26");
        assert_eq!(percent_encode("遅延"), "%E9%81%85%E5%BB%B6");
    }

    #[test]
    fn escape_sequences_are_replaced() {
        assert_eq!(sanitize("a\u{1b}]0;title\u{7}b"), "a␛]0;title␇b");
        assert_eq!(sanitize_lines("a\t\u{1b}[2J\n日本\r\n"), "a\t␛[2J\n日本␍\n");
        assert_eq!(sanitize("x\u{202e}y\u{9b}31m"), "x\\u{202e}y\\u{9b}31m");
        assert_eq!(sanitize("日本語 ok"), "日本語 ok");
        assert_eq!(sanitize("pr\u{2060}od \u{3164}"), "pr\\u{2060}od \\u{3164}", "it does not pass for another name");
    }

    #[test]
    fn json_keeps_its_meaning_when_escaped() {
        let tricky = "a\u{9b}31m\u{202e}日本\u{e0041}\u{7f}\"\\";
        let json = serde_json::to_string(&[tricky]).unwrap();
        let text = escape_json(&json);
        assert!(!text.chars().any(is_unsafe_in_json));
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [tricky]);
    }

    #[test]
    fn common_prefix_ends_at_a_separator() {
        assert_eq!(
            common_prefix(["bookmark-manager-staging-web", "bookmark-manager-staging-api"]),
            "bookmark-manager-staging-"
        );
        assert_eq!(common_prefix(["svc-0001", "svc-0002"]), "svc-");
        assert_eq!(common_prefix(["alone-service"]), "");
        assert_eq!(common_prefix(["日本-a", "日本-b"]), "日本-");
    }

    #[test]
    fn cut_middle_keeps_start_and_end() {
        assert_eq!(cut_middle("admin-web", 9), "admin-web");
        assert_eq!(cut_middle("admin-web", 7), "adm…web");
        assert_eq!(cut_middle("admin-web", 1), "…");
        assert_eq!(cut_middle("admin-web", 0), "");
    }

    proptest! {
        #[test]
        fn cut_text_never_exceeds_its_width(text in "\\PC{0,40}", cells in 0usize..30) {
            prop_assert!(width(&cut_end(&text, cells)) <= cells);
            prop_assert!(width(&cut_start(&text, cells)) <= cells);
            prop_assert!(width(&cut_middle(&text, cells)) <= cells);
        }

        #[test]
        fn no_control_character_is_left(text in any::<String>()) {
            prop_assert!(!sanitize(&text).chars().any(is_harmful));
        }
    }
}

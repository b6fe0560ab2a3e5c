//! Text from outside: made harmless and measured before it reaches a terminal.
//!
//! Log lines, tags, event messages and names can hold escape sequences that move the cursor, set
//! the title or answer as if they were keys. They are shown as what they are, never sent.

use std::borrow::Cow;
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a character would act on a terminal, or on the order of what is read, instead of showing.
fn acts(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Bidirectional controls reorder what is shown: a name could pass for another.
        | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Line and paragraph separator, joiners and fillers that are not seen, and tags.
        | '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{ffa0}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Text that no spreadsheet calculates: what begins as a formula has an apostrophe before it. A number is none. Source:
/// OWASP, "CSV Injection"; blanks before it are passed over by some spreadsheets, and a tab was made one.
pub fn no_formula(text: &str) -> String {
    let begins = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '␉' | '␊' | '␍');
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    if text.trim_start().starts_with(begins) && !number { format!("'{text}") } else { text.to_owned() }
}

/// The text with each acting character shown: C0 controls as their Unicode pictures (`␛`), others
/// as `\u{…}`. A tab becomes a blank, as widths must be known before drawing.
pub fn harmless(text: &str) -> Cow<'_, str> {
    // Most text is plain, and a million lines of it are looked at.
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    // U+FE0F asks for a picture two cells wide where the character alone has one; terminals differ.
    if !text.chars().any(|c| acts(c) || c == '\u{fe0f}') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => shown.push(' '),
            '\u{fe0f}' => {}
            '\u{0}'..='\u{1f}' => shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('?')),
            '\u{7f}' => shown.push('␡'),
            c if acts(c) => {
                use std::fmt::Write as _;
                let _ = write!(shown, "\\u{{{:x}}}", c as u32);
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The same for a text of several lines: line ends and tabs are kept.
pub fn harmless_lines(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(harmless).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether JSON leaves the character as it is although a terminal would act on it, or a reader be
/// misled by it: it escapes C0 controls itself.
pub fn json_acts(c: char) -> bool {
    c >= ' ' && acts(c)
}

/// JSON text with C1 controls, bidirectional controls and invisible characters as `\u009b`. Outside
/// of strings JSON has none of them, so the result is JSON with the same meaning.
pub fn json_text(json: &str) -> Cow<'_, str> {
    if !json.chars().any(json_acts) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if json_acts(c) {
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

/// A value as JSON on one line, harmless to a terminal, with the end of its line.
pub fn json_line(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let mut text = json_text(&serde_json::to_string(value)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// Cells that the text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The longest beginning that fits into `cells`, at a grapheme's edge; with `…` where it was cut.
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
        let wide = grapheme.width();
        if used + wide > cells - 1 {
            break;
        }
        used += wide;
        kept.push_str(grapheme);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// The longest end that fits into `cells`: for names whose end tells them apart.
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
        let wide = grapheme.width();
        if used + wide > cells - 1 {
            break;
        }
        used += wide;
        kept.push(grapheme);
    }
    kept.push("…");
    kept.reverse();
    Cow::Owned(kept.concat())
}

/// The beginning that all names share, up to and with the last `-`, `/` or `_`; empty for fewer
/// than two names. Cutting it leaves what tells the names apart.
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

/// The beginning and the end of a text that does not fit into `cells`, with `…` between them: for names, of which
/// either may tell them apart.
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

/// So many of a thing, whose name makes its plural with an `s`: `0 lines`, `1 line`, `2 lines`.
pub fn counted<Count: Copy + fmt::Display + From<bool> + PartialEq>(count: Count, name: &str) -> String {
    format!("{count} {name}{}", if count == Count::from(true) { "" } else { "s" })
}

/// A text as a part of an address: names of alarms may have blanks, signs and letters of any script.
pub fn in_address(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Quotes a text so that a shell reads it as one word.
pub fn quoted(text: &str) -> String {
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
    fn a_name_in_an_address_ends_it_nowhere() {
        let plain = "TargetTracking-service/shop/web-AlarmHigh";
        assert_eq!(in_address(plain), plain);
        assert_eq!(in_address("web: 5xx > 1 %?#&"), "web:%205xx%20%3E%201%20%25%3F%23%26");
        assert_eq!(in_address("遅延"), "%E9%81%85%E5%BB%B6");
    }

    #[test]
    fn escapes_are_shown() {
        assert_eq!(harmless("a\u{1b}]0;title\u{7}b"), "a␛]0;title␇b");
        assert_eq!(harmless_lines("a\t\u{1b}[2J\n日本\r\n"), "a\t␛[2J\n日本␍\n");
        assert_eq!(harmless("x\u{202e}y\u{9b}31m"), "x\\u{202e}y\\u{9b}31m");
        assert_eq!(harmless("日本語 ok"), "日本語 ok");
        assert_eq!(harmless("pr\u{2060}od \u{3164}"), "pr\\u{2060}od \\u{3164}", "it does not pass for another name");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let tricky = "a\u{9b}31m\u{202e}日本\u{e0041}\u{7f}\"\\";
        let json = serde_json::to_string(&[tricky]).unwrap();
        let text = json_text(&json);
        assert!(!text.chars().any(json_acts));
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [tricky]);
    }

    #[test]
    fn prefixes_end_at_a_separator() {
        assert_eq!(
            common_prefix(["bookmark-manager-staging-web", "bookmark-manager-staging-api"]),
            "bookmark-manager-staging-"
        );
        assert_eq!(common_prefix(["svc-0001", "svc-0002"]), "svc-");
        assert_eq!(common_prefix(["alone-service"]), "");
        assert_eq!(common_prefix(["日本-a", "日本-b"]), "日本-");
    }

    #[test]
    fn a_cut_name_keeps_its_beginning_and_its_end() {
        assert_eq!(cut_middle("admin-web", 9), "admin-web");
        assert_eq!(cut_middle("admin-web", 7), "adm…web");
        assert_eq!(cut_middle("admin-web", 1), "…");
        assert_eq!(cut_middle("admin-web", 0), "");
    }

    proptest! {
        #[test]
        fn cuts_never_exceed_their_width(text in "\\PC{0,40}", cells in 0usize..30) {
            prop_assert!(width(&cut_end(&text, cells)) <= cells);
            prop_assert!(width(&cut_start(&text, cells)) <= cells);
            prop_assert!(width(&cut_middle(&text, cells)) <= cells);
        }

        #[test]
        fn nothing_acting_is_left(text in any::<String>()) {
            prop_assert!(!harmless(&text).chars().any(acts));
        }
    }
}

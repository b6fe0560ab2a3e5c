//! JSON and YAML that a terminal can show: what would act on it is escaped, and the text stays valid.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether JSON leaves the character as it is although a terminal would act on it, or a reader be
/// misled by it.
fn acts(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}' | '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// JSON text with C1 controls, bidirectional controls and invisible characters as `\u009b`. Outside
/// of strings JSON has none of them, so the result is JSON with the same meaning.
pub fn json_text(json: &str) -> Cow<'_, str> {
    if !json.chars().any(acts) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// YAML text made safe in the same way. A line with an acting character is given as JSON is: its
/// scalar in double quotes, where YAML knows the same escapes.
pub fn yaml_text(yaml: String, value: &impl serde::Serialize) -> String {
    let safe = |c: char| !acts(c) && (c == '\n' || !c.is_control());
    if yaml.chars().all(safe) {
        return yaml;
    }
    // JSON is YAML too: the whole document in that form is right and harmless.
    serde_json::to_string_pretty(value).map(|json| format!("{}\n", json_text(&json))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::harmless;

    #[test]
    fn the_same_characters_act_as_in_the_model() {
        for c in (0x20..=0x0010_ffff_u32).filter_map(char::from_u32).filter(|c| *c != '\u{fe0f}') {
            let shown = matches!(harmless(c.encode_utf8(&mut [0; 4])), Cow::Owned(_));
            assert_eq!(acts(c), shown, "{:x}", c as u32);
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        let tricky = "a\u{9b}31m\u{202e}日本\u{e0041}\u{7f}\"\\";
        let json = serde_json::to_string(&[tricky]).unwrap();
        let text = json_text(&json);
        assert!(!text.chars().any(acts));
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [tricky]);
    }
}

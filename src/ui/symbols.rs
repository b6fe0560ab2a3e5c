//! The signs of the screen, and their ASCII replacements for terminals that draw them two cells wide.
//!
//! With ASCII signs, [`Signs::plain`] replaces each sign as it is drawn, so views need not know which set is active.

use crate::model::Severity;

/// The set of signs in use: Unicode or ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    ascii: bool,
}

/// Every sign whose width depends on the terminal, with its ASCII replacement.
const PLAIN: &[(&str, &str)] = &[
    ("●", "*"),
    ("◐", "~"),
    ("▲", "!"),
    ("✖", "X"),
    ("○", "o"),
    ("·", "."),
    ("…", "~"),
    ("–", "-"),
    ("→", ">"),
    ("←", "<"),
    ("↑", "^"),
    ("↓", "v"),
    ("⏎", "Enter"),
    ("›", ">"),
    ("‹", "<"),
    ("≥", ">="),
    ("⇄", "="),
    ("◆", "^"),
    ("▼", "v"),
    ("■", "#"),
    ("±", "+"),
    ("•", "o"),
    ("×", "x"),
    ("╌", "-"),
    ("─", "-"),
    ("━", "="),
    ("│", "|"),
    ("┃", "#"),
    ("╭", "+"),
    ("╮", "+"),
    ("╰", "+"),
    ("╯", "+"),
    ("┌", "+"),
    ("┐", "+"),
    ("└", "+"),
    ("┘", "+"),
    ("├", "|"),
    ("┤", "|"),
    ("┬", "+"),
    ("┴", "+"),
    ("┼", "+"),
    ("┏", "#"),
    ("┓", "#"),
    ("┗", "#"),
    ("┛", "#"),
    ("┣", "#"),
    ("┫", "#"),
    ("┳", "#"),
    ("┻", "#"),
    ("╋", "#"),
    ("▶", ">"),
    ("≠", "!"),
    ("▁", "_"),
    ("▂", "_"),
    ("▃", "."),
    ("▄", "-"),
    ("▅", "="),
    ("▆", "+"),
    ("▇", "*"),
    ("█", "#"),
    ("░", ":"),
    ("┆", "|"),
];

impl Signs {
    /// Uses ASCII signs only if `ascii` is set.
    pub fn new(ascii: bool) -> Self {
        Self { ascii }
    }

    /// The sign of a severity.
    pub fn severity(severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => "✖",
            Severity::Warning => "▲",
            Severity::Note => "·",
        }
    }

    /// The character that is drawn for `grapheme`.
    pub fn plain(self, grapheme: &str) -> &str {
        if !self.ascii || grapheme.is_ascii() {
            return grapheme;
        }
        if let Some((_, plain)) = PLAIN.iter().find(|(sign, _)| *sign == grapheme) {
            return plain;
        }
        match grapheme.chars().next() {
            // Braille dots of a curve.
            Some('\u{2800}') => " ",
            Some('\u{2801}'..='\u{28ff}') => "*",
            _ => grapheme,
        }
    }

    /// Whether ASCII signs are in use.
    pub fn ascii(self) -> bool {
        self.ascii
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;

    #[test]
    fn signs_differ_from_each_other_in_ascii_too() {
        let ascii = Signs::new(true);
        let healths =
            [Health::Healthy, Health::Changing, Health::Degraded, Health::Down, Health::Stopped, Health::Unknown];
        let drawn: std::collections::BTreeSet<&str> = healths.iter().map(|health| ascii.plain(health.sign())).collect();
        assert_eq!(drawn.len(), healths.len());
        assert!(drawn.iter().all(|sign| sign.is_ascii()));
        assert_eq!(Signs::new(false).plain("●"), "●");
        assert_eq!(ascii.plain("日"), "日");
        // The marks of left-out tabs, of a minimum log level, and of a shared group.
        for sign in ["‹", "›", "≥", "⇄"] {
            assert!(ascii.plain(sign).is_ascii(), "{sign}");
        }
    }
}

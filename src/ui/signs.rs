//! Signs, and what stands for them where a terminal draws them two cells wide.
//!
//! With ASCII signs every character of ours is replaced while it is drawn ([`Signs::plain`]), so a
//! view never has to ask which signs are on.

use crate::model::Severity;

/// Which signs are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    ascii: bool,
}

/// Each of our characters whose width depends on the terminal, with its ASCII counterpart.
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
    /// With `ascii`, signs are drawn in ASCII alone.
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

    /// The character as it is drawn.
    pub fn plain(self, grapheme: &str) -> &str {
        if !self.ascii || grapheme.is_ascii() {
            return grapheme;
        }
        if let Some((_, plain)) = PLAIN.iter().find(|(sign, _)| *sign == grapheme) {
            return plain;
        }
        match grapheme.chars().next() {
            // A curve's dots.
            Some('\u{2800}') => " ",
            Some('\u{2801}'..='\u{28ff}') => "*",
            _ => grapheme,
        }
    }

    /// Whether ASCII signs are drawn.
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
        let all = [Health::Healthy, Health::Changing, Health::Degraded, Health::Down, Health::Stopped, Health::Unknown];
        let drawn: std::collections::BTreeSet<&str> = all.iter().map(|health| ascii.plain(health.sign())).collect();
        assert_eq!(drawn.len(), all.len());
        assert!(drawn.iter().all(|sign| sign.is_ascii()));
        assert_eq!(Signs::new(false).plain("●"), "●");
        assert_eq!(ascii.plain("日"), "日");
        // Those of the tabs, of a level of logs, of a group that is shared.
        for sign in ["‹", "›", "≥", "⇄"] {
            assert!(ascii.plain(sign).is_ascii(), "{sign}");
        }
    }
}

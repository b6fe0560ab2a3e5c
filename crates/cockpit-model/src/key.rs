//! Keys as written in the configuration: `D`, `ctrl-d`, `esc`, `f5`. Key matching is elsewhere.

use std::fmt;
use std::str::FromStr;

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key without its modifiers.
    pub code: Code,
    /// Whether Control was held.
    pub ctrl: bool,
    pub alt: bool,
}

/// The key itself. A capital letter is its own character, so Shift is not a modifier here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, capital or not.
    Char(char),
    Enter,
    /// Escape.
    Esc,
    Tab,
    /// Shift-Tab.
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// A function key by its number.
    F(u8),
}

const NAMED: [(&str, Code); 16] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("shift-tab", Code::BackTab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
];

/// Names that the screen displays; they are accepted as input too.
const SHOWN: [(&str, Code); 8] = [
    ("⏎", Code::Enter),
    ("↑", Code::Up),
    ("↓", Code::Down),
    ("←", Code::Left),
    ("→", Code::Right),
    ("del", Code::Delete),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
];

impl Key {
    /// Whether it is a capital letter. Capital letters are used for keys that change something.
    pub fn is_capital(self) -> bool {
        matches!(self.code, Code::Char(c) if c.is_uppercase() && !self.ctrl)
    }

    /// Whether it confirms, cancels or moves the focus, which works the same on every screen.
    pub fn is_navigation(self) -> bool {
        matches!(self.code, Code::Enter | Code::Esc | Code::Tab | Code::BackTab)
    }

    /// Creates a key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// Returns the character that it types, if any.
    pub fn typed_char(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Returns the name of the key for display: `⏎`, `Esc`, `Ctrl-d`.
    pub fn label(self) -> String {
        let name = match self.code {
            Code::Enter => "⏎".to_owned(),
            Code::Up => "↑".to_owned(),
            Code::Down => "↓".to_owned(),
            Code::Left => "←".to_owned(),
            Code::Right => "→".to_owned(),
            Code::Char(' ') => "space".to_owned(),
            Code::Char(c) => c.to_string(),
            Code::F(n) => format!("F{n}"),
            Code::Esc => "Esc".to_owned(),
            Code::Tab => "Tab".to_owned(),
            Code::BackTab => "Shift-Tab".to_owned(),
            Code::Backspace => "Backspace".to_owned(),
            Code::Delete => "Del".to_owned(),
            Code::Home => "Home".to_owned(),
            Code::End => "End".to_owned(),
            Code::PageUp => "PgUp".to_owned(),
            Code::PageDown => "PgDn".to_owned(),
        };
        match (self.ctrl, self.alt) {
            (false, false) => name,
            (true, false) => format!("Ctrl-{name}"),
            (false, true) => format!("Alt-{name}"),
            (true, true) => format!("Ctrl-Alt-{name}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "f{n}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut key = Self::plain(Code::Esc);
        loop {
            let lower = rest.to_ascii_lowercase();
            if lower.starts_with("ctrl-") && rest.len() > 5 {
                key.ctrl = true;
                rest = &rest[5..];
            } else if lower.starts_with("alt-") && rest.len() > 4 {
                key.alt = true;
                rest = &rest[4..];
            } else {
                break;
            }
        }
        let lower = rest.to_ascii_lowercase();
        let mut characters = rest.chars();
        key.code = if let Some((_, code)) = SHOWN.iter().find(|(name, _)| *name == lower) {
            *code
        } else if let (Some(one), None) = (characters.next(), characters.next()) {
            Code::Char(one)
        } else if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == lower) {
            *code
        } else if let Some(number) =
            lower.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=24).contains(n))
        {
            Code::F(number)
        } else {
            return Err(format!(
                "`{text}` is not a key: write a character, `Ctrl-x`, `Alt-x`, `Enter`, `Esc`, `Tab`, `F5` …"
            ));
        };
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip_through_text() {
        for text in
            ["D", "d", "ctrl-d", "alt-x", "esc", "shift-tab", "f5", "space", "minus", "/", "?", ":", "ctrl-alt-q"]
        {
            let key: Key = text.parse().expect(text);
            assert_eq!(key.to_string(), text);
        }
        assert!("hyper-x".parse::<Key>().is_err());
        assert_eq!("Ctrl-A".parse::<Key>().map(Key::label), Ok("Ctrl-A".to_owned()));
    }

    #[test]
    fn displayed_key_name_can_be_parsed() {
        let texts =
            ["enter", "up", "down", "left", "right", "delete", "pageup", "pagedown", "space", "shift-tab", "esc", "f5"];
        for text in texts.into_iter().chain(["ctrl-d", "ctrl-alt-q", "ctrl-pagedown", "D", "/"]) {
            let key: Key = text.parse().expect(text);
            assert_eq!(key.label().parse::<Key>().map(|key| key.to_string()), Ok(text.to_owned()));
        }
    }
}

//! Previously run statements, and walking through them as in a shell.

use crate::model::sql::{secret, token};

/// Maximum number of statements kept.
pub const MAX_STATEMENTS: usize = 5_000;
/// Maximum length of a statement that is kept, in bytes; a longer one is a script.
const LONGEST: usize = 100_000;

/// Previously run statements, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The statements, the oldest first.
    pub entries: Vec<String>,
    /// Index of the statement shown in the editor, while walking through them.
    place: Option<usize>,
    /// The editor's text before the history was opened.
    draft: String,
}

impl History {
    /// Adds a statement. Returns it if later sessions should know it too; `None` if it is already there or contains a secret.
    pub fn add(&mut self, statement: &str) -> Option<String> {
        (self.place, self.draft) = (None, String::new());
        let statement = statement.trim();
        if statement.is_empty()
            || statement.len() > LONGEST
            || self.entries.last().is_some_and(|last| last == statement)
        {
            return None;
        }
        if secret::contains_password(statement, &token::significant_tokens(statement)) {
            return None;
        }
        self.entries.push(statement.to_owned());
        if self.entries.len() > MAX_STATEMENTS {
            self.entries.remove(0);
        }
        Some(statement.to_owned())
    }

    /// Puts the statements of earlier sessions before those of this one.
    pub fn prepend(&mut self, mut entries: Vec<String>) {
        entries.append(&mut self.entries);
        let gone = entries.len().saturating_sub(MAX_STATEMENTS);
        entries.drain(..gone);
        self.entries = entries;
        self.place = None;
    }

    /// The previous statement; `now` is the editor's text.
    pub fn older(&mut self, now: &str) -> Option<String> {
        let place = match self.place {
            None => {
                now.clone_into(&mut self.draft);
                self.entries.len().checked_sub(1)?
            }
            Some(place) => place.checked_sub(1)?,
        };
        self.place = Some(place);
        self.entries.get(place).cloned()
    }

    /// The next statement; after the last one, the text that was there before.
    pub fn newer(&mut self) -> Option<String> {
        let place = self.place? + 1;
        if place >= self.entries.len() {
            self.place = None;
            return Some(std::mem::take(&mut self.draft));
        }
        self.place = Some(place);
        self.entries.get(place).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_back_and_forth_returns_to_the_draft() {
        let mut history = History::default();
        assert_eq!(history.older("draft"), None);
        history.add("select 1");
        assert_eq!(history.add("select 1"), None, "the same twice in a row is one");
        history.add("select 2");
        assert_eq!(history.older("draft").as_deref(), Some("select 2"));
        assert_eq!(history.older("").as_deref(), Some("select 1"));
        assert_eq!(history.older(""), None);
        assert_eq!(history.newer().as_deref(), Some("select 2"));
        assert_eq!(history.newer().as_deref(), Some("draft"));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn statement_with_a_password_is_not_kept() {
        for secret in [
            "alter role app password 'hunter2'",
            "CREATE USER x WITH ENCRYPTED PASSWORD $$hunter2$$",
            "create user mapping for app server s options (user 'a', password 'b')",
            "create subscription s connection 'host=x password=y' publication p",
            "select dblink('postgres://app:hunter2@db/app', 'select 1')",
            "update users set password_hash = 'abc' where id = 1",
            "select crypt('hunter2', gen_salt('bf'))",
        ] {
            assert_eq!(History::default().add(secret), None, "{secret}");
        }
        for plain in ["select 1", "select password_changed_at from users", "select * from t where name = 'x'"] {
            assert!(History::default().add(plain).is_some(), "{plain}");
        }
    }

    #[test]
    fn statements_of_earlier_sessions_come_first() {
        let mut history = History::default();
        history.add("c");
        history.prepend(vec!["a".into(), "b".into()]);
        assert_eq!(history.entries, ["a", "b", "c"]);
    }
}

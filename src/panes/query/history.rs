//! Statements that were run before, and walking through them as a shell does.

use crate::model::sql::{secret, token};

/// How many statements are kept.
pub const KEPT: usize = 5_000;
/// A longer statement is not kept: it is a script.
const LONGEST: usize = 100_000;

/// Statements that were run, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The statements, the oldest first.
    pub entries: Vec<String>,
    /// The one that stands in the editor, while one walks through them.
    place: Option<usize>,
    /// The text of the editor before the history was opened.
    draft: String,
}

impl History {
    /// Keeps a statement. Gives back what later sessions are to know too: none where it is there already or holds a secret.
    pub fn add(&mut self, statement: &str) -> Option<String> {
        (self.place, self.draft) = (None, String::new());
        let statement = statement.trim();
        if statement.is_empty()
            || statement.len() > LONGEST
            || self.entries.last().is_some_and(|last| last == statement)
        {
            return None;
        }
        if secret::is_held(statement, &token::words(statement)) {
            return None;
        }
        self.entries.push(statement.to_owned());
        if self.entries.len() > KEPT {
            self.entries.remove(0);
        }
        Some(statement.to_owned())
    }

    /// Statements of sessions before, which stand before those of this one.
    pub fn before(&mut self, mut entries: Vec<String>) {
        entries.append(&mut self.entries);
        let gone = entries.len().saturating_sub(KEPT);
        entries.drain(..gone);
        self.entries = entries;
        self.place = None;
    }

    /// The one before; `now` is what stands in the editor.
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

    /// The one after; behind the last one what stood there before.
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
    fn one_walks_back_and_comes_to_what_was_typed_again() {
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
    fn a_statement_with_a_password_in_it_is_not_kept() {
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
    fn what_earlier_sessions_ran_stands_before_what_this_one_did() {
        let mut history = History::default();
        history.add("c");
        history.before(vec!["a".into(), "b".into()]);
        assert_eq!(history.entries, ["a", "b", "c"]);
    }
}

//! The lock of a state, as Terraform tells it: whichever backend it is in, its `Lock Info` is the same.

/// A lock, as Terraform tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The id by which it is released.
    pub id: String,
    /// `user@host`.
    pub who: String,
    /// The operation that holds it: `apply`.
    pub operation: String,
    /// Since when it is held.
    pub created: String,
}

impl Lock {
    /// The same, with words where something is not known.
    #[must_use]
    pub fn in_words(mut self) -> Self {
        for (what, unknown) in [
            (&mut self.who, "somebody"),
            (&mut self.operation, "for what is not known"),
            (&mut self.created, "when is not known"),
        ] {
            if what.is_empty() {
                unknown.clone_into(what);
            }
        }
        self
    }

    /// The holder, for a person: `by ann@desk for apply since 2026-11-24 01:02:03 UTC`.
    pub fn sentence(&self) -> String {
        if self.who.is_empty() && self.created.is_empty() && !self.id.is_empty() {
            return format!("by somebody, under the ID {}", self.id);
        }
        let told = |before: &str, what: &str| if what.is_empty() { String::new() } else { format!(" {before} {what}") };
        let by = if self.who.is_empty() { "by somebody" } else { "by " };
        // Terraform writes `2026-11-24 01:02:03.4 +0000 UTC`; fractions of a second are nothing for a person.
        let (seconds, rest) = self.created.split_once('.').unwrap_or((&self.created, ""));
        let zone = if rest.ends_with("UTC") { " UTC" } else { "" };
        format!("{by}{}{}{}", self.who, told("for", &self.operation), told("since", &format!("{seconds}{zone}")))
    }
}

/// The lock that is told in `Lock Info:`. Where the backend names another ID than stands there, that is all that is known of it: what
/// Terraform prints then is the lock that it wanted itself.
pub fn parse(said: &str) -> Option<Lock> {
    let frame = |c: char| matches!(c, '│' | '╷' | '╵') || c.is_whitespace();
    let mut lines =
        said.lines().map(|line| line.trim_matches(frame)).skip_while(|line| !line.starts_with("Lock Info:"));
    lines.next()?;
    let mut lock = Lock::default();
    for line in lines {
        match line.split_once(':') {
            Some(("ID", id)) => id.trim().clone_into(&mut lock.id),
            Some(("Who", who)) => who.trim().clone_into(&mut lock.who),
            Some(("Operation", operation)) => {
                lock.operation = operation.trim().trim_start_matches("OperationType").to_lowercase();
            }
            Some(("Created", created)) => created.trim().clone_into(&mut lock.created),
            _ => {}
        }
    }
    if let Some(held) = named(said).filter(|held| *held != lock.id) {
        return Some(Lock { id: held.to_owned(), ..Lock::default() });
    }
    (!lock.id.is_empty()).then_some(lock)
}

/// The ID that a backend names in its own message, as `http` does: `HTTP remote state already locked: ID=…`.
fn named(said: &str) -> Option<&str> {
    let (message, _) = said.split_once("Lock Info:")?;
    let (_, after) = message.split_once("already locked: ID=")?;
    after.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_from_what_terraform_says_of_it() {
        let said = "╷\n│ Error: Error acquiring the state lock\n│ \n│ Error message: resource temporarily unavailable\n│ Lock Info:\n\
                    │   ID:        95b5d5a0-0000-1111-2222-333344445555\n│   Path:      terraform.tfstate\n│   Operation: OperationTypeApply\n\
                    │   Who:       ann@desk\n│   Version:   1.11.4\n│   Created:   2026-11-24 01:02:03.4 +0000 UTC\n│   Info:      \n╵\n";
        let lock = parse(said).unwrap();
        assert_eq!(
            lock,
            Lock {
                id: "95b5d5a0-0000-1111-2222-333344445555".into(),
                who: "ann@desk".into(),
                operation: "apply".into(),
                created: "2026-11-24 01:02:03.4 +0000 UTC".into(),
            }
        );
        assert_eq!(lock.sentence(), "by ann@desk for apply since 2026-11-24 01:02:03 UTC");
        assert_eq!(Lock { id: "1".into(), ..Lock::default() }.sentence(), "by somebody, under the ID 1");
        assert_eq!(Lock::default().sentence(), "by somebody");
        assert_eq!(parse("Error: No matching objects found\n"), None);
    }

    #[test]
    fn a_lock_that_the_backend_names_is_the_one_that_is_held_and_not_the_one_that_was_wanted() {
        let said = |id: &str| {
            format!(
                "Error message: HTTP remote state already locked: ID={id}\nLock Info:\n  ID:        aaaa-1\n  Path:      \n  \
                 Operation: OperationTypePlan\n  Who:       ann@desk\n  Created:   2026-11-24 01:02:03.4 +0000 UTC\n"
            )
        };
        let other = parse(&said("bbbb-2")).unwrap();
        assert_eq!(other, Lock { id: "bbbb-2".into(), ..Lock::default() });
        assert_eq!(other.sentence(), "by somebody, under the ID bbbb-2");
        assert_eq!(other.in_words().who, "somebody");
        assert_eq!(parse(&said("aaaa-1")).unwrap().who, "ann@desk");
    }
}

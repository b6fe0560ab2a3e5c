//! State locks, parsed from Terraform's output. `Lock Info` has the same form for every backend.

/// A state lock, as Terraform reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The id for releasing it.
    pub id: String,
    /// `user@host`.
    pub who: String,
    /// The operation that holds it: `apply`.
    pub operation: String,
    /// When it was acquired.
    pub created: String,
}

impl Lock {
    /// Returns the lock with unknown values replaced by words.
    #[must_use]
    pub fn with_placeholders(mut self) -> Self {
        for (field, replacement) in [
            (&mut self.who, "somebody"),
            (&mut self.operation, "for what is not known"),
            (&mut self.created, "when is not known"),
        ] {
            if field.is_empty() {
                replacement.clone_into(field);
            }
        }
        self
    }

    /// Describes the holder: `by ann@desk for apply since 2026-11-24 01:02:03 UTC`.
    pub fn sentence(&self) -> String {
        if self.who.is_empty() && self.created.is_empty() && !self.id.is_empty() {
            return format!("by somebody, under the ID {}", self.id);
        }
        let part = |before: &str, what: &str| if what.is_empty() { String::new() } else { format!(" {before} {what}") };
        let by = if self.who.is_empty() { "by somebody" } else { "by " };
        // Terraform writes `2026-11-24 01:02:03.4 +0000 UTC`; omit the fractions of a second.
        let (seconds, rest) = self.created.split_once('.').unwrap_or((&self.created, ""));
        let zone = if rest.ends_with("UTC") { " UTC" } else { "" };
        format!("{by}{}{}{}", self.who, part("for", &self.operation), part("since", &format!("{seconds}{zone}")))
    }
}

/// Parses the lock in `Lock Info:`. If the backend's own message names another id, only that id is known: Terraform
/// then prints the lock that it tried to acquire, not the one that is held.
pub fn parse(output: &str) -> Option<Lock> {
    let frame = |c: char| matches!(c, '│' | '╷' | '╵') || c.is_whitespace();
    let mut lines =
        output.lines().map(|line| line.trim_matches(frame)).skip_while(|line| !line.starts_with("Lock Info:"));
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
    if let Some(held) = named(output).filter(|held| *held != lock.id) {
        return Some(Lock { id: held.to_owned(), ..Lock::default() });
    }
    (!lock.id.is_empty()).then_some(lock)
}

/// Returns the id in a backend's own message, as of `http`: `HTTP remote state already locked: ID=…`.
fn named(output: &str) -> Option<&str> {
    let (message, _) = output.split_once("Lock Info:")?;
    let (_, after) = message.split_once("already locked: ID=")?;
    after.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_is_parsed_from_terraform_output() {
        let output = "╷\n│ Error: Error acquiring the state lock\n│ \n│ Error message: resource temporarily unavailable\n│ Lock Info:\n\
                    │   ID:        95b5d5a0-0000-1111-2222-333344445555\n│   Path:      terraform.tfstate\n│   Operation: OperationTypeApply\n\
                    │   Who:       ann@desk\n│   Version:   1.11.4\n│   Created:   2026-11-24 01:02:03.4 +0000 UTC\n│   Info:      \n╵\n";
        let lock = parse(output).unwrap();
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
    fn lock_id_in_the_backend_message_wins() {
        let output = |id: &str| {
            format!(
                "Error message: HTTP remote state already locked: ID={id}\nLock Info:\n  ID:        aaaa-1\n  Path:      \n  \
                 Operation: OperationTypePlan\n  Who:       ann@desk\n  Created:   2026-11-24 01:02:03.4 +0000 UTC\n"
            )
        };
        let other = parse(&output("bbbb-2")).unwrap();
        assert_eq!(other, Lock { id: "bbbb-2".into(), ..Lock::default() });
        assert_eq!(other.sentence(), "by somebody, under the ID bbbb-2");
        assert_eq!(other.with_placeholders().who, "somebody");
        assert_eq!(parse(&output("aaaa-1")).unwrap().who, "ann@desk");
    }
}

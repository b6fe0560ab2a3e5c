//! The lock of a state, as Terraform tells it: whichever backend it is in, its `Lock Info` is the same.

/// A lock, as Terraform tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// What releases it.
    pub id: String,
    /// `user@host`.
    pub who: String,
    /// What they do: `apply`.
    pub operation: String,
    /// Since when.
    pub created: String,
}

impl Lock {
    /// Who holds it, for a person: `by ann@desk for apply since 2026-11-24 01:02:03 UTC`.
    pub fn sentence(&self) -> String {
        let told = |before: &str, what: &str| if what.is_empty() { String::new() } else { format!(" {before} {what}") };
        let by = if self.who.is_empty() { "by somebody" } else { "by " };
        // Terraform writes `2026-11-24 01:02:03.4 +0000 UTC`; fractions of a second are nothing for a person.
        let (seconds, rest) = self.created.split_once('.').unwrap_or((&self.created, ""));
        let zone = if rest.ends_with("UTC") { " UTC" } else { "" };
        format!("{by}{}{}{}", self.who, told("for", &self.operation), told("since", &format!("{seconds}{zone}")))
    }
}

/// The lock that is told in `Lock Info:`.
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
    (!lock.id.is_empty()).then_some(lock)
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
        assert_eq!(Lock { id: "1".into(), ..Lock::default() }.sentence(), "by somebody");
        assert_eq!(parse("Error: No matching objects found\n"), None);
    }
}
